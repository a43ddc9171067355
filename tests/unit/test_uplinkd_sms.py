"""uplinkd as a process (support/uplink.py) and SMS providers by HTTP: a definite no and a perhaps, templates and signatures."""
import base64
import hmac
import re
import time
import unittest
import urllib.parse

from support.uplink import LATER, REFUSED, SENT, UNSURE, World, http_answer


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

    def test_another_2xx_than_expected_was_taken_and_is_an_alarm(self):
        got, requests = self.send([http_answer({}, "202 Accepted"), http_answer({})])
        self.assertEqual((got["status"], got["provider"], got["odd_status"], len(requests)), (SENT, "basic", 202, 1))
        self.assertEqual(self.send([http_answer({})])[0]["odd_status"], 0)
        self.assertRegex((self.folder / "uplinkd.log").read_text(),
                         r"error \S+ sms_status_unexpected alarm=sms provider=basic .*expected=200 came=202 taken=yes")

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


if __name__ == "__main__":
    unittest.main()
