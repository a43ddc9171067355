/* ed25519.h: Ed25519 (RFC 8032) over any text. */
#ifndef CRYPTO_ED25519_H
#define CRYPTO_ED25519_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum { ED25519_SEED_SIZE = 32, ED25519_PUBLIC_SIZE = 32, ED25519_SIGNATURE_SIZE = 64 };

int ed25519_sign(const uint8_t seed[ED25519_SEED_SIZE], const void *data, size_t len, uint8_t signature[ED25519_SIGNATURE_SIZE]) MUST_CHECK;
int ed25519_public(const uint8_t seed[ED25519_SEED_SIZE], uint8_t key[ED25519_PUBLIC_SIZE]) MUST_CHECK;
/* ERR_CRYPTO: it is not this key's signature of this text. */
int ed25519_verify(const uint8_t key[ED25519_PUBLIC_SIZE], const void *data, size_t len, const uint8_t signature[ED25519_SIGNATURE_SIZE]) MUST_CHECK;

#endif
