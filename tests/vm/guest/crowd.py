"""Many phones at once, one for each channel of a line, and what must be true of all of them."""
import json
import re
import time

from rig.merchant import wait_until
from rig.phone import Carrier
from support import cards
from support.calling import all_good, at_once, dial, ended_request, enter, hang_up, new_phone, press

# As a customer who knows the way does it; who listens to the end makes the same calls last twice as long.
REGISTER = [press("reg.asks", "1"), *enter(cards.CREDIT), hang_up("reg.done")]
PAY = [press("pay.asks", "1"), press("pay.approved", "2"), hang_up("bye")]


class Phone:
    """One customer: a phone, a billing key once it is registered, and when its calls were up."""

    def __init__(self, api):
        self.api, self.number, self.key = api, new_phone(), None
        self.up, self.down = 0, 0

    def _call(self, rig, request, script, **options):
        phone = dial(rig, self.number, request["virtual_number"], script, **options)
        phone.wait_heard("greet.neutral")
        self.up = time.monotonic()
        phone.wait_ended()
        self.down = time.monotonic()
        if not phone.ended["script_done"]:
            raise AssertionError(f"{phone.ended}; heard {phone.heard}")
        return wait_until(f"{request['id']} has ended", lambda: ended_request(self.api, request["id"]))

    def register(self, rig, **options):
        done = self._call(rig, self.api.register(self.number, sms="skip"), REGISTER, **options)
        if done["status"] != "registered":
            raise AssertionError(f"registration: {done}")
        self.key = done["billing_key"]

    def pay(self, rig, **options):
        done = self._call(rig, self.api.pay(self.key, 53000, sms="skip"), PAY, **options)
        if done["status"] != "approved":
            raise AssertionError(f"payment: {done}")


def all_at_once(test, phones, work):
    """work(phone) for all; they must all have been up at one moment."""
    all_good(at_once(work, phones, len(phones)))
    test.assertLess(max(p.up for p in phones), min(p.down for p in phones), "they were not all up at once")


def metric(rig, name):
    found = re.search(rf"^callkey_trunkd_{name} (\S+)$", rig.metrics(), re.M)
    if not found:
        raise AssertionError(f"no metric {name}")
    return float(found[1])


LOST_METRICS = ("ticks_lost_total", "underruns_total", "dchannel_frames_dropped_total", "media_events_lost_total", "blocks_broken_total")
SUPERVISED_S = 1.1                       # how old a driver's counters may be


def lost_sound(rig):
    """All sound that either end of a line has lost, in words, or "". What the switch loses its phones do not hear."""
    time.sleep(SUPERVISED_S)
    lost = {name: metric(rig, name) for name in LOST_METRICS}
    with Carrier(rig.carrier_socket) as carrier:
        for span in carrier.command(cmd="status")["spans"]:
            lost |= {f"switch {span['name']} {what}": n for what, n in {**span["card_lost"], "ticks": span["lost_ticks"]}.items()}
    for span in json.loads(rig.callkey("--json", "trunks"))["spans"]:
        counts = {what: span[what] for what in ("lost_ticks", "underruns")} | {
            what: span["driver"][what] for what in ("overruns", "blocks_missed", "events_lost")}
        lost |= {f"appliance {span['name']} {what}": n for what, n in counts.items()}
    return ", ".join(f"{what} {n}" for what, n in lost.items() if n)


def judge_sound(test, rig):
    """No block of sound was lost, at neither end: one loss may hide a prompt from a phone, or halve a key."""
    test.assertGreater(metric(rig, "ticks_total"), 1000)
    test.assertEqual(lost_sound(rig), "")
