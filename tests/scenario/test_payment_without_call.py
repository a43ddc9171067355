"""Payments without a call: consent is skipped, the registered card is charged, whatever becomes of the answer."""
import unittest

from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import attempts, behave, ended_request, judge_ledger, ledger, new_billing_key


class WithoutCall(unittest.TestCase):
    """Consent skipped: the merchant charges the registered card, nobody is called."""

    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0)
        gateway = {**cls.rig.default_settings()["uplinkd"]["pg"][0], "timeout_ms": 1000}
        cls.rig.settings = {"arsd": {"pg_query_first_ms": 400, "pg_query_most_s": 1}, "uplinkd": {"pg": [gateway]}}
        cls.rig.start()
        cls.api = cls.rig.merchant("Skipping Shop", "--may-skip-consent")
        cls.key, cls.phone = new_billing_key(cls.rig, cls.api, cards.CREDIT)

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)

    def tearDown(self):
        behave(self.rig, "normal")

    def charge(self, key=None, amount=9900, **fields):
        made = self.api.pay(key or self.key, amount, consent="skip", other_card="deny", **fields)
        return wait_until("the charge has ended", lambda: ended_request(self.api, made["id"]))

    def pay_until_unknown(self):
        """A charge whose answer is missing, and after which the PG has not been asked yet."""
        made = self.api.pay(self.key, 5500, consent="skip", other_card="deny")
        wait_until("nobody knows", lambda: [a["state"] for a in attempts(self.rig, made["id"])] == ["unknown"], 5, 0.01)
        return made

    def judge(self, payment, status, states):
        self.assertEqual(payment["status"], status, payment)
        self.assertEqual([a["state"] for a in attempts(self.rig, payment["id"])], states)
        judge_ledger(self, self.rig, payment)
        hook = self.rig.webhook(payment["id"], "payment.approved" if status == "approved" else "payment.failed")
        self.assertEqual(hook["data"]["status"], status)
        self.assertEqual((payment["calls"], payment["virtual_number"]), (0, None))

    def test_it_is_charged_without_sms_and_without_a_number(self):
        before = len(self.rig.sandbox.get(f"/sms?to={self.phone}")["messages"])
        self.judge(self.charge(), "approved", ["ok"])
        self.assertEqual(len(self.rig.sandbox.get(f"/sms?to={self.phone}")["messages"]), before)

    def test_a_decline_is_told_and_a_new_order_may_follow(self):
        key, _ = new_billing_key(self.rig, self.api, cards.FUNDS)
        payment = self.charge(key)
        self.judge(payment, "declined", ["declined"])
        self.assertEqual(payment["failure"]["class"], "funds")
        self.judge(self.charge(), "approved", ["ok"])

    def test_every_class_of_decline_is_told_as_such(self):
        for word in ("input", "funds", "dead_card", "ask_issuer", "merchant", "system"):
            with self.subTest(word):
                behave(self.rig, "refuse", op="pay", times=1, **{"class": word})
                payment = self.charge()
                self.assertEqual(payment["failure"]["class"], word)
                self.judge(payment, "declined", ["declined"])

    def test_another_card_is_impossible(self):
        with self.assertRaises(ApiError) as refused:
            self.api.pay(self.key, 1000, consent="skip", other_card="allow")
        self.assertEqual((refused.exception.status, refused.exception.problem["field"]), (422, "/other_card"))

    def test_a_merchant_who_may_not_skip_is_refused(self):
        api = self.rig.merchant()
        key, _ = new_billing_key(self.rig, api, cards.CREDIT)
        with self.assertRaises(ApiError) as refused:
            api.pay(key, 1000, consent="skip", other_card="deny")
        self.assertEqual((refused.exception.status, refused.exception.problem["code"]), (403, "consent_skip_not_allowed"))

    def test_fixed_months_are_charged_as_such(self):
        payment = self.charge(amount=60000, instalment={"mode": "fixed", "months": 3})
        self.judge(payment, "approved", ["ok"])
        order = ledger(self.rig)[attempts(self.rig, payment["id"])[0]["id"]]
        self.assertEqual(order["instalment_months"], 3)

    def test_whatever_happens_to_the_answer_nothing_is_charged_twice(self):
        """For each way an exchange can break: before the effect it is undone, after it found approved."""
        for mode, status, state in [("drop_before", "net_canceled", "canceled"), ("drop_after", "approved", "ok"),
                                    ("garbage", "approved", "ok"), ("cut", "approved", "ok"), ("other", "approved", "ok"),
                                    ("fail", "net_canceled", "canceled"), ("redirect", "net_canceled", "canceled"),
                                    ("silence_before", "net_canceled", "canceled"), ("silence_after", "approved", "ok"),
                                    ("slow", "approved", "ok")]:
            with self.subTest(mode):
                behave(self.rig, mode, op="pay", times=1, delay_ms=300 if mode == "slow" else 3000)
                self.judge(self.charge(), status, [state])

    def test_a_query_that_breaks_is_asked_again(self):
        behave(self.rig, "drop_after", op="pay", times=1)
        made = self.pay_until_unknown()
        behave(self.rig, "drop_before", op="query", times=2)
        payment = wait_until("the charge has ended", lambda: ended_request(self.api, made["id"]))
        self.judge(payment, "approved", ["ok"])

    def test_an_undoing_that_breaks_is_asked_again(self):
        behave(self.rig, "drop_before", op="pay", times=1)
        made = self.pay_until_unknown()
        behave(self.rig, "drop_before", op="net_cancel", times=2)
        payment = wait_until("the charge has ended", lambda: ended_request(self.api, made["id"]))
        self.judge(payment, "net_canceled", ["canceled"])
