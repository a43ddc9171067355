"""uplinkd as a process (support/uplink.py) and a PG: what may have arrived is never called unsent."""
import json
import time
import unittest

from rig.merchant import wait_until
from support import cards
from support.seal import seal_text
from support.uplink import DECLINED, NOT_FOUND, NOT_SENT, OK, PG_TIMEOUT_MS, UNKNOWN, World, http_answer

CLASSES = ["", "input", "funds", "dead_card", "ask_issuer", "merchant", "system"]


class PgTest(World):
    def test_a_card_is_verified_and_its_key_pays_until_it_expires(self):
        verified = self.verify()
        self.assertEqual((verified["status"], verified["issuer"], verified["bin"], verified["last4"], verified["card_type"]),
                         (OK, "shinhan", "94612000", "5673", 1))
        key = verified["pg_billing_key"]
        order = self.new("ord")
        before = time.time() * 1000
        paid = self.pay(order, pg_billing_key=key, instalment_months=3, interest_free=1)
        self.assertEqual((paid["status"], paid["amount_minor"], paid["pg_billing_key"]), (OK, 53000, ""))
        self.assertRegex(paid["approval_no"], r"^[0-9]{8}$")
        self.assertLess(abs(paid["at_ms"] - before), 10000)
        booked = self.order(order)
        self.assertEqual((booked["instalment_months"], booked["interest_free"], booked["order_name"], booked["by"],
                          booked["bookings"]), (3, True, "월간 구독", "billing_key", 1))
        asked = self.query(order)
        self.assertEqual((asked["status"], asked["approval_no"], asked["amount_minor"]), (OK, paid["approval_no"], 53000))
        self.assertEqual(self.arsd.ask("pg_expire_key", pg_billing_key=key)["status"], OK)
        self.assertEqual(self.arsd.ask("pg_expire_key", pg_billing_key=key)["status"], NOT_FOUND)
        refused = self.pay(pg_billing_key=key)
        self.assertEqual((refused["status"], CLASSES[refused["decline"]], refused["code"]), (DECLINED, "dead_card", "P905"))

    def test_a_card_pays_and_is_kept_only_when_asked(self):
        kept = self.pay(card=cards.COMPANY, keep=1)
        self.assertEqual((kept["status"], kept["issuer"], kept["last4"]), (OK, "samsung", "0027"))
        self.assertEqual(self.pay(pg_billing_key=kept["pg_billing_key"])["status"], OK)
        self.assertEqual(self.pay(card=cards.CHECK)["pg_billing_key"], "")

    def test_each_decline_keeps_its_class_and_code(self):
        for cls, (card, code) in {**cards.DECLINES, "system": (cards.SYSTEM, "P096"),
                                  "input": (cards.WRONG_PASSWORD, cards.WRONG_PASSWORD_CODE)}.items():
            for got in (self.verify(card), self.pay(card=card)):
                self.assertEqual((got["status"], CLASSES[got["decline"]], got["code"]), (DECLINED, cls, code))
                self.assertEqual(got["approval_no"], "")
        key = self.verify(cards.FUNDS)["pg_billing_key"]
        got = self.pay(pg_billing_key=key)
        self.assertEqual((got["status"], CLASSES[got["decline"]], got["code"]), (DECLINED, "funds", "P051"))
        wrong = {"P012": cards.CREDIT.but(identity="870922"), "P015": cards.CREDIT.but(expiry="1130"),
                 "P014": cards.CREDIT.but(number=cards.BAD_LUHN), "P054": cards.CREDIT.but(expiry="0120")}
        self.assertEqual({code: self.verify(card)["code"] for code, card in wrong.items()}, {code: code for code in wrong})

    def test_the_table_of_what_is_free_of_interest_is_read_whole_or_not_at_all(self):
        def ask(*items):
            self.control.post("/pg/interest-free", {"items": list(items)})
            answer = self.arsd.ask("pg_promotions")
            return answer["status"], json.loads(answer["rows"])["rows"] if answer["rows"] else None

        good = {"issuer": "kb", "months": [2, 12], "least": 50000, "most": None, "from": "2026-12-01", "until": "2027-01-31"}
        read = {"issuer": "kb", "months": [2, 12], "least": 50000, "most": 0, "from_day": 20788, "until_day": 20849}
        self.assertEqual(ask(good), (OK, [read]))
        self.assertEqual(ask({**good, "from": None, "most": 99999, "more": 1}), (OK, [{**read, "from_day": 0, "most": 99999}]))
        self.assertEqual(ask(), (OK, []))
        for bad in ({"issuer": "x" * 16}, {"issuer": None}, {"months": [64]}, {"months": ["2"]}, {"months": 2}, {"least": "1"}, {"least": None},
                    {"most": "1"}, {"from": "2026-12-32"}, {"until": None}, {"until": 20849}, {"until": "2026-02-29"}):
            self.assertEqual(ask(good, {**good, **bad}), (UNKNOWN, None), bad)
        self.assertEqual(ask(*[good] * 256)[0], OK)
        self.assertEqual(ask(*[good] * 257), (UNKNOWN, None))
        self.control.post("/pg/interest-free", {"items": "none"})
        self.assertEqual(self.arsd.ask("pg_promotions")["status"], UNKNOWN)
        self.control.post("/pg/interest-free", {"items": None})
        self.assertEqual(self.arsd.ask("pg_promotions")["status"], OK)
        self.assertEqual(self.arsd.ask("pg_promotions", pg="closed")["status"], NOT_SENT)
        self.assertEqual(self.arsd.ask("pg_promotions", pg="nobody")["status"], DECLINED)

    def test_instalments_of_a_check_card_or_a_small_sum_are_declined(self):
        self.assertEqual(self.pay(card=cards.CHECK, instalment_months=3)["code"], "P906")
        self.assertEqual(self.pay(card=cards.CREDIT, instalment_months=2, amount=49999)["code"], "P906")
        self.assertEqual(self.pay(card=cards.CREDIT, instalment_months=2, amount=50000)["status"], OK)

    def test_a_record_of_another_order_or_changed_by_a_bit_is_worth_nothing(self):
        mine = self.new("ord")
        stolen = self.seal(cards.CREDIT, self.new("ord"))
        parts = self.seal(cards.CREDIT, mine).split(".")
        changed = ".".join([*parts[:3], ("A" if parts[3][0] != "A" else "B") + parts[3][1:], parts[4]])
        inside = self.seal(cards.CREDIT, mine, header_order=self.new("ord"))
        outside = self.seal(cards.CREDIT, self.new("ord"), header_order=mine)
        no_record = seal_text(self.folder / "sandbox" / "pg-pub.pem", b"{}", {"order_id": mine})
        for jwe in (stolen, changed, inside, outside, no_record, "a.b.c.d.e", "x"):
            order = mine if jwe is not stolen else self.new("ord")
            got = self.arsd.ask("pg_verify", order_id=order, jwe=jwe)
            self.assertEqual((got["status"], CLASSES[got["decline"]]), (DECLINED, "system"), jwe)
            self.assertIn(got["code"], ("P901", "P902", "P904"))

    def test_lost_before_the_effect_is_unknown_and_not_found(self):
        for mode in ("drop_before", "silence_before", "fail", "redirect"):
            with self.subTest(mode):
                order = self.new("ord")
                self.behave(mode=mode, op="pay", times=1, delay_ms=4000)
                self.assertEqual(self.pay(order, card=cards.CREDIT)["status"], UNKNOWN)
                self.assertEqual(self.query(order)["status"], NOT_FOUND)
                self.assertIsNone(self.order(order))

    def test_an_order_that_comes_late_is_not_found_until_then_and_held_off_by_a_net_cancel(self):
        first, second = self.new("ord"), self.new("ord")
        self.behave(mode="late", op="pay", times=2, delay_ms=2 * PG_TIMEOUT_MS)
        jobs = [self.arsd.start("pg_pay", **self.payment(order, card=cards.CREDIT)) for order in (first, second)]
        for job in jobs:
            self.assertEqual(self.arsd.result(job)["status"], UNKNOWN)
        self.assertEqual(self.query(first)["status"], NOT_FOUND)
        self.assertEqual(self.arsd.ask("pg_net_cancel", order_id=second, reason="no answer")["status"], OK)
        self.assertEqual(self.control.get("/pg/ledger")["late"], 2)
        wait_until("both have come", lambda: self.control.get("/pg/ledger")["late"] == 0, 10)
        self.assertEqual(self.order(first)["result"], "approved")
        self.assertEqual((self.order(second)["result"], self.order(second)["bookings"]), ("net_canceled", 0))

    def test_lost_after_the_effect_is_unknown_and_found_booked_once(self):
        for mode in ("drop_after", "silence_after", "slow", "garbage", "cut", "other", "fail_after"):
            with self.subTest(mode):
                order = self.new("ord")
                self.behave(mode=mode, op="pay", times=1, delay_ms=4000)
                job = self.payment(order, card=cards.CREDIT)
                self.assertEqual(self.arsd.ask("pg_pay", **job)["status"], UNKNOWN)
                found = self.query(order)
                self.assertEqual((found["status"], found["amount_minor"]), (OK, 53000))
                again = self.arsd.ask("pg_pay", **job)
                self.assertEqual((again["status"], again["approval_no"]), (OK, found["approval_no"]))
                self.assertEqual(self.order(order)["bookings"], 1)

    def test_the_cards_that_lose_their_answer(self):
        for card, booked in ((cards.LOST_BEFORE, None), (cards.LOST_AFTER, 1), (cards.GARBAGE, 1)):
            order = self.new("ord")
            self.assertEqual(self.verify(card, order)["status"], UNKNOWN)
            self.assertEqual((self.order(order) or {}).get("bookings"), booked)
            self.assertEqual(self.query(order)["status"], OK if booked else NOT_FOUND)

    def test_a_query_without_an_answer_is_unknown_not_not_found(self):
        order = self.new("ord")
        self.pay(order, card=cards.CREDIT)
        for mode in ("drop_before", "fail", "garbage", "cut", "redirect"):
            self.behave(mode=mode, op="query", times=1)
            self.assertEqual(self.query(order)["status"], UNKNOWN, mode)
        self.assertEqual(self.query(order)["status"], OK)
        self.assertEqual(self.query(order, pg="other_secret")["status"], UNKNOWN)

    def test_a_net_cancel_takes_back_and_holds_against_a_late_order(self):
        order = self.new("ord")
        self.behave(mode="drop_after", op="pay", times=1)
        self.assertEqual(self.pay(order, card=cards.CREDIT)["status"], UNKNOWN)
        self.behave(mode="drop_after", op="net_cancel", times=1)
        self.assertEqual(self.arsd.ask("pg_net_cancel", order_id=order, reason="no answer")["status"], UNKNOWN)
        self.assertEqual(self.arsd.ask("pg_net_cancel", order_id=order, reason="no answer")["status"], OK)
        self.assertEqual((self.query(order)["status"], self.query(order)["code"]), (NOT_FOUND, "net_canceled"))
        never = self.new("ord")
        self.assertEqual(self.arsd.ask("pg_net_cancel", order_id=never, reason="no answer")["status"], OK)
        late = self.pay(never, card=cards.CREDIT)
        self.assertEqual((late["status"], late["code"]), (DECLINED, "P903"))
        self.assertEqual(self.order(never)["bookings"], 0)

    def cancel(self, order, cancel, amount, whole=0, op="pg_cancel", **more):
        if op == "pg_cancel":
            more = {"vat_minor": -1, "currency": "KRW", "reason": "반품", "whole": whole, **more}
        return self.arsd.ask(op, order_id=order, cancel_id=cancel, amount_minor=amount, **more)

    def test_a_payment_is_given_back_in_parts_and_never_more_than_it_was(self):
        order, first, lost = self.new("ord"), self.new("can"), self.new("can")
        self.assertEqual(self.pay(order, card=cards.CREDIT)["status"], OK)
        got = self.cancel(order, first, 20000, tax_free_minor=1000, vat_minor=1727)
        self.assertEqual((got["status"], got["amount_minor"]), (OK, 20000))
        self.assertEqual(self.cancel(order, lost, 10, op="pg_query_cancel")["status"], NOT_FOUND)
        self.behave(mode="drop_after", op="cancel", times=1)
        self.assertEqual(self.cancel(order, lost, 10000)["status"], UNKNOWN)
        self.assertEqual(self.cancel(order, lost, 10000, op="pg_query_cancel")["status"], OK)
        self.assertEqual(self.cancel(order, lost, 10000)["status"], OK)
        self.assertEqual(self.cancel(order, lost, 9999)["status"], DECLINED)
        too_much = self.cancel(order, self.new("can"), 23001)
        self.assertEqual((too_much["status"], CLASSES[too_much["decline"]], too_much["code"]), (DECLINED, "merchant", "P908"))
        self.assertEqual((self.order(order)["remaining"], self.order(first)["tax_free"], self.order(first)["vat"]), (23000, 1000, 1727))
        self.assertEqual(self.cancel(order, self.new("can"), 23000)["status"], OK)
        self.assertEqual(self.cancel(order, self.new("can"), 1)["code"], "P908")

    def test_the_parts_of_a_payment_are_said_and_kept_to_by_the_gateway(self):
        plain, order = self.new("ord"), self.new("ord")
        self.assertEqual(self.pay(plain, card=cards.CREDIT)["status"], OK)
        self.assertEqual([self.order(plain)[part] for part in ("tax_free", "vat")], [None, None])
        self.assertEqual(self.pay(order, card=cards.CREDIT, tax_free_minor=20000, vat_minor=3000)["status"], OK)
        self.assertEqual([self.order(order)[part] for part in ("tax_free", "vat")], [20000, 3000])
        for amount, free, vat in ((30000, 20001, -1), (33001, 0, -1), (10000, 0, 3001)):
            self.assertEqual(self.cancel(order, self.new("can"), amount, tax_free_minor=free, vat_minor=vat)["code"], "P909")
        for amount, free in ((25000, 20000), (28000, 0)):
            self.assertEqual(self.cancel(order, self.new("can"), amount, tax_free_minor=free)["status"], OK)
        more = self.new("ord")
        self.assertEqual(self.pay(more, card=cards.CREDIT, tax_free_minor=53001)["status"], UNKNOWN)
        self.assertIsNone(self.order(more))

    def test_what_cannot_be_sent_is_not_sent(self):
        before = len(self.odd_name.requests) + len(self.odd_silent.requests)
        for pg in ("other_ca", "system_ca", "closed", "no_name", "odd_name", "odd_silent"):
            order = self.new("ord")
            got = self.pay(order, card=cards.CREDIT, pg=pg)
            self.assertEqual((got["status"], got["tid"]), (NOT_SENT, ""), (pg, got))
            self.assertIsNone(self.order(order))
        self.assertEqual(len(self.odd_name.requests) + len(self.odd_silent.requests), before)

    def test_a_name_is_looked_up_inside_the_confinement(self):
        self.assertEqual(self.pay(card=cards.CREDIT, pg="by_name")["status"], OK)

    def test_a_certificate_is_what_fails_under_another_ca(self):
        for pg in ("other_ca", "system_ca"):
            self.assertRegex(self.query(self.new("ord"), pg=pg)["message"], "(?i)certificate (problem|verif)", pg)

    def test_a_pg_that_is_not_there_or_a_job_it_cannot_do_is_a_definite_no(self):
        got = self.pay(card=cards.CREDIT, pg="nobody")
        self.assertEqual((got["status"], CLASSES[got["decline"]], got["code"]), (DECLINED, "system", "no_such_pg"))
        self.assertEqual(self.pay()["code"], "bad_job")
        self.assertEqual(self.arsd.ask("pg_expire_key", pg_billing_key="..")["code"], "bad_job")

    def test_a_pg_that_is_not_there_any_more_says_nothing_about_an_order(self):
        for op, more in (("pg_query", {}), ("pg_net_cancel", {"reason": "no answer"})):
            for named in ({"order_id": self.new("ord"), "pg": "nobody"}, {"order_id": ".."}):
                self.assertEqual(self.arsd.ask(op, **named, **more)["status"], NOT_SENT, (op, named))

    def test_not_sent_is_never_said_of_a_request_that_the_pg_has_seen(self):
        # Around the time-out of the handshake, where "connected" and "too late" are a matter of a moment.
        seen = set()
        for delay_ms in range(600, 800, 20):
            order = self.new("ord")
            self.odd_late.delay_s = delay_ms / 1000
            self.odd_late.answers[:] = [http_answer(self.approved(order), headers="Connection: close\r\n")]
            got = self.pay(order, pg_billing_key="key", pg="odd_late")
            time.sleep(0.25)
            arrived = any(order.encode() in request for _, request in self.odd_late.requests)
            self.assertIn((got["status"], arrived), [(NOT_SENT, False), (OK, True), (UNKNOWN, True), (UNKNOWN, False)], delay_ms)
            seen.add(got["status"])
        self.assertLessEqual({NOT_SENT, OK}, seen)

    def test_a_secret_that_the_pg_does_not_know_books_nothing(self):
        order = self.new("ord")
        self.assertEqual(self.pay(order, card=cards.CREDIT, pg="other_secret")["status"], UNKNOWN)
        self.assertIsNone(self.order(order))

    # ---- a gateway that misbehaves ----
    def odd_pay(self, *answers):
        """Pays there; answers are made from the order id. Returns the result, the requests that came, and the order id."""
        order = self.new("ord")
        self.odd.answers[:] = [answer and answer(order) for answer in answers]
        seen = len(self.odd.requests)
        got = self.pay(order, pg_billing_key="key", pg="odd")
        time.sleep(0.2)
        return got, self.odd.requests[seen:], order

    @staticmethod
    def approved(order, total=53000, **more):
        return {"result": "approved", "order_id": order, "tid": "t", "approval_no": "12345678",
                "approved_at": "2026-11-24T05:12:33.123Z", "amount": {"total": total, "currency": "KRW"}, **more}

    def good(self, order):
        return http_answer(self.approved(order))

    def test_a_kept_connection_that_dies_under_a_request_is_not_asked_again(self):
        first, ((connection, _),), _ = self.odd_pay(self.good)
        self.assertEqual(first["status"], OK)
        got, requests, _ = self.odd_pay(None, self.good)
        self.assertEqual(got["status"], UNKNOWN)
        self.assertEqual([number for number, _ in requests], [connection])

    def test_hostile_answers_are_unknown(self):
        chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        self.assertEqual(self.odd_pay(self.good)[0]["status"], OK)
        self.assertEqual(self.odd_pay(lambda o: http_answer(self.approved(o, unknown_member=[1])))[0]["status"], OK)
        for name, answer in {
                "too long": lambda o: http_answer(self.approved(o, padding="x" * 70000)),
                "endless": lambda o: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 40,
                "cut": lambda o: self.good(o)[:-20],
                "a redirect": lambda o: http_answer(self.approved(o), "302 Found", f"Location: {self.odd.url}/elsewhere\r\n"),
                "another status": lambda o: http_answer(self.approved(o), "201 Created"),
                "another order": lambda o: self.good(o + "x"),
                "another sum": lambda o: http_answer(self.approved(o, total=53001)),
                "a sum as text": lambda o: http_answer(self.approved(o, total="53000")),
                "two words": lambda o: http_answer(b'{"result":"declined",' + json.dumps(self.approved(o)).encode()[1:]),
                "a tail": lambda o: http_answer(json.dumps(self.approved(o)).encode() + b"{}"),
                "no protocol": lambda o: b"hello\r\n\r\n",
                "deep": lambda o: http_answer(json.dumps(self.approved(o)).encode()[:-1] + b',"a":' + b"[" * 50 + b"]" * 50 + b"}")
        }.items():
            with self.subTest(name):
                got, requests, _ = self.odd_pay(answer)
                self.assertEqual((got["status"], got["tid"]), (UNKNOWN, ""), got)
                self.assertEqual(len(requests), 1)
        self.assertEqual([r for _, r in self.odd.requests if b"/elsewhere" in r], [])

    def test_the_request_carries_the_secret_and_nothing_more_than_it_must(self):
        _, ((_, request),), order = self.odd_pay(self.good)
        head, _, body = request.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"POST /v1/payments HTTP/1.1\r\n"))
        secret = (self.folder / "sandbox" / "pg.secret").read_bytes()
        self.assertIn(b"Authorization: Bearer " + secret, head)
        self.assertNotIn(b"Expect:", head)
        self.assertEqual(json.loads(body)["order_id"], order)


if __name__ == "__main__":
    unittest.main()
