"""callkey keys officer, propose, confirm, and callkey audit: two officers and an auditor at the command line."""
import datetime
import errno
import json
import re
import subprocess
import unittest

from rig import ceremony, config
from rig.merchant import wait_until
from support.custody import Box
from support.preload import SANITIZED, Faults, is_sanitized

KIM, LEE = "three white geese", "a river in winter"


class AtTheCommandLine(unittest.TestCase):
    def setUp(self):
        gateways = [{"name": "main", "url": "https://pg.example"}, {"name": "other", "url": "https://pg.example"},
                    {"name": "nice", "kind": "nicepay", "url": "https://api.nicepay.example", "client_id": "af0d1162"}]
        self.box = Box(self, uplinkd={"pg": gateways})
        self.box.start()
        ceremony.hold(self.box.folder / "keyctl.sock", self.box.folder / "unlock", officers={"kim": KIM, "lee": LEE})

    def done(self, *words, given=""):
        status, out, errors = self.box.run(*words, given=given)
        self.assertEqual(status, 0, errors)
        return out

    def propose(self, act, *words, given="", who="kim", password=KIM):
        out = self.done("propose", act, "--officer", who, *words, given=f"{password}\n{given}")
        return re.search(r"Proposal (\d+) waits", out)[1]

    def confirm(self, number, given=""):
        return self.done("confirm", number, "--officer", "lee", given=f"{LEE}\n{given}")

    def audit(self, *words):
        argv = self.box.argv("audit", *words)
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    def test_two_officers_rotate_a_key(self):
        number = self.propose("rotate", "--name", "column")
        self.assertRegex(self.done("proposals"), rf"{number}  by kim, 60 min left: rotate name=column")
        self.assertIn("column version 2 active", self.confirm(number))
        self.assertIn("nothing waits", self.done("proposals"))
        self.assertEqual(self.done("officers"), "kim\nlee\n")

    def test_who_proposes_is_told_that_another_must_confirm(self):
        number = self.propose("rotate", "--name", "column")
        status, _, errors = self.box.run("confirm", number, "--officer", "kim", given=KIM + "\n")
        self.assertEqual((status, "another officer must confirm" in errors), (1, True))
        status, _, errors = self.box.run("confirm", number, "--officer", "lee", given="something else\n")
        self.assertEqual((status, "name or the password is wrong" in errors), (1, True))
        self.assertIn("withdrawn", self.done("withdraw", number, "--officer", "kim", given=KIM + "\n"))
        status, _, errors = self.box.run("confirm", number, "--officer", "lee", given=LEE + "\n")
        self.assertEqual((status, "was confirmed or withdrawn" in errors), (1, True))
        status, _, errors = self.box.run("propose", "rotate", "--name", "column")
        self.assertEqual((status, "needs --officer" in errors), (2, True))

    def test_a_gateways_key_from_its_file(self):
        config.make_pg_key(self.box.folder)
        pem = self.box.folder / "pg-pub.pem"
        number = self.propose("import-gateway", "--name", "main", "--kid", "2027-a", "--with", pem)
        self.assertRegex(self.done("proposals"), r"import-gateway name=main kid=2027-a usage=gateway-public sha256=[0-9a-f]{16}")
        self.assertIn("main version 1 active", self.confirm(number))
        self.assertRegex(self.done("list"), r"main +1 +gateway-public .* 2027-a\n")
        self.assertRegex(self.done("status"), r"gateway +main, key 2027-a, version 1\n")
        # What is noted at the ceremony, to hold bundles and the audit log against, is what is shown.
        shown, known = self.done("status"), json.loads(self.done("status", "--json"))
        self.assertIn(f"consent key     {known['consent_key']}\naudit key       {known['audit_key']}\nofficers        2\n", shown)
        # Another, from a date on; and one that ends so soon that it is told.
        self.confirm(self.propose("import-gateway", "--name", "main", "--kid", "2099-a", "--from", "2099-01-01", "--with", pem))
        soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=20)).date().isoformat()
        self.confirm(self.propose("import-gateway", "--name", "other", "--kid", "o-1", "--until", soon, "--with", pem))
        status = self.done("status")
        self.assertRegex(status, r"gateway +main, key 2027-a, version 1\n")
        self.assertRegex(status, rf"expiring +1 within 30 days, or ended; first other version 1 on {soon}\n")
        told = json.loads(self.done("status", "--json"))
        self.assertEqual((told["expiring"], told["gateway.main"], told["gateway.other"]), ("1", "2027-a, version 1", "o-1, version 1"))
        event = f"keys_expire alarm=keys count=1 first=other version=1 until={soon}T"
        wait_until("it is logged, a second later at most", lambda: event in self.box.log())
        self.confirm(self.propose("state", "--name", "main", "--version", "1", "--state", "compromised"))
        self.assertRegex(self.done("status"), r"gateway +main, key none: key 2099-a is not active before 2099-01-01T")
        self.assertIn("gateway_no_key alarm=gateway_key gateway=main why=", self.box.log())

    def test_a_gateways_secret_is_typed_and_goes_to_its_kind_alone(self):
        number = self.propose("import-gateway", "--name", "nice", "--kid", "nice-1", given="0123456789abcdefFEDCBA9876543210\n")
        self.assertRegex(self.done("proposals"), r"import-gateway name=nice kid=nice-1 usage=gateway-encdata\n")
        self.confirm(number)
        self.assertRegex(self.done("list"), r"nice +1 +gateway-encdata +encdata-256 +active .* nice-1\n")
        export = self.audit("export").stdout + self.box.log()
        self.assertNotIn("0123456789abcdefFEDCBA9876543210", export)
        self.assertNotIn("0123456789abcdefFEDCBA9876543210", (self.box.folder / "keystore" / "keys").read_text())
        for words, part in ((("--name", "nowhere"), "must be a gateway of uplinkd.pg"),
                            (("--name", "nice", "--usage", "gateway-public"), "gateway nice is of kind nicepay, its key of usage gateway-encdata"),
                            (("--name", "main"), "must be a public key in PEM"), (("--name", "nice", "--cipher", "des"), "aes256 or aes128")):
            status, _, errors = self.box.run("propose", "import-gateway", "--officer", "kim", "--kid", "k", *words, given=f"{KIM}\nx\n")
            self.assertEqual((status, part in errors), (1, True), errors)

    def test_a_key_of_another_usage_is_refused_at_the_door(self):
        """callkey looks too; another program with its rights need not."""
        door = self.box.folder / "keyctl.sock"
        key = {"name": "main", "kid": "k", "key": b"0123456789abcdefFEDCBA9876543210", "usage": "gateway-encdata"}
        with self.assertRaisesRegex(ceremony.Refused, "usage gateway-encdata: the protocol of gateway main .* wants gateway-public"):
            ceremony.import_gateway_keys(door, [key], officers={"kim": KIM, "lee": LEE})
        ceremony.import_gateway_keys(door, [{**key, "name": "nice"}], officers={"kim": KIM, "lee": LEE})
        self.assertRegex(self.done("list"), r"nice +1 +gateway-encdata ")

    def test_a_transport_key_of_two_components_and_a_new_officer(self):
        number = self.propose("import-transport", "--name", "kbpk", given="1" * 64 + "\n")
        self.assertIn("kbpk version 1 active", self.confirm(number, "2" * 64 + "\n"))
        self.confirm(self.propose("add-officer", "--name", "park", given="a third long word\n"))
        self.assertEqual(self.done("officers"), "kim\nlee\npark\n")
        number = self.propose("rotate", "--name", "column", who="park", password="a third long word")
        self.confirm(number)

    def test_the_log_is_exported_and_every_change_of_it_is_found(self):
        self.confirm(self.propose("rotate", "--name", "column"))
        live = self.audit("verify", "--live")
        self.assertEqual(live.returncode, 0, live.stderr)
        self.assertRegex(live.stdout, r"whole: \d+ records")
        self.propose("rotate", "--name", "column")
        export = self.box.folder / "export"
        self.assertEqual(self.audit("export", "--out", export).returncode, 0)
        key = re.search(r"key (\w+) from record \d+, of a ceremony", live.stdout)[1]
        good = self.audit("verify", export, "--key", key)
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertEqual(self.audit("verify", export, "--key", "0" * 64).returncode, 1)
        text = export.read_text()
        self.assertEqual(self.audit("export").stdout.splitlines()[:10], text.splitlines()[:10])
        lines = text.splitlines(keepends=True)
        for broken in ["".join(lines[:-1]), text[:-1], "", text.replace("rotate name=column", "rotate name=volumn"),
                       *("".join(lines[:i] + lines[i + 1:]) for i in range(len(lines)))]:
            export.write_text(broken)
            found = self.audit("verify", export, "--key", key)
            self.assertEqual((found.returncode, "broken" in found.stderr), (1, True), found)

    def test_an_export_is_verified_where_no_keystore_is(self):
        export = self.box.folder / "export"
        self.assertEqual(self.audit("export", "--out", export).returncode, 0)
        self.box.kill()
        self.assertEqual(self.audit("verify", export).returncode, 0)
        self.assertEqual(self.audit("verify", "--live").returncode, 3)

    @unittest.skipIf(is_sanitized(), SANITIZED)
    def test_a_folder_that_does_not_sync_changes_no_key_and_is_told(self):
        faults = Faults(["keystored"])
        self.addCleanup(faults.close)
        self.box.kill()
        self.box.start(env=faults.env_of("keystored"))
        keys, number = self.done("list"), self.propose("rotate", "--name", "column")
        self.assertNotIn("key file", self.done("status"))
        faults["keystored"].refuse_folders()
        status, _, errors = self.box.run("confirm", number, "--officer", "lee", given=LEE + "\n")
        self.assertEqual(status, 1)
        self.assertIn("Input/output error; the keys are as they were, but after a failure of power the disk may have them", errors)
        self.assertEqual(self.done("list"), keys)
        self.assertRegex(self.done("status"), "key file +not on the disk for certain: keep the papers")
        self.box.kill()
        self.box.start()
        self.assertEqual(self.done("list"), keys)
        self.assertNotIn("key file", self.done("status"))
        self.assertEqual(self.audit("verify", "--live").returncode, 0)

    @unittest.skipIf(is_sanitized(), SANITIZED)
    def test_a_disk_that_fills_up_anywhere_in_a_record_leaves_the_log_whole(self):
        faults = Faults(["keystored"])
        self.addCleanup(faults.close)
        done = []
        for room in (0, 1, 100, 450, 1000, 2000, 5000, 50000):
            self.box.kill()
            self.box.start(env=faults.env_of("keystored"))
            keys = self.done("list")
            number = self.propose("rotate", "--name", "column")
            faults["keystored"].refuse_writes(errno.ENOSPC, room)
            status, _, errors = self.box.run("confirm", number, "--officer", "lee", given=LEE + "\n")
            faults["keystored"].allow_writes()
            done.append(status == 0)
            self.box.kill()
            self.box.start()
            if status != 0:
                self.assertRegex(errors, "audit log cannot be written|No space left on device")
            live = self.audit("verify", "--live")
            self.assertEqual((live.returncode, "whole" in live.stdout), (0, True), live.stderr)
            log = (self.box.keys / "audit.log").read_text()
            made = self.done("list").count("\ncolumn ") - keys.count("\ncolumn ")
            self.assertLessEqual(made, 1)
            self.assertGreaterEqual(log.count('"what":"generated"'), self.done("list").count("\ncolumn ") - 1)
            if status == 0:
                self.assertEqual(made, 1)
        self.assertEqual((done[0], done[-1]), (False, True))

    def test_keys_are_zeroised_by_two(self):
        self.assertIn("gone from memory and disk", self.confirm(self.propose("zeroise")))
        self.assertEqual(self.box.state(), "empty")
        self.assertEqual(self.audit("verify", "--live").returncode, 0)


if __name__ == "__main__":
    unittest.main()
