"""Analog lines of exchanges that tell who calls by V.23 or by keys, and what the appliance does about callers of whom nothing is heard.

All of it in four calls at once, one on each line; what came of them is judged test by test."""
import unittest

import analog_rig
from analog_rig import Caller, Lines, register_requests
from crowd import REGISTER, judge_sound
from rig.merchant import wait_until
from support.calling import all_good, at_once, dial, ended_request, hear, press, read_call

SILENCE_S = 15
V23, DTMF = Lines("span1", ["07012340001", "07012340002"], "v23", silence_s=SILENCE_S), Lines(
    "span2", ["07012340011", "07012340012"], "dtmf", silence_s=SILENCE_S)
# What a caller does on each line. The last two are gone without a sign on the wire, once in a menu and once in a field.
SCRIPTS = {
    V23.numbers[0]: REGISTER,
    DTMF.numbers[0]: REGISTER,
    V23.numbers[1]: [hear("reg.asks")],
    DTMF.numbers[1]: [press("reg.asks", "1"), hear("card.number")],
}


def call(number):
    """(caller, phone, the call in the books) of one line's call."""
    phone_number, request = REQUESTS[number]
    caller = Caller(RIG.merchant(), phone_number, request)
    phone = dial(RIG, phone_number, number, SCRIPTS[number])
    phone.wait_ended()
    record = read_call(caller.api, wait_until("the call is in the books", lambda: caller.api.registration(request["id"])["last_call"]))
    return caller, phone, record


def setUpModule():
    global RIG, REQUESTS, CALLS
    RIG = analog_rig.start(V23, DTMF)
    REQUESTS = register_requests(RIG.merchant(), len(SCRIPTS))
    CALLS = dict(zip(SCRIPTS, all_good(at_once(call, SCRIPTS, len(SCRIPTS)))))


def tearDownModule():
    RIG.stop()


class Kinds(unittest.TestCase):
    def judge_registered(self, number):
        caller, phone, record = CALLS[number]
        self.assertTrue(phone.ended["script_done"], f"{phone.ended}; heard {phone.heard}")
        done = wait_until("the registration has ended", lambda: ended_request(caller.api, caller.request["id"]))
        self.assertEqual((done["status"], record["screening"], record["called"]), ("registered", "analog", number))

    def test_the_number_comes_by_V23(self):
        self.judge_registered(V23.numbers[0])

    def test_the_number_comes_by_keys(self):
        self.judge_registered(DTMF.numbers[0])

    def test_silence_ends_a_call(self):
        """Before the menu has asked again."""
        _, phone, record = CALLS[V23.numbers[1]]
        self.assertEqual((phone.ended["by"], record["status"], record["step"]), ("appliance", "abandoned", "consent"))
        self.assertNotIn("err.no_input", phone.heard)

    def test_silence_in_a_card_number_ends_nothing(self):
        """Only the field's own time does."""
        _, phone, record = CALLS[DTMF.numbers[1]]
        self.assertEqual((phone.ended["by"], record["status"], record["step"]), ("appliance", "input_failed", "gave_up"))
        self.assertIn("err.card.no_input", phone.heard)
        self.assertGreater(phone.ended["t_ms"], 2 * SILENCE_S * 1000)

    def test_no_sound_was_lost(self):
        judge_sound(self, RIG)
