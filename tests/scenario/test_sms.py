"""Text messages of a whole appliance: merchants' own texts, sending again, and an SMS centre's receipts, whoever dies meanwhile."""
import time
import unittest

from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support.calling import new_phone
from support.smsc import Smsc, joined

LONG = "[{merchant}] {product}: 카드 등록을 위해 이 휴대폰에서 {number} 로 걸어 주세요. {minutes}분 안에 걸지 않으시면 번호가 바뀝니다."


class HttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0).start()
        cls.addClassCleanup(cls.rig.__exit__, None)
        cls.api = cls.rig.merchant()

    def put(self, **fields):
        return self.api.call("POST", "/v1/sms-templates", {"name": "registration", "language": "ko", **fields})

    def test_a_merchants_text_reaches_the_customer_and_the_appliances_is_back_when_it_is_taken_away(self):
        phone = new_phone()
        self.addCleanup(self.put)
        self.assertTrue(self.put(text=LONG)["own"])
        made = self.api.register(phone, sms="send", product_name="월간 구독 😀")
        text = self.rig.sms_to(phone)["text"]
        self.assertTrue(text.startswith("[Callkey Shop] 월간 구독 ?: 카드 등록을 위해"), text)
        sent = wait_until("it is sent", lambda: (s := self.api.registration(made["id"])["sms"])["status"] == "sent" and s)
        self.assertEqual((sent["type"], sent["provider"], sent["replaced"]), ("LMS", "sandbox", "😀"))
        self.assertFalse(self.put()["own"])
        other = new_phone()
        self.assertIsNone(self.api.register(other, sms="send")["sms"]["replaced"])
        self.assertNotIn("번호가 바뀝니다", self.rig.sms_to(other)["text"])
        names = {(t["name"], t["language"]) for t in self.api.call("GET", "/v1/sms-templates?limit=100")["items"]}
        self.assertEqual(len(names), 24)

    def test_what_is_no_template_is_refused_with_its_place(self):
        for fields, place in (({"text": "no number"}, "/text"), ({"text": "{number} {nmber}"}, "/text"), ({"name": "refund"}, "/name"),
                              ({"language": "jp"}, "/language"), ({"text": ""}, "/text"), ({"text": "x" * 1001}, "/text"),
                              ({"text": 5}, "/text"), ({"texts": "{number}"}, "/texts")):
            with self.subTest(fields), self.assertRaises(ApiError) as no:
                self.put(**fields)
            self.assertEqual((no.exception.status, no.exception.problem["field"]), (422, place))

    def test_it_is_sent_again_once_for_one_key(self):
        phone = new_phone()
        made = self.api.register(phone, sms="skip")
        self.assertIsNone(made["sms"])
        path, once = f"/v1/registrations/{made['id']}/sms", {"Idempotency-Key": "again-" + made["id"]}
        status, answer, _ = self.api.request("POST", path, None, once)
        self.assertEqual((status, answer["sms"]["status"]), (202, "waiting"))
        self.assertEqual(self.api.request("POST", path, None, once)[:2], (202, answer))
        self.assertIn(made["virtual_number"][-4:], self.rig.sms_to(phone)["text"])
        wait_until("it is sent", lambda: self.api.registration(made["id"])["sms"]["status"] == "sent")
        status, problem, headers = self.api.request("POST", path)
        self.assertEqual((status, problem["code"]), (429, "sms_too_soon"))
        self.assertLessEqual(int(headers["Retry-After"]), 30)
        self.assertEqual(len(self.rig.sandbox.get(f"/sms?to={phone}")["messages"]), 1)
        self.assertEqual(self.api.request("POST", path.replace("registrations", "payments"))[0], 404)
        self.assertEqual(self.rig.merchant("Another Shop").request("POST", path)[0], 404)
        self.assertEqual(self.api.request("POST", path, {"text": "x"})[0], 400)
        self.assertEqual(self.api.request("GET", path)[0], 405)


class CentreTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.centre = Smsc()
        cls.addClassCleanup(cls.centre.close)
        cls.rig = Rig(rate=0, settings={"uplinkd": {"sms": [
            {"name": "centre", "kind": "smpp", "host": "127.0.0.1", "port": cls.centre.port, "user": "callkey", "from": "15881234",
             "encoding": "euc-kr", "retry_most_ms": 500, "answer_ms": 2000, "timeout_ms": 2000}]}}).start()
        cls.addClassCleanup(cls.rig.__exit__, None)
        cls.api = cls.rig.merchant()
        cls.centre.wait("bind")

    def setUp(self):
        self.centre.tell("forget")
        self.centre.tell("receipts none")
        self.centre.tell("early off")
        self.centre.tell("state DELIVRD")
        self.mark = len(self.centre.events)

    def sms(self, made):
        return self.api.registration(made["id"])["sms"]

    def to(self, phone):
        return [s for s in self.centre.of("submit", self.mark) if s["to"] == phone]

    def reaches(self, made, status, timeout_s=30):
        return wait_until(f"the message is {status}", lambda: (s := self.sms(made))["status"] == status and s, timeout_s)

    def test_a_receipt_ends_at_the_merchant(self):
        self.centre.tell("receipts text")
        for word, status in (("DELIVRD", "delivered"), ("UNDELIV", "undelivered")):
            self.centre.tell(f"state {word}")
            phone = new_phone()
            made = self.api.register(phone, sms="send")
            got = self.reaches(made, status)
            self.assertEqual((got["provider"], got["detail"]), ("centre", f"{word} err 027"))
            self.assertIn(made["virtual_number"][-4:], joined(self.to(phone)))
            self.assertEqual(self.api.registration(made["id"])["status"], "sms_sent")
            told = self.rig.webhook(made["id"], f"sms.{status}")["data"]
            self.assertEqual((told["id"], told["message"]), (made["id"], got))

    def test_a_receipt_that_overtakes_the_answer_to_its_message_counts(self):
        self.centre.tell("receipts tlv")
        self.centre.tell("early on")
        made = self.api.register(new_phone(), sms="send")
        self.reaches(made, "delivered")
        self.assertEqual(self.centre.wait("answer", self.mark)[0]["status"], 0)
        self.assertEqual(len(self.to(made["phone"])), 1)

    def test_a_receipt_while_arsd_is_dead_comes_again_and_counts(self):
        made = self.api.register(new_phone(), sms="send")
        self.reaches(made, "sent")
        receipt = self.to(made["phone"])[-1]["id"]
        self.rig.kill("arsd")
        mark = len(self.centre.events)
        self.centre.tell(f"write {receipt}")
        # Either nobody was there to store it, or somebody was again.
        answer = self.centre.wait("answer", mark, 1, 30)[0]["status"]
        self.assertIn(answer, (0, 0x64))
        self.rig.wait_ready()
        if answer != 0:
            self.assertEqual(self.sms(made)["status"], "sent")
            self.centre.tell(f"write {receipt}")
        self.reaches(made, "delivered")

    def test_a_lost_answer_leads_to_one_more_and_a_dead_uplinkd_to_none_that_is_lost(self):
        phone = new_phone()
        self.centre.tell("next drop")
        made = self.api.register(phone, sms="send")
        self.reaches(made, "sent")
        self.assertEqual([s["how"] for s in self.to(phone)], ["drop", "take"])
        self.assertEqual(len({s["text"] for s in self.to(phone)}), 1)
        phone = new_phone()
        self.centre.tell("next silent")
        made = self.api.register(phone, sms="send")
        wait_until("it is on its way", lambda: self.to(phone))
        self.rig.kill("uplinkd")
        self.reaches(made, "sent", 60)
        self.assertEqual([s["how"] for s in self.to(phone)], ["silent", "take"])

    def test_a_centre_that_throttles_delays_and_doubles_nothing(self):
        phones = [new_phone() for _ in range(5)]
        self.centre.tell("next throttle 3")
        made = [self.api.register(phone, sms="send") for phone in phones]
        for m in made:
            self.reaches(m, "sent", 60)
        time.sleep(0.5)
        self.assertEqual([[s["how"] for s in self.to(p)].count("take") for p in phones], [1] * 5)


if __name__ == "__main__":
    unittest.main()
