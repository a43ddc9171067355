"""uplinkd's SMPP against an SMS centre whose SMPP is not ours: Perl's Net::SMPP (support/smsc.pl)."""
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from rig import config
from rig.merchant import wait_until
from support.smsc import Smsc, joined
from support.uplink import BUILD, LATER, REFUSED, SENT, UNSURE, Arsd, numbers

DELIVERED, UNDELIVERED, UNDER_WAY = 1, 2, 3
TO, FROM = "01012345678", "15881234"
SHORT = "카드 등록 53,000원"
LONG = "[칼키 서점] 월간 구독 카드 등록을 위한 전화: 070-1234-5678 로 이 휴대폰에서 걸어 주세요. " * 3 + "😀끝"


class SmppCase(unittest.TestCase):
    SETTINGS = [{}]

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="uplinkd-smpp-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        (cls.folder / "run").mkdir()
        (cls.folder / "smpp.secret").write_text("pa55word\n")
        cls.centres = [Smsc() for _ in cls.SETTINGS]
        for centre in cls.centres:
            cls.addClassCleanup(centre.close)
        cls.centre = cls.centres[0]
        (cls.folder / "callkey.cfg").write_text(config.libconfig_text({
            "run_dir": str(cls.folder / "run"), "uplinkd": {"sms": [
                {"name": f"centre{i}", "kind": "smpp", "host": "127.0.0.1", "port": c.port, "user": "callkey", "from": FROM,
                 "secret_file": str(cls.folder / "smpp.secret"), "system_type": "pay", "answer_ms": 1500, "timeout_ms": 3000,
                 "retry_most_ms": 500, **s} for i, (c, s) in enumerate(zip(cls.centres, cls.SETTINGS))]}}))
        cls.arsd = Arsd(cls.folder / "run" / "uplink.sock")
        cls.addClassCleanup(cls.arsd.close)
        log = open(cls.folder / "uplinkd.log", "ab")
        cls.addClassCleanup(log.close)
        cls.uplinkd = subprocess.Popen([str(BUILD / "bin" / "uplinkd"), "--config", str(cls.folder / "callkey.cfg")], stderr=log)
        cls.addClassCleanup(cls.end)
        cls.wait_bound()

    @classmethod
    def end(cls):
        cls.uplinkd.terminate()
        assert cls.uplinkd.wait(10) == 0, cls.log()

    @classmethod
    def log(cls):
        return (cls.folder / "uplinkd.log").read_text()

    @classmethod
    def wait_bound(cls):
        for centre in cls.centres:
            centre.wait("bind")
        wait_until("every link is up", lambda: cls.log().count("smpp_up") >= len(cls.centres), 15, 0.02)

    def setUp(self):
        self.marks = [len(c.events) for c in self.centres]
        for centre in self.centres:
            centre.tell("forget")
            centre.tell("receipts none")
            centre.tell("state DELIVRD")

    def start(self, text=SHORT, **more):
        return self.arsd.start("sms", message_id=f"sms_{next(numbers)}", to=TO, text=text, **more)

    def send(self, text=SHORT, **more):
        return self.arsd.result(self.start(text, **more))

    def submits(self, centre=0):
        return self.centres[centre].of("submit", self.marks[centre])

    def again(self, act):
        """The link goes down by act and comes up again."""
        ups = self.log().count("smpp_up")
        act()
        wait_until("the link is up again", lambda: self.log().count("smpp_up") > ups, 20, 0.02)


class UnicodeTest(SmppCase):
    SETTINGS = [{"enquire_ms": 60000, "window": 2}]

    def test_the_bind_says_who_we_are(self):
        bind = self.centre.of("bind")[0]
        self.assertEqual((bind["system_id"], bind["password"], bind["system_type"], bind["version"]),
                         ("callkey", "pa55word", "pay", 0x34))
        self.assertNotIn("pa55word", self.log())

    def test_a_text_arrives_in_ucs_2(self):
        got = self.send()
        (submit,) = self.submits()
        self.assertEqual((got["status"], got["provider"], got["fallback"], got["provider_id"]), (SENT, "centre0", 0, submit["id"]))
        self.assertEqual((joined([submit]), submit["from"], submit["to"], submit["ton"], submit["npi"], submit["registered"]),
                         (SHORT, FROM, TO, 2, 1, 1))

    def test_a_long_text_arrives_in_parts_and_the_last_has_the_receipt(self):
        got = self.send(LONG)
        submits = self.submits()
        self.assertGreater(len(submits), 2)
        self.assertEqual(joined(submits), LONG)
        self.assertLessEqual(max(len(s["text"]) // 2 for s in submits), 140)
        last = [s for s in submits if s["registered"] == 1]
        self.assertEqual((got["status"], [s["id"] for s in last]), (SENT, [got["provider_id"]]))

    def test_no_more_than_the_window_is_under_way(self):
        self.centre.tell("next silent 2")
        jobs = [self.start() for _ in range(4)]
        self.centre.wait("submit", self.marks[0], 2)
        time.sleep(0.5)
        self.assertEqual(len(self.submits()), 2)
        self.assertEqual(sorted(self.arsd.result(j)["status"] for j in jobs), [SENT, SENT, UNSURE, UNSURE])
        self.assertEqual(len(self.submits()), 4)

    def test_throttling_is_waited_out_and_nothing_is_sent_twice(self):
        for word in ("throttle", "full"):
            with self.subTest(word):
                self.setUp()
                self.centre.tell(f"next {word} 2")
                began = time.monotonic()
                self.assertEqual(self.send()["status"], SENT)
                self.assertGreater(time.monotonic() - began, 1.0)         # 500 ms, then 1 s
                self.assertEqual([s["how"] for s in self.submits()], [word, word, "take"])

    def test_a_centre_that_throttles_for_ever_has_surely_not_taken_it(self):
        self.centre.tell("next throttle 50")
        got = self.send()
        self.assertEqual((got["status"], got["detail"]), (LATER, "the centre throttles"))
        self.centre.tell("forget")
        wait_until("it sends again", lambda: self.send()["status"] == SENT, 30, 0.5)

    def test_a_refusal_is_one_and_has_its_number(self):
        self.centre.tell("next refuse")
        got = self.send()
        self.assertEqual((got["status"], got["detail"]), (REFUSED, "SMPP status 0x0000000b"))
        self.centre.tell("next 1029")         # a provider's own, 0x405
        self.assertEqual(self.send()["detail"], "SMPP status 0x00000405")

    def test_what_was_taken_under_an_id_that_cannot_be_read_was_taken(self):
        for word in ("longid", "unended"):
            with self.subTest(word):
                self.setUp()
                self.centre.tell(f"next {word}")
                got = self.send()
                self.assertEqual((got["status"], got["provider_id"]), (SENT, ""))
                self.assertEqual(len(self.submits()), 1)
                self.centre.tell(f"next {word} 20")
                self.assertEqual(self.send(LONG)["status"], SENT)

    def test_what_may_have_been_taken_is_unsure(self):
        self.centre.tell("next silent")
        self.assertEqual(self.send()["status"], UNSURE)
        self.centre.tell("next drop")
        results = []
        self.again(lambda: results.append(self.send()))
        self.assertEqual(results[0]["status"], UNSURE)
        self.assertEqual(len(self.submits()), 2)
        self.assertEqual(self.send()["status"], SENT)

    def test_a_receipt_by_parameters_and_one_by_text(self):
        for how in ("tlv", "data-tlv", "data-text", "data-ucs2", "ucs2", "text"):
            for word, state in (("DELIVRD", DELIVERED), ("UNDELIV", UNDELIVERED), ("EXPIRED", UNDELIVERED), ("ENROUTE", UNDER_WAY)):
                with self.subTest(how=how, word=word):
                    self.centre.tell(f"receipts {how}")
                    self.centre.tell(f"state {word}")
                    mark, before = len(self.arsd.receipts), len(self.centre.events)
                    sent = self.send()
                    receipt = wait_until("a receipt", lambda: self.arsd.receipts[mark:], 10, 0.01)[0]
                    self.assertEqual((receipt["provider"], receipt["provider_id"], receipt["state"]),
                                     ("centre0", sent["provider_id"], state))
                    answer = self.centre.wait("answer", before)[0]
                    self.assertEqual((answer["cmd"], answer["status"]), (0x103 if how.startswith("data") else 5, 0))
        self.assertTrue(self.arsd.receipts[-1]["detail"].startswith("ENROUTE err 027"))

    def test_a_receipt_is_answered_when_arsd_has_it_and_not_before(self):
        self.arsd.takes_receipts = False
        self.addCleanup(setattr, self.arsd, "takes_receipts", True)
        self.centre.tell("receipts tlv")
        mark = len(self.arsd.receipts)
        self.send()
        wait_until("a receipt", lambda: self.arsd.receipts[mark:], 10, 0.01)
        # Nobody stored it: it is refused for now, and the centre tries again.
        self.assertEqual(self.centre.of("answer", self.marks[0]), [])
        self.assertEqual(self.centre.wait("answer", self.marks[0])[0]["status"], 0x64)

    def test_a_receipt_while_arsd_is_away_is_refused_for_now(self):
        sent = self.send()
        self.arsd.hang_up()
        self.arsd.greeted.clear()
        self.centre.tell(f"write {sent['provider_id']}")
        self.assertEqual(self.centre.wait("answer", self.marks[0])[0]["status"], 0x64)
        assert self.arsd.greeted.wait(10)

    def test_the_centres_enquire_link_is_answered_and_its_unbind_obeyed(self):
        self.centre.tell("enquire")
        answer = self.centre.wait("answer", self.marks[0])[0]
        self.assertEqual((answer["cmd"], answer["status"]), (0x15, 0))
        self.again(lambda: self.centre.tell("unbind"))
        self.assertEqual(self.send()["status"], SENT)

    def test_octets_that_are_no_smpp_cost_the_link_and_nothing_else(self):
        for octets in ("00000000", "ffffffff0000000500000000", "0000000f", "47455420"):
            with self.subTest(octets):
                self.again(lambda o=octets: self.centre.tell(f"raw {o}"))
                self.assertEqual(self.send()["status"], SENT)
        # Whole PDUs with a broken inside are answered, and the link stays.
        ups = self.log().count("smpp_up")
        for octets, status in (("00000014" "00000005" "00000000" "00000063" "41414141", 0x65),
                               ("00000010" "00000005" "00000000" "00000064", 0x65),
                               ("00000010" "00000103" "00000000" "00000065", 0x65),
                               ("00000010" "00000003" "00000000" "00000066", 3)):
            mark = len(self.centre.events)
            self.centre.tell(f"raw {octets}")
            self.assertEqual(self.centre.wait("answer", mark)[0]["status"], status)
        for octets in ("00000010" "80000004" "00000000" "00ffffff", "00000010" "80000005" "00000000" "00ffffff"):
            self.centre.tell(f"raw {octets}")
        self.assertEqual((self.send()["status"], self.log().count("smpp_up")), (SENT, ups))


class PairTest(SmppCase):
    """A transmitter and a receiver."""
    SETTINGS = [{"bind": "pair", "enquire_ms": 1000}]

    @classmethod
    def wait_bound(cls):
        cls.centre.wait("bind", 0, 2)
        wait_until("both are up", lambda: cls.log().count("smpp_up") >= 2, 15, 0.02)

    def test_both_say_who_we_are(self):
        binds = self.centre.of("bind")
        self.assertEqual(sorted(b["role"] for b in binds[:2]), ["receiver", "transmitter"])
        self.assertEqual({(b["system_id"], b["password"]) for b in binds}, {("callkey", "pa55word")})

    def test_messages_go_over_one_and_receipts_come_over_the_other(self):
        self.centre.tell("receipts tlv")
        mark = len(self.arsd.receipts)
        sent = self.send()
        receipt = wait_until("a receipt", lambda: self.arsd.receipts[mark:], 10, 0.01)[0]
        self.assertEqual((receipt["provider_id"], receipt["state"]), (sent["provider_id"], DELIVERED))
        self.assertEqual([s["role"] for s in self.submits()], ["transmitter"])
        self.assertEqual([(a["role"], a["status"]) for a in self.centre.wait("answer", self.marks[0])], [("receiver", 0)])

    def test_each_is_asked_whether_it_is_there(self):
        wait_until("both are asked", lambda: {e["role"] for e in self.centre.of("enquire_link", self.marks[0])} == {"receiver", "transmitter"}, 15, 0.05)

    def test_a_receiver_that_is_lost_loses_no_message(self):
        self.again(lambda: (self.centre.tell("hangup receiver"), self.assertEqual(self.send()["status"], SENT)))
        self.assertEqual([b["role"] for b in self.centre.of("bind", self.marks[0])], ["receiver"])
        mark = len(self.arsd.receipts)
        self.centre.tell("receipts text")
        self.send()
        wait_until("a receipt", lambda: self.arsd.receipts[mark:], 10, 0.01)

    def test_a_transmitter_that_is_lost_loses_no_receipt(self):
        sent = self.send()
        mark = len(self.arsd.receipts)
        self.again(lambda: (self.centre.tell("hangup transmitter"), self.centre.tell(f"write {sent['provider_id']}")))
        wait_until("a receipt", lambda: self.arsd.receipts[mark:], 10, 0.01)
        self.assertEqual([b["role"] for b in self.centre.of("bind", self.marks[0])], ["transmitter"])
        self.assertEqual(self.send()["status"], SENT)

    def test_throttling_delays_and_doubles_nothing(self):
        self.centre.tell("next throttle 2")
        self.assertEqual(self.send()["status"], SENT)
        self.assertEqual([s["how"] for s in self.submits()], ["throttle", "throttle", "take"])

    def test_a_whole_window_that_is_throttled_is_one_throttling(self):
        self.centre.tell("next throttle 10")
        jobs = [self.start() for _ in range(10)]
        self.assertEqual([self.arsd.result(j)["status"] for j in jobs], [SENT] * 10)
        self.assertEqual([s["how"] for s in self.submits()], ["throttle"] * 10 + ["take"] * 10)


class TransmitterTest(SmppCase):
    """No receipts are asked for, and none are waited for."""
    SETTINGS = [{"bind": "transmitter"}]

    def test_it_sends_and_asks_for_no_receipt(self):
        self.centre.tell("receipts text")
        self.assertEqual(self.send()["status"], SENT)
        self.assertEqual([(s["role"], s["registered"]) for s in self.submits()], [("transmitter", 0)])
        self.assertEqual({b["role"] for b in self.centre.of("bind")}, {"transmitter"})


class SettingsTest(SmppCase):
    SETTINGS = [{"encoding": "euc-kr", "part_octets": 90}, {"encoding": "cp949", "data_coding": 3, "long_by": "payload"},
                {"encoding": "unicode", "receipt_id": "decimal", "numbers": "international"}]

    def test_euc_kr_goes_with_its_number_in_parts_of_90(self):
        text = LONG.replace("😀", "")
        self.assertEqual(self.send(text)["status"], SENT)
        submits = self.submits()
        self.assertEqual({s["data_coding"] for s in submits}, {14})
        self.assertLessEqual(max(len(s["text"]) // 2 for s in submits), 90)
        self.assertEqual(joined(submits), text)

    def test_a_character_that_the_encoding_has_not_goes_to_the_next(self):
        got = self.send("똠방각하")
        self.assertEqual((got["status"], got["provider"], got["fallback"], self.submits(0)), (SENT, "centre1", 1, []))
        self.assertEqual(joined(self.submits(1)), "똠방각하")

    def test_a_long_text_goes_in_one_payload(self):
        text = "가나다라마바사아자차" * 90                # 1,800 octets: more than the codec's own limit
        self.assertEqual(self.send(text, first="centre1")["status"], SENT)
        (submit,) = self.submits(1)
        self.assertEqual((bytes.fromhex(submit["payload"]).decode("cp949"), submit["text"], submit["esm_class"]), (text, "", 0))

    def test_a_receipt_with_the_id_in_decimal_finds_its_message(self):
        self.centres[2].tell("receipts decimal")
        mark = len(self.arsd.receipts)
        sent = self.send(first="centre2")
        (submit,) = self.submits(2)
        self.assertEqual((submit["to"], submit["ton"], submit["from"]), ("821012345678", 1, FROM))
        receipt = wait_until("a receipt", lambda: self.arsd.receipts[mark:], 10, 0.01)[0]
        self.assertEqual(receipt["provider_id"], sent["provider_id"])

    def test_who_refuses_or_throttles_or_is_gone_is_followed_by_the_next(self):
        for word in ("refuse", "error", "throttle"):
            with self.subTest(word):
                self.setUp()
                self.centres[0].tell(f"next {word} 20")
                got = self.send()
                self.assertEqual((got["status"], got["provider"]), (SENT, "centre1"))
                self.assertEqual(len(self.submits(1)), 1)
        self.setUp()
        self.centres[0].tell("bind 13")
        self.centres[0].tell("hangup")
        self.addCleanup(lambda: self.again(lambda: self.centres[0].tell("bind 0")))
        time.sleep(0.3)
        got = wait_until("the next one has it", lambda: (r := self.send())["provider"] == "centre1" and r, 10, 0.1)
        self.assertEqual(got["status"], SENT)
        self.assertEqual(self.submits(0), [])
        wait_until("the refused bind is told", lambda: "smpp_bind_refused" in self.log(), 10, 0.05)

    def test_who_may_have_it_is_not_followed_by_anybody(self):
        self.centres[0].tell("next silent")
        got = self.send()
        self.assertEqual((got["status"], got["provider"]), (UNSURE, "centre0"))
        self.assertEqual((self.submits(1), self.submits(2)), ([], []))
        self.assertEqual(self.send(first="centre0")["provider"], "centre0")
        self.assertEqual((got := self.send(first="centre0", skip=1))["provider"], "centre1")
        self.assertEqual(got["fallback"], 1)
        self.assertEqual(self.send(first="centre2", skip=1)["provider"], "centre0")

    def test_all_that_refuse_are_a_refusal(self):
        for centre in self.centres:
            centre.tell("next refuse")
        self.assertEqual(self.send()["status"], REFUSED)
        self.assertEqual([len(self.submits(i)) for i in range(3)], [1, 1, 1])


class SilenceTest(SmppCase):
    SETTINGS = [{"enquire_ms": 300, "answer_ms": 600}]

    def test_a_silent_line_is_asked_and_a_mute_one_given_up(self):
        self.centre.wait("enquire_link", self.marks[0], 2)
        self.again(lambda: self.centre.tell("deaf on"))
        self.centre.tell("deaf off")
        self.assertIn("no answer to enquire_link in time", self.log())
        wait_until("it works again", lambda: self.send()["status"] == SENT, 10, 0.2)

    def test_a_lost_centre_is_called_again(self):
        binds = len(self.centre.of("bind"))
        self.again(lambda: self.centre.tell("hangup"))
        # What the centre has seen is told by another process; and one that is slow to answer is called once more.
        wait_until("it was called again", lambda: len(self.centre.of("bind")) > binds, 20, 0.02)
        self.assertEqual(self.send()["status"], SENT)


if __name__ == "__main__":
    unittest.main()
