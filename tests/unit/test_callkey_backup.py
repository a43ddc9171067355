"""callkey keys backup and restore: a new box gets the keys by the custodians of the old one."""
import json
import stat

from rig.merchant import wait_until
from support.custody import LEFT, REFUSED, AtTheTerminalBase, Box, custodian_types, goes


class Backup(AtTheTerminalBase):
    def back_up(self, box, name="backup"):
        code, said, why = box.run("backup", box.folder / name)
        self.assertEqual(code, 0, why)
        return box.folder / name, said

    def refused(self, box, path, words):
        code, said, why = box.run("restore", path)
        self.assertEqual((code, words in why), (REFUSED, True), why)
        self.assertNotIn("under way", box.run("status")[1])

    def test_a_new_box_gets_the_keys_by_the_custodians_of_the_old(self):
        old, new = Box(self).start(), Box(self).start()
        parts, _ = self.deal(old, "--shares", "3/5")
        path, said = self.back_up(old)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        kcv = json.loads(old.run("status", "--json")[1])["kcv"]
        self.assertRegex(said, rf"all keys, generation 1, \d+ octets, sealed under the master key with the check value {kcv}")
        self.assertNotIn("fingerprint", path.read_text())
        with new.sit("restore", path, "--unattended", new.folder / "unlock") as t:
            t.expect(rf"Backup of \S+, taken 20\d\d-\d\d-\d\d \d\d:\d\d \S+, generation 1\.\n"
                     rf"Master key: check value {kcv}, opened by any 3 of 5 shares\.")
            t.expect("Is it the newest there is\\?")
            t.type("yes")
            t.expect("part: ")
            t.type("S2" + "11" * 32)
            t.expect("Not taken: this part is not the one of this number that was made at the ceremony")
            for part in (parts[3], parts[0], parts[4]):
                custodian_types(t, part)
                goes(t)
            t.expect(rf"The keys are restored, and open\. Check value \(KCV\) of the master key: {kcv}; of the backup's: {kcv}\n")
            self.assertEqual(t.wait(), 0)
            self.judge_documented("restore", t.raw)
        keys = [json.loads(b.run("list", "--json")[1]) for b in (old, new)]
        self.assertEqual(*keys)
        self.assertGreater(len(keys[0]), 5)
        new.kill()
        new.start()
        self.assertEqual(new.state(), "open", "the new box has an unattended secret of its own")

    def test_whoever_walks_away_leaves_nothing(self):
        old, new = Box(self).start(), Box(self).start()
        parts, _ = self.deal(old, "--components", "2")
        path, _ = self.back_up(old)
        for step in range(3):
            with self.subTest(step=step), new.sit("restore", path, "--unattended", new.folder / "unlock") as t:
                t.expect("newest there is")
                if step > 0:
                    t.type("yes")
                    t.expect("part: ")
                if step > 1:
                    t.type(parts[0])
                    t.expect("next custodian")
                t.interrupt()
                self.assertEqual(t.wait(), LEFT)
            wait_until("the restoring is forgotten", lambda: "under way" not in new.run("status")[1])
            self.assertEqual((new.state(), [p for p in new.keys.iterdir() if p.stem != "audit"], (new.folder / "unlock").exists()), ("empty", [], False))
        with new.sit("restore", path) as t:
            t.expect("newest there is")
            t.type("no")
            self.assertEqual(t.wait(), REFUSED)
        code, _, why = new.run("restore", path, given="\n".join(parts))
        self.assertEqual((code, new.state()), (0, "open"), why)

    def test_what_cannot_be_restored_says_why(self):
        old, new, other = (Box(self).start() for _ in range(3))
        self.deal(old, "--components", "2")
        path, _ = self.back_up(old)
        self.refused(old, path, "the keys here are those of the backup, generation 1; nothing is to be restored")
        code, _, why = old.run("backup", path)
        self.assertEqual((code, "is there already; it is not overwritten" in why), (REFUSED, True), why)
        self.deal(other, "--components", "2")
        self.refused(other, path, "there are keys here, of another master key")
        text = path.read_text()
        broken = old.folder / "broken"
        for change, words in ((text[:-200], "the backup is damaged"), (text.replace("A", "B", 1), "the backup is damaged"),
                              ("hello\n", "this is no backup of keys"), ("", "is no backup of keys"), ("x" * (1 << 21), "is no backup of keys")):
            broken.write_text(change)
            self.refused(new, broken, words)
        self.refused(new, old.folder / "none", "No such file")
        code, _, why = new.run("backup", new.folder / "b")
        self.assertEqual((code, "there are no keys yet" in why, (new.folder / "b").exists()), (REFUSED, True, False), why)
        old.run("lock")
        code, _, why = old.run("backup", old.folder / "c")
        self.assertEqual((code, "callkey keys unlock" in why, (old.folder / "c").exists()), (REFUSED, True, False), why)
        code, _, why = other.run("backup", "/dev/full/x")
        self.assertEqual(code, REFUSED, why)
