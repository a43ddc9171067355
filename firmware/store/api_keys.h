/* api_keys.h: a merchant's API keys. Only their hashes are kept. Part of store.h's store and under its rules. */
#ifndef STORE_API_KEYS_H
#define STORE_API_KEYS_H

#include "store/store.h"

enum { API_KEY_NETWORKS_SIZE = 16 * 50, API_KEY_CERTIFICATES_SIZE = 8 * 65 };
/* Who may use a key: networks as network_print() has them, and SHA-256 of client certificates in small hex, each list joined by
 * commas; "": anybody. */
struct api_key_callers { char networks[API_KEY_NETWORKS_SIZE], certificates[API_KEY_CERTIFICATES_SIZE]; };
/* until 0: no end. used: last, to API_KEY_NOTED_MS; 0: never, or before that was kept. */
enum { API_KEY_NOTED_MS = 3600000 };
struct api_key { struct id id, merchant; struct wall created, until, used; struct api_key_callers callers; };

/* ERR_EXISTS: there is such a hash. */
int store_api_key_add(struct store *s, const struct api_key *k, const uint8_t hash[32]) MUST_CHECK;
int store_api_keys_of(struct store *s, const char *merchant, int (*fn)(const struct api_key *k, void *context), void *context) MUST_CHECK;
/* By the key's hash. ERR_NOT_FOUND. */
int store_api_key_callers(struct store *s, const uint8_t hash[32], struct api_key_callers *c) MUST_CHECK;
int store_api_key_get(struct store *s, const char *id, struct api_key *k) MUST_CHECK;
/* The key counts until then and no longer; one that ends before stays so. */
int store_api_key_end(struct store *s, const char *id, struct wall until) MUST_CHECK;
/* The same for all of a merchant's keys. */
int store_api_keys_end(struct store *s, const char *merchant, struct wall until) MUST_CHECK;

/* The key was used then; stored only where the use before was API_KEY_NOTED_MS earlier or more, or before its merchant got another key. */
int store_api_key_used(struct store *s, const uint8_t hash[32], struct wall at) MUST_CHECK;
/* When any of a merchant's keys was last used; 0: never. */
int store_api_keys_used(struct store *s, const char *merchant, struct wall *used) MUST_CHECK;
/* How many, and the first to end; count 0: none. */
struct api_keys_ending { int64_t count; struct id key, merchant; struct wall until; };
/* Keys that end after now and no later than then, and were used since their merchant got the newest of its keys. */
int store_api_keys_ending(struct store *s, struct wall now, struct wall then, struct api_keys_ending *ending) MUST_CHECK;

#endif
