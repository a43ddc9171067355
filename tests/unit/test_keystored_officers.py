"""Officers at keystored's door: dual control, the audit log, zeroising, as a process that is confined, killed and out of disk."""
import contextlib
import json
import os
import re
import unittest

from rig import ceremony
from rig.merchant import wait_until
from support.keystored import SANITIZED, World, decrypt, unb64

KIM, LEE = "three white geese", "a river in winter"
OPEN, LOCKED, EMPTY = 1, 2, 3


class Officers(World):
    imports = False

    def start_with_officers(self, **options):
        self.officers = {"kim": KIM, "lee": LEE}
        self.start(**options)
        self.door = ceremony.connect(self.folder / "keyctl.sock")
        self.addCleanup(self.door.socket.close)

    def ask(self, verb, secret="", **args):
        return ceremony.ask(self.door, verb, secret.encode(), **args)["text"]

    def status(self):
        return dict(line.split(" ", 1) for line in self.ask("status").splitlines())

    def propose(self, act, who="kim", password=KIM, payload=None, **args):
        secret = password if payload is None else f"{password}\n{payload}"
        return int(self.ask("propose", secret, officer=who, act=act, **args).split()[1])

    def confirm(self, number, who="lee", password=LEE):
        return self.ask("confirm", password, officer=who, id=number)

    def records(self):
        return [json.loads(line) for line in (self.folder / "keystore" / "audit.log").read_text().splitlines()]

    def refused(self, *parts):
        return self.assertRaisesRegex(ceremony.Refused, ".*".join(re.escape(p) for p in parts))

    def stop(self):
        self.process.kill()
        self.process.wait()


class DualControl(Officers):
    def test_two_officers_rotate_and_the_log_has_each_step(self):
        self.start_with_officers()
        number = self.propose("rotate", name="column")
        self.assertRegex(self.ask("proposals"), rf"^{number} kim \d+ rotate name=column\n$")
        with self.refused("kim proposed it"):
            self.confirm(number, "kim", KIM)
        self.assertIn("column version 2 active", self.confirm(number))
        self.assertRegex(self.ask("list"), r"(?m)^column 1 column aes-256 retired .*\n(.*\n)*column 2 column aes-256 active ")
        said = [(r["what"], r["who"]) for r in self.records()]
        begin = said.index(("proposed", "kim"))
        self.assertEqual(said[begin:], [("proposed", "kim"), ("confirm_refused", "kim"), ("confirmed", "kim,lee"), ("generated", "kim,lee"),
                                        ("state", "kim,lee")])
        self.assertEqual([r["what"] for r in self.records()[:3]], ["start", "ceremony", "part_taken"])

    def test_a_third_cannot_name_himself(self):
        self.start_with_officers()
        with self.refused("custodians name officers when their parts are in"):
            self.ask("officer", "a third long word", name="mallory")
        self.ask("appoint")
        with self.refused("custodians name officers when their parts are in"):
            self.ask("officer", "a third long word", name="mallory")
        with self.refused("0 of 2 parts are in"):
            self.ask("commit")
        self.assertEqual(self.ask("officers"), "kim\nlee\n")

    def test_guessing_a_password_is_slow_and_noted(self):
        self.start_with_officers()
        for _ in range(3):
            with self.refused("name or the password is wrong"):
                self.propose("zeroise", password="not the password")
        with self.refused("next try is in"):
            self.propose("zeroise")
        self.assertEqual([r["what"] for r in self.records()[-3:]], ["login_failed"] * 3)
        self.assertEqual(self.ask("proposals"), "")

    def test_no_password_and_no_key_is_in_the_log(self):
        self.start_with_officers()
        with self.refused("name or the password is wrong"):
            self.propose("zeroise", password="a password of mine")
        log = (self.folder / "keystore" / "audit.log").read_text() + self.log()
        for secret in (KIM, LEE, "a password of mine", (self.folder / "unlock").read_bytes().hex()):
            self.assertNotIn(secret, log)


class AuditLog(Officers):
    def test_it_is_whole_after_a_kill_and_tells_of_it(self):
        self.start_with_officers()
        for _ in range(5):
            self.propose("rotate", name="column")
            self.stop()
            self.start()
            self.door = ceremony.connect(self.folder / "keyctl.sock")
            self.addCleanup(self.door.socket.close)
            self.assertEqual(self.ask("proposals"), "")
            self.ask("audit_verify")
        said = [r["what"] for r in self.records()]
        self.assertEqual(said.count("start"), 6)
        self.assertEqual(said.count("unlocked"), 5)

    def test_a_cut_log_stops_the_start(self):
        self.start_with_officers()
        self.stop()
        log = self.folder / "keystore" / "audit.log"
        text = log.read_bytes()
        log.write_bytes(text[:text.rindex(b"\n", 0, -1) + 1])
        process = self.spawn()
        self.assertEqual(process.wait(10), 2)
        self.assertIn("it was cut", self.log())

    def test_when_it_cannot_be_written_no_card_is_taken_until_it_can(self):
        self.start_with_officers()
        number = self.propose("import-gateway", payload=(self.folder / "pg-pub.pem").read_text(), name="main", kid="2026-a", usage="gateway-public")
        self.confirm(number)
        self.trunkd, self.arsd = self.connect("keypad"), self.connect("vault")
        self.enter_card()
        size = (self.folder / "keystore" / "audit.log").stat().st_size
        # A limit that the file has reached is a disk that is full.
        os.system(f"prlimit --pid {self.process.pid} --fsize={size + 10}:unlimited")
        with self.refused("audit log cannot be written"):
            self.propose("rotate", name="column")
        self.assertEqual(self.arsd.receive("keys")["state"], LOCKED)
        self.assertEqual(self.seal()["status"], 2)              # its digits were wiped
        os.system(f"prlimit --pid {self.process.pid} --fsize=unlimited:unlimited")
        wait_until("the log is written again", lambda: "audit_writable" in self.log(), 15)
        self.assertEqual(self.arsd.receive("keys")["state"], OPEN)
        self.enter_card(call=8)
        self.assertEqual(self.seal(call=8)["status"], 0)
        self.ask("audit_verify")


class Zeroise(Officers):
    def keys(self):
        """The keys themselves, in every form in which they might be left, from what opens them."""
        files = {p.name: p.read_text() for p in (self.folder / "keystore").iterdir() if p.name.startswith("keys")}
        lines = [line.split() for line in files["keys"].splitlines()]
        master = self.unwrap((self.folder / "unlock").read_bytes(), b"callkey unattended", lines[2][14])
        found = {"master": master}
        for word, name, version, usage, algorithm, _, export, *_, wrapped in (x for x in lines if x[0] == "key"):
            aad = f"{word} {name} {version} {usage} {algorithm} {int(export == 'exportable')}"
            above = master if usage == "wrapping" else found["wrapping"]
            found[name] = self.unwrap(above, b"callkey-" + aad.encode(), wrapped)
        wrapped = {line[-1][:64] for text in files.values() for line in map(str.split, text.splitlines()) if line[0] == "key"}
        return found, wrapped

    @staticmethod
    def unwrap(key, aad, text):
        data = unb64(text)
        return decrypt("EVP_aes_256_gcm", key, data[:12], aad, data[12:-16], data[-16:])

    def begin(self):
        self.trunkd, self.arsd = self.connect("keypad"), self.connect("vault")
        self.clear, self.wrapped = self.keys()
        self.assertGreater(len(self.wrapped), 5)
        if not SANITIZED:
            memory = self.memory()
            self.assertEqual([n for n in ("master", "wrapping", "fingerprint", "column") if self.clear[n] not in memory], [])

    def memory(self):
        """All that keystored can write to."""
        pieces, proc = [], f"/proc/{self.process.pid}"
        with open(f"{proc}/maps", encoding="ascii") as maps, open(f"{proc}/mem", "rb", 0) as mem:
            for line in maps:
                begin, end = (int(x, 16) for x in line.split()[0].split("-"))
                if line.split()[1].startswith("rw"):
                    mem.seek(begin)
                    with contextlib.suppress(OSError):
                        pieces.append(mem.read(end - begin))
        return b"|".join(pieces)

    def expect_gone(self):
        self.assertEqual(self.arsd.receive("keys")["state"], EMPTY)
        names = sorted(p.name for p in (self.folder / "keystore").iterdir())
        self.assertEqual(names, ["audit.head", "audit.log"])
        if SANITIZED:
            return
        memory = self.memory()
        self.assertEqual([name for name, key in self.clear.items() if key in memory], [])
        self.assertEqual([text for text in self.wrapped if text.encode() in memory or unb64(text)[:40] in memory], [])

    def test_by_two_officers(self):
        self.start_with_officers()
        self.begin()
        self.assertIn("gone from memory and disk", self.confirm(self.propose("zeroise")))
        self.expect_gone()
        self.assertEqual([r["what"] for r in self.records()[-3:]], ["proposed", "confirmed", "zeroised"])
        self.stop()
        (self.folder / "unlock").unlink()
        self.start()                                           # holds a new ceremony
        self.door = ceremony.connect(self.folder / "keyctl.sock")
        self.addCleanup(self.door.socket.close)
        self.assertEqual(self.status()["state"], "open")
        self.ask("audit_verify")

    def test_by_the_intrusion_input(self):
        lid = self.folder / "lid"
        lid.write_text("0\n")
        self.settings["keystored"]["intrusion_file"] = str(lid)
        self.start_with_officers()
        self.begin()
        with open(lid, "r+", encoding="ascii") as f:
            f.write("1")
        wait_until("the keys are gone", lambda: " zeroised " in self.log(), 10)
        self.expect_gone()
        self.assertEqual([(r["what"], r["detail"]) for r in self.records()[-2:]], [("zeroise", "intrusion input"), ("zeroised", "")])

    def test_by_too_many_wrong_parts(self):
        self.settings["keystored"]["zeroise_after_wrong"] = 3
        self.start_with_officers()
        self.begin()
        self.ask("lock")
        self.assertEqual(self.arsd.receive("keys")["state"], LOCKED)
        for n in range(3):
            self.assertEqual(self.status()["state"], "locked")
            with self.refused("not the one"):
                self.ask("part", f"C1-{'%064x' % (n + 1)}")
        wait_until("the keys are gone", lambda: " zeroised " in self.log(), 10)
        self.expect_gone()
        self.assertEqual([r["what"] for r in self.records()[-5:]], ["part_wrong"] * 3 + ["zeroise", "zeroised"])


if __name__ == "__main__":
    unittest.main()
