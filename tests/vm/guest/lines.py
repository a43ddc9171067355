"""Lines in the guest: pairs of DAHDI's local dynamic spans, each the other's far end, the appliance's side and the carrier's.

Configured as on a machine with cards, by dahdi_cfg from a system.conf; taken apart and put together again by DAHDI's own
ioctls. A channel in use keeps its span: who destroys a span (far_gone) makes its user close it first."""
import dataclasses
import errno
import fcntl
import os
import pathlib
import struct
import subprocess
import time

SYSTEM_CONF = pathlib.Path("/etc/dahdi/system.conf")
DEVICES = pathlib.Path("/sys/bus/dahdi_devices/devices")
CLOCK = "f:f"
BLOCK = 160
RED, YELLOW = 8, 4
CLEAR, HDLC_FCS, FXOKS, FXSKS = 1 << 7, 1 << 9 | 1 << 8 | 1 << 7, 1 << 5 | 1 << 12, 1 << 2 | 1 << 13
MULAW, ALAW = 1, 2
_WRITE, _READ = 1, 2
_SPAN_SIZE, _CHANCONFIG, _DYNAMIC, _BUFFERS = 314, "=i40siiii16s", "=20s40siii", "=iiiiii"


def _request(direction, number, size):
    """The number of a DAHDI ioctl, as <dahdi/user.h> makes it."""
    return direction << 30 | size << 16 | 0xDA << 8 | number


_SPANSTAT = _request(_READ | _WRITE, 10, _SPAN_SIZE)
_SET_CHANCONFIG = _request(_WRITE, 19, struct.calcsize(_CHANCONFIG))
_CREATE = _request(_READ | _WRITE, 80, struct.calcsize(_DYNAMIC))
_DESTROY = _request(_WRITE, 81, struct.calcsize(_DYNAMIC))
_SET_BLOCKSIZE, _FLUSH, _AUDIOMODE, _SPECIFY, _SETLAW = (_request(_WRITE, n, 4) for n in (1, 3, 32, 38, 39))
_GETEVENT = _request(_READ, 8, 4)
_SET_BUFINFO = _request(_WRITE, 27, struct.calcsize(_BUFFERS))
_FLUSH_ALL = 7


@dataclasses.dataclass
class Side:
    """One span of a pair. first: the channel number of its timeslot 1."""
    kind: str
    address: str
    span: int
    first: int
    sigtype: int = CLEAR

    @property
    def channels(self):
        return 31 if self.kind == "E1" else 24

    @property
    def dchannel(self):
        """The channel number of the D-channel, or None on analog lines."""
        return {"E1": self.first + 15, "T1": self.first + 23}.get(self.kind)

    @property
    def bearers(self):
        """Channel numbers of what carries sound, in the order of their timeslots."""
        return [c for c in range(self.first, self.first + self.channels) if c != self.dchannel]

    @property
    def law(self):
        return MULAW if self.kind == "T1" else ALAW


@dataclasses.dataclass
class Pair:
    name: str
    kind: str                   # E1, T1 or analog
    appliance: Side
    carrier: Side


def _ctl(request, argument):
    fd = os.open("/dev/dahdi/ctl", os.O_RDWR)
    try:
        return fcntl.ioctl(fd, request, argument)
    finally:
        os.close(fd)


def _ranges(numbers):
    """1,2,3,5 as 1-3,5."""
    words, numbers = [], sorted(numbers)
    while numbers:
        n = next((i for i, c in enumerate(numbers) if c != numbers[0] + i), len(numbers))
        words.append(str(numbers[0]) if n == 1 else f"{numbers[0]}-{numbers[n - 1]}")
        numbers = numbers[n:]
    return ",".join(words)


def _plan(kinds):
    pairs, span, channel = [], 1, 1
    for key, kind in enumerate(kinds, 1):
        sides = []
        for end in (0, 1):
            # The exchange's end of an analog line is signalled as FXO, the subscriber's as FXS.
            sigtype = CLEAR if kind != "analog" else (FXSKS, FXOKS)[end]
            sides.append(Side(kind, f"{key:x}:{end}", span, channel, sigtype))
            span, channel = span + 1, channel + sides[-1].channels
        pairs.append(Pair(f"span{key}", kind, *sides))
    return pairs


def system_conf(pairs, echo=False):
    """What dahdi_cfg reads. The last word of dynamic= is the timing: always 0, nothing would clock such a span."""
    sides = [side for pair in pairs for side in (pair.appliance, pair.carrier)]
    lines = [f"dynamic=loc,{side.address},{side.channels},0" for side in sides]
    for side in sides:
        sort = {CLEAR: "bchan", FXOKS: "fxoks", FXSKS: "fxsks"}[side.sigtype]
        lines.append(f"{sort}={_ranges(side.bearers)}")
        if side.dchannel:
            lines.append(f"dchan={side.dchannel}")
        last = side.first + side.channels - 1
        lines.append(f"{'mulaw' if side.law == MULAW else 'alaw'}={side.first}-{last}")
    lines += [f"echocanceller=mg2,{_ranges(pair.appliance.bearers)}" for pair in pairs if echo]
    return "\n".join([*lines, "loadzone=us", "defaultzone=us", ""])


def make_nodes():
    """/dev/dahdi/N of every channel, which udev makes elsewhere."""
    for path in pathlib.Path("/sys/class/dahdi_channels").glob("*/dev"):
        _make_node(path)
    for path in pathlib.Path("/sys/bus/dahdi_spans/devices").glob("*/dahdi!chan*/dev"):
        _make_node(path)


def _make_node(path):
    major, minor = map(int, path.read_text(encoding="ascii").split(":"))
    node = pathlib.Path(f"/dev/dahdi/{minor}")
    if not node.exists():
        os.mknod(node, 0o600 | 0o020000, os.makedev(major, minor))


def lay(*kinds, echo=False):
    """Makes and configures one pair for each kind; returns the pairs. Once in a guest."""
    pairs = _plan(kinds)
    SYSTEM_CONF.write_text(system_conf(pairs, echo), encoding="ascii")
    done = subprocess.run(["dahdi_cfg", "-c", str(SYSTEM_CONF)], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"dahdi_cfg: exit {done.returncode}: {done.stdout}{done.stderr}")
    _create(CLOCK, 1)
    make_nodes()
    return pairs


# ---- what a span is in ----

def alarms(side):
    """Its alarm bits, or None when there is no such span."""
    try:
        info = _ctl(_SPANSTAT, struct.pack("=i", side.span) + bytes(_SPAN_SIZE - 4))
    except OSError as fault:
        if fault.errno in (errno.ENODEV, errno.EINVAL, errno.ENXIO):
            return None
        raise
    return struct.unpack_from("=i", info, 4 + 20 + 40)[0]


def wait_alarms(side, wanted, timeout_s=10):
    """Until the span's alarms are those; returns the seconds it took."""
    began = time.monotonic()
    while (found := alarms(side)) != wanted:
        if time.monotonic() - began > timeout_s:
            raise AssertionError(f"span {side.span}: alarms {found}, not {wanted}, after {timeout_s} s")
        time.sleep(0.01)
    return time.monotonic() - began


# ---- faults ----

def _destroy(address, channels):
    _ctl(_DESTROY, struct.pack(_DYNAMIC, b"loc", address.encode(), channels, 0, 0))


def _create(address, channels):
    """Returns the new span's number."""
    return struct.unpack(_DYNAMIC, _ctl(_CREATE, struct.pack(_DYNAMIC, b"loc", address.encode(), channels, 0, 0)))[4]


def _renew_clock():
    """The kernel moves all dynamic spans when it comes to the one that was made last: that must be one which nobody pulls."""
    _destroy(CLOCK, 1)
    _create(CLOCK, 1)


def destroy(side):
    """The span ceases to exist: its far end hears nothing. EBUSY while a channel of it is open."""
    _destroy(side.address, side.channels)


def destroy_when_free(side, timeout_s=5):
    """As destroy(), waiting for the last user to be gone."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return destroy(side)
        except OSError as fault:
            if fault.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.005)


def create(side):
    """The span exists again, at its old numbers, and is configured."""
    number = _create(side.address, side.channels)
    if number != side.span:
        raise RuntimeError(f"span {side.span} came back as {number}")
    _renew_clock()
    configure(side)


def configure(side):
    """What dahdi_cfg does for the channels of one span."""
    for channel in range(side.first, side.first + side.channels):
        sort = HDLC_FCS if channel == side.dchannel else side.sigtype
        master = channel if sort & CLEAR else 0
        _ctl(_SET_CHANCONFIG, struct.pack(_CHANCONFIG, channel, b"", sort, side.law, master, 0, b""))
    make_nodes()


def _device(side):
    """The device that has the span, as the kernel shows it."""
    for link in DEVICES.iterdir():
        if (link / f"span-{side.span}").exists():
            return link
    raise RuntimeError(f"no device has span {side.span}")


def unassign(side):
    """A card is pulled: the span vanishes under its users. Returns what assign() needs."""
    folder = _device(side)
    (folder / "unassign_span").write_text("1", encoding="ascii")
    return folder


def assign(side, folder):
    """The card is back, at its old numbers, and is configured."""
    (folder / "assign_span").write_text(f"1:{side.span}:{side.first}", encoding="ascii")
    configure(side)


# ---- one channel, for tests of the lines themselves ----

class Channel:
    """A channel opened by its number, never waiting."""

    def __init__(self, number, law=ALAW, audio=True, blocks=8):
        self.fd = os.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
        try:
            self._set(_SPECIFY, number)
            if audio:
                self._set(_AUDIOMODE, 1)
                self._set(_SETLAW, law)
                self._set(_SET_BLOCKSIZE, BLOCK)
            size = BLOCK if audio else 1024
            fcntl.ioctl(self.fd, _SET_BUFINFO, struct.pack(_BUFFERS, 0, 0, blocks, size, 0, 0))
            self._set(_FLUSH, _FLUSH_ALL)
        except BaseException:
            self.close()
            raise

    def _set(self, request, value):
        fcntl.ioctl(self.fd, request, struct.pack("=i", value))

    def event(self):
        """The next event, 0 for none."""
        return struct.unpack("=i", fcntl.ioctl(self.fd, _GETEVENT, bytes(4)))[0]

    def write(self, octets):
        return os.write(self.fd, octets)

    def read(self, size=BLOCK):
        """What is there, or nothing."""
        try:
            return os.read(self.fd, size)
        except BlockingIOError:
            return b""
        except OSError as fault:
            if fault.errno != 500:               # an event is pending
                raise
            while self.event():
                pass
            return b""

    def close(self):
        os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
