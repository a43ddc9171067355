"""A payment tried again, and payments taken back: by real processes, with answers that are lost and programs that are killed."""
import secrets
import unittest

from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import QUICK, attempts, behave, dial, ended_request, hear, ledger, new_billing_key, press, register

TOTAL = 53000
BACK = {"reason": "반품", "requester": "customer"}


class AgainAndBack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0)
        gateway = {**cls.rig.default_settings()["uplinkd"]["pg"][0], "timeout_ms": 1000}
        cls.rig.settings = {**QUICK, "uplinkd": {"pg": [gateway]}}
        cls.rig.start()
        cls.api = cls.rig.merchant("Again Shop", "--may-skip-consent")
        cls.key, cls.phone = new_billing_key(cls.rig, cls.api, cards.CREDIT)

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)

    def tearDown(self):
        behave(self.rig, "normal")

    def charge(self):
        made = self.api.pay(self.key, TOTAL, consent="skip", other_card="deny")
        return wait_until("the charge has ended", lambda: ended_request(self.api, made["id"]))

    def post(self, payment, what, body=None):
        return self.api.call("POST", f"/v1/payments/{payment['id']}/{what}", body, {"Idempotency-Key": secrets.token_hex(8)})

    def settled(self, cancellation):
        def is_settled():
            now = self.api.call("GET", f"/v1/cancellations/{cancellation['id']}")
            return now if now["status"] in ("succeeded", "declined", "failed") else None
        return wait_until("the cancellation has ended", is_settled, 30)

    def judge_books(self, payment):
        """The PG has given back what we say, each cancellation once."""
        payment = self.api.payment(payment["id"])
        order = next(ledger(self.rig)[a["id"]] for a in attempts(self.rig, payment["id"]) if a["state"] == "ok")
        self.assertEqual(TOTAL - order["remaining"], payment["canceled_amount"])
        for one in payment["cancellations"]:
            booked = ledger(self.rig).get(one["id"], {"bookings": 0})
            self.assertEqual(booked["bookings"], 1 if one["status"] == "succeeded" else 0, one)
        return payment

    def test_a_charge_that_failed_is_tried_again(self):
        behave(self.rig, "refuse", op="pay", times=1, **{"class": "funds"})
        payment = self.charge()
        self.assertEqual(payment["status"], "declined")
        again = self.post(payment, "retry")
        self.assertEqual((again["id"], again["order_id"], again["retries"]), (payment["id"], payment["order_id"], 1))
        payment = wait_until("it is approved", lambda: ended_request(self.api, payment["id"]))
        self.assertEqual((payment["status"], [a["status"] for a in payment["attempts"]]), ("approved", ["declined", "ok"]))
        self.rig.webhook(payment["id"], "payment.approved")
        with self.assertRaises(ApiError) as refused:
            self.post(payment, "retry")
        self.assertEqual((refused.exception.status, refused.exception.problem["code"]), (409, "payment_not_retryable"))

    def test_consent_is_asked_for_again_by_sms_and_call(self):
        payment = self.api.pay(self.key, TOTAL)
        dial(self.rig, self.phone, payment["virtual_number"], [press("pay.asks", "3")]).wait_ended()
        payment = wait_until("it is refused", lambda: ended_request(self.api, payment["id"]))
        self.assertEqual(payment["status"], "refused")
        before = len(self.rig.sandbox.get(f"/sms?to={self.phone}")["messages"])
        again = self.post(payment, "retry")
        self.assertNotEqual(again["virtual_number"], payment["virtual_number"])
        wait_until("the SMS", lambda: len(self.rig.sandbox.get(f"/sms?to={self.phone}")["messages"]) == before + 1)
        dial(self.rig, self.phone, again["virtual_number"], [press("pay.asks", "1"), press("pay.approved", "2")]).wait_ended()
        payment = wait_until("it is approved", lambda: ended_request(self.api, payment["id"]))
        self.assertEqual(payment["status"], "approved")

    def test_money_is_given_back_in_parts_whatever_happens_to_the_answer(self):
        for mode in ("normal", "drop_before", "drop_after", "garbage", "cut", "other", "silence_after", "fail"):
            with self.subTest(mode):
                payment = self.charge()
                self.assertEqual(payment["status"], "approved")
                if mode != "normal":
                    behave(self.rig, mode, op="cancel", times=1, delay_ms=2500)
                part = self.post(payment, "cancel", {**BACK, "amount": {"total": 20000, "currency": "KRW"}, "tax_free": 1000})
                self.assertEqual(self.settled(part["cancellation"])["status"], "succeeded")
                self.assertEqual(self.judge_books(payment)["status"], "partially_canceled")
                rest = self.post(payment, "cancel", {**BACK, "cancelable_amount": 33000})
                self.assertEqual(self.settled(rest["cancellation"])["amount"]["total"], 33000)
                self.assertEqual(self.judge_books(payment)["status"], "canceled")
                self.rig.webhook(payment["id"], "payment.partially_canceled")
                self.rig.webhook(payment["id"], "payment.canceled")

    def test_what_is_free_of_tax_is_paid_so_and_comes_back_so(self):
        made = self.api.pay(self.key, TOTAL, consent="skip", other_card="deny",
                            amount={"total": TOTAL, "currency": "KRW", "tax_free": 20000, "vat": 3000})
        payment = wait_until("the charge has ended", lambda: ended_request(self.api, made["id"]))
        self.assertEqual(payment["amount"], {"total": TOTAL, "currency": "KRW", "tax_free": 20000, "vat": 3000})
        order = next(ledger(self.rig)[a["id"]] for a in attempts(self.rig, payment["id"]))
        self.assertEqual((order["tax_free"], order["vat"]), (20000, 3000))
        for parts, field in (({"tax_free": 20001}, "/tax_free"), ({"tax_free": 0, "amount": {"total": 33001, "currency": "KRW"}}, "/tax_free"),
                             ({"vat": 3001}, "/vat")):
            with self.assertRaises(ApiError) as refused:
                self.post(payment, "cancel", {**BACK, "amount": {"total": 40000, "currency": "KRW"}, **parts})
            problem = refused.exception.problem
            self.assertEqual((problem["code"], problem["field"]), ("amount_not_cancelable", field), problem)
        for amount, said, told in ((15000, {"tax_free": 15000}, 15000), (30000, {}, 0), (8000, {}, 5000)):
            back = self.post(payment, "cancel", {**BACK, "amount": {"total": amount, "currency": "KRW"}, **said})["cancellation"]
            self.assertEqual(self.settled(back)["status"], "succeeded")
            self.assertEqual(ledger(self.rig)[back["id"]]["tax_free"], told)
        self.assertEqual(self.judge_books(payment)["status"], "canceled")

    def test_a_refusal_of_the_pg_leaves_the_payment_as_it_was(self):
        payment = self.charge()
        behave(self.rig, "refuse", op="cancel", times=1, **{"class": "merchant"})
        asked = self.post(payment, "cancel", BACK)
        self.assertEqual(self.settled(asked["cancellation"])["status"], "declined")
        self.assertEqual(self.judge_books(payment)["status"], "approved")
        hook = self.rig.webhook(payment["id"], "payment.cancel_failed")
        self.assertEqual(hook["data"]["cancellation"]["failure"]["code"], "P999")

    def test_a_kill_while_the_pg_gives_back_loses_and_doubles_nothing(self):
        for name in ("arsd", "uplinkd"):
            with self.subTest(name):
                payment = self.charge()
                behave(self.rig, "slow", op="cancel", times=1, delay_ms=800)
                asked = self.post(payment, "cancel", BACK)
                self.rig.kill(name)
                self.rig.processes[name].restarts = 0
                self.rig.wait_ready()
                self.assertEqual(self.settled(asked["cancellation"])["status"], "succeeded")
                self.assertEqual(self.judge_books(payment)["status"], "canceled")

    def test_a_caller_hears_that_the_merchant_took_it_back(self):
        # Slow enough for the merchant to come between.
        self.rig.set_rate(4)
        self.addCleanup(self.rig.set_rate, 0)
        payment = self.api.pay(self.key, TOTAL, sms="skip")
        call = dial(self.rig, self.phone, payment["virtual_number"], [hear("pay.menu.other")])
        call.wait_heard("pay.menu.other")
        done = self.post(payment, "cancel", BACK)
        self.assertEqual((done["status"], done["cancellation"]), ("canceled_before_auth", None))
        call.wait_heard("withdrawn", "not_charged", "bye")
        call.wait_ended()
        self.rig.webhook(payment["id"], "payment.canceled_before_auth")
        self.assertEqual(attempts(self.rig, payment["id"]), [])


    def test_another_card_takes_the_place_behind_a_billing_key(self):
        key, phone = new_billing_key(self.rig, self.api, cards.FUNDS)
        asked = self.api.call("POST", f"/v1/billing-keys/{key}/replace", {"product_name": "월간 구독", "cycle": "monthly"})
        self.assertEqual((asked["billing_key"], asked["phone"]), (key, phone))
        dial(self.rig, phone, asked["virtual_number"], register(cards.CREDIT)).wait_ended()
        done = wait_until("it is registered", lambda: ended_request(self.api, asked["id"]))
        self.assertEqual((done["status"], done["billing_key"]), ("registered", key))
        self.assertEqual(self.api.call("GET", f"/v1/billing-keys/{key}")["card"]["last4"], cards.CREDIT.number[-4:])
        made = self.api.pay(key, TOTAL, consent="skip", other_card="deny")
        self.assertEqual(wait_until("it is paid", lambda: ended_request(self.api, made["id"]))["status"], "approved")
        self.rig.webhook(asked["id"], "registration.completed")


if __name__ == "__main__":
    unittest.main()
