"""Keys as real telephones send them: fast, short, quiet, noisy, too early; none may be lost, none heard that was not pressed."""
from rig.appliance import Rig
from support import cards
from support.calling import QUICK, Call, Case, Cases, enter, hear, press, register, secret, told_by_cases

TONES = {
    "fast keys": {"on_ms": 50, "off_ms": 50},
    "the shortest keys that count": {"on_ms": 40, "off_ms": 40},
    "slow keys": {"on_ms": 400, "off_ms": 700},
    "long pauses between keys": {"on_ms": 80, "off_ms": 3500},
    "quiet keys": {"low_dbm0": -27, "high_dbm0": -25},
    "loud keys": {"low_dbm0": -2, "high_dbm0": 0},
    "keys with twist of the line": {"low_dbm0": -9, "high_dbm0": -14},
    "keys with twist the other way": {"low_dbm0": -14, "high_dbm0": -9},
    "noisy keys": {"noise_dbm0": -28},
    "quiet and noisy keys": {"low_dbm0": -22, "high_dbm0": -20, "noise_dbm0": -45},
}
CARD = cards.CREDIT
ALL_AT_ONCE = CARD.number + CARD.expiry + CARD.identity + CARD.password


def at(after_ms):
    """A registration whose every first key comes so long after its prompt began."""
    return [press("reg.menu", "1", after_ms), secret("card.number", CARD.number, after_ms),
            secret("card.expiry", CARD.expiry, after_ms), secret("card.identity", CARD.identity, after_ms),
            secret("card.password2", CARD.password, after_ms), press("card.confirm.menu", "1", after_ms)]


def registers(rule, script, **more):
    """No error may have been said on the way: a lost or an invented key would have been one."""
    return Case(rule, [Call(script, hears=["reg.done"], never=["err.menu", "err.card.invalid", "err.card.short", "err.last",
                                                              "err.expiry.invalid", "err.expiry.short", "err.identity.invalid",
                                                              "err.password2.short", "err.no_input"], **more)], "registered",
                check=lambda test, r: test.assertEqual(r.request["card"]["last4"], CARD.last4))


def cases():
    for name, dtmf in TONES.items():
        yield registers(f"{name} are heard", register(CARD), options={"dtmf": dtmf})
    for after_ms in (0, 20, 40, 60, 100, 140, 180, 260, 500, 1000, 1700):
        yield registers(f"the first key counts {after_ms} ms into a prompt", at(after_ms),
                        options={"dtmf": {"on_ms": 50, "off_ms": 50}})
    yield registers("all four fields typed ahead without waiting",
                    [press("reg.menu", "1"), secret("card.number", ALL_AT_ONCE), press("card.confirm.menu", "1")])
    yield registers("all four fields typed ahead very fast",
                    [press("reg.menu", "1"), secret("card.number", ALL_AT_ONCE), press("card.confirm.menu", "1")],
                    options={"dtmf": {"on_ms": 45, "off_ms": 45}})
    yield registers("keys during the greeting are no answers",
                    [press("greet.neutral", "2"), *register(CARD)])
    yield registers("noise alone is no key", [hear("reg.menu", after_ms=8000), press([], "1", 0), *enter(CARD)],
                    options={"dtmf": {"noise_dbm0": -35}})


@told_by_cases
class Dtmf(Cases):
    cases = list(cases())

    @classmethod
    def make_rig(cls):
        return Rig(rate=0, settings=QUICK)
