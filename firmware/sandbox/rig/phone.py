"""Phones of the sandbox's carrier switch, over its control socket (JSON lines)."""
import itertools
import json
import socket
import time

_ids = itertools.count(1)


class CarrierError(Exception):
    """The carrier refused a command; the text is its reason."""


class Carrier:
    """One control connection. Events of calls placed on it arrive on it; one thread at a time."""

    def __init__(self, path, timeout_s=60):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout_s)
        self.sock.connect(str(path))
        self.file = self.sock.makefile("rb")
        self.pending = []

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _read(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the carrier said nothing in time")
        self.sock.settimeout(left)
        line = self.file.readline()
        if not line:
            raise ConnectionError("the carrier closed its control socket")
        return json.loads(line)

    def command(self, wait_s=20, **command):
        """Sends a command and returns its answer, waiting so long; events that come in between are kept for next_event()."""
        self.sock.sendall(json.dumps(command).encode() + b"\n")
        deadline = time.monotonic() + wait_s
        while True:
            message = self._read(deadline)
            if message["ev"] == "ok":
                return message
            if message["ev"] == "error":
                raise CarrierError(message.get("why", "?"))
            self.pending.append(message)

    def next_event(self, timeout_s=60):
        if self.pending:
            return self.pending.pop(0)
        return self._read(time.monotonic() + timeout_s)


class Phone:
    """One call. script steps are {"hear": id or [ids], "press": keys | "hangup": True, "after_ms": n}."""

    def __init__(self, carrier_path, caller, number, script=(), *, timeout_s=120, **options):
        self.carrier = Carrier(carrier_path)
        self.id = f"p{next(_ids)}"
        self.timeout_s = timeout_s
        self.events, self.heard, self.ended = [], [], None
        self.carrier.command(cmd="call", id=self.id, caller=caller, called=number, script=list(script),
                             timeout_s=options.pop("line_timeout_s", 900), **options)

    def _take(self, event):
        self.events.append(event)
        if event["ev"] == "heard":
            self.heard.append(event["prompt"])
        if event["ev"] == "ended":
            self.ended = event
        return event

    def next_event(self, timeout_s=None):
        """The next event of this call."""
        while True:
            event = self.carrier.next_event(timeout_s or self.timeout_s)
            if event.get("id") == self.id:
                return self._take(event)

    def wait_heard(self, *prompts):
        """Waits until one of the prompts starts; returns its id. Fails when the call ends first."""
        while self.ended is None:
            event = self.next_event()
            if event["ev"] == "heard" and event["prompt"] in prompts:
                return event["prompt"]
        raise AssertionError(f"call ended ({self.ended}) before {prompts}; heard {self.heard}")

    def press(self, keys, secret=False):
        self.carrier.command(cmd="press", id=self.id, keys=keys, **({"secret": True} if secret else {}))

    def hangup(self, cause=16):
        self.carrier.command(cmd="hangup", id=self.id, cause=cause)

    def wait_ended(self):
        """Runs the call to its end; returns the ended event and closes the connection."""
        try:
            while self.ended is None:
                self.next_event()
        finally:
            self.carrier.close()
        return self.ended
