"""Each day held against the gateway's list: whatever the list hides, adds or changes is named, exactly, and nothing else."""
import datetime
import json
import unittest

from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import QUICK, attempts, ended_request, new_billing_key, query

KOREA = datetime.timezone(datetime.timedelta(hours=9))
SETTINGS = {"arsd": {**QUICK["arsd"], "reconcile": {"at": "", "retry_s": 1, "tries": 2}}}


def today():
    return datetime.datetime.now(KOREA).strftime("%Y-%m-%d")


class Reconciling(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0, settings=SETTINGS)
        cls.rig.__enter__()
        cls.addClassCleanup(cls.rig.__exit__, None, None, None)
        cls.api = cls.rig.merchant("Callkey Shop", "--may-skip-consent")
        cls.key, _ = new_billing_key(cls.rig, cls.api, cards.CREDIT)
        cls.orders = [cls.charge(total) for total in (1100, 2200, 3300, 4400, 5500, 6600)]

    @classmethod
    def charge(cls, total):
        """The PG's order id of a payment without a call."""
        payment = cls.api.pay(cls.key, total, consent="skip", other_card="deny")
        payment = wait_until("the payment ends", lambda: ended_request(cls.api, payment["id"]))
        if payment["status"] != "approved":
            raise AssertionError(payment)
        return attempts(cls.rig, payment["id"])[-1]["id"]

    def setUp(self):
        self.lie()
        self.rig.sandbox.post("/pg/behaviour", {"mode": "normal"})

    def lie(self, **lies):
        self.rig.sandbox.post("/pg/list", lies)

    def reconcile(self, day=None):
        return json.loads(self.rig.callkey("--json", "reconcile", day or today()))

    def differences(self, report):
        return sorted((d["class"], d["order_id"]) for d in report["differences"])


class Payments(Reconciling):
    def test_a_day_that_agrees_is_clean(self):
        report = self.reconcile()
        self.assertEqual((report["status"], report["differences"]), ("clean", []))
        self.assertEqual(report["counts"]["matched"], 6)
        self.assertEqual(report["gateways"][0]["listed"], 6)
        self.assertFalse(report["gateways"][0]["day_over"])

    def test_each_lie_is_named_exactly(self):
        hidden, other_amount, other_state = self.orders[0], self.orders[1], self.orders[2]
        stranger = {"order_id": "ord_of_a_stranger", "kind": "payment", "state": "approved", "amount": {"total": 77, "currency": "KRW"},
                    "tid": "tid_x", "at": "2026-11-24T00:00:00.000Z"}
        self.lie(hide=[hidden], add=[stranger], page=2,
                 change={other_amount: {"amount": {"total": 2201, "currency": "KRW"}}, other_state: {"state": "net_canceled"}})
        report = self.reconcile()
        self.assertEqual(report["status"], "differs")
        self.assertEqual(self.differences(report), sorted([("missing", hidden), ("amount_differs", other_amount),
                                                           ("state_differs", other_state), ("extra", "ord_of_a_stranger")]))
        self.assertEqual(report["counts"], {"matched": 3, "missing": 1, "extra": 1, "amount_differs": 1, "state_differs": 1, "unknown": 0})
        amount = next(d for d in report["differences"] if d["class"] == "amount_differs")
        self.assertEqual((amount["our_amount"]["total"], amount["their_amount"]["total"]), (2200, 2201))
        # The merchant sees what is theirs: not the stranger's order.
        mine = self.api.call("GET", f"/v1/reconciliations/{today()}")
        self.assertEqual({d["class"] for d in mine["differences"]}, {"missing", "amount_differs", "state_differs"})
        self.assertEqual(mine["counts"]["extra"], 0)
        # Nor is how long the gateway's list is: of six orders one was hidden.
        self.assertEqual((mine["gateways"][0]["listed"], report["gateways"][0]["listed"]), (5, 6))
        others = self.rig.merchant("Another Shop").call("GET", f"/v1/reconciliations/{today()}")
        self.assertEqual((others["status"], others["gateways"][0]["listed"]), ("clean", 0))
        listed = self.api.call("GET", "/v1/reconciliations")["items"]
        self.assertEqual((listed[0]["day"], listed[0]["status"]), (today(), "differs"))
        status, csv, headers = self.api.request("GET", f"/v1/reconciliations/{today()}.csv")
        self.assertEqual((status, headers["Content-Type"].split(";")[0]), (200, "text/csv"))
        self.assertEqual(len(csv.splitlines()), 4)
        self.assertIn(f'"missing","payment","{hidden}"', csv)
        self.assertIn("alarm=reconciliation", self.rig.path("log", "arsd.log").read_text(encoding="utf-8"))

    def open(self):
        """What status, health and metrics say is open: the same."""
        told = json.loads(self.rig.callkey("--json", "status"))["reconciliation"]
        self.assertEqual(self.rig.health()["reconciliation"], told)
        self.assertIn(f"callkey_arsd_reconciliation_alarm {int(told['alarm'])}\n", self.rig.metrics())
        self.assertIn(f"callkey_arsd_reconciliation_differences {told['differences']}\n", self.rig.metrics())
        return told

    def test_what_differs_is_an_alarm_until_it_is_acknowledged_or_settled(self):
        self.lie(hide=[self.orders[5]])
        self.reconcile()
        told = self.open()
        self.assertEqual((told["alarm"], told["differing_days"], told["differences"], told["oldest"]), (True, 1, 1, today()))
        self.assertRegex(self.rig.callkey("status"), rf"reconciliation +1 differences on 1 days.*callkey reconciliation {today()}")
        # It is no reason to send callers elsewhere.
        self.assertEqual(self.rig.health()["status"], "ok")
        self.assertIn("reconciliation_open alarm=reconciliation", self.rig.log("arsd"))
        for note in ("", "x" * 200):
            with self.assertRaisesRegex(RuntimeError, "NOTE must say"):
                self.rig.callkey("reconciliation", today(), "--acknowledge", note)
        self.assertRegex(self.rig.callkey("reconciliation", today(), "--acknowledge", "asked the gateway: comes tomorrow"),
                         "acknowledged +20.*asked the gateway: comes tomorrow")
        self.assertFalse(self.open()["alarm"])
        self.assertNotIn("reconciliation", self.rig.callkey("status"))
        self.assertNotIn("note", self.api.call("GET", f"/v1/reconciliations/{today()}")["gateways"][0])
        with self.assertRaisesRegex(RuntimeError, "nothing is open"):
            self.rig.callkey("reconciliation", today(), "--acknowledge", "twice")
        # The same again is known; more is not.
        self.reconcile()
        self.assertFalse(self.open()["alarm"])
        self.lie(hide=self.orders[4:6])
        self.reconcile()
        self.assertTrue(self.open()["alarm"])
        self.lie()
        self.reconcile()
        self.assertFalse(self.open()["alarm"])
        self.assertIn("reconciliation_settled alarm=reconciliation", self.rig.log("arsd"))

    def test_an_order_that_is_listed_twice_is_named(self):
        row = {"order_id": self.orders[3], "kind": "payment", "state": "approved", "amount": {"total": 4400, "currency": "KRW"},
               "tid": "tid_x", "at": "2026-11-24T00:00:00.000Z"}
        self.lie(add=[row])
        self.assertIn(("extra", self.orders[3]), self.differences(self.reconcile()))

    def test_merchants_are_told_with_counts(self):
        self.lie(hide=[self.orders[0]])
        self.reconcile()
        def told():
            hooks = [w for w in self.rig.sandbox.get("/webhooks")["webhooks"] if w["type"] == "reconciliation.completed"]
            return next((w for w in hooks if w["data"]["counts"]["missing"] == 1 and w["data"]["counts"]["state_differs"] == 0), None)
        hook = wait_until("the webhook", told)
        self.assertEqual(hook["data"]["day"], today())
        self.assertEqual(hook["data"]["counts"]["matched"], 5)

    def test_a_list_that_cannot_be_had_is_never_clean(self):
        for mode in ("fail", "garbage", "cut", "drop_before"):
            self.rig.sandbox.post("/pg/behaviour", {"mode": mode, "op": "list"})
            report = self.reconcile()
            self.assertEqual((mode, report["status"]), (mode, "failed"))
            self.assertEqual(report["gateways"][0]["status"], "failed")
            self.assertTrue(report["gateways"][0]["message"])
            # Whoever sold something on that day finds it, however it ended.
            days = self.api.call("GET", "/v1/reconciliations?status=failed")["items"]
            self.assertEqual([(d["day"], d["status"], d["counts"]["matched"]) for d in days], [(today(), "failed", 0)])
        # Once is no failure: it is asked for again.
        self.rig.sandbox.post("/pg/behaviour", {"mode": "fail", "op": "list", "times": 1})
        self.assertEqual(self.reconcile()["status"], "clean")

    def test_a_row_that_cannot_be_read_spoils_the_page(self):
        self.lie(change={self.orders[0]: {"amount": {"total": "1100", "currency": "KRW"}}})
        self.assertEqual(self.reconcile()["status"], "failed")

    def test_no_day_is_no_report(self):
        for day in ("2026-13-01", "2099-01-01", "yesterday"):
            with self.assertRaises(RuntimeError):
                self.reconcile(day)
        for path in ("2026-02-30", "2020-01-01", "2020-01-01.csv"):
            with self.assertRaises(ApiError) as refused:
                self.api.call("GET", f"/v1/reconciliations/{path}")
            self.assertEqual(refused.exception.status, 404)


class Cancellations(Reconciling):
    def give_back(self, n, part=None):
        """Of the nth payment; the id that the cancellation has at the PG."""
        request = query(self.rig, "SELECT request FROM attempts WHERE id = ?", self.orders[n])[0]["request"]
        body = {"reason": "반품", "requester": "customer", **({"amount": {"total": part, "currency": "KRW"}} if part else {})}
        self.api.call("POST", f"/v1/payments/{request}/cancel", body, {"Idempotency-Key": f"back-{n}-{part}"})
        return wait_until("it is given back", lambda: query(
            self.rig, "SELECT id FROM cancellations WHERE request = ? AND state = 'succeeded' ORDER BY seq DESC", request))[0]["id"]

    def test_each_lie_about_what_was_given_back_is_named_exactly(self):
        """One hidden, one of another sum, one that the PG has not done, one that nobody asked for; a fourth is told as it is."""
        hidden, other_amount, other_state, true = self.give_back(0), self.give_back(1, 200), self.give_back(2, 300), self.give_back(3, 400)
        stranger = {"order_id": "can_of_a_stranger", "kind": "cancel", "state": "canceled", "amount": {"total": 55, "currency": "KRW"},
                    "tid": "tid_y", "at": "2026-11-24T00:00:00.000Z"}
        self.assertEqual(self.reconcile()["status"], "clean")
        self.lie(hide=[hidden], add=[stranger], page=2,
                 change={other_amount: {"amount": {"total": 201, "currency": "KRW"}}, other_state: {"state": "net_canceled"}})
        report = self.reconcile()
        self.assertEqual(report["status"], "differs")
        self.assertEqual(self.differences(report), sorted([("missing", hidden), ("amount_differs", other_amount),
                                                           ("state_differs", other_state), ("extra", "can_of_a_stranger")]))
        self.assertTrue(all(d["kind"] == "cancel" for d in report["differences"]))
        self.assertNotIn(true, [d["order_id"] for d in report["differences"]])
        amount = next(d for d in report["differences"] if d["class"] == "amount_differs")
        self.assertEqual((amount["our_amount"]["total"], amount["their_amount"]["total"]), (200, 201))
        state = next(d for d in report["differences"] if d["class"] == "state_differs")
        self.assertEqual((state["our_status"], state["their_status"]), ("canceled", "net_canceled"))
        mine = self.api.call("GET", f"/v1/reconciliations/{today()}")
        self.assertEqual({(d["class"], d["kind"]) for d in mine["differences"]},
                         {("missing", "cancel"), ("amount_differs", "cancel"), ("state_differs", "cancel")})

    def test_a_cancellation_without_an_end_is_a_class_of_its_own(self):
        self.rig.sandbox.post("/pg/behaviour", {"mode": "drop_before", "op": "cancel"})
        request = query(self.rig, "SELECT request FROM attempts WHERE id = ?", self.orders[4])[0]["request"]
        self.api.call("POST", f"/v1/payments/{request}/cancel", {"reason": "반품", "requester": "customer"}, {"Idempotency-Key": "never-ends"})
        report = self.reconcile()
        self.assertEqual([(d["class"], d["kind"], d["request"]) for d in report["differences"]], [("unknown", "cancel", request)])
        self.rig.sandbox.post("/pg/behaviour", {"mode": "normal"})
        wait_until("it has an end", lambda: query(self.rig, "SELECT id FROM cancellations WHERE request = ? AND state = 'succeeded'", request))


if __name__ == "__main__":
    unittest.main()
