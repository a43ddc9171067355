"""What a caller leaves behind on a timeslot: a call that ends in the middle of a key, and then another one there, which is silent."""
import re
import time

import lines
from line_rig import LineTest
from rig.merchant import wait_until
from support.calling import QUICK, all_good, at_once, dial, new_phone, press

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

    def all_call(self, work):
        """work() in a call of each channel, all at once; returns what trunkd heard in them, and what they heard."""
        before = len(self.heard())
        heard_by_phones = all_good(at_once(lambda _: work(), range(CHANNELS), CHANNELS))
        wait_until("all calls are over", lambda: len(self.heard()) == before + CHANNELS)
        return self.heard()[before:], heard_by_phones

    def ended_in_mid_key(self):
        """The appliance says goodbye to somebody who goes on pressing keys."""
        number, api = new_phone(), self.rig.merchant()
        phone = dial(self.rig, number, api.register(number, sms="skip")["virtual_number"],
                     [press("reg.asks", "2"), press("bye", "5" * 60, 0)], dtmf={"on_ms": 100, "off_ms": 20})
        phone.wait_ended()
        self.assertEqual(phone.ended["by"], "appliance", phone.ended)
        return phone.heard

    def silent(self, customer):
        phone = dial(self.rig, *customer)
        phone.wait_heard("greet.neutral")
        time.sleep(SILENT_S)
        phone.hangup()
        phone.wait_ended()
        return phone.heard

    def test_no_key_and_no_sound_of_the_call_before_is_heard(self):
        api = self.api
        waiting = [(number, api.register(number, sms="skip")["virtual_number"]) for number in (new_phone() for _ in range(CHANNELS))]
        for number in range(ROUNDS):
            loud, _ = self.all_call(self.ended_in_mid_key)
            self.assertGreater(min(keys for keys, _ in loud), 5)
            customers = iter(waiting)
            silent, by_phones = self.all_call(lambda: self.silent(next(customers)))
            self.assertEqual([keys for keys, _ in silent], [0] * CHANNELS, f"round {number}")
            self.assertLess(max(level for _, level in silent), SILENCE_DBM0)
            self.assertEqual({heard[0] for heard in by_phones}, {"greet.neutral"})
