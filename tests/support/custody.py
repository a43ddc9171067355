"""callkey keys at a terminal: a box with a keystored, custodians and officers who type and read, and what docs/keystore.md shows of it."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from rig import config
from rig.merchant import wait_until
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
