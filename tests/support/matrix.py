"""The fault matrix: one customer, one fault of the PG, one death, at one instant of one stored change. A cell is data; run_cell()
plays it on a rig and asks the books."""
import contextlib
import dataclasses
import itertools
import random
import sqlite3
import sys

from rig.appliance import Rig, Span
from rig.merchant import wait_until
from support import cards
from support.books import Books, Disagreement
from support.calling import attempts, new_billing_key, query
from support.customers import KINDS, PATIENCE_S, SERVICE, WITHOUT_A_CALL, Customer
from support.preload import POINTS, Faults

PG_RESULT = 32                # of firmware/ipc/uplink.def
# What a PG's time-out is here: nothing waits for it longer than this.
PG_TIMEOUT_MS = 400
SILENCE_MS = 700
# And nothing arrives there later than this: longer than it is silent, and stands still.
PG_LATE_S = 3
SETTINGS = {"arsd": {"pg_query_first_ms": 20, "pg_query_most_s": 1, "pg_late_s": PG_LATE_S, "lease_quarantine_s": 0, "max_calls_per_request": 100,
                     "withdrawal_numbers": [SERVICE]},
            "apid": {"answer_timeout_ms": 2000}}

# name: (what the PG does, and besides): each is met once by the order, unless it says otherwise.
BEHAVIOURS = {
    "normal": [],
    "refuses": [{"mode": "refuse", "class": "funds"}],
    "is slow": [{"mode": "slow", "delay_ms": 150}],
    "is late, nothing done": [{"mode": "silence_before", "delay_ms": SILENCE_MS}],
    "is late, all done": [{"mode": "silence_after", "delay_ms": SILENCE_MS}],
    "is late, and does it then": [{"mode": "late", "delay_ms": SILENCE_MS}],
    "answers 503": [{"mode": "fail"}],
    "answers 502 after the effect": [{"mode": "fail_after"}],
    "breaks off in the answer": [{"mode": "cut"}],
    "breaks off after the effect": [{"mode": "drop_after"}],
    "answers nonsense": [{"mode": "garbage"}],
    "answers of another order": [{"mode": "other"}],
    "answers twice": [],
    "breaks off, and the query fails": [{"mode": "drop_after"}, {"mode": "fail", "op": "query", "times": 2}],
    "does nothing, and the net-cancel fails": [{"mode": "drop_before"}, {"mode": "drop_before", "op": "net_cancel", "times": 2}],
    "loses one, and refuses the next": [{"mode": "drop_before"}, {"mode": "refuse", "class": "system"}],
    "dies before the effect": [{"mode": "die"}],
    "dies after the effect": [{"mode": "die_after"}],
}
# callkey-sandbox is the PG itself, with its ledger kept, and the merchants' receivers; nginx-sandbox the front door of all of them.
VICTIMS = ["nobody", "arsd", "uplinkd", "keystored", "trunkd", "apid", "nginx-sandbox", "callkey-sandbox"]
# How many commits that change something a request has at most; a cell beyond its last one is played without a death.
CHANGES = {"charge": 6, "payment": 14, "another card": 20, "registration": 19, "another try": 6, "giving back": 7,
           "giving part back": 7, "change of mind": 14, "schedule": 7, "withdrawal": 18}
# Victims that have no part in what goes without a call.
OF_CALLS = ("keystored", "trunkd")


@dataclasses.dataclass(frozen=True)
class Cell:
    kind: str
    behaviour: str
    victim: str
    change: int
    point: str
    hangs_up: bool = False

    def __str__(self):
        leaves = ", the caller hangs up" if self.hangs_up else ""
        return f"{self.kind}: PG {self.behaviour}; {self.victim} dies {self.point} change {self.change}{leaves}"

    def words(self):
        """As cell_of() reads it."""
        caller = "leaves" if self.hangs_up else "stays"
        return "/".join([self.kind, self.behaviour, self.victim, str(self.change), self.point, caller])


def cell_of(words):
    kind, behaviour, victim, change, point, caller = words.split("/")
    return Cell(kind, behaviour, victim, int(change), point, caller == "leaves")


def all_cells():
    for kind, behaviour, victim, point in itertools.product(KINDS, BEHAVIOURS, VICTIMS, POINTS):
        if kind in WITHOUT_A_CALL and victim in OF_CALLS:
            continue
        # Where nobody dies, the instant is that of the caller's hanging up.
        if victim == "nobody" and point != "stored":
            continue
        for change in range(1 if victim == "nobody" and kind in WITHOUT_A_CALL else CHANGES[kind]):
            for hangs_up in (False,) if kind in WITHOUT_A_CALL else (False, True):
                yield Cell(kind, behaviour, victim, change, point, hangs_up)


def shuffled(cells, seed):
    """Kind by kind in turn, so that the first so many have as many of each, whatever it has cells."""
    chance, of_kind = random.Random(seed), {}
    for cell in cells:
        of_kind.setdefault(cell.kind, []).append(cell)
    for some in of_kind.values():
        chance.shuffle(some)
    rows = itertools.zip_longest(*of_kind.values())
    return [cell for row in rows for cell in row if cell is not None]


class FaultRig:
    """A rig whose arsd and uplinkd meet faults, with a merchant and cards to pay with."""
    MERCHANT = ("Callkey Shop", "--may-skip-consent")
    CLOCK_MERCHANT = ("Callkey Clocks", "--may-skip-consent")

    def __init__(self, settings=None, also=()):
        self.faults = Faults(["arsd", "uplinkd", *also])
        self.rig = Rig(spans=[Span("span1")], rate=0, settings=settings or SETTINGS, env_of=self.faults.env_of, keep_world=True)
        self.rig.settings = {**self.rig.settings, "uplinkd": self._uplinkd()}
        self.orders = itertools.count(1)

    def _uplinkd(self):
        pg = dict(self.rig.default_settings()["uplinkd"]["pg"][0])
        return {"pg": [{**pg, "timeout_ms": PG_TIMEOUT_MS, "connect_timeout_ms": PG_TIMEOUT_MS}], "webhook": {"timeout_ms": 1000}}

    def __enter__(self):
        self.rig.start()
        for process in self.rig.processes.values():
            process.RESTART_AFTER_S = 0.01
        self.api = self.rig.merchant(*self.MERCHANT)
        self.key, self.phone = new_billing_key(self.rig, self.api, cards.CREDIT)
        self.clock_key, _ = new_billing_key(self.rig, self.rig.merchant(*self.CLOCK_MERCHANT), cards.CREDIT)
        self.books = Books(self.rig)
        self.books.wait_settled()
        return self

    def __exit__(self, kind, *_):
        if kind:
            print(f"logs and store are kept in {self.rig.folder}", file=sys.stderr)
        self.rig.__exit__(kind)
        self.faults.close()

    def kill(self, name):
        """Dead when this returns, and to be started again."""
        process = self.rig.processes[name]
        deaths = len(process.exits)
        process.restarts = 0

        def is_dead():
            self.rig.kill(name)              # again: it may just be about to be started
            return len(process.exits) > deaths
        wait_until(f"{name} is dead", is_dead, 10, 0.001)

    def begin_day(self):
        """An entry of a card whose outcome nobody knows counts as a wrong one, of which a card has two a day: what is played with a
        few cards within minutes has days between."""
        with contextlib.closing(sqlite3.connect(self.rig.path("state", "callkey.db"), timeout=10)) as db, db:
            db.execute("DELETE FROM password_tries")

    def come_due(self):
        """What waits for another try (a webhook, a key's deletion at the PG) has waited: after many it is minutes, and in the end an hour."""
        with contextlib.closing(sqlite3.connect(self.rig.path("state", "callkey.db"), timeout=10)) as db, db:
            db.execute("UPDATE outbox SET next_try = 0 WHERE state = 'waiting'")

    def behave(self, behaviours=()):
        normal = {"mode": "normal"}
        for path, behaviour in itertools.zip_longest(("/pg/behaviour", "/pg/behaviour/also"), behaviours):
            self.rig.sandbox.post(path, {"times": 1, **behaviour} if behaviour else normal)


def state_of(rig, request):
    """Where the store has a request, in words."""
    if request is None:
        return "not stored"
    rows = query(rig, "SELECT state FROM requests WHERE id = ?", request["id"])
    words = [row["state"] for row in rows] + [f"{a['verb']} {a['state']}" for a in attempts(rig, request["id"])]
    words += [f"cancellation {row['state']}" for row in
              query(rig, "SELECT state FROM cancellations WHERE request = ? ORDER BY seq", request["id"])]
    return ", ".join(words) or "not stored"


def of_order(rig, order):
    """The payment of an order that its merchant has not heard of yet."""
    return next(iter(query(rig, "SELECT id FROM requests WHERE order_id = ?", order)), None)


def run_cell(fixture, cell, quiet_s=0.0):
    """Returns the stored state that the death came upon; "" when the request was over before. Raises Disagreement. quiet_s: for so long arsd
    must have stored nothing before, so that the change that is meant is the customer's, and none of a start."""
    customer = Customer(fixture, cell.kind, f"cell-{next(fixture.orders):06d}")
    fixture.begin_day()
    customer.prepare()
    if cell.kind in WITHOUT_A_CALL:
        fixture.books.wait_settled(PATIENCE_S)
    fixture.faults["arsd"].wait_quiet(quiet_s)
    fixture.behave([{"op": KINDS[cell.kind], **b} for b in BEHAVIOURS[cell.behaviour]])
    fixture.faults["uplinkd"].send_twice(PG_RESULT if cell.behaviour == "answers twice" else 0)
    gate = fixture.faults["arsd"].gate(cell.change, cell.point)
    customer.start()
    found = ""
    if gate.wait_held(PATIENCE_S, lambda: customer.over.is_set() and not fixture.books.unsettled()):
        found = state_of(fixture.rig, customer.request or of_order(fixture.rig, customer.order))
        if cell.hangs_up:
            customer.hang_up()
        if cell.victim != "nobody":
            fixture.kill(cell.victim)
    gate.open()
    customer.over.wait(2 * PATIENCE_S)
    faults = []
    if customer.fault or not customer.over.is_set():
        faults.append(str(customer.fault or "the customer has no end"))
    try:
        fixture.books.wait_settled(PATIENCE_S)
        fixture.books.judge()
    except Disagreement as fault:
        faults.append(str(fault))
    if faults:
        raise Disagreement(f"{cell} (found {found}): {'; '.join(faults)}")
    return found
