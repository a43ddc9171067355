"""Proves the rig: the whole appliance and its sandbox in the guest, on the software trunk."""
import unittest

from rig.appliance import Rig, Span
from support import cards
from support.calling import QUICK, dial, ended_request, new_phone, register
from rig.merchant import wait_until


class Soft(unittest.TestCase):
    def test_a_card_is_registered(self):
        with Rig(spans=[Span("span1")], rate=0, settings=QUICK) as rig:
            api, phone = rig.merchant(), new_phone()
            request = api.register(phone, sms="send")
            self.assertIn(request["virtual_number"], "".join(c for c in rig.sms_to(phone)["text"] if c.isdigit()))
            call = dial(rig, phone, request["virtual_number"], register(cards.CREDIT))
            call.wait_ended()
            self.assertTrue(call.ended["script_done"], f"heard {call.heard}")
            done = wait_until("the request has ended", lambda: ended_request(api, request["id"]))
            self.assertEqual(done["status"], "registered")
            rig.webhook(request["id"], "registration.completed")
