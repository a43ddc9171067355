"""arsd as a process, with neighbours that the test plays: what it keeps over a kill -9, its speech workers, peers that break
the protocol, and what its log does not tell."""
import concurrent.futures
import contextlib
import datetime
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import wave

from rig import config
from rig.appliance import SOURCE
from rig.merchant import wait_until
from rig.frames import Client

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
PHONE = "01012345678"
CAUSE_UNALLOCATED, CAUSE_REJECTED = 1, 21
numbers = itertools.count(1)


def children(pid):
    """The processes that pid has started."""
    with contextlib.suppress(FileNotFoundError):
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    return []


class Arsd:
    """The program in a folder of its own."""

    def __init__(self, folder, settings=None):
        self.folder = pathlib.Path(folder)
        (self.folder / "run").mkdir()
        (self.folder / "state").mkdir()
        self.config = self.folder / "callkey.cfg"
        self.config.write_text(config.libconfig_text(config.merge({
            "run_dir": str(self.folder / "run"), "state_dir": str(self.folder / "state"), "share_dir": str(SOURCE / "config"),
            "arsd": {"store": f"sqlite:{self.folder}/state/callkey.db", "numbers": ["07012340000-07012340099"]},
        }, settings or {})), encoding="utf-8")
        self.log = open(self.folder / "log", "ab")
        self.process, self.clients = None, []
        self.start()

    def start(self):
        self.process = subprocess.Popen([BUILD / "bin/arsd", "--config", self.config], stderr=self.log)
        wait_until("arsd is ready", lambda: self.process.poll() is not None or
                   self.log_text().count(" ready ") > self.log_text().count("was killed"))
        if self.process.poll() is None:
            self.tell_gateways()

    def tell_gateways(self):
        """Says what an uplinkd says when it comes, and goes again: arsd takes requests from then on."""
        told = self.log_text().count(" gateways ")
        client = Client("uplink", self.folder / "run/uplink.sock")
        client.receive("hello")
        client.send("pg_can", name="sandbox", kind="json", can=0xffff, left=0)
        wait_until("arsd knows its gateways", lambda: self.log_text().count(" gateways ") > told)
        client.close()

    def kill(self):
        self.hang_up()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.log.write(b"was killed\n")
        self.log.flush()

    def stop(self):
        self.hang_up()
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(10)
        self.log.close()
        return status

    def hang_up(self):
        for client in self.clients:
            client.close()
        self.clients.clear()

    def log_text(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def client(self, channel, **options):
        client = Client(channel, self.folder / f"run/{channel}.sock", **options)
        self.clients.append(client)
        return client

    def ask(self, verb, **argument):
        client = self.client("admin")
        client.send("ask", req=1, verb=verb, argument=json.dumps(argument) if argument else "")
        body = ""
        while True:
            answer = client.receive("answer")
            body += answer["body"]
            if not answer["more"]:
                break
        client.close()
        self.clients.remove(client)
        if answer["status"] != 0:
            raise RuntimeError(f"{verb}: {answer['status']} {body}")
        return json.loads(body)

    def workers(self):
        return [worker for nursery in children(self.process.pid) for worker in children(nursery)]


class ArsdTest(unittest.TestCase):
    settings = {}

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="arsd-test-")
        self.addCleanup(folder.cleanup)
        self.arsd = Arsd(folder.name, self.settings)
        self.addCleanup(self.arsd.stop)
        self.assertIsNone(self.arsd.process.poll(), self.arsd.log_text())
        self.key = self.arsd.ask("merchant_add", name="칼키 서점")["api_key"]
        self.api = self.arsd.client("api")

    def register(self, product="월간 구독", **more):
        self.api.send("registration_create", **{"req": next(numbers), "bearer": self.key, "customer_ref": "c-1", "phone": PHONE,
                                                "product_name": product, "cycle": "monthly", "sms": "skip", **more})
        return self.api.receive("answer")

    def registered(self, **more):
        answer = self.register(**more)
        self.assertEqual(answer["status"], 201, answer)
        return json.loads(answer["body"])

    def get(self, request):
        self.api.send("registration_get", req=next(numbers), bearer=self.key, id=request["id"])
        return json.loads(self.api.receive("answer")["body"])

    def count(self):
        return len(self.arsd.ask("registrations")["items"])


class Process(ArsdTest):
    def test_names_become_sound_before_the_answer(self):
        self.registered()
        files = list((self.arsd.folder / "state/speech").glob("*.wav"))
        self.assertEqual(len(files), 2)
        for file in files:
            with wave.open(str(file)) as sound:
                self.assertEqual((sound.getframerate(), sound.getnchannels(), sound.getsampwidth()), (8000, 1, 2))
                self.assertGreater(sound.getnframes(), 2000)

    def test_a_name_of_which_nothing_is_heard_is_refused_for_good(self):
        for product in ("\u3000", "\u200b\u200b", "\U0001f389", "★"):
            answer = self.register(product=product)
            self.assertEqual((answer["status"], answer["field"], answer["retry_after_s"]), (422, "/product_name", 0), product)
        self.assertEqual(self.count(), 0)
        self.assertNotIn("speech_failed", self.arsd.log_text())

    def test_what_was_answered_outlives_a_kill(self):
        request = self.registered(idempotency_key="once")
        self.arsd.kill()
        self.arsd.start()
        self.api = self.arsd.client("api")
        self.assertEqual(self.get(request)["virtual_number"], request["virtual_number"])
        self.assertEqual(self.registered(idempotency_key="once")["id"], request["id"])
        self.assertEqual(self.count(), 1)

    def test_dead_speech_workers_are_replaced(self):
        workers = self.arsd.workers()
        self.assertEqual(len(workers), 2)
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        wait_until("new workers", lambda: len(set(self.arsd.workers()) - set(workers)) == 2)
        self.registered()

    def test_without_speech_nothing_is_created_and_known_names_still_serve(self):
        self.registered()
        for nursery in children(self.arsd.process.pid):
            for worker in children(nursery):
                os.kill(worker, signal.SIGKILL)
            os.kill(nursery, signal.SIGKILL)
        answer = wait_until("a 503", lambda: (a := self.register(product=f"새 상품 {next(numbers)}"))["status"] == 503 and a)
        self.assertEqual(answer["code"], "speech_unavailable")
        self.assertGreater(answer["retry_after_s"], 0)
        self.assertEqual(self.count(), 1)
        self.registered()
        self.assertEqual(self.count(), 2)

    def test_a_peer_that_breaks_the_protocol_is_dropped_alone(self):
        frames = [b"\xff\xff", b"\x02", b"", self.api.codec.encode("hello", version=1, boot=1),
                  self.api.codec.encode("answer", status=200), self.api.codec.encode("health", req=1) + b"x"]
        for frame in frames:
            bad = self.arsd.client("api")
            bad.receive("hello")
            with contextlib.suppress(OSError):
                bad.send_raw(frame)
            with contextlib.suppress(ConnectionResetError):
                if frame:
                    self.assertIsNone(bad.receive(), frame)
        other = self.arsd.client("api", version=99)
        with contextlib.suppress(ConnectionResetError):
            self.assertIsNone(other.receive("answer"))
        self.registered()

    def test_a_call_is_offered_answered_and_lost_with_the_line(self):
        request = self.registered()
        trunkd = self.arsd.client("callctl")
        offer = {"span": 1, "channel": 1, "caller": PHONE, "screening": 3, "presentation": 1}
        trunkd.send("call_offered", call=1, called="07099999999", **offer)
        self.assertEqual(trunkd.receive("call_reject")["cause"], CAUSE_UNALLOCATED)
        trunkd.send("call_offered", call=2, called=request["virtual_number"], **offer)
        self.assertEqual(trunkd.receive("call_answer")["call"], 2)
        trunkd.send("call_up", call=2)
        self.assertEqual(trunkd.receive("play")["items"], "greet.neutral")
        trunkd.send("play_ended", call=2, play=1, why=1)
        self.assertIn("reg.consent", trunkd.receive("play")["items"])
        self.assertEqual(self.get(request)["status"], "in_call")
        trunkd.close()
        wait_until("the request waits again", lambda: self.get(request)["status"] == "sms_sent")
        call = self.arsd.ask("calls")["items"][0]
        self.assertEqual((call["status"], call["caller"]), ("line_lost", "010-****-5678"))
        steps = self.arsd.ask("call", id=call["id"])["timeline"]
        self.assertIn("ok", [step["detail"] for step in steps if step["what"] == "holder"])

    def test_the_command_line_sees_and_drains_the_line(self):
        with self.assertRaisesRegex(RuntimeError, "503 trunkd is not there"):
            self.arsd.ask("drain", on=True)
        trunkd = self.arsd.client("callctl")
        trunkd.send("span_state", span=1, name="span1", kind="soft", line="E1", alarms=8, dchan_up=0, channels=30, busy=2)
        span = wait_until("the span is known", lambda: self.arsd.ask("trunks")["spans"])[0]
        self.assertEqual((span["name"], span["line"], span["alarms"], span["dchannel"], span["channels"], span["busy"]),
                         ("span1", "E1", ["red"], False, 30, 2))
        self.assertEqual(self.arsd.ask("status")["processes"], {"trunkd": "up", "keystored": "down", "uplinkd": "down", "arsd": "up"})
        for on in (True, False):
            self.assertEqual(self.arsd.ask("drain", span=1, on=on), {"on": on})
            self.assertEqual(trunkd.receive("drain"), {"type": "drain", "span": 1, "on": int(on)})
        for verb, argument in (("drain", {"on": "yes"}), ("drain", {}), ("drain", {"on": True, "span": 70000}), ("call", {}),
                               ("call", {"id": "call_x"}), ("format", {})):
            with self.assertRaisesRegex(RuntimeError, "40[04]"):
                self.arsd.ask(verb, **argument)
        self.assertEqual(self.arsd.ask("payments"), {"items": []})

    def told_bins(self, *bins, boot):
        """A trunkd with one span tells these quarters of an hour (0: the one that runs): (ago, seconds, es, ses, uas)."""
        trunkd = self.arsd.client("callctl")
        trunkd.send("span_state", span=1, name="tel1", kind="soft", line="E1", dchan_up=1, channels=30)
        for ago, seconds, es, ses, uas in bins:
            trunkd.send("span_bin", span=1, name="tel1", boot=boot, quarter=self.quarter - ago, seconds=seconds, es=es, ses=ses, uas=uas)
        return trunkd

    def seconds(self, *want):
        """Waits for (seconds, errored, severely errored, unavailable) of 24 hours, of the second set."""
        def sets():
            spans = self.arsd.ask("trunks")["spans"]
            return tuple(tuple((spans[0][name] or {}).get(key) for key in ("seconds", "errored", "severely_errored", "unavailable"))
                         for name in ("day", "counted")) if spans else None
        wait_until(f"the seconds are {want}", lambda: sets() == want)
        return self.arsd.ask("trunks")["spans"][0]

    def test_the_lines_seconds_outlive_trunkd_and_arsd_and_one_set_is_zeroed(self):
        left = 900 - time.time() % 900
        if left < 60:
            time.sleep(left + 1)                     # the test is of one quarter of an hour
        self.quarter = int(time.time() // 900)
        trunkd = self.told_bins((96, 900, 9, 9, 9), (95, 900, 5, 3, 2), (1, 900, 0, 0, 0), (0, 10, 2, 1, 0), (-1, 9, 9, 9, 0), boot=7)
        first = self.seconds((1810, 7, 4, 2), (1810, 7, 4, 2))
        self.assertIsNone(first["counted"]["zeroed_by"])
        begin = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime((self.quarter - 95) * 900))
        self.assertEqual((first["day"]["since"], first["counted"]["since"]), (begin, begin))
        trunkd.send("span_bin", span=1, name="tel1", boot=7, quarter=self.quarter, seconds=30, es=3, ses=1, uas=0)
        self.seconds((1830, 8, 4, 2), (1830, 8, 4, 2))
        self.arsd.kill()
        self.arsd.start()
        trunkd = self.told_bins((95, 900, 5, 3, 2), (1, 900, 0, 0, 0), (0, 35, 3, 1, 0), boot=7)     # the same trunkd tells all again
        self.seconds((1835, 8, 4, 2), (1835, 8, 4, 2))
        before = time.time()
        answer = self.arsd.ask("trunk_zero", span="tel1")
        since = datetime.datetime.fromisoformat(answer["since"].replace("Z", "+00:00")).timestamp()
        self.assertTrue(before - 1 <= since <= time.time() + 1, answer)
        zeroed = self.seconds((1835, 8, 4, 2), (0, None, None, None))
        self.assertEqual((zeroed["counted"]["since"], zeroed["counted"]["zeroed_by"]), (answer["since"], "operator"))
        self.arsd.kill()
        self.arsd.start()
        trunkd.close()
        trunkd = self.told_bins((0, 6, 1, 0, 4), boot=8)                                              # trunkd starts anew
        again = self.seconds((1841, 9, 4, 6), (6, 1, 0, 4))
        self.assertEqual(again["counted"]["since"], answer["since"])
        shown = subprocess.run([BUILD / "bin/callkey", "--config", self.arsd.config, "trunks", "--counters"], capture_output=True,
                               text=True, check=True, timeout=20).stdout
        self.assertRegex(shown, r"(?m)^ +1  tel1  24 hours  [-0-9]+ [:0-9]+ +9 +4 +6( +-){5}  -$")
        self.assertRegex(shown, r"(?m)^ +1  tel1  counted   [-0-9]+ [:0-9]+ +1 +0 +4( +-){5}  operator$")
        history = subprocess.run([BUILD / "bin/callkey", "--config", self.arsd.config, "trunks", "history", "1"], capture_output=True,
                                 text=True, check=True, timeout=20).stdout.splitlines()
        self.assertEqual([line.split()[2:6] for line in history[1:-1]],
                         [["900", "5", "3", "2"], ["900", "0", "0", "0"], ["41", "4", "1", "4"]])
        subprocess.run([BUILD / "bin/callkey", "--config", self.arsd.config, "trunks", "zero", "1"], check=True, timeout=20,
                       stdout=subprocess.DEVNULL)
        self.seconds((1841, 9, 4, 6), (0, None, None, None))
        with self.assertRaisesRegex(RuntimeError, "404 there is no such span"):
            self.arsd.ask("trunk_zero", span="tel2")

    def lines_of_a_card(self, **state):
        """A trunkd with analog lines in ports 1, 2 and 4 of its second span."""
        trunkd = self.arsd.client("callctl")
        trunkd.send("span_state", span=2, name="tel2", kind="fxo", line="analog", dchan_up=1, channels=3)
        trunkd.send("span_lines", span=2, used=0b10110, **state)
        wait_until("the lines are seen", lambda: any(s["lines"] for s in self.arsd.ask("trunks")["spans"]))
        return trunkd

    def test_the_command_line_locks_one_analog_line_and_all(self):
        trunkd = self.lines_of_a_card(ringing=0b00010, in_call=0b00100, no_battery=0b10000)
        self.assertEqual(self.arsd.ask("trunks")["spans"][0]["lines"],
                         {"used": [1, 2, 4], "ringing": [1], "in_call": [2], "no_battery": [4], "locked": [], "refused_locked": 0})
        self.assertEqual(self.arsd.ask("lock", span="tel2", line=4, on=True), {"span": 2, "line": 4, "on": True, "analog": True})
        self.assertEqual(trunkd.receive("lock"), {"type": "lock", "span": 2, "on": 1, "channel": 4})
        for argument in ({"line": 3}, {"line": 31}, {"line": 0}, {"line": 32}, {"line": "4"}):
            with self.assertRaisesRegex(RuntimeError, "40[04]"):
                self.arsd.ask("lock", span="tel2", on=True, **argument)
        trunkd.close()
        wait_until("trunkd is lost", lambda: not self.arsd.ask("trunks")["spans"])
        trunkd = self.lines_of_a_card()
        self.assertEqual(trunkd.receive("lock"), {"type": "lock", "span": 2, "on": 1, "channel": 4})    # a trunkd that starts anew is told
        self.arsd.kill()
        self.arsd.start()
        trunkd.close()
        trunkd = self.lines_of_a_card(locked=0b10000)                                                   # a new arsd learns it from trunkd
        trunkd.close()
        wait_until("trunkd is lost", lambda: not self.arsd.ask("trunks")["spans"])
        trunkd = self.lines_of_a_card()
        self.assertEqual(trunkd.receive("lock")["channel"], 4)
        shown = subprocess.run([BUILD / "bin/callkey", "--config", self.arsd.config, "trunks", "unlock", "2"], capture_output=True,
                               text=True, check=True, timeout=20).stdout
        self.assertEqual(shown, "Span 2 takes calls again.\n")
        self.assertEqual(trunkd.receive("lock"), {"type": "lock", "span": 2, "on": 0, "channel": 0})

    def line_with_d_channel(self):
        trunkd = self.arsd.client("callctl")
        trunkd.send("span_state", span=3, name="tel3", kind="soft", line="T1", dchan_up=1, channels=23)
        trunkd.send("span_state", span=4, name="tel4", kind="fxo", line="analog", dchan_up=1, channels=4)
        trunkd.send("span_pri", span=3, dialect="5ess", network_side=1, busied_out=6, trace_left_s=60)
        wait_until("the line is known", lambda: any(s["signalling"] for s in self.arsd.ask("trunks")["spans"]))
        return trunkd

    def test_the_command_line_locks_and_traces_a_line(self):
        with self.assertRaisesRegex(RuntimeError, "503 trunkd is not there"):
            self.arsd.ask("lock", span="1", on=True)
        trunkd = self.line_with_d_channel()
        spans = self.arsd.ask("trunks")["spans"]
        self.assertEqual({key: spans[0]["signalling"][key] for key in ("switch", "side", "service", "busied_out", "trace_left_s")},
                         {"switch": "5ess", "side": "network", "service": "in_service", "busied_out": 2, "trace_left_s": 60})
        self.assertIsNone(spans[1]["signalling"])
        self.assertEqual(self.arsd.ask("lock", span="tel3", on=True), {"span": 3, "on": True})
        self.assertEqual(trunkd.receive("lock"), {"type": "lock", "span": 3, "on": 1, "channel": 0})
        self.assertEqual(self.arsd.ask("trace", span="3", minutes=9), {"span": 3, "minutes": 9})
        self.assertEqual(trunkd.receive("trace"), {"type": "trace", "span": 3, "minutes": 9})
        self.assertEqual(self.arsd.ask("trace", span="3", off=True), {"span": 3, "minutes": 0})
        self.assertEqual(trunkd.receive("trace")["minutes"], 0)
        for verb, argument in (("lock", {"span": "3"}), ("lock", {"span": "9", "on": True}), ("lock", {"span": "tel4", "on": True}),
                               ("trace", {}), ("trace", {"span": "3", "call": "call_x"}), ("trace", {"span": "3", "minutes": 1441}),
                               ("trace", {"span": "3", "minutes": 5, "off": True}), ("trace", {"call": "call_x", "minutes": 5}),
                               ("trace", {"call": "call_x"}), ("trace", {"span": "3x"}), ("trace", {"span": "tel4"})):
            with self.assertRaisesRegex(RuntimeError, "40[04]|503 trunkd has not told of this span", msg=str((verb, argument))):
                self.arsd.ask(verb, **argument)
        with self.assertRaisesRegex(RuntimeError, "403 .*arsd.trace_numbers"):
            self.arsd.ask("trace", span="3", numbers=True)
        trunkd.close()
        again = self.arsd.client("callctl")
        self.assertEqual(again.receive("lock"), {"type": "lock", "span": 3, "on": 1, "channel": 0})       # a trunkd that starts anew is told

    def test_a_trace_is_masked_and_lost_with_trunkd(self):
        trunkd = self.line_with_d_channel()
        setup = bytes.fromhex("02010000" "0802000505" "6c0d2183") + PHONE.encode()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            asked = pool.submit(self.arsd.ask, "trace", span="tel3")
            req = trunkd.receive("trace_get")["req"]
            trunkd.send("trace_frame", req=req + 1, octets=setup)                            # of nobody
            trunkd.send("trace_frame", req=req, at_ms=1700000000123, sent=1, call=5, octets=setup)
            trunkd.send("trace_frame", req=req, octets=b"")
            trunkd.send("trace_end", req=req, found=1)
            answer = asked.result()
            self.assertEqual((answer["span"], answer["masked"], answer["network_side"], len(answer["frames"])), (3, True, True, 2))
            frame = answer["frames"][0]
            self.assertEqual((frame["at"], frame["sent"], frame["line_call"]), ("2023-11-14T22:13:20.123Z", True, 5))
            self.assertIn("calling number: 010****5678 (national, allowed, network)", frame["text"])
            self.assertEqual(bytes.fromhex(frame["octets"]), setup.replace(PHONE.encode(), b"010****5678"))
            asked = pool.submit(self.arsd.ask, "trace", span="tel3")
            req = trunkd.receive("trace_get")["req"]
            trunkd.close()
            with self.assertRaisesRegex(RuntimeError, "503 trunkd is not there"):
                asked.result()

    def test_a_long_list_comes_in_parts(self):
        for _ in range(90):
            self.registered()
        self.assertEqual(len(self.arsd.ask("registrations", limit=1000)["items"]), 90)
        self.assertEqual(len(self.arsd.ask("registrations", limit=7)["items"]), 7)

    def test_the_log_tells_no_number_and_no_key(self):
        request = self.registered()
        trunkd = self.arsd.client("callctl")
        for call in range(1, 8):
            trunkd.send("call_offered", call=call, span=1, channel=call, called=request["virtual_number"], caller="01099998888",
                        screening=3, presentation=1)
        while trunkd.receive("call_reject")["cause"] != CAUSE_REJECTED:
            pass
        log = self.arsd.log_text()
        self.assertIn("call_offered", log)
        for word in (PHONE, "01099998888", request["virtual_number"], self.key, "칼키", "월간"):
            self.assertNotIn(word, log)

    def test_it_ends_when_it_is_told_to(self):
        self.assertEqual(self.arsd.stop(), 0)
        self.assertEqual(children(self.arsd.process.pid), [])


class WholeNumbers(unittest.TestCase):
    def test_a_trace_shows_whole_numbers_where_that_is_allowed_and_asked_for(self):
        with tempfile.TemporaryDirectory(prefix="arsd-test-") as folder:
            arsd = Arsd(folder, {"arsd": {"trace_numbers": True}})
            self.addCleanup(arsd.stop)
            trunkd = arsd.client("callctl")
            trunkd.send("span_state", span=1, name="tel1", kind="soft", line="E1")
            trunkd.send("span_pri", span=1, dialect="euroisdn")
            wait_until("the line is known", lambda: any(s["signalling"] for s in arsd.ask("trunks")["spans"]))
            for numbers in (False, True):
                with concurrent.futures.ThreadPoolExecutor() as pool:
                    asked = pool.submit(arsd.ask, "trace", span="1", numbers=numbers)
                    req = trunkd.receive("trace_get")["req"]
                    trunkd.send("trace_frame", req=req, octets=bytes.fromhex("02010000" "0802000505" "6c0d2183") + PHONE.encode())
                    trunkd.send("trace_end", req=req, found=1)
                    answer = asked.result()
                self.assertEqual(PHONE in answer["frames"][0]["text"], numbers)
                self.assertEqual(answer["masked"], not numbers)


class Configuration(unittest.TestCase):
    def refused(self, settings):
        with tempfile.TemporaryDirectory(prefix="arsd-test-") as folder:
            arsd = Arsd(folder, settings)
            self.assertEqual(arsd.stop(), 2)
            return arsd.log_text()

    def test_settings_that_would_fail_later_are_refused_with_their_line(self):
        for settings, why in (({"sms_ko": "{merchant}: {product}"}, r"arsd\.sms_ko: must hold \{number\}"),
                              ({"sms_en": "{number} {name}"}, r"arsd\.sms_en: \{name\}: there are \{merchant\}"),
                              ({"sms_en": "{number"}, r"arsd\.sms_en: \{number"),
                              ({"store": "postgres:x"}, r'arsd\.store = "postgres:x": must be sqlite:'),
                              ({"languages": ["ko", "ko"]}, r'arsd\.languages: "ko" stands twice')):
            with self.subTest(why):
                self.assertRegex(self.refused({"arsd": settings}), r"callkey\.cfg:\d+: " + why)

    def test_what_a_gateway_may_still_do_is_not_called_late(self):
        gateway = {"name": "slow", "url": "https://127.0.0.1:1", "secret_file": "/nonexistent", "timeout_ms": 30001}
        log = self.refused({"arsd": {"pg_late_s": 60}, "uplinkd": {"pg": [gateway]}})
        self.assertRegex(log, r'callkey\.cfg:\d+: arsd\.pg_late_s must be at least 61: twice the timeout_ms of the gateway \\?"slow')

    def test_a_file_of_words_in_the_place_of_another_is_refused(self):
        cases = (("scenarios/registration.cfg", "scenarios/payment.cfg", 'registration.cfg: holds the scenario "payment"'),
                 ("prompts/ko/manifest.cfg", "prompts/en/manifest.cfg", 'ko/manifest.cfg: language = "en"'))
        for there, instead, why in cases:
            with self.subTest(there), tempfile.TemporaryDirectory(prefix="arsd-test-") as folder:
                share = pathlib.Path(folder, "share")
                shutil.copytree(SOURCE / "config", share)
                shutil.copy(SOURCE / "config" / instead, share / there)
                self.assertIn(why, self.refused({"share_dir": str(share)}))

    def test_a_wrong_number_is_refused_with_its_line(self):
        log = self.refused({"arsd": {"numbers": ["07012340000-07012340099", "07012340050"]}})
        self.assertRegex(log, r"callkey\.cfg:\d+: arsd\.numbers: .*overlaps")

    def test_a_service_number_is_no_virtual_number(self):
        log = self.refused({"arsd": {"numbers": ["07012340000-07012340099"], "withdrawal_numbers": ["07012340050"]}})
        self.assertRegex(log, r"callkey\.cfg:\d+: arsd\.withdrawal_numbers: .*overlaps")

    def test_a_folder_without_prompts_is_refused_by_name(self):
        self.assertIn("prompts/ko/manifest.cfg", self.refused({"share_dir": "/nonexistent"}))


if __name__ == "__main__":
    unittest.main()
