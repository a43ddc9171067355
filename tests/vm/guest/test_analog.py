"""Twenty-four analog lines on a real DAHDI kernel: ringing, FSK caller id between rings, hooks and battery as CAS bits."""
import re
import time
import unittest

import lines
from crowd import REGISTER, Phone, all_at_once, metric
from line_rig import LineRig
from rig.appliance import Rig, Span
from rig.merchant import wait_until
from support import cards
from support.calling import QUICK, dial, ended_request, enter, hear, new_phone, press, read_call, secret

COUNT, FIRST = 24, 7012340001
NUMBERS = [f"0{FIRST + i}" for i in range(COUNT)]
# With a card of its own: the registered one is not for a caller whom only an analog line vouches for.
OTHER = [press("pay.menu.new", "1"), *enter(cards.CHECK), press("other.keep", "2"), press("pay.approved", "2"), hear("bye")]


class AnalogRig(LineRig):
    """One pair of spans, each line a number. The last line vouches for its callers alone."""

    def __init__(self, pair):
        self.pairs = [pair]
        Rig.__init__(self, spans=[Span(pair.name)], rate=1, settings=QUICK)

    def default_settings(self):
        settings = Rig.default_settings(self)
        settings["arsd"]["numbers"] = NUMBERS
        settings["trunkd"]["spans"] = [{
            "name": "span1", "kind": "fxo", "span": self.pairs[0].appliance.span, "echo_ms": 0, "lines": [
                {"channel": i + 1, "number": number, "vouches": "alone" if i == COUNT - 1 else "with_card"}
                for i, number in enumerate(NUMBERS)]}]
        return settings

    def _commands(self):
        for name, argv in Rig._commands(self):
            if name == "callkey-carrier":
                argv = argv[:argv.index("--rate")] + ["--rate", "1", "--span", f"span1:fxs:{self.pairs[0].carrier.span}:{NUMBERS[0]}:"
                                                      f"{COUNT}:bellcore:alaw"]
            yield name, argv


def setUpModule():
    global RIG
    RIG = AnalogRig(*lines.lay("analog"))
    RIG.start()
    time.sleep(3)               # the kernel takes no ring for 2 s after a line is opened


def tearDownModule():
    RIG.stop()


def register_requests(api, count):
    """Requests of as many different lines: (phone number, request) by line."""
    found = {}
    while len(found) < count:
        number = new_phone()
        request = api.register(number, sms="skip")
        found.setdefault(request["virtual_number"], (number, request))
    return found


class Caller(Phone):
    """A phone with a request that is already there."""

    def __init__(self, api, number, request):
        super().__init__(api)
        self.number, self.request = number, request

    def register_over_its_line(self, rig):
        done = self._call(rig, self.request, REGISTER)
        if done["status"] != "registered":
            raise AssertionError(f"registration: {done}")
        self.key = done["billing_key"]


def one_caller():
    (number, request), = register_requests(RIG.merchant(), 1).values()
    return Caller(RIG.merchant(), number, request)


class Calls(unittest.TestCase):
    def test_a_registration_and_a_payment_over_one_line(self):
        caller = one_caller()
        caller.register_over_its_line(RIG)
        call = read_call(caller.api, caller.api.registration(caller.request["id"])["last_call"])
        self.assertEqual((call["screening"], call["called"]), ("analog", caller.request["virtual_number"]))
        request = caller.api.pay(caller.key, 53000, sms="skip")
        phone = dial(RIG, caller.number, request["virtual_number"], OTHER)
        phone.wait_ended()
        self.assertTrue(phone.ended["script_done"], phone.ended)
        self.assertEqual(phone.ended["by"], "appliance")
        self.assertNotIn("pay.menu.use_it", phone.heard)
        done = wait_until("the payment has ended", lambda: ended_request(caller.api, request["id"]))
        self.assertEqual((done["status"], done["card"]["last4"]), ("approved", cards.CHECK.last4))

    def test_all_lines_at_once(self):
        """Twenty-four cards are registered, each over a line of its own."""
        callers = [Caller(RIG.merchant(), number, request) for number, request in register_requests(RIG.merchant(), COUNT).values()]
        self.assertEqual({c.request["virtual_number"] for c in callers}, set(NUMBERS))
        all_at_once(self, callers, lambda caller: caller.register_over_its_line(RIG))
        for name in ("ticks_lost_total", "underruns_total", "media_events_lost_total"):
            self.assertEqual(metric(RIG, name), 0, name)

    def test_the_caller_hangs_up_in_the_middle_of_a_card_number(self):
        caller = one_caller()
        phone = dial(RIG, caller.number, caller.request["virtual_number"],
                     [press("reg.asks", "1"), secret("card.number", cards.CREDIT.number[:7]), {"hangup": True, "after_ms": 1500}])
        phone.wait_ended()
        wait_until("the request may be called again",
                   lambda: caller.api.registration(caller.request["id"])["status"] == "sms_sent")
        call = read_call(caller.api, caller.api.registration(caller.request["id"])["last_call"])
        self.assertEqual((call["status"], call["step"]), ("abandoned", "card"))
        caller.register_over_its_line(RIG)

    def test_another_caller_and_a_withheld_number_are_not_the_holder(self):
        caller = one_caller()
        for number, options in ((new_phone(), {}), (caller.number, {"presentation": "restricted"}), (caller.number, {"presentation": "none"})):
            phone = dial(RIG, number, caller.request["virtual_number"], [hear("wrong_caller")], **options)
            phone.wait_ended()
            self.assertEqual(phone.ended["by"], "appliance")
            self.assertNotIn("reg.asks", phone.heard)
        caller.register_over_its_line(RIG)

    def test_trunks_shows_the_lines(self):
        shown = RIG.callkey("trunks")
        self.assertTrue(re.search(r"\bfxo\b|analog", shown), shown)
