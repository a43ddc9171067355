"""An E1 on a real DAHDI kernel: keys and prompts as sound on its thirty channels, Q.931 over the kernel's HDLC."""
import unittest

import lines
from crowd import Phone, all_at_once, judge_sound
from line_rig import LineRig


def setUpModule():
    global RIG
    RIG = LineRig(lines.lay("E1"))
    RIG.start()


def tearDownModule():
    RIG.stop()


class Calls(unittest.TestCase):
    def test_a_registration_and_a_payment(self):
        phone = Phone(RIG.merchant())
        phone.register(RIG)
        phone.pay(RIG)

    def test_on_all_channels_at_once_three_times(self):
        """Thirty cards are registered, and each pays twice."""
        phones = [Phone(RIG.merchant()) for _ in range(30)]
        all_at_once(self, phones, lambda phone: phone.register(RIG))
        for _ in range(2):
            all_at_once(self, phones, lambda phone: phone.pay(RIG))
        judge_sound(self, RIG)
