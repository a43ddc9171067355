/* cards.h: the test cards of the sandbox's PG, and whether what a caller typed fits one. Pure. */
#ifndef WORLD_CARDS_H
#define WORLD_CARDS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/card.h"
#include "sandbox/world/behaviour.h"

/* What is right for every test card. They are unlike other digits, so that a search for a leak finds them alone. */
#define CARDS_EXPIRY "1230"            /* MMYY */
#define CARDS_BIRTH "870923"           /* YYMMDD, of a person's card */
#define CARDS_BUSINESS "1208147521"    /* of a company's card */
#define CARDS_PASSWORD2 "37"

/* Why a PG says no; payments-domain's decline classes by name, "" for a yes. */
struct card_decline { const char *class, *code, *message; };

struct test_card {
	const char *number, *issuer;
	enum card_type type;
	bool business;
	const struct card_decline *verify, *pay;     /* NULL: yes */
	enum behaviour_mode mode;                    /* how its answers come */
	const char *what;                            /* for people */
};

enum { CARDS_SLOW_MS = 5000 };

/* The table; its numbers stand in cards.c and nowhere else in the program. With a number of 16 digits goes every number with
 * its first eight and last four digits: what happens to a card (two wrong entries a day) then happens to one caller alone. */
const struct test_card *cards_all(size_t *count);
const struct test_card *cards_find(const char *number);

/* What the caller typed, as keystored seals it. */
struct typed_card { char number[20], expiry[5], identity[11], password2[3]; };
/* NULL: all of it fits the card in *card. year, month: now. *card is set for any card of the table. */
const struct card_decline *cards_check(const struct typed_card *t, int year, int month, const struct test_card **card);

/* BIN, last four, issuer and type: all that is kept of a card. */
struct card_mask cards_mask(const struct test_card *c);

bool cards_luhn(const char *digits);

#endif
