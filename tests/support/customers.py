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
         "giving back": "cancel", "change of mind": "pay", "schedule": "pay"}
WITHOUT_A_CALL = ("charge", "another try", "giving back", "schedule")
BACK = {"reason": "반품", "requester": "customer"}


class Customer(threading.Thread):
    """Wants one thing, as people and merchants do: asks, and asks again with the same key; calls, and calls again."""

    def __init__(self, fixture, kind, order):
        super().__init__(daemon=True)
        self.fixture, self.rig, self.kind, self.order = fixture, fixture.rig, kind, order
        self.number_of_order = int(order.rsplit("-", 1)[1])
        # The clock of one merchant is moved, and no other request may feel it.
        self.api = fixture.rig.merchant(*(fixture.CLOCK_MERCHANT if kind == "schedule" else fixture.MERCHANT))
        self.number = new_phone() if kind == "registration" else fixture.phone
        self.request, self.call, self.fault, self.over = None, None, None, threading.Event()
        self.prepared, self.refusals, self.schedule, self.asked = False, 0, None, None

    def prepare(self):
        """What must have been before: a charge that was declined, one that was approved, a payment that waits for its call."""
        self.prepared = True
        if self.kind == "another try":
            self.fixture.behave([{"mode": "refuse", "class": "funds", "op": "pay"}])
        if self.kind in ("another try", "giving back"):
            self.request = self.until_it_works(self.make)
            self.is_over()
        if self.kind == "schedule":
            self.schedule = self.until_it_works(self.plan)
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
        elif self.kind == "schedule":
            self.until_it_works(lambda: self.api.call("POST", "/v1/test/clock", {"advance_s": 121}, {"Idempotency-Key": self.order + "-clock"}))
            self.request = self.until_it_works(self.run_of_schedule)
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
