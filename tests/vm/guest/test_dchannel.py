"""A D-channel that loses all frames for a while, both ways, with a call up."""
import time

import lines
from line_rig import LineTest


def setUpModule():
    LineTest.pairs = lines.lay("E1")


class DChannel(LineTest):
    def test_down_for_3_s_the_calls_live(self):
        phone, _ = self.talk()
        self.carrier(cmd="dchan", span="span1", up=False)
        time.sleep(3)
        self.carrier(cmd="dchan", span="span1", up=True)
        self.judge_lives(phone)
        self.rig.wait_ready()
        self.judge_works()

    def test_down_for_20_s_the_calls_end_by_their_names(self):
        phone, request = self.talk()
        began = time.monotonic()
        self.carrier(cmd="dchan", span="span1", up=False)
        self.judge_lost(request)
        self.assertLess(time.monotonic() - began, 20)
        time.sleep(max(0, began + 20 - time.monotonic()))
        self.assertFalse(self.trunk()["dchannel"])
        self.carrier(cmd="dchan", span="span1", up=True)
        self.rig.wait_ready()
        phone.wait_ended()
        self.judge_works()
