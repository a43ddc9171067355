/* api_keys.h: a merchant's API keys. Only their hashes are kept. Part of store.h's store and under its rules. */
#ifndef STORE_API_KEYS_H
#define STORE_API_KEYS_H

#include "store/store.h"

/* until 0: no end. */
struct api_key { struct id id, merchant; struct wall created, until; };

/* ERR_EXISTS: there is such a hash. */
int store_api_key_add(struct store *s, const struct api_key *k, const uint8_t hash[32]) MUST_CHECK;
int store_api_keys_of(struct store *s, const char *merchant, int (*fn)(const struct api_key *k, void *context), void *context) MUST_CHECK;
int store_api_key_get(struct store *s, const char *id, struct api_key *k) MUST_CHECK;
/* The key counts until then and no longer; one that ends before stays so. */
int store_api_key_end(struct store *s, const char *id, struct wall until) MUST_CHECK;
/* The same for all of a merchant's keys. */
int store_api_keys_end(struct store *s, const char *merchant, struct wall until) MUST_CHECK;

#endif
