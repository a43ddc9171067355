/* keyring_life.c: what officers do with keys. Each is one write of the file, with the note before it: what cannot be written
 * down is not done. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "keys/keyring_priv.h"
#include "keys/tr31.h"
#include "lib/secret.h"

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

static const char *said(const struct keyring *r, int e)
{
	if (r->token->why[0] != '\0')
		return r->token->why;
	if (e == ERR_IO)
		return "the audit log cannot be written, and without it nothing is done; is the disk full?";
	return e == ERR_DENIED ? "the token or the key's rule does not allow it" : e == ERR_INVALID ? "the key's bytes or block do not fit its usage"
	     : e == ERR_EXHAUSTED ? "there is room for no more keys" : e == ERR_CRYPTO ? "the cryptography refused it" : err_name(e);
}

/* The next version of a name; versions of destroyed keys count. ERR_INVALID: the name serves another usage. */
static int next_version(const struct keyfile *f, const char *name, enum key_usage usage, uint32_t *version)
{
	*version = 1;
	for (size_t i = 0; i < f->count; i++) {
		const struct key *k = &f->entries[i].key;

		if (strcmp(k->name, name) != 0)
			continue;
		if (k->usage != usage)
			return ERR_INVALID;
		if (k->version >= *version)
			*version = k->version + 1;
	}
	return 0;
}

int keyring_draft(struct keyfile *next, const char *name, enum key_usage usage, struct wall from, struct wall now, struct keyfile_entry **out,
                  char why[KEYFILE_WHY_SIZE])
{
	const struct key_rule *rule = key_rule(usage);
	struct keyfile_entry *e = &next->entries[next->count];

	if (next->count == KEYFILE_KEYS_MAX)
		return keyring_why(ERR_EXHAUSTED, why, "there is room for %d keys; destroy old versions", KEYFILE_KEYS_MAX);
	if (!key_name_is_good(name))
		return keyring_why(ERR_INVALID, why, "a key's name has letters, digits, '-', '_', '.' and '@', at most %d", KEY_NAME_SIZE - 1);
	memset(e, 0, sizeof(*e));
	if (next_version(next, name, usage, &e->key.version) < 0)
		return keyring_why(ERR_INVALID, why, "the name %s belongs to keys of another usage", name);
	snprintf(e->key.name, sizeof(e->key.name), "%s", name);
	e->key.usage = usage;
	e->key.algorithm = rule->algorithm;
	e->key.state = KEY_PRE_ACTIVE;
	e->key.exportable = rule->exportable;
	e->key.created = now;
	e->key.active_from = from.ms > now.ms ? from : now;
	e->key.active_until.ms = rule->days == 0 ? 0 : e->key.active_from.ms + rule->days * day_ms;
	*out = e;
	return 0;
}

/* What was made is loaded, noted and written; on failure nothing of it is left. */
static int settle(struct keyring *r, struct keyfile *next, struct keyfile_entry *e, const char *what, char why[KEYFILE_WHY_SIZE])
{
	struct token *t = r->token;
	struct keyfile_entry made;
	int error = 0;

	/* A new wrapping key is loaded when it acts. */
	if (e->key.usage != KEY_WRAPPING) {
		error = t->ops->load(t, &e->key, &e->wrapped, &e->slot);
		e->loaded = error == 0;
	}
	next->count++;
	if (error == 0)
		error = keyring_tell(r, what, &e->key, e->key.kid);
	if (error < 0)
		keyring_why(error, why, "%s", said(r, error));
	made = *e;
	if (error == 0)
		error = keyring_commit(r, next, why);
	else
		keyfile_clear(next);
	if (error < 0 && made.loaded)
		t->ops->unload(t, made.slot);
	if (error < 0)
		(void)t->ops->destroy(t, &made.key, &made.wrapped);
	return error;
}

/* ---- making ---- */

typedef int make_fn(struct keyring *r, struct keyfile_entry *e, const void *context);

static int make(struct keyring *r, const char *name, enum key_usage usage, struct wall from, struct wall now, const char *what, make_fn *fn,
                const void *context, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile next;
	struct keyfile_entry *e;
	int error = r->state != KEYRING_OPEN ? keyring_why(ERR_STATE, why, "the keys are locked") : keyring_begin(r, &next);

	if (error < 0)
		return error;
	error = keyring_draft(&next, name, usage, from, now, &e, why);
	if (error == 0) {
		error = fn(r, e, context);
		if (error < 0)
			keyring_why(error, why, "%s", said(r, error));
	}
	if (error < 0) {
		keyfile_clear(&next);
		return error;
	}
	return settle(r, &next, e, what, why);
}

static int make_new(struct keyring *r, struct keyfile_entry *e, const void *context UNUSED)
{
	return r->token->ops->generate(r->token, &e->key, &e->wrapped);
}

int keyring_generate(struct keyring *r, const char *name, enum key_usage usage, struct wall from, struct wall now, char why[KEYFILE_WHY_SIZE])
{
	return make(r, name, usage, from, now, "generated", make_new, NULL, why);
}

static int make_given(struct keyring *r, struct keyfile_entry *e, const void *context)
{
	const struct keyring_given *g = context;

	e->key.algorithm = g->algorithm;
	snprintf(e->key.kid, sizeof(e->key.kid), "%s", g->kid);
	if (g->until.ms != 0)
		e->key.active_until = g->until;
	return r->token->ops->import(r->token, &e->key, g->clear, g->len, &e->wrapped);
}

/* A kid names one key: a record says with it what opens it. */
static const struct key *same_kid(const struct keyring *r, const struct keyring_given *g)
{
	for (size_t i = 0; i < r->file.count; i++) {
		const struct key *k = &r->file.entries[i].key;

		if (strcmp(k->name, g->name) == 0 && strcmp(k->kid, g->kid) == 0 && (k->state == KEY_PRE_ACTIVE || k->state == KEY_ACTIVE))
			return k;
	}
	return NULL;
}

int keyring_import(struct keyring *r, const struct keyring_given *g, struct wall now, char why[KEYFILE_WHY_SIZE])
{
	const struct key *same = g->kid[0] != '\0' ? same_kid(r, g) : NULL;

	if (same != NULL)
		return keyring_why(ERR_EXISTS, why, "gateway %s has a key %s already: version %u, %s", g->name, g->kid, same->version,
		                   key_state_word(same->state));
	return make(r, g->name, g->usage, g->from, now, "imported", make_given, g, why);
}

struct block { const char *text; uint32_t transport; };

static int make_from_block(struct keyring *r, struct keyfile_entry *e, const void *context)
{
	const struct block *b = context;

	return r->token->ops->block_import(r->token, &e->key, b->transport, b->text, &e->wrapped);
}

/* The slot of an active transport key. */
static int transport_slot(struct keyring *r, const char *name, uint32_t *slot, char why[KEYFILE_WHY_SIZE])
{
	const struct keyfile_entry *e = r->state == KEYRING_OPEN ? keyring_entry(r, name, 0) : NULL;

	if (e == NULL || e->key.usage != KEY_TRANSPORT || !e->loaded)
		return keyring_why(ERR_NOT_FOUND, why, "there is no active transport key %s", name);
	*slot = e->slot;
	return 0;
}

int keyring_block_import(struct keyring *r, const char *name, enum key_usage usage, const char *transport, const char *block,
                         struct wall now, char why[KEYFILE_WHY_SIZE])
{
	struct block b = { block, 0 };
	int e = transport_slot(r, transport, &b.transport, why);

	return e < 0 ? e : make(r, name, usage, now, now, "imported", make_from_block, &b, why);
}

int keyring_block_export(struct keyring *r, const char *name, uint32_t version, const char *transport, char *block, size_t size,
                         struct wall now, char why[KEYFILE_WHY_SIZE])
{
	const struct keyfile_entry *k = r->state == KEYRING_OPEN ? keyring_entry(r, name, version) : NULL;
	const char *reason = "";
	uint32_t above = 0;
	int e = transport_slot(r, transport, &above, why);

	if (e < 0)
		return e;
	if (k == NULL || !k->loaded)
		return keyring_why(ERR_NOT_FOUND, why, "there is no key %s of this version", name);
	if (!k->key.exportable)
		return keyring_why(ERR_DENIED, why, "key %s never leaves the appliance", name);
	if (key_may(&keyring_entry(r, transport, 0)->key, KEY_BY_OFFICER, KEY_WRAP, now, &reason) < 0)
		return keyring_why(ERR_DENIED, why, "transport key %s: %s", transport, reason);
	r->token->why[0] = '\0';
	e = keyring_tell(r, "exported", &k->key, transport);
	if (e == 0)
		e = r->token->ops->block_export(r->token, &k->key, k->slot, above, block, size);
	return e < 0 ? keyring_why(e, why, "%s", said(r, e)) : e;
}

/* ---- states ---- */

static void retire_others(struct keyfile *next, const struct keyfile_entry *chosen)
{
	if (key_rule(chosen->key.usage)->several_active)
		return;
	for (size_t i = 0; i < next->count; i++) {
		struct key *k = &next->entries[i].key;

		if (k != &chosen->key && strcmp(k->name, chosen->key.name) == 0 && k->state == KEY_ACTIVE)
			k->state = KEY_RETIRED;
	}
}

int keyring_wrap_all_again(struct keyring *r, struct keyfile *next)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < next->count; i++) {
		struct keyfile_entry *k = &next->entries[i];

		if (k->loaded && k->key.usage != KEY_WRAPPING)
			e = r->token->ops->rewrap(r->token, &k->key, k->slot, &k->wrapped);
	}
	return e;
}

/* The old wrapping key stays loaded until the file is written: what fails goes back to it. */
static int change_wrapping(struct keyring *r, struct keyfile *next, struct keyfile_entry *chosen)
{
	int e = r->token->ops->load(r->token, &chosen->key, &chosen->wrapped, &chosen->slot);

	if (e < 0)
		return e;
	chosen->loaded = true;
	return keyring_wrap_all_again(r, next);
}

void keyring_back_to_old_wrapping(struct keyring *r, uint32_t slot)
{
	struct keyfile_entry *old = NULL;

	r->token->ops->unload(r->token, slot);
	for (size_t i = 0; i < r->file.count; i++)
		if (r->file.entries[i].key.usage == KEY_WRAPPING && r->file.entries[i].key.state == KEY_ACTIVE)
			old = &r->file.entries[i];
	if (old == NULL)
		return;
	r->token->ops->unload(r->token, old->slot);
	old->loaded = r->token->ops->load(r->token, &old->key, &old->wrapped, &old->slot) == 0;
}

static int apply_state(struct keyring *r, struct keyfile *next, struct keyfile_entry *chosen, enum key_state state)
{
	int e = 0;

	chosen->key.state = state;
	if (state == KEY_ACTIVE)
		retire_others(next, chosen);
	if (state == KEY_ACTIVE && chosen->key.usage == KEY_WRAPPING)
		e = change_wrapping(r, next, chosen);
	if (state == KEY_DESTROYED)
		secret_wipe(&chosen->wrapped, sizeof(chosen->wrapped));
	return e;
}

/* After the file says so: the file of before, which still has the key, and the token's object, without which a file of before would not open at
 * all: it stays while the disk may bring that file. */
static int finish_destruction(struct keyring *r, const struct key *k, const struct token_wrapped *wrapped, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile next;
	int told, e = keyring_begin(r, &next);

	if (e == 0)
		e = keyring_commit(r, &next, why);
	if (r->unsure)
		return keyring_why(ERR_IO, why, "key %s version %u is destroyed here; a failure of power may bring it back, for the disk fails", k->name,
		                   k->version);
	told = r->token->ops->destroy(r->token, k, wrapped);
	if (told < 0 && told != ERR_NOT_FOUND)
		return keyring_why(told, why, "key %s version %u is destroyed here; the token keeps its object: %s", k->name, k->version,
		                   err_name(told));
	return e;
}

void keyring_drop_ended(struct keyring *r)
{
	for (size_t i = 0; i < r->file.count; i++) {
		struct keyfile_entry *k = &r->file.entries[i];
		bool ended = k->key.state == KEY_DESTROYED || (k->key.usage == KEY_WRAPPING && k->key.state != KEY_ACTIVE);

		if (k->loaded && ended) {
			r->token->ops->unload(r->token, k->slot);
			k->loaded = false;
		}
	}
}

int keyring_set_state(struct keyring *r, const char *name, uint32_t version, enum key_state state, struct wall now UNUSED,
                      char why[KEYFILE_WHY_SIZE])
{
	struct keyfile next;
	struct keyfile_entry *now_is = keyring_entry(r, name, version), *chosen, before;
	bool wrapping;
	uint32_t slot;
	int e;

	if (r->state != KEYRING_OPEN)
		return keyring_why(ERR_STATE, why, "the keys are locked");
	if (now_is == NULL || version == 0)
		return keyring_why(ERR_NOT_FOUND, why, "there is no key %s of version %u", name, version);
	if (!key_may_become(now_is->key.state, state))
		return keyring_why(ERR_STATE, why, "key %s version %u is %s; it cannot become %s", name, version, key_state_word(now_is->key.state),
		                   key_state_word(state));
	wrapping = now_is->key.usage == KEY_WRAPPING;
	if (wrapping && now_is->key.state == KEY_ACTIVE)
		return keyring_why(ERR_STATE, why, "the wrapping key acts until another is activated");
	e = keyring_tell(r, "state", &now_is->key, key_state_word(state));
	if (e == 0)
		e = keyring_begin(r, &next);
	if (e < 0)
		return keyring_why(e, why, "%s", said(r, e));
	before = *now_is;
	chosen = &next.entries[now_is - r->file.entries];
	e = apply_state(r, &next, chosen, state);
	slot = chosen->slot;
	if (e < 0) {
		keyring_why(e, why, "%s", said(r, e));
		keyfile_clear(&next);
	} else {
		e = keyring_commit(r, &next, why);
	}
	if (e < 0 && wrapping && state == KEY_ACTIVE)
		keyring_back_to_old_wrapping(r, slot);
	if (e == 0)
		keyring_drop_ended(r);
	if (e == 0 && state == KEY_DESTROYED)
		e = finish_destruction(r, &before.key, &before.wrapped, why);
	return e;
}

/* ---- the first keys ---- */

enum { MISSING_SIZE = 80 };
static const struct { const char *name; enum key_usage usage; } first_keys[] = {
	{ "wrapping", KEY_WRAPPING }, { "fingerprint", KEY_FINGERPRINT }, { "consent", KEY_CONSENT_SIGNING }, { "audit", KEY_AUDIT_SIGNING },
	{ "column", KEY_COLUMN }, { "index", KEY_BLIND_INDEX },
};

/* missing: the names of those that the token cannot do, each with a blank behind it. */
static int make_first(struct keyring *r, struct keyfile *next, struct wall now, char missing[MISSING_SIZE], char why[KEYFILE_WHY_SIZE])
{
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(first_keys); i++) {
		unsigned needed = token_can_of(key_rule(first_keys[i].usage)->algorithm);
		struct keyfile_entry *k;
		int e;

		if ((keyring_can(r) & needed) != needed) {
			len += (size_t)snprintf(missing + len, MISSING_SIZE - len, "%s ", first_keys[i].name);
			continue;
		}
		e = keyring_draft(next, first_keys[i].name, first_keys[i].usage, now, now, &k, why);

		if (e < 0)
			return e;
		k->key.state = KEY_ACTIVE;
		e = r->token->ops->generate(r->token, &k->key, &k->wrapped);
		if (e == 0)
			e = r->token->ops->load(r->token, &k->key, &k->wrapped, &k->slot);
		if (e < 0)
			return keyring_why(e, why, "key %s: %s", first_keys[i].name, said(r, e));
		k->loaded = true;
		next->count++;
	}
	return 0;
}

/* Those that custodians named, each in the log. */
static int put_officers(struct keyring *r, struct keyfile *next, const struct keyfile_officer *officers)
{
	int e = 0;

	for (size_t i = 0; e == 0 && officers != NULL && i < KEYFILE_OFFICERS_LEAST; i++) {
		next->officers[next->officer_count++] = officers[i];
		e = keyring_tell(r, "officer_added", NULL, officers[i].name);
	}
	return e;
}

static int create_file(struct keyring *r, const struct keyfile_master *m, const struct keyfile_officer *officers, struct wall now,
                       char why[KEYFILE_WHY_SIZE])
{
	struct keyfile next = { .master = *m };
	char missing[MISSING_SIZE] = "", detail[MISSING_SIZE + 32] = "";
	int e = aes_kcv(r->secret->master, TOKEN_MASTER_SIZE, next.master.kcv);

	next.entries = calloc(KEYFILE_KEYS_MAX, sizeof(*next.entries));
	if (next.entries == NULL || e < 0) {
		free(next.entries);
		return keyring_why(ERR_NOMEM, why, "no memory is free");
	}
	snprintf(next.token, sizeof(next.token), "%s", r->token->ops->name);
	e = make_first(r, &next, now, missing, why);
	if (missing[0] != '\0')
		snprintf(detail, sizeof(detail), "without, for the token cannot: %s", missing);
	if (e == 0)
		e = keyring_tell(r, "created", NULL, detail);
	if (e == 0)
		e = put_officers(r, &next, officers);
	if (e < 0) {
		keyfile_clear(&next);
		return e;
	}
	return keyring_commit(r, &next, why);
}

int keyring_create(struct keyring *r, const uint8_t master[TOKEN_MASTER_SIZE], const struct keyfile_master *m,
                   const struct keyfile_officer *officers, struct wall now, char why[KEYFILE_WHY_SIZE])
{
	int e;

	if (r->state != KEYRING_EMPTY)
		return keyring_why(ERR_STATE, why, "there are keys already; a new ceremony comes after they are zeroised");
	r->token->why[0] = '\0';
	e = r->token->ops->prepare(r->token, master);
	if (e == 0)
		e = r->token->ops->unlock(r->token, master);
	if (e < 0)
		return keyring_why(e, why, "the token does not open: %s", keyring_reason(r, e));
	memcpy(r->secret->master, master, TOKEN_MASTER_SIZE);
	e = create_file(r, m, officers, now, why);
	if (e < 0) {
		/* What was made is gone again, and another ceremony finds an empty token. */
		(void)r->token->ops->reset(r->token);
		keyring_lock(r);
	} else {
		r->state = KEYRING_OPEN;
	}
	return e;
}
