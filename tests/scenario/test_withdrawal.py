"""A customer ends a registration by calling the service number: with real calls, real names and a gateway that forgets the card."""
import re
import unittest

from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import dial, hang_up, hear, new_billing_key, new_phone, press, query, register, sounds

SERVICE = "15880001"
ENTRIES = [press("months.end", "1", 300), press("withdraw.confirm", "1", 300)]


class Withdrawal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0, settings={"arsd": {"withdrawal_numbers": [SERVICE]}}).start()
        cls.api = cls.rig.merchant("한빛 서점", "--may-skip-consent")
        cls.other = cls.rig.merchant("칼키 꽃집", "--may-skip-consent")

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)

    def call(self, phone_number, script, **options):
        phone = dial(self.rig, phone_number, SERVICE, script, **options)
        phone.wait_ended()
        return phone

    def key(self, api, key):
        return api.call("GET", f"/v1/billing-keys/{key}")

    def test_a_registration_is_ended_and_nothing_is_charged_any_more(self):
        key, number = new_billing_key(self.rig, self.api, cards.CREDIT)
        schedule = self.api.call("POST", "/v1/schedules", {
            "billing_key": key, "order_id": "rent-{n}", "order_name": "월세", "amount": {"total": 9900, "currency": "KRW"}, "consent": "skip",
            "repeat": {"every": "month", "day": 31}})
        waiting = self.api.pay(key, 9900, sms="skip")
        phone = self.call(number, [*ENTRIES, hear("withdraw.done")])
        self.assertIn("withdraw.which", sounds(phone.heard))
        # The merchant is named by the sound that was made for the registration.
        self.assertNotIn("withdraw.unnamed", phone.heard)
        self.assertEqual(phone.heard[-2:], sounds(["withdraw.done", "bye"]))
        ended = self.key(self.api, key)
        self.assertEqual((ended["status"], ended["delete_reason"]), ("deleted", "withdrawn_by_caller"))
        told = self.rig.webhook(ended["registration"], "billing_key.deleted")
        self.assertEqual(told["data"]["delete_reason"], "withdrawn_by_caller")
        self.assertEqual(self.api.payment(waiting["id"])["status"], "canceled_before_auth")
        after = self.api.call("GET", f"/v1/schedules/{schedule['id']}")
        self.assertEqual((after["status"], after["reason"]), ("ended", "billing_key_deleted"))
        with self.assertRaises(ApiError):
            self.api.pay(key, 9900, consent="skip", other_card="deny")
        # The gateway has forgotten it too.
        wait_until("the gateway was told", lambda: query(self.rig, "SELECT state FROM outbox WHERE kind = 'pg_expire' AND state = 'done'"))
        again = self.call(number, [hear("withdraw.none")])
        self.assertEqual(again.heard, sounds(["greet.neutral", "withdraw.none", "bye"]))

    def proven(self, consent):
        """What callkey verify makes of its bundle, and of one in which a byte is another."""
        path = self.rig.path(f"{consent}.json")
        self.rig.callkey("consents", "export", consent, "--out", str(path))
        key = re.search(r"[0-9a-f]{64}", self.rig.callkey("keys", "status"))[0]
        octets = bytearray(path.read_bytes())
        for at in range(0, len(octets), len(octets) // 20):
            path.with_suffix(".changed").write_bytes(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1:])
            with self.assertRaises(RuntimeError, msg=f"byte {at}"):
                self.rig.callkey("verify", str(path.with_suffix(".changed")), "--key", key)
        return self.rig.callkey("verify", str(path), "--key", key)

    def test_what_was_agreed_to_can_be_proven(self):
        """No, and in the next call yes: both beside the consent to the registration itself, which they end."""
        key, number = new_billing_key(self.rig, self.api, cards.CREDIT)
        registration = self.key(self.api, key)["registration"]
        self.call(number, [press("months.end", "1", 300), press("withdraw.confirm", "2", 300)])
        self.call(number, [*ENTRIES, hear("withdraw.done")])
        consents = wait_until("all are signed", lambda: (some := self.api.call(
            "GET", f"/v1/registrations/{registration}/consents")["items"]) and all(c["status"] == "signed" for c in some) and some)
        self.assertEqual([c["to"] for c in consents], ["withdrawal", "keep_registration", "registration"])
        for consent, agreed in zip(consents[:2], "12", strict=True):
            record = self.api.call("GET", f"/v1/consents/{consent['id']}")["record"]
            self.assertEqual((record["consent"]["key"], record["call"]["called"], record["call"]["caller"]), (agreed, SERVICE, number))
            self.assertEqual((record["billing_key"]["id"], record["request"]["id"]), (key, registration))
            self.assertIn("한빛 서점", [p["text"] for p in record["prompts"]])
            self.assertTrue(all(p["text"] and p["sound_sha256"] for p in record["prompts"]))
            told = self.proven(consent["id"])
            for words in ("proven", f"to {consent['to']}", f"by key {agreed}", key, number, SERVICE):
                self.assertIn(words, told)

    def test_of_two_merchants_the_one_that_was_chosen_ends(self):
        first, number = new_billing_key(self.rig, self.api, cards.CREDIT)
        made = self.other.register(number, sms="skip")
        dial(self.rig, number, made["virtual_number"], register(cards.CREDIT)).wait_ended()
        second = wait_until("a second key", lambda: self.other.registration(made["id"])["billing_key"])
        phone = self.call(number, [press("months.end", "2", 300), press("withdraw.confirm", "1", 300), press("withdraw.another", "2", 300)])
        self.assertIn("withdraw.another", sounds(phone.heard))
        self.assertEqual(self.key(self.api, first)["status"], "deleted")
        self.assertEqual(self.key(self.other, second)["status"], "issued")

    def test_who_hangs_up_or_says_no_keeps_it(self):
        key, number = new_billing_key(self.rig, self.api, cards.CREDIT)
        self.call(number, [press("months.end", "1", 300), hang_up("withdraw.confirm", 300)])
        phone = self.call(number, [press("months.end", "1", 300), press("withdraw.confirm", "2", 300)])
        self.assertEqual(phone.heard[-2:], sounds(["withdraw.kept", "bye"]))
        self.assertEqual(self.key(self.api, key)["status"], "issued")

    def test_who_is_not_vouched_for_learns_nothing(self):
        key, number = new_billing_key(self.rig, self.api, cards.CREDIT)
        for options in ({"presentation": "restricted"}, {"screening": "unscreened"}):
            phone = self.call(number, [hear("wrong_caller")], **options)
            self.assertEqual(phone.heard, sounds(["greet.neutral", "wrong_caller"]), options)
        phone = self.call(new_phone(), [hear("withdraw.none")])
        self.assertEqual(phone.heard, sounds(["greet.neutral", "withdraw.none", "bye"]))
        self.assertEqual(self.key(self.api, key)["status"], "issued")


if __name__ == "__main__":
    unittest.main()
