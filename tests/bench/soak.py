"""What a program keeps of requests that are over: its growth while the merchant API is charged through, without the store's pages.

The first charges are not counted: pools, caches and the allocator's own arenas fill up to what the load needs, and stay. How many there are is
bounded by what the sandbox remembers of them.
"""
import json

import api
import full_store
from rig.merchant import wait_until

OURS = ("arsd", "apid", "uplinkd", "keystored", "trunkd")
UNDER_WAY = ("waiting", "sending")
BEFORE, COUNTED, AT_ONCE_S = 30_000, 50_000, 5
# What malloc gives is 32 octets at least: one that is lost in each charge is 32 KB of a thousand.
MOST_KB = 16


def sizes_kb(rig, tools):
    """Of each program, when nothing is under way any more."""
    def under_way():
        counts = json.loads(rig.callkey("--json", "status"))["requests"]["outbox"]
        return sum(counts.get(state, 0) for state in UNDER_WAY)
    wait_until("all webhooks have arrived", lambda: under_way() == 0, 300, 0.5)
    found = {name: tools.rss_kb(rig.processes[name].pid) for name in OURS}
    found["arsd"] -= tools.kept_pages_kb(rig.metrics())
    return found


def bench_soak(options, tools):
    """Direct charges; growth for each thousand of them."""
    share = min(1, options.requests / full_store.REQUESTS)
    with full_store.full_rig(options.build, options.requests) as rig:
        rig.sandbox.post("/merchant/secrets", {"secret": rig.webhook_secret})
        key = full_store.register(rig, rig.merchant(full_store.SHOP))

        def charge(wanted):
            done = 0
            while done < wanted * share:
                done += api.charged_through(rig, options.requests, AT_ONCE_S, tools, key).good
            return done
        charge(BEFORE)
        before = sizes_kb(rig, tools)
        count = charge(COUNTED)
        after = sizes_kb(rig, tools)
    for name in OURS:
        tools.line(f"growth of {name} by a thousand charges", (after[name] - before[name]) / count * 1000, "KB", MOST_KB,
                   note=f"{before[name] / 1024:.1f} to {after[name] / 1024:.1f} MB in {count} charges")
