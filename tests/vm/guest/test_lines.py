"""The lines of the guest by themselves, before anything of the appliance stands on them: every fault that other tests provoke is
shown here to be a real one."""
import os
import time
import unittest

import lines
from lines import BLOCK, RED, YELLOW, Channel

SILENCE = {lines.ALAW: 0xD5, lines.MULAW: 0xFF}


def setUpModule():
    global E1, T1, ANALOG
    E1, SECOND, T1, ANALOG = lines.lay("E1", "E1", "T1", "analog")


def octets_through(sender, receiver, law):
    """Whether a block without silence arrives, somewhere in what arrives, octet by octet."""
    sent = bytes(1 + i % 100 for i in range(BLOCK))
    heard = b""
    with Channel(sender, law) as tx, Channel(receiver, law) as rx:
        deadline = time.monotonic() + 1
        tx.write(sent)
        while sent not in heard and time.monotonic() < deadline:
            heard += rx.read()
            time.sleep(0.01)
    return sent in heard


class Sound(unittest.TestCase):
    def judge(self, pair):
        for near, far in zip(pair.appliance.bearers, pair.carrier.bearers):
            self.assertTrue(octets_through(near, far, pair.appliance.law), f"{near} to {far}")
            self.assertTrue(octets_through(far, near, pair.appliance.law), f"{far} to {near}")

    def test_every_slot_of_an_E1_carries_every_octet_both_ways(self):
        self.assertEqual(len(E1.appliance.bearers), 30)
        self.judge(E1)

    def test_every_slot_of_a_T1_does(self):
        self.assertEqual(len(T1.appliance.bearers), 23)
        self.judge(T1)


class Frames(unittest.TestCase):
    def judge(self, pair):
        """A frame is written with room for its two octets of FCS, and read with them. The first one after the channels are
        opened is lost: the receiver has to see a flag first."""
        sent = bytes(range(60)) + b"\0\0"
        with Channel(pair.carrier.dchannel, audio=False) as tx, Channel(pair.appliance.dchannel, audio=False) as rx:
            deadline, heard = time.monotonic() + 1, b""
            while not heard and time.monotonic() < deadline:
                tx.write(sent)
                time.sleep(0.05)
                heard = rx.read(300)
            self.assertEqual((heard[:60], len(heard)), (sent[:60], 62))

    def test_the_D_channel_of_an_E1_carries_frames(self):
        self.judge(E1)

    def test_the_D_channel_of_a_T1_carries_frames(self):
        self.judge(T1)


class Faults(unittest.TestCase):
    def test_no_span_is_in_alarm(self):
        for pair in (E1, T1, ANALOG):
            self.assertEqual((lines.alarms(pair.appliance), lines.alarms(pair.carrier)), (0, 0), pair)

    def test_a_far_end_that_is_gone_is_RED_and_comes_back(self):
        lines.destroy(E1.carrier)
        self.assertIsNone(lines.alarms(E1.carrier))
        self.assertLess(lines.wait_alarms(E1.appliance, RED), 3)
        lines.create(E1.carrier)
        self.assertLess(lines.wait_alarms(E1.appliance, 0), 1)
        self.assertTrue(octets_through(E1.carrier.first, E1.appliance.first, lines.ALAW))

    def test_a_span_in_use_is_not_destroyed(self):
        with Channel(E1.carrier.first), self.assertRaises(OSError):
            lines.destroy(E1.carrier)
        self.assertEqual(lines.alarms(E1.carrier), 0)

    def test_a_pulled_card_is_gone_under_its_user_and_comes_back(self):
        with Channel(E1.appliance.first) as user:
            device = lines.unassign(E1.appliance)
            with self.assertRaises(OSError):
                user.read()
        self.assertIsNone(lines.alarms(E1.appliance))
        self.assertLess(lines.wait_alarms(E1.carrier, YELLOW), 5)
        lines.assign(E1.appliance, device)
        lines.wait_alarms(E1.carrier, 0)
        self.assertTrue(octets_through(E1.carrier.first, E1.appliance.first, lines.ALAW))

    def test_who_is_not_heard_sees_YELLOW(self):
        """The far end's card is pulled: its side still sends, and says that it hears nothing."""
        device = lines.unassign(E1.carrier)
        self.assertLess(lines.wait_alarms(E1.appliance, YELLOW), 5)
        lines.assign(E1.carrier, device)
        self.assertLess(lines.wait_alarms(E1.appliance, 0), 5)


class Configuration(unittest.TestCase):
    def test_the_kernel_agrees_about_its_structures(self):
        """An ioctl of the wrong size would be refused with ENOTTY, not answered."""
        self.assertEqual(lines.alarms(E1.appliance), 0)
        self.assertIsNone(lines.alarms(lines.Side("E1", "9:9", 99, 999)))

    def test_every_channel_has_its_node(self):
        for side in (E1.appliance, ANALOG.carrier):
            for channel in range(side.first, side.first + side.channels):
                self.assertTrue(os.path.exists(f"/dev/dahdi/{channel}"), channel)
