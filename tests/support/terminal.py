"""A person at a terminal: a program on a pty of its own, its controlling terminal, so that Ctrl-C is Ctrl-C.

    with Terminal(["callkey", "keys", "unlock"]) as t:
        t.expect("part: ")
        t.type(part)                  # with Enter
        t.expect("open")
        assert t.wait() == 0
"""
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

CLEAR = "\033[H\033[2J"
CONTROL = re.compile(r"\033\[[0-9;?]*[A-Za-z]")


class Terminal:
    def __init__(self, argv, env=None, timeout_s=30):
        self.timeout_s = timeout_s
        self.raw, self.read_to = "", 0
        self.master, slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 132, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave

        def own_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen([str(a) for a in argv], stdin=slave, stdout=slave, stderr=slave, preexec_fn=own_terminal,
                                        env={**os.environ, "TERM": "xterm", **(env or {})}, close_fds=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        os.close(self.master)
        os.close(self.slave)

    def _read(self, wait_s):
        if not select.select([self.master], [], [], wait_s)[0]:
            return False
        with contextlib.suppress(OSError):
            self.raw += os.read(self.master, 65536).decode("utf-8", "replace").replace("\r\n", "\n")
            return True
        return False

    def expect(self, pattern):
        """Reads until pattern comes after what was expected before; its match."""
        deadline = time.monotonic() + self.timeout_s
        while True:
            found = re.compile(pattern).search(self.raw, self.read_to)
            if found:
                self.read_to = found.end()
                return found
            if time.monotonic() > deadline or (self.process.poll() is not None and not self._read(0)):
                raise AssertionError(f"{pattern!r} did not come; after what came before there was: {self.raw[self.read_to:]!r}")
            self._read(0.2)

    def type(self, text="", end="\n"):
        os.write(self.master, (text + end).encode())

    def interrupt(self):
        os.write(self.master, b"\x03")

    def wait(self):
        """The exit status; all output is then in raw."""
        code = self.process.wait(self.timeout_s)
        while self._read(0.1):
            pass
        return code

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def is_as_before(self):
        return termios.tcgetattr(self.slave)[:4] == self.before[:4]

    def screen(self):
        """What stands on it: all since it was cleared last; of an alternate screen that was left, nothing."""
        text = self.raw
        while "\033[?1049h" in text and "\033[?1049l" in text.split("\033[?1049h", 1)[1]:
            first, rest = text.split("\033[?1049h", 1)
            text = first + rest.split("\033[?1049l", 1)[1]
        return CONTROL.sub("", text.rsplit(CLEAR, 1)[-1])

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)
