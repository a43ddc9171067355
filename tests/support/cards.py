"""Cards of the sandbox's PG as a customer types them: firmware/sandbox/world/cards.c has the other side of this table."""
import dataclasses
import functools

BIRTH = "870923"                 # no business number begins so: the field ends by itself
BUSINESS_NUMBER = "1208147521"


@dataclasses.dataclass(frozen=True)
class Card:
    number: str
    issuer: str = ""
    expiry: str = "1230"
    identity: str = BIRTH
    password: str = "37"

    @property
    def last4(self):
        return self.number[-4:]

    def but(self, **changes):
        return dataclasses.replace(self, **changes)


def luhn(number):
    doubled = [2 * int(d) for d in number[-2::-2]]
    return (sum(map(int, number[-1::-2])) + sum(d - 9 if d > 9 else d for d in doubled)) % 10 == 0


@functools.cache
def alike(number):
    """All numbers that the sandbox's PG takes for the same kind of card: of 16 digits, first eight and last four the same."""
    return [other for i in range(10000) if luhn(other := f"{number[:8]}{i:04d}{number[12:]}")]


def own(number, owner):
    """The card of one of many customers who hold the same kind: owner counts them."""
    return alike(number)[owner % len(alike(number))] if len(number) == 16 else number


CREDIT = Card("9461200012345673", "shinhan")
CHECK = Card("9430000000000019", "kb")
COMPANY = Card("9430000000000027", "samsung", identity=BUSINESS_NUMBER)
FIFTEEN_DIGITS = Card("379099000000070", "hyundai")
FOURTEEN_DIGITS = Card("36000000000008", "bc")
FUNDS = Card("9430000000000035", "lotte")              # verifies, then declines every payment
DEAD = Card("9430000000000043", "hana")
ASK_ISSUER = Card("9430000000000050", "nh")
MERCHANT = Card("9430000000000068", "bc")
SYSTEM = Card("9430000000000076", "woori")
SLOW = Card("9430000000000084", "shinhan")             # answers after 5 s
LOST_BEFORE = Card("9430000000000092", "citi")         # breaks off before the effect
LOST_AFTER = Card("9430000000000100", "kakao")         # breaks off after it
GARBAGE = Card("9430000000000118", "kb")               # an answer that nobody can read, after the effect
WRONG_PASSWORD = CREDIT.but(password="73")

# class -> (card, the PG's code)
DECLINES = {"dead_card": (DEAD, "P041"), "ask_issuer": (ASK_ISSUER, "P001"), "merchant": (MERCHANT, "P003")}
WRONG_PASSWORD_CODE = "P011"

BAD_LUHN = "9461200012345674"
BAD_BUSINESS_NUMBER = "1208147522"

# What customers type whole; each of them has such a card of their own.
KINDS = [card.number for card in (CREDIT, CHECK, COMPANY, FUNDS, DEAD, ASK_ISSUER, MERCHANT, SYSTEM, SLOW, LOST_BEFORE, LOST_AFTER, GARBAGE)]
