"""docs/merchants.md holds: its commands are run as they stand, its tables are those of the programs, its lines of code judge a real
webhook."""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from rig.appliance import SOURCE, Rig, build_dir
from rig.merchant import wait_until
from support import cards, npm
from support.receiver import Receiver

DOCUMENT = SOURCE / "docs" / "merchants.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")


def blocks(*languages):
    """(language, text, what follows it) of each fenced block, in order."""
    parts = re.split(r"^```(\w+)\n(.*?)^```\n", TEXT, flags=re.S | re.M)
    return [(language, text, after) for language, text, after in zip(parts[1::3], parts[2::3], parts[3::3]) if language in languages]


def rows(text, columns):
    """The rows of tables with so many columns, without heads."""
    found = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in found if len(row) == columns and not set(row[0]) <= set("-")]


def section(title):
    return TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


class Shell:
    """One shell, as a reader has it in a terminal: variables live on from one command to the next."""

    def __init__(self, folder, env):
        self.process = subprocess.Popen(["bash"], cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, encoding="utf-8", bufsize=1)

    def type(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def run(self, text):
        """Types the lines; answers with what they print."""
        self.type(text + "\necho; echo \"=== $?\"\n")
        out = []
        for line in self.process.stdout:
            if re.fullmatch(r"=== \d+\n", line):
                return int(line.split()[1]), "".join(out)
            out.append(line)
        raise AssertionError("the shell has ended: " + "".join(out))

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


class Telephone:
    """callkey phone as the document writes it, and somebody who presses what its table says as soon as they hear it."""

    def __init__(self, command, table, env):
        self.process = subprocess.Popen(["bash", "-c", command], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.table, self.heard = table, ""

    def talk(self):
        os.set_blocking(self.process.stdout.fileno(), True)
        waiting = list(self.table)
        while chunk := os.read(self.process.stdout.fileno(), 4096):
            self.heard += chunk.decode(errors="replace")
            if waiting and waiting[0][0] in self.heard:
                self.heard = self.heard.split(waiting[0][0], 1)[1]
                self.process.stdin.write(waiting.pop(0)[1].encode())
                self.process.stdin.flush()
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(20), waiting, self.heard


class TenMinutes(unittest.TestCase):
    def test_from_nothing_to_an_approved_payment_by_what_stands_there(self):
        with Rig(rate=4) as rig:
            rig.merchant()
            folder = pathlib.Path(tempfile.mkdtemp(prefix="merchant-"))
            self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
            # What make run prints as lines to paste; test_demo holds those.
            env = {**os.environ, "PATH": f"{build_dir() / 'bin'}:{os.environ['PATH']}", "CALLKEY_CONFIG": str(rig.config_file),
                   "API": f"https://127.0.0.1:{rig.ports['api']}", "CA": str(rig.path("tls", "appliance-ca.pem")),
                   "KEY": rig.merchant().bearer, "SANDBOX": str(rig.path("sandbox", "control.sock"))}
            shell = Shell(folder, env)
            self.addCleanup(shell.close)
            said = self.follow(rig, shell, env)
        self.assertIn('"status":"approved"', said[-1])
        self.assertIn('"approval_no":"', said[-1])
        self.assertTrue(any('"registration.completed"' in s for s in said), said)
        self.assertTrue(any(re.search(r"^bk_\w{26}$", s, re.M) for s in said), said)
        self.assertNotIn(cards.CREDIT.number, "".join(said))

    def follow(self, rig, shell, env):
        said, calls = [], 0
        for language, text, after in blocks("sh", "phone"):
            if language == "phone":
                self.call(shell, env, text, rows(after.split("```", 1)[0], 2))
                self.wait_told(rig, calls)
                calls += 1
                continue
            status, out = shell.run(text)
            self.assertEqual(status, 0, f"{text}\n{out}")
            said.append(out)
        self.assertEqual(calls, 2)
        return said

    def call(self, shell, env, text, table):
        _, number = shell.run('printf %s "$NUMBER"')
        self.assertRegex(number.strip(), r"^070\d{8}$")
        status, left, heard = Telephone(text, table[1:], {**env, "NUMBER": number.strip()}).talk()
        self.assertEqual((status, left), (0, []), heard)

    def wait_told(self, rig, calls):
        """A reader is slower than a webhook."""
        kind = ("registration.completed", "payment.approved")[calls]
        wait_until(kind, lambda: any(w["type"] == kind for w in rig.sandbox.get("/webhooks")["webhooks"]))


class Tables(unittest.TestCase):
    def source(self, path):
        return (SOURCE / path).read_text(encoding="utf-8")

    def test_the_codes_are_those_of_the_problems(self):
        with tempfile.TemporaryDirectory(prefix="merchants-") as folder:
            copy = pathlib.Path(folder, "merchants.md")
            shutil.copy(DOCUMENT, copy)
            subprocess.run(["/usr/bin/python3", str(SOURCE / "web-admin" / "make_docs.py"), "--source", str(SOURCE / "web-admin"),
                            "--codes-in", str(copy)], check=True)
            self.assertEqual(copy.read_text(encoding="utf-8"), TEXT, "make docs writes the table of docs/merchants.md")

    def test_the_classes_and_codes_of_declines_are_those_of_arsd(self):
        table = self.source("firmware/arsd/decline.c")
        classes = re.findall(r'\[UPLINK_DECLINE_\w+\] = \{ "(\w+)", \w+, "(\w+)", ', table)
        codes = re.findall(r'^\t\{ "(\w+)", "(\w*)", "(\w+)", (?:"[\w.]+"|NULL) \},', table, re.M)
        # No row of a form that this test cannot read; the first class stands for none.
        self.assertEqual(len(classes), len(re.findall(r"^\t\[UPLINK_DECLINE_", table, re.M)) - 1)
        self.assertEqual(len(codes), len(re.findall(r'^\t\{ "', table, re.M)))
        told = section("Why a payment failed")
        self.assertEqual([(row[0], row[2]) for row in rows(told, 3)[1:]], classes)
        self.assertEqual([tuple(row[:3]) for row in rows(told, 4)[1:]], codes)
        self.assertEqual({row[0] for row in rows(told, 2)[1:]}, {retry for *_, retry in classes + codes})

    def test_the_events_are_those_that_are_told(self):
        sources = "".join(self.source(f"firmware/arsd/{p.name}") for p in (SOURCE / "firmware" / "arsd").glob("*.c"))
        told = set(re.findall(r'"((?:registration|payment|billing_key|reconciliation|webhook|schedule|sms)\.[a-z_]+)"', sources))
        self.assertGreater(len(told), 16)
        self.assertEqual({row[0] for row in rows(section("Webhooks"), 2)[1:]}, told)

    def test_the_pictures_are_there(self):
        for path in re.findall(r"\]\((pictures/[^)]+)\)", TEXT):
            self.assertTrue((SOURCE / "docs" / path).exists(), path)


JAVASCRIPT = """
import { readFileSync } from "node:fs";
const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
try { console.log(verify(secret, headers, Buffer.from(body, "base64").toString("utf8")).type) } catch { console.log("refused") }
"""
PYTHON = """
import sys
given = json.load(sys.stdin)
try:
    print(verify(given["secret"], given["headers"], base64.b64decode(given["body"]))["type"])
except ValueError:
    print("refused")
"""
PHP = """
$given = json_decode(file_get_contents('php://stdin'), true);
try { echo verify($given['secret'], $given['headers'], base64_decode($given['body']))['type']; } catch (Exception $e) { echo 'refused'; }
"""


class Verification(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = npm.install()
        with Rig(rate=0) as rig:
            shop = Receiver(rig.path("tls", "sandbox.pem"), rig.path("tls", "sandbox.key"))
            try:
                made = json.loads(rig.callkey("--json", "merchants", "add", "Verifying Shop", "--webhook", shop.url("/hooks")))
                rig._merchants["Verifying Shop"] = made["api_key"]
                cls.secret, api = made["webhook_secret"], rig.merchant("Verifying Shop")
                endpoint = api.call("GET", "/v1/webhook-endpoints")["items"][0]["id"]
                api.call("POST", f"/v1/webhook-endpoints/{endpoint}/test")
                wait_until("a webhook", lambda: shop.received)
                # Without a body the old secret is good for another day.
                cls.newer = api.call("POST", f"/v1/webhook-endpoints/{endpoint}/rotate-secret")["secret"]
                api.call("POST", f"/v1/webhook-endpoints/{endpoint}/test")
                wait_until("a webhook with two signatures", lambda: len(shop.received) == 2)
            finally:
                shop.close()
            cls.plain, cls.twice = ((headers, body) for _, headers, body in shop.received)

    def ask(self, argv, script, suffix, secret, headers, body, folder):
        path = pathlib.Path(folder, f"merchants-doc{suffix}")
        path.write_text(script, encoding="utf-8")
        given = json.dumps({"secret": secret, "headers": headers, "body": base64.b64encode(body).decode()})
        done = subprocess.run([*argv, str(path)], input=given, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def judge(self, argv, script, suffix, folder=None):
        folder = folder or tempfile.mkdtemp(prefix="verify-")
        if folder is not self.node:
            self.addCleanup(shutil.rmtree, folder)
        headers, body = self.plain
        ask = lambda secret, headers, body: self.ask(argv, script, suffix, secret, headers, body, folder)
        self.assertEqual(ask(self.secret, headers, body), "webhook.test")
        self.assertEqual(ask(self.secret, headers, body.replace(b"webhook", b"webhoop")), "refused")
        self.assertEqual(ask(self.newer, headers, body), "refused")
        self.assertEqual(ask(self.secret, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 301)}, body), "refused")
        headers, body = self.twice
        self.assertEqual([ask(secret, headers, body) for secret in (self.secret, self.newer)], ["webhook.test"] * 2)

    def code(self, language):
        (found,) = blocks(language)
        return found[1]

    def test_javascript_with_the_package(self):
        self.judge(["node"], self.code("js") + JAVASCRIPT, ".mjs", self.node)

    def test_python(self):
        self.judge(["/usr/bin/python3"], self.code("python") + PYTHON, ".py")

    def test_php(self):
        self.judge(["php"], "<?php\n" + self.code("php") + PHP, ".php")


if __name__ == "__main__":
    unittest.main()
