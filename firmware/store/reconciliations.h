/* reconciliations.h: a day as it was held against a gateway's list, and our side of such a day. store.h's rules hold. */
#ifndef STORE_RECONCILIATIONS_H
#define STORE_RECONCILIATIONS_H

#include "store/store.h"

enum { DAY_SIZE = 11, DAY_STATUS_SIZE = 16 };

/* One day (of Korea, "2026-11-24") and one gateway. */
struct reconciliation {
	char day[DAY_SIZE], pg[32];
	char state[12];                               /* "done" "failed" "no_list": the gateway gives none */
	bool day_over;                                /* the day was over when it was asked for */
	int64_t listed, differences;
	char message[200];                            /* failed: why */
	struct wall started, ended;
	char digest[65];                              /* of the differences, whatever their order; "": none */
	struct wall acknowledged; char note[200];     /* by an operator, who said this; 0: not yet */
};
/* What differs. Amounts in the smallest unit; "" and 0 on the side that does not know the order. */
struct reconciliation_row {
	char day[DAY_SIZE], pg[32];
	struct id merchant, request;                  /* "" when the order is not ours */
	char class[16];                               /* "missing" "extra" "amount_differs" "state_differs" "unknown" */
	char kind[12];                                /* "payment" "cancel" */
	char order_id[64];
	char our_state[16], their_state[16], our_currency[4], their_currency[4];
	int64_t our_minor, their_minor;
	struct wall at;                               /* the PG's time, or ours where it has none */
};
/* Takes the place of what there was of this day and gateway, with rows and merchants. What was acknowledged stays so as long as it is the
 * same: state, number and digest of the differences. */
int store_reconciliation_put(struct store *s, const struct reconciliation *r) MUST_CHECK;
int store_reconciliation_row_add(struct store *s, const struct reconciliation_row *row) MUST_CHECK;
/* How many orders of a merchant agree. */
int store_reconciliation_matched(struct store *s, const char *day, const char *pg, const char *merchant, int64_t matched) MUST_CHECK;
int store_reconciliation_get(struct store *s, const char *day, const char *pg, struct reconciliation *r) MUST_CHECK;
/* By gateway; day "": all days, newest first. At most limit. */
int store_reconciliations(struct store *s, const char *day, int limit, int (*fn)(const struct reconciliation *r, void *context), void *context) MUST_CHECK;
/* merchant NULL: all, those of nobody too. */
int store_reconciliation_rows(struct store *s, const char *day, const char *merchant, int limit,
                              int (*fn)(const struct reconciliation_row *row, void *context), void *context) MUST_CHECK;
/* "clean", "differs" or "failed": a list could not be had. merchant NULL: of all. except: the gateways whose list does not matter, ",a,b,"; "": all
 * matter that did something of the merchant's, and own, which is theirs. */
int store_reconciliation_status(struct store *s, const char *day, const char *merchant, const char *own, const char *except,
                                char status[DAY_STATUS_SIZE]) MUST_CHECK;
/* Had the merchant any part in what the gateway did on the day? */
int store_reconciliation_concerns(struct store *s, const char *day, const char *pg, const char *merchant, bool *concerns) MUST_CHECK;
/* Orders that agree ("matched") and differ, by class. merchant NULL: of all. */
int store_reconciliation_counts(struct store *s, const char *day, const char *merchant,
                                int (*fn)(const char *class, int64_t count, void *context), void *context) MUST_CHECK;
/* How many lines of a gateway's list are a merchant's. */
int store_reconciliation_listed(struct store *s, const char *day, const char *pg, const char *merchant, int64_t *listed) MUST_CHECK;

/* What is neither settled nor acknowledged, over all days; oldest "": nothing. */
struct reconciliations_open { int64_t differing, failed, differences; char oldest[DAY_SIZE]; };     /* differing, failed: days */
int store_reconciliations_open(struct store *s, struct reconciliations_open *o) MUST_CHECK;
/* All that is open of a day. ERR_NOT_FOUND: nothing is. */
int store_reconciliation_acknowledge(struct store *s, const char *day, const char *note, struct wall at) MUST_CHECK;

/* Our side of a day: what a gateway has approved or given back in [from, to), by the gateway's own time, in its order. */
struct booked { char order_id[64]; struct id merchant, request; struct money amount; struct wall at; int64_t place; };
/* after: the last one seen, NULL for the first; at most limit. */
int store_booked_payments(struct store *s, const char *pg, struct wall from, struct wall to, const struct booked *after, int limit,
                          int (*fn)(const struct booked *b, void *context), void *context) MUST_CHECK;
int store_booked_cancels(struct store *s, const char *pg, struct wall from, struct wall to, const struct booked *after, int limit,
                         int (*fn)(const struct booked *b, void *context), void *context) MUST_CHECK;
/* When the first merchant was made. ERR_NOT_FOUND: there is none. */
int store_first_merchant(struct store *s, struct wall *created) MUST_CHECK;

#endif
