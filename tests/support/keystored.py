"""keystored as a process between a trunkd and an arsd that the test plays, and the gateway's side of a sealed record, with code of
its own."""
import base64
import contextlib
import ctypes
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import time
import unittest

from rig import ceremony, config
from rig.frames import Client
from rig.merchant import wait_until
from support import cards
from support.leaks import Leaks

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]
CARD_NUMBER, EXPIRY, IDENTITY, PASSWORD2 = 1, 2, 3, 4
COMPLETE, TOO_SHORT, INVALID, EXPIRED, ERASED, NO_INPUT = 1, 2, 3, 4, 5, 6
OK, NO_CALL, INCOMPLETE, NO_KEY, REFUSED, FAILED = 0, 1, 2, 3, 4, 5
TOLD_UNASKED = ("metrics", "gateway_key", "keys_expiring")          # to arsd, at any time
BAD_CONFIG = 2
NOBODY = 65534
CARD = cards.CREDIT
# AddressSanitizer keeps what was freed, and its shadow memory has no end that could be searched.
SANITIZED = b"__asan_init" in (BUILD / "bin" / "keystored").read_bytes()


# ---- the gateway's side of a sealed record, with code of its own (RFC 7516 5.2, RFC 7518 4.6) ----

def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def decrypt(cipher_name, key, iv, aad, data, tag):
    crypto = ctypes.CDLL("libcrypto.so.3")
    for name in ("EVP_CIPHER_CTX_new", cipher_name):
        getattr(crypto, name).restype = ctypes.c_void_p
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    out, n, last = ctypes.create_string_buffer(len(data) + 32), ctypes.c_int(), ctypes.c_int()
    crypto.EVP_CIPHER_CTX_set_flags(context, 1)
    steps = [crypto.EVP_DecryptInit_ex(context, ctypes.c_void_p(getattr(crypto, cipher_name)()), None, key, iv)]
    if aad:
        steps.append(crypto.EVP_DecryptUpdate(context, None, ctypes.byref(n), aad, len(aad)))
    steps.append(crypto.EVP_DecryptUpdate(context, out, ctypes.byref(n), data, len(data)))
    if tag:
        steps.append(crypto.EVP_CIPHER_CTX_ctrl(context, 0x11, len(tag), tag))
    steps.append(crypto.EVP_DecryptFinal_ex(context, ctypes.byref(out, n.value), ctypes.byref(last)))
    crypto.EVP_CIPHER_CTX_free(context)
    if steps != [1] * len(steps):
        raise ValueError("not authentic")
    return out.raw[:n.value + last.value]


def open_jwe(jwe, private_pem):
    """(header, record) of a compact JWE."""
    protected, wrapped, iv, cipher, tag = jwe.split(".")
    header = json.loads(unb64(protected))
    spki = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
    with tempfile.TemporaryDirectory() as folder:
        peer = pathlib.Path(folder, "epk.der")
        peer.write_bytes(spki + unb64(header["epk"]["x"]) + unb64(header["epk"]["y"]))
        secret = subprocess.run(["openssl", "pkeyutl", "-derive", "-inkey", str(private_pem), "-peerkey", str(peer), "-peerform",
                                 "DER"], capture_output=True, check=True).stdout
    alg = header["alg"].encode()
    info = struct.pack(">I", len(alg)) + alg + struct.pack(">III", 0, 0, 256)
    key = decrypt("EVP_aes_256_wrap", hashlib.sha256(struct.pack(">I", 1) + secret + info).digest(), None, None, unb64(wrapped),
                  None)
    clear = decrypt("EVP_aes_256_gcm", key, unb64(iv), protected.encode(), unb64(cipher), unb64(tag))
    return header, json.loads(clear)


class World(unittest.TestCase):
    imports = True                    # a gateway's key comes with the ceremony

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="keystored-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "share").mkdir()
        shutil.copy(SOURCE / "config" / "issuers.cfg", self.folder / "share" / "issuers.cfg")
        config.make_pg_key(self.folder)
        self.settings = {
            "run_dir": str(self.folder), "share_dir": str(self.folder / "share"),
            "keystored": {"keys_dir": str(self.folder / "keystore"), "unlock_file": str(self.folder / "unlock")},
        }
        self.process = None
        self.officers = ceremony.OFFICERS
        self.next_field = 0

    def write_config(self):
        (self.folder / "callkey.cfg").write_text(config.libconfig_text(self.settings))

    def spawn(self, **options):
        self.write_config()
        log = open(self.folder / "log", "ab")
        self.addCleanup(log.close)
        argv = [options.pop("program", BUILD / "bin" / "keystored"), "--config", self.folder / "callkey.cfg"]
        return subprocess.Popen([str(a) for a in argv], stderr=log, stdout=log, **options)

    def start(self, **options):
        starts = self.log().count(" ready ")
        self.process = self.spawn(**options)
        self.addCleanup(self.end, self.process)
        wait_until("keystored listens", lambda: self.log().count(" ready ") > starts or self.process.poll() is not None)
        self.assertIsNone(self.process.poll(), self.log())
        if not (self.folder / "unlock").exists():
            self.parts = ceremony.hold(self.folder / "keyctl.sock", self.folder / "unlock", officers=self.officers)
            if self.imports:
                self.import_key()

    def import_key(self, kid="2026-a", officers=None, **fields):
        """A key of the gateway "main", by two officers; unless told otherwise the public half of pg-key.pem."""
        key = {"name": "main", "kid": kid, "key": (self.folder / "pg-pub.pem").read_bytes(), **fields}
        ceremony.import_gateway_keys(self.folder / "keyctl.sock", [key], officers=officers or self.officers)

    def end(self, process):
        if process.poll() is None:
            process.terminate()
            self.assertEqual(process.wait(10), 0, self.log())

    def log(self):
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    def connect(self, channel):
        client = Client(channel, self.folder / f"{channel}.sock")
        self.addCleanup(client.close)
        hello = client.receive("hello")
        if hello is None:
            raise ConnectionError("closed without a hello")
        self.assertEqual(hello["version"], client.codec.version)
        if channel == "vault":
            client.told = self.what_is_told(client)
        return client

    @staticmethod
    def what_is_told(client):
        """What keystored says first of its keys: their state, gateways' keys, those that end."""
        told = []
        while not told or told[-1]["type"] != "keys_expiring":
            message = client.receive()
            if message is None:
                raise ConnectionError("closed after its hello")
            told.append(message)
        return told

    def start_all(self, **options):
        self.start(**options)
        self.trunkd, self.arsd = self.connect("keypad"), self.connect("vault")

    # ---- a caller's moves ----
    def open_field(self, kind, call=7, fresh=1):
        self.next_field += 1
        self.arsd.send("field_open", call=call, field=self.next_field, kind=kind, fresh=fresh)
        return self.next_field

    def type(self, keys, call=7, field=None):
        for key in keys:
            self.trunkd.send("key", call=call, field=field or self.next_field, key=ord(key))

    def open_field_and_see(self, kind, call=7):
        """The field is open when this returns. Calls begin and keys come by another socket than the word that opens a field: keystored may read
        them in any order, and a seal of no call is answered only after what arsd said before."""
        deadline = time.monotonic() + 10
        while True:
            self.open_field(kind, call)
            self.arsd.send("seal", req=9, call=0, kid="", purpose="verify", order_id="none")
            said = []
            while not said or said[-1]["type"] != "sealed":
                answer = self.arsd.receive()
                self.assertIsNotNone(answer, "keystored has closed")
                said += [answer] if answer["type"] not in TOLD_UNASKED else []
            self.assertEqual((said[-1]["req"], said[-1]["status"]), (9, NO_CALL))
            if len(said) == 1:
                return
            self.assertEqual([(a["type"], a.get("status")) for a in said[:-1]], [("field_refused", NO_CALL)], said)
            self.assertLess(time.monotonic(), deadline, "the call does not begin")

    def enter(self, kind, keys, call=7):
        """Opens a field and types when it is open; arsd's result."""
        self.open_field_and_see(kind, call)
        self.type(keys, call)
        answer = self.arsd.receive()
        while answer["type"] in TOLD_UNASKED:
            answer = self.arsd.receive()
        self.assertEqual(answer["type"], "field_result", answer)
        return answer

    def enter_card(self, card=CARD, call=7, begin=True):
        if begin:
            self.trunkd.send("call_begin", call=call)
        results = [self.enter(kind, keys, call) for kind, keys in
                   ((CARD_NUMBER, card.number), (EXPIRY, card.expiry), (IDENTITY, card.identity), (PASSWORD2, card.password))]
        self.assertEqual([r["result"] for r in results], [COMPLETE] * 4)
        return results

    def seal(self, call=7, order_id="ord_1", kid="", purpose="verify", pg="main"):
        self.arsd.send("seal", req=5, call=call, pg=pg, kid=kid, purpose=purpose, order_id=order_id)
        return self.arsd.receive("sealed")

    def finds(self, card=CARD):
        """What of the card stands in keystored's memory, in any coding; the birth date as digits."""
        leaks = Leaks({"card number": card.number}, card.password)
        self.assertGreater(leaks.look_at_memory(self.process.pid, "keystored"), 100000)
        found = {str(f) for f in leaks.finds}
        if self.in_memory(card.identity.encode()):
            found.add("birth date")
        return found

    def in_memory(self, needle):
        proc = f"/proc/{self.process.pid}"
        with open(f"{proc}/maps", encoding="ascii") as maps, open(f"{proc}/mem", "rb", 0) as mem:
            for line in maps:
                fields = line.split()
                if not fields[1].startswith("rw"):
                    continue
                begin, end = (int(x, 16) for x in fields[0].split("-"))
                mem.seek(begin)
                with contextlib.suppress(OSError):
                    if needle in mem.read(end - begin):
                        return True
        return False
