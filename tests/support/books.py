"""What must be true when all is over, whatever died in between: the appliance's books, the PG's and the merchant's agree."""
import time

from rig.merchant import wait_until
from support.calling import BAD_ENDS, ENDED, GOOD_ENDS, ledger, query
from support.columns import columns_of

OPEN_ATTEMPTS = "('intended', 'sent', 'unknown', 'canceling')"
OPEN_CANCELLATIONS = "('requested', 'sent', 'unknown', 'sent_again', 'doubted')"
HASTEN_EVERY_S = 5
GOOD_STATES = ("approved", "partially_canceled", "registered")


class Disagreement(AssertionError):
    """Money, a request, a webhook or a number is not what it should be."""


class Books:
    """Of one rig. Questions are put to the store itself, not to what arsd says of it."""

    def __init__(self, rig):
        self.rig = rig
        self.columns = columns_of(rig)

    def unsettled(self):
        """What is still under way, in words; "" when nothing is."""
        found = []
        for what, sql in (
                ("attempt", f"SELECT id, state FROM attempts WHERE state IN {OPEN_ATTEMPTS}"),
                ("request", f"SELECT id, state FROM requests WHERE state NOT IN ({', '.join(repr(s) for s in sorted(ENDED))})"),
                ("cancellation", f"SELECT id, state FROM cancellations WHERE state IN {OPEN_CANCELLATIONS}"),
                ("call", "SELECT id, state FROM calls WHERE ended = 0"),
                ("consent", "SELECT id, 'unsigned' AS state FROM consent_chain WHERE sign_key = ''"),
                ("job", "SELECT ref AS id, kind || ' ' || state || ' tries ' || tries || ' ' || detail AS state FROM outbox "
                        "WHERE state IN ('waiting', 'sending') AND kind <> 'sms'")):
            found += [f"{what} {row['id']}: {row['state']}" for row in query(self.rig, sql)]
        return "; ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")

    def to_come(self):
        """What the PG was asked for, and will only do when nobody expects it any more."""
        late = self.rig.sandbox.get("/pg/ledger")["late"]
        return f"{late} late at the PG" if late else ""

    def wait_settled(self, timeout_s=60, hasten=lambda: None):
        """hasten: called every few seconds."""
        began = hastened = time.monotonic()
        while words := self.unsettled() or self.to_come():
            now = time.monotonic()
            if now - began > timeout_s:
                raise Disagreement(f"still under way after {timeout_s} s: {words}")
            if now - hastened > HASTEN_EVERY_S:
                hasten()
                hastened = now
            time.sleep(0.01)

    def judge(self):
        """Once settled: all that follows from it."""
        self._judge_money()
        self._judge_keys()
        self._judge_webhooks()
        self._judge_schedules()
        self._judge_withdrawals()
        leases = query(self.rig, "SELECT request FROM leases")
        if leases:
            raise Disagreement(f"virtual numbers that nobody gave back: {leases}")

    def _judge_money(self):
        """What was charged less what was given back, order by order: with us, at the PG, and as merchants read it."""
        orders = ledger(self.rig).values()
        if any(o["bookings"] > 1 for o in orders):
            raise Disagreement("something was booked twice")
        theirs = {o["order_id"]: o["remaining"] for o in orders if o["result"] == "approved"}
        ours = {row["id"]: row["left"] for row in query(self.rig, """
            SELECT id, amount_minor - (SELECT coalesce(sum(c.amount_minor), 0) FROM cancellations c
                                       WHERE c.order_id = a.id AND c.state = 'succeeded') AS left
            FROM attempts a WHERE verb = 'pay' AND state = 'ok'""")}
        if theirs != ours:
            only_theirs = {i: v for i, v in theirs.items() if ours.get(i) != v}
            only_ours = {i: v for i, v in ours.items() if theirs.get(i) != v}
            raise Disagreement(f"the PG has charged {sum(theirs.values())} won, we know of {sum(ours.values())}: "
                               f"at the PG alone {only_theirs}, with us alone {only_ours}")
        paid = query(self.rig, "SELECT merchant, order_id, pg_order_id, amount_minor - canceled_minor AS left FROM requests "
                               "WHERE kind = 2 AND state IN ('approved', 'partially_canceled', 'canceled')")
        if {row["pg_order_id"]: row["left"] for row in paid} != theirs or len(paid) != len(theirs):
            raise Disagreement(f"merchants were told of {sum(row['left'] for row in paid)} won in {len(paid)} payments, the PG has "
                               f"charged {sum(theirs.values())} in {len(theirs)}")
        if len({(row["merchant"], row["order_id"]) for row in paid}) != len(paid):
            raise Disagreement("an order of a merchant was paid twice")

    def _judge_keys(self):
        """A billing key that the PG holds and we do not know is a card that can be charged and never be deleted."""
        ours = {self.columns.open("billing_keys", "pg_billing_key", row["id"], row["k"])
                for row in query(self.rig, "SELECT id, pg_billing_key AS k FROM billing_keys WHERE status = 'issued'")}
        nobodys = query(self.rig, "SELECT id FROM billing_keys WHERE status = 'issued' AND fingerprint = zeroblob(32)")
        if nobodys:
            raise Disagreement(f"billing keys that are of no card: {nobodys}")
        theirs = {o["billing_key"] for o in ledger(self.rig).values() if o.get("billing_key_lives")}
        if ours != theirs:
            raise Disagreement(f"billing keys at the PG alone: {theirs - ours}; with us alone: {ours - theirs}")

    def _judge_webhooks(self):
        """Each event arrived, under the one id that it has; and a request has one end."""
        told = {hook["webhook_id"]: hook for hook in self.rig.sandbox.get("/webhooks")["webhooks"]}
        events = query(self.rig, "SELECT id, request, type FROM events ORDER BY seq")
        lost = [e for e in events if e["id"] not in told]
        if lost:
            raise Disagreement(f"webhooks that never arrived: {lost[:3]} ({len(lost)})")
        strange = set(told) - {e["id"] for e in events}
        if strange:
            raise Disagreement(f"webhooks of events that we do not know: {sorted(strange)[:3]}")
        ends = {}
        for e in events:
            if e["type"] in GOOD_ENDS + BAD_ENDS:
                ends.setdefault(e["request"], []).append(e["type"])
        for row in query(self.rig, "SELECT id, kind, state, retries, approval_no FROM requests"):
            good = row["state"] in GOOD_STATES or (row["state"] == "canceled" and row["approval_no"] != "")
            said = ends.get(row["id"], [])
            if len(said) != 1 + row["retries"] or (said[-1] in GOOD_ENDS) != good:
                raise Disagreement(f"{row['id']} ended as {row['state']} after {row['retries']} other tries, and its merchant was "
                                   f"told {said}")

    def _judge_schedules(self):
        """One payment for each run that a schedule counts, and none that it does not know of."""
        wrong = query(self.rig, "SELECT * FROM (SELECT id, runs, missed, state, next_run, (SELECT count(*) FROM requests WHERE schedule = s.id) AS made "
                                "FROM schedules s) WHERE made <> runs OR missed <> 0 OR (state = 'active') <> (next_run <> 0)")
        if wrong:
            raise Disagreement(f"schedules and their payments disagree: {wrong[:3]} ({len(wrong)})")

    def _judge_withdrawals(self):
        """A key that its customer has ended, what hung on it, and the record of it: all or nothing; and the chain of records is whole."""
        keys = [row["registration"] for row in query(self.rig, "SELECT registration FROM billing_keys WHERE delete_reason = 'withdrawn_by_caller' "
                                                               "AND status = 'deleted'")]
        consents = [row["request"] for row in query(self.rig, "SELECT request FROM consents WHERE kind = 'withdrawal'")]
        if sorted(keys) != sorted(consents):
            raise Disagreement(f"withdrawn without a record: {set(keys) - set(consents)}; recorded without an end: {set(consents) - set(keys)}, "
                               f"{len(keys)} keys and {len(consents)} records")
        left = query(self.rig, "SELECT s.id, s.state FROM schedules s JOIN billing_keys k ON k.id = s.billing_key "
                               "WHERE k.status = 'deleted' AND s.state <> 'ended'")
        if left:
            raise Disagreement(f"schedules of keys that have ended: {left[:3]} ({len(left)})")
        broken = query(self.rig, "SELECT count(*) AS links, max(number) AS newest, (SELECT count(*) FROM consents) AS consents FROM consent_chain")[0]
        unlinked = query(self.rig, "SELECT l.number FROM consent_chain l JOIN consent_chain b ON b.number = l.number - 1 WHERE l.previous <> b.link_hash")
        if broken["links"] != broken["consents"] or broken["links"] != (broken["newest"] or 0) or unlinked:
            raise Disagreement(f"the chain of consents is not whole: {broken}, unlinked {unlinked[:3]}")

    def wait_numbers_free(self, timeout_s=20):
        """No pair of number and caller rests for longer than its quarantine."""
        wait_until("every virtual number is free again", lambda: not query(self.rig, "SELECT caller FROM lease_rests"), timeout_s)
