/* seal_keys.h: whom card data may be sealed to, by configuration and by nothing else: keystored.pg_keys. arsd says for which
 * gateway; which key that is, and by what means, is settled here. */
#ifndef KEYSTORED_SEAL_KEYS_H
#define KEYSTORED_SEAL_KEYS_H

#include "conf/conf.h"
#include "crypto/crypto.h"
#include "crypto/encdata.h"

enum { SEAL_KEYS_MAX = 16 };
enum seal_means { SEAL_JWE, SEAL_NICEPAY };

struct seal_key {
	char kid[64], pg[32];                    /* pg "": for every gateway without a key of its own */
	enum seal_means means;
	bool active;
	struct jwe_key *jwe;                     /* SEAL_JWE */
	bool aes256;                             /* SEAL_NICEPAY */
	const char *secret;                      /* SEAL_NICEPAY: the SecretKey, in locked memory, not NUL-terminated */
};

struct seal_keys;
/* Loads keystored.pg_keys. On failure why says file and what to do; ERR_INVALID: the configuration; ERR_NOMEM: no memory can be
 * locked. No key at all is allowed. */
int seal_keys_new(const struct conf_tree *conf, struct seal_keys **k, char why[CONF_WHY_SIZE]) MUST_CHECK;
void seal_keys_free(struct seal_keys **k);
size_t seal_keys_count(const struct seal_keys *k);
/* kid "": the active key of gateway pg. NULL: there is none, or kid is another gateway's. */
const struct seal_key *seal_keys_find(const struct seal_keys *k, const char *pg, const char *kid);

#endif
