"""No file of the store has a customer's telephone number, in any way in which one is written; and every look-up finds it all the same. On an
appliance that registers, pays, warns and withdraws by real calls; on one whose keys are rotated; and on the store of a version in which numbers
stood clear (support/former), where the same search finds them before the first start."""
import contextlib
import re
import sqlite3
import subprocess
import unittest

from rig import ceremony
from rig.appliance import Rig, build_dir
from rig.merchant import wait_until
from support import cards
from support.calling import ENDED, QUICK, dial, hear, new_billing_key, press, query, read_request, register
from support.sealed import FORMER_NUMBERS, all_sealed, found, put_former_store

KIM, LEE = "three white geese", "a river in winter"


class SealedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0, settings={"arsd": {**QUICK["arsd"], "withdrawal_numbers": ["07055550000"]}}).start()
        cls.addClassCleanup(cls.rig.__exit__, None)
        cls.api = cls.rig.merchant()
        cls.numbers = [f"0107643{n:04d}" for n in range(2901, 2906)]
        cls.payer, cls.waiting_for, cls.stranger, cls.leaver, cls.rotated = cls.numbers
        cls.key, _ = new_billing_key(cls.rig, cls.api, cards.CREDIT, cls.payer)
        cls.paid = cls.pay(cls.payer, cls.key)
        written = f"+82 {cls.waiting_for[1:3]}-{cls.waiting_for[3:7]}-{cls.waiting_for[7:]}"
        cls.waiting = cls.api.register(written)
        cls.rig.sms_to(cls.waiting_for)
        dial(cls.rig, cls.stranger, cls.waiting["virtual_number"], [hear("bye")]).wait_ended()
        cls.rig.webhook(cls.waiting["id"], "registration.holder_mismatch")
        cls.left, _ = new_billing_key(cls.rig, cls.api, cards.CHECK, cls.leaver)

    @classmethod
    def pay(cls, phone, key):
        payment = cls.api.pay(key, 53000)
        dial(cls.rig, phone, payment["virtual_number"], [press("pay.menu.other", "1"), hear("bye")]).wait_ended()
        return wait_until("the payment ends", lambda: cls.ended(payment["id"]), 20)

    @classmethod
    def ended(cls, request):
        seen = read_request(cls.api, request)
        return seen if seen["status"] in ENDED else None

    def test_1_merchants_and_the_gateway_of_messages_see_numbers(self):
        self.assertEqual((self.paid["status"], self.paid["phone"]), ("approved", self.payer))
        self.assertEqual(self.api.registration(self.waiting["id"])["phone"], self.waiting_for)
        self.assertEqual(self.api.call("GET", f"/v1/billing-keys/{self.key}")["phone"], self.payer)
        events = self.api.call("GET", f"/v1/events?request={self.paid['id']}")["items"]
        self.assertEqual(events[0]["data"]["phone"], self.payer)

    def test_2_no_file_of_the_store_has_a_number(self):
        self.assertEqual(found(self.rig, self.numbers), [])
        # One that is written there is seen: in the log, then in the database and its copies.
        with contextlib.closing(sqlite3.connect(self.rig.path("state", "callkey.db"), timeout=20)) as db:
            for text in (f"+82-{self.payer[1:3]}-{self.payer[3:7]}-{self.payer[7:]}", self.payer, f"82{self.payer[1:]}"):
                db.execute("UPDATE merchants SET name = ?", [text])
                db.commit()
                self.assertTrue({"-wal", "backup", "vacuumed"} <= {where.split(" from ")[0].rpartition("callkey.db")[2].rpartition("/")[2]
                                                                   for _, _, where in found(self.rig, self.numbers)}, text)
            db.execute("UPDATE merchants SET name = 'Callkey Shop'")
            db.commit()

    def test_3_a_caller_of_the_service_number_finds_what_is_registered(self):
        dial(self.rig, self.leaver, "07055550000", [press("months.end", "1", 300), press("withdraw.confirm", "1", 300),
                                                    hear("withdraw.done")]).wait_ended()
        wait_until("it is withdrawn", lambda: self.api.call("GET", f"/v1/billing-keys/{self.left}")["status"] == "deleted", 20)

    def test_4_rotated_keys_find_all_of_it(self):
        door = ceremony.connect(self.rig.path("run", "keyctl.sock"))
        ceremony.appoint(door, self.rig.parts, {"kim": KIM, "lee": LEE})
        door.close()
        all_sealed(self.rig)
        for name in ("column", "index"):
            (before,) = query(self.rig, "SELECT MAX(id) AS id FROM column_keys")
            proposal = re.search(r"Proposal (\d+)", self.officers("propose", "rotate", "--officer", "kim", "--name", name, given=KIM))[1]
            self.officers("confirm", proposal, "--officer", "lee", given=LEE)
            self.rig.kill("arsd")                          # a start asks at once
            wait_until("one newer data key is left", lambda before=before: [r["id"] > before["id"] for r in
                       query(self.rig, "SELECT id FROM column_keys")] == [True], 60)
            all_sealed(self.rig)
            self.assertEqual(query(self.rig, "SELECT COUNT(*) AS n FROM leases WHERE caller NOT LIKE (SELECT MAX(id) FROM column_keys) || '/%'"),
                             [{"n": 0}])
        self.assertEqual(self.pay(self.payer, self.key)["status"], "approved")
        dial(self.rig, self.waiting_for, self.waiting["virtual_number"], [*register(cards.CHECK), hear("bye")]).wait_ended()
        self.assertEqual(wait_until("it ends", lambda: self.ended(self.waiting["id"]), 20)["status"], "registered")
        self.assertEqual(self.api.call("GET", f"/v1/events?request={self.paid['id']}")["items"][0]["data"]["phone"], self.payer)
        self.assertEqual(found(self.rig, self.numbers), [])

    def officers(self, *words, given):
        done = subprocess.run([str(self.rig.build / "bin" / "callkey"), "--config", str(self.rig.config_file), "keys", *words], input=given + "\n",
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout


class FormerTest(unittest.TestCase):
    """The shop had two customers, of whom the first has paid by a call; a third was asked to register and has not called yet; the fourth hung up
    half way, and somebody else called the number that was his."""

    API_KEY = "ck_test__j2Oo1LTN7ndwbwNRQ1F7O7kro3YK9WWF1y-qNYEgd8"
    KEY, PAYMENT = "bk_7fxaxz5ze9vtgrae96g1f8skm3", "pay_2xfxb1pw8w4sj2q8nk5wemx882"
    WAITING, WAITING_NUMBER = "reg_0f3mjcsv57cxf76kqhncx7xdes", "07012340247"
    SIGNER = "5d27ea6d4170b54c3de676b32047e361601a1c486c986cda17cc73e60da53270"

    def setUp(self):
        self.rig = Rig(rate=0, settings=QUICK)
        put_former_store(self.rig)
        self.addCleanup(self.rig.__exit__, None)

    def test_a_store_in_which_numbers_stood_clear(self):
        before = {what for what, _, _ in found(self.rig, FORMER_NUMBERS)}
        self.assertEqual(before, set(FORMER_NUMBERS))        # the search sees what is not sealed
        self.rig._merchants["Former Shop"] = self.API_KEY
        self.rig.start()
        api = self.rig.merchant("Former Shop")
        all_sealed(self.rig)
        self.assertEqual(found(self.rig, FORMER_NUMBERS), [])
        self.assertEqual(api.call("GET", f"/v1/billing-keys/{self.KEY}")["phone"], FORMER_NUMBERS[0])
        self.assertEqual(api.call("GET", f"/v1/payments/{self.PAYMENT}")["phone"], FORMER_NUMBERS[0])
        self.assertEqual(api.call("GET", f"/v1/events?request={self.PAYMENT}")["items"][0]["data"]["phone"], FORMER_NUMBERS[0])
        api.register(FORMER_NUMBERS[3])                      # makes the sound of its names, which was no part of the store
        dial(self.rig, FORMER_NUMBERS[2], self.WAITING_NUMBER, [*register(cards.CREDIT), hear("bye")]).wait_ended()
        wait_until("it is registered", lambda: api.registration(self.WAITING)["status"] == "registered", 20)
        self.judge_the_consent(api)
        self.assertEqual(found(self.rig, FORMER_NUMBERS), [])

    def judge_the_consent(self, api):
        """Its signed bytes are those of before."""
        consent = api.call("GET", f"/v1/payments/{self.PAYMENT}/consents")["items"][0]["id"]
        path = self.rig.path("bundle")
        self.rig.callkey("consents", "export", consent, "--out", str(path))
        self.assertIn(FORMER_NUMBERS[0], path.read_text(encoding="utf-8"))
        verified = subprocess.run([str(build_dir() / "bin" / "callkey"), "verify", str(path), "--key", self.SIGNER], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(verified.returncode, 0, verified.stderr)


if __name__ == "__main__":
    unittest.main()
