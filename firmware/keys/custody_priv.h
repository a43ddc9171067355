/* custody_priv.h: between custody.c (parts, the unlocking, the restoring), custody_ceremony.c (parts that are made) and
 * custody_again.c (custodians of before, for what comes after). */
#ifndef KEYS_CUSTODY_PRIV_H
#define KEYS_CUSTODY_PRIV_H

#include "keys/custody.h"

struct parts {
	struct share dealt[KEYFILE_SHARES_MAX], in[KEYFILE_SHARES_MAX];
	uint8_t master[TOKEN_MASTER_SIZE];
	struct keyfile_officer officers[KEYFILE_OFFICERS_LEAST];
};

struct custody {
	struct keyring *ring;
	enum custody_what what;
	enum keyfile_scheme scheme;
	unsigned needed, count;                       /* of parts */
	unsigned in, shown;                           /* parts that are in, that were dealt out */
	unsigned named;                               /* officers */
	bool deal;
	bool asks_before;                             /* RENEW, RESHARE, APPOINT: needed parts of before come first */
	bool whole;                                   /* the part that came last was the last one that was awaited */
	unsigned wrong;
	struct mono touched;
	struct parts *parts;                          /* locked */
	struct backup *backup;                        /* RESTORE: as it was read, and what the parts have opened of it */
	struct keyfile restored;
};

/* A part that must be the next of those that are made or brought here. */
int custody_new_part(struct custody *c, const struct share *s, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Parts to be made: of the master key in c->parts, or, for parts that custodians bring, of none. c->deal says which. */
int custody_split(struct custody *c, enum keyfile_scheme scheme, unsigned needed, unsigned count, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* What parts are held against from now on, with c->parts' master key, joined from those that are in; unattended: NULL for none. */
int custody_fill_master(struct custody *c, struct keyfile_master *m, uint8_t *unattended) MUST_CHECK;
int custody_seal_unattended(struct custody *c, struct keyfile_master *m, uint8_t *unattended) MUST_CHECK;
int custody_commit_ceremony(struct custody *c, uint8_t *unattended, struct wall wall, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* What tells a custodian's wrong part at once, and nobody the part. */
int custody_check_of(const struct keyfile_master *m, const struct share *s, uint8_t check[4]) MUST_CHECK;

/* custody_again.c: all parts of before are in. */
int custody_prove(struct custody *c, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
int custody_commit_again(struct custody *c, uint8_t *unattended, struct wall wall, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;

#endif
