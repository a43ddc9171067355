"""The canary: after calls of every kind with a known card, nothing of it is anywhere but where it must be.

Calls that register, pay, erase, mistype, give up, hang up in a field, are declined and lose the PG are made with one known
card, birth date and password, while everything that arsd, apid, uplinkd and nginx read and write is captured. Then logs,
store, WAL, all other files, messages, metrics and the memory of those four are searched, in every coding (support/leaks.py;
tests/unit/test_leaks.py shows that the search finds what is planted). The keystore's memory shows that the search sees a
real process: it finds the card there while it is being typed, and no more once the call is over.
"""
import os
import pathlib
import resource
import signal
import time
import unittest

from rig import ceremony
from rig.appliance import APPLIANCE, Rig, build_dir
from support import cards
from support.calling import at_once, all_good, enter, hear, new_billing_key, new_phone, press, register, secret
from support.leaks import Capture, Leaks, MemoryCopy
from support.keyblock import unwrap

CARD = cards.CREDIT
SECRETS = {"card number": CARD.number, "birth date": CARD.identity.rstrip("#"),
           "mistyped card number": cards.BAD_LUHN, "business number": cards.BUSINESS_NUMBER}
SEARCHED = ["arsd", "apid", "uplinkd", "nginx"]
HALF = CARD.number[:10]

REGISTRATIONS = {
    "all of it": register(CARD),
    "a wrong password, then the right one": [*register(cards.WRONG_PASSWORD), press("declined.again", "1"), *enter(CARD)],
    "a mistyped number": [press("reg.menu", "1"), secret("card.number", cards.BAD_LUHN), secret("err.card.invalid", CARD.number),
                          *enter(CARD)[1:]],
    "erased half way": [press("reg.menu", "1"), secret("card.number", HALF + "*" + CARD.number), *enter(CARD)[1:]],
    "a company's": [press("reg.menu", "1"), *enter(cards.COMPANY)],
    "hung up in the number": [press("reg.menu", "1"), secret("card.number", HALF), {"after_ms": 2500, "hangup": True}],
    "hung up in the birth date": [press("reg.menu", "1"), *enter(CARD)[:2], secret("card.identity", CARD.identity[:4]),
                                  {"after_ms": 1500, "hangup": True}],
    "hung up before the answer": [press("reg.menu", "1"), *enter(CARD)[:4], hear("card.confirm.menu"), {"hangup": True}],
    "the card number typed into the menu": [press("reg.menu", CARD.number), hear("card.number", "err.menu"), {"after_ms": 3000, "hangup": True}],
    "the card number typed into silence": [secret("greet.neutral", CARD.number, 0), hear("reg.menu"), {"hangup": True}],
}


def descendants(pid):
    """A process and all below it: nginx's workers, arsd's speech worker."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        children = (task / "children").read_text(encoding="ascii").split()
        found += [below for child in children for below in descendants(int(child))]
    return found


# A sanitizer keeps what was freed, and its memory is gigabytes: the search would take longer than the call that it looks at.
SANITIZED = "-fsanitize=" in (build_dir() / "flags").read_text(encoding="utf-8")


@unittest.skipIf(SANITIZED or os.getuid() != 0, "reads the appliance's memory: needs root, and a plain build")
class Canary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(rate=0, settings={"log_level": "debug"})
        cls.rig.start()
        cls.leaks = Leaks(SECRETS, CARD.password)
        cls.pids = {pid: name for name in SEARCHED for pid in descendants(cls.rig.processes[name].pid)}
        try:
            with Capture(list(cls.pids), cls.rig.folder.parent / f"{cls.rig.folder.name}.capture") as capture:
                cls.make_calls()
                cls.search_memory_in_a_call()
            cls.captured = capture.look(cls.leaks, cls.pids)
            cls.memory = {name: 0 for name in SEARCHED}
            for pid, name in cls.pids.items():
                cls.memory[name] += cls.leaks.look_at_memory(pid, name)
            cls.leaks.look(cls.rig.metrics().encode(), "metrics")
            cls.trace = cls.rig.callkey("--json", "trace", "1")
            cls.leaks.look(cls.trace.encode(), "the trace of the D-channel")
        except BaseException:
            cls.rig.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.rig.__exit__(None)

    @classmethod
    def make_calls(cls):
        rig, api = cls.rig, cls.rig.merchant()
        rig.callkey("trace", "1", "--minutes", "60")

        def one(script):
            phone = new_phone()
            request = api.register(phone)
            return rig.call(phone, request["virtual_number"], script).wait_ended()

        for ended in all_good(at_once(one, REGISTRATIONS.values(), 1)):
            if not ended["heard"]:
                raise AssertionError(f"a call heard nothing: {ended}")
        key, phone = new_billing_key(rig, api, cards.CHECK)
        request = api.pay(key, 60000, other_card="allow")
        rig.call(phone, request["virtual_number"], [press("pay.menu.other", "2"), *enter(CARD), press("other.keep", "1")]).wait_ended()
        for card in (cards.LOST_AFTER, cards.DEAD):
            one([press("reg.menu", "1"), *enter(card)])

    @classmethod
    def search_memory_in_a_call(cls):
        """Half a card number is typed and the call is up: the keystore has it, the others do not."""
        rig = cls.rig
        keystored = rig.processes["keystored"].pid
        cls.rig.set_rate(1, patient=True)
        number = new_phone()
        request = rig.merchant().register(number)
        phone = rig.call(number, request["virtual_number"], [press("reg.menu", "1"), secret("card.number", CARD.number), hear("card.expiry")])
        phone.wait_heard("card.expiry")
        typed = MemoryCopy(keystored, "keystored")
        others = [MemoryCopy(pid, f"{name} in mid-call") for pid, name in cls.pids.items()]
        phone.hangup()
        phone.wait_ended()
        time.sleep(0.5)
        after = MemoryCopy(keystored, "keystored")
        cls.rig.set_rate(0)
        cls.found_while_typed, cls.found_after = cls.finds_in(typed), cls.finds_in(after)
        for memory in others:
            cls.leaks.look_at_copy(memory)

    @staticmethod
    def finds_in(memory):
        leaks = Leaks(SECRETS)
        leaks.look_at_copy(memory)
        return leaks.finds

    def test_1_the_search_sees_the_card_where_it_must_be(self):
        self.assertTrue(any(f.what == "card number" for f in self.found_while_typed), "keystored holds no card while one is typed?")

    def test_2_the_keystore_forgets_it_with_the_call(self):
        self.assertEqual([str(f) for f in self.found_after], [])

    def test_3_enough_was_searched(self):
        self.assertGreater(self.captured, 100_000)
        self.assertGreater(self.trace.count("RELEASE COMPLETE"), len(REGISTRATIONS))
        for name, octets in self.memory.items():
            self.assertGreater(octets, 1 << 20, name)

    def test_4_nothing_in_memory_messages_and_metrics(self):
        self.assertEqual([str(f) for f in self.leaks.finds], [])

    def test_5_nothing_in_any_file(self):
        """The backup of the keys, the audit log's export and key blocks that went out among them."""
        self.export_keys()
        self.rig.callkey("keys", "backup", str(self.rig.path("keys.backup")))
        self.rig.callkey("audit", "export", "--out", str(self.rig.path("audit.export")))
        kept = [self.rig.path("state", "keystore", name) for name in ("keys", "audit.log")]
        for path in (*kept, self.rig.path("keys.backup"), self.rig.path("audit.export"), *self.exported):
            self.assertGreater(path.stat().st_size, 100 if path in self.exported else 500, path)
        files = Leaks(SECRETS, CARD.password)
        self.assertGreater(files.look_at_folder(self.rig.folder), 100_000)
        self.assertEqual([str(f) for f in files.finds], [])

    def export_keys(self):
        """What two officers take out: each key block as it is, and beside it the key that the other side has from it."""
        door = ceremony.connect(self.rig.path("run", "keyctl.sock"))
        officers, parts = {"kim": "three white geese", "lee": "a river in winter"}, [os.urandom(32).hex() for _ in range(2)]
        ceremony.appoint(door, self.rig.parts, officers)

        def act(word, more=("", ""), **args):
            (kim, lee), (first, second) = officers.items(), more
            number = ceremony.ask(door, "propose", (kim[1] + first).encode(), officer=kim[0], act=word, **args)["text"].split()[1]
            return ceremony.ask(door, "confirm", (lee[1] + second).encode(), officer=lee[0], id=number)["text"].strip()
        act("import-transport", [f"\n{part}" for part in parts], name="partner")
        transport = bytes(a ^ b for a, b in zip(*map(bytes.fromhex, parts)))
        self.exported = []
        for name in ("fingerprint", "index", "column"):
            block = act("export", name=name, transport="partner")
            self.exported.append(self.rig.path(f"{name}.block"))
            self.exported[-1].write_text(block, encoding="ascii")
            header, key = unwrap(transport, block)
            self.rig.path(f"{name}.opened").write_bytes(header.encode() + key)
        door.socket.close()

    def test_5_no_custodians_part_and_no_secret_of_the_start_in_any_file(self):
        secret = self.rig.unlock_file.read_bytes()
        clear = [part.split("-")[1].encode() for part in self.rig.parts]
        wanted = {word for c in clear for word in (c.lower(), c.upper(), bytes.fromhex(c.decode()))}
        wanted |= {secret, secret.hex().encode(), secret.hex().upper().encode()}
        self.assertEqual(len(wanted), 9)

        def found():
            files = [path for path in self.rig.folder.rglob("*") if path.is_file() and path != self.rig.unlock_file]
            self.assertGreater(len(files), 30)
            return [path for path in files if any(w in path.read_bytes() for w in wanted)]

        self.assertEqual(found(), [])
        plant = self.rig.path("log", "planted")
        plant.write_bytes(b"x" + bytes.fromhex(clear[1].decode()) + b"y")
        self.assertEqual(found(), [plant])
        plant.unlink()

    def test_6_a_dying_process_leaves_no_core(self):
        for name in APPLIANCE:
            self.assertEqual(resource.prlimit(self.rig.processes[name].pid, resource.RLIMIT_CORE), (0, 0), name)
        before = set(pathlib.Path.cwd().glob("core*"))
        self.rig.kill("keystored", signal.SIGSEGV)
        time.sleep(1)
        cores = [p for p in self.rig.folder.rglob("core*") if p.is_file() and not p.name.endswith((".cfg", ".log"))]
        self.assertEqual(cores + sorted(set(pathlib.Path.cwd().glob("core*")) - before), [])


if __name__ == "__main__":
    unittest.main()
