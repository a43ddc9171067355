/* shares.h: the master key in custodians' hands. Components: each as long as the key, the key is their XOR, all are needed.
 * Shares: Shamir's over GF(2^8) with the polynomial of AES, needed of parts; fewer tell nothing. Pure.
 *
 * A part as a custodian writes it: 'C' or 'S', its number, 64 hexadecimal digits in groups of 4, and the part's check
 * value: "S3-1A2B-...-9F00-KCV-1A2B3C". Case, blanks and hyphens do not count when it is read. */
#ifndef KEYS_SHARES_H
#define KEYS_SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keys/keyfile.h"

enum { SHARE_SIZE = TOKEN_MASTER_SIZE, SHARE_TEXT_SIZE = 128 };
struct share { enum keyfile_scheme scheme; uint8_t number /* from 1 */, bytes[SHARE_SIZE]; };

/* 2 or 3 components, all of them needed, or 2 <= needed <= parts <= KEYFILE_SHARES_MAX shares. */
bool shares_may(enum keyfile_scheme scheme, unsigned needed, unsigned parts);
/* Parts of master. ERR_INVALID: not such a scheme. */
int shares_split(const uint8_t master[SHARE_SIZE], enum keyfile_scheme scheme, unsigned needed, unsigned parts, struct share *out) MUST_CHECK;
/* count parts of different numbers, as many as the scheme needs. Wrong ones give a wrong key: its check value tells. */
int shares_join(const struct share *s, unsigned count, uint8_t master[SHARE_SIZE]) MUST_CHECK;

void share_print(const struct share *s, char text[SHARE_TEXT_SIZE]);
/* ERR_INVALID: not the form. ERR_CRYPTO: mistyped, the check value does not fit. The value may be left out of what a custodian
 * made alone; kcv then tells it. */
int share_parse(const char *text, struct share *s, uint8_t kcv[KEY_KCV_SIZE]) MUST_CHECK;

#endif
