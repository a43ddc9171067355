"""The key ceremony, held by one program for a sandbox: two components that nobody writes down, and unattended starts.

A real one is held by people, with callkey keys ceremony (docs/keystore.md).
"""
import os
import secrets

from .frames import Client
from .merchant import wait_until


class Refused(Exception):
    """keystored's reason."""


def ask(client, verb, secret=b"", **args):
    """Asks the keystore; its answer, a dict with text and secret (octets)."""
    lines = "".join(f"{name}={value}\n" for name, value in args.items())
    client.send("ask", req=1, verb=verb, args=lines, secret=secret)
    answer = client.receive("answer")
    if answer is None or answer["status"] != 0:
        raise Refused(answer["text"] if answer else "keystored closed the door")
    return answer


def connect(path, timeout_s=20, check=lambda: None):
    """check raises when waiting on is in vain."""
    def there():
        check()
        try:
            return Client("keyctl", path)
        except OSError:
            return None
    return wait_until(f"keystored listens at {path}", there, timeout_s)


OFFICERS = {"rig-one": "the first officer of a sandbox", "rig-two": "the second officer of a sandbox"}


def keys(client):
    """{(name, kid): state} of all keys."""
    rows = (line.split(" ") for line in ask(client, "list")["text"].splitlines())
    return {(row[0], row[9]): row[4] for row in rows if len(row) == 10}


def two(client, act, payload=None, officers=OFFICERS, **args):
    """What two officers do: one proposes, the other confirms. payload: a key."""
    (one, first), (other, second) = officers.items()
    secret = first.encode() + (b"" if payload is None else b"\n" + payload)
    text = ask(client, "propose", secret=secret, officer=one, act=act, **args)["text"]
    return ask(client, "confirm", secret=second.encode(), officer=other, id=text.split()[1])["text"]


def import_gateway_keys(path, wanted, check=lambda: None, officers=OFFICERS):
    """Puts the keys of gateways into the ring that are not there: dicts with name, kid, key (octets) and what else the act takes."""
    client = connect(path, check=check)
    try:
        there = keys(client)
        missing = [dict(w) for w in wanted if (w["name"], w["kid"]) not in there]
        for w in missing:
            key, usage = w.pop("key"), w.pop("usage", "gateway-public")
            two(client, "import-gateway", key, officers, usage=usage, **w)
    finally:
        client.socket.close()


def name_officers(client, officers):
    """Between the last part and the commit."""
    for name, password in officers.items():
        ask(client, "officer", secret=password.encode(), name=name)


def appoint(client, papers, officers):
    """As many custodians as are needed name two officers in place of all there are."""
    ask(client, "appoint")
    for paper in papers:
        ask(client, "part", secret=paper.encode())
    name_officers(client, officers)
    ask(client, "commit")


def hold(path, unlock_file, parts=2, check=lambda: None, officers=None):
    """Makes the keys; the secret that opens them without custodians goes to unlock_file. officers: two passwords by name, or none are named
    yet. The custodians' parts."""
    client = connect(path, check=check)
    papers = [f"C{number}-{secrets.token_hex(32)}" for number in range(1, parts + 1)]
    try:
        ask(client, "ceremony", scheme="components", parts=parts, needed=parts, how="enter")
        for paper in papers:
            ask(client, "part", secret=paper.encode())
        name_officers(client, officers or {})
        secret = ask(client, "commit", unattended="yes")["secret"]
    finally:
        client.socket.close()
    with open(os.open(unlock_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
        f.write(secret)
    return papers
