"""Calls over PRI on a real DAHDI kernel: keys and prompts as sound, Q.931 over the kernel's HDLC."""
import unittest

import lines
from line_rig import LineRig
from rig.merchant import wait_until
from support import cards
from support.calling import dial, ended_request, new_phone, press, register


def setUpModule():
    global RIG
    RIG = LineRig(lines.lay("E1"))
    RIG.start()


def tearDownModule():
    RIG.stop()


class OneCall(unittest.TestCase):
    def test_a_registration_and_a_payment(self):
        api, phone = RIG.merchant(), new_phone()
        request = api.register(phone, sms="skip")
        call = dial(RIG, phone, request["virtual_number"], register(cards.CREDIT))
        call.wait_ended()
        self.assertTrue(call.ended["script_done"], f"{call.ended}, heard {call.heard}")
        done = wait_until("the registration has ended", lambda: ended_request(api, request["id"]))
        self.assertEqual(done["status"], "registered")
        paid = api.pay(done["billing_key"], 53000, sms="skip")
        call = dial(RIG, phone, paid["virtual_number"], [press("pay.asks", "1"), press("pay.approved", "2")])
        call.wait_ended()
        self.assertTrue(call.ended["script_done"], f"{call.ended}, heard {call.heard}")
        self.assertEqual(wait_until("the payment has ended", lambda: ended_request(api, paid["id"]))["status"], "approved")
