"""A folder that one rig at a time lives in."""
import fcntl
import os
import pathlib
import shutil


class Busy(Exception):
    """Another rig lives in the folder."""


class Folder:
    """An empty folder, locked as long as this object (and the process) lives. What an earlier rig left is removed; a folder
    that no rig has made is refused."""

    MARK = "rig.lock"

    def __init__(self, path):
        self.path = pathlib.Path(path).absolute()
        mark = self.path / self.MARK
        if self.path.exists() and any(self.path.iterdir()) and not mark.exists():
            raise Busy(f"{self.path} is not empty and no rig has made it: choose another folder with --dir")
        self.path.mkdir(parents=True, exist_ok=True)
        self.file = open(mark, "a+", encoding="ascii")      # not inherited: the processes of the rig do not hold it
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.file.seek(0)
            owner = self.file.read().strip() or "?"
            raise Busy(f"a rig is running in {self.path} (process {owner}): use that one, or end it first") from None
        for entry in self.path.iterdir():
            if entry.name != self.MARK:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        self.file.truncate(0)
        self.file.write(str(os.getpid()))
        self.file.flush()
