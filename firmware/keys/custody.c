#include "keys/custody.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "keys/keyring_priv.h"
#include "lib/secret.h"

struct parts {
	struct share dealt[KEYFILE_SHARES_MAX], in[KEYFILE_SHARES_MAX];
	uint8_t master[TOKEN_MASTER_SIZE];
};

struct custody {
	struct keyring *ring;
	enum custody_what what;
	enum keyfile_scheme scheme;
	unsigned needed, count;                       /* of parts */
	unsigned in, shown;                           /* parts that are in, that were dealt out */
	bool deal;
	unsigned wrong;
	struct mono touched;
	struct parts *parts;                          /* locked */
	struct backup *backup;                        /* RESTORE: as it was read, and what the parts have opened of it */
	struct keyfile restored;
};

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

void custody_progress(const struct custody *c, unsigned *in, unsigned *of)
{
	*in = c->in;
	*of = c->what == CUSTODY_CEREMONY ? c->count : c->needed;
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
	c->in = c->shown = 0;
}

void custody_tick(struct custody *c, struct mono now)
{
	if (c->what != CUSTODY_NOTHING && mono_diff_ms(c->touched, now) > CUSTODY_IDLE_MS)
		custody_break_off(c);
}

/* ---- the ceremony ---- */

int custody_ceremony(struct custody *c, enum keyfile_scheme scheme, unsigned needed, unsigned parts, bool deal, struct mono now,
                     char why[KEYFILE_WHY_SIZE])
{
	int e = 0;

	if (keyring_state(c->ring) != KEYRING_EMPTY)
		return keyring_why(ERR_STATE, why, "there are keys already; a new ceremony comes after they are zeroised");
	if (c->what != CUSTODY_NOTHING)
		return keyring_why(ERR_STATE, why, "a ceremony is under way; break it off first");
	if (!deal && scheme != KEYFILE_COMPONENTS)
		return keyring_why(ERR_INVALID, why, "shares are made by the appliance; only components can be brought");
	if (deal)
		e = crypto_random(c->parts->master, sizeof(c->parts->master));
	if (e == 0)
		e = shares_split(c->parts->master, scheme, needed, parts, c->parts->dealt);
	secret_wipe(c->parts->master, sizeof(c->parts->master));
	if (e < 0) {
		custody_break_off(c);
		return keyring_why(e, why, "2 or 3 components, or 2 and more shares of up to %d", KEYFILE_SHARES_MAX);
	}
	c->what = CUSTODY_CEREMONY;
	c->scheme = scheme;
	c->needed = needed;
	c->count = parts;
	c->deal = deal;
	c->in = c->shown = 0;
	c->touched = now;
	return 0;
}

int custody_deal(struct custody *c, struct mono now, char text[SHARE_TEXT_SIZE], char why[KEYFILE_WHY_SIZE])
{
	if (c->what != CUSTODY_CEREMONY || !c->deal)
		return keyring_why(ERR_STATE, why, "no ceremony that makes parts is under way");
	if (c->shown == c->count || c->shown != c->in)
		return keyring_why(ERR_STATE, why, "part %u was shown once; it must be entered now, or the ceremony begins again", c->shown);
	c->touched = now;
	share_print(&c->parts->dealt[c->shown++], text);
	return 0;
}

static int ceremony_part(struct custody *c, const struct share *s, char why[KEYFILE_WHY_SIZE])
{
	if (c->in == c->count)
		return keyring_why(ERR_STATE, why, "all parts are in");
	if (s->scheme != c->scheme || s->number != c->in + 1)
		return keyring_why(ERR_INVALID, why, "this is not part %u", c->in + 1);
	if (c->deal && (c->shown != c->in + 1u || !secret_equal(s->bytes, c->parts->dealt[c->in].bytes, SHARE_SIZE))) {
		return keyring_why(ERR_CRYPTO, why, "this is not what was shown; read it from the paper again");
	}
	/* Two custodians with the same component: the key would be known to a third, or be zero. */
	for (unsigned i = 0; i < c->in; i++)
		if (secret_equal(c->parts->in[i].bytes, s->bytes, SHARE_SIZE))
			return keyring_why(ERR_EXISTS, why, "this is another custodian's part");
	c->parts->in[c->in++] = *s;
	return 0;
}

/* What tells a custodian's wrong part at once, and nobody the part. */
static int check_of(const struct keyfile_master *m, const struct share *s, uint8_t check[4])
{
	uint8_t mac[CRYPTO_SHA256_SIZE];
	int e = crypto_hmac_sha256(m->salt, sizeof(m->salt), s->bytes, SHARE_SIZE, mac);

	memcpy(check, mac, 4);
	return e;
}

/* The master key of c->parts under a secret that is made here; NULL: none is wanted. */
static int seal_unattended(struct custody *c, struct keyfile_master *m, uint8_t *unattended)
{
	int e = unattended != NULL ? crypto_random(unattended, TOKEN_MASTER_SIZE) : 0;

	if (unattended == NULL || e < 0)
		return e;
	m->unattended.len = TOKEN_MASTER_SIZE + AES_GCM_OVERHEAD;
	return aes_gcm_seal(unattended, "callkey unattended", 18, c->parts->master, TOKEN_MASTER_SIZE, m->unattended.data);
}

static int fill_master(struct custody *c, struct keyfile_master *m, uint8_t *unattended)
{
	int e = crypto_random(m->salt, sizeof(m->salt));

	for (unsigned i = 0; e == 0 && i < c->count; i++)
		e = check_of(m, &c->parts->in[i], m->check[i]);
	if (e == 0)
		e = shares_join(c->parts->in, c->scheme == KEYFILE_COMPONENTS ? c->count : c->needed, c->parts->master);
	return e == 0 ? seal_unattended(c, m, unattended) : e;
}

static int commit_ceremony(struct custody *c, uint8_t *unattended, struct wall wall, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile_master m = { .scheme = c->scheme, .parts = (uint8_t)c->count, .needed = (uint8_t)c->needed };

	if (fill_master(c, &m, unattended) < 0)
		return keyring_why(ERR_CRYPTO, why, "the parts could not be joined");
	return keyring_create(c->ring, c->parts->master, &m, wall, why);
}

/* What cannot be written may be tried again: the parts are still in. */
static int commit_restore(struct custody *c, uint8_t *unattended, char why[KEYFILE_WHY_SIZE])
{
	if (seal_unattended(c, &c->restored.master, unattended) < 0)
		return keyring_why(ERR_CRYPTO, why, "the unattended secret could not be made");
	return keyring_restore(c->ring, c->parts->master, &c->restored, why);
}

int custody_commit(struct custody *c, uint8_t *unattended, struct wall wall, uint8_t master_kcv[KEY_KCV_SIZE], char why[KEYFILE_WHY_SIZE])
{
	unsigned in, of;
	int e;

	custody_progress(c, &in, &of);
	if ((c->what != CUSTODY_CEREMONY && c->what != CUSTODY_RESTORE) || in != of)
		return keyring_why(ERR_STATE, why, "%u of %u parts are in", in, of);
	e = c->what == CUSTODY_CEREMONY ? commit_ceremony(c, unattended, wall, why) : commit_restore(c, unattended, why);
	if (e == 0)
		memcpy(master_kcv, keyring_master(c->ring)->kcv, KEY_KCV_SIZE);
	else if (unattended != NULL)
		secret_wipe(unattended, TOKEN_MASTER_SIZE);
	if (e == 0 || c->what == CUSTODY_CEREMONY || keyring_state(c->ring) != KEYRING_EMPTY)
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

	if (c->in == c->needed)
		return keyring_why(ERR_STATE, why, "all parts are in");
	if (s->scheme != m->scheme || s->number > m->parts)
		return wrong(c, why, c->what == CUSTODY_RESTORE ? "this is no part of the master key of this backup"
		                                                : "this is no part of this appliance's master key");
	if (check_of(m, s, check) < 0 || !secret_equal(check, m->check[s->number - 1], sizeof(check)))
		return wrong(c, why, "this part is not the one of this number that was made at the ceremony");
	for (unsigned i = 0; i < c->in; i++)
		if (c->parts->in[i].number == s->number)
			return keyring_why(ERR_EXISTS, why, "part %u is in already", s->number);
	c->parts->in[c->in++] = *s;
	if (c->in < c->needed)
		return 0;
	return c->what == CUSTODY_RESTORE ? try_to_open(c, why) : try_to_unlock(c, why);
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

	if (e < 0)
		return e;
	c->touched = now;
	e = share_parse(text, &s, kcv);
	if (e == ERR_CRYPTO)
		keyring_why(e, why, "mistyped: the check value at its end does not fit");
	else if (e < 0)
		keyring_why(e, why, "a part looks like S3-1A2B-...-KCV-1A2B3C: C or S, its number, 64 digits, its check value");
	else
		e = c->what == CUSTODY_CEREMONY ? ceremony_part(c, &s, why) : known_part(c, &s, why);
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
