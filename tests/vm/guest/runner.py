"""Runs one test file in the guest and tells every result as one line of JSON on the console, behind the word VM.

    runner.py NAME [WORD]         tests/vm/guest/NAME.py, or those of its tests that have WORD in their names

Exit: 0 all passed, 1 some failed, 125 the file could not be loaded. Times are the guest's own."""
import importlib
import json
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT / "firmware" / "sandbox"), str(ROOT / "tests"), str(HERE)]
BROKEN = 125
WHY_MAX = 6000


def tell(**line):
    """One line, whatever is printed around it."""
    sys.stdout.write("VM " + json.dumps(line) + "\n")
    sys.stdout.flush()


class Told(unittest.TestResult):
    """Each test's end, as it comes."""

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def _tell(self, test, result, why=""):
        tell(test=test.id(), result=result, why=why[-WHY_MAX:], seconds=round(time.monotonic() - getattr(self, "began", time.monotonic()), 3))

    def addSuccess(self, test):
        super().addSuccess(test)
        self._tell(test, "passed")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._tell(test, "failed", self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._tell(test, "failed", self.errors[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._tell(test, "skipped", reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._tell(test, "failed", f"{subtest}: {(self.failures + self.errors)[-1][1]}")


def tests_of(suite):
    """All tests in a suite, flat."""
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_of(item)
        else:
            yield item


def load(name, only=""):
    suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(name))
    return unittest.TestSuite(test for test in tests_of(suite) if only in test.id())


def main(name, only=""):
    try:
        suite = load(name, only)
        if suite.countTestCases() == 0:
            raise LookupError(f"no test has {only} in its name")
    except Exception as fault:           # any: it is told, not tested
        tell(broken=f"{name}: {type(fault).__name__}: {fault}")
        return BROKEN
    result = Told()
    suite.run(result)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
