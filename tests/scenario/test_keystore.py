"""What merchants, callers and operators see of a keystore that is locked, and that goes on where it was when custodians have
unlocked it, at a terminal as docs/keystore.md says."""
import json
import os
import shutil
import unittest

from rig import ceremony
from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import QUICK, dial, hear, ledger, new_billing_key, new_phone, query, register
from support.columns import columns_of
from support.terminal import Terminal

TEMPORARY_FAILURE = 41


class LockedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0, settings=QUICK).start()
        cls.addClassCleanup(cls.rig.__exit__, None)
        cls.api = cls.rig.merchant()
        cls.secret = cls.rig.unlock_file.read_bytes()

    def setUp(self):
        if not self.rig.unlock_file.exists():
            self.put_secret()

    def put_secret(self):
        with open(os.open(self.rig.unlock_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
            f.write(self.secret)

    def callkey(self, *words):
        return Terminal([self.rig.build / "bin" / "callkey", "--config", self.rig.config_file, *words])

    def wait_status(self, pattern):
        def seen():
            try:
                status = self.rig.callkey("status")
            except RuntimeError:                              # arsd starts
                return None
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

    @staticmethod
    def known(ask):
        """ask's answer, or its refusal; None while its answerer is away."""
        try:
            return ask()
        except ApiError as refused:
            if refused.problem["code"] == "unavailable":
                return None
            raise

    def living_keys(self):
        """Those that the gateway has and charges."""
        return {o["billing_key"] for o in ledger(self.rig).values() if o.get("billing_key_lives")}

    def judge_refused(self, ask):
        with self.assertRaises(ApiError) as refused:
            wait_until("arsd answers", lambda: self.known(ask), 20)
        self.assertEqual((refused.exception.status, refused.exception.problem["code"]), (503, "keystore_locked"))

    def test_columns_are_sealed_and_wait_for_the_keys(self):
        """The gateway's key and text messages on the disk, a start with a locked keystore, and what goes on afterwards."""
        columns = columns_of(self.rig)
        waiting = self.ask_for_card()
        self.rig.sms_to(waiting["phone"])
        key, _ = new_billing_key(self.rig, self.api, cards.CREDIT)
        (row,) = query(self.rig, "SELECT id, pg_billing_key AS k FROM billing_keys WHERE id = ?", key)
        living = self.living_keys()
        theirs = columns.open("billing_keys", "pg_billing_key", row["id"], row["k"])
        self.assertTrue(row["k"].startswith("sealed/1/"), row)
        self.assertIn(theirs, living)
        with self.assertRaises(ValueError):
            columns.open("billing_keys", "pg_billing_key", "bk_other", row["k"])
        (sms,) = query(self.rig, "SELECT ref, destination, body FROM outbox WHERE kind = 'sms' AND request = ?", waiting["id"])
        body = columns.open("outbox", "body", sms["ref"], sms["body"])
        self.assertEqual(columns.open("outbox", "destination", sms["ref"], sms["destination"]), waiting["phone"])
        self.assertTrue(sms["body"].startswith("sealed/1/") and len(body) > 20, sms)

        self.rig.unlock_file.unlink()
        for name in ("keystored", "arsd"):
            self.rig.kill(name)
        self.wait_status("billing keys    cannot be read: the keys must be opened")
        self.judge_refused(lambda: self.api.pay(key, 5000))
        self.judge_refused(lambda: self.api.call("DELETE", f"/v1/billing-keys/{key}"))
        self.assertEqual(self.api.call("GET", f"/v1/billing-keys/{key}")["status"], "issued")
        self.unlock()
        self.put_secret()                                  # what opens them here, too
        wait_until("columns are open", lambda: "cannot be read" not in self.rig.callkey("status"), 20)
        self.api.call("DELETE", f"/v1/billing-keys/{key}")
        wait_until("the gateway forgets it", lambda: theirs not in self.living_keys(), 20)
        files = b"".join(p.read_bytes() for p in self.rig.path("state").glob("callkey.db*"))
        for clear in living | {body}:
            self.assertNotIn(clear.encode(), files)


class LostTest(unittest.TestCase):
    """All papers are lost, and there is no backup: what the old keys sealed is gone, the appliance is not."""

    def setUp(self):
        self.rig = Rig(rate=0, settings=QUICK).start()
        self.addCleanup(self.rig.__exit__, None)
        self.api = self.rig.merchant("Lost Shop", "--may-skip-consent")

    def charge(self, key):
        return self.api.pay(key, 5000, consent="skip", other_card="deny")

    def judge_refused(self, key, status, code):
        with self.assertRaises(ApiError) as refused:
            self.charge(key)
        self.assertEqual((refused.exception.status, refused.exception.problem["code"]), (status, code))

    def lose_the_keys(self):
        shutil.rmtree(self.rig.path("state", "keystore"))
        self.rig.unlock_file.unlink()
        self.rig.kill("keystored")
        wait_until("there are no keys", lambda: "there are no keys" in self.rig.callkey("status"), 20)
        ceremony.hold(self.rig.path("run", "keyctl.sock"), self.rig.unlock_file, officers=ceremony.OFFICERS)
        ceremony.import_gateway_keys(self.rig.path("run", "keyctl.sock"), [self.rig.sandbox_key()])
        wait_until("callkey status tells it", lambda: "callkey columns anew" in self.rig.callkey("status"), 20)

    def test_billing_keys_are_given_up_by_the_operators_word_alone(self):
        old, _ = new_billing_key(self.rig, self.api, cards.CREDIT)
        with self.assertRaisesRegex(RuntimeError, "nothing is lost"):
            self.rig.callkey("columns", "anew")
        self.lose_the_keys()
        self.judge_refused(old, 503, "keystore_locked")
        self.assertIn("given up", self.rig.callkey("columns", "anew"))
        wait_until("columns are open", lambda: "cannot be read" not in self.rig.callkey("status"), 20)
        self.judge_refused(old, 422, "billing_key_unusable")
        key, _ = new_billing_key(self.rig, self.api, cards.CHECK)
        payment = self.charge(key)
        wait_until("it is paid", lambda: self.api.payment(payment["id"])["status"] == "approved", 20)
        (row,) = query(self.rig, "SELECT pg_billing_key AS k FROM billing_keys WHERE id = ?", key)
        self.assertTrue(row["k"].startswith("sealed/1/"), row)
        with self.assertRaisesRegex(RuntimeError, "nothing is lost"):
            self.rig.callkey("columns", "anew")
