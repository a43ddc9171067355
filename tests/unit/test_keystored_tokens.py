"""keystored with its keys in a PKCS#11 token: SoftHSM2, and NSS's softokn as one that shares no line with it. The process is
confined, the token's files are in the one folder that it may write."""
import os
import shutil
import subprocess
import unittest

from rig import ceremony
from support.keystored import BAD_CONFIG, World

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
SOFTOKN = f"/usr/lib/{os.uname().machine}-linux-gnu/libsoftokn3.so"
CONSENT = bytes(range(32))


class TokenWorld(World):
    def setUp(self):
        super().setUp()
        self.token = self.folder / "token"
        self.token.mkdir(mode=0o700)

    def use(self, module, parameters="", label="callkey"):
        self.settings["keystored"].update(token="pkcs11", pkcs11_module=module, pkcs11_label=label, pkcs11_parameters=parameters,
                                          pkcs11_dir=str(self.token))

    def use_softhsm(self, **settings):
        conf = self.folder / "softhsm2.conf"
        conf.write_text(f"directories.tokendir = {self.token}\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.environment = {**os.environ, "SOFTHSM2_CONF": str(conf)}
        self.use(SOFTHSM, **settings)

    def use_softokn(self):
        self.environment = None
        self.use(SOFTOKN, f"configdir='sql:{self.token}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=noModDB "
                          "dbTokenDescription='callkey'")

    def ask(self, verb):
        keyctl = ceremony.connect(self.folder / "keyctl.sock")
        try:
            return ceremony.ask(keyctl, verb)["text"]
        finally:
            keyctl.close()

    def status(self):
        return dict(line.split(" ", 1) for line in self.ask("status").splitlines())

    def fingerprint(self):
        self.enter_card(call=7)
        sealed = self.seal()
        self.assertEqual(sealed["status"], 0, sealed)
        self.trunkd.send("call_end", call=7)
        return sealed["fingerprint"]

    def restart(self):
        self.end(self.process)
        for client in (self.trunkd, self.arsd):
            client.close()
        self.start_all(env=self.environment)


class Tokens(TokenWorld):
    def judge_life(self):
        """A ceremony, use, a restart without custodians, the same keys."""
        self.start_all(env=self.environment)
        before = self.fingerprint()
        self.restart()
        self.assertEqual(self.status()["state"], "open")
        self.assertEqual(self.fingerprint(), before)
        self.assertNotIn(b"seccomp", self.log().encode())

    def test_softhsm_keeps_the_keys_over_restarts(self):
        self.use_softhsm()
        self.judge_life()
        self.assertIn("ed25519", self.status()["token_can"])
        self.assertEqual(self.status()["token_cannot"], "key-blocks renew")

    def test_nss_softokn_keeps_the_keys_over_restarts_and_says_what_it_cannot(self):
        self.use_softokn()
        self.judge_life()
        self.assertEqual(self.status()["token_cannot"], "ed25519 key-blocks renew")
        self.assertIn('token_lacks token=pkcs11 has="hmac gcm cmac import" lacks="ed25519 key-blocks renew"', self.log())
        self.assertNotIn("consent", self.ask("list"))

    def test_no_key_stands_in_the_key_file(self):
        self.use_softhsm()
        self.start_all(env=self.environment)
        lines = (self.folder / "keystore" / "keys").read_text().splitlines()
        self.assertTrue(lines[1].endswith("token pkcs11"), lines[1])
        wrapped = [line.split()[-1] for line in lines if line.startswith("key ") and " gateway-public " not in line]
        self.assertEqual(len(wrapped), 6)
        self.assertTrue(all(len(w) < 64 for w in wrapped), wrapped)
        tool = subprocess.run(["pkcs11-tool", "--module", SOFTHSM, "--token-label", "callkey", "--list-objects"], capture_output=True,
                              text=True, env=self.environment, check=True)
        self.assertNotIn("secret", tool.stdout.lower())            # none is seen without the PIN

    def test_a_token_of_somebody_else_is_not_touched(self):
        self.use_softhsm()
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "callkey", "--so-pin", "98765432", "--pin", "12345678"],
                       env=self.environment, check=True, capture_output=True)
        with self.assertRaisesRegex(ceremony.Refused, "token callkey is in use: its user PIN is not that of an empty one"):
            self.start(env=self.environment)
        self.assertFalse((self.folder / "keystore" / "keys").exists())

    def test_a_token_that_the_operator_made_is_taken_by_the_ceremony(self):
        self.use_softhsm()
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "callkey", "--so-pin", "98765432", "--pin", "callkey-empty"],
                       env=self.environment, check=True, capture_output=True)
        self.judge_life()

    def test_a_token_that_is_gone_is_told_at_the_start(self):
        self.use_softhsm()
        self.start_all(env=self.environment)
        self.end(self.process)
        shutil.rmtree(self.token)
        self.token.mkdir()
        self.start(env=self.environment)
        self.assertEqual(self.status()["state"], "locked")
        self.assertIn("no token has the label callkey", self.log())

    def test_another_token_under_the_label_is_refused_without_a_second_try(self):
        self.use_softhsm()
        self.start_all(env=self.environment)
        self.end(self.process)
        shutil.rmtree(self.token)
        self.token.mkdir()
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "callkey", "--so-pin", "98765432", "--pin", "12345678"],
                       env=self.environment, check=True, capture_output=True)
        self.start(env=self.environment)
        self.assertIn("token callkey has another PIN than this master key's", self.log())

    def test_a_module_that_is_none_is_refused(self):
        self.use("/usr/lib/nowhere.so")
        self.assertEqual(self.spawn().wait(10), BAD_CONFIG)
        self.assertIn("/usr/lib/nowhere.so (keystored.pkcs11_module)", self.log())
        self.use("/lib/x86_64-linux-gnu/libc.so.6")
        self.assertEqual(self.spawn().wait(10), BAD_CONFIG)
        self.assertIn("is no PKCS#11 module", self.log())

    def test_keys_do_not_move_by_themselves(self):
        self.use_softhsm()
        self.start_all(env=self.environment)
        self.end(self.process)
        self.settings["keystored"]["token"] = "openssl"
        self.assertEqual(self.spawn(env=self.environment).wait(10), BAD_CONFIG)
        self.assertIn("its keys are for token pkcs11, keystored.token is openssl", self.log())


if __name__ == "__main__":
    unittest.main()
