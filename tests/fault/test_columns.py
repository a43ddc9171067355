"""kill -9 of arsd while a store of a former version is brought to this one: its schema, then row by row the sealing of what stood clear. Nothing is
sealed twice or left out, no value is another than before, and the job goes on where it was."""
import contextlib
import sqlite3
import threading
import unittest

from rig.appliance import Rig
from rig.merchant import wait_until
from support.calling import QUICK, query
from support.columns import columns_of
from support.preload import POINTS, SANITIZED, Faults, is_sanitized
from support.sealed import FORMER_NUMBERS, all_sealed, found, put_former_store

FORMER_SCHEMA = 40
COPIES = 250                                               # of rows: the job takes some dozens of turns
# table: the columns that stood clear, and what a row is called
CLEAR = {"requests": (["phone"], "id"), "calls": (["caller"], "id"), "events": (["body"], "id"), "billing_keys": (["phone"], "id"),
         "consents": (["caller"], "id"), "consent_chain": (["record"], "id")}
# So many commits pass between two deaths, each at the next of the four instants around a commit.
DEATHS = [1, 2, 0, 3, 1, 2, 0, 1]


@unittest.skipIf(is_sanitized(), SANITIZED)
class Columns(unittest.TestCase):
    def setUp(self):
        self.faults = Faults(["arsd"])
        self.addCleanup(self.faults.close)
        self.arsd = self.faults["arsd"]
        self.rig = Rig(rate=0, settings=QUICK, env_of=self.faults.env_of)
        self.addCleanup(self.rig.__exit__, None)
        put_former_store(self.rig)
        self.store = self.rig.path("state", "callkey.db")
        with contextlib.closing(sqlite3.connect(self.store)) as db:
            for table, which in (("requests", "kind = 1 AND leased = 0"), ("calls", "caller <> ''"), ("events", "1")):
                self.copy(db, table, which)
            db.commit()
            self.clear = self.values(db)
        self.died_at, self.schemas = [], []

    @staticmethod
    def copy(db, table, which):
        """COPIES more of the row that stands first, each with an id of its own."""
        names = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] not in ("seq", "id")]
        of = ", ".join(names)
        db.execute(f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {COPIES}) "
                   f"INSERT INTO {table} (id, {of}) SELECT substr(id, 1, length(id) - 6) || printf('%06d', i), {of} FROM n, "
                   f"(SELECT * FROM {table} WHERE {which} ORDER BY seq LIMIT 1)")

    @staticmethod
    def values(db):
        """{(table, column, row): text} of all that is to be sealed."""
        return {(table, column, str(row)): text for table, (columns, name) in CLEAR.items() for column in columns
                for row, text in db.execute(f"SELECT {name}, {column} FROM {table} WHERE {column} <> ''")}

    def progress(self):
        """{table: (how far the job is, how many rows it has sealed)}"""
        return {r["name"]: (r["at"], r["renewed"]) for r in query(self.rig, "SELECT name, at, renewed FROM column_jobs")}

    def die(self, commits, point):
        """At that commit of the arsd that runs, or is started now."""
        gate = self.arsd.gate(commits, point)
        self.assertTrue(gate.wait_held(20), f"no commit {commits} more, {point}")
        self.died_at.append(self.progress())
        self.schemas += [r["version"] for r in query(self.rig, "SELECT MAX(version) AS version FROM schema_migrations")]
        process = wait_until("arsd runs", lambda: self.rig.processes.get("arsd"), 10, 0.001)
        deaths = len(process.exits)
        process.restarts = 0
        process.kill()
        wait_until("arsd is dead", lambda: len(process.exits) > deaths, 10, 0.001)
        gate.open()

    def die_often(self):
        # All of the schema's changes are one commit, the first one.
        for point in ("before", "syncing", "stored"):
            self.die(0, point)
        for i, commits in enumerate(DEATHS):
            self.die(commits, POINTS[i % len(POINTS)])

    def test_a_former_store_is_sealed_whatever_dies(self):
        failed = []

        def play():
            try:
                self.die_often()
            except AssertionError as fault:
                failed.append(fault)
        player = threading.Thread(target=play)
        player.start()
        self.rig.start()
        player.join()
        self.assertEqual(failed, [])
        all_sealed(self.rig)
        self.judge_the_deaths()
        self.judge_the_values()
        self.assertEqual(found(self.rig, FORMER_NUMBERS), [])

    def judge_the_deaths(self):
        """Some of them were in the middle of it, and no progress was lost that had been stored."""
        self.assertEqual([s == FORMER_SCHEMA for s in self.schemas], [True, True, False] + [False] * len(DEATHS))
        self.assertEqual(len(set(self.schemas)), 2, "the schema was there in part")
        middle = [p for p in self.died_at if 0 < sum(renewed for _, renewed in p.values()) < 3 * COPIES]
        self.assertGreaterEqual(len(middle), 5, self.died_at)
        for before, after in zip(self.died_at, self.died_at[1:]):
            for table, (at, renewed) in before.items():
                self.assertGreaterEqual(after[table], (at, renewed), table)

    def judge_the_values(self):
        """Each is what it was, under the key of its own place, and was sealed once."""
        columns = columns_of(self.rig)
        with contextlib.closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as db:
            now = self.values(db)
        for (table, column, row), text in self.clear.items():
            sealed = now[table, column, row]
            self.assertTrue(sealed.startswith("sealed/1/"), (table, column, row))
            self.assertEqual(columns.open(table, column, row, sealed), text, (table, column, row))
        counted = {table: renewed for table, (_, renewed) in self.progress().items()}
        for table in ("requests", "calls", "events", "consents", "consent_chain"):
            self.assertEqual(counted[table], sum(1 for t, _, _ in self.clear if t == table), table)


if __name__ == "__main__":
    unittest.main()
