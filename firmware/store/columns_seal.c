/* columns_seal.c: one value, sealed and opened: "sealed/1/KEY/" and IV, text and tag in base64url; and a number's index: "KEY/" and the
 * first half of an HMAC in base64url. Each data key's contexts are set up once. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "store/columns_priv.h"

enum { AAD_SIZE = 512, INDEX_OCTETS = 16 };
static const char prefix[] = "sealed/1/";

/* index: NULL for a key by which nothing is found. */
struct slot { int64_t id; struct aes_gcm *gcm; struct hmac *index; };
struct columns {
	int64_t newest;                               /* in the store; 0: none */
	size_t count;
	struct slot slots[COLUMNS_KEYS_MAX];
	bool took_clear;
	uint8_t room[COLUMNS_TEXT_MAX + AES_GCM_OVERHEAD];
	char clear[COLUMNS_TEXT_MAX + 1];
};

int columns_new(struct columns **c)
{
	*c = calloc(1, sizeof(**c));
	return *c == NULL ? ERR_NOMEM : 0;
}

void columns_wipe(struct columns *c)
{
	for (size_t i = 0; i < c->count; i++) {
		aes_gcm_free(&c->slots[i].gcm);
		hmac_free(&c->slots[i].index);
	}
	c->count = 0;
	secret_wipe(c->clear, sizeof(c->clear));
}

void columns_free(struct columns **c)
{
	if (*c == NULL)
		return;
	columns_wipe(*c);
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

static const struct slot *slot_of(const struct columns *c, int64_t id)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->slots[i].id == id)
			return &c->slots[i];
	return NULL;
}

int columns_put(struct columns *c, int64_t id, const uint8_t key[COLUMNS_KEY_SIZE], const uint8_t *index)
{
	struct slot *made = &c->slots[c->count];
	int e;

	if (slot_of(c, id) != NULL)
		return 0;
	if (c->count == COLUMNS_KEYS_MAX)
		return ERR_EXHAUSTED;
	*made = (struct slot){ .id = id };
	e = aes_gcm_new(key, &made->gcm);
	if (e == 0 && index != NULL)
		e = hmac_new(index, COLUMNS_KEY_SIZE, &made->index);
	if (e < 0)
		aes_gcm_free(&made->gcm);
	c->count += e == 0;
	return e;
}

bool columns_lack_newest(const struct columns *c)
{
	const struct slot *k = slot_of(c, c->newest);

	return c->newest != 0 && (k == NULL || k->index == NULL);
}

bool columns_took_clear(struct columns *c)
{
	bool took = c->took_clear;

	c->took_clear = false;
	return took;
}

/* ---- sealed text ---- */

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
		if (len >= size)
			return ERR_TOO_LONG;
		memcpy(out, clear, len + 1);
		return 0;
	}
	if (len > COLUMNS_TEXT_MAX)
		return ERR_TOO_LONG;
	e = aes_gcm_seal_next(k->gcm, aad, aad_of(p, aad), clear, len, c->room);
	if (e < 0)
		return e;
	n = snprintf(out, size, "%s%" PRId64 "/", prefix, k->id);
	n = base64url_encode(c->room, len + AES_GCM_OVERHEAD, out + n, size - (size_t)n);
	return n < 0 ? n : 0;
}

/* How long the clear text in c->clear is. */
static int open_value(struct columns *c, const struct slot *k, const struct column_place *p, const char *rest)
{
	char aad[AAD_SIZE];
	int n = base64url_decode(rest, strlen(rest), c->room, sizeof(c->room));

	if (n > 0)
		n = aes_gcm_open_next(k->gcm, aad, aad_of(p, aad), c->room, (size_t)n, c->clear, COLUMNS_TEXT_MAX);
	if (n > 0)
		return n;
	log_error("column_damaged", "table=%s column=%s row=%s hint=\"it was changed, or is another row's\"", p->table, p->column, p->row);
	return ERR_CRYPTO;
}

static int copy(const char *from, size_t len, char *out, size_t size)
{
	if (len >= size)
		return ERR_TOO_LONG;
	memmove(out, from, len);
	memset(out + len, 0, size - len);
	return 0;
}

int columns_read(struct columns *c, const struct column_place *p, const char *stored, char *out, size_t size)
{
	const char *rest = "";
	int64_t id = key_of(stored, &rest);
	const struct slot *k = slot_of(c, id);
	int n;

	if (id == 0)
		return copy(stored, strlen(stored), out, size);
	if (k == NULL)
		return ERR_STATE;
	n = open_value(c, k, p, rest);
	return n < 0 ? n : copy(c->clear, (size_t)n, out, size);
}

int columns_open(struct columns *c, const struct column_place *p, char *text, size_t size)
{
	int e = columns_is_sealed(text) ? columns_read(c, p, text, text, size) : 0;

	return e == ERR_STATE ? 0 : e;
}

/* ---- indexes ---- */

static int make_index(const struct slot *k, const struct column_index *i, char out[COLUMNS_INDEX_SIZE])
{
	uint8_t mac[CRYPTO_SHA256_SIZE];
	char text[AAD_SIZE];
	int n = snprintf(text, sizeof(text), "%s/%s/%s", i->what, i->with, i->number), e;

	if (n < 0 || n >= (int)sizeof(text))
		return ERR_TOO_LONG;
	e = hmac_next(k->index, text, (size_t)n, mac);
	if (e < 0)
		return e;
	n = snprintf(out, COLUMNS_INDEX_SIZE, "%" PRId64 "/", k->id);
	n = base64url_encode(mac, INDEX_OCTETS, out + n, COLUMNS_INDEX_SIZE - (size_t)n);
	return n < 0 ? n : 0;
}

int columns_index(struct columns *c, const struct column_index *i, char out[COLUMNS_INDEX_SIZE])
{
	const struct slot *k = slot_of(c, c->newest);

	if (columns_lack_newest(c))
		return ERR_STATE;
	if (k == NULL)
		out[0] = '\0';
	return k == NULL ? 0 : make_index(k, i, out);
}

int columns_indexes(struct columns *c, const struct column_index *i, char out[COLUMNS_INDEXES][COLUMNS_INDEX_SIZE])
{
	size_t made = 0;

	/* The newest first; what was put last is newer. */
	for (size_t k = c->count; k > 0 && made < COLUMNS_INDEXES; k--) {
		int e = c->slots[k - 1].index == NULL ? 0 : make_index(&c->slots[k - 1], i, out[made]);

		if (e < 0)
			return e;
		made += c->slots[k - 1].index != NULL;
	}
	for (size_t k = made; k < COLUMNS_INDEXES; k++)
		snprintf(out[k], COLUMNS_INDEX_SIZE, "%s", made > 0 ? out[0] : "");
	return (int)made;
}

bool columns_index_is_old(const struct columns *c, const char *index)
{
	return strtoll(index, NULL, 10) != c->newest || strchr(index, '/') == NULL;
}
