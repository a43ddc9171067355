"""A T1 on a real DAHDI kernel: twenty-three channels of mu-law, NI2 on the D-channel in timeslot 24."""
import unittest

import lines
from crowd import Phone, all_at_once, judge_sound
from line_rig import LineRig


def setUpModule():
    global RIG
    RIG = LineRig(lines.lay("T1"))
    RIG.start()


def tearDownModule():
    RIG.stop()


class Calls(unittest.TestCase):
    def test_on_all_channels_at_once(self):
        phones = [Phone(RIG.merchant()) for _ in range(23)]
        all_at_once(self, phones, lambda phone: phone.register(RIG))
        all_at_once(self, phones, lambda phone: phone.pay(RIG))
        judge_sound(self, RIG)
