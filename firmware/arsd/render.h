/* render.h: what merchants see of our records, in one place for API answers and webhooks. Of a card no more than BIN and
 * last four (PCI DSS 3.4.1); PG keys, fingerprints and speech files are ours alone. */
#ifndef ARSD_RENDER_H
#define ARSD_RENDER_H

#include "json/json.h"
#include "store/store.h"

/* New references, or NULL without memory. live: the merchant's. */
json_t *render_request(const struct request *r, bool live);
json_t *render_billing_key(const struct billing_key *k, bool live);
/* Without its timeline. */
json_t *render_call(const struct call_record *c);
json_t *render_call_step(struct wall at, const char *what, const char *step, const char *detail);
/* What its webhook said, with its id. */
json_t *render_event(const struct event *e);
json_t *render_attempt(const struct attempt *t);
json_t *render_card(const struct card_mask *c);           /* null for none */
json_t *render_money(const struct money *m);         /* null for none */
/* A payment's, with its parts; null for those that were not said. */
json_t *render_amount(const struct money *m, const struct tax_parts *parts);
const char *render_screening(uint8_t screening);    /* enum callctl_screening, in a word */
json_t *render_time(struct wall t);                 /* null for the zero time */
/* "a" or null for "". */
json_t *render_text(const char *text);

#endif
