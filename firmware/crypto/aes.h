/* aes.h: AES as a keystore needs it: sealing, MACs, check values, and keys from keys. Keys are 16 or 32 bytes where a length
 * is asked for, 32 elsewhere. Nothing here keeps a key, but struct aes_gcm. */
#ifndef CRYPTO_AES_H
#define CRYPTO_AES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum { AES_KEY_SIZE = 32, AES_BLOCK_SIZE = 16, AES_GCM_OVERHEAD = 12 + 16, AES_KCV_SIZE = 3 };

/* AES-256-GCM (NIST SP 800-38D) with a random 96-bit IV: out receives IV, text and tag, len + AES_GCM_OVERHEAD bytes. */
int aes_gcm_seal(const uint8_t key[AES_KEY_SIZE], const void *aad, size_t aad_len, const void *clear, size_t len, uint8_t *out) MUST_CHECK;
/* Returns the clear text's length; ERR_CRYPTO when anything was changed, and out is wiped. */
int aes_gcm_open(const uint8_t key[AES_KEY_SIZE], const void *aad, size_t aad_len, const uint8_t *sealed, size_t len, void *out, size_t size) MUST_CHECK;
/* The same with a key that stays set up, expanded, in OpenSSL's memory until aes_gcm_free(), which wipes it. One thread; not across a
 * fork. A key seals 2^32 values at most (SP 800-38D 8.3). */
struct aes_gcm;
int aes_gcm_new(const uint8_t key[AES_KEY_SIZE], struct aes_gcm **g) MUST_CHECK;
void aes_gcm_free(struct aes_gcm **g);
int aes_gcm_seal_next(struct aes_gcm *g, const void *aad, size_t aad_len, const void *clear, size_t len, uint8_t *out) MUST_CHECK;
int aes_gcm_open_next(struct aes_gcm *g, const void *aad, size_t aad_len, const uint8_t *sealed, size_t len, void *out, size_t size) MUST_CHECK;
/* AES-CMAC (NIST SP 800-38B, RFC 4493). */
int aes_cmac(const uint8_t *key, size_t key_len, const void *data, size_t len, uint8_t mac[AES_BLOCK_SIZE]) MUST_CHECK;
/* AES-CBC without padding; len is a multiple of 16. */
int aes_cbc(const uint8_t *key, size_t key_len, const uint8_t iv[AES_BLOCK_SIZE], int encrypt, const uint8_t *in, size_t len, uint8_t *out) MUST_CHECK;
/* The key check value that custodians compare: the first 3 bytes of the CMAC of 16 zero bytes (ANSI X9.24-1 annex A). */
int aes_kcv(const uint8_t *key, size_t key_len, uint8_t kcv[AES_KCV_SIZE]) MUST_CHECK;
/* HKDF-SHA256 (RFC 5869) without salt: a key for the purpose that info names. */
int aes_derive(const uint8_t *key, size_t key_len, const char *info, uint8_t *out, size_t len) MUST_CHECK;

#endif
