/* reconcile_priv.h: a run, between reconcile.c (what is asked, when) and reconcile_compare.c (what differs). */
#ifndef ARSD_RECONCILE_PRIV_H
#define ARSD_RECONCILE_PRIV_H

#include "arsd/reconcile.h"

enum { RECONCILE_ROWS_MAX = 10000, RECONCILE_LISTED_MAX = 200000 };

struct reconcile_matched { struct id merchant; int64_t count; };
struct reconcile {
	bool running;
	char day[DAY_SIZE];
	struct wall from, to, started;
	int pg;                               /* of set.pgs */
	enum { RECONCILE_ASK, RECONCILE_ASKED, RECONCILE_PAYMENTS, RECONCILE_CANCELS } phase;
	char cursor[128];
	uint64_t job;
	int tries;
	struct mono due;
	struct booked after;                  /* of our side, place 0: from the start */
	/* of this gateway */
	char (*seen)[64];                     /* order ids in the list, sorted when it is whole */
	size_t seen_count, seen_room;
	struct reconciliation_row *rows;
	size_t row_count, row_room;
	int64_t differences;
	struct reconcile_matched *matched;
	size_t matched_count, matched_room;
	const char *without;                  /* "failed", "no_list": there is no list, and our side tells only whom the day concerns; NULL: there is */
	char why[sizeof(((struct reconciliation *)NULL)->message)];
	bool failed[2], news[2];              /* this day, of the gateways of tests and of live orders: a list, a result unlike the one before */
	struct mono look_at;
	bool waits;                           /* for the end of this run: */
	uint64_t peer, req;
};

/* Days of Korea, since 1970. */
extern const int64_t reconcile_day_ms, reconcile_korea_ms;
int64_t reconcile_day_number(struct wall t);
void reconcile_print_day(int64_t number, char day[DAY_SIZE]);

/* Of the differences, in hex, whatever their order; "" for none. */
int reconcile_digest(const struct reconcile *r, char digest[65]) MUST_CHECK;
/* A page of theirs. ERR_INVALID: it cannot be used; ERR_EXHAUSTED: more than a day can have. */
int reconcile_their_page(struct arsd *a, struct reconcile *r, const uint8_t *rows, size_t len) MUST_CHECK;
void reconcile_list_is_whole(struct reconcile *r);
/* A piece of ours. *more: another follows. */
int reconcile_our_piece(struct arsd *a, struct reconcile *r, bool cancels, bool *more) MUST_CHECK;
/* Forgets what is of one gateway. */
void reconcile_clear(struct reconcile *r);

#endif
