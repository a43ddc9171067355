/* audit_line.h: one record of the audit log as one line of JSON, in one form only, and what holds the lines together: the
 * hash of each is over all that stands before it, with the hash of the line before; what is signed is that hash, by
 * sign_text() of crypto.h for the use "audit". A room of its own: keystored writes it, callkey verifies it. Pure.
 *
 * {"n":7,"at":"2026-11-24T05:12:33.123Z","what":"confirmed","who":"kim","key":"pg-a","version":2,"detail":"...",
 *  "signer":"id of the key, or nothing","prev":"hash of line 6","hash":"...","sig":"..."} */
#ifndef AUDIT_AUDIT_LINE_H
#define AUDIT_AUDIT_LINE_H

#include <stdbool.h>

#include "crypto/crypto.h"
#include "lib/clock.h"

enum { AUDIT_LINE_SIZE = 2048, AUDIT_DETAIL_SIZE = 600, AUDIT_WORD_SIZE = 80 };

/* who: of officers and custodians; key, version: what it is about. NULL: none. Text is cut at its size, and what is not
 * printable ASCII, '"' and '\' become '?'. */
struct audit_record { const char *what, *who, *key; uint32_t version; const char *detail; };
/* The end of a chain; number 0: nothing yet. */
struct audit_link { uint64_t number; uint8_t hash[CRYPTO_SHA256_SIZE]; };

/* Everything before the hash. signer: the id of the key that will sign, "" for none. next: the new end. The length. */
int audit_line_begin(const struct audit_link *last, struct wall at, const struct audit_record *r, const char *signer,
                     char line[AUDIT_LINE_SIZE], struct audit_link *next) MUST_CHECK;
/* Adds hash and signature (NULL: none) and the line's end. The length. */
int audit_line_end(char line[AUDIT_LINE_SIZE], int len, const struct audit_link *next, const uint8_t *signature) MUST_CHECK;

struct audit_line {
	struct audit_link link;
	uint8_t prev[CRYPTO_SHA256_SIZE], signature[CRYPTO_SIGNATURE_SIZE];
	bool is_signed;
	char at[CLOCK_RFC3339_SIZE], what[AUDIT_WORD_SIZE], signer[CRYPTO_KEY_ID_SIZE];
	const char *detail;                           /* in the line */
	size_t detail_len;
};
/* Reads a line without its end. ERR_INVALID: not of this form; ERR_CRYPTO: its hash is not of what it says. */
int audit_line_read(const char *text, size_t len, struct audit_line *out) MUST_CHECK;

/* Lower-case hex of exactly 2 * octets characters. */
int audit_hex_read(const char *text, size_t octets, uint8_t *out) MUST_CHECK;

#endif
