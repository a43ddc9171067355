"""Virtual numbers: unique as pairs, exhausted without half a request, at rest after use."""
import unittest

from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import dial, ended_request, new_phone, query, register


class Numbers(unittest.TestCase):

    def rig_of(self, **settings):
        rig = Rig(rate=0, settings={"arsd": {"numbers": ["07012340000-07012340002"], **settings}})
        self.addCleanup(lambda: rig.__exit__(None))
        return rig.start()

    def refused(self, api, phone):
        with self.assertRaises(ApiError) as no:
            api.register(phone, sms="send")
        return no.exception

    def counts(self, rig):
        return [query(rig, f"SELECT count(*) AS n FROM {table}")[0]["n"]
                for table in ("requests", "leases", "lease_rests", "outbox", "events")]

    def test_an_exhausted_pool_is_a_503_with_retry_after_and_nothing_half_created(self):
        rig = self.rig_of(lease_quarantine_s=3600)
        api, phone = rig.merchant(), new_phone()
        made = [api.register(phone, sms="send") for _ in range(3)]
        self.assertEqual(len({r["virtual_number"] for r in made}), 3)
        wait_until("their SMS are sent", lambda: len(rig.sandbox.get(f"/sms?to={phone}")["messages"]) == 3)
        wait_until("and known to be", lambda: all(api.registration(r["id"])["status"] == "sms_sent" for r in made))
        before = self.counts(rig)
        no = self.refused(api, phone)
        self.assertEqual((no.status, no.problem["code"]), (503, "number_pool_exhausted"))
        self.assertGreater(int(no.headers["Retry-After"]), 0)
        self.assertEqual(self.counts(rig), before)
        self.assertEqual(len(rig.sandbox.get(f"/sms?to={phone}")["messages"]), 3)
        # Pairs are unique, not numbers: another phone has the whole pool to itself.
        self.assertEqual(api.register(new_phone(), sms="skip")["status"], "sms_sent")

    def test_the_refusal_may_be_repeated_with_the_same_key_once_a_number_is_free(self):
        rig = self.rig_of(lease_quarantine_s=0)
        api, phone = rig.merchant(), new_phone()
        made = [api.register(phone, sms="skip") for _ in range(3)]
        body = {"customer_ref": "c", "phone": phone, "product_name": "월간 구독", "cycle": "monthly", "sms": "skip"}
        once = {"Idempotency-Key": "the-same-key"}
        self.assertEqual(api.request("POST", "/v1/registrations", body, once)[0], 503)
        dial(rig, phone, made[1]["virtual_number"], register(cards.CREDIT)).wait_ended()
        wait_until("one number is free", lambda: ended_request(api, made[1]["id"]))
        def again():
            status, answer, _ = api.request("POST", "/v1/registrations", body, once)
            return answer if status == 201 else None
        # Pairs that have rested are given back every few seconds.
        self.assertEqual(wait_until("it is given out again", again, 15, 0.2)["virtual_number"], made[1]["virtual_number"])

    def test_a_pair_rests_after_its_request(self):
        rig = self.rig_of(lease_quarantine_s=3)
        api, phone = rig.merchant(), new_phone()
        made = [api.register(phone, sms="skip") for _ in range(3)]
        dial(rig, phone, made[0]["virtual_number"], register(cards.CREDIT)).wait_ended()
        wait_until("its request has ended", lambda: ended_request(api, made[0]["id"]))
        self.assertEqual(self.refused(api, phone).status, 503)
        given = wait_until("the rest is over", lambda: self.try_register(api, phone), 15, 0.5)
        self.assertEqual(given["virtual_number"], made[0]["virtual_number"])

    @staticmethod
    def try_register(api, phone):
        try:
            return api.register(phone, sms="skip")
        except ApiError:
            return None

    def test_each_of_two_requests_on_one_number_is_found_by_its_phone(self):
        rig = Rig(rate=0, settings={"arsd": {"numbers": ["15881234"]}})
        self.addCleanup(lambda: rig.__exit__(None))
        rig.start()
        api = rig.merchant()
        phones = [new_phone(), new_phone()]
        made = [api.register(p, sms="skip") for p in phones]
        self.assertEqual({r["virtual_number"] for r in made}, {"15881234"})
        for phone, request in zip(phones, made):
            dial(rig, phone, "15881234", register(cards.CREDIT)).wait_ended()
            self.assertEqual(wait_until("it is registered", lambda: ended_request(api, request["id"]))["status"], "registered")

    def test_numbers_are_given_out_by_chance(self):
        rig = Rig(rate=0)
        self.addCleanup(lambda: rig.__exit__(None))
        rig.start()
        api = rig.merchant()
        given = [api.register(new_phone(), sms="skip")["virtual_number"] for _ in range(40)]
        self.assertEqual(len(set(given)), 40)         # alone on a number while there are enough
        self.assertNotEqual(given, sorted(given))
        steps = {int(b) - int(a) for a, b in zip(given, given[1:])}
        self.assertGreater(len(steps), 20)
