"""callkey keys, at a terminal, by the steps of docs/keystore.md: the ceremony and the unlocking, with what goes wrong in them,
between a person on a pty (once in tmux) and a keystored."""
import errno
import json
import os
import pathlib
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
import unittest

from rig import ceremony, config
from rig.merchant import wait_until
from support.preload import SANITIZED, Faults, is_sanitized
from support.terminal import CONTROL, Terminal

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]
CALLKEY, KEYSTORED = BUILD / "bin" / "callkey", BUILD / "bin" / "keystored"
PART = re.compile(r"[CS]\d+-\n(?: +(?:[0-9A-F]{4}-){4}\n){4} +KCV-[0-9A-F]{6}")
OFFICERS = {"kim": "three white geese", "lee": "a river in winter"}
REFUSED, USAGE, NOBODY, LEFT = 1, 2, 3, 130
COMPONENT = ["0123456789ABCDEF" * 4, "FEDCBA9876543210" * 3 + "FEDCBA9876543211"]


class Box:
    """A keystored in a folder of its own."""

    def __init__(self, test, uplinkd=None, **settings):
        self.test = test
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="keys-"))
        test.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "share").mkdir()
        shutil.copy(SOURCE / "config" / "issuers.cfg", self.folder / "share" / "issuers.cfg")
        self.keys = self.folder / "keystore"
        self.settings = {"run_dir": str(self.folder), "share_dir": str(self.folder / "share"),
                         "keystored": {"keys_dir": str(self.keys), "unlock_file": str(self.folder / "unlock"), **settings},
                         **({"uplinkd": uplinkd} if uplinkd else {})}
        (self.folder / "callkey.cfg").write_text(config.libconfig_text(self.settings))
        self.process = None

    def log(self):
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    def start(self, env=None):
        starts = self.log().count(" ready ")
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([str(KEYSTORED), "--config", str(self.folder / "callkey.cfg")], stderr=log, stdout=log,
                                            env={**os.environ, **(env or {})})
        self.test.addCleanup(self.end)
        wait_until("keystored listens", lambda: self.log().count(" ready ") > starts or self.process.poll() is not None)
        self.test.assertIsNone(self.process.poll(), self.log())
        return self

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(10)

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def argv(self, *words):
        return [str(CALLKEY), "--config", str(self.folder / "callkey.cfg"), *(str(w) for w in words)]

    def sit(self, *words):
        """A person at a terminal."""
        return Terminal(self.argv("keys", *words))

    def run(self, *words, given=None):
        """Without a terminal: (exit status, output, errors)."""
        done = subprocess.run(self.argv("keys", *words), input=given if given is not None else "", capture_output=True, text=True, timeout=60,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    def state(self):
        return json.loads(self.run("status", "--json")[1])["state"]

    def hidden(self, parts):
        """Whether no file that this box left has one of the parts."""
        needles = [re.sub(r"\W|KCV.*", "", p)[2:] for p in parts]
        for path in self.folder.rglob("*"):
            if path.is_file() and any(n in re.sub(r"\W", "", path.read_text(errors="replace")).upper() for n in needles):
                return False
        return True


def custodian_is_dealt(t, name=None):
    """One custodian's steps in a ceremony that makes the parts; what the paper has, in one line."""
    t.expect(r"Custodian \d of \d, alone")
    if name:
        t.expect("name, for the form: ")
        t.type(name)
    t.expect("part is shown once. ")
    t.type()
    t.expect("Write this down")
    t.expect("Press Enter when it is on paper. ")
    part = re.sub(r"\s", "", PART.search(t.screen())[0])
    t.type()
    t.expect("part: ")
    return part


def custodian_types(t, part, head="part: "):
    if head:
        t.expect(head)
    t.type(part)
    return t.expect(r"Taken\. Check value \(KCV\) of (?:this part|part \d): ([0-9A-F]{6})")[1]


def plain(text):
    """Lines that people compare: without blank ones, and each value in its place."""
    text = CONTROL.sub("", text)
    text = re.sub(r"\b20\d\d-\d\d-\d\d\b", "YYYY-MM-DD", text)
    text = re.sub(r"\b[0-9A-F]{4}-", "XXXX-", re.sub(r"\b[0-9A-F]{6}\b", "KKKKKK", text))
    return [line.rstrip() for line in text.replace("\r", "").splitlines() if line.strip()]


def documented(name):
    """The pieces of a dialogue in docs/keystore.md, between its lines "..."."""
    text = (SOURCE / "docs" / "keystore.md").read_text(encoding="utf-8")
    block = re.search(rf"<!-- a terminal: {name} -->\n```\n(.*?)```", text, re.S)[1]
    return [plain(piece) for piece in re.split(r"(?m)^\.\.\.\n", block)]


def officers_are_named(t):
    """Two of them come when the parts are in."""
    for n, (name, password) in enumerate(OFFICERS.items(), 1):
        t.expect(f"Custodians name officer {n} of 2")
        t.expect("The officer's name: ")
        t.type(name)
        for field in (r"types a password \(12 characters or more\): ", "again: "):
            t.expect(field)
            t.type(password)
        t.expect(f"Officer {n} of 2: {name}\n")
        goes(t)


def goes(t):
    """A custodian is done."""
    t.expect(r"Press Enter to clear the screen[^.]*\. ")
    t.type()


class AtTheTerminalBase(unittest.TestCase):
    def judge_documented(self, name, raw):
        """What the document shows is what came, in its order and without a gap but where it says so."""
        said, at = plain(raw), 0
        pieces = documented(name)
        self.assertGreater(len(pieces), 1)
        for piece in pieces:
            places = [i for i in range(at, len(said)) if said[i:i + len(piece)] == piece]
            self.assertTrue(places, "\n".join(["docs/keystore.md has", *piece, "and the terminal", *said[at:]]))
            at = places[0] + len(piece)

    def deal(self, box, *words, names=()):
        """A whole ceremony; its parts and the terminal's last words."""
        parts = []
        with box.sit("ceremony", *words) as t:
            count = int(re.search(r"\d$", words[1])[0])
            for i in range(count):
                part = custodian_is_dealt(t, names[i] if names else None)
                self.assertNotIn(part[:12], t.screen(), "the part still stands there while it is typed")
                self.assertFalse(t.echoes())
                t.type(part)
                kcv = t.expect(r"Check value \(KCV\) of part \d: ([0-9A-F]{6})")[1]
                self.assertEqual(kcv, part[-6:])
                self.assertNotIn(part[:12], t.screen(), "the part was echoed")
                goes(t)
                parts.append(part)
            officers_are_named(t)
            self.assertEqual(t.wait(), 0, t.screen())
            self.assertTrue(t.is_as_before())
            for part in parts:
                self.assertNotIn(part[3:8], t.screen())
            return parts, t.screen()


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
