"""Twenty-four analog lines: the appliance at one end of a pair of spans, the carrier's switch at the other; and who calls over them."""
import dataclasses
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


@dataclasses.dataclass
class Lines:
    """The analog lines of one span. caller_id: how the exchange tells who calls. The line that vouches, vouches for its callers alone."""
    name: str = "span1"
    numbers: list = dataclasses.field(default_factory=lambda: NUMBERS)
    caller_id: str = "bellcore"
    vouches: str = NUMBERS[-1]
    silence_s: int = 300

    def settings(self, pair):
        return {"name": self.name, "kind": "fxo", "span": pair.appliance.span, "echo_ms": 0, "silence_s": self.silence_s, "lines": [
            {"channel": i + 1, "number": number, "caller_id": self.caller_id, "vouches": "alone" if number == self.vouches else "with_card"}
            for i, number in enumerate(self.numbers)]}

    def of_switch(self, pair):
        return f"{self.name}:fxs:{pair.carrier.span}:{self.numbers[0]}:{len(self.numbers)}:{self.caller_id}:alaw"


class AnalogRig(LineRig):
    """Pairs of spans, each line a number."""

    def __init__(self, pairs, lines_of_pairs):
        self.pairs, self.lines = pairs, lines_of_pairs
        Rig.__init__(self, spans=[Span(of.name) for of in lines_of_pairs], rate=1,
                     settings={"arsd": {**QUICK["arsd"], "max_calls_per_request": 100, "throttle": LENIENT}})

    def default_settings(self):
        settings = Rig.default_settings(self)
        settings["arsd"]["numbers"] = [number for of in self.lines for number in of.numbers]
        settings["trunkd"]["spans"] = [of.settings(pair) for pair, of in zip(self.pairs, self.lines)]
        return settings

    def _commands(self):
        for name, argv in Rig._commands(self):
            if name == "callkey-carrier":
                argv = argv[:argv.index("--rate")] + ["--rate", "1"]
                for pair, of in zip(self.pairs, self.lines):
                    argv += ["--span", of.of_switch(pair)]
            yield name, argv


def start(*lines_of_pairs):
    """Lines and the rig on them; the twenty-four of one span, when nothing else is said."""
    lines_of_pairs = lines_of_pairs or (Lines(),)
    rig = AnalogRig(lines.lay(*["analog"] * len(lines_of_pairs)), lines_of_pairs)
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
