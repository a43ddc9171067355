#!/usr/bin/python3
"""Proves the dependency rules: who includes whom, which room owns which third-party header, what a program links.

    tests/check_layers.py BUILD

Prints nothing and exits 0 when all hold; otherwise every breach with its place, and exits 1.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Room -> rooms it may include. Programs stand at the end; nothing names a program as allowed.
ROOMS = {
    "firmware/lib": set(),
    "firmware/model": {"lib"},
    "firmware/ipc": {"lib"},
    "firmware/conf": {"lib"},
    "firmware/json": {"lib"},
    "firmware/crypto": {"lib"},
    "firmware/audit": {"lib", "crypto"},
    "firmware/keys": {"lib", "crypto", "audit"},
    "firmware/evidence": {"lib", "crypto", "json"},
    "firmware/loop": {"lib", "ipc"},
    "firmware/store": {"lib", "model", "crypto"},
    "drivers-glue": {"lib"},
    "dsp": {"lib"},
    "firmware/trunkd": {"lib", "model", "ipc", "conf", "drivers-glue", "dsp"},
    "firmware/keystored": {"lib", "model", "ipc", "conf", "crypto", "audit", "keys"},
    "firmware/arsd": {"lib", "model", "ipc", "conf", "json", "crypto", "evidence", "loop", "store"},
    "firmware/uplinkd": {"lib", "model", "ipc", "conf", "json", "crypto", "loop"},
    "firmware/apid": {"lib", "model", "ipc", "conf", "json", "loop"},
    "firmware/callkey": {"lib", "model", "ipc", "conf", "json", "crypto", "audit", "evidence"},
    "firmware/sandbox/carrier": {"lib", "model", "conf", "json", "drivers-glue", "dsp"},
    "firmware/sandbox/world": {"lib", "model", "conf", "json", "crypto", "loop"},
}

# Third-party header (as a prefix) -> the one room that may name it.
OWNERS = {
    "libpri.h": "drivers-glue",
    "dahdi/": "drivers-glue",
    "spandsp": "dsp",
    "sqlite3.h": "firmware/store",
    "libpq": "firmware/store",
    "openssl/": "firmware/crypto",
    "p11-kit": "firmware/keys",
    "libconfig.h": "firmware/conf",
    "event2/": "firmware/loop",
    "jansson.h": "firmware/json",
    "curl/": "firmware/uplinkd",
    "libsmpp34/": "firmware/uplinkd",
    "seccomp.h": "firmware/lib",
    "linux/landlock.h": "firmware/lib",
}

# Program -> libraries that must not be reachable from it, directly or through another library.
FORBIDDEN = {
    "trunkd": ["libssl", "libcrypto", "libsqlite3", "libevent", "libcurl", "libjansson"],
    "keystored": ["libevent", "libcurl", "libpri", "libsqlite3", "libspandsp", "libjansson"],
    "arsd": ["libcurl", "libpri", "libspandsp"],
    "uplinkd": ["libsqlite3", "libpri", "libspandsp"],
    "apid": ["libsqlite3", "libpri", "libcrypto", "libssl", "libcurl"],
    "callkey-carrier": ["libssl", "libcrypto", "libsqlite3", "libcurl"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def room_of(path):
    text = str(path)
    fitting = [room for room in ROOMS if text.startswith(room + "/")]
    return max(fitting, key=len) if fitting else None


def target_room(name):
    """The room that a quoted include leads to."""
    for room in ROOMS:
        short = room[len("firmware/"):] if room.startswith("firmware/") else room
        if name.startswith(short + "/"):
            return room
    return None


def check_includes():
    faults = []
    for path in sorted([*ROOT.glob("firmware/**/*.[ch]"), *ROOT.glob("drivers-glue/*.[ch]"), *ROOT.glob("dsp/*.[ch]")]):
        where = path.relative_to(ROOT)
        room = room_of(where)
        if room is None:
            faults.append(f"{where}: stands in no known room; name the room in tests/check_layers.py")
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            kind, name = match.groups()
            for prefix, owner in OWNERS.items():
                if name.startswith(prefix) and room != owner:
                    faults.append(f"{where}:{number}: <{name}> belongs to {owner} alone")
            if kind == '"':
                target = target_room(name)
                if target is None:
                    if "/" in name:
                        faults.append(f"{where}:{number}: \"{name}\" leads to no known room")
                    continue
                short = target[len("firmware/"):] if target.startswith("firmware/") else target
                if target != room and short not in ROOMS[room]:
                    faults.append(f"{where}:{number}: {room} may not include {target}")
    return faults


def linked(program):
    out = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
    return re.findall(r"^\s*(\S+)", out.stdout, re.M)


def check_links(build):
    faults = []
    for name, forbidden in FORBIDDEN.items():
        program = build / "bin" / name
        if not program.exists():
            faults.append(f"{program}: is not built")
            continue
        libraries = linked(program)
        if not any(lib.startswith("libc.so") for lib in libraries):
            faults.append(f"{program}: ldd does not read it")
        faults += [f"{name} must not reach {lib}" for lib in libraries for word in forbidden if lib.startswith(word)]
    for program in sorted((build / "bin").iterdir()):
        libraries = linked(program)
        if any(lib.startswith("libpri") for lib in libraries) and any(lib.startswith("libcrypto") for lib in libraries):
            faults.append(f"{program.name} links libpri (GPLv2-only) and OpenSSL (Apache-2.0)")
    return faults


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    faults = check_includes() + check_links(pathlib.Path(sys.argv[1]))
    for fault in faults:
        print(f"check-layers: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
