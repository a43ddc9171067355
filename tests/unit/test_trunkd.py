"""trunkd as a process at its start and end: what it refuses, by name and with exit 2, and that it stops when told. Its calls
are proven by trunkd_line_test.c."""
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
BAD_CONFIG = 2


def wav(path, value=1000, samples=800, rate=8000, channels=1):
    data = struct.pack("<h", value) * samples
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, channels, rate,
                       2 * channels * rate, 2 * channels, 16, b"data", len(data))
    path.write_bytes(head + data)


class Trunkd(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="trunkd-test-"))
        self.addCleanup(shutil.rmtree, self.home)
        for language in ("ko", "en"):
            for speed in ("normal", "slow"):
                folder = self.home / "share/prompts" / language / speed
                folder.mkdir(parents=True)
                wav(folder / "greet.wav")
                wav(folder / "bye.wav", rate=16000)
            (self.home / "share/prompts" / language / "manifest.cfg").write_text(
                f'language = "{language}"; prompts = ( {{ id = "greet"; text = "x"; }}, {{ id = "bye"; text = "y"; }} );')
        self.recorded = self.home / "recorded"
        (self.recorded / "ko").mkdir(parents=True)
        self.config()

    def config(self, trunkd="", more=""):
        (self.home / "callkey.cfg").write_text(
            f'run_dir = "{self.home}"; state_dir = "{self.home}"; share_dir = "{self.home}/share";\n'
            f'trunkd: {{ prompt_override_dir = "{self.recorded}"; {trunkd} }};\n{more}\n')

    def start(self):
        return subprocess.Popen([BUILD / "bin/trunkd", "--config", self.home / "callkey.cfg"], stderr=subprocess.PIPE,
                                text=True)

    def until(self, process, words):
        """Reads the log up to a line with the words."""
        log = ""
        for line in process.stderr:
            log += line
            if words in line:
                return
        self.fail(log)

    def refused(self, *words):
        """It must end by itself with exit 2, and its log must hold the words, all in one line."""
        with self.start() as process:
            try:
                log = process.communicate(timeout=20)[1]
            except subprocess.TimeoutExpired:
                process.kill()
                self.fail("it runs")
        self.assertEqual(process.returncode, BAD_CONFIG, log)
        lines = [line for line in log.splitlines() if all(word in line for word in words)]
        self.assertTrue(lines, log)

    def test_runs_without_neighbours_and_stops_when_told(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.start() as process:
                self.until(process, "ready spans=0 prompts=8")
                limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
                self.assertRegex(limits, r"Max core file size +0 +0 ")
                before = time.monotonic()
                process.send_signal(number)
                log = process.communicate(timeout=10)[1]
            self.assertLess(time.monotonic() - before, 2)
            self.assertEqual(process.returncode, 0, log)

    def test_a_missing_prompt_is_named(self):
        (self.home / "share/prompts/en/slow/bye.wav").unlink()
        self.refused("prompt_refused", "prompt=bye", "voice=en-slow", "is missing")

    def test_all_faults_are_named_at_once(self):
        (self.home / "share/prompts/en/slow/bye.wav").unlink()
        wav(self.home / "share/prompts/ko/normal/greet.wav", rate=44100)
        with self.start() as process:
            log = process.communicate(timeout=20)[1]
        self.assertEqual(len(re.findall("prompt_refused", log)), 2, log)

    def test_an_unfit_recording_is_refused_by_name(self):
        wav(self.recorded / "ko/greet.wav", value=32767)
        self.refused("prompt_refused", "prompt=greet", "voice=ko ", "recorded/ko/greet.wav", "clipped")
        (self.recorded / "ko/greet.wav").unlink()
        wav(self.recorded / "ko/greet.slow.wav", samples=61 * 8000)
        self.refused("prompt_refused", "voice=ko-slow", "recorded/ko/greet.slow.wav", "too long")

    def test_a_recording_that_nobody_hears_is_told(self):
        wav(self.recorded / "ko/bye.wav")
        wav(self.recorded / "ko/bye.slow.wav")
        wav(self.recorded / "ko/gret.wav")
        with self.start() as process:
            self.until(process, "recording_unused file=\"" + str(self.recorded / "ko/gret.wav"))
            process.terminate()
            self.assertNotIn("recording_unused", process.communicate(timeout=10)[1])
        shutil.rmtree(self.recorded)
        self.refused("config_refused", "callkey.cfg:2", "trunkd.prompt_override_dir", "is no folder")

    def test_only_the_languages_of_the_box_are_needed(self):
        shutil.rmtree(self.home / "share/prompts/en")
        self.refused("manifest_refused", "prompts/en/manifest.cfg")
        self.config(more='arsd: { languages = ( "ko" ); };')
        with self.start() as process:
            self.until(process, "ready spans=0 prompts=4")
            process.terminate()
            process.communicate(timeout=10)
        self.assertEqual(process.returncode, 0)

    def test_a_wrong_configuration_is_refused_with_its_line(self):
        self.config("media_threads = 0;")
        self.refused("config_refused", "callkey.cfg:2", "media_threads")
        spans = 'spans = ( { name = "a"; path = "/tmp/x"; }, { name = "b"; path = "/tmp/x"; } );'
        self.config(spans)
        self.refused("config_refused", "callkey.cfg:2", 'span "b"', "span 1")
        for span, why in (('', 'kind "soft" needs path'), ('path = "/tmp/x"; span = 1;', 'span is a setting of kind "dahdi"'),
                          ('path = "/tmp/x"; echo_ms = 16;', 'echo_ms is a setting of kind "dahdi"'),
                          ('kind = "dahdi";', 'kind "dahdi" needs span'), ('kind = "dahdi"; span = 129;', "from 0 to 128"),
                          ('kind = "dahdi"; span = 1; path = "/dev/dahdi/1";', "told by its number"),
                          ('kind = "dahdi"; span = 1; echo_ms = 17;', "echo_ms is 0, 4, 8, 16, 32, 64 or 128"),
                          ('path = "/tmp/x"; nfas_group = 1;', "NFAS, one D-channel for several spans, is not built"),
                          ('path = "/tmp/x"; switch = "ni2";', 'switch "ni2" is for a T1; an E1 speaks "euroisdn" or "qsig"'),
                          ('path = "/tmp/x"; line = "T1"; switch = "ni1";', "must be one of"),
                          ('path = "/tmp/x"; side = "cpe";', "must be one of user|network"),
                          ('kind = "dahdi"; span = 1; rx_gain_db = 25;', "rx_gain_db"), ('kind = "card"; span = 1;', "kind"),
                          ('kind = "dahdi"; span = 1; }, { name = "c"; kind = "dahdi"; span = 1;', "path or number is that of span 1")):
            with self.subTest(span):
                self.config(f'spans = (\n{{ name = "b"; {span} }} );')
                self.refused("config_refused", "callkey.cfg:3", why)
        (self.home / "callkey.cfg").unlink()
        self.refused("config_refused")


if __name__ == "__main__":
    unittest.main()
