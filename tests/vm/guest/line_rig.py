"""The rig of appliance and sandbox on DAHDI lines: the appliance at one end of each pair, the carrier's switch at the other."""
import json
import os
import unittest

from rig.appliance import Rig, Span
from rig.merchant import wait_until
from rig.phone import Carrier
from support import cards
from support.calling import QUICK, dial, hang_up, new_phone, press, read_call, secret


SWITCH_PRIORITY = 10


class LineRig(Rig):
    """Lines are laid by lines.lay() before. Their speed is that of the kernel's clock."""

    def __init__(self, pairs, settings=None):
        self.pairs = pairs
        law = {"E1": "alaw", "T1": "ulaw"}
        super().__init__(spans=[Span(p.name, p.kind, law[p.kind]) for p in pairs], rate=1, settings=settings or QUICK)

    def start(self):
        """The switch is a machine of its own: it does not wait for what the appliance computes."""
        super().start()
        os.sched_setscheduler(self.processes["callkey-carrier"].pid, os.SCHED_FIFO, os.sched_param(SWITCH_PRIORITY))
        return self

    def default_settings(self):
        settings = super().default_settings()
        settings["trunkd"]["spans"] = [{"name": p.name, "kind": "dahdi", "span": p.appliance.span, "line": s.line, "law": s.law,
                                        "echo_ms": 0} for p, s in zip(self.pairs, self.spans)]
        return settings

    def _commands(self):
        for name, argv in super()._commands():
            if name == "callkey-carrier":
                argv = argv[:argv.index("--rate")] + ["--rate", "1"]
                for pair, span in zip(self.pairs, self.spans):
                    argv += ["--span", f"{span.name}:dahdi:{pair.carrier.span}:{span.line}:{span.law}"]
            yield name, argv


class LineTest(unittest.TestCase):
    """One rig for all tests of a class, on the lines its module has laid."""
    pairs = ()
    settings = QUICK

    @classmethod
    def setUpClass(cls):
        cls.rig = LineRig(cls.pairs, cls.settings)
        cls.rig.start()
        cls.addClassCleanup(cls.rig.stop)
        cls.rig.merchant()

    @property
    def api(self):
        """A connection of its own: nginx ends one that has been idle for long."""
        return self.rig.merchant()

    def carrier(self, **command):
        with Carrier(self.rig.carrier_socket) as carrier:
            return carrier.command(**command)

    def trunk(self, name="span1"):
        """What callkey trunks tells of a span."""
        return next(s for s in json.loads(self.rig.callkey("--json", "trunks"))["spans"] if s["name"] == name)

    def wait_alarm(self, word, timeout_s=10):
        """Until callkey trunks shows this alarm, perhaps among others ("": until it shows none)."""
        def shown():
            words = [w.upper() for w in self.trunk()["alarms"]]
            return word in words if word else not words
        wait_until(f"alarm {word or 'none'}", shown, timeout_s)

    def talk(self):
        """A call that waits for its expiry date: (phone, request)."""
        number = new_phone()
        request = self.api.register(number, sms="skip")
        phone = dial(self.rig, number, request["virtual_number"], [press("reg.asks", "1"), secret("card.number", cards.CREDIT.number)])
        phone.wait_heard("card.expiry")
        return phone, request

    def judge_lives(self, phone):
        """The call goes on where it was."""
        phone.press(cards.CREDIT.expiry, secret=True)
        self.assertEqual(phone.wait_heard("card.identity"), "card.identity")
        phone.hangup()
        phone.wait_ended()

    def judge_lost(self, request, states=("line_lost",), timeout_s=40):
        """The appliance has ended the call in a state that has a name, and the customer may call again."""
        api = self.api
        wait_until("the request may be called again", lambda: api.registration(request["id"])["status"] == "sms_sent", timeout_s)
        call = read_call(api, api.registration(request["id"])["last_call"])
        self.assertIn(call["status"], states)

    def judge_works(self):
        """A new call is answered, hears and is heard."""
        number, api = new_phone(), self.api
        phone = dial(self.rig, number, api.register(number, sms="skip")["virtual_number"], [press("reg.asks", "1"), hang_up("card.number")])
        phone.wait_ended()
        self.assertTrue(phone.ended["script_done"], f"{phone.ended}, heard {phone.heard}")
