"""Agreeing to a payment by telephone: every way through the scenario, with real calls."""
import secrets

from rig.appliance import Rig, Span
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import (QUICK, Call, Case, Cases, attempts, dial, ended_request, enter, hang_up, hear, judge_ledger,
                             ledger, new_billing_key, press, query, secret, sounds, told_by_cases, webhooks)

MENU, ONLY = "pay.menu.other", "pay.menu.only"
GIVEN_UP = ["pay.not_done", "gave_up"]
OTHER = {"other_card": "allow"}
DENY = {"other_card": "deny"}
MONTHS = {"instalment": {"mode": "ask", "allowed": [2, 3, 6], "interest_free": [3]}}
BYE = press("pay.approval_menu", "2")


def other(card, keep="2"):
    """Pays with another card; keep: the answer to whether it is to be kept."""
    return [press(MENU, "2"), *enter(card), press("other.keep", keep)]


def pays(rule, script, amount=53000, card=cards.CREDIT, **more):
    """A case that ends with an approved payment in one call."""
    call = {name: more.pop(name) for name in ("hears", "never", "options", "end", "step") if name in more}
    call.setdefault("hears", ["pay.approved"])
    more.setdefault("attempts", ["ok"])
    return Case(rule, [Call(script, **call)], "approved", amount=amount, card=card, **more)


def one_call(rule, script, state, end, step, hears, failure=None, amount=53000, card=cards.CREDIT, **more):
    call = {name: more.pop(name) for name in ("never", "options") if name in more}
    return Case(rule, [Call(script, end, step, hears, **call)], state, failure, amount=amount, card=card, **more)


def charged(result):
    """The order that the PG has charged for the case."""
    books = ledger(result.rig)
    return next(books[a["id"]] for a in attempts(result.rig, result.request["id"]) if a["state"] == "ok")


# ---- the way through ----

def judge_whole_payment(test, result):
    request = result.request
    test.assertEqual(request["amount"], {"total": 53000, "currency": "KRW", "tax_free": None, "vat": None})
    test.assertFalse(request["other_card_used"])
    test.assertEqual(request["card"]["last4"], cards.CREDIT.last4)
    test.assertTrue(request["approval_no"] and request["tid"] and request["approved_at"])
    test.assertEqual((charged(result)["amount"]["total"], charged(result)["instalment_months"]), (53000, 0))
    steps = [entry["step"] for entry in result.calls[0]["timeline"] if entry["what"] == "step"]
    test.assertEqual(steps, ["greeting", "holder", "choose_card", "authorize", "approved", "approval_no", "bye"])
    consents = query(result.rig, "SELECT kind, consent_key, call, prompts FROM consents WHERE request = ?", request["id"])
    test.assertEqual([(c["kind"], c["consent_key"], c["call"]) for c in consents], [("payment", "1", result.calls[0]["id"])])
    test.assertIn("pay.amount", consents[0]["prompts"].split())
    key = result.api.call("GET", f"/v1/billing-keys/{result.billing_key}")
    test.assertIsNotNone(key["last_used_at"])


def judge_approval_number(test, result):
    heard = result.phones[0].heard
    number = [d for d in result.request["approval_no"] if d.isdigit()]
    at = heard.index("pay.approval_number") + 1
    test.assertEqual(heard[at:at + len(number)], sounds([f"num.{d}" for d in number]))


THROUGH = [
    pays("the registered card pays and every prompt is heard to its end",
         [press(MENU, "1", 9000), press("pay.approval_menu", "1", 9000), press("pay.approval_menu", "2", 9000), hear("bye")],
         fields=OTHER, check=judge_whole_payment,
         hears=["greet.neutral", "pay.asks", "pay.product", "pay.amount", "n.5", "n.man", "n.3", "n.1000", "unit.won",
                "cycle.once", "pay.menu.registered", "issuer.shinhan", "card.ending", "num.5", "num.6", "num.7", "num.3",
                "pay.menu.use_it", "pay.menu.other", "n.5", "n.man", "n.3", "n.1000", "unit.won", "pay.approved",
                "pay.approval_menu", "pay.approval_number", "pay.approval_menu", "bye"]),
    pays("the approval number is read on request", [press(MENU, "1"), press("pay.approval_menu", "1"),
         press("pay.approval_menu", "2"), hear("bye")], fields=OTHER, hears=["pay.approved", "pay.approval_number", "bye"],
         check=judge_approval_number),
    pays("the approval number is not read when nobody asks", [press(MENU, "1"), BYE, hear("bye")], fields=OTHER,
         never=["pay.approval_number"]),
    pays("who says nothing after the approval has paid", [press(MENU, "1"), hear("pay.approval_menu"), hear("err.no_input"),
         hear("bye")], fields=OTHER),
    pays("ten thousand won are not one ten thousand", [press(MENU, "1", 3000), BYE], amount=10000, fields=OTHER,
         hears=["pay.amount", "n.man", "unit.won", "pay.approved"], never=["n.1", "pay.fixed"]),
    pays("a monthly payment is named as such", [press(MENU, "1", 3000), BYE], fields={**OTHER, "cycle": "monthly"},
         hears=["cycle.monthly", "pay.approved"], never=["cycle.once"]),
    pays("without another card there are two choices", [press(ONLY, "1", 3000), BYE], fields=DENY, hears=[ONLY, "pay.approved"],
         never=[MENU]),
    one_call("who presses 3 pays nothing", [press(MENU, "3"), hear("bye")], "refused", "refused", "refused",
             ["pay.refused", "bye"], ("refused", None), fields=OTHER, attempts=[]),
    one_call("who presses 2 where there is no other card pays nothing", [press(ONLY, "2"), hear("bye")], "refused", "refused",
             "refused", ["pay.refused", "bye"], ("refused", None), fields=DENY, attempts=[]),
    one_call("3 is no choice where there is no other card", [press(ONLY, "3"), hear("err.menu"), press(ONLY, "2"), hear("bye")],
             "refused", "refused", "refused", ["err.menu", ONLY, "pay.refused"], ("refused", None), fields=DENY),
]

# ---- another card ----

def key_now(result):
    return result.api.call("GET", f"/v1/billing-keys/{result.billing_key}")


def judge_used_once(test, result):
    test.assertTrue(result.request["other_card_used"])
    test.assertFalse(result.request["card_kept"])
    test.assertEqual(result.request["card"]["last4"], cards.CHECK.last4)
    test.assertEqual(key_now(result)["card"]["last4"], cards.CREDIT.last4)


def judge_kept(test, result):
    """The other card is behind the key from now on: at the PG too, where the first one's key is gone."""
    test.assertTrue(result.request["card_kept"])
    test.assertEqual(key_now(result)["card"]["last4"], cards.CHECK.last4)
    kinds = [c["kind"] for c in query(result.rig, "SELECT kind FROM consents WHERE request = ? ORDER BY seq",
                                      result.request["id"])]
    test.assertEqual(kinds, ["payment", "keep_card"])
    again = result.api.pay(result.billing_key, 4000, other_card="deny", sms="skip")
    phone = dial(result.rig, result.phone_number, again["virtual_number"], [press(ONLY, "1", 3000), BYE])
    phone.wait_ended()
    done = wait_until("the next payment is approved", lambda: ended_request(result.api, again["id"]))
    test.assertEqual((done["status"], done["card"]["last4"]), ("approved", cards.CHECK.last4))
    expired = lambda: [j for j in query(result.rig, "SELECT state FROM outbox WHERE kind = 'pg_expire' AND request = ?",
                                        key_now(result)["registration"]) if j["state"] == "done"]
    wait_until("the first card's key is given up at the PG", expired)


OTHERS = [
    pays("another card pays once and the registered one stays", [*other(cards.CHECK), BYE], fields=OTHER,
         hears=["card.number", "card.confirm", "other.keep", "pay.approved"], never=["pay.kept"], check=judge_used_once),
    pays("another card is kept when the customer says so", [*other(cards.CHECK, "1"), BYE], fields=OTHER,
         hears=["other.keep", "pay.kept", "pay.approved"], check=judge_kept),
    pays("a company card pays as another card", [*other(cards.COMPANY), BYE], fields=OTHER),
    pays("pound at the question whether to keep goes back to the confirmation",
         [press(MENU, "2"), *enter(cards.CHECK), press("other.keep", "#"), press("card.confirm.menu", "1"),
          press("other.keep", "2"), BYE], fields=OTHER,
         hears=["card.confirm.menu", "other.keep", "card.confirm.menu", "other.keep", "pay.approved"]),
    pays("a mistyped other card is typed again", [press(MENU, "2"), *enter(cards.CREDIT, "2"), *enter(cards.CHECK),
         press("other.keep", "2"), BYE], fields=OTHER,
         check=lambda test, r: test.assertEqual(r.request["card"]["last4"], cards.CHECK.last4)),
    one_call("three wrong numbers of another card pay nothing",
             [press(MENU, "2"), secret("card.number", cards.BAD_LUHN), hear("err.card.invalid"),
              secret("card.number", cards.BAD_LUHN), hear("err.last"), secret("card.number", cards.BAD_LUHN), hear("gave_up")],
             "input_failed", "input_failed", "gave_up", ["err.card.invalid", "err.card.invalid", "err.last", *GIVEN_UP],
             ("input_failed", "input"), fields=OTHER, attempts=[]),
    one_call("three wrong keys at the question whether to keep pay nothing",
             [press(MENU, "2"), *enter(cards.CHECK), press("other.keep", "3"), hear("err.menu"), press("other.keep", "4"),
              hear("err.last"), press("other.keep", "5"), hear("gave_up")],
             "input_failed", "input_failed", "gave_up", GIVEN_UP, ("input_failed", "input"), fields=OTHER, attempts=[]),
    one_call("three silences at the question whether to keep pay nothing",
             [press(MENU, "2"), *enter(cards.CHECK), hear("other.keep"), hear("err.no_input"), hear("err.last"),
              hear("err.no_input"), hear("gave_up")],
             "input_failed", "input_failed", "gave_up", GIVEN_UP, ("input_failed", "input"), fields=OTHER, attempts=[]),
]

# ---- instalments ----


def judge_months(months, interest_free):
    def check(test, result):
        test.assertEqual((result.request["instalment"]["months"], result.request["instalment"]["interest_free"]),
                         (months, interest_free))
        order = charged(result)
        test.assertEqual((order["instalment_months"], order["interest_free"]), (months, interest_free))
    return check


ASKED = {**OTHER, **MONTHS}
FIXED = {**OTHER, "instalment": {"mode": "fixed", "months": 3, "interest_free": [3]}}
INSTALMENTS = [
    pays("three months without interest are named and chosen", [press(MENU, "1"), press("months.end", "3", 3000), BYE],
         fields=ASKED, hears=["months.ask", "months.lump", "key.1", "unit.months", "key.2", "unit.months", "months.free", "key.3",
                              "unit.months", "key.4", "months.end", "pay.approved"], check=judge_months(3, True)),
    pays("six months with interest are chosen", [press(MENU, "1"), press("months.ask", "4"), BYE], fields=ASKED,
         check=judge_months(6, False)),
    pays("one payment is a choice among the months", [press(MENU, "1"), press("months.ask", "1"), BYE], fields=ASKED,
         check=judge_months(0, False)),
    pays("exactly 50,000 won may be paid in months", [press(MENU, "1"), press("months.ask", "2"), BYE], amount=50000,
         fields=ASKED, check=judge_months(2, False)),
    pays("a check card is not offered months", [press(MENU, "1"), BYE], card=cards.CHECK, fields=ASKED, never=["months.ask"],
         check=judge_months(0, False)),
    pays("no months are offered that the merchant does not offer", [press(MENU, "1"), BYE], fields=OTHER, never=["months.ask"]),
    pays("another card that is a credit card is offered months", [*other(cards.CREDIT), press("months.ask", "2"), BYE],
         card=cards.CHECK, fields=ASKED, check=judge_months(2, False)),
    pays("another card that is a check card is not offered months", [*other(cards.CHECK), BYE], fields=ASKED,
         never=["months.ask"], check=judge_months(0, False)),
    pays("fixed months are not asked for, and told before the customer agrees", [press(MENU, "1"), BYE], never=["months.ask"],
         hears=["pay.amount", "pay.fixed", "n.3", "unit.months", "pay.fixed_end", MENU], check=judge_months(3, True), fields=FIXED),
    pays("a check card pays at once where months are fixed for credit cards", [*other(cards.CHECK), BYE],
         hears=["pay.fixed", "pay.fixed_end", MENU, "pay.approved"], check=judge_months(0, False), fields=FIXED),
    pays("pound at the months goes back to the choice of the card",
         [press(MENU, "1"), press("months.ask", "#"), press(MENU, "1"), press("months.ask", "1"), BYE], fields=ASKED,
         hears=[MENU, "months.ask", MENU, "months.ask", "pay.approved"]),
    pays("pound at the months of another card goes back to whether it is kept",
         [*other(cards.CREDIT), press("months.ask", "#"), press("other.keep", "2"), press("months.ask", "1"), BYE],
         fields=ASKED, hears=["other.keep", "months.ask", "other.keep", "months.ask", "pay.approved"]),
    pays("0 and star at the months are no attempts",
         [press(MENU, "1"), press("months.ask", "0"), press("menu.no_agent", "0", 4000), press("menu.no_agent", "*", 4000),
          press("months.ask", "*"), press("months.ask", "1"), BYE], fields=ASKED,
         hears=["menu.no_agent", "menu.no_agent", "months.ask", "pay.approved"], never=["err.menu"]),
    one_call("three wrong keys at the months pay nothing",
             [press(MENU, "1"), press("months.ask", "5"), hear("err.menu"), press("months.ask", "9"), hear("err.last"),
              press("months.ask", "8"), hear("gave_up")],
             "input_failed", "input_failed", "gave_up", ["err.menu", "err.menu", "err.last", "err.menu", *GIVEN_UP],
             ("input_failed", "input"), fields=ASKED, attempts=[]),
    one_call("three silences at the months pay nothing",
             [press(MENU, "1"), hear("months.ask"), hear("err.no_input"), hear("err.last"), hear("err.no_input"),
              hear("gave_up")],
             "input_failed", "input_failed", "gave_up", ["err.no_input", "err.last", *GIVEN_UP], ("input_failed", "input"),
             fields=ASKED, attempts=[]),
]

# ---- the choice of the card, as a menu ----

CHOICE = [
    one_call("three wrong keys where there is no other card pay nothing",
             [press(ONLY, "3"), hear("err.menu"), press(ONLY, "4"), hear("err.last"), press(ONLY, "5"), hear("gave_up")],
             "input_failed", "input_failed", "gave_up", ["err.menu", "err.menu", "err.last", "err.menu", *GIVEN_UP],
             ("input_failed", "input"), fields=DENY, attempts=[]),
    one_call("three wrong keys at the choice of the card pay nothing",
             [press(MENU, "7"), hear("err.menu"), press(MENU, "8"), hear("err.last"), press(MENU, "9"), hear("gave_up")],
             "input_failed", "input_failed", "gave_up", ["err.menu", "err.menu", "err.last", "err.menu", *GIVEN_UP],
             ("input_failed", "input"), fields=OTHER, attempts=[]),
    one_call("three silences at the choice of the card pay nothing",
             [hear(MENU), hear("err.no_input"), hear("err.last"), hear("err.no_input"), hear("gave_up")],
             "input_failed", "input_failed", "gave_up", ["err.no_input", "err.no_input", "err.last", "err.no_input", *GIVEN_UP],
             ("input_failed", "input"), fields=OTHER, attempts=[]),
    pays("0 star and pound at the choice of the card are no attempts",
         [press(MENU, "0"), press("menu.no_agent", "*", 4000), press(MENU, "#"), hear("menu.no_back"), press(MENU, "*"),
          press(MENU, "1"), BYE], fields=OTHER, hears=["menu.no_agent", "menu.no_back", MENU, "pay.approved"],
         never=["err.menu"]),
]

# ---- the PG ----

DECLINED = [
    one_call("the registered card declined for funds is said so", [press(MENU, "1"), hear("bye")], "declined", "card_declined",
             "declined", ["declined.funds", "not_charged", "bye"], ("P051", "funds"), card=cards.FUNDS,
             fields=OTHER, attempts=["declined"]),
] + [
    one_call(f"another card declined for {word} is said so", [*other(card), hear("bye")], "declined", "card_declined",
             "declined", [f"declined.{word}", "not_charged", "bye"], (code, word), fields=OTHER,
             attempts=["declined"])
    for word, (card, code) in cards.DECLINES.items()
] + [
    pays("who typed a wrong password may type the other card once more",
         [*other(cards.WRONG_PASSWORD), press("declined.again", "1"), *enter(cards.CREDIT), press("other.keep", "2"), BYE],
         fields=OTHER, card=cards.CHECK, hears=["declined.input", "declined.again", "card.number", "pay.approved"],
         attempts=["declined", "ok"]),
    one_call("a second wrong password ends the payment, for cards are blocked after three",
             [*other(cards.WRONG_PASSWORD), press("declined.again", "1"), *enter(cards.WRONG_PASSWORD), press("other.keep", "2"),
              hear("bye")],
             "declined", "card_declined", "declined", ["declined.again", "declined.input", "not_charged", "bye"],
             (cards.WRONG_PASSWORD_CODE, "input"), fields=OTHER, attempts=["declined", "declined"]),
    one_call("who does not want to type again after a wrong password has not paid",
             [*other(cards.WRONG_PASSWORD), press("declined.again", "2"), hear("bye")], "declined", "card_declined", "not_paid",
             ["declined.again", "not_charged", "bye"], (cards.WRONG_PASSWORD_CODE, "input"), fields=OTHER,
             attempts=["declined"]),
    Case("after trouble at the PG the customer may call again and pay",
         [Call([*other(cards.SYSTEM), hear("bye")], "card_declined", "declined", ["declined.system", "not_charged", "bye"]),
          Call([press(MENU, "1"), BYE], hears=["pay.approved"])], "approved", amount=53000, card=cards.CREDIT, fields=OTHER,
         attempts=["declined", "ok"]),
    pays("waiting music sounds until a slow PG has answered", [*other(cards.SLOW), BYE], fields=OTHER,
         hears=["pay.wait", "wait.music", "pay.wait", "wait.music", "pay.approved"]),
    pays("a payment whose answer was lost is found approved and charged once", [*other(cards.LOST_AFTER), BYE], fields=OTHER),
    pays("a payment whose answer nobody can read is found approved and charged once", [*other(cards.GARBAGE), BYE],
         fields=OTHER),
    one_call("a payment that the PG never got is undone there and not charged", [*other(cards.LOST_BEFORE), hear("bye")],
             "net_canceled", "card_declined", "declined", ["pay.wait", "pay.not_done", "not_charged", "bye"],
             ("pg_timeout", "system"), fields=OTHER, attempts=["canceled"]),
]

# ---- hang-ups ----

TYPED = [press(MENU, "2"), *enter(cards.CHECK)]
HANG_UP_AT = {
    "greeting": [hang_up("greet.neutral")],
    "choose_card": [hang_up("pay.asks")],
    "card": [*TYPED[:1], hang_up("card.number")],
    "expiry": [*TYPED[:2], hang_up("card.expiry")],
    "identity": [*TYPED[:3], hang_up("card.identity")],
    "password": [*TYPED[:4], hang_up("card.password2")],
    "confirm": [*TYPED[:5], hang_up("card.confirm.menu")],
    "keep": [*TYPED, hang_up("other.keep")],
    "months": [press(MENU, "1"), hang_up("months.ask")],
    "months_other": [press(MENU, "2"), *enter(cards.CREDIT), press("other.keep", "2"), hang_up("months.ask")],
    "try_again": [press(MENU, "2"), *enter(cards.WRONG_PASSWORD), press("other.keep", "2"), press("months.ask", "1"),
                  hang_up("declined.again")],
}


def hang_up_cases():
    for step, script in HANG_UP_AT.items():
        first = Call(script, "", "") if step == "greeting" else Call(script, "abandoned", step)
        yield Case(f"after a hang-up at {step} the next call pays",
                   [first, Call([press(MENU, "1"), press("months.ask", "1"), BYE],
                                hears=["greet.neutral", MENU, "pay.approved"])],
                   "approved", amount=53000, card=cards.CREDIT, fields=ASKED)
    yield pays("who hangs up at the approval has paid", [press(MENU, "1"), hang_up("pay.approved")], fields=OTHER,
               end="completed", step="approved", hears=["pay.approved"])
    yield pays("who hangs up at the approval number has paid",
               [press(MENU, "1"), press("pay.approval_menu", "1"), hang_up("pay.approval_number")], fields=OTHER,
               end="completed", step="approval_no")
    yield pays("who hangs up when the kept card is named has paid", [*other(cards.CHECK, "1"), hang_up("pay.kept")],
               fields=OTHER, end="completed", step="say_kept", hears=["pay.kept"],
               check=lambda test, r: test.assertTrue(r.request["card_kept"]))
    yield Case("five calls without a result end the payment",
               [Call([hang_up("pay.asks")], "abandoned", "choose_card") for _ in range(5)], "abandoned", ("abandoned", None),
               amount=53000, card=cards.CREDIT, fields=OTHER, attempts=[])


@told_by_cases
class HangUpsAtThePg(Cases):
    """On a paced line: at full speed a caller is gone before the order has even been sealed, and then nothing is sent."""
    cases = [pays(f"who hangs up while {what} has paid once", [*other(card), hang_up("pay.wait", 1000)], fields=OTHER,
                  end="abandoned", step="authorize", hears=["pay.wait"])
             for what, card in (("the PG approves", cards.SLOW), ("a lost answer is asked for", cards.LOST_AFTER))]

    @classmethod
    def make_rig(cls):
        return Rig(rate=10, settings={"arsd": {"pg_query_first_ms": 3000, "pg_query_most_s": 3}})


@told_by_cases
class Payment(Cases):
    cases = [*THROUGH, *OTHERS, *INSTALMENTS, *CHOICE, *DECLINED, *hang_up_cases()]

    @classmethod
    def make_rig(cls):
        return Rig(spans=[Span("span1")], rate=0, settings=QUICK)

    def test_nothing_about_the_customer_is_said_before_the_holder_check(self):
        """Whatever is heard, the neutral greeting is first; names, amounts and digits come after the check."""
        for rule, result in self.results.items():
            if isinstance(result, Exception):
                continue
            for phone in result.phones:
                self.assertEqual(phone.heard[0], "greet.neutral", rule)

    def test_an_order_id_is_used_once_for_ever(self):
        """Also after its payment failed: the merchant tries again under a new one."""
        failed = self.results[DECLINED[0].rule]
        self.assertNotIsInstance(failed, Exception)
        with self.assertRaises(ApiError) as refused:
            failed.api.pay(failed.billing_key, 53000, order_id=failed.request["order_id"], sms="skip")
        self.assertEqual((refused.exception.status, refused.exception.problem["code"]), (409, "order_id_used"))
        again = failed.api.pay(failed.billing_key, 53000, other_card="allow", sms="skip")
        dial(self.rig, failed.phone_number, again["virtual_number"], [*other(cards.CREDIT), BYE]).wait_ended()
        done = wait_until("the new order is paid", lambda: ended_request(failed.api, again["id"]))
        self.assertEqual(done["status"], "approved")
        judge_ledger(self, self.rig, done)

    def test_the_same_idempotency_key_makes_one_payment(self):
        api = self.rig.merchant()
        key, _ = new_billing_key(self.rig, api, cards.CREDIT)
        once = secrets.token_hex(8)
        body = {"order_id": "order-" + once, "billing_key": key, "order_name": "월간 구독", "sms": "skip",
                "amount": {"total": 7000, "currency": "KRW"}}
        first = api.call("POST", "/v1/payments", body, {"Idempotency-Key": once})
        self.assertEqual(api.call("POST", "/v1/payments", body, {"Idempotency-Key": once}), first)
        with self.assertRaises(ApiError) as other_body:
            api.call("POST", "/v1/payments", {**body, "order_name": "다른 상품"}, {"Idempotency-Key": once})
        self.assertEqual((other_body.exception.status, other_body.exception.problem["code"]), (422, "idempotency_key_reused"))
        self.assertEqual(len(query(self.rig, "SELECT id FROM requests WHERE order_id = ?", body["order_id"])), 1)

    def test_months_below_50000_won_are_refused_when_asked_for(self):
        api = self.rig.merchant()
        key, _ = new_billing_key(self.rig, api, cards.CREDIT)
        with self.assertRaises(ApiError) as refused:
            api.pay(key, 49999, sms="skip", **MONTHS)
        self.assertEqual((refused.exception.status, refused.exception.problem["field"]), (422, "/instalment/mode"))

    def test_a_webhook_that_the_merchant_did_not_take_comes_again_as_the_same(self):
        """Failed once, then taken but the answer lost, then taken: one event, whatever the merchant's server does."""
        api = self.rig.merchant()
        key, phone = new_billing_key(self.rig, api, cards.CREDIT)
        self.addCleanup(self.rig.sandbox.post, "/merchant/behaviour", {"mode": "normal"})
        for mode, deliveries in (("fail", 1), ("drop_after", 2)):
            with self.subTest(mode):
                made = api.pay(key, 3000, other_card="deny", sms="skip")
                self.rig.sandbox.post("/merchant/behaviour", {"mode": mode, "times": 1})
                dial(self.rig, phone, made["virtual_number"], [press(ONLY, "1"), BYE]).wait_ended()
                taken = lambda m=made, n=deliveries: [h for h in webhooks(self.rig, m["id"]) if h["deliveries"] == n]
                hooks = wait_until("it comes", taken)
                self.assertEqual([(h["type"], h["data"]["status"]) for h in hooks], [("payment.approved", "approved")])

    def test_a_payment_by_anothers_billing_key_is_refused(self):
        api = self.rig.merchant()
        key, _ = new_billing_key(self.rig, api, cards.CREDIT)
        with self.assertRaises(ApiError) as refused:
            self.rig.merchant("Another Shop").pay(key, 1000, sms="skip")
        self.assertEqual((refused.exception.status, refused.exception.problem["code"]), (422, "billing_key_not_found"))
