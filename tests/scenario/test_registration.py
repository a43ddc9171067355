"""Registering a card by telephone: every way through the scenario, with real calls."""
import secrets

from rig.appliance import Rig, Span
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import (QUICK, Call, Case, Cases, behave, dial, ended_request, enter, hang_up, hear, new_phone, press,
                             query, register, secret, sounds, told_by_cases)

GIVEN_UP = ["reg.not_done", "gave_up"]


def good(rule, script, **more):
    """A case that ends with a registered card in one call."""
    call = {name: more.pop(name) for name in ("hears", "never", "options") if name in more}
    call.setdefault("hears", ["reg.verified", "reg.done", "bye"])
    return Case(rule, [Call(script, **call)], "registered", **more)


def one_call(rule, script, state, end, step, hears, failure=None, **more):
    return Case(rule, [Call(script, end, step, hears)], state, failure, **more)


# ---- the way through ----

def judge_whole_registration(test, result):
    card = result.request["card"]
    test.assertEqual(card["last4"], cards.CREDIT.last4)
    test.assertEqual(card["issuer"], cards.CREDIT.issuer)
    test.assertEqual(card["type"], "credit")
    test.assertEqual(result.request["calls"], 1)
    key = result.api.call("GET", f"/v1/billing-keys/{result.request['billing_key']}")
    test.assertEqual((key["status"], key["registration"], key["phone"]),
                     ("issued", result.request["id"], result.phone_number))
    timeline = result.calls[0]["timeline"]
    steps = [entry["step"] for entry in timeline if entry["what"] == "step"]
    test.assertEqual(steps, ["greeting", "holder", "consent", "card", "expiry", "identity", "password", "confirm", "verify",
                             "registered"])
    test.assertIn(("holder", "ok"), [(entry["what"], entry["detail"]) for entry in timeline])
    consents = query(result.rig, "SELECT kind, consent_key, call, prompts, scenario_hash FROM consents WHERE request = ?",
                     result.request["id"])
    test.assertEqual([(c["kind"], c["consent_key"], c["call"]) for c in consents],
                     [("registration", "1", result.calls[0]["id"])])
    test.assertIn("reg.consent", consents[0]["prompts"].split())
    test.assertTrue(consents[0]["scenario_hash"])


WORDS = ["greet.neutral", "reg.asks", "reg.product", "reg.amount.varies", "cycle.monthly", "reg.consent", "reg.menu",
         "card.ready", "card.number", "keys.field"]
THROUGH = [
    good("a card is registered and every prompt is heard to its end",
         [press("reg.menu", "1", 12000), secret("keys.field", cards.CREDIT.number, 8000),
          secret("card.expiry", cards.CREDIT.expiry, 14000), secret("card.identity", cards.CREDIT.identity, 14000),
          secret("card.password2", cards.CREDIT.password, 6000), press("keys.menu", "1", 8000)],
         hears=[*WORDS, "card.expiry", "card.identity", "card.password2", "card.confirm", "card.confirm.menu", "keys.menu",
                "reg.verified", "reg.done", "bye"], check=judge_whole_registration),
    good("a company card is registered by its business number", register(cards.COMPANY)),
    good("the amount is named when the merchant gives one", [press("reg.menu", "1", 5000), *enter(cards.CREDIT)],
         fields={"amount": {"total": 53000, "currency": "KRW"}},
         hears=["reg.amount", "n.5", "n.man", "n.3", "n.1000", "unit.won", "reg.menu", "reg.done"],
         never=["reg.amount.varies"]),
    good("an irregular cycle is named as such", [press("reg.menu", "1", 5000), *enter(cards.CREDIT)],
         fields={"cycle": "irregular"}, hears=["cycle.irregular", "reg.done"], never=["cycle.monthly"]),
    one_call("who presses 2 at the consent registers nothing", [press("reg.menu", "2"), hear("bye")], "refused", "refused",
             "refused", ["reg.refused", "bye"], ("refused", None), attempts=[]),
]

# ---- fields: what is wrong, and how it is said ----

BEFORE = {
    "card": [press("reg.menu", "1")],
    "expiry": [press("reg.menu", "1"), secret("card.number", cards.CREDIT.number)],
    "identity": [press("reg.menu", "1"), secret("card.number", cards.CREDIT.number), secret("card.expiry", cards.CREDIT.expiry)],
    "password": [press("reg.menu", "1"), secret("card.number", cards.CREDIT.number),
                 secret("card.expiry", cards.CREDIT.expiry), secret("card.identity", cards.CREDIT.identity)],
}
AFTER = {"card": enter(cards.CREDIT), "expiry": enter(cards.CREDIT)[1:], "identity": enter(cards.CREDIT)[2:],
         "password": enter(cards.CREDIT)[3:]}
FIELD_PROMPT = {"card": "card.number", "expiry": "card.expiry", "identity": "card.identity", "password": "card.password2"}
WRONG = [
    ("card", "too short", "94612000123#", "err.card.short"),
    ("card", "not a card number", cards.BAD_LUHN, "err.card.invalid"),
    ("card", "not given", "", "err.card.no_input"),
    ("expiry", "too short", "12#", "err.expiry.short"),
    ("expiry", "no month", "1330", "err.expiry.invalid"),
    ("expiry", "past", "0120", "err.expiry.expired"),
    ("expiry", "not given", "", "err.expiry.no_input"),
    ("identity", "too short", "8709#", "err.identity.short"),
    ("identity", "no date", "871332#", "err.identity.invalid"),
    ("identity", "no business number", cards.BAD_BUSINESS_NUMBER, "err.identity.invalid"),
    ("identity", "not given", "", "err.identity.no_input"),
    ("password", "too short", "1#", "err.password2.short"),
    ("password", "not given", "", "err.password2.no_input"),
]


def typed(prompt, keys):
    return secret(prompt, keys) if keys else hear(prompt)


def wrong_cases():
    for field, what, keys, error in WRONG:
        prompt = FIELD_PROMPT[field]
        # "Nothing given" can only be told from its error, which comes when the timer has run out.
        yield good(f"{field} {what} is said so and asked again",
                   [*BEFORE[field], typed(prompt, keys), hear(error), *AFTER[field]], hears=[error, prompt, "reg.done"],
                   never=["err.last"])
        yield one_call(f"{field} {what} three times ends the request",
                       [*BEFORE[field], typed(prompt, keys), hear(error), typed(prompt, keys), hear("err.last"),
                        typed(prompt, keys), hear("bye", "gave_up")],
                       "input_failed", "input_failed", "gave_up", [error, prompt, error, "err.last", prompt, error, *GIVEN_UP],
                       ("input_failed", "input"), attempts=[])


# ---- menus ----

def menu_cases(name, before, prompt, after):
    """What holds in every menu of the scenario; after: how the call goes on from the menu to a registered card."""
    yield one_call(f"three wrong keys at the {name} end the request",
                   [*before, press(prompt, "9"), hear("err.menu"), press(prompt, "8"), hear("err.last"), press(prompt, "7"),
                    hear("gave_up")],
                   "input_failed", "input_failed", "gave_up", ["err.menu", "err.menu", "err.last", "err.menu", *GIVEN_UP],
                   ("input_failed", "input"))
    yield one_call(f"three silences at the {name} end the request",
                   [*before, hear(prompt), hear("err.no_input"), hear("err.last"), hear("err.no_input"), hear("gave_up")],
                   "input_failed", "input_failed", "gave_up",
                   ["err.no_input", "err.no_input", "err.last", "err.no_input", *GIVEN_UP], ("input_failed", "input"))
    yield good(f"0 at the {name} says that there is no agent, and is no attempt",
               [*before, press(prompt, "0"), press("menu.no_agent", "0", 4000), press("menu.no_agent", "0", 4000),
                press("menu.no_agent", "0", 4000), hear(prompt), *after],
               hears=["menu.no_agent", "menu.no_agent", "menu.no_agent", prompt, "reg.done"], never=["err.menu"])
    yield good(f"star at the {name} repeats it, and is no attempt",
               [*before, press(prompt, "*"), press(prompt, "*"), press(prompt, "*"), hear(prompt), *after],
               hears=[prompt, prompt, prompt, prompt, "reg.done"], never=["err.menu"])


CONFIRM = BEFORE["password"] + [secret("card.password2", cards.CREDIT.password)]
TYPO = cards.CREDIT.but(number=cards.CHECK.number)
AGAIN = [*register(cards.WRONG_PASSWORD), press("declined.again", "1")]
MENUS = [
    *menu_cases("question whether to try again", register(cards.WRONG_PASSWORD), "declined.again",
                [press("declined.again", "1"), *enter(cards.CREDIT)]),
    *menu_cases("consent", [], "reg.menu", [press("reg.menu", "1"), *enter(cards.CREDIT)]),
    *menu_cases("confirmation", CONFIRM, "card.confirm.menu", [press("card.confirm.menu", "1")]),
    good("there is nothing before the consent to go back to",
         [press("reg.menu", "#"), hear("menu.no_back"), *register(cards.CREDIT)], hears=["menu.no_back", "reg.menu", "reg.done"]),
    good("pound at the confirmation goes back to the card number",
         [*register(TYPO)[:-1], press("card.confirm.menu", "#"), *enter(cards.CREDIT)],
         check=lambda test, r: test.assertEqual(r.request["card"]["last4"], cards.CREDIT.last4)),
    good("2 at the confirmation asks for the whole card again",
         [press("reg.menu", "1"), *enter(TYPO, "2"), *enter(cards.CREDIT)],
         check=lambda test, r: test.assertEqual(r.request["card"]["last4"], cards.CREDIT.last4)),
    one_call("a card is typed three times and no more",
             [press("reg.menu", "1"), *enter(TYPO, "2"), *enter(TYPO, "2"), *enter(TYPO, "2"), hear("gave_up")],
             "input_failed", "input_failed", "gave_up", GIVEN_UP, ("input_failed", "input"), attempts=[]),
]

# ---- keys in fields ----

FIELDS = [
    good("a card number of 15 digits ends by itself", register(cards.FIFTEEN_DIGITS)),
    good("a card number of 14 digits ends by itself", register(cards.FOURTEEN_DIGITS)),
    good("0 is a digit in a field, not an agent", register(cards.CREDIT), never=["menu.no_agent"]),
    good("pound right behind a whole field is a habit and no attempt",
         register(cards.CREDIT.but(number=cards.CREDIT.number + "#", expiry="1230#", identity=cards.BIRTH + "#")),
         never=["err.expiry.short", "err.identity.short", "err.password2.short"]),
    good("pound behind a whole field is a habit also when the next prompt has begun",
         [press("reg.menu", "1"), secret("card.number", cards.CREDIT.number), press("card.expiry", "#", 400),
          *[{**s, "after_ms": 2000} for s in AFTER["expiry"][:1]], *AFTER["identity"]], never=["err.expiry.short"]),
    # The PG knows another birth date; that it was asked shows that the field was complete.
    *[one_call(f"a birth date that may begin a business number ends {how}",
               [*register(cards.CREDIT.but(identity=keys)), press("declined.again", "2"), hear("bye")], "card_declined",
               "card_declined", "not_registered", ["declined.again"], ("P012", "input"), attempts=["declined"])
      for how, keys in (("with pound", "870817#"), ("after a pause", "870817"))],
]

# At full speed the time between keys may be over before it is known that the field was erased.
PACED = [
    good("star erases the card number so far", [press("reg.menu", "1"), secret("card.number", "94612000123*"),
         secret("err.erased", cards.CREDIT.number, 3000), *AFTER["expiry"]], hears=["err.erased", "reg.done"]),
    good("star erases an expiry date so far", [*BEFORE["expiry"], secret("card.expiry", "99*"),
         secret("err.erased", cards.CREDIT.expiry, 3000), *AFTER["identity"]], hears=["err.erased", "reg.done"]),
    good("star is no attempt however often", [press("reg.menu", "1"), secret("card.number", "4*"), secret("err.erased", "5*"),
         secret("err.erased", "6*"), secret("err.erased", "7*"), secret("err.erased", cards.CREDIT.number), *AFTER["expiry"]],
         never=["err.last", "err.card.short"]),
]

# ---- the PG ----

DECLINED = [
    one_call(f"a card declined for {word} is said so", [*register(card), hear("bye")], "card_declined", "card_declined",
             "declined", [f"declined.{word}", "reg.not_done", "bye"], (code, word), attempts=["declined"])
    for word, (card, code) in cards.DECLINES.items()
] + [
    good("who typed a wrong password may type the card once more", [*AGAIN, *enter(cards.CREDIT)],
         hears=["declined.input", "declined.again", "card.number", "reg.done"], attempts=["declined", "ok"]),
    one_call("a second wrong password ends the request, for cards are blocked after three",
             [*AGAIN, *enter(cards.WRONG_PASSWORD), hear("bye")], "card_declined", "card_declined", "declined",
             ["declined.again", "declined.input", "reg.not_done", "bye"], (cards.WRONG_PASSWORD_CODE, "input"),
             attempts=["declined", "declined"]),
    one_call("who does not want to type again after a wrong password has not registered",
             [*register(cards.WRONG_PASSWORD), press("declined.again", "2"), hear("bye")], "card_declined", "card_declined",
             "not_registered", ["declined.again", "reg.not_done", "bye"], (cards.WRONG_PASSWORD_CODE, "input"),
             attempts=["declined"]),
    Case("after trouble at the PG the customer may call again and register",
         [Call([*register(cards.SYSTEM), hear("bye")], "card_declined", "declined",
               ["declined.system", "reg.not_done", "bye"]),
          Call(register(cards.CREDIT), hears=["reg.done"])], "registered", attempts=["declined", "ok"]),
    good("waiting music sounds until a slow PG has answered", [*register(cards.SLOW), hear("bye")],
         hears=["verify.wait", "wait.music", "verify.wait", "wait.music", "reg.done"]),
    good("an answer that was lost is found by asking, and the card is registered", [*register(cards.LOST_AFTER), hear("bye")],
         hears=["verify.wait", "reg.done"], attempts=["ok"]),
    good("an answer that nobody can read is asked for again, and the card is registered",
         [*register(cards.GARBAGE), hear("bye")], hears=["verify.wait", "reg.done"], attempts=["ok"]),
    Case("an order that the PG never got is undone there, and the caller hears that no card was registered",
         [Call([*register(cards.LOST_BEFORE), hear("bye")], "card_declined", "declined",
               ["verify.wait", "reg.not_done", "bye"])], "card_declined", ("pg_timeout", "system"), attempts=["canceled"]),
]

# ---- hang-ups ----

HANG_UP_AT = {
    "greeting": [hang_up("greet.neutral")],
    "consent": [hang_up("reg.asks")],
    "card": [*BEFORE["card"], hang_up("card.number")],
    "expiry": [*BEFORE["expiry"], hang_up("card.expiry")],
    "identity": [*BEFORE["identity"], hang_up("card.identity")],
    "password": [*BEFORE["password"], hang_up("card.password2")],
    "confirm": [*CONFIRM, hang_up("card.confirm.menu")],
    "try_again": [*register(cards.WRONG_PASSWORD), hang_up("declined.again")],
}


def hang_up_cases():
    for step, script in HANG_UP_AT.items():
        yield Case(f"after a hang-up at {step} the next call registers",
                   [Call(script, "abandoned" if step != "greeting" else "", step if step != "greeting" else ""),
                    Call(register(cards.CREDIT), hears=["greet.neutral", "reg.menu", "reg.done"])], "registered")
    yield Case("after a hang-up in the middle of a number the next call registers",
               [Call([press("reg.menu", "1"), secret("card.number", cards.CREDIT.number[:9]), {"hangup": True, "after_ms": 700}],
                     "abandoned", "card"), Call(register(cards.CREDIT), hears=["reg.done"])], "registered")
    yield Case("who hangs up while the card is verified has registered all the same",
               [Call([*register(cards.SLOW), hang_up("verify.wait", 1000)], "abandoned", "verify")], "registered",
               attempts=["ok"])
    yield Case("who hangs up during the last words has registered",
               [Call([*register(cards.CREDIT), hang_up("reg.verified")], "completed", "registered")], "registered")
    yield Case("five calls without a result end the request",
               [Call([hang_up("reg.asks")], "abandoned", "consent") for _ in range(5)], "abandoned", ("abandoned", None),
               attempts=[])


@told_by_cases
class Registration(Cases):
    cases = [*THROUGH, *wrong_cases(), *MENUS, *FIELDS, *DECLINED, *hang_up_cases()]

    @classmethod
    def make_rig(cls):
        return Rig(spans=[Span("span1")], rate=0, settings=QUICK)

    # ---- rules that need the line or the world changed ----

    def slow_down(self, rate=10):
        """To ten times real time, for at full speed our own milliseconds are seconds of the line."""
        self.rig.set_rate(rate)
        self.addCleanup(self.rig.set_rate, 0)

    def test_who_presses_pound_behind_every_number_registers_without_an_error(self):
        self.slow_down()
        card = cards.CREDIT
        habits = {
            "at once": register(card.but(number=card.number + "#", expiry=card.expiry + "#", identity=card.identity + "#",
                                         password=card.password + "#")),
            "when the next question has begun": [
                press("reg.menu", "1"), secret("card.number", card.number),
                press("card.expiry", "#", 500), secret([], card.expiry, 3000),
                press("card.identity", "#", 500), secret([], card.identity, 3000),
                press("card.password2", "#", 500), secret([], card.password, 3000),
                press("card.confirm", "#", 500), press("card.confirm.menu", "1")],
        }
        calls = {}
        for when, script in habits.items():
            phone = new_phone()
            request = self.rig.merchant().register(phone, sms="skip")
            calls[when] = dial(self.rig, phone, request["virtual_number"], script)
        for when, call in calls.items():
            with self.subTest(when):
                call.wait_ended()
                said = [name for name in call.heard if name.split(".")[0] in ("card", "err", "reg")]
                said = said[said.index("card.number"):]
                self.assertEqual(said, ["card.number", "card.expiry", "card.identity", "card.password2", "card.confirm",
                                        "card.confirm.menu", "reg.verified", "reg.done"])

    def test_there_is_never_dead_air(self):
        # What is left below of the two seconds, 0.4 of the line's, must be enough for our programs on a busy machine, too.
        self.slow_down(3)
        behave(self.rig, "slow", op="verify", times=1, delay_ms=1000)
        phone = new_phone()
        request = self.rig.merchant().register(phone, sms="skip")
        call = dial(self.rig, phone, request["virtual_number"], register(cards.CREDIT), dtmf={"on_ms": 50, "off_ms": 50})
        call.wait_ended()
        self.assertIn("reg.done", call.heard)
        # Sixteen keys take 1.6 s, and nothing is said while they are pressed.
        self.assertLess(call.ended["longest_silence_ms"], 2000)

    def test_the_sms_names_the_virtual_number_and_goes_to_the_customer(self):
        phone = new_phone()
        request = self.rig.merchant().register(phone, sms="send")
        message = self.rig.sms_to(phone)
        digits = "".join(c for c in message["text"] if c.isdigit())
        self.assertIn(request["virtual_number"], digits)
        self.assertIn("월간 구독", message["text"])
        wait_until("the request knows that its SMS was sent",
                   lambda: self.rig.merchant().registration(request["id"])["status"] == "sms_sent")

    def test_an_sms_that_the_provider_refuses_ends_the_request(self):
        self.rig.sandbox.post("/sms/behaviour", {"mode": "refuse", "times": 1})
        request = self.rig.merchant().register(new_phone(), sms="send")
        done = wait_until("the request has ended", lambda: ended_request(self.rig.merchant(), request["id"]))
        self.assertEqual((done["status"], done["failure"]["code"]), ("sms_failed", "sms_failed"))
        self.rig.webhook(request["id"], "registration.failed")

    def test_an_sms_whose_answer_is_lost_is_sent_again_and_delivered_once(self):
        phone = new_phone()
        self.rig.sandbox.post("/sms/behaviour", {"mode": "drop_after", "times": 1})
        request = self.rig.merchant().register(phone, sms="send")
        wait_until("the request knows that its SMS was sent",
                   lambda: self.rig.merchant().registration(request["id"])["status"] == "sms_sent")
        messages = self.rig.sandbox.get(f"/sms?to={phone}")["messages"]
        self.assertEqual((len(messages), messages[0]["deliveries"]), (1, 2))

    def test_the_same_idempotency_key_makes_one_request(self):
        api, key, body = self.rig.merchant(), secrets.token_hex(8), {
            "customer_ref": "same-key", "phone": new_phone(), "product_name": "월간 구독", "cycle": "monthly", "sms": "skip"}
        first = api.call("POST", "/v1/registrations", body, {"Idempotency-Key": key})
        self.assertEqual(api.call("POST", "/v1/registrations", body, {"Idempotency-Key": key}), first)
        with self.assertRaises(ApiError) as other:
            api.call("POST", "/v1/registrations", {**body, "customer_ref": "d"}, {"Idempotency-Key": key})
        self.assertEqual((other.exception.status, other.exception.problem["code"]), (422, "idempotency_key_reused"))
        self.assertEqual(len(query(self.rig, "SELECT id FROM requests WHERE customer_ref = ?", body["customer_ref"])), 1)

    def test_a_deleted_billing_key_pays_no_more(self):
        api, registered = self.rig.merchant(), self.results[THROUGH[1].rule]
        self.assertNotIsInstance(registered, Exception)
        key = registered.request["billing_key"]
        self.assertEqual(api.call("DELETE", f"/v1/billing-keys/{key}", {"reason": "the customer left"})["status"], "deleted")
        with self.assertRaises(ApiError) as refused:
            api.pay(key, 1000)
        self.assertEqual((refused.exception.status, refused.exception.problem["code"]), (422, "billing_key_unusable"))
        self.assertEqual(self.rig.webhook(key, "billing_key.deleted")["data"]["delete_reason"], "the customer left")

    def test_another_merchant_sees_neither_request_nor_call(self):
        registered = self.results[THROUGH[0].rule]
        self.assertNotIsInstance(registered, Exception)
        stranger = self.rig.merchant("Another Shop")
        for path in (f"/v1/registrations/{registered.request['id']}", f"/v1/calls/{registered.calls[0]['id']}",
                     f"/v1/billing-keys/{registered.request['billing_key']}"):
            self.assertEqual(stranger.request("GET", path)[0], 404, path)

    def test_who_is_already_in_a_call_is_not_let_in_twice(self):
        phone, api = new_phone(), self.rig.merchant()
        request = api.register(phone, sms="skip")
        first = dial(self.rig, phone, request["virtual_number"], [*CONFIRM, hear("card.confirm.menu"),
                                                                  press("err.no_input", "1", 3000)])
        first.wait_heard("reg.asks")
        second = dial(self.rig, phone, request["virtual_number"], [hear("wrong_caller")])
        second.wait_ended()
        first.wait_ended()
        self.assertEqual(second.heard, sounds(["greet.neutral", "wrong_caller"]))
        self.assertEqual(api.registration(request["id"])["status"], "registered")


@told_by_cases
class Paced(Cases):
    cases = PACED

    @classmethod
    def make_rig(cls):
        return Rig(spans=[Span("span1")], rate=10, settings=QUICK)
