#include "sandbox/world/cards.h"

#include <stdio.h>
#include <string.h>

static const struct card_decline funds = { "funds", "P051", "over the limit" };
static const struct card_decline dead = { "dead_card", "P041", "lost or stolen card" };
static const struct card_decline ask = { "ask_issuer", "P001", "call the issuer" };
static const struct card_decline merchant = { "merchant", "P003", "the merchant has no contract with the issuer" };
static const struct card_decline broken = { "system", "P096", "the issuer's system does not work" };

static const struct card_decline no_card = { "input", "P014", "no such card number" };
static const struct card_decline expired = { "dead_card", "P054", "expired card" };
static const struct card_decline wrong_expiry = { "input", "P015", "wrong expiry" };
static const struct card_decline wrong_identity = { "input", "P012", "wrong birth date or business number" };
static const struct card_decline wrong_password = { "input", "P011", "wrong password" };

/* Numbers without an owner, each with its check digit. */
static const struct test_card table[] = {
	{ "9461200012345673", "shinhan", CARD_CREDIT, false, NULL, NULL, BEHAVE_NORMAL, "approves: a person's credit card" },
	{ "9430000000000019", "kb", CARD_CHECK, false, NULL, NULL, BEHAVE_NORMAL, "approves: a check card, no instalments" },
	{ "9430000000000027", "samsung", CARD_CREDIT, true, NULL, NULL, BEHAVE_NORMAL, "approves: a company's card" },
	{ "379099000000070", "hyundai", CARD_CREDIT, false, NULL, NULL, BEHAVE_NORMAL, "approves: 15 digits" },
	{ "36000000000008", "bc", CARD_CREDIT, false, NULL, NULL, BEHAVE_NORMAL, "approves: 14 digits" },
	{ "9430000000000035", "lotte", CARD_CREDIT, false, NULL, &funds, BEHAVE_NORMAL, "verifies, then declines payments: funds" },
	{ "9430000000000043", "hana", CARD_CREDIT, false, &dead, &dead, BEHAVE_NORMAL, "declines: dead_card" },
	{ "9430000000000050", "nh", CARD_CREDIT, false, &ask, &ask, BEHAVE_NORMAL, "declines: ask_issuer" },
	{ "9430000000000068", "bc", CARD_CREDIT, false, &merchant, &merchant, BEHAVE_NORMAL, "declines: merchant" },
	{ "9430000000000076", "woori", CARD_CREDIT, false, &broken, &broken, BEHAVE_NORMAL, "declines: system" },
	{ "9430000000000084", "shinhan", CARD_CREDIT, false, NULL, NULL, BEHAVE_SLOW, "approves after 5 s" },
	{ "9430000000000092", "citi", CARD_CREDIT, false, NULL, NULL, BEHAVE_DROP_BEFORE, "breaks off before the effect" },
	{ "9430000000000100", "kakao", CARD_CREDIT, false, NULL, NULL, BEHAVE_DROP_AFTER, "breaks off after the effect" },
	{ "9430000000000118", "kb", CARD_CREDIT, false, NULL, NULL, BEHAVE_GARBAGE, "answers garbage after the effect" },
};

const struct test_card *cards_all(size_t *count)
{
	*count = ARRAY_LEN(table);
	return table;
}

/* A card like it of somebody else: the same first eight and last four of 16 digits. */
static bool is_like(const char *number, const char *known)
{
	return strlen(number) == 16 && strlen(known) == 16 && strncmp(number, known, 8) == 0 && strcmp(number + 12, known + 12) == 0;
}

const struct test_card *cards_find(const char *number)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].number, number) == 0 || is_like(number, table[i].number))
			return &table[i];
	return NULL;
}

bool cards_luhn(const char *digits)
{
	size_t len = strlen(digits);
	int sum = 0;

	for (size_t i = 0; i < len; i++) {
		int d = digits[len - 1 - i] - '0';

		if (d < 0 || d > 9)
			return false;
		if (i % 2 == 1)
			d = 2 * d > 9 ? 2 * d - 9 : 2 * d;
		sum += d;
	}
	return len >= 12 && sum % 10 == 0;
}

static int two(const char *digits)
{
	return (digits[0] - '0') * 10 + digits[1] - '0';
}

/* A card is good to the end of its month. */
static bool is_past(const char *mmyy, int year, int month)
{
	int y = 2000 + two(mmyy + 2);

	return y < year || (y == year && two(mmyy) < month);
}

static bool is_month(const char *mmyy)
{
	return strlen(mmyy) == 4 && strspn(mmyy, "0123456789") == 4 && two(mmyy) >= 1 && two(mmyy) <= 12;
}

const struct card_decline *cards_check(const struct typed_card *t, int year, int month, const struct test_card **card)
{
	const struct test_card *c = cards_luhn(t->number) ? cards_find(t->number) : NULL;

	if (c == NULL)
		return &no_card;
	*card = c;
	if (!is_month(t->expiry))
		return &wrong_expiry;
	if (is_past(t->expiry, year, month))
		return &expired;
	if (strcmp(t->expiry, CARDS_EXPIRY) != 0)
		return &wrong_expiry;
	if (strcmp(t->identity, c->business ? CARDS_BUSINESS : CARDS_BIRTH) != 0)
		return &wrong_identity;
	return strcmp(t->password2, CARDS_PASSWORD2) != 0 ? &wrong_password : NULL;
}

struct card_mask cards_mask(const struct test_card *c)
{
	struct card_mask m = { .type = c->type };

	/* 8 and 4 of 16; of shorter numbers 6 and 4 (PCI DSS 3.4.1). */
	snprintf(m.bin, sizeof(m.bin), "%.*s", strlen(c->number) >= 16 ? 8 : 6, c->number);
	snprintf(m.last4, sizeof(m.last4), "%s", c->number + strlen(c->number) - 4);
	snprintf(m.issuer, sizeof(m.issuer), "%s", c->issuer);
	return m;
}
