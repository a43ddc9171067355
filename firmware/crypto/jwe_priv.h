/* jwe_priv.h: what sealing and opening share, and what published vectors are held against. */
#ifndef CRYPTO_JWE_PRIV_H
#define CRYPTO_JWE_PRIV_H

#include <stdbool.h>

#include "crypto/crypto.h"
#include "crypto/ossl.h"

enum {
	JWE_CEK_SIZE = 32, JWE_IV_SIZE = 12, JWE_TAG_SIZE = 16, JWE_WRAPPED_SIZE = JWE_CEK_SIZE + 8, JWE_COORD_SIZE = 32,
	JWE_HEADER_MAX = 1024,                     /* JSON, with NUL */
	JWE_RSA_MIN_BITS = 2048, JWE_RSA_MAX_BYTES = 1024,
	JWE_KID_MAX = 63,
};
#define JWE_ALG_EC "ECDH-ES+A256KW"
#define JWE_ALG_RSA "RSA-OAEP-256"
#define JWE_ENC "A256GCM"

struct jwe_key {
	EVP_PKEY *pkey;
	bool is_rsa;
	char kid[JWE_KID_MAX + 1];
};

/* Whether a key may be used at all: EC on P-256, or RSA of 2048 to 8192 bits. */
int jwe_check_key(EVP_PKEY *pkey, bool *is_rsa) MUST_CHECK;

/* The Concat KDF of NIST SP 800-56A 5.8.1 with SHA-256 as RFC 7518 4.6.2 profiles it: out_len octets for algorithm alg.
 * apu and apv may be "". */
int jwe_concat_kdf(const uint8_t *z, size_t z_len, const char *alg, const char *apu, const char *apv, uint8_t *out,
                   size_t out_len) MUST_CHECK;
/* ECDH between our key and the peer's, then the KDF for A256KW (RFC 7518 4.6). */
int jwe_agree(EVP_PKEY *ours, EVP_PKEY *peers, uint8_t kek[JWE_CEK_SIZE]) MUST_CHECK;
/* AES-256 key wrap (RFC 3394) of 32 octets. */
int jwe_wrap(const uint8_t kek[JWE_CEK_SIZE], const uint8_t key[JWE_CEK_SIZE], uint8_t out[JWE_WRAPPED_SIZE]) MUST_CHECK;
/* A context for RSA-OAEP with SHA-256 twice (RFC 7518 4.3); the caller frees it. NULL on failure. */
EVP_PKEY_CTX *jwe_oaep(EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *));

/* What opening needs of a protected header. */
struct jwe_header {
	char alg[24], enc[12];
	char kty[4], crv[8], x[48], y[48];        /* of epk */
};
/* text: one JSON object, NUL-terminated. ERR_INVALID: no JSON, a name twice, or crit or zip, which nobody here knows. */
int jwe_header_read(const char *text, struct jwe_header *h) MUST_CHECK;

#endif
