"""Garbage at keystored's three doors: every message of every channel at every length, every number that is none, frames as long
as the kernel takes. Who sends it is dropped and counted, and keystored goes on taking cards."""
import contextlib
import os
import re
import struct
import unittest

from rig.frames import Client, Codec
from support.keystored import World

# What each door takes from its peer; the others are keystored's own words.
TAKEN = {"keypad": {"hello", "call_begin", "key", "key_timeout", "call_end", "reset"},
         "vault": {"hello", "field_open", "field_close", "seal", "wipe", "sign", "column_key"},
         "keyctl": {"hello", "ask"}}


class Garbage(World):
    def setUp(self):
        super().setUp()
        self.dropped = 0

    def client(self, channel):
        client = Client(channel, self.folder / f"{channel}.sock")
        self.addCleanup(client.close)
        self.assertEqual(client.receive()["type"], "hello")
        return client

    def drops(self, client, frame):
        """Sends what breaks the protocol, and waits for the end of the connection."""
        client.send_raw(frame)
        with contextlib.suppress(ConnectionResetError):
            while client.socket.recv(70000):
                pass
        client.close()
        self.dropped += 1

    def bad_frames(self, channel):
        codec = Codec(channel)
        for name in codec.messages:
            whole = codec.encode(name)
            for length in range(1, len(whole)):
                yield whole[:length]
            yield whole + b"\0"
            yield whole + os.urandom(60000 - len(whole))
            if name not in TAKEN[channel]:
                yield whole
        for number in {*range(300), 0x7fff, 0xffff} - set(codec.names):
            yield struct.pack("<H", number)
        # Texts and blobs that say they are longer than the frame, or than their kind.
        for name, (number, fields) in codec.messages.items():
            if any(kind in ("STR", "BLOB") for kind, _ in fields):
                head = codec.encode(name)
                at = head.rfind(b"\0\0")
                yield head[:at] + b"\xff\xff" + head[at + 2:]
                yield head[:at] + b"\xff\xff" + head[at + 2:] + b"A" * 0xffff if len(head) < 400 else head[:-1]
        yield codec.encode("hello", version=codec.version, boot=2)      # a second one

    def bad_total(self):
        text = self.vault.receive("metrics")["text"]
        return int(re.search(r"^callkey_keystored_bad_frames_total (\d+)$", text, re.M)[1])

    def test_every_message_at_every_length(self):
        self.start()
        for channel in TAKEN:
            for frame in self.bad_frames(channel):
                with self.subTest(channel=channel, frame=frame[:24], length=len(frame)):
                    self.drops(self.client(channel), frame)
        self.assertIsNone(self.process.poll())
        self.assertGreater(self.dropped, 1000)
        self.trunkd, self.vault = self.connect("keypad"), self.connect("vault")
        self.arsd = self.vault
        self.enter_card()
        self.assertEqual(self.bad_total(), self.dropped)
        self.assertEqual(self.seal()["status"], 0)


if __name__ == "__main__":
    unittest.main()
