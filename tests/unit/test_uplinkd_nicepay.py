"""uplinkd's NICEPAY connector as a process against a strict server of the published protocol (support/nicepay.py): the ledger
there and the results here agree, whatever is lost between them."""
import datetime
import json
import pathlib
import time
import unittest

from support import cards
from support.nicepay import Nicepay, enc_data, free, now_kst
from support.uplink import DECLINED, NOT_FOUND, OK, UNKNOWN, World

CLASSES = ["", "input", "funds", "dead_card", "ask_issuer", "merchant", "system"]
TIMEOUT_MS = 1500
LATE_S = 2 * TIMEOUT_MS / 1000          # whatever shorter time is configured
FUNDS, DEAD, PASSWORD, ISSUER = "9430000000000035", "9430000000000043", "9430000000000050", "9430000000000068"


class NicepayTest(World):
    @classmethod
    def settings(cls):
        tls = cls.folder / "tls"
        cls.nicepay = Nicepay(tls / "sandbox.pem", tls / "sandbox.key")
        cls.addClassCleanup(cls.nicepay.close)
        secret = cls.folder / "sandbox" / "nicepay.secret"
        secret.write_text(cls.nicepay.secret + "\n")
        settings = super().settings()
        gateway = {"name": "nice", "kind": "nicepay", "url": cls.nicepay.url, "client_id": cls.nicepay.client_id,
                   "ca_file": str(tls / "sandbox-ca.pem"), "secret_file": str(secret), "timeout_ms": TIMEOUT_MS, "late_s": 1}
        settings["uplinkd"]["pg"] = [gateway, {**gateway, "name": "stranger", "client_id": "nobody"},
                                     *settings["uplinkd"]["pg"][:2]]
        return settings

    def setUp(self):
        super().setUp()
        self.nicepay.behave()
        self.nicepay.cards.clear()
        self.nicepay.complaints.clear()
        self.nicepay.age_s = 0
        self.addCleanup(lambda: self.assertEqual(self.nicepay.complaints, self.expected_complaints))
        self.expected_complaints = []

    # ---- what tests do ----
    def register(self, card=cards.CREDIT, order=None, sealed=None, **more):
        order = order or self.new("ord")
        sealed = sealed or enc_data(self.nicepay.secret, card, order)
        return self.arsd.ask("pg_verify", order_id=order, jwe=sealed, **more)

    def key(self, card=cards.CREDIT):
        got = self.register(card)
        self.assertEqual(got["status"], OK, got)
        return got["pg_billing_key"]

    def charge(self, key, order, amount=53000, **more):
        return self.arsd.ask("pg_pay", order_id=order, pg_billing_key=key, amount_minor=amount, currency="KRW",
                             **{"order_name": "월간 구독", "tax_free_minor": -1, "vat_minor": -1, **more})

    def find(self, order, at_ms=None):
        return self.arsd.ask("pg_query", order_id=order, order_at_ms=at_ms or int(time.time() * 1000))

    def undo(self, order, lost_s_ago=0.0, made_s_ago=0):
        now = int(time.time() * 1000)
        return self.arsd.ask("pg_net_cancel", order_id=order, reason="no answer", order_at_ms=now - made_s_ago * 1000,
                             lost_for_ms=int(lost_s_ago * 1000))

    # ---- what must hold ----
    def test_a_card_is_registered_pays_and_its_key_expires(self):
        order = self.new("ord")
        got = self.register(order=order)
        self.assertEqual((got["status"], got["issuer"]), (OK, "shinhan"), got)
        key = got["pg_billing_key"]
        self.assertEqual(self.nicepay.keys[key]["number"], cards.CREDIT.number)
        order = self.new("ord")
        paid = self.charge(key, order, instalment_months=3)
        self.assertEqual((paid["status"], paid["amount_minor"], paid["bin"], paid["last4"], paid["card_type"]),
                         (OK, 53000, "94612000", "5673", 1), paid)
        booked = self.nicepay.orders[order]
        self.assertEqual((booked["tid"], booked["approveNo"], booked["amount"], booked["quota"], booked["goodsName"]),
                         (paid["tid"], paid["approval_no"], 53000, 3, "월간 구독"))
        self.assertLess(abs(paid["at_ms"] - booked["at"].timestamp() * 1000), 1001)
        found = self.find(order)
        self.assertEqual([found[k] for k in ("status", "tid", "approval_no", "amount_minor")],
                         [OK, paid["tid"], paid["approval_no"], 53000])
        expire = lambda: self.arsd.ask("pg_expire_key", pg_billing_key=key)["status"]
        self.assertEqual([expire(), expire()], [OK, NOT_FOUND])
        refused = self.charge(key, self.new("ord"))
        self.assertEqual((refused["status"], CLASSES[refused["decline"]], refused["code"]), (DECLINED, "dead_card", "A126"))

    def test_both_ciphers_and_every_kind_of_card_are_understood(self):
        for card in (cards.CREDIT, cards.COMPANY, cards.FIFTEEN_DIGITS, cards.FOURTEEN_DIGITS):
            for aes256 in (True, False):
                order = self.new("ord")
                got = self.register(order=order, sealed=enc_data(self.nicepay.secret, card, order, aes256=aes256))
                self.assertEqual((got["status"], self.nicepay.keys[got["pg_billing_key"]]["number"]), (OK, card.number.rstrip("#")))
        order = self.new("ord")
        short = enc_data(self.nicepay.secret, cards.CREDIT, order, idNo=None, cardPw=None)
        self.assertEqual(self.register(order=order, sealed=short)["status"], OK)

    def test_a_record_of_another_order_or_a_changed_one_is_not_sent(self):
        before = len(self.nicepay.requests)
        order, sealed = self.new("ord"), enc_data(self.nicepay.secret, cards.CREDIT, self.new("ord"))
        other_secret = enc_data("f" * 32, cards.CREDIT, order)
        other_purpose = enc_data(self.nicepay.secret, cards.CREDIT, order, purpose="pay")
        for bad in (sealed, other_secret, other_purpose, sealed[:-1], "a.b.c.d.e"):
            got = self.register(order=order, sealed=bad)
            self.assertEqual((got["status"], got["code"]), (DECLINED, "bad_job"))
        self.assertEqual(len(self.nicepay.requests), before)

    def test_each_no_has_its_class_and_the_gateways_code(self):
        no = {FUNDS: ("payments", "3095", "한도초과"), DEAD: ("payments", "3095", "분실신고카드"),
              PASSWORD: ("payments", "3095", "비밀번호오류"), ISSUER: ("payments", "3095", "거래거절")}
        self.nicepay.cards.update(no)
        for number, cls in ((FUNDS, "funds"), (DEAD, "dead_card"), (PASSWORD, "input"), (ISSUER, "ask_issuer")):
            got = self.charge(self.key(cards.CREDIT.but(number=number)), self.new("ord"))
            self.assertEqual((got["status"], CLASSES[got["decline"]], got["code"], got["message"]),
                             (DECLINED, cls, "3095", no[number][2]))
        self.nicepay.cards = {cards.CREDIT.number: ("regist", "F113", "본인의 신용카드 확인중 오류가 발생하였습니다")}
        for card, cls, code in ((cards.CREDIT, "input", "F113"), (cards.CREDIT.but(number=cards.BAD_LUHN), "input", "3011"),
                                (cards.CHECK.but(expiry="0120"), "input", "3021")):
            got = self.register(card)
            self.assertEqual((got["status"], CLASSES[got["decline"]], got["code"]), (DECLINED, cls, code))
        got = self.charge(self.key(cards.CHECK), self.new("ord"), amount=49999, instalment_months=2)
        self.assertEqual((got["status"], CLASSES[got["decline"]], got["code"]), (DECLINED, "merchant", "3024"))

    def test_wrong_credentials_are_a_no_of_the_merchants_set_up(self):
        order = self.new("ord")
        self.expected_complaints = ["regist: U304 wrong credentials"]
        got = self.register(order=order, pg="stranger")
        self.assertEqual((got["status"], CLASSES[got["decline"]], got["code"]), (DECLINED, "merchant", "U304"))

    def test_what_the_protocol_cannot_say_is_not_sent(self):
        key, before = self.key(), len(self.nicepay.requests)
        for more in ({"interest_free": 1}, {"currency": "USD"}, {"vat_minor": 454}, {"keep": 1, "jwe": enc_data(self.nicepay.secret, cards.CREDIT, "x")}):
            job = {"order_id": self.new("ord"), "pg_billing_key": key, "amount_minor": 5000, "tax_free_minor": -1, "vat_minor": -1,
                   "currency": "KRW", **more}
            self.assertEqual(self.arsd.ask("pg_pay", **job)["code"], "not_supported", more)
        self.assertEqual(len(self.nicepay.requests), before)

    def test_a_long_name_is_cut_between_its_letters(self):
        order = self.new("ord")
        self.assertEqual(self.charge(self.key(), order, order_name="가나다라마바사아자차카타파하")["status"], OK)
        self.assertEqual(self.nicepay.orders[order]["goodsName"], "가나다라마바사아자차카타파")

    def test_lost_before_the_effect_is_unknown_then_not_found_and_undone_when_nothing_can_arrive(self):
        key = self.key()
        for mode in ("drop_before", "fail"):
            order = self.new("ord")
            self.nicepay.behave(mode, "payments")
            self.assertEqual(self.charge(key, order)["status"], UNKNOWN)
            self.assertEqual(self.find(order)["status"], NOT_FOUND)
            undone = self.undo(order)
            self.assertEqual((undone["status"], undone["code"]), (UNKNOWN, "2012"), "it may still be under way")
            self.assertEqual(self.undo(order, LATE_S - 0.1)["status"], UNKNOWN, "it may wait here, and then be under way")
            self.assertEqual(self.undo(order, LATE_S)["status"], OK)
            self.assertNotIn(order, self.nicepay.orders)

    def test_lost_after_the_effect_is_unknown_and_found_booked_once(self):
        key = self.key()
        for mode in ("drop_after", "silence", "garbage", "cut", "unsigned", "other", "doubled"):
            with self.subTest(mode):
                order = self.new("ord")
                self.nicepay.behave(mode, "payments", delay_s=2.5)
                self.assertEqual(self.charge(key, order)["status"], UNKNOWN)
                found = self.find(order)
                self.assertEqual((found["status"], found["amount_minor"]), (OK, 53000))
                again = self.charge(key, order)
                self.assertEqual((again["status"], again["code"]), (UNKNOWN, "A127"), "a known order id says nothing of its fate")
                self.assertEqual(self.nicepay.orders[order]["balance"], 53000)
                self.assertEqual((self.undo(order)["status"], self.nicepay.orders[order]["balance"]), (OK, 0))
                self.assertEqual(self.undo(order)["status"], OK)
                gone = self.find(order)
                self.assertEqual((gone["status"], gone["code"]), (NOT_FOUND, "cancelled"))

    def test_an_order_that_arrives_late_is_still_undone(self):
        order = self.new("ord")
        key = self.key()
        self.nicepay.behave("late", "payments", delay_s=0.6)
        self.assertEqual(self.charge(key, order)["status"], UNKNOWN)
        self.assertEqual(self.find(order)["status"], NOT_FOUND)
        self.assertEqual(self.undo(order)["status"], UNKNOWN)
        time.sleep(1)
        self.assertEqual(self.nicepay.orders[order]["balance"], 53000)
        self.assertEqual((self.undo(order)["status"], self.nicepay.orders[order]["balance"]), (OK, 0))

    def test_a_registration_whose_answer_is_lost_leaves_no_money_and_ends(self):
        order = self.new("ord")
        self.nicepay.behave("drop_after", "regist")
        self.assertEqual(self.register(order=order)["status"], UNKNOWN)
        self.assertEqual(self.find(order)["status"], NOT_FOUND)
        self.assertEqual(self.undo(order, LATE_S)["status"], OK)

    def test_when_the_hour_of_net_cancel_is_over_it_is_found_and_cancelled(self):
        key, order, never = self.key(), self.new("ord"), self.new("ord")
        self.nicepay.behave("drop_after", "payments")
        self.assertEqual(self.charge(key, order)["status"], UNKNOWN)
        self.nicepay.age_s = 4000
        self.nicepay.requests.clear()
        self.assertEqual((self.undo(order, 4000)["status"], self.nicepay.orders[order]["balance"]), (OK, 0))
        self.assertEqual([r["op"] for r in self.nicepay.requests], ["netcancel", "find", "cancel"])
        self.assertEqual(self.undo(order, 4000)["status"], OK)
        self.assertEqual(self.undo(never, 4000)["status"], OK)

    def test_an_order_made_under_a_wrong_clock_is_found_and_cancelled_or_stays_unknown(self):
        key, day_s = self.key(), 24 * 3600
        self.nicepay.age_s = 0
        orders = [self.new("ord") for _ in range(4)]
        for order in orders:
            self.assertEqual(self.charge(key, order)["status"], OK)
        self.nicepay.age_s = 4000
        for order, off_s in zip(orders, (day_s, -day_s, 2 * day_s, -2 * day_s)):
            got = self.undo(order, 4000, off_s)
            gone = abs(off_s) == day_s
            self.assertEqual((got["status"], self.nicepay.orders[order]["balance"]), (OK, 0) if gone else (UNKNOWN, 53000), off_s)

    def test_every_step_of_an_undoing_may_be_lost_and_done_again(self):
        key = self.key()
        for op in ("netcancel", "find", "cancel"):
            for mode in ("drop_before", "drop_after", "garbage", "unsigned"):
                with self.subTest(op=op, mode=mode):
                    order = self.new("ord")
                    self.nicepay.age_s = 0
                    self.assertEqual(self.charge(key, order)["status"], OK)
                    self.nicepay.age_s = 0 if op == "netcancel" else 4000
                    self.nicepay.behave(mode, op)
                    first = self.undo(order, 4000)
                    self.assertEqual(first["status"], UNKNOWN)
                    self.assertEqual((self.undo(order, 4000)["status"], self.nicepay.orders[order]["balance"]), (OK, 0))

    def test_an_order_near_midnight_is_looked_for_on_both_days(self):
        key, order = self.key(), self.new("ord")
        self.assertEqual(self.charge(key, order)["status"], OK)
        booked = self.nicepay.orders[order]["at"]
        last_night = booked.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000 - 60000
        self.nicepay.requests.clear()
        self.assertEqual(self.find(order, int(last_night))["status"], OK)
        self.assertEqual(len(self.nicepay.of("find")), 2)
        self.assertEqual(self.find(order, int(last_night) - 3600000)["status"], NOT_FOUND)

    def test_a_query_without_a_usable_answer_is_unknown(self):
        key, order = self.key(), self.new("ord")
        self.charge(key, order)
        for mode in ("drop_before", "fail", "garbage", "cut", "unsigned", "other", "doubled"):
            self.nicepay.behave(mode, "find")
            self.assertEqual(self.find(order)["status"], UNKNOWN, mode)

    # ---- giving back ----
    def give_back(self, paid, amount, cancel=None, **more):
        return self.arsd.ask("pg_cancel", order_id="ord", tid=paid["tid"], cancel_id=cancel or self.new("can"), amount_minor=amount,
                             vat_minor=-1, currency="KRW", reason="고객 변심", **more)

    def find_back(self, paid, amount, cancel):
        return self.arsd.ask("pg_query_cancel", order_id="ord", tid=paid["tid"], cancel_id=cancel, amount_minor=amount)

    def paid(self):
        order = self.new("ord")
        return self.nicepay.orders, order, self.charge(self.key(), order)

    def test_what_is_free_of_tax_is_said(self):
        key = self.key()
        for free, said in ((-1, None), (0, 0), (3000, 3000)):
            self.assertEqual(self.charge(key, self.new("ord"), tax_free_minor=free)["status"], OK)
            self.assertEqual(self.nicepay.requests[-1]["values"].get("taxFreeAmt"), said)

    def test_all_of_a_payment_or_parts_of_it_are_given_back(self):
        orders, order, paid = self.paid()
        whole = self.give_back(paid, 53000, whole=1)
        self.assertEqual((whole["status"], whole["amount_minor"], orders[order]["balance"]), (OK, 53000, 0), whole)
        again = self.give_back(paid, 53000, whole=1)
        self.assertEqual((again["status"], again["code"]), (DECLINED, "2013"))
        orders, order, paid = self.paid()
        parts = [self.give_back(paid, amount, tax_free_minor=tax) for amount, tax in ((10000, 0), (3000, 1000), (40000, 0))]
        self.assertEqual([p["status"] for p in parts], [OK] * 3)
        self.assertEqual(len({p["tid"] for p in parts}), 3)
        self.assertEqual((orders[order]["balance"], orders[order]["status"]), (0, "cancelled"))
        orders, order, paid = self.paid()
        more = self.give_back(paid, 53001)
        self.assertEqual((more["status"], CLASSES[more["decline"]], more["code"]), (DECLINED, "merchant", "2032"))
        self.assertEqual(orders[order]["balance"], 53000)
        self.assertEqual(self.give_back({"tid": "nosuchtid"}, 1)["status"], DECLINED)

    def test_a_giving_back_whose_answer_is_lost_is_found_and_done_once(self):
        for mode, arrived in (("drop_before", False), ("drop_after", True), ("garbage", True), ("unsigned", True), ("cut", True)):
            for whole in (0, 1):
                with self.subTest(mode=mode, whole=whole):
                    orders, order, paid = self.paid()
                    amount, cancel = 53000 if whole else 20000, self.new("can")
                    self.nicepay.behave(mode, "cancel")
                    self.assertEqual(self.give_back(paid, amount, cancel, whole=whole)["status"], UNKNOWN)
                    found = self.find_back(paid, amount, cancel)
                    self.assertEqual((found["status"], found["amount_minor"]), (OK, amount) if arrived else (NOT_FOUND, 0))
                    again = self.give_back(paid, amount, cancel, whole=whole)
                    self.assertEqual(again["status"], (DECLINED if whole else UNKNOWN) if arrived else OK, again)
                    self.assertEqual(self.find_back(paid, amount, cancel)["status"], OK)
                    self.assertEqual(orders[order]["balance"], 53000 - amount)
                    self.assertEqual(self.find_back(paid, amount, self.new("can"))["status"], NOT_FOUND)

    def test_a_query_of_a_giving_back_without_a_usable_answer_is_unknown(self):
        _, _, paid = self.paid()
        cancel = self.new("can")
        self.give_back(paid, 20000, cancel)
        for mode in ("drop_before", "fail", "garbage", "cut", "unsigned", "doubled"):
            self.nicepay.behave(mode, "get")
            self.assertEqual(self.find_back(paid, 20000, cancel)["status"], UNKNOWN, mode)
        self.assertEqual(self.find_back(paid, 20001, cancel)["status"], UNKNOWN, "another amount was given back under its name")

    def promotions(self):
        answer = self.arsd.ask("pg_promotions", pg="nice")
        return answer["status"], answer["left_out"], json.loads(answer["rows"])["rows"] if answer["rows"] else None

    def test_the_table_of_interest_free_instalments_is_read(self):
        until = (now_kst() + datetime.timedelta(days=30)).date() - datetime.date(1970, 1, 1)
        usual = {"issuer": "shinhan", "from_day": 0, "until_day": until.days}
        good = [{**usual, "months": [2, 3], "least": 50000, "most": 99999}, {**usual, "months": [2, 3, 12], "least": 100000, "most": 0}]
        # A card company without a name of ours is left out, and counted.
        self.assertEqual(self.promotions(), (OK, 1, good))
        for mode in ("drop_before", "fail", "garbage", "cut", "unsigned", "doubled"):
            self.nicepay.behave(mode, "interest_free")
            self.assertEqual(self.promotions(), (UNKNOWN, 0, None), mode)

    def test_a_table_with_one_row_that_cannot_be_read_is_no_table(self):
        good, usual = free("06", (50000, 99999, "02:03")), self.nicepay.interest_free
        self.addCleanup(setattr, self.nicepay, "interest_free", usual)
        for change in ({"installment": "2:3"}, {"installment": "01"}, {"installment": "37"}, {"installment": "02:03:"}, {"installment": ""},
                       {"installment": 2}, {"minAmt": "50000"}, {"minAmt": -1}, {"minAmt": 99999999}, {"maxAmt": None}, {"eventToDate": "2026-12-31"},
                       {"eventToDate": "2026-13-31T23:59:59.000+0900"}, {"eventToDate": None}):
            band = {**good["freeInstallment"][0], **change}
            for bad in ([good, {**good, "freeInstallment": [band]}], [{**good, "cardCode": "99", "freeInstallment": [band]}]):
                self.nicepay.interest_free = bad
                self.assertEqual(self.promotions(), (UNKNOWN, 0, None), change)
        for bad in ([{}], [{"cardCode": "06"}], ["06"], [{"cardCode": "06", "freeInstallment": {}}], {}):
            self.nicepay.interest_free = bad
            self.assertEqual(self.promotions(), (UNKNOWN, 0, None), bad)
        self.nicepay.interest_free = []
        self.assertEqual(self.promotions(), (OK, 0, []))
        # Far more than any table has, within what a gateway may answer at all.
        self.nicepay.interest_free = [free("06", *[(50000, 99999, "02")] * 300)]
        self.assertEqual(self.promotions(), (UNKNOWN, 0, None))

    def test_neither_secret_nor_card_is_written_anywhere(self):
        order = self.new("ord")
        sealed = enc_data(self.nicepay.secret, cards.CREDIT, order)
        self.register(order=order, sealed=sealed)
        log = pathlib.Path(self.folder / "uplinkd.log").read_text()
        self.assertIn(f"order={order}", log)
        for secret in (self.nicepay.secret, sealed[12:60], cards.CREDIT.number):
            self.assertNotIn(secret, log)


if __name__ == "__main__":
    unittest.main()
