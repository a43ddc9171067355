"""The prompts: the manifests have all that the product says, every prompt has a sound in both speeds that fits the others, and
the tool that makes them makes only what changed and names what failed."""
import array
import concurrent.futures
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import wave

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]
TOOL = SOURCE / "config" / "prompts" / "make_prompts.py"
LANGUAGES = ("ko", "en")
SECONDS_MAX = 60

sys.path.insert(0, str(TOOL.parent))
import make_prompts  # noqa: E402


def manifest(language):
    return {p.id: p for p in make_prompts.read_manifest(SOURCE / "config" / "prompts" / language / "manifest.cfg")}


def is_made(prompt):
    """Silence and music: they do not speak."""
    return prompt.spoken.startswith("[")


def read_wav(path):
    with wave.open(str(path), "rb") as file:
        return file.getparams(), array.array("h", file.readframes(file.getnframes()))


class Manifests(unittest.TestCase):
    def assert_has(self, ids, languages=LANGUAGES):
        for language in languages:
            self.assertEqual(set(), set(ids) - set(manifest(language)), f"missing in {language}")

    def test_have_every_word_of_composed_sentences(self):
        shared = [f"num.{n}" for n in range(10)] + [f"n.{n}" for n in range(11)] + [f"month.{n}" for n in range(1, 13)]
        self.assert_has(shared + ["unit.won", "unit.usd", "unit.cent", "unit.months", "pause.short"])
        particles = [f"particle.{p}" for p in ("eun", "neun", "eul", "reul", "i", "ga")]
        self.assert_has(["n.100", "n.1000", "n.man", "n.eok", "n.jo", "unit.year", "unit.day"] + particles, ["ko"])
        english = [f"n.{n}" for n in list(range(11, 20)) + list(range(20, 100, 10)) + ["hundred", "thousand", "million",
                                                                                       "billion", "trillion"]]
        self.assert_has(english + ["unit.usd.one", "unit.cent.one", "unit.month"], ["en"])

    def test_have_every_id_that_say_c_can_name(self):
        literal = set(re.findall(r'"((?:n|unit|particle|pause)\.[a-z.]+)"', (SOURCE / "firmware/model/say.c").read_text()))
        self.assertGreater(len(literal), 15)
        for name in literal:
            self.assertTrue(any(name in manifest(language) for language in LANGUAGES), name)

    def test_have_every_prompt_of_the_scenarios(self):
        for path in sorted((SOURCE / "config/scenarios").glob("*.cfg")):
            text = re.sub(r"//[^\n]*", "", path.read_text())
            ids = {i for words in re.findall(r"\[([^\]]*)\]", text) for i in re.findall(r'"([^"]*)"', words) if i[0] != "{"}
            self.assertGreater(len(ids), 15, path)
            self.assert_has(ids)

    def test_have_what_variables_say(self):
        source = (SOURCE / "firmware/arsd/configure.c").read_text()
        names = re.search(r"spoken\[\] = \{(.*?)\};", source, re.S)[1]
        self.assert_has(re.findall(r'"([a-z0-9._]+)"', names))
        self.assert_has([f"key.{n}" for n in range(1, 10)] + ["card_type.credit", "card_type.check"])

    def test_have_every_issuer_of_the_table(self):
        codes = set(re.findall(r'(?:code|issuer)\s*=\s*"([a-z0-9_]+)"', (SOURCE / "config/issuers.cfg").read_text()))
        self.assertTrue(codes)
        self.assert_has(f"issuer.{code}" for code in codes)

    def test_have_the_same_sentences_in_every_language(self):
        words = re.compile(r"(n|unit|particle)\.")
        first, *others = [{i for i in manifest(language) if not words.match(i)} for language in LANGUAGES]
        for other in others:
            self.assertEqual(first, other)

    def test_name_the_same_keys_in_every_language(self):
        """A menu that offers other keys in one language would refuse in one what it agrees to in the other."""
        korean, english = manifest("ko"), manifest("en")
        offered = {name: re.findall(r"(\d)번", p.text) for name, p in korean.items()}
        self.assertGreater(sum(map(bool, offered.values())), 15)
        for name in set(korean) & set(english):
            self.assertEqual(offered[name], re.findall(r"press (\d)", english[name].text), name)

    def test_korean_is_spelled_as_it_sounds_where_the_synthesiser_is_wrong(self):
        for prompt in manifest("ko").values():
            self.assertEqual([], unassimilated(prompt.spoken), f"{prompt.id}: {prompt.spoken}")
            if not is_made(prompt):
                self.assertNotRegex(prompt.spoken, r"[0-9A-Za-z]", prompt.id)

    def test_unassimilated_words_are_found(self):
        for word in ("입니다", "입력", "국민", "등록", "있는", "앞면", "팔년", "신라"):
            self.assertEqual(1, len(unassimilated(word)), word)
        for word in ("임니다", "임녁", "궁민", "등녹", "인는", "암면", "팔련", "실라", "카드", "않아", "잘못 누르"):
            self.assertEqual([], unassimilated(word), word)


OBSTRUENT = set("ㄱㄲㄳㄺㄷㅅㅆㅈㅊㅌㅂㅄㄼㅍㅋㄿ")
CODAS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"


def unassimilated(text):
    """Pairs of syllables that are not said as they are written: a stop before a nasal, ㄹ after a consonant, ㄴ beside ㄹ
    (표준 발음법 5장, 음의 동화)."""
    found = []
    for first, second in zip(text, text[1:]):
        if not ("가" <= first <= "힣" and "가" <= second <= "힣"):
            continue
        coda, onset = CODAS[(ord(first) - 0xAC00) % 28], ONSETS[(ord(second) - 0xAC00) // 588]
        if (coda in OBSTRUENT and onset in "ㄴㅁㄹ") or (coda in "ㅁㅇㄴ" and onset == "ㄹ") or (coda == "ㄹ" and onset == "ㄴ"):
            found.append(first + second)
    return found


class Sounds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sounds = {}
        for language in LANGUAGES:
            for prompt in manifest(language).values():
                for speed in make_prompts.SPEEDS:
                    path = BUILD / "share/prompts" / language / speed / f"{prompt.id}.wav"
                    cls.sounds[prompt, speed] = read_wav(path)

    def test_are_8_khz_mono_16_bit_of_a_sane_length(self):
        for (prompt, speed), (form, samples) in self.sounds.items():
            self.assertEqual((1, 2, 8000), form[:3], prompt.id)
            self.assertEqual(form.nframes, len(samples))
            self.assertTrue(0.1 <= len(samples) / 8000 <= SECONDS_MAX, (prompt.id, speed, len(samples)))

    def test_take_a_time_that_fits_their_text(self):
        for (prompt, speed), (_, samples) in self.sounds.items():
            if is_made(prompt):
                continue
            low, high = (90, 210) if prompt.language == "ko" else (40, 100)
            length_ms, letters = len(samples) / 8 * make_prompts.SPEEDS[speed] / 150, len(prompt.text)
            self.assertTrue(low * letters <= length_ms <= 400 + high * letters, (prompt.id, speed, length_ms))

    def test_slow_ones_are_longer(self):
        for (prompt, speed), (_, samples) in self.sounds.items():
            if speed == "normal" and not is_made(prompt):
                ratio = len(self.sounds[prompt, "slow"][1]) / len(samples)
                self.assertTrue(1.1 <= ratio <= 1.7, (prompt.id, ratio))

    def test_have_one_level_and_are_not_clipped(self):
        for (prompt, speed), (_, samples) in self.sounds.items():
            self.assertLess(max(abs(x) for x in samples), 32767 * 10 ** (-3 / 20) + 1, prompt.id)
            if not is_made(prompt):
                self.assertAlmostEqual(make_prompts.active_dbm0(samples), -16, delta=1, msg=(prompt.id, speed))

    def test_have_no_silence_in_front(self):
        for (prompt, speed), (_, samples) in self.sounds.items():
            if not is_made(prompt):
                first = next(i for i, x in enumerate(samples) if abs(x) > 400)
                self.assertLess(first / 8, 80, (prompt.id, speed))

    def test_end_with_the_pause_that_their_text_asks_for(self):
        for (prompt, speed), (_, samples) in self.sounds.items():
            if is_made(prompt):
                continue
            quiet = next(i for i, x in enumerate(reversed(samples)) if abs(x) > 200) / 8
            sign, scale = prompt.text[-1], 150 / make_prompts.SPEEDS[speed]
            low, high = (240, 330) if sign in ".?!" else (110, 200) if sign == "," else (0, 80)
            self.assertTrue(low * scale <= quiet <= high * scale, (prompt.id, speed, quiet))

    def test_that_speak_differ_from_each_other(self):
        """In all languages and speeds together, as who listens on a line must tell them apart."""
        seen = {}
        for (prompt, speed), (_, samples) in self.sounds.items():
            if is_made(prompt):
                continue
            start = next(i for i, x in enumerate(samples) if abs(x) > 400)
            sound = samples[start:].tobytes().rstrip(b"\0")
            self.assertNotIn(sound, seen, f"{prompt.id} ({speed}) is {seen.get(sound)}")
            seen[sound] = f"{prompt.language}/{prompt.id} ({speed})"

    def test_pauses_are_silent_and_exact(self):
        for language in LANGUAGES:
            for name, length_ms in (("pause.short", 250), ("pause.long", 600)):
                samples = self.sounds[manifest(language)[name], "normal"][1]
                self.assertEqual(length_ms * 8, len(samples))
                self.assertEqual(0, max(abs(x) for x in samples))

    def test_music_is_soft_and_has_no_gap_and_no_crack(self):
        samples = self.sounds[manifest("ko")["wait.music"], "normal"][1]
        self.assertTrue(8 <= len(samples) / 8000 <= 20)
        self.assertTrue(-32 < make_prompts.active_dbm0(samples) < -18)
        around = list(samples) + list(samples[:4000])
        for i in range(0, len(around) - 4000, 4000):
            self.assertGreater(math.sqrt(sum(x * x for x in around[i:i + 4000]) / 4000), 60, i)
        self.assertLess(max(abs(b - a) for a, b in zip(around, around[1:])), 2000)


class Tool(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.top = pathlib.Path(self.folder.name)
        self.write('{ id = "a"; text = "One."; }, { id = "b"; text = "Two."; spoken = "two"; }, { id = "p"; text = "(p)"; '
                   'spoken = "[silence 100]"; }')

    def write(self, prompts):
        path = self.top / "manifests/en/manifest.cfg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'language = "en"; // words\nprompts = ( {prompts} );\n')

    def run_tool(self, out="out", path=None):
        environment = dict(os.environ, **({"PATH": str(path)} if path else {}))
        return subprocess.run([sys.executable, TOOL, "--manifests", self.top / "manifests", "--out", self.top / out, "--cache",
                               self.top / "cache"], capture_output=True, text=True, timeout=60, check=False, env=environment)

    def assert_made(self, count, **options):
        done = self.run_tool(**options)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertEqual(f"Prompts: {count} sounds made\n" if count else "", done.stdout)

    def assert_fails(self, *words, **options):
        done = self.run_tool(**options)
        self.assertEqual(1, done.returncode, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)

    def fake(self, name, script):
        path = self.top / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path.parent

    def test_makes_again_only_what_changed(self):
        self.assert_made(5)                                     # two that speak, in two speeds, and a silence
        self.assert_made(0)
        self.write('{ id = "a"; text = "One."; }, { id = "c"; text = "Three."; }, { id = "p"; text = "(p)"; '
                   'spoken = "[silence 100]"; }')
        self.assert_made(2)
        names = {p.name for p in (self.top / "out/en/normal").iterdir()}
        self.assertEqual({"a.wav", "c.wav", "p.wav"}, names)
        self.assertIn("Three.", (self.top / "out/en/manifest.cfg").read_text())

    def test_another_build_shares_the_sounds(self):
        self.assert_made(5)
        self.assert_made(0, out="other")
        first, second = (self.top / o / "en/slow/a.wav" for o in ("out", "other"))
        self.assertTrue(os.path.samefile(first, second))

    def test_two_builds_at_once_do_not_disturb_each_other(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(self.run_tool, out=out) for out in ("out", "other")]:
                self.assertEqual((0, ""), (done.result().returncode, done.result().stderr))
        for out in ("out", "other"):
            self.assertEqual(3, len(list((self.top / out / "en/normal").glob("*.wav"))))
        self.assertEqual([], list((self.top / "cache").rglob("*.part")))

    def test_names_the_file_it_cannot_write(self):
        (self.top / "cache").write_text("in the way")
        self.assert_fails("make_prompts: ", str(self.top / "cache"))

    def test_a_lost_sound_comes_back(self):
        self.assert_made(5)
        (self.top / "out/en/slow/a.wav").unlink()
        self.assert_made(0)
        self.assertGreater((self.top / "out/en/slow/a.wav").stat().st_size, 44)

    def test_the_shown_text_does_not_change_the_sound(self):
        self.assert_made(5)
        self.write('{ id = "a"; text = "1."; spoken = "One."; }, { id = "b"; text = "2."; spoken = "two"; }')
        self.assert_made(0)

    def test_names_what_is_missing_or_failed(self):
        self.assert_fails("espeak-ng is not installed", path="/nonexistent")
        fakes = self.fake("espeak-ng", 'case "$*" in *version*) echo 1;; *) echo no voice >&2; exit 3;; esac')
        self.assert_fails("en/", "espeak-ng failed (exit 3): no voice", path=f"{fakes}:/usr/bin:/bin")
        fakes = self.fake("espeak-ng", "exec /usr/bin/espeak-ng \"$@\"")
        self.fake("sox", "exit 2")
        self.assert_fails("en/", "sox failed (exit 2)", path=f"{fakes}:/usr/bin:/bin")
        self.assertEqual([], list((self.top / "cache").rglob("*.part")))
        (fakes / "sox").unlink()
        self.assertEqual(0, self.run_tool().returncode)         # and nothing half made is taken for whole
        self.assertGreater((self.top / "out/en/slow/a.wav").stat().st_size, 8000)

    def test_refuses_what_cannot_be_told_apart(self):
        self.write('{ id = "a"; text = "One"; }, { id = "b"; text = "one"; }')
        self.assert_fails('"b" and "a" sound the same')
        self.write('{ id = "a"; text = "(a)"; spoken = "[silence 100]"; }, { id = "b"; text = "(b)"; spoken = "[silence 100]"; }')
        self.assert_made(1)

    def test_refuses_bad_manifests_by_name(self):
        for prompts, words in (('{ id = "a"; }', ":2: a prompt needs"), ('{ id = "../x"; text = "x"; }', '"../x"'),
                               ('{ id = "a"; text = "x"; }, { id = "a"; text = "y"; }', "twice"), ("@", ":2: cannot read"),
                               ("", "0 prompts"), ('{ id = "a"; text = "x"; spoken = "[silence 9999]"; }', "silence of"),
                               ('{ id = "a"; text = "x"; spoken = "[noise]"; }', "[music]"),
                               ('{ id = "a"; text = "x"; spoken = "..."; }', "en/a (")):
            self.write(prompts)
            self.assert_fails("make_prompts: ", words)


if __name__ == "__main__":
    unittest.main()
