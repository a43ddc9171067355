"""Faults at the very instant that is meant: the Python side of tests/fault/preload.c, which stands under the programs of a
rig as they are built for the appliance.

    faults = Faults(["arsd"])
    with Rig(env_of=faults.env_of) as rig:
        gate = faults["arsd"].gate(commits=2, point="stored")
        ...                                     # what leads to the third commit from here
        gate.wait_held(10)                      # arsd stands there: stored, and nothing has left
        rig.kill("arsd")
"""
import ctypes
import errno
import mmap
import pathlib
import shutil
import tempfile
import time

from rig.appliance import build_dir

POINTS = ["before", "syncing", "stored", "sent"]
RESTLESS_S = 30


class _Page(ctypes.Structure):
    """struct page of preload.c."""
    _fields_ = [(name, ctypes.c_uint32) for name in
                ("armed", "commits", "point", "held", "open", "refusal", "twice", "planted")] + \
               [("room", ctypes.c_int64), ("clock_ns", ctypes.c_int64), ("seen", ctypes.c_uint64), ("unsynced", ctypes.c_uint32)]


class Gate:
    """A commit at which the process waits."""

    def __init__(self, page, number):
        self.page, self.number = page, number

    def is_held(self):
        return self.page.held == self.number

    def wait_held(self, timeout_s, over=lambda: False):
        """True once somebody stands there; False after timeout_s, or when over() says that nobody will come."""
        deadline = time.monotonic() + timeout_s
        while not self.is_held():
            if time.monotonic() > deadline or over():
                return self.is_held()
            time.sleep(0.001)
        return True

    def open(self):
        self.page.open = self.number
        if self.page.armed == self.number:
            self.page.armed = 0


class Faulty:
    """What one process, through all its restarts, meets."""

    def __init__(self, path):
        path.write_bytes(bytes(mmap.PAGESIZE))
        with open(path, "r+b") as f:
            self._map = mmap.mmap(f.fileno(), mmap.PAGESIZE)
        self.page = _Page.from_buffer(self._map)
        self._gates = 0

    def gate(self, commits, point):
        """The process will wait at this point of the commit after so many others that change something."""
        self._gates += 1
        self.page.armed = 0
        self.page.commits, self.page.point = commits, POINTS.index(point)
        self.page.armed = self._gates
        return Gate(self.page, self._gates)

    @property
    def commits(self):
        """That changed something, in all."""
        return self.page.seen

    def wait_quiet(self, seconds):
        """Until nothing has been changed for so long."""
        begun = since = time.monotonic()
        seen = self.commits
        while time.monotonic() - since < seconds:
            if time.monotonic() - begun > RESTLESS_S:
                raise TimeoutError(f"in {RESTLESS_S} s there were no {seconds} s without a change")
            time.sleep(0.01)
            if self.commits != seen:
                seen, since = self.commits, time.monotonic()

    def refuse_writes(self, error=errno.ENOSPC, room=0):
        """From now on, after room more octets, no file can be written."""
        self.page.room = room
        self.page.refusal = error

    def allow_writes(self):
        self.page.refusal = 0

    def refuse_folders(self, error=errno.EIO):
        """From now on no folder is synced; 0: it is."""
        self.page.unsynced = error

    def move_clock(self, seconds):
        """The time of day from now on, against the machine's."""
        self.page.clock_ns = int(seconds * 1_000_000_000)

    def send_twice(self, frame_type):
        self.page.twice = frame_type

    def plant(self, on=True):
        """The bug that all of this is there to find: what a turn sends leaves before the turn is stored."""
        self.page.planted = int(on)


class Faults:
    """The pages of some processes of a rig."""

    def __init__(self, names):
        self.library = build_dir() / "fault" / "preload.so"
        if not self.library.exists():
            raise FileNotFoundError(f"{self.library}: make fault and make test build it")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="callkey-fault-"))
        self._of = {name: Faulty(self.folder / name) for name in names}

    def __getitem__(self, name):
        return self._of[name]

    def env_of(self, name):
        if name not in self._of:
            return {}
        return {"LD_PRELOAD": str(self.library), "CALLKEY_FAULT_PAGE": str(self.folder / name)}

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def is_sanitized():
    """A sanitizer's own library must come first in a program."""
    return "-fsanitize=" in (build_dir() / "flags").read_text(encoding="utf-8")


SANITIZED = "a sanitizer's library must come before the one that makes the faults"
