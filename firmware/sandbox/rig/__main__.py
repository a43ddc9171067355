"""rig: appliance and sandbox together on this machine.

    rig demo [--dir FOLDER]     tells two calls live, a registration and a payment, and checks what came of them
    rig run  [--dir FOLDER]     keeps everything running until Ctrl-C; prints how to talk to it
    rig help                    this

Programs are taken from the build directory that rig itself stands in (build/bin/rig: build). Everything a rig writes is
in its folder: build/demo, build/run, or FOLDER. Only loopback addresses and unix sockets are used.
Environment: CALLKEY_LOG=debug for more in the logs, NO_COLOR for plain text.
"""
import argparse
import pathlib
import re
import signal
import sys
import tempfile

from . import demo, session
from .appliance import NotUp, build_dir
from .lock import Busy, Folder

LOG_LINES = 12
FOLDER_MAX = 74                     # callkey.cfg takes 80 bytes for run_dir and state_dir
TIME = re.compile(r"^\S+Z ")
TROUBLE = re.compile(r"^\S+ (warn|error) |^nginx: |Traceback|Sanitizer", re.M)


def folder_for(name, chosen):
    """The folder of a command; one in /tmp when the build directory's path is too long for sockets."""
    path = pathlib.Path(chosen or build_dir() / name).absolute()
    if len(str(path)) > FOLDER_MAX:
        if chosen:
            raise Busy(f"{path}: over {FOLDER_MAX} bytes, too long for the sockets in it: choose another folder with --dir")
        path = tempfile.mkdtemp(prefix=f"callkey-{name}-")
    return Folder(path)


def last_lines(log):
    """The end of a log; what was said again and again, by a program that was started again and again, once."""
    last = {}
    for line in log.read_text(errors="replace").splitlines():
        words = TIME.sub("", line)
        last.pop(words, None)
        last[words] = line
    return list(last.values())[-LOG_LINES:]


def tell_logs(folder):
    """The ends of the logs that have something to say about a failure."""
    logs = sorted((folder / "log").glob("*.log"))
    troubled = [log for log in logs if TROUBLE.search(log.read_text(errors="replace"))] or logs
    for log in troubled:
        print(f"\n--- {log} ---", *last_lines(log), sep="\n", file=sys.stderr)


def stop_on_signal(_number, _frame):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(prog="rig", usage=__doc__, add_help=False)
    parser.add_argument("command", nargs="?", default="help")
    parser.add_argument("--dir")
    parser.add_argument("-h", "--help", action="store_true")
    options = parser.parse_args()
    commands = {"demo": demo.run, "run": session.run}
    if options.help or options.command == "help":
        print(__doc__.strip())
        return 0
    if options.command not in commands:
        print(f"rig: there is no command {options.command}; rig help lists them", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, stop_on_signal)
    try:
        folder = folder_for(options.command, options.dir)
    except (Busy, OSError) as fault:
        print(f"rig: {fault}", file=sys.stderr)
        return 1
    try:
        return commands[options.command](folder.path)
    except KeyboardInterrupt:
        print("\nstopped")
        return 130
    except Exception as fault:                 # whatever failed: the logs say why
        name = "" if isinstance(fault, NotUp) else f"{type(fault).__name__}: "
        print(f"\nrig: {name}{fault}", file=sys.stderr)
        tell_logs(folder.path)
        return 1


if __name__ == "__main__":
    sys.exit(main())
