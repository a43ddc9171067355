/* seal.h: a call's complete fields into a sealed record for the payment gateway, and the card's fingerprint. With which key, and
 * so by what means, the ring tells for each gateway (keys/gateway_key.h): a compact JWE to a public key, or NICEPAY's encData by a
 * shared secret, bound to the order (crypto/encdata.h).
 *
 * The clear text of a JWE is a flat JSON object of short strings:
 *   {"card_number":"...","expiry":"MMYY","identity":"YYMMDD or 10 digits","password2":"..","order_id":"..."}
 * identity and password2 are left out when the call has none. expiry is MMYY, as the caller reads it off the card. The
 * protected header has order_id and purpose besides alg, enc and kid, so a record cannot be used for another order. */
#ifndef KEYSTORED_SEAL_H
#define KEYSTORED_SEAL_H

#include "ipc/vault.h"
#include "keys/keyring.h"
#include "keystored/calls.h"

struct seal;

/* ring, borrowed, has all keys. ERR_NOMEM: no memory can be locked. */
int seal_new(struct keyring *ring, struct seal **s) MUST_CHECK;
void seal_free(struct seal **s);

/* Answers ask for record r (NULL when status says why there is none). All of *out is set; jwe and fingerprint are empty
 * unless out->status is VAULT_OK. VAULT_REFUSED: order_id or purpose are empty or have other characters than letters,
 * digits, '_', '-', '.', ':'. VAULT_LOCKED: the ring is not open. VAULT_NO_KEY: the gateway has no key that may seal now. */
void seal_make(struct seal *s, const struct vault_seal *ask, enum vault_status status, const struct calls_record *r,
               struct wall now, struct vault_sealed *out);

#endif
