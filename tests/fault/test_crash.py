"""kill -9, at any moment: the other processes go on, all come back together, no request is stuck, no payment lost or doubled."""
import contextlib
import http.client
import random
import threading
import time
import unittest

from rig.appliance import APPLIANCE, Rig, Span
from rig.merchant import ApiError, wait_until
from rig.phone import CarrierError
from support import cards
from support.calling import (BAD_ENDS, ENDED, GOOD_ENDS, QUICK, all_good, at_once, attempts, behave, dial, end_event, enter, hang_up, judge_ledger, ledger,
                             money_of, new_billing_key, new_phone, press, query, read_request, secret, webhooks)

RATE = 10                 # times real time: the points below are reached soon, and last long enough to be met
BACK_S = 3                # a new call works so soon after the crash
SETTLED_S = 30
MENU = "pay.menu.other"
PAY = [press("pay.asks", "1"), press("pay.approved", "2")]
OTHER_CARD = [press("pay.asks", "2"), *enter(cards.CHECK), press("other.keep", "2"), press("pay.approved", "2")]
# Who can be missed without a call's noticing.
BESIDE_CALLS = ["uplinkd", "apid", "nginx"]


class Talk:
    """One call that is held at a point when the crash comes."""

    def __init__(self, test, point):
        self.test, self.point = test, point
        kind, self.prompt, script = POINTS[point]
        if kind == "registration":
            self.number = new_phone()
            self.request = test.api.register(self.number, sms="skip")
        else:
            key, self.number = test.key, test.phone
            self.request = test.api.pay(key, 53000, other_card="allow", sms="skip")
        self.call = test.rig.call(self.number, self.request["virtual_number"], script, line_timeout_s=600,
                                  dtmf={"on_ms": 50, "off_ms": 50})

    def reach(self):
        """A paced line does not wait for a busy machine: a key that it lost on the way to the point is tried again."""
        for left in (2, 1, 0):
            try:
                self.call.wait_heard(self.prompt)
                return self
            except AssertionError:
                if left == 0:
                    raise
                self.__init__(self.test, self.point)

    def end(self):
        """Lets the call end, however it ends. It can have no line any more."""
        with contextlib.suppress(TimeoutError):
            self.call.timeout_s = 60
            self.call.wait_ended()


def begin(*steps):
    return [press("reg.asks", "1"), *steps]


REST = enter(cards.CREDIT)
# point: (kind, the prompt that begins there, all that the customer does). The PG takes five seconds for a SLOW card; who is
# elsewhere stays there until all have come to their points.
POINTS = {
    "verifying": ("registration", "verify.wait", begin(*enter(cards.SLOW))),
    "authorizing": ("payment", "pay.wait", [press("pay.asks", "2"), *enter(cards.SLOW), press("other.keep", "2"),
                                            press("pay.approved", "2")]),
    "approved": ("payment", "pay.approved", [press("pay.asks", "1"), press("pay.approved", "2", 12000)]),
    "secret field": ("registration", "card.expiry", begin(REST[0], secret("card.expiry", cards.CREDIT.expiry, 20000),
                                                          *REST[2:])),
    "choice": ("payment", "pay.amount", [press("pay.menu.other", "1", 9000), press("pay.approved", "2")]),
    "greeting": ("registration", "greet.neutral", begin(*REST)),
}
# In this order, those of a row together.
ROWS = [["verifying", "authorizing"], ["approved", "secret field", "choice"], ["greeting"]]


class Crash(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(spans=[Span("span1")], rate=0, settings=QUICK).start()
        cls.api = cls.rig.merchant()
        cls.key, cls.phone = new_billing_key(cls.rig, cls.api, cards.CREDIT)
        cls.rig.set_rate(RATE)

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)

    def pids(self):
        return {name: p.pid for name, p in self.rig.processes.items()}

    def try_register(self, number):
        try:
            return self.api.register(number, sms="skip")
        except (ApiError, OSError):
            return None

    def judge_back(self, victim, before, began):
        """The victim alone is another process now, all are connected, and a new call is answered."""
        wait_until(f"{victim} is started again", lambda: self.rig.processes[victim].pid != before[victim], 5, 0.01)
        self.rig.processes[victim].restarts = 0
        self.rig.wait_ready(10)
        number = new_phone()
        request = wait_until("the API answers again", lambda: self.try_register(number), 10, 0.02)
        phone = dial(self.rig, number, request["virtual_number"], [hang_up("reg.asks", 0)])
        phone.wait_heard("reg.asks")
        took = time.monotonic() - began
        phone.wait_ended()
        after = self.pids()
        self.assertEqual([name for name in after if after[name] != before[name]], [victim])
        self.assertLess(took, BACK_S, f"{victim} was missed for {took:.1f} s")

    def judge_request(self, talk):
        """It has ended in a named state, or the same phone calls again and it does."""
        def rests():
            request = read_request(self.api, talk.request["id"])
            return request if request["status"] in ENDED or request["status"] in ("created", "sms_sent") else None
        with self.subTest(at=talk.point):
            request = wait_until(f"{talk.point}: the request is not stuck", rests, SETTLED_S)
            if request["status"] not in ENDED:
                script = begin(*enter(cards.CREDIT)) if request["object"] == "registration" else PAY
                phone = dial(self.rig, talk.number, request["virtual_number"], script)
                phone.wait_ended()
                request = wait_until(f"{talk.point}: the next call brings it to its end",
                                     lambda: (r := read_request(self.api, request["id"]))["status"] in ENDED and r, SETTLED_S)
            self.assertIn(request["status"], ("registered", "approved"), request)
            judge_ledger(self, self.rig, request)
            self.judge_one_end(request)
            return request

    def judge_one_end(self, request):
        kind = "registration.completed" if request["object"] == "registration" else "payment.approved"
        self.rig.webhook(request["id"], kind)
        self.assertEqual(len([h for h in webhooks(self.rig, request["id"]) if h["type"] == kind]), 1)

    def talk(self):
        talks = []
        for row in ROWS:
            talks += [talk.reach() for talk in [Talk(self, point) for point in row]]
        return talks

    def crash(self, victim):
        talks = self.talk()
        before, began = self.pids(), time.monotonic()
        self.rig.kill(victim)
        self.judge_back(victim, before, began)
        for talk in talks:
            talk.end()
        requests = [self.judge_request(talk) for talk in talks]
        return talks, requests

    def judge_undisturbed(self, talks, requests):
        """No call was dropped: each request came to its end in the one call that was up."""
        for talk, request in zip(talks, requests):
            with self.subTest(at=talk.point):
                self.assertEqual(request["calls"], 1)
                self.assertTrue(talk.call.ended and talk.call.ended["script_done"], talk.call.ended)

    def test_keystored(self):
        talks, requests = self.crash("keystored")
        # Who waits for the PG, or has typed nothing, needs nothing of it.
        for talk, request in zip(talks, requests):
            if talk.point in ("verifying", "authorizing", "approved", "choice"):
                self.assertEqual(request["calls"], 1, talk.point)
            elif talk.point == "secret field":
                self.assertEqual(request["calls"], 2, "what was typed is gone, so the customer calls again")
                self.assertIn("system_error", talk.call.heard)

    def test_trunkd(self):
        self.crash("trunkd")

    def test_arsd(self):
        self.crash("arsd")

    def test_uplinkd(self):
        self.judge_undisturbed(*self.crash("uplinkd"))

    def test_apid(self):
        self.judge_undisturbed(*self.crash("apid"))

    def test_nginx(self):
        self.judge_undisturbed(*self.crash("nginx"))

    def test_all_five_at_once(self):
        talks = self.talk()
        for name in APPLIANCE:
            self.rig.kill(name)
        for name in APPLIANCE:
            self.rig.processes[name].restarts = 0
        time.sleep(0.3)
        self.rig.wait_ready(20)
        for talk in talks:
            talk.end()
            self.judge_request(talk)


def kill_at_random(rig, names, over, seed, pause_s=(0.02, 0.4)):
    """Until over is set. The same seed kills the same processes in the same order."""
    chance = random.Random(seed)
    while not over.wait(chance.uniform(*pause_s)):
        name = chance.choice(names)
        rig.kill(name)
        rig.processes[name].restarts = 0


class Charges(unittest.TestCase):
    """Many charges without a call, while processes die at random moments."""
    ROUND, WORKERS = 40, 8
    DEATHS = 12               # at least so many, while charges are under way

    @classmethod
    def setUpClass(cls):
        cls.seed = random.randrange(1 << 32)
        cls.rig = Rig(spans=[Span("span1")], rate=0, settings=QUICK).start()
        cls.name = ("Skipping Shop", "--may-skip-consent")
        cls.api = cls.rig.merchant(*cls.name)
        cls.key, _ = new_billing_key(cls.rig, cls.api, cards.CREDIT)
        cls.poor_key, _ = new_billing_key(cls.rig, cls.api, cards.FUNDS)

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)

    def charge(self, order):
        """Asks until there is an answer, as a merchant would: with the same idempotency key."""
        api, body = self.rig.merchant(*self.name), {
            "order_id": order, "billing_key": self.poor_key if order.endswith("poor") else self.key,
            "order_name": "월간 구독",
            "amount": {"total": 1000 + int(order.split("-")[1]), "currency": "KRW"}, "consent": "skip", "other_card": "deny"}
        deadline = time.monotonic() + 120
        try:
            while time.monotonic() < deadline:
                try:
                    status, answer, _ = api.request("POST", "/v1/payments", body, {"Idempotency-Key": order})
                    if status == 201:
                        return answer["id"]
                    if status < 500 and status != 409:
                        raise AssertionError(f"{order}: HTTP {status}: {answer}")
                except (OSError, http.client.HTTPException):
                    api.close()
                time.sleep(0.05)
        finally:
            api.close()
        raise AssertionError(f"{order}: no answer in two minutes")

    def storm(self, names, label):
        over, orders, ids = threading.Event(), [], []
        killer = threading.Thread(target=kill_at_random, args=(self.rig, names, over, self.seed), daemon=True)
        deaths = lambda: sum(len(self.rig.processes[n].exits) for n in names)
        before = deaths()
        # So that many exchanges are under way at any moment.
        behave(self.rig, "slow", op="pay", delay_ms=150)
        killer.start()
        try:
            while deaths() - before < self.DEATHS:
                more = [f"{label}-{n:04d}-{'poor' if n % 7 == 0 else 'rich'}"
                        for n in range(len(orders), len(orders) + self.ROUND)]
                ids += all_good(at_once(self.charge, more, self.WORKERS))
                orders += more
                time.sleep(0.1)
        finally:
            over.set()
            killer.join()
            behave(self.rig, "normal")
        self.rig.wait_ready(20)
        self.judge_books(orders, ids)

    def judge_books(self, orders, ids):
        """Every charge has ended; the PG has charged exactly those that the appliance calls approved, each once."""
        api = self.rig.merchant(*self.name)
        requests = [wait_until(f"the charge {i} has ended", lambda i=i: (r := api.payment(i))["status"] in ENDED and r, 60)
                    for i in ids]
        self.assertEqual([r["order_id"] for r in requests], orders)
        books = ledger(self.rig)
        for request in requests:
            judge_ledger(self, self.rig, request, books)
            want = ("declined",) if request["order_id"].endswith("poor") else ("approved", "net_canceled")
            self.assertIn(request["status"], (*want, "net_canceled"), request)
        mine = {a["id"] for r in requests for a in attempts(self.rig, r["id"])}
        approved = [o for i, o in books.items() if i in mine and o["result"] == "approved"]
        self.assertEqual(len(approved), sum(r["status"] == "approved" for r in requests))
        self.assertTrue(all(o["bookings"] == 1 for o in approved))
        self.assertGreater(len(approved), 10)
        stored = query(self.rig, "SELECT order_id, count(*) AS n FROM requests WHERE order_id LIKE ? GROUP BY order_id",
                       orders[0].split("-")[0] + "-%")
        self.assertEqual({row["n"] for row in stored}, {1})
        self.assertEqual(len(stored), len(orders))
        for request in requests:
            kind = "payment.approved" if request["status"] == "approved" else "payment.failed"
            self.rig.webhook(request["id"], kind, 60)
            ends = [h for h in webhooks(self.rig, request["id"]) if h["type"] in ("payment.approved", "payment.failed")]
            self.assertEqual(len(ends), 1, f"{request['id']}: told twice, or of two ends (seed {self.seed})")

    def test_arsd_dies_again_and_again(self):
        self.storm(["arsd"], "arsd")

    def test_uplinkd_dies_again_and_again(self):
        self.storm(["uplinkd"], "uplinkd")

    def test_all_that_a_charge_passes_dies_again_and_again(self):
        self.storm(["arsd", "uplinkd", "apid", "nginx"], "all")


class Customers(unittest.TestCase):
    """Many customers who call, and call again when they are cut off, while any process may die at any moment."""
    CUSTOMERS, WORKERS, CALLS = 60, 20, 6
    PATIENCE_S = 60

    @classmethod
    def setUpClass(cls):
        cls.seed = random.randrange(1 << 32)
        cls.rig = Rig(spans=[Span("span1")], rate=0, settings={"arsd": {**QUICK["arsd"], "max_calls_per_request": 100}})
        cls.rig.start()
        cls.api = cls.rig.merchant()
        cls.key, cls.phone = new_billing_key(cls.rig, cls.api, cards.CREDIT)
        cls.rig.set_rate(RATE)

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)

    def until_it_works(self, work):
        deadline = time.monotonic() + self.PATIENCE_S
        while True:
            try:
                return work()
            except (OSError, http.client.HTTPException, ApiError, CarrierError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def call_once(self, number, request, script):
        phone = dial(self.rig, number, request["virtual_number"], script, dtmf={"on_ms": 50, "off_ms": 50}, timeout_s=30)
        with contextlib.suppress(TimeoutError):
            phone.wait_ended()

    def customer(self, n):
        """Returns the request's id."""
        api, order = self.rig.merchant(), f"storm-order-{n:04d}"
        if n % 2:
            number, script, path = new_phone(), begin(*REST), "/v1/registrations"
            body = {"customer_ref": order, "phone": number, "product_name": "월간 구독", "cycle": "monthly", "sms": "skip"}
        else:
            number, script, path = self.phone, OTHER_CARD if n % 4 else PAY, "/v1/payments"
            body = {"order_id": order, "billing_key": self.key, "order_name": "월간 구독", "other_card": "allow", "sms": "skip",
                    "amount": {"total": 1000 + n, "currency": "KRW"}}
        request = self.until_it_works(lambda: api.call("POST", path, body, {"Idempotency-Key": order}))
        for _ in range(self.CALLS):
            self.until_it_works(lambda: self.call_once(number, request, script))
            if self.until_it_works(lambda: read_request(api, request["id"]))["status"] in ENDED:
                break
        api.close()
        return request["id"]

    def test_customers_call_while_everything_dies(self):
        names, over = [*APPLIANCE, "nginx"], threading.Event()
        # Long enough apart that some calls come through in between.
        killer = threading.Thread(target=kill_at_random, args=(self.rig, names, over, self.seed, (0.3, 2.5)), daemon=True)
        killer.start()
        try:
            ids = all_good(at_once(self.customer, range(self.CUSTOMERS), self.WORKERS))
        finally:
            over.set()
            killer.join()
        self.rig.wait_ready(20)
        api = self.rig.merchant()
        rests = lambda i: (r := self.until_it_works(lambda: read_request(api, i)))["status"] in (*ENDED, "sms_sent") and r
        requests = [wait_until(f"{i} is not stuck (seed {self.seed})", lambda i=i: rests(i), SETTLED_S) for i in ids]
        books = ledger(self.rig)
        for request in requests:
            self.judge_books(request, books)
        for done in ("approved", "registered"):
            self.assertGreater(sum(r["status"] == done for r in requests), 0, f"seed {self.seed}")

    def judge_books(self, request, books):
        """No money without an approval, none twice, and one word about it."""
        want = (1, request["amount"]["total"]) if request["status"] == "approved" else (0, 0)
        self.assertEqual(money_of(self.rig, request["id"], books), want, f"{request} (seed {self.seed})")
        if request["status"] not in ENDED:
            return
        kind = request["object"]
        ends = [e for e in GOOD_ENDS + BAD_ENDS if e.startswith(kind + ".")]
        self.rig.webhook(request["id"], end_event(kind, request["status"]), 60)
        self.assertEqual(len([h for h in webhooks(self.rig, request["id"]) if h["type"] in ends]), 1)
