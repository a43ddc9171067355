/* seal.h: a call's complete fields into a sealed record for the payment gateway, and the card's fingerprint. By what means is
 * the configuration's word for each gateway (seal_keys.h): a compact JWE, or NICEPAY's encData bound to the order (encdata.h).
 *
 * The clear text of a JWE is a flat JSON object of short strings:
 *   {"card_number":"...","expiry":"MMYY","identity":"YYMMDD or 10 digits","password2":"..","order_id":"..."}
 * identity and password2 are left out when the call has none. expiry is MMYY, as the caller reads it off the card. The
 * protected header has order_id and purpose besides alg, enc and kid, so a record cannot be used for another order. */
#ifndef KEYSTORED_SEAL_H
#define KEYSTORED_SEAL_H

#include "conf/conf.h"
#include "ipc/vault.h"
#include "keys/keyring.h"
#include "keystored/calls.h"

struct seal;

/* Loads the keys that keystored.pg_keys names. On failure why says file and what to do; ERR_INVALID: the configuration. No
 * key at all is allowed, sealing then says VAULT_NO_KEY. ring, borrowed, has the key of the fingerprint; while it is not open
 * sealing says VAULT_LOCKED. */
int seal_new(const struct conf_tree *conf, struct keyring *ring, struct seal **s, char why[CONF_WHY_SIZE]) MUST_CHECK;
void seal_free(struct seal **s);
size_t seal_key_count(const struct seal *s);

/* Answers ask for record r (NULL when status says why there is none). All of *out is set; jwe and fingerprint are empty
 * unless out->status is VAULT_OK. VAULT_REFUSED: order_id or purpose are empty or have other characters than letters,
 * digits, '_', '-', '.', ':'. */
void seal_make(struct seal *s, const struct vault_seal *ask, enum vault_status status, const struct calls_record *r,
               struct vault_sealed *out);

#endif
