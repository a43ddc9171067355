/* backup.h: all keys in one file that may lie anywhere: the key file, sealed under the master key that custodians hold in parts.
 * What the parts are held against stands before it in clear. Restored by them on an appliance without keys. Pure.
 *   callkey-backup 1
 *   box NAME taken MILLISECONDS
 *   callkey-keys 1
 *   generation 12 token openssl
 *   master scheme ...            as in the key file (keyfile_text.h), without an unattended secret: that is of one machine
 *   sealed BASE64URL             AES-256-GCM of the key file, under a key derived from the master key, bound to all above
 *   sha256 HEX                   of all above: tells damage before custodians come; proves nothing */
#ifndef KEYS_BACKUP_H
#define KEYS_BACKUP_H

#include "keys/keyfile.h"

enum { BACKUP_BOX_SIZE = 64, BACKUP_TEXT_MAX = 1 << 20 };

struct backup_head {
	char box[BACKUP_BOX_SIZE];                    /* where it was taken: letters, digits, '-', '_', '.' */
	struct wall taken;
	uint64_t generation;
	char token[16];
	struct keyfile_master master;
};

/* text: malloc'd, NUL-terminated, the caller's. ERR_INVALID: box; ERR_TOO_LONG: the keys; with why. */
int backup_make(const struct keyfile *f, const uint8_t master[TOKEN_MASTER_SIZE], const char *box, struct wall now, char **text,
                char why[KEYFILE_WHY_SIZE]) MUST_CHECK;

struct backup;
/* Reads all but what is sealed. ERR_INVALID with why: it is damaged, or no backup. */
int backup_read(const char *text, size_t len, struct backup **b, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
void backup_free(struct backup **b);
const struct backup_head *backup_head(const struct backup *b);
/* The keys. ERR_CRYPTO: another master key, or it was changed by somebody without it. */
int backup_open(const struct backup *b, const uint8_t master[TOKEN_MASTER_SIZE], struct keyfile *f, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;

#endif
