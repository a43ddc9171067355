"""The demonstration and the session that a person starts: rig demo, rig run."""
import io
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from rig import demo
from rig.appliance import build_dir
from rig.lock import Busy, Folder
from rig.screen import Screen, Words, width

SOURCE = pathlib.Path(__file__).resolve().parents[2]
RATE = 4                          # the demonstration for a machine in a hurry


class Temporary(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="callkey-demo-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def rig(self, *words, build=None, **streams):
        env = {**os.environ, "CALLKEY_BUILD": str(build or build_dir()), "PYTHONPATH": str(SOURCE / "firmware" / "sandbox")}
        process = subprocess.Popen([sys.executable, "-B", "-m", "rig", *words, "--dir", self.folder], env=env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **streams)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.terminate)
        return process

    def read_until(self, process, word):
        text = ""
        while word not in text:
            line = process.stdout.readline()
            self.assertTrue(line, f"{word} did not come; so far: {text}")
            text += line
        return text


class Demonstration(Temporary):
    def test_both_stories_are_told_and_true(self):
        out = io.StringIO()
        code = self.run_demo(out)
        text = out.getvalue()
        self.assertEqual(code, 0, text)
        for promised in ("virtual number 070-1234-", "카드 결제 자동 안내입니다.", "카드가 확인되었습니다.", "billing key bk_", "오만삼천원",
                         "삼개월 무이자는", "결제가 승인되었습니다.", "payment.approved  53,000 KRW, 3 months", "Where to look next"):
            self.assertIn(promised, text)
        self.assertIn("presses     " + "•" * 16 + "  card number", text)
        self.assertIn("presses     ••  first two digits of the password", text)
        self.assertEqual(text.count("  ok  "), 5)
        self.assertIsNone(re.search(r"\d{13,19}", text.replace("-", "")), "a card number on the screen")

    def run_demo(self, out):
        keep = demo.Screen
        demo.Screen = lambda: Screen(out)
        try:
            return demo.run(self.folder, RATE)
        finally:
            demo.Screen = keep

    def test_a_process_that_does_not_stay_up_is_named_with_its_log(self):
        build = self.folder / "build"
        (build / "bin").mkdir(parents=True)
        for program in (build_dir() / "bin").iterdir():
            (build / "bin" / program.name).symlink_to(program)
        (build / "share").symlink_to(build_dir() / "share")
        (build / "bin" / "keystored").unlink()
        (build / "bin" / "keystored").write_text("#!/bin/sh\necho '2026-01-01T00:00:00.000Z error keystored broken' >&2\nexit 7\n")
        (build / "bin" / "keystored").chmod(0o755)
        keep, self.folder = self.folder, self.folder / "rig"
        process = self.rig("demo", build=build)
        text = process.stdout.read()
        self.folder = keep
        self.assertEqual(process.wait(20), 1)
        self.assertIn("rig: keystored does not stay up; its log is ", text)
        self.assertEqual(text.count("error keystored broken"), 1, text)
        self.assertIn("log/keystored.log ---\n2026-01-01T00:00:00.000Z error keystored broken", text)


class Session(Temporary):
    def test_it_runs_until_it_is_told_to_stop_and_what_it_prints_works(self):
        self.folder = self.folder / "a b"                 # people clone into such folders
        process = self.rig("run")
        text = self.read_until(process, "Ctrl-C stops everything.")
        printed = re.search(r"  export PATH=.*\n  export API=.*\n  export KEY=.*\n", text)[0]
        shown = subprocess.run(["bash", "-c", printed + "env"], capture_output=True, text=True, check=True).stdout
        exports = dict(re.findall(r"^(API|CA|KEY|CALLKEY_CONFIG)=(.*)$", shown, re.M))
        self.assertEqual(set(exports), {"API", "CA", "KEY", "CALLKEY_CONFIG"})
        ask = re.search(r"  (curl .*?/v1/registrations)$", text, re.S | re.M)[1]
        answer = subprocess.run(["bash", "-c", ask], env={**os.environ, **exports}, capture_output=True, text=True, timeout=20, check=False)
        self.assertIn('"status":"created"', answer.stdout, answer.stderr)
        # Limits as an appliance has them: its headers are there to be seen.
        limited = subprocess.run(["bash", "-c", 'curl -sD- -o /dev/null --cacert "$CA" -H "Authorization: Bearer $KEY" $API/v1/payments'],
                                 env={**os.environ, **exports}, capture_output=True, text=True, timeout=20, check=True)
        self.assertIn("RateLimit-Limit: 1000", limited.stdout)
        status = subprocess.run([build_dir() / "bin" / "callkey", "registrations"], env={**os.environ, **exports}, capture_output=True,
                                text=True, timeout=20, check=True)
        self.assertIn("010-****-5678", status.stdout)
        call = subprocess.run([build_dir() / "bin" / "callkey", "phone", "01012345678", "07099999999"], env={**os.environ, **exports},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
        self.assertIn("the appliance hung up, cause 1 (never connected)", call.stdout, call.stderr)
        self.assertEqual(call.returncode, 1)
        second = self.rig("run")
        self.assertIn(f"a rig is running in {self.folder} (process {process.pid})", second.stdout.read())
        self.assertEqual(second.wait(20), 1)
        children = self.children(process.pid)
        self.assertGreater(len(children), 8)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 0)
        time.sleep(0.2)
        self.assertEqual([pid for pid in children if pathlib.Path(f"/proc/{pid}").exists()], [])

    def children(self, pid):
        found = []
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            found += (task / "children").read_text().split()
        return found

    def test_a_folder_of_somebody_else_is_left_alone(self):
        (self.folder / "precious").write_text("x")
        process = self.rig("run")
        self.assertIn("is not empty and no rig has made it", process.stdout.read())
        self.assertEqual(process.wait(20), 1)
        self.assertTrue((self.folder / "precious").exists())

    def test_a_folder_of_an_earlier_rig_is_emptied(self):
        first = Folder(self.folder)
        (self.folder / "old").write_text("x")
        with self.assertRaises(Busy):
            Folder(self.folder)
        first.file.close()
        again = Folder(self.folder)
        self.assertEqual([p.name for p in self.folder.iterdir()], [Folder.MARK])
        again.file.close()

    def test_a_folder_too_long_for_sockets_is_refused(self):
        self.folder = self.folder / ("x" * 80)
        process = self.rig("run")
        self.assertIn("too long for the sockets", process.stdout.read())
        self.assertEqual(process.wait(20), 1)

    def test_help_is_help_and_nonsense_is_refused(self):
        for words, code, says in ((["help"], 0, "rig demo"), (["fly"], 2, "there is no command fly")):
            process = self.rig(*words)
            self.assertIn(says, process.stdout.read())
            self.assertEqual(process.wait(20), code)


class TheScreen(unittest.TestCase):
    def test_speech_is_sentences_and_columns_count_korean_as_two(self):
        words = Words(build_dir() / "share" / "prompts" / "ko" / "manifest.cfg", "ko")
        words.add_name("콜키")
        out = io.StringIO()
        screen = Screen(out)
        for prompt in (next(p for p, t in words.texts.items() if t == "콜키"), "reg.asks", "num.1", "num.2", "pause.short", "wait.music",
                       "wait.music"):
            screen.heard(prompt, words)
        screen.pressed("12", "why", secret=True)
        self.assertTrue(out.getvalue().splitlines()[0].endswith("hears       콜키" + words.of("reg.asks")))
        self.assertIn("일이 (대기 음악)\n", out.getvalue())
        self.assertTrue(out.getvalue().endswith("presses     ••  why\n"))
        self.assertEqual((width("카드 a"), width("")), (6, 0))


if __name__ == "__main__":
    unittest.main()
