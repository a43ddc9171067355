#include "keys/keyring.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "keys/keyring_priv.h"
#include "lib/disk.h"
#include "lib/secret.h"

int keyring_why(int e, char why[KEYFILE_WHY_SIZE], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, KEYFILE_WHY_SIZE, fmt, ap);
	va_end(ap);
	return e;
}

int keyring_tell(struct keyring *r, const char *what, const struct key *k, const char *detail)
{
	return r->note != NULL ? r->note(r->context, what, k, detail) : 0;
}

/* ---- opening ---- */

static int read_file(struct keyring *r, char why[KEYFILE_WHY_SIZE])
{
	int e = keyfile_read(r->path, &r->file, why);

	r->state = e == ERR_NOT_FOUND ? KEYRING_EMPTY : KEYRING_LOCKED;
	if (e == ERR_NOT_FOUND)
		return 0;
	if (e == 0 && strcmp(r->file.token, r->token->ops->name) != 0)
		return keyring_why(ERR_INVALID, why, "%s: its keys are for token %s, keystored.token is %s; they do not move by themselves",
		                   r->path, r->file.token, r->token->ops->name);
	return e;
}

int keyring_new(const struct keyring_config *c, struct keyring **r, char why[KEYFILE_WHY_SIZE])
{
	struct keyring *made = calloc(1, sizeof(*made));
	void *secret = NULL;
	int e = made == NULL ? ERR_NOMEM : secret_alloc(sizeof(*made->secret), &secret);

	if (e < 0) {
		free(made);
		return keyring_why(e, why, "no memory can be locked; raise RLIMIT_MEMLOCK (LimitMEMLOCK=)");
	}
	made->secret = secret;
	made->token = c->token;
	made->note = c->note;
	made->context = c->context;
	snprintf(made->path, sizeof(made->path), "%s", c->path);
	e = read_file(made, why);
	/* A process that died may have left it unsure. */
	made->unsure = made->state != KEYRING_EMPTY && disk_sync_folder_of(c->path) < 0;
	if (e < 0) {
		made->token = NULL;                   /* still the caller's */
		keyring_free(&made);
		return e;
	}
	*r = made;
	return 0;
}

void keyring_free(struct keyring **r)
{
	void *secret;

	if (*r == NULL)
		return;
	if ((*r)->token != NULL)
		(*r)->token->ops->lock((*r)->token);
	token_free(&(*r)->token);
	keyfile_clear(&(*r)->file);
	secret = (*r)->secret;
	secret_free(&secret, sizeof(*(*r)->secret));
	free(*r);
	*r = NULL;
}

enum keyring_state keyring_state(const struct keyring *r)
{
	return r->state;
}

const struct keyfile_master *keyring_master(const struct keyring *r)
{
	return &r->file.master;
}

void keyring_halt(struct keyring *r, bool halted)
{
	r->halted = halted;
}

bool keyring_is_ready(const struct keyring *r)
{
	return r->state == KEYRING_OPEN && !r->halted;
}

uint64_t keyring_generation(const struct keyring *r)
{
	return r->file.generation;
}

const char *keyring_token(const struct keyring *r)
{
	return r->token->ops->name;
}

unsigned keyring_can(const struct keyring *r)
{
	return r->token->ops->can(r->token);
}

const char *keyring_token_why(const struct keyring *r)
{
	return r->token->why;
}

const char *keyring_reason(const struct keyring *r, int e)
{
	return r->token->why[0] != '\0' ? r->token->why : err_name(e);
}

/* ---- the file ---- */

struct keyfile_entry *keyring_entry(const struct keyring *r, const char *name, uint32_t version)
{
	struct keyfile_entry *found = NULL;

	for (size_t i = 0; i < r->file.count; i++) {
		struct keyfile_entry *e = &r->file.entries[i];

		if (strcmp(e->key.name, name) != 0)
			continue;
		if (version != 0 ? e->key.version == version
		                 : e->key.state == KEY_ACTIVE && (found == NULL || e->key.version > found->key.version))
			found = e;
	}
	return found;
}

int keyring_begin(const struct keyring *r, struct keyfile *next)
{
	struct keyfile_entry *entries = calloc(KEYFILE_KEYS_MAX, sizeof(*entries));

	if (entries == NULL)
		return ERR_NOMEM;
	r->token->why[0] = '\0';
	*next = r->file;
	next->entries = entries;
	if (r->file.count > 0)
		memcpy(entries, r->file.entries, r->file.count * sizeof(*entries));
	return 0;
}

int keyring_commit(struct keyring *r, struct keyfile *next, char why[KEYFILE_WHY_SIZE])
{
	int e = keyfile_write(r->path, next, r->secret->master, &r->unsure, why);

	if (e < 0) {
		keyfile_clear(next);
		return e;
	}
	keyfile_clear(&r->file);
	r->file = *next;
	return 0;
}

bool keyring_is_unsure(const struct keyring *r)
{
	return r->unsure;
}

/* All of it anew: a second fsync that goes well says nothing of what the first one lost. */
int keyring_settle(struct keyring *r, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile next;

	if (!r->unsure || r->state != KEYRING_OPEN)
		return 0;
	return keyring_begin(r, &next) < 0 ? keyring_why(ERR_NOMEM, why, "no memory is free") : keyring_commit(r, &next, why);
}

/* ---- the master key ---- */

/* The wrapping key that acts first: the others are under it. */
int keyring_load_all(struct keyring *r, char why[KEYFILE_WHY_SIZE])
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < r->file.count; i++) {
			struct keyfile_entry *e = &r->file.entries[i];
			bool wrapping = e->key.usage == KEY_WRAPPING;

			if (wrapping != (pass == 0) || e->key.state == KEY_DESTROYED || (wrapping && e->key.state != KEY_ACTIVE))
				continue;
			r->token->why[0] = '\0';
			if (r->token->ops->load(r->token, &e->key, &e->wrapped, &e->slot) < 0)
				return keyring_why(ERR_CRYPTO, why, "key %s version %u cannot be opened%s%s; restore the key file from a backup",
				                   e->key.name, e->key.version, r->token->why[0] != '\0' ? ": " : "", r->token->why);
			e->loaded = true;
		}
	return 0;
}

void keyring_lock(struct keyring *r)
{
	r->token->ops->lock(r->token);
	secret_wipe(r->secret, sizeof(*r->secret));
	r->agreed.change = KEYRING_NO_CHANGE;
	for (size_t i = 0; i < r->file.count; i++)
		r->file.entries[i].loaded = false;
	if (r->state == KEYRING_OPEN)
		r->state = KEYRING_LOCKED;
}

int keyring_unlock(struct keyring *r, const uint8_t master[TOKEN_MASTER_SIZE], char why[KEYFILE_WHY_SIZE])
{
	uint8_t kcv[KEY_KCV_SIZE];
	int e;

	if (r->state != KEYRING_LOCKED)
		return keyring_why(ERR_STATE, why, r->state == KEYRING_EMPTY ? "there are no keys yet; hold the key ceremony first"
		                                                              : "the keys are open already");
	e = aes_kcv(master, TOKEN_MASTER_SIZE, kcv);
	if (e == 0 && !secret_equal(kcv, r->file.master.kcv, sizeof(kcv)))
		return keyring_why(ERR_CRYPTO, why, "this is another master key: the check value differs");
	if (e == 0 && keyfile_check(r->path, master) < 0)
		return keyring_why(ERR_CRYPTO, why, "%s was changed by somebody without the master key; restore it from a backup", r->path);
	r->token->why[0] = '\0';
	if (e == 0)
		e = r->token->ops->unlock(r->token, master);
	if (e < 0)
		return keyring_why(e, why, "the token does not open: %s", keyring_reason(r, e));
	memcpy(r->secret->master, master, TOKEN_MASTER_SIZE);
	r->state = KEYRING_OPEN;
	e = keyring_load_all(r, why);
	if (e == 0)
		e = keyring_tell(r, "unlocked", NULL, "");
	if (e < 0)
		keyring_lock(r);
	return e;
}

int keyring_zeroise(struct keyring *r)
{
	int e = 0;

	for (size_t i = 0; i < r->file.count; i++)
		if (r->token->ops->destroy(r->token, &r->file.entries[i].key, &r->file.entries[i].wrapped) < 0)
			e = ERR_IO;
	if (r->token->ops->reset(r->token) < 0)
		e = ERR_IO;
	keyring_lock(r);
	if (keyfile_shred(r->path) < 0)
		e = ERR_IO;
	r->unsure = false;                            /* its names were made to last, or e says */
	keyfile_clear(&r->file);
	r->state = KEYRING_EMPTY;
	/* The keys are gone whether or not it can be written down. */
	if (keyring_tell(r, "zeroised", NULL, e < 0 ? "the file could not be removed" : "") < 0)
		e = ERR_IO;
	return e;
}

/* ---- use ---- */

/* The key that is asked for, if its rule allows the use. */
static int take(struct keyring *r, const struct keyring_ask *a, enum key_mode mode, struct keyfile_entry **found)
{
	struct keyfile_entry *e = r->state == KEYRING_OPEN ? keyring_entry(r, a->name, a->version) : NULL;
	const char *why = "usage";

	if (r->state != KEYRING_OPEN || (r->halted && a->usage != KEY_AUDIT_SIGNING))
		return ERR_STATE;
	if (e == NULL || !e->loaded)
		return ERR_NOT_FOUND;
	if (e->key.usage != a->usage || key_may(&e->key, a->caller, mode, a->now, &why) < 0) {
		int told = keyring_tell(r, "use_refused", &e->key, why);

		return told < 0 ? told : ERR_DENIED;
	}
	*found = e;
	return 0;
}

int keyring_mac(struct keyring *r, const struct keyring_ask *a, const void *data, size_t len, uint8_t mac[32], uint32_t *used)
{
	struct keyfile_entry *k;
	int e = take(r, a, KEY_MAC, &k);

	if (e == 0)
		e = r->token->ops->mac(r->token, k->slot, data, len, mac);
	if (e == 0 && used != NULL)
		*used = k->key.version;
	return e;
}

int keyring_seal(struct keyring *r, const struct keyring_ask *a, const void *aad, size_t aad_len, const void *clear, size_t len,
                 uint8_t *out, uint32_t *used)
{
	struct keyfile_entry *k;
	int e = take(r, a, KEY_SEAL, &k);

	if (e == 0)
		e = r->token->ops->seal(r->token, k->slot, aad, aad_len, clear, len, out);
	if (e == 0 && used != NULL)
		*used = k->key.version;
	return e;
}

int keyring_open(struct keyring *r, const struct keyring_ask *a, const void *aad, size_t aad_len, const uint8_t *sealed, size_t len,
                 void *out, size_t size)
{
	struct keyfile_entry *k;
	int e = take(r, a, KEY_OPEN, &k);

	return e < 0 ? e : r->token->ops->open(r->token, k->slot, aad, aad_len, sealed, len, out, size);
}

int keyring_sign(struct keyring *r, const struct keyring_ask *a, const void *data, size_t len, uint8_t signature[TOKEN_SIGNATURE_SIZE],
                 uint32_t *used)
{
	struct keyfile_entry *k;
	int e = take(r, a, KEY_SIGN, &k);

	if (e == 0)
		e = r->token->ops->sign(r->token, k->slot, data, len, signature);
	if (e == 0 && used != NULL)
		*used = k->key.version;
	return e;
}

int keyring_public(struct keyring *r, const char *name, uint32_t version, uint8_t key[TOKEN_PUBLIC_SIZE])
{
	struct keyfile_entry *k = r->state == KEYRING_OPEN ? keyring_entry(r, name, version) : NULL;

	return k == NULL || !k->loaded ? ERR_NOT_FOUND : r->token->ops->public(r->token, k->slot, key);
}

int keyring_pem(struct keyring *r, const struct keyring_ask *a, char *pem, size_t size, uint32_t *used)
{
	struct keyfile_entry *k;
	int e = take(r, a, KEY_SEAL, &k);

	if (e == 0)
		e = r->token->ops->pem(r->token, k->slot, pem, size);
	if (e >= 0 && used != NULL)
		*used = k->key.version;
	return e;
}

int keyring_encdata(struct keyring *r, const struct keyring_ask *a, const struct token_encdata *d, char *out, size_t size)
{
	struct keyfile_entry *k;
	int e = take(r, a, KEY_SEAL, &k);

	return e < 0 ? e : r->token->ops->encdata(r->token, &k->key, k->slot, d, out, size);
}

struct gateway_choice keyring_choose(const struct keyring *r, const struct gateway_ask *a)
{
	struct gateway_choice c = { NULL, NULL, GATEWAY_KEY_NONE };

	for (size_t i = 0; i < r->file.count; i++)
		gateway_key_consider(&c, a, &r->file.entries[i].key);
	return c;
}

const struct key *keyring_find(const struct keyring *r, const char *name, uint32_t version)
{
	const struct keyfile_entry *e = keyring_entry(r, name, version);

	return e != NULL ? &e->key : NULL;
}

int keyring_each(const struct keyring *r, int (*fn)(const struct key *k, void *context), void *context)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < r->file.count; i++)
		e = fn(&r->file.entries[i].key, context);
	return e;
}

static bool is_followed(const struct keyring *r, const struct key *k)
{
	for (size_t i = 0; i < r->file.count; i++)
		if (gateway_key_follows(k, &r->file.entries[i].key))
			return true;
	return false;
}

size_t keyring_expiring(const struct keyring *r, struct wall at, const struct key **first)
{
	size_t count = 0;

	*first = NULL;
	for (size_t i = 0; i < r->file.count; i++) {
		const struct key *k = &r->file.entries[i].key;

		if (k->state != KEY_ACTIVE || k->active_until.ms == 0 || k->active_until.ms >= at.ms || is_followed(r, k))
			continue;
		count++;
		if (*first == NULL || k->active_until.ms < (*first)->active_until.ms)
			*first = k;
	}
	return count;
}
