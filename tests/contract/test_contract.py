"""The contract: every operation of the API's document through nginx, each answer judged by the document with a validator that is
not ours; and what nobody should send, which is refused as a problem and never fails."""
import datetime
import http.client
import json
import os
import pathlib
import secrets
import tempfile
import time
import unittest

from rig.appliance import Rig
from rig.merchant import wait_until
import hostile
import lists
from support import cards, npm
from support.calling import QUICK, dial, press, register

SEED = int(os.environ.get("CALLKEY_SEED", "20261125"))
METHODS = ("get", "post", "patch", "delete")
PHONE = "01012345678"
MANY_NUMBERS = {"arsd": {**QUICK["arsd"], "numbers": ["07012300000-07012349999"], "request_ttl_s": 600}}
PROMOTIONS = """interest_free = (
    { issuer = "shinhan"; months = ( 2, 3 ); from = "2026-01-01"; until = "2099-12-31"; },
    { issuer = "kb"; months = ( 12 ); from = "2099-01-01"; until = "2099-12-31"; } );
"""


def setUpModule():
    Contract.begin()


def tearDownModule():
    Contract.rig.__exit__(None)


class Contract(unittest.TestCase):
    @classmethod
    def begin(cls):
        npm.install()
        cls.folder = tempfile.TemporaryDirectory(prefix="contract-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.rig = Rig(rate=0, settings={**MANY_NUMBERS, "share_dir": cls.share()}).start()
        cls.document = json.loads((cls.rig.build / "share/web/openapi.json").read_text(encoding="utf-8"))
        cls.exchanges, cls.ids = [], {}
        try:
            cls.api = cls.rig.merchant("Contract Shop", "--may-skip-consent")
            cls.make_things()
        except BaseException:
            cls.rig.stop()
            raise

    @classmethod
    def share(cls):
        """The build's share folder, with card companies' promotions."""
        share = pathlib.Path(cls.folder.name) / "share"
        share.mkdir()
        for path in (pathlib.Path(os.environ["CALLKEY_BUILD"]) / "share").iterdir():
            if path.name != "interest_free.cfg":
                (share / path.name).symlink_to(path)
        (share / "interest_free.cfg").write_text(PROMOTIONS, encoding="utf-8")
        return str(share)

    # ---- things to ask about ----
    @classmethod
    def registered(cls):
        """A registration carried through by a call."""
        made = cls.api.register(PHONE)
        phone = dial(cls.rig, PHONE, made["virtual_number"], register(cards.CREDIT), own_card=False)
        phone.wait_ended()
        return wait_until("a registered card", lambda: (r := cls.api.registration(made["id"]))["status"] == "registered" and r)

    @classmethod
    def make_things(cls):
        made = cls.registered()
        cls.ids.update({"registrations": made["id"], "billing-keys": made["billing_key"], "calls": made["last_call"]})
        paid = cls.api.pay(made["billing_key"], 53000, consent="skip", other_card="deny")
        cls.ids["payments"] = paid["id"]
        wait_until("an approved payment", lambda: cls.api.payment(paid["id"])["status"] == "approved")
        cls.api.call("POST", f"/v1/payments/{paid['id']}/cancel", {"reason": "a test", "requester": "merchant",
                                                                        "amount": {"total": 1000, "currency": "KRW"}})
        cls.ids["cancellations"] = cls.api.payment(paid["id"])["cancellations"][0]["id"]
        cls.ids["consents"] = cls.api.call("GET", f"/v1/registrations/{made['id']}/consents")["items"][0]["id"]
        cls.ids["reconciliations"] = day = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=9)).strftime("%Y-%m-%d")
        # An order that the gateway does not list: the day has a difference to tell of.
        cls.rig.sandbox.post("/pg/list", {"hide": [cls.api.payment(paid["id"])["attempts"][-1]["order_id"]]})
        cls.rig.callkey("reconcile", day)
        cls.ids["webhook-endpoints"] = cls.api.call("GET", "/v1/webhook-endpoints")["items"][0]["id"]
        cls.ids["schedules"] = cls.schedule()
        cls.ids["events"] = cls.api.call("GET", "/v1/events?type=payment.approved")["items"][0]["id"]

    @classmethod
    def schedule(cls):
        return cls.api.call("POST", "/v1/schedules", cls.body_for({"operationId": "createSchedule"}))["id"]

    @classmethod
    def called_payment(cls, key, status):
        """One that its customer has called for, and answered with the key."""
        made = cls.api.pay(cls.ids["billing-keys"], 9900)
        dial(cls.rig, PHONE, made["virtual_number"], [press("pay.menu.other", key)]).wait_ended()
        wait_until(f"a payment that is {status}", lambda: cls.api.payment(made["id"])["status"] == status)
        return made["id"]

    @classmethod
    def failed_payment(cls):
        """It can be tried again."""
        return cls.called_payment("3", "refused")

    @classmethod
    def endpoint(cls):
        """Another webhook endpoint."""
        return cls.api.call("POST", "/v1/webhook-endpoints", {"url": "https://127.0.0.1:9/x", "enabled": False})["id"]

    @classmethod
    def id_for(cls, path):
        """An id that is there, for a path with {id}."""
        return cls.ids[path.split("/")[2]] if "{id}" in path else ""

    @classmethod
    def body_for(cls, operation):
        """What a good request of the operation has; None for no body."""
        bodies = {
            "createRegistration": {"customer_ref": "c-1", "phone": PHONE, "product_name": "월간 구독", "cycle": "monthly"},
            "createPayment": {"order_id": "o-" + secrets.token_hex(8), "billing_key": cls.ids["billing-keys"], "order_name": "구독",
                              "amount": {"total": 53000, "currency": "KRW", "tax_free": 20000, "vat": 3000}},
            "deleteBillingKey": {"reason": "a test"},
            "replaceBillingKey": {"product_name": "월간 구독", "cycle": "monthly"},
            "cancelRegistration": {"reason": "a test"},
            "cancelPayment": {"reason": "a test", "requester": "merchant", "amount": {"total": 100, "currency": "KRW"}},
            "replaceBillingKey": {"product_name": "구독", "cycle": "monthly", "sms": "skip"},
            "putSmsTemplate": {"name": "registration", "language": "ko", "text": "[{merchant}] {product}: {number}"},
            "createWebhookEndpoint": {"url": "https://127.0.0.1:9/hooks", "events": ["payment.*"], "enabled": False},
            "updateWebhookEndpoint": {"events": []},
            "createSchedule": {"billing_key": cls.ids["billing-keys"], "order_id": "s-" + secrets.token_hex(8), "order_name": "구독",
                               "amount": {"total": 53000, "currency": "KRW"}, "repeat": {"every": "month", "day": 31}},
            "updateSchedule": {"amount": {"total": 54000, "currency": "KRW"}, "repeat": {"every": "days", "days": 14}},
            "advanceTestClock": {"advance_s": 1},
            "rotateWebhookSecret": {"overlap_s": 60},
        }
        return bodies.get(operation["operationId"], {} if operation.get("requestBody") else None)

    # ---- one exchange ----
    def exchange(self, name, method, path, target=None, body=None, headers=None):
        """Sends and notes; body: octets, or what becomes JSON. Returns (status, parsed body)."""
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            status, parsed, got = self.api.request(method.upper(), target or path, data, headers)
        except (UnicodeEncodeError, ValueError, http.client.InvalidURL):
            return None, None                     # the client itself refuses to send it
        try:
            sent = json.loads(data) if data else None
        except (ValueError, RecursionError):
            sent = None
        exchange = {"name": name, "path": path, "method": method, "status": status, "type": got.get("Content-Type"),
                    "body": parsed if parsed != "" else None}
        if sent is not None and status < 300:
            exchange["sent"] = sent
        self.exchanges.append(exchange)
        return status, parsed

    def operations(self):
        return [(path, method, item[method]) for path, item in self.document["paths"].items() for method in METHODS if method in item]

    def judged(self):
        """The judge's words on all that was exchanged since the last time."""
        answer = npm.judge("judge.mjs", {"document": self.document, "exchanges": self.exchanges})
        self.exchanges.clear()
        return answer

    # ---- tests ----
    def test_every_operation_answers_as_the_document_says(self):
        targets = {"retryPayment": lambda: self.failed_payment(), "deleteBillingKey": lambda: self.registered()["billing_key"],
                   "deleteSchedule": lambda: self.schedule(),
                   "cancelRegistration": lambda: self.api.register(PHONE, sms="skip")["id"],
                   "suspendBillingKey": lambda: self.registered()["billing_key"],
                   "sendRegistrationSms": lambda: self.api.register(PHONE, sms="skip")["id"],
                   "sendPaymentSms": lambda: self.api.pay(self.ids["billing-keys"], 9900, sms="skip")["id"],
                   "deleteWebhookEndpoint": lambda: self.endpoint()}
        for path, method, operation in self.operations():
            name = operation["operationId"]
            target = path.replace("{id}", targets[name]() if name in targets else self.id_for(path)) if "{id}" in path else path
            self.exchange(name, method, path, target, self.body_for(operation))
        for path in ("/v1/registrations", "/v1/payments"):
            self.exchange("expanded", "get", path, path + "?limit=5&expand=billing_key,last_call")
            self.exchange("expanded", "get", path + "/{id}", path + "/" + self.id_for(path + "/{id}") + "?expand=billing_key,last_call")
        answer = self.judged()
        self.assertEqual(answer["faults"], [])
        missing = [f"{method} {path}" for path, method, _ in self.operations()
                   if not any(200 <= s < 300 for s in answer["seen"].get(f"{method} {path}", []))]
        self.assertEqual(missing, [], "operations that were never answered with 2xx")

    def make_more(self):
        """Of what is listed, some that differ in time and state."""
        for path, body in (("/v1/registrations", {**self.body_for({"operationId": "createRegistration"}), "sms": "skip"}),
                           ("/v1/sms-templates", self.body_for({"operationId": "putSmsTemplate"})),
                           ("/v1/webhook-endpoints", self.body_for({"operationId": "createWebhookEndpoint"})),
                           (f"/v1/payments/{self.ids['payments']}/cancel", self.body_for({"operationId": "cancelPayment"})),
                           (f"/v1/schedules/{self.schedule()}/pause", None)):
            self.api.call("POST", path, body)
        self.api.call("DELETE", f"/v1/billing-keys/{self.registered()['billing_key']}")
        self.failed_payment()
        return {"/v1/payments/{id}/consents": self.called_payment("1", "approved")}

    def test_every_list_is_filtered_by_time_and_state(self):
        ids, seen = self.make_more(), {}
        for path, operation in lists.lists(self.document):
            target = path.replace("{id}", ids.get(path) or self.id_for(path)) if "{id}" in path else path
            listing = lists.Listing(operation, lambda query, target=target, path=path, name=operation["operationId"]:
                                    self.exchange(name, "get", path, f"{target}?{query}"))
            for _ in range(5):                    # what is still under way may change between two questions
                faults, seen[path] = listing.faults()
                if not faults:
                    break
                time.sleep(1)
            self.assertEqual(faults, [], path)
        self.assertGreater(len(seen), 14)
        self.assertEqual([path for path, count in seen.items() if count == 0], [], "lists of which nothing could be seen")
        self.assertEqual(self.judged()["faults"], [])

    def test_a_list_that_does_not_obey_is_found(self):
        operation = self.document["paths"]["/v1/attempts"]["get"]
        things = self.api.call("GET", "/v1/attempts")["items"]
        self.assertGreater(len({t["created_at"] for t in things}), 1)

        def ask_without(name):
            """The list as it would be if it took no notice of a parameter."""
            def ask(query):
                kept = "&".join(part for part in query.split("&") if not part.startswith(name + "="))
                return self.api.request("GET", f"/v1/attempts?{kept}")[:2]
            return ask
        self.assertEqual(lists.Listing(operation, ask_without("nothing")).faults()[0], [])
        for name in ("created_after", "created_before", "status"):
            self.assertNotEqual(lists.Listing(operation, ask_without(name)).faults()[0], [], name)
            left = {**operation, "parameters": [p for p in operation["parameters"] if p.get("name") != name]}
            self.assertEqual(lists.Listing(left, ask_without(name)).faults()[0], [f"has no ['{name}']"])

    def test_the_judge_finds_what_is_wrong(self):
        good = {"name": "planted", "path": "/v1/payments/{id}", "method": "get", "status": 200, "type": "application/json",
                "body": self.api.payment(self.ids["payments"])}
        wrong = [
            {**good, "body": {**good["body"], "card_number": "1"}}, {**good, "body": {**good["body"], "status": "paid"}},
            {**good, "body": {k: v for k, v in good["body"].items() if k != "tid"}}, {**good, "status": 202},
            {**good, "type": "text/html"}, {**good, "path": "/v1/nothing"}, {**good, "status": 404},
            {**good, "body": {**good["body"], "card": {**good["body"]["card"], "last4": "12345"}}},
            {**good, "path": "/v1/payments", "method": "post", "status": 201, "sent": {"order_id": "x"}},
            {**good, "status": 404, "type": "application/problem+json",
             "body": {"type": "/problems/order_id_used", "title": "x", "status": 404, "code": "order_id_used", "detail": "x"}},
        ]
        self.assertEqual(npm.judge("judge.mjs", {"document": self.document, "exchanges": [good]})["faults"], [])
        faults = npm.judge("judge.mjs", {"document": self.document, "exchanges": wrong})["faults"]
        self.assertEqual(len(faults), len(wrong), faults)

    def test_what_nobody_should_send_is_a_problem_and_never_a_fault(self):
        statuses = {}
        for name, method, path, target, headers, body in hostile.requests(self.document, self.body_for, self.id_for, SEED):
            status, parsed = self.exchange(name, method, path, target, body, headers)
            if status is None:
                continue
            statuses[status // 100] = statuses.get(status // 100, 0) + 1
            self.assertLess(status, 500, (name, parsed))
            self.assertGreaterEqual(status, 200, name)
            if status >= 400:
                self.assertEqual(set(parsed) - {"field", "request_id"}, {"type", "title", "status", "code", "detail"}, name)
        self.assertGreater(statuses.get(4, 0), 500, statuses)
        # What came through was good after all, by the document; what was refused is in its list of statuses.
        self.assertEqual(self.judged()["faults"], [], f"seed {SEED}")

    def test_with_locked_keys_each_operation_answers_as_the_document_says(self):
        self.ids["billing-keys"] = self.registered()["billing_key"]
        self.ids["schedules"] = self.schedule()
        pause, keyed = f"/v1/schedules/{self.ids['schedules']}/pause", {"Idempotency-Key": secrets.token_hex(8)}
        self.api.call("POST", pause, None, keyed)
        self.rig.callkey("keys", "lock")
        self.rig.kill("arsd")                     # one that starts with locked keys cannot read what is sealed in the store either
        try:
            wait_until("arsd is back", lambda: self.api.request("GET", "/v1/virtual-numbers")[0] == 200)
            self.assertEqual(self.exchange("pauseSchedule", "post", "/v1/schedules/{id}/pause", pause, None, keyed)[0], 503)
            codes = set()
            for path, method, operation in self.operations():
                target = path.replace("{id}", self.id_for(path))
                _, parsed = self.exchange(operation["operationId"], method, path, target, self.body_for(operation))
                codes.add(parsed.get("code") if isinstance(parsed, dict) else None)
            self.assertIn("keystore_locked", codes)
            self.assertEqual(self.judged()["faults"], [])
        finally:
            self.rig.kill("keystored")
            self.rig.wait_ready()

    def test_what_a_path_takes_is_said_by_whoever_refuses(self):
        cases = {("POST", "/docs"): "GET, HEAD", ("DELETE", "/problems/not_found"): "GET, HEAD", ("PUT", "/v1/payments"): "GET, HEAD, POST",
                 ("TRACE", "/v1/payments"): "GET, HEAD, POST, PATCH, DELETE"}
        for (method, path), allowed in cases.items():
            status, problem, headers = self.api.request(method, path)
            self.assertEqual((status, problem["code"], headers["Allow"]), (405, "method_not_allowed", allowed), (method, path))

    def test_two_idempotency_keys_are_none(self):
        connection = http.client.HTTPSConnection("127.0.0.1", self.api.port, context=self.api.context, timeout=30)
        body = json.dumps(self.body_for({"operationId": "createPayment"})).encode()
        connection.putrequest("POST", "/v1/payments")
        for name, value in (("Authorization", f"Bearer {self.api.bearer}"), ("Content-Type", "application/json"), ("Content-Length", str(len(body))),
                            ("Idempotency-Key", secrets.token_hex(8)), ("idempotency-key", secrets.token_hex(8))):
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        problem = json.loads(answer.read())
        connection.close()
        self.assertEqual((answer.status, problem["code"]), (400, "invalid_idempotency_key"))

    def test_of_a_card_no_more_than_bin_and_last_four_is_answered(self):
        number = cards.CREDIT.number
        for path, method, operation in self.operations():
            if method == "get":
                target = path.replace("{id}", self.id_for(path)) if "{id}" in path else path
                _, parsed = self.exchange(operation["operationId"], method, path, target)
                for start in range(len(number) - 9):
                    self.assertNotIn(number[start:start + 10], json.dumps(parsed), path)
        self.exchanges.clear()


if __name__ == "__main__":
    unittest.main()
