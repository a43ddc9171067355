/* keyring_backup.c: the keys as a whole, out and in. */
#include <inttypes.h>
#include <string.h>

#include "keys/keyring_priv.h"
#include "lib/secret.h"

int keyring_backup(struct keyring *r, const char *box, struct wall now, char **text, char why[KEYFILE_WHY_SIZE])
{
	int e;

	if (r->state != KEYRING_OPEN)
		return keyring_why(ERR_STATE, why, r->state == KEYRING_EMPTY ? "there are no keys yet; hold the key ceremony first (callkey keys "
		                   "ceremony)" : "the keys are locked; unlock them first (callkey keys unlock)");
	e = keyring_tell(r, "backed up", NULL, box);
	return e < 0 ? keyring_why(e, why, "the audit log cannot be written, and without it nothing is done; is the disk full?")
	             : backup_make(&r->file, r->secret->master, box, now, text, why);
}

/* Why a backup is not for an appliance that has keys. */
static int refuse(const struct keyring *r, const struct backup_head *h, char why[KEYFILE_WHY_SIZE])
{
	const struct keyfile_master *m = &r->file.master;
	uint64_t here = r->file.generation;

	if (memcmp(m->salt, h->master.salt, sizeof(m->salt)) != 0 || memcmp(m->kcv, h->master.kcv, sizeof(m->kcv)) != 0)
		return keyring_why(ERR_STATE, why, "there are keys here, of another master key (check value %02X%02X%02X; the backup's, of %s, is "
		                   "%02X%02X%02X); nothing was changed", m->kcv[0], m->kcv[1], m->kcv[2], h->box, h->master.kcv[0],
		                   h->master.kcv[1], h->master.kcv[2]);
	if (h->generation == here)
		return keyring_why(ERR_STATE, why, "the keys here are those of the backup, generation %" PRIu64 "; nothing is to be restored", here);
	if (h->generation < here)
		return keyring_why(ERR_STATE, why, "the backup is older, generation %" PRIu64 "; here it is %" PRIu64 ", and what was made since "
		                   "would be lost; nothing was changed", h->generation, here);
	return keyring_why(ERR_STATE, why, "the backup is newer, generation %" PRIu64 "; here it is %" PRIu64 ". To take it, move the key file "
	                   "(keystored.keys_dir) away and start keystored again", h->generation, here);
}

int keyring_may_restore(const struct keyring *r, const struct backup_head *h, char why[KEYFILE_WHY_SIZE])
{
	if (r->state != KEYRING_EMPTY)
		return refuse(r, h, why);
	if (strcmp(h->token, r->token->ops->name) != 0)
		return keyring_why(ERR_INVALID, why, "the backup is of keys in token %s, keystored.token is %s here", h->token, r->token->ops->name);
	return 0;
}

/* Does each key open here? A key of a hardware module is in the module, the backup has its name. */
static int try_keys(struct keyring *r, const uint8_t master[TOKEN_MASTER_SIZE], struct keyfile *f, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile none = r->file;
	int e;

	r->token->why[0] = '\0';
	e = r->token->ops->unlock(r->token, master);
	if (e < 0)
		return keyring_why(e, why, "the token does not open: %s", keyring_reason(r, e));
	r->file = *f;
	e = keyring_load_all(r, why);
	keyring_lock(r);
	r->file = none;
	return e;
}

int keyring_restore(struct keyring *r, const uint8_t master[TOKEN_MASTER_SIZE], struct keyfile *f, char why[KEYFILE_WHY_SIZE])
{
	int e = r->state != KEYRING_EMPTY ? keyring_why(ERR_STATE, why, "there are keys already") : try_keys(r, master, f, why);

	if (e == 0) {
		e = keyring_tell(r, "restored", NULL, "");
		if (e < 0)
			keyring_why(e, why, "the audit log cannot be written, and without it nothing is done; is the disk full?");
	}
	if (e == 0)
		e = keyfile_write(r->path, f, master, &r->unsure, why);
	if (e < 0)
		return e;
	keyfile_clear(&r->file);
	r->file = *f;
	memset(f, 0, sizeof(*f));
	r->state = KEYRING_LOCKED;
	return keyring_unlock(r, master, why);
}
