"""What leaves the appliance is signed and sealed as others expect: webhooks by the standardwebhooks package, the card's record by the
jose package with the gateway's private key. Neither is ours; both see the octets as they came over TLS."""
import http.client
import json
import socket
import unittest

from rig.appliance import Rig
from rig.merchant import wait_until
from support import cards, npm
from support.calling import QUICK, dial, register
from support.receiver import Receiver

PHONE = "01012345678"


class SealsTest(unittest.TestCase):
    pg_key = "ec"

    def setUp(self):
        npm.install()
        self.rig = Rig(rate=0, settings={**QUICK}, pg_key=self.pg_key)
        self.rig._make_folders()
        self.rig._make_keys()
        pair = self.rig.path("tls", "sandbox.pem"), self.rig.path("tls", "sandbox.key")
        self.shop = Receiver(*pair)
        self.addCleanup(self.shop.close)
        self.gateway = Receiver(*pair, answer=self.ask_the_sandbox)
        self.addCleanup(self.gateway.close)
        pg = self.rig.default_settings()["uplinkd"]["pg"]
        self.rig.settings = {**QUICK, "uplinkd": {"pg": [{**pg[0], "url": self.gateway.url("")}]}}
        self.rig.start()
        self.addCleanup(self.rig.__exit__, None)
        made = json.loads(self.rig.callkey("--json", "merchants", "add", "Seal Shop", "--webhook", self.shop.url("/hooks")))
        self.secret = made["webhook_secret"]
        self.rig._merchants["Seal Shop"] = made["api_key"]
        self.api = self.rig.merchant("Seal Shop")

    def ask_the_sandbox(self, path, headers, body):
        """The test stands between appliance and gateway, and passes on what comes."""
        connection = http.client.HTTPConnection("localhost", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.connect(str(self.rig.path("sandbox", "pg.sock")))
        kept = {name: value for name, value in headers.items() if name in ("authorization", "content-type", "idempotency-key")}
        connection.request("POST", path, body, kept)
        answer = connection.getresponse()
        try:
            return answer.status, answer.read()
        finally:
            connection.close()

    def register_a_card(self):
        made = self.api.register(PHONE)
        dial(self.rig, PHONE, made["virtual_number"], register(cards.CREDIT), own_card=False).wait_ended()
        return wait_until("a registered card", lambda: (r := self.api.registration(made["id"]))["status"] == "registered" and r)

    def test_both(self):
        registration = self.register_a_card()
        told = wait_until("the webhook", lambda: [got for got in self.shop.received if json.loads(got[2])["type"] == "registration.completed"])
        path, headers, body = told[0]
        self.assertEqual((path, json.loads(body)["data"]["id"]), ("/hooks", registration["id"]))
        good = {"secret": self.secret, "headers": {n: v for n, v in headers.items() if n.startswith("webhook-")}, "body": body.decode()}
        other = "whsec_" + "A" * 43 + "="
        webhooks = [good, {**good, "body": good["body"].replace("registered", "refused")}, {**good, "secret": other},
                    {**good, "headers": {**good["headers"], "webhook-id": "evt_other"}}]
        sealed = [json.loads(body)["jwe"] for _, _, body in self.gateway.received if b'"jwe"' in body]
        self.assertEqual(len(sealed), 1)
        key = self.rig.path("sandbox", "pg-key.pem").read_text(encoding="ascii")
        head, *rest = sealed[0].split(".")
        spoilt = ".".join([head, *rest[:-1], rest[-1][:-2] + ("AA" if rest[-1][-2:] != "AA" else "BB")])
        answer = npm.judge("seals.mjs", {"webhooks": webhooks, "records": [{"key": key, "jwe": j} for j in (sealed[0], spoilt)]})
        self.assertEqual(answer["webhooks"][0], "", "the signature, by standardwebhooks")
        self.assertEqual([bool(why) for why in answer["webhooks"][1:]], [True] * 3)
        opened, broken = answer["records"]
        self.assertIn("why", broken)
        self.assertNotIn("why", opened)
        # Compared without being shown: a failure must not print a card.
        record, card = opened["clear"], cards.CREDIT
        self.assertTrue(record["card_number"] == card.number and record["expiry"] == card.expiry, "the record is not the card's")
        self.assertTrue(record["identity"].rstrip("#") == card.identity and record["password2"] == card.password)
        self.assertEqual(opened["header"]["enc"], "A256GCM")
        self.assertEqual(opened["header"]["order_id"], record["order_id"])


class RsaSealsTest(SealsTest):
    pg_key = "rsa"


if __name__ == "__main__":
    unittest.main()
