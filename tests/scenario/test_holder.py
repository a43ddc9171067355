"""Who may hear what: only the phone that the request is for, shown by the network, calling its number, in time."""
import json
import unittest

from rig.appliance import Rig
from rig.merchant import wait_until
from support import cards
from support.calling import (dial, ended_request, hang_up, hear, new_billing_key, new_phone, press, register, sounds, webhooks)

REJECTED, UNALLOCATED = 21, 1
NEUTRAL = sounds(["greet.neutral", "wrong_caller"])


def calls_of(rig, **members):
    """Calls in the appliance's own list, newest first: also those that no merchant may read."""
    found = json.loads(rig.callkey("--json", "calls"))["items"]
    return [c for c in found if all(c[name] == value for name, value in members.items())]


def setUpModule():
    """One rig, and a request that runs out while the tests go on: that takes half a minute at least."""
    global RIG, LATE_PHONE, LATE_REQUEST
    RIG = Rig(rate=0).start()
    LATE_PHONE = new_phone()
    LATE_REQUEST = RIG.merchant().register(LATE_PHONE, sms="skip", expires_in_s=30)


def tearDownModule():
    RIG.__exit__(None)


class Holder(unittest.TestCase):
    """Each test has a request of its own, and numbers of its own: tries are counted by caller and by virtual number."""

    @classmethod
    def setUpClass(cls):
        cls.rig, cls.api = RIG, RIG.merchant()

    def setUp(self):
        self.phone = new_phone()
        self.request = self.api.register(self.phone, sms="skip")
        self.number = self.request["virtual_number"]

    def judge_turned_away(self, caller, reason, **options):
        """A neutral sentence, an event for the merchant, a request that stays alive and that the right phone completes."""
        phone = dial(self.rig, caller, self.number, [hear("wrong_caller")], **options)
        phone.wait_ended()
        self.assertEqual(phone.heard, NEUTRAL)
        self.assertEqual(phone.ended["cause"], 16)
        hook = self.rig.webhook(self.request["id"], "registration.holder_mismatch")
        mismatch = hook["data"]["mismatch"]
        self.assertEqual(mismatch["reason"], reason)
        told = json.dumps(hook["data"])
        if caller and caller != self.phone:
            self.assertNotIn(caller, told)            # a stranger's number is masked
        call = wait_until("the call is in the books", lambda: calls_of(self.rig, id=mismatch["call"], status="holder_mismatch"))
        self.assertIsNone(call[0]["request"])
        self.assertEqual(self.api.request("GET", f"/v1/calls/{mismatch['call']}")[0], 404)
        self.assertEqual(self.api.registration(self.request["id"])["calls"], 0)
        self.judge_right_phone_registers()

    def judge_right_phone_registers(self):
        dial(self.rig, self.phone, self.number, register(cards.CREDIT)).wait_ended()
        done = wait_until("the right phone registers", lambda: ended_request(self.api, self.request["id"]))
        self.assertEqual(done["status"], "registered")

    def test_another_phone_is_turned_away(self):
        self.judge_turned_away(new_phone(), "wrong_caller")

    def test_a_withheld_number_is_turned_away(self):
        self.judge_turned_away(self.phone, "withheld", presentation="restricted")

    def test_a_call_without_a_number_is_turned_away(self):
        self.judge_turned_away("", "withheld", presentation="none")

    def test_a_number_that_the_caller_made_up_is_turned_away(self):
        self.judge_turned_away(self.phone, "unverified", screening="unscreened")

    def test_a_number_that_failed_screening_is_turned_away(self):
        self.judge_turned_away(self.phone, "unverified", screening="failed")

    def test_a_diverted_call_is_turned_away(self):
        self.judge_turned_away(self.phone, "diverted", diverted_from="01099998888")

    def test_a_number_that_the_network_has_verified_is_the_holders(self):
        phone = dial(self.rig, self.phone, self.number, register(cards.CREDIT), screening="passed")
        phone.wait_ended()
        self.assertIn("reg.done", phone.heard)

    def test_an_international_form_of_the_number_is_the_same_phone(self):
        phone = dial(self.rig, "82" + self.phone[1:], self.number, register(cards.CREDIT))
        phone.wait_ended()
        self.assertIn("reg.done", phone.heard)

    def test_a_number_that_is_not_ours_is_unallocated(self):
        for number in ("07099990000", "0701234", "15880000"):
            phone = dial(self.rig, self.phone, number)
            phone.wait_ended()
            self.assertEqual((phone.ended["cause"], phone.heard), (UNALLOCATED, []), number)

    def test_a_number_of_ours_that_nobody_leased_says_nothing(self):
        free = next(n for n in (f"0701234{i:04d}" for i in range(1000)) if n != self.number)
        phone = dial(self.rig, self.phone, free)
        phone.wait_ended()
        self.assertEqual(phone.heard, NEUTRAL)
        self.assertEqual(webhooks(self.rig, self.request["id"]), [])

    def test_the_number_of_an_ended_request_says_nothing_more(self):
        self.judge_right_phone_registers()
        phone = dial(self.rig, self.phone, self.number)
        phone.wait_ended()
        self.assertEqual(phone.heard, NEUTRAL)

    def test_a_wrong_caller_of_a_payment_learns_nothing_and_the_payment_is_paid(self):
        key, phone_number = new_billing_key(self.rig, self.api, cards.CREDIT)
        payment = self.api.pay(key, 53000, other_card="deny", sms="skip")
        phone = dial(self.rig, new_phone(), payment["virtual_number"], [hear("wrong_caller")])
        phone.wait_ended()
        self.assertEqual(phone.heard, NEUTRAL)
        hook = self.rig.webhook(payment["id"], "payment.holder_mismatch")
        self.assertEqual(hook["data"]["mismatch"]["reason"], "wrong_caller")
        dial(self.rig, phone_number, payment["virtual_number"],
                      [press("pay.menu.only", "1"), hang_up("pay.approved")]).wait_ended()
        self.assertEqual(wait_until("it is paid", lambda: ended_request(self.api, payment["id"]))["status"], "approved")


class Repeated(unittest.TestCase):
    """Tries by wrong callers are slowed, then refused; the right phone is neither."""
    SLOW_MS = 700

    @classmethod
    def setUpClass(cls):
        throttle = {"slow_after": 3, "slow_ms": cls.SLOW_MS, "refuse_after": 5}
        cls.rig = Rig(rate=0, settings={"arsd": {"throttle": throttle}}).start()
        cls.api = cls.rig.merchant()

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)

    def try_calls(self, callers, numbers):
        """(cause, seconds) of one call after the other."""
        answers = []
        for caller, number in zip(callers, numbers):
            phone = dial(self.rig, caller, number, [hear("wrong_caller")])
            began = self.rig.now_ms()
            phone.wait_ended()
            answers.append((phone.ended["cause"], self.rig.now_ms() - began, phone.heard))
        return answers

    def judge(self, answers):
        for cause, ms, heard in answers[:2]:
            self.assertEqual((cause, heard), (16, NEUTRAL))
            self.assertLess(ms, self.SLOW_MS)
        for cause, ms, heard in answers[2:4]:
            self.assertEqual((cause, heard), (16, NEUTRAL))
            self.assertGreaterEqual(ms, self.SLOW_MS)
        for cause, ms, heard in answers[4:]:
            self.assertEqual((cause, heard), (REJECTED, []))

    def judge_right_phone(self, request, phone_number):
        phone = dial(self.rig, phone_number, request["virtual_number"], register(cards.CREDIT))
        phone.wait_ended()
        self.assertIn("reg.done", phone.heard)

    def test_one_caller_who_tries_many_numbers(self):
        owners = [new_phone() for _ in range(6)]
        requests = [self.api.register(p, sms="skip") for p in owners]
        stranger = new_phone()
        self.judge(self.try_calls([stranger] * 6, [r["virtual_number"] for r in requests]))
        self.judge_right_phone(requests[5], owners[5])

    def test_many_callers_who_try_one_number(self):
        owner = new_phone()
        request = self.api.register(owner, sms="skip")
        self.judge(self.try_calls([new_phone() for _ in range(6)], [request["virtual_number"]] * 6))
        self.judge_right_phone(request, owner)


class RunOut(unittest.TestCase):

    def test_a_lease_that_has_run_out_says_nothing_and_the_request_has_ended(self):
        api = RIG.merchant()
        done = wait_until("the request has run out", lambda: ended_request(api, LATE_REQUEST["id"]), 45, 0.5)
        self.assertEqual((done["status"], done["failure"]["code"]), ("expired", "expired"))
        RIG.webhook(LATE_REQUEST["id"], "registration.expired")
        call = dial(RIG, LATE_PHONE, LATE_REQUEST["virtual_number"])
        call.wait_ended()
        self.assertEqual(call.heard, NEUTRAL)
        self.assertEqual(api.registration(LATE_REQUEST["id"])["status"], "expired")
