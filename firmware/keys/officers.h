/* officers.h: who agrees to what is done with keys: two or more, by name and password. A password is kept as scrypt
 * (RFC 7914) in the key file. Who types a wrong one waits, longer each time; an unknown name costs and waits the same. */
#ifndef KEYS_OFFICERS_H
#define KEYS_OFFICERS_H

#include "keys/keyring.h"

enum { OFFICERS_PASSWORD_MIN = 12, OFFICERS_PASSWORD_MAX = 128, OFFICERS_FREE_TRIES = 3, OFFICERS_WAIT_MAX_MS = 900000 };

struct officers { struct officers_tries { char name[KEYFILE_OFFICER_SIZE]; unsigned wrong; struct mono until; } tries[KEYFILE_OFFICERS_MAX + 1]; };

/* ERR_INVALID with why: the name or the password breaks its rule. 80 ms. */
int officers_make(const char *name, const char *password, struct keyfile_officer *o, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* ERR_DENIED: name or password are wrong; ERR_AGAIN: not before a while has passed. why says so, and never which is wrong. */
int officers_check(struct officers *o, const struct keyring *r, const char *name, const char *password, struct mono now,
                   char why[KEYFILE_WHY_SIZE]) MUST_CHECK;

#endif
