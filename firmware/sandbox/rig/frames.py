"""Frames of a channel between the programs, by the channel's own message list (firmware/ipc/NAME.def), and a client for them."""
import pathlib
import re
import socket
import struct

SOURCE = pathlib.Path(__file__).resolve().parents[3]

SIZES = {"U8": "B", "U16": "<H", "U32": "<I", "U64": "<Q", "I64": "<q"}
FRAME_MAX = 70000


class Codec:
    def __init__(self, channel):
        text = re.sub(r"/\*.*?\*/", "", (SOURCE / f"firmware/ipc/{channel}.def").read_text(encoding="utf-8"), flags=re.S)
        for macro, fields in re.findall(r"^#define (\w+) (.*)$", text, re.M):
            text = re.sub(rf"^#define {macro} .*$", "", text, flags=re.M).replace(macro, fields)
        self.messages = {name: (int(number), re.findall(r"(\w+)\((\w+)", fields))
                         for name, number, fields in re.findall(r"MSG\((\w+), (\d+)\)(.*?)END\(", text, re.S)}
        self.names = {number: name for name, (number, _) in self.messages.items()}
        head = (SOURCE / f"firmware/ipc/{channel}.h").read_text(encoding="utf-8")
        found = re.search(rf"\b{channel.upper()}_VERSION = (\d+)", head)
        self.version = int(found[1]) if found else 1

    def encode(self, name, /, **values):
        number, fields = self.messages[name]
        out = struct.pack("<H", number)
        for kind, field in fields:
            value = values.pop(field, None)
            if kind in SIZES:
                out += struct.pack(SIZES[kind], value or 0)
            else:
                data = value if isinstance(value, bytes) else (value or "").encode()
                out += struct.pack("<H", len(data)) + data
        if values:
            raise ValueError(f"{name} has no {list(values)}")
        return out

    def decode(self, frame):
        name = self.names[struct.unpack_from("<H", frame)[0]]
        at, values = 2, {"type": name}
        for kind, field in self.messages[name][1]:
            if kind in SIZES:
                (values[field],) = struct.unpack_from(SIZES[kind], frame, at)
                at += struct.calcsize(SIZES[kind])
            else:
                (size,) = struct.unpack_from("<H", frame, at)
                data = frame[at + 2:at + 2 + size]
                values[field] = data if kind == "BLOB" and field in ("secret", "wrapped", "index") else data.decode(errors="replace")
                at += 2 + size
        return values


class Client:
    """A neighbour that connects: says hello, sends and receives."""

    def __init__(self, channel, path, timeout_s=15, version=None):
        self.codec = Codec(channel)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(timeout_s)
        self.socket.connect(str(path))
        self.send("hello", version=self.codec.version if version is None else version, boot=1)

    def send(self, name, /, **values):
        self.socket.send(self.codec.encode(name, **values))

    def send_raw(self, frame):
        self.socket.send(frame)

    def receive(self, name=None):
        """The next frame, or the next called name; None when the other side has closed."""
        while frame := self.socket.recv(FRAME_MAX):
            message = self.codec.decode(frame)
            if name is None or message["type"] == name:
                return message
        return None

    def close(self):
        self.socket.close()
