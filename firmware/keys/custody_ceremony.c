/* custody_ceremony.c: parts that are made here, or brought for the first time: each is shown once and typed from the paper. */
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "keys/custody_priv.h"
#include "keys/keyring_priv.h"
#include "keys/officers.h"
#include "lib/secret.h"

int custody_split(struct custody *c, enum keyfile_scheme scheme, unsigned needed, unsigned count, char why[KEYFILE_WHY_SIZE])
{
	int e = shares_split(c->parts->master, scheme, needed, count, c->parts->dealt);

	secret_wipe(c->parts->master, sizeof(c->parts->master));
	secret_wipe(c->parts->in, sizeof(c->parts->in));
	if (e < 0)
		return keyring_why(e, why, "2 or 3 components, or 2 and more shares of up to %d", KEYFILE_SHARES_MAX);
	c->scheme = scheme;
	c->needed = needed;
	c->count = count;
	c->in = c->shown = 0;
	return 0;
}

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
	if (deal && crypto_random(c->parts->master, sizeof(c->parts->master)) < 0)
		return keyring_why(ERR_CRYPTO, why, "the master key could not be made");
	e = custody_split(c, scheme, needed, parts, why);
	if (e < 0) {
		custody_break_off(c);
		return e;
	}
	c->what = CUSTODY_CEREMONY;
	c->deal = deal;
	c->touched = now;
	return 0;
}

int custody_deal(struct custody *c, struct mono now, char text[SHARE_TEXT_SIZE], char why[KEYFILE_WHY_SIZE])
{
	bool makes = c->what == CUSTODY_CEREMONY || c->what == CUSTODY_RENEW || c->what == CUSTODY_RESHARE;

	if (!makes || !c->deal)
		return keyring_why(ERR_STATE, why, "no ceremony that makes parts is under way");
	if (c->asks_before)
		return keyring_why(ERR_STATE, why, "the custodians of before come first");
	if (c->shown == c->count || c->shown != c->in)
		return keyring_why(ERR_STATE, why, "part %u was shown once; it must be entered now, or the ceremony begins again", c->shown);
	c->touched = now;
	share_print(&c->parts->dealt[c->shown++], text);
	return 0;
}

int custody_new_part(struct custody *c, const struct share *s, char why[KEYFILE_WHY_SIZE])
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
	c->whole = c->in == c->count;
	return 0;
}

int custody_officer(struct custody *c, const char *name, const char *password, struct mono now, char why[KEYFILE_WHY_SIZE])
{
	bool may = c->what == CUSTODY_CEREMONY ? c->in == c->count : c->what == CUSTODY_APPOINT && !c->asks_before;
	int e;

	if (!may)
		return keyring_why(ERR_STATE, why, "custodians name officers when their parts are in: at the ceremony, or by callkey keys appoint; "
		                   "officers themselves propose others (add-officer)");
	c->touched = now;
	if (c->named == KEYFILE_OFFICERS_LEAST)
		return keyring_why(ERR_STATE, why, "two officers are named; they propose others (add-officer)");
	if (c->named > 0 && strcmp(c->parts->officers[0].name, name) == 0)
		return keyring_why(ERR_EXISTS, why, "%s is the other officer's name", name);
	e = officers_make(name, password, &c->parts->officers[c->named], why);
	c->named += e == 0;
	return e;
}

int custody_check_of(const struct keyfile_master *m, const struct share *s, uint8_t check[4])
{
	uint8_t mac[CRYPTO_SHA256_SIZE];
	int e = crypto_hmac_sha256(m->salt, sizeof(m->salt), s->bytes, SHARE_SIZE, mac);

	memcpy(check, mac, 4);
	return e;
}

/* The master key of c->parts under a secret that is made here; NULL: none is wanted. */
int custody_seal_unattended(struct custody *c, struct keyfile_master *m, uint8_t *unattended)
{
	int e = unattended != NULL ? crypto_random(unattended, TOKEN_MASTER_SIZE) : 0;

	if (unattended == NULL || e < 0)
		return e;
	m->unattended.len = TOKEN_MASTER_SIZE + AES_GCM_OVERHEAD;
	return aes_gcm_seal(unattended, "callkey unattended", 18, c->parts->master, TOKEN_MASTER_SIZE, m->unattended.data);
}

int custody_fill_master(struct custody *c, struct keyfile_master *m, uint8_t *unattended)
{
	int e;

	m->scheme = c->scheme;
	m->parts = (uint8_t)c->count;
	m->needed = (uint8_t)c->needed;
	e = crypto_random(m->salt, sizeof(m->salt));
	for (unsigned i = 0; e == 0 && i < c->count; i++)
		e = custody_check_of(m, &c->parts->in[i], m->check[i]);
	if (e == 0)
		e = shares_join(c->parts->in, c->needed, c->parts->master);
	return e == 0 ? custody_seal_unattended(c, m, unattended) : e;
}

int custody_commit_ceremony(struct custody *c, uint8_t *unattended, struct wall wall, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile_master m = { 0 };

	if (custody_fill_master(c, &m, unattended) < 0)
		return keyring_why(ERR_CRYPTO, why, "the parts could not be joined");
	return keyring_create(c->ring, c->parts->master, &m, c->named > 0 ? c->parts->officers : NULL, wall, why);
}
