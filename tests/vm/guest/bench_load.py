"""make bench-vm: how many calls at once the guest carries, and what a second of a call costs.

The guest runs 500 million instructions a second for kernel, appliance, switch and phones together, so the figures are of the
programs and not of this machine. A step's calls come one after the other, each enters sixteen digits, and all are up at once in the
end; a step holds when no key and no block of sound was lost, at either end. CALLS is what must hold. The figures have the kernel's
interrupts in them that came while a program ran: a local span's work is done there."""
import os
import pathlib
import re
import time
import unittest

import lines
from crowd import lost_sound
from line_rig import LineRig
from rig.phone import Carrier
from support import cards
from support.calling import QUICK, new_phone

SPANS, A_SPAN = 6, 30
STEPS = [90, 120, 150, 180]
CALLS = 180
BETWEEN_S = 0.04                         # calls of strangers do not begin in the same instant
INSTRUCTIONS_PER_NS = 0.5                # shift=1
BESIDE = ["trunkd", "callkey-carrier", "arsd", "keystored"]
SCRIPT = [{"hear": "reg.asks", "press": "1", "after_ms": 100},
          {"hear": "card.number", "press": cards.CREDIT.number, "secret": True, "after_ms": 500},
          {"hear": "card.expiry", "hangup": True, "after_ms": 8000}]


def setUpModule():
    global PAIRS
    PAIRS = lines.lay(*["E1"] * SPANS)


def run_ns(pid):
    """What all threads of a process have run."""
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def idle_s():
    return int(re.match(r"cpu +\d+ \d+ \d+ (\d+)", pathlib.Path("/proc/stat").read_text(encoding="ascii"))[1]) / os.sysconf("SC_CLK_TCK")


class Load(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = LineRig(PAIRS, {"arsd": {**QUICK["arsd"], "max_calls_per_request": 100}, "trunkd": {"realtime_priority": 20}})
        cls.rig.start()
        cls.addClassCleanup(cls.rig.stop)
        api = cls.rig.merchant()
        cls.customers = []
        for _ in range(max(STEPS)):
            number = new_phone()
            cls.customers.append((number, api.register(number, sms="skip", expires_in_s=3600)["virtual_number"]))

    def step(self, count):
        """One step: what went wrong (nothing: it holds), and a line of figures."""
        used = {name: run_ns(self.rig.processes[name].pid) for name in BESIDE}
        began, idle, ended = time.monotonic(), idle_s(), []
        with Carrier(self.rig.carrier_socket) as carrier:
            for index, (number, virtual) in enumerate(self.customers[:count]):
                carrier.command(cmd="call", id=f"c{index}", caller=number, called=virtual, script=SCRIPT, timeout_s=60,
                                span=PAIRS[index // A_SPAN].name)
                time.sleep(BETWEEN_S)
            while len(ended) < count:
                event = carrier.next_event(120)
                if event["ev"] == "ended":
                    ended.append(event)
        seconds = time.monotonic() - began
        used = {name: (run_ns(self.rig.processes[name].pid) - ns) * INSTRUCTIONS_PER_NS for name, ns in used.items()}
        idled = idle_s() - idle
        talked = sum(event["t_ms"] for event in ended) / 1000
        wrong = [f"{sum(not e['script_done'] for e in ended)} calls lost keys"] if not all(e["script_done"] for e in ended) else []
        wrong += [lost for lost in [lost_sound(self.rig)] if lost]
        figures = ", ".join(f"{name} {n / talked / 1e6:.3f}" for name, n in used.items())
        print(f"{count:>4} calls, {seconds:5.1f} s, idle {idled / seconds:4.0%}: {'; '.join(wrong) or 'holds'}; "
              f"million instructions a second of a call: {figures}", flush=True)
        return wrong

    def test_load(self):
        held = 0
        for count in STEPS:
            if self.step(count):
                break
            held = count
        print(f"largest number that holds: {held}", flush=True)
        self.assertGreaterEqual(held, CALLS)
