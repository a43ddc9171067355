#!/usr/bin/python3
"""Makes the prompts of every language from its manifest: espeak-ng speaks, sox brings it to 8 kHz, this trims and levels it.

    make_prompts.py --manifests config/prompts --out BUILD/share/prompts --cache build/prompt-cache

Writes OUT/LANGUAGE/manifest.cfg and OUT/LANGUAGE/{normal,slow}/ID.wav (8 kHz, mono, 16 bit). A sound is made once: the cache
keeps it under a hash of all that decides how it sounds, and OUT has links into the cache. docs/prompts.md explains the rest.
"""
import argparse
import array
import collections
import concurrent.futures
import hashlib
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import wave

RATE = 8000
VOICES = {"en": "en-us"}                          # espeak-ng's name of a language's voice, where it is another
SPEEDS = {"normal": 150, "slow": 110}             # words per minute; arsd speaks names at the same speeds
ACTIVE_DBM0 = -16.0                               # level while speech goes on
PEAK_MAX = 23170                                  # -3 dBFS: far from clipping, and from what G.711 makes coarse
QUIET = 164                                       # 0.5 % of full scale: less is silence, at a prompt's ends
LEAD_MS, TAIL_MS = 10, 30                         # of that silence stays: composed words need a little room
PAUSE_MS = {".": 250, "?": 250, "!": 250, ",": 120}   # after a text that ends so, because another may follow
SILENCE_MS_MAX = 5000
SYNTHESIS_S = 30
FULL_SCALE_DBM0 = 3.14                            # a sine at full scale in G.711

Prompt = collections.namedtuple("Prompt", "language id text spoken")
Sound = collections.namedtuple("Sound", "key voice speed text spoken name")


class Fault(Exception):
    """What went wrong, in words for who runs make."""


# ---- manifests ----

TOKEN = re.compile(r'\s+|//[^\n]*|#[^\n]*|/\*.*?\*/|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<name>[A-Za-z][\w.-]*)|(?P<sign>[={}();,])', re.S)


def read_tokens(path):
    """The strings, names and signs of a libconfig file, each with its line."""
    source, at, line = path.read_text(encoding="utf-8"), 0, 1
    while at < len(source):
        match = TOKEN.match(source, at)
        if match is None:
            raise Fault(f"{path}:{line}: cannot read {source[at:at + 20]!r}")
        if match.lastgroup:
            yield match.lastgroup, match.group(), line
        line += match.group().count("\n")
        at = match.end()


def read_manifest(path):
    """The language and prompts of a manifest. The firmware reads it too and checks more; here only what would make no sound."""
    language, prompts, ids, fields, name = None, [], set(), None, None
    for kind, word, line in read_tokens(path):
        if kind == "name":
            name = word
        elif kind == "string":
            value = re.sub(r"\\(.)", r"\1", word[1:-1])
            if fields is not None:
                fields[name] = fields.get(name, "") + value          # strings side by side are one
            elif name == "language":
                language = value
        elif word == "{":
            fields = {}
        elif word == "}":
            if not fields or not fields.get("id") or not fields.get("text"):
                raise Fault(f"{path}:{line}: a prompt needs an id and a text")
            if fields["id"] in ids or not re.fullmatch(r"[a-z0-9._]{1,40}", fields["id"]):
                raise Fault(f"{path}:{line}: prompt id \"{fields['id']}\" stands twice or is no id")
            ids.add(fields["id"])
            prompts.append(Prompt(path.parent.name, fields["id"], fields["text"], fields.get("spoken") or fields["text"]))
            fields = None
    if language != path.parent.name or not prompts:
        raise Fault(f"{path}: language = \"{language}\" in the folder of \"{path.parent.name}\", {len(prompts)} prompts")
    return prompts


# ---- sound ----

def run(command, given):
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=SYNTHESIS_S, check=False)
    except FileNotFoundError:
        raise Fault(f"{command[0]} is not installed (config/install-packages installs it)") from None
    except subprocess.TimeoutExpired:
        raise Fault(f"{command[0]} did not end within {SYNTHESIS_S} s") from None
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode(errors="replace").strip() or "nothing came out"
        raise Fault(f"{command[0]} failed (exit {done.returncode}): {said}")
    return done.stdout


def speak(voice, words_per_minute, spoken):
    """Samples at 8 kHz, as the synthesiser gives them."""
    wav = run(["espeak-ng", "-v", voice, "-s", str(words_per_minute), "--stdin", "--stdout"], spoken.encode())
    raw = run(["sox", "-V1", "-D", "--ignore-length", "-t", "wav", "-", "-t", "raw", "-r", str(RATE), "-b", "16", "-c", "1",
               "-e", "signed-integer", "-L", "-", "gain", "-6"], wav)
    samples = array.array("h", raw)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def trim(samples):
    """Without the silence at both ends, but for a little room."""
    first = next((i for i, x in enumerate(samples) if abs(x) > QUIET), None)
    if first is None:
        raise Fault("the synthesiser made no sound of it")
    last = len(samples) - next(i for i, x in enumerate(reversed(samples)) if abs(x) > QUIET)
    lead, tail = LEAD_MS * RATE // 1000, TAIL_MS * RATE // 1000
    return samples[max(0, first - lead):last + tail]


def active_dbm0(samples):
    """Level of the 20 ms pieces that are not pauses: those within 18 dB of the loudest."""
    size = RATE // 50
    powers = [sum(x * x for x in samples[i:i + size]) / size for i in range(0, max(1, len(samples) - size + 1), size)]
    loud = [p for p in powers if p > max(powers) / 63]
    rms = math.sqrt(sum(loud) / len(loud)) if loud else 0
    return 20 * math.log10(rms / 32768) + 3.01 + FULL_SCALE_DBM0 if rms > 0 else -99.0


def level(samples):
    """At the level of all prompts, unless its peaks would stand out. In whole decibels: so prompts that begin with the same word
    begin with the very same samples or with clearly others, which who recognises prompts by their samples relies on."""
    decibels = round(ACTIVE_DBM0 - active_dbm0(samples))
    while max(map(abs, samples)) * 10 ** (decibels / 20) > PEAK_MAX:
        decibels -= 1
    factor = 10 ** (decibels / 20)
    return array.array("h", [round(x * factor) for x in samples])


def silence(length_ms):
    return array.array("h", bytes(2 * RATE * length_ms // 1000))


def music():
    """A soft loop of 12 s for who waits: broken chords of quiet plucked notes; the last notes ring into the beginning."""
    beat = RATE * 3 // 8
    chords = [(48, 64, 67, 71), (45, 60, 64, 67), (50, 60, 65, 69), (43, 62, 65, 71)]
    total = len(chords) * 8 * beat
    mix = [0.0] * total
    for place in range(len(chords) * 8):
        chord = chords[place // 8]
        pitch = chord[0] if place % 8 == 0 else chord[(1, 2, 3, 2)[place % 4]]
        step = 2 * math.pi * 440 * 2 ** ((pitch - 69) / 12) / RATE
        for i in range(3 * beat):
            envelope = min(1, i / 160) * math.exp(-i / RATE * 3.2)
            mix[(place * beat + i) % total] += envelope * (math.sin(step * i) + 0.3 * math.sin(2 * step * i))
    factor = 2600 / max(map(abs, mix))
    return array.array("h", [round(x * factor) for x in mix])


def make_samples(sound):
    directive = re.fullmatch(r"\[(?:silence (\d+)|(music))\]", sound.spoken)
    if directive and directive[2]:
        return music()
    if directive:
        if not 10 <= int(directive[1]) <= SILENCE_MS_MAX:
            raise Fault(f"silence of 10 to {SILENCE_MS_MAX} ms, not {directive[1]}")
        return silence(int(directive[1]))
    if sound.spoken.startswith("["):
        raise Fault(f"{sound.spoken}: [silence MS] or [music]")
    words = SPEEDS[sound.speed]
    pause = PAUSE_MS.get(sound.text.strip()[-1], 0) * SPEEDS["normal"] // words
    return level(trim(speak(sound.voice, words, sound.spoken))) + silence(pause)


def make_sound(sound, cache):
    """Makes one sound in the cache; it gets its name only when it is whole."""
    path = cache_path(cache, sound.key)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        samples = make_samples(sound)
    except Fault as fault:
        raise Fault(f"{sound.name}: {fault}") from None
    if sys.byteorder == "big":
        samples.byteswap()
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file, wave.open(file, "wb") as out:
            out.setparams((1, 2, RATE, len(samples), "NONE", ""))
            out.writeframes(samples.tobytes())
        os.chmod(temporary, 0o444)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


# ---- the cache and what links to it ----

def cache_path(cache, key):
    return cache / key[:2] / f"{key}.wav"


def recipe():
    """What all sounds depend on: this program and the synthesiser's version."""
    version = run(["espeak-ng", "--version"], b"").split(b"Data at")[0]
    return hashlib.sha256(pathlib.Path(__file__).read_bytes() + version).hexdigest()


def sound_of(prompt, speed, made_by):
    voice = VOICES.get(prompt.language, prompt.language)
    parts = [made_by, prompt.spoken]
    if not prompt.spoken.startswith("["):
        parts += [voice, speed, prompt.text.strip()[-1]]
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
    return Sound(key, voice, speed, prompt.text, prompt.spoken, f"{prompt.language}/{prompt.id} ({speed})")


def link(source, target):
    """target is source, without a second copy where the file system allows it."""
    if target.exists() and os.path.samefile(source, target):
        return
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        os.link(source, temporary)
    except OSError:
        shutil.copyfile(source, temporary)
    os.replace(temporary, target)


def make_missing(sounds, cache):
    missing = {s.key: s for s in sounds if not cache_path(cache, s.key).is_file()}
    if not missing:
        return 0
    with concurrent.futures.ProcessPoolExecutor(max_workers=min(len(missing), os.cpu_count() or 1)) as pool:
        try:
            for done in [pool.submit(make_sound, sound, cache) for sound in missing.values()]:
                done.result()
        except (Fault, OSError):
            pool.shutdown(cancel_futures=True)
            raise
    return len(missing)


def refuse_alike(placed, cache):
    """Two prompts that sound the same could not be told apart by who listens; silence may be."""
    seen = {}
    for (prompt, _), sound in placed.items():
        data = cache_path(cache, sound.key).read_bytes()[44:].rstrip(b"\0")
        other = seen.setdefault(data, prompt) if data and not prompt.spoken.startswith("[") else prompt
        if other.id != prompt.id:
            raise Fault(f"{prompt.language}: \"{prompt.id}\" and \"{other.id}\" sound the same; give one another spoken form")


def place(language, prompts, placed, cache, out, manifest):
    for speed in SPEEDS:
        folder = out / language / speed
        folder.mkdir(parents=True, exist_ok=True)
        for prompt in prompts:
            link(cache_path(cache, placed[prompt, speed].key), folder / f"{prompt.id}.wav")
        known = {f"{p.id}.wav" for p in prompts}
        for stale in folder.iterdir():
            if stale.name not in known:
                stale.unlink()
    target = out / language / "manifest.cfg"
    if not target.exists() or target.read_bytes() != manifest.read_bytes():
        temporary = target.with_name(f".manifest.{os.getpid()}")
        shutil.copyfile(manifest, temporary)
        os.replace(temporary, target)


def make_all(manifests, out, cache):
    """Returns how many sounds had to be made."""
    files = sorted(manifests.glob("*/manifest.cfg"))
    if not files:
        raise Fault(f"{manifests}: no LANGUAGE/manifest.cfg there")
    made_by, made = recipe(), 0
    for file in files:
        prompts = read_manifest(file)
        placed = {(p, speed): sound_of(p, speed, made_by) for p in prompts for speed in SPEEDS}
        made += make_missing(placed.values(), cache)
        refuse_alike(placed, cache)
        place(file.parent.name, prompts, placed, cache, out, file)
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--manifests", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    options = parser.parse_args()
    try:
        made = make_all(options.manifests, options.out, options.cache)
    except (Fault, OSError) as fault:
        sys.exit(f"make_prompts: {fault}")
    if made:
        print(f"Prompts: {made} sounds made")


if __name__ == "__main__":
    main()
