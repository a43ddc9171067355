/* promotions.h: which card companies give which instalments free of interest, for amounts and days: a table of the operator, from
 * share_dir/interest_free.cfg, for what is charged by billing key (without the card's own authentication) has promotions of its
 * own. Read at start, refused with its line when it is wrong. No file: no promotions. Pure but for reading. */
#ifndef ARSD_PROMOTIONS_H
#define ARSD_PROMOTIONS_H

#include "conf/conf.h"
#include "lib/clock.h"
#include "model/card.h"
#include "model/money.h"

enum { PROMOTIONS_MAX = 256, PROMOTION_MONTHS_MAX = 36 };
/* Who pays the interest that the customer does not: the merchant, as it said in its request, or the card company. */
enum interest_free { INTEREST_FREE_NO, INTEREST_FREE_MERCHANT, INTEREST_FREE_ISSUER };

struct promotion {
	char issuer[16];
	uint64_t months;                      /* bit n: n months */
	int64_t least_minor, most_minor;      /* won; most_minor 0: no limit */
	int64_t from_day, until_day;          /* Korean days since 1970, both of it */
};
struct promotions { size_t count; struct promotion list[PROMOTIONS_MAX]; };

int promotions_load(const char *path, struct promotions *p, char why[CONF_WHY_SIZE]) MUST_CHECK;
/* Does the card's company give these months free today? */
bool promotions_give(const struct promotions *p, const struct card_mask *card, const struct money *amount, int months, struct wall now);
const char *interest_free_word(enum interest_free by);          /* "merchant", "issuer", NULL */

#endif
