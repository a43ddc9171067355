/* evidence.h: the chain of consents, and the bundle that proves one of them away from the appliance. Pure: no store, no
 * clock, no network; who makes a bundle and who doubts it use the same functions. docs/consent.md tells both for people.
 *
 * A record is a JSON text; its bytes as they are count, no form of them. Link n of the chain is the hash of a line of text
 *     callkey-chain/1 NUMBER HEX-OF-LINK-BEFORE HEX-OF-SHA256-OF-RECORD \n
 * and the record itself names its number and the link before. The first link comes after 64 zeros. Links are signed
 * (crypto.h) for the use "consent". A bundle is a JSON object in one form alone (compact, members sorted), so that no byte of
 * it can change unnoticed:
 *     chain       before: the link before with its signature, or null for the first record
 *                 after:  hashes of the records that followed, up to one whose link is signed, head
 *     format      "callkey-consent-bundle/1"
 *     keys        key id -> public key (PEM), of all signatures in the bundle
 *     record      the text
 *     signature   {key, value}: of the record's link */
#ifndef EVIDENCE_EVIDENCE_H
#define EVIDENCE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"
#include "json/json.h"
#include "lib/err.h"

#define EVIDENCE_USAGE "consent"
enum { EVIDENCE_AFTER_MAX = 32, EVIDENCE_WHY_SIZE = 240, EVIDENCE_BUNDLE_MAX = 60000, EVIDENCE_HEX_SIZE = 65 };

/* One link. key "": it has no signature yet. */
struct evidence_link {
	int64_t number;                                       /* from 1 */
	uint8_t previous[CRYPTO_SHA256_SIZE], record[CRYPTO_SHA256_SIZE], link[CRYPTO_SHA256_SIZE];
	char key[CRYPTO_KEY_ID_SIZE];
	uint8_t signature[CRYPTO_SIGNATURE_SIZE];
};

/* Sets link from number, previous and record. */
int evidence_link_make(struct evidence_link *l) MUST_CHECK;

/* What a bundle is made of. before: NULL for the first record. after: count links in their order, the last signed. keys:
 * JSON object as in the bundle. */
struct evidence_parts {
	const char *record;
	const struct evidence_link *link, *before, *after;
	size_t after_count;
	json_t *keys;
};
/* The bundle's text, malloc'd, the caller's. ERR_STATE: the record's link, or a neighbour that needs it, has no signature.
 * ERR_TOO_LONG. Takes keys in any case. */
int evidence_bundle_make(const struct evidence_parts *p, char **text) MUST_CHECK;

/* What a bundle has proven. */
struct evidence_proof {
	json_t *record;                                       /* parsed, the caller's */
	char key[CRYPTO_KEY_ID_SIZE];                         /* who has signed the record */
	int64_t number;
	uint8_t link[CRYPTO_SHA256_SIZE];
	size_t after_count;
};
/* trusted: ids of keys. 0: all holds, and every signature is by a trusted key. ERR_DENIED: all holds, but for a key that is
 * not trusted: proof->key or one that why names. ERR_INVALID: why says what does not hold, in printable ASCII; proof is untouched. */
int evidence_bundle_check(const char *text, size_t len, const char *const trusted[], size_t trusted_count,
                          struct evidence_proof *proof, char why[EVIDENCE_WHY_SIZE]) MUST_CHECK;

#endif
