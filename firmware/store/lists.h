/* lists.h: what a merchant has, a page at a time, newest first. Pages are stable: what is added later never moves what was
 * seen. Part of store.h's store and under its rules. */
#ifndef STORE_LISTS_H
#define STORE_LISTS_H

#include "store/cancellations.h"
#include "store/consent_chain.h"
#include "store/store.h"

/* What a page is asked for. Filters that are "" or 0 take everything. */
struct list_page {
	const char *merchant;
	const char *after_id;             /* the last of the page before; "": the first page */
	const char *status;               /* the state; of events the type, of webhook endpoints "true": enabled, of consents "signed" */
	const char *of;                   /* a request's id; billing keys: a customer's ref; payments: a schedule; schedules: a billing key */
	const char *except;               /* days: gateways whose list does not matter, ",a,b,"; NULL: all do */
	const char *own;                  /* days: the merchant's gateway, which matters even where they sold nothing; NULL: none */
	struct wall after, before;        /* created in between, both ends left out */
	int limit;
};

/* ERR_INVALID: after_id is none of this merchant's. fn as in store.h. */
int list_requests(struct store *s, const struct list_page *p, enum request_kind kind,
                  int (*fn)(const struct request *r, void *context), void *context) MUST_CHECK;
int list_billing_keys(struct store *s, const struct list_page *p, int (*fn)(const struct billing_key *k, void *context),
                      void *context) MUST_CHECK;
int list_calls(struct store *s, const struct list_page *p, int (*fn)(const struct call_record *c, void *context), void *context) MUST_CHECK;
int list_events(struct store *s, const struct list_page *p, int (*fn)(const struct event *e, void *context), void *context) MUST_CHECK;
int list_attempts(struct store *s, const struct list_page *p, int (*fn)(const struct attempt *a, void *context), void *context) MUST_CHECK;
int list_cancellations(struct store *s, const struct list_page *p, int (*fn)(const struct cancellation *c, void *context),
                       void *context) MUST_CHECK;
int list_consents(struct store *s, const struct list_page *p, int (*fn)(const struct consent_link *l, void *context), void *context) MUST_CHECK;
/* Days on which anything concerns the merchant and that were held against a gateway's list. A day's time is its beginning in Korea;
 * after_id is a day. */
int list_reconciliations(struct store *s, const struct list_page *p, int (*fn)(const char *day, void *context), void *context) MUST_CHECK;

/* A payment by its order id. ERR_NOT_FOUND. */
int list_payment_of_order(struct store *s, const char *merchant, const char *order_id, struct request *r) MUST_CHECK;
int list_event_get(struct store *s, const char *id, struct event *e) MUST_CHECK;
/* How many virtual numbers that count have a lease; looking ends at most of all. */
int list_numbers_in_use(struct store *s, int most, bool (*counts)(const char *number, void *context), void *context, int *count) MUST_CHECK;

#endif
