"""make bench, small: that everything can be measured, on stores of some thousand rows. No figure is judged here."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"]).resolve()
FIGURE = re.compile(r"^\s*(?P<what>.+?)\s+(?P<figure>\d+\.\d\d|inf|nan) (?P<unit>\S.*?)\s+at (least|most) .* ratio\s+(?P<ratio>[\d.]+|inf|nan)", re.M)


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # A build folder of its own, for the stores that it makes: a large one that somebody keeps stays.
        cls.folder = tempfile.TemporaryDirectory()
        cls.build = pathlib.Path(cls.folder.name, "build")
        (cls.build / "bench").mkdir(parents=True)
        for part in [p for p in BUILD.iterdir() if p.name != "bench"]:
            (cls.build / part.name).symlink_to(part)
        for program in ("digits", "leases", "columns"):
            (cls.build / "bench" / program).symlink_to(BUILD / "bench" / program)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def measure(self, only, *options):
        """The figures of these benches, {what: figure}."""
        done = subprocess.run([sys.executable, ROOT / "tests" / "bench" / "run.py", "--build", self.build, "--only", only, *options],
                              capture_output=True, text=True, timeout=240, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("refused", done.stdout)
        return {line["what"]: float(line["figure"]) for line in FIGURE.finditer(done.stdout)}

    def test_the_merchant_api(self):
        figures = self.measure("api", "--requests", "4000", "--seconds", "3")
        for what in ("reads of one request, a second", "lists of 20 payments, a second", "durable creates, a second",
                     "durable creates, each with its SMS, a second", "direct charges approved by the gateway, a second"):
            self.assertGreater(figures[what], 0, figures)

    def test_the_store(self):
        figures = self.measure("leases,columns", "--leases", "20000")
        self.assertEqual(set(figures), {"(number, caller) among 20,000, p99", "sealing of a create, processor time"})

    def test_what_is_kept_of_charges(self):
        figures = self.measure("soak", "--requests", "4000")
        self.assertIn("growth of arsd by a thousand charges", figures)

    def test_calls(self):
        figures = self.measure("set_up,card_entry", "--calls", "30", "--seconds", "2")
        self.assertGreater(figures["calls set up a second of CPU (trunkd + arsd)"], 0, figures)
        self.assertGreater(figures["CPU of trunkd, 30 calls, 6 keys a second"], 0, figures)

    def test_a_bench_that_is_not_there_is_named(self):
        done = subprocess.run([sys.executable, ROOT / "tests" / "bench" / "run.py", "--build", self.build, "--only", "leasses"],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("leasses: there is no such bench; there are digits,", done.stderr)


if __name__ == "__main__":
    unittest.main()
