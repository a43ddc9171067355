"""What a caller leaves behind on an analog line: a call that ends in the middle of a key, and then another one there, which is silent."""
import re
import unittest

import analog_rig
from analog_rig import COUNT, register_requests
from rig.merchant import wait_until
from support.calling import all_good, at_once, dial, new_phone, press

ROUNDS, SILENCE_DBM0 = 5, -60             # 120 pairs of calls


def heard():
    """What trunkd heard in each call that is over: (keys, level in dBm0)."""
    return [(int(keys), int(level)) for keys, level in
            re.findall(r" call_heard call=\d+ keys=(\d+) keys_dropped=\d+ level_dbm0=(-?\d+)", RIG.log("trunkd"))]


def setUpModule():
    global RIG
    RIG = analog_rig.start()


def tearDownModule():
    RIG.stop()


class Carry(unittest.TestCase):
    def test_no_key_and_no_sound_of_the_call_before_is_heard(self):
        """Five times on all lines: the appliance leaves a caller in the middle of a key; the next one is silent."""
        customers = [(number, request["virtual_number"]) for number, request in register_requests(RIG.merchant(), COUNT).values()]
        for _ in range(ROUNDS):
            all_good(at_once(self.leave_in_mid_key, customers, COUNT))
            before = len(heard())
            all_good(at_once(self.call_and_be_silent, customers, COUNT))
            wait_until("all calls are over", lambda: len(heard()) == before + COUNT)
            self.assertEqual([keys for keys, _ in heard()[before:]], [0] * COUNT)
            self.assertLess(max(level for _, level in heard()[before:]), SILENCE_DBM0)

    def leave_in_mid_key(self, customer):
        phone = dial(RIG, new_phone(), customer[1], [press("wrong_caller", "5" * 60)], dtmf={"on_ms": 100, "off_ms": 20})
        phone.wait_ended()
        self.assertEqual(phone.ended["by"], "appliance", phone.ended)

    def call_and_be_silent(self, customer):
        phone = dial(RIG, *customer)
        phone.wait_heard("reg.asks")
        phone.hangup()
        phone.wait_ended()
