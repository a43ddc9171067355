"""uplinkd as a process (support/uplink.py) over deaths, reconnects and wrong settings: nothing is done twice."""
import json
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

from rig import config
from rig.appliance import SOURCE
from rig.merchant import wait_until
from support import cards
from support.uplink import BUILD, CODEC, DECLINED, NOT_FOUND, OK, SECRET, SENT, UNKNOWN, VERSION, World

CAN = {word: 1 << int(bit) for word, bit in
       re.findall(r"UPLINK_CAN_(\w+) = 1 << (\d+)", (SOURCE / "firmware/ipc/uplink.h").read_text(encoding="utf-8"))}
CLASSES = ["", "input", "funds", "dead_card", "ask_issuer", "merchant", "system"]


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
