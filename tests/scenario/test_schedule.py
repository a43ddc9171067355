"""Payments that make themselves, through all programs: a month goes by in a moment on a test merchant's clock."""
import datetime
import unittest

from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import dial, new_billing_key, press

MONTH_S = 31 * 24 * 3600


class Schedule(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0, settings={"arsd": {"request_ttl_s": 3600}}).start()

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)

    def begin(self, name, card=cards.CREDIT, **fields):
        """A merchant with a clock of its own, and its schedule."""
        self.api = self.rig.merchant(name, "--may-skip-consent")
        self.key, self.phone = new_billing_key(self.rig, self.api, card)
        return self.api.call("POST", "/v1/schedules", {
            "billing_key": self.key, "order_id": "rent-{date}", "order_name": "월세", "amount": {"total": 53000, "currency": "KRW"},
            "repeat": {"every": "month", "day": 31}, "time": "09:00", **fields})

    def advance(self, seconds):
        return self.api.call("POST", "/v1/test/clock", {"advance_s": seconds})

    def runs(self, schedule, count, status):
        """So many payments of the schedule in a state, oldest first."""
        def there():
            items = self.api.call("GET", f"/v1/payments?schedule={schedule['id']}&status={status}")["items"]
            return len(items) == count and items[::-1]
        return wait_until(f"{count} payments that are {status}", there)

    def test_a_year_of_months_is_charged_on_their_last_days(self):
        schedule = self.begin("Year Shop", consent="skip", count=12)
        for month in range(12):
            self.advance(MONTH_S)
            self.runs(schedule, min(month + 1, 12), "approved") if month < 2 else None
        paid = self.runs(schedule, 12, "approved")
        days = [datetime.date.fromisoformat(f"{p['order_id'][5:9]}-{p['order_id'][9:11]}-{p['order_id'][11:13]}") for p in paid]
        for day in days:
            self.assertEqual((day + datetime.timedelta(days=1)).day, 1, f"{day} is not the last day of its month")
        self.assertEqual(len({(d.year, d.month) for d in days}), 12)
        self.assertEqual({p["schedule"] for p in paid}, {schedule["id"]})
        ended = self.api.call("GET", f"/v1/schedules/{schedule['id']}")
        self.assertEqual((ended["status"], ended["reason"], ended["runs"], ended["missed"]), ("ended", "completed", 12, 0))
        told = self.rig.webhook(schedule["id"], "schedule.ended")
        self.assertEqual(told["data"]["last_payment"], paid[-1]["id"])

    def test_with_consent_the_customer_is_asked_to_call_and_agrees(self):
        schedule = self.begin("Consent Shop", repeat={"every": "days", "days": 1}, sms="send")
        self.advance(24 * 3600)
        payment = self.runs(schedule, 1, "sms_sent")[0]
        self.assertIn(payment["virtual_number"], self.rig.sms_to(self.phone)["text"].replace("-", ""))
        phone = dial(self.rig, self.phone, payment["virtual_number"], [press("pay.asks", "1"), press("pay.approved", "2")])
        phone.wait_ended()
        self.assertEqual(self.api.payment(payment["id"])["status"], "approved")

    def test_a_declined_run_ends_nothing(self):
        schedule = self.begin("Poor Shop", card=cards.FUNDS, consent="skip", repeat={"every": "days", "days": 1})
        self.advance(2 * 24 * 3600)
        for payment in self.runs(schedule, 2, "declined"):
            self.assertEqual(payment["failure"]["class"], "funds")
        self.assertEqual(self.api.call("GET", f"/v1/schedules/{schedule['id']}")["status"], "active")

    def test_killed_at_the_moment_it_is_made_once(self):
        schedule = self.begin("Dying Shop", consent="skip", repeat={"every": "days", "days": 1})
        for day in range(1, 6):
            self.advance(24 * 3600)
            self.rig.kill("arsd")
            made = wait_until("a run", lambda: (s := self.read(schedule)) and s["runs"] == day and s)
            wait_until("its end", lambda: self.api.payment(made["last_payment"])["status"] in ("approved", "net_canceled"))
        self.assertEqual(len(self.api.call("GET", f"/v1/payments?schedule={schedule['id']}")["items"]), 5)

    def read(self, schedule):
        try:
            return self.api.call("GET", f"/v1/schedules/{schedule['id']}")
        except (ApiError, OSError):
            return None


if __name__ == "__main__":
    unittest.main()
