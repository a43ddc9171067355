"""Customers and merchants who want one thing, and go on through every fault until they have it, or a definite no."""
import contextlib
import datetime
import http.client
import threading
import time

from rig.merchant import ApiError
from rig.phone import CarrierError
from support import cards
from support.books import OPEN_CANCELLATIONS, Disagreement
from support.calling import ENDED, dial, enter, new_phone, press, query, read_request

PATIENCE_S = 40
# What a customer, or the merchant, wants; and what the PG is asked for then.
KINDS = {"charge": "pay", "payment": "pay", "another card": "pay", "registration": "verify", "another try": "pay",
         "giving back": "cancel", "giving part back": "cancel", "change of mind": "pay", "schedule": "pay", "withdrawal": "expire_key"}
GIVING_BACK = ("giving back", "giving part back")
WITHOUT_A_CALL = ("charge", "another try", *GIVING_BACK, "schedule")
SERVICE = "15880001"            # to end a registration
BACK = {"reason": "반품", "requester": "customer"}


class Customer(threading.Thread):
    """Wants one thing, as people and merchants do: asks, and asks again with the same key; calls, and calls again."""

    def __init__(self, fixture, kind, order):
        super().__init__(daemon=True)
        self.fixture, self.rig, self.kind, self.order = fixture, fixture.rig, kind, order
        self.number_of_order = int(order.rsplit("-", 1)[1])
        # The clock of one merchant is moved, and no other request may feel it.
        self.api = fixture.rig.merchant(*(fixture.CLOCK_MERCHANT if kind == "schedule" else fixture.MERCHANT))
        self.number = new_phone() if kind in ("registration", "withdrawal") else fixture.phone
        self.request, self.call, self.fault, self.over = None, None, None, threading.Event()
        self.prepared, self.refusals, self.schedule, self.asked = False, 0, None, None
        self.key, self.charge = None, None         # of a withdrawal

    def prepare(self):
        """What must have been before: a charge that was declined, one that was approved, a payment that waits for its call."""
        self.prepared = True
        if self.kind == "another try":
            self.fixture.behave([{"mode": "refuse", "class": "funds", "op": "pay"}])
        if self.kind in ("another try", *GIVING_BACK):
            self.request = self.until_it_works(self.make)
            self.is_over()
        if self.kind == "schedule":
            self.schedule = self.until_it_works(self.plan)
        if self.kind == "change of mind":
            self.request = self.until_it_works(self.make)
        if self.kind == "withdrawal":
            self.register_first()
            self.request = self.until_it_works(self.make)
            self.schedule = self.until_it_works(self.rent)

    def register_first(self):
        """A key of this customer's own, for it will end."""
        while self.key is None:
            other = Customer(self.fixture, "registration", f"first-{next(self.fixture.orders):06d}")
            other.run()
            if other.fault:
                raise other.fault
            self.number, self.key = other.number, other.told()["billing_key"]
            other.api.close()

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
        elif self.kind in GIVING_BACK:
            part = {"amount": {"total": 400, "currency": "KRW"}} if self.kind == "giving part back" else {}
            self.until_it_works(lambda: self.post("cancel", {**BACK, **part}), self.is_final)
        elif self.kind == "schedule":
            self.until_it_works(lambda: self.api.call("POST", "/v1/test/clock", {"advance_s": 121}, {"Idempotency-Key": self.order + "-clock"}))
            self.request = self.until_it_works(self.run_of_schedule)
        elif self.kind == "change of mind":
            call = threading.Thread(target=self.phone_once, daemon=True)
            call.start()
            time.sleep(self.number_of_order % 10 * 0.003)          # into any step of the call, over the cells
            self.until_it_works(lambda: self.post("cancel", BACK), self.is_final)
            call.join()
        elif self.kind == "withdrawal":
            # A payment waits for its call, the schedule for its day; every other merchant charges the key just then, too.
            if self.number_of_order % 2:
                self.charge = threading.Thread(target=self.charge_meanwhile, daemon=True)
                self.charge.start()
        else:
            self.request = self.until_it_works(self.make)

    def charge_meanwhile(self):
        try:
            self.until_it_works(self.charge_once, self.is_final)
        except Exception as fault:     # the customer's, as any other
            self.fault = fault

    def charge_once(self):
        body = {"order_id": f"{self.order}-charge", "billing_key": self.key, "order_name": "월간 구독",
                "amount": {"total": 500 + self.number_of_order, "currency": "KRW"}, "consent": "skip", "other_card": "deny"}
        with contextlib.closing(self.rig.merchant(*self.fixture.MERCHANT)) as api:
            return api.call("POST", "/v1/payments", body, {"Idempotency-Key": f"{self.order}-charge"})

    @staticmethod
    def is_final(fault):
        """A no that stays one: what was declined cannot be taken back, what was approved is not tried again, a key that has ended pays
        nothing."""
        return fault.status in (409, 422) and fault.problem.get("code") in ("payment_not_cancelable", "payment_not_retryable",
                                                                            "billing_key_unusable")

    def until_it_works(self, work, is_answer=lambda fault: False):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return work()
            except (OSError, http.client.HTTPException, CarrierError) as fault:
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
            path, body = "/v1/payments", {"order_id": self.order, "billing_key": self.key or self.fixture.key, "order_name": "월간 구독",
                                          "amount": {"total": 1000 + self.number_of_order, "currency": "KRW"},
                                          "consent": "skip" if skip else "ask",
                                          "other_card": "allow" if self.kind == "another card" else "deny",
                                          **({} if skip else common)}
        return self.api.call("POST", path, body, {"Idempotency-Key": self.order})

    def plan(self):
        """One charge within the next two minutes of the merchant's clock. Another customer may move it meanwhile: then a later one."""
        if self.asked is None:
            now = datetime.datetime.fromisoformat(self.api.call("GET", "/v1/test/clock")["now"].replace("Z", "+00:00"))
            at = now + datetime.timedelta(hours=9, seconds=120)
            self.asked = {"billing_key": self.fixture.clock_key, "order_id": self.order, "order_name": "월간 구독",
                          "amount": {"total": 1000 + self.number_of_order, "currency": "KRW"}, "consent": "skip",
                          "repeat": {"every": "once"}, "starts_on": at.strftime("%Y-%m-%d"), "time": at.strftime("%H:%M")}
        try:
            return self.api.call("POST", "/v1/schedules", self.asked, {"Idempotency-Key": f"{self.order}-{self.refusals}"})
        except ApiError as fault:
            if fault.status != 422:
                raise
            self.asked, self.refusals = None, self.refusals + 1
            return self.plan()

    def rent(self):
        body = {"billing_key": self.key, "order_id": f"{self.order}-" + "{n}", "order_name": "월세", "amount": {"total": 9900, "currency": "KRW"},
                "consent": "skip", "repeat": {"every": "month", "day": 31}}
        return self.api.call("POST", "/v1/schedules", body, {"Idempotency-Key": f"{self.order}-rent"})

    def run_of_schedule(self):
        """The payment that it has made, which may take until arsd is back."""
        deadline = time.monotonic() + PATIENCE_S
        while not (made := self.api.call("GET", f"/v1/schedules/{self.schedule['id']}"))["last_payment"]:
            if time.monotonic() > deadline:
                raise Disagreement(f"{self.order}: the schedule makes nothing: {made}")
            time.sleep(0.01)
        return {"id": made["last_payment"]}

    def post(self, what, body=None):
        """A refusal is an answer, which its key keeps; without one the same key asks again."""
        key = f"{self.order}-{what}-{self.refusals}"
        try:
            return self.api.call("POST", f"/v1/payments/{self.request['id']}/{what}", body, {"Idempotency-Key": key})
        except ApiError as fault:
            self.refusals += fault.status == 409 and fault.problem.get("code") != "idempotency_in_progress"
            raise

    def told(self):
        """The request, as it is now."""
        return self.until_it_works(lambda: read_request(self.api, self.request["id"]))

    def state(self):
        return self.told()["status"]

    def is_giving_back(self):
        return query(self.rig, f"SELECT id FROM cancellations WHERE request = ? AND state IN {OPEN_CANCELLATIONS}",
                     self.request["id"])

    def has_withdrawn(self):
        key = self.until_it_works(lambda: self.api.call("GET", f"/v1/billing-keys/{self.key}"))
        if key["status"] == "deleted" and self.charge is not None:
            self.charge.join(PATIENCE_S)
        return key["status"] == "deleted"

    def is_over(self):
        """Waits until the request waits for a call, or has ended."""
        if self.kind == "withdrawal" and not self.has_withdrawn():
            return False
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
        if self.kind == "withdrawal":
            return [press("months.end", "1", 300), press("withdraw.confirm", "1", 300)]
        if self.kind == "another card":
            return [press("pay.asks", "2"), *enter(cards.CHECK), press("other.keep", "12"[self.number_of_order % 2]),
                    press("pay.approved", "2")]
        return [press("pay.asks", "1"), press("pay.approved", "2")]

    def phone_once(self):
        try:
            number = SERVICE if self.kind == "withdrawal" else self.request["virtual_number"]
            self.call = dial(self.rig, self.number, number, self.script(), timeout_s=10)
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
