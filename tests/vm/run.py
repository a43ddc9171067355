#!/usr/bin/python3
"""make test-vm: the appliance in a virtual machine with a real DAHDI kernel.

    tests/vm/run.py --build BUILD [--test NAME] [--only WORD] [--keep FOLDER]

Runs tests/vm/guest/NAME.py (all test_*.py, one machine each), prints every result and last "N passed, N failed". Of a bench_NAME it
also prints what the guest has to say.
Exit: 0 all passed, 1 some failed, 125 the rig itself is broken: nothing is known of the appliance then."""
import argparse
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from vm import machine                          # noqa: E402: found by the line above

NAMES = machine.NAMES
BENCH_TIMEOUT_S = 1800                   # of a machine that others use, too


def report(name, outcome):
    """Prints one machine's results. Returns (passed, failed)."""
    passed = failed = 0
    for line in outcome.results:
        if "test" not in line:
            print(f"{name}: {line}")
            continue
        passed += line["result"] == "passed"
        failed += line["result"] == "failed"
        print(f"{line['result']:<7} {line['test']} ({line['seconds']:.1f} s of the guest)")
        if line["why"]:
            print("    " + line["why"].strip().replace("\n", "\n    "))
    if outcome.status not in (0, 1) or (outcome.status and not failed):
        failed += 1
        print(f"{name}: the guest ended with {outcome.status}; its last words ({outcome.console}):\n{outcome.why()}")
    print(f"{name}: {outcome.seconds:.1f} s", flush=True)
    return passed, failed


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", required=True, type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--test", action="append", choices=[*NAMES, *machine.BENCHES])
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    folder = options.build / "vm"
    try:
        vmlinux, image = machine.prepare(options.build, folder)
    except machine.RigBroken as fault:
        print(f"the rig is broken: {fault}", file=sys.stderr)
        return machine.BROKEN
    total, worst = [0, 0], 0
    for name in options.test or NAMES:
        outcome = machine.boot(vmlinux, image, folder / name, name, options.only,
                               BENCH_TIMEOUT_S if name in machine.BENCHES else machine.TIMEOUT_S)
        if name in machine.BENCHES:
            print(*(line for line in outcome.lines if not line.startswith("VM ")), sep="\n")
        worst = max(worst, outcome.status)
        total = [a + b for a, b in zip(total, report(name, outcome))]
    print(f"{total[0]} passed, {total[1]} failed")
    return machine.BROKEN if worst == machine.BROKEN else 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
