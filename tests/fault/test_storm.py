"""A seeded storm of 2,000 deaths (make fault makes it as long as is wanted)."""
import os
import random
import unittest

from support.matrix import FaultRig
from support.preload import SANITIZED, is_sanitized
from support.storm import Storm

KILLS, CUSTOMERS_AT_LEAST = 2000, 200
LIMIT_S = 480                     # three times what two processors take
SEED = int(os.environ.get("CALLKEY_SEED") or random.randrange(1 << 32))


@unittest.skipIf(is_sanitized(), SANITIZED)
class StormTest(unittest.TestCase):
    def test_the_books_agree_after_it(self):
        with FaultRig() as fixture:
            storm = Storm(fixture, SEED)
            self.assertEqual(storm.run(KILLS, limit_s=LIMIT_S), KILLS, f"seed {SEED}: {LIMIT_S} s were too short")
            fixture.books.wait_numbers_free()
            self.assertGreater(storm.done, CUSTOMERS_AT_LEAST, f"seed {SEED}: hardly a customer was served")


if __name__ == "__main__":
    unittest.main()
