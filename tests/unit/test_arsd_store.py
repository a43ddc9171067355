"""arsd whose store refuses for a while: peers that come just then are not left waiting."""
import contextlib
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest

from rig import config
from rig.appliance import SOURCE
from rig.merchant import wait_until
from rig.frames import Client

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])


class ArsdStoreTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="arsd-store-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in ("run", "state"):
            (self.folder / name).mkdir()
        self.database = self.folder / "state" / "callkey.db"
        settings = {"run_dir": str(self.folder / "run"), "state_dir": str(self.folder / "state"),
                    "share_dir": str(SOURCE / "config"),
                    "arsd": {"store": f"sqlite:{self.database}", "numbers": ["07012340000-07012340099"]}}
        (self.folder / "callkey.cfg").write_text(config.libconfig_text(settings), encoding="utf-8")
        log = self.enterContext(open(self.folder / "log", "wb"))
        self.process = subprocess.Popen([BUILD / "bin" / "arsd", "--config", self.folder / "callkey.cfg"], stderr=log)
        self.addCleanup(self.process.wait, 20)
        self.addCleanup(self.process.terminate)
        wait_until("arsd is ready", lambda: " ready " in self.log())

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def client(self, channel):
        client = Client(channel, self.folder / "run" / f"{channel}.sock")
        self.addCleanup(client.close)
        return client

    @staticmethod
    def write(client):
        """Has arsd write something in the turn that reads this."""
        client.send("ask", req=1, verb="merchant_add", argument=json.dumps({"name": "x"}))

    @contextlib.contextmanager
    def locked(self):
        """As a backup tool or an administrator's shell may hold it: longer than arsd waits."""
        with contextlib.closing(sqlite3.connect(self.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    def test_a_peer_that_comes_in_a_lost_turn_is_greeted_or_comes_anew(self):
        first, second = self.client("admin"), self.client("admin")
        for client in (first, second):
            client.receive("hello")
        with self.locked():
            self.write(first)                 # this turn waits for the lock, and the next has all of what follows
            time.sleep(0.5)
            with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)) as peer:
                peer.connect(str(self.folder / "run" / "uplink.sock"))
                self.write(second)
                self.assertEqual(second.receive("answer")["status"], 503)
                peer.settimeout(5)
                self.assertEqual(peer.recv(65536), b"")      # not silence, in which both would wait for ever
        self.assertEqual(self.log().count("commit_failed"), 2, self.log())
        uplink = self.client("uplink")
        self.assertEqual(uplink.receive("hello")["version"], uplink.codec.version)
        self.write(second)
        self.assertEqual(second.receive("answer")["status"], 0)


if __name__ == "__main__":
    unittest.main()
