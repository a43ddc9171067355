"""callkey keys, at a terminal, by the steps of docs/keystore.md: the ceremony and the unlocking, with what goes wrong in them,
between a person on a pty (once in tmux) and a keystored."""
import json
import re
import shlex
import stat
import subprocess
import unittest

from rig import ceremony
from rig.merchant import wait_until
from support.custody import (COMPONENT, LEFT, NOBODY, OFFICERS, PART, REFUSED, USAGE, AtTheTerminalBase, Box,
                             custodian_is_dealt, custodian_types, goes, officers_are_named)


class AtTheTerminal(AtTheTerminalBase):
    def test_the_document_shows_what_custodians_see(self):
        box = Box(self).start()
        forms = box.folder / "forms"
        with box.sit("ceremony", "--components", "2", "--forms", forms) as t:
            parts = []
            for _ in range(2):
                parts.append(custodian_is_dealt(t, "Kim"))
                custodian_types(t, parts[-1], head=None)
                goes(t)
            officers_are_named(t)
            self.assertEqual(t.wait(), 0)
            self.judge_documented("ceremony", t.raw.replace(str(forms), "/root/forms"))
        box.kill()
        box.start()
        with box.sit("unlock") as t:
            t.expect("part: ")
            t.type("C1" + "0" * 64)
            for part in parts:
                custodian_types(t, part)
                goes(t)
            self.assertEqual(t.wait(), 0)
            self.judge_documented("unlock", t.raw)

    def test_two_components(self):
        box = Box(self).start()
        self.assertEqual(box.state(), "empty")
        parts, said = self.deal(box, "--components", "2")
        self.assertRegex(said, r"Check value \(KCV\) of the master key: [0-9A-F]{6}\n")
        for name in ("wrapping", "fingerprint", "consent", "audit"):
            self.assertRegex(said, rf"(?m)^{name}\S* +1 +\S+ +\S+ +active +[0-9A-F]{{6}} +20\d\d-\d\d-\d\d +20\d\d-\d\d-\d\d +-$")
        self.assertEqual(box.state(), "open")
        self.assertTrue(box.hidden(parts))
        code, said, _ = box.run("status")
        self.assertEqual(code, 0)
        self.assertRegex(said, r"keys +open: cards are taken\n(?s:.*)opened by +2 components, all of them\nat a start +custodians\n")
        code, _, why = box.run("ceremony", "--components", "2", "--bring")
        self.assertEqual((code, "there are keys already, open" in why), (REFUSED, True), why)
        # Nobody is asked at the start that follows but those who hold the parts.
        box.kill()
        box.start()
        self.assertEqual(box.state(), "locked")
        with box.sit("unlock") as t:
            custodian_types(t, parts[1].lower().replace("-", " "))
            t.expect("1 of 2 parts in")
            t.expect("the next custodian comes. ")
            t.type()
            self.assertNotIn("Taken", t.screen().split("part: ")[-1])
            custodian_types(t, parts[0])
            goes(t)
            t.expect("keys +open: cards are taken")
            self.assertEqual(t.wait(), 0)
        self.assertEqual(box.state(), "open")

    def test_three_shares_of_five_by_forms_and_unattended(self):
        box = Box(self).start()
        names = ["Kim", "Lee", "박", "Choi", "Jung"]
        parts, said = self.deal(box, "--shares", "3/5", "--forms", box.folder / "forms", "--unattended", box.folder / "unlock",
                                names=names)
        master = re.search(r"master key: ([0-9A-F]{6})", said)[1]
        forms = sorted((box.folder / "forms").iterdir())
        self.assertEqual([f.name for f in forms], [f"custodian-{n}-of-5-{master}.txt" for n in range(1, 6)])
        text = forms[2].read_text()
        for words in ("custodian                 박\n", "part                      3 of 5, a share; any 3 of the 5 open the keys\n",
                      f"check value of the part   {parts[2][-6:]}\n", f"check value of the key    {master}\n", "signature"):
            self.assertIn(words, text)
        self.assertTrue(box.hidden(parts), "a form has a part")
        self.assertEqual(stat.S_IMODE((box.folder / "unlock").stat().st_mode), 0o600)
        self.assertEqual((box.folder / "unlock").stat().st_size, 32)
        self.assertIn("systemd-creds encrypt --with-key=tpm2", said)
        box.kill()
        box.start()
        self.assertEqual(box.state(), "open", "the unattended secret opens it")
        (box.folder / "unlock").unlink()
        box.kill()
        box.start()
        self.assertEqual(box.state(), "locked")
        # One custodian a session.
        for n, part in enumerate((parts[4], parts[0]), 1):
            with box.sit("unlock", "--one") as t:
                custodian_types(t, part)
                goes(t)
                t.expect(f"{n} of 3 parts are in")
                self.assertEqual(t.wait(), 0)
            self.assertIn(f"unlocking, {n} of 3 parts in", box.run("status")[1])
        with box.sit("unlock") as t:
            custodian_types(t, parts[2])
            goes(t)
            self.assertEqual(t.wait(), 0)
        self.assertEqual(box.state(), "open")

    def test_what_is_typed_wrong_is_told_at_once(self):
        box, other = Box(self).start(), Box(self).start()
        parts, foreign = [self.deal(b, "--shares", "2/3")[0] for b in (box, other)]
        box.kill()
        box.start()
        with box.sit("unlock") as t:
            t.expect("part: ")
            t.type(parts[0][:10] + ("0" if parts[0][10] != "0" else "1") + parts[0][11:])
            t.expect("Not taken: mistyped: the check value at its end does not fit")
            t.expect("part: ")
            t.type(foreign[0])
            t.expect("Not taken: this part is not the one of this number that was made at the ceremony")
            t.expect("part: ")
            t.type("C" + parts[0][1:])
            t.expect("Not taken: this is no part of this appliance's master key")
            t.expect("part: ")
            t.type("my part")
            t.expect("Not taken: a part looks like S3-1A2B-")
            t.expect("part: ")
            t.type("9" * 300)
            t.expect("Not taken: this is longer than a part")
            custodian_types(t, parts[0])
            t.expect("comes. ")
            t.type()
            t.expect("part: ")
            t.type(parts[0])
            t.expect("Not taken: part 1 is in already")
            t.expect("part: ")
            t.interrupt()
            self.assertEqual(t.wait(), LEFT)
            self.assertIn("1 of 2 parts are in. keystored keeps them for ten minutes", t.screen())
            self.assertTrue(t.is_as_before())
        self.assertIn("wrong parts     2\n", box.run("status")[1])
        with box.sit("unlock") as t:
            custodian_types(t, parts[2])
            goes(t)
            self.assertEqual(t.wait(), 0)

    def test_what_was_shown_must_be_typed(self):
        box = Box(self).start()
        with box.sit("ceremony", "--components", "2") as t:
            part = custodian_is_dealt(t)
            t.type("C1" + "00" * 32)
            t.expect("Not taken: this is not what was shown; read it from the paper again")
            custodian_types(t, part)
            t.expect("comes. ")
            t.type()
            custodian_is_dealt(t)
            t.type(part)
            t.expect("Not taken: this is not part 2")
            t.interrupt()
            self.assertEqual(t.wait(), LEFT)
        self.assertEqual(box.state(), "empty")

    def test_components_that_custodians_bring(self):
        box = Box(self).start()
        with box.sit("ceremony", "--components", "2", "--bring") as t:
            t.expect("part: ")
            t.type(COMPONENT[0])
            t.expect("again, for it has no check value: ")
            t.type(COMPONENT[0][:-1] + "0")
            t.expect("Not taken: the two differ")
            t.expect("part: ")
            t.type(COMPONENT[0])
            t.expect("again, for it has no check value: ")
            t.type("c1 " + COMPONENT[0].lower())
            t.expect("Not taken: the two differ")
            t.expect("part: ")
            t.type(COMPONENT[0])
            t.expect("again, for it has no check value: ")
            t.type(COMPONENT[0].lower())
            kcv = t.expect(r"of part 1: ([0-9A-F]{6})")[1]
            t.expect("custodian's paper")
            t.type("yes")
            t.expect("part: ")
            t.type(COMPONENT[0] + "KCV" + kcv)
            t.expect("Not taken: this is another custodian's part")
            t.expect("part: ")
            t.type(COMPONENT[1] + " kcv 000000")
            t.expect("Not taken: mistyped")
            t.expect("part: ")
            t.type(COMPONENT[1])
            t.expect("again")
            t.type(COMPONENT[1])
            t.expect("custodian's paper")
            t.type("no")
            self.assertEqual(t.wait(), REFUSED)
            self.assertIn("part 2 is not what its custodian brought: the ceremony ended, nothing is stored", t.screen())
        self.assertEqual((box.state(), [p for p in box.keys.iterdir() if p.stem != "audit"]), ("empty", []))

    def test_whoever_walks_away_leaves_nothing(self):
        box = Box(self).start()
        files = ["--forms", box.folder / "forms", "--unattended", box.folder / "unlock"]
        for how in ("interrupt", "hang_up", "kill"):
            for step in range(4):
                with self.subTest(how=how, step=step), box.sit("ceremony", "--shares", "2/3", *files) as t:
                    t.expect("name, for the form: ")
                    if step > 0:
                        t.type("Kim")
                        t.expect("shown once. ")
                    if step > 1:
                        t.type()
                        t.expect("on paper. ")
                        part = re.sub(r"\s", "", PART.search(t.screen())[0])
                    if step > 2:
                        t.type()
                        custodian_types(t, part)
                    if how == "kill":
                        t.process.kill()
                        t.wait()
                    else:
                        getattr(t, how)()
                        self.assertEqual(t.wait(), LEFT)
                        self.assertTrue(t.is_as_before())
                        self.assertIn("broken off", t.screen())
                        if step > 1:
                            self.assertNotIn(part[3:12], t.screen())
                        self.assertEqual([p.name for p in box.folder.iterdir() if p.name in ("forms", "unlock")], [])
                    for left in (box.folder / "unlock", box.folder / "forms"):
                        if how == "kill" and left.exists():      # the place that was made for the secret, without one
                            self.assertFalse(left.is_file() and any(left.read_bytes()))
                            left.unlink() if left.is_file() else left.rmdir()
                wait_until("the ceremony is forgotten", lambda: "under way" not in box.run("status")[1])
                self.assertEqual((box.state(), [p for p in box.keys.iterdir() if p.stem != "audit"]), ("empty", []))
        self.deal(box, "--components", "2")

    def test_nothing_stays_on_a_real_screen(self):
        box = Box(self).start()
        tmux = ["tmux", "-S", str(box.folder / "tmux"), "-f", "/dev/null"]
        say = lambda *words: subprocess.run([*tmux, *words], capture_output=True, text=True, check=True, timeout=30).stdout
        command = shlex.join(box.argv("keys", "ceremony", "--components", "2"))
        self.addCleanup(subprocess.run, [*tmux, "kill-server"], capture_output=True, check=False)
        say("new-session", "-d", "-x", "132", "-y", "20", f"{command}; echo ended $?; sleep 60")
        shown = lambda: say("capture-pane", "-p", "-J", "-S", "-")

        def until(pattern):
            return wait_until(pattern, lambda: re.search(pattern, shown()), 30)
        parts = []
        for _ in range(2):
            until("shown once")
            say("send-keys", "Enter")
            until("on paper")
            parts.append(re.sub(r"\s", "", PART.search(shown())[0]))
            say("send-keys", "Enter")
            until("part:")
            self.assertNotIn(parts[-1][3:12], shown())
            say("send-keys", "-l", parts[-1])
            say("send-keys", "Enter")
            until("Taken")
            self.assertNotIn(parts[-1][3:12], shown())
            say("send-keys", "Enter")
        for name, password in OFFICERS.items():
            until("The officer's name:")
            say("send-keys", "-l", name)
            say("send-keys", "Enter")
            for field in ("a password", "again:"):
                until(field)
                say("send-keys", "-l", password)
                say("send-keys", "Enter")
            until(f"Officer \\d of 2: {name}")
            say("send-keys", "Enter")
        until("ended 0")
        all_of_it = shown()
        for part in parts:
            for at in range(3, 60, 5):
                self.assertNotIn(part[at:at + 9], all_of_it)
        self.assertIn("Check value (KCV) of the master key", all_of_it)


class WithoutATerminal(unittest.TestCase):
    def bring(self, box):
        return box.run("ceremony", "--components", "2", "--bring", given="\n".join(COMPONENT) + "\n")

    def test_parts_from_a_pipe_work_with_a_warning(self):
        box = Box(self).start()
        code, said, why = self.bring(box)
        self.assertEqual(code, 0, why)
        self.assertIn("parts come from a pipe", why)
        self.assertIn("master key", said)
        self.assertNotIn(COMPONENT[0][:8], said + why)
        code, said, _ = box.run("lock")
        self.assertEqual((code, box.state()), (0, "locked"))
        code, said, why = box.run("unlock", given=f"C1{COMPONENT[0]}\n")
        self.assertEqual(code, LEFT)
        self.assertIn("1 of 2 parts are in", said)
        code, said, why = box.run("unlock", given=f"C2{COMPONENT[0]}\nC2{COMPONENT[1]}\n")
        self.assertEqual(code, REFUSED, "a wrong part ends what nobody can mend")
        self.assertIn("not the one of this number", why)
        code, said, why = box.run("unlock", given=f"C2{COMPONENT[1]}")
        self.assertEqual((code, box.state()), (0, "open"), why)
        self.assertIn("open: cards are taken", box.run("unlock")[1], "there is nothing to do")

    def test_what_is_shown_needs_a_terminal(self):
        box = Box(self).start()
        code, _, why = box.run("ceremony", "--components", "2")
        self.assertEqual((code, "that needs a terminal" in why, box.state()), (REFUSED, True, "empty"), why)

    def test_each_trouble_says_what_to_do(self):
        box = Box(self)
        code, _, why = box.run("status")
        self.assertEqual((code, "systemctl status callkey-keystored" in why), (NOBODY, True), why)
        box.start()
        code, said, _ = box.run("status")
        self.assertIn("none: no card is taken before the key ceremony (callkey keys ceremony)", said)
        code, _, why = box.run("unlock")
        self.assertEqual((code, "there are no keys yet" in why and "callkey keys ceremony" in why), (REFUSED, True), why)
        (box.folder / "unlock").write_text("mine")
        code, _, why = box.run("ceremony", "--components", "2", "--bring", "--unattended", box.folder / "unlock")
        self.assertEqual((code, "is there already; it is not overwritten" in why), (REFUSED, True), why)
        code, _, why = box.run("ceremony", "--components", "2", "--bring", "--forms", "/proc/none")
        self.assertEqual((code, "--forms /proc/none: " in why), (REFUSED, True), why)
        door = ceremony.connect(box.folder / "keyctl.sock")
        door.receive("hello")
        code, _, why = box.run("status")
        self.assertEqual((code, "somebody else is at the keys" in why), (NOBODY, True), why)
        door.close()
        (box.folder / "unlock").unlink()
        wait_until("the door is free", lambda: box.run("status")[0] == 0)
        self.assertEqual(self.bring(box)[0], 0)
        box.run("lock")
        self.assertRegex(box.run("status")[1], r"keys +locked: no card is taken before custodians come \(callkey keys unlock\)")
        keys = json.loads(box.run("list", "--json")[1])
        self.assertEqual({k["state"] for k in keys}, {"active"})
        self.assertEqual(keys[0].keys(), {"name", "version", "usage", "algorithm", "state", "kcv", "exportable", "active_from_ms",
                                          "active_until_ms"})
        for words in (["ceremony"], ["ceremony", "--components", "4"], ["ceremony", "--shares", "5/3"], ["ceremony", "--shares", "1/3"],
                      ["ceremony", "--shares", "2/17"], ["ceremony", "--shares", "2/3", "--bring"], ["unlock", "--forms", "x"], ["erase"], []):
            self.assertEqual(box.run(*words)[0], USAGE, words)
