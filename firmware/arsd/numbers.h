/* numbers.h: the pool of virtual numbers, ranges and single numbers of the configuration. */
#ifndef ARSD_NUMBERS_H
#define ARSD_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "lib/err.h"
#include "model/phone.h"

enum { NUMBERS_RANGES_MAX = 256 };
struct numbers {
	size_t range_count;
	struct numbers_range { uint64_t first, last; uint8_t digits; } range[NUMBERS_RANGES_MAX];
	uint64_t total;
};

void numbers_init(struct numbers *n);
/* "07012340000-07012340099" or "15881234". On failure why says what is wrong with it: no number, ends of different
 * length, backwards, overlapping an earlier range, too many. */
int numbers_add(struct numbers *n, const char *text, char *why, size_t why_size) MUST_CHECK;
bool numbers_has(const struct numbers *n, const struct phone *p);
/* The index-th number of the pool, 0 .. total-1. */
void numbers_at(const struct numbers *n, uint64_t index, struct phone *p);
/* A number that nobody can foresee, 0 .. total-1. */
int numbers_random(const struct numbers *n, uint64_t *index) MUST_CHECK;

#endif
