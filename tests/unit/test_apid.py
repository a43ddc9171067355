"""apid as a process, between a real nginx and an arsd that the test plays: what it asks, answers and says when arsd is
away, slow, lost in the middle or breaks the protocol."""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest

from rig import config
from rig.merchant import wait_until
from rig.ports import free_port
from rig import frames

BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]
CODEC = frames.Codec("api")
HELLO, REGISTRATION_CREATE, REGISTRATION_GET, HEALTH, METRICS_GET, ANSWER = (
    CODEC.messages[name][0] for name in ("hello", "registration_create", "registration_get", "health", "metrics_get", "answer"))
REG = "/v1/registrations/reg_0123456789abcdefghjkmnpqrs"
BODY = {"customer_ref": "c-1", "phone": "010-1234-5678", "product_name": "구독", "cycle": "monthly"}


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<H", len(data)) + data


class Arsd:
    """Listens on api.sock and answers each request with what answer(type, frame) gives: (status, code, detail, field,
    retry_after_s, body), or None for silence."""

    def __init__(self, path, answer, version=CODEC.version):
        self.answer, self.version, self.frames, self.rate = answer, version, [], (0, 0, 0)
        path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(path))
        self.listener.listen(4)
        self.connection, self.connections = socket.socket(socket.AF_UNIX), 0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                self.connection = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            self.connection.send(struct.pack("<HIQ", HELLO, self.version, 1))
            with contextlib.suppress(OSError):
                self._serve()
            self.connection.close()

    def _serve(self):
        while frame := self.connection.recv(65536):
            kind, = struct.unpack_from("<H", frame)
            if kind == HELLO:
                continue
            self.frames.append((kind, frame))
            given = self.answer(kind, frame)
            if given is not None:
                self.send(frame[2:10], *given)

    def send(self, req, status, code="", detail="", field="", retry_after_s=0, body=b""):
        self.connection.send(struct.pack("<H", ANSWER) + req + struct.pack("<H", status) + text(code) + text(detail) +
                             text(field) + struct.pack("<I", retry_after_s) + text(body) + struct.pack("<III", *self.rate))

    def hang_up(self):
        """Cuts the connection; the listener stays."""
        self.connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with contextlib.suppress(OSError):
            self.hang_up()


class ApidTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="apid-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.processes = []
        self.addCleanup(self.stop_all)
        self.cfg = self.folder / "callkey.cfg"
        self.cfg.write_text(config.libconfig_text({"run_dir": str(self.folder), "apid": {"answer_timeout_ms": 500}}))
        self.start(BUILD / "bin" / "apid", "--config", self.cfg)
        self.api, self.admin = UnixDoor(self.folder / "apid.sock"), UnixDoor(self.folder / "apid-admin.sock")
        wait_until("apid listens", lambda: listens(self.folder / "apid-admin.sock"))

    def start(self, *argv):
        log = open(self.folder / "log", "ab")
        self.addCleanup(log.close)
        self.processes.append(subprocess.Popen([str(a) for a in argv], stderr=log, stdout=log))

    def stop_all(self):
        for process in self.processes:
            process.terminate()
            self.assertEqual(process.wait(10), 0, (self.folder / "log").read_text())

    def arsd(self, answer=lambda kind, frame: (200, "", "", "", 0, b'{"status":"ok"}'), connected=True, **options):
        arsd = Arsd(self.folder / "api.sock", answer, **options)
        self.addCleanup(arsd.close)
        if connected:
            wait_until("apid is connected", lambda: self.admin.get("/healthz")[0] == 200)
        return arsd

    def assert_problem(self, answer, status, code):
        got, headers, body = answer
        self.assertEqual((got, headers["Content-Type"]), (status, "application/problem+json"))
        self.assertEqual((body["status"], body["code"], body["type"]), (status, code, f"/problems/{code}"))
        self.assertEqual(headers["Request-Id"], body["request_id"])
        return body

    # ---- without arsd ----
    def test_without_arsd_nothing_is_done_and_the_merchant_may_come_again(self):
        answer = self.api.post("/v1/registrations", BODY)
        self.assert_problem(answer, 503, "unavailable")
        self.assertEqual(answer[1]["Retry-After"], "1")
        self.assertEqual(self.api.get("/healthz")[::2], (503, {"status": "unavailable"}))
        status, headers, body = self.admin.get("/metrics")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertIn("callkey_apid_arsd_up 0\n", body)

    def test_what_is_wrong_is_said_without_arsd(self):
        self.assert_problem(self.api.get("/v1/nothing"), 404, "not_found")
        answer = self.api.get("/v1/payments/pay_0123456789abcdefghjkmnpqrs/retry")
        self.assert_problem(answer, 405, "method_not_allowed")
        self.assertEqual(answer[1]["Allow"], "POST")
        answer = self.api.get(REG, key=None)
        self.assert_problem(answer, 401, "unauthorized")
        self.assertEqual(answer[1]["WWW-Authenticate"], 'Bearer realm="callkey"')
        body = self.assert_problem(self.api.post("/v1/registrations", {**BODY, "card": "4111"}), 422, "invalid_field")
        self.assertEqual(body["field"], "/card")
        self.assert_problem(self.api.post("/v1/registrations", b"x" * 20000), 413, "body_too_large")
        self.assert_problem(self.api.get("/v1/payments/" + "x" * 1000), 404, "not_found")
        self.assert_problem(self.api.get("/v1/payments/%00"), 404, "not_found")
        self.assert_problem(self.api.get("/metrics"), 404, "not_found")
        self.assert_problem(self.admin.get(REG), 404, "not_found")

    def test_the_senders_own_words_stay_out_of_the_log(self):
        for name in ("4111111111111111", "x status=200 code=none", "\n2026-01-01T00:00:00.000Z"):
            body = self.assert_problem(self.api.post("/v1/registrations", {**BODY, name: 1}), 422, "invalid_field")
            self.assertEqual(body["field"], "/" + name)
        self.assert_problem(self.api.post("/v1/payments", {"amount": 1}), 422, "invalid_field")
        log = (self.folder / "log").read_text()
        self.assertEqual(log.count("field=?"), 3, log)
        self.assertIn("field=/order_id", log)
        self.assertNotIn("4111", log)

    # ---- with it ----
    def test_a_request_goes_to_arsd_and_its_answer_back(self):
        arsd = self.arsd(lambda kind, frame: (201, "", "", "", 0, '{"id":"reg_1","한":1}'.encode()) if kind == REGISTRATION_CREATE
                         else (200, "", "", "", 0, b"{}"))
        status, headers, body = self.api.post("/v1/registrations", BODY, {"Idempotency-Key": "k-1"})
        self.assertEqual((status, body), (201, {"id": "reg_1", "한": 1}))
        self.assertEqual((headers["Content-Type"], headers["Cache-Control"]), ("application/json", "no-store"))
        kind, frame = arsd.frames[-1]
        self.assertEqual(kind, REGISTRATION_CREATE)
        asked = CODEC.decode(frame)
        self.assertEqual([asked[name] for name in ("bearer", "idempotency_key", "id", "customer_ref", "phone", "merchant_name",
                                                   "product_name", "cycle")],
                         ["key-1", "k-1", "", "c-1", "01012345678", "", "구독", "monthly"])

    def test_a_problem_of_arsd_becomes_a_problem_of_http(self):
        self.arsd(lambda kind, frame: (503, "no_virtual_number", "All numbers are leased.", "", 30) if kind == REGISTRATION_CREATE
                  else (409, "order_id_used", "d", "/order_id") if kind == REGISTRATION_GET else (200, "", "", "", 0, b"{}"))
        answer = self.api.post("/v1/registrations", BODY)
        body = self.assert_problem(answer, 503, "no_virtual_number")
        self.assertEqual((body["title"], body["detail"], answer[1]["Retry-After"]),
                         ("No virtual number", "All numbers are leased.", "30"))
        self.assertNotIn("field", body)
        self.assertEqual(self.assert_problem(self.api.get(REG), 409, "order_id_used")["field"], "/order_id")

    def test_a_merchants_own_name_of_a_request_comes_back_and_is_logged_nowhere(self):
        self.arsd()
        answer = self.api.post("/v1/payments", {}, {"X-Request-Id": "shop-4711.a_B"})
        self.assertEqual((answer[0], answer[1]["X-Request-Id"]), (422, "shop-4711.a_B"))
        for wrong in ("", "x" * 65, "two words", "a:b", "caf\u00e9"):
            self.assertNotIn("X-Request-Id", self.api.post("/v1/payments", {}, {"X-Request-Id": wrong.encode()})[1], wrong)
        self.assertNotIn("shop-4711", (self.folder / "log").read_text())

    def test_what_is_left_of_a_merchants_requests_is_in_the_headers(self):
        arsd = self.arsd()
        self.assertNotIn("RateLimit-Limit", self.api.get(REG)[1])
        arsd.rate = (100, 42, 7)
        headers = self.api.get(REG)[1]
        self.assertEqual([headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")], ["100", "42", "7"])

    def test_health_shows_its_parts_to_the_operator_alone(self):
        self.arsd(lambda kind, frame: (200, "", "", "", 0, b'{"status":"ok","trunkd":"up"}'))
        self.assertEqual(self.admin.get("/healthz")[::2], (200, {"status": "ok", "trunkd": "up"}))
        self.assertEqual(self.api.get("/healthz", key=None)[::2], (200, {"status": "ok"}))

    def test_metrics_are_arsds_and_its_own(self):
        self.arsd(lambda kind, frame: (200, "", "", "", 0, b"arsd_calls 5\n" if kind == METRICS_GET else b"{}"))
        body = self.admin.get("/metrics")[2]
        self.assertTrue(body.startswith("arsd_calls 5\n# HELP callkey_apid_"), body)
        self.assertIn("callkey_apid_arsd_up 1\n", body)

    def test_silence_ends_in_a_504_and_a_late_answer_harms_nobody(self):
        asked = []
        arsd = self.arsd(lambda kind, frame: asked.append(frame[2:10]) if kind == REGISTRATION_CREATE
                         else (200, "", "", "", 0, b"{}"))
        self.assert_problem(self.api.post("/v1/registrations", BODY), 504, "no_answer")
        arsd.send(asked[0], 201, body=b'{"id":"late"}')
        self.assertEqual(self.api.get(REG)[::2], (200, {}))
        metrics = self.admin.get("/metrics")[2]
        self.assertIn("callkey_apid_late_answers_total 1\n", metrics)
        self.assertIn("callkey_apid_timeouts_total 1\n", metrics)
        self.assertIn("callkey_apid_waiting 0\n", metrics)

    def test_a_loss_of_arsd_answers_who_waits_and_heals(self):
        def cut_in_the_middle(kind, _):
            if kind == REGISTRATION_CREATE:
                arsd.hang_up()
                return None
            return (200, "", "", "", 0, b"{}")
        arsd = self.arsd(cut_in_the_middle)
        self.assert_problem(self.api.post("/v1/registrations", BODY), 503, "interrupted")
        wait_until("apid is back", lambda: self.admin.get("/healthz")[0] == 200)
        self.assertEqual(arsd.connections, 2)

    def test_an_arsd_of_another_version_is_not_asked(self):
        arsd = self.arsd(connected=False, version=99)
        wait_until("apid tried twice", lambda: arsd.connections >= 2)
        self.assert_problem(self.api.get(REG), 503, "unavailable")
        self.assertEqual(arsd.frames, [])

    # ---- nginx ----
    def nginx(self):
        """Starts it; returns its ports, API and operator, and a TLS context that trusts it."""
        ports = free_port(), free_port()
        config.make_certificate(self.folder, "test")
        config.fill_template(SOURCE / "config" / "nginx.conf.in", self.folder / "nginx.conf", {
            "USER_DIRECTIVE": "user root;" if os.getuid() == 0 else "", "PREFIX": self.folder,
            "API_LISTEN": f"127.0.0.1:{ports[0]}", "ADMIN_LISTEN": f"127.0.0.1:{ports[1]}",
            "CERTIFICATE": self.folder / "test.pem", "CERTIFICATE_KEY": self.folder / "test.key",
            "API_SOCKET": self.folder / "apid.sock", "ADMIN_SOCKET": self.folder / "apid-admin.sock",
            "WEB_ROOT": BUILD / "share" / "web"})
        self.start("/usr/sbin/nginx", "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", "stderr", "-g", "daemon off;")
        wait_until("nginx listens", lambda: connects(ports[0]))
        return *ports, ssl.create_default_context(cafile=str(self.folder / "test-ca.pem"))

    def test_what_is_no_request_of_the_api_is_answered_in_problems_and_never_as_a_fault_of_ours(self):
        self.arsd()
        port, _, context = self.nginx()
        get = "GET /healthz HTTP/1.1\r\nHost: a"
        cases = [(f"{method} / HTTP/1.1\r\nHost: a", 405, "method_not_allowed") for method in ("TRACE", "CONNECT", "FOO")]
        cases += [
            ("GET /v1/payments/" + "x" * 1000 + " HTTP/1.1\r\nHost: a", 404, "not_found"),
            ("GET /problem/503 HTTP/1.1\r\nHost: a", 404, "not_found"),
            ("GET /%00 HTTP/1.1\r\nHost: a", 400, "bad_request"),
            ("GET /healthz HTTP/2.0\r\nHost: a", 400, "bad_request"),
            ("POST /v1/payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip", 400, "bad_request"),
            (get + "\r\nX: " + "x" * 9000, 431, "headers_too_large"),
            (get + "".join(f"\r\nX{i}: " + "x" * 4000 for i in range(5)), 431, "headers_too_large"),
        ]
        for request, status, code in cases:
            with self.subTest(request[:60]), context.wrap_socket(socket.create_connection(("127.0.0.1", port)),
                                                                 server_hostname="localhost") as s:
                self.assert_raw_problem(s, request, status, code)
        with socket.create_connection(("127.0.0.1", port)) as s:
            self.assert_raw_problem(s, get, 400, "https_required")

    def assert_raw_problem(self, connection, request, status, code):
        connection.settimeout(10)
        connection.sendall(request.encode() + b"\r\nConnection: close\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        body = json.loads(answer.read())
        self.assertEqual((answer.status, answer.headers["Content-Type"], body["status"], body["code"]),
                         (status, "application/problem+json", status, code))

    # ---- who is there ----
    def ask_as(self, port, context, headers=()):
        """What arsd is told of who asks through nginx: address and certificate."""
        door = Door(lambda: http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10))
        return door.get(REG, headers=dict(headers))

    def test_arsd_hears_from_nginx_alone_who_is_there(self):
        arsd = self.arsd()
        port, _, context = self.nginx()
        config.make_certificate(self.folder, "shop")
        der = ssl.PEM_cert_to_DER_cert((self.folder / "shop.pem").read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n")
        lies = {"X-Forwarded-For": "203.0.113.9", "X-Client-Certificate": "-----BEGIN%20CERTIFICATE-----AQID-----END%20CERTIFICATE-----",
                "x-client-certificate": "-----BEGIN%20CERTIFICATE-----AQID-----END%20CERTIFICATE-----", "X_Client_Certificate": "x"}
        with_one = ssl.create_default_context(cafile=str(self.folder / "test-ca.pem"))
        with_one.load_cert_chain(str(self.folder / "shop.pem"), str(self.folder / "shop.key"))
        for who, shown in ((context, ""), (with_one, base64.b64encode(der).decode())):
            for headers in ({}, lies):
                self.assertEqual(self.ask_as(port, who, headers)[0], 200)
                kind, frame = arsd.frames[-1]
                asked = CODEC.decode(frame)
                self.assertEqual((kind, asked["client_address"], asked["client_certificate"]), (REGISTRATION_GET, "127.0.0.1", shown))

    def test_a_certificate_past_its_time_is_a_problem_that_says_so(self):
        self.arsd()
        port, _, _ = self.nginx()
        for argv in (["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=old", "-keyout", "old.key",
                      "-out", "young.pem", "-days", "1"],
                     ["x509", "-in", "young.pem", "-signkey", "old.key", "-days", "-1", "-out", "old.pem"]):
            subprocess.run(["openssl", *argv], cwd=self.folder, check=True, capture_output=True)
        context = ssl.create_default_context(cafile=str(self.folder / "test-ca.pem"))
        context.load_cert_chain(str(self.folder / "old.pem"), str(self.folder / "old.key"))
        answer = self.ask_as(port, context)
        self.assertEqual((answer[0], answer[2]["code"]), (400, "certificate_invalid"))

    def test_a_certificate_that_is_too_large_is_a_problem_that_says_so(self):
        self.arsd()
        port, _, _ = self.nginx()
        for hosts, status in ((60, 200), (150, 400), (800, 400)):            # 3 KB; more than apid reads; more than its headers hold
            names = ",".join(f"DNS:host{n}.a-shop-with-a-long-name.example" for n in range(hosts))
            (self.folder / "large.cnf").write_text(f"[req]\ndistinguished_name=d\nx509_extensions=x\nprompt=no\n[d]\nCN=large\n[x]\nsubjectAltName={names}\n")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "large.key", "-out",
                            "large.pem", "-config", "large.cnf"], cwd=self.folder, check=True, capture_output=True)
            context = ssl.create_default_context(cafile=str(self.folder / "test-ca.pem"))
            context.load_cert_chain(str(self.folder / "large.pem"), str(self.folder / "large.key"))
            answer = self.ask_as(port, context)
            self.assertEqual(answer[0], status, hosts)
            if status == 400:
                self.assertEqual(answer[2]["code"], "certificate_invalid")
                self.assertIn("4500 bytes", answer[2]["detail"])

    def test_a_head_is_a_get_without_its_body_and_a_422_has_its_name(self):
        self.arsd()
        connection = self.api.connect()
        connection.request("HEAD", "/healthz")
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.read()), (200, b""))
        connection = self.api.connect()
        connection.request("POST", "/v1/payments", b"{}", {"Authorization": "Bearer k", "Content-Type": "application/json"})
        self.assertEqual(connection.getresponse().reason, "Unprocessable Content")

    def test_merchants_read_the_reference_and_a_page_for_each_problem(self):
        port, _, context = self.nginx()
        door = Door(lambda: http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10))
        status, headers, document = door.get("/openapi.json", key=None)
        self.assertEqual((status, document["openapi"]), (200, "3.1.0"))
        status, headers, page = door.get("/docs", key=None)
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertIn("createRegistration", page)
        for code in document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]:
            status, _, page = door.get(f"/problems/{code}", key=None)
            self.assertEqual(status, 200)
            self.assertIn(f"<code>{code}</code>", page)
        self.assertEqual(door.get("/problems/", key=None)[0], 200)
        status, _, body = door.get("/problems/nothing", key=None)
        self.assertEqual((status, body["code"]), (404, "not_found"))
        self.assertEqual(door.get("/problems/../openapi.yaml", key=None)[0], 404)
        status, headers, body = door.post("/docs", {})
        self.assertEqual((status, body["code"]), (405, "method_not_allowed"))

    def test_nginx_speaks_tls_keeps_keys_out_of_its_log_and_answers_in_problems(self):
        self.arsd(lambda kind, frame: (200, "", "", "", 0, b'{"id":"x"}' if kind == REGISTRATION_GET else b'{"status":"ok"}'))
        *ports, context = self.nginx()
        door = Door(lambda: http.client.HTTPSConnection("127.0.0.1", ports[0], context=context, timeout=10))
        self.assertEqual(door.get(REG, key="secret-key-1")[::2], (200, {"id": "x"}))
        self.assert_problem(door.get(REG + "?leak=query-1", key="secret-key-1"), 400, "invalid_query")
        status, headers, body = door.post("/v1/registrations", b"x" * 70000)
        self.assertEqual((status, headers["Content-Type"], body["code"]), (413, "application/problem+json", "body_too_large"))
        self.assertEqual(door.get("/metrics")[0], 404)
        admin = Door(lambda: http.client.HTTPConnection("127.0.0.1", ports[1], timeout=10))
        self.assertEqual(admin.get("/healthz")[0], 200)
        self.assertEqual(admin.get(REG)[0], 404)
        log = (self.folder / "access.log").read_text()
        self.assertIn(REG, log)
        self.assertNotIn("secret-key-1", log)
        self.assertNotIn("query-1", log)
        self.processes[0].terminate()
        self.processes[0].wait(10)
        status, headers, body = door.get(REG)
        self.assertEqual((status, headers["Retry-After"], body["code"]), (503, "1", "interrupted"))


def listens(path):
    """Its path is there a little before anybody is taken."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        return s.connect_ex(str(path)) == 0


def connects(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Door:
    """HTTP with (status, headers, parsed body) for answers; a fresh connection each."""

    def __init__(self, connect):
        self.connect = connect

    def request(self, method, target, body, headers):
        connection = self.connect()
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            data = answer.read().decode()
            return answer.status, answer.headers, json.loads(data) if "json" in answer.headers.get("Content-Type", "") else data
        finally:
            connection.close()

    def get(self, target, key="key-1", headers=None):
        return self.request("GET", target, None, {**({"Authorization": f"Bearer {key}"} if key else {}), **(headers or {})})

    def post(self, target, body, headers=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", target, data, {"Authorization": "Bearer key-1", "Content-Type": "application/json",
                                                   **(headers or {})})


class UnixDoor(Door):
    def __init__(self, path):
        super().__init__(self._open)
        self.path = path

    def _open(self):
        connection = http.client.HTTPConnection("localhost", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(10)
        connection.sock.connect(str(self.path))
        return connection


if __name__ == "__main__":
    unittest.main()
