"""kannel's SMS centre for its own tests (drive_smpp of Debian's kannel-extras), as a judge of our SMPP that is not ours.

It listens on every address of the machine and wants kannel's bearerbox at port 13001, whatever one asks for: it is run in a network of
its own, where a socket that takes connections and says nothing is enough of a bearerbox. Its package is fetched and unpacked, not
installed: it depends on kannel, whose installation starts a service that listens.

    python3 -m support.kannel FOLDER          # inside of that network; FOLDER has callkey.cfg. Says as JSON what came of it.
"""
import fcntl
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading

from rig.appliance import SOURCE
from rig.merchant import wait_until

BEARERBOX, PORT = 13001, 2345
PACKAGE = "kannel-extras"


def program():
    """drive_smpp, fetched by the first who asks."""
    folder = pathlib.Path(os.environ["CALLKEY_BUILD"]) / "kannel"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "root/usr/lib/kannel/test/drive_smpp"
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            subprocess.run(["apt-get", "-q", "-o", "APT::Sandbox::User=", "download", PACKAGE], cwd=folder, check=True, capture_output=True, timeout=120)
            subprocess.run(["dpkg", "-x", str(next(folder.glob("*.deb"))), str(folder / "root")], check=True, timeout=60)
    return path


def judge(folder):
    """Runs this file in a network of its own; what main() says."""
    program()
    env = {**os.environ, "PYTHONPATH": f"{SOURCE / 'tests'}:{SOURCE / 'firmware/sandbox'}"}
    command = f"ip link set lo up && exec {sys.executable} -m support.kannel {folder}"
    mapped = [] if os.getuid() == 0 else ["--map-root-user"]
    done = subprocess.run(["unshare", *mapped, "--net", "sh", "-c", command], env=env, capture_output=True, text=True, timeout=90, check=False)
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def stand_for_bearerbox():
    listener = socket.create_server(("127.0.0.1", BEARERBOX))
    kept = []

    def accept():
        while True:
            kept.append(listener.accept())
    threading.Thread(target=accept, daemon=True).start()


def main(folder):
    from support.uplink import BUILD, Arsd
    log = folder / "kannel.log"
    stand_for_bearerbox()
    with open(log, "wb") as out, open(folder / "uplinkd.log", "wb") as errors:
        centre = subprocess.Popen([program(), "-v", "0", "-p", str(PORT), "-m", "1000"], stdout=out, stderr=out)
        arsd = Arsd(folder / "run" / "uplink.sock")
        uplinkd = subprocess.Popen([BUILD / "bin/uplinkd", "--config", folder / "callkey.cfg"], stderr=errors)

        def heard(kind):
            return len(re.findall(rf"Handling SMPP PDU of type {kind}$", log.read_text(errors="replace"), re.M))
        try:
            wait_until("uplinkd is bound", lambda: heard("bind_transmitter"), 30)
            results = [arsd.result(arsd.start("sms", message_id=f"sms_{i}", to="01012345678", text=text))
                       for i, text in enumerate(("hello", "long " * 60))]
            wait_until("an enquire_link", lambda: heard("enquire_link"), 30)
            # Who has said unbind hangs up; what the centre still had to say to it is then a reset connection to it.
            faults = re.findall(r"^.*(?:ERROR|PANIC).*$", log.read_text(errors="replace"), re.M)
            uplinkd.terminate()
            status = uplinkd.wait(20)
            wait_until("the unbind", lambda: heard("unbind"), 20)
            left = centre.wait(20)
        finally:
            uplinkd.kill()
            centre.kill()
    print(json.dumps({"results": results, "uplinkd": status, "centre": left,
                      "heard": {k: heard(k) for k in ("bind_transmitter", "submit_sm", "enquire_link", "unbind")},
                      "faults": faults}))
    sys.stdout.flush()
    os._exit(0)                                   # Arsd's threads wait for more


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
