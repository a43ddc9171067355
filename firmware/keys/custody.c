#include "keys/custody.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "keys/custody_priv.h"
#include "keys/keyring_priv.h"
#include "lib/secret.h"

int custody_new(struct keyring *r, struct custody **c)
{
	struct custody *made = calloc(1, sizeof(*made));
	void *parts = NULL;

	if (made == NULL || secret_alloc(sizeof(*made->parts), &parts) < 0) {
		free(made);
		return ERR_NOMEM;
	}
	made->ring = r;
	made->parts = parts;
	*c = made;
	return 0;
}

void custody_free(struct custody **c)
{
	void *parts;

	if (*c == NULL)
		return;
	custody_break_off(*c);
	parts = (*c)->parts;
	secret_free(&parts, sizeof(struct parts));
	free(*c);
	*c = NULL;
}

enum custody_what custody_what(const struct custody *c)
{
	return c->what;
}

/* Are the parts that are awaited new ones? */
static bool makes_parts(const struct custody *c)
{
	return c->what == CUSTODY_CEREMONY || ((c->what == CUSTODY_RENEW || c->what == CUSTODY_RESHARE) && !c->asks_before);
}

void custody_progress(const struct custody *c, unsigned *in, unsigned *of)
{
	*in = c->in;
	*of = makes_parts(c) ? c->count : c->needed;
}

bool custody_is_whole(const struct custody *c)
{
	return c->whole;
}

unsigned custody_wrong(const struct custody *c)
{
	return c->wrong;
}

void custody_break_off(struct custody *c)
{
	secret_wipe(c->parts, sizeof(*c->parts));
	backup_free(&c->backup);
	keyfile_clear(&c->restored);
	c->what = CUSTODY_NOTHING;
	c->in = c->shown = c->named = 0;
	c->asks_before = false;
}

void custody_tick(struct custody *c, struct mono now)
{
	if (c->what != CUSTODY_NOTHING && mono_diff_ms(c->touched, now) > CUSTODY_IDLE_MS)
		custody_break_off(c);
}

/* ---- the last step ---- */

/* What cannot be written may be tried again: the parts are still in. */
static int commit_restore(struct custody *c, uint8_t *unattended, char why[KEYFILE_WHY_SIZE])
{
	if (custody_seal_unattended(c, &c->restored.master, unattended) < 0)
		return keyring_why(ERR_CRYPTO, why, "the unattended secret could not be made");
	return keyring_restore(c->ring, c->parts->master, &c->restored, why);
}

int custody_commit(struct custody *c, uint8_t *unattended, struct wall wall, uint8_t master_kcv[KEY_KCV_SIZE], char why[KEYFILE_WHY_SIZE])
{
	unsigned in, of;
	int e;

	custody_progress(c, &in, &of);
	if (c->what == CUSTODY_NOTHING || c->what == CUSTODY_UNLOCK || c->asks_before || in != of)
		return keyring_why(ERR_STATE, why, "%u of %u parts are in", in, of);
	if (c->named < KEYFILE_OFFICERS_LEAST && (c->what == CUSTODY_APPOINT || c->named > 0))
		return keyring_why(ERR_STATE, why, "two officers are the least: %u of %d are named", c->named, KEYFILE_OFFICERS_LEAST);
	if (c->what == CUSTODY_CEREMONY)
		e = custody_commit_ceremony(c, unattended, wall, why);
	else
		e = c->what == CUSTODY_RESTORE ? commit_restore(c, unattended, why) : custody_commit_again(c, unattended, wall, why);
	if (e == 0)
		memcpy(master_kcv, keyring_master(c->ring)->kcv, KEY_KCV_SIZE);
	else if (unattended != NULL)
		secret_wipe(unattended, TOKEN_MASTER_SIZE);
	if (e == 0 || c->what != CUSTODY_RESTORE || keyring_state(c->ring) != KEYRING_EMPTY)
		custody_break_off(c);
	return e;
}

/* ---- the unlocking ---- */

static int wrong(struct custody *c, char why[KEYFILE_WHY_SIZE], const char *what)
{
	c->wrong++;
	return keyring_why(ERR_CRYPTO, why, "%s", what);
}

static int try_to_unlock(struct custody *c, char why[KEYFILE_WHY_SIZE])
{
	int e = shares_join(c->parts->in, c->in, c->parts->master);

	if (e == 0)
		e = keyring_unlock(c->ring, c->parts->master, why);
	custody_break_off(c);
	if (e == ERR_CRYPTO)
		c->wrong++;
	if (e == 0)
		c->wrong = 0;
	return e;
}

/* The parts have opened the backup, or it is not what they belong to. */
static int try_to_open(struct custody *c, char why[KEYFILE_WHY_SIZE])
{
	int e = shares_join(c->parts->in, c->in, c->parts->master);

	if (e < 0)
		keyring_why(e, why, "the backup asks for parts that cannot be joined; take another copy of it");
	else
		e = backup_open(c->backup, c->parts->master, &c->restored, why);
	if (e < 0)
		custody_break_off(c);
	return e;
}

/* A part of the key that is there, in the key file or in the backup. */
static int known_part(struct custody *c, const struct share *s, char why[KEYFILE_WHY_SIZE])
{
	const struct keyfile_master *m = c->what == CUSTODY_RESTORE ? &backup_head(c->backup)->master : keyring_master(c->ring);
	uint8_t check[4];
	int e;

	if (c->in == c->needed)
		return keyring_why(ERR_STATE, why, "all parts are in");
	if (s->scheme != m->scheme || s->number > m->parts)
		return wrong(c, why, c->what == CUSTODY_RESTORE ? "this is no part of the master key of this backup"
		                                                : "this is no part of this appliance's master key");
	if (custody_check_of(m, s, check) < 0 || !secret_equal(check, m->check[s->number - 1], sizeof(check)))
		return wrong(c, why, "this part is not the one of this number that was made at the ceremony");
	for (unsigned i = 0; i < c->in; i++)
		if (c->parts->in[i].number == s->number)
			return keyring_why(ERR_EXISTS, why, "part %u is in already", s->number);
	c->parts->in[c->in++] = *s;
	if (c->in < c->needed)
		return 0;
	e = c->what == CUSTODY_RESTORE ? try_to_open(c, why) : c->what == CUSTODY_UNLOCK ? try_to_unlock(c, why) : custody_prove(c, why);
	if (e < 0 && c->what != CUSTODY_NOTHING)
		custody_break_off(c);
	c->whole = e == 0;
	return e;
}

static int begin_unlock(struct custody *c, char why[KEYFILE_WHY_SIZE])
{
	if (keyring_state(c->ring) != KEYRING_LOCKED)
		return keyring_why(ERR_STATE, why, keyring_state(c->ring) == KEYRING_OPEN ? "the keys are open already"
		                                   : "there are no keys yet; hold the key ceremony first");
	c->what = CUSTODY_UNLOCK;
	c->needed = keyring_master(c->ring)->needed;
	c->in = 0;
	return 0;
}

int custody_restore(struct custody *c, const char *text, size_t len, struct mono now, char why[KEYFILE_WHY_SIZE])
{
	struct backup *b = NULL;
	int e = c->what != CUSTODY_NOTHING ? keyring_why(ERR_STATE, why, "a ceremony is under way; break it off first")
	                                   : backup_read(text, len, &b, why);

	if (e == 0)
		e = keyring_may_restore(c->ring, backup_head(b), why);
	if (e < 0) {
		backup_free(&b);
		return e;
	}
	c->what = CUSTODY_RESTORE;
	c->backup = b;
	c->needed = backup_head(b)->master.needed;
	c->in = 0;
	c->touched = now;
	return 0;
}

const struct backup_head *custody_backup(const struct custody *c)
{
	return c->backup != NULL ? backup_head(c->backup) : NULL;
}

int custody_part(struct custody *c, const char *text, struct mono now, uint8_t kcv[KEY_KCV_SIZE], char why[KEYFILE_WHY_SIZE])
{
	struct share s;
	int e = c->what == CUSTODY_NOTHING ? begin_unlock(c, why) : 0;
	bool makes = makes_parts(c);

	if (e < 0)
		return e;
	c->whole = false;
	c->touched = now;
	e = share_parse(text, &s, kcv);
	if (e == ERR_CRYPTO)
		keyring_why(e, why, "mistyped: the check value at its end does not fit");
	else if (e < 0)
		keyring_why(e, why, "a part looks like S3-1A2B-...-KCV-1A2B3C: C or S, its number, 64 digits, its check value");
	else
		e = makes ? custody_new_part(c, &s, why) : known_part(c, &s, why);
	secret_wipe(&s, sizeof(s));
	return e;
}

int custody_unattended(struct custody *c, const uint8_t secret[TOKEN_MASTER_SIZE], char why[KEYFILE_WHY_SIZE])
{
	const struct token_wrapped *w = &keyring_master(c->ring)->unattended;
	int e;

	if (keyring_state(c->ring) != KEYRING_LOCKED || w->len == 0)
		return keyring_why(ERR_STATE, why, w->len == 0 ? "the ceremony chose that custodians must come" : "nothing is locked");
	e = aes_gcm_open(secret, "callkey unattended", 18, w->data, w->len, c->parts->master, TOKEN_MASTER_SIZE);
	if (e == TOKEN_MASTER_SIZE)
		e = keyring_unlock(c->ring, c->parts->master, why);
	else
		e = wrong(c, why, "the unattended secret is not the one of the ceremony");
	custody_break_off(c);
	return e;
}
