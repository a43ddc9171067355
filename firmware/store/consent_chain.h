/* consent_chain.h: the evidence of consents: each one's record as a text, its link in the chain of all, and the signature that
 * follows. A record and its link are never changed; the signature is set once. store.h's rules hold. */
#ifndef STORE_CONSENT_CHAIN_H
#define STORE_CONSENT_CHAIN_H

#include "store/store.h"

enum { CONSENT_RECORD_SIZE = 40001, CONSENT_HASH_SIZE = 32, SIGN_KEY_ID_SIZE = 65, SIGN_KEY_SIZE = 128 };

struct consent_link {
	struct id consent;
	int64_t number;                               /* 1, 2, 3, ...: no gap, over all merchants */
	struct id merchant, request;
	char record[CONSENT_RECORD_SIZE];             /* the exact bytes that are hashed; "": sealed, and unread */
	uint8_t previous[CONSENT_HASH_SIZE], record_hash[CONSENT_HASH_SIZE], link_hash[CONSENT_HASH_SIZE];
	char key[SIGN_KEY_ID_SIZE];                   /* who has signed link_hash; "": nobody yet */
	uint8_t signature[64];
	struct wall at;
};

/* ERR_EXISTS: the number is taken. */
int store_chain_add(struct store *s, const struct consent_link *l) MUST_CHECK;
int store_chain_get(struct store *s, const char *consent_id, struct consent_link *l) MUST_CHECK;
int store_chain_at(struct store *s, int64_t number, struct consent_link *l) MUST_CHECK;
/* The newest link. ERR_NOT_FOUND: there is none yet. */
int store_chain_head(struct store *s, int64_t *number, uint8_t link_hash[CONSENT_HASH_SIZE]) MUST_CHECK;
/* Sets key and signature of a link that has none. ERR_STATE: it has one. */
int store_chain_sign(struct store *s, const struct consent_link *l) MUST_CHECK;
/* Links without a signature, oldest first; at most limit. */
int store_chain_unsigned(struct store *s, int limit, int (*fn)(const struct consent_link *l, void *context), void *context) MUST_CHECK;
int store_chain_unsigned_count(struct store *s, int64_t *count) MUST_CHECK;
/* The newest of all; at most limit. */
int store_chain_newest(struct store *s, int limit, int (*fn)(const struct consent_link *l, void *context), void *context) MUST_CHECK;

/* Public keys of all that was ever signed. Adding a known one changes nothing. */
int store_sign_key_add(struct store *s, const char *id, const char *public_key, struct wall since) MUST_CHECK;
int store_sign_key_get(struct store *s, const char *id, char public_key[SIGN_KEY_SIZE]) MUST_CHECK;

#endif
