"""callkey keys renew and reshare at a terminal, by the steps of docs/keystore.md: another master key, other custodians."""
import json
import re
import subprocess
import unittest

from rig.merchant import wait_until
from support.custody import LEFT, OFFICERS, REFUSED, AtTheTerminalBase, Box, custodian_is_dealt, custodian_types, goes

KIM, LEE = OFFICERS.values()


class HandsBase(AtTheTerminalBase):
    def box_with_keys(self, *words, **settings):
        """A keystore with officers, and its custodians' parts."""
        box = Box(self, **settings).start()
        parts, _ = self.deal(box, *words)
        return box, parts

    def done(self, box, *words, given=""):
        code, said, why = box.run(*words, given=given)
        self.assertEqual(code, 0, why)
        return said

    def refused(self, box, *words, given=""):
        code, _, why = box.run(*words, given=given)
        self.assertEqual(code, REFUSED, why)
        return why

    def agree(self, box, *words):
        said = self.done(box, "propose", *words, "--officer", "kim", given=KIM + "\n")
        return self.done(box, "confirm", re.search(r"Proposal (\d+) waits", said)[1], "--officer", "lee", given=LEE + "\n")

    def status(self, box):
        return json.loads(box.run("status", "--json")[1])

    def keys(self, box):
        return {(k["name"], k["version"]): k for k in json.loads(box.run("list", "--json")[1])}

    def records(self, box):
        return [json.loads(line) for line in (box.keys / "audit.log").read_text().splitlines()]

    def give_over(self, t, before, count, names=None):
        """Custodians of before, then the new ones, whose parts are returned; the terminal stands before the last Enter."""
        for part in before:
            custodian_types(t, part)
            goes(t)
        parts = []
        for i in range(count):
            parts.append(custodian_is_dealt(t, names[i] if names else None))
            custodian_types(t, parts[-1], head=None)
            t.expect(r"Press Enter to clear the screen[^.]*\. ")
            if i < count - 1:
                t.type()
        return parts

    def restart(self, box):
        box.kill()
        box.start()

    def opens_with(self, box, parts):
        code, _, why = box.run("unlock", given="\n".join(parts) + "\n")
        return code == 0, why


class Renew(HandsBase):
    def test_all_keys_go_under_another_master_key(self):
        box, before = self.box_with_keys("--components", "2")
        was, keys = self.status(box), self.keys(box)
        backup = box.folder / "before"
        self.done(box, "backup", backup)
        said = self.agree(box, "renew", "--shares", "2/3")
        self.assertEqual(said, "agreed; now custodians come: callkey keys renew\n")
        forms = box.folder / "forms"
        with box.sit("renew", "--forms", forms) as t:
            parts = self.give_over(t, before, 3, ["Park", "Choi", "Jung"])
            t.type()
            self.assertEqual(t.wait(), 0, t.screen())
            self.judge_documented("renew", t.raw.replace(str(forms), "/root/forms"))
            self.assertTrue(t.is_as_before())
        now = self.status(box)
        self.assertNotEqual(now["kcv"], was["kcv"])
        self.assertEqual((now["scheme"], now["needed"], now["parts"]), ("shares", "2", "3"))
        self.assertEqual(len(list(forms.iterdir())), 3)
        # The same keys; the wrapping key alone is another one, and the one of before is gone.
        after = self.keys(box)
        self.assertEqual((after["wrapping", 1]["state"], after["wrapping", 2]["state"]), ("destroyed", "active"))
        self.assertEqual({k: v for k, v in after.items() if k[0] != "wrapping"}, {k: v for k, v in keys.items() if k[0] != "wrapping"})
        self.assertTrue(box.hidden(before + parts))
        self.restart(box)
        self.assertEqual(self.opens_with(box, before)[0], False)
        self.assertTrue(*self.opens_with(box, parts[1:]))
        # An agreement is for one time.
        self.assertIn("two officers agree to it first", self.at_terminal_refused(box, "renew"))
        whats = [r["what"] for r in self.records(box)]
        self.assertEqual((whats.count("master_renewed"), whats.count("confirmed"), whats.count("part_shown")), (1, 1, 5))
        self.assertIn("2 of 3 shares in place of 2 of 2 components", next(r for r in self.records(box) if r["what"] == "master_renewed")["detail"])
        verified = subprocess.run(box.argv("audit", "verify", "--live"), capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(verified.returncode, 0, verified.stderr)
        self.judge_backups(box, backup, before, parts)

    def judge_backups(self, box, old, before, parts):
        """What was taken before opens with the parts of before, what is taken now with the new ones."""
        new = box.folder / "after"
        self.done(box, "backup", new)
        for path, right, wrong in ((old, before, parts), (new, parts[:2], before)):
            other = Box(self).start()
            code, _, why = other.run("restore", path, given="\n".join(wrong) + "\n")
            self.assertEqual((code, "no part of the master key of this backup" in why), (REFUSED, True), why)
            self.done(other, "restore", path, given="\n".join(right) + "\n")
            self.assertEqual(other.state(), "open")
            self.assertEqual(self.keys(other)["fingerprint", 1], self.keys(box)["fingerprint", 1])

    def at_terminal_refused(self, box, *words):
        with box.sit(*words) as t:
            self.assertEqual(t.wait(), REFUSED)
            return t.raw

    def test_unattended_starts_end_or_get_another_secret(self):
        box = Box(self).start()
        before, _ = self.deal(box, "--components", "2", "--unattended", box.folder / "unlock")
        self.agree(box, "renew", "--components", "2")
        with box.sit("renew") as t:
            t.expect("Shall custodians come at each start from now on\\? ")
            t.type("no")
            self.assertEqual(t.wait(), REFUSED)
        old = (box.folder / "unlock").read_bytes()
        (box.folder / "unlock").unlink()
        with box.sit("renew", "--unattended", box.folder / "unlock") as t:
            parts = self.give_over(t, before, 2)
            t.type()
            self.assertEqual(t.wait(), 0, t.screen())
        self.assertNotEqual((box.folder / "unlock").read_bytes(), old)
        self.restart(box)
        self.assertEqual(box.state(), "open")
        self.agree(box, "renew", "--components", "2")
        with box.sit("renew") as t:
            t.expect("Shall custodians come at each start from now on\\? ")
            t.type("yes")
            parts = self.give_over(t, parts, 2)
            t.type()
            self.assertEqual(t.wait(), 0, t.screen())
        self.assertEqual(self.status(box)["unattended"], "no")
        self.restart(box)
        self.assertEqual(box.state(), "locked")
        self.assertTrue(*self.opens_with(box, parts))


class Reshare(HandsBase):
    def test_the_same_master_key_in_other_hands(self):
        box, before = self.box_with_keys("--shares", "2/3")
        was = self.status(box)
        self.agree(box, "reshare", "--shares", "3/5")
        with box.sit("reshare") as t:
            t.expect("part: ")
            t.type("S1" + "0" * 64)
            t.expect("Not taken: this part is not the one of this number")
            parts = self.give_over(t, before[1:], 5)
            t.type()
            self.assertEqual(t.wait(), 0, t.screen())
            self.judge_documented("reshare", t.raw)
        now = self.status(box)
        self.assertEqual((now["kcv"], now["needed"], now["parts"]), (was["kcv"], "3", "5"))
        self.restart(box)
        self.assertEqual(self.opens_with(box, before)[0], False)
        self.assertTrue(*self.opens_with(box, [parts[4], parts[0], parts[2]]))

    def test_without_officers_or_a_terminal_nothing_begins(self):
        box, before = self.box_with_keys("--components", "2")
        self.assertIn("that needs a terminal", self.refused(box, "reshare", given="\n".join(before)))
        for words in (["reshare"], ["renew"]):
            with box.sit(*words) as t:
                self.assertEqual(t.wait(), REFUSED)
                self.assertIn(f"two officers agree to it first: callkey keys propose {words[0]}", t.raw)
        for words in (["renew"], ["renew", "--shares", "1/3"], ["reshare", "--components", "4"], ["rotate", "--shares", "3/4x"]):
            self.assertEqual(box.run("propose", *words, "--officer", "kim", given=KIM + "\n")[0], 2)
        self.assertIn("rotate takes no", self.refused(box, "propose", "rotate", "--shares", "2/3", "--officer", "kim", given=KIM + "\n"))

    def test_whoever_walks_away_changes_nothing(self):
        box, before = self.box_with_keys("--components", "2")
        self.agree(box, "reshare", "--shares", "2/3")
        kcv, generation = self.status(box)["kcv"], self.status(box)["generation"]
        for step in range(3):
            with self.subTest(step=step), box.sit("reshare", "--forms", box.folder / "forms") as t:
                t.expect("part: ")
                if step == 1:
                    custodian_types(t, before[0], head=None)
                    t.expect("next custodian comes")
                if step == 2:
                    t.type(before[0])
                    goes(t)
                    self.give_over(t, before[1:], 3, ["Park", "Choi", "Jung"])
                t.interrupt()
                self.assertEqual(t.wait(), LEFT)
                self.assertFalse((box.folder / "forms").exists())
            wait_until("it is forgotten", lambda: "under way" not in box.run("status")[1])
            self.assertEqual((box.state(), self.status(box)["kcv"], self.status(box)["generation"]), ("open", kcv, generation))
        self.restart(box)
        self.assertTrue(*self.opens_with(box, before))


if __name__ == "__main__":
    unittest.main()
