/* keyring_renew.c: another master key over the same keys, and the same master key in other hands. */
#include <stdio.h>
#include <string.h>

#include "crypto/aes.h"
#include "keys/keyring_priv.h"
#include "lib/log.h"
#include "lib/secret.h"

void keyring_agree(struct keyring *r, const struct keyring_agreed *a)
{
	r->agreed = *a;
}

const struct keyring_agreed *keyring_agreed(const struct keyring *r, struct mono now)
{
	return r->agreed.change != KEYRING_NO_CHANGE && mono_diff_ms(now, r->agreed.until) > 0 ? &r->agreed : NULL;
}

int keyring_may_renew(const struct keyring *r, char why[KEYFILE_WHY_SIZE])
{
	if (keyring_can(r) & TOKEN_CAN_RENEW)
		return 0;
	return keyring_why(ERR_DENIED, why, "token %s keeps its master key: its PIN comes from it, and PIN and key file do not change in one step. The "
	                   "master key there is can be shared anew (reshare); another one takes a ceremony", r->token->ops->name);
}

int keyring_is_master(const struct keyring *r, const uint8_t master[TOKEN_MASTER_SIZE])
{
	if (r->state != KEYRING_OPEN)
		return ERR_STATE;
	return secret_equal(master, r->secret->master, TOKEN_MASTER_SIZE) ? 0 : ERR_CRYPTO;
}

static int begin(struct keyring *r, struct keyfile *next, const struct keyfile_master *m, char why[KEYFILE_WHY_SIZE])
{
	if (r->state != KEYRING_OPEN)
		return keyring_why(ERR_STATE, why, "the keys are locked");
	if (keyring_begin(r, next) < 0)
		return keyring_why(ERR_NOMEM, why, "no memory is free");
	next->master = *m;
	memcpy(next->master.kcv, r->file.master.kcv, sizeof(next->master.kcv));
	return 0;
}

/* "any 3 of 5 shares in place of 2 components" */
static int tell(struct keyring *r, const char *what, const struct keyfile_master *m, char why[KEYFILE_WHY_SIZE])
{
	const struct keyfile_master *was = &r->file.master;
	char detail[120];

	snprintf(detail, sizeof(detail), "check value %02X%02X%02X, %u of %u %s in place of %u of %u %s%s", m->kcv[0], m->kcv[1], m->kcv[2], m->needed,
	         m->parts, m->scheme == KEYFILE_SHARES ? "shares" : "components", was->needed, was->parts,
	         was->scheme == KEYFILE_SHARES ? "shares" : "components", m->unattended.len > 0 ? ", unattended starts" : "");
	return keyring_tell(r, what, NULL, detail) == 0 ? 0
	     : keyring_why(ERR_IO, why, "the audit log cannot be written, and without it nothing is done; is the disk full?");
}

/* The file of before still has the keys under what was replaced: one more write, and it has not. The change itself is made. */
static void leave_no_old_file(struct keyring *r)
{
	char why[KEYFILE_WHY_SIZE];
	struct keyfile next;
	int e = keyring_begin(r, &next);

	if (e == 0)
		e = keyring_commit(r, &next, why);
	if (e < 0)
		log_warn("old_key_file_stays", "file=%s.old hint=\"it opens with the parts of before; the next change of a key ends it\"", r->path);
}

/* ---- other hands ---- */

int keyring_reshare(struct keyring *r, const struct keyfile_master *m, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile next;
	int e = begin(r, &next, m, why);

	if (e < 0)
		return e;
	e = tell(r, "master_reshared", &next.master, why);
	if (e < 0)
		keyfile_clear(&next);
	else
		e = keyring_commit(r, &next, why);
	if (e < 0)
		return e;
	r->agreed.change = KEYRING_NO_CHANGE;
	leave_no_old_file(r);
	return 0;
}

/* ---- another master key ---- */

/* The next wrapping key, under the master key of the token now; those before end. */
static int new_wrapping(struct keyring *r, struct keyfile *next, struct wall now, struct keyfile_entry **made, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile_entry *old = NULL, *k = NULL;
	int e;

	for (size_t i = 0; i < next->count; i++)
		if (next->entries[i].key.usage == KEY_WRAPPING && next->entries[i].key.state == KEY_ACTIVE)
			old = &next->entries[i];
	e = old == NULL ? keyring_why(ERR_STATE, why, "there is no wrapping key") : keyring_draft(next, old->key.name, KEY_WRAPPING, now, now, &k, why);
	if (e < 0)
		return e;
	k->key.state = KEY_ACTIVE;
	e = r->token->ops->generate(r->token, &k->key, &k->wrapped);
	if (e == 0)
		e = r->token->ops->load(r->token, &k->key, &k->wrapped, &k->slot);
	if (e < 0)
		return keyring_why(e, why, "the wrapping key: %s", keyring_reason(r, e));
	k->loaded = true;
	for (size_t i = 0; i < next->count; i++)
		if (next->entries[i].key.usage == KEY_WRAPPING) {
			next->entries[i].key.state = KEY_DESTROYED;
			secret_wipe(&next->entries[i].wrapped, sizeof(next->entries[i].wrapped));
		}
	next->count++;
	*made = k;
	return 0;
}

/* All of next under the new master key, and written. The token and r->secret have the new one meanwhile. *slot: of the new wrapping key,
 * TOKEN_SLOTS_MAX: none. next is taken or cleared. */
static int write_under_new(struct keyring *r, struct keyfile *next, struct wall now, uint32_t *slot, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile_entry *made = NULL;
	int e = aes_kcv(r->secret->master, TOKEN_MASTER_SIZE, next->master.kcv);

	if (e == 0 && memcmp(next->master.kcv, r->file.master.kcv, KEY_KCV_SIZE) == 0)
		e = keyring_why(ERR_EXISTS, why, "the new master key has the check value of the old one; begin again");
	if (e == 0)
		e = new_wrapping(r, next, now, &made, why);
	if (made != NULL)
		*slot = made->slot;
	if (e == 0) {
		e = keyring_wrap_all_again(r, next);
		if (e < 0)
			keyring_why(e, why, "the keys cannot be wrapped again: %s", keyring_reason(r, e));
	}
	if (e == 0)
		e = tell(r, "master_renewed", &next->master, why);
	if (e == 0)
		return keyring_commit(r, next, why);
	keyfile_clear(next);
	return e;
}

int keyring_renew(struct keyring *r, const uint8_t master[TOKEN_MASTER_SIZE], const struct keyfile_master *m, struct wall now,
                  char why[KEYFILE_WHY_SIZE])
{
	struct keyfile next;
	uint32_t slot = TOKEN_SLOTS_MAX;
	int e = keyring_may_renew(r, why);

	if (e == 0)
		e = begin(r, &next, m, why);
	if (e < 0)
		return e;
	e = r->token->ops->remaster(r->token, master);
	if (e < 0) {
		keyring_why(e, why, "%s", keyring_reason(r, e));
		keyfile_clear(&next);
		return e;
	}
	memcpy(r->secret->before, r->secret->master, TOKEN_MASTER_SIZE);
	memcpy(r->secret->master, master, TOKEN_MASTER_SIZE);
	e = write_under_new(r, &next, now, &slot, why);
	if (e < 0) {
		memcpy(r->secret->master, r->secret->before, TOKEN_MASTER_SIZE);
		if (r->token->ops->remaster(r->token, r->secret->before) < 0)
			keyring_lock(r);
		else if (slot != TOKEN_SLOTS_MAX)
			keyring_back_to_old_wrapping(r, slot);
	} else {
		keyring_drop_ended(r);
		r->agreed.change = KEYRING_NO_CHANGE;
		leave_no_old_file(r);
	}
	secret_wipe(r->secret->before, TOKEN_MASTER_SIZE);
	return e;
}
