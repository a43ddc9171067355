"""Judges that are not ours: the npm packages of tests/contract/package.json, as its lock pins them by hash."""
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time

from rig.appliance import SOURCE

CONTRACT = SOURCE / "tests" / "contract"
NPM_CI = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-timeout=30000", "--fetch-retries=3",
          "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=10000"]
TRIES, PAUSE_S, TRY_S = 3, 5, 150


def _fetch(folder):
    """npm ci in folder. npm asks again for what the registry refuses or breaks off; all of it is tried again here, with what has
    come lying in npm's cache. RuntimeError with npm's words of the last time."""
    for attempt in range(1, TRIES + 1):
        try:
            done = subprocess.run(NPM_CI, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TRY_S,
                                  check=False)
            if done.returncode == 0:
                return
            said = f"exit {done.returncode}\n{done.stdout}"
        except subprocess.TimeoutExpired as late:
            said = f"no end within {TRY_S} s\n{(late.stdout or b'').decode(errors='replace')}"
        if attempt < TRIES:
            time.sleep(PAUSE_S)
    raise RuntimeError(f"npm ci could not fetch the packages of tests/contract in {TRIES} tries; is the registry in reach? The last "
                       f"one: {said}")


def install():
    """The folder whose node_modules hold what the lock says; installed there by the first who asks. Without a way to the registry
    this fails: a judge who is not there has not judged."""
    folder = pathlib.Path(os.environ["CALLKEY_BUILD"]) / "contract"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256((CONTRACT / "package-lock.json").read_bytes()).hexdigest()
        stamp = folder / "installed"
        if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(CONTRACT / name, folder)
            _fetch(folder)
            stamp.write_text(wanted, encoding="ascii")
    return folder


def judge(script, question):
    """Runs tests/contract/SCRIPT with question as JSON on its standard input; returns its answer."""
    folder = install()
    shutil.copy(CONTRACT / script, folder)
    done = subprocess.run(["node", script], cwd=folder, input=json.dumps(question), capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{script}: exit {done.returncode}\n{done.stderr[-1500:]}")
    return json.loads(done.stdout)
