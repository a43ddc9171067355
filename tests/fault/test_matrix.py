"""A short, seeded share of the fault matrix (make fault plays as much of it as is wanted), and that it finds what it is for."""
import os
import random
import time
import unittest

from support.books import Disagreement
from support.matrix import FaultRig, all_cells, run_cell, shuffled
from support.preload import SANITIZED, is_sanitized

SHARE_S, LIMIT_S = 75, 300       # as much as goes into the first; a busy machine has until the second
AT_LEAST = 40
QUIET_S = 0.5                    # what a start stores beside has been stored by then
SEED = int(os.environ.get("CALLKEY_SEED") or random.randrange(1 << 32))


def intents(kind):
    """Where a charge and its order, or a cancellation, are intended, the PG is well, and arsd dies."""
    return [cell for cell in all_cells() if (cell.kind, cell.behaviour, cell.victim, cell.change) == (kind, "normal", "arsd", 0)]


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
        began, met = time.monotonic(), 0
        with FaultRig() as fixture:
            for cell in shuffled(all_cells(), SEED):
                met += self.play(fixture, [cell])
                took = time.monotonic() - began
                if took > SHARE_S and (met > AT_LEAST or took > LIMIT_S):
                    break
            fixture.books.wait_numbers_free()
        self.assertGreater(met, AT_LEAST, "too few deaths came upon a request under way")

    def effect_before_intent_is_found(self, kind, told):
        """The bug is planted under arsd: its frames leave first, and what they say is stored after. Nobody notices, until
        somebody dies in between."""
        with FaultRig() as fixture:
            self.play(fixture, intents(kind))
            fixture.faults["arsd"].plant()
            run_cell(fixture, next(cell for cell in all_cells() if cell.victim == "nobody" and cell.kind == kind))
            with self.assertRaisesRegex(Disagreement, told):
                for cell in shuffled(intents(kind), SEED):
                    run_cell(fixture, cell, QUIET_S)

    def test_a_charge_before_its_intent_is_found(self):
        self.effect_before_intent_is_found("charge", "the PG has charged .* at the PG alone {'ord_")

    def test_a_part_given_back_before_its_intent_is_found(self):
        """The merchant, who got no answer, asks again, and it is given back twice."""
        self.effect_before_intent_is_found("giving part back", "the PG has charged .* at the PG alone {'ord_")


if __name__ == "__main__":
    unittest.main()
