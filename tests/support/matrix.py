"""The fault matrix: one customer, one fault of the PG, one death, at one instant of one stored change. A cell is data; run_cell()
plays it on a rig and asks the books."""
import contextlib
import dataclasses
import http.client
import itertools
import random
import threading
import time

from rig.appliance import Rig, Span
from rig.merchant import ApiError, wait_until
from rig.phone import CarrierError
from support import cards
from support.books import Books, Disagreement
from support.calling import ENDED, attempts, dial, new_billing_key, new_phone, press, query, read_request, enter
from support.preload import POINTS, Faults

PG_RESULT = 32                # of firmware/ipc/uplink.def
PATIENCE_S = 40
# What a PG's time-out is here: nothing waits for it longer than this.
PG_TIMEOUT_MS = 400
SILENCE_MS = 700
SETTINGS = {"arsd": {"pg_query_first_ms": 20, "pg_query_most_s": 1, "lease_quarantine_s": 0, "max_calls_per_request": 100},
            "apid": {"answer_timeout_ms": 2000}}

# What a customer, or the merchant, wants; and what the PG is asked for then.
KINDS = {"charge": "pay", "payment": "pay", "another card": "pay", "registration": "verify", "another try": "pay",
         "giving back": "cancel", "change of mind": "pay"}
WITHOUT_A_CALL = ("charge", "another try", "giving back")
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
}
# The PG itself is in the sandbox's memory; its front door dies, with every connection to it.
VICTIMS = ["nobody", "arsd", "uplinkd", "keystored", "trunkd", "apid", "nginx-sandbox"]
# How many commits that change something a request has at most; a cell beyond its last one is played without a death.
CHANGES = {"charge": 6, "payment": 14, "another card": 20, "registration": 19, "another try": 6, "giving back": 7,
           "change of mind": 14}
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
        """As replay() reads it."""
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

    def __init__(self, settings=None, also=()):
        self.faults = Faults(["arsd", "uplinkd", *also])
        self.rig = Rig(spans=[Span("span1")], rate=0, settings=settings or SETTINGS, env_of=self.faults.env_of)
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
        self.books = Books(self.rig)
        self.books.wait_settled()
        return self

    def __exit__(self, kind, *_):
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

    def behave(self, behaviours=()):
        normal = {"mode": "normal"}
        for path, behaviour in itertools.zip_longest(("/pg/behaviour", "/pg/behaviour/also"), behaviours):
            self.rig.sandbox.post(path, {"times": 1, **behaviour} if behaviour else normal)


BACK = {"reason": "반품", "requester": "customer"}
OPEN_CANCELLATIONS = "('requested', 'sent', 'unknown', 'sent_again', 'doubted')"


class Customer(threading.Thread):
    """Wants one thing, as people and merchants do: asks, and asks again with the same key; calls, and calls again."""

    def __init__(self, fixture, kind, order):
        super().__init__(daemon=True)
        self.fixture, self.rig, self.kind, self.order = fixture, fixture.rig, kind, order
        self.number_of_order = int(order.rsplit("-", 1)[1])
        self.api = fixture.rig.merchant(*fixture.MERCHANT)
        self.number = new_phone() if kind == "registration" else fixture.phone
        self.request, self.call, self.fault, self.over = None, None, None, threading.Event()
        self.prepared = False

    def prepare(self):
        """What must have been before: a charge that was declined, one that was approved, a payment that waits for its call."""
        self.prepared = True
        if self.kind == "another try":
            self.fixture.behave([{"mode": "refuse", "class": "funds", "op": "pay"}])
        if self.kind in ("another try", "giving back"):
            self.request = self.until_it_works(self.make)
            self.is_over()
        if self.kind == "change of mind":
            self.request = self.until_it_works(self.make)

    def run(self):
        try:
            if not self.prepared:
                self.prepare()
            self.want()
            while not self.is_over():
                self.phone_once()
        except Exception as fault:     # told by whoever waits for the customer
            self.fault = fault
        finally:
            self.api.close()
            self.over.set()

    def want(self):
        if self.kind == "another try":
            self.until_it_works(lambda: self.post("retry"), self.is_final)
        elif self.kind == "giving back":
            part = {"amount": {"total": 400, "currency": "KRW"}} if self.number_of_order % 2 else {}
            self.until_it_works(lambda: self.post("cancel", {**BACK, **part}), self.is_final)
        elif self.kind == "change of mind":
            call = threading.Thread(target=self.phone_once, daemon=True)
            call.start()
            time.sleep(self.number_of_order % 10 * 0.003)          # into any step of the call, over the cells
            self.until_it_works(lambda: self.post("cancel", BACK), self.is_final)
            call.join()
        else:
            self.request = self.until_it_works(self.make)

    @staticmethod
    def is_final(fault):
        """A no that stays one: what was declined cannot be taken back, what was approved is not tried again."""
        return fault.status == 409 and fault.problem.get("code") in ("payment_not_cancelable", "payment_not_retryable")

    def until_it_works(self, work, is_answer=lambda fault: False):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return work()
            except (OSError, http.client.HTTPException, CarrierError) as fault:
                self.api.close()
                last = fault
            except ApiError as fault:
                if is_answer(fault):
                    return None
                if fault.status < 500 and fault.status != 409:
                    raise
                last = fault
            if time.monotonic() > deadline:
                raise Disagreement(f"{self.order}, {self.kind}: nothing works for {PATIENCE_S} s: {last!r}")
            time.sleep(0.005)

    def make(self):
        common = {"sms": "skip"}
        if self.kind == "registration":
            path, body = "/v1/registrations", {"customer_ref": self.order, "phone": self.number, "product_name": "월간 구독",
                                               "cycle": "monthly", **common}
        else:
            skip = self.kind in WITHOUT_A_CALL
            path, body = "/v1/payments", {"order_id": self.order, "billing_key": self.fixture.key, "order_name": "월간 구독",
                                          "amount": {"total": 1000 + self.number_of_order, "currency": "KRW"},
                                          "consent": "skip" if skip else "ask",
                                          "other_card": "allow" if self.kind == "another card" else "deny",
                                          **({} if skip else common)}
        return self.api.call("POST", path, body, {"Idempotency-Key": self.order})

    def post(self, what, body=None):
        """A refusal is an answer, which its key keeps; without one the same key asks again."""
        key = f"{self.order}-{what}-{self.tries}"
        try:
            return self.api.call("POST", f"/v1/payments/{self.request['id']}/{what}", body, {"Idempotency-Key": key})
        except ApiError as fault:
            self.tries += fault.status == 409 and fault.problem.get("code") != "idempotency_in_progress"
            raise

    tries = 0

    def state(self):
        return self.until_it_works(lambda: read_request(self.api, self.request["id"]))["status"]

    def is_giving_back(self):
        return query(self.rig, f"SELECT id FROM cancellations WHERE request = ? AND state IN {OPEN_CANCELLATIONS}",
                     self.request["id"])

    def is_over(self):
        """Waits until the request waits for a call, or has ended."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            state = self.state()
            if state in ENDED and not self.is_giving_back():
                return True
            if state in ("created", "sms_sent") and self.kind not in WITHOUT_A_CALL:
                return False
            if time.monotonic() > deadline:
                raise Disagreement(f"{self.request['id']} is stuck: {state}")
            time.sleep(0.005)

    def script(self):
        if self.kind == "registration":
            return [press("reg.asks", "1"), *enter(cards.CREDIT)]
        if self.kind == "another card":
            return [press("pay.asks", "2"), *enter(cards.CHECK), press("other.keep", "12"[self.number_of_order % 2]),
                    press("pay.approved", "2")]
        return [press("pay.asks", "1"), press("pay.approved", "2")]

    def phone_once(self):
        try:
            self.call = dial(self.rig, self.number, self.request["virtual_number"], self.script(), timeout_s=10)
            self.call.wait_ended()
        except CarrierError:
            time.sleep(0.02)                 # no line at the moment
        except (OSError, TimeoutError):
            pass

    def hang_up(self):
        """From outside of the thread: the carrier ends the call of a connection that closes."""
        call = self.call
        if call is not None:
            with contextlib.suppress(OSError):
                call.carrier.sock.shutdown(2)


def state_of(rig, request):
    """Where the store has a request, in words."""
    if request is None:
        return "not stored"
    rows = query(rig, "SELECT state FROM requests WHERE id = ?", request["id"])
    words = [row["state"] for row in rows] + [f"{a['verb']} {a['state']}" for a in attempts(rig, request["id"])]
    words += [f"cancellation {row['state']}" for row in
              query(rig, "SELECT state FROM cancellations WHERE request = ? ORDER BY seq", request["id"])]
    return ", ".join(words) or "not stored"


def run_cell(fixture, cell):
    """Returns the stored state that the death came upon; "" when the request was over before. Raises Disagreement."""
    customer = Customer(fixture, cell.kind, f"cell-{next(fixture.orders):06d}")
    customer.prepare()
    if cell.kind in WITHOUT_A_CALL:
        fixture.books.wait_settled(PATIENCE_S)
    fixture.behave([{"op": KINDS[cell.kind], **b} for b in BEHAVIOURS[cell.behaviour]])
    fixture.faults["uplinkd"].send_twice(PG_RESULT if cell.behaviour == "answers twice" else 0)
    gate = fixture.faults["arsd"].gate(cell.change, cell.point)
    customer.start()
    found = ""
    if gate.wait_held(PATIENCE_S, lambda: customer.over.is_set() and not fixture.books.unsettled()):
        found = state_of(fixture.rig, customer.request)
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
