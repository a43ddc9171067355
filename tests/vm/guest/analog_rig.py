"""Twenty-four analog lines: the appliance at one end of a pair of spans, the carrier's switch at the other; and who calls over them."""
import time

import lines
from crowd import PAY, REGISTER, Phone
from line_rig import LineRig
from rig.appliance import Rig, Span
from support import cards
from support.calling import QUICK, enter, hear, new_phone, press

COUNT, FIRST = 24, 7012340001
NUMBERS = [f"0{FIRST + i}" for i in range(COUNT)]
LENIENT = {"slow_after": 1000, "refuse_after": 1000}
# With a card of its own: the registered one is not for a caller whom only an analog line vouches for.
OTHER = [press("pay.menu.new", "1"), *enter(cards.CHECK), press("other.keep", "2"), press("pay.approved", "2"), hear("bye")]


class AnalogRig(LineRig):
    """One pair of spans, each line a number. The last line vouches for its callers alone."""

    def __init__(self, pair):
        self.pairs = [pair]
        Rig.__init__(self, spans=[Span(pair.name)], rate=1, settings={"arsd": {**QUICK["arsd"], "max_calls_per_request": 100, "throttle": LENIENT}})

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


def start():
    """Lines and the rig on them."""
    rig = AnalogRig(*lines.lay("analog"))
    rig.start()
    time.sleep(3)               # the kernel takes no ring for 2 s after a line is opened
    return rig


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


    def pay_over_its_line(self, rig):
        alone = self.request["virtual_number"] == NUMBERS[-1]
        done = self._call(rig, self.request, PAY if alone else OTHER)
        if (done["status"], done["card"]["last4"]) != ("approved", (cards.CREDIT if alone else cards.CHECK).last4):
            raise AssertionError(f"payment: {done}")


def one_caller(rig):
    (number, request), = register_requests(rig.merchant(), 1).values()
    return Caller(rig.merchant(), number, request)
