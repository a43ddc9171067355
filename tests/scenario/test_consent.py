"""The evidence of consents: real calls, the keystore's signature, a bundle that is proven without the appliance, by callkey and by
other people's tools, and in which no byte may be another."""
import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from rig.appliance import Rig
from rig.merchant import ApiError, wait_until
from support import cards
from support.calling import QUICK, dial, ended_request, new_billing_key, press

CALLKEY = pathlib.Path(os.environ.get("CALLKEY_BUILD", "build")).resolve() / "bin" / "callkey"


def verify(path, *words):
    """callkey verify where no appliance is: no configuration, nobody to ask."""
    with tempfile.TemporaryDirectory() as nowhere:
        return subprocess.run([str(CALLKEY), "verify", str(path), *words], cwd=nowhere, env={"PATH": os.environ["PATH"]},
                              capture_output=True, text=True, timeout=30, check=False)


def signed(api, consent_id):
    consent = api.call("GET", f"/v1/consents/{consent_id}")
    return consent if consent["status"] == "signed" else None


class ConsentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0, settings=QUICK)
        cls.rig.__enter__()
        cls.addClassCleanup(cls.rig.__exit__, None, None, None)
        cls.api = cls.rig.merchant()
        cls.key, cls.phone = new_billing_key(cls.rig, cls.api, cards.CREDIT)
        cls.payment = cls.pay()
        cls.consent = cls.api.call("GET", f"/v1/payments/{cls.payment['id']}/consents")["items"][0]["id"]
        wait_until("the consent is signed", lambda: signed(cls.api, cls.consent))
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="consent-"))
        cls.addClassCleanup(subprocess.run, ["rm", "-rf", str(cls.folder)], check=False)

    @classmethod
    def pay(cls):
        payment = cls.api.pay(cls.key, 53000, sms="skip")
        dial(cls.rig, cls.phone, payment["virtual_number"],
             [press("pay.menu.other", "1"), press("pay.approval_menu", "2")]).wait_ended()
        return wait_until("the payment ends", lambda: ended_request(cls.api, payment["id"]))

    def export(self, consent=None):
        path = self.folder / f"{consent or self.consent}.json"
        self.rig.callkey("consents", "export", consent or self.consent, "--out", str(path))
        return path

    def key_id(self):
        return re.search(r"[0-9a-f]{64}", self.rig.callkey("keys", "status"))[0]

    def test_a_record_tells_what_was_played_and_agreed_to(self):
        record = self.api.call("GET", f"/v1/consents/{self.consent}")["record"]
        call = self.api.call("GET", f"/v1/calls/{record['call']['id']}")
        self.assertEqual(record["consent"]["to"], "payment")
        self.assertEqual(record["consent"]["key"], "1")
        self.assertEqual(record["request"]["id"], self.payment["id"])
        self.assertEqual(record["request"]["amount"], {"total": 53000, "currency": "KRW"})
        self.assertEqual((record["call"]["caller"], record["call"]["screening"]), (self.phone, "network"))
        self.assertEqual(record["call"]["called"], self.payment["virtual_number"])
        played = [step["detail"] for step in call["timeline"] if step["what"] == "prompt"]
        self.assertIn(record["played"], played)
        self.assertEqual({p["id"] for p in record["prompts"]}, set(record["played"].split()))
        texts = {p["id"]: p["text"] for p in record["prompts"]}
        self.assertIn("월간 구독", texts.values())
        self.assertTrue(all(texts.values()), texts)

    def test_the_hashes_are_those_of_the_sound_files(self):
        record = self.api.call("GET", f"/v1/consents/{self.consent}")["record"]
        for prompt in record["prompts"]:
            if prompt["id"].startswith("speech:"):
                path = self.rig.path("state", "speech", f"{prompt['id'][7:]}.ko.wav")
            else:
                path = self.rig.build / "share" / "prompts" / "ko" / "normal" / f"{prompt['id']}.wav"
            self.assertEqual(prompt["sound_sha256"], hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest(), prompt["id"])

    def test_callkey_proves_a_bundle_without_an_appliance(self):
        done = verify(self.export(), "--key", self.key_id())
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("proven", self.consent, self.payment["id"], "53000 KRW", self.phone, self.key_id()):
            self.assertIn(words, done.stdout)

    def test_what_the_api_and_the_command_line_give_is_one(self):
        status, _, _ = self.api.request("GET", f"/v1/consents/{self.consent}/bundle")
        self.assertEqual(status, 200)
        bundle = json.loads(self.export().read_text(encoding="utf-8"))
        again = self.api.call("GET", f"/v1/consents/{self.consent}/bundle")
        for name in ("record", "signature", "format"):
            self.assertEqual(bundle[name], again[name])

    def test_without_a_pin_it_is_not_proven_and_says_how(self):
        path = self.export()
        done = verify(path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no key is pinned", done.stderr)
        self.assertIn(f"--key {self.key_id()}", done.stderr)
        done = verify(path, "--key", "0" * 64)
        self.assertEqual(done.returncode, 1)
        self.assertIn("another key than the pinned", done.stderr)
        done = verify(path, "--key", str(path))
        self.assertEqual(done.returncode, 2)

    def test_the_pin_may_be_configured_or_a_file(self):
        path = self.export()
        pem = self.folder / "key.pem"
        bundle = json.loads(path.read_text(encoding="utf-8"))
        pem.write_text(bundle["keys"][bundle["signature"]["key"]], encoding="ascii")
        self.assertEqual(verify(path, "--key", str(pem)).returncode, 0)
        cfg = self.folder / "callkey.cfg"
        cfg.write_text(f'callkey: {{ trusted_keys = ( "{"1" * 64}", "{self.key_id()}" ); }};\n', encoding="ascii")
        self.assertEqual(verify(path, "--config", str(cfg)).returncode, 0)
        cfg.write_text(f'callkey: {{ trusted_keys = ( "{"1" * 64}" ); }};\n', encoding="ascii")
        self.assertEqual(verify(path, "--config", str(cfg)).returncode, 1)

    def test_no_byte_may_be_another(self):
        """Some 60 of them as a process; evidence_test turns every bit."""
        whole = self.export().read_bytes()
        changed = self.folder / "changed.json"
        for at in range(0, len(whole), max(1, len(whole) // 60)):
            octets = bytearray(whole)
            octets[at] ^= 1
            changed.write_bytes(octets)
            done = verify(changed, "--key", self.key_id())
            self.assertEqual((done.returncode, done.stdout), (1, ""), f"byte {at}")
            self.assertIn("not proven", done.stderr)

    def test_openssl_alone_proves_the_signature(self):
        """docs/consent.md, "By hand": nothing of Callkey has a part in it."""
        bundle = json.loads(self.export().read_text(encoding="utf-8"))
        record = json.loads(bundle["record"])
        record_hash = hashlib.sha256(bundle["record"].encode()).hexdigest()
        link = hashlib.sha256(f"callkey-chain/1 {record['number']} {record['previous']} {record_hash}\n".encode()).hexdigest()
        files = {name: self.folder / name for name in ("signed.txt", "key.pem", "signature.bin")}
        files["signed.txt"].write_text(f"callkey-sign/1 consent {link}\n", encoding="ascii")
        files["key.pem"].write_text(bundle["keys"][bundle["signature"]["key"]], encoding="ascii")
        files["signature.bin"].write_bytes(base64.urlsafe_b64decode(bundle["signature"]["value"] + "=="))

        def openssl():
            return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", files["key.pem"], "-rawin", "-in",
                                   files["signed.txt"], "-sigfile", files["signature.bin"]], capture_output=True, check=False).returncode
        self.assertEqual(openssl(), 0)
        der = subprocess.run(["openssl", "pkey", "-pubin", "-in", files["key.pem"], "-outform", "DER"], capture_output=True,
                             check=True).stdout
        self.assertEqual(hashlib.sha256(der).hexdigest(), self.key_id())
        files["signed.txt"].write_text(f"callkey-sign/1 other {link}\n", encoding="ascii")
        self.assertNotEqual(openssl(), 0)

    def test_another_merchant_sees_nothing(self):
        other = self.rig.merchant("Other Shop")
        for path in (f"/v1/consents/{self.consent}", f"/v1/consents/{self.consent}/bundle", f"/v1/payments/{self.payment['id']}/consents"):
            with self.assertRaises(ApiError) as refused:
                other.call("GET", path)
            self.assertEqual(refused.exception.status, 404)

    def test_zz_a_consent_without_keystore_is_signed_when_it_is_back(self):
        """The payment goes on; the signature follows, over a kill of arsd, too."""
        payment = self.api.pay(self.key, 41000, sms="skip")
        phone = dial(self.rig, self.phone, payment["virtual_number"])
        phone.wait_heard("pay.menu.other")
        self.rig.processes["keystored"].hold_down()
        wait_until("keystored is gone",
                   lambda: json.loads(self.rig.callkey("--json", "status"))["processes"]["keystored"] == "down")
        phone.press("1")
        phone.wait_heard("pay.approval_menu")
        phone.press("2")
        phone.wait_ended()
        consent = wait_until("the consent is there",
                             lambda: self.api.call("GET", f"/v1/payments/{payment['id']}/consents")["items"])[0]
        self.assertEqual(consent["status"], "unsigned")
        with self.assertRaises(ApiError) as refused:
            self.api.call("GET", f"/v1/consents/{consent['id']}/bundle")
        self.assertEqual(refused.exception.problem["code"], "consent_unsigned")
        self.rig.kill("arsd")
        self.rig.processes["keystored"].let_up()
        self.rig.wait_ready()
        wait_until("it is signed", lambda: signed(self.api, consent["id"]))
        done = verify(self.export(consent["id"]), "--key", self.key_id())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("41000 KRW", done.stdout)


class ReaderTest(unittest.TestCase):
    """A bundle by whoever has a key, made by docs/consent.md and openssl."""

    def bundle(self, folder, record):
        def openssl(*words, **more):
            return subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30, cwd=folder, **more).stdout

        openssl("genpkey", "-algorithm", "ed25519", "-out", "key")
        pem = openssl("pkey", "-in", "key", "-pubout").decode()
        key = hashlib.sha256(openssl("pkey", "-in", "key", "-pubout", "-outform", "DER")).hexdigest()
        text = json.dumps({"number": 1, "previous": "0" * 64, **record})
        link = hashlib.sha256(f"callkey-chain/1 1 {'0' * 64} {hashlib.sha256(text.encode()).hexdigest()}\n".encode()).hexdigest()
        (folder / "signed").write_text(f"callkey-sign/1 consent {link}\n", encoding="ascii")
        signature = openssl("pkeyutl", "-sign", "-inkey", "key", "-rawin", "-in", "signed")
        made = {"chain": {"after": [], "before": None, "head": None}, "format": "callkey-consent-bundle/1", "keys": {key: pem}, "record": text,
                "signature": {"key": key, "value": base64.urlsafe_b64encode(signature).decode().rstrip("=")}}
        path = folder / "bundle.json"
        path.write_text(json.dumps(made, separators=(",", ":"), sort_keys=True), encoding="utf-8")
        return path, key

    def test_what_a_record_says_is_no_command_to_the_terminal(self):
        with tempfile.TemporaryDirectory() as folder:
            path, key = self.bundle(pathlib.Path(folder), {
                "id": "con_1\x1b[2J", "request": {"amount": {"total": 1, "currency": "KRW\x1b[1A"}, "product_name": "책 \u202e\x9b2K\x7f"},
                "prompts": [{"id": "a\x1b", "text": "동의\x1b]0;x\x07"}]})
            done = verify(path, "--key", key)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("책 ??2K?", done.stdout)
            self.assertIn("동의?]0;x?", done.stdout)
            self.assertEqual([c for c in done.stdout if not c.isprintable() and c != "\n"], [])
            self.assertEqual(json.loads(verify(path, "--key", key, "--json").stdout)["id"], "con_1\x1b[2J")


if __name__ == "__main__":
    unittest.main()
