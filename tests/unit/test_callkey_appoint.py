"""Officers: custodians name the first two at the ceremony, and two others when officers are lost, at a terminal by the steps of
docs/keystore.md. Nobody else names one alone."""
import json
import subprocess
import unittest

from rig.merchant import wait_until
from support.custody import LEFT, OFFICERS, REFUSED, AtTheTerminalBase, Box, custodian_is_dealt, custodian_types, goes

KIM, LEE = OFFICERS.values()
PARK, CHOI = "seven black swans", "a bridge at night"


class Appoint(AtTheTerminalBase):
    def done(self, box, *words, given=""):
        code, said, why = box.run(*words, given=given)
        self.assertEqual(code, 0, why)
        return said

    def records(self, box):
        return [json.loads(line) for line in (box.keys / "audit.log").read_text().splitlines()]

    def give_name(self, t, name, *passwords):
        t.expect("The officer's name: ")
        t.type(name)
        for field, password in zip((r"types a password \(12 characters or more\): ", "again: "), passwords):
            t.expect(field)
            t.type(password)

    def judge_acts(self, box, first, second):
        """Two officers, each with the password, do something with keys."""
        self.done(box, "propose", "rotate", "--name", "column", "--officer", first[0], given=first[1] + "\n")
        number = self.done(box, "proposals").split()[0]
        self.assertIn("column version", self.done(box, "confirm", number, "--officer", second[0], given=second[1] + "\n"))

    def test_custodians_name_the_first_two_at_the_ceremony(self):
        box = Box(self).start()
        with box.sit("ceremony", "--components", "2") as t:
            for _ in range(2):
                part = custodian_is_dealt(t)
                custodian_types(t, part, head=None)
                goes(t)
            self.give_name(t, "kim", "too short", "too short")
            t.expect("Not taken: a password has 12 to 128 octets, and not the officer's name in it")
            self.give_name(t, "kim", KIM, KIM + "x")
            t.expect("Not taken: the two differ")
            self.give_name(t, "kim lee", KIM, KIM)
            t.expect("Not taken: an officer's name has letters")
            self.give_name(t, "kim", KIM, KIM)
            t.expect("Officer 1 of 2: kim")
            self.assertNotIn(KIM, t.raw)
            goes(t)
            self.give_name(t, "kim", LEE, LEE)
            t.expect("Not taken: kim is the other officer's name")
            self.give_name(t, "lee", LEE, LEE)
            goes(t)
            t.expect("Officers: kim and lee\n")
            self.assertEqual(t.wait(), 0, t.screen())
        self.assertEqual(self.done(box, "officers"), "kim\nlee\n")
        self.judge_acts(box, ("kim", KIM), ("lee", LEE))
        said = [(r["what"], r["detail"]) for r in self.records(box)]
        self.assertIn(("officer_added", "kim"), said)
        # Named in the same write as the keys: what ends before has neither.
        self.assertLess(said.index(("officer_added", "lee")), [what for what, _ in said].index("ceremony_ended"))

    def test_whoever_walks_away_while_officers_are_named_leaves_nothing(self):
        box = Box(self).start()
        for named in range(2):
            with box.sit("ceremony", "--components", "2") as t:
                for _ in range(2):
                    custodian_types(t, custodian_is_dealt(t), head=None)
                    goes(t)
                if named:
                    self.give_name(t, "kim", KIM, KIM)
                    goes(t)
                t.expect("The officer's name: ")
                t.interrupt()
                self.assertEqual(t.wait(), LEFT)
            wait_until("it is forgotten", lambda: "under way" not in box.run("status")[1])
            self.assertEqual((box.state(), [p for p in box.keys.iterdir() if p.stem != "audit"]), ("empty", []))

    def test_custodians_name_others_when_officers_are_lost(self):
        box = Box(self).start()
        parts, _ = self.deal(box, "--shares", "2/3")
        waiting = self.done(box, "propose", "zeroise", "--officer", "kim", given=KIM + "\n")
        self.assertIn("Proposal 1", waiting)
        with box.sit("appoint") as t:
            t.expect("part: ")
            t.type("S1" + "0" * 64)
            t.expect("Not taken: this part is not the one of this number")
            for part in parts[1:]:
                custodian_types(t, part)
                goes(t)
            self.give_name(t, "park", PARK, PARK)
            goes(t)
            self.give_name(t, "choi", CHOI, CHOI)
            goes(t)
            self.assertEqual(t.wait(), 0, t.screen())
            self.judge_documented("appoint", t.raw)
        self.assertEqual(self.done(box, "officers"), "park\nchoi\n")
        code, _, why = box.run("propose", "rotate", "--name", "column", "--officer", "kim", given=KIM + "\n")
        self.assertEqual((code, "the name or the password is wrong" in why), (REFUSED, True), why)
        self.assertIn("nothing waits", self.done(box, "proposals"))
        box.kill()
        box.start()
        self.done(box, "unlock", given="\n".join(parts[:2]) + "\n")
        self.judge_acts(box, ("park", PARK), ("choi", CHOI))
        records = self.records(box)
        self.assertEqual([r["detail"] for r in records if r["what"] == "officers_appointed"], ["park choi in place of kim lee"])
        self.assertIn(("withdrawn", "zeroise"), [(r["what"], r["detail"]) for r in records])
        verified = subprocess.run(box.argv("audit", "verify", "--live"), capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(verified.returncode, 0, verified.stderr)
        for secret in (KIM, LEE, PARK, CHOI):
            self.assertNotIn(secret, (box.keys / "audit.log").read_text() + box.log())

    def test_without_custodians_nobody_is_named(self):
        box = Box(self).start()
        code, said, why = box.run("ceremony", "--components", "2", "--bring", given="\n".join(["01" * 32, "02" * 32]) + "\n")
        self.assertEqual((code, "no officers yet" in said), (0, True), why)
        self.assertIn("callkey keys appoint", self.done(box, "officers"))
        for given in ("", "C1" + "01" * 32 + "\n", f"C1{'01' * 32}\nC2{'03' * 32}\n", f"C1{'01' * 32}\nC2{'02' * 32}\n",
                      f"C1{'01' * 32}\nC2{'02' * 32}\nkim\n{KIM}\n"):
            code, _, why = box.run("appoint", given=given)
            self.assertNotEqual(code, 0, given)
            self.assertIn("there are none yet", self.done(box, "officers"), given)
        self.done(box, "appoint", given=f"C1{'01' * 32}\nC2{'02' * 32}\nkim\n{KIM}\nlee\n{LEE}\n")
        self.assertEqual(self.done(box, "officers"), "kim\nlee\n")
        box.run("lock")
        code, _, why = box.run("appoint")
        self.assertEqual((code, "the keys are locked; unlock them first" in why), (REFUSED, True), why)


if __name__ == "__main__":
    unittest.main()
