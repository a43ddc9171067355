"""Key blocks (TR-31) at the command line: two officers bring keys in and take keys out, and what does not fit is refused with its
reason. The other side is support/keyblock.py."""
import hashlib
import hmac
import json
import re
import secrets
import unittest

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC

from rig import ceremony
from support.custody import REFUSED, Box
from support.keyblock import unwrap, wrap

KIM, LEE = "three white geese", "a river in winter"
HMAC = ("HM0621", 1)


def kcv(key):
    c = CMAC(algorithms.AES(key))
    c.update(bytes(16))
    return c.finalize()[:3].hex().upper()


class Blocks(unittest.TestCase):
    def setUp(self):
        self.box = Box(self)
        self.box.start()
        ceremony.hold(self.box.folder / "keyctl.sock", self.box.folder / "unlock", officers={"kim": KIM, "lee": LEE})
        self.kbpk = self.transport("partner")

    def done(self, *words, given=""):
        code, said, why = self.box.run(*words, given=given)
        self.assertEqual(code, 0, why)
        return said

    def transport(self, name):
        """A transport key of two components; the key, as the other side has it."""
        parts = [secrets.token_bytes(32) for _ in range(2)]
        said = self.done("propose", "import-transport", "--name", name, "--officer", "kim", given=f"{KIM}\n{parts[0].hex()}\n")
        self.done("confirm", re.search(r"Proposal (\d+)", said)[1], "--officer", "lee", given=f"{LEE}\n{parts[1].hex()}\n")
        return bytes(a ^ b for a, b in zip(*parts))

    def propose(self, *words):
        code, said, why = self.box.run("propose", *words, "--officer", "kim", given=KIM + "\n")
        return code, re.search(r"Proposal (\d+)", said)[1] if code == 0 else why

    def act(self, *words):
        """(exit status, what was said or why not) of an act that both officers agree to."""
        code, number = self.propose(*words)
        if code != 0:
            return code, number
        code, said, why = self.box.run("confirm", number, "--officer", "lee", given=LEE + "\n")
        return code, said if code == 0 else why

    def export(self, name, *words, transport="partner"):
        return self.act("export", "--name", name, "--transport", transport, *words)

    def bring(self, block, name="shared", usage="gateway-secret", transport="partner"):
        path = self.box.folder / "block"
        path.write_text(block)
        return self.act("import-block", "--name", name, "--usage", usage, "--transport", transport, "--with", path)

    def refused(self, answer, words):
        self.assertEqual((answer[0], bool(re.search(words, answer[1]))), (REFUSED, True), answer[1])

    def keys(self):
        return {(k["name"], k["version"]): k for k in json.loads(self.done("list", "--json"))}

    def audit(self):
        return [json.loads(line) for line in (self.box.keys / "audit.log").read_text().splitlines()]


class Out(Blocks):
    def test_what_goes_out_the_other_side_opens(self):
        for name, head, value in (("fingerprint", "M7HG01E", lambda k: hmac.digest(k, b"", hashlib.sha256)[:3].hex().upper()),
                                  ("index", "M7HG01E", lambda k: hmac.digest(k, b"", hashlib.sha256)[:3].hex().upper()), ("column", "D0AB01E", kcv)):
            code, block = self.export(name)
            self.assertEqual(code, 0, block)
            header, key = unwrap(self.kbpk, block.strip())
            self.assertEqual((header[0], header[5:12], len(key)), ("D", head, 32))
            self.assertEqual(value(key), self.keys()[name, 1]["kcv"])
            with self.assertRaisesRegex(ValueError, "MAC"):
                unwrap(secrets.token_bytes(32), block.strip())
        said = [(r["what"], r["who"], r["key"]) for r in self.audit() if r["what"] == "exported"]
        self.assertEqual(said, [("exported", "kim,lee", n) for n in ("fingerprint", "index", "column")])

    def test_what_may_not_go_out_does_not(self):
        for name in ("wrapping", "consent", "audit", "partner"):
            self.refused(self.export(name), f"key {name} never leaves the appliance")
        self.refused(self.export("column", "--version", "2"), "there is no key column of this version")
        self.refused(self.export("column", transport="nobody"), "there is no active transport key nobody")
        self.refused(self.export("column", transport="column"), "there is no active transport key column")
        self.assertEqual(self.act("state", "--name", "partner", "--version", "1", "--state", "retired")[0], 0)
        self.refused(self.export("column"), "there is no active transport key partner")
        self.assertNotIn("exported", [r["what"] for r in self.audit()])

    def test_one_officer_alone_takes_nothing_out(self):
        _, number = self.propose("export", "--name", "column", "--transport", "partner")
        code, said, why = self.box.run("confirm", number, "--officer", "kim", given=KIM + "\n")
        self.assertEqual((code, said, "another officer must confirm" in why), (REFUSED, "", True), why)


class In(Blocks):
    def block(self, fields="D0AE00E", key=None, optional=("", 0), kbpk=None):
        return wrap(kbpk or self.kbpk, fields, key or secrets.token_bytes(16), *optional)

    def test_what_the_other_side_wraps_comes_in(self):
        key = secrets.token_bytes(16)
        for _ in range(2):
            code, said = self.bring(self.block(key=key))
            self.assertEqual(code, 0, said)
        self.assertIn(f"shared version 2 pre-active, check value {kcv(key)}", said)
        shared = self.keys()["shared", 1]
        self.assertEqual((shared["usage"], shared["algorithm"], shared["exportable"]), ("gateway-secret", "aes-128", False))
        key = secrets.token_bytes(32)
        self.assertEqual(self.bring(self.block("M7HG00E", key, HMAC), "fingerprint", "fingerprint")[0], 0)
        self.assertEqual(self.keys()["fingerprint", 2]["kcv"], hmac.digest(key, b"", hashlib.sha256)[:3].hex().upper())
        imported = [(r["who"], r["key"], r["version"]) for r in self.audit() if r["what"] == "imported"]
        self.assertEqual(imported[1:], [("kim,lee", "shared", 1), ("kim,lee", "shared", 2), ("kim,lee", "fingerprint", 2)])

    def test_a_key_goes_out_and_comes_back(self):
        _, block = self.export("column")
        code, said = self.bring(block.strip(), "column", "column")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.keys()["column", 2]["kcv"], self.keys()["column", 1]["kcv"])

    def test_what_was_changed_or_is_under_another_key_is_refused(self):
        block = self.block()
        other = self.transport("another")
        for broken in (self.block(kbpk=other), block[:-1] + ("0" if block[-1] != "0" else "1"), block[:40] + ("0" if block[40] != "0" else "1") + block[41:],
                       block.replace("D0AE00E", "D0AE00S"), block.replace("D0AE00E", "D0AE01E"), block.replace("D0AE00E", "D0AB00E")):
            self.refused(self.bring(broken), "the block's MAC is not of this transport key")
        self.judge_nothing_came()

    def test_a_length_or_a_form_that_is_none_is_refused(self):
        block = self.block()
        for broken in (block[:-16], block + "0" * 16, block.replace("D0", "C0", 1), "B" + block[1:], "D9999" + block[5:], block[:12] + "01" + block[14:],
                       block[:14] + "11" + block[16:], block[:20] + "x" + block[21:], block.lower(), "D" * 64, "0" * 16):
            self.refused(self.bring(broken), "no key block of TR-31 version D, or its length or its header is broken")
        for nothing in ("", "D0"):
            self.refused(self.bring(nothing), "a key block of TR-31 must come with it|needs what it is about")
        self.judge_nothing_came()

    def test_another_usage_algorithm_mode_or_exportability_is_refused(self):
        for fields, optional, name, usage in (
                ("P0AE00E", ("", 0), "shared", "gateway-secret"), ("D0TE00E", ("", 0), "shared", "gateway-secret"),
                ("D0AB00E", ("", 0), "shared", "gateway-secret"), ("D0AD00E", ("", 0), "shared", "gateway-secret"),
                ("M7HG00N", HMAC, "fingerprint", "fingerprint"),        # not to be exported, and would be here
                ("M7HG00E", ("", 0), "fingerprint", "fingerprint"),     # of which hash?
                ("M7HG00E", ("HM0610", 1), "fingerprint", "fingerprint"), ("M7AG00E", HMAC, "fingerprint", "fingerprint"),
                ("K0AB00E", ("", 0), "wrapping", "wrapping"), ("S0EB00E", ("", 0), "consent", "consent-signing")):
            self.refused(self.bring(self.block(fields, secrets.token_bytes(32), optional), name, usage),
                         f"the block is for something else than usage {usage}: it says usage {fields[:2]}, algorithm {fields[2]}, mode {fields[3]}, "
                         f"exportability {fields[6]}")
        self.judge_nothing_came()

    def test_a_key_of_another_length_is_refused(self):
        for octets, fields, optional, name, usage in ((24, "D0AE00E", ("", 0), "shared", "gateway-secret"), (32, "D0AE00E", ("", 0), "shared", "gateway-secret"),
                                                      (16, "D0AB00E", ("", 0), "column", "column"), (20, "M7HG00E", HMAC, "index", "blind-index")):
            self.refused(self.bring(self.block(fields, secrets.token_bytes(octets), optional), name, usage), f"the key in the block has {octets} octets")
        self.judge_nothing_came()

    def test_a_name_of_another_usage_and_a_usage_that_is_none_are_refused(self):
        self.refused(self.bring(self.block(), "column"), "the name column belongs to keys of another usage")
        self.refused(self.bring(self.block(), usage="everything"), 'there is no usage "everything"')
        self.refused(self.bring(self.block(), transport="nobody"), "there is no active transport key nobody")
        self.judge_nothing_came()

    def judge_nothing_came(self):
        keys = self.keys()
        self.assertEqual({name for name, _ in keys} - {"partner", "another"}, {"wrapping", "fingerprint", "consent", "audit", "column", "index"})
        self.assertEqual({version for _, version in keys}, {1})
        self.assertEqual({r["key"] for r in self.audit() if r["what"] == "imported"} - {"partner", "another"}, set())


class NothingLeaks(Blocks):
    def test_no_key_that_travels_is_in_any_file(self):
        """Keys as hexadecimal digits, as octets and as base64, in what the keystore leaves, and the block itself in nothing but its file."""
        _, block = self.export("fingerprint")
        block = block.strip()
        out, shared = unwrap(self.kbpk, block)[1], secrets.token_bytes(16)
        self.assertEqual(self.bring(wrap(self.kbpk, "D0AE00E", shared))[0], 0)
        self.done("backup", self.box.folder / "backup")
        needles = {n for key in (self.kbpk, out, shared) for n in (key, key.hex().encode(), key.hex().upper().encode())}
        files = [p for p in self.box.folder.rglob("*") if p.is_file()]
        self.assertGreater(len(files), 6)
        found = [(p.name, n) for p in files for n in needles if n in p.read_bytes()]
        self.assertEqual(found, [])
        self.assertEqual([p.name for p in files if block[40:80].encode() in p.read_bytes()], [])


if __name__ == "__main__":
    unittest.main()
