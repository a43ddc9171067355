/* keyring_priv.h: between keyring.c (state, use) and keyring_life.c (what officers do). */
#ifndef KEYS_KEYRING_PRIV_H
#define KEYS_KEYRING_PRIV_H

#include "keys/keyring.h"

struct memory_of_master { uint8_t master[TOKEN_MASTER_SIZE]; };
struct keyring {
	char path[KEYFILE_PATH_SIZE];
	struct token *token;
	keyring_note *note;
	void *context;
	enum keyring_state state;
	bool halted;
	struct keyfile file;
	struct memory_of_master *secret;              /* locked */
};

int keyring_why(int e, char why[KEYFILE_WHY_SIZE], const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The token's own words for its refusal, or the error's name. */
const char *keyring_reason(const struct keyring *r, int e);
struct keyfile_entry *keyring_entry(const struct keyring *r, const char *name, uint32_t version);
int keyring_tell(struct keyring *r, const char *what, const struct key *k, const char *detail);
/* A copy of the file, to be changed and written, or given up. */
int keyring_begin(const struct keyring *r, struct keyfile *next) MUST_CHECK;
/* Writes next and takes it; on failure next is cleared and all is as before. Then next must not be used any more. */
int keyring_commit(struct keyring *r, struct keyfile *next, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Loads every key of the file into the token, which is open. ERR_CRYPTO with why names the one that does not open. */
int keyring_load_all(struct keyring *r, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;

#endif
