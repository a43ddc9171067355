"""keystored as a process, between a trunkd and an arsd that the test plays: what goes in, what comes out, what stays in its
memory and for how long, and what no neighbour can do to it."""
import contextlib
import datetime
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import time
import unittest

from rig import ceremony, config
from rig.frames import Codec
from rig.merchant import wait_until
from support import cards
from support.keystored import (BAD_CONFIG, BUILD, CARD, CARD_NUMBER, COMPLETE, ERASED, EXPIRED, EXPIRY, IDENTITY, INCOMPLETE,
                               INVALID, NOBODY, NO_CALL, NO_INPUT, NO_KEY, OK, PASSWORD2, REFUSED, SANITIZED, TOO_SHORT, World, open_jwe)
from support.leaks import Leaks


class Keypad(World):
    def test_a_card_goes_in_and_a_sealed_record_comes_out(self):
        self.start_all()
        card, expiry, identity, password = self.enter_card()
        self.assertEqual([card[k] for k in ("call", "field", "kind", "bin", "last4", "brand", "issuer", "card_type", "owner")],
                         [7, 1, CARD_NUMBER, "94612000", CARD.last4, "local", "shinhan", 1, 0])
        self.assertEqual([r["bin"] + r["last4"] for r in (expiry, identity, password)], [""] * 3)
        self.assertEqual(identity["owner"], 1)
        self.assertEqual([self.trunkd.receive("field_closed") for _ in range(4)],
                         [{"type": "field_closed", "call": 7, "field": n} for n in (1, 2, 3, 4)])
        sealed = self.seal(order_id="ord_77", purpose="pay")
        self.assertEqual((sealed["status"], sealed["kid"], sealed["req"], sealed["call"]), (OK, "2026-a", 5, 7))
        header, record = open_jwe(sealed["jwe"], self.folder / "pg-key.pem")
        self.assertEqual({k: v for k, v in header.items() if k != "epk"},
                         {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": "2026-a", "order_id": "ord_77", "purpose": "pay"})
        self.assertEqual(record, {"card_number": CARD.number, "expiry": CARD.expiry, "identity": CARD.identity,
                                  "password2": CARD.password, "order_id": "ord_77"})
        again = self.seal(order_id="ord_78")
        self.assertNotEqual(again["jwe"], sealed["jwe"])
        self.assertEqual(again["fingerprint"], sealed["fingerprint"])
        self.assertFalse(Leaks({"card number": CARD.number, "birth date": CARD.identity}).look(self.log().encode(), "log"))

    def test_the_words_for_what_is_wrong(self):
        self.start_all()
        self.trunkd.send("call_begin", call=7)
        self.assertEqual(self.enter(CARD_NUMBER, CARD.number[:-1] + "#")["result"], TOO_SHORT)
        self.assertEqual(self.enter(CARD_NUMBER, cards.CREDIT.number[:-1] + "4")["result"], INVALID)
        self.assertEqual(self.enter(EXPIRY, "0120")["result"], EXPIRED)
        self.assertEqual(self.enter(EXPIRY, "1330")["result"], INVALID)
        self.open_field(IDENTITY)
        self.seal()                                       # arsd's and trunkd's words come by two ways: now it is open
        self.type("8709*")
        self.assertEqual(self.arsd.receive("field_result")["result"], ERASED)
        self.type("870923")
        self.assertEqual(self.arsd.receive("field_result")["result"], COMPLETE)
        field = self.open_field(PASSWORD2)
        self.seal()
        self.trunkd.send("key_timeout", call=7, field=field, first=1)
        self.assertEqual(self.arsd.receive("field_result")["result"], NO_INPUT)
        self.assertEqual(self.seal()["status"], INCOMPLETE)
        self.assertEqual(self.enter(CARD_NUMBER, CARD.number)["result"], COMPLETE)
        self.open_field(CARD_NUMBER)
        refused = self.arsd.receive()
        self.assertEqual((refused["type"], refused["status"]), ("field_refused", REFUSED))

    def test_trunkd_is_heard_before_each_word_of_arsd(self):
        self.start_all()
        for call in range(100, 400):
            self.trunkd.send("call_begin", call=call)
            self.arsd.send("field_open", call=call, field=1, kind=EXPIRY, fresh=1)
            self.arsd.send("field_close", call=call)
            self.assertEqual(self.trunkd.receive(), {"type": "field_closed", "call": call, "field": 1})
            self.trunkd.send("call_end", call=call)
            self.assertEqual(self.seal(call)["status"], NO_CALL)

    def test_fingerprints_last_over_a_crash(self):
        self.start_all()
        self.enter_card()
        before = self.seal()["fingerprint"]
        self.process.kill()
        self.process.wait(10)
        self.start_all()
        self.assertEqual(self.seal()["status"], NO_CALL)
        self.enter_card()
        self.assertEqual(self.seal()["fingerprint"], before)
        self.assertEqual(stat.S_IMODE((self.folder / "keystore" / "keys").stat().st_mode), 0o600)

    def test_it_ends_when_told_to_and_takes_its_sockets_away(self):
        self.start_all()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(10), 0)
        self.assertFalse((self.folder / "keypad.sock").exists() or (self.folder / "vault.sock").exists())
        self.assertIsNone(self.arsd.receive())


@unittest.skipIf(SANITIZED or os.getuid() != 0, "reads another process's memory: needs root, and a plain build")
class Memory(World):
    """Each way out of memory, after the digits were seen to be in it."""

    def setUp(self):
        super().setUp()
        self.settings["keystored"]["field_idle_s"] = 5

    def expect_wiped_by(self, how):
        self.start_all()
        self.assertEqual(self.finds(), set())
        self.trunkd.send("call_begin", call=7)
        self.open_field(CARD_NUMBER)
        self.type(CARD.number[:-1])
        wait_until("the open field's digits are in memory", lambda: self.in_memory(CARD.number[:-1].encode()))
        self.type(CARD.number[-1])
        self.assertEqual(self.arsd.receive("field_result")["result"], COMPLETE)
        for kind, keys in ((EXPIRY, CARD.expiry), (IDENTITY, CARD.identity), (PASSWORD2, CARD.password)):
            self.assertEqual(self.enter(kind, keys)["result"], COMPLETE)
        self.type("870923")
        self.assertEqual(self.seal()["status"], OK)
        found = self.finds()
        self.assertTrue(any("card number" in f for f in found) and "birth date" in found, found)
        how()
        wait_until("memory is clean", lambda: not self.finds(), 15)

    def test_the_end_of_the_call(self):
        self.expect_wiped_by(lambda: self.trunkd.send("call_end", call=7))

    def test_arsds_word(self):
        self.expect_wiped_by(lambda: self.arsd.send("wipe", call=7))

    def test_a_reset(self):
        self.expect_wiped_by(lambda: self.trunkd.send("reset"))

    def test_the_loss_of_trunkd(self):
        self.expect_wiped_by(lambda: self.trunkd.close())

    def test_the_loss_of_arsd(self):
        self.expect_wiped_by(lambda: self.arsd.close())
        self.arsd = self.connect("vault")
        self.assertEqual(self.seal()["status"], INCOMPLETE)      # the call itself is still known

    def test_idling(self):
        self.expect_wiped_by(lambda: None)
        self.assertIn(" wiped call=7 why=idle", self.log())

    def test_digits_lie_in_locked_memory_of_a_process_that_leaves_no_core(self):
        program = self.folder / "keystored"
        shutil.copy(BUILD / "bin" / "keystored", program)
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
        self.settings["peer_uids"] = {"trunkd": 0, "arsd": 0, "callkey": 0}
        self.start_all(program=program, user=NOBODY, group=NOBODY)
        self.enter_card()
        proc = pathlib.Path(f"/proc/{self.process.pid}")
        status = proc.joinpath("status").read_text()
        self.assertGreater(int(re.search(r"VmLck:\s+(\d+) kB", status)[1]), 500)
        self.assertRegex(status, rf"Uid:\s+{NOBODY}")
        self.assertEqual(proc.joinpath("mem").stat().st_uid, 0)      # not dumpable: /proc is no longer its own
        self.assertRegex(proc.joinpath("limits").read_text(), r"Max core file size\s+0\s+0 ")

    def test_a_peer_of_another_user_is_turned_away(self):
        program = self.folder / "keystored"
        shutil.copy(BUILD / "bin" / "keystored", program)
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
        self.settings["peer_uids"] = {"trunkd": 0, "arsd": 1, "callkey": 0}
        self.start(program=program, user=NOBODY, group=NOBODY)
        self.connect("keypad")
        with self.assertRaises(OSError):
            self.connect("vault")
        self.assertRegex(self.log(), "ipc_peer_refused uid=0 ")


class Neighbours(World):
    def test_one_peer_at_a_door(self):
        self.start_all()
        for channel in ("keypad", "vault"):
            self.assertTrue(self.is_cut_off(self.bare(channel)))
        self.enter_card()
        self.trunkd.close()
        self.trunkd = self.connect("keypad")
        self.enter_card(call=8)

    def bare(self, channel):
        """A connection that has said nothing yet."""
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(client.close)
        client.settimeout(15)
        client.connect(str(self.folder / f"{channel}.sock"))
        return client

    @staticmethod
    def is_cut_off(client):
        """Whether keystored closes, after no more than its hello and what it tells of its keys."""
        frames = []
        with contextlib.suppress(ConnectionError):
            while frame := client.recv(70000):
                frames.append(struct.unpack_from("<H", frame)[0])
        client.close()
        return frames in ([], [1], [1, 46, 49, 50])

    def test_who_breaks_the_protocol_is_cut_off_and_may_come_again(self):
        self.start()
        bad = {"keypad": [struct.pack("<H", 99), b"\x01", struct.pack("<HQ", 3, 7), struct.pack("<HQI", 32, 7, 1)],
               "vault": [struct.pack("<HQ", 3, 7) + b"x", struct.pack("<HQIB", 34, 7, 1, 1), struct.pack("<HH", 35, 0),
                         os.urandom(60000)]}
        for channel, frames in bad.items():
            early = {"keypad": struct.pack("<HQ", 2, 7), "vault": struct.pack("<HQ", 5, 7)}[channel]
            hello = struct.pack("<HIQ", 1, Codec(channel).version, 1)
            for words in ([early], [struct.pack("<HIQ", 1, 99, 1)], [hello, hello], *([hello, frame] for frame in frames)):
                client = self.bare(channel)
                for word in words:
                    client.send(word)
                self.assertTrue(self.is_cut_off(client), (channel, [w[:20] for w in words]))
        self.trunkd, self.arsd = self.connect("keypad"), self.connect("vault")
        self.enter_card()
        self.assertEqual(self.log().count(" peer_gone peer=trunkd "), 7)
        self.assertEqual(self.log().count(" peer_gone peer=arsd "), 7)

    def test_who_says_no_hello_loses_the_place(self):
        self.start()
        silent = self.bare("vault")
        self.assertTrue(self.is_cut_off(silent))
        self.assertIn('why="no hello in time"', self.log())
        self.connect("vault")

    def test_floods_are_counted_and_do_no_harm(self):
        self.settings["keystored"]["max_calls"] = 16
        self.start_all()
        self.trunkd.send("call_begin", call=7)
        for i in range(20000):
            self.trunkd.send("key", call=i % 50 + 100, field=i % 3, key=i % 256)
        for i in range(3000):
            self.trunkd.send("call_begin", call=1000 + i)
            self.trunkd.send("key", call=7, field=0, key=ord("1"))
            self.trunkd.send("key_timeout", call=7, field=i, first=i % 2)
            self.arsd.send("field_open", call=2, field=i, kind=i % 256, fresh=1)
            self.assertEqual(self.arsd.receive("field_refused")["status"], NO_CALL)
        self.trunkd.send("call_end", call=1001)
        self.enter_card(begin=False)
        metrics = self.arsd.receive("metrics")["text"]
        values = dict(re.findall(r"^(callkey_keystored_\S+) (\d+)$", metrics, re.M))
        self.assertEqual(values['callkey_keystored_keys_dropped_total{why="unknown_call"}'], "20000")
        self.assertEqual(values["callkey_keystored_calls_refused_total"], str(3000 - 15))
        self.assertGreaterEqual(int(values['callkey_keystored_keys_dropped_total{why="too_many"}']), 3000 - 24)
        self.assertEqual(values['callkey_keystored_fields_refused_total{why="no_call"}'], "3000")
        self.assertEqual(values["callkey_keystored_calls"], "15")
        self.assertEqual(values['callkey_keystored_fields_total{result="complete"}'], "4")
        self.assertLess(len(self.log().splitlines()), 500)

    def test_an_arsd_that_does_not_read_stops_nobody_and_misses_nothing(self):
        self.start_all()
        self.trunkd.send("call_begin", call=7)
        self.open_field(EXPIRY)
        for i in range(20000):                            # far more than the kernel holds for it
            self.arsd.send("seal", req=i, call=7, purpose="pay", order_id="o")
        self.type(CARD.expiry)
        self.assertEqual(self.trunkd.receive("field_closed")["call"], 7)
        answers = [self.arsd.receive() for _ in range(20001)]
        self.assertEqual([a["req"] for a in answers if a["type"] == "sealed"], list(range(20000)))
        self.assertEqual([a["result"] for a in answers if a["type"] == "field_result"], [COMPLETE])


class GatewayKeys(World):
    """What arsd is told of gateways' keys and gets sealed with them, and what officers do meanwhile."""

    def change(self, version, state):
        officer = ceremony.connect(self.folder / "keyctl.sock")
        try:
            ceremony.two(officer, "state", name="main", version=version, state=state)
        finally:
            officer.close()

    def told(self):
        """The next whole list."""
        rows = []
        while not rows or rows[-1]["left"] > 0:
            rows.append(self.arsd.receive("gateway_key"))
        return [(row["gateway"], row["usage"], row["kid"], row["why"]) for row in rows]

    def judge_nothing_is_sealed(self, kid=""):
        sealed = self.seal(kid=kid)
        self.assertEqual((sealed["status"], sealed["jwe"], sealed["fingerprint"]), (NO_KEY, "", ""))

    def test_without_one_nothing_is_sealed(self):
        self.imports = False
        self.start_all()
        self.assertEqual([m for m in self.arsd.told if m["type"] == "gateway_key"],
                         [{"type": "gateway_key", "left": 0, "gateway": "", "usage": "", "kid": "", "version": 0, "why": ""}])
        self.enter_card()
        self.judge_nothing_is_sealed()
        self.import_key()
        self.assertEqual(self.told(), [("main", "gateway-public", "2026-a", "")])
        self.assertEqual(self.seal()["kid"], "2026-a")

    def test_the_next_one_takes_over_at_its_date_and_what_ended_never_seals(self):
        self.start_all()
        self.enter_card()
        switch = time.time() + 4
        when = datetime.datetime.fromtimestamp(switch, datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        config.make_pg_key(self.folder)
        self.import_key("2026-b", **{"from": when})
        self.assertEqual(self.seal()["kid"], "2026-a")
        self.assertLess(time.time(), switch, "this machine is too slow for this test")
        self.judge_nothing_is_sealed("2026-b")
        self.assertEqual(self.told(), [("main", "gateway-public", "2026-b", "")])
        self.assertGreaterEqual(time.time(), switch)
        sealed = self.seal(order_id="ord_2")
        header, record = open_jwe(sealed["jwe"], self.folder / "pg-key.pem")
        self.assertEqual((sealed["kid"], header["kid"], record["order_id"]), ("2026-b", "2026-b", "ord_2"))
        self.assertEqual(self.seal(kid="2026-a")["kid"], "2026-a")
        self.change(2, "compromised")
        self.assertEqual(self.told(), [("main", "gateway-public", "2026-a", "")])
        self.judge_nothing_is_sealed("2026-b")
        self.change(1, "retired")
        self.assertEqual(self.told(), [("main", "gateway-public", "", "key 2026-b is compromised")])
        self.judge_nothing_is_sealed()
        self.change(2, "destroyed")
        self.judge_nothing_is_sealed("2026-b")
        # After a start it is as it was.
        self.process.kill()
        self.process.wait(10)
        self.start_all()
        self.assertEqual([m["kid"] for m in self.arsd.told if m["type"] == "gateway_key"], [""])
        self.enter_card()
        self.judge_nothing_is_sealed()

    def test_what_ends_soon_is_told(self):
        self.start_all()
        self.assertEqual(self.arsd.told[-1]["count"], 0)
        soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=29)).date().isoformat()
        self.import_key("short", name="other", until=soon)
        told = self.arsd.receive("keys_expiring")
        self.assertEqual([told[k] for k in ("count", "name", "version", "kid")], [1, "other", 1, "short"])
        self.assertEqual(datetime.datetime.fromtimestamp(told["until_ms"] / 1000, datetime.timezone.utc).date().isoformat(), soon)
        self.assertIn("callkey_keystored_keys_expiring 1\n", self.arsd.receive("metrics")["text"])
        self.import_key("long", name="other")
        self.assertEqual(self.arsd.receive("keys_expiring")["count"], 0)

    def test_a_secret_seals_and_comes_out_nowhere(self):
        secret = "0123456789abcdefFEDCBA9876543210"
        self.imports = False
        self.start_all()
        self.import_key("nice-1", key=secret.encode(), usage="gateway-encdata")
        self.enter_card()
        sealed = self.seal()
        self.assertEqual((sealed["status"], sealed["kid"]), (OK, "nice-1"))
        self.assertTrue(sealed["jwe"].startswith("nicepay.256."), sealed["jwe"][:12])
        files = [p for p in self.folder.rglob("*") if p.is_file()]
        self.assertGreater(len(files), 3)
        leaks = Leaks({"SecretKey": secret})
        for path in files:
            self.assertFalse(leaks.look(path.read_bytes(), path.name), leaks.finds)


class Configuration(World):
    def expect_refused(self, *parts):
        process = self.spawn()
        self.assertEqual(process.wait(10), BAD_CONFIG, self.log())
        last = [line for line in self.log().splitlines() if " error keystored config_refused " in line][-1]
        for part in parts:
            self.assertIn(part, last)
        self.assertFalse((self.folder / "keypad.sock").exists())

    def test_gateways_keys_are_in_no_configuration(self):
        self.settings["keystored"]["pg_keys"] = []
        self.expect_refused("callkey.cfg:3: keystored.pg_keys: is no setting any more", "callkey keys propose import-gateway --name")

    def test_a_missing_or_broken_issuer_table(self):
        table = self.folder / "share" / "issuers.cfg"
        table.write_text('issuers = (\n  { prefix = "4x"; }\n);\n')
        self.expect_refused(f"{table}:2: ", "must have 1 to 15 digits")
        table.unlink()
        self.expect_refused(str(table), "cannot be read")

    def test_an_unfit_key_file(self):
        self.start()
        self.end(self.process)
        keys = self.folder / "keystore" / "keys"
        whole = keys.read_bytes()
        keys.write_bytes(whole[:-30])
        self.expect_refused(str(keys), "has no MAC at its end")
        keys.write_bytes(b"short")
        self.expect_refused(str(keys), "restore it from NAME.old or from a backup")
        keys.write_bytes(whole)
        keys.chmod(0o644)
        self.expect_refused(str(keys), "mode 0600")
        self.settings["keystored"]["keys_dir"] = str(self.folder / "no" / "keystore")
        self.expect_refused("no/keystore", "make it")

    def test_a_wrong_setting(self):
        self.settings["keystored"]["max_call"] = 5
        self.expect_refused("callkey.cfg:3: ", "did you mean keystored.max_calls?")

    def test_it_can_seal_and_not_open(self):
        symbols = subprocess.run(["nm", str(BUILD / "bin" / "keystored")], capture_output=True, text=True, check=True).stdout
        self.assertIn(" jwe_seal\n", symbols)
        self.assertNotIn("jwe_open", symbols)
        self.assertNotIn("jwe_private", symbols)


if __name__ == "__main__":
    unittest.main()
