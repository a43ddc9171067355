"""keystored alone, between a trunkd and an arsd that the bench plays: keys taken and records sealed with 960 keypads open, for each
token. The bench shares the machine with it: what keystored took of a processor is printed for each figure.
"""
import collections
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
KEYPADS, IN_FLIGHT, SEALS_A_CALL = 960, 8, 10
FIELDS = ((1, "number"), (2, "expiry"), (3, "identity"), (4, "password"))


class Keystored:
    """One process with its own folder, its keys of a ceremony, and connections at both doors."""

    def __init__(self, build, token):
        from rig import ceremony, config
        from rig.frames import Client
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="callkey-bench-"))
        (self.folder / "token").mkdir()
        (self.folder / "share").mkdir()
        shutil.copy(SOURCE / "config" / "issuers.cfg", self.folder / "share")
        config.make_pg_key(self.folder)
        conf = self.folder / "softhsm2.conf"
        conf.write_text(f"directories.tokendir = {self.folder}/token\nobjectstore.backend = file\nlog.level = ERROR\n", encoding="ascii")
        (self.folder / "callkey.cfg").write_text(config.libconfig_text({
            "run_dir": str(self.folder), "share_dir": str(self.folder / "share"),
            "keystored": {"keys_dir": str(self.folder / "keys"), "seals_per_s": 1000000, "signatures_per_s": 1000000,
                          **token, **({"pkcs11_dir": str(self.folder / "token")} if token else {})}}), encoding="utf-8")
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([str(build / "bin" / "keystored"), "--config", str(self.folder / "callkey.cfg")], stderr=log,
                                            env={**os.environ, "SOFTHSM2_CONF": str(conf)})
        ceremony.hold(self.folder / "keyctl.sock", self.folder / "unlock", officers=ceremony.OFFICERS)
        key = (self.folder / "pg-pub.pem").read_bytes()
        ceremony.import_gateway_keys(self.folder / "keyctl.sock", [{"name": "main", "kid": "a", "key": key}])
        self.trunkd, self.arsd = (Client(channel, self.folder / f"{channel}.sock", timeout_s=60) for channel in ("keypad", "vault"))
        for client in (self.trunkd, self.arsd):
            client.receive("hello")

    def close(self):
        for client in (self.trunkd, self.arsd):
            client.close()
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder)

    def enter(self, kind, digits):
        """One field of all calls, in turns as people press keys; how many keys, in how many seconds."""
        for call in range(1, KEYPADS + 1):
            self.arsd.send("field_open", call=call, field=kind, kind=kind, fresh=1)
        frames = [self.trunkd.codec.encode("key", call=call, field=kind, key=ord(key)) for key in digits for call in range(1, KEYPADS + 1)]
        begun = time.monotonic()
        for frame in frames:
            self.trunkd.send_raw(frame)
        done = 0
        while done < KEYPADS:
            answer = self.arsd.receive("field_result")
            if answer["result"] != 1:
                raise RuntimeError(f"a field that was not taken: {answer}")
            done += 1
        return len(frames), time.monotonic() - begun

    def seal(self):
        """(seals a second, the latency of each in ms) with IN_FLIGHT under way."""
        asked, latencies, total = collections.deque(), [], KEYPADS * SEALS_A_CALL
        frames = [self.arsd.codec.encode("seal", req=i, call=i % KEYPADS + 1, pg="main", purpose="verify", order_id=f"ord_{i}") for i in range(total)]
        begun, sent = time.monotonic(), 0
        while len(latencies) < total:
            while sent < total and len(asked) < IN_FLIGHT:
                asked.append(time.monotonic())
                self.arsd.send_raw(frames[sent])
                sent += 1
            answer = self.arsd.receive("sealed")
            latencies.append((time.monotonic() - asked.popleft()) * 1000)
            if answer["status"] != 0:
                raise RuntimeError(f"a seal that was refused: {answer['status']}")
        return total / (time.monotonic() - begun), sorted(latencies)


def bench_keystore(options, run):
    from support.cards import CREDIT
    tokens = {"OpenSSL": {}, "SoftHSM2": {"token": "pkcs11", "pkcs11_module": "/usr/lib/softhsm/libsofthsm2.so"}}
    for name, token in tokens.items():
        keystored = Keystored(options.build, token)
        try:
            measure(keystored, name, CREDIT, run)
        finally:
            keystored.close()


def measure(keystored, name, card, run):
    pid = keystored.process.pid
    for call in range(1, KEYPADS + 1):
        keystored.trunkd.send("call_begin", call=call)
    begun_cpu, keys, seconds = run.cpu_s(pid), 0, 0.0
    for kind, field in FIELDS:
        more, took = keystored.enter(kind, getattr(card, field))
        keys, seconds = keys + more, seconds + took
    used = run.cpu_s(pid) - begun_cpu
    run.line(f"keys taken a second, {KEYPADS} keypads, {name}", keys / seconds, "keys/s", 50000, "more",
             f"{keys} keys; {used:.2f} s of CPU, {keys / used if used else 0:.0f} a second of it; the bench sends them one by one")
    begun_cpu = run.cpu_s(pid)
    rate, latencies = keystored.seal()
    used = run.cpu_s(pid) - begun_cpu
    run.line(f"records sealed a second, {KEYPADS} keypads, {name}", rate, "seals/s", 2000, "more",
             f"{len(latencies)} seals, {IN_FLIGHT} under way; p50 {latencies[len(latencies) // 2]:.2f} ms, p99 "
             f"{latencies[len(latencies) * 99 // 100]:.2f} ms; {len(latencies) / used if used else 0:.0f} a second of CPU")
