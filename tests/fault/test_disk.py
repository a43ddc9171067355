"""A disk that is full, that is read-only, or whose log of the store has lost its end: no wrong money, an alarm, and all goes on
when the disk is back."""
import contextlib
import errno
import sqlite3
import time
import unittest

from rig.merchant import ApiError, wait_until
from support.books import OPEN_ATTEMPTS
from support.calling import query
from support.customers import Customer
from support.matrix import FaultRig
from support.preload import SANITIZED, is_sanitized

FRAME = 24 + 4096              # of the store's log
BACK_S = 10                   # so soon after the disk all goes on


def end_of(log):
    """Where what counts of a log ends: a frame has the salts of the log's head (SQLite's file format, 4.1); behind them may be older ones."""
    end = 32
    while end + FRAME <= len(log) and log[end + 8:end + 16] == log[16:24]:
        end += FRAME
    return end


@unittest.skipIf(is_sanitized(), SANITIZED)
class Disk(unittest.TestCase):
    def setUp(self):
        self.fixture = FaultRig().__enter__()
        self.addCleanup(self.fixture.__exit__, None)
        self.rig, self.books = self.fixture.rig, self.fixture.books
        self.arsd = self.fixture.faults["arsd"]

    def customers(self, count, kinds=("charge", "payment", "registration")):
        made = [Customer(self.fixture, kinds[n % len(kinds)], f"disk-{next(self.fixture.orders):06d}") for n in range(count)]
        for customer in made:
            customer.start()
        return made

    def wait_served(self, customers, timeout_s=60):
        for customer in customers:
            self.assertTrue(customer.over.wait(timeout_s), f"{customer.order} has no end")
            self.assertIsNone(customer.fault)
        self.books.wait_settled()
        self.books.judge()

    def health(self):
        """(HTTP status 200?, what /healthz says of the store)."""
        try:
            told = self.rig.health()
        except ApiError as fault:
            return False, fault.problem
        return True, told["store"]

    def metric(self, name):
        """One that is asked for in a lost turn is refused with it, and asked for again."""
        def told():
            try:
                return self.rig.metrics()
            except ApiError as fault:
                if fault.status != 503:
                    raise
                return None
        line = next(line for line in wait_until("the metrics are told", told, BACK_S).splitlines() if line.startswith(f"callkey_arsd_{name} "))
        return float(line.split()[-1])

    def judge_alarm(self):
        # One that is asked in the lost turn itself is refused with it.
        wait_until("/healthz says it", lambda: (told := self.health())[0] is False and
                   '"store":"failing"' in told[1].replace(" ", ""), BACK_S)
        self.assertEqual(self.metric("store_writable"), 0)
        self.assertEqual(self.rig.log("arsd").count("store_failing alarm=store"), 1)

    def judge_no_alarm(self):
        wait_until("/healthz is well again", lambda: self.health() == (True, "ok"), BACK_S)
        self.assertEqual(self.metric("store_writable"), 1)
        self.assertIn("store_recovered", self.rig.log("arsd"))

    def charge_is_refused(self):
        api = self.rig.merchant(*self.fixture.MERCHANT)
        with self.assertRaises(ApiError) as refused:
            api.pay(self.fixture.key, 1000, consent="skip", other_card="deny")
        self.assertEqual((refused.exception.status, refused.exception.problem["code"]), (503, "store_unavailable"))

    def refused_for_a_while(self, error, room):
        """While customers are under way, at any state of theirs."""
        self.fixture.behave([{"mode": "slow", "delay_ms": 200, "times": 0}])
        customers = self.customers(12)
        time.sleep(0.1)
        self.arsd.refuse_writes(error, room)
        self.judge_alarm()
        self.charge_is_refused()
        alone = self.rig.sandbox.get("/pg/ledger")["bookings"]
        time.sleep(2)
        self.assertEqual(self.rig.sandbox.get("/pg/ledger")["bookings"], alone, "something was charged that could not be stored")
        self.arsd.allow_writes()
        self.fixture.behave()
        self.judge_no_alarm()
        self.wait_served(customers)

    def test_a_full_disk(self):
        self.refused_for_a_while(errno.ENOSPC, 30000)

    def test_a_disk_that_is_read_only(self):
        self.refused_for_a_while(errno.EROFS, 0)

    def test_a_disk_that_breaks(self):
        self.refused_for_a_while(errno.EIO, 5000)

    def test_full_at_the_instant_of_the_answer(self):
        """The PG has charged, and that cannot be stored: it is asked after until it can."""
        gate = self.arsd.gate(1, "before")
        customers = self.customers(1, ["charge"])
        self.assertTrue(gate.wait_held(10))
        self.arsd.refuse_writes()
        gate.open()
        self.judge_alarm()
        self.assertEqual([a["state"] for a in query(self.rig, f"SELECT state FROM attempts WHERE state IN {OPEN_ATTEMPTS}")],
                         ["sent"])
        self.fixture.kill("arsd")                       # and nobody has it in memory
        self.arsd.allow_writes()
        self.wait_served(customers)
        self.assertEqual(customers[0].state(), "approved")

    def test_a_start_on_a_full_disk_is_made_up_for(self):
        customers = self.customers(6)
        time.sleep(0.05)
        self.arsd.refuse_writes()
        self.fixture.kill("arsd")
        time.sleep(1)
        self.rig.processes["arsd"].restarts = 0
        self.arsd.allow_writes()
        self.wait_served(customers)

    def serve_and_go_down(self, count, *kinds):
        """Serves customers whose turns are in the log alone, and arsd is down: the log before them, and as it is now."""
        arsd, database = self.rig.processes["arsd"], self.rig.path("state", "callkey.db")
        log = database.with_name("callkey.db-wal")
        # Who reads keeps what comes then from being brought over into the database.
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM requests").fetchone()
            before = log.read_bytes()
            self.wait_served(self.customers(count, *kinds))
            arsd.hold_down()
            wait_until("arsd is down", lambda: not arsd.alive(), 10)
            self.stored, now = database.read_bytes(), bytearray(log.read_bytes())
        return before, now

    def come_up_with(self, log):
        """The last who closes a store brings its log over: both are put back as they were, but for what was done to the log."""
        database = self.rig.path("state", "callkey.db")
        database.write_bytes(self.stored)
        database.with_name("callkey.db-wal").write_bytes(log)
        database.with_name("callkey.db-shm").unlink(missing_ok=True)
        self.rig.processes["arsd"].let_up()
        self.rig.wait_ready()

    def test_a_log_that_has_lost_its_end(self):
        """The last turn of the store is gone; so it is said, and nothing more is lost than that."""
        _, log = self.serve_and_go_down(3)
        end = end_of(log)
        log[end - 2000:end] = bytes(b ^ 0x5a for b in log[end - 2000:end])
        self.come_up_with(log)
        self.assertIn("store_log_damaged alarm=store", self.rig.log("arsd"))
        self.assertGreaterEqual(self.metric("store_damaged_turns"), 1)
        self.assertGreaterEqual(self.rig.health()["store_damaged_turns"], 1)
        self.wait_served(self.customers(3))

    def test_a_charge_whose_turns_were_lost_is_found_in_the_gateways_list(self):
        """The disk has spoilt the last turns: the PG has charged an order that the store knows nothing of any more. It is not guessed
        at, and not given back by itself, for its merchant may have been told of it: it is compared at once, named and alarmed about."""
        self.wait_served(self.customers(1, ["charge"]))
        before = {o["order_id"] for o in self.rig.sandbox.get("/pg/ledger")["orders"]}
        known, log = self.serve_and_go_down(1, ["charge"])
        lost = {o["order_id"] for o in self.rig.sandbox.get("/pg/ledger")["orders"]} - before
        self.assertEqual(len(lost), 1)
        at = next((n for n, (a, b) in enumerate(zip(known, log)) if a != b), len(known))
        frame = 32 + max(at - 32, 0) // FRAME * FRAME   # the log may have begun anew: then its head differs, too
        log[frame + 24 + 100] ^= 0x5a                   # in the page of the first frame that came then
        self.come_up_with(log)
        self.assertIn("store_log_damaged alarm=store", self.rig.log("arsd"))
        wait_until("it was compared", lambda: "store_damage_compared alarm=store" in self.rig.log("arsd"), 30)
        rows = query(self.rig, "SELECT class, order_id FROM reconciliation_rows")
        self.assertEqual([(row["class"], row["order_id"]) for row in rows], [("extra", next(iter(lost)))])
        self.assertTrue(self.rig.health()["reconciliation"]["alarm"])
        self.assertIn("reconciliation_open alarm=reconciliation", self.rig.log("arsd"))
        self.fixture.kill("arsd")
        self.rig.wait_ready()
        self.assertEqual(self.rig.log("arsd").count("store_damage_compared"), 1)

    def test_what_stands_behind_the_end_of_the_log_is_no_loss(self):
        """A crash in the middle of a write leaves half a frame: nothing of it was ever true."""
        _, log = self.serve_and_go_down(3)
        end = end_of(log)
        torn = log[end - FRAME:end]
        torn[4:8] = bytes(4)                            # a frame that ends no commit, and whose sum is wrong
        log[end:end + FRAME + 1000] = torn + torn[:1000]
        self.come_up_with(log)
        self.assertNotIn("store_log_damaged", self.rig.log("arsd"))
        self.assertEqual(self.metric("store_damaged_turns"), 0)
        self.books.wait_settled()
        self.books.judge()


if __name__ == "__main__":
    unittest.main()
