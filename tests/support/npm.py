"""Judges that are not ours: the npm packages of tests/contract/package.json, as its lock pins them by hash."""
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

from rig.appliance import SOURCE

CONTRACT = SOURCE / "tests" / "contract"


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
            done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, capture_output=True,
                                  text=True, timeout=300, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"npm ci (packages of tests/contract): exit {done.returncode}\n{done.stdout}{done.stderr}")
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
