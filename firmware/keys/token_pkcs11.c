/* token_pkcs11.c: keys as objects of a PKCS#11 token: made in it, sensitive, not extractable, used in it. The key file keeps
 * an object's CKA_ID (name/version/random: a version that was begun twice has two) and its check value, which is compared
 * when it is loaded: another key in its place is found.
 *
 * Public keys stay in the key file, under its MAC. TR-31 key blocks need a key in clear outside of the token: it refuses
 * them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "keys/token_pkcs11_priv.h"
#include "lib/secret.h"

/* ---- what it can ---- */

static unsigned probe(const struct p11 *p)
{
	unsigned can = 0;

	if (p11_has(p, CKM_SHA256_HMAC, CKF_SIGN) && p11_has(p, CKM_GENERIC_SECRET_KEY_GEN, CKF_GENERATE))
		can |= TOKEN_CAN_HMAC;
	if (p11_has(p, CKM_AES_GCM, CKF_ENCRYPT | CKF_DECRYPT) && p11_has(p, CKM_AES_KEY_GEN, CKF_GENERATE))
		can |= TOKEN_CAN_GCM;
	if (p11_has(p, CKM_AES_CMAC, CKF_SIGN))
		can |= TOKEN_CAN_CMAC;
	if (p11_has(p, CKM_EDDSA, CKF_SIGN) && p11_has(p, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR))
		can |= TOKEN_CAN_ED25519;
	return can | TOKEN_CAN_IMPORT;
}

static unsigned can(const struct token *t)
{
	return ((const struct hard *)t)->can;
}

/* Nothing is done in software that the token cannot do. */
int hard_require(struct hard *h, unsigned needed)
{
	unsigned missing = needed & ~h->can;
	char words[TOKEN_WORDS_SIZE];

	if (missing == 0)
		return 0;
	snprintf(h->token.why, sizeof(h->token.why), "token %s has no mechanism for: %s", h->p.label, token_can_words(missing, words));
	return ERR_DENIED;
}

/* ---- loading ---- */

static int slot_take(struct hard *h, uint32_t *number)
{
	for (uint32_t i = 0; i < TOKEN_SLOTS_MAX; i++)
		if (!h->slots[i].used) {
			*number = i;
			return 0;
		}
	return ERR_EXHAUSTED;
}

static struct slot *slot_at(struct token *t, uint32_t number)
{
	return number < TOKEN_SLOTS_MAX && hard(t)->slots[number].used ? &hard(t)->slots[number] : NULL;
}

struct guard_job { const CK_OBJECT_HANDLE *key; CK_BBOOL sensitive, extractable; };

static CK_RV do_guard(struct hard *h, void *job)
{
	struct guard_job *j = job;
	CK_ATTRIBUTE a[] = {
		{ CKA_SENSITIVE, &j->sensitive, sizeof(j->sensitive) }, { CKA_EXTRACTABLE, &j->extractable, sizeof(j->extractable) },
	};

	return h->p.f->C_GetAttributeValue(h->p.session, *j->key, a, ARRAY_LEN(a));
}

/* Is it what was made? A key that can leave the token, or another one under the same name, is none of ours. */
static int check_loaded(struct hard *h, const struct slot *s, const struct key *k)
{
	struct guard_job j = { &s->key, CK_FALSE, CK_TRUE };
	uint8_t kcv[KEY_KCV_SIZE];
	int e = s->algorithm == KEY_PUBLIC_PEM ? 0 : hard_run(h, "C_GetAttributeValue", do_guard, &j);

	if (e == 0)
		e = hard_kcv_of(h, s, kcv);
	if (e < 0)
		return e;
	if (s->algorithm != KEY_PUBLIC_PEM && (!j.sensitive || j.extractable)) {
		snprintf(h->token.why, sizeof(h->token.why), "token %s: the object %s may leave the token", h->p.label, s->id);
		return ERR_DENIED;
	}
	if (!secret_equal(kcv, k->kcv, sizeof(kcv))) {
		snprintf(h->token.why, sizeof(h->token.why), "token %s: the object %s is another key: its check value differs", h->p.label, s->id);
		return ERR_CRYPTO;
	}
	return 0;
}

static int load(struct token *t, const struct key *k, const struct token_wrapped *in, uint32_t *number)
{
	struct hard *h = hard(t);
	uint32_t taken = 0;
	int e = !h->p.pins->known ? ERR_DENIED : in->len == 0 || in->len > KEY_WRAPPED_MAX ? ERR_INVALID : slot_take(h, &taken);

	if (e == 0 && hard_id_len(k->algorithm, in) >= ID_SIZE)
		e = ERR_INVALID;
	if (e < 0)
		return e;
	hard_slot_fill(&h->slots[taken], k, in);
	e = p11_result(&h->p, "C_FindObjects", hard_find_handles(h, &h->slots[taken]));
	if (e == 0)
		e = check_loaded(h, &h->slots[taken], k);
	h->slots[taken].used = e == 0;
	if (e == 0)
		*number = taken;
	return e;
}

static void unload(struct token *t, uint32_t number)
{
	struct slot *s = slot_at(t, number);

	if (s != NULL)
		*s = (struct slot){ 0 };
}

/* The token wraps its keys itself. */
static int rewrap(struct token *t, const struct key *k UNUSED, uint32_t number, struct token_wrapped *out)
{
	const struct slot *s = slot_at(t, number);

	if (s == NULL)
		return ERR_NOT_FOUND;
	out->len = strlen(s->id);
	memcpy(out->data, s->id, out->len);
	if (s->kept_len > 0) {
		if (out->len > 0)
			out->data[out->len++] = '\0';
		memcpy(out->data + out->len, s->kept, s->kept_len);
		out->len += s->kept_len;
	}
	return 0;
}

/* ---- use ---- */

static int mac(struct token *t, uint32_t number, const void *data, size_t len, uint8_t out[32])
{
	const struct slot *s = slot_at(t, number);

	if (s == NULL || s->algorithm != KEY_HMAC_SHA256)
		return ERR_NOT_FOUND;
	return hard_sign_with(hard(t), &s->key, CKM_SHA256_HMAC, data, len, out, 32);
}

static int seal(struct token *t, uint32_t number, const void *aad, size_t aad_len, const void *clear, size_t len, uint8_t *out)
{
	const struct slot *s = slot_at(t, number);
	struct crypt_job j = { s != NULL ? &s->key : NULL, true, out, aad, aad_len, clear, len, out + IV_SIZE, len + TAG_BITS / 8 };
	int e = s == NULL || s->algorithm != KEY_AES_256 ? ERR_NOT_FOUND : hard_is_gone(hard(t), s->key);

	if (e == 0)
		e = crypto_random(out, IV_SIZE);
	if (e == 0)
		e = hard_run(hard(t), "C_Encrypt", hard_do_crypt, &j);
	return e == 0 && j.out_len != len + TAG_BITS / 8 ? ERR_CRYPTO : e;
}

/* Into memory of our own: some tokens write the tag's room, too. */
static int open_sealed(struct token *t, uint32_t number, const void *aad, size_t aad_len, const uint8_t *sealed, size_t len, void *out,
                       size_t size)
{
	struct hard *h = hard(t);
	const struct slot *s = slot_at(t, number);
	size_t clear_len = len - AES_GCM_OVERHEAD;
	struct crypt_job j = { s != NULL ? &s->key : NULL, false, sealed, aad, aad_len, sealed + IV_SIZE, len - IV_SIZE, h->scratch, SCRATCH_SIZE };
	int e;

	if (s == NULL || s->algorithm != KEY_AES_256)
		return ERR_NOT_FOUND;
	if (len < AES_GCM_OVERHEAD)
		return ERR_CRYPTO;
	if (clear_len > size || len > SCRATCH_SIZE)
		return ERR_TOO_LONG;
	e = hard_is_gone(h, s->key);
	if (e == 0)
		e = hard_run(h, "C_Decrypt", hard_do_crypt, &j);
	if (e == 0 && j.out_len != clear_len)
		e = ERR_CRYPTO;
	if (e == 0)
		memcpy(out, h->scratch, clear_len);
	secret_wipe(h->scratch, len);
	return e < 0 ? e : (int)clear_len;
}

static int sign(struct token *t, uint32_t number, const void *data, size_t len, uint8_t signature[TOKEN_SIGNATURE_SIZE])
{
	const struct slot *s = slot_at(t, number);

	return s == NULL || s->algorithm != KEY_ED25519 ? ERR_NOT_FOUND
	     : hard_sign_with(hard(t), &s->key, CKM_EDDSA, data, len, signature, TOKEN_SIGNATURE_SIZE);
}

static int public_of(struct token *t, uint32_t number, uint8_t key[TOKEN_PUBLIC_SIZE])
{
	const struct slot *s = slot_at(t, number);

	return s == NULL || s->algorithm != KEY_ED25519 ? ERR_NOT_FOUND : hard_read_point(hard(t), &s->public, key);
}

static int pem(struct token *t, uint32_t number, char *out, size_t size)
{
	const struct slot *s = slot_at(t, number);

	if (s == NULL || s->usage != KEY_GATEWAY_PUBLIC)
		return ERR_NOT_FOUND;
	if (s->kept_len >= size)
		return ERR_TOO_LONG;
	memcpy(out, s->kept, s->kept_len);
	out[s->kept_len] = '\0';
	return (int)s->kept_len;
}

static int encdata(struct token *t, const struct key *k, uint32_t number, const struct token_encdata *d, char *out, size_t size)
{
	const struct slot *s = slot_at(t, number);
	uint8_t secret[TOKEN_ENCDATA_SIZE];
	int e = s == NULL || s->usage != KEY_GATEWAY_ENCDATA ? ERR_NOT_FOUND : hard_open_secret(hard(t), s, secret);

	if (e == 0)
		e = token_encdata_make(secret, k->algorithm, d, out, size);
	secret_wipe(secret, sizeof(secret));
	return e;
}

static int block_export(struct token *t, const struct key *k UNUSED, uint32_t number UNUSED, uint32_t kbpk UNUSED, char *out UNUSED,
                        size_t size UNUSED)
{
	return hard_require(hard(t), TOKEN_CAN_KEY_BLOCK);
}

static int block_import(struct token *t, struct key *k UNUSED, uint32_t kbpk UNUSED, const char *block UNUSED, struct token_wrapped *out UNUSED)
{
	return hard_require(hard(t), TOKEN_CAN_KEY_BLOCK);
}

/* ---- the token ---- */

static int prepare(struct token *t, const uint8_t master[TOKEN_MASTER_SIZE])
{
	int e = p11_prepare(&hard(t)->p, master);

	if (e == 0)
		hard(t)->can = probe(&hard(t)->p);
	return e;
}

static int unlock(struct token *t, const uint8_t master[TOKEN_MASTER_SIZE])
{
	int e = p11_login(&hard(t)->p, master);

	if (e == 0)
		hard(t)->can = probe(&hard(t)->p);
	return e;
}

static void lock(struct token *t)
{
	memset(hard(t)->slots, 0, sizeof(hard(t)->slots));
	p11_logout(&hard(t)->p);
}

/* The PIN comes from the master key, and is changed in the token at another moment than the master key in the file: what died between
 * the two would leave a token that no custodian opens. */
static int remaster(struct token *t, const uint8_t master[TOKEN_MASTER_SIZE] UNUSED)
{
	return hard_require(hard(t), TOKEN_CAN_RENEW);
}

static void free_token(struct token *t)
{
	void *scratch = hard(t)->scratch;

	p11_close(&hard(t)->p);
	secret_free(&scratch, SCRATCH_SIZE);
	free(t);
}

int token_pkcs11_new(const struct token_pkcs11_config *c, struct token **t, char why[TOKEN_WHY_SIZE])
{
	static const struct token_ops ops = {
		"pkcs11", can, prepare, hard_reset, unlock, lock, remaster, hard_generate, hard_import, load, unload, rewrap, hard_destroy, mac, seal,
		open_sealed, sign, public_of, pem, encdata, block_export, block_import, free_token,
	};
	struct hard *h = calloc(1, sizeof(*h));
	void *scratch = NULL;
	int e = h == NULL || secret_alloc(SCRATCH_SIZE, &scratch) < 0 ? ERR_NOMEM : p11_open(&h->p, c, h->token.why);

	if (e < 0) {
		snprintf(why, TOKEN_WHY_SIZE, "%s", h != NULL && scratch != NULL ? h->token.why
		         : "no memory can be locked; raise RLIMIT_MEMLOCK (LimitMEMLOCK=)");
		if (scratch != NULL)
			secret_free(&scratch, SCRATCH_SIZE);
		free(h);
		return e;
	}
	h->token.ops = &ops;
	h->scratch = scratch;
	h->can = probe(&h->p);
	*t = &h->token;
	return 0;
}
