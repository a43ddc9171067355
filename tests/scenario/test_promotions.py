"""Instalments that are free of interest by the payment gateway's own table: asked for by the appliance, spoken in real calls, held
against the table once more when the payment is authorised, and kept when the gateway tells nonsense or nothing."""
import datetime
import json
import unittest

from rig.appliance import Rig
from rig.merchant import wait_until
from support import cards
from support.calling import LATE_S, QUICK, dial, ended_request, hear, new_billing_key, press

AMOUNT = 60000
ASK = {"mode": "ask", "allowed": [3, 6]}


def day(ahead):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=9, days=ahead)).strftime("%Y-%m-%d")


def row(issuer="shinhan", months=(2, 3), least=50000, most=None, begins=None, until=None):
    return {"issuer": issuer, "months": list(months), "least": least, "most": most, "from": begins, "until": until or day(20)}


class Promotions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0)
        cls.rig.settings = QUICK
        cls.rig.start()
        cls.addClassCleanup(cls.rig.__exit__, None)
        cls.api = cls.rig.merchant("Months", "--may-skip-consent")
        cls.key, cls.phone = new_billing_key(cls.rig, cls.api, cards.CREDIT)

    def setUp(self):
        self.rig.sandbox.post("/pg/behaviour", {"mode": "normal"})

    # ---- what tests do ----
    def tables(self, *words):
        return json.loads(self.rig.callkey("--json", "promotions", *words))["gateways"][0]

    def pg_has(self, *rows):
        """The gateway's table is this one, and the appliance has just heard so; what callkey shows of it."""
        self.rig.sandbox.post("/pg/interest-free", {"items": list(rows)})
        return self.tables("ask")

    def ask(self, **fields):
        return self.api.pay(self.key, AMOUNT, sms="skip", other_card="deny", instalment=ASK, **fields)

    def call(self, made, *script):
        phone = dial(self.rig, self.phone, made["virtual_number"], [press("pay.menu.only", "1"), *script])
        phone.wait_ended()
        return wait_until("the payment has ended", lambda: ended_request(self.api, made["id"]), LATE_S), phone

    def booked(self, payment):
        order = next(o for o in self.rig.sandbox.get("/pg/ledger")["orders"] if o["order_id"] == payment["attempts"][-1]["order_id"])
        return order["instalment_months"], order["interest_free"]

    # ---- what must hold ----
    def test_the_gateway_is_asked_at_the_start_without_anybodys_word(self):
        with self.subTest("its usual table is there"):
            self.assertEqual(wait_until("it has told", lambda: (t := self.tables())["told_at"] and t, LATE_S)["pg"], "sandbox")
        with self.subTest("merchants read it, with its source and time"):
            self.pg_has(row(), row("kb", [12], least=100000, most=200000, begins=day(1)))
            shown = self.api.call("GET", "/v1/card-promotions")
            self.assertTrue(all(i["told_at"] for i in shown["items"]))
            self.assertEqual([(i["issuer"], i["months"], i["least"], i["most"], i["from"], i["in_force"], i["source"]) for i in shown["items"]],
                             [("shinhan", [2, 3], 50000, None, day(0), True, "gateway"), ("kb", [12], 100000, 200000, day(1), False, "gateway")])
        with self.subTest("and operators"):
            text = self.rig.callkey("promotions")
            self.assertRegex(text, r"sandbox +shinhan +2-3 +50000 +no limit +\S+ +\S+ +yes")
            self.assertRegex(text, r"Gateway sandbox: told \d")

    def test_a_caller_hears_the_months_that_the_gateway_gives_and_pays_them(self):
        self.pg_has(row(months=[3]))
        payment, phone = self.call(self.ask(), hear("months.free"), press("months.end", "2"), press("pay.approval_menu", "2"), hear("bye"))
        self.assertEqual(payment["status"], "approved")
        self.assertEqual([payment["instalment"][k] for k in ("months", "interest_free", "interest_free_by")], [3, True, "issuer"])
        # The card company gives them by itself: the gateway is not told that the merchant does.
        self.assertEqual(self.booked(payment), (3, False))
        said = [p for p in phone.heard if p in ("months.lump", "months.free", "months.plain")]
        self.assertEqual(said[:3], ["months.lump", "months.free", "months.plain"])

    def test_what_ends_while_the_caller_chooses_is_not_charged_but_asked_again(self):
        self.pg_has(row(months=[3]))
        made = self.ask()
        # Somebody thinks about it: the line keeps time.
        self.rig.set_rate(2)
        self.addCleanup(self.rig.set_rate, 0)
        phone = dial(self.rig, self.phone, made["virtual_number"], [press("pay.menu.only", "1")])
        phone.wait_heard("months.free")
        self.pg_has(row("kb"))
        phone.press("2")
        self.assertEqual(phone.wait_heard("months.not_free", "pay.approved"), "months.not_free")
        phone.wait_heard("months.ask")
        self.assertEqual(phone.wait_heard("months.free", "months.end"), "months.end")
        phone.press("1")
        phone.wait_heard("pay.approval_menu")
        phone.press("2")
        phone.wait_ended()
        payment = wait_until("the payment has ended", lambda: ended_request(self.api, made["id"]), LATE_S)
        self.assertEqual((payment["status"], payment["instalment"]["months"], len(payment["attempts"])), ("approved", 0, 1), phone.heard)
        self.assertEqual(self.booked(payment), (0, False))

    def test_it_is_decided_once_more_when_a_payment_without_a_call_is_authorised(self):
        self.pg_has(row(months=[3]))
        made = self.api.pay(self.key, AMOUNT, consent="skip", other_card="deny", instalment={"mode": "fixed", "months": 3})
        payment = wait_until("it has ended", lambda: ended_request(self.api, made["id"]), LATE_S)
        self.assertEqual((payment["status"], payment["instalment"]["interest_free_by"]), ("approved", "issuer"))
        self.pg_has(row("kb", months=[3]))
        made = self.api.pay(self.key, AMOUNT, consent="skip", other_card="deny", instalment={"mode": "fixed", "months": 3})
        payment = wait_until("it has ended", lambda: ended_request(self.api, made["id"]), LATE_S)
        self.assertEqual((payment["status"], payment["instalment"]["interest_free"]), ("approved", False))

    def test_a_gateway_that_is_down_or_talks_nonsense_takes_nothing_away(self):
        good = self.pg_has(row(months=[2, 3]))
        for mode in ("fail", "drop_before", "drop_after", "garbage", "cut"):
            with self.subTest(mode):
                self.rig.sandbox.post("/pg/behaviour", {"mode": mode, "op": "promotions", "times": 1})
                after = self.pg_has(row("kb", months=[5]))
                self.assertEqual((after["told_at"], after["rows"]), (good["told_at"], good["rows"]))
                self.assertNotEqual(after["why"], "")
        hostile = {"overlap": [row(), row(months=[3], least=100000)], "months": [row(months=[1])], "many": [row(f"c{i}") for i in range(257)],
                   "amount": [row(least=-1)], "limit": [row(least=60000, most=50000)], "date": [row(until="2026-02-31")],
                   "before": [row(begins=day(3), until=day(2))], "far": [row(until="9999-12-31")], "type": ["row"], "issuer": [row("Shin han")],
                   "null": [None], "text": [row(least="50000")]}
        for what, rows in hostile.items():
            with self.subTest(what):
                after = self.pg_has(row("kb", months=[5]), *rows)
                self.assertEqual((after["told_at"], after["rows"]), (good["told_at"], good["rows"]), after["why"])
        self.assertEqual(self.rig.health()["promotions"], "ok")
        self.assertEqual([i["issuer"] for i in self.api.call("GET", "/v1/card-promotions")["items"]], ["shinhan"])
        self.assertEqual(self.pg_has(row("kb", months=[5]))["rows"][0]["issuer"], "kb")

    def test_the_table_is_there_after_a_crash_and_no_gateway(self):
        good = self.pg_has(row(months=[2, 3]))
        self.rig.sandbox.post("/pg/behaviour", {"mode": "fail", "op": "promotions"})
        before = self.rig.processes["arsd"].restarts
        self.rig.processes["arsd"].kill()
        wait_until("arsd was started again", lambda: self.rig.processes["arsd"].restarts > before, LATE_S)
        self.rig.wait_ready()
        self.assertEqual(self.tables()["rows"], good["rows"])
        payment, _ = self.call(self.ask(), hear("months.free"), press("months.end", "2"), press("pay.approval_menu", "2"), hear("bye"))
        self.assertEqual(payment["instalment"]["interest_free_by"], "issuer")


if __name__ == "__main__":
    unittest.main()
