"""A disk that is full, that is read-only, or whose log of the store has lost its end: no wrong money, an alarm, and all goes on
when the disk is back."""
import errno
import time
import unittest

from rig.merchant import ApiError, wait_until
from support.books import OPEN_ATTEMPTS
from support.calling import query
from support.customers import Customer
from support.matrix import FaultRig
from support.preload import SANITIZED, is_sanitized

BACK_S = 10                   # so soon after the disk all goes on


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

    def test_a_log_that_has_lost_its_end(self):
        """The last turn of the store is gone; so it is said, and nothing more is lost than that."""
        self.wait_served(self.customers(3))
        arsd = self.rig.processes["arsd"]
        arsd.hold_down()
        wait_until("arsd is down", lambda: not arsd.alive(), 10)
        log = self.rig.path("state", "callkey.db-wal")
        data = bytearray(log.read_bytes())
        data[-2000:] = bytes(b ^ 0x5a for b in data[-2000:])
        log.write_bytes(data)
        arsd.let_up()
        self.rig.wait_ready()
        self.assertIn("store_log_damaged alarm=store", self.rig.log("arsd"))
        self.assertGreaterEqual(self.metric("store_damaged_turns"), 1)
        self.assertGreaterEqual(self.rig.health()["store_damaged_turns"], 1)
        self.wait_served(self.customers(3))

    def test_what_stands_behind_the_end_of_the_log_is_no_loss(self):
        """A crash in the middle of a write leaves half a frame: nothing of it was ever true."""
        self.wait_served(self.customers(3))
        arsd = self.rig.processes["arsd"]
        arsd.hold_down()
        wait_until("arsd is down", lambda: not arsd.alive(), 10)
        log = self.rig.path("state", "callkey.db-wal")
        with open(log, "r+b") as f:
            frame = 24 + 4096
            head = f.read(32)
            f.seek(-frame, 2)
            torn = bytearray(f.read(frame))
            torn[4:8] = bytes(4)                        # a frame that ends no commit, and whose sum is wrong
            self.assertEqual(torn[8:16], head[16:24])
            f.write(torn + torn[:1000])
        arsd.let_up()
        self.rig.wait_ready()
        self.assertNotIn("store_log_damaged", self.rig.log("arsd"))
        self.assertEqual(self.metric("store_damaged_turns"), 0)
        self.books.wait_settled()
        self.books.judge()


if __name__ == "__main__":
    unittest.main()
