"""What merchants, callers and operators see of a keystore that is locked, and that goes on where it was when custodians have
unlocked it, at a terminal as docs/keystore.md says."""
import json
import unittest

from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import QUICK, dial, hear, new_phone, register
from support.terminal import Terminal

TEMPORARY_FAILURE = 41


class LockedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0, settings=QUICK).start()
        cls.addClassCleanup(cls.rig.__exit__, None)
        cls.api = cls.rig.merchant()

    def callkey(self, *words):
        return Terminal([self.rig.build / "bin" / "callkey", "--config", self.rig.config_file, *words])

    def wait_status(self, pattern):
        def seen():
            status = self.rig.callkey("status")
            return status if pattern in status else None
        return wait_until(f"callkey status has {pattern}", seen, 20)

    def unlock(self):
        with self.callkey("keys", "unlock") as t:
            for part in self.rig.parts:
                t.expect("part: ")
                t.type(part)
                t.expect(r"Taken(?s:.*)Press Enter to clear the screen[^.]*\. ")
                t.type()
            t.expect("keys +open: cards are taken")
            self.assertEqual(t.wait(), 0)
        self.wait_status("keystored up")

    def wait_locked(self):
        self.wait_status("cards           not taken: the keys are locked; custodians open them with callkey keys unlock")

    def ask_for_card(self):
        phone = new_phone()
        return {**self.api.register(phone), "phone": phone}

    def judge_no_card_is_taken(self, waiting):
        with self.assertRaises(ApiError) as degraded:
            self.rig.health()
        health = json.loads(degraded.exception.problem)
        self.assertEqual((degraded.exception.status, health["status"], health["processes"]["keystored"]), (503, "degraded", "locked"))
        with self.assertRaises(ApiError) as refused:
            self.ask_for_card()
        self.assertEqual((refused.exception.status, refused.exception.problem["code"]), (503, "keystore_locked"))
        phone = dial(self.rig, waiting["phone"], waiting["virtual_number"], register(cards.CREDIT))
        ended = phone.wait_ended()
        self.assertEqual(ended["cause"], TEMPORARY_FAILURE, ended)
        self.assertNotIn("connected", [e["ev"] for e in phone.events], "the call was answered")
        self.assertEqual(self.api.call("GET", f"/v1/registrations/{waiting['id']}")["status"], "sms_sent")

    def judge_the_waiting_card_is_registered(self, waiting):
        dial(self.rig, waiting["phone"], waiting["virtual_number"], register(cards.CREDIT) + [hear("bye")]).wait_ended()
        wait_until("the card is registered",
                   lambda: self.api.call("GET", f"/v1/registrations/{waiting['id']}")["status"] == "registered", 20)

    def test_after_a_crash_custodians_come_and_all_goes_on(self):
        waiting = self.ask_for_card()
        self.rig.unlock_file.unlink()
        self.rig.kill("keystored")
        self.wait_locked()
        self.judge_no_card_is_taken(waiting)
        self.unlock()
        self.judge_the_waiting_card_is_registered(waiting)
        # By command, too.
        waiting = self.ask_for_card()
        self.rig.callkey("keys", "lock")
        self.wait_locked()
        self.judge_no_card_is_taken(waiting)
        self.unlock()
        self.judge_the_waiting_card_is_registered(waiting)
