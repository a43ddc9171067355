"""The machine: a guest that runs one test file, and what came of it.

Virtual time counts the guest's instructions (-icount shift=1: 500 million a second) and skips what it would idle: the line's
clock cannot outrun the guest however slow or stolen this machine is, and nothing is late because another test runs beside it.
What is late in the guest is late by its own doing."""
import ctypes
import dataclasses
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import time

from . import cache, contents, kernel
from .kernel import RigBroken

NAMES = sorted(path.stem for path in (contents.HERE / "guest").glob("test_*.py"))     # one machine each
BENCHES = sorted(path.stem for path in (contents.HERE / "guest").glob("bench_*.py"))
QEMU = "qemu-system-x86_64"
MEMORY_MB = 1024
TIMEOUT_S = 400
BROKEN = 125
PR_SET_PDEATHSIG = 1
ARGUMENTS = "console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check random.trust_cpu=on"


@dataclasses.dataclass
class Outcome:
    """status: 0 all passed, 1 some failed, 124 no end in time, 125 the rig is broken. results: the lines of the guest."""
    status: int
    results: list
    console: pathlib.Path
    seconds: float
    lines: list

    def why(self):
        """The console's last words."""
        return "\n".join(self.lines[-40:])


def unable():
    """Why no machine can run here at all, or "". Anything else that is wrong is a failure."""
    if shutil.which(QEMU) is None:
        return f"{QEMU} is not installed"
    try:
        done = subprocess.run([QEMU, "-accel", "help"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as fault:
        return f"{QEMU} does not run: {fault}"
    return "" if "tcg" in done.stdout else f"{QEMU} cannot emulate: {done.stdout}{done.stderr}"


def prepare(build, folder, told=print):
    """vmlinux and image.cpio in folder, from the cache and the build."""
    release = kernel.version()
    kernel_key = kernel.key(release)
    folder.mkdir(parents=True, exist_ok=True)
    parts = cache.take(f"kernel-{release}", kernel_key, kernel.build(release), folder / "kernel", told)
    files = contents.ground_files()
    ground = cache.take("ground", contents.ground_key(kernel_key, files), contents.build_ground(parts, files), folder / "ground", told)
    making = folder / f"image.{os.getpid()}"
    with open(making, "wb") as image:
        with open(ground / "ground.cpio", "rb") as file:
            shutil.copyfileobj(file, image)
        contents.write_own(image, build)
    making.replace(folder / "image.cpio")
    return parts / "vmlinux", folder / "image.cpio"


def command(vmlinux, image, share, test, only):
    return [QEMU, "-accel", "tcg,thread=single", "-icount", "shift=1,sleep=off", "-smp", "1", "-cpu", "max", "-rtc", "base=utc,clock=vm",
            "-M", "pc", "-m", str(MEMORY_MB), "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio",
            "-kernel", str(vmlinux), "-initrd", str(image), "-append", f"{ARGUMENTS} callkey.test={test} callkey.only={only}",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-fsdev", f"local,id=host,path={share},security_model=none", "-device", "virtio-9p-pci,fsdev=host,mount_tag=host"]


def _results(lines):
    for line in lines:
        if line.startswith("VM {"):
            try:
                yield json.loads(line[3:])
            except ValueError:               # a line that the kernel spoke into
                yield {"broken": line}


def _bounds(timeout_s):
    """In the child: a guest ends after so long on a processor, and when nobody waits for its tests any more."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (timeout_s, timeout_s + 5))


def boot(vmlinux, image, folder, test, only="", timeout_s=TIMEOUT_S):
    """Runs tests/vm/guest/TEST.py in a guest. All it says is kept in folder/console.log, and what it leaves in folder/share.

    timeout_s is time of a processor, which a guest takes whole, and does not depend on what runs beside it; twice as long it may
    take by the clock."""
    share, console = folder / "share", folder / "console.log"
    shutil.rmtree(share, ignore_errors=True)
    share.mkdir(parents=True)
    began = time.monotonic()
    with open(console, "wb") as log:
        try:
            status = subprocess.run(command(vmlinux, image, share, test, only), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    timeout=2 * timeout_s, check=False, preexec_fn=lambda: _bounds(timeout_s)).returncode
        except subprocess.TimeoutExpired:
            status = None
    lines = console.read_text(encoding="utf-8", errors="replace").splitlines()
    # An odd status is the guest's; an even one is the emulator's own: a panic, a reboot, a machine that did not start.
    if status in (None, -signal.SIGXCPU):
        status = 124
    else:
        status = status >> 1 if status > 0 and status & 1 else BROKEN
    return Outcome(status, list(_results(lines)), console, time.monotonic() - began, lines)


__all__ = ["BENCHES", "BROKEN", "NAMES", "Outcome", "RigBroken", "boot", "prepare", "unable"]
