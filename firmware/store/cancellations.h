/* cancellations.h: what is given back of approved payments, stored before the PG is asked. As in store.h: arsd alone, its one
 * thread, the turn's transaction. */
#ifndef STORE_CANCELLATIONS_H
#define STORE_CANCELLATIONS_H

#include "store/store.h"

struct cancellation {
	char id[ID_SIZE];                             /* towards the PG too, never reused */
	struct id request, merchant;
	char pg[32], order_id[ID_SIZE], tid[64];      /* of the payment's attempt that was approved */
	struct wall ordered;                          /* when that attempt was intended */
	char state[16];                               /* a name of cancellation.h's machine in arsd */
	struct money amount;
	int64_t tax_free_minor, vat_minor;            /* vat_minor -1: as the PG reckons it */
	bool whole;                                   /* all that was paid */
	char reason[201], requester[12];              /* "customer" "merchant" "admin" */
	char code[32], message[200];                  /* the PG's, when it said no */
	struct wall created, updated, canceled;       /* canceled: when it was done, 0: not */
};
int store_cancellation_add(struct store *s, const struct cancellation *c) MUST_CHECK;
int store_cancellation_get(struct store *s, const char *id, struct cancellation *c) MUST_CHECK;
/* Replaces the record if its state is still expected_state. */
int store_cancellation_update(struct store *s, const struct cancellation *c, const char *expected_state) MUST_CHECK;
/* Of a request, newest first, at most limit. */
int store_cancellations_of(struct store *s, const char *request_id, int limit,
                           int (*fn)(const struct cancellation *c, void *context), void *context) MUST_CHECK;
/* Without a definite end, oldest first. */
int store_cancellations_open(struct store *s, int (*fn)(const struct cancellation *c, void *context), void *context) MUST_CHECK;
/* What those of a request without an end may still give back, in all. */
int store_cancellations_pending(struct store *s, const char *request_id, int64_t *minor) MUST_CHECK;
/* What was given back of a request and what may still be, free of tax and VAT, as far as it was said. */
int store_cancellations_tax(struct store *s, const char *request_id, struct tax_parts *sum) MUST_CHECK;

#endif
