/* gateway_keys.h: whether card data can be sealed for a gateway, as keystored has told. Nobody is asked for a card that no key would
 * seal: requests that need one are refused when they are made, calls to them are not answered, before anything was typed. */
#ifndef ARSD_GATEWAY_KEYS_H
#define ARSD_GATEWAY_KEYS_H

#include "arsd/arsd.h"
#include "json/json.h"

struct problem;

/* One gateway; the list is whole, and takes the place of the one before, with the one that none follow. */
void gateway_keys_told(struct arsd *a, const struct vault_gateway_key *m);
/* keystored is away: it will tell when it is back. */
void gateway_keys_unknown(struct arsd *a);

/* Why no card can be entered for r, in one word of a call's record: "keystore_locked", "gateway_no_key"; NULL: it can, or
 * nothing is known yet. */
const char *gateway_keys_no_card(struct arsd *a, const struct request *r);
/* ERR_STATE with the problem set (503). */
int gateway_keys_check(struct arsd *a, const struct request *r, struct problem *p) MUST_CHECK;

/* Gateways that take cards and have no key that seals: how many, and their names. */
int gateway_keys_lacking(const struct arsd *a);
json_t *gateway_keys_lacking_names(const struct arsd *a);
/* A list for the command line: each gateway of the configuration, its key or why it has none. */
json_t *gateway_keys_show(const struct arsd *a);
/* null, or how many keys end soon and the first of them. */
json_t *gateway_keys_expiring(const struct arsd *a);

#endif
