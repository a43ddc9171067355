"""NICEPAY's side of its billing protocol, written from its published manual (github.com/nicepayments/nicepay-manual: api/
payment-subscribe.md, api/cancel.md, api/status-transaction.md, api/status-interest.md, common/api.md, common/code.md), not from
our client. TLS on loopback; strict: what the manual does not allow is refused and kept in complaints. It keeps a ledger, and
behaves badly when told to. It ends with the process that holds it, or by close().

Where the manual is silent: a query or a net-cancel that finds nothing is answered with A118 and 2012, an order of registration
is no payment and is not found, and ediDate must be within ten minutes of now.
"""
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import re
import secrets
import ssl
import subprocess
import threading
import time
import urllib.parse

KST = datetime.timezone(datetime.timedelta(hours=9))
CLOCK_SLACK_S, NET_CANCEL_S, OPENSSL_S = 600, 3600, 20
MESSAGES = {
    "0000": "정상 처리되었습니다.", "2012": "취소 해당거래 없음", "2013": "취소 완료 거래", "2020": "망상 취소 허용시간 초과",
    "2032": "취소금액이 취소가능금액보다 큼", "3011": "카드번호 오류", "3021": "유효기간 오류", "3022": "할부개월오류",
    "3024": "할부 최소금액 오류(50000미만)", "3041": "금액 오류(1000원 미만 신용카드 승인 불가)", "A101": "SIGN DATA 검증에 실패하였습니다",
    "A102": "알 수 없는 TYPE 입니다", "A106": "날짜 형식이 올바르지 않습니다", "A115": "TID가 유효하지 않습니다", "A117": "필수입력항목이 누락되었습니다",
    "A118": "조회 결과데이터 없음", "A124": "해당 BID가 존재하지 않습니다", "A126": "이미 삭제된 빌키이거나 존재하지 않은 빌키입니다",
    "A127": "주문번호 중복 오류", "A147": "필드 길이가 초과되었습니다", "A204": "전문 복호화 오류가 발생하였습니다",
    "F113": "본인의 신용카드 확인중 오류가 발생하였습니다", "U304": "BASIC AUTHENTICATION 실패", "U308": "Method Not Allowed.",
    "U320": "페이지를 찾을 수 없습니다.",
}
# The parameter tables: name: (type, required, most bytes).
COMMON = {"ediDate": (str, False, 30), "signData": (str, False, 256), "returnCharSet": (str, False, 10)}
BUYER = {"buyerName": (str, False, 30), "buyerEmail": (str, False, 60), "buyerTel": (str, False, 40)}
REGIST = {"encData": (str, True, 512), "orderId": (str, True, 64), "encMode": (str, False, 10), **BUYER, **COMMON}
PAYMENTS = {"orderId": (str, True, 64), "amount": (int, True, 12), "goodsName": (str, True, 40), "cardQuota": (int, True, 2),
            "useShopInterest": (bool, True, 5), "taxFreeAmt": (int, False, 12), "mallReserved": (str, False, 500), **BUYER, **COMMON}
EXPIRE = {"orderId": (str, True, 64), **COMMON}
NETCANCEL = {"orderId": (str, True, 64), "mallReserved": (str, False, 500), **COMMON}
CANCEL = {"reason": (str, True, 100), "orderId": (str, True, 64), "cancelAmt": (int, False, 12), "mallReserved": (str, False, 500),
          "taxFreeAmt": (int, False, 12), **COMMON}
ENC_DATA = [("cardNo", r"\d{14,16}"), ("expYear", r"\d\d"), ("expMonth", r"0[1-9]|1[0-2]"), ("idNo", r"\d{6}|\d{10}"),
            ("cardPw", r"\d\d")]
BEFORE = ("drop_before", "fail", "late")         # late: the order takes effect long after its client has given up
ISSUER = ("06", "신한")


class Refused(Exception):
    """An answer with a result code that is no success. complaint: the client broke the protocol."""

    def __init__(self, code, complaint="", status=200, message=""):
        super().__init__(code)
        self.code, self.complaint, self.status, self.message = code, complaint, status, message or MESSAGES.get(code, "")


def now_kst():
    return datetime.datetime.now(KST)


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0900"


def sha(*parts):
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def no_doubles(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member stands twice")
    return dict(pairs)


def luhn(number):
    digits = [int(d) for d in reversed(number)]
    return sum(digits[0::2] + [sum(divmod(2 * d, 10)) for d in digits[1::2]]) % 10 == 0


class Nicepay:
    """cards: what a card's number does: {number: (operation, code, message)}, operation "regist" or "payments"."""

    def __init__(self, certificate, key, client_id="af0d116236df437f831483ee9c500bc4", secret="433a8421be754b34989048cf148a5ffc"):
        self.client_id, self.secret = client_id, secret
        self.lock = threading.RLock()
        self.orders, self.keys, self.used, self.cards = {}, {}, set(), {}
        self.requests, self.complaints, self.behaviours = [], [], []
        self.age_s = 0                        # how much older than they are all orders look to net-cancel
        self.serial = 0
        self.interest_free = [free("06", (50000, 99999, "02:03"), (100000, 99999999999999, "02:03:12")), free("99", (1, 2, "02"))]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    # ---- what tests say and ask ----
    def behave(self, mode="normal", op=None, times=1, delay_s=0.0):
        """drop_before, fail (HTTP 500), late: before the effect; drop_after, silence, garbage, cut, unsigned, other, doubled: after."""
        with self.lock:
            self.behaviours = [] if mode == "normal" else [{"mode": mode, "op": op, "times": times, "delay_s": delay_s}]

    def paid(self):
        """(how many payments stand, their sum)."""
        with self.lock:
            standing = [o["balance"] for o in self.orders.values() if o["balance"] > 0]
            return len(standing), sum(standing)

    def of(self, op):
        return [r for r in self.requests if r["op"] == op]

    # ---- HTTP ----
    def _handler(nicepay):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def log_message(self, *_):
                pass

            def do_GET(self):
                nicepay._serve(self, b"")

            def do_POST(self):
                nicepay._serve(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

        return Handler

    def _take_behaviour(self, op):
        with self.lock:
            for b in self.behaviours:
                if b["op"] in (None, op) and b["times"] > 0:
                    b["times"] -= 1
                    return b
        return {"mode": "normal", "delay_s": 0}

    def _serve(self, handler, body):
        split = urllib.parse.urlsplit(handler.path)
        op, arguments = self._route(handler.command, split.path)
        query = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
        behaviour = self._take_behaviour(op)
        mode = behaviour["mode"]
        if mode == "drop_before":
            return self._drop(handler)
        if mode == "fail":
            return self._send(handler, 500, {"resultCode": "S999", "resultMsg": "기타오류가 발생하였습니다."})
        if mode == "late":
            threading.Timer(behaviour["delay_s"], self._answer, (handler.headers, op, arguments, query, body)).start()
            return self._drop(handler)
        status, answer = self._answer(handler.headers, op, arguments, query, body)
        if mode == "silence":
            time.sleep(behaviour["delay_s"])
        if mode in ("silence", "drop_after"):
            return self._drop(handler)
        return self._send(handler, status, answer, mode)

    @staticmethod
    def _drop(handler):
        handler.close_connection = True

    @staticmethod
    def _send(handler, status, answer, mode="normal"):
        if mode == "unsigned" and answer.get("signature"):
            answer = {**answer, "signature": sha(answer["signature"])}
        if mode == "other":
            answer = {**answer, "orderId": "somebody-elses"}
        data = json.dumps(answer, ensure_ascii=False).encode()
        if mode == "doubled":
            data = data[:-1] + b', "resultCode": "3095"}'
        if mode == "garbage":
            data = b"<html>gateway</html>"
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json;charset=utf-8")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        if mode == "cut":
            data = data[:len(data) // 2]
            handler.close_connection = True
        handler.wfile.write(data)

    @staticmethod
    def _route(method, path):
        for op, verb, pattern in (("regist", "POST", r"/v1/subscribe/regist"), ("payments", "POST", r"/v1/subscribe/([^/]+)/payments"),
                                  ("expire", "POST", r"/v1/subscribe/([^/]+)/expire"), ("netcancel", "POST", r"/v1/payments/netcancel"),
                                  ("cancel", "POST", r"/v1/payments/([^/]+)/cancel"), ("find", "GET", r"/v1/payments/find/([^/]+)"), ("get", "GET", r"/v1/payments/([^/]+)"),
                                  ("interest_free", "GET", r"/v1/card/interest-free")):
            match = re.fullmatch(pattern, path)
            if match:
                return (op, [urllib.parse.unquote(g) for g in match.groups()]) if verb == method else ("method", [])
        return "nowhere", []

    def _answer(self, headers, op, arguments, query, body):
        with self.lock:
            try:
                self._authenticate(headers)
                values = self._read(headers, body) if op not in ("find", "get", "interest_free", "method", "nowhere") else query
                self.requests.append({"op": op, "arguments": arguments, "values": values})
                return 200, getattr(self, f"_{op}")(*arguments, values)
            except Refused as no:
                if no.complaint:
                    self.complaints.append(f"{op}: {no.code} {no.complaint}")
                order = json.loads(body or b"{}").get("orderId") if no.status == 200 and body else None
                return no.status, {"resultCode": no.code, "resultMsg": no.message, "tid": None, "orderId": order}

    def _authenticate(self, headers):
        want = "Basic " + base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        if headers.get("Authorization") != want:
            raise Refused("U304", "wrong credentials", 401)

    @staticmethod
    def _read(headers, body):
        if not re.fullmatch(r"application/json(; ?charset=utf-8)?", headers.get("Content-Type", ""), re.I):
            raise Refused("A212", "Content-Type is not application/json")
        try:
            return json.loads(body.decode(), object_pairs_hook=no_doubles)
        except ValueError as e:
            raise Refused("A212", f"no JSON: {e}") from e

    def _method(self, *_):
        raise Refused("U308", "method not allowed", 405)

    def _nowhere(self, *_):
        raise Refused("U320", "no such path", 404)

    # ---- checks ----
    @staticmethod
    def _check(values, table):
        for name in values:
            if name not in table:
                raise Refused("A212", f"{name} is no parameter")
        for name, (kind, required, most) in table.items():
            if name not in values:
                if required:
                    raise Refused("A117", f"{name} is missing")
                continue
            value = values[name]
            if type(value) is not kind:
                raise Refused("A102", f"{name} is no {kind.__name__}")
            if kind is str and (required and not value or len(value.encode()) > most) or kind is int and len(str(value)) > most:
                raise Refused("A147", f"{name} is empty or longer than {most} bytes")

    def _check_signature(self, values, *parts):
        at = values.get("ediDate")
        if at is None or "signData" not in values:
            raise Refused("A101", "unsigned")
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0900", at):
            raise Refused("A106", f"ediDate {at} is not ISO 8601")
        if abs((datetime.datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%f%z") - now_kst()).total_seconds()) > CLOCK_SLACK_S:
            raise Refused("A106", f"ediDate {at} is not now")
        if values["signData"] != sha(*parts, at, self.secret):
            raise Refused("A101", "wrong signData")

    def _use(self, order_id):
        if order_id in self.used:
            raise Refused("A127")
        self.used.add(order_id)

    def _decrypt(self, values):
        mode = values.get("encMode")
        if mode not in (None, "A2"):
            raise Refused("A204", f"encMode {mode}")
        if not re.fullmatch(r"([0-9a-f]{32})+", values["encData"]):
            raise Refused("A204", "encData is no hexadecimal text of whole blocks")
        half = self.secret[:16].encode().hex()
        cipher, key = ("aes-256-cbc", self.secret.encode().hex()) if mode else ("aes-128-cbc", half)
        done = subprocess.run(["openssl", "enc", "-d", f"-{cipher}", "-K", key, "-iv", half], input=bytes.fromhex(values["encData"]),
                              capture_output=True, check=False, timeout=OPENSSL_S)
        if done.returncode != 0:
            raise Refused("A204", "encData cannot be decrypted")
        parts = [part.split("=", 1) for part in done.stdout.decode().split("&")]
        names = [name for name, _ in parts]
        if names[:3] != ["cardNo", "expYear", "expMonth"] or names != [n for n, _ in ENC_DATA if n in names]:
            raise Refused("A117", f"encData has {names}")
        patterns = dict(ENC_DATA)
        for name, value in parts:
            if not re.fullmatch(patterns[name], value):
                raise Refused("A147", f"encData: {name} has not its form")
        return dict(parts)

    def _tid(self, kind):
        self.serial += 1
        return f"nictest00m{kind}{now_kst():%y%m%d%H%M%S}{self.serial:06d}"[:30]

    # ---- operations ----
    def _regist(self, values):
        self._check(values, REGIST)
        self._check_signature(values, values["orderId"])
        card = self._decrypt(values)
        self._use(values["orderId"])
        op, code, message = self.cards.get(card["cardNo"], ("", "", ""))
        if op == "regist":
            raise Refused(code, message=message)
        if not luhn(card["cardNo"]):
            raise Refused("3011")
        if (card["expYear"], card["expMonth"]) < (f"{now_kst():%y}", f"{now_kst():%m}"):
            raise Refused("3021")
        bid = "BIKYnictest00m" + secrets.token_hex(6)
        self.keys[bid] = {"number": card["cardNo"], "deleted": False, "order": values["orderId"]}
        return {"resultCode": "0000", "resultMsg": "빌키가 정상적으로 생성되었습니다.", "tid": self._tid("01"), "orderId": values["orderId"],
                "bid": bid, "authDate": iso(now_kst()), "cardCode": ISSUER[0], "cardName": f"[{ISSUER[1]}]"}

    def _payments(self, bid, values):
        self._check(values, PAYMENTS)
        self._check_signature(values, values["orderId"], bid)
        if values["useShopInterest"]:
            raise Refused("3033", "only useShopInterest false can be used")
        key = self.keys.get(bid)
        if key is None or key["deleted"]:
            raise Refused("A124" if key is None else "A126")
        self._use(values["orderId"])
        op, code, message = self.cards.get(key["number"], ("", "", ""))
        if op == "payments":
            raise Refused(code, message=message)
        if values["amount"] < 1000:
            raise Refused("3041")
        if values["cardQuota"] == 1 or values["cardQuota"] < 0:
            raise Refused("3022", "cardQuota 1")
        if values["cardQuota"] > 0 and values["amount"] < 50000:
            raise Refused("3024")
        order = {"orderId": values["orderId"], "tid": self._tid("01"), "amount": values["amount"], "balance": values["amount"],
                 "goodsName": values["goodsName"], "quota": values["cardQuota"], "status": "paid", "at": now_kst(), "cancelledAt": None,
                 "number": key["number"], "approveNo": f"{secrets.randbelow(10**8):08d}", "cancels": []}
        self.orders[order["orderId"]] = order
        return self._show(order)

    def _show(self, order, **more):
        at = iso(now_kst())
        number = order["number"]
        return {
            "resultCode": "0000", "resultMsg": "정상 처리되었습니다.", "tid": order["tid"], "cancelledTid": None, "orderId": order["orderId"],
            "ediDate": at, "signature": sha(order["tid"], str(order["amount"]), at, self.secret), "status": order["status"],
            "paidAt": iso(order["at"]), "failedAt": "0", "cancelledAt": iso(order["cancelledAt"]) if order["cancelledAt"] else "0",
            "payMethod": "card", "amount": order["amount"], "balanceAmt": order["balance"], "goodsName": order["goodsName"],
            "mallReserved": None, "useEscrow": False, "currency": "KRW", "channel": None, "approveNo": order["approveNo"],
            "buyerName": None, "buyerTel": None, "buyerEmail": None, "issuedCashReceipt": False, "receiptUrl": "https://npg.example/",
            "mallUserId": None, "coupon": None,
            "card": {"cardCode": ISSUER[0], "cardName": ISSUER[1], "cardNum": f"{number[:8]}****{number[-4:]}", "cardQuota": order["quota"],
                     "isInterestFree": False, "cardType": "credit", "canPartCancel": True, "acquCardCode": ISSUER[0],
                     "acquCardName": ISSUER[1]},
            "cancels": [dict(c) for c in order["cancels"]] or None, **more}

    def _take_back(self, order, amount, reason):
        order["balance"] -= amount
        order["status"] = "cancelled" if order["balance"] == 0 else "partialCancelled"
        order["cancelledAt"] = now_kst()
        tid = order["tid"] if order["balance"] == 0 and not order["cancels"] else self._tid("02")
        order["cancels"].append({"tid": tid, "amount": amount, "cancelledAt": iso(order["cancelledAt"]), "reason": reason,
                                 "receiptUrl": "https://npg.example/", "couponAmt": 0})
        return self._show(order, cancelledTid=tid)

    def _netcancel(self, values):
        self._check(values, NETCANCEL)
        self._check_signature(values, values["orderId"])
        order = self.orders.get(values["orderId"])
        if order is None:
            raise Refused("2012")
        if order["status"] == "cancelled":
            raise Refused("2013")
        if (now_kst() - order["at"]).total_seconds() + self.age_s > NET_CANCEL_S:
            raise Refused("2020")
        return self._take_back(order, order["balance"], "망취소")

    def _cancel(self, tid, values):
        self._check(values, CANCEL)
        self._check_signature(values, tid)
        order = next((o for o in self.orders.values() if o["tid"] == tid), None)
        if order is None:
            raise Refused("A115")
        amount = values.get("cancelAmt", order["balance"])
        if order["status"] == "cancelled":
            raise Refused("2013")
        if amount > order["balance"]:
            raise Refused("2032")
        if amount < order["amount"]:
            self._use(values["orderId"])
        return self._take_back(order, amount, values["reason"])

    def _find(self, order_id, query):
        if not re.fullmatch(r"\d{8}", query.get("orderDate", "")):
            raise Refused("A117", "orderDate is missing")
        for name in query:
            if name not in ("orderDate", *COMMON):
                raise Refused("A212", f"{name} is no parameter")
        order = self.orders.get(order_id)
        if order is None or f"{order['at']:%Y%m%d}" != query["orderDate"]:
            raise Refused("A118")
        return self._show(order)

    def _get(self, tid, query):
        if not set(query) <= set(COMMON):
            raise Refused("A212", "an unknown parameter")
        order = next((o for o in self.orders.values() if o["tid"] == tid), None)
        if order is None:
            raise Refused("A118")
        return self._show(order)

    def _expire(self, bid, values):
        self._check(values, EXPIRE)
        self._check_signature(values, values["orderId"], bid)
        self._use(values["orderId"])
        key = self.keys.get(bid)
        if key is None or key["deleted"]:
            raise Refused("A126")
        key["deleted"] = True
        return {"resultCode": "0000", "resultMsg": "빌링 정보가 정상적으로 삭제되었습니다.", "tid": self._tid("03"), "orderId": values["orderId"],
                "bid": bid, "authDate": iso(now_kst())}

    def _interest_free(self, query):
        if query.get("useAuth") not in ("true", "false"):
            raise Refused("A117", "useAuth is missing")
        if not set(query) <= {"useAuth", "ediDate", "mid", "signData", "returnCharSet"}:
            raise Refused("A212", "an unknown parameter, or a secret in an address")
        self._check_signature(query)
        at = iso(now_kst())
        return {"resultCode": "0000", "resultMsg": "정상 처리되었습니다.", "ediDate": at, "signature": sha(at, self.secret),
                "interestFree": self.interest_free}


def free(code, *bands):
    """A card company of interestFree: bands of (minAmt, maxAmt, installment), a month from now on. The manual's example of no limit
    is 99999999999999."""
    until = (now_kst() + datetime.timedelta(days=30)).replace(hour=23, minute=59, second=59, microsecond=0)
    return {"cardCode": code, "cardName": "?", "freeInstallment": [
        {"minAmt": least, "maxAmt": most, "installment": months, "eventToDate": iso(until)} for least, most, months in bands]}


def enc_data(secret, card, order_id, purpose="verify", aes256=True, **changes):
    """A card as keystored hands it on (firmware/crypto/encdata.h): encData, with the tag that keeps it to its order. changes: other
    members of the clear text; None leaves one out."""
    members = {"cardNo": card.number.rstrip("#"), "expYear": card.expiry[2:], "expMonth": card.expiry[:2],
               "idNo": card.identity.rstrip("#"), "cardPw": card.password, **changes}
    clear = "&".join(f"{name}={value}" for name, value in members.items() if value is not None)
    half = secret[:16].encode().hex()
    key = secret.encode().hex() if aes256 else half
    cipher = subprocess.run(["openssl", "enc", f"-aes-{256 if aes256 else 128}-cbc", "-K", key, "-iv", half], input=clear.encode(),
                            capture_output=True, check=True, timeout=OPENSSL_S).stdout.hex()
    body = f"nicepay.{256 if aes256 else 128}.{cipher}"
    tag = hmac.digest(secret.encode(), f"callkey encData\n{purpose}\n{order_id}\n{body}".encode(), "sha256").hex()
    return f"{body}.{tag}"
