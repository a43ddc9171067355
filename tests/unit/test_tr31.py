"""Key blocks between ours and a second implementation (support/keyblock.py)."""
import os
import pathlib
import random
import subprocess
import unittest

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from support.keyblock import cmac, derive, unwrap, wrap

TOOL = pathlib.Path(os.environ["CALLKEY_BUILD"]) / "unit" / "tr31_test"


def ask(lines):
    done = subprocess.run([str(TOOL), "tool"], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.splitlines()


class KeyBlocks(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(31)

    def some(self, count):
        """Transport keys, headers and keys of all lengths."""
        for _ in range(count):
            optional, blocks = self.random.choice([("", 0), ("HM0621", 1), ("HM0621LB0CCALLKEY1", 2), ("KS1800604B120F9292800000", 1),
                                                   ("TS1320261125231500Z", 1), ("KC0C0008793E", 1)])
            fields = (self.random.choice(["K0", "K1", "M7", "D0", "P0"]), self.random.choice("AHT"), self.random.choice("BEDGN"),
                      f"{self.random.randrange(100):02d}", self.random.choice("ENS"))
            yield (self.random.randbytes(self.random.choice((16, 32))), fields, optional, blocks,
                   self.random.randbytes(self.random.choice((16, 24, 32, 48, 64))))

    def test_the_judge_itself_makes_the_standards_block(self):
        kbpk = bytes.fromhex("88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6")
        block = wrap(kbpk, "P0AE00E", bytes.fromhex("3F419E1CB7079442AA37474C2EFBF8B8"), shown=0,
                     pad=lambda n: bytes.fromhex("1C2965473CE206BB855B01533782"))
        self.assertEqual(block, "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34")

    def test_what_we_wrap_the_other_unwraps(self):
        cases = list(self.some(300))
        blocks = ask(f"wrap {kbpk.hex()} {' '.join(fields)} {optional or '-'} {key.hex()}" for kbpk, fields, optional, _, key in cases)
        self.assertEqual(len(blocks), len(cases))
        for (kbpk, fields, optional, _, key), block in zip(cases, blocks):
            header, found = unwrap(kbpk, block)
            self.assertEqual(found, key)
            self.assertEqual(header[5:12], "".join(fields))
            self.assertTrue(header[16:].startswith(optional))

    def test_what_the_other_wraps_we_unwrap(self):
        cases = list(self.some(300))
        answers = ask(f"unwrap {kbpk.hex()} {wrap(kbpk, ''.join(fields), key, optional, count, self.random.choice((0, 32)))}"
                      for kbpk, fields, optional, count, key in cases)
        for (_, fields, optional, _, key), answer in zip(cases, answers, strict=True):
            self.assertEqual(answer, " ".join((*fields, optional or "-", key.hex().upper())))

    def test_a_length_inside_that_cannot_be_is_refused_though_the_mac_is_right(self):
        kbpk, key = self.random.randbytes(32), self.random.randbytes(32)
        for bits in (0, 1, 7, 255, 8 * 47, 0xffff):
            payload = bits.to_bytes(2, "big") + key + os.urandom(14)
            header = f"D{16 + 2 * len(payload) + 32:04d}K0AB00N0000"
            mac = cmac(derive(kbpk, 1), header.encode() + payload)
            sealer = Cipher(algorithms.AES(derive(kbpk, 0)), modes.CBC(mac)).encryptor()
            block = header + (sealer.update(payload) + sealer.finalize()).hex().upper() + mac.hex().upper()
            self.assertEqual(ask([f"unwrap {kbpk.hex()} {block}"]), ["crypto"], bits)

    def test_optional_blocks_that_cannot_be_are_refused_though_the_mac_is_right(self):
        kbpk, key = self.random.randbytes(32), self.random.randbytes(32)
        for optional, count in (("HM0021" + "0" * 10, 1),             # an extended length
                                ("HM0321" + "0" * 10, 1),             # shorter than its own head
                                ("HM2021" + "0" * 10, 1),             # longer than the block
                                ("PB10" + "0" * 12 + "HM1021" + "0" * 10, 2),        # padding, and then more
                                ("hm10" + "0" * 12, 1)):
            payload = (256).to_bytes(2, "big") + key + os.urandom(14)
            header = f"D{16 + len(optional) + 2 * len(payload) + 32:04d}K0AB00N{count:02d}00{optional}"
            mac = cmac(derive(kbpk, 1), header.encode() + payload)
            sealer = Cipher(algorithms.AES(derive(kbpk, 0)), modes.CBC(mac)).encryptor()
            block = header + (sealer.update(payload) + sealer.finalize()).hex().upper() + mac.hex().upper()
            self.assertEqual(ask([f"unwrap {kbpk.hex()} {block}"]), ["invalid"], optional)


if __name__ == "__main__":
    unittest.main()
