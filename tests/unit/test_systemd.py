"""The units of the appliance: systemd understands them, they leave little open, and their users are the uids by which
callkey.cfg knows neighbours."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]
UNITS = SOURCE / "config" / "systemd"
DAEMONS = ["trunkd", "keystored", "arsd", "uplinkd", "apid"]
EXPOSURE_MOST = {"uplinkd": 20, "nginx": 20}            # tenths, by systemd-analyze security; for others:
EXPOSURE_OFFLINE_MOST = 10


def settings(name):
    """The settings of a unit with the drop-in of all, as (key, value) in order."""
    text = (UNITS / f"callkey-{name}.service").read_text() + (UNITS / "callkey-.service.d" / "confine.conf").read_text()
    return re.findall(r"^(\w+)=(.*)$", text, re.M)


class UnitsTest(unittest.TestCase):
    def test_users_are_the_uids_of_callkey_cfg(self):
        users = dict(re.findall(r"^u callkey-(\w+) (\d+):callkey", (UNITS / "callkey.sysusers").read_text(), re.M))
        line = next(line for line in (SOURCE / "config" / "callkey.cfg").read_text().splitlines() if "config/systemd" in line)
        uids = dict(re.findall(r"(\w+) = (\d+);", line))
        uids["operator"] = uids.pop("callkey")
        uids["nginx"] = users["nginx"]                  # it speaks HTTP with apid, which asks no uid
        self.assertEqual(uids, users)
        for name in DAEMONS + ["nginx"]:
            self.assertIn(("User", f"callkey-{name}"), settings(name))
            self.assertIn(("Group", "callkey"), settings(name))
        self.assertEqual(len(set(users.values())), len(users))

    def test_only_uplinkd_and_nginx_see_a_network(self):
        for name in DAEMONS + ["nginx"]:
            with self.subTest(unit=name):
                inside = name not in ("uplinkd", "nginx")
                self.assertEqual(("PrivateNetwork", "yes") in settings(name), inside)
                self.assertEqual(("RestrictAddressFamilies", "AF_UNIX") in settings(name), inside)

    def test_neighbours_keep_their_uids(self):
        for name in DAEMONS:
            self.assertNotIn("PrivateUsers", dict(settings(name)))

    def test_the_target_wants_every_unit(self):
        wanted = set(re.findall(r"callkey-\w+\.service", (UNITS / "callkey.target").read_text()))
        self.assertEqual(wanted, {path.name for path in UNITS.glob("*.service")})


@unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here")
class AnalyzeTest(unittest.TestCase):
    def setUp(self):
        """A copy that runs what is built here: systemd looks whether a unit's program exists."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="units-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        shutil.copytree(UNITS, self.folder, dirs_exist_ok=True)
        for path in self.folder.glob("*.service"):
            path.write_text(path.read_text().replace("/usr/libexec/callkey", str(BUILD / "bin")))
        self.units = sorted(self.folder.glob("*.service"))

    def analyze(self, *words):
        return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, "SYSTEMD_UNIT_PATH": f"{self.folder}:"})

    def test_systemd_understands_every_line(self):
        done = self.analyze("verify", self.folder / "callkey.target", *self.units)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_little_is_left_open(self):
        for unit in self.units:
            with self.subTest(unit=unit.name):
                most = EXPOSURE_MOST.get(unit.stem.removeprefix("callkey-"), EXPOSURE_OFFLINE_MOST)
                done = self.analyze("security", "--offline=yes", f"--threshold={most}", unit)
                self.assertEqual(done.returncode, 0, done.stdout[-400:] + done.stderr)


if __name__ == "__main__":
    unittest.main()
