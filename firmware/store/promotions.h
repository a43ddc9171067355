/* promotions.h: gateways' tables of instalments that are free of interest. Part of store.h's store and under its rules. */
#ifndef STORE_PROMOTIONS_H
#define STORE_PROMOTIONS_H

#include "store/store.h"

struct promotion {
	char issuer[16];
	uint64_t months;                      /* bit n: n months */
	int64_t least_minor, most_minor;      /* won; most_minor 0: no limit */
	int64_t from_day, until_day;          /* Korean days since 1970, both of it */
};
struct promotion_head { struct wall told; int64_t left_out; };

/* In one turn: the head, which throws the rows of the table before away, and then its rows, place by place from 0. */
int store_promotions_begin(struct store *s, const char *pg, const struct promotion_head *h) MUST_CHECK;
int store_promotions_add(struct store *s, const char *pg, int place, const struct promotion *r) MUST_CHECK;
/* ERR_NOT_FOUND: the gateway has never told. */
int store_promotions_head(struct store *s, const char *pg, struct promotion_head *h) MUST_CHECK;
int store_promotions_each(struct store *s, const char *pg, int (*fn)(const struct promotion *r, void *context), void *context) MUST_CHECK;

#endif
