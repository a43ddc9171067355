"""The search for leaks finds what is planted, in every coding and every place; and nothing where there is nothing."""
import base64
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from support.leaks import Capture, Leaks

CARD, BIRTH, PASSWORD = "9461200012345674", "870923", "37"


def fresh():
    return Leaks({"card number": CARD, "birth date": BIRTH}, PASSWORD)


class Codings(unittest.TestCase):
    def test_each_coding_of_the_card_number_is_found(self):
        text = CARD.encode()
        plants = {
            "digits": text, "reversed": text[::-1], "UTF-16": CARD.encode("utf-16-le"), "UTF-16BE": CARD.encode("utf-16-be"),
            "UTF-32": CARD.encode("utf-32-le"), "octets": bytes(map(int, CARD)), "BCD": bytes.fromhex(CARD),
            "swapped BCD": bytes(int(CARD[i + 1] + CARD[i], 16) for i in range(0, 16, 2)),
            "reversed BCD": bytes.fromhex(CARD[::-1]), "hex": text.hex().encode(), "HEX": text.hex().upper().encode(),
            "groups": b"9461-2000-1234-5674", "spaces": b"9461 2000 1234 5674",
            "number": int(CARD).to_bytes(8, "little"), "network number": int(CARD).to_bytes(8, "big"),
        }
        for name, plant in plants.items():
            leaks = fresh()
            self.assertTrue(leaks.look(b"\x01some" + plant + b"\x02thing", name), name)

    def test_base64_is_found_at_each_place_it_can_begin(self):
        for before in (b"", b"a", b"ab", b"abc", b"{\"pan\":\""):
            for secret in (CARD, BIRTH):
                encoded = base64.b64encode(before + secret.encode() + b"\"}")
                self.assertTrue(fresh().look(encoded, "base64"), (before, secret))
                self.assertTrue(fresh().look(base64.urlsafe_b64encode(before + secret.encode()), "base64url"))

    def test_the_birth_date_and_a_named_password_are_found(self):
        self.assertTrue(fresh().look(b"id=870923;", "x"))
        self.assertTrue(fresh().look(b'{"password2":"37"}', "x"))
        self.assertTrue(fresh().look(b"Passwd = 37\n", "x"))

    def test_a_birth_date_within_a_digest_is_chance_a_card_number_is_not(self):
        digest = lambda secret, length=64: b'"hash":"' + (b"e5" * 20 + secret.encode()).ljust(length, b"f") + b'"'
        self.assertFalse(fresh().look(digest(BIRTH), "log"))
        self.assertFalse(fresh().look(digest(BIRTH, 128), "log"))
        self.assertTrue(fresh().look(digest(BIRTH, 63), "log"))
        self.assertTrue(fresh().look(digest(BIRTH, 65), "log"))
        self.assertTrue(fresh().look(digest(BIRTH) + BIRTH.encode(), "log"))
        self.assertTrue(fresh().look(digest(CARD), "log"))

    def test_other_digits_are_not(self):
        leaks = fresh()
        self.assertFalse(leaks.look(b'9461200012345675 870924 {"password2":"38"} password: 371', "x"))
        self.assertFalse(leaks.look(random.Random(1).randbytes(20 << 20), "noise"))


class Places(unittest.TestCase):
    def test_a_leak_of_one_digit_a_message_is_found_in_the_column(self):
        messages = [b"\x00\x02KEY" + digit.encode() + b"!" for digit in CARD]
        self.assertFalse(fresh().look(messages[0], "x"))
        leaks = fresh()
        leaks.look_at_messages(messages, "socket")
        self.assertIn("column 5", leaks.finds[0].where)

    def test_a_file_is_read_over_the_edge_of_chunks(self):
        import support.leaks as module
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "deep", "file.db-wal")
            path.parent.mkdir()
            path.write_bytes(b"x" * (module.CHUNK - 7) + CARD.encode() + b"y" * 100)
            leaks = fresh()
            self.assertGreater(leaks.look_at_folder(folder), module.CHUNK)
            self.assertEqual(len(leaks.finds), 1)

    @unittest.skipUnless(os.getuid() == 0, "reading another process's memory needs root")
    def test_a_leak_over_the_edge_of_pages_and_beside_empty_ones_is_found(self):
        places = {"over an edge": 5 * 4096 - 8, "last before an empty page": 8 * 4096 - 16, "first after one": 10 * 4096}
        for where, at in places.items():
            program = (f"import mmap,time; m=mmap.mmap(-1, 64 << 10); m[{at}:{at + 7}]=b'{CARD[:7]}'; m[{at + 7}:{at + 16}]=b'{CARD[7:]}'\n"
                       "print('up',flush=True); time.sleep(60)")
            with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as child:
                try:
                    child.stdout.readline()
                    leaks = fresh()
                    leaks.look_at_memory(child.pid, "child")
                    self.assertTrue(any(f.what == "card number" for f in leaks.finds), where)
                finally:
                    child.kill()

    @unittest.skipUnless(os.getuid() == 0, "reading another process's memory needs root")
    def test_a_leak_in_another_process_s_memory_is_found_and_only_there(self):
        holds = f"import sys,time; s=''.join(['{CARD[:7]}','{CARD[7:]}']); print('up',flush=True); time.sleep(60)"
        clean = "import time; print('up',flush=True); time.sleep(60)"
        for program, expected in ((holds, True), (clean, False)):
            with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as child:
                try:
                    child.stdout.readline()
                    leaks = fresh()
                    self.assertGreater(leaks.look_at_memory(child.pid, "child"), 1 << 20)
                    self.assertEqual(bool(leaks.finds), expected)
                finally:
                    child.kill()

    @unittest.skipUnless(os.getuid() == 0, "tracing another process needs root")
    def test_a_leak_through_a_socket_is_captured(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        talks = ("import socket,sys; s=socket.socket(fileno=int(sys.argv[1])); s.recv(1)\n"
                 f"for d in '{CARD}': s.send(b'k'+d.encode())\ns.recv(1)")
        with tempfile.TemporaryDirectory() as folder, subprocess.Popen(
                [sys.executable, "-c", talks, str(theirs.fileno())], pass_fds=[theirs.fileno()]) as child:
            time.sleep(0.3)
            with Capture([child.pid], pathlib.Path(folder, "capture")) as capture:
                ours.send(b"1")
                for _ in CARD:
                    ours.recv(9)
                ours.send(b"1")
                child.wait(20)
            leaks = fresh()
            self.assertGreaterEqual(capture.look(leaks, {child.pid: "child"}), 32)
            self.assertTrue(any("column" in f.where for f in leaks.finds), leaks.finds)


if __name__ == "__main__":
    unittest.main()
