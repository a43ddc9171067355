/* audit_check.h: is an audit log whole and unchanged? Line after line, then the end. For keystored at its start, and for
 * whoever holds an export. Pure: reads no file. */
#ifndef AUDIT_AUDIT_CHECK_H
#define AUDIT_AUDIT_CHECK_H

#include "audit/audit_line.h"

enum { AUDIT_WHY_SIZE = 300, AUDIT_KEYS_MAX = 64 };

/* A key that signed, as the log itself tells it (record "audit_key"). vouched: by the key before it; else it begins after
 * a ceremony, and who verifies compares its id with the ceremony's papers. */
struct audit_signer { char id[CRYPTO_KEY_ID_SIZE]; uint8_t public[32]; uint64_t since; bool vouched; };
struct audit_check {
	struct audit_link last;
	uint64_t signed_to;                           /* the last record that is under a signature */
	char first_at[CLOCK_RFC3339_SIZE], last_at[CLOCK_RFC3339_SIZE], last_what[AUDIT_WORD_SIZE];
	struct audit_signer signers[AUDIT_KEYS_MAX];
	size_t signer_count;
};

/* The next line, without its end. signatures: are checked too (100 us each). ERR_CRYPTO with why: what is broken, where. */
int audit_check_line(struct audit_check *c, const char *line, size_t len, bool signatures, char why[AUDIT_WHY_SIZE]) MUST_CHECK;
/* The text that announces a key: "ed25519 HEX", the detail of "audit_key". */
enum { AUDIT_KEY_TEXT_SIZE = 80 };
const char *audit_key_text(const uint8_t public[32], char text[AUDIT_KEY_TEXT_SIZE]);

#endif
