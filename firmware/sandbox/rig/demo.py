"""The demonstration: a registration and a payment by telephone, told live on a line in real time, then checked.

Nothing is played from a tape: the merchant's requests go through TLS and nginx, the calls are Q.931 by libpri, every line
"hears" is a prompt that was recognised by its samples, and at the end the merchant, the PG and the appliance are asked what
they know. The caller is in a hurry and presses as soon as the prompt that matters begins.
"""
import time

from .appliance import Rig
from .screen import Screen, Words, number_text, pad

CALLER = "01012345678"
SHOP, PRODUCT, AMOUNT, MONTHS = "콜키", "월간 구독", 53000, 3
AMOUNT_PROMPTS = ["n.5", "n.man", "n.3", "n.1000", "unit.won"]
DTMF = {"on_ms": 50, "off_ms": 50}
KEY_S = (DTMF["on_ms"] + DTMF["off_ms"]) / 1000
HEAR_TIMEOUT_S = 40


class Wrong(Exception):
    """The demonstration did not come out as it must."""


class Steps:
    """How long what took, for the summary."""

    def __init__(self):
        self.rows = []

    def took(self, story, what, since):
        self.rows.append((story, what, time.monotonic() - since))


class Call:
    """A phone call, told on the screen."""

    def __init__(self, rig, screen, words, number):
        self.screen, self.words, self.rate = screen, words, rig.rate
        self.said_at, self.heard = {}, []
        screen.line("phone", f"{number_text(CALLER)} dials {number_text(number)}")
        self.dialled = time.monotonic()
        self.phone = rig.call(CALLER, number, dtmf=DTMF)
        self._until(lambda event: event["ev"] == "connected")
        screen.line("phone", f"connected, in {time.monotonic() - self.dialled:.2f} s")

    def _until(self, enough):
        while True:
            event = self.phone.next_event(HEAR_TIMEOUT_S)
            if event["ev"] == "heard":
                self.said_at[event["prompt"]] = time.monotonic()
                self.heard.append(event["prompt"])
                self.screen.heard(event["prompt"], self.words)
            if enough(event):
                return event
            if event["ev"] == "ended":
                raise Wrong(f"the call was ended by the {event['by']}, cause {event['cause']}; the last prompts: "
                            + " ".join(self.words.of(prompt) for prompt in self.heard[-3:]))

    def listen(self, *prompts):
        """Until one of the prompts begins."""
        return self._until(lambda event: event["ev"] == "heard" and event["prompt"] in prompts)["prompt"]

    def listen_to(self, prompts):
        """Until these have begun, one after the other."""
        for prompt in prompts:
            self.listen(prompt)

    def press(self, keys, why, secret=False):
        self.phone.press(keys, secret)
        self.screen.pressed(keys, why, secret, KEY_S / self.rate)
        return time.monotonic()

    def hang_up(self):
        self.phone.hangup()
        ended = self._until(lambda event: event["ev"] == "ended")
        self.phone.carrier.close()
        self.screen.line("phone", f"hung up after {ended['t_ms'] / 1000:.1f} s, cause {ended['cause']}")
        if ended["cause"] != 16:
            raise Wrong(f"the call ended with cause {ended['cause']}")


def show_sms(screen, message):
    screen.line("sms", f"to {number_text(message['to'])}: {message['text']}")


def show_card(card):
    return f"{card['issuer']} card ending {card['last4']}"


def tell_registration(rig, screen, words, steps, api):
    """The first story; returns the billing key."""
    known = rig.sandbox.get("/pg/cards")
    card = known["cards"][0]
    screen.title("1. A customer registers a card by telephone")
    begun = time.monotonic()
    screen.line("merchant", f"POST /v1/registrations  phone {number_text(CALLER)}, product {PRODUCT}, monthly")
    asked = api.register(CALLER, product_name=PRODUCT)
    number = asked["virtual_number"]
    screen.line("appliance", f"201  {asked['id']}, virtual number {number_text(number)}")
    show_sms(screen, rig.sms_to(CALLER))
    steps.took("registration", "request to SMS at the customer's phone", begun)
    call = Call(rig, screen, words, number)
    call.listen("reg.asks")
    call.press("1", "agrees")
    call.listen("card.ready", "card.number")
    first_key = time.monotonic()
    call.press(card["number"], "card number: goes to the key process and to nobody else", secret=True)
    call.listen("card.expiry")
    call.press(known["expiry"], "expiry date", secret=True)
    call.listen("card.identity")
    call.press(card["identity"], "birth date", secret=True)
    call.listen("card.password2")
    call.press(known["password2"], "first two digits of the password", secret=True)
    steps.took("registration", "card number, expiry, birth date, password: 28 keys", first_key)
    call.listen("card.confirm")
    call.listen_to([f"num.{digit}" for digit in card["number"][-4:]])
    confirmed = call.press("1", "yes, that card")
    call.listen("reg.verified")
    steps.took("registration", "last key to \"verified\" recognised, PG included", confirmed)
    hook = rig.webhook(asked["id"], "registration.completed")
    steps.took("registration", "last key to the merchant's webhook", confirmed)
    call.hang_up()
    data = hook["data"]
    screen.line("webhook", f"registration.completed  billing key {data['billing_key']}, {show_card(data['card'])}")
    screen.more(screen.paint("signature verified by the merchant", "dim"))
    steps.took("registration", "the whole story", begun)
    if (data["status"], data["card"]["last4"]) != ("registered", card["number"][-4:]) or api.registration(asked["id"]) != data:
        raise Wrong(f"the merchant was told {data}")
    return data["billing_key"]


def tell_payment(rig, screen, words, steps, api, billing_key):
    """The second story; returns the webhook's data."""
    screen.title("2. The merchant charges that billing key, the customer agrees by telephone")
    begun = time.monotonic()
    screen.line("merchant", f"POST /v1/payments  {PRODUCT}, {AMOUNT:,} KRW, that billing key; the customer is to be asked")
    before = len(rig.sandbox.get(f"/sms?to={CALLER}")["messages"])
    asked = api.pay(billing_key, AMOUNT, order_name=PRODUCT, instalment={"mode": "ask", "allowed": [MONTHS], "interest_free": [MONTHS]})
    screen.line("appliance", f"201  {asked['id']}, virtual number {number_text(asked['virtual_number'])}")
    show_sms(screen, rig.new_sms(CALLER, before))
    steps.took("payment", "request to SMS at the customer's phone", begun)
    call = Call(rig, screen, words, asked["virtual_number"])
    call.listen("pay.amount")
    call.listen_to(AMOUNT_PROMPTS)
    call.press("1", "pays with the registered card")
    key = choose_months(call)
    approved = call.press(key, f"{MONTHS} months, interest-free")
    call.listen(AMOUNT_PROMPTS[0])
    steps.took("payment", "last key to the result spoken, PG included", approved)
    hook = rig.webhook(asked["id"], "payment.approved")
    steps.took("payment", "last key to the merchant's webhook", approved)
    call.listen_to([*AMOUNT_PROMPTS[1:], "pay.approved"])
    call.hang_up()
    data = hook["data"]
    screen.line("webhook", f"payment.approved  {data['amount']['total']:,} {data['amount']['currency']}, "
                           f"{data['instalment']['months']} months, approval number {data['approval_no']}")
    screen.more(screen.paint("signature verified by the merchant", "dim"))
    steps.took("payment", "the whole story", begun)
    if (data["status"], data["amount"]["total"], data["instalment"]["months"]) != ("approved", AMOUNT, MONTHS):
        raise Wrong(f"the merchant was told {data}")
    return data


def choose_months(call):
    """Listens to the choices until the interest-free one; returns its key."""
    call.listen("months.ask")
    call.listen("months.free")
    return call.listen(*[f"key.{k}" for k in range(1, 10)])[len("key."):]


def check(rig, api, billing_key, paid):
    """What everybody knows in the end, against what was told."""
    ledger = rig.sandbox.get("/pg/ledger")
    orders = [o for o in ledger["orders"] if o.get("amount", {}).get("total") == AMOUNT] if "orders" in ledger else []
    facts = {
        "the appliance knows the payment as it was delivered": api.payment(paid["id"]) == paid,
        f"the PG has booked {AMOUNT:,} won once, {MONTHS} months, interest-free": ledger["approved"] == 1 and len(orders) == 1
            and (orders[0]["instalment_months"], orders[0]["interest_free"]) == (MONTHS, True),
        "the billing key is active": api.call("GET", f"/v1/billing-keys/{billing_key}")["status"] == "issued",
        "no webhook had a bad signature": rig.sandbox.get("/webhooks")["refused"] == 0,
        "no process of the appliance had to be restarted": all(p.restarts == 0 for p in rig.processes.values()),
    }
    wrong = [fact for fact, holds in facts.items() if not holds]
    if wrong:
        raise Wrong("not so: " + "; ".join(wrong) + f"\nledger: {ledger}")
    return list(facts)


def summarise(screen, steps, facts, folder, total_s):
    screen.title("How long it took")
    for story, what, seconds in steps.rows:
        screen.plain(f"  {pad(story, 13)} {pad(what, 62)} {seconds * 1000:8,.0f} ms")
    screen.plain(f"  {pad('', 13)} {pad('all of it', 62)} {total_s * 1000:8,.0f} ms")
    screen.title("Checked afterwards")
    for fact in facts:
        screen.plain(f"  {screen.paint('ok', 'ok')}  {fact}")
    screen.title("Where to look next")
    for what, where in (("logs of all processes", folder / "log"), ("the configuration they ran with", folder / "callkey.cfg"),
                        ("keep it running, call by yourself", "make run"), ("all tests", "make test"),
                        ("follow one digit, one payment", "docs/architecture.md"), ("the two calls as data", "config/scenarios/")):
        screen.plain(f"  {pad(what, 36)} {where}")


def tell(rig, screen, steps, begun):
    words = Words(rig.build / "share" / "prompts" / "ko" / "manifest.cfg", "ko")
    words.add_name(SHOP)
    words.add_name(PRODUCT)
    api = rig.merchant(SHOP)
    steps.took("start", f"{len(rig.processes)} processes, keys made, D-channel up, a merchant added", begun)
    screen.line("appliance", f"up: {', '.join(rig.processes)}")
    billing_key = tell_registration(rig, screen, words, steps, api)
    paid = tell_payment(rig, screen, words, steps, api, billing_key)
    facts = check(rig, api, billing_key, paid)
    summarise(screen, steps, facts, rig.folder, time.monotonic() - begun)


def run(folder, rate=1):
    """rate: the speed of the line, for tests in a hurry; a person wants 1."""
    screen, steps = Screen(), Steps()
    screen.plain("Callkey, two telephone calls: carrier, phones, PG, SMS provider and merchant are the sandbox's; the line is a")
    screen.plain("software trunk with real Q.931, A-law and DTMF in real time. A key in a field of the card is shown as a dot.")
    begun = time.monotonic()
    with Rig(folder=folder, rate=rate) as rig:
        try:
            tell(rig, screen, steps, begun)
        finally:
            for process in rig.processes.values():
                if process.restarts:
                    screen.line("problem", f"{process.name} ended (exit {process.exits[0]}) on the way and was started again")
    return 0
