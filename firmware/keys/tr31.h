/* tr31.h: key blocks of TR-31 / ANSI X9.143, version D: AES key block protection keys, key derivation by CMAC, AES-CBC, AES-CMAC.
 * Pure. Header, 16 characters: version, length(4), usage(2), algorithm, mode, key version(2), exportability, number of optional
 * blocks(2), reserved(2). */
#ifndef KEYS_TR31_H
#define KEYS_TR31_H

#include <stddef.h>

#include "keys/key.h"

enum { TR31_BLOCK_MAX = 1024, TR31_OPTIONAL_MAX = 256 };
struct tr31_header {
	char usage[3], algorithm, mode, version[3], exportability;     /* algorithm 'A' AES, 'H' HMAC; exportability 'E' 'N' 'S' */
	char optional[TR31_OPTIONAL_MAX];                               /* optional blocks as they stand, without padding; "" none */
};

/* Wraps len bytes of a key under kbpk (16 or 32 bytes). Returns the length of the NUL-terminated block; ERR_TOO_LONG,
 * ERR_INVALID (a field of the header), ERR_CRYPTO. */
int tr31_wrap(const uint8_t *kbpk, size_t kbpk_len, const struct tr31_header *h, const uint8_t *key, size_t len, char *block, size_t size) MUST_CHECK;
/* Returns the key's length. ERR_INVALID: the form (version, length, header, optional blocks, hex); ERR_CRYPTO: the MAC or the length inside. */
int tr31_unwrap(const uint8_t *kbpk, size_t kbpk_len, const char *block, struct tr31_header *h, uint8_t *key, size_t size) MUST_CHECK;

/* The header for one of our keys; ERR_DENIED for a usage that goes into no key block. */
int tr31_header_of(const struct key *k, struct tr31_header *h) MUST_CHECK;
/* Does the block's header say what k is to be? ERR_DENIED. */
int tr31_header_fits(const struct tr31_header *h, const struct key *k) MUST_CHECK;

#endif
