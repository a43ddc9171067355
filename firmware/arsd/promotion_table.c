#include "arsd/promotion_table.h"

#include <stdio.h>
#include <string.h>

#include "json/json.h"

/* No promotion is announced for longer; what says so has lost its date. */
enum { DAYS_MOST = 3660, ISSUER_MOST = 15 };
static const int64_t most_krw = INT64_C(1000000000000);

static int refuse(char why[PROMOTION_WHY_SIZE], size_t row, const char *what)
{
	snprintf(why, PROMOTION_WHY_SIZE, "row %zu: %s", row + 1, what);
	return ERR_INVALID;
}

static int read_months(const json_t *list, uint64_t *months)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *n = json_array_get(list, i);

		if (!json_is_integer(n) || json_integer_value(n) < PROMOTION_MONTHS_LEAST || json_integer_value(n) > PROMOTION_MONTHS_MAX ||
		    (*months >> json_integer_value(n) & 1) != 0)
			return ERR_INVALID;
		*months |= UINT64_C(1) << json_integer_value(n);
	}
	return 0;
}

static int read_row(const json_t *o, size_t i, int64_t today, struct promotion *p, char why[PROMOTION_WHY_SIZE])
{
	static const struct json_field fields[] = {
		{ "issuer", JSON_WANT_STRING, true, 1, ISSUER_MOST, "abcdefghijklmnopqrstuvwxyz0123456789_" },
		{ "months", JSON_WANT_ARRAY, true, 1, PROMOTION_MONTHS_MAX, "" },
		{ "least", JSON_WANT_INT, true, 0, INT64_C(1000000000000), "" },
		{ "most", JSON_WANT_INT, true, 0, INT64_C(1000000000000), "" },
		{ "from_day", JSON_WANT_INT, true, 0, INT32_MAX, "" }, { "until_day", JSON_WANT_INT, true, 1, INT32_MAX, "" },
	};
	struct json_fault fault;

	if (!json_is_object(o) || json_fields(o, "", fields, ARRAY_LEN(fields), &fault) < 0)
		return refuse(why, i, json_is_object(o) ? fault.why : "must be an object");
	memset(p, 0, sizeof(*p));
	snprintf(p->issuer, sizeof(p->issuer), "%s", json_string_value(json_object_get(o, "issuer")));
	p->least_minor = json_integer_value(json_object_get(o, "least"));
	p->most_minor = json_integer_value(json_object_get(o, "most"));
	p->from_day = json_integer_value(json_object_get(o, "from_day"));
	p->until_day = json_integer_value(json_object_get(o, "until_day"));
	if (read_months(json_object_get(o, "months"), &p->months) < 0)
		return refuse(why, i, "months must be different numbers from 2 to 36");
	if (p->most_minor != 0 && p->most_minor < p->least_minor)
		return refuse(why, i, "its greatest amount is less than its least");
	if (p->from_day != 0 && p->until_day < p->from_day)
		return refuse(why, i, "it ends before it begins");
	if (p->until_day > today + DAYS_MOST || p->from_day > today + DAYS_MOST)
		return refuse(why, i, "its days are out of reach");
	return 0;
}

/* Does it say anything of a payment of today or later? */
static bool is_of_use(const struct promotion *p, int64_t today)
{
	return p->until_day >= today && (p->most_minor == 0 || p->most_minor >= PROMOTION_LEAST_KRW);
}

static int64_t most_of(const struct promotion *p)
{
	return p->most_minor != 0 ? p->most_minor : most_krw;
}

static bool says_the_same(const struct promotion *a, const struct promotion *b)
{
	return strcmp(a->issuer, b->issuer) == 0 && (a->months & b->months) != 0 && a->least_minor <= most_of(b) &&
	       b->least_minor <= most_of(a) && a->from_day <= b->until_day && b->from_day <= a->until_day;
}

static int read_rows(const json_t *rows, int64_t today, struct promotions *t, char why[PROMOTION_WHY_SIZE])
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		struct promotion p;

		if (read_row(json_array_get(rows, i), i, today, &p, why) < 0)
			return ERR_INVALID;
		if (!is_of_use(&p, today))
			continue;
		if (p.least_minor < PROMOTION_LEAST_KRW)
			p.least_minor = PROMOTION_LEAST_KRW;
		if (p.from_day == 0)
			p.from_day = today;
		for (size_t k = 0; k < t->count; k++)
			if (says_the_same(&p, &t->list[k]))
				return refuse(why, i, "it overlaps another row of its issuer: amounts, days and months");
		t->list[t->count++] = p;
	}
	return 0;
}

int promotion_table_read(const void *json, size_t len, int64_t today, struct promotions *table, char why[PROMOTION_WHY_SIZE])
{
	static const struct json_field fields[] = { { "rows", JSON_WANT_ARRAY, true, 0, PROMOTIONS_MAX, "" } };
	static struct promotions read;
	struct json_fault fault = { .why = "" };
	json_t *o = NULL;
	int e;

	read.count = 0;
	e = json_read_strict(json, len, &o, &fault);
	if (e == 0)
		e = json_fields(o, "", fields, ARRAY_LEN(fields), &fault);
	if (e < 0)
		snprintf(why, PROMOTION_WHY_SIZE, "%.*s", PROMOTION_WHY_SIZE - 1, fault.why);
	else
		e = read_rows(json_object_get(o, "rows"), today, &read, why);
	json_decref(o);
	if (e == 0)
		*table = read;
	return e;
}
