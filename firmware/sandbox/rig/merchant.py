"""The merchant's view: the HTTPS API of the appliance, and what arrived in the sandbox (SMS, webhooks, PG ledger)."""
import http.client
import json
import secrets
import socket
import ssl
import threading
import time


class ApiError(Exception):
    """An answer that is not 2xx: status, the problem (RFC 9457) and the headers."""

    def __init__(self, status, problem, headers):
        super().__init__(f"HTTP {status}: {problem}")
        self.status, self.problem, self.headers = status, problem, headers


class Api:
    """The merchant API through nginx and TLS, its CA pinned. One connection, kept alive, at which threads take turns."""

    def __init__(self, port, ca_file, bearer):
        self.context = ssl.create_default_context(cafile=str(ca_file))
        self.port, self.bearer, self.connection = port, bearer, None
        self.turn = threading.RLock()

    def request(self, method, path, body=None, headers=None):
        """Returns (status, parsed body or text, headers)."""
        with self.turn:
            return self._request(method, path, body, headers)

    def _request(self, method, path, body, headers):
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        send = {"Authorization": f"Bearer {self.bearer}", **({"Content-Type": "application/json"} if data else {}), **(headers or {})}
        for attempt in (1, 2):
            fresh = self.connection is None
            if fresh:
                self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=30)
            try:
                self.connection.request(method, path, data, send)
                answer = self.connection.getresponse()
                text = answer.read()
                break
            except BaseException as fault:
                # Whatever breaks a request off, a time-out too, has spoilt its connection for the next one. One that was kept, and
                # that the server closed in the meantime, is no fault; a fresh one that breaks is.
                self.connection.close()
                self.connection = None
                if fresh or attempt == 2 or not isinstance(fault, (ConnectionError, ssl.SSLEOFError)):
                    raise
        kind = answer.headers.get("Content-Type", "")
        return answer.status, json.loads(text) if "json" in kind and text else text.decode(), answer.headers

    def call(self, method, path, body=None, headers=None):
        """As request(), but only the body, and ApiError for anything but 2xx."""
        status, parsed, answer_headers = self.request(method, path, body, headers)
        if status // 100 != 2:
            raise ApiError(status, parsed, answer_headers)
        return parsed

    def register(self, phone, **fields):
        body = {"customer_ref": "customer-1", "phone": phone, "product_name": "월간 구독", "cycle": "monthly", **fields}
        return self.call("POST", "/v1/registrations", body, {"Idempotency-Key": secrets.token_hex(8)})

    def pay(self, billing_key, total, **fields):
        body = {"order_id": "order-" + secrets.token_hex(6), "billing_key": billing_key, "order_name": "월간 구독",
                "amount": {"total": total, "currency": "KRW"}, "consent": "ask", "other_card": "allow", **fields}
        return self.call("POST", "/v1/payments", body, {"Idempotency-Key": secrets.token_hex(8)})

    def registration(self, request_id):
        return self.call("GET", f"/v1/registrations/{request_id}")

    def payment(self, request_id):
        return self.call("GET", f"/v1/payments/{request_id}")

    def close(self):
        with self.turn:
            if self.connection:
                self.connection.close()
                self.connection = None


class UnixHttp:
    """Small HTTP client for a unix socket: the sandbox's control, and the appliance's admin listener. patience_s: for so long it is asked
    again while nobody answers, as after a kill."""

    def __init__(self, path, patience_s=0):
        self.path, self.patience_s = str(path), patience_s

    def request(self, method, target, body=None):
        deadline = time.monotonic() + self.patience_s
        while True:
            try:
                return self._request(method, target, body)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.005)

    def _request(self, method, target, body):
        connection = http.client.HTTPConnection("localhost", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(30)
        connection.sock.connect(self.path)
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, target, data, {"Content-Type": "application/json"} if data else {})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status // 100 != 2:
                raise ApiError(answer.status, text.decode(), answer.headers)
            return json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text.decode()
        finally:
            connection.close()

    def get(self, target):
        return self.request("GET", target)

    def post(self, target, body):
        return self.request("POST", target, body)


def wait_until(what, question, timeout_s=20, every_s=0.05):
    """Asks question() until it answers something true; returns that. what names it in the failure."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(every_s)
