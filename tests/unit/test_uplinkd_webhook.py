"""uplinkd as a process (support/uplink.py) and merchants: signed events, and addresses that are none of theirs."""
import email.utils
import json
import time
import unittest

from support import cards
from support.preload import SANITIZED, is_sanitized
from support.uplink import BUILD, LATER, OK, REFUSED, SECRET, SENT, World


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

    def test_the_status_counts_however_much_is_said_behind_it(self):
        page = b"<html>" + b"thank you " * 20000
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(page), page) for _ in range(3))
        for head, body in ((f"Content-Length: {len(page)}", page), ("Transfer-Encoding: chunked", chunks), ("Connection: close", page)):
            for status, wanted in (("200 OK", SENT), ("500 Oh", LATER), ("410 Gone", REFUSED)):
                with self.subTest(head, status=status):
                    self.odd.answers[:] = [f"HTTP/1.1 {status}\r\n{head}\r\n\r\n".encode() + body]
                    mark = len(self.odd.requests)
                    got = self.send(url=self.odd.url + "/hooks")
                    self.assertEqual((got["status"], got["http_status"]), (wanted, int(status[:3])), got)
                    self.assertEqual(len(self.odd.requests), mark + 1)

    def test_a_server_says_when_to_ask_it_again(self):
        day = email.utils.formatdate(time.time() + 3600, usegmt=True)
        for head, least, most in (("Retry-After: 90", 90, 90), ("retry-after:  7 ", 7, 7), (f"Retry-After: {day}", 3500, 3600),
                                  ("Retry-After: soon", 0, 0), ("X-Retry-After: 90", 0, 0)):
            with self.subTest(head):
                self.odd.answers[:] = [f"HTTP/1.1 503 Busy\r\n{head}\r\nContent-Length: 0\r\n\r\n".encode()]
                got = self.send(url=self.odd.url + "/hooks")
                self.assertEqual((got["status"], got["http_status"]), (LATER, 503))
                self.assertTrue(least <= got["retry_after_s"] <= most, got)

    def test_half_an_answer_is_none(self):
        for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 103 Early Hints\r\n\r\n",
                       b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal"):
            with self.subTest(answer):
                self.odd.answers[:] = [answer]
                got = self.send(url=self.odd.url + "/hooks")
                self.assertEqual((got["status"], got["http_status"]), (LATER, 0))

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


@unittest.skipIf(is_sanitized(), SANITIZED)
class SilentNameServerTest(World):
    @classmethod
    def env_of(cls, name):
        return {"LD_PRELOAD": str(BUILD / "fault" / "preload.so")} if name == "uplinkd" else {}

    def test_a_name_server_that_is_silent_holds_up_its_own_webhook_alone(self):
        """Merchants name hosts. A name of silent.invalid is looked up for half a minute (preload.c): five at once, and one when
        uplinkd is to end, which is waited for 10 s."""
        jobs = [self.arsd.start("webhook", event_id=self.new("evt"), url=f"https://{i}.silent.invalid/", secret=SECRET, body="{}") for i in range(5)]
        for job in jobs:
            got = self.arsd.result(job)
            self.assertEqual((got["status"], got["http_status"]), (LATER, 0))
            self.assertIn("Resolving timed out", got["detail"])
            self.assertEqual(self.arsd.ask("sms", message_id=self.new("sms"), to="01012345678", text="x")["status"], SENT)
        self.assertEqual(self.pay(card=cards.CREDIT)["status"], OK)
        self.arsd.start("webhook", event_id=self.new("evt"), url="https://end.silent.invalid/", secret=SECRET, body="{}")
        self.assertEqual(self.arsd.ask("sms", message_id=self.new("sms"), to="01012345678", text="x")["status"], SENT)


if __name__ == "__main__":
    unittest.main()
