/* webhooks.h: where merchants want their events, what became of each, and how long both are kept. Part of store.h's store and under
 * its rules. */
#ifndef STORE_WEBHOOKS_H
#define STORE_WEBHOOKS_H

#include "store/lists.h"
#include "store/store.h"

enum { WEBHOOK_EVENTS_SIZE = 600, WEBHOOK_ENDPOINTS_MAX = 16 };       /* of one merchant */

struct webhook_endpoint {
	struct id id, merchant;
	int64_t number;                               /* given by store_webhook_add; never used again */
	char url[512];
	char events[WEBHOOK_EVENTS_SIZE];             /* types, joined by commas; "": all */
	bool enabled;
	char secret[96], secret_before[96];           /* "whsec_..."; the one before signs along */
	struct wall before_until;                     /* until then */
	struct wall created, updated;
};

/* ERR_EXHAUSTED: the merchant has WEBHOOK_ENDPOINTS_MAX. */
int store_webhook_add(struct store *s, struct webhook_endpoint *w) MUST_CHECK;
int store_webhook_get(struct store *s, const char *id, struct webhook_endpoint *w) MUST_CHECK;
int store_webhook_by_number(struct store *s, int64_t number, struct webhook_endpoint *w) MUST_CHECK;
int store_webhook_update(struct store *s, const struct webhook_endpoint *w) MUST_CHECK;
int store_webhook_delete(struct store *s, const char *id) MUST_CHECK;
int store_webhooks_of(struct store *s, const char *merchant, int (*fn)(const struct webhook_endpoint *w, void *context),
                      void *context) MUST_CHECK;
/* Secrets of before that sign along until after now and no later than then: how many. */
int store_webhook_secrets_ending(struct store *s, struct wall now, struct wall then, int64_t *count) MUST_CHECK;
int list_webhooks(struct store *s, const struct list_page *p, int (*fn)(const struct webhook_endpoint *w, void *context),
                  void *context) MUST_CHECK;

/* The job that tells an event to an endpoint. ERR_NOT_FOUND. */
int store_delivery_get(struct store *s, const char *event, int64_t endpoint, struct outbox_job *j) MUST_CHECK;
/* In the order in which they were first to be made. */
int store_deliveries_of(struct store *s, const char *event, int (*fn)(const struct outbox_job *j, void *context), void *context) MUST_CHECK;
/* When the newest event was. ERR_NOT_FOUND: there is none. */
int store_events_newest(struct store *s, struct wall *at) MUST_CHECK;
/* Deletes events and deliveries from before, at most so many of each; of which there were more, so many it were. What is still to
 * be delivered stays. */
int store_webhooks_purge(struct store *s, struct wall before, int most) MUST_CHECK;

#endif
