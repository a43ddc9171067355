"""Stores as they are after years: made once for each schema, kept in the build folder, and copied for every run.

What one real registration and one real charge have left behind is multiplied by SQL under ids of its own, so that no row is of a form
that the appliance would not write. Ids are their number with zeros before it: tests/bench/*.lua ask for them by it.
"""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
REQUESTS = 1_000_000
RECENT = 5                            # of one in so many, events, deliveries and answers to repeats are still kept
LEASES = 10_000_000
NUMBERS = 10_000                      # virtual numbers; each has as many callers
SHOP = "Bench"

NUMBERED = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count) "


def cache(build, what, count):
    """The folder of a store of today's schema and generator; one that is not whole has no stamp."""
    seen = hashlib.sha256(pathlib.Path(__file__).read_bytes() + str(count).encode())
    for migration in sorted((ROOT / "firmware" / "store" / "migrations").glob("*.sql")):
        seen.update(migration.read_bytes())
    return build / "bench" / f"{what}-{seen.hexdigest()[:16]}"


def once(build, what, count, make):
    """The cached folder, made by make(folder) if it is not there; older ones of the same kind go."""
    folder = cache(build, what, count)
    if not (folder / "whole").exists():
        for old in folder.parent.glob(f"{what}-*"):
            shutil.rmtree(old)
        begun = time.monotonic()
        folder.mkdir(parents=True)
        make(folder)
        (folder / "whole").touch()
        print(f"made {what} once, in {time.monotonic() - begun:.0f} s: {sum(f.stat().st_size for f in folder.rglob('*')) / 1e6:.0f} MB in {folder}")
    return folder


def fast(path):
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -500000;")
    return db


def multiply(db, table, template, count, changed):
    """count rows like the one that template (a condition) finds, with the columns of changed as those expressions of n.i."""
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] != "seq" and not (table == "outbox" and row[1] == "id")]
    values = ", ".join(changed.get(c, f"t.{c}") for c in columns)
    found = db.execute(f"SELECT COUNT(*) FROM {table} WHERE {template}").fetchone()[0]
    if found == 0:
        raise RuntimeError(f"no row of {table} to multiply")
    db.execute(f"{NUMBERED} INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM n, "
               f"(SELECT * FROM {table} WHERE {template} LIMIT 1) AS t ORDER BY n.i", {"count": count})


def numbered(prefix):
    return f"'{prefix}' || printf('%026d', n.i)"


def clear(db, path, table, template, *row):
    """The body of the row that template finds, as an expression that every other row may have: sealed it opens in its own place only."""
    from support.columns import Columns
    state = path.parent
    *names, body = db.execute(f"SELECT {', '.join(row)}, body FROM {table} WHERE {template} LIMIT 1").fetchone()
    text = Columns(state / "keystore" / "keys", state / "unlock", path).open(table, "body", "/".join(names), body)
    return "'" + text.replace("'", "''") + "'"


def fill(path, requests):
    db = fast(path)
    half, kept = requests // 2, requests // RECENT
    # One a minute, and of the recent ones one in ten seconds: what is older than 30 days is deleted.
    ago = "{} - (:count - n.i) * 60000"
    recent = "{} - (:count - n.i) * 10000"
    times = lambda *names, form=ago: {name: form.format(f"t.{name}") for name in names}
    # Before the transaction: what opens a column is a connection of its own.
    event = clear(db, path, "events", "type = 'payment.approved'", "id")
    answer = clear(db, path, "idempotency", "1", "merchant", "route", "idempotency_key")
    db.execute("BEGIN")
    multiply(db, "requests", "state = 'registered'", half, {
        "id": numbered("reg_"), "customer_ref": "'c-' || n.i", "phone": "printf('010%08d', n.i)", "billing_key": numbered("bk_"),
        "pg_order_id": numbered("ord_1"), "last_call": numbered("call_"), **times("created", "updated", "expires")})
    multiply(db, "requests", "state = 'approved'", half, {
        "id": numbered("pay_"), "order_id": "'bench-' || n.i", "phone": "printf('010%08d', n.i)", "billing_key": numbered("bk_"), "pg_order_id": numbered("ord_2"),
        **times("created", "updated", "expires", "approved")})
    multiply(db, "billing_keys", "status = 'issued'", half, {
        "id": numbered("bk_"), "registration": numbered("reg_"), "customer_ref": "'c-' || n.i", "phone": "printf('010%08d', n.i)",
        "pg_billing_key": numbered("pgk_"), **times("created", "updated", "last_used")})
    for number, verb, request in ((1, "verify", "reg_"), (2, "pay", "pay_")):
        multiply(db, "attempts", f"verb = '{verb}'", half, {"id": numbered(f"ord_{number}"), "request": numbered(request),
                                                             **times("created", "updated")})
    multiply(db, "calls", "answered > 0", half, {"id": numbered("call_"), "request": numbered("reg_"), "caller": "printf('010%08d', n.i)",
                                                         **times("offered", "answered", "ended")})
    multiply(db, "sms", "1", half, {"id": numbered("sms_"), "request": numbered("reg_"), **times("created", "updated")})
    multiply(db, "events", "type = 'payment.approved'", kept, {"id": numbered("evt_"), "request": numbered("pay_"), "at": recent.format("t.at"),
                                                                   "body": event})
    multiply(db, "outbox", "kind = 'webhook' AND state = 'done'", kept, {
        "ref": numbered("evt_") + " || '.1'", "request": numbered("pay_"), **times("created", "next_try", form=recent)})
    multiply(db, "idempotency", "1", kept, {"idempotency_key": "'old-' || n.i", "expires": "t.expires + n.i * 1000",
                                              "body": answer})
    # Billing keys, numbers and bodies stand there in clear, as those of before did (what is sealed opens in its own row only). Sealing them would
    # go on for an hour beside what is measured.
    db.execute("UPDATE column_jobs SET data_key = (SELECT MAX(id) FROM column_keys), at = (SELECT MAX(seq) FROM billing_keys), done = 1")
    db.execute("COMMIT")
    db.close()


def requests_store(build, count):
    """A rig's state folder with so many requests of the merchant SHOP; key.json says its API key and its webhooks' secret. The gateway's
    key pair comes along: its public half is in the ring of that state."""
    def make(folder):
        from rig.appliance import Rig
        with Rig(rate=0, folder=None) as rig:
            merchant = json.loads(rig.callkey("--json", "merchants", "add", SHOP, "--may-skip-consent", "--webhook",
                                              f"https://127.0.0.1:{rig.ports['merchant']}/webhooks"))
            rig._merchants[SHOP] = merchant["api_key"]
            rig.sandbox.post("/merchant/secrets", {"secret": merchant["webhook_secret"]})
            api = rig.merchant(SHOP)
            charge(rig, api, register(rig, api))
            for name in ("nginx", "apid", "arsd"):
                rig.processes[name].stop()
            (folder / "sandbox").mkdir()
            for half in ("pg-key.pem", "pg-pub.pem"):
                shutil.copy2(rig.path("sandbox", half), folder / "sandbox")
            shutil.copytree(rig.path("state"), folder / "state", ignore=lambda path, names: [n for n in names if n.endswith(".sock")])
        (folder / "key.json").write_text(json.dumps(merchant))
        fill(folder / "state" / "callkey.db", count)
    return once(build, "requests", count, make)


def lease_index(number, caller):
    """As firmware/store/columns_seal.c makes it, under the key of bench/leases."""
    mac = hmac.digest(b"k" * 32, f"leases/{number}/{caller}".encode(), "sha256")
    return "1/" + base64.urlsafe_b64encode(mac[:16]).decode().rstrip("=")


def leases_store(build, count):
    """A store with so many leases (a multiple of NUMBERS), all under its one data key: FILE of bench/leases."""
    def make(folder):
        path = folder / "leases.db"
        subprocess.run([str(build / "bench" / "leases"), "make", str(path)], check=True, stderr=subprocess.DEVNULL)
        db = fast(path)
        # In the order of the key: the numbers one after the other, each with its callers.
        db.create_function("lease_index", 2, lease_index, deterministic=True)
        db.execute(f"{NUMBERED} INSERT INTO leases (virtual_number, caller, request) SELECT printf('070%08d', i / :each), lease_index("
                   "printf('070%08d', i / :each), printf('010%08d', i % :each * :numbers + i / :each)), 'reg_' || printf('%026d', i) FROM n",
                   {"count": count, "numbers": NUMBERS, "each": count // NUMBERS})
        db.execute("UPDATE column_jobs SET data_key = 1, done = 1")
        db.close()
    return once(build, "leases", count, make) / "leases.db"


def full_rig(build, count, **settings):
    """A rig on a copy of that store; its merchant is SHOP."""
    from rig.appliance import Rig
    kept = requests_store(build, count)
    merchant = json.loads((kept / "key.json").read_text())
    rig = Rig(rate=0, settings=settings)
    for part in ("state", "sandbox"):
        subprocess.run(["cp", "-r", "--reflink=auto", str(kept / part), str(rig.path(part))], check=True)
    db = sqlite3.connect(rig.path("state", "callkey.db"))
    db.execute("UPDATE webhook_endpoints SET url = ?", [f"https://127.0.0.1:{rig.ports['merchant']}/webhooks"])
    db.commit()
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    os.sync()
    rig._merchants[SHOP] = merchant["api_key"]
    rig.webhook_secret = merchant["webhook_secret"]
    return rig


def register(rig, api):
    """A billing key by a real call, so that the sandbox's PG knows it."""
    from rig.merchant import wait_until
    from support.cards import CREDIT
    made = api.register("01099990000")
    call = rig.call("01099990000", made["virtual_number"], [
        {"hear": ["reg.asks", "reg.menu"], "press": "1"}, {"hear": ["card.ready", "card.number"], "press": CREDIT.number, "secret": True},
        {"hear": "card.expiry", "press": CREDIT.expiry, "secret": True}, {"hear": "card.identity", "press": CREDIT.identity, "secret": True},
        {"hear": "card.password2", "press": CREDIT.password, "secret": True}, {"hear": "card.confirm", "press": "1"}])
    call.wait_ended()
    return wait_until("the registration is done", lambda: api.registration(made["id"]).get("billing_key"))


def charge(rig, api, key):
    from rig.merchant import wait_until
    made = api.pay(key, 53000, consent="skip", other_card="deny")
    wait_until("the charge is approved", lambda: api.payment(made["id"])["status"] == "approved")
    rig.webhook(made["id"], "payment.approved")
    time.sleep(1)                         # until its delivery is stored, too
