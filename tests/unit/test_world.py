"""callkey-sandbox as a process, asked directly on its sockets: who may ask, what is refused, what is kept, what the tests see."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from rig import config
from rig.merchant import UnixHttp, wait_until
from support import cards
from support.leaks import Leaks
from support.seal import seal_card

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Door:
    """HTTP on a unix socket: (status, body)."""

    def __init__(self, path, headers=None):
        self.path, self.headers = str(path), headers or {}

    def ask(self, method, target, body=None, headers=None):
        connection = http.client.HTTPConnection("localhost", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(10)
        connection.sock.connect(self.path)
        try:
            data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
            connection.request(method, target, data, {**self.headers, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text[:1] == b"{" else text
        finally:
            connection.close()


class WorldTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="world-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        config.make_pg_key(cls.folder)
        config.make_secret(cls.folder / "pg.secret")
        config.make_secret(cls.folder / "sms.secret")
        cls.log = open(cls.folder / "log", "wb")
        cls.addClassCleanup(cls.log.close)
        cls.process = subprocess.Popen([str(BUILD / "bin" / "callkey-sandbox"), "--dir", str(cls.folder)], stderr=cls.log)
        cls.addClassCleanup(cls.stop)
        wait_until("it listens", lambda: (cls.folder / "control.sock").exists())
        cls.control = UnixHttp(cls.folder / "control.sock")
        cls.pg = Door(cls.folder / "pg.sock", cls.bearer("pg.secret"))
        cls.sms = Door(cls.folder / "sms.sock", cls.bearer("sms.secret"))
        cls.merchant = Door(cls.folder / "merchant.sock")
        cls.control.post("/merchant/secrets", {"secret": SECRET})

    @classmethod
    def bearer(cls, name):
        return {"Authorization": "Bearer " + (cls.folder / name).read_text()}

    @classmethod
    def stop(cls):
        cls.process.terminate()
        assert cls.process.wait(10) == 0, (cls.folder / "log").read_text()

    def verify(self, card, order):
        jwe = seal_card(self.folder / "pg-pub.pem", card, order)
        return self.pg.ask("POST", "/v1/cards/verify", {"order_id": order, "jwe": jwe})

    # ---- the PG ----
    def test_without_the_secret_nothing_is_answered(self):
        for headers in ({"Authorization": ""}, {"Authorization": "Bearer x"}, {"Authorization": "Basic " + "x" * 32}):
            for method, path in (("GET", "/v1/orders/x"), ("POST", "/v1/payments"), ("DELETE", "/v1/billing-keys/x")):
                self.assertEqual(self.pg.ask(method, path, b"{}" if method == "POST" else None, headers),
                                 (401, {"result": "unauthorized"}))
        self.assertEqual(self.sms.ask("POST", "/sms", b"{}", {"Authorization": "Bearer x"})[0], 401)

    def test_what_is_not_of_the_protocol_is_refused_and_books_nothing(self):
        good = {"order_id": "bad-1", "amount": {"total": 1000, "currency": "KRW"}, "instalment_months": 0, "interest_free": False,
                "order_name": "n", "billing_key": "k"}
        changes = [{"order_id": ""}, {"order_id": "x" * 64}, {"order_id": 7}, {"amount": {"total": 0, "currency": "KRW"}},
                   {"amount": {"total": "1000", "currency": "KRW"}}, {"amount": {"total": 1000.5, "currency": "KRW"}},
                   {"amount": {"total": 1000, "currency": "won"}}, {"amount": 1000}, {"instalment_months": 37},
                   {"instalment_months": -1}, {"interest_free": "no"}, {"jwe": "a.b.c.d.e"}, {"more": 1}]
        for change in changes:
            self.assertEqual(self.pg.ask("POST", "/v1/payments", {**good, **change})[0], 400, change)
        for name in good:
            self.assertEqual(self.pg.ask("POST", "/v1/payments", {k: v for k, v in good.items() if k != name})[0], 400, name)
        for body in (b"", b"[]", b"{", b'{"order_id":"a","order_id":"b"}', b"\xff", b"{}" + b" " * 100 + b"x"):
            self.assertEqual(self.pg.ask("POST", "/v1/payments", body)[0], 400, body)
        for method, path in (("GET", "/v1/payments"), ("GET", "/v1/orders/"), ("GET", "/v1/orders/a/b"), ("POST", "/v1/orders/a"),
                             ("GET", "/v1/orders/" + "x" * 64), ("DELETE", "/v1/billing-keys/"), ("GET", "/")):
            self.assertEqual(self.pg.ask(method, path, b"{}" if method == "POST" else None)[0], 404, path)
        self.assertEqual([o for o in self.control.get("/pg/ledger")["orders"] if o["order_id"].startswith("bad")], [])

    @unittest.skipUnless(os.getuid() == 0, "reading another process's memory needs root")
    def test_of_a_card_nothing_but_its_mask_stays_behind(self):
        if "libasan" in pathlib.Path(f"/proc/{self.process.pid}/maps").read_text():
            self.skipTest("a sanitizer's shadow memory is terabytes, and keeps what was freed")
        # Cards of nobody's table, so that every find is one that was typed.
        typed = [cards.Card("9512345698765436", identity="771122"), cards.Card("6212345698765435", identity="650413")]
        for i, card in enumerate(typed):
            status, answer = self.verify(card, f"leak-{i}")
            self.assertEqual((status, answer["result"], answer["code"]), (200, "declined", "P014"))
        secrets = {"a card": typed[0].number, "another card": typed[1].number}
        leaks = Leaks(secrets)
        self.assertGreater(leaks.look_at_memory(self.process.pid, "callkey-sandbox"), 1 << 20)
        self.assertEqual(leaks.finds, [])
        self.assertEqual(self.verify(cards.CREDIT, "leak-ok")[1]["result"], "verified")
        own = Leaks({"card": cards.CREDIT.number, "birth": cards.CREDIT.identity.rstrip("#")}, cards.CREDIT.password)
        own.look_at_folder(self.folder)
        own.look(json.dumps(self.control.get("/pg/ledger")).encode(), "the ledger")
        self.assertEqual(own.finds, [])

    def test_the_order_s_history_tells_all_that_was_asked(self):
        order = "history-1"
        self.verify(cards.CREDIT, order)
        self.pg.ask("GET", f"/v1/orders/{order}")
        self.pg.ask("POST", f"/v1/orders/{order}/net-cancel", {"reason": "no answer"})
        shown = self.control.get(f"/pg/orders/{order}")
        self.assertEqual([(h["op"], h["note"]) for h in shown["history"]],
                         [("verify", "verified"), ("query", ""), ("net_cancel", "no answer")])
        self.assertEqual((shown["result"], shown["kind"], shown["bookings"], shown["billing_key_lives"]),
                         ("net_canceled", "verify", 1, False))

    def test_the_cards_that_the_tests_know_are_those_of_the_pg(self):
        shown = self.control.get("/pg/cards")
        known = {c["number"]: c for c in shown["cards"]}
        ours = [c for c in vars(cards).values() if isinstance(c, cards.Card) and c is not cards.WRONG_PASSWORD]
        self.assertEqual({c.number.rstrip("#") for c in ours}, set(known))
        for card in ours:
            of = known[card.number.rstrip("#")]
            self.assertEqual((card.issuer, card.identity.rstrip("#"), card.expiry, card.password),
                             (of["issuer"], of["identity"], shown["expiry"], shown["password2"]), of["what"])

    # ---- SMS ----
    def test_an_sms_that_is_none_is_refused(self):
        good = {"id": "m1", "to": "01012345678", "from": "15881234", "text": "t"}
        for change in ({"to": "+8210"}, {"to": "010-1234-5678"}, {"from": ""}, {"text": ""}, {"text": "x" * 2001}, {"text": None},
                       {"id": ""}, {"more": 1}):
            self.assertEqual(self.sms.ask("POST", "/sms", {**good, **change})[0], 400, change)
        self.assertEqual(self.sms.ask("GET", "/sms")[0], 404)
        self.assertEqual(self.control.get("/sms?to=01012345678")["messages"], [])

    # ---- webhooks ----
    def deliver(self, body=b'{"type":"t","data":{"id":"r"}}', at=None, key=SECRET, **headers):
        at = str(int(time.time()) if at is None else at)
        mac = hmac.new(base64.b64decode(key[6:]), b"evt." + at.encode() + b"." + body, hashlib.sha256).digest()
        signature = "v1," + base64.b64encode(mac).decode()
        send = {"webhook-id": "evt", "webhook-timestamp": at, "webhook-signature": signature, **headers}
        return self.merchant.ask("POST", "/webhooks", body, {k: v for k, v in send.items() if v is not None})[0]

    def test_only_a_fresh_and_whole_signature_counts(self):
        before = self.control.get("/webhooks")["refused"]
        now = int(time.time())
        bad = [{"at": now - 302}, {"at": now + 310}, {"key": "whsec_" + "A" * 32}, {"webhook-id": "other"}, {"webhook-id": None},
               {"webhook-timestamp": None}, {"webhook-signature": None}, {"webhook-signature": "v1,"}, {"webhook-signature": ""}]
        for change in bad:
            self.assertEqual(self.deliver(**change), 401, change)
        self.assertEqual(self.control.get("/webhooks?request=r")["webhooks"], [])
        self.assertEqual(self.deliver(b"no json"), 400)
        self.assertEqual(self.control.get("/webhooks")["refused"], before + len(bad) + 1)
        self.assertEqual([self.deliver(), self.deliver()], [200, 200])
        (found,) = self.control.get("/webhooks?request=r")["webhooks"]
        self.assertEqual((found["deliveries"], found["webhook_id"]), (2, "evt"))

    # ---- the tests' view ----
    def test_the_control_refuses_what_it_does_not_know(self):
        door = Door(self.folder / "control.sock")
        for part in ("pg", "sms", "merchant"):
            self.assertEqual(door.ask("POST", f"/{part}/behaviour", {"mode": "explode"})[0], 400)
            self.assertEqual(door.ask("GET", f"/{part}/behaviour")[1]["mode"], "normal")
        self.assertEqual(door.ask("POST", "/merchant/secrets", {"secret": "whsec_short"})[0], 400)
        self.assertEqual(door.ask("POST", "/merchant/secrets", b"[]")[0], 400)
        self.assertEqual(door.ask("GET", "/pg/orders/nobody")[0], 404)
        self.assertEqual(door.ask("GET", "/nothing")[0], 404)
        self.assertEqual(door.ask("PUT", "/pg/behaviour", {"mode": "fail"})[0], 404)
        self.assertEqual(door.ask("GET", "/healthz"), (200, {"status": "ok"}))

    @staticmethod
    def run_with(*words):
        return subprocess.run([str(BUILD / "bin" / "callkey-sandbox"), *words], capture_output=True, text=True, timeout=10,
                              check=False)

    def test_it_does_not_start_without_its_keys(self):
        with tempfile.TemporaryDirectory(prefix="world-") as folder:
            done = self.run_with("--dir", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{folder}/pg-key.pem", done.stderr)
        self.assertEqual(self.run_with().returncode, 2)


if __name__ == "__main__":
    unittest.main()
