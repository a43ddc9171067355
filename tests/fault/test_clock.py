"""The appliance's time of day jumps, while customers are under way: an hour forth and back, and over a month's end. Whoever
it deals with (PG, merchants) has the right time all along."""
import datetime
import time
import unittest

from rig.appliance import APPLIANCE
from rig.merchant import wait_until
from support.calling import query
from support.customers import Customer
from support.matrix import SETTINGS, FaultRig
from support.preload import SANITIZED, is_sanitized

HOUR_S = 3600
BACK_S = 30                   # what waited for its time leaves so soon after the clock is right again


def to_next_month_s():
    """From now to the first minute of the next month but a second, in UTC: the step that crosses its end."""
    now = datetime.datetime.now(datetime.timezone.utc)
    first = (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + datetime.timedelta(days=32)).replace(day=1)
    return (first - now).total_seconds()


@unittest.skipIf(is_sanitized(), SANITIZED)
class Clock(unittest.TestCase):
    def setUp(self):
        # Long enough that a request outlives the step of an hour: what a step makes of the rest is told by the other tests.
        settings = {**SETTINGS, "arsd": {**SETTINGS["arsd"], "request_ttl_s": 2 * HOUR_S}}
        self.fixture = FaultRig(settings, also=[name for name in APPLIANCE if name not in ("arsd", "uplinkd")]).__enter__()
        self.addCleanup(self.fixture.__exit__, None)
        self.rig, self.books = self.fixture.rig, self.fixture.books

    def step(self, seconds):
        for name in APPLIANCE:
            self.fixture.faults[name].move_clock(seconds)

    def customers(self, count):
        """One of them types a card: two whose outcome is not known yet hold up a third entry of the same one."""
        kinds = [("charge", "payment")[n % 2] for n in range(count - 1)] + ["registration"]
        made = [Customer(self.fixture, kind, f"clock-{next(self.fixture.orders):06d}") for kind in kinds]
        for customer in made:
            customer.start()
        return made

    def wait_over(self, customers):
        for customer in customers:
            self.assertTrue(customer.over.wait(60), f"{customer.order} has no end")
            self.assertIsNone(customer.fault)

    def judge(self, customers, states=("approved", "registered")):
        self.wait_over(customers)
        self.books.wait_settled(BACK_S)
        self.books.judge()
        for customer in customers:
            self.assertIn(customer.state(), states, f"{customer.kind}: {customer.told()}")

    def judge_told(self, count):
        self.assertEqual(self.rig.log("arsd").count("clock_stepped alarm=clock"), count)
        line = next(line for line in self.rig.metrics().splitlines() if line.startswith("callkey_arsd_clock_steps_total "))
        self.assertEqual(float(line.split()[-1]), count)

    def step_and_back(self, seconds):
        """Customers before, in and after it. Merchants take no webhook of a wrong time: they wait until it is right."""
        self.fixture.behave([{"mode": "slow", "delay_ms": 200, "times": 0}])
        first = self.customers(6)
        time.sleep(0.1)
        self.step(seconds)
        second = self.customers(6)
        self.wait_over(first + second)
        wait_until("webhooks wait", lambda: query(self.rig, "SELECT id FROM outbox WHERE kind = 'webhook' AND tries > 0 AND "
                                                            "state = 'waiting'"))
        self.step(0)
        third = self.customers(6)
        self.judge(first + second + third)
        self.judge_told(2)

    def test_an_hour_ahead_and_back(self):
        self.step_and_back(HOUR_S)

    def test_an_hour_behind_and_forth(self):
        self.step_and_back(-HOUR_S)

    def test_over_the_end_of_a_month_and_back(self):
        self.step_and_back_over_requests(to_next_month_s())

    def step_and_back_over_requests(self, seconds):
        """Requests that wait for a call are over in the new time, and say so; those at the PG go on to their end."""
        self.fixture.behave([{"mode": "slow", "delay_ms": 300, "times": 0}])
        customers = self.customers(9)
        time.sleep(0.1)
        self.step(seconds)
        self.wait_over(customers)
        self.step(0)
        self.fixture.behave()
        self.judge(customers, ("approved", "registered", "expired"))
        self.assertTrue(any(customer.state() == "approved" for customer in customers))
        self.judge_told(2)

    def test_arsd_is_killed_while_the_clock_is_wrong(self):
        self.step(HOUR_S)
        customers = self.customers(6)
        self.wait_over(customers)
        self.fixture.kill("arsd")
        self.rig.wait_ready()
        self.step(0)
        self.judge(customers)


if __name__ == "__main__":
    unittest.main()
