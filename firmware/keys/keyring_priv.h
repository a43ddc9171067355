/* keyring_priv.h: between keyring.c (state, use), keyring_life.c (what officers do) and keyring_renew.c (the master key). */
#ifndef KEYS_KEYRING_PRIV_H
#define KEYS_KEYRING_PRIV_H

#include "keys/keyring.h"

struct memory_of_master { uint8_t master[TOKEN_MASTER_SIZE], before[TOKEN_MASTER_SIZE]; };
struct keyring {
	char path[KEYFILE_PATH_SIZE];
	struct token *token;
	keyring_note *note;
	void *context;
	enum keyring_state state;
	bool halted, unsure;                          /* unsure: keyring_is_unsure() */
	struct keyfile file;
	struct memory_of_master *secret;              /* locked */
	struct keyring_agreed agreed;
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

/* ---- keyring_life.c, for keyring_renew.c ---- */
/* A key to be, at the end of next; the caller counts it. */
int keyring_draft(struct keyfile *next, const char *name, enum key_usage usage, struct wall from, struct wall now, struct keyfile_entry **out,
                  char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* All that are loaded, under the wrapping key that was loaded last. */
int keyring_wrap_all_again(struct keyring *r, struct keyfile *next) MUST_CHECK;
/* Loads what acted before once more, after a change of the wrapping key, in slot, that came to nothing. */
void keyring_back_to_old_wrapping(struct keyring *r, uint32_t slot);
/* What is not used any more leaves the memory. */
void keyring_drop_ended(struct keyring *r);

#endif
