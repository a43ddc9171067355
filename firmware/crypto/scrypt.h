/* scrypt.h: passwords into hashes (scrypt, RFC 7914): N 32768, r 8, p 1: 32 MB and some 80 ms a try. */
#ifndef CRYPTO_SCRYPT_H
#define CRYPTO_SCRYPT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* ERR_CRYPTO: also when memory is short. */
int scrypt_hash(const char *password, size_t len, const uint8_t *salt, size_t salt_len, uint8_t *out, size_t out_len) MUST_CHECK;

#endif
