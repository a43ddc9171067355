"""Both languages at both speeds: the right words in the right voice, and what is composed of words."""
from rig.appliance import Rig
from support import cards
from support.calling import QUICK, Call, Case, Cases, enter, hear, press, told_by_cases

BYE = press("pay.approval_menu", "2", 12000)
# From the beginning of a menu's last prompt to well behind its end, also slowly.
AFTER_MS = 11000


def judge_voice(voice):
    def check(test, result):
        voices = {e["voice"] for p in result.phones for e in p.events
                  if e["ev"] == "heard" and not e["prompt"].startswith("speech:") and e["prompt"] != "wait.music"}
        test.assertEqual(voices, {voice})
        test.assertEqual(result.calls[0]["language"], voice.split("-")[0])
    return check


WON = {"ko": ["n.5", "n.man", "n.3", "n.1000", "unit.won"],
       "en": ["n.50", "n.3", "n.thousand", "unit.won"]}
MILLION = {"ko": ["n.100", "n.2", "n.10", "n.3", "n.man", "n.4", "n.1000", "n.5", "n.100", "unit.won"],
           "en": ["n.1", "n.million", "n.2", "n.hundred", "n.30", "n.4", "n.thousand", "n.5", "n.hundred", "unit.won"]}


def cases():
    for language in ("ko", "en"):
        for speed in ("normal", "slow"):
            voice = language if speed == "normal" else f"{language}-slow"
            said = {"language": language, "speed": speed}
            yield Case(f"a card is registered in {voice}",
                       [Call([press("reg.menu", "1", AFTER_MS), *enter(cards.CREDIT), hear("bye")],
                             hears=["greet.neutral", "reg.asks", "reg.product", "reg.amount", *WON[language], "cycle.monthly",
                                    "reg.consent", "reg.menu", "card.number", "card.expiry", "card.identity", "card.password2",
                                    "card.confirm", "reg.verified", "reg.done", "bye"])],
                       "registered", language=language, check=judge_voice(voice),
                       fields={**said, "amount": {"total": 53000, "currency": "KRW"}})
            yield Case(f"a payment is agreed to in {voice}",
                       [Call([press("pay.menu.other", "1", AFTER_MS), press("months.end", "3", 4000), BYE, hear("bye")],
                             hears=["greet.neutral", "pay.asks", "pay.product", "pay.amount", *MILLION[language], "cycle.once",
                                    "pay.menu.registered", "issuer.shinhan", "card.ending", "num.5", "num.6", "num.7", "num.3",
                                    "pay.menu.use_it", "pay.menu.other", "months.ask", "months.lump", "key.1", "n.2", "key.2",
                                    "n.3", "months.free", "key.3", "months.end", *MILLION[language],
                                    "pay.approved", "pay.approval_menu", "bye"])],
                       "approved", amount=1234500, card=cards.CREDIT, language=language, check=judge_voice(voice),
                       fields={**said, "other_card": "allow",
                               "instalment": {"mode": "ask", "allowed": [2, 3], "interest_free": [3]}})
            yield Case(f"what was wrong is said in {voice}",
                       [Call([press("reg.menu", "9"), hear("err.menu"), press("reg.menu", "1"),
                              press("card.number", cards.BAD_LUHN), hear("err.card.invalid"), *enter(cards.DEAD), hear("bye")],
                             "card_declined", "declined",
                             hears=["err.menu", "err.card.invalid", "declined.dead_card", "reg.not_done", "bye"])],
                       "card_declined", ("P041", "dead_card"), language=language, fields=said, check=judge_voice(voice))


@told_by_cases
class Languages(Cases):
    cases = list(cases())

    @classmethod
    def make_rig(cls):
        return Rig(rate=0, settings=QUICK)

    def test_slow_speech_takes_longer(self):
        """An amount, which is one sentence: what waits between sentences depends on more than the voice."""
        for language in ("ko", "en"):
            normal, slow = (self.amount_ms(language, voice) for voice in (language, f"{language}-slow"))
            self.assertGreater(slow, normal)

    def amount_ms(self, language, voice):
        heard = [e for e in self.results[f"a card is registered in {voice}"].phones[0].events if e["ev"] == "heard"]
        at = next(n for n, e in enumerate(heard) if e["prompt"] == WON[language][0])
        return heard[at + len(WON[language]) - 1]["t_ms"] - heard[at]["t_ms"]

    def test_the_sms_is_in_the_language_of_the_request(self):
        from support.calling import new_phone
        api = self.rig.merchant()
        for language, word in (("ko", "걸어"), ("en", "call")):
            phone = new_phone()
            api.register(phone, sms="send", language=language)
            self.assertIn(word, self.rig.sms_to(phone)["text"])
