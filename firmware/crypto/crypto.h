/* crypto.h: the only user of OpenSSL, by EVP. Hashes and signatures for any program that may link OpenSSL (never
 * trunkd); JWE sealing for keystored; JWE opening (jwe_open.c) for the sandbox's PG alone. */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum { CRYPTO_SHA256_SIZE = 32 };

int crypto_sha256(const void *data, size_t len, uint8_t out[CRYPTO_SHA256_SIZE]) MUST_CHECK;
int crypto_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[CRYPTO_SHA256_SIZE]) MUST_CHECK;
/* HMAC-SHA256 with a key that stays set up until it is freed, and wiped. One thread. */
struct hmac;
int hmac_new(const void *key, size_t key_len, struct hmac **h) MUST_CHECK;
void hmac_free(struct hmac **h);
int hmac_next(struct hmac *h, const void *data, size_t len, uint8_t out[CRYPTO_SHA256_SIZE]) MUST_CHECK;
int crypto_random(void *out, size_t len) MUST_CHECK;     /* getrandom(2) */

/* Base64 with padding (RFC 4648 4) and base64url without (5). out is NUL-terminated; returns the length or ERR_TOO_LONG. */
int base64_encode(const void *data, size_t len, char *out, size_t size) MUST_CHECK;
int base64_decode(const char *text, size_t len, uint8_t *out, size_t size) MUST_CHECK;      /* returns bytes, ERR_INVALID */
int base64url_encode(const void *data, size_t len, char *out, size_t size) MUST_CHECK;
int base64url_decode(const char *text, size_t len, uint8_t *out, size_t size) MUST_CHECK;
int hex_encode(const void *data, size_t len, char *out, size_t size) MUST_CHECK;

/* ---- Ed25519 (RFC 8032), sign.c: what is signed for a hash is the text "callkey-sign/1 USAGE HEX-OF-HASH\n", so that a
 * signature of one use is none of another. A public key is a PEM text of one form; its id is the SHA-256, in hex, of its DER
 * SubjectPublicKeyInfo. ---- */
enum { CRYPTO_SEED_SIZE = 32, CRYPTO_SIGNATURE_SIZE = 64, CRYPTO_PUBLIC_SIZE = 128, CRYPTO_KEY_ID_SIZE = 65, CRYPTO_SIGNED_SIZE = 128 };
/* The text that is signed; its length. */
int sign_text(const char *usage, const uint8_t hash[CRYPTO_SHA256_SIZE], char text[CRYPTO_SIGNED_SIZE]) MUST_CHECK;
/* A public key of 32 octets as PEM, and its id. */
int sign_print_key(const uint8_t raw[32], char pem[CRYPTO_PUBLIC_SIZE], char id[CRYPTO_KEY_ID_SIZE]) MUST_CHECK;
int sign_hash(const uint8_t seed[CRYPTO_SEED_SIZE], const char *usage, const uint8_t hash[CRYPTO_SHA256_SIZE],
              uint8_t signature[CRYPTO_SIGNATURE_SIZE]) MUST_CHECK;
int sign_public(const uint8_t seed[CRYPTO_SEED_SIZE], char pem[CRYPTO_PUBLIC_SIZE], char id[CRYPTO_KEY_ID_SIZE]) MUST_CHECK;
/* ERR_INVALID: pem is no Ed25519 key in that form; id is then undefined. */
int sign_key_id(const char *pem, char id[CRYPTO_KEY_ID_SIZE]) MUST_CHECK;
/* ERR_CRYPTO: it is no signature of this hash for this use by this key. */
int sign_verify(const char *pem, const char *usage, const uint8_t hash[CRYPTO_SHA256_SIZE],
                const uint8_t signature[CRYPTO_SIGNATURE_SIZE]) MUST_CHECK;

/* ---- JWE compact serialisation (RFC 7516 7.1), A256GCM; alg by the key: EC P-256 -> ECDH-ES+A256KW, RSA >= 2048 ->
 * RSA-OAEP-256. ---- */
struct jwe_key;                                          /* a recipient's public key with its kid */
/* pem: one public key, EC P-256 or RSA of 2048 to 8192 bits. ERR_INVALID: it is none of these, or kid has other characters than
 * letters, digits and "-_.:+/=". */
int jwe_key_read(const char *pem, size_t len, const char *kid, struct jwe_key **k) MUST_CHECK;
void jwe_key_free(struct jwe_key **k);
const char *jwe_key_kid(const struct jwe_key *k);
/* extra: further members of the protected header as JSON text without braces ("\"order_id\":\"x\""), or "". Returns the
 * length of the NUL-terminated JWE, or ERR_TOO_LONG, ERR_CRYPTO. Working memory is wiped. */
int jwe_seal(const struct jwe_key *k, const char *extra, const void *clear, size_t len, char *out, size_t size) MUST_CHECK;

struct jwe_private;                                      /* sandbox PG and tests only */
int jwe_private_load(const char *pem_path, struct jwe_private **k) MUST_CHECK;
void jwe_private_free(struct jwe_private **k);
/* header: the protected header's JSON, NUL-terminated. Returns the clear text's length; ERR_CRYPTO when anything was changed. */
int jwe_open(const struct jwe_private *k, const char *jwe, size_t jwe_len, char *header, size_t header_size, void *clear, size_t size) MUST_CHECK;

#endif
