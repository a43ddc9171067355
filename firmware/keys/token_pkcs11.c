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
#include "keys/p11.h"
#include "lib/secret.h"

enum { ID_SIZE = KEY_NAME_SIZE + 24, IV_SIZE = 12, TAG_BITS = 128, SCRATCH_SIZE = 16384, FOUND_MAX = 64, LABEL_SIZE = 64, POINT_MAX = 40 };
#define LABEL_PREFIX "callkey "

struct slot {
	bool used;
	enum key_usage usage;
	enum key_algorithm algorithm;
	char id[ID_SIZE];                             /* CKA_ID */
	CK_OBJECT_HANDLE key, public;                 /* of this session */
	size_t pem_len;
	char pem[KEY_WRAPPED_MAX];
};
struct hard {
	struct token token;
	struct p11 p;
	unsigned can;
	struct slot slots[TOKEN_SLOTS_MAX];
	uint8_t *scratch;                             /* locked */
};

static struct hard *hard(struct token *t)
{
	return (struct hard *)t;
}

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
static int require(struct hard *h, unsigned needed)
{
	unsigned missing = needed & ~h->can;
	char words[TOKEN_WORDS_SIZE];

	if (missing == 0)
		return 0;
	snprintf(h->token.why, sizeof(h->token.why), "token %s has no mechanism for: %s", h->p.label, token_can_words(missing, words));
	return ERR_DENIED;
}

/* ---- objects ---- */

static CK_RV find(struct hard *h, CK_ATTRIBUTE *like, CK_ULONG attributes, CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *count)
{
	CK_RV rv = h->p.f->C_FindObjectsInit(h->p.session, like, attributes);

	if (rv != CKR_OK)
		return rv;
	rv = h->p.f->C_FindObjects(h->p.session, found, max, count);
	(void)h->p.f->C_FindObjectsFinal(h->p.session);
	return rv;
}

static CK_OBJECT_CLASS class_of(enum key_algorithm a)
{
	return a == KEY_ED25519 ? CKO_PRIVATE_KEY : CKO_SECRET_KEY;
}

/* The one object with this CKA_ID. */
static CK_RV find_one(struct hard *h, CK_OBJECT_CLASS class, const char *id, CK_OBJECT_HANDLE *found)
{
	CK_OBJECT_HANDLE handles[2];
	CK_ULONG count = 0;
	CK_ATTRIBUTE like[] = {
		{ CKA_CLASS, &class, sizeof(class) }, { CKA_ID, (char *)(uintptr_t)id, strlen(id) },
	};
	CK_RV rv = find(h, like, ARRAY_LEN(like), handles, ARRAY_LEN(handles), &count);

	if (rv != CKR_OK)
		return rv;
	if (count != 1)
		return CKR_OBJECT_HANDLE_INVALID;
	*found = handles[0];
	return CKR_OK;
}

static CK_RV find_handles(struct hard *h, struct slot *s)
{
	CK_RV rv = s->algorithm == KEY_PUBLIC_PEM ? CKR_OK : find_one(h, class_of(s->algorithm), s->id, &s->key);

	return rv == CKR_OK && s->algorithm == KEY_ED25519 ? find_one(h, CKO_PUBLIC_KEY, s->id, &s->public) : rv;
}

/* After a lost session all handles are new. An object that is gone has none, and the others go on. */
static int come_back(struct hard *h)
{
	int e = p11_revive(&h->p);

	for (size_t i = 0; e == 0 && i < TOKEN_SLOTS_MAX; i++)
		if (h->slots[i].used && find_handles(h, &h->slots[i]) != CKR_OK)
			h->slots[i].key = h->slots[i].public = CK_INVALID_HANDLE;
	return e;
}

/* Such a key is found again by the next unlocking alone: not each use is worth a new session. */
static int is_gone(struct hard *h, CK_OBJECT_HANDLE key)
{
	if (key != CK_INVALID_HANDLE)
		return 0;
	snprintf(h->token.why, sizeof(h->token.why), "token %s: an object of ours is gone; lock and unlock the keys when it is back", h->p.label);
	return ERR_NOT_FOUND;
}

/* ---- jobs: done again once after a lost session ---- */

typedef CK_RV job_fn(struct hard *h, void *job);

static int run(struct hard *h, const char *what, job_fn *fn, void *job)
{
	CK_RV rv;

	if (!h->p.session_open && !h->p.pins->known)
		return ERR_DENIED;
	rv = h->p.session_open ? fn(h, job) : CKR_SESSION_CLOSED;
	if (p11_is_lost(rv)) {
		int e = come_back(h);

		if (e < 0)
			return e;
		rv = fn(h, job);
	}
	return p11_result(&h->p, what, rv);
}

struct sign_job { const CK_OBJECT_HANDLE *key; CK_MECHANISM_TYPE mechanism; const void *data; size_t len; uint8_t *out; CK_ULONG out_len; };

static CK_RV do_sign(struct hard *h, void *job)
{
	struct sign_job *j = job;
	CK_MECHANISM mechanism = { j->mechanism, NULL, 0 };
	CK_ULONG len = j->out_len;
	CK_RV rv = h->p.f->C_SignInit(h->p.session, &mechanism, *j->key);

	if (rv == CKR_OK)
		rv = h->p.f->C_Sign(h->p.session, (CK_BYTE *)(uintptr_t)j->data, j->len, j->out, &len);
	return rv == CKR_OK && len != j->out_len ? CKR_GENERAL_ERROR : rv;
}

static int sign_with(struct hard *h, const CK_OBJECT_HANDLE *key, CK_MECHANISM_TYPE mechanism, const void *data, size_t len, uint8_t *out,
                     size_t out_len)
{
	struct sign_job j = { key, mechanism, data, len, out, out_len };
	int e = is_gone(h, *key);

	return e < 0 ? e : run(h, "C_Sign", do_sign, &j);
}

struct crypt_job {
	const CK_OBJECT_HANDLE *key;
	bool seal;
	const uint8_t *iv;
	const void *aad;
	size_t aad_len;
	const void *in;
	size_t len;
	uint8_t *out;
	CK_ULONG out_len;                             /* room, then length */
};

static CK_RV do_crypt(struct hard *h, void *job)
{
	struct crypt_job *j = job;
	CK_GCM_PARAMS gcm = { (uint8_t *)(uintptr_t)j->iv, IV_SIZE, IV_SIZE * 8, (uint8_t *)(uintptr_t)j->aad, j->aad_len, TAG_BITS };
	CK_MECHANISM mechanism = { CKM_AES_GCM, &gcm, sizeof(gcm) };
	CK_FUNCTION_LIST *f = h->p.f;
	CK_BYTE *in = (CK_BYTE *)(uintptr_t)j->in;
	CK_ULONG room = j->out_len;
	CK_RV rv = j->seal ? f->C_EncryptInit(h->p.session, &mechanism, *j->key) : f->C_DecryptInit(h->p.session, &mechanism, *j->key);

	if (rv == CKR_OK)
		rv = j->seal ? f->C_Encrypt(h->p.session, in, j->len, j->out, &room) : f->C_Decrypt(h->p.session, in, j->len, j->out, &room);
	if (rv == CKR_OK)
		j->out_len = room;
	return rv;
}

/* ---- check values ---- */

struct point_job { const CK_OBJECT_HANDLE *key; uint8_t bytes[POINT_MAX]; CK_ULONG len; };

static CK_RV do_point(struct hard *h, void *job)
{
	struct point_job *j = job;
	CK_ATTRIBUTE a = { CKA_EC_POINT, j->bytes, sizeof(j->bytes) };
	CK_RV rv = h->p.f->C_GetAttributeValue(h->p.session, *j->key, &a, 1);

	j->len = a.ulValueLen;
	return rv;
}

/* The point as 32 octets; most wrap it in an OCTET STRING, as PKCS#11 3.0 asks for. */
static int read_point(struct hard *h, const CK_OBJECT_HANDLE *key, uint8_t public[TOKEN_PUBLIC_SIZE])
{
	struct point_job j = { .key = key };
	int e = run(h, "C_GetAttributeValue", do_point, &j);

	if (e < 0)
		return e;
	if (j.len == TOKEN_PUBLIC_SIZE + 2 && j.bytes[0] == 0x04 && j.bytes[1] == TOKEN_PUBLIC_SIZE)
		memcpy(public, j.bytes + 2, TOKEN_PUBLIC_SIZE);
	else if (j.len == TOKEN_PUBLIC_SIZE)
		memcpy(public, j.bytes, TOKEN_PUBLIC_SIZE);
	else
		return ERR_CRYPTO;
	return 0;
}

/* As token_openssl.c has them, so that a key has one check value wherever it is. */
static int kcv_of(struct hard *h, const struct slot *s, uint8_t kcv[KEY_KCV_SIZE])
{
	static const uint8_t zero[AES_BLOCK_SIZE];
	uint8_t out[CRYPTO_SHA256_SIZE], public[TOKEN_PUBLIC_SIZE];
	int e;

	switch (s->algorithm) {
	case KEY_AES_256:
	case KEY_AES_128: e = sign_with(h, &s->key, CKM_AES_CMAC, zero, sizeof(zero), out, AES_BLOCK_SIZE); break;
	case KEY_HMAC_SHA256: e = sign_with(h, &s->key, CKM_SHA256_HMAC, "", 0, out, sizeof(out)); break;
	case KEY_ED25519:
		e = read_point(h, &s->public, public);
		if (e == 0)
			e = crypto_sha256(public, sizeof(public), out);
		break;
	case KEY_PUBLIC_PEM:
	default: e = crypto_sha256(s->pem, s->pem_len, out); break;
	}
	if (e == 0)
		memcpy(kcv, out, KEY_KCV_SIZE);
	return e;
}

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
	CK_BBOOL *crypts = j->k->usage == KEY_COLUMN || j->k->usage == KEY_GATEWAY_SECRET ? &yes : &no;
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
	int e = run(h, "C_GenerateKeyPair", do_pair, &j);

	if (e == 0)
		return 0;
	j.curve = name_ed25519;
	j.curve_len = sizeof(name_ed25519);
	return run(h, "C_GenerateKeyPair", do_pair, &j);
}

static void slot_fill(struct slot *s, const struct key *k, const struct token_wrapped *w)
{
	*s = (struct slot){ .usage = k->usage, .algorithm = k->algorithm };
	if (k->algorithm == KEY_PUBLIC_PEM) {
		memcpy(s->pem, w->data, w->len);
		s->pem_len = w->len;
	} else {
		memcpy(s->id, w->data, w->len < ID_SIZE ? w->len : 0);
	}
}

static int destroy(struct token *t, const struct key *k, const struct token_wrapped *in);

/* The check value of what was made; what has none does not stay. */
static int finish(struct hard *h, struct key *k, struct token_wrapped *made)
{
	struct slot s;
	int e;

	slot_fill(&s, k, made);
	e = p11_result(&h->p, "C_FindObjects", find_handles(h, &s));
	if (e == 0)
		e = kcv_of(h, &s, k->kcv);
	if (e < 0)
		(void)destroy(&h->token, k, made);
	return e;
}

static size_t length_of(enum key_algorithm a)
{
	return a == KEY_AES_128 ? 16 : 32;
}

static int generate(struct token *t, struct key *k, struct token_wrapped *out)
{
	struct hard *h = hard(t);
	struct token_wrapped made;
	char label[LABEL_SIZE];
	int e = k->algorithm == KEY_PUBLIC_PEM ? ERR_INVALID : require(h, token_can_of(k->algorithm));

	if (e == 0)
		e = new_id(k, &made, label);
	if (e == 0 && k->algorithm == KEY_ED25519) {
		e = make_pair(h, &made, label);
	} else if (e == 0) {
		struct secret_job j = { k, &made, label, NULL, length_of(k->algorithm), 0 };

		e = run(h, "C_GenerateKey", do_secret, &j);
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

static int import(struct token *t, struct key *k, const uint8_t *clear, size_t len, struct token_wrapped *out)
{
	struct hard *h = hard(t);
	struct token_wrapped made;
	char label[LABEL_SIZE];
	struct secret_job j = { k, &made, label, clear, len, 0 };
	int e;

	if (k->algorithm == KEY_PUBLIC_PEM)
		return import_public(k, clear, len, out);
	if (k->algorithm == KEY_ED25519) {
		snprintf(t->why, sizeof(t->why), "token %s: signing keys are made in the token, never brought", h->p.label);
		return ERR_DENIED;
	}
	e = len != length_of(k->algorithm) ? ERR_INVALID : require(h, token_can_of(k->algorithm));
	if (e == 0)
		e = new_id(k, &made, label);
	if (e == 0)
		e = run(h, "C_CreateObject", do_secret, &j);
	if (e == 0)
		e = finish(h, k, &made);
	if (e == 0)
		*out = made;
	return e;
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
	int e = s->algorithm == KEY_PUBLIC_PEM ? 0 : run(h, "C_GetAttributeValue", do_guard, &j);

	if (e == 0)
		e = kcv_of(h, s, kcv);
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

	if (e == 0 && k->algorithm != KEY_PUBLIC_PEM && in->len >= ID_SIZE)
		e = ERR_INVALID;
	if (e < 0)
		return e;
	slot_fill(&h->slots[taken], k, in);
	e = p11_result(&h->p, "C_FindObjects", find_handles(h, &h->slots[taken]));
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
	out->len = s->algorithm == KEY_PUBLIC_PEM ? s->pem_len : strlen(s->id);
	memcpy(out->data, s->algorithm == KEY_PUBLIC_PEM ? s->pem : s->id, out->len);
	return 0;
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
	CK_RV rv = find(h, j->like, j->attributes, found, ARRAY_LEN(found), &count);

	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		if (j->ours_only && !is_ours(h, found[i]))
			continue;
		rv = h->p.f->C_DestroyObject(h->p.session, found[i]);
		j->ended += rv == CKR_OK;
	}
	return rv;
}

static int destroy(struct token *t, const struct key *k, const struct token_wrapped *in)
{
	CK_ATTRIBUTE like = { CKA_ID, (uint8_t *)(uintptr_t)in->data, in->len };
	struct end_job j = { &like, 1, false, 0 };
	int e = k->algorithm == KEY_PUBLIC_PEM || in->len == 0 ? 0 : run(hard(t), "C_DestroyObject", do_end, &j);

	if (e == 0 && k->algorithm != KEY_PUBLIC_PEM && in->len > 0 && j.ended == 0)
		return ERR_NOT_FOUND;
	return e;
}

static int reset(struct token *t)
{
	struct end_job j = { NULL, 0, true, 0 };
	int e = run(hard(t), "C_DestroyObject", do_end, &j);

	if (e == 0)
		e = p11_give_up_pin(&hard(t)->p);
	else if (e == ERR_DENIED)
		snprintf(t->why, sizeof(t->why), "token %s is locked: what it holds can be destroyed by its own tool alone", hard(t)->p.label);
	return e;
}

/* ---- use ---- */

static int mac(struct token *t, uint32_t number, const void *data, size_t len, uint8_t out[32])
{
	const struct slot *s = slot_at(t, number);

	return s == NULL || s->algorithm != KEY_HMAC_SHA256 ? ERR_NOT_FOUND : sign_with(hard(t), &s->key, CKM_SHA256_HMAC, data, len, out, 32);
}

static int seal(struct token *t, uint32_t number, const void *aad, size_t aad_len, const void *clear, size_t len, uint8_t *out)
{
	const struct slot *s = slot_at(t, number);
	struct crypt_job j = { s != NULL ? &s->key : NULL, true, out, aad, aad_len, clear, len, out + IV_SIZE, len + TAG_BITS / 8 };
	int e = s == NULL || s->algorithm != KEY_AES_256 ? ERR_NOT_FOUND : is_gone(hard(t), s->key);

	if (e == 0)
		e = crypto_random(out, IV_SIZE);
	if (e == 0)
		e = run(hard(t), "C_Encrypt", do_crypt, &j);
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
	e = is_gone(h, s->key);
	if (e == 0)
		e = run(h, "C_Decrypt", do_crypt, &j);
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
	     : sign_with(hard(t), &s->key, CKM_EDDSA, data, len, signature, TOKEN_SIGNATURE_SIZE);
}

static int public_of(struct token *t, uint32_t number, uint8_t key[TOKEN_PUBLIC_SIZE])
{
	const struct slot *s = slot_at(t, number);

	return s == NULL || s->algorithm != KEY_ED25519 ? ERR_NOT_FOUND : read_point(hard(t), &s->public, key);
}

static int pem(struct token *t, uint32_t number, char *out, size_t size)
{
	const struct slot *s = slot_at(t, number);

	if (s == NULL || s->usage != KEY_GATEWAY_PUBLIC)
		return ERR_NOT_FOUND;
	if (s->pem_len >= size)
		return ERR_TOO_LONG;
	memcpy(out, s->pem, s->pem_len);
	out[s->pem_len] = '\0';
	return (int)s->pem_len;
}

static int block_export(struct token *t, const struct key *k UNUSED, uint32_t number UNUSED, uint32_t kbpk UNUSED, char *out UNUSED,
                        size_t size UNUSED)
{
	return require(hard(t), TOKEN_CAN_KEY_BLOCK);
}

static int block_import(struct token *t, struct key *k UNUSED, uint32_t kbpk UNUSED, const char *block UNUSED, struct token_wrapped *out UNUSED)
{
	return require(hard(t), TOKEN_CAN_KEY_BLOCK);
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
		"pkcs11", can, prepare, reset, unlock, lock, generate, import, load, unload, rewrap, destroy, mac, seal, open_sealed, sign, public_of,
		pem, block_export, block_import, free_token,
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
