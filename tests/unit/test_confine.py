"""The programs as processes: each is confined once it runs, and arsd has its speech made by processes that are held in a
way of their own, also after they died."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from rig import config
from rig.frames import Client
from rig.merchant import wait_until

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
SANITIZED = any(b"__asan_init" in path.read_bytes() for path in [BUILD / "bin" / "arsd"])
DAEMONS = ["keystored", "trunkd", "arsd", "uplinkd", "apid"]


def status_of(pid):
    """/proc/PID/status as a dict; empty when the process is gone."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def children_of(pid):
    found = [int(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit()]
    return sorted(p for p in found if status_of(p).get("PPid") == str(pid) and status_of(p)["State"][0] != "Z")


def cores_allowed(pid):
    lines = pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()
    return [line.split()[4:6] for line in lines if line.startswith("Max core file size")][0]


class Admin(Client):
    def __init__(self, path):
        super().__init__("admin", path, 20)

    def admin(self, verb, argument):
        self.send("ask", req=1, verb=verb, argument=json.dumps(argument))
        answer = self.receive("answer")
        return answer["status"], json.loads(answer["body"])


class Api(Client):
    def __init__(self, path):
        super().__init__("api", path, 20)

    def register(self, bearer, name):
        """The HTTP status of a registration whose merchant has the given name, and the whole answer."""
        self.send("registration_create", req=1, bearer=bearer, customer_ref="c-1", phone="01012345678", merchant_name=name,
                  product_name="구독", cycle="monthly", language="ko", speed="normal", expires_in_s=600, sms="skip")
        answer = self.receive("answer")
        return answer["status"], answer


class ConfineTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="confine-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name in ("run", "state"):
            self.folder.joinpath(name).mkdir()
        config.make_secret(self.folder / "secret")
        self.cfg = self.folder / "callkey.cfg"
        self.cfg.write_text(config.libconfig_text({
            "run_dir": str(self.folder / "run"), "state_dir": str(self.folder / "state"), "share_dir": str(BUILD / "share"),
            "trunkd": {"spans": [{"name": "span1", "kind": "soft", "path": str(self.folder / "line.sock")}]},
            "keystored": {"keys_dir": str(self.folder / "state" / "keystore")},
            "arsd": {"store": f"sqlite:{self.folder / 'state' / 'callkey.db'}", "numbers": ["07012340000-07012340099"]},
        }))

    def start(self, name):
        log = open(self.folder / f"{name}.log", "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen([str(BUILD / "bin" / name), "--config", str(self.cfg)], stderr=log)
        self.addCleanup(self.stop, name, process)
        wait_until(f"{name} is confined", lambda: process.poll() is None and "confined role=" in self.log(name))
        return process

    def log(self, name):
        return (self.folder / f"{name}.log").read_text()

    def stop(self, name, process):
        process.terminate()
        self.assertEqual(process.wait(10), 0, f"{name}: {self.log(name)}")

    def assert_confined(self, pid):
        wait_until("the filter is in force", lambda: SANITIZED or status_of(pid)["Seccomp"] == "2")
        self.assertEqual(status_of(pid)["NoNewPrivs"], "1")
        self.assertEqual(cores_allowed(pid), ["0", "0"])

    def test_each_program_is_confined_lives_and_ends_well(self):
        for name in DAEMONS:
            with self.subTest(program=name):
                process = self.start(name)
                self.assert_confined(process.pid)
                with self.assertRaises(subprocess.TimeoutExpired, msg=self.log(name)):
                    process.wait(1)

    def arsd_ready(self):
        process = self.start("arsd")
        wait_until("arsd is ready", lambda: " ready " in self.log("arsd"))
        uplink = Client("uplink", self.folder / "run" / "uplink.sock")
        self.addCleanup(uplink.close)
        uplink.receive("hello")
        uplink.send("pg_can", name="sandbox", kind="json", can=0xffff, left=0)
        return process, Admin(self.folder / "run" / "admin.sock"), Api(self.folder / "run" / "api.sock")

    def sounds(self):
        return len(list((self.folder / "state" / "speech").glob("*.ko.wav")))

    def test_names_are_spoken_by_confined_processes_also_after_they_died(self):
        arsd, admin, api = self.arsd_ready()
        status, merchant = admin.admin("merchant_add", {"name": "서점"})
        self.assertEqual(status, 0, merchant)
        status, answer = api.register(merchant["api_key"], "첫 서점")
        self.assertEqual(status, 201, (answer, self.log("arsd")))
        self.assertEqual(self.sounds(), 2)
        (nursery,) = children_of(arsd.pid)
        workers = children_of(nursery)
        self.assertEqual(len(workers), 2)
        for pid in [nursery, *workers]:
            self.assert_confined(pid)
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        wait_until("workers are started again", lambda: len(set(children_of(nursery)) - set(workers)) == 2)
        status, answer = api.register(merchant["api_key"], "둘째 서점")
        self.assertEqual(status, 201, (answer, self.log("arsd")))
        self.assertEqual(self.sounds(), 3)
        leftovers = [p.name for p in (self.folder / "state" / "speech").iterdir() if len(p.name.split(".")) != 3]
        self.assertEqual(leftovers, [])

    def test_speech_processes_end_with_arsd(self):
        arsd, *_ = self.arsd_ready()
        (nursery,) = children_of(arsd.pid)
        family = [nursery, *children_of(nursery)]
        self.assertEqual(len(family), 3)
        arsd.terminate()
        self.assertEqual(arsd.wait(10), 0)
        wait_until("nobody is left", lambda: not any(status_of(p).get("Name") == "arsd" for p in family))


if __name__ == "__main__":
    unittest.main()
