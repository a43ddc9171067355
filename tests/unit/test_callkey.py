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
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="callkey-cl-"))
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
            "MERCHANT  ACCOUNT  NAME     MODE  CONSENT  PG  WEBHOOK  CREATED  USED",
            "mer_1     -        한 가게  live  asked    -   -        -        -"])
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


class Configuring(Base):
    """callkey trunks configure: no appliance, no card; the kernel's list of spans is a folder of this test."""
    SPANS = """{ name = "tel1"; kind = "dahdi"; span = 1; },
               { name = "lab"; kind = "soft"; path = "/x"; },
               { name = "tel2"; kind = "fxo"; span = 2; echo_ms = 0; law = "ulaw"; lines = (
                 { channel = 1; number = "0212340001"; }, { channel = 3; number = "0212340003"; } ); }"""
    FIRST = ["# span 1, \"tel1\": E1", "span=1,1,0,ccs,hdb3,crc4", "bchan=1-15,17-31", "dchan=16", "alaw=1-31",
             "echocanceller=mg2,1-15,17-31"]

    def setUp(self):
        super().setUp()
        self.proc = self.folder / "proc"
        self.file = self.folder / "system.conf"
        self.spans(self.SPANS)

    def spans(self, text):
        self.config.write_text(f"trunkd: {{ spans = ( {text} ); }};\n", encoding="utf-8")

    def card(self, number, first, count):
        self.proc.mkdir(exist_ok=True)
        slots = "".join(f"\t{first + i:4d} TE2/0/{number}/{i + 1} Clear \n" for i in range(count))
        (self.proc / str(number)).write_text(f'Span {number}: TE2/0/{number} "T2XXP" (MASTER) HDB3/CCS/CRC4 \n\n{slots}', encoding="ascii")

    def configure(self, *words):
        return self.run_callkey("trunks", "configure", "--proc", self.proc, "--file", self.file, *words)

    def judge_refused(self, done, reason, status=1):
        self.assertEqual((done.returncode, done.stdout), (status, ""))
        self.assertIn(reason, done.stderr)

    def files(self):
        return sorted(p.name for p in self.folder.iterdir() if p.name.startswith("system.conf"))

    def test_a_dry_run_shows_and_writes_nothing(self):
        done = self.configure()
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[:2], ["--- /dev/null", f"+++ {self.file}"])
        self.assertTrue(all(line.startswith("+") for line in lines[3:]))
        text = [line[1:] for line in lines[3:]]
        at = text.index(self.FIRST[0])
        self.assertEqual(text[at:at + len(self.FIRST)], self.FIRST)
        self.assertIn("fxsks=32,34", text)
        self.assertIn("mulaw=32,34", text)
        self.assertEqual(text[-2:], ["loadzone=us", "defaultzone=us"])
        self.assertIn("span 1: channels 1-31, counted", done.stderr)
        self.assertIn("nothing was written", done.stderr)
        self.assertEqual(self.files(), [])

    def test_it_writes_keeps_the_old_file_and_then_has_nothing_to_do(self):
        self.file.write_text("span=1,1,2,ccs,hdb3\nloadzone=us", encoding="ascii")
        self.file.chmod(0o640)
        dry = self.configure()
        done = self.configure("--write")
        self.assertEqual((done.returncode, done.stdout), (0, dry.stdout), done.stderr)
        self.assertIn(f"dahdi_cfg -c {self.file}", done.stderr)
        self.assertEqual(self.files(), ["system.conf", "system.conf.bak"])
        self.assertEqual((self.folder / "system.conf.bak").read_text(encoding="ascii"), "span=1,1,2,ccs,hdb3\nloadzone=us")
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o640)
        self.assertIn("\nspan=1,1,2,ccs,hdb3\n", self.file.read_text(encoding="ascii"))       # the line's own settings are kept
        again = self.configure("--write")
        self.assertEqual((again.returncode, again.stdout), (0, ""))
        self.assertIn("nothing is to be changed", again.stderr)
        self.assertIn("loadzone=us", (self.folder / "system.conf.bak").read_text(encoding="ascii").splitlines()[-1])

    def test_it_writes_the_modules_parameters_beside_the_channels(self):
        modules = self.folder / "modules.conf"
        modules.write_text("options wctdm24xxp opermode=FCC latency=2\n", encoding="ascii")
        dry = self.configure("--modules", modules)
        self.assertIn("-options wctdm24xxp opermode=FCC latency=2\n", dry.stdout)
        self.assertIn("+options wctdm24xxp opermode=SOUTHKOREA latency=2\n", dry.stdout)
        self.assertIn("options wctdm24xxp opermode=FCC", modules.read_text(encoding="ascii"))
        done = self.configure("--modules", modules, "--write")
        self.assertEqual((done.returncode, done.stdout), (0, dry.stdout), done.stderr)
        self.assertIn("when the modules are loaded next", done.stderr)
        self.assertIn("\noptions wcte13xp default_linemode=e1\n", modules.read_text(encoding="ascii"))
        self.assertTrue((self.folder / "modules.conf.bak").exists() and self.file.exists())
        again = self.run_callkey("trunks", "configure", "--proc", self.proc, "--modules", modules)       # that file alone
        self.assertEqual((again.returncode, again.stdout), (0, ""), again.stderr)
        self.assertIn(f"{modules} fits", again.stderr)
        self.spans(self.SPANS.replace("span = 2;", 'span = 2; opermode = "uk";'))
        self.judge_refused(self.configure("--modules", modules), "opermode is the driver's name of a country", 2)

    def test_the_diff_leads_from_the_old_file_to_the_new_one(self):
        self.file.write_text("# mine\nspan=1,1,0,ccs,hdb3,crc4\nbchan=1-15\ndchan=16\nloadzone=kr\ndefaultzone=us\n", encoding="ascii")
        old = self.file.read_bytes()
        shown = self.configure("--write").stdout
        new = self.file.read_bytes()
        self.assertNotEqual(old, new)
        self.assertEqual(self.apply(old.decode(), shown), new.decode())

    def apply(self, text, diff):
        """text with a diff applied to it; a context that does not fit is a failure."""
        old, new, at = text.splitlines(keepends=True), [], 0
        for line in diff.splitlines(keepends=True)[2:]:
            if line.startswith("@@"):
                start = int(line.split()[1][1:].split(",")[0]) - 1
                new += old[at:start]
                at = start
            elif line[0] == "+":
                new.append(line[1:])
            else:
                self.assertEqual(old[at], line[1:])
                new += [line[1:]] if line[0] == " " else []
                at += 1
        return "".join(new + old[at:])

    def test_a_link_stays_one(self):
        real = self.folder / "real.conf"
        real.write_text("loadzone=us\n", encoding="ascii")
        self.file.symlink_to(real)
        self.assertEqual(self.configure("--write").returncode, 0)
        self.assertTrue(self.file.is_symlink())
        self.assertIn("bchan=1-15", real.read_text(encoding="ascii"))
        self.assertEqual((self.folder / "real.conf.bak").read_text(encoding="ascii"), "loadzone=us\n")

    def test_the_drivers_numbers_go_before_counted_ones(self):
        self.card(1, 63, 31)
        done = self.configure()
        self.assertIn("span 1: channels 63-93, told by the driver", done.stderr)
        self.assertIn("span 2: channels 94-96, counted", done.stderr)
        self.assertIn("\n+bchan=63-77,79-93\n+dchan=78\n", done.stdout)
        self.assertIn("\n+fxsks=94,96\n", done.stdout)

    def test_a_card_that_differs_is_refused(self):
        self.card(1, 1, 24)
        self.judge_refused(self.configure("--write"), "span 1 of the card has 24 channels, an E1 has 31")
        (self.proc / "1").write_text("what is this\n", encoding="ascii")
        self.judge_refused(self.configure(), f"{self.proc}/1: is no list of a span's channels")

    def test_spans_that_cannot_be_are_refused(self):
        self.spans("")
        self.judge_refused(self.configure(), "trunkd.spans has no span of kind \"dahdi\" or \"fxo\"", 2)
        self.spans('{ name = "lab"; kind = "soft"; path = "/x"; }')
        self.judge_refused(self.configure(), "trunkd.spans has no span of kind", 2)
        self.spans('{ name = "a"; kind = "dahdi"; span = 1; }, { name = "b"; kind = "dahdi"; span = 3; }')
        self.judge_refused(self.configure("--write"), "knows span 2 before it")
        self.spans('{ name = "a"; kind = "dahdi"; }')
        self.judge_refused(self.configure(), f"{self.config}:1: span \"a\": needs span", 2)
        self.spans('{ name = "a"; kind = "fxo"; span = 1; }')
        self.judge_refused(self.configure(), "needs lines", 2)
        line = '{ channel = 2; number = "0212340001"; }'
        self.spans(f'{{ name = "a"; kind = "fxo"; span = 1; lines = ( {line}, {line} ); }}')
        self.judge_refused(self.configure(), "channel 2 is there twice", 2)
        self.assertEqual(self.files(), [])

    def test_a_file_that_cannot_be_used_is_named_and_left_alone(self):
        self.file.write_bytes(b"span\0")
        self.judge_refused(self.configure("--write"), f"{self.file}: is no text")
        self.file.write_bytes(b"#" * 300000)
        self.judge_refused(self.configure("--write"), "too long")
        self.file.write_text("loadzone=us\n", encoding="ascii")
        backup = self.folder / "system.conf.bak"
        backup.mkdir()
        done = self.configure("--write")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{backup}: Is a directory", done.stderr)
        self.assertEqual(self.file.read_text(encoding="ascii"), "loadzone=us\n")
        self.assertEqual(self.files(), ["system.conf", "system.conf.bak"])
        self.file = self.folder / "absent" / "system.conf"
        self.assertEqual(self.configure().returncode, 0)
        done = self.configure("--write")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.file}: No such file or directory", done.stderr)
        self.file = self.folder
        self.judge_refused(self.configure(), f"{self.folder}: Is a directory")


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
