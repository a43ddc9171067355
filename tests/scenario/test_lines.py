"""Lines: both kinds, both laws, several at once, full, draining, and broken in every way a carrier can break them."""
import json
import time
import unittest

from rig.appliance import Rig, Span
from rig.merchant import wait_until
from rig.phone import Carrier, CarrierError
from support import cards
from support.calling import (all_good, at_once, dial, ended_request, hear, new_phone, press, read_call, register, secret)

CONGESTION, NO_CHANNEL, UNALLOCATED = 42, 34, 1
E1_CHANNELS, T1_CHANNELS = 30, 23
T309_S = 6.0


class LinesTest(unittest.TestCase):
    spans = []
    rate = 0

    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(spans=cls.spans, rate=cls.rate).start()
        cls.api = cls.rig.merchant()

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)

    def carrier(self, **command):
        with Carrier(self.rig.carrier_socket) as carrier:
            return carrier.command(**command)

    def trunk(self, name):
        return next(s for s in json.loads(self.rig.callkey("--json", "trunks"))["spans"] if s["name"] == name)

    def register_on(self, span, api=None, **options):
        """A whole registration over one span; returns (phone, request)."""
        api = api or self.rig.merchant()
        number = new_phone()
        request = api.register(number, sms="skip")
        phone = dial(self.rig, number, request["virtual_number"], register(cards.CREDIT), span=span, **options)
        phone.wait_ended()
        return phone, wait_until("the registration has ended", lambda: ended_request(api, request["id"]))

    def start_call(self, span, script, **options):
        number = new_phone()
        request = self.api.register(number, sms="skip")
        return dial(self.rig, number, request["virtual_number"], script, span=span, **options), request

    def judge_works(self, span):
        phone, request = self.register_on(span)
        self.assertEqual(request["status"], "registered", phone.heard)


class EveryKind(LinesTest):
    spans = [Span("e1a", "E1", "alaw"), Span("e1u", "E1", "ulaw"), Span("t1u", "T1", "ulaw"), Span("t1a", "T1", "alaw"),
             Span("overlap", "E1", "alaw", called_digits=11), Span("overlap-t1", "T1", "ulaw", called_digits=11)]

    def test_every_kind_of_line_and_law_registers(self):
        for span in self.spans[:4]:
            with self.subTest(span.name):
                self.judge_works(span.name)

    def test_a_number_that_comes_digit_by_digit_is_taken_when_it_is_long_enough(self):
        for span in ("overlap", "overlap-t1"):
            with self.subTest(span):
                phone, request = self.register_on(span, overlap=True)
                self.assertEqual(request["status"], "registered", phone.heard)

    def test_a_whole_number_is_taken_on_a_line_with_overlap(self):
        self.judge_works("overlap")

    def test_an_unknown_number_that_comes_digit_by_digit_is_unallocated(self):
        phone = dial(self.rig, new_phone(), "07055555555", span="overlap", overlap=True)
        phone.wait_ended()
        self.assertEqual(phone.ended["cause"], UNALLOCATED)

    def test_calls_on_all_spans_at_once_find_their_own_requests(self):
        work = [span.name for span in self.spans[:4] for _ in range(6)]
        for phone, request in all_good(at_once(self.register_on, work, len(work))):
            self.assertEqual(request["status"], "registered", phone.heard)
        for span in self.spans[:4]:
            self.assertEqual(wait_until("its channels are free", lambda s=span: self.trunk(s.name)["busy"] == 0, 10), True)

    def test_the_right_channel_is_in_the_books(self):
        phone, request = self.register_on("t1u")
        setup = next(e for e in phone.events if e["ev"] == "setup")
        call = read_call(self.api, request["last_call"])
        self.assertEqual(call["channel"], setup["slot"])

    def test_the_carrier_restarts_a_channel_in_mid_call(self):
        """RESTART ends the call on it; the others and the request go on."""
        talking, request = self.start_call("e1u", [press("reg.menu", "1"), hear("card.expiry")])
        other, other_request = self.start_call("e1u", [press("reg.menu", "1"), hear("card.expiry")])
        talking.wait_heard("card.number")
        slot = next(e for e in talking.events if e["ev"] == "setup")["slot"]
        self.carrier(cmd="restart", span="e1u", slot=slot)
        talking.wait_ended()
        call = read_call(self.api, self.api.registration(request["id"])["last_call"])
        self.assertEqual(call["status"], "line_lost")
        self.assertEqual(wait_until("the request may be called again",
                                    lambda: self.api.registration(request["id"])["status"]), "sms_sent")
        other.hangup()
        other.wait_ended()
        self.assertEqual(self.api.registration(other_request["id"])["calls"], 1)
        self.judge_works("e1u")


class Full(LinesTest):
    spans = [Span("e1", "E1", "alaw"), Span("t1", "T1", "ulaw")]

    def test_thirty_calls_at_once_on_an_e1_all_register(self):
        for phone, request in all_good(at_once(self.register_on, ["e1"] * E1_CHANNELS, E1_CHANNELS)):
            self.assertEqual(request["status"], "registered", phone.heard)

    def test_a_full_line_takes_no_more_and_then_again(self):
        held = [self.start_call("t1", [hear("card.number")])[0] for _ in range(T1_CHANNELS)]
        with self.assertRaises(CarrierError) as full:
            self.start_call("t1", [])
        self.assertIn("no free slot", str(full.exception))
        for phone in held:
            phone.hangup()
        for phone in held:
            phone.wait_ended()
        self.judge_works("t1")


class Draining(LinesTest):
    spans = [Span("one"), Span("two")]

    def tearDown(self):
        self.rig.callkey("drain", "off")

    def test_a_draining_appliance_refuses_new_calls_with_cause_42_and_ends_none(self):
        talking, request = self.start_call("one", [press("reg.menu", "1"), secret("card.number", cards.CREDIT.number)],
                                           line_timeout_s=100000)
        talking.wait_heard("card.expiry")
        self.rig.callkey("drain", "on")
        wait_until("the line drains", lambda: self.trunk("one")["draining"])
        for span in ("one", "two"):
            phone, _ = self.start_call(span, [])
            phone.wait_ended()
            self.assertEqual((phone.ended["cause"], phone.heard), (CONGESTION, []))
        talking.press(cards.CREDIT.expiry)
        self.assertEqual(talking.wait_heard("card.identity"), "card.identity")
        talking.hangup()
        talking.wait_ended()
        self.rig.callkey("drain", "off")
        self.judge_works("one")
        self.assertEqual(self.api.registration(request["id"])["status"], "sms_sent")

    def test_one_span_drains_alone(self):
        number = self.trunk("one")["span"]
        self.rig.callkey("drain", "on", "--span", str(number))
        wait_until("the line drains", lambda: self.trunk("one")["draining"])
        phone, _ = self.start_call("one", [])
        phone.wait_ended()
        self.assertEqual(phone.ended["cause"], CONGESTION)
        self.assertFalse(self.trunk("two")["draining"])
        self.judge_works("two")


class Broken(LinesTest):
    """In real time: T309 is a time of the link, not of the line's sound."""
    spans = [Span("short"), Span("long"), Span("alarm"), Span("socket")]
    rate = 1

    def talk(self, span):
        """A call that waits for its expiry date."""
        phone, request = self.start_call(span, [press("reg.menu", "1"), secret("card.number", cards.CREDIT.number)])
        phone.wait_heard("card.expiry")
        return phone, request

    def ask_on(self, phone):
        phone.press(cards.CREDIT.expiry)
        self.assertEqual(phone.wait_heard("card.identity"), "card.identity")

    def test_losing_the_line(self):
        """All of it at once, for each takes seconds of real time: a D-channel lost for less than T309 and for longer, an
        alarm for less, and in another test the carrier's socket."""
        calls = {span: self.talk(span) for span in ("short", "long", "alarm")}
        began = time.monotonic()
        for span in ("short", "long"):
            self.carrier(cmd="dchan", span=span, up=False)
        self.carrier(cmd="alarm", span="alarm", alarms=8)
        time.sleep(3)
        self.carrier(cmd="alarm", span="alarm", alarms=0)
        self.carrier(cmd="dchan", span="short", up=True)
        for span in ("short", "alarm"):
            wait_until(f"{span} is up again", lambda s=span: self.trunk(s)["dchannel"] and not self.trunk(s)["alarms"], 30, 0.2)
            self.ask_on(calls[span][0])
            calls[span][0].hangup()
            calls[span][0].wait_ended()
        long, request = calls["long"]
        lost = wait_until("the call of the long loss is over",
                          lambda: self.api.registration(request["id"])["status"] == "sms_sent", 60, 0.2)
        self.assertTrue(lost)
        self.assertGreater(time.monotonic() - began, T309_S)
        call = read_call(self.api, self.api.registration(request["id"])["last_call"])
        self.assertEqual((call["status"], call["step"]), ("line_lost", "expiry"))
        self.carrier(cmd="dchan", span="long", up=True)
        long.wait_ended()
        wait_until("long is up again", lambda: self.trunk("long")["dchannel"], 60, 0.2)
        wait_until("at the carrier's end, too", lambda: all(s["dchannel"] for s in self.carrier(cmd="status")["spans"]), 60, 0.2)
        self.carrier(cmd="rate", rate=0)
        self.addCleanup(lambda: self.carrier(cmd="rate", rate=1))
        for span in ("short", "alarm", "long"):
            self.judge_works(span)

    def test_the_carrier_goes_and_comes_back(self):
        phone, request = self.talk("socket")
        self.rig.kill("callkey-carrier")
        phone.carrier.close()
        wait_until("the call is over", lambda: self.api.registration(request["id"])["status"] == "sms_sent", 30, 0.2)
        call = read_call(self.api, self.api.registration(request["id"])["last_call"])
        self.assertEqual((call["status"], call["step"]), ("line_lost", "expiry"))
        self.rig.wait_ready()
        self.carrier(cmd="rate", rate=0)
        self.addCleanup(lambda: self.carrier(cmd="rate", rate=1))
        for span in self.spans:
            self.judge_works(span.name)
