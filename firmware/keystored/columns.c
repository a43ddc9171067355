#include "keystored/columns.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "keystored/budget.h"
#include "lib/log.h"
#include "lib/secret.h"

/* What a wrapped data key is bound to: it is none of another use. */
static const char bound_to[] = "callkey-column-data-key/1";
/* What the key of a data key's blind index is derived for (SP 800-108: one HMAC, label before context). */
static const char index_label[] = "callkey-blind-index/1/";

struct columns { struct keyring *ring; struct budget budget; uint8_t *clear; };   /* clear: locked */

int columns_new(struct keyring *ring, struct columns **c)
{
	struct columns *made = calloc(1, sizeof(*made));
	void *clear = NULL;
	int e = made == NULL ? ERR_NOMEM : secret_alloc(VAULT_DATA_KEY_SIZE, &clear);

	if (e < 0) {
		free(made);
		return e;
	}
	*made = (struct columns){ ring, budget_of(COLUMNS_PER_S, clock_mono()), clear };
	*c = made;
	return 0;
}

void columns_free(struct columns **c)
{
	void *clear;

	if (*c == NULL)
		return;
	clear = (*c)->clear;
	secret_free(&clear, VAULT_DATA_KEY_SIZE);
	free(*c);
	*c = NULL;
}

static int make(struct columns *c, const struct keyring_ask *key, struct vault_column_key_given *out)
{
	int e = crypto_random(c->clear, VAULT_DATA_KEY_SIZE);

	if (e == 0)
		e = keyring_seal(c->ring, key, bound_to, sizeof(bound_to) - 1, c->clear, VAULT_DATA_KEY_SIZE, out->wrapped.data, &out->version);
	out->wrapped.len = VAULT_WRAPPED_SIZE;
	return e;
}

static int open_one(struct columns *c, const struct keyring_ask *key, const struct vault_column_key *ask, struct vault_column_key_given *out)
{
	int n = keyring_open(c->ring, key, bound_to, sizeof(bound_to) - 1, ask->wrapped.data, ask->wrapped.len, c->clear, VAULT_DATA_KEY_SIZE);

	if (n != VAULT_DATA_KEY_SIZE)
		return n < 0 ? n : ERR_CRYPTO;
	out->wrapped.len = ask->wrapped.len;
	memcpy(out->wrapped.data, ask->wrapped.data, ask->wrapped.len);
	out->version = ask->version;
	return 0;
}

/* version 0: the active one. */
static int derive_index(struct columns *c, uint32_t version, struct wall now, struct vault_column_key_given *out)
{
	const struct keyring_ask key = { "index", version, KEY_BLIND_INDEX, KEY_BY_ARSD, now };
	uint8_t text[sizeof(index_label) - 1 + VAULT_WRAPPED_SIZE];
	int e;

	memcpy(text, index_label, sizeof(index_label) - 1);
	memcpy(text + sizeof(index_label) - 1, out->wrapped.data, VAULT_WRAPPED_SIZE);
	e = keyring_mac(c->ring, &key, text, sizeof(text), out->index.data, &out->index_version);
	if (e == 0)
		out->index.len = VAULT_DATA_KEY_SIZE;
	return e;
}

static uint32_t active_version(const struct columns *c, const char *name)
{
	const struct key *active = keyring_find(c->ring, name, 0);

	return active != NULL ? active->version : 0;
}

static enum vault_status give(struct columns *c, const struct vault_column_key *ask, struct vault_column_key_given *out)
{
	struct keyring_ask key = { .name = "column", .usage = KEY_COLUMN, .caller = KEY_BY_ARSD, .now = clock_wall() };
	int e;

	if (!keyring_is_ready(c->ring))
		return VAULT_LOCKED;
	if (ask->wrapped.len == 0) {
		e = make(c, &key, out);
		if (e == 0)
			e = derive_index(c, 0, key.now, out);
	} else {
		/* Version 0 would be the active one, whatever it is by now. */
		key.version = ask->version == 0 ? UINT32_MAX : ask->version;
		e = open_one(c, &key, ask, out);
		out->index_version = ask->index_version;
		/* What it sealed opens, also if nothing is found by it any more. */
		if (e == 0 && ask->index_version != 0 && derive_index(c, ask->index_version, key.now, out) < 0)
			log_warn("column_index_refused", "version=%u", ask->index_version);
	}
	if (e < 0)
		return e == ERR_DENIED ? VAULT_REFUSED : VAULT_FAILED;
	out->active = active_version(c, "column");
	out->index_active = active_version(c, "index");
	out->secret.len = VAULT_DATA_KEY_SIZE;
	memcpy(out->secret.data, c->clear, VAULT_DATA_KEY_SIZE);
	return VAULT_OK;
}

void columns_key(struct columns *c, const struct vault_column_key *ask, struct mono now, struct vault_column_key_given *out)
{
	enum vault_status status = VAULT_BUSY;

	memset(out, 0, sizeof(*out));
	if (budget_take(&c->budget, now))
		status = give(c, ask, out);
	secret_wipe(c->clear, VAULT_DATA_KEY_SIZE);
	if (status != VAULT_OK)
		secret_wipe(out, sizeof(*out));
	out->req = ask->req;
	out->status = (uint8_t)status;
}
