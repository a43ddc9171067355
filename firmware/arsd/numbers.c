#include "arsd/numbers.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

enum { DIGITS_MIN = 3, DIGITS_MAX = 15 };

void numbers_init(struct numbers *n)
{
	memset(n, 0, sizeof(*n));
}

/* Digits only, so that a range means what it says. */
static int read_digits(const char *text, size_t len, uint64_t *value)
{
	uint64_t v = 0;

	if (len < DIGITS_MIN || len > DIGITS_MAX)
		return ERR_INVALID;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return ERR_INVALID;
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	*value = v;
	return 0;
}

static int read_range(const char *text, struct numbers_range *r, char *why, size_t why_size)
{
	const char *dash = strchr(text, '-'), *last = dash ? dash + 1 : text;
	size_t len = dash ? (size_t)(dash - text) : strlen(text);

	if (read_digits(text, len, &r->first) < 0 || read_digits(last, strlen(last), &r->last) < 0) {
		snprintf(why, why_size, "\"%s\": a number is %d to %d digits, a range FIRST-LAST", text, DIGITS_MIN, DIGITS_MAX);
		return ERR_INVALID;
	}
	if (strlen(last) != len || r->last < r->first) {
		snprintf(why, why_size, "\"%s\": the ends of a range have the same length and go upwards", text);
		return ERR_INVALID;
	}
	r->digits = (uint8_t)len;
	return 0;
}

int numbers_add(struct numbers *n, const char *text, char *why, size_t why_size)
{
	struct numbers_range r;
	int e = read_range(text, &r, why, why_size);

	if (e < 0)
		return e;
	if (n->range_count == NUMBERS_RANGES_MAX) {
		snprintf(why, why_size, "\"%s\": more than %d ranges", text, NUMBERS_RANGES_MAX);
		return ERR_TOO_LONG;
	}
	for (size_t i = 0; i < n->range_count; i++) {
		const struct numbers_range *o = &n->range[i];

		if (o->digits == r.digits && r.first <= o->last && o->first <= r.last) {
			snprintf(why, why_size, "\"%s\": overlaps %0*" PRIu64 "-%0*" PRIu64, text, o->digits, o->first, o->digits,
			         o->last);
			return ERR_EXISTS;
		}
	}
	n->range[n->range_count++] = r;
	n->total += r.last - r.first + 1;
	return 0;
}

bool numbers_has(const struct numbers *n, const struct phone *p)
{
	size_t len = strlen(p->digits);
	uint64_t v;

	if (read_digits(p->digits, len, &v) < 0)
		return false;
	for (size_t i = 0; i < n->range_count; i++)
		if (n->range[i].digits == len && v >= n->range[i].first && v <= n->range[i].last)
			return true;
	return false;
}

void numbers_at(const struct numbers *n, uint64_t index, struct phone *p)
{
	size_t i = 0;

	assert(index < n->total);
	while (index > n->range[i].last - n->range[i].first) {
		index -= n->range[i].last - n->range[i].first + 1;
		i++;
	}
	snprintf(p->digits, sizeof(p->digits), "%0*" PRIu64, n->range[i].digits, n->range[i].first + index);
}

int numbers_random(const struct numbers *n, uint64_t *index)
{
	/* Values from the last, incomplete round of total would favour the first numbers. */
	uint64_t v, limit;

	if (n->total == 0)
		return ERR_EXHAUSTED;
	limit = UINT64_MAX - UINT64_MAX % n->total;
	do {
		if (crypto_random(&v, sizeof(v)) < 0)
			return ERR_CRYPTO;
	} while (v >= limit);
	*index = v % n->total;
	return 0;
}
