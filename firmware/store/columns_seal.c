/* columns_seal.c: one value, sealed and opened: "sealed/1/KEY/" and IV, text and tag in base64url. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "store/columns_priv.h"

enum { AAD_SIZE = 200, TEXT_MAX = 20000 };
static const char prefix[] = "sealed/1/";

struct slot { int64_t id; uint8_t key[COLUMNS_KEY_SIZE]; };
struct columns {
	int64_t newest;                               /* in the store; 0: none */
	size_t count;
	struct slot *slots;                           /* locked; NULL before the first key */
	bool took_clear;
	uint8_t room[TEXT_MAX + AES_GCM_OVERHEAD];
	char clear[TEXT_MAX + 1];
};

int columns_new(struct columns **c)
{
	*c = calloc(1, sizeof(**c));
	return *c == NULL ? ERR_NOMEM : 0;
}

static void drop_slots(struct columns *c)
{
	void *slots = c->slots;

	secret_free(&slots, COLUMNS_KEYS_MAX * sizeof(struct slot));
	c->slots = NULL;
	c->count = 0;
}

void columns_free(struct columns **c)
{
	if (*c == NULL)
		return;
	drop_slots(*c);
	free(*c);
	*c = NULL;
}

void columns_set_newest(struct columns *c, int64_t newest)
{
	c->newest = newest;
}

int64_t columns_newest(const struct columns *c)
{
	return c->newest;
}

void columns_wipe(struct columns *c)
{
	drop_slots(c);
}

static const struct slot *slot_of(const struct columns *c, int64_t id)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->slots[i].id == id)
			return &c->slots[i];
	return NULL;
}

int columns_put(struct columns *c, int64_t id, const uint8_t key[COLUMNS_KEY_SIZE])
{
	void *slots = NULL;
	int e;

	if (slot_of(c, id) != NULL)
		return 0;
	if (c->count == COLUMNS_KEYS_MAX)
		return ERR_EXHAUSTED;
	if (c->slots == NULL) {
		e = secret_alloc(COLUMNS_KEYS_MAX * sizeof(struct slot), &slots);
		if (e < 0)
			return e;
		c->slots = slots;
	}
	c->slots[c->count].id = id;
	memcpy(c->slots[c->count++].key, key, COLUMNS_KEY_SIZE);
	return 0;
}

bool columns_lack_newest(const struct columns *c)
{
	return c->newest != 0 && slot_of(c, c->newest) == NULL;
}

bool columns_took_clear(struct columns *c)
{
	bool took = c->took_clear;

	c->took_clear = false;
	return took;
}

/* ---- text ---- */

/* The key's id, and where the rest begins; 0: it is not sealed. */
static int64_t key_of(const char *text, const char **rest)
{
	char *end;
	long long id;

	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0 || text[sizeof(prefix) - 1] < '1' || text[sizeof(prefix) - 1] > '9')
		return 0;
	id = strtoll(text + sizeof(prefix) - 1, &end, 10);
	*rest = end + 1;
	return *end == '/' ? id : 0;
}

bool columns_is_sealed(const char *text)
{
	const char *rest;

	return key_of(text, &rest) != 0;
}

bool columns_is_old(const struct columns *c, const char *text)
{
	const char *rest;

	return text[0] != '\0' && key_of(text, &rest) != c->newest;
}

static size_t aad_of(const struct column_place *p, char aad[AAD_SIZE])
{
	int n = snprintf(aad, AAD_SIZE, "%s/%s/%s", p->table, p->column, p->row);

	return n < 0 ? 0 : n < AAD_SIZE ? (size_t)n : AAD_SIZE - 1;
}

int columns_seal(struct columns *c, const struct column_place *p, const char *clear, char *out, size_t size)
{
	const struct slot *k = slot_of(c, c->newest);
	size_t len = strlen(clear);
	char aad[AAD_SIZE];
	int e, n;

	if (clear[0] == '\0' || k == NULL || columns_is_sealed(clear)) {
		c->took_clear |= clear[0] != '\0' && c->newest != 0 && !columns_is_sealed(clear);
		return (size_t)snprintf(out, size, "%s", clear) < size ? 0 : ERR_TOO_LONG;
	}
	if (len > TEXT_MAX)
		return ERR_TOO_LONG;
	e = aes_gcm_seal(k->key, aad, aad_of(p, aad), clear, len, c->room);
	if (e < 0)
		return e;
	n = snprintf(out, size, "%s%" PRId64 "/", prefix, k->id);
	n = base64url_encode(c->room, len + AES_GCM_OVERHEAD, out + n, size - (size_t)n);
	return n < 0 ? n : 0;
}

int columns_open(struct columns *c, const struct column_place *p, char *text, size_t size)
{
	const char *rest = "";
	int64_t id = key_of(text, &rest);
	const struct slot *k = id == 0 ? NULL : slot_of(c, id);
	char aad[AAD_SIZE];
	int n;

	if (k == NULL)
		return 0;
	n = base64url_decode(rest, strlen(rest), c->room, sizeof(c->room));
	if (n > 0)
		n = aes_gcm_open(k->key, aad, aad_of(p, aad), c->room, (size_t)n, c->clear, size - 1 < TEXT_MAX ? size - 1 : TEXT_MAX);
	if (n <= 0) {
		log_error("column_damaged", "table=%s column=%s row=%s hint=\"it was changed, or is another row's\"", p->table, p->column, p->row);
		return ERR_CRYPTO;
	}
	memcpy(text, c->clear, (size_t)n);
	memset(text + n, 0, size - (size_t)n);
	return 0;
}
