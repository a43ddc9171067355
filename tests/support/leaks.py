"""Looks for a caller's secrets in bytes: in logs, databases, memory, captured messages; in every coding a leak might have.

A needle is a secret in one coding. Codings whose needle is too short to be told from chance (three octets of packed BCD in
50 MB of memory) are left out, so that a find always means something; the password's two digits are looked for only where
they stand with a neighbour that names them.
"""
import base64
import dataclasses
import os
import pathlib
import re
import subprocess
import time

NEEDLE_MIN = 6            # octets
# Six given digits stand in one of 280,000 SHA-256 in hexadecimal, in one of 140,000 Ed25519 signatures, and an audit log has dozens of both: what is
# as short as that is no find within one.
CHANCE_BELOW, SIGNATURE_DIGITS = 10, 128
DIGEST = re.compile(rb"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{128})(?![0-9a-f])")
CHUNK = 16 << 20
PAGE = 4096
NOTHING = bytes(PAGE)
MAPPING_MAX = 1 << 30     # a sanitizer's shadow is terabytes of address space; nothing of ours is so large


@dataclasses.dataclass(frozen=True)
class Find:
    """A leak: what, how it was coded, and where."""
    what: str
    coding: str
    where: str

    def __str__(self):
        return f"{self.what} as {self.coding} in {self.where}"


def _packed(digits, low_first=False):
    digits += "f" * (len(digits) % 2)
    pairs = [digits[i:i + 2] for i in range(0, len(digits), 2)]
    return bytes.fromhex("".join(p[::-1] if low_first else p for p in pairs))


def _base64_cores(data):
    """What of data's base64 does not depend on its neighbours, at the three places it can begin."""
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + data)
        core = whole[(shift * 8 + 5) // 6:(shift * 8 + len(data) * 8) // 6]
        yield core
        yield core.replace(b"+", b"-").replace(b"/", b"_")


def codings_of_text(secret):
    """Yields (name, needle) for any secret that is written in ASCII."""
    text = secret.encode()
    yield "as it is", text
    yield "reversed", text[::-1]
    yield "UTF-16", secret.encode("utf-16-le")
    yield "UTF-16 (big endian)", secret.encode("utf-16-be")
    yield "UTF-32", secret.encode("utf-32-le")
    yield "hexadecimal", text.hex().encode()
    yield "hexadecimal, capitals", text.hex().upper().encode()
    for core in _base64_cores(text):
        yield "base64", core
    for size in (4, 6):
        for sign in ("-", " ", "."):
            yield "groups", sign.join(secret[i:i + size] for i in range(0, len(secret), size)).encode()


def codings(secret):
    """All of them; a run of digits can be written as numbers, too."""
    yield from codings_of_text(secret)
    if not secret.isdigit():
        return
    yield "one octet a digit", bytes(int(d) for d in secret)
    yield "one octet a digit, reversed", bytes(int(d) for d in reversed(secret))
    yield "packed BCD", _packed(secret)
    yield "packed BCD, low nibble first", _packed(secret, True)
    yield "packed BCD, reversed", _packed(secret[::-1])
    if len(secret) > 9:
        yield "a number", int(secret).to_bytes(8, "little")
        yield "a number, big endian", int(secret).to_bytes(8, "big")


def _in_a_digest(data, match):
    around = max(match.start() - SIGNATURE_DIGITS, 0)
    return any(d.start() <= match.start() - around and match.end() - around <= d.end()
               for d in DIGEST.finditer(data[around:match.end() + SIGNATURE_DIGITS]))


class Leaks:
    """The secrets of one caller: {"card number": "4...", "birth date": "..."} (digits, or other ASCII) and where they have been found."""

    def __init__(self, secrets, password=None):
        self.needles = {}
        for what, digits in secrets.items():
            for coding, needle in codings(digits):
                if len(needle) >= NEEDLE_MIN:
                    self.needles.setdefault(needle, (what, coding))
        self.named = re.compile(rb"(?i)passw[a-z_0-9]{0,12}[^A-Za-z0-9]{1,4}" + password.encode() + rb"(?![0-9])") if password else None
        # One expression is far quicker than a search for each needle.
        self.any = re.compile(b"|".join(re.escape(n) for n in sorted(self.needles, key=len, reverse=True)))
        self.overlap = max(map(len, self.needles)) + 32
        self.finds = []

    def _found(self, what, coding, where):
        find = Find(what, coding, where)
        if find not in self.finds:
            self.finds.append(find)

    def look(self, data, where):
        """Looks through data; returns whether there was anything."""
        before = len(self.finds)
        for match in self.any.finditer(data):
            if len(match.group()) < CHANCE_BELOW and _in_a_digest(data, match):
                continue
            self._found(*self.needles[match.group()], f"{where} at {match.start()}")
        if self.named:
            for match in self.named.finditer(data):
                self._found("password", "named digits", f"{where} at {match.start()}")
        return len(self.finds) > before

    # ---- files ----
    def look_at_file(self, path):
        with open(path, "rb") as file:
            tail, at = b"", 0
            while True:
                chunk = file.read(CHUNK)
                if not chunk:
                    return
                self.look(tail + chunk, f"{path} from {at - len(tail)}")
                at += len(chunk)
                tail = chunk[-self.overlap:]

    def look_at_folder(self, folder):
        """Every file below folder; returns how many octets were read."""
        total = 0
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                total += path.stat().st_size
                self.look_at_file(path)
        return total

    # ---- memory ----
    def look_at_memory(self, pid, name):
        """All readable memory of a process (root); returns how many octets were read."""
        return self.look_at_copy(MemoryCopy(pid, name))

    def look_at_copy(self, memory):
        for where, data in memory.parts:
            self.look(data, where)
        return memory.octets

    # ---- messages ----
    def look_at_messages(self, messages, where):
        """Messages of one socket in their order: each by itself, all as one stream, and, since a leak may come one digit a
        message, every column of messages of one length."""
        self.look(b"".join(messages), f"{where} (stream)")
        by_length = {}
        for message in messages:
            self.look(message, where)
            by_length.setdefault(len(message), []).append(message)
        for length, group in by_length.items():
            for column in range(min(length, 512)):
                self.look(bytes(m[column] for m in group), f"{where} (column {column} of messages of {length})")


class MemoryCopy:
    """All readable memory of a process (root) at one moment, to be searched when there is time: copying takes a hundredth of that. Pages of zeros are
    left out; no needle has one in it."""

    def __init__(self, pid, name):
        self.octets, self.parts = 0, []
        maps = pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="ascii", errors="replace")
        with open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps.splitlines():
                fields = line.split()
                if "r" not in fields[1][0] or fields[-1] in ("[vvar]", "[vsyscall]"):
                    continue
                begin, end = (int(x, 16) for x in fields[0].split("-"))
                if end - begin <= MAPPING_MAX:
                    self._take(memory, begin, end, f"memory of {name} {fields[-1] if len(fields) > 5 else 'heap'}")

    def _take(self, memory, begin, end, where):
        together = bytearray()
        for page in self._pages(memory, begin, end):
            self.octets += len(page)
            if page != NOTHING:
                together += page
            elif together:
                self.parts.append((where, bytes(together)))
                together = bytearray()
        if together:
            self.parts.append((where, bytes(together)))

    @staticmethod
    def _pages(memory, at, end):
        """A mapping's pages, up to the first that cannot be read."""
        while at < end:
            try:
                memory.seek(at)
                chunk = memory.read(min(CHUNK, end - at))
            except (OSError, ValueError, OverflowError):
                return
            if not chunk:
                return
            yield from (chunk[i:i + PAGE] for i in range(0, len(chunk), PAGE))
            at += len(chunk)


class Capture:
    """What processes read from and wrote to their sockets and files while the capture ran, by strace."""

    CALLS = "read,readv,write,writev,sendto,sendmsg,recvfrom,recvmsg,pread64,pwrite64"

    def __init__(self, pids, path):
        self.path, self.pids = pathlib.Path(path), pids
        self.strace = None

    def __enter__(self):
        which = [word for pid in self.pids for word in ("-p", str(pid))]
        self.strace = subprocess.Popen(["strace", "-f", "-xx", "-s", "70000", "-e", f"trace={self.CALLS}", "-e", "signal=none",
                                        "-o", str(self.path), *which], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not all(self._traced(pid) for pid in self.pids):
            time.sleep(0.02)
        return self

    @staticmethod
    def _traced(pid):
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        return "TracerPid:\t0\n" not in status

    def __exit__(self, *_):
        self.strace.terminate()
        self.strace.communicate(timeout=20)

    def messages(self):
        """{(thread, call, descriptor): [octets, ...]}"""
        streams, unfinished = {}, {}
        begun = re.compile(r"^(\d+)\s+(\w+)\((\d+)")
        resumed = re.compile(r"^(\d+)\s+<\.\.\. (\w+) resumed>")
        with open(self.path, encoding="ascii", errors="replace") as file:
            for line in file:
                match = begun.match(line) or resumed.match(line)
                if not match:
                    continue
                key = match.groups()
                if len(key) == 2:
                    key = unfinished.pop(key, (*key, "?"))
                elif line.rstrip().endswith("<unfinished ...>"):
                    unfinished[key[:2]] = key
                texts = re.findall(r'"((?:\\x[0-9a-f]{2})*)"', line)
                data = b"".join(bytes.fromhex(t.replace("\\x", "")) for t in texts)
                if data:
                    streams.setdefault(key, []).append(data)
        return streams

    def look(self, leaks, name_of):
        """Feeds everything to leaks; name_of: pid -> name. Returns how many octets."""
        total = 0
        for (pid, call, fd), messages in self.messages().items():
            leaks.look_at_messages(messages, f"{call} of {name_of.get(int(pid), pid)} on descriptor {fd}")
            total += sum(map(len, messages))
        os.unlink(self.path)
        return total
