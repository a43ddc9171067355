"""The tests of the guest, one machine for each file of tests/vm/guest: every test there is a test here, with its result."""
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "guest")]

import runner                                   # noqa: E402: found by the line above
from vm import machine                          # noqa: E402

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
# support/lanes.py reads these two.
PARTS = "guest/test_*.py"
WORKS = "emulates a machine: a processor is busy with it all the time"
NAMES = [os.environ["CALLKEY_PART"]] if "CALLKEY_PART" in os.environ else machine.NAMES
IMAGE = []


def setUpModule():
    why = machine.unable()
    if why:
        raise unittest.SkipTest(f"no virtual machine runs here: {why}")
    if "-fsanitize=" in (BUILD / "flags").read_text(encoding="utf-8"):
        raise unittest.SkipTest("under a sanitizer the programs are too slow for the guest's line: what is late would be its doing")
    # A guest is never slower in its own time for what runs beside it on this machine.
    IMAGE[:] = machine.prepare(BUILD, BUILD / "vm", lambda words: print(words, file=sys.stderr))


class InGuest(unittest.TestCase):
    """One machine; a subclass is one file of the guest, its tests are made below."""
    name = ""

    @classmethod
    def setUpClass(cls):
        cls.outcome = machine.boot(*IMAGE, BUILD / "vm" / cls.name, cls.name)
        cls.told = {}
        for line in cls.outcome.results:
            cls.told.setdefault(line.get("test"), []).append(line)

    def judge(self, test):
        lines = self.told.get(test, [])
        if not lines:
            self.fail(f"the guest told nothing of it; see test_the_guest_ends_as_it_should and {self.outcome.console}")
        for line in lines:
            if line["result"] == "skipped":
                self.skipTest(line["why"])
            self.assertEqual(line["result"], "passed", line["why"])

    def test_the_guest_ends_as_it_should(self):
        self.assertEqual(self.outcome.status, 0, f"{self.outcome.console}:\n{self.outcome.why()}")


def _made(name):
    """The class of one file of the guest. Its tests are read here, and run there."""
    members = {"name": name, "__doc__": name}
    for test in runner.tests_of(runner.load(name)):
        full = test.id()
        members["test_" + full.split(".", 1)[1].replace(".", "_")] = lambda self, full=full: self.judge(full)
    return type(name.title().replace("_", ""), (InGuest,), members)


def load_tests(_loader, _tests, _pattern):
    return unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(_made(name)) for name in NAMES)
