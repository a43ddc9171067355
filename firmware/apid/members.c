#include "apid/members.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "model/money.h"

static const struct json_field amount_fields[] = {
	{ "total", JSON_WANT_INT, true, 1, AMOUNT_MAX, NULL },
	{ "currency", JSON_WANT_STRING, true, 3, 3, "" },
};

static const struct json_field taxed_amount_fields[] = {
	{ "total", JSON_WANT_INT, true, 1, AMOUNT_MAX, NULL },
	{ "currency", JSON_WANT_STRING, true, 3, 3, "" },
	{ "tax_free", JSON_WANT_INT, false, 0, AMOUNT_MAX, NULL },
	{ "vat", JSON_WANT_INT, false, 0, AMOUNT_MAX, NULL },
};

int members_fault(struct json_fault *f, const char *where, const char *why)
{
	snprintf(f->where, sizeof(f->where), "%s", where);
	snprintf(f->why, sizeof(f->why), "%s", why);
	return ERR_INVALID;
}

bool members_is_word(const char *word, const char *words)
{
	size_t len = strlen(word);

	for (const char *p = words; p != NULL; p = strchr(p, '|') != NULL ? strchr(p, '|') + 1 : NULL)
		if (strncmp(p, word, len) == 0 && (p[len] == '|' || p[len] == '\0'))
			return true;
	return false;
}

static int put_time(const struct member *m, const char *text, void *message, struct json_fault *fault)
{
	char where[JSON_WHERE_SIZE];
	struct wall t;

	snprintf(where, sizeof(where), "/%s", m->name);
	if (wall_parse_rfc3339(text, &t) < 0)
		return members_fault(fault, where, "must be a time by RFC 3339, as 2026-11-25T09:30:00Z; in a query a + is written %2B");
	/* 0 says in a message that there is none, and a list before 1970 is not a list of all. Nothing of ours happened then. */
	if (t.ms <= 0)
		t.ms = 1;
	memcpy((char *)message + m->at, &t.ms, sizeof(t.ms));
	return 0;
}

/* Nothing but what shows nothing: blanks of all widths, joiners, and the fillers of Hangul, which are letters to everything else. text
 * is UTF-8 that has been checked. */
static bool is_blank(const char *text)
{
	static const char *const blanks[] = {
		" ", "\u00a0", "\u00ad", "\u115f", "\u1160", "\u1680", "\u180e", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
		"\u2007", "\u2008", "\u2009", "\u200a", "\u200b", "\u200c", "\u200d", "\u202f", "\u205f", "\u2060", "\u2800", "\u3000", "\u3164",
		"\ufeff", "\uffa0",
	};

	while (*text != '\0') {
		size_t len = 0;

		for (size_t i = 0; len == 0 && i < ARRAY_LEN(blanks); i++)
			len = strncmp(text, blanks[i], strlen(blanks[i])) == 0 ? strlen(blanks[i]) : 0;
		if (len == 0)
			return false;
		text += len;
	}
	return true;
}

static int put_text(const struct member *m, const char *text, void *message, struct json_fault *fault)
{
	char where[JSON_WHERE_SIZE], why[JSON_WHY_SIZE];

	snprintf(where, sizeof(where), "/%s", m->name);
	snprintf(why, sizeof(why), "must be one of %s", m->words != NULL ? m->words : "");
	if (m->words != NULL && !members_is_word(text, m->words))
		return members_fault(fault, where, why);
	if (m->least > 0 && is_blank(text))
		return members_fault(fault, where, "must hold more than blanks");
	if (m->is_time)
		return put_time(m, text, message, fault);
	snprintf((char *)message + m->at, m->size, "%s", text);
	return 0;
}

/* In the machine's own order of bytes, whatever the size of the place. */
static void put_integer(const struct member *m, int64_t value, void *message)
{
	void *place = (char *)message + m->at;

	switch (m->size) {
	case 1: *(uint8_t *)place = (uint8_t)value; break;
	case 4: memcpy(place, &(uint32_t){ (uint32_t)value }, 4); break;
	case 8: memcpy(place, &value, 8); break;
	default: break;
	}
}

int members_read(const json_t *body, const struct member *members, size_t count, void *message,
                 struct json_fault *fault)
{
	struct json_field fields[MEMBERS_MAX] = { 0 };
	int e;

	for (size_t i = 0; i < count; i++)
		fields[i] = (struct json_field){ members[i].name, members[i].want, members[i].required, members[i].least,
		                                 members[i].most, members[i].chars };
	e = json_fields(body, "", fields, count, fault);
	for (size_t i = 0; e == 0 && i < count; i++) {
		const struct member *m = &members[i];
		const json_t *v = json_object_get(body, m->name);

		if (m->want == JSON_WANT_STRING && (v != NULL || m->otherwise != NULL))
			e = put_text(m, v != NULL ? json_string_value(v) : m->otherwise, message, fault);
		else if (m->want == JSON_WANT_INT && v != NULL)
			put_integer(m, json_integer_value(v), message);
		else if (m->want == JSON_WANT_BOOL && v != NULL)
			put_integer(m, json_is_true(v), message);
	}
	return e;
}

static int read_money(const json_t *amount, const char *currencies, int64_t *amount_minor, char currency[4], struct json_fault *fault)
{
	struct money money;

	if (!members_is_word(json_string_value(json_object_get(amount, "currency")), currencies) ||
	    money_make(json_integer_value(json_object_get(amount, "total")),
	               json_string_value(json_object_get(amount, "currency")), &money) < 0)
		return members_fault(fault, "/amount/currency", strcmp(currencies, "KRW") == 0 ? "must be KRW" : "must be KRW or USD");
	*amount_minor = money.amount_minor;
	memcpy(currency, money.currency, sizeof(money.currency));
	return 0;
}

int members_amount(const json_t *body, const char *currencies, int64_t *amount_minor, char currency[4],
                   struct json_fault *fault)
{
	const json_t *amount = json_object_get(body, "amount");
	int e;

	if (amount == NULL)
		return 0;
	e = json_fields(amount, "/amount", amount_fields, ARRAY_LEN(amount_fields), fault);
	return e < 0 ? e : read_money(amount, currencies, amount_minor, currency, fault);
}

static int64_t part(const json_t *amount, const char *name)
{
	const json_t *value = json_object_get(amount, name);

	return value != NULL ? json_integer_value(value) : TAX_NOT_SAID;
}

int members_amount_with_tax(const json_t *body, int64_t *amount_minor, char currency[4], struct tax_parts *parts, struct json_fault *fault)
{
	const json_t *amount = json_object_get(body, "amount");
	int e;

	*parts = (struct tax_parts){ TAX_NOT_SAID, TAX_NOT_SAID };
	if (amount == NULL)
		return 0;
	e = json_fields(amount, "/amount", taxed_amount_fields, ARRAY_LEN(taxed_amount_fields), fault);
	if (e < 0)
		return e;
	*parts = (struct tax_parts){ part(amount, "tax_free"), part(amount, "vat") };
	return read_money(amount, "KRW", amount_minor, currency, fault);
}
