"""uplinkd as a process (support/uplink.py): what may have arrived is never called unsent, and nothing is done twice."""
import base64
import hmac
import json
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from rig import config
from rig.appliance import SOURCE
from rig.merchant import wait_until
from support import cards
from support.seal import seal_text
from support.uplink import BUILD, CODEC, PG_TIMEOUT_MS, SECRET, VERSION, World, http_answer

OK, DECLINED, NOT_SENT, UNKNOWN, NOT_FOUND = 1, 2, 3, 4, 5
SENT, REFUSED, LATER, UNSURE = 1, 2, 3, 4
CAN = {word: 1 << int(bit) for word, bit in
       re.findall(r"UPLINK_CAN_(\w+) = 1 << (\d+)", (SOURCE / "firmware/ipc/uplink.h").read_text(encoding="utf-8"))}
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


class SmsTest(World):
    TO = "01012345678"
    TEXT = "안녕\n\"카드\" \\ {to} 1/2 & 3%"

    def send(self, message=None, text=TEXT):
        return self.arsd.ask("sms", message_id=message or self.new("sms"), to=self.TO, text=text)

    def messages(self, message):
        return [m for m in self.control.get(f"/sms?to={self.TO}")["messages"] if m["id"] == message]

    def test_a_text_arrives_as_it_was_written(self):
        message = self.new("sms")
        got = self.send(message)
        (found,) = self.messages(message)
        self.assertEqual((got["status"], got["provider_id"]), (SENT, found["message_id"]))
        self.assertEqual((found["text"], found["from"], found["to"]), (self.TEXT, "15881234", self.TO))
        self.assertEqual(self.control.get("/sms?to=01099999999")["messages"], [])

    def test_a_definite_no_and_a_perhaps_are_told_apart(self):
        for mode, status, kept in (("refuse", REFUSED, 0), ("fail", LATER, 0), ("drop_before", UNSURE, 0),
                                   ("drop_after", UNSURE, 1), ("silence_after", UNSURE, 1), ("redirect", REFUSED, 0)):
            with self.subTest(mode):
                message = self.new("sms")
                self.behave("sms", mode, times=1, delay_ms=4000)
                got = self.send(message)
                self.assertEqual(got["status"], status)
                self.assertNotEqual(got["detail"], "")
                self.assertEqual(len(self.messages(message)), kept)

    def test_a_text_that_is_sent_again_is_one_text(self):
        message = self.new("sms")
        self.behave("sms", "drop_after", times=1)
        self.assertEqual([self.send(message)["status"] for _ in range(3)], [UNSURE, SENT, SENT])
        (found,) = self.messages(message)
        self.assertEqual(found["deliveries"], 3)
        self.assertEqual(self.send(message, "another text")["status"], REFUSED)


class SmsProvidersTest(World):
    """The template engine, against a server that keeps what it is sent word for word."""

    @classmethod
    def settings(cls):
        settings = super().settings()
        (cls.folder / "key.secret").write_text("NCSAYU7YDBXYORXC\n")
        odd = {"url": cls.odd.url + "/sms/{user}?t={time_ms}", "ca_file": str(cls.folder / "tls" / "sandbox-ca.pem"),
               "from": "15881234", "user": "access", "secret_file": str(cls.folder / "key.secret"), "timeout_ms": 5000}
        form = "Content-Type: application/x-www-form-urlencoded"
        settings["uplinkd"]["sms"] = [
            {**odd, "name": "basic", "auth": "basic", "headers": [form], "lms_word": "L", "sms_word": "S",
             "body": "msg={text}&receiver={to}&msg_type={type}&title={subject}", "id_member": "msg_id"},
            {**odd, "name": "signed", "auth": "hmac-sha256", "sign_encoding": "base64", "sign_join": "\n",
             "sign_fields": ["POST /sms/access", "{time_ms}", "{user}", "{to}{nonce}"],
             "headers": ["Content-Type: application/json", "x-time: {time_ms}", "x-nonce: {nonce}", "x-signature: {signature}"]},
            {**odd, "name": "hex", "auth": "hmac-sha256", "sign_fields": ["{time}", "{nonce}"],
             "headers": ["Content-Type: application/json",
                         "Authorization: HMAC-SHA256 apiKey={user}, date={time}, salt={nonce}, signature={signature}"]},
        ]
        return settings

    def send(self, answers=(http_answer({}),), **more):
        self.odd.answers[:] = answers
        mark = len(self.odd.requests)
        got = self.arsd.ask("sms", message_id=self.new("sms"), to="01012345678", **{"text": "가 &\"\n", **more})
        return got, [request for _, request in self.odd.requests[mark:]]

    def header(self, request, name):
        return re.search(rb"\r\n" + name + rb": ([^\r]*)\r\n", request)[1]

    def test_basic_and_the_word_for_a_long_message(self):
        got, (request,) = self.send([http_answer({"msg_id": "m-1"})], lms=1, subject="칼키 서점")
        self.assertEqual((got["status"], got["provider"], got["provider_id"]), (SENT, "basic", "m-1"))
        self.assertRegex(request, rb"^POST /sms/access\?t=\d{13} HTTP/1.1\r\n")
        self.assertEqual(base64.b64decode(self.header(request, b"Authorization").split(b" ")[1]), b"access:NCSAYU7YDBXYORXC")
        self.assertEqual(urllib.parse.parse_qs(request.split(b"\r\n\r\n")[1].decode(), strict_parsing=True),
                         {"msg": ["가 &\"\n"], "receiver": ["01012345678"], "msg_type": ["L"], "title": ["칼키 서점"]})
        self.assertIn(b"msg_type=S&", self.send()[1][0])

    def test_a_signature_is_over_the_fields_in_their_order(self):
        got, (request,) = self.send(first="signed")
        at, nonce = self.header(request, b"x-time").decode(), self.header(request, b"x-nonce").decode()
        clear = f"POST /sms/access\n{at}\naccess\n01012345678{nonce}".encode()
        mac = hmac.new(b"NCSAYU7YDBXYORXC", clear, "sha256").digest()
        self.assertEqual((got["provider"], base64.b64decode(self.header(request, b"x-signature"))), ("signed", mac))
        self.assertLess(abs(time.time() * 1000 - int(at)), 60000)
        self.assertNotIn(b"NCSAYU7YDBXYORXC", request)

    def test_a_signature_in_hex(self):
        _, (request,) = self.send(first="hex")
        date, salt, signature = re.search(rb"date=([^,]+), salt=([0-9a-f]{32}), signature=([0-9a-f]{64})",
                                          self.header(request, b"Authorization")).groups()
        self.assertEqual(hmac.new(b"NCSAYU7YDBXYORXC", date + salt, "sha256").hexdigest().encode(), signature)
        _, (another,) = self.send(first="hex")
        self.assertNotIn(salt, another)

    def test_a_provider_that_repeats_the_number_does_not_put_it_into_the_log(self):
        got, _ = self.send([http_answer({"no": "01012345678"}, "400 Bad"), http_answer({"no": "010-1234-5678"}, "400 Bad"),
                            http_answer({"no": "1012345678 x"}, "400 Bad")])
        self.assertIn("01012345678", got["detail"])           # arsd masks what it logs itself
        log = (self.folder / "uplinkd.log").read_text()
        self.assertIn("***********", log)
        for number in ("01012345678", "010-1234-5678", "1012345678"):
            self.assertNotIn(number, log)

    def test_a_definite_no_goes_to_the_next_and_a_perhaps_to_nobody(self):
        for status in ("400 Bad Request", "429 Too Many", "503 Unavailable"):
            got, requests = self.send([http_answer({}, status), http_answer({})])
            self.assertEqual((got["status"], got["provider"], len(requests)), (SENT, "signed", 2))
        for answer in (http_answer({}, "500 Oops"), None):
            got, requests = self.send([answer, http_answer({})])
            self.assertEqual((got["status"], got["provider"], len(requests)), (UNSURE, "basic", 1))
        got, requests = self.send([http_answer({}, "400 Bad Request")] * 3)
        self.assertEqual((got["status"], len(requests)), (REFUSED, 3))
        got, requests = self.send([http_answer({}, "400 Bad Request"), http_answer({}, "503 Busy"), http_answer({}, "400 No")])
        self.assertEqual((got["status"], len(requests)), (LATER, 3))


class WebhookTest(World):
    def send(self, event=None, secret=SECRET, url=None, data=None):
        event = event or self.new("evt")
        body = json.dumps({"type": "payment.approved", "timestamp": "2026-11-24T05:12:33.123Z", "data": data or {"id": event}})
        url = url or f"https://127.0.0.1:{self.ports['merchant']}/webhooks/shop"
        return self.arsd.ask("webhook", event_id=event, url=url, secret=secret, body=body)

    def webhooks(self, request):
        return self.control.get(f"/webhooks?request={request}")["webhooks"]

    def refused(self):
        return self.control.get("/webhooks")["refused"]

    def test_an_event_is_signed_and_arrives(self):
        event = self.new("evt")
        got = self.send(event, data={"id": "pay_" + event, "name": "한글"})
        self.assertEqual((got["status"], got["http_status"]), (SENT, 200))
        (found,) = self.webhooks("pay_" + event)
        self.assertEqual((found["type"], found["webhook_id"], found["path"], found["data"]["name"]),
                         ("payment.approved", event, "/webhooks/shop", "한글"))

    def test_another_secret_is_refused_by_the_merchant(self):
        before = self.refused()
        event = self.new("evt")
        got = self.send(event, secret="whsec_" + "A" * 32)
        self.assertEqual((got["status"], got["http_status"]), (LATER, 401))
        self.assertEqual((self.refused(), self.webhooks(event)), (before + 1, []))

    def test_what_fails_is_sent_again_and_is_one_event(self):
        event = self.new("evt")
        self.behave("merchant", "fail", times=2)
        self.assertEqual([self.send(event)["status"] for _ in range(3)], [LATER, LATER, SENT])
        self.behave("merchant", "drop_after", times=1)
        self.assertEqual([self.send(event)["status"] for _ in range(2)], [LATER, SENT])
        (found,) = self.webhooks(event)
        self.assertEqual(found["deliveries"], 3)

    def test_gone_ends_it_and_a_redirect_is_not_followed(self):
        self.behave("merchant", "refuse", times=1)
        self.assertEqual(self.send()["status"], REFUSED)
        event = self.new("evt")
        self.behave("merchant", "redirect", times=1)
        got = self.send(event)
        self.assertEqual((got["status"], got["http_status"], self.webhooks(event)), (LATER, 307, []))

    def test_only_https_with_a_good_secret_is_sent(self):
        for url in ("http://127.0.0.1:1/webhooks", "ftp://127.0.0.1/", "https://user:pw@127.0.0.1/", "file:///etc/passwd", ""):
            got = self.arsd.ask("webhook", event_id=self.new("evt"), url=url, secret=SECRET, body="{}")
            self.assertEqual((got["status"], got["http_status"]), (REFUSED, 0), url)
        self.assertEqual(self.send(secret="whsec_short")["status"], REFUSED)
        self.assertEqual(self.send(url=f"https://127.0.0.2:{self.ports['closed']}/")["status"], LATER)


class InsideTest(World):
    """As on an appliance: merchants name addresses, and none but public ones is connected to."""

    @classmethod
    def settings(cls):
        settings = super().settings()
        del settings["uplinkd"]["webhook"]["allow_inside"]
        return settings

    def test_no_webhook_reaches_the_inside_by_whatever_name(self):
        port, body = self.ports["merchant"], json.dumps({"type": "webhook.test", "data": {"id": "inside"}})
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]", "10.0.0.1",
                     "192.168.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "224.0.0.1", "[64:ff9b::7f00:1]"):
            got = self.arsd.ask("webhook", event_id=self.new("evt"), url=f"https://{host}:{port}/webhooks", secret=SECRET, body=body)
            self.assertEqual((got["status"], got["http_status"]), (LATER, 0), host)
            self.assertIn("not on the public Internet", got["detail"], host)
        self.assertEqual(self.control.get("/webhooks"), {"webhooks": [], "refused": 0})

    def test_what_the_operator_has_configured_may_be_inside(self):
        got = self.arsd.ask("sms", message_id=self.new("sms"), to="01012345678", text="x")
        self.assertEqual(got["status"], SENT)


class LifeTest(World):
    def test_killed_in_the_middle_and_back_nothing_is_doubled(self):
        order, event, message = self.new("ord"), self.new("evt"), self.new("sms")
        self.behave(mode="slow", op="pay", times=1, delay_ms=1000)
        self.behave("sms", "slow", times=1, delay_ms=1000)
        self.behave("merchant", "slow", times=1, delay_ms=1000)
        url = f"https://127.0.0.1:{self.ports['merchant']}/webhooks"
        body = json.dumps({"type": "t", "data": {"id": event}})
        self.arsd.start("pg_pay", **self.payment(order, card=cards.CREDIT))
        jobs = {"sms": {"message_id": message, "to": "01011112222", "text": "t"},
                "webhook": {"event_id": event, "url": url, "secret": SECRET, "body": body}}
        for name, values in jobs.items():
            self.arsd.start(name, **values)
        wait_until("all three have arrived", lambda: self.order(order) and self.control.get("/sms?to=01011112222")["messages"] and
                   self.control.get(f"/webhooks?request={event}")["webhooks"])
        process = self.processes["uplinkd"]
        process.kill()
        self.assertEqual(process.wait(10), -signal.SIGKILL)
        wait_until("arsd has noticed", lambda: not self.arsd.greeted.is_set())
        self.start_uplinkd()
        self.assertEqual(self.query(order)["status"], OK)
        for name, values in jobs.items():
            self.assertEqual(self.arsd.ask(name, **values)["status"], SENT)
        self.assertEqual(self.order(order)["bookings"], 1)
        self.assertEqual(len(self.control.get("/sms?to=01011112222")["messages"]), 1)
        self.assertEqual(len(self.control.get(f"/webhooks?request={event}")["webhooks"]), 1)

    def test_asked_to_end_it_says_what_it_does_not_know(self):
        order = self.new("ord")
        self.behave(mode="silence_after", op="pay", times=1, delay_ms=4000)
        job = self.arsd.start("pg_pay", **self.payment(order, card=cards.CREDIT))
        wait_until("it is booked", lambda: self.order(order))
        self.processes["uplinkd"].terminate()
        self.assertEqual(self.processes["uplinkd"].wait(10), 0)
        got = self.arsd.result(job)
        self.assertEqual((got["status"], self.order(order)["bookings"]), (UNKNOWN, 1))
        wait_until("arsd has noticed", lambda: not self.arsd.greeted.is_set())
        self.start_uplinkd()

    def test_a_job_given_twice_over_a_reconnect_is_done_once(self):
        order = self.new("ord")
        self.behave(mode="slow", op="pay", times=1, delay_ms=1000)
        payment = self.payment(order, card=cards.CREDIT)
        job = self.arsd.start("pg_pay", **payment)
        wait_until("it is booked", lambda: self.order(order))
        connections = self.arsd.connections
        self.arsd.hang_up()
        wait_until("uplinkd is back", lambda: self.arsd.connections > connections and self.arsd.greeted.is_set())
        self.arsd.start("pg_pay", **{**payment, "job": job})
        self.assertEqual(self.arsd.result(job)["status"], OK)
        time.sleep(0.3)
        self.assertEqual(len(self.arsd.results[job]), 1)
        self.assertEqual([h["op"] for h in self.order(order)["history"]], ["pay"])

    def test_arsd_is_told_at_each_connection_what_the_gateways_can(self):
        connections = self.arsd.connections
        self.arsd.hang_up()
        wait_until("uplinkd is back", lambda: self.arsd.connections > connections and self.arsd.greeted.is_set())
        self.assertEqual(self.query(self.new("ord"))["status"], NOT_FOUND)      # what it says of them came before
        told = self.arsd.gateways
        self.assertEqual([g["name"] for g in told], [pg["name"] for pg in self.settings()["uplinkd"]["pg"]])
        self.assertEqual([g["left"] for g in told], list(reversed(range(len(told)))))
        self.assertEqual({g["kind"] for g in told if g["name"] == "sandbox"}, {"json"})
        can = {g["name"]: g["can"] for g in told}
        self.assertEqual(can["sandbox"] & ~can["no_key_in"], CAN["KEY_IN"] | CAN["FOREIGN"])

    def test_what_the_contract_leaves_out_is_not_sent(self):
        order = self.new("ord")
        got = self.pay(order, card=cards.CREDIT, pg="no_key_in")
        self.assertEqual((got["status"], CLASSES[got["decline"]], got["code"]), (DECLINED, "system", "not_supported"))
        self.assertIsNone(self.order(order))
        key = self.verify(pg="no_key_in")["pg_billing_key"]
        self.assertEqual(self.pay(pg_billing_key=key, pg="no_key_in")["status"], OK)
        self.assertEqual(self.pay(pg_billing_key=key, pg="no_key_in", currency="USD")["code"], "not_supported")

    def test_a_frame_that_breaks_the_protocol_costs_the_connection_alone(self):
        for frame in (b"\xff\xff", b"\x03\x00short", CODEC.encode("pg_result", job=1), CODEC.encode("hello", version=VERSION, boot=7)):
            connections = self.arsd.connections
            self.arsd.greeted.wait(10)
            self.arsd.connection.send(frame)
            wait_until("uplinkd came again", lambda: self.arsd.connections > connections and self.arsd.greeted.is_set())
        self.assertEqual(self.query(self.new("ord"))["status"], NOT_FOUND)

    def test_many_at_once_are_each_done_once(self):
        orders = [self.new("ord") for _ in range(150)]
        key = self.verify()["pg_billing_key"]
        jobs = [self.arsd.start("pg_pay", **self.payment(order, amount=1000 + i, pg_billing_key=key))
                for i, order in enumerate(orders)]
        self.assertEqual({self.arsd.result(job)["status"] for job in jobs}, {OK})
        booked = {o["order_id"]: o for o in self.control.get("/pg/ledger")["orders"]}
        self.assertEqual([booked[o]["amount"]["total"] for o in orders], [1000 + i for i in range(150)])
        self.assertEqual({booked[o]["bookings"] for o in orders}, {1})

    def test_metrics_count_and_nothing_written_tells_a_secret(self):
        order, text = self.new("ord"), "비밀 문구 xyzzy"
        jwe = self.seal(cards.CREDIT, order)
        self.assertEqual(self.arsd.ask("pg_verify", order_id=order, jwe=jwe)["status"], OK)
        self.arsd.ask("sms", message_id=self.new("sms"), to="01077778888", text=text)
        self.arsd.ask("webhook", event_id=self.new("evt"), url=f"https://127.0.0.1:{self.ports['merchant']}/webhooks",
                      secret=SECRET, body='{"type":"t"}')
        self.arsd.metrics.clear()
        metrics = wait_until("metrics", lambda: self.arsd.metrics, 10)[-1]
        self.assertRegex(metrics, r'callkey_uplinkd_jobs_total\{to="pg",result="ok"\} [1-9]')
        self.assertIn("callkey_uplinkd_jobs_in_flight 0\n", metrics)
        bearers = [(self.folder / "sandbox" / name).read_text() for name in ("pg.secret", "sms.secret")]
        written = [p for p in [*self.folder.glob("*.log"), *self.folder.glob("nginx/**/*")] if p.is_file()]
        self.assertIn("access.log", [p.name for p in written])
        for path in written:
            content = path.read_text(errors="replace")
            for secret in (jwe[:40], jwe[-40:], cards.CREDIT.number, SECRET[6:], "xyzzy", "01077778888", *bearers):
                self.assertNotIn(secret, content, path)


class ConfigTest(unittest.TestCase):
    def refusal(self, uplinkd):
        with tempfile.TemporaryDirectory(prefix="uplinkd-") as folder:
            path = pathlib.Path(folder, "callkey.cfg")
            path.write_text(config.libconfig_text({"run_dir": folder, "uplinkd": uplinkd}))
            done = subprocess.run([str(BUILD / "bin" / "uplinkd"), "--config", str(path)], capture_output=True, text=True,
                                  timeout=10, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertRegex(done.stderr, r"config_refused .*callkey\.cfg:\d+: ")
            return done.stderr

    def test_what_is_wrong_is_refused_at_start_with_its_line(self):
        pg = {"name": "a", "url": "https://127.0.0.1:1"}
        self.assertIn("is not an https address", self.refusal({"pg": [{**pg, "url": "http://127.0.0.1:1"}]}))
        self.assertIn("cannot be read", self.refusal({"pg": [{**pg, "ca_file": "/nowhere.pem"}]}))
        self.assertIn("as certificates in PEM", self.refusal({"pg": [{**pg, "ca_file": __file__}]}))
        self.assertIn("cannot be read", self.refusal({"pg": [{**pg, "secret_file": "/nowhere"}]}))
        self.assertIn("a second gateway", self.refusal({"pg": [pg, pg]}))
        self.assertIn("must be one of", self.refusal({"pg": [{**pg, "kind": "xml"}]}))
        self.assertIn("must be one of", self.refusal({"pg": [{**pg, "without": ["money"]}]}))
        self.assertIn("has no client_id", self.refusal({"pg": [{**pg, "client_id": "me"}]}))
        json_type = "Content-Type: application/json"
        sms = {"name": "a", "url": "https://127.0.0.1:1/", "body": '{"to":"{to}","text":"{text}"}', "headers": [json_type]}
        bad = lambda **more: self.refusal({"sms": [{**sms, **more}]})
        self.assertIn("unknown place {txt}", bad(body='{"t":"{txt}"}'))
        self.assertIn("no JSON object", bad(body='{"to":{to},"text":"{text}"}'))
        self.assertIn("must be somewhere", bad(body='{"to":"{to}"}'))
        self.assertIn("no secret_file", bad(headers=[json_type, "X: {secret}"]))
        self.assertIn("needs the header Content-Type", bad(headers=["X: y"]))
        self.assertIn("a second provider", self.refusal({"sms": [sms, sms]}))
        self.assertIn("no secret_file", bad(auth="basic", user="u"))
        with tempfile.NamedTemporaryFile("w", suffix=".secret") as f:
            f.write("0123456789")
            f.flush()
            key = {"secret_file": f.name}
            self.assertIn("needs a user without a colon", bad(auth="basic", user="a:b", **key))
            self.assertIn("needs 1 to 16 sign_fields", bad(auth="hmac-sha256", **key))
            self.assertIn("{signature} is in no header", bad(auth="hmac-sha256", sign_fields=["{to}"], **key))
            self.assertIn("can be signed", bad(auth="hmac-sha256", sign_fields=["{secret}"], headers=[json_type, "X: {signature}"], **key))
            self.assertIn("auth is not hmac-sha256", bad(headers=[json_type, "X: {signature}"], **key))
            smpp = lambda **more: self.refusal({"sms": [
                {"name": "s", "kind": "smpp", "host": "127.0.0.1", "user": "u", "from": "15881234", **more}]})
            self.assertIn("is no IP address", smpp(host="smsc.example"))
            self.assertIn("1 to 15 characters", smpp(user=""))
            self.assertIn("1 to 15 characters", smpp(user="a" * 16))
            self.assertIn("at most 8 ASCII characters", smpp(**key))
            self.assertIn("registered sender number", smpp(**{"from": ""}))


if __name__ == "__main__":
    unittest.main()
