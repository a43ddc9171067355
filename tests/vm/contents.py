"""What is in the guest. The ground (kernel modules, busybox, python, nginx, ...) is cached; the project's own part is made
from the build for every start. Both are archives, and the guest's memory is its only disk."""
import os
import pathlib
import re

from . import cache
from .archive import Archive
from .kernel import RigBroken, run

ROOT = cache.ROOT
HERE = pathlib.Path(__file__).resolve().parent
BUSYBOX = pathlib.Path("/bin/busybox")
PROGRAMS = ["/usr/bin/python3", "/usr/sbin/nginx", "/usr/bin/openssl", "/usr/bin/espeak-ng", "/usr/bin/sox", "/usr/sbin/dahdi_cfg"]
# The C library's tables of what text messages are written in.
GCONV = [f"/usr/lib/x86_64-linux-gnu/gconv/{name}" for name in ("gconv-modules.cache", "UTF-16.so", "UHC.so", "libKSC.so")]
FILES = ["/etc/ssl/openssl.cnf", "/etc/hosts", *GCONV]
ESPEAK_DATA = pathlib.Path("/usr/lib/x86_64-linux-gnu/espeak-ng-data")
ESPEAK_SKIPPED = re.compile(r"_dict$")
ESPEAK_KEPT = {"ko_dict", "en_dict"}
# Debian's python, whichever one runs this.
PYTHON, PYTHON_TAG = pathlib.Path("/usr/lib/python3.11"), "cpython-311"
PYTHON_SKIPPED = {"__pycache__", "test", "lib2to3", "pydoc_data", "idlelib", "tkinter", "distutils", "ensurepip", "venv", "turtledemo"}
# Debian's merged /usr; a library is found by the same path as here.
LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64", "usr/lib/ssl/openssl.cnf": "/etc/ssl/openssl.cnf",
         "var/run": "/run", "root/.profile": "/dev/null"}
EMPTY = ["proc", "sys", "dev", "host", "tmp", "run", "etc/dahdi", "var/log/nginx", "var/lib/nginx", "usr/share/zoneinfo"]
PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
GROUP = "root:x:0:\nnogroup:x:65534:\n"


def real(path):
    """The path with no link in its folders: /lib/x.so is /usr/lib/x.so on a merged /usr."""
    path = pathlib.Path(path)
    return path.parent.resolve() / path.name


def libraries(program):
    """The shared libraries a program wants, from the loader itself."""
    try:
        told = run(["ldd", program])
    except RigBroken as fault:
        if "not a dynamic executable" in str(fault):
            return set()
        raise
    if "not found" in told:
        raise RigBroken(f"{program}: {told}")
    return {real(found) for found in re.findall(r"(/\S+) \(0x", told)}


def _python_files():
    """name in the guest -> file here. Sources are left out: what Debian compiled stands in their place."""
    for folder, folders, names in os.walk(PYTHON):
        folders[:] = [f for f in folders if f not in PYTHON_SKIPPED and not f.startswith("config-")]
        for name in names:
            path = pathlib.Path(folder, name)
            if name.endswith(".so"):
                yield path, path
            elif name.endswith(".py"):
                compiled = path.parent / "__pycache__" / f"{path.stem}.{PYTHON_TAG}.pyc"
                yield (path.with_suffix(".pyc"), compiled) if compiled.exists() else (path, path)


def ground_files():
    """All of the ground's files from this machine: (name in the guest, file here)."""
    found = {real(p): pathlib.Path(p) for p in [*PROGRAMS, *FILES]}
    found[pathlib.Path("/usr/bin/busybox")] = BUSYBOX
    found |= dict(_python_files())
    for path in ESPEAK_DATA.rglob("*"):
        if path.is_file() and (path.name in ESPEAK_KEPT or not ESPEAK_SKIPPED.search(path.name)):
            found[path] = path
    for path in [*PROGRAMS, *PYTHON.rglob("*.so")]:
        found |= {library: library for library in libraries(path)}
    return sorted(found.items())


def ground_key(kernel_key, files):
    stamps = [[str(name), str(path), path.stat().st_size, path.stat().st_mtime_ns] for name, path in files]
    return cache.key_of(kernel_key, stamps, *(cache.digest(HERE / n) for n in ("archive.py", "contents.py", "guest/init")))


def build_ground(kernel, files):
    """Returns the function that makes the cached folder with ground.cpio; kernel is where the kernel's modules are."""
    def make(folder):
        with open(folder / "ground.cpio", "wb") as file:
            archive = Archive(file)
            for name, target in LINKS.items():
                archive.link(name, target)
            for name in EMPTY:
                archive.folder(name)
            archive.device("dev/console", 5, 1)
            archive.data("etc/passwd", PASSWD.encode())
            archive.data("etc/group", GROUP.encode())
            archive.copy("init", HERE / "guest" / "init")
            for path in [kernel / "order", *sorted(kernel.glob("*.ko"))]:
                archive.copy(f"modules/{path.name}", path)
            for name, path in files:
                archive.copy(str(name), path)
            archive.end()
    return make


def _tree(archive, into, folder, wanted=lambda path: True):
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and wanted(path):
            archive.copy(f"{into}/{path.relative_to(folder)}", path)


def write_own(file, build):
    """The project's part: programs and what they are installed with, the sandbox's Python, and the tests of the guest."""
    archive = Archive(file)
    programs = [p for p in sorted((build / "bin").iterdir()) if os.access(p, os.X_OK)]
    known = {name for name, _ in ground_files()}
    for path in programs:
        archive.copy(f"callkey/build/bin/{path.name}", path)
        if path.read_bytes()[:4] == b"\x7fELF":
            for library in libraries(path) - known:
                archive.copy(str(library), library)
    _tree(archive, "callkey/build/share", build / "share")
    for folder in ("config", "firmware/sandbox", "tests/support", "tests/vm"):
        _tree(archive, f"callkey/{folder}", ROOT / folder, lambda p: p.suffix not in (".c", ".h", ".wav"))
    # The rig speaks to the programs by their own lists of messages.
    _tree(archive, "callkey/firmware/ipc", ROOT / "firmware" / "ipc", lambda p: p.suffix in (".def", ".h"))
    archive.end()
