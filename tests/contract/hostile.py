"""Requests that nobody should send, made from the API's own document: wrong types, lengths, numbers, characters, depth, members.

Seeded: the same seed makes the same requests. Each is (name, method, path, query, headers, body octets).
"""
import json
import random

LONG = "가" * 30000
TEXTS = ["", " ", "x" * 16300, LONG, "\u0000", "\u202e", "\u2028", "é" * 65, "😀" * 31, "' OR 1=1 --", "{{7*7}}", "../../etc/passwd",
         "%s%n", "null", "<script>", "\ud800", "\x7f", "0" * 400]
NUMBERS = ["-1", "0", "1.5", "1e3", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e400", "-0",
           "0.1", "1000000000001", "00", "NaN", "0x10"]
VALUES = ["null", "true", "[]", "{}", "[[]]", '"x"', '{"a":{"a":{"a":1}}}', "[1,2,3]", *NUMBERS]


def nested(depth):
    return "[" * depth + "]" * depth


def raw(text):
    """A JSON string, surrogates and all, as \\u escapes."""
    return json.dumps(text)


def replaced(example, name, value):
    """The example's JSON text with the member name being value (raw JSON text)."""
    members = [f"{json.dumps(k)}:{json.dumps(v)}" for k, v in example.items() if k != name]
    return "{" + ",".join([*members, f"{json.dumps(name)}:{value}"]) + "}"


def bodies(example, schema, chance):
    """(what is wrong, body octets) for one operation's body."""
    names = list(schema.get("properties", {}))
    for name in names:
        for value in VALUES + [raw(t) for t in TEXTS] + [nested(n) for n in (15, 17, 1000)]:
            yield f"{name} = {value[:24]}", replaced(example, name, value).encode()
    for name in schema.get("required", []):
        yield f"without {name}", json.dumps({k: v for k, v in example.items() if k != name}).encode()
    good = json.dumps(example).encode()
    yield "an unknown member", replaced(example, "card_number", '"4111"').encode()
    yield "an unknown member of letters of all kinds", replaced(example, "\u202e\ud800", "1").encode()
    if names:
        yield "a doubled member", good[:-1] + b"," + json.dumps({names[0]: 1}).encode()[1:] if example else b'{"a":1,"a":1}'
    for text in (b"", b"{", b"[]", b"null", b'"x"', b"\x00", b"\xff\xfe{}", good + b"x", good[:-1], b"{} {}", b"\xef\xbb\xbf" + good,
                 b"x" * 70000, nested(100000)[:16000].encode(), b'{"a":' * 3000, good.replace(b'"', b"'") or b"'"):
        yield f"body {text[:16]!r}", text
    for _ in range(20):
        at = chance.randrange(len(good) + 1)
        broken = good[:at] + bytes([chance.randrange(256)]) + good[at + chance.randrange(2):]
        yield f"one octet at {at}", broken


def queries():
    for text in ("limit=0", "limit=101", "limit=x", "limit=1&limit=2", "limit=99999999999999999999", "cursor=x%00", "cursor=%27OR",
                 "cursor=pay_00000000000000000000000000", "created_after=yesterday", "created_after=2026-13-01T00:00:00Z", "status=%ff",
                 "status=nothing", "unknown=1", "expand=secret", "expand=" + "billing_key," * 9, "=", "&&", "%", "a" * 3000 + "=1",
                 "created_before=2026-11-25T00:00:00+09:00", "order_id=%00", "type=*", "request=../x"):
        yield text


def ids(good):
    prefix = good.split("_")[0] + "_"
    return [prefix, prefix + "0" * 25, prefix + "0" * 26, prefix + "u" * 26, prefix.upper() + good[len(prefix):], good + "0", good[:-1], "x" * 400,
            "%00", "%2e%2e", good + "%2F..", "%F0%9F%98%80", "'", good.replace("_", "-")]


def headers():
    yield "no key", {"Authorization": ""}
    for value in ("Bearer", "Bearer x", "Bearer ck_test_" + "A" * 43, "Basic eDp5", "Bearer " + "x" * 5000, "Bearer a b", "bearer\tx"):
        yield value[:20], {"Authorization": value}


def requests(document, example_of, good_id, seed):
    """Yields (name, method, path template, target, headers, body)."""
    chance = random.Random(seed)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method not in ("get", "post", "patch", "delete") or operation.get("security") == []:
                continue
            target = path.replace("{id}", good_id(path))
            name = operation["operationId"]
            for text, sent in headers():
                yield f"{name}: {text}", method, path, target, sent, None
            if "{id}" in path:
                for wrong in ids(good_id(path)):
                    yield f"{name}: id {wrong[:30]}", method, path, path.replace("{id}", wrong), {}, None
            if method == "get":
                for query in queries():
                    yield f"{name}: ?{query[:30]}", method, path, f"{target}?{query}", {}, None
                yield f"{name}: a body", method, path, target, {}, b"{}"
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
                for text, body in bodies(example_of(operation), schema, chance):
                    yield f"{name}: {text}", method, path, target, {}, body
                for kind in ("text/plain", "application/xml", "application/jsonx", ""):
                    yield f"{name}: type {kind}", method, path, target, {"Content-Type": kind}, b"{}"
            if method == "post":
                for key in ("two words", "x" * 301, "é".encode().decode("latin-1")):
                    yield f"{name}: Idempotency-Key {key[:10]}", method, path, target, {"Idempotency-Key": key}, b"{}"
