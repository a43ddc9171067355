"""The documents that merchants read say what the programs do: each route is an operation, each code has its page."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["CALLKEY_BUILD"])
METHODS = {"get", "post", "patch", "delete", "put"}


def document():
    return json.loads((BUILD / "share" / "web" / "openapi.json").read_text(encoding="utf-8"))


def routes():
    """(method, path) of what apid serves to merchants, and how many rows its table has in all."""
    table = (SOURCE / "firmware/apid/routes.c").read_text(encoding="utf-8").split("routes[] = {", 1)[1].split("\n};", 1)[0]
    rows = re.findall(r'^\t(?:\{ ([A-Z| ]+), "([A-Z]+)", |GET\(([A-Z| ]+), |ASK\()"([^"]+)"', table, re.M)
    served = {(method or "GET", path) for listeners, method, got, path in rows if "MERCHANT" in (listeners or got or "MERCHANT")}
    return served, len(rows), len(re.findall(r"^\t(?:\{|[A-Z]+\()", table, re.M))


def codes_in_sources():
    """{code: {status}} of every problem that apid, arsd and nginx can make."""
    found = {}
    text = "\n".join(p.read_text(encoding="utf-8") for room in ("apid", "arsd") for p in (SOURCE / "firmware" / room).glob("*.c"))
    said = re.findall(r'\b(?:problem_set|problem_make|refuse)\(\s*(?:[^,"()]+,\s*)?(\d{3}),\s*"([a-z_]+)"', text)
    nginx = (SOURCE / "config/nginx.conf.in").read_text(encoding="utf-8")
    said += re.findall(r'"status":(\d+),"code":"([a-z_]+)"', nginx)
    for status, code in said:
        found.setdefault(code, set()).add(int(status))
    return found


def key_rules():
    """{usage: its row of docs/keystore.md} as firmware/keys/key.c has it."""
    text = (SOURCE / "firmware/keys/key.c").read_text(encoding="utf-8")
    table = text.split("rules[KEY_USAGES] = {", 1)[1].split("\n};", 1)[0]
    rows = re.findall(r'\[\w+\] = \{ "([a-z-]+)", KEY_(\w+), [\w |]+, (\w+), [\w |]+, (\d+), (?:\w+, ){3}"(\w*)", (?:\'(\w)\'|0) \}', table)
    words = {"SELF": "keystored", "ARSD": "arsd", "OFFICER": "officers"}
    return {word: [algorithm.lower().replace("_", "-"), words[who], days, f"{block} {mode}" if block else "-"]
            for word, algorithm, who, days, block, mode in rows}, table.count("\n\t[")


class DocsTest(unittest.TestCase):
    def test_the_table_of_keys_is_that_of_the_program(self):
        rules, count = key_rules()
        self.assertEqual(len(rules), count, "a row of key.c in a form that this test cannot read")
        page = (SOURCE / "docs/keystore.md").read_text(encoding="utf-8").split("### Keys", 1)[1].split("*Days*", 1)[0]
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")][2:]
        self.assertEqual({row[0]: row[1:5] for row in rows}, rules)

    def test_every_route_is_an_operation_and_every_operation_a_route(self):
        served, read, rows = routes()
        self.assertEqual(read, rows, "a row of routes.c in a form that this test cannot read")
        described = {(method.upper(), path) for path, item in document()["paths"].items() for method in item if method in METHODS}
        self.assertEqual(served - described, set(), "routes without an operation in web-admin/openapi.yaml")
        self.assertEqual(described - served, set(), "operations without a route in firmware/apid/routes.c")

    def test_every_code_has_its_page_and_its_one_status(self):
        table = {code: int(re.search(r"HTTP status (\d+)", page.read_text(encoding="utf-8")).group(1))
                 for page in (BUILD / "share/web/problems").glob("*.html") if (code := page.stem) != "index"}
        used = codes_in_sources()
        self.assertGreater(len(used), 25)
        self.assertEqual(used.keys() - table.keys(), set(), "codes without a row in web-admin/problems.yaml")
        self.assertEqual(table.keys() - used.keys(), set(), "rows of web-admin/problems.yaml that nothing answers with")
        for code, statuses in used.items():
            self.assertEqual(statuses, {table[code]}, code)

    def test_the_reference_page_asks_for_nothing_from_outside(self):
        for page in (BUILD / "share/web").rglob("*.html"):
            text = page.read_text(encoding="utf-8")
            self.assertNotRegex(text, r"<script|<link|<img|@import|url\(", page)
            self.assertEqual(set(re.findall(r'(?:href|src)="(?![/#])[^"]*"', text)), set(), page)
            for anchor in set(re.findall(r'href="#([^"]+)"', text)):
                self.assertIn(f'id="{anchor}"', text)

    def test_every_event_that_is_told_can_be_filtered_for_and_is_in_the_documents(self):
        rooms = {p.name: p.read_text(encoding="utf-8") for p in (SOURCE / "firmware/arsd").glob("*.c")}
        literal = r'"((?:payment|registration|billing_key|schedule|sms|reconciliation|webhook)\.[a-z_]+)"'
        table = set(re.findall(literal, rooms.pop("webhooks.c").split("types[] = {", 1)[1].split("};", 1)[0]))
        told = {one for text in rooms.values() for one in re.findall(literal, text)}
        # Their second half is the state of a message.
        told |= {f"sms.{one}" for one in ("sent", "delivered", "undelivered", "failed")}
        self.assertEqual(table, told)
        for name in ("merchants.md", "merchant-api.md"):
            text = (SOURCE / "docs" / name).read_text(encoding="utf-8").split("## Webhooks", 1)[1]
            rows = "\n".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
            self.assertEqual({one for one in re.findall(r"`([a-z_]+\.[a-z_]+)`", rows)}, table, name)

    def make(self, change):
        """Runs make_docs on documents that change(folder) has spoilt; returns (status, what it said)."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="docs-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        for name in ("openapi.yaml", "problems.yaml"):
            shutil.copy(SOURCE / "web-admin" / name, folder)
        change(folder)
        done = subprocess.run([sys.executable, SOURCE / "web-admin/make_docs.py", "--source", folder, "--out", folder / "out"],
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    def test_a_mistake_in_the_documents_is_named(self):
        def replaced(name, old, new):
            def change(folder):
                text = (folder / name).read_text(encoding="utf-8")
                self.assertIn(old, text)
                (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
            return change
        cases = [
            (replaced("openapi.yaml", "  /healthz:", "  /v1/payments:"), "/v1/payments stands twice"),
            (replaced("openapi.yaml", "schemas/RegistrationCreate", "schemas/Nothing"), "schemas/Nothing leads to nothing"),
            (replaced("openapi.yaml", "[order_id_used,", "[order_id_lost,"), "problems.yaml has no order_id_lost"),
            (replaced("openapi.yaml", "operationId: getPayment", "operationId: createPayment"), "an operationId of its own"),
            (replaced("openapi.yaml", "      x-list: { time: created_at, state: status }\n", ""), "x-list goes with an answer that has items"),
            (replaced("openapi.yaml", "x-list: { time: offered_at, state: status }", "x-list: { time: offered_at }"), "x-list must name"),
            (replaced("problems.yaml", "no_answer:", "No answer:"), "No answer: must be lower case"),
        ]
        self.assertEqual(self.make(lambda folder: None), (0, ""))
        for change, words in cases:
            status, said = self.make(change)
            self.assertEqual(status, 1)
            self.assertIn(words, said)


class KeystoreTest(unittest.TestCase):
    """What docs tell of the keystore is there."""
    def setUp(self):
        self.docs = {p.name: p.read_text(encoding="utf-8") for p in [SOURCE / "README.md", *(SOURCE / "docs").glob("*.md")]}

    def source(self, *names):
        return "".join((SOURCE / "firmware" / name).read_text(encoding="utf-8") for name in names)

    def test_each_command_of_keys_and_of_the_audit_log_is_one(self):
        verbs = set(re.findall(r'\{ "(\w+)", "(keys|audit)_\w+", \d \}', self.source("callkey/words_keys.c")))
        self.assertGreater(len(verbs), 15)
        hints = "".join(p.read_text(encoding="utf-8") for p in (SOURCE / "firmware").rglob("*.[ch]"))
        for name, text in {**self.docs, "the firmware's own words": hints}.items():
            named = {(word, group) for group, word in re.findall(r"callkey (keys|audit) ([a-z]+)\b(?!:)", text)}
            self.assertEqual({n for n in named if n not in verbs and n[0] not in ("asks", "speaks")}, set(), name)

    def test_each_act_of_two_officers_is_in_its_table(self):
        acts = set(re.findall(r'(?m)^\t\{ "([\w-]+)", "[\w ]*", (?:true|false), ', self.source("keys/dual_acts.c")))
        table = re.search(r"(?s)## Two for an act\n.*?\| act \|.*?\n\n", self.docs["audit-log.md"])[0]
        told = {act for row in re.findall(r"(?m)^\| (`[^|]*) \|", table) for act in re.findall(r"`([\w-]+)`", row)}
        self.assertEqual(told, acts)

    def test_each_metric_and_each_record_is_written(self):
        metrics = set(re.findall(r'"(callkey_keystored_\w+)"', self.source("keystored/meters.c")))
        for name, text in self.docs.items():
            told = {m for m in re.findall(r"callkey_keystored_\w+", text) if not m.endswith("_")}
            self.assertEqual(told - metrics, set(), name)
        written = set(re.findall(r'"([a-z_ ]+)"', "".join(p.read_text(encoding="utf-8") for folder in ("keys", "keystored")
                                                        for p in (SOURCE / "firmware" / folder).glob("*.c"))))
        table = re.search(r"(?s)\n\| what \| when \|\n.*?\n\n", self.docs["audit-log.md"])[0]
        told = {word for row in re.findall(r"(?m)^\| (`[^|]*) \|", table) for word in re.findall(r"`([a-z_ ]+)`", row)}
        self.assertGreater(len(told), 30)
        self.assertEqual(told - written, set())


if __name__ == "__main__":
    unittest.main()
