"""Starting and supervising processes: what systemd does on the appliance."""
import contextlib
import ctypes
import os
import pathlib
import signal
import subprocess
import threading
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent(sig):
    _libc.prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0)


class Process:
    """One program of the rig. Restarted 100 ms after it dies, as its unit would be, until stop().

    death_signal: what it gets when the rig is killed. A program with children of its own must be able to end them."""

    RESTART_AFTER_S = 0.1

    def __init__(self, name, argv, log_path, env=None, death_signal=signal.SIGKILL):
        self.death_signal = death_signal
        self.name, self.argv, self.log_path = name, [str(a) for a in argv], pathlib.Path(log_path)
        self.env = env
        self.restarts, self.exits = 0, []
        self._stopping = False
        self._paused = False
        self._popen = None
        self._lock = threading.Lock()
        self._started = threading.Event()
        self._watcher = None

    @property
    def pid(self):
        return self._popen.pid if self._popen else None

    def start(self):
        # PR_SET_PDEATHSIG follows the thread that forked, so one thread starts and watches for the whole life.
        self._watcher = threading.Thread(target=self._watch, name=f"watch-{self.name}", daemon=True)
        self._watcher.start()
        self._started.wait(10)
        return self

    def _spawn(self):
        # A session of its own: Ctrl-C in the terminal is for the rig, which then stops everything in order.
        with open(self.log_path, "ab") as log:
            self._popen = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env,
                                           preexec_fn=lambda: _die_with_parent(self.death_signal), close_fds=True,
                                           start_new_session=True)
        self._started.set()

    def _end_children(self):
        """Those that a killed program has left (nginx's workers hold its port), as systemd ends the rest of a unit."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)

    def _watch(self):
        while not self._stopping:
            self._spawn()
            code = self._popen.wait()
            self._end_children()
            self.exits.append(code)
            if self._stopping:
                return
            time.sleep(self.RESTART_AFTER_S)
            while self._paused and not self._stopping:
                time.sleep(0.02)
            self.restarts += 1

    def kill(self, sig=signal.SIGKILL):
        """Sends sig; the watcher brings the process back."""
        if self._popen:
            self._popen.send_signal(sig)     # nothing, if it has just died

    def hold_down(self):
        """Kills it and keeps it down until let_up()."""
        self._paused = True
        self.kill()

    def let_up(self):
        self._paused = False

    def alive(self):
        return self._popen is not None and self._popen.poll() is None

    def stop(self, timeout_s=5):
        """SIGTERM, then SIGKILL. Returns the exit code."""
        with self._lock:
            self._stopping = True
            if self.alive():
                os.kill(self._popen.pid, signal.SIGTERM)
                try:
                    self._popen.wait(timeout_s)
                except subprocess.TimeoutExpired:
                    self._popen.kill()
        if self._watcher:
            self._watcher.join(timeout_s + 1)
        return self.exits[-1] if self.exits else None
