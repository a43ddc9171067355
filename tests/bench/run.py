#!/usr/bin/python3
"""make bench: performance against the targets of the house, measured on the real processes over software trunks.

    tests/bench/run.py --build BUILD [--only NAME,...] [--calls N] [--seconds S] [--requests N] [--leases N]

Every line is: what, the figure, the target, and figure/target (1.00 or less is within it, for rates target/figure). Nothing
here fails by a figure: machines are noisy; exit 1 only when something could not be measured.
"""
import argparse
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "firmware" / "sandbox"), str(ROOT / "tests"), str(ROOT / "tests" / "bench")]

import api                            # noqa: E402: found by the path above
import full_store                     # noqa: E402
import keystore                       # noqa: E402
import soak                           # noqa: E402

TICK_HZ = os.sysconf("SC_CLK_TCK")
CARD = "5409261234567"                # not a whole card number: the field stays open
SPANS_BIG, CHANNELS = 32, 30


def line(what, figure, unit, target, better="less", note=""):
    ratio = figure / target if better == "less" else (target / figure if figure else float("inf"))
    limit = "at most" if better == "less" else "at least"
    print(f"{what:<46} {figure:>10.2f} {unit:<12} {limit} {target:<8g} ratio {ratio:5.2f}   {note}", flush=True)


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK_HZ


def rss_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii"))[1])


def metric(text, name, labels=""):
    """The value of a series in Prometheus text; labels as printed, without braces."""
    form = re.compile(rf"^{re.escape(name)}{re.escape('{' + labels + '}') if labels else ''} (\S+)$", re.M)
    found = form.search(text)
    return float(found[1]) if found else 0.0


# ---- digits ----

def bench_digits(options):
    """Missed, wrong and doubled keys of 100,000, and what one block of one call costs."""
    done = subprocess.run([str(options.build / "bench" / "digits"), "100000"], capture_output=True, text=True, check=True, timeout=300)
    r = json.loads(done.stdout)
    faults = r["missed"] + r["wrong"] + r["extra"]
    print(f"{'missed, wrong or doubled keys in ' + str(r['keys']):<46} {faults:>10d} {'':<12} exactly  0        "
          f"{'ratio  0.00' if faults == 0 else 'NOT MET'}")
    line("one block of one call: decode, DTMF, level, play", r["ns_a_block"] / 1000, "us", 2.5,
         note=f"a timeslot has {r['slot_octets'] / 1024:.1f} KB")


# ---- many calls ----

class Crowd:
    """Registrations, one a phone, and their calls over one control connection to the carrier."""

    def __init__(self, rig, count):
        from rig.phone import Carrier
        self.rig, self.carrier = rig, Carrier(rig.carrier_socket)
        api = rig.merchant("Bench")
        self.numbers = {}
        begun = time.monotonic()
        for i in range(count):
            phone = f"0105{i:07d}"
            made = api.register(phone, sms="skip", expires_in_s=3600)
            self.numbers[phone] = made["virtual_number"]
        self.created_s = time.monotonic() - begun

    def call(self, phone, script, tag="", **options):
        self.carrier.command(cmd="call", id=f"{phone}{tag}", caller=phone, called=self.numbers[phone], script=script,
                             timeout_s=900, **options)

    def close(self):
        self.carrier.close()


def big_rig(spans, rate=1, **settings):
    from rig.appliance import Rig, Span
    return Rig(spans=[Span(f"span{i + 1}") for i in range(spans)], rate=rate, settings={
        "arsd": {"max_calls_per_request": 100, **settings.pop("arsd", {})}, **settings})


def bench_card_entry(options):
    """CPU, lateness, keys and memory of trunkd with a full house of calls that enter a card number: as people press keys, and as
    fast as a machine dials."""
    card_entry(options, "3 keys a second", 120, 213)
    card_entry(options, "6 keys a second", 80, 80)


def card_entry(options, speed, on_ms, off_ms):
    spans = (options.calls + CHANNELS - 1) // CHANNELS
    cycle_ms = (len(CARD) + 1) * (on_ms + off_ms) + 150
    entry = [{"hear": "greet.neutral", "after_ms": 0}, {"hear": ["reg.menu", "reg.asks"], "press": "1"},
             {"hear": ["card.ready", "card.number"], "press": CARD, "secret": True}]
    # 13 keys, erased and typed again, for longer than the measurement takes.
    entry += [{"after_ms": cycle_ms, "press": "*" + CARD, "secret": True} for _ in range(60)]
    with big_rig(spans) as rig:
        trunkd, arsd, keystored = (rig.processes[n].pid for n in ("trunkd", "arsd", "keystored"))
        crowd = Crowd(rig, options.calls)
        idle, kept = {pid: rss_kb(pid) for pid in (trunkd, arsd, keystored)}, kept_pages_kb(rig.metrics())
        for phone in crowd.numbers:
            crowd.call(phone, entry, dtmf={"on_ms": on_ms, "off_ms": off_ms})
        deadline = time.monotonic() + 60
        busy = 0
        while busy < options.calls and time.monotonic() < deadline:
            time.sleep(1)
            busy = sum(s["calls"] for s in crowd.carrier.command(cmd="status")["spans"])
        time.sleep(12)                                # all past the menu
        before_text, before = rig.metrics(), {pid: cpu_s(pid) for pid in idle}
        crowd.carrier.command(cmd="status", reset=True)
        begun = time.monotonic()
        time.sleep(options.seconds)
        status = crowd.carrier.command(cmd="status")
        time.sleep(6)                                 # trunkd reports every 5 s
        wall = time.monotonic() - begun
        used = {pid: (cpu_s(pid) - before[pid]) / wall * 100 for pid in idle}
        after_text = rig.metrics()
        calls = sum(s["calls"] for s in status["spans"])
        report_card_entry(options, speed, calls, used, before_text, after_text, status, (trunkd, arsd, keystored))
        report_memory(calls, idle, kept_pages_kb(after_text) - kept, (trunkd, arsd, keystored))
        crowd.close()


def kept_pages_kb(metrics):
    """What arsd keeps of its store in memory: it grows with all that was ever stored, to its bound, and not with the calls of now."""
    return metric(metrics, "callkey_arsd_store_cache_bytes") / 1024


def report_memory(calls, idle, kept_pages, pids):
    """What the programs have grown by a call that is up: without the store's pages, which are told beside it."""
    grown = {name: rss_kb(pid) - idle[pid] for name, pid in zip(("trunkd", "arsd", "keystored"), pids)}
    grown["arsd"] -= kept_pages
    line("memory a call: growth of trunkd, arsd, keystored", sum(grown.values()) / calls, "KB", 8,
         note=" ".join(f"{name} {kb / calls:.1f}" for name, kb in grown.items())
         + f"; the store's pages grew by {kept_pages / calls:.1f} beside it; the slots' own memory (bench digits prints it) is reserved at start")


def report_card_entry(options, speed, calls, used, before, after, status, pids):
    trunkd, arsd, keystored = pids
    grown = lambda name, labels="": metric(after, name, labels) - metric(before, name, labels)
    if calls < options.calls:
        print(f"only {calls} of {options.calls} calls were up: the figures below are of those")
    line(f"CPU of trunkd, {calls} calls, {speed}", used[trunkd] / calls * 960, "% of a core", 12,
         note=f"measured {used[trunkd]:.1f} %; arsd {used[arsd]:.1f} %, keystored {used[keystored]:.1f} %")
    ticks = grown("callkey_trunkd_ticks_total")
    above = sum(grown("callkey_trunkd_ticks_by_lateness_total", f'late="{w}"') for w in ("below 10 ms", "below 20 ms", "20 ms or more"))
    line("ticks answered more than 5 ms late", above / ticks * 1000 if ticks else float("nan"), "per mille", 1,
         note=f"p99.9 is within 5 ms when at most 1; carrier's own lateness p99.9 {status['tick_late_ms']['p999']:.2f} ms, its round "
              f"trip p99.9 {max(s['answer_ms']['p999'] for s in status['spans']):.2f} ms")
    keys = grown("callkey_trunkd_keys_total", 'to="keystored"')
    print(f"{'keys taken in card entry':<46} {keys / (options.seconds + 6):>10.0f} keys a second")


def bench_set_up(options):
    """Calls set up per second of CPU that trunkd and arsd use together."""
    phones, rounds, spans = 480, 4, 16
    script = [{"after_ms": 100, "hangup": True}]
    with big_rig(spans) as rig:
        crowd = Crowd(rig, phones)
        pids = [rig.processes[n].pid for n in ("trunkd", "arsd")]
        idle_begun, idle_cpu = time.monotonic(), sum(map(cpu_s, pids))
        time.sleep(5)
        idle_rate = (sum(map(cpu_s, pids)) - idle_cpu) / (time.monotonic() - idle_begun)
        begun, cpu = time.monotonic(), sum(map(cpu_s, pids))
        left = {phone: rounds for phone in crowd.numbers}
        for phone in crowd.numbers:
            crowd.call(phone, script, f"-{left[phone]}")
        ended = connected = 0
        while ended < phones * rounds and time.monotonic() - begun < 120:
            event = crowd.carrier.next_event(30)
            connected += event["ev"] == "connected"
            if event["ev"] != "ended":
                continue
            ended += 1
            phone = event["id"].split("-")[0]
            left[phone] -= 1
            if left[phone]:
                crowd.call(phone, script, f"-{left[phone]}")
        wall = time.monotonic() - begun
        used = sum(map(cpu_s, pids)) - cpu - idle_rate * wall
        line("calls set up a second of CPU (trunkd + arsd)", connected / used if used > 0 else 0, "calls/s", 1000, "more",
             f"{connected} answered of {ended} in {wall:.1f} s; {used / max(connected, 1) * 1e6:.0f} us of CPU a call, line idle {idle_rate * 100:.1f} %")
        crowd.close()


def bench_answer(options):
    """From the last key to the result being spoken, in real time, the PG's own time taken off."""
    from support.cards import CREDIT
    shares = []
    with big_rig(1) as rig:
        for begin in range(0, 100, 25):
            crowd = Crowd(rig, 25) if begin == 0 else crowd
            shares += answer_round(crowd, CREDIT, begin)
            if begin + 25 < 100:
                crowd.close()
                crowd = Crowd(rig, 25)
        crowd.close()
    shares.sort()
    if not shares:
        print("last key to the result: nothing was measured")
        return
    p99 = shares[min(len(shares) - 1, int(len(shares) * 0.99))]
    line("last key to \"verified\" spoken, p99", p99, "ms", 300,
         note=f"median {shares[len(shares) // 2]:.0f} ms, {len(shares)} calls; from the begin of the key's tone, PG included (it takes about 1 ms)")


def answer_round(crowd, card, begin):
    script = [{"hear": ["reg.asks", "reg.menu"], "press": "1"}, {"hear": ["card.ready", "card.number"], "press": card.number, "secret": True},
              {"hear": "card.expiry", "press": card.expiry, "secret": True}, {"hear": "card.identity", "press": card.identity, "secret": True},
              {"hear": "card.password2", "press": card.password, "secret": True}, {"hear": "card.confirm", "press": "1"}]
    for i, phone in enumerate(crowd.numbers):
        crowd.call(phone, script, f"-{begin + i}")
    pressed, shares, ended = {}, [], 0
    while ended < len(crowd.numbers):
        event = crowd.carrier.next_event(120)
        if event["ev"] == "pressed":
            pressed[event["id"]] = event["t_ms"]
        if event["ev"] == "heard" and event["prompt"] == "reg.verified" and event["id"] in pressed:
            shares.append(event["start_ms"] - pressed[event["id"]] if "start_ms" in event else event["t_ms"] - pressed[event["id"]])
        ended += event["ev"] == "ended"
    return shares


def bench_api(options):
    api.bench_api(options, sys.modules[__name__])


def bench_leases(options):
    api.bench_leases(options, sys.modules[__name__])


def bench_columns(options):
    """What sealing adds to a request: its number, the index of its lease, and the answer that is kept for a repeat. A tenth of what arsd
    takes for a create is the target."""
    done = subprocess.run([str(options.build / "bench" / "columns")], capture_output=True, text=True, check=True, timeout=300)
    r = json.loads(done.stdout)
    line("sealing of a create, processor time", r["seal_number_us"] + r["index_us"] + r["seal_answer_us"], "us", 12.4,
         note=", ".join(f"{name.removesuffix('_us').replace('_', ' ')} {us:.2f}" for name, us in r.items()))


def bench_keystore(options):
    keystore.bench_keystore(options, sys.modules[__name__])


def bench_soak(options):
    soak.bench_soak(options, sys.modules[__name__])


BENCHES = {"digits": bench_digits, "card_entry": bench_card_entry, "set_up": bench_set_up, "answer": bench_answer,
           "leases": bench_leases, "columns": bench_columns, "api": bench_api, "keystore": bench_keystore,
           "soak": bench_soak}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--only", default="", help="some of: " + " ".join(BENCHES))
    parser.add_argument("--calls", type=int, default=960)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--requests", type=int, default=full_store.REQUESTS)
    parser.add_argument("--leases", type=int, default=full_store.LEASES)
    options = parser.parse_args()
    if options.leases < full_store.NUMBERS or options.leases % full_store.NUMBERS:
        parser.error(f"--leases {options.leases}: not a multiple of {full_store.NUMBERS}, the virtual numbers that they are of")
    wanted = options.only.split(",") if options.only else list(BENCHES)
    if unknown := [name for name in wanted if name not in BENCHES]:
        parser.error(f"--only {','.join(unknown)}: there is no such bench; there are {', '.join(BENCHES)}")
    os.environ["CALLKEY_BUILD"] = str(options.build)
    failed = 0
    for name in wanted:
        try:
            BENCHES[name](options)
        except Exception as fault:                    # the others are still worth having
            print(f"bench {name} could not be run: {type(fault).__name__}: {fault}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
