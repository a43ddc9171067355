"""A neighbour of keystored that was taken over: with arsd's, trunkd's or callkey's socket in hand, what can be had? Clear data,
records of others, cards guessed by their fingerprints, signatures, keys: each is refused or bounded, logged and counted."""
import base64
import os
import re
import socket
import struct
import time
import unittest

from rig import ceremony
from rig.frames import Codec
from support import cards
from support.keystored import (CARD, CARD_NUMBER, COMPLETE, EXPIRY, FAILED, INCOMPLETE, NO_CALL, NO_KEY, OK, REFUSED, SANITIZED, World,
                            open_jwe)
from support.leaks import Leaks

LOCKED, BUSY = 6, 7
RATE = 10
BURST_S = 5
SEALS_A_CALL = 24
HASH = "h" * 32


class Neighbour(World):
    def setUp(self):
        super().setUp()
        self.settings["keystored"].update(seals_per_s=RATE, signatures_per_s=RATE)
        self.heard = b""

    def bare(self, channel):
        """A greeted connection that keeps all it hears."""
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(client.close)
        client.settimeout(15)
        client.connect(str(self.folder / f"{channel}.sock"))
        client.send(Codec(channel).encode("hello", version=Codec(channel).version, boot=1))
        return client

    def is_cut_off(self, client):
        try:
            while frame := client.recv(70000):
                self.heard += frame
        except ConnectionError:
            pass
        client.close()
        return True                                        # a time-out raises

    def metric(self, name):
        text = self.arsd.receive("metrics")["text"]
        return int(dict(re.findall(r"^(callkey_keystored_\S+) (\d+)$", text, re.M))[name])

    def ask(self, name, answer, **values):
        self.arsd.send(name, **values)
        return self.arsd.receive(answer)

    def sign(self, usage="consent", digest=HASH, req=1):
        return self.ask("sign", "signature", req=req, usage=usage, hash=digest)

    def column_key(self, wrapped=b"", version=0, index_version=0):
        return self.ask("column_key", "column_key_given", req=3, version=version, index_version=index_version, wrapped=wrapped)


class WithArsdsSocket(Neighbour):
    def test_no_message_there_is_gives_clear_data(self):
        """Each number, with each body that a known message has; while a card is complete."""
        self.start_all()
        bodies = [b"", struct.pack("<Q", 7), struct.pack("<QIBB", 7, 1, 1, 0), struct.pack("<QQ", 1, 7) + b"\0\0" * 4,
                  struct.pack("<QH", 7, 4) + b"card", b"\xff" * 200]
        known = {number for number, _ in Codec("vault").messages.values() if number < 32}
        self.arsd.close()
        for number in set(range(256)) - known:
            client = self.bare("vault")
            self.trunkd.send("call_begin", call=number + 1000)
            client.send(Codec("vault").encode("field_open", call=number + 1000, field=1, kind=CARD_NUMBER, fresh=1))
            for key in CARD.number:
                self.trunkd.send("key", call=number + 1000, field=1, key=ord(key))
            while (frame := client.recv(70000)) and struct.unpack_from("<H", frame)[0] != 32:
                self.heard += frame
            client.send(struct.pack("<H", number) + bodies[number % len(bodies)])
            self.assertTrue(self.is_cut_off(client), number)
            self.trunkd.send("call_end", call=number + 1000)
        self.assertGreater(len(self.heard), 256)
        leaks = Leaks({"card number": CARD.number})
        self.assertFalse(leaks.look(self.heard, "what arsd heard"), leaks.finds)
        self.assertGreaterEqual(self.log().count(" peer_gone peer=arsd "), 256 - len(known))

    def test_records_of_others_and_other_recipients(self):
        self.start_all()
        self.enter_card(call=7)
        self.enter_card(cards.CHECK, call=8)
        self.assertEqual([self.seal(call)["status"] for call in (1, 9, 0, 2 ** 64 - 1)], [NO_CALL] * 4)
        of_seven, of_eight = (open_jwe(self.seal(call)["jwe"], self.folder / "pg-key.pem")[1] for call in (7, 8))
        self.assertEqual((of_seven["card_number"], of_eight["card_number"]), (CARD.number, cards.CHECK.number))
        self.import_key("o-1", name="other")
        self.assertEqual((self.seal(pg="other")["kid"], self.seal()["kid"]), ("o-1", "2026-a"))
        for pg, kid in (("main", "mine"), ("main", "o-1"), ("other", "2026-a"), ("mine", ""), ("", ""), ("column", ""), ("fingerprint", "-")):
            refused = self.seal(pg=pg, kid=kid)
            self.assertEqual((refused["status"], refused["jwe"]), (NO_KEY, ""), (pg, kid))
        for order in ("", 'x","order_id":"y', "a b", "주문", "o\n"):
            self.assertEqual(self.seal(order_id=order)["status"], REFUSED)
        for purpose in ("", 'p","kid":"mine'[:15]):
            self.assertEqual(self.seal(purpose=purpose)["status"], REFUSED)
        self.trunkd.send("call_end", call=8)
        self.assertEqual(self.seal(8)["status"], NO_CALL)
        self.arsd.send("wipe", call=7)
        self.assertEqual(self.seal(7)["status"], INCOMPLETE)
        self.assertIn(" seal_refused ", self.log())

    def test_cards_are_not_guessed_by_their_fingerprints(self):
        """Even with trunkd's help, who types: three numbers a call, so many seals a call, so many a second."""
        self.start_all()
        self.trunkd.send("call_begin", call=7)
        for guess in range(3):
            self.assertEqual(self.enter(CARD_NUMBER, CARD.number)["result"], COMPLETE)
        self.open_field(CARD_NUMBER)
        self.assertEqual(self.arsd.receive("field_refused")["status"], REFUSED)
        began = time.monotonic()
        for call in range(100, 100 + RATE * BURST_S):
            self.enter_card(call=call)
        time.sleep(1.1)                                     # so many lines a second tell of refusals: those of the seals that follow
        statuses = [self.seal(call)["status"] for call in range(100, 100 + RATE * BURST_S) for _ in range(3)]
        most = RATE * (BURST_S + time.monotonic() - began) + 1
        self.assertLessEqual(statuses.count(OK), most)
        self.assertGreaterEqual(statuses.count(OK), RATE * BURST_S)
        self.assertEqual(len(statuses), statuses.count(OK) + statuses.count(BUSY))
        self.assertIn(" seal_refused call=", self.log())
        self.assertIn(f"status={BUSY}", self.log())
        time.sleep(1)
        self.assertEqual(self.seal(100)["status"], OK)      # who is in his right comes again
        self.assertEqual(self.metric('callkey_keystored_seals_total{status="busy"}'), statuses.count(BUSY))

    def test_a_call_has_so_many_seals(self):
        self.settings["keystored"]["seals_per_s"] = 1000
        self.start_all()
        self.enter_card()
        self.assertEqual([self.seal(order_id=f"o{n}")["status"] for n in range(SEALS_A_CALL + 2)], [OK] * SEALS_A_CALL + [BUSY] * 2)
        self.arsd.close()                                  # the count stays with the call
        self.arsd = self.connect("vault")
        for kind, keys in ((CARD_NUMBER, CARD.number), (EXPIRY, CARD.expiry)):
            self.assertEqual(self.enter(kind, keys)["result"], COMPLETE)
        self.assertEqual(self.seal()["status"], BUSY)

    def test_signatures_have_a_use_and_a_number(self):
        self.start_all()
        good = self.sign()
        self.assertEqual(good["status"], OK)
        for usage in ("", "audit", "consent-", "CONSENT", "key"):
            refused = self.sign(usage)
            self.assertEqual((refused["status"], refused["bytes"], refused["public_key"]), (REFUSED, "", ""))
        for digest in ("", "h" * 31):
            self.assertEqual(self.sign(digest=digest)["status"], REFUSED)
        time.sleep(1)                                      # the log tells so much a second
        began = time.monotonic()
        statuses = [self.sign(req=n)["status"] for n in range(RATE * BURST_S * 4)]
        self.assertLessEqual(statuses.count(OK), RATE * (BURST_S + time.monotonic() - began) + 1)
        self.assertEqual(len(statuses), statuses.count(OK) + statuses.count(BUSY))
        self.assertIn(f" signature_refused caller=arsd status={BUSY}", self.log())
        time.sleep(1)
        self.assertEqual(self.sign()["status"], OK)

    def test_no_key_but_its_own_data_keys_comes_out(self):
        self.start_all()
        own = self.column_key()
        self.assertEqual((own["status"], own["version"], own["active"], len(own["secret"])), (OK, 1, 1, 32))
        self.assertEqual((own["index_version"], own["index_active"], len(own["index"])), (1, 1, 32))
        again = self.column_key(own["wrapped"], own["version"], 1)
        self.assertEqual((again["status"], again["secret"], again["index"]), (OK, own["secret"], own["index"]))
        for version in (0, 2):                             # made before there were indexes; a version that is none
            again = self.column_key(own["wrapped"], own["version"], version)
            self.assertEqual((again["status"], again["secret"], again["index"], again["index_active"]), (OK, own["secret"], b"", 1))
        other = self.column_key()
        self.assertEqual(len({own["secret"], own["index"], other["secret"], other["index"]}), 4)
        time.sleep(0.5)
        time.sleep(1)
        keyfile = (self.folder / "keystore" / "keys").read_text().splitlines()
        wrapped_keys = [line.split()[-1] for line in keyfile if line.startswith("key ")]
        self.assertGreater(len(wrapped_keys), 5)
        for text in wrapped_keys:                          # what the disk has of the ring's own keys
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[:60]
            refused = self.column_key(raw, 1)
            self.assertEqual((refused["status"], refused["secret"], refused["wrapped"]), (FAILED, b"", b""))
            time.sleep(0.15)
        for wrapped, version in ((own["wrapped"], 0), (own["wrapped"], 2), (own["wrapped"][:-1] + b"x", 1), (own["wrapped"][:40], 1)):
            self.assertEqual(self.column_key(wrapped, version)["status"], FAILED)
            time.sleep(0.15)
        statuses = [self.column_key()["status"] for _ in range(200)]
        self.assertLess(statuses.count(OK), 60)
        self.assertEqual(len(statuses), statuses.count(OK) + statuses.count(BUSY))
        self.assertIn(" column_key caller=arsd what=made version=1", self.log())
        self.assertIn(" column_key_refused caller=arsd ", self.log())

    def test_locked_keys_do_nothing(self):
        self.start_all()
        own = self.column_key()
        self.enter_card()
        officer = ceremony.connect(self.folder / "keyctl.sock")
        ceremony.ask(officer, "lock")
        officer.close()
        self.assertIn(self.seal()["status"], (LOCKED, INCOMPLETE))
        self.assertEqual((self.sign()["status"], self.column_key()["status"], self.column_key(own["wrapped"], 1)["status"]),
                         (LOCKED, LOCKED, LOCKED))


class WithTrunkdsSocket(Neighbour):
    def test_it_hears_no_digit_and_no_key(self):
        self.start_all()
        self.enter_card()
        self.enter_card(cards.CHECK, call=8)
        self.trunkd.close()
        numbers = sorted({n for n, _ in Codec("keypad").messages.values()} | {n for n, _ in Codec("vault").messages.values()})
        vault = {number: name for name, (number, _) in Codec("vault").messages.items()}
        for number in numbers:
            if number in (1, 2, 3, 4, 5, 6):
                continue
            client = self.bare("keypad")
            body = Codec("vault").encode(vault[number]) if number in vault else struct.pack("<HQI", number, 7, 1)
            client.send(body)
            self.assertTrue(self.is_cut_off(client))
        client = self.bare("keypad")
        for call in range(300):                            # whatever it types and claims
            for kind in (2, 3, 4, 5):
                client.send(struct.pack("<HQ", kind, call) + {3: struct.pack("<IB", 1, 0x31), 4: struct.pack("<IB", 1, 1)}.get(kind, b""))
        client.send(struct.pack("<H", 99))
        self.assertTrue(self.is_cut_off(client))
        leaks = Leaks({"card number": CARD.number, "birth date": CARD.identity})
        self.assertFalse(leaks.look(self.heard, "what trunkd heard"), leaks.finds)
        self.assertLess(len(self.heard), 100 * len(numbers))
        self.assertEqual(self.seal(8)["status"], NO_CALL)   # its loss ended the calls

    def test_it_cannot_open_a_field_nor_seal(self):
        self.start_all()
        self.trunkd.send("call_begin", call=7)
        for key in CARD.number:
            self.trunkd.send("key", call=7, field=0, key=ord(key))
        self.assertEqual(self.seal()["status"], INCOMPLETE)


class WithCallkeysSocket(Neighbour):
    HEX = re.compile(r"[0-9A-Fa-f]{16,}|[A-Za-z0-9_-]{40,}")

    def refused(self, client, verb, secret=b"", **args):
        with self.assertRaises(ceremony.Refused) as why:
            ceremony.ask(client, verb, secret, **args)
        return str(why.exception)

    def test_it_has_no_key_and_no_card(self):
        self.start_all()
        self.enter_card()
        client = ceremony.connect(self.folder / "keyctl.sock")
        for verb in ("", "dump", "export", "key", "seal", "sign", "digits", "unlock", "list ", "LIST", "x" * 31):
            self.refused(client, verb, b"secret", name="fingerprint", version=1)
        self.assertIn("keys", self.refused(client, "ceremony", scheme="components", parts=2, needed=2, how="enter"))
        self.refused(client, "deal")
        self.refused(client, "commit", unattended="yes")
        for verb in ("status", "list"):
            answer = ceremony.ask(client, verb)
            self.assertEqual(answer["secret"], b"")
            text = re.sub(r"(consent_key|audit_key|audit_head) \w+", "", answer["text"])
            self.assertEqual(self.HEX.findall(text), [])
            self.assertFalse(Leaks({"card number": CARD.number}).look(text.encode(), verb))
        self.assertEqual(self.seal()["status"], OK)         # and it disturbed nothing

    def test_parts_that_are_guessed_are_counted_and_open_nothing(self):
        self.start_all()
        client = ceremony.connect(self.folder / "keyctl.sock")
        ceremony.ask(client, "lock")
        for guess in range(3):
            self.refused(client, "part", f"C1-{guess:064X}".encode())
        self.refused(client, "part", b"C1-" + b"A" * 1000)
        status = ceremony.ask(client, "status")["text"]
        self.assertIn("state locked\n", status)
        self.assertGreaterEqual(int(re.search(r"wrong_parts (\d+)", status)[1]), 3)
        self.assertRegex(self.log(), r" keys verb=part result=(?!ok)")


@unittest.skipIf(SANITIZED or os.getuid() != 0, "reads another process's memory: needs root, and a plain build")
class Afterwards(Neighbour):
    def test_a_second_after_the_call_nothing_of_it_is_left(self):
        """In memory with the ring and all its answers, in the key file, in the log."""
        self.start_all()
        self.enter_card()
        self.assertEqual(self.seal()["status"], OK)
        given = self.column_key()
        self.assertEqual(self.sign()["status"], OK)
        self.assertTrue(self.in_memory(CARD.number.encode()))
        self.trunkd.send("call_end", call=7)
        time.sleep(1)
        self.assertEqual(self.finds(), set())
        for what in ("secret", "index"):
            self.assertFalse(self.in_memory(given[what]), f"a data key stays behind: {what}")
        leaks = Leaks({"card number": CARD.number, "birth date": CARD.identity}, CARD.password)
        self.assertGreater(leaks.look_at_folder(self.folder / "keystore"), 1000)
        leaks.look_at_file(self.folder / "log")
        self.assertEqual([str(f) for f in leaks.finds], [])
        files = b"".join(p.read_bytes() for p in (self.folder / "keystore").iterdir()) + self.log().encode()
        self.assertNotIn(given["secret"], files)
        self.assertNotIn(given["index"], files)


if __name__ == "__main__":
    unittest.main()
