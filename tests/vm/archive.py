"""Archives as Linux unpacks them at boot (cpio, "newc"): written here, so that a broken one cannot come from a pipe whose error
nobody saw. Archives can stand one behind another in one file; a later file replaces an earlier one."""
import os
import pathlib
import stat

ALIGN = 4
LAST = "TRAILER!!!"


class Archive:
    """An archive being written to an open binary file. Folders are made as files need them; a name is written once."""

    def __init__(self, file):
        self.file, self.count, self.names = file, 0, set()

    def _pad(self):
        self.file.write(bytes(-self.file.tell() % ALIGN))

    def _entry(self, name, mode, size=0, device=(0, 0)):
        self.count += 1
        fields = [self.count, mode, 0, 0, 1, 0, size, 0, 0, *device, len(name.encode()) + 1, 0]
        self.file.write(b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0")
        self._pad()

    def _new(self, name):
        name = name.strip("/")
        if name in self.names:
            return None
        if "/" in name:
            self.folder(name.rsplit("/", 1)[0])
        self.names.add(name)
        return name

    def folder(self, name):
        if (name := self._new(name)) is not None:
            self._entry(name, stat.S_IFDIR | 0o755)

    def link(self, name, target):
        if (name := self._new(name)) is not None:
            self._entry(name, stat.S_IFLNK | 0o777, len(target.encode()))
            self.file.write(target.encode())
            self._pad()

    def device(self, name, major, minor):
        if (name := self._new(name)) is not None:
            self._entry(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def data(self, name, octets, mode=0o644):
        if (name := self._new(name)) is not None:
            self._entry(name, stat.S_IFREG | mode, len(octets))
            self.file.write(octets)
            self._pad()

    def copy(self, name, path):
        """A file of this machine, with its right to be run."""
        path = pathlib.Path(path)
        self.data(name, path.read_bytes(), 0o755 if os.access(path, os.X_OK) else 0o644)

    def end(self):
        self._entry(LAST, 0)
        self._pad()
