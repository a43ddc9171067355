"""A merchant whose gateway is NICEPAY: real calls, the appliance whole, and a strict server of the published protocol at its
other end (support/nicepay.py). Beside it stands the sandbox's gateway: each card goes to its own, by its own means."""
import unittest

from rig import config
from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import (LATE_S, attempts, dial, ended_request, enter, new_billing_key, new_phone, press, read_call, register,
                             webhooks)
from support.nicepay import Nicepay

TIMEOUT_MS, LATE_ORDER_S = 1500, 2
WON_5000 = {"total": 5000, "currency": "KRW"}
FUNDS = cards.CREDIT.but(number="9430000000000035")


class NicepayMerchant(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0)
        folder = cls.rig.path("nicepay")
        folder.mkdir()
        config.make_certificate(folder, "nicepay")
        cls.nicepay = Nicepay(folder / "nicepay.pem", folder / "nicepay.key")
        cls.addClassCleanup(cls.nicepay.close)
        secret = folder / "secret"
        secret.touch(0o600)
        secret.write_text(cls.nicepay.secret + "\n")
        usual = cls.rig.default_settings()
        cls.rig.settings = {
            "arsd": {"pg_query_first_ms": 100, "pg_query_most_s": 1},
            "uplinkd": {"pg": [*usual["uplinkd"]["pg"], {
                "name": "nice", "kind": "nicepay", "mode": "test", "url": cls.nicepay.url, "client_id": cls.nicepay.client_id,
                "ca_file": str(folder / "nicepay-ca.pem"), "secret_file": str(secret), "timeout_ms": TIMEOUT_MS,
                "late_s": LATE_ORDER_S}]},
        }
        cls.rig.gateway_keys = [{"name": "nice", "kid": "nice-1", "usage": "gateway-encdata", "key": secret.read_bytes()}]
        cls.rig.start()
        cls.addClassCleanup(cls.rig.__exit__, None)
        cls.api = cls.rig.merchant("Nice Shop", "--pg", "nice", "--may-skip-consent")
        cls.key, cls.phone = new_billing_key(cls.rig, cls.api, cards.CREDIT, own_card=False)

    def setUp(self):
        self.nicepay.behave()
        self.nicepay.cards.clear()
        self.nicepay.age_s = 0
        self.nicepay.complaints.clear()

    def tearDown(self):
        self.assertEqual(self.nicepay.complaints, [])

    # ---- what tests do ----
    def pay_by_call(self, amount=53000, **fields):
        """One call, in which the caller agrees; the payment when it has ended."""
        made = self.api.pay(self.key, amount, sms="skip", other_card="deny", **fields)
        phone = dial(self.rig, self.phone, made["virtual_number"], [press("pay.menu.only", "1")])
        phone.wait_ended()
        return wait_until("the payment has ended", lambda: ended_request(self.api, made["id"]), LATE_S), phone

    def charge(self, amount=9900):
        made = self.api.pay(self.key, amount, consent="skip", other_card="deny")
        return wait_until("the charge has ended", lambda: ended_request(self.api, made["id"]), LATE_S)

    def order_of(self, payment):
        return self.nicepay.orders.get(attempts(self.rig, payment["id"])[0]["id"])

    def judge(self, payment, status, state, balance):
        """One attempt, with this end; the ledger there, the state here and the one webhook tell the same."""
        self.assertEqual((payment["status"], [a["state"] for a in attempts(self.rig, payment["id"])]), (status, [state]), payment)
        order = self.order_of(payment)
        self.assertEqual(order["balance"] if order else None, balance)
        good = status == "approved"
        hook = self.rig.webhook(payment["id"], "payment.approved" if good else "payment.failed")
        self.assertEqual(hook["data"]["status"], status)
        self.assertEqual(len([h for h in webhooks(self.rig, payment["id"]) if h["type"] in ("payment.approved", "payment.failed")]), 1)

    # ---- what must hold ----
    def test_a_card_is_registered_by_a_call_and_its_key_is_withdrawn(self):
        phone_number, before = new_phone(), len(self.nicepay.keys)
        made = self.api.register(phone_number, sms="skip", product_name="월간 구독")
        dial(self.rig, phone_number, made["virtual_number"], register(cards.COMPANY), own_card=False).wait_ended()
        done = wait_until("it has ended", lambda: ended_request(self.api, made["id"]), LATE_S)
        self.assertEqual(done["status"], "registered", done)
        self.assertEqual(len(self.nicepay.keys), before + 1)
        bid, key = list(self.nicepay.keys.items())[-1]
        self.assertEqual((key["number"], key["order"]), (cards.COMPANY.number, attempts(self.rig, made["id"])[0]["id"]))
        shown = self.api.call("GET", f"/v1/billing-keys/{done['billing_key']}")
        self.assertEqual((shown["card"]["last4"], shown["card"]["issuer"]), (cards.COMPANY.last4, "shinhan"))
        self.api.call("DELETE", f"/v1/billing-keys/{done['billing_key']}")
        wait_until("NICEPAY has forgotten it", lambda: self.nicepay.keys[bid]["deleted"], LATE_S)

    def test_a_caller_agrees_and_the_registered_card_is_charged(self):
        payment, phone = self.pay_by_call()
        self.judge(payment, "approved", "ok", 53000)
        order = self.order_of(payment)
        self.assertEqual((payment["approval_no"], payment["tid"]), (order["approveNo"], order["tid"]))
        self.assertIn("pay.approved", phone.heard)

    def test_a_caller_hears_what_nicepay_gives_free_of_interest(self):
        """cardCode 06 is the test card's company; NICEPAY's table has 3 months of it and, from 100,000 won on, 12."""
        self.rig.callkey("promotions", "ask", "nice")
        made = self.api.pay(self.key, 99999, sms="skip", other_card="deny", instalment={"mode": "ask", "allowed": [3, 12]})
        phone = dial(self.rig, self.phone, made["virtual_number"], [press("pay.menu.only", "1"), press("months.end", "2")])
        phone.wait_ended()
        payment = wait_until("the payment has ended", lambda: ended_request(self.api, made["id"]), LATE_S)
        self.assertEqual([p for p in phone.heard if p.startswith("months.") and p != "months.ask"][:4],
                         ["months.lump", "months.free", "months.plain", "months.end"])
        self.judge(payment, "approved", "ok", 99999)
        self.assertEqual([payment["instalment"][k] for k in ("months", "interest_free_by")], [3, "issuer"])
        asked = self.nicepay.of("payments")[-1]["values"]
        self.assertEqual((asked["cardQuota"], asked["useShopInterest"]), (3, False))
        self.assertEqual(self.nicepay.of("interest_free")[-1]["values"]["useAuth"], "false")
        shown = self.api.call("GET", "/v1/card-promotions")["items"]
        self.assertEqual([(i["issuer"], i["months"], i["source"]) for i in shown],
                         [("shinhan", [2, 3], "gateway"), ("shinhan", [2, 3, 12], "gateway")])

    def test_a_wrong_card_is_asked_for_again_and_the_right_one_taken(self):
        self.nicepay.cards[FUNDS.number] = ("regist", "F113", "본인의 신용카드 확인중 오류가 발생하였습니다")
        phone_number = new_phone()
        made = self.api.register(phone_number, sms="skip", product_name="월간 구독")
        script = [*register(FUNDS), press("declined.again", "1"), *enter(cards.CREDIT)]
        dial(self.rig, phone_number, made["virtual_number"], script, own_card=False).wait_ended()
        done = wait_until("it has ended", lambda: ended_request(self.api, made["id"]), LATE_S)
        self.assertEqual((done["status"], [a["state"] for a in attempts(self.rig, made["id"])]), ("registered", ["declined", "ok"]))

    def test_what_the_gateway_cannot_is_refused_and_nobody_is_called(self):
        numbers = self.rig.callkey("--json", "status")
        for fields, field, lacks in (({"other_card": "allow"}, "/other_card", "key_in"),
                                     ({"instalment": {"mode": "ask", "allowed": [2, 3], "interest_free": [3]}},
                                      "/instalment/interest_free", "interest_free")):
            with self.assertRaises(ApiError) as refused:
                self.api.pay(self.key, 53000, **fields)
            problem = refused.exception.problem
            self.assertEqual((refused.exception.status, problem["code"], problem["field"]), (422, "gateway_cannot", field))
            self.assertIn(f"({lacks})", problem["detail"])
        with self.assertRaises(ApiError) as refused:
            self.api.pay(self.key, 999)
        self.assertEqual(refused.exception.problem["field"], "/amount/total")
        self.assertEqual(self.rig.sandbox.get(f"/sms?to={self.phone}")["messages"], [])
        self.assertIn('"uplinkd"', numbers)

    def test_a_decline_keeps_the_card_companys_words(self):
        self.nicepay.cards[cards.CREDIT.number] = ("payments", "3095", "일일한도초과")
        payment = self.charge()
        self.judge(payment, "declined", "declined", None)
        self.assertEqual([payment["failure"][k] for k in ("class", "code", "message")], ["funds", "3095", "일일한도초과"])

    def test_a_time_out_after_the_effect_is_found_approved_and_charged_once(self):
        for mode in ("silence", "drop_after", "garbage", "unsigned"):
            with self.subTest(mode):
                self.nicepay.behave(mode, "payments", delay_s=TIMEOUT_MS / 1000 + 1)
                self.judge(self.charge(), "approved", "ok", 9900)

    def test_the_caller_of_a_time_out_hears_how_it_ended(self):
        self.nicepay.behave("silence", "payments", delay_s=TIMEOUT_MS / 1000 + 1)
        payment, phone = self.pay_by_call(amount=61000)
        self.judge(payment, "approved", "ok", 61000)
        call = read_call(self.api, payment["last_call"])
        self.assertEqual(call["status"], "completed", (call, phone.heard))

    def test_what_was_lost_on_the_way_there_is_undone_and_nothing_is_charged(self):
        self.nicepay.behave("drop_before", "payments")
        self.judge(self.charge(), "net_canceled", "canceled", None)

    def test_an_order_that_comes_after_all_is_undone(self):
        self.nicepay.behave("late", "payments", delay_s=1.0)
        payment = self.charge()
        wait_until("it has come", lambda: self.order_of(payment), LATE_S)
        self.judge(payment, "net_canceled", "canceled", 0)

    def test_nothing_hurries_while_query_and_net_cancel_fail_too(self):
        self.nicepay.behave("drop_before", "payments")
        self.nicepay.behaviours += [{"mode": "fail", "op": "find", "times": 2, "delay_s": 0},
                                    {"mode": "garbage", "op": "netcancel", "times": 1, "delay_s": 0}]
        self.judge(self.charge(), "net_canceled", "canceled", None)

    def test_a_payment_is_given_back_in_parts_also_when_an_answer_is_lost(self):
        payment = self.charge(20000)
        self.take_back(payment, {"amount": WON_5000, "tax_free": 1000}, 15000)
        for mode in ("drop_after", "drop_before"):
            self.nicepay.behave(mode, "cancel")
            self.take_back(payment, {"amount": WON_5000}, 10000 if mode == "drop_after" else 5000)
        self.take_back(payment, {}, 0)
        self.assertEqual([c["amount"] for c in self.order_of(payment)["cancels"]], [5000] * 4)

    def take_back(self, payment, fields, left):
        """Money is given back; the ledger there and the payment here say what is left."""
        made = self.api.call("POST", f"/v1/payments/{payment['id']}/cancel", {"reason": "고객 변심", "requester": "customer", **fields})
        ended = wait_until("the cancellation has ended", lambda: (
            c := self.api.call("GET", f"/v1/cancellations/{made['cancellation']['id']}"))["status"] in ("succeeded", "declined", "failed")
            and c, LATE_S)
        self.assertEqual(ended["status"], "succeeded", ended)
        self.assertEqual(self.order_of(payment)["balance"], left)
        self.assertEqual(self.api.payment(payment["id"])["status"], "partially_canceled" if left else "canceled")

    def test_a_part_that_is_vat_is_refused_before_anything_is_asked_of_it(self):
        payment = self.charge()
        with self.assertRaises(ApiError) as refused:
            self.take_back(payment, {"amount": WON_5000, "vat": 454}, None)
        self.assertEqual((refused.exception.status, refused.exception.problem["code"], refused.exception.problem["field"]),
                         (422, "gateway_cannot", "/vat"))
        self.assertEqual(self.api.payment(payment["id"])["cancellations"], [])

    def test_the_sandboxs_gateway_stands_beside_it(self):
        api = self.rig.merchant()
        wait_until("it has told what is free of interest", lambda: self.nicepay.of("interest_free"))
        before = len(self.nicepay.requests)
        key, _ = new_billing_key(self.rig, api, cards.CREDIT)
        self.assertEqual(api.call("GET", f"/v1/billing-keys/{key}")["status"], "issued")
        self.assertEqual(len(self.nicepay.requests), before)

    def test_no_digit_and_no_sealed_text_is_kept(self):
        self.charge()
        sealed = [r["values"]["encData"][:48] for r in self.nicepay.of("regist")]
        self.assertTrue(sealed)
        places = [p for name in ("log", "state") for p in self.rig.path(name).rglob("*") if p.is_file()]
        self.assertIn("uplinkd.log", [p.name for p in places])
        for place in places:
            content = place.read_bytes()
            for secret in (cards.CREDIT.number, self.nicepay.secret, *sealed):
                self.assertNotIn(secret.encode(), content, place)


if __name__ == "__main__":
    unittest.main()
