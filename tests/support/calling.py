"""What the scenario and fault tests share: scripts of calls, many calls at once, and what must be true afterwards.

A case is data: what the merchant asks for, what the customer does in one or several calls, and what must come of it. All
cases of a class run at once on one rig; each of them is then a test of its own, named by its rule.
"""
import concurrent.futures
import contextlib
import dataclasses
import functools
import itertools
import json
import re
import sqlite3
import unittest

from rig.appliance import SOURCE
from rig.merchant import wait_until
from support import cards

PRODUCT = "월간 구독"
LATE_S = 20                      # how long something may take that follows from a call
CALLS_AT_ONCE = 20
# A PG's lost answer is asked after at once: the rule is the same, the tests are quicker.
QUICK = {"arsd": {"pg_query_first_ms": 50, "pg_query_most_s": 1}}


_owners = itertools.count(1)


@functools.cache
def _owner(phone):
    return next(_owners)


def _with_own_card(script, phone):
    """A test card that is typed becomes one of the same kind that only this phone's owner has."""
    def own(keys):
        kind = next((kind for kind in cards.KINDS if kind in keys), None)
        return keys.replace(kind, cards.own(kind, _owner(phone))) if kind else keys
    return [{**step, "press": own(step["press"])} if "press" in step else step for step in script]


def dial(rig, caller, number, script=(), own_card=True, **options):
    """A call on which nothing is decided by how long the line has been up: at full speed the milliseconds that a PG or a disk
    takes are minutes of the line. own_card False: what the script types is typed as it is, though others have typed it too."""
    script = _with_own_card(script, caller) if own_card else script
    return rig.call(caller, number, script, **{"line_timeout_s": 900000, **options})


# ---- scripts: what a customer does ----


def _heard(prompt):
    return {"hear": prompt} if prompt else {}


def press(prompt, keys, after_ms=200):
    """Waits for the beginning of a prompt (none: goes on at once), then presses keys."""
    return {**_heard(prompt), "press": keys, "after_ms": after_ms}


def secret(prompt, keys, after_ms=200):
    """As press(), of keys that nobody may know."""
    return {**_heard(prompt), "press": keys, "after_ms": after_ms, "secret": True}


def hear(*prompts, after_ms=0):
    return {"hear": list(prompts), "after_ms": after_ms}


def hang_up(prompt, after_ms=200):
    return {"hear": prompt, "hangup": True, "after_ms": after_ms}


def enter(card, answer="1"):
    """All of a card, and the answer to whether it is right."""
    return [secret("card.number", card.number), secret("card.expiry", card.expiry), secret("card.identity", card.identity),
            secret("card.password2", card.password), press("card.confirm.menu", answer)]


def register(card):
    return [press("reg.menu", "1"), *enter(card)]


# ---- prompts, as a phone can tell them apart ----

@functools.lru_cache
def _texts(language):
    text = (SOURCE / "config" / "prompts" / language / "manifest.cfg").read_text(encoding="utf-8")
    found = {}
    for entry in re.findall(r'\{ (id = "[^}]*); \}', text):
        member = dict(re.findall(r'(\w+) = "((?:[^"\\]|\\.)*)"', entry))
        found[member["id"]] = member.get("spoken") or member["text"]
    return found


@functools.lru_cache
def _names(language):
    """id -> the first id that sounds the same."""
    texts = _texts(language)
    first = {}
    for name in sorted(texts):
        first.setdefault(texts[name], name)
    return {name: first[text] for name, text in texts.items()}


def sounds(ids, language="ko"):
    """The ids as a phone names them: prompts of the same words cannot be told apart."""
    return [_names(language).get(name, name) for name in ids]


def is_audible(name, language="ko"):
    return not re.match(r"\((silence|쉼) ", _texts(language).get(name, ""))


def contains_in_order(heard, wanted):
    rest = iter(heard)
    return all(name in rest for name in wanted)


# ---- numbers that nobody else in this process has ----

_phones = itertools.count(1)


def new_phone():
    return f"010{next(_phones):08d}"


# ---- the store, read only: what the API does not tell merchants ----

def query(rig, sql, *values):
    """Rows of the appliance's store as dictionaries."""
    with contextlib.closing(sqlite3.connect(f"file:{rig.path('state', 'callkey.db')}?mode=ro", uri=True, timeout=10)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(sql, values)]


def attempts(rig, request_id):
    """What was asked of the PG for a request, in order: id (the order id there), verb, state."""
    return query(rig, "SELECT id, verb, state, amount_minor, tid FROM attempts WHERE request = ? ORDER BY seq", request_id)


# ---- one case ----

ENDED = {"registered", "approved", "refused", "card_declined", "declined", "input_failed", "sms_failed", "expired", "canceled",
         "abandoned", "canceled_before_auth", "net_canceled", "partially_canceled"}


GOOD_ENDS = ("payment.approved", "registration.completed")
# The ends with an event of their own; all other bad ones are KIND.failed.
NAMED_ENDS = {"payment": ("refused", "expired", "abandoned", "canceled_before_auth"),
              "registration": ("refused", "expired", "abandoned", "canceled")}
BAD_ENDS = tuple(f"{kind}.{end}" for kind, ends in NAMED_ENDS.items() for end in ("failed", *ends))
@dataclasses.dataclass
class Call:
    """One call of a case: what the phone does, and how the call must end."""
    script: list
    end: str = "completed"                 # the call's state; "": it never passed the holder check, no merchant may read it
    step: str = ""                         # the step it ended in; "": any
    hears: list = dataclasses.field(default_factory=list)      # in this order, others may be between
    never: list = dataclasses.field(default_factory=list)
    options: dict = dataclasses.field(default_factory=dict)    # of the phone


@dataclasses.dataclass
class Case:
    """rule: what must hold, the test's name. A payment has a billing key; a registration has not."""
    rule: str
    calls: list
    state: str
    failure: tuple = None                  # (code, class)
    fields: dict = dataclasses.field(default_factory=dict)     # of the merchant's request
    amount: int = 0                        # of a payment
    card: object = None                    # what the billing key of a payment is for
    language: str = "ko"
    attempts: list = None                  # states of the exchanges with the PG, in order
    check: object = None                   # check(test, result): what else must hold

    @property
    def kind(self):
        return "payment" if self.card else "registration"


@dataclasses.dataclass
class Result:
    case: Case
    rig: object
    api: object
    phone_number: str
    billing_key: str = ""
    request: dict = None
    phones: list = dataclasses.field(default_factory=list)
    calls: list = dataclasses.field(default_factory=list)

    def read(self):
        return read_request(self.api, self.request["id"])


def read_request(api, request_id):
    return api.payment(request_id) if request_id.startswith("pay_") else api.registration(request_id)


def read_call(api, call_id, timeout_s=LATE_S):
    """A call's timeline, once the appliance has put it down as ended."""
    def ended():
        call = api.call("GET", f"/v1/calls/{call_id}")
        return call if call["ended_at"] else None
    return wait_until(f"the call {call_id} is over in the books", ended, timeout_s, 0.02)


def new_billing_key(rig, api, card, phone_number=None, **options):
    """Registers a card by a call; returns (billing key, phone)."""
    phone_number = phone_number or new_phone()
    request = api.register(phone_number, sms="skip", product_name=PRODUCT)
    dial(rig, phone_number, request["virtual_number"], register(card), **options).wait_ended()
    request = wait_until("the card is registered",
                         lambda: ended_request(api, request["id"]), LATE_S, 0.02)
    if request["status"] != "registered":
        raise AssertionError(f"no card was registered: {request}")
    return request["billing_key"], phone_number


def ended_request(api, request_id):
    request = read_request(api, request_id)
    return request if request["status"] in ENDED else None


def run_case(rig, case):
    """Makes the request and the calls. What came of it is judged later, test by test."""
    api = rig.merchant()
    result = Result(case, rig, api, new_phone())
    fields = {"sms": "skip", "language": case.language, **case.fields}
    if case.kind == "payment":
        result.billing_key, result.phone_number = new_billing_key(rig, api, case.card)
        result.request = api.pay(result.billing_key, case.amount, **fields)
    else:
        result.request = api.register(result.phone_number, **fields)
    for call in case.calls:
        phone = dial(rig, result.phone_number, result.request["virtual_number"], call.script, **call.options)
        phone.wait_ended()
        result.phones.append(phone)
        request = result.read()
        result.calls.append(read_call(api, request["last_call"]) if request["last_call"] else None)
    # What the PG answers after the caller has gone is part of the case.
    with contextlib.suppress(AssertionError):
        wait_until("", lambda: result.read()["status"] == case.state, LATE_S, 0.05)
    result.request = result.read()
    return result


def judge_call(test, case, call, phone, record):
    language = case.language
    test.assertIsNone(phone.ended.get("error"))
    test.assertFalse(phone.ended["timeout"], f"the call did not end by itself: {phone.ended}")
    test.assertTrue(phone.ended["script_done"], f"stopped at step {phone.ended['step']} of the script; heard {phone.heard}")
    test.assertTrue(contains_in_order(phone.heard, sounds(call.hears, language)),
                    f"wanted {sounds(call.hears, language)} in this order, heard {phone.heard}")
    for name in sounds(call.never, language):
        test.assertNotIn(name, phone.heard)
    if not call.end:
        return
    test.assertIsNotNone(record, "the request knows of no call")
    test.assertEqual(record["status"], call.end, record)
    if call.step:
        test.assertEqual(record["step"], call.step)


def end_event(kind, status):
    """The type of the event that tells of this end."""
    if status in ("registered", "approved"):
        return {"registration": "registration.completed", "payment": "payment.approved"}[kind]
    return f"{kind}.{status if status in NAMED_ENDS[kind] else 'failed'}"


def judge_webhook(test, result):
    """Exactly one word about the end of a request, and true; none about one that has not ended. (The sandbox keeps only what
    is signed as it must be.)"""
    case, request = result.case, result.request
    kind = case.kind
    good = {"registration": "registration.completed", "payment": "payment.approved"}[kind]
    bad = [e for e in BAD_ENDS if e.startswith(kind + ".")]
    if request["status"] not in ENDED:
        found = [h["type"] for h in webhooks(result.rig, request["id"])]
        test.assertEqual([t for t in found if t in (good, *bad)], [])
        return
    hook = result.rig.webhook(request["id"], end_event(kind, request["status"]))
    test.assertEqual(hook["data"]["id"], request["id"])
    test.assertEqual(hook["data"]["status"], request["status"])
    test.assertEqual(hook["data"]["failure"], request["failure"])
    test.assertEqual(len([h for h in webhooks(result.rig, request["id"]) if h["type"] in (good, *bad)]), 1)


def judge(test, result):
    """Everything a case says, and what holds for all."""
    case = result.case
    test.assertEqual(len(result.calls), len(case.calls))
    for call, phone, record in zip(case.calls, result.phones, result.calls):
        judge_call(test, case, call, phone, record)
    test.assertEqual(result.request["status"], case.state, result.request)
    failure = result.request["failure"]
    if case.failure is None:
        test.assertIsNone(failure)
    else:
        test.assertEqual((failure["code"], failure["class"]), case.failure)
    if case.attempts is not None:
        test.assertEqual([a["state"] for a in attempts(result.rig, result.request["id"])], case.attempts)
    judge_webhook(test, result)
    judge_secrets(test, result)
    judge_ledger(test, result.rig, result.request)
    if case.check:
        case.check(test, result)


def judge_secrets(test, result):
    """No digit that was typed as a secret is in anything a merchant can read."""
    typed = [step["press"] for call in result.case.calls for step in call.script if step.get("secret")]
    long = [keys.strip("*#") for keys in typed if len(keys.strip("*#")) >= 6]      # less would be found by chance
    told = json.dumps([result.calls, result.request, webhooks(result.rig, result.request["id"])])
    for keys in long:
        test.assertNotIn(keys, told)


# ---- the sandbox's books ----

def webhooks(rig, request_id):
    return rig.sandbox.get(f"/webhooks?request={request_id}")["webhooks"]


def behave(rig, mode, **more):
    """How the PG behaves from now on: mode, and perhaps op, times, delay_ms, class."""
    return rig.sandbox.post("/pg/behaviour", {"mode": mode, **more})


def ledger(rig):
    """order id -> what the PG has in its books."""
    return {order["order_id"]: order for order in rig.sandbox.get("/pg/ledger")["orders"]}


def money_of(rig, request_id, books=None):
    """(how many of the request's orders the PG charges now, their sum)."""
    books = ledger(rig) if books is None else books
    paid = [books[a["id"]]["amount"]["total"] for a in attempts(rig, request_id)
            if a["verb"] == "pay" and books.get(a["id"], {}).get("result") == "approved"]
    return len(paid), sum(paid)


def judge_ledger(test, rig, request, books=None):
    """The PG charges exactly what the appliance says: once if approved, else nothing."""
    if request["object"] != "payment" or request["status"] not in ENDED:
        return
    want = (1, request["amount"]["total"]) if request["status"] == "approved" else (0, 0)
    test.assertEqual(money_of(rig, request["id"], books), want, f"{request['id']}: {request['status']}")


# ---- many cases at once ----

def at_once(work, items, workers=CALLS_AT_ONCE):
    """work(item) for all of them at once; results or exceptions in their order."""
    def one(item):
        try:
            return work(item)
        except Exception as fault:     # told by the test it belongs to
            return fault
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, items))


def all_good(results):
    """The results of at_once(), or the first exception among them."""
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


class Cases(unittest.TestCase):
    """Runs all cases of a class on one rig at once. A subclass has cases and make_rig()."""
    cases = []

    @classmethod
    def make_rig(cls):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.rig = cls.make_rig()
        cls.rig.start()
        try:
            cls.rig.merchant()
            cls.results = dict(zip([c.rule for c in cls.cases], at_once(lambda case: run_case(cls.rig, case), cls.cases)))
        except BaseException:
            cls.rig.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)


def told_by_cases(cls):
    """Class decorator: every case becomes a test of its own."""
    for case in cls.cases:
        name = "test_" + re.sub(r"\W+", "_", case.rule).strip("_")
        if hasattr(cls, name):
            raise ValueError(f"two cases of the same rule: {case.rule}")

        def test(self, rule=case.rule):
            result = self.results[rule]
            if isinstance(result, Exception):
                raise result
            judge(self, result)
        test.__doc__ = case.rule
        setattr(cls, name, test)
    return cls
