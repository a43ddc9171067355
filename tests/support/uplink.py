"""uplinkd between an arsd that the test plays and a real callkey-sandbox behind nginx with TLS, and a server that does what no
decent one would."""
import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from rig import config
from rig.appliance import SOURCE
from rig.merchant import UnixHttp, wait_until
from rig.ports import free_port
from support import cards
from support.seal import seal_card

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PG_TIMEOUT_MS = 1500
OK, DECLINED, NOT_SENT, UNKNOWN, NOT_FOUND = 1, 2, 3, 4, 5          # what uplinkd says of an order
SENT, REFUSED, LATER, UNSURE = 1, 2, 3, 4                          # of a text message, a webhook
numbers = itertools.count(1)


class Codec:
    """Frames by the message list itself, firmware/ipc/uplink.def."""
    SIZES = {"U8": "B", "U16": "<H", "U32": "<I", "U64": "<Q", "I64": "<q"}

    def __init__(self):
        text = re.sub(r"/\*.*?\*/", "", (SOURCE / "firmware/ipc/uplink.def").read_text(), flags=re.S)
        self.messages = {name: (int(number), re.findall(r"(\w+)\((\w+)", fields))
                         for name, number, fields in re.findall(r"MSG\((\w+), (\d+)\)(.*?)END\(", text, re.S)}
        self.names = {number: name for name, (number, _) in self.messages.items()}

    def encode(self, name, **values):
        number, fields = self.messages[name]
        out = struct.pack("<H", number)
        for kind, field in fields:
            if kind in self.SIZES:
                out += struct.pack(self.SIZES[kind], values.pop(field, 0))
            else:
                data = values.pop(field, "")
                data = data if isinstance(data, bytes) else data.encode()
                out += struct.pack("<H", len(data)) + data
        assert not values, values
        return out

    def decode(self, frame):
        name = self.names[struct.unpack_from("<H", frame)[0]]
        at, values = 2, {"type": name}
        for kind, field in self.messages[name][1]:
            if kind in self.SIZES:
                (values[field],) = struct.unpack_from(self.SIZES[kind], frame, at)
                at += struct.calcsize(self.SIZES[kind])
            else:
                (size,) = struct.unpack_from("<H", frame, at)
                values[field] = frame[at + 2:at + 2 + size].decode()
                at += 2 + size
        return values


CODEC = Codec()
VERSION = int(re.search(r"UPLINK_VERSION = (\d+)", (SOURCE / "firmware/ipc/uplink.h").read_text())[1])


class Arsd:
    """Listens on uplink.sock; keeps every result, by job."""

    def __init__(self, path, version=VERSION):
        self.version, self.results, self.metrics, self.connections, self.connection = version, {}, [], 0, None
        self.gateways = []               # what uplinkd said of them since it connected last
        self.receipts, self.takes_receipts = [], True
        self.greeted = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path.unlink(missing_ok=True)
        self.listener.bind(str(path))
        self.listener.listen(4)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            connection.send(CODEC.encode("hello", version=self.version, boot=7))
            with contextlib.suppress(OSError):
                self._serve(connection)
            self.greeted.clear()
            connection.close()

    def _serve(self, connection):
        while frame := connection.recv(70000):
            message = CODEC.decode(frame)
            if message["type"] == "hello":
                self.connection = connection
                self.gateways = []
                self.greeted.set()
            elif message["type"] == "pg_can":
                self.gateways.append(message)
            elif message["type"] == "metrics":
                self.metrics.append(message["text"])
            elif message["type"] == "sms_receipt":
                self.receipts.append(message)
                if self.takes_receipts:
                    connection.send(CODEC.encode("sms_receipt_taken", receipt=message["receipt"]))
            else:
                self.results.setdefault(message["job"], []).append(message)

    def start(self, name, **values):
        """Gives a job; returns its number."""
        job = values.pop("job", None) or next(numbers)
        assert self.greeted.wait(10), "uplinkd is not connected"
        self.connection.send(CODEC.encode(name, job=job, **values))
        return job

    def result(self, job, timeout_s=15):
        return wait_until(f"a result of job {job}", lambda: self.results.get(job), timeout_s, 0.01)[-1]

    def ask(self, name, **values):
        return self.result(self.start(name, **values))

    def hang_up(self):
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        if self.connection:
            self.hang_up()


class OddServer:
    """TLS on loopback. Each whole request takes the next of answers: bytes are sent, None closes the connection. Requests are
    kept with the number of their connection. shake False: it accepts, and never answers the handshake; delay_s: it answers so
    much later."""

    def __init__(self, folder, address="127.0.0.1", shake=True):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "sandbox.pem", folder / "sandbox.key")
        self.answers, self.requests, self.connections, self.shake, self.delay_s = [], [], 0, shake, 0
        self.listener = socket.create_server((address, 0))
        self.url = f"https://{address}:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                plain = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(plain, self.connections), daemon=True).start()

    def _serve(self, plain, number):
        with contextlib.suppress(OSError), contextlib.closing(plain):
            plain.settimeout(20)
            if not self.shake:
                plain.recv(65536)
                time.sleep(10)
                return
            time.sleep(self.delay_s)
            with self.context.wrap_socket(plain, server_side=True) as connection:
                while request := self._read(connection):
                    self.requests.append((number, request))
                    answer = self.answers.pop(0) if self.answers else None
                    if answer is None:
                        return
                    connection.sendall(answer)

    @staticmethod
    def _read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = int((re.search(rb"content-length: (\d+)", head, re.I) or [0, 0])[1])
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def close(self):
        self.listener.close()


def http_answer(body, status="200 OK", headers=""):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n{headers}\r\n".encode() + data


class World(unittest.TestCase):
    """One sandbox and one uplinkd for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="uplinkd-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.processes = {}
        cls.addClassCleanup(cls.stop_all)
        for name in ("tls", "sandbox", "run", "nginx"):
            (cls.folder / name).mkdir()
        config.make_certificate(cls.folder / "tls", "sandbox")
        config.make_certificate(cls.folder / "tls", "other")
        config.make_pg_key(cls.folder / "sandbox")
        for name in ("pg.secret", "sms.secret", "wrong.secret"):
            config.make_secret(cls.folder / "sandbox" / name)
        cls.ports = {name: free_port() for name in ("pg", "sms", "merchant", "closed")}
        cls.odd = OddServer(cls.folder / "tls")
        cls.odd_name = OddServer(cls.folder / "tls", "127.0.0.2")
        cls.odd_silent = OddServer(cls.folder / "tls", shake=False)
        cls.odd_late = OddServer(cls.folder / "tls")
        for server in (cls.odd, cls.odd_name, cls.odd_silent, cls.odd_late):
            cls.addClassCleanup(server.close)
        cls.start("sandbox", BUILD / "bin" / "callkey-sandbox", "--dir", cls.folder / "sandbox")
        cls.write_nginx()
        prefix = cls.folder / "nginx"
        cls.start("nginx", "/usr/sbin/nginx", "-p", prefix, "-c", prefix / "nginx.conf", "-e", "stderr", "-g", "daemon off;")
        cls.control = UnixHttp(cls.folder / "sandbox" / "control.sock")
        wait_until("the sandbox listens", lambda: (cls.folder / "sandbox" / "control.sock").exists())
        wait_until("nginx listens", lambda: socket.socket().connect_ex(("127.0.0.1", cls.ports["merchant"])) == 0)
        cls.control.post("/merchant/secrets", {"secret": SECRET})
        (cls.folder / "callkey.cfg").write_text(config.libconfig_text(cls.settings()))
        cls.arsd = Arsd(cls.folder / "run" / "uplink.sock")
        cls.addClassCleanup(cls.arsd.close)
        cls.start_uplinkd()

    @classmethod
    def start(cls, name, *argv):
        log = open(cls.folder / f"{name}.log", "ab")
        cls.addClassCleanup(log.close)
        cls.processes[name] = subprocess.Popen([str(a) for a in argv], stderr=log, stdout=log, env={**os.environ, **cls.env_of(name)})

    @classmethod
    def env_of(cls, name):
        return {}

    @classmethod
    def start_uplinkd(cls):
        cls.start("uplinkd", BUILD / "bin" / "uplinkd", "--config", cls.folder / "callkey.cfg")
        assert cls.arsd.greeted.wait(20), (cls.folder / "uplinkd.log").read_text()

    @classmethod
    def stop_all(cls):
        for name, process in reversed(cls.processes.items()):
            process.terminate()
            assert process.wait(10) == 0, f"{name}: {(cls.folder / f'{name}.log').read_text()}"

    @classmethod
    def write_nginx(cls):
        config.fill_template(SOURCE / "firmware" / "sandbox" / "nginx.conf.in", cls.folder / "nginx" / "nginx.conf", {
            "USER_DIRECTIVE": "user root;" if os.getuid() == 0 else "", "PREFIX": cls.folder / "nginx",
            "CERTIFICATE": cls.folder / "tls" / "sandbox.pem", "CERTIFICATE_KEY": cls.folder / "tls" / "sandbox.key",
            **{f"{n.upper()}_LISTEN": f"127.0.0.1:{cls.ports[n]}" for n in ("pg", "sms", "merchant")},
            **{f"{n.upper()}_SOCKET": cls.folder / "sandbox" / f"{n}.sock" for n in ("pg", "sms", "merchant")}})

    @classmethod
    def settings(cls):
        ca, other_ca = str(cls.folder / "tls" / "sandbox-ca.pem"), str(cls.folder / "tls" / "other-ca.pem")
        url, secret = f"https://127.0.0.1:{cls.ports['pg']}", str(cls.folder / "sandbox" / "pg.secret")
        gateway = {"url": url, "ca_file": ca, "secret_file": secret, "timeout_ms": PG_TIMEOUT_MS, "connect_timeout_ms": 700}
        return {
            "run_dir": str(cls.folder / "run"),
            "uplinkd": {
                "pg": [{**gateway, "name": "sandbox"}, {**gateway, "name": "other_ca", "ca_file": other_ca},
                       {**gateway, "name": "closed", "url": f"https://127.0.0.1:{cls.ports['closed']}"},
                       {**gateway, "name": "other_secret", "secret_file": str(cls.folder / "sandbox" / "wrong.secret")},
                       {**gateway, "name": "by_name", "url": f"https://localhost:{cls.ports['pg']}"},
                       {**gateway, "name": "system_ca", "ca_file": ""},
                       {**gateway, "name": "no_key_in", "without": ["key_in", "foreign"]},
                       {**gateway, "name": "no_name", "url": "https://callkey.invalid"},
                       # Nothing that it does takes time: a machine that is busy must not turn "unknown" into "not sent".
                       {**gateway, "name": "odd", "url": cls.odd.url, "timeout_ms": 5000, "connect_timeout_ms": 4500},
                       {**gateway, "name": "odd_late", "url": cls.odd_late.url},
                       {**gateway, "name": "odd_name", "url": cls.odd_name.url},
                       {**gateway, "name": "odd_silent", "url": cls.odd_silent.url}],
                "sms": [{
                    "name": "main", "url": f"https://127.0.0.1:{cls.ports['sms']}/sms", "method": "POST", "ca_file": ca,
                    "headers": ["Content-Type: application/json", "Authorization: Bearer {secret}"],
                    "body": '{"id":"{id}","to":"{to}","from":"{from}","text":"{text}"}', "success_status": 200,
                    "success_contains": '"accepted"', "from": "15881234", "timeout_ms": 1500,
                    "secret_file": str(cls.folder / "sandbox" / "sms.secret"),
                }],
                "webhook": {"ca_file": ca, "timeout_ms": 1500, "allow_inside": True},
            },
        }

    def setUp(self):
        self.behave()
        self.behave("sms")
        self.behave("merchant")
        self.odd.answers.clear()

    # ---- what tests do ----
    def behave(self, part="pg", mode="normal", **more):
        self.control.post(f"/{part}/behaviour", {"mode": mode, **more})

    def seal(self, card, order, **other):
        return seal_card(self.folder / "sandbox" / "pg-pub.pem", card, order, **other)

    @staticmethod
    def new(prefix):
        return f"{prefix}_{next(numbers)}"

    def verify(self, card=cards.CREDIT, order=None, **more):
        order = order or self.new("ord")
        return self.arsd.ask("pg_verify", order_id=order, jwe=self.seal(card, order), **more)

    def pay(self, order=None, **more):
        return self.arsd.ask("pg_pay", **self.payment(order or self.new("ord"), **more))

    def payment(self, order, amount=53000, card=None, **more):
        by = {"jwe": self.seal(card, order)} if card else {}
        return {"order_id": order, "amount_minor": amount, "tax_free_minor": -1, "vat_minor": -1, "currency": "KRW", "order_name": "월간 구독", **by,
                **more}

    def query(self, order, **more):
        return self.arsd.ask("pg_query", order_id=order, **more)

    def order(self, order):
        """What the PG's ledger has of an order; None: nothing."""
        found = [o for o in self.control.get("/pg/ledger")["orders"] if o["order_id"] == order]
        self.assertLessEqual(len(found), 1)
        return found[0] if found else None
