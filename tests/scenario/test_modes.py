"""One merchant with a test key and a live key: real calls on both sides, each through the gateway of its mode, and nothing of one side
for the other's key: every list and every look-up of openapi.yaml is tried."""
import json
import unittest

from rig import config
from rig.appliance import Rig
from rig.merchant import Api, ApiError, wait_until
from support import cards
from support.calling import LATE_S, QUICK, dial, ended_request, new_billing_key, new_phone, press, register
from support.nicepay import Nicepay

AMOUNT = 20000


class TwoSides(unittest.TestCase):
    """The live gateway is a NICEPAY server of the test's own, the one for tests the sandbox's."""

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
            "arsd": {**QUICK["arsd"], "test_numbers": ["07099990000-07099990099"]},
            "uplinkd": {"pg": [*usual["uplinkd"]["pg"], {
                "name": "nice", "kind": "nicepay", "mode": "live", "url": cls.nicepay.url, "client_id": cls.nicepay.client_id,
                "ca_file": str(folder / "nicepay-ca.pem"), "secret_file": str(secret), "timeout_ms": 3000}]},
        }
        cls.rig.gateway_keys = [{"name": "nice", "kid": "nice-1", "usage": "gateway-encdata", "key": secret.read_bytes()}]
        cls.rig.start()
        cls.addClassCleanup(cls.rig.__exit__, None)
        cls.test = cls.rig.merchant("Two Sides", "--may-skip-consent")
        account = next(m for m in cls.merchants() if m["name"] == "Two Sides")
        cls.opened = json.loads(cls.rig.callkey("--json", "merchants", "open", account["id"], "--may-skip-consent", "--webhook", account["webhook_url"]))
        cls.rig.sandbox.post("/merchant/secrets", {"secret": cls.opened["webhook_secret"]})
        cls.live = Api(cls.rig.ports["api"], cls.rig.path("tls", "appliance-ca.pem"), cls.opened["api_key"])
        cls.sides = {mode: cls.furnish(api) for mode, api in (("test", cls.test), ("live", cls.live))}

    @classmethod
    def merchants(cls):
        return json.loads(cls.rig.callkey("--json", "merchants"))["items"]

    @classmethod
    def furnish(cls, api):
        """One of each thing that a merchant can have; both sides use the same names for theirs. Returns the ids."""
        phone = new_phone()
        made = api.register(phone, sms="skip", product_name="월간 구독", customer_ref="c-1")
        number = made["virtual_number"]
        dial(cls.rig, phone, number, register(cards.CREDIT), own_card=False).wait_ended()
        registration = wait_until("it is registered", lambda: ended_request(api, made["id"]), LATE_S)
        assert registration["status"] == "registered", registration
        key = registration["billing_key"]
        charge = {"order_id": "the-same-order", "billing_key": key, "order_name": "구독", "amount": {"total": AMOUNT, "currency": "KRW"},
                  "consent": "skip", "other_card": "deny"}
        payment = api.call("POST", "/v1/payments", charge, {"Idempotency-Key": "the-same-key"})
        paid = wait_until("it is paid", lambda: ended_request(api, payment["id"]), LATE_S)
        assert paid["status"] == "approved", paid
        canceled = api.call("POST", f"/v1/payments/{payment['id']}/cancel", {"reason": "반품", "requester": "customer"})
        wait_until("it is given back", lambda: api.payment(payment["id"])["status"] == "canceled", LATE_S)
        schedule = api.call("POST", "/v1/schedules", {
            "billing_key": key, "order_id": "gym-{date}", "order_name": "헬스장", "amount": charge["amount"], "consent": "skip",
            "repeat": {"every": "month", "day": 31}})
        endpoint = api.call("POST", "/v1/webhook-endpoints", {"url": "https://shop.example/hooks"})
        api.call("POST", "/v1/sms-templates", {"name": "payment", "language": "ko", "text": "{merchant} {number}"})
        event = api.call("GET", "/v1/events")["items"][0]
        return {"number": number, "order": payment["attempts"][0]["order_id"] if payment["attempts"] else paid["attempts"][0]["order_id"],
                "ids": {registration["id"], key, payment["id"], canceled["cancellation"]["id"], schedule["id"], endpoint["id"], event["id"],
                        registration["last_call"], *(c["id"] for c in api.call("GET", f"/v1/registrations/{registration['id']}/consents")["items"])}}

    def paths(self):
        document = json.loads((self.rig.build / "share/web/openapi.json").read_text(encoding="utf-8"))
        return [path for path, item in document["paths"].items() if "get" in item and path.startswith("/v1/")]

    @staticmethod
    def objects(answer):
        """What says of which side it is: an object, or each object of a list. What is the appliance's (card promotions) has no name."""
        found = [answer] if isinstance(answer, dict) and answer.get("object") != "list" else answer["items"] if isinstance(answer, dict) else []
        return [one for one in found if "object" in one]

    def ask(self, api, path):
        try:
            return 200, api.call("GET", path)
        except ApiError as no:
            return no.status, no.problem

    # ---- what must hold ----
    def test_both_sides_are_one_account(self):
        sides = [m for m in self.merchants() if m["name"] == "Two Sides"]
        self.assertEqual([m["live"] for m in sides], [False, True])
        self.assertEqual({m["account"] for m in sides}, {sides[0]["id"]})
        self.assertTrue(self.opened["api_key"].startswith("ck_live_"))
        with self.assertRaisesRegex(RuntimeError, "both sides already"):
            self.rig.callkey("merchants", "open", sides[1]["id"])
        text = self.rig.callkey("merchants")
        self.assertRegex(text, rf"{sides[1]['id']} +{sides[0]['id']} +Two Sides +live")

    def test_each_side_has_gone_to_the_gateway_and_the_numbers_of_its_mode(self):
        sandbox = {o["order_id"] for o in self.rig.sandbox.get("/pg/ledger")["orders"]}
        self.assertIn(self.sides["test"]["order"], sandbox)
        self.assertNotIn(self.sides["live"]["order"], sandbox)
        self.assertIn(self.sides["live"]["order"], self.nicepay.orders)
        self.assertNotIn(self.sides["test"]["order"], self.nicepay.orders)
        self.assertTrue(self.sides["test"]["number"].startswith("0709999"))
        self.assertTrue(self.sides["live"]["number"].startswith("0701234"))
        self.assertEqual((self.test.call("GET", "/v1/virtual-numbers")["total"], self.live.call("GET", "/v1/virtual-numbers")["total"]), (100, 1000))

    def test_every_look_up_by_id_finds_what_is_of_the_keys_side_alone(self):
        found = {"test": set(), "live": set()}
        for path in (p for p in self.paths() if "{" in p):
            for mode, api, other in (("test", self.test, self.live), ("live", self.live, self.test)):
                for one in self.sides[mode]["ids"]:
                    status, answer = self.ask(api, path.replace("{id}", one))
                    strange, problem = self.ask(other, path.replace("{id}", one))
                    self.assertNotEqual(strange, 200, (path, one, problem))
                    if status == 200:
                        found[mode].add(one)
                        self.assertEqual(strange, 404, (path, one, problem))
                        for item in self.objects(answer):
                            self.assertEqual(item["live"], mode == "live", (path, item))
        # Each has been found by its own side, so that to be not found means something.
        self.assertEqual(found, {mode: side["ids"] for mode, side in self.sides.items()})

    def test_every_list_has_what_is_of_the_keys_side_alone(self):
        listed = set()
        for path in (p for p in self.paths() if "{" not in p):
            for mode, api, other in (("test", self.test, "live"), ("live", self.live, "test")):
                status, answer = self.ask(api, path + ("?limit=100" if self.has_pages(path) else ""))
                if path == "/v1/test/clock" and mode == "live":
                    self.assertEqual((status, answer["code"]), (403, "live_merchant"))
                    continue
                self.assertEqual(status, 200, (path, answer))
                text = json.dumps(answer)
                for foreign in self.sides[other]["ids"]:
                    self.assertNotIn(foreign, text, path)
                for item in self.objects(answer):
                    self.assertEqual(item["live"], mode == "live", (path, item))
                listed |= {one for one in self.sides[mode]["ids"] if one in text}
        self.assertEqual(listed, self.sides["test"]["ids"] | self.sides["live"]["ids"])

    def has_pages(self, path):
        document = json.loads((self.rig.build / "share/web/openapi.json").read_text(encoding="utf-8"))
        return any("Limit" in p.get("$ref", "") or p.get("name") == "limit" for p in document["paths"][path]["get"].get("parameters", []))

    def test_a_cursor_of_one_side_is_none_of_the_other(self):
        mine = next(one for one in self.sides["test"]["ids"] if one.startswith("pay_"))
        status, answer = self.ask(self.live, f"/v1/payments?cursor={mine}")
        self.assertEqual((status, answer["code"]), (400, "invalid_query"), answer)

    def test_a_billing_key_is_charged_by_its_own_side_alone(self):
        for mode, other in (("test", self.live), ("live", self.test)):
            key = next(one for one in self.sides[mode]["ids"] if one.startswith("bk_"))
            for verb, path, body in (("POST", "/v1/payments", {"order_id": "order-of-another", "billing_key": key, "order_name": "구독", "other_card": "deny", "consent": "skip",
                                                               "amount": {"total": AMOUNT, "currency": "KRW"}}),
                                     ("POST", f"/v1/billing-keys/{key}/suspend", None), ("DELETE", f"/v1/billing-keys/{key}", {"reason": "x"})):
                with self.assertRaises(ApiError) as no:
                    other.call(verb, path, body)
                self.assertIn(no.exception.problem["code"], ("billing_key_not_found", "not_found"), no.exception.problem)

    def test_a_test_clock_moves_tests_alone(self):
        schedule = {mode: next(one for one in side["ids"] if one.startswith("sch_")) for mode, side in self.sides.items()}
        before = self.live.call("GET", f"/v1/schedules/{schedule['live']}")
        self.test.call("POST", "/v1/test/clock", {"advance_s": 40 * 86400})
        wait_until("the test schedule has run", lambda: self.test.call("GET", f"/v1/payments?schedule={schedule['test']}")["items"], LATE_S)
        self.assertEqual(self.live.call("GET", f"/v1/schedules/{schedule['live']}"), before)
        self.assertEqual(self.live.call("GET", f"/v1/payments?schedule={schedule['live']}")["items"], [])
        with self.assertRaises(ApiError) as no:
            self.live.call("POST", "/v1/test/clock", {"advance_s": 1})
        self.assertEqual(no.exception.status, 403)

    def test_each_side_is_told_of_its_own_with_its_mode(self):
        for mode, side in self.sides.items():
            payment = next(one for one in side["ids"] if one.startswith("pay_"))
            hook = self.rig.webhook(payment, "payment.approved")
            self.assertEqual(hook["data"]["live"], mode == "live")


if __name__ == "__main__":
    unittest.main()
