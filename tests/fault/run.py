#!/usr/bin/python3
"""make fault: the fault matrix and the storm, as large as is wanted. docs/testing.md says what they are.

    tests/fault/run.py --build BUILD [--kills 2000] [--cells 600] [--seed N] [--only WORDS] [--replay CELL]

Ends with a line of figures; with 1 and what was found, the seed and how to replay it, after a failure.
"""
import argparse
import collections
import os
import pathlib
import random
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "firmware" / "sandbox"), str(ROOT / "tests")]
CELLS_A_RIG = 400             # each judgement reads all that a rig has seen


def play(cells, tally):
    from support.matrix import FaultRig, run_cell
    with FaultRig() as fixture:
        for cell in cells:
            found = run_cell(fixture, cell)
            tally["over before" if not found else "played"] += 1
            if found and cell.victim != "nobody":
                tally["kills"] += 1
                tally[f"found {cell.kind}: {found}"] += 1
        fixture.books.wait_numbers_free()


def run_matrix(options):
    from support.matrix import all_cells, shuffled
    wanted = (cell for cell in all_cells() if options.only in cell.words())
    cells, tally, began = shuffled(wanted, options.seed), collections.Counter(), time.monotonic()
    total = len(cells)
    cells = cells[:options.cells or total]
    for at in range(0, len(cells), CELLS_A_RIG):
        play(cells[at:at + CELLS_A_RIG], tally)
        print(f"matrix: {min(at + CELLS_A_RIG, len(cells))} of {len(cells)} cells ({total} in all), {tally['kills']} kills, "
              f"{time.monotonic() - began:.0f} s", flush=True)
    for state, count in sorted((k, v) for k, v in tally.items() if k.startswith("found ")):
        print(f"    {count:5} died upon {state[6:]}")
    return tally["kills"]


def run_storm(options):
    from support.matrix import FaultRig
    from support.storm import Storm
    began = time.monotonic()
    with FaultRig() as fixture:
        storm = Storm(fixture, options.seed)
        kills = storm.run(options.kills, lambda words: print(f"storm: {words}", flush=True))
        fixture.books.wait_numbers_free()
        deaths = ", ".join(f"{name} {count}" for name, count in sorted(storm.deaths.items()))
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(storm.kinds.items()))
        print(f"storm: {kills} kills in {time.monotonic() - began:.0f} s ({deaths}); {storm.done} customers served ({kinds})")
    return kills


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--cells", type=int, default=600)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--only", default="", help="cells with this in their words, as in --replay")
    parser.add_argument("--replay", default="")
    options = parser.parse_args()
    os.environ["CALLKEY_BUILD"] = str(pathlib.Path(options.build).resolve())
    from support.books import Disagreement
    from support.matrix import cell_of
    print(f"fault: seed {options.seed}", flush=True)
    began = time.monotonic()
    try:
        if options.replay:
            tally = collections.Counter()
            play([cell_of(options.replay)], tally)
            kills = tally["kills"]
        else:
            kills = run_matrix(options) + (run_storm(options) if options.kills else 0)
    except Disagreement as fault:
        print(f"fault: FOUND, seed {options.seed}: {fault}")
        return 1
    print(f"fault: {kills} kills, the books agree to the won, nothing is unknown, every webhook arrived, every number is free "
          f"({time.monotonic() - began:.0f} s, seed {options.seed})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
