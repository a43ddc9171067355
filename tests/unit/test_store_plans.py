"""No statement of the store looks at each row of a table that grows with the years. The statements are those that the tests of store and
arsd prepare, with SQLite's own plan for each (statements.c); a statement of the sources that none of them prepares is a failure too."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from support.preload import SANITIZED, is_sanitized

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
GROW = {"requests", "leases", "lease_rests", "billing_keys", "calls", "call_steps", "consents", "consent_chain", "attempts", "cancellations",
        "outbox", "events", "idempotency", "sms", "reconciliation_rows", "reconciliation_merchants", "schedules", "password_tries"}
# So many rows share a value of these columns that an index of one of them finds half the table: only with a LIMIT, and in its order.
COARSE = {"kind=?"}
SORTED = "USE TEMP B-TREE FOR ORDER BY"


def partial_indexes():
    """Those that hold what is alive or open, and so stay small."""
    text = "".join(p.read_text(encoding="utf-8") for p in (SOURCE / "firmware/store/migrations").glob("*.sql"))
    return set(re.findall(r"CREATE (?:UNIQUE )?INDEX (\w+) ON [^;]* WHERE [^;]*;", text))


def fault_of(sql, step, partial, steps=()):
    """Why this step of a plan looks at too much, or ""."""
    scan = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?$", step)
    if scan and scan[1] in GROW and scan[2] not in partial:
        # The newest so many, one after the other: it stops by itself.
        return "" if re.search(r"ORDER BY (seq|number) DESC LIMIT", sql) and " WHERE " not in sql else "looks at every row"
    search = re.match(r"SEARCH (\w+) USING (?:COVERING )?INDEX (\w+) \(([^)]*)\)", step)
    if search and search[1] in GROW and search[2] not in partial and search[3] in COARSE and (" LIMIT " not in sql or SORTED in steps):
        return "looks at half of the rows"
    return ""


@unittest.skipIf(is_sanitized(), SANITIZED)
class StorePlansTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="plans-")
        cls.addClassCleanup(cls.folder.cleanup)
        units = sorted(p for name in ("store_*test", "arsd_*_test") for p in BUILD.glob(f"unit/{name}"))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(cls.run_unit, units))
        cls.plans = {}
        for path in pathlib.Path(cls.folder.name).iterdir():
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                sql, *steps = line.split("\t")
                cls.plans[sql] = steps

    @classmethod
    def run_unit(cls, unit):
        """What it finds is another run's matter."""
        env = {**os.environ, "LD_PRELOAD": str(BUILD / "unit/statements.so"), "CALLKEY_STATEMENTS": f"{cls.folder.name}/{unit.name}"}
        subprocess.run([str(unit)], env=env, cwd=SOURCE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=240, check=False)

    def test_nothing_that_grows_is_looked_through(self):
        self.assertGreater(len(self.plans), 150)
        partial = partial_indexes()
        faults = [f"{why}: {sql}\n    {step}" for sql, steps in sorted(self.plans.items()) for step in steps
                  if (why := fault_of(sql, step, partial, steps))]
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_every_statement_of_the_sources_was_seen(self):
        unseen = []
        for path in sorted((SOURCE / "firmware/store").glob("*.c")):
            text = path.read_text(encoding="utf-8")
            for begin in re.findall(r'\b(?:db_query|db_change|purge|drop)\(\w+(?:->db)?,\s*"([^"\\]+)"', text):
                if not any(sql.startswith(begin.replace("\n", " ")) for sql in self.plans):
                    unseen.append(f"{path.name}: {begin}")
        self.assertEqual(unseen, [])

    def test_a_scan_is_found(self):
        self.assertEqual(fault_of("SELECT id FROM calls", "SCAN calls", set()), "looks at every row")
        self.assertEqual(fault_of("SELECT id FROM calls", "SCAN calls USING INDEX calls_open", {"calls_open"}), "")
        self.assertEqual(fault_of("SELECT id FROM calls", "SCAN calls USING COVERING INDEX calls_of", {"calls_open"}), "looks at every row")
        self.assertEqual(fault_of("SELECT COUNT(*) FROM requests", "SEARCH requests USING INDEX requests_kind (kind=?)", set()),
                         "looks at half of the rows")
        some = ["SEARCH calls USING INDEX calls_of (kind=?)", SORTED]
        self.assertEqual([fault_of("SELECT id FROM calls WHERE kind = $1 ORDER BY offered LIMIT $2", step, set(), some) for step in some],
                         ["looks at half of the rows", ""])


if __name__ == "__main__":
    unittest.main()
