"""Deaths at random moments, as many as are wanted, while many customers want many things at once; then the books."""
import random
import signal
import threading
import time

from support.books import Disagreement
from support.customers import Customer
from support.matrix import BEHAVIOURS, PG_LATE_S

VICTIMS = ["arsd", "arsd", "uplinkd", "uplinkd", "keystored", "trunkd", "apid", "nginx", "nginx-sandbox", "callkey-sandbox"]
CUSTOMERS = 6
# How often each kind comes: what needs a long call seldom gets to its end in a storm.
WANTED = {"charge": 6, "giving back": 2, "giving part back": 2, "withdrawal": 1, "schedule": 2, "another try": 2, "payment": 2, "change of mind": 2, "registration": 1, "another card": 1}
# Between two deaths: often before all are back, sometimes long enough for a call to come through.
PAUSES_S = (0.0, 0.12)
# How often the PG stands still for a while, instead of what it does otherwise.
FREEZE = 0.1
CALM_EVERY = 40
CALM_S = 0.4
# What a PG has refused and does not know of is asked after until nothing that was sent can still arrive (arsd.pg_late_s), counted anew by each
# arsd that starts: now and then one has to live for so long.
LONG_CALM_EVERY = 250
LONG_CALM_S = PG_LATE_S + 1.0


class Storm:
    """Seeded: the same seed kills the same processes, with the same pauses between, and sends the same PG troubles. What a
    machine's scheduler makes of that differs, so a failure is told with what every customer's request looked like."""

    def __init__(self, fixture, seed):
        self.fixture, self.seed, self.rig = fixture, seed, fixture.rig
        self.over = threading.Event()
        self.faults, self.kinds, self.deaths = [], {}, {}
        self.lock = threading.Lock()
        self.done = 0

    def _serve_customers(self, chance):
        """One after the other, until it is over."""
        while not self.over.is_set() and not self.faults:
            kind = chance.choices(list(WANTED), list(WANTED.values()))[0]
            with self.lock:
                order = f"storm-{next(self.fixture.orders):06d}"
            customer = Customer(self.fixture, kind, order)
            customer.run()
            with self.lock:
                self.done += customer.fault is None
                self.kinds[kind] = self.kinds.get(kind, 0) + 1
                if customer.fault:
                    self.faults.append(f"{order}: {customer.fault}")

    def _freeze_the_pg(self, seconds):
        """It takes what comes, and does all of it later, when who asked has long given up."""
        self.rig.kill("callkey-sandbox", signal.SIGSTOP)
        try:
            self.over.wait(seconds)
        finally:
            self.rig.kill("callkey-sandbox", signal.SIGCONT)

    def _trouble_the_pg(self, chance):
        while not self.over.wait(chance.uniform(0.05, 0.5)):
            if chance.random() < FREEZE:
                self._freeze_the_pg(chance.uniform(0.1, 1.0))
            try:
                self.fixture.behave(BEHAVIOURS[chance.choice(list(BEHAVIOURS))])
            except OSError:
                pass                       # the sandbox is busy

    @staticmethod
    def _pause(count, chance):
        if count % LONG_CALM_EVERY == LONG_CALM_EVERY - 1:
            return LONG_CALM_S
        return CALM_S if count % CALM_EVERY == CALM_EVERY - 1 else chance.uniform(*PAUSES_S)

    def run(self, kills, progress=None, limit_s=None):
        """Kills so many processes, or as many as limit_s allows; returns how many."""
        chance = random.Random(self.seed)
        threads = [threading.Thread(target=self._serve_customers, args=(random.Random(f"{self.seed} {n}"),), daemon=True)
                   for n in range(CUSTOMERS)]
        threads.append(threading.Thread(target=self._trouble_the_pg, args=(random.Random(f"{self.seed} pg"),), daemon=True))
        began, count = time.monotonic(), 0
        for thread in threads:
            thread.start()
        while count < kills and not self.faults and (limit_s is None or time.monotonic() - began < limit_s):
            victim = chance.choice(VICTIMS)
            time.sleep(self._pause(count, chance))
            if count % CALM_EVERY == 0:
                self.fixture.begin_day()
            self.fixture.kill(victim)
            self.deaths[victim] = self.deaths.get(victim, 0) + 1
            count += 1
            if progress and count % 100 == 0:
                progress(f"{count} kills, {self.done} customers served, {count / (time.monotonic() - began):.1f} kills/s")
        self.over.set()
        for thread in threads:
            thread.join(120)
        self.judge()
        return count

    def judge(self):
        """When all is quiet again."""
        try:
            if self.faults:
                raise Disagreement("; ".join(self.faults[:3]))
            self.rig.wait_ready(30)
            self.fixture.behave()
            self.fixture.books.wait_settled(90, self.fixture.come_due)
            self.fixture.books.judge()
        except (Disagreement, AssertionError) as fault:
            raise Disagreement(f"seed {self.seed}, after {sum(self.deaths.values())} deaths {self.deaths}: {fault}") from None
