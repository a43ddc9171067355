"""A payment gateway's keys from one to the next, with real payments: two side by side, the newer from its date on; the older until it
is retired; and what merchants, callers and operators see when none is left, or one ends soon."""
import datetime
import json
import shutil
import time
import unittest

from rig import ceremony, config
from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import (QUICK, attempts, dial, ended_request, enter, hear, ledger, new_billing_key, new_phone, press, register)

TEMPORARY_FAILURE = 41
LATE_S = 20


def rfc3339(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class GatewayKeys(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(rate=0, settings=QUICK).start()
        self.addCleanup(self.rig.__exit__, None)
        self.api = self.rig.merchant()

    # ---- what officers and the gateway do ----
    def officers(self, act, payload=None, **args):
        door = ceremony.connect(self.rig.path("run", "keyctl.sock"))
        try:
            return ceremony.two(door, act, payload, **args)
        finally:
            door.socket.close()

    def gateway_makes_a_key(self, kid):
        """Its private half stays with the sandbox's PG; the public one."""
        folder = self.rig.path("sandbox", kid)
        folder.mkdir()
        config.make_pg_key(folder)
        shutil.move(folder / "pg-key.pem", self.rig.path("sandbox", f"pg-key.{kid}.pem"))
        return (folder / "pg-pub.pem").read_bytes()

    def import_key(self, kid, **dates):
        self.officers("import-gateway", self.gateway_makes_a_key(kid), name="sandbox", kid=kid, usage="gateway-public", **dates)

    def set_state(self, version, state):
        self.officers("state", name="sandbox", version=version, state=state)

    # ---- what customers do ----
    def kid_of(self, request):
        (attempt,) = attempts(self.rig, request["id"])
        return ledger(self.rig)[attempt["id"]]["kid"]

    def register_a_card(self):
        phone = new_phone()
        made = self.api.register(phone)
        dial(self.rig, phone, made["virtual_number"], register(cards.CREDIT)).wait_ended()
        done = wait_until("it has ended", lambda: ended_request(self.api, made["id"]), LATE_S)
        self.assertEqual(done["status"], "registered", done)
        return done

    def pay_with_another_card(self, key, phone):
        """In a call, by a card that is entered in it."""
        made = self.api.pay(key, 5000, other_card="allow")
        script = [press("pay.menu.other", "2"), *enter(cards.CHECK), press("other.keep", "2"), hear("bye")]
        dial(self.rig, phone, made["virtual_number"], script).wait_ended()
        done = wait_until("it has ended", lambda: ended_request(self.api, made["id"]), LATE_S)
        self.assertEqual(done["status"], "approved", done)
        return done

    def status(self):
        return json.loads(self.rig.callkey("--json", "status"))

    # ---- what must hold ----
    def test_the_newer_key_takes_over_at_its_date(self):
        key, phone = new_billing_key(self.rig, self.api, cards.CREDIT)
        switch = time.time() + 12
        self.import_key("2026-b", **{"from": rfc3339(switch)})
        self.assertEqual(self.status()["gateway_keys"], [{"gateway": "sandbox", "kid": "sandbox-1", "version": 1}])
        before = self.pay_with_another_card(key, phone), self.register_a_card()
        self.assertLess(time.time(), switch, "this machine is too slow for this test")
        time.sleep(switch - time.time() + 0.05)
        after = self.pay_with_another_card(key, phone), self.register_a_card()
        self.assertEqual([self.kid_of(r) for r in before], ["sandbox-1"] * 2)
        self.assertEqual([self.kid_of(r) for r in after], ["2026-b"] * 2)
        told = [{"gateway": "sandbox", "kid": "2026-b", "version": 2}]
        wait_until("arsd is told, a second later at most", lambda: self.status()["gateway_keys"] == told, LATE_S)
        # The older one stays as long as nobody retires it: it is what is left when the newer one is betrayed.
        self.set_state(2, "compromised")
        self.assertEqual(self.kid_of(self.register_a_card()), "sandbox-1")
        # A billing key needs none.
        self.set_state(1, "retired")
        made = self.api.pay(key, 5000, other_card="deny")
        dial(self.rig, phone, made["virtual_number"], [press("pay.menu.only", "1"), hear("bye")]).wait_ended()
        wait_until("it is paid", lambda: self.api.payment(made["id"])["status"] == "approved", LATE_S)

    def test_without_a_key_nobody_is_called_to_a_card_and_all_say_why(self):
        key, owner = new_billing_key(self.rig, self.api, cards.CREDIT)
        waiting = {**self.api.register(phone := new_phone()), "phone": phone}
        self.rig.sms_to(phone)
        self.set_state(1, "compromised")
        why = "key sandbox-1 is compromised"
        wait_until("arsd is told", lambda: self.status()["gateway_keys"][0].get("lacks") == why, LATE_S)
        self.assertRegex(self.rig.callkey("status"), rf"cards +not taken for gateway sandbox: {why}; callkey keys propose import-gateway --name sandbox\n")
        with self.assertRaises(ApiError) as degraded:
            self.rig.health()
        health = json.loads(degraded.exception.problem)
        self.assertEqual((degraded.exception.status, health["status"], health["gateways_without_key"]), (503, "degraded", ["sandbox"]))
        for name in ("arsd", "keystored"):
            self.assertIn(f'gateway_no_key alarm=gateway_key gateway=sandbox why="{why}"', self.rig.log(name))
        self.assertIn("callkey_arsd_gateways_without_key 1", self.rig.metrics())

        other = new_phone()
        with self.assertRaises(ApiError) as refused:
            self.api.register(other)
        problem = refused.exception.problem
        self.assertEqual((refused.exception.status, problem["code"]), (503, "gateway_no_key"))
        self.assertIn(why, problem["detail"])
        call = dial(self.rig, waiting["phone"], waiting["virtual_number"], register(cards.CREDIT))
        self.assertEqual(call.wait_ended()["cause"], TEMPORARY_FAILURE)
        self.assertNotIn("connected", [e["ev"] for e in call.events], "the call was answered")
        # A payment goes on, without the choice of another card.
        made = self.api.pay(key, 5000, other_card="allow")
        call = dial(self.rig, owner, made["virtual_number"], [press("pay.menu.only", "1"), hear("bye")])
        call.wait_ended()
        self.assertNotIn("pay.menu.other", call.heard)
        wait_until("it is paid", lambda: self.api.payment(made["id"])["status"] == "approved", LATE_S)
        self.assertEqual(self.rig.sandbox.get(f"/sms?to={other}")["messages"], [])

        self.import_key("2026-b")
        wait_until("arsd is told", lambda: "lacks" not in self.status()["gateway_keys"][0], LATE_S)
        self.assertEqual(self.rig.health()["status"], "ok")
        dial(self.rig, waiting["phone"], waiting["virtual_number"], register(cards.CREDIT)).wait_ended()
        done = wait_until("it has ended", lambda: ended_request(self.api, waiting["id"]), LATE_S)
        self.assertEqual((done["status"], self.kid_of(done)), ("registered", "2026-b"))

    def test_a_key_that_ends_is_told_before_and_seals_nothing_after(self):
        self.set_state(1, "retired")
        end = time.time() + 12
        self.import_key("short", until=rfc3339(end))
        self.assertEqual(self.kid_of(self.register_a_card()), "short")
        told = wait_until("arsd is told", lambda: self.status()["keys_expiring"], LATE_S)
        self.assertEqual(told, {"count": 1, "first": {"name": "sandbox", "version": 2, "kid": "short", "until": rfc3339(end)}})
        self.assertRegex(self.rig.callkey("status"), r"keys +1 ends within 30 days, or ended; first sandbox version 2, kid short on "
                                                     r"\d{4}-\d\d-\d\d: callkey keys propose import-gateway --name sandbox\n")
        event = "keys_expire alarm=keys count=1 first=sandbox version=2 until="
        wait_until("keystored has logged it", lambda: event in self.rig.log("keystored"), LATE_S)
        wait_until("its time is over", lambda: "lacks" in self.status()["gateway_keys"][0], LATE_S)
        self.assertGreaterEqual(time.time(), end)
        with self.assertRaises(ApiError) as refused:
            self.api.register(new_phone())
        self.assertIn("the cryptoperiod of key short is over since", refused.exception.problem["detail"])
        # Its successor ends the alarm.
        self.import_key("2026-c")
        self.set_state(2, "retired")
        self.assertEqual(self.kid_of(self.register_a_card()), "2026-c")
        wait_until("the alarm is over", lambda: self.status()["keys_expiring"] is None, LATE_S)
        self.assertEqual((self.rig.health()["status"], self.rig.health()["keys_expiring"]), ("ok", 0))


if __name__ == "__main__":
    unittest.main()
