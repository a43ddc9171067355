"""An E1 that is full, a trunkd that is killed under thirty calls, and callers and networks that do as they like."""
import time

import lines
from line_rig import LineTest
from rig.merchant import wait_until
from rig.phone import CarrierError
from support.calling import all_good, at_once, dial, hang_up, new_phone

UNALLOCATED = 1
CHANNELS = 30
BACK_S = 3


def setUpModule():
    LineTest.pairs = lines.lay("E1")


class Callers(LineTest):
    def test_an_unknown_number(self):
        phone = dial(self.rig, new_phone(), "07055555555")
        phone.wait_ended()
        self.assertEqual((phone.ended["cause"], phone.heard), (UNALLOCATED, []))

    def test_who_hangs_up_in_the_instant_of_dialling(self):
        for _ in range(5):
            number = new_phone()
            request = self.api.register(number, sms="skip")
            phone = dial(self.rig, number, request["virtual_number"])
            phone.hangup()
            phone.wait_ended()
        wait_until("its channels are free", lambda: self.trunk()["busy"] == 0)
        self.judge_works()

    def test_the_network_restarts_a_channel_in_mid_call(self):
        (phone, request), (other, _) = all_good(at_once(lambda _: self.talk(), range(2)))
        slot = next(e for e in phone.events if e["ev"] == "setup")["slot"]
        self.carrier(cmd="restart", span="span1", slot=slot)
        phone.wait_ended()
        self.judge_lost(request)
        self.judge_lives(other)


class AllChannels(LineTest):
    def hold(self):
        """Thirty calls that wait for the expiry date."""
        return all_good(at_once(lambda _: self.talk(), range(CHANNELS), CHANNELS))

    def test_a_full_line_and_a_trunkd_that_is_killed(self):
        """The thirty-first finds no channel. Then trunkd dies: the switch sees every channel released, and the next call is
        answered within three seconds."""
        held = self.hold()
        with self.assertRaises(CarrierError):
            self.talk()
        self.rig.kill("trunkd")
        killed = time.monotonic()
        number = new_phone()
        request = self.api.register(number, sms="skip")
        answered = wait_until("a call is answered", lambda: self._answered(number, request), 20)
        self.assertLess(answered - killed, BACK_S)
        for phone, lost in held:
            phone.wait_ended()
            # A field was open: whichever of trunkd's two neighbours misses it first names the end.
            self.judge_lost(lost, ("line_lost", "keystore_lost"))
        wait_until("all channels are free", lambda: self.trunk()["busy"] == 0)
        self.judge_works()

    def _answered(self, number, request):
        """When the greeting was heard, or None when this try was not answered."""
        try:
            phone = dial(self.rig, number, request["virtual_number"], [hang_up("greet.neutral")])
        except CarrierError:
            return None
        try:
            phone.wait_heard("greet.neutral")
        except AssertionError:
            return None
        now = time.monotonic()
        phone.wait_ended()
        return now
