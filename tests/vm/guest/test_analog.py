"""Twenty-four analog lines on a real DAHDI kernel: ringing, FSK caller id between rings, hooks and battery as CAS bits."""
import re
import threading
import unittest

import analog_rig
from analog_rig import COUNT, NUMBERS, OTHER, Caller, one_caller, register_requests
from crowd import all_at_once, judge_sound
from rig.merchant import wait_until
from support import cards
from support.calling import at_once, dial, ended_request, hear, new_phone, press, read_call, secret


def setUpModule():
    global RIG
    RIG = analog_rig.start()


def tearDownModule():
    RIG.stop()


class Calls(unittest.TestCase):
    """What one line does, each on a line of its own and all at once: most of a call is waiting. do_X(caller) becomes test_X."""

    @classmethod
    def setUpClass(cls):
        names = sorted(name for name in dir(cls) if name.startswith("do_"))
        requests = register_requests(RIG.merchant(), COUNT)
        # The last line is for those whom it vouches for.
        callers = [Caller(RIG.merchant(), *requests[number]) for number in NUMBERS[:len(names)]]
        cls.taken = set(NUMBERS[:len(names)]) | {NUMBERS[-1]}
        cls.lock = threading.Lock()
        cls.came = dict(zip(names, at_once(lambda pair: getattr(cls(), pair[0])(pair[1]), list(zip(names, callers)), len(names))))

    def judge(self, name):
        if isinstance(self.came[name], Exception):
            raise self.came[name]

    def do_a_registration_and_a_payment_over_one_line(self, caller):
        caller.register_over_its_line(RIG)
        call = read_call(caller.api, caller.api.registration(caller.request["id"])["last_call"])
        self.assertEqual((call["screening"], call["called"]), ("analog", caller.request["virtual_number"]))
        with self.lock:
            pay_on_free_line(caller, self.taken)
        phone = dial(RIG, caller.number, caller.request["virtual_number"], OTHER)
        phone.wait_ended()
        self.assertTrue(phone.ended["script_done"], phone.ended)
        self.assertEqual(phone.ended["by"], "appliance")
        self.assertNotIn("pay.menu.use_it", phone.heard)
        done = wait_until("the payment has ended", lambda: ended_request(caller.api, caller.request["id"]))
        self.assertEqual((done["status"], done["card"]["last4"]), ("approved", cards.CHECK.last4))

    def do_the_caller_hangs_up_in_the_middle_of_a_card_number(self, caller):
        phone = dial(RIG, caller.number, caller.request["virtual_number"],
                     [press("reg.asks", "1"), secret("card.number", cards.CREDIT.number[:7]), {"hangup": True, "after_ms": 1500}])
        phone.wait_ended()
        wait_until("the request may be called again",
                   lambda: caller.api.registration(caller.request["id"])["status"] == "sms_sent")
        call = read_call(caller.api, caller.api.registration(caller.request["id"])["last_call"])
        self.assertEqual((call["status"], call["step"]), ("abandoned", "card"))
        caller.register_over_its_line(RIG)

    def gone(self, caller, script):
        """A caller whose hang-up is told by the busy tone alone. Returns the phone, and the call in the books."""
        phone = dial(RIG, caller.number, caller.request["virtual_number"], script, clears_by_tone=True)
        phone.wait_ended()
        self.assertEqual(phone.ended["by"], "appliance", phone.ended)
        return phone, read_call(caller.api, caller.api.registration(caller.request["id"])["last_call"])

    def do_a_busy_tone_ends_a_call(self, caller):
        phone, call = self.gone(caller, [{"hear": "reg.asks", "hangup": True}])
        self.assertEqual((call["status"], call["step"]), ("abandoned", "consent"))
        self.assertNotIn("err.no_input", phone.heard)

    def do_a_busy_tone_in_a_card_number_ends_nothing(self, caller):
        """Only the field's own time does."""
        phone, call = self.gone(caller, [press("reg.asks", "1"), secret("card.number", cards.CREDIT.number[:7]),
                                         {"hangup": True, "after_ms": 1500}])
        self.assertEqual((call["status"], call["step"]), ("input_failed", "gave_up"))
        self.assertIn("err.card.short", phone.heard)

    def do_another_caller_and_a_withheld_number_are_not_the_holder(self, caller):
        for number, options in ((new_phone(), {}), (caller.number, {"presentation": "restricted"}), (caller.number, {"presentation": "none"})):
            phone = dial(RIG, number, caller.request["virtual_number"], [hear("wrong_caller")], **options)
            phone.wait_ended()
            self.assertEqual(phone.ended["by"], "appliance")
            self.assertNotIn("reg.asks", phone.heard)
        caller.register_over_its_line(RIG)

    def do_a_line_that_vouches_alone_pays_with_the_registered_card(self, caller):
        caller.register_over_its_line(RIG)
        while (request := caller.api.pay(caller.key, 53000, sms="skip"))["virtual_number"] != NUMBERS[-1]:
            pass
        caller._call(RIG, request, [press("pay.menu.use_it", "1"), press("pay.approved", "2"), hear("bye")])
        self.assertEqual(caller.api.payment(request["id"])["status"], "approved")
        call = read_call(caller.api, caller.api.payment(request["id"])["last_call"])
        self.assertEqual(call["screening"], "analog_trusted")

    def test_trunks_shows_the_lines(self):
        wait_until("all lines are idle", lambda: re.search(r"(?m)^ +1  span1  fxo +up +ok +24 +24 +0 +0 +0 +0  -", RIG.callkey("trunks")))

    def test_a_locked_line_is_not_answered_until_it_is_unlocked(self):
        caller = one_caller(RIG)
        channel = NUMBERS.index(caller.request["virtual_number"]) + 1
        self.assertIn(f"callkey trunks unlock 1:{channel}", RIG.callkey("trunks", "lock", f"span1:{channel}"))
        wait_until("it is out of service", lambda: f"span1: line {channel}: locked and out of service" in RIG.callkey("trunks"))
        phone = dial(RIG, caller.number, caller.request["virtual_number"], [{"hear": "reg.asks", "hangup": True}])
        wait_until("it rings", lambda: re.search(r"(?m)^ +1  span1  fxo +up +ok +24 +23 +1 +0 +0 +1 ", RIG.callkey("trunks")))
        wait_until("the call is refused", lambda: "span1: 1 calls not answered" in RIG.callkey("trunks"))
        phone.hangup()
        phone.wait_ended()
        self.assertEqual(phone.heard, [])
        self.assertIn("takes calls again", RIG.callkey("trunks", "unlock", f"1:{channel}"))
        wait_until("the line is idle", lambda: re.search(r"(?m)^ +1  span1  fxo +up +ok +24 +24 +0 +0 +0 +0 ", RIG.callkey("trunks")))
        caller.register_over_its_line(RIG)


def pay_on_free_line(caller, taken):
    """A payment of the caller's over a line that none of the others has."""
    while (request := caller.api.pay(caller.key, 53000, sms="skip"))["virtual_number"] in taken:
        pass
    taken.add(request["virtual_number"])
    caller.request = request


for _name in [name for name in dir(Calls) if name.startswith("do_")]:
    setattr(Calls, f"test_{_name[3:]}", lambda self, name=_name: self.judge(name))


class Crowd(unittest.TestCase):
    def test_all_lines_at_once(self):
        """Twenty-four cards are registered, each over a line of its own, and each customer pays with another
        card; over the line that vouches alone with the registered one."""
        callers = [Caller(RIG.merchant(), number, request) for number, request in register_requests(RIG.merchant(), COUNT).values()]
        self.assertEqual({c.request["virtual_number"] for c in callers}, set(NUMBERS))
        all_at_once(self, callers, lambda caller: caller.register_over_its_line(RIG))
        taken = set()
        for caller in callers:
            pay_on_free_line(caller, taken)
        all_at_once(self, callers, lambda caller: caller.pay_over_its_line(RIG))
        judge_sound(self, RIG)
