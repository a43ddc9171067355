/* admin_priv.h: what the files that answer verbs of the command line share: admin.c, lines.c and line_counts.c. */
#ifndef ARSD_ADMIN_PRIV_H
#define ARSD_ADMIN_PRIV_H

#include "arsd/arsd.h"
#include "json/json.h"

/* A refusal: 400 the argument, 403 not allowed here, 404 no such thing, 503 not now. */
struct refusal { uint16_t status; char why[300]; };
/* Who asks, for an answer that comes later than the verb's return. */
struct asker { uint64_t peer, req; };

/* ERR_INVALID, so that a verb can return it. */
int admin_no(struct refusal *r, uint16_t status, const char *why);
struct asker admin_asker(void);
void admin_answer_json(struct arsd *a, struct asker who, json_t *o);       /* takes o */
void admin_answer_refusal(struct arsd *a, struct asker who, const struct refusal *r);

/* Verbs. 0: *o is the answer. ERR_AGAIN: it comes later. Else: r says why not. */
int verb_lock(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_trunk_history(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_trunk_zero(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_consents(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_consent_bundle(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_reconcile(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_reconciliation(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_promotions(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_promotions_ask(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_trace(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);

/* ---- admin_merchants.c ---- */
int verb_merchants(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_merchant_add(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_merchant_open(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_merchant_set(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);

/* ---- admin_keys.c ---- */
/* A new API key and its hash. */
int admin_make_key(bool live, char key[96], uint8_t hash[32]) MUST_CHECK;
int verb_key_add(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_keys(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
int verb_key_revoke(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);

#endif
