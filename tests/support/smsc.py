"""An SMS centre (smsc.pl) as an object: what it heard, and what it is told to do."""
import json
import subprocess
import threading

from rig.appliance import SOURCE
from rig.merchant import wait_until
from rig.ports import free_port


class Smsc:
    def __init__(self):
        self.port, self.events = free_port(), []
        self.process = subprocess.Popen(["/usr/bin/perl", str(SOURCE / "tests/support/smsc.pl"), str(self.port)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()
        self.wait("listening")

    def _read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def of(self, event, since=0):
        return [e for e in self.events[since:] if e["event"] == event]

    def wait(self, event, since=0, count=1, timeout_s=15):
        return wait_until(f"{count} of {event} at the centre", lambda: len(found := self.of(event, since)) >= count and found, timeout_s, 0.01)

    def tell(self, line):
        since = len(self.events)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.wait("done", since)

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def joined(submits):
    """The text of submit_sm that came in parts, by their user data headers; each holds whole characters."""
    parts = {}
    for s in submits:
        octets = bytes.fromhex(s["text"])
        if s["esm_class"] & 0x40:
            assert octets[:3] == b"\x05\x00\x03" and octets[4] == len(submits), octets
            parts[octets[5]] = octets[6:]
        else:
            parts[1] = octets
    assert sorted(parts) == list(range(1, len(submits) + 1)), parts
    coding = {8: "utf-16-be", 14: "euc_kr", 3: "cp949"}[submits[0]["data_coding"]]
    return "".join(parts[n].decode(coding) for n in sorted(parts))
