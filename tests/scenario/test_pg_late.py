"""A PG that takes longer than a caller waits: who hung up, and who was let go, reads how it ended."""
import unittest

from rig.appliance import Rig
from rig.merchant import wait_until
from support import cards
from support.calling import (behave, dial, ended_request, hang_up, hear, judge_ledger, new_billing_key, new_phone, press,
                             read_call, register)

ONLY = "pay.menu.only"


class Impatient(unittest.TestCase):
    """A PG that takes longer than a caller should wait."""

    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0, settings={"arsd": {"pg_wait_s": 1, "pg_query_first_ms": 50, "pg_query_most_s": 1}}).start()
        cls.api = cls.rig.merchant()
        cls.key, cls.phone = new_billing_key(cls.rig, cls.api, cards.CREDIT)

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)

    def tearDown(self):
        behave(self.rig, "normal")

    def messages(self, phone):
        return self.rig.sandbox.get(f"/sms?to={phone}")["messages"]

    def test_the_caller_is_told_that_the_result_will_come_and_it_comes(self):
        behave(self.rig, "slow", op="pay", times=1, delay_ms=2500)
        made = self.api.pay(self.key, 53000, other_card="deny", sms="skip")
        phone = dial(self.rig, self.phone, made["virtual_number"], [press(ONLY, "1"), hear("bye")])
        phone.wait_ended()
        self.assertEqual([p for p in phone.heard if p in ("pay.unknown", "pay.approved")], ["pay.unknown"])
        call = read_call(self.api, self.api.payment(made["id"])["last_call"])
        self.assertEqual((call["status"], call["step"]), ("system_error", "unknown"))
        payment = wait_until("the payment has ended", lambda: ended_request(self.api, made["id"]))
        self.assertEqual(payment["status"], "approved")
        judge_ledger(self, self.rig, payment)
        self.rig.webhook(made["id"], "payment.approved")
        told = wait_until("the customer reads the result", lambda: self.messages(self.phone))
        self.assertIn(payment["approval_no"], told[-1]["text"])

    def test_a_registration_that_is_verified_late_is_told_by_sms(self):
        behave(self.rig, "slow", op="verify", times=1, delay_ms=2500)
        number = new_phone()
        made = self.api.register(number, sms="skip")
        phone = dial(self.rig, number, made["virtual_number"], [*register(cards.CREDIT), hear("bye")])
        phone.wait_ended()
        self.assertIn("reg.unknown", phone.heard)
        self.assertFalse({"reg.done", "reg.not_done"} & set(phone.heard))
        done = wait_until("the registration has ended", lambda: ended_request(self.api, made["id"]))
        self.assertEqual(done["status"], "registered")
        wait_until("the customer reads the result", lambda: self.messages(number))

    def hang_up_while_it_is_lost(self, **fields):
        """The order never reaches the PG, whose silence the caller does not wait for: it is undone there. Returns what they read."""
        behave(self.rig, "silence_before", op="pay", times=1, delay_ms=1500)
        made = self.api.pay(self.key, 53000, other_card="deny", sms="skip", **fields)
        before = len(self.messages(self.phone))
        dial(self.rig, self.phone, made["virtual_number"], [press(ONLY, "1"), hang_up("pay.wait")]).wait_ended()
        payment = wait_until("the payment has ended", lambda: ended_request(self.api, made["id"]))
        self.assertEqual((payment["status"], payment["failure"]["code"]), ("net_canceled", "pg_timeout"))
        judge_ledger(self, self.rig, payment)
        told = wait_until("the customer reads of it", lambda: self.messages(self.phone)[before:])
        message = self.rig.webhook(made["id"], "sms.sent")["data"]["message"]
        self.assertEqual((message["template"], message["status"], message["fallback"]), ("payment.not_done", "sent", False))
        return [m["text"] for m in told]

    def test_who_hung_up_reads_that_the_payment_was_undone(self):
        self.assertEqual(self.hang_up_while_it_is_lost(), ["[Callkey Shop] 월간 구독: 53,000원 결제를 마치지 못했습니다. 청구되지 않습니다."])
        english, = self.hang_up_while_it_is_lost(language="en")
        self.assertIn("could not be completed. You are not charged.", english)
        self.api.call("POST", "/v1/sms-templates", {"name": "payment.not_done", "language": "ko", "text": "{merchant}: {amount} 취소"})
        self.addCleanup(self.api.call, "POST", "/v1/sms-templates", {"name": "payment.not_done", "language": "ko"})
        self.assertEqual(self.hang_up_while_it_is_lost(), ["Callkey Shop: 53,000원 취소"])

    def test_who_hung_up_reads_that_the_payment_was_taken_back(self):
        made = self.api.pay(self.key, 53000, other_card="deny", sms="skip")
        before = len(self.messages(self.phone))
        dial(self.rig, self.phone, made["virtual_number"], [hang_up("pay.asks")]).wait_ended()
        wait_until("it waits for another call", lambda: self.api.payment(made["id"])["status"] == "sms_sent")
        self.api.call("POST", f"/v1/payments/{made['id']}/cancel", {"reason": "재고 없음", "requester": "merchant"})
        told = wait_until("the customer reads of it", lambda: self.messages(self.phone)[before:])
        self.assertEqual([m["text"] for m in told], ["[Callkey Shop] 월간 구독: 53,000원 결제 요청이 취소되었습니다. 청구되지 않습니다."])
        self.rig.webhook(made["id"], "payment.canceled_before_auth")
        self.assertEqual(self.rig.webhook(made["id"], "sms.sent")["data"]["message"]["template"], "payment.canceled")

    def test_one_that_is_declined_late_is_told_by_sms(self):
        behave(self.rig, "slow", op="pay", times=1, delay_ms=2500)
        key, number = new_billing_key(self.rig, self.api, cards.FUNDS)
        made = self.api.pay(key, 53000, other_card="deny", sms="skip")
        dial(self.rig, number, made["virtual_number"], [press(ONLY, "1"), hear("bye")]).wait_ended()
        done = wait_until("the payment has ended", lambda: ended_request(self.api, made["id"]))
        self.assertEqual((done["status"], done["failure"]["class"]), ("declined", "funds"))
        judge_ledger(self, self.rig, done)
        wait_until("the customer reads the result", lambda: self.messages(number))
