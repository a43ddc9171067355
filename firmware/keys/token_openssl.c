/* token_openssl.c: keys in locked memory of this process, on disk wrapped under the wrapping key, and that under the master
 * key. It protects against who gets the disk, a backup, a log or a core; not against who gets root while it runs. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "keys/tr31.h"
#include "keys/token.h"
#include "lib/secret.h"

enum { BYTES_MAX = KEY_WRAPPED_MAX - AES_GCM_OVERHEAD, AAD_SIZE = 240 };

struct slot { bool used; enum key_usage usage; size_t len; uint8_t bytes[BYTES_MAX]; };
struct memory { bool unlocked; uint8_t master[TOKEN_MASTER_SIZE]; struct slot slots[TOKEN_SLOTS_MAX]; };
struct software {
	struct token token;
	struct memory *m;                             /* locked */
	uint32_t wrapping;                            /* slot of the wrapping key; TOKEN_SLOTS_MAX: none */
};

static struct software *soft(struct token *t)
{
	return (struct software *)t;
}

static unsigned can(const struct token *t UNUSED)
{
	return TOKEN_CAN_HMAC | TOKEN_CAN_GCM | TOKEN_CAN_CMAC | TOKEN_CAN_ED25519 | TOKEN_CAN_KEY_BLOCK | TOKEN_CAN_IMPORT | TOKEN_CAN_RENEW;
}

static int prepare(struct token *t UNUSED, const uint8_t master[TOKEN_MASTER_SIZE] UNUSED)
{
	return 0;
}

/* Nothing is kept but what the file has. */
static int reset(struct token *t UNUSED)
{
	return 0;
}

static int unlock(struct token *t, const uint8_t master[TOKEN_MASTER_SIZE])
{
	memcpy(soft(t)->m->master, master, TOKEN_MASTER_SIZE);
	soft(t)->m->unlocked = true;
	return 0;
}

static void lock(struct token *t)
{
	secret_wipe(soft(t)->m, sizeof(*soft(t)->m));
	soft(t)->wrapping = TOKEN_SLOTS_MAX;
}

static int remaster(struct token *t, const uint8_t master[TOKEN_MASTER_SIZE])
{
	return soft(t)->m->unlocked ? unlock(t, master) : ERR_DENIED;
}

/* ---- slots ---- */

static struct slot *slot_at(struct software *s, uint32_t number)
{
	return number < TOKEN_SLOTS_MAX && s->m->slots[number].used ? &s->m->slots[number] : NULL;
}

static int slot_take(struct software *s, uint32_t *number)
{
	for (uint32_t i = 0; i < TOKEN_SLOTS_MAX; i++)
		if (!s->m->slots[i].used) {
			s->m->slots[i].used = true;
			*number = i;
			return 0;
		}
	return ERR_EXHAUSTED;
}

static void unload(struct token *t, uint32_t number)
{
	struct slot *slot = slot_at(soft(t), number);

	if (slot != NULL)
		secret_wipe(slot, sizeof(*slot));
	if (number == soft(t)->wrapping)
		soft(t)->wrapping = TOKEN_SLOTS_MAX;
}

/* ---- wrapping ---- */

/* What a wrapped key cannot be torn from. Its state may change. */
static int aad_of(const struct key *k, char aad[AAD_SIZE])
{
	return snprintf(aad, AAD_SIZE, "callkey-key %s %u %s %s %d%s%s", k->name, k->version, key_rule(k->usage)->word,
	                key_algorithm_word(k->algorithm), k->exportable, k->kid[0] != '\0' ? " " : "", k->kid);
}

/* The key above k's. NULL: it is not there. */
static const uint8_t *key_above(struct software *s, const struct key *k)
{
	const struct slot *wrapping = slot_at(s, s->wrapping);

	if (!s->m->unlocked)
		return NULL;
	if (k->usage == KEY_WRAPPING)
		return s->m->master;
	return wrapping != NULL ? wrapping->bytes : NULL;
}

static int wrap(struct software *s, const struct key *k, const uint8_t *bytes, size_t len, struct token_wrapped *out)
{
	const uint8_t *above = key_above(s, k);
	char aad[AAD_SIZE];
	int aad_len = aad_of(k, aad);

	if (above == NULL)
		return ERR_DENIED;
	if (len > BYTES_MAX)
		return ERR_TOO_LONG;
	out->len = len + AES_GCM_OVERHEAD;
	return aes_gcm_seal(above, aad, (size_t)aad_len, bytes, len, out->data);
}

/* The check value of a public key or of a signing key is the beginning of the hash of what is public of it. */
static int set_kcv(struct key *k, const uint8_t *bytes, size_t len)
{
	uint8_t hash[CRYPTO_SHA256_SIZE], public[TOKEN_PUBLIC_SIZE];
	int e;

	if (k->algorithm == KEY_AES_256 || k->algorithm == KEY_AES_128 || k->algorithm == KEY_ENCDATA_256 || k->algorithm == KEY_ENCDATA_128)
		return aes_kcv(bytes, len, k->kcv);
	if (k->algorithm == KEY_HMAC_SHA256) {
		e = crypto_hmac_sha256(bytes, len, "", 0, hash);
	} else if (k->algorithm == KEY_ED25519) {
		e = ed25519_public(bytes, public);
		if (e == 0)
			e = crypto_sha256(public, sizeof(public), hash);
	} else {
		e = crypto_sha256(bytes, len, hash);
	}
	if (e == 0)
		memcpy(k->kcv, hash, KEY_KCV_SIZE);
	return e;
}

static size_t length_of(enum key_algorithm a)
{
	return a == KEY_AES_128 ? 16 : a == KEY_PUBLIC_PEM ? 0 : 32;
}

static int import(struct token *t, struct key *k, const uint8_t *clear, size_t len, struct token_wrapped *out)
{
	size_t right = length_of(k->algorithm);
	int e = (right != 0 && len != right) || len == 0 ? ERR_INVALID : set_kcv(k, clear, len);

	return e < 0 ? e : wrap(soft(t), k, clear, len, out);
}

static int generate(struct token *t, struct key *k, struct token_wrapped *out)
{
	uint8_t bytes[32];
	size_t len = length_of(k->algorithm);
	int e = key_algorithm_is_brought(k->algorithm) ? ERR_INVALID : crypto_random(bytes, len);

	if (e == 0)
		e = import(t, k, bytes, len, out);
	secret_wipe(bytes, sizeof(bytes));
	return e;
}

static int load(struct token *t, const struct key *k, const struct token_wrapped *in, uint32_t *number)
{
	struct software *s = soft(t);
	const uint8_t *above = key_above(s, k);
	char aad[AAD_SIZE];
	int aad_len = aad_of(k, aad), n;
	struct slot *slot;
	struct key is;
	uint32_t taken;

	if (above == NULL)
		return ERR_DENIED;
	n = slot_take(s, &taken);
	if (n < 0)
		return n;
	slot = &s->m->slots[taken];
	n = aes_gcm_open(above, aad, (size_t)aad_len, in->data, in->len, slot->bytes, sizeof(slot->bytes));
	if (n < 0) {
		secret_wipe(slot, sizeof(*slot));
		return n;
	}
	is = *k;
	if (set_kcv(&is, slot->bytes, (size_t)n) < 0 || memcmp(is.kcv, k->kcv, KEY_KCV_SIZE) != 0) {
		secret_wipe(slot, sizeof(*slot));
		return ERR_CRYPTO;
	}
	slot->len = (size_t)n;
	slot->usage = k->usage;
	if (k->usage == KEY_WRAPPING)
		s->wrapping = taken;
	*number = taken;
	return 0;
}

static int rewrap(struct token *t, const struct key *k, uint32_t number, struct token_wrapped *out)
{
	const struct slot *slot = slot_at(soft(t), number);

	return slot == NULL ? ERR_NOT_FOUND : wrap(soft(t), k, slot->bytes, slot->len, out);
}

/* The file's line is the key; the caller takes it out and writes the file. */
static int destroy(struct token *t UNUSED, const struct key *k UNUSED, const struct token_wrapped *in UNUSED)
{
	return 0;
}

/* ---- use ---- */

static int mac(struct token *t, uint32_t number, const void *data, size_t len, uint8_t out[32])
{
	const struct slot *slot = slot_at(soft(t), number);

	return slot == NULL ? ERR_NOT_FOUND : crypto_hmac_sha256(slot->bytes, slot->len, data, len, out);
}

static int seal(struct token *t, uint32_t number, const void *aad, size_t aad_len, const void *clear, size_t len, uint8_t *out)
{
	const struct slot *slot = slot_at(soft(t), number);

	return slot == NULL || slot->len != AES_KEY_SIZE ? ERR_NOT_FOUND : aes_gcm_seal(slot->bytes, aad, aad_len, clear, len, out);
}

static int open_sealed(struct token *t, uint32_t number, const void *aad, size_t aad_len, const uint8_t *sealed, size_t len, void *out,
                       size_t size)
{
	const struct slot *slot = slot_at(soft(t), number);

	return slot == NULL || slot->len != AES_KEY_SIZE ? ERR_NOT_FOUND : aes_gcm_open(slot->bytes, aad, aad_len, sealed, len, out, size);
}

static int sign(struct token *t, uint32_t number, const void *data, size_t len, uint8_t signature[TOKEN_SIGNATURE_SIZE])
{
	const struct slot *slot = slot_at(soft(t), number);

	return slot == NULL ? ERR_NOT_FOUND : ed25519_sign(slot->bytes, data, len, signature);
}

static int public_of(struct token *t, uint32_t number, uint8_t key[TOKEN_PUBLIC_SIZE])
{
	const struct slot *slot = slot_at(soft(t), number);

	return slot == NULL ? ERR_NOT_FOUND : ed25519_public(slot->bytes, key);
}

static int pem(struct token *t, uint32_t number, char *out, size_t size)
{
	const struct slot *slot = slot_at(soft(t), number);

	if (slot == NULL || slot->usage != KEY_GATEWAY_PUBLIC)
		return ERR_NOT_FOUND;
	if (slot->len >= size)
		return ERR_TOO_LONG;
	memcpy(out, slot->bytes, slot->len);
	out[slot->len] = '\0';
	return (int)slot->len;
}

static int encdata(struct token *t, const struct key *k, uint32_t number, const struct token_encdata *d, char *out, size_t size)
{
	const struct slot *slot = slot_at(soft(t), number);

	return slot == NULL || slot->usage != KEY_GATEWAY_ENCDATA || slot->len != TOKEN_ENCDATA_SIZE ? ERR_NOT_FOUND
	     : token_encdata_make(slot->bytes, k->algorithm, d, out, size);
}

/* ---- key blocks ---- */

static int block_export(struct token *t, const struct key *k, uint32_t number, uint32_t kbpk, char *out, size_t size)
{
	const struct slot *slot = slot_at(soft(t), number), *above = slot_at(soft(t), kbpk);
	struct tr31_header h;

	if (slot == NULL || above == NULL || above->usage != KEY_TRANSPORT)
		return ERR_NOT_FOUND;
	if (!k->exportable || tr31_header_of(k, &h) < 0)
		return ERR_DENIED;
	return tr31_wrap(above->bytes, above->len, &h, slot->bytes, slot->len, out, size);
}

/* What is wrong with a block, for the two who brought it. n: what tr31_unwrap() answered. */
static int check_block(struct token *t, const struct key *k, const struct tr31_header *h, int n)
{
	size_t right = length_of(k->algorithm);

	if (n == ERR_CRYPTO) {
		snprintf(t->why, sizeof(t->why), "the block's MAC is not of this transport key: it was changed, or is under another one");
	} else if (n < 0) {
		snprintf(t->why, sizeof(t->why), "this is no key block of TR-31 version D, or its length or its header is broken");
	} else if (tr31_header_fits(h, k) < 0) {
		snprintf(t->why, sizeof(t->why), "the block is for something else than usage %s: it says usage %s, algorithm %c, mode %c, exportability %c",
		         key_rule(k->usage)->word, h->usage, h->algorithm, h->mode, h->exportability);
		n = ERR_INVALID;
	} else if ((size_t)n != right) {
		snprintf(t->why, sizeof(t->why), "the key in the block has %d octets, usage %s needs %zu", n, key_rule(k->usage)->word, right);
		n = ERR_INVALID;
	}
	return n;
}

static int block_import(struct token *t, struct key *k, uint32_t kbpk, const char *block, struct token_wrapped *out)
{
	const struct slot *above = slot_at(soft(t), kbpk);
	uint8_t bytes[BYTES_MAX];
	struct tr31_header h;
	int n;

	if (above == NULL || above->usage != KEY_TRANSPORT)
		return ERR_NOT_FOUND;
	n = check_block(t, k, &h, tr31_unwrap(above->bytes, above->len, block, &h, bytes, sizeof(bytes)));
	if (n > 0)
		n = import(t, k, bytes, (size_t)n, out);
	secret_wipe(bytes, sizeof(bytes));
	return n;
}

static void free_token(struct token *t)
{
	void *m = soft(t)->m;

	secret_free(&m, sizeof(struct memory));
	free(t);
}

int token_openssl_new(struct token **t)
{
	static const struct token_ops ops = {
		"openssl", can, prepare, reset, unlock, lock, remaster, generate, import, load, unload, rewrap, destroy, mac, seal, open_sealed, sign, public_of,
		pem, encdata, block_export, block_import, free_token,
	};
	struct software *s = calloc(1, sizeof(*s));
	void *m = NULL;

	if (s == NULL || secret_alloc(sizeof(struct memory), &m) < 0) {
		free(s);
		return ERR_NOMEM;
	}
	s->token.ops = &ops;
	s->m = m;
	s->wrapping = TOKEN_SLOTS_MAX;
	*t = &s->token;
	return 0;
}
