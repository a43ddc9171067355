#include "arsd/promotions.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arsd/tries.h"

static const int64_t most_krw = INT64_C(1000000000000);

/* "2026-11-25" as days since 1970; ERR_INVALID for what is no day. */
static int read_day(const struct conf_node *row, const char *name, int64_t *day, char *why)
{
	const struct conf_node *n = conf_find(row, name);
	const char *text = n != NULL ? conf_string(n) : NULL, *rest;
	struct tm tm = { 0 }, same;
	time_t at;

	if (text == NULL || strlen(text) != 10 || (rest = strptime(text, "%Y-%m-%d", &tm)) == NULL || *rest != '\0')
		return conf_fault(n != NULL ? n : row, why, "a promotion needs %s = \"YYYY-MM-DD\"", name);
	same = tm;
	at = timegm(&same);
	/* 31 February becomes another day. */
	if (same.tm_mday != tm.tm_mday || same.tm_mon != tm.tm_mon)
		return conf_fault(n, why, "%s: there is no %s", name, text);
	*day = (int64_t)at / 86400;
	return 0;
}

static int read_months(const struct conf_node *row, uint64_t *months, char *why)
{
	const struct conf_node *list = conf_find(row, "months");

	if (list == NULL || conf_type(list) != CONF_LIST || conf_count(list) == 0)
		return conf_fault(list != NULL ? list : row, why, "a promotion needs months = ( 2, 3, ... )");
	for (size_t i = 0; i < conf_count(list); i++) {
		const struct conf_node *n = conf_at(list, i);

		if (conf_type(n) != CONF_INT || conf_int(n) < PROMOTION_MONTHS_LEAST || conf_int(n) > PROMOTION_MONTHS_MAX)
			return conf_fault(n, why, "months are numbers from %d to %d", PROMOTION_MONTHS_LEAST, PROMOTION_MONTHS_MAX);
		*months |= UINT64_C(1) << conf_int(n);
	}
	return 0;
}

static int read_amount(const struct conf_node *row, const char *name, int64_t otherwise, int64_t *amount, char *why)
{
	const struct conf_node *n = conf_find(row, name);

	*amount = otherwise;
	if (n == NULL)
		return 0;
	if (conf_type(n) != CONF_INT || conf_int(n) < PROMOTION_LEAST_KRW || conf_int(n) > most_krw)
		return conf_fault(n, why, "%s is a number of won from %d on: below there are no instalments", name, PROMOTION_LEAST_KRW);
	*amount = conf_int(n);
	return 0;
}

static int read_issuer(const struct conf_node *row, struct promotion *p, char *why)
{
	const struct conf_node *issuer = conf_find(row, "issuer");
	const char *code = issuer != NULL ? conf_string(issuer) : NULL;

	if (code == NULL || code[0] == '\0' || strlen(code) >= sizeof(p->issuer) ||
	    strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(code))
		return conf_fault(issuer != NULL ? issuer : row, why, "a promotion needs issuer, a code as in issuers.cfg");
	snprintf(p->issuer, sizeof(p->issuer), "%s", code);
	return 0;
}

static int check_names(const struct conf_node *row, char *why)
{
	static const char *const allowed[] = { "issuer", "months", "least", "most", "from", "until" };

	if (conf_type(row) != CONF_GROUP)
		return conf_fault(row, why, "a promotion is a group { }");
	for (size_t i = 0; i < conf_count(row); i++) {
		const char *name = conf_name(conf_at(row, i));
		bool known = false;

		for (size_t k = 0; k < ARRAY_LEN(allowed); k++)
			known |= name != NULL && strcmp(name, allowed[k]) == 0;
		if (!known)
			return conf_fault(conf_at(row, i), why, "a promotion has issuer, months, least, most, from and until");
	}
	return 0;
}

static int read_row(const struct conf_node *row, struct promotion *p, char *why)
{
	int e = check_names(row, why);

	memset(p, 0, sizeof(*p));
	if (e == 0)
		e = read_issuer(row, p, why);
	if (e == 0)
		e = read_months(row, &p->months, why);
	if (e == 0)
		e = read_amount(row, "least", PROMOTION_LEAST_KRW, &p->least_minor, why);
	if (e == 0)
		e = read_amount(row, "most", 0, &p->most_minor, why);
	if (e == 0)
		e = read_day(row, "from", &p->from_day, why);
	if (e == 0)
		e = read_day(row, "until", &p->until_day, why);
	if (e == 0 && p->until_day < p->from_day)
		e = conf_fault(row, why, "until is before from");
	if (e == 0 && p->most_minor != 0 && p->most_minor < p->least_minor)
		e = conf_fault(row, why, "most is less than least");
	return e;
}

static int read_all(const struct conf_node *root, struct promotions *p, char *why)
{
	const struct conf_node *list = conf_find(root, "interest_free");
	int e = 0;

	if (list == NULL || conf_type(list) != CONF_LIST || conf_count(root) != 1 || conf_count(list) > PROMOTIONS_MAX)
		return conf_fault(list != NULL ? list : root, why, "the file has interest_free = ( .. ), at most %d rows, and nothing else",
		                  PROMOTIONS_MAX);
	for (size_t i = 0; e == 0 && i < conf_count(list); i++)
		e = read_row(conf_at(list, i), &p->list[p->count++], why);
	return e;
}

int promotions_load(const char *path, struct promotions *p, char why[CONF_WHY_SIZE])
{
	struct conf_tree *tree = NULL;
	int e;

	p->count = 0;
	if (access(path, F_OK) != 0)
		return 0;
	e = conf_load(path, &tree, why);
	if (e == 0)
		e = read_all(conf_root(tree), p, why);
	conf_free(&tree);
	return e;
}

static bool in_force(const struct promotion *p, const char *issuer, int64_t day)
{
	return strcmp(p->issuer, issuer) == 0 && day >= p->from_day && day <= p->until_day;
}

bool promotions_name(const struct promotions *file, const char *issuer, int64_t day)
{
	for (size_t i = 0; i < file->count; i++)
		if (in_force(&file->list[i], issuer, day))
			return true;
	return false;
}

bool promotions_give(const struct promotion_sources *s, const struct card_mask *card, const struct money *amount, int months,
                     struct wall now)
{
	int64_t today = tries_day(now);
	const struct promotions *p = promotions_name(s->file, card->issuer, today) ? s->file : s->table;

	if (months < PROMOTION_MONTHS_LEAST || months > PROMOTION_MONTHS_MAX || card->type != CARD_CREDIT || strcmp(amount->currency, "KRW") != 0)
		return false;
	for (size_t i = 0; p != NULL && i < p->count; i++) {
		const struct promotion *row = &p->list[i];

		if (in_force(row, card->issuer, today) && (row->months >> months & 1) != 0 && amount->amount_minor >= row->least_minor &&
		    (row->most_minor == 0 || amount->amount_minor <= row->most_minor))
			return true;
	}
	return false;
}

const char *interest_free_word(enum interest_free by)
{
	return by == INTEREST_FREE_MERCHANT ? "merchant" : by == INTEREST_FREE_ISSUER ? "issuer" : NULL;
}
