"""What takes long is made once and kept in build/vm-cache, for all builds of this tree.

A thing is a folder of files, named by what it was made from. It is made under another name, by one process at a time, and gets
its own only when it is complete; whoever takes it compares every file with the list that was written then. A broken one is
made again, and is never used in part."""
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "vm-cache"
LIST = "list.json"


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def key_of(*words):
    """A short name for all that a thing is made from: any JSON."""
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()[:16]


def _list(folder):
    return {str(p.relative_to(folder)): digest(p) for p in sorted(folder.rglob("*")) if p.is_file() and p.name != LIST}


def is_whole(folder):
    """All files of the list, with their contents, and no other."""
    try:
        return json.loads((folder / LIST).read_text(encoding="utf-8")) == _list(folder)
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def _only_one(name):
    """The cache's lock for things of this name; the kernel takes it back from whoever dies."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / f"{name}.lock", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(name, key, build, told):
    """Builds into a folder without a name, proves it, and names it. What an interrupted or older build left is removed."""
    for left in FOLDER.glob(f"{name}-*"):
        shutil.rmtree(left)
    for left in FOLDER.glob(f".{name}-*"):
        shutil.rmtree(left)
    making = pathlib.Path(tempfile.mkdtemp(prefix=f".{name}-", dir=FOLDER))
    try:
        told(f"making {name} ({key})")
        build(making)
        files = _list(making)
        if not files:
            raise RuntimeError(f"{name}: nothing was made")
        (making / LIST).write_text(json.dumps(files, indent=1), encoding="utf-8")
        os.sync()
        making.rename(FOLDER / f"{name}-{key}")
    finally:
        shutil.rmtree(making, ignore_errors=True)


def take(name, key, build, into, told=print):
    """The thing's files as links (or copies) in the folder into, so that nobody's rebuilding takes them away.

    build(folder) makes them; what it raises is raised here, and nothing is kept."""
    into = pathlib.Path(into)
    into.mkdir(parents=True, exist_ok=True)
    with _only_one(name):
        folder = FOLDER / f"{name}-{key}"
        if not is_whole(folder):
            _make(name, key, build, told)
        for path in folder.iterdir():
            _put(path, into / path.name)
    return into


def _put(path, target):
    """Whoever opens target meanwhile finds the old file or the new one, whole."""
    new = target.with_name(f"{target.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    try:
        os.link(path, new)
    except OSError:
        shutil.copyfile(path, new)
    new.replace(target)
