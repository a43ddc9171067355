"""Cards of the sandbox's PG as a customer types them: firmware/sandbox/world/cards.c has the other side of this table."""
import dataclasses

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
