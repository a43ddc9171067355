"""tests/run itself, on small suites of its own: what it counts, what it keeps, and which of them run beside each other."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
MARKS = '''
    import os, pathlib, tempfile, time, unittest
    MARKS = pathlib.Path(os.environ["MARKS"])

    def mark(word):
        with open(MARKS, "a") as f:
            f.write(word + "\\n")

    class Case(unittest.TestCase):
'''

MEET = '''
    def test_1(self):
        mark("begin"); until = time.monotonic() + 20
        while MARKS.read_text().count("begin") < {all} and time.monotonic() < until:
            time.sleep(0.01)
        self.assertEqual(MARKS.read_text().count("begin"), {all})'''


class RunTest(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="run-"))
        self.addCleanup(shutil.rmtree, self.root)
        for name in ("run", "support/lanes.py"):
            (self.root / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TESTS / name, self.root / "tests" / name)
        (self.root / "tests" / "unit").mkdir()
        (self.root / "build" / "unit").mkdir(parents=True)
        self.marks = self.root / "marks"
        self.marks.touch()

    def suite(self, name, body, head=""):
        text = textwrap.dedent(MARKS) + textwrap.indent(textwrap.dedent(body), "    ")
        (self.root / "tests" / "unit" / f"test_{name}.py").write_text(f"{head}\n{text}", encoding="utf-8")

    def binary(self, name, script):
        path = self.root / "build" / "unit" / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
        path.chmod(0o755)

    def run_all(self, *words, **env):
        """(exit code, what it printed)."""
        done = subprocess.run([sys.executable, str(self.root / "tests" / "run"), "--build", str(self.root / "build"), *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
                              env={**{n: v for n, v in os.environ.items() if n != "CALLKEY_KEEP"}, "MARKS": str(self.marks), **env})
        return done.returncode, done.stdout

    def marked(self):
        return self.marks.read_text().split()

    def test_it_is_quiet_and_counts(self):
        self.suite("a", "def test_1(self): pass\ndef test_2(self): pass\n@unittest.skip('no')\ndef test_3(self): pass")
        self.binary("good_test", "echo '[  PASSED  ] 3 test(s).'")
        self.assertEqual(self.run_all("--unit", "good_test"), (0, "5 passed, 0 failed, 1 skipped\n"))

    def test_a_binary_that_skips_all_has_not_failed_one_that_is_silent_has(self):
        self.binary("good_test", "echo '[  PASSED  ] 1 test(s).'")
        self.binary("skips_test", "echo '[  PASSED  ] 0 test(s).'; echo '[  SKIPPED ] 2 test(s), listed below:'")
        self.binary("silent_test", "true")
        self.assertEqual(self.run_all("--unit", "good_test skips_test"), (0, "1 passed, 0 failed, 2 skipped\n"))
        self.assertEqual(self.run_all("--unit", "good_test silent_test")[0], 1)

    def test_what_fails_is_told_and_its_files_are_kept(self):
        self.suite("a", "def test_1(self):\n    open(tempfile.mkdtemp() + '/x', 'w').close()\n    self.fail('a reason')")
        self.binary("bad_test", "echo broken; mktemp >/dev/null; exit 3")
        code, text = self.run_all("--unit", "bad_test")
        self.assertEqual((code, text.splitlines()[-1]), (1, "0 passed, 2 failed"))
        self.assertIn("a reason", text)
        self.assertIn("bad_test (exit 3):\nbroken", text)
        kept = [pathlib.Path(folder) for folder in re.findall(r": its files are in (\S+)", text)]
        self.assertEqual([len(list(folder.iterdir())) for folder in kept], [1, 1])
        for folder in kept:
            shutil.rmtree(folder)

    def test_files_are_kept_on_demand(self):
        self.suite("a", "def test_1(self): tempfile.mkdtemp()")
        code, text = self.run_all(CALLKEY_KEEP="1")
        self.assertEqual((code, text.splitlines()[-1]), (0, "1 passed, 0 failed"))
        shutil.rmtree(re.search(r"its files are in (\S+)", text)[1])

    def test_what_passed_must_leave_nothing(self):
        self.suite("a", "def test_1(self):\n    mark(os.environ['TMPDIR'])\n    tempfile.mkdtemp(prefix='forgotten-')")
        self.binary("b_test", "echo \"$TMPDIR\" >>\"$MARKS\"; touch \"$TMPDIR/left\"; echo '[  PASSED  ] 1 test(s).'")
        code, text = self.run_all("--unit", "b_test")
        self.assertEqual((code, text.splitlines()[-1]), (1, "2 passed, 2 failed"))
        self.assertRegex(text, r"test_a\.py: passed, and left behind in its TMPDIR: forgotten-")
        self.assertIn("b_test: passed, and left behind in its TMPDIR: left\n", text)
        self.assertEqual(len(set(self.marked())), 2)
        self.assertEqual([folder for folder in self.marked() if pathlib.Path(folder).exists()], [])

    SLEEPER = "import subprocess; mark(str(subprocess.Popen(['sleep', '300'], stdout=-3, stderr=-3).pid))"

    def is_over(self, pid):
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    def test_what_passed_must_leave_nothing_running(self):
        self.suite("a", f"def test_1(self):\n    {self.SLEEPER}")
        self.assertEqual(self.run_all(), (1, "test_a.py: passed, and left running: sleep\n\n1 passed, 1 failed\n"))
        self.assertTrue(self.is_over(self.marked()[0]))

    def test_who_stops_it_stops_what_its_tests_have_started(self):
        self.suite("a", f"def test_1(self):\n    {self.SLEEPER}\n    time.sleep(300)")
        argv = [sys.executable, str(self.root / "tests" / "run"), "--build", str(self.root / "build")]
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL, env={**os.environ, "MARKS": str(self.marks)}) as process:
            until = time.monotonic() + 20
            while not self.marked() and time.monotonic() < until:
                time.sleep(0.01)
            process.terminate()
        while not self.is_over(self.marked()[0]) and time.monotonic() < until:
            time.sleep(0.01)
        self.assertTrue(self.is_over(self.marked()[0]))

    def test_a_suite_without_a_test_or_that_dies_has_failed(self):
        self.suite("empty", "pass")
        self.suite("dead", "def test_1(self): os._exit(0)")
        code, text = self.run_all()
        self.assertEqual((code, text.splitlines()[-1]), (1, "0 passed, 2 failed"))
        self.assertIn("test_empty.py: holds no test", text)
        self.assertIn("test_dead.py: died (exit 0)", text)

    def test_as_many_that_wait_as_lanes_are_beside_each_other_and_one_that_works_besides(self):
        for name in ("x", "y"):
            self.suite(name, MEET.format(all=3))
        self.suite("z", MEET.format(all=3), 'WORKS = "it says so"')
        self.assertEqual(self.run_all("--lanes", "2"), (0, "3 passed, 0 failed\n"))

    def test_those_that_work_share_half_the_lanes(self):
        work = 'def test_1(self):\n    mark("begins"); time.sleep(0.2); mark("ends")'
        for name in ("a", "b", "c"):
            self.suite(name, work, 'WORKS = "it says so"')
        self.assertEqual(self.run_all("--lanes", "2"), (0, "3 passed, 0 failed\n"))
        self.assertEqual(self.marked(), ["begins", "ends"] * 3)

    def test_parts_are_jobs_of_their_own(self):
        (self.root / "tests" / "unit" / "piece_1.txt").touch()
        (self.root / "tests" / "unit" / "piece_2.txt").touch()
        self.suite("a", "def test_1(self): mark(os.environ['CALLKEY_PART'])", 'PARTS = "piece_*.txt"')
        self.assertEqual(self.run_all(), (0, "2 passed, 0 failed\n"))
        self.assertEqual(sorted(self.marked()), ["piece_1", "piece_2"])
        code, text = self.run_all("--only", "piece_2", "--verbose")
        self.assertEqual(code, 0)
        self.assertRegex(text, r"^test_a\.py piece_2: 1 passed, 0 failed, \d+\.\d s, \d+\.\d s of it worked\n1 passed, 0 failed\n$")


class Rules(unittest.TestCase):
    def test_no_test_writes_past_its_TMPDIR(self):
        past = re.compile(r'mk[sd]?temp\("/tmp|dir="/tmp|"/tmp/[^"]*(?:XXXXXX|%d)|\[\] = "/tmp/')
        found = [f"{path.name}:{number}" for folder in ("unit", "scenario", "contract", "fault", "support")
                 for path in sorted((TESTS / folder).iterdir()) if path.suffix in (".c", ".h", ".py") and path.name != "test_run.py"
                 for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if past.search(line)]
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
