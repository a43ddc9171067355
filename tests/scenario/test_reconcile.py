"""Each day held against the gateway's list: whatever the list hides, adds or changes is named, exactly, and nothing else."""
import datetime
import json
import unittest

from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import QUICK, attempts, ended_request, new_billing_key

KOREA = datetime.timezone(datetime.timedelta(hours=9))
SETTINGS = {"arsd": {**QUICK["arsd"], "reconcile": {"at": "", "retry_s": 1, "tries": 2}}}


def today():
    return datetime.datetime.now(KOREA).strftime("%Y-%m-%d")


class ReconcileTest(unittest.TestCase):
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
        listed = self.api.call("GET", "/v1/reconciliations")["items"]
        self.assertEqual((listed[0]["day"], listed[0]["status"]), (today(), "differs"))
        status, csv, headers = self.api.request("GET", f"/v1/reconciliations/{today()}.csv")
        self.assertEqual((status, headers["Content-Type"].split(";")[0]), (200, "text/csv"))
        self.assertEqual(len(csv.splitlines()), 4)
        self.assertIn(f'"missing","payment","{hidden}"', csv)
        self.assertIn("alarm=reconciliation", self.rig.path("log", "arsd.log").read_text(encoding="utf-8"))

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


if __name__ == "__main__":
    unittest.main()
