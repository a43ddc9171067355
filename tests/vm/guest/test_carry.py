"""What a caller leaves behind on a timeslot: a hang-up in the middle of a key, and then another call there, which is silent."""
import re
import time

import lines
from line_rig import LineTest
from rig.merchant import wait_until
from support.calling import QUICK, all_good, at_once, dial, new_phone

CHANNELS, ROUNDS = 30, 4                  # 120 pairs of calls
SILENT_S = 0.6                            # a key that was left would have been heard within a tenth of that
SILENCE_DBM0 = -60


def setUpModule():
    LineTest.pairs = lines.lay("E1")


class Carry(LineTest):
    settings = {"arsd": {**QUICK["arsd"], "max_calls_per_request": 100}}

    def heard(self):
        """What trunkd heard in each call that is over: (keys, level in dBm0), in the order of their ends."""
        return [(int(keys), int(level)) for keys, level in
                re.findall(r" call_heard call=\d+ keys=(\d+) keys_dropped=\d+ level_dbm0=(-?\d+)", self.rig.log("trunkd"))]

    def all_call(self, customers, work):
        """work(phone, index) in a call of each, all at once; returns what trunkd heard in them."""
        before = len(self.heard())

        def one(index):
            number, virtual = customers[index]
            phone = dial(self.rig, number, virtual, dtmf={"on_ms": 100, "off_ms": 50})
            phone.wait_heard("greet.neutral")
            work(phone, index)
            phone.hangup()
            phone.wait_ended()
            return phone.heard
        heard_by_phones = all_good(at_once(one, range(CHANNELS), CHANNELS))
        wait_until("all calls are over", lambda: len(self.heard()) == before + CHANNELS)
        return self.heard()[before:], heard_by_phones

    def test_no_key_and_no_sound_of_the_call_before_is_heard(self):
        api = self.api
        customers = [(number, api.register(number, sms="skip")["virtual_number"]) for number in (new_phone() for _ in range(CHANNELS))]

        def in_mid_key(phone, index):
            phone.press("5")
            time.sleep(0.01 + 0.12 * index / CHANNELS)       # from before its sound has arrived to its end

        for number in range(ROUNDS):
            loud, _ = self.all_call(customers, in_mid_key)
            self.assertGreater(max(level for _, level in loud), -30, "no key was under way: this test tests nothing")
            silent, by_phones = self.all_call(customers, lambda phone, index: time.sleep(SILENT_S))
            self.assertEqual([keys for keys, _ in silent], [0] * CHANNELS, f"round {number}")
            self.assertLess(max(level for _, level in silent), SILENCE_DBM0)
            self.assertEqual({heard[0] for heard in by_phones}, {"greet.neutral"})
