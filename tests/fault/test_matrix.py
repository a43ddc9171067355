"""A short, seeded share of the fault matrix (make fault plays as much of it as is wanted), and that it finds what it is for."""
import os
import random
import time
import unittest

from support.books import Disagreement
from support.matrix import FaultRig, all_cells, run_cell, shuffled
from support.preload import SANITIZED, is_sanitized

SHARE_S = 45
AT_LEAST = 40
SEED = int(os.environ.get("CALLKEY_SEED") or random.randrange(1 << 32))


def intent_of_a_charge(cell):
    """Where a charge and its order are intended, the PG is well, and arsd dies."""
    return cell.kind == "charge" and cell.behaviour == "normal" and cell.victim == "arsd" and cell.change == 0


@unittest.skipIf(is_sanitized(), SANITIZED)
class Matrix(unittest.TestCase):
    def play(self, fixture, cells):
        met = 0
        for cell in cells:
            try:
                met += run_cell(fixture, cell) != ""
            except Disagreement as fault:
                self.fail(f"{fault}\nreplay: make fault REPLAY='{cell.words()}'   (seed {SEED})")
        return met

    def test_a_share_of_all(self):
        until, met = time.monotonic() + SHARE_S, 0
        with FaultRig() as fixture:
            for cell in shuffled(all_cells(), SEED):
                met += self.play(fixture, [cell])
                if time.monotonic() > until:
                    break
            fixture.books.wait_numbers_free()
        self.assertGreater(met, AT_LEAST, "too few deaths came upon a request under way")

    def test_effect_before_intent_is_found(self):
        """The bug is planted under arsd: its frames leave first, and what they say is stored after. Nobody notices, until
        somebody dies in between."""
        cells = [cell for cell in all_cells() if intent_of_a_charge(cell)]
        with FaultRig() as fixture:
            self.play(fixture, cells)
        with FaultRig() as fixture:
            fixture.faults["arsd"].plant()
            run_cell(fixture, next(cell for cell in all_cells() if cell.victim == "nobody" and cell.kind == "charge"))
            with self.assertRaisesRegex(Disagreement, "the PG has charged .* at the PG alone {'ord_"):
                for cell in shuffled(cells, SEED):
                    run_cell(fixture, cell)


if __name__ == "__main__":
    unittest.main()
