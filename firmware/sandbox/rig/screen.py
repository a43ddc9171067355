"""What a person reads: aligned lines with a time and who acts, speech as it is heard, keys as they are pressed."""
import os
import re
import sys
import time
import unicodedata
from hashlib import sha256

COLOURS = {"merchant": "35", "appliance": "36", "sms": "33", "phone": "32", "hears": "1", "presses": "32;1", "webhook": "35",
           "problem": "31;1", "title": "1", "dim": "2", "ok": "32"}
ACTOR_WIDTH = 10
ENDS = (".", "?", "!", ")")
# Korean endings stand at the word before; the words of one number at one another. (firmware/callkey/phone_view.c does alike.)
ATTACHED = ("particle.", "unit.", "end.is", "reg.asks", "pay.asks", "pay.menu.use_it")
NUMBERS = ("n.", "num.")


def width(text):
    """The columns a terminal gives to text."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text, columns):
    return text + " " * max(0, columns - width(text))


def number_text(digits):
    """070-1234-0001 for 07012340001."""
    return f"{digits[:3]}-{digits[3:-4]}-{digits[-4:]}" if len(digits) > 8 else digits


class Words:
    """The texts of the prompts of one language, and of the names that requests bring along."""

    def __init__(self, manifest, language):
        text = manifest.read_text(encoding="utf-8")
        self.language = language
        self.texts = dict(re.findall(r'id\s*=\s*"([^"]+)"\s*;\s*text\s*=\s*"((?:[^"\\]|\\.)*)"', text))

    def add_name(self, name):
        """A merchant's or product's name: the appliance calls its sound by the hash of language and text."""
        self.texts["speech:" + sha256(f"{self.language}\n{name}".encode()).hexdigest()] = name

    def of(self, prompt):
        return self.texts.get(prompt, f"<{prompt}>")


class Screen:
    def __init__(self, stream=sys.stdout):
        self.stream = stream
        self.colour = stream.isatty() and "NO_COLOR" not in os.environ
        self.started = time.monotonic()
        self.open_actor, self.last_prompt, self.last_text = None, "", ""

    def paint(self, text, name):
        return f"\033[{COLOURS[name]}m{text}\033[0m" if self.colour and name in COLOURS else text

    def _put(self, text):
        self.stream.write(text)
        self.stream.flush()

    def plain(self, text=""):
        self.end_line()
        self._put(text + "\n")

    def title(self, text):
        self.plain("\n" + self.paint(text, "title"))

    def end_line(self):
        if self.open_actor:
            self._put("\n")
        self.open_actor = None

    def _begin(self, actor):
        self.end_line()
        seconds = time.monotonic() - self.started
        self._put(f"{self.paint(f'{seconds:6.1f} s', 'dim')}  {self.paint(pad(actor, ACTOR_WIDTH), actor)}  ")
        self.open_actor = actor

    def line(self, actor, text):
        self._begin(actor)
        self._put(text)
        self.end_line()

    def more(self, text):
        """Goes on below the last line."""
        self.plain(" " * (8 + 2 + ACTOR_WIDTH + 2) + text)

    def heard(self, prompt, words):
        """A prompt as it begins: a line is a sentence, whatever number of prompts it is made of."""
        if prompt.startswith("pause.") or (prompt == "wait.music" and self.last_prompt == prompt):
            return
        text = words.of(prompt)
        if self.open_actor != "hears" or self.last_text.endswith(ENDS):
            self._begin("hears")
        elif not (prompt.startswith(ATTACHED) and words.language == "ko" or
                  prompt.startswith(NUMBERS) and self.last_prompt.startswith(NUMBERS)):
            self._put(" ")
        self._put(text)
        self.last_prompt, self.last_text = prompt, text

    def pressed(self, keys, why, secret=False, key_s=0.0):
        """Keys in the time they take; a secret one is a dot."""
        self._begin("presses")
        for key in keys:
            self._put("•" if secret else key)
            time.sleep(key_s)
        self._put("  " + self.paint(why, "dim"))
        self.end_line()
