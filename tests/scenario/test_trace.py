"""Locking a span, and the trace of its D-channel: in words, as a file for Wireshark, and without what must not be in it."""
import json
import os
import pathlib
import re
import struct
import subprocess
import unittest

from rig.appliance import Rig, Span
from rig.merchant import wait_until
from support import cards
from support.calling import dial, ended_request, new_phone, register

MESSAGES = ["SETUP", "CALL PROCEEDING", "CONNECT", "CONNECT ACKNOWLEDGE", "DISCONNECT", "RELEASE", "RELEASE COMPLETE"]
Q931_TYPES = [0x05, 0x02, 0x07, 0x0f, 0x45, 0x4d, 0x5a]
CHANNEL_UNAVAILABLE = 44
TSHARK = "/usr/bin/tshark"


def read_pcap(data):
    """pcap-savefile(5) with LINKTYPE_LINUX_LAPD: (seconds, sent by us, our side is the network, LAPD frame)."""
    magic, major, minor, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    if (magic, major, minor, link) != (0xa1b2c3d4, 2, 4, 177):
        raise ValueError("not a pcap of LINUX_LAPD")
    at = 24
    while at < len(data):
        seconds, micros, kept, length = struct.unpack_from("<IIII", data, at)
        kind, hardware, _, network, _, protocol = struct.unpack_from(">HHHB7sH", data, at + 16)
        if kept != length or hardware != 8445 or protocol != 0x30:
            raise ValueError("a record that is no LAPD frame")
        yield seconds + micros / 1e6, kind == 4, bool(network), data[at + 32:at + 16 + kept]
        at += 16 + kept


class Traced(unittest.TestCase):
    """One registration on a traced span, looked at from all sides."""

    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(spans=[Span("span1", "E1", "alaw")], rate=0).start()
        cls.addClassCleanup(cls.rig.__exit__, None)
        cls.number = new_phone()
        cls.api = cls.rig.merchant()
        cls.said = cls.rig.callkey("trace", "span1", "--minutes", "5")
        request = cls.api.register(cls.number, sms="skip")
        cls.called = request["virtual_number"]
        phone = dial(cls.rig, cls.number, cls.called, register(cards.CREDIT), own_card=False)
        phone.wait_ended()
        request = wait_until("the registration has ended", lambda: ended_request(cls.api, request["id"]))
        cls.call = request["last_call"]
        cls.file = pathlib.Path(cls.rig.folder) / "call.pcap"

        def whole():
            text = cls.rig.callkey("trace", cls.call, "--pcap", str(cls.file))
            return text if "RELEASE COMPLETE" in text else None
        cls.text = wait_until("the last message was recorded", whole)
        cls.pcap = cls.file.read_bytes()

    def span(self):
        return json.loads(self.rig.callkey("--json", "trunks"))["spans"][0]

    def test_switching_it_on_says_what_to_do_next(self):
        self.assertIn("Span 1 is traced for 5 minutes", self.said)
        self.assertIn("minutes of trace left", self.rig.callkey("trunks"))
        wait_until("its messages are counted", lambda: self.span()["signalling"]["trace_frames"] >= len(MESSAGES))

    def test_it_tells_the_call_from_setup_to_release_complete(self):
        lines = re.findall(r"^\d{4}-\S+ [\d:]+\.\d{3}  (->|<-) line  ([A-Z ]+)$", self.text, re.M)
        self.assertEqual([name for _, name in lines], MESSAGES)
        self.assertEqual(lines[0][0], "<-")
        self.assertEqual(lines[1][0], "->")
        self.assertIn("    bearer capability: speech, 64 kbit/s, A-law\n", self.text.replace("        ", "    "))
        self.assertIn("cause: 16 normal call clearing", self.text)

    def test_numbers_are_masked_in_words_and_file(self):
        self.assertIn(f"calling number: {self.number[:3]}****{self.number[-4:]}", self.text)
        for data in (self.text, self.pcap.decode("latin-1")):
            self.assertNotIn(self.number, data)
            self.assertNotIn(self.called, data)
        with self.assertRaisesRegex(Exception, "arsd.trace_numbers"):
            self.rig.callkey("trace", self.call, "--numbers")

    def test_no_digit_of_the_card_is_in_it(self):
        everything = self.text + self.pcap.decode("latin-1") + self.rig.callkey("--json", "trace", "span1")
        for secret in (cards.CREDIT.number, cards.CREDIT.number[:8], cards.CREDIT.identity):
            self.assertNotIn(secret, everything)

    def test_the_file_is_what_wireshark_knows_as_linux_lapd(self):
        frames = list(read_pcap(self.pcap))
        self.assertEqual([frame[8] for _, _, _, frame in frames], Q931_TYPES)
        self.assertEqual([sent for _, sent, _, _ in frames], [False, True, True, False, True, False, True])
        self.assertFalse(any(network for _, _, network, _ in frames))
        self.assertEqual([at for at, *_ in frames], sorted(at for at, *_ in frames))
        for _, _, _, frame in frames:
            self.assertEqual((frame[0] & 0xfd, frame[1], frame[4], frame[5]), (0, 1, 8, 2))
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)

    def test_tshark_decodes_the_file(self):
        fields = ["q931.message_type", "q931.calling_party_number.digits", "lapd.direction", "q931.cause_value"]
        out = subprocess.run([TSHARK, "-n", "-r", str(self.file), "-T", "fields", "-E", "separator=;", *sum((["-e", f] for f in fields), [])],
                             check=True, capture_output=True, text=True).stdout.splitlines()
        rows = [line.split(";") for line in out]
        self.assertEqual([int(row[0], 0) for row in rows], Q931_TYPES)
        self.assertEqual(rows[0][1], f"{self.number[:3]}****{self.number[-4:]}")
        self.assertEqual([row[2] for row in rows], ["1", "0", "0", "1", "0", "1", "0"])
        self.assertEqual(rows[4][3], "16")
        verbose = subprocess.run([TSHARK, "-n", "-V", "-r", str(self.file)], check=True, capture_output=True, text=True).stdout
        self.assertNotIn("alformed", verbose)

    def test_another_call_is_not_in_it(self):
        self.assertEqual(self.text.count("<- line  SETUP\n"), 1)
        with self.assertRaisesRegex(Exception, "no such call"):
            self.rig.callkey("trace", "call_nobody")
        with self.assertRaisesRegex(Exception, "no such span"):
            self.rig.callkey("trace", "span9")


class Locked(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(spans=[Span("span1", "E1", "alaw")], rate=0).start()
        cls.addClassCleanup(cls.rig.__exit__, None)
        cls.api = cls.rig.merchant()

    def trunk(self):
        spans = json.loads(self.rig.callkey("--json", "trunks"))["spans"]
        return spans[0] if spans and spans[0]["signalling"] else {"signalling": {"service": "unknown"}, "dchannel": False}

    def wait_service(self, word):
        wait_until(f"the span is {word}", lambda: self.trunk()["signalling"]["service"] == word)

    def judge_refused(self):
        phone = dial(self.rig, new_phone(), "07055555555")
        phone.wait_ended()
        self.assertEqual(phone.ended["cause"], CHANNEL_UNAVAILABLE)

    def test_a_span_is_locked_over_restarts_and_unlocked(self):
        self.assertIn("callkey trunks unlock 1", self.rig.callkey("trunks", "lock", "span1"))
        self.wait_service("out_of_service")
        self.assertRegex(self.rig.callkey("trunks"), r"span1 .* locked ")
        self.judge_refused()
        for name in ("arsd", "trunkd"):
            with self.subTest(name):
                self.rig.kill(name)
                self.rig.wait_ready()
                self.wait_service("out_of_service")
                wait_until("the line is up", lambda: self.trunk()["dchannel"])
                self.judge_refused()
        self.assertIn("takes calls again", self.rig.callkey("unlock", "1"))
        self.wait_service("in_service")
        number = new_phone()
        request = self.api.register(number, sms="skip")
        dial(self.rig, number, request["virtual_number"], register(cards.CREDIT)).wait_ended()
        request = wait_until("the registration has ended", lambda: ended_request(self.api, request["id"]))
        self.assertEqual(request["status"], "registered")

    def test_nothing_was_recorded_where_no_trace_was_on(self):
        self.assertIn("Nothing was recorded", self.rig.callkey("trace", "1"))
        self.assertIn("is off", self.rig.callkey("trace", "1", "--off"))
