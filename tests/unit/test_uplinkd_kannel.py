"""uplinkd as a transmitter, judged by kannel's own SMS centre: another reading of SMPP than Net::SMPP's."""
import pathlib
import tempfile
import unittest

from rig import config
from support import kannel

SENT = 1


class KannelTest(unittest.TestCase):
    def test_what_we_send_is_smpp_to_kannel_too(self):
        folder = tempfile.TemporaryDirectory(prefix="kannel-")
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        (path / "run").mkdir()
        (path / "smpp.secret").write_text("pa55word\n", encoding="ascii")
        (path / "callkey.cfg").write_text(config.libconfig_text({"run_dir": str(path / "run"), "uplinkd": {"sms": [
            {"name": "kannel", "kind": "smpp", "bind": "transmitter", "host": "127.0.0.1", "port": kannel.PORT, "user": "callkey",
             "secret_file": str(path / "smpp.secret"), "from": "15881234", "enquire_ms": 1000}]}}), encoding="utf-8")
        told = kannel.judge(path)
        self.assertEqual([r["status"] for r in told["results"]], [SENT, SENT])
        self.assertEqual(told["faults"], [])
        self.assertEqual((told["heard"]["bind_transmitter"], told["heard"]["unbind"]), (1, 1))
        self.assertEqual(told["heard"]["submit_sm"], 1 + 5)       # 300 characters in UCS-2 take five parts
        self.assertGreaterEqual(told["heard"]["enquire_link"], 1)
        self.assertEqual((told["uplinkd"], told["centre"]), (0, 0))


if __name__ == "__main__":
    unittest.main()
