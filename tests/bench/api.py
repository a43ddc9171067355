"""The merchant API under load, through nginx and TLS, with a million requests in the store; and the look-up that each call waits for.

64 clients with connections of their own ask one after the other, as fast as they are answered (wrk). They, the gateway, the SMS centre
and the merchant share the machine with the appliance: what each program took of a processor is printed for each figure.
"""
import json
import os
import pathlib
import random
import resource
import subprocess
import time

import full_store

CLIENTS = 64
SCRIPT = pathlib.Path(__file__).resolve().parent / "merchants.lua"
OURS = ("nginx", "apid", "arsd", "uplinkd")
AROUND = ("nginx-sandbox", "callkey-sandbox")
LOOKUPS = 200_000


def family(pid):
    """A process and its children: nginx works in them."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid] + [int(c) for c in children]


class Load:
    """One run of wrk against a rig, with what everybody took of the processors."""

    def __init__(self, rig, ask, requests, seconds, cpu_s, billing_key=""):
        self.rig, self.cpu_s = rig, cpu_s
        before, own, begun = self._used(), self._own(), time.monotonic()
        done = subprocess.run(
            ["wrk", "-t", "1", "-c", str(CLIENTS), "-d", f"{seconds:.0f}s", "--timeout", "10s", "-s", str(SCRIPT),
             f"https://127.0.0.1:{rig.ports['api']}"], capture_output=True, text=True, check=True, timeout=seconds + 60,
            env={**os.environ, "BENCH_ASK": ask, "BENCH_KEY": rig._merchants[full_store.SHOP], "BENCH_SALT": str(random.randrange(1, 10**8)),
                 "BENCH_BILLING_KEY": billing_key, "BENCH_REQUESTS": str(requests // 2)})
        self.result = json.loads(done.stdout.strip().splitlines()[-1])
        self.wall = time.monotonic() - begun
        self.own = self._own() - own
        after = self._used()
        self.used = {name: after[name] - before[name] for name in before}
        self.good = self.result["requests"] - self.result["refused"]
        if self.result["refused"] or self.result["broken"]:
            print(f"  {self.result['refused']} refused, {self.result['broken']} broken: {done.stderr.strip()[:300]}")

    def _used(self):
        return {name: sum(self.cpu_s(pid) for pid in family(self.rig.processes[name].pid)) for name in OURS + AROUND}

    @staticmethod
    def _own():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    @property
    def a_second(self):
        return self.good / self.result["seconds"]

    def costs(self):
        """Time on a processor for one request: the appliance's programs, what is around it, and the load itself. Each of ours but nginx has
        one thread for it: the busiest one's time is what bounds the rate on a machine with processors enough."""
        each = lambda used: used / max(self.good, 1) * 1e6
        share = lambda name: f"{name} {each(self.used[name]):.0f}"
        busiest = max(OURS[1:], key=lambda name: self.used[name])
        return (f"us each: {' '.join(share(n) for n in OURS)}; around: {' '.join(share(n) for n in AROUND)} wrk {each(self.own):.0f}; "
                f"{busiest} alone bears {self.good / max(self.used[busiest], 0.01):.0f}/s")


def asked(rig, options, tools, ask, what, target, p99_ms=None):
    load = Load(rig, ask, options.requests, options.seconds / 3, tools.cpu_s)
    tools.line(f"{what}, a second", load.a_second, "1/s", target, "more", load.costs())
    if p99_ms:
        tools.line("    of which p99", load.result["p99_ms"], "ms", p99_ms, note=f"median {load.result['p50_ms']:.1f}, longest {load.result['max_ms']:.0f}")


def approved(rig):
    return json.loads(rig.callkey("--json", "status"))["requests"]["payments"].get("approved", 0)


def charged_through(rig, requests, seconds, tools, key):
    """Charges for so long, until the last is approved: an answer to the merchant is only half of it."""
    from rig.merchant import wait_until
    before = approved(rig)
    load = Load(rig, "charge", requests, seconds, tools.cpu_s, key)
    wait_until("all are approved", lambda: approved(rig) - before >= load.good, 300, 0.1)
    return load


def charges(rig, options, tools, key):
    begun = time.monotonic()
    load = charged_through(rig, options.requests, options.seconds / 3, tools, key)
    tools.line("direct charges approved by the gateway, a second", load.good / (time.monotonic() - begun), "1/s", 1000, "more",
               f"taken on {load.a_second:.0f} a second, p99 {load.result['p99_ms']:.0f} ms; {load.costs()}")


def bench_api(options, tools):
    """Creates, reads, lists and direct charges."""
    numbers = {"numbers": ["07010000000-07010099999"], "max_live_requests": 5_000_000}
    rig = full_store.full_rig(options.build, options.requests, arsd=numbers)
    with rig:
        rig.sandbox.post("/merchant/secrets", {"secret": rig.webhook_secret})
        api = rig.merchant(full_store.SHOP)
        key = full_store.register(rig, api)
        print(f"API: {CLIENTS} clients, {options.requests} requests in the store, {os.cpu_count()} processors")
        asked(rig, options, tools, "read", "reads of one request", 10_000)
        asked(rig, options, tools, "list", "lists of 20 payments", 1_000)
        asked(rig, options, tools, "create", "durable creates", 5_000, 20)
        asked(rig, options, tools, "create_with_sms", "durable creates, each with its SMS", 1_000, 20)
        charges(rig, options, tools, key)


def bench_leases(options, tools):
    """Whose call is it, among ten million leases."""
    path = full_store.leases_store(options.build, options.leases)
    done = subprocess.run([str(options.build / "bench" / "leases"), "find", str(path), str(options.leases), str(LOOKUPS)],
                          capture_output=True, text=True, check=True, timeout=300)
    r = json.loads(done.stdout)
    tools.line(f"(number, caller) among {options.leases:,}, p99", r["p99_us"] / 1000, "ms", 1,
               note=f"median {r['p50_us']:.1f} us, p99.9 {r['p999_us']:.0f}, longest {r['max_us']:.0f}, {r['lookups']} look-ups")
