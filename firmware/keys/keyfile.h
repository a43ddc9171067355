/* keyfile.h: the one file of all keys: text, one line a key, each wrapped; a MAC under the master key over all of it. A write
 * is whole or not at all: a new file beside it, synced, renamed, the folder synced; the one before stays as NAME.old until
 * the next, and gets its name back where the folder does not sync. Read without the master key, it tells everything but the keys. */
#ifndef KEYS_KEYFILE_H
#define KEYS_KEYFILE_H

#include "keys/token.h"

enum { KEYFILE_KEYS_MAX = TOKEN_SLOTS_MAX, KEYFILE_WHY_SIZE = 300, KEYFILE_PATH_SIZE = 512, KEYFILE_SHARES_MAX = 16, KEYFILE_OFFICERS_MAX = 16,
       KEYFILE_OFFICER_SIZE = 32, KEYFILE_OFFICERS_LEAST = 2 };

/* How the master key comes back at a start. */
enum keyfile_scheme { KEYFILE_NO_SCHEME, KEYFILE_COMPONENTS, KEYFILE_SHARES };
struct keyfile_master {
	enum keyfile_scheme scheme;
	uint8_t parts, needed;                        /* components: the same number; shares: n and m */
	uint8_t kcv[KEY_KCV_SIZE];
	/* Of each custodian's part, so that a wrong one is told at once: HMAC of the part, cut, under the salt. */
	uint8_t salt[16], check[KEYFILE_SHARES_MAX][4];
	/* The master key under the unattended secret (AES-256-GCM); len 0: custodians must come at each start. */
	struct token_wrapped unattended;
};

/* Who agrees to what is done with keys: scrypt of the password under the salt (officers.h). */
struct keyfile_officer { char name[KEYFILE_OFFICER_SIZE]; uint8_t salt[16], hash[32]; };
struct keyfile_entry { struct key key; struct token_wrapped wrapped; uint32_t slot; bool loaded; };
struct keyfile {
	uint64_t generation;                          /* rises with each write */
	char token[16];                               /* the token that the keys are for: "openssl" "pkcs11" */
	struct keyfile_master master;
	struct keyfile_entry *entries;
	size_t count;
	struct keyfile_officer officers[KEYFILE_OFFICERS_MAX];
	size_t officer_count;
};

/* ERR_NOT_FOUND: there is none yet. ERR_INVALID with why: it is damaged or others can reach it. The MAC is not checked
 * here. The text is kept for keyfile_check(). */
int keyfile_read(const char *path, struct keyfile *f, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Is the file what a holder of the master key wrote? ERR_CRYPTO if not. */
int keyfile_check(const char *path, const uint8_t master[TOKEN_MASTER_SIZE]) MUST_CHECK;
/* The file's text with its MAC; the length. ERR_TOO_LONG. */
int keyfile_render(const struct keyfile *f, const uint8_t master[TOKEN_MASTER_SIZE], char *text, size_t size) MUST_CHECK;
/* The other way, from a backup; text is cut up. ERR_CRYPTO: the MAC; ERR_INVALID with why. */
int keyfile_take(char *text, size_t len, const uint8_t master[TOKEN_MASTER_SIZE], struct keyfile *f, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Raises the generation and writes. ERR_IO with why: the file before is in its place. *unsure, after an error too, where the write went so far:
 * whether the folder could not be synced, so that a failure of power may bring the file before, or the new one, in place of what is read now. */
int keyfile_write(const char *path, struct keyfile *f, const uint8_t master[TOKEN_MASTER_SIZE], bool *unsure,
                  char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Overwrites and removes the file, the old one and what a broken write left. */
int keyfile_shred(const char *path) MUST_CHECK;
void keyfile_clear(struct keyfile *f);

#endif
