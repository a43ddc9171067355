/* token_pkcs11_make.c: keys made in a PKCS#11 token, or brought into it, and their end there. */
#include <stdio.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "keys/token_pkcs11_priv.h"

enum { LABEL_SIZE = 64 };
#define LABEL_PREFIX "callkey "

/* ---- making ---- */

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static int new_id(const struct key *k, struct token_wrapped *out, char label[LABEL_SIZE])
{
	uint8_t salt[4];
	int e = crypto_random(salt, sizeof(salt));

	if (e < 0)
		return e;
	snprintf(label, LABEL_SIZE, LABEL_PREFIX "%s/%u", k->name, k->version);
	out->len = (size_t)snprintf((char *)out->data, sizeof(out->data), "%s/%u/%02x%02x%02x%02x", k->name, k->version, salt[0], salt[1], salt[2],
	                            salt[3]);
	return 0;
}

/* A secret key; value NULL: made by the token. */
struct secret_job { const struct key *k; const struct token_wrapped *id; const char *label; const uint8_t *value; size_t len; CK_OBJECT_HANDLE made; };

static CK_RV do_secret(struct hard *h, void *job)
{
	struct secret_job *j = job;
	bool hmac = j->k->algorithm == KEY_HMAC_SHA256;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = hmac ? CKK_GENERIC_SECRET : CKK_AES;
	CK_ULONG len = j->len;
	CK_BBOOL *crypts = j->k->usage == KEY_COLUMN || j->k->usage == KEY_GATEWAY_SECRET || j->k->usage == KEY_GATEWAY_ENCDATA ? &yes : &no;
	CK_MECHANISM mechanism = { hmac ? CKM_GENERIC_SECRET_KEY_GEN : CKM_AES_KEY_GEN, NULL, 0 };
	/* AES keys sign for their check value alone. */
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) }, { CKA_KEY_TYPE, &type, sizeof(type) }, { CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) }, { CKA_SENSITIVE, &yes, sizeof(yes) }, { CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_MODIFIABLE, &no, sizeof(no) }, { CKA_SIGN, &yes, sizeof(yes) }, { CKA_ENCRYPT, crypts, sizeof(yes) },
		{ CKA_DECRYPT, crypts, sizeof(yes) }, { CKA_WRAP, &no, sizeof(no) }, { CKA_UNWRAP, &no, sizeof(no) },
		{ CKA_DERIVE, &no, sizeof(no) }, { CKA_ID, (uint8_t *)(uintptr_t)j->id->data, j->id->len },
		{ CKA_LABEL, (char *)(uintptr_t)j->label, strlen(j->label) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
	};

	if (j->value == NULL)
		return h->p.f->C_GenerateKey(h->p.session, &mechanism, a, ARRAY_LEN(a), &j->made);
	a[ARRAY_LEN(a) - 1] = (CK_ATTRIBUTE){ CKA_VALUE, (uint8_t *)(uintptr_t)j->value, j->len };
	return h->p.f->C_CreateObject(h->p.session, a, ARRAY_LEN(a), &j->made);
}

/* RFC 8410: 1.3.101.112; and the curve's name, as older tokens want it. */
static const uint8_t oid_ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
static const uint8_t name_ed25519[] = { 0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9' };

struct pair_job { const struct token_wrapped *id; const char *label; const uint8_t *curve; size_t curve_len; };

static CK_RV do_pair(struct hard *h, void *job)
{
	struct pair_job *j = job;
	CK_MECHANISM mechanism = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE id = { CKA_ID, (uint8_t *)(uintptr_t)j->id->data, j->id->len }, label = { CKA_LABEL, (char *)(uintptr_t)j->label, strlen(j->label) };
	CK_ATTRIBUTE public[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) }, { CKA_VERIFY, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, (uint8_t *)(uintptr_t)j->curve, j->curve_len }, id, label,
	};
	CK_ATTRIBUTE private[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) }, { CKA_PRIVATE, &yes, sizeof(yes) }, { CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) }, { CKA_SIGN, &yes, sizeof(yes) }, id, label,
	};
	CK_OBJECT_HANDLE made[2];

	return h->p.f->C_GenerateKeyPair(h->p.session, &mechanism, public, ARRAY_LEN(public), private, ARRAY_LEN(private), &made[0], &made[1]);
}

static int make_pair(struct hard *h, const struct token_wrapped *id, const char *label)
{
	struct pair_job j = { id, label, oid_ed25519, sizeof(oid_ed25519) };
	int e = hard_run(h, "C_GenerateKeyPair", do_pair, &j);

	if (e == 0)
		return 0;
	j.curve = name_ed25519;
	j.curve_len = sizeof(name_ed25519);
	return hard_run(h, "C_GenerateKeyPair", do_pair, &j);
}

/* A public key has none; behind that of a sealed secret stands a NUL. */
size_t hard_id_len(enum key_algorithm a, const struct token_wrapped *w)
{
	return a == KEY_PUBLIC_PEM ? 0 : strnlen((const char *)w->data, w->len);
}

void hard_slot_fill(struct slot *s, const struct key *k, const struct token_wrapped *w)
{
	size_t id_len = hard_id_len(k->algorithm, w), kept_at = id_len + (id_len > 0);

	*s = (struct slot){ .usage = k->usage, .algorithm = k->algorithm };
	memcpy(s->id, w->data, id_len < ID_SIZE ? id_len : 0);
	if (w->len > kept_at) {
		s->kept_len = w->len - kept_at;
		memcpy(s->kept, w->data + kept_at, s->kept_len);
	}
}

/* The check value of what was made; what has none does not stay. */
static int finish(struct hard *h, struct key *k, struct token_wrapped *made)
{
	struct slot s;
	int e;

	hard_slot_fill(&s, k, made);
	e = p11_result(&h->p, "C_FindObjects", hard_find_handles(h, &s));
	if (e == 0)
		e = hard_kcv_of(h, &s, k->kcv);
	if (e < 0)
		(void)hard_destroy(&h->token, k, made);
	return e;
}

static size_t length_of(enum key_algorithm a)
{
	return a == KEY_AES_128 ? 16 : 32;
}

int hard_generate(struct token *t, struct key *k, struct token_wrapped *out)
{
	struct hard *h = hard(t);
	struct token_wrapped made;
	char label[LABEL_SIZE];
	int e = key_algorithm_is_brought(k->algorithm) ? ERR_INVALID : hard_require(h, token_can_of(k->algorithm));

	if (e == 0)
		e = new_id(k, &made, label);
	if (e == 0 && k->algorithm == KEY_ED25519) {
		e = make_pair(h, &made, label);
	} else if (e == 0) {
		struct secret_job j = { k, &made, label, NULL, length_of(k->algorithm), 0 };

		e = hard_run(h, "C_GenerateKey", do_secret, &j);
	}
	if (e == 0)
		e = finish(h, k, &made);
	if (e == 0)
		*out = made;
	return e;
}

static int import_public(struct key *k, const uint8_t *clear, size_t len, struct token_wrapped *out)
{
	uint8_t hash[CRYPTO_SHA256_SIZE];
	int e = len == 0 ? ERR_INVALID : len > KEY_WRAPPED_MAX ? ERR_TOO_LONG : crypto_sha256(clear, len, hash);

	if (e < 0)
		return e;
	memcpy(k->kcv, hash, KEY_KCV_SIZE);
	memcpy(out->data, clear, len);
	out->len = len;
	return 0;
}

/* Under a key that the token makes for it. */
static int seal_secret(struct hard *h, const struct key *k, const uint8_t *clear, struct token_wrapped *w)
{
	struct slot s;
	uint8_t *sealed = w->data + w->len + 1;
	struct crypt_job j = { &s.key, true, sealed, s.id, w->len, clear, TOKEN_ENCDATA_SIZE, sealed + IV_SIZE, TOKEN_ENCDATA_SIZE + TAG_BITS / 8 };
	int e;

	hard_slot_fill(&s, k, w);
	e = p11_result(&h->p, "C_FindObjects", hard_find_handles(h, &s));
	if (e == 0)
		e = crypto_random(sealed, IV_SIZE);
	if (e == 0)
		e = hard_run(h, "C_Encrypt", hard_do_crypt, &j);
	if (e == 0 && j.out_len != TOKEN_ENCDATA_SIZE + TAG_BITS / 8)
		e = ERR_CRYPTO;
	sealed[-1] = '\0';
	if (e < 0)
		(void)hard_destroy(&h->token, k, w);
	else
		w->len += 1 + TOKEN_ENCDATA_SIZE + AES_GCM_OVERHEAD;
	return e;
}

int hard_import(struct token *t, struct key *k, const uint8_t *clear, size_t len, struct token_wrapped *out)
{
	struct hard *h = hard(t);
	struct token_wrapped made;
	char label[LABEL_SIZE];
	bool sealed = k->usage == KEY_GATEWAY_ENCDATA;
	struct secret_job j = { k, &made, label, sealed ? NULL : clear, len, 0 };
	int e;

	if (k->algorithm == KEY_PUBLIC_PEM)
		return import_public(k, clear, len, out);
	if (k->algorithm == KEY_ED25519) {
		snprintf(t->why, sizeof(t->why), "token %s: signing keys are made in the token, never brought", h->p.label);
		return ERR_DENIED;
	}
	e = len != length_of(k->algorithm) ? ERR_INVALID : hard_require(h, token_can_of(k->algorithm));
	if (e == 0)
		e = new_id(k, &made, label);
	if (e == 0)
		e = hard_run(h, sealed ? "C_GenerateKey" : "C_CreateObject", do_secret, &j);
	if (e == 0 && sealed)
		e = seal_secret(h, k, clear, &made);
	if (e == 0)
		e = finish(h, k, &made);
	if (e == 0)
		*out = made;
	return e;
}

/* ---- the end ---- */

struct end_job { CK_ATTRIBUTE *like; CK_ULONG attributes; bool ours_only; unsigned ended; };

static bool is_ours(struct hard *h, CK_OBJECT_HANDLE o)
{
	char label[LABEL_SIZE];
	CK_ATTRIBUTE a = { CKA_LABEL, label, sizeof(label) };

	return h->p.f->C_GetAttributeValue(h->p.session, o, &a, 1) == CKR_OK && a.ulValueLen >= strlen(LABEL_PREFIX) &&
	       memcmp(label, LABEL_PREFIX, strlen(LABEL_PREFIX)) == 0;
}

/* Those that are not ours are found again each time: one call ends when it ended none. */
static CK_RV do_end(struct hard *h, void *job)
{
	struct end_job *j = job;
	CK_OBJECT_HANDLE found[FOUND_MAX * 16];
	CK_ULONG count = 0;
	CK_RV rv = hard_find(h, j->like, j->attributes, found, ARRAY_LEN(found), &count);

	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		if (j->ours_only && !is_ours(h, found[i]))
			continue;
		rv = h->p.f->C_DestroyObject(h->p.session, found[i]);
		j->ended += rv == CKR_OK;
	}
	return rv;
}

int hard_destroy(struct token *t, const struct key *k, const struct token_wrapped *in)
{
	CK_ATTRIBUTE like = { CKA_ID, (uint8_t *)(uintptr_t)in->data, hard_id_len(k->algorithm, in) };
	struct end_job j = { &like, 1, false, 0 };
	int e = k->algorithm == KEY_PUBLIC_PEM || in->len == 0 ? 0 : hard_run(hard(t), "C_DestroyObject", do_end, &j);

	if (e == 0 && k->algorithm != KEY_PUBLIC_PEM && in->len > 0 && j.ended == 0)
		return ERR_NOT_FOUND;
	return e;
}

int hard_reset(struct token *t)
{
	struct end_job j = { NULL, 0, true, 0 };
	int e = hard_run(hard(t), "C_DestroyObject", do_end, &j);

	if (e == 0)
		e = p11_give_up_pin(&hard(t)->p);
	else if (e == ERR_DENIED)
		snprintf(t->why, sizeof(t->why), "token %s is locked: what it holds can be destroyed by its own tool alone", hard(t)->p.label);
	return e;
}
