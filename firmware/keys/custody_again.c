/* custody_again.c: custodians of before come, as many as open the keys, and what they prove by it lets the master key go to other hands, or
 * another one take its place, to which two officers have agreed before (dual.h); or it lets them name officers. The keys are open all the
 * while; until the last step nothing of them is changed. */
#include <string.h>

#include "crypto/crypto.h"
#include "keys/custody_priv.h"
#include "keys/keyring_priv.h"
#include "lib/secret.h"

static int may_begin(const struct custody *c, char why[KEYFILE_WHY_SIZE])
{
	if (keyring_state(c->ring) != KEYRING_OPEN)
		return keyring_why(ERR_STATE, why, keyring_state(c->ring) == KEYRING_EMPTY ? "there are no keys yet; hold the key ceremony first"
		                   : "the keys are locked; unlock them first (callkey keys unlock)");
	if (c->what != CUSTODY_NOTHING)
		return keyring_why(ERR_STATE, why, "a ceremony is under way; break it off first");
	return 0;
}

/* As many of before as open the keys. */
static void ask_before(struct custody *c, enum custody_what what, struct mono now)
{
	c->what = what;
	c->needed = keyring_master(c->ring)->needed;
	c->in = 0;
	c->asks_before = true;
	c->touched = now;
}

int custody_appoint(struct custody *c, struct mono now, char why[KEYFILE_WHY_SIZE])
{
	int e = may_begin(c, why);

	if (e == 0)
		ask_before(c, CUSTODY_APPOINT, now);
	return e;
}

int custody_again(struct custody *c, enum keyring_change change, struct mono now, char why[KEYFILE_WHY_SIZE])
{
	const struct keyring_agreed *a = keyring_agreed(c->ring, now);
	int e = may_begin(c, why);

	if (e < 0)
		return e;
	if (change == KEYRING_RENEW && keyring_may_renew(c->ring, why) < 0)
		return ERR_DENIED;
	if (a == NULL || a->change != change)
		return keyring_why(ERR_DENIED, why, "two officers agree to it first: callkey keys propose %s --shares M/N --officer NAME",
		                   change == KEYRING_RENEW ? "renew" : "reshare");
	ask_before(c, change == KEYRING_RENEW ? CUSTODY_RENEW : CUSTODY_RESHARE, now);
	c->deal = true;
	return 0;
}

int custody_prove(struct custody *c, char why[KEYFILE_WHY_SIZE])
{
	const struct keyring_agreed *a = keyring_agreed(c->ring, c->touched);
	int e = shares_join(c->parts->in, c->in, c->parts->master);

	if (e == 0)
		e = keyring_is_master(c->ring, c->parts->master);
	c->wrong += e == ERR_CRYPTO;
	if (e < 0)
		return keyring_why(e, why, "these parts together are not the master key of this appliance");
	if (c->what != CUSTODY_APPOINT && a == NULL)
		return keyring_why(ERR_DENIED, why, "the time for which officers agreed to it is over");
	c->wrong = 0;
	c->asks_before = false;
	if (c->what == CUSTODY_APPOINT) {
		secret_wipe(c->parts->master, sizeof(c->parts->master));
		return 0;
	}
	if (c->what == CUSTODY_RENEW && crypto_random(c->parts->master, sizeof(c->parts->master)) < 0)
		return keyring_why(ERR_CRYPTO, why, "the master key could not be made");
	return custody_split(c, a->scheme, a->needed, a->parts, why);
}

int custody_commit_again(struct custody *c, uint8_t *unattended, struct wall wall, char why[KEYFILE_WHY_SIZE])
{
	const struct keyfile_master *was = keyring_master(c->ring);
	struct keyfile_master m = { 0 };

	if (c->what == CUSTODY_APPOINT)
		return keyring_appoint(c->ring, c->parts->officers, why);
	if (custody_fill_master(c, &m, unattended) < 0)
		return keyring_why(ERR_CRYPTO, why, "the parts could not be joined");
	if (c->what == CUSTODY_RENEW)
		return keyring_renew(c->ring, c->parts->master, &m, wall, why);
	if (keyring_is_master(c->ring, c->parts->master) < 0)
		return keyring_why(ERR_CRYPTO, why, "the parts are not the master key any more; the keys are as they were");
	/* The secret of unattended starts opens the same master key as before. */
	if (unattended == NULL)
		m.unattended = was->unattended;
	return keyring_reshare(c->ring, &m, why);
}
