"""The ceremony of callkey keys on a disk that is full, that is not ours alone, or under a box that is killed."""
import errno
import os
import time
import unittest

from rig import ceremony
from support.custody import COMPONENT, REFUSED, Box
from support.preload import SANITIZED, Faults, is_sanitized


class Disk(unittest.TestCase):
    def ceremony(self, box):
        return box.run("ceremony", "--components", "2", "--bring", "--unattended", box.folder / "unlock", given="\n".join(COMPONENT) + "\n")

    @unittest.skipIf(is_sanitized(), SANITIZED)
    def test_a_full_disk_makes_no_keys_and_says_so(self):
        faults = Faults(["keystored"])
        self.addCleanup(faults.close)
        box = Box(self).start(env=faults.env_of("keystored"))
        for room in (0, 100, 1000):
            faults["keystored"].refuse_writes(errno.ENOSPC, room)
            code, _, why = self.ceremony(box)
            self.assertEqual(code, REFUSED, why)
            self.assertRegex(why, "No space left on device; the keys are as they were|the audit log cannot be written.*is the disk full")
            self.assertEqual((box.state(), list(box.keys.glob("keys*")), (box.folder / "unlock").exists()), ("empty", [], False))
        faults["keystored"].allow_writes()
        self.assertEqual(self.ceremony(box)[0], 0)
        # Of a restoring the parts stay, for it to be tried again.
        self.assertEqual(box.run("backup", box.folder / "backup")[0], 0)
        new = Box(self).start(env=faults.env_of("keystored"))
        door = ceremony.connect(new.folder / "keyctl.sock")
        self.addCleanup(door.close)
        ceremony.ask(door, "backup_load", **{"from": "0\n" + (box.folder / "backup").read_text()[:-1]})
        ceremony.ask(door, "restore")
        for n, part in enumerate(COMPONENT, 1):
            ceremony.ask(door, "part", secret=f"C{n}{part}".encode())
        faults["keystored"].refuse_writes(errno.ENOSPC, 100)
        with self.assertRaisesRegex(ceremony.Refused, "the keys are as they were|is the disk full"):
            ceremony.ask(door, "commit")
        self.assertEqual(list(new.keys.glob("keys*")), [])
        faults["keystored"].allow_writes()
        ceremony.ask(door, "commit")
        self.assertIn("state open", ceremony.ask(door, "status")["text"])

    def test_killed_while_it_makes_the_keys_it_has_all_or_none(self):
        box, found = Box(self, unlock_file=""), []
        while found.count("locked") < 5:
            box.start()
            door = ceremony.connect(box.folder / "keyctl.sock")
            ceremony.ask(door, "ceremony", scheme="components", parts=2, needed=2, how="enter")
            for n, part in enumerate(COMPONENT, 1):
                ceremony.ask(door, "part", secret=f"C{n}{part}".encode())
            door.send("ask", req=2, verb="commit", args="", secret=b"")
            time.sleep(len(found) * 0.0003)
            box.kill()
            door.close()
            box.start()
            found.append(box.state())
            if found[-1] != "empty":
                code, _, why = box.run("unlock", given="".join(f"C{n}{part}\n" for n, part in enumerate(COMPONENT, 1)))
                self.assertEqual((code, box.state()), (0, "open"), why)
            box.kill()
            for path in box.keys.iterdir():
                path.unlink()
            self.assertLess(len(found), 300, "the keys are never made")
        self.assertLessEqual(set(found), {"empty", "locked"})

    @unittest.skipIf(os.getuid() != 0, "gives files to root")
    def test_who_else_may_read_the_unattended_secret(self):
        box = Box(self).start()
        self.assertEqual(self.ceremony(box)[0], 0)
        # 0440 of root is what systemd's access list for the unit's user looks like.
        for mode, owner, state in ((0o400, 0, "open"), (0o440, 0, "open"), (0o440, 65534, "locked"), (0o444, 0, "locked"), (0o460, 0, "locked")):
            os.chown(box.folder / "unlock", owner, owner)
            (box.folder / "unlock").chmod(mode)
            box.kill()
            box.start()
            self.assertEqual(box.state(), state, oct(mode))
        self.assertIn("others can read it; it must have mode 0600 or less", box.log())
