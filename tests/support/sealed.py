"""Telephone numbers in the files of a store: the search for them, the wait until all of them are sealed, and the store of a version in which they
stood clear (support/former)."""
import base64
import contextlib
import os
import pathlib
import re
import sqlite3
import tempfile
import time

from rig.appliance import SOURCE
from rig.merchant import wait_until
from support.calling import query
from support.leaks import Leaks

FORMER = SOURCE / "tests" / "support" / "former"
FORMER_NUMBERS = [f"0107182930{n}" for n in range(1, 6)]
FORMER_AT_MS = 1795658400000                               # when all that is in it was


class Numbers(Leaks):
    """Looks for telephone numbers: the digits after the trunk prefix in every coding, so that +82 and a leading 0 make no difference, and the
    groups in which people write them."""

    def __init__(self, numbers):
        super().__init__({number: number.removeprefix("0") for number in numbers})
        for number in numbers:
            first, middle, last = number[1:3], number[3:7], number[7:]
            for sign in ("-", " ", ".", ") ", "%20", "%2D"):
                self.needles[sign.join((first, middle, last)).encode()] = (number, "groups")
        self.any = re.compile(b"|".join(re.escape(n) for n in sorted(self.needles, key=len, reverse=True)))


def found(rig, numbers):
    """(what, where) of each number in the files of the store, and in backups of it made by SQLite's own two means."""
    leaks = Numbers(numbers)
    store = rig.path("state", "callkey.db")
    with tempfile.TemporaryDirectory(prefix="numbers-") as folder:
        backups = [pathlib.Path(folder, name) for name in ("backup", "vacuumed")]
        with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=20)) as db, \
             contextlib.closing(sqlite3.connect(backups[0])) as copy:
            db.backup(copy)
            db.execute("VACUUM INTO ?", [str(backups[1])])
        for path in (*sorted(store.parent.glob("callkey.db*")), *backups):
            if not path.name.endswith("-shm"):
                leaks.look_at_file(path)
    return sorted((f.what, f.coding, f.where) for f in leaks.finds)


def all_sealed(rig):
    def done():
        rows = query(rig, "SELECT name, done, unreadable FROM column_jobs")
        return len(rows) == 9 and all(r["done"] and not r["unreadable"] for r in rows)
    wait_until("all columns are sealed", done, 60)
    wait_until("the log is emptied", lambda: "columns are being sealed" not in rig.callkey("status"), 20)


def put_former_store(rig):
    """Into a rig that was not started: the store, with its key file and the secret that opens that."""
    state = rig.path("state")
    (state / "keystore").mkdir(parents=True)
    (state / "keystore" / "keys").write_bytes((FORMER / "keys").read_bytes())
    os.chmod(state / "keystore" / "keys", 0o600)
    with open(os.open(rig.unlock_file, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
        f.write(base64.b64decode((FORMER / "unlock").read_text(encoding="ascii")))
    with contextlib.closing(sqlite3.connect(state / "callkey.db")) as db:
        db.executescript((FORMER / "callkey.sql").read_text(encoding="utf-8"))
        _bring_here(db)


def _bring_here(db):
    """What it waits for is to come after today, not after the day on which it was made."""
    by_ms = int(time.time() * 1000) - FORMER_AT_MS
    for table, columns in {"requests": ("created", "updated", "expires", "approved"), "events": ("at",), "idempotency": ("expires",),
                           "outbox": ("created", "next_try"), "calls": ("offered", "answered", "ended"), "lease_rests": ("until",)}.items():
        for column in columns:
            db.execute(f"UPDATE {table} SET {column} = {column} + ? WHERE {column} > 0", [by_ms])
    db.commit()
