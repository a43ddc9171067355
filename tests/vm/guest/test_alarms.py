"""What becomes of calls when the line is taken away under them, and that nothing needs a restart when it is back."""
import time

import lines
from line_rig import LineTest


def setUpModule():
    LineTest.pairs = lines.lay("E1")


class Alarms(LineTest):
    @property
    def pair(self):
        return self.pairs[0]

    def judge_back(self):
        self.wait_alarm("")
        self.rig.wait_ready()
        self.judge_works()

    def test_the_far_end_is_gone_and_comes_back(self):
        """RED: the switch dies, its span with it."""
        _, request = self.talk()
        self.rig.processes["callkey-carrier"].hold_down()
        lines.destroy_when_free(self.pair.carrier)
        self.wait_alarm("RED")
        self.judge_lost(request)
        lines.create(self.pair.carrier)
        self.rig.processes["callkey-carrier"].let_up()
        self.judge_back()

    def test_a_far_end_that_hears_nothing(self):
        """YELLOW: the switch's card is pulled, what it sends says so. Its calls are lost to it; ours end by their names."""
        _, request = self.talk()
        device = lines.unassign(self.pair.carrier)
        self.wait_alarm("YELLOW")
        self.judge_lost(request)
        lines.assign(self.pair.carrier, device)
        self.judge_back()

    def test_our_card_is_pulled_and_comes_back(self):
        phone, request = self.talk()
        before = self.rig.processes["trunkd"].pid
        device = lines.unassign(self.pair.appliance)
        self.judge_lost(request)
        self.assertNotEqual(self.trunk()["alarms"], [])
        lines.assign(self.pair.appliance, device)
        self.judge_back()
        self.assertEqual(self.rig.processes["trunkd"].pid, before)
        phone.timeout_s = 10
        phone.wait_ended()

    def test_a_card_that_is_back_before_anybody_noticed(self):
        """Pulled for a tenth of a second: calls may be lost, the line is not."""
        self.talk()
        device = lines.unassign(self.pair.appliance)
        time.sleep(0.1)
        lines.assign(self.pair.appliance, device)
        self.judge_back()
