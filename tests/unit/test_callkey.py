"""callkey as a process: against an arsd that this test plays, and a telephone against a carrier that it plays."""
import json
import os
import pathlib
import pty
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

BUILD = pathlib.Path(os.environ.get("CALLKEY_BUILD", "build")).resolve()
CALLKEY = BUILD / "bin" / "callkey"
HELLO, ASK, ANSWER = 1, 2, 32
VERSION = 1


class Arsd:
    """Answers each question with what answer(verb, argument) returns: (status, [parts]), or None for silence."""

    def __init__(self, path, answer, version=VERSION):
        self.answer, self.version, self.asked = answer, version, []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(path))
        self.listener.listen(4)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self._talk(connection)

    def _talk(self, connection):
        hello = connection.recv(65536)
        if struct.unpack("<HIQ", hello)[:2] != (HELLO, VERSION):
            return
        connection.send(struct.pack("<HIQ", HELLO, self.version, 77))
        frame = connection.recv(65536)
        if not frame:
            return
        kind, req, length = struct.unpack_from("<HQH", frame)
        verb = frame[12:12 + length].decode()
        (more,) = struct.unpack_from("<H", frame, 12 + length)
        argument = frame[14 + length:14 + length + more].decode()
        self.asked.append((kind, verb, json.loads(argument)))
        answer = self.answer(verb, argument)
        if answer is None:
            return
        status, parts = answer
        for i, part in enumerate(parts):
            connection.send(struct.pack("<HQHBH", ANSWER, req, status, i + 1 < len(parts), len(part)) + part)
        connection.recv(1)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


class Carrier:
    """One call: notes commands; says what say() is told to."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen(1)
        self.listener.settimeout(10)

    def accept(self):
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(10)
        self.lines = self.connection.makefile("rb")

    def command(self, answer='{"ev":"ok"}'):
        line = json.loads(self.lines.readline())
        self.connection.sendall(answer.encode() + b"\n")
        return line

    def say(self, **event):
        self.connection.sendall(json.dumps(event).encode() + b"\n")

    def close(self):
        if hasattr(self, "connection"):
            self.lines.close()
            self.connection.close()
        self.listener.close()


class Base(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="callkey-cl-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.config = self.folder / "callkey.cfg"
        self.config.write_text(f'run_dir = "{self.folder}";\nshare_dir = "{self.folder}";\n', encoding="utf-8")
        manifest = self.folder / "prompts" / "ko" / "manifest.cfg"
        manifest.parent.mkdir(parents=True)
        manifest.write_text('language = "ko";\nprompts = ( { id = "card.number"; text = "카드 번호를 입력해 주십시오."; } );\n',
                            encoding="utf-8")

    def run_callkey(self, *words, **options):
        return subprocess.run([CALLKEY, "--config", self.config, *words], capture_output=True, text=True, timeout=30, check=False,
                              env={**os.environ, "TZ": "KST-9"}, **options)


class Asking(Base):
    def arsd(self, answer, **options):
        arsd = Arsd(self.folder / "admin.sock", answer, **options)
        self.addCleanup(arsd.close)
        return arsd

    def test_an_answer_is_a_table_or_as_it_is(self):
        body = json.dumps({"items": [{"id": "mer_1", "name": "한 가게", "live": True}]}, ensure_ascii=False)
        arsd = self.arsd(lambda verb, argument: (0, [body.encode()]))
        done = self.run_callkey("merchants")
        self.assertEqual(done.stdout.splitlines(), [
            "MERCHANT  NAME     MODE  CONSENT  PG  WEBHOOK  CREATED",
            "mer_1     한 가게  live  asked    -   -        -"])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.run_callkey("--json", "merchants")
        self.assertEqual(done.stdout, body + "\n")
        self.assertEqual(arsd.asked, [(ASK, "merchants", {})] * 2)

    def test_words_become_the_argument(self):
        arsd = self.arsd(lambda verb, argument: (0, [b'{"id":"mer_1","api_key":"ck_test_1","webhook_secret":"whsec_1"}']))
        done = self.run_callkey("merchants", "add", "Shop", "--webhook", "https://shop.example/hook", "--live")
        self.assertIn("ck_test_1", done.stdout)
        self.assertIn("whsec_1", done.stdout)
        self.assertIn("this once", done.stdout)
        self.assertEqual(arsd.asked[0][1:], ("merchant_add", {"name": "Shop", "webhook_url": "https://shop.example/hook", "live": True}))

    def test_a_long_answer_comes_in_parts(self):
        items = [{"id": f"call_{i}", "status": "completed"} for i in range(3000)]
        body = json.dumps({"items": items}).encode()
        self.arsd(lambda verb, argument: (0, [body[i:i + 60000] for i in range(0, len(body), 60000)]))
        done = self.run_callkey("calls", "--limit", "1000")
        self.assertEqual(len(done.stdout.splitlines()), 3001)
        self.assertIn("call_2999", done.stdout.splitlines()[-1])

    def test_a_refusal_is_the_reason_and_exit_1(self):
        self.arsd(lambda verb, argument: (404, ["there is no such call".encode()]))
        done = self.run_callkey("call", "call_x")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", "callkey: there is no such call\n"))

    def test_without_arsd_it_says_so_and_what_to_do(self):
        done = self.run_callkey("status")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn(f"arsd does not answer at {self.folder}/admin.sock", done.stderr)
        self.assertIn("make run", done.stderr)

    def test_an_arsd_that_hangs_up_or_speaks_otherwise(self):
        self.arsd(lambda verb, argument: None)
        done = self.run_callkey("status")
        self.assertEqual(done.returncode, 3)
        self.assertIn("closed the connection", done.stderr)

    def test_another_version_is_refused(self):
        arsd = self.arsd(lambda verb, argument: (0, [b"{}"]), version=99)
        done = self.run_callkey("status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("another version", done.stderr)
        self.assertEqual(arsd.asked, [])

    def test_an_answer_that_is_no_json_is_said(self):
        self.arsd(lambda verb, argument: (0, [b"{broken"]))
        done = self.run_callkey("status")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("--json", done.stderr)

    def test_a_wrong_configuration_is_named_with_its_line(self):
        self.config.write_text("run_dir = \"/x\";\nrun_dri = 1;\n", encoding="utf-8")
        done = self.run_callkey("status")
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{self.config}:2", done.stderr)


class Telephone(Base):
    def setUp(self):
        super().setUp()
        self.carrier = Carrier(self.folder / "carrier.sock")
        self.addCleanup(self.carrier.close)
        self.words = [CALLKEY, "--config", self.config, "phone", "01012345678", "07012340001", "--carrier", self.folder / "carrier.sock"]

    def start(self, *more, **streams):
        process = subprocess.Popen([*self.words, *more], **streams)
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.kill)
        self.carrier.accept()
        self.placed = self.carrier.command()
        return process

    def test_a_call_by_pipe(self):
        process = self.start("--screening", "passed", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual({k: self.placed[k] for k in ("cmd", "caller", "called", "screening")},
                         {"cmd": "call", "caller": "01012345678", "called": "07012340001", "screening": "passed"})
        call = self.placed["id"]
        process.stdin.write(b"1 x\n")                     # before the call is connected: it waits; what is no key is none
        process.stdin.flush()
        time.sleep(0.2)
        self.carrier.say(ev="setup", id=call, t_ms=0, span="span1", slot=1)
        self.carrier.say(ev="connected", id=call, t_ms=60)
        self.assertEqual(self.carrier.command(), {"cmd": "press", "id": call, "keys": "1"})
        self.carrier.say(ev="pressed", id=call, t_ms=80, count=1)
        self.carrier.say(ev="heard", id=call, t_ms=1000, prompt="card.number", voice="ko")
        time.sleep(0.2)
        process.stdin.write(b"94")
        process.stdin.flush()
        for key in "94":
            self.assertEqual(self.carrier.command(), {"cmd": "press", "id": call, "keys": key, "secret": True})
            self.carrier.say(ev="pressed", id=call, t_ms=2000, count=1, secret=True)
        process.stdin.close()                             # the call goes on
        self.carrier.say(ev="ended", id=call, t_ms=9000, cause=16, by="appliance")
        text = process.stdout.read().decode()
        process.stdout.close()
        self.assertEqual(process.wait(10), 0)
        self.assertEqual(text.splitlines()[1:], [
            "  0:00.0    dialled on span1, channel 1",
            "  0:00.0    connected",
            "  0:00.0    pressed 1",
            "  0:01.0  > 카드 번호를 입력해 주십시오.  [card.number]",
            "  0:02.0    pressed ••",
            "  0:09.0    ended: the appliance hung up, cause 16"])

    def test_q_hangs_up_and_an_unconnected_call_is_no_success(self):
        process = self.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(b"q")
        process.stdin.flush()
        self.assertEqual(self.carrier.command()["cmd"], "hangup")
        self.carrier.say(ev="ended", id=self.placed["id"], t_ms=100, cause=16, by="phone")
        self.assertIn("you hung up, cause 16 (never connected)", process.communicate(timeout=10)[0].decode())
        self.assertEqual(process.returncode, 1)

    def test_json_is_what_the_carrier_says(self):
        process = self.start("--json", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        said = [{"ev": "connected", "id": "x", "t_ms": 1}, {"ev": "ended", "id": "x", "t_ms": 2, "cause": 16, "by": "appliance"}]
        for event in said:
            self.carrier.say(**event)
        lines = process.communicate(timeout=10)[0].decode().splitlines()
        self.assertEqual([json.loads(line) for line in lines], [{"ev": "ok"}, *said])
        self.assertEqual(process.returncode, 0)

    def test_in_a_terminal_a_key_is_pressed_at_once_and_ctrl_c_hangs_up(self):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        process = self.start(stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        self.carrier.say(ev="connected", id=self.placed["id"], t_ms=60)
        self.read_until(master, "connected")
        os.write(master, b"5")
        self.assertEqual(self.carrier.command()["keys"], "5")
        os.write(master, b"\x03")
        self.assertEqual(self.carrier.command()["cmd"], "hangup")
        self.carrier.say(ev="ended", id=self.placed["id"], t_ms=500, cause=16, by="phone")
        self.assertEqual(process.wait(10), 0)

    def read_until(self, fd, word):
        text = ""
        while word not in text:
            self.assertTrue(select.select([fd], [], [], 10)[0], f"{word} did not come; so far: {text}")
            text += os.read(fd, 4096).decode(errors="replace")

    def test_a_refused_call_says_why(self):
        process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.carrier.accept()
        self.carrier.command('{"ev":"error","why":"no span is up\\u001b[2J"}')
        _, errors = process.communicate(timeout=10)
        self.assertEqual((process.returncode, errors.decode()), (1, "callkey phone: the carrier refused: no span is up?[2J\n"))

    def test_a_carrier_that_dies_or_is_not_there(self):
        process = self.start(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.carrier.close()
        _, errors = process.communicate(timeout=10)
        self.assertEqual((process.returncode, errors.decode()), (1, "callkey phone: the carrier is gone\n"))
        (self.folder / "carrier.sock").unlink()
        done = self.run_callkey("phone", "1", "2", "--carrier", self.folder / "carrier.sock")
        self.assertEqual(done.returncode, 3)
        self.assertIn("make run", done.stderr)


if __name__ == "__main__":
    unittest.main()
