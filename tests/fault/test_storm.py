"""A short, seeded storm of deaths (make fault makes it as long as is wanted)."""
import os
import random
import unittest

from support.matrix import FaultRig
from support.preload import SANITIZED, is_sanitized
from support.storm import Storm

SHARE_S, AT_MOST, AT_LEAST = 75, 1000, 100
SEED = int(os.environ.get("CALLKEY_SEED") or random.randrange(1 << 32))


@unittest.skipIf(is_sanitized(), SANITIZED)
class StormTest(unittest.TestCase):
    def test_the_books_agree_after_it(self):
        with FaultRig() as fixture:
            storm = Storm(fixture, SEED)
            self.assertGreater(storm.run(AT_MOST, limit_s=SHARE_S), AT_LEAST)
            fixture.books.wait_numbers_free()
            self.assertGreater(storm.done, AT_LEAST / 10, f"seed {SEED}: hardly a customer was served")


if __name__ == "__main__":
    unittest.main()
