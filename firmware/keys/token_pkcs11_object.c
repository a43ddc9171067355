/* token_pkcs11_object.c: objects in a PKCS#11 token: found by CKA_ID, used by jobs that outlive a lost session, known by their check
 * values. */
#include <stdio.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "keys/token_pkcs11_priv.h"
#include "lib/secret.h"

enum { POINT_MAX = 40 };

/* ---- objects ---- */

CK_RV hard_find(struct hard *h, CK_ATTRIBUTE *like, CK_ULONG attributes, CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *count)
{
	CK_RV rv = h->p.f->C_FindObjectsInit(h->p.session, like, attributes);

	if (rv != CKR_OK)
		return rv;
	rv = h->p.f->C_FindObjects(h->p.session, found, max, count);
	(void)h->p.f->C_FindObjectsFinal(h->p.session);
	return rv;
}

CK_OBJECT_CLASS hard_class_of(enum key_algorithm a)
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
	CK_RV rv = hard_find(h, like, ARRAY_LEN(like), handles, ARRAY_LEN(handles), &count);

	if (rv != CKR_OK)
		return rv;
	if (count != 1)
		return CKR_OBJECT_HANDLE_INVALID;
	*found = handles[0];
	return CKR_OK;
}

CK_RV hard_find_handles(struct hard *h, struct slot *s)
{
	CK_RV rv = s->algorithm == KEY_PUBLIC_PEM ? CKR_OK : find_one(h, hard_class_of(s->algorithm), s->id, &s->key);

	return rv == CKR_OK && s->algorithm == KEY_ED25519 ? find_one(h, CKO_PUBLIC_KEY, s->id, &s->public) : rv;
}

/* After a lost session all handles are new. An object that is gone has none, and the others go on. */
static int come_back(struct hard *h)
{
	int e = p11_revive(&h->p);

	for (size_t i = 0; e == 0 && i < TOKEN_SLOTS_MAX; i++)
		if (h->slots[i].used && hard_find_handles(h, &h->slots[i]) != CKR_OK)
			h->slots[i].key = h->slots[i].public = CK_INVALID_HANDLE;
	return e;
}

/* Such a key is found again by the next unlocking alone: not each use is worth a new session. */
int hard_is_gone(struct hard *h, CK_OBJECT_HANDLE key)
{
	if (key != CK_INVALID_HANDLE)
		return 0;
	snprintf(h->token.why, sizeof(h->token.why), "token %s: an object of ours is gone; lock and unlock the keys when it is back", h->p.label);
	return ERR_NOT_FOUND;
}

/* ---- jobs: done again once after a lost session ---- */

int hard_run(struct hard *h, const char *what, job_fn *fn, void *job)
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

int hard_sign_with(struct hard *h, const CK_OBJECT_HANDLE *key, CK_MECHANISM_TYPE mechanism, const void *data, size_t len, uint8_t *out,
                     size_t out_len)
{
	struct sign_job j = { key, mechanism, data, len, out, out_len };
	int e = hard_is_gone(h, *key);

	return e < 0 ? e : hard_run(h, "C_Sign", do_sign, &j);
}

CK_RV hard_do_crypt(struct hard *h, void *job)
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
int hard_read_point(struct hard *h, const CK_OBJECT_HANDLE *key, uint8_t public[TOKEN_PUBLIC_SIZE])
{
	struct point_job j = { .key = key };
	int e = hard_run(h, "C_GetAttributeValue", do_point, &j);

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

/* The cipher's IV is a part of the key (crypto/encdata.h), so no token can do it without giving the key out: the key is
 * sealed under an object of its own, and is in clear while it is used. */
int hard_open_secret(struct hard *h, const struct slot *s, uint8_t secret[TOKEN_ENCDATA_SIZE])
{
	struct crypt_job j = { &s->key, false, s->kept, s->id, strlen(s->id), s->kept + IV_SIZE, s->kept_len - IV_SIZE, h->scratch, SCRATCH_SIZE };
	int e = s->kept_len != TOKEN_ENCDATA_SIZE + AES_GCM_OVERHEAD ? ERR_INVALID : hard_is_gone(h, s->key);

	if (e == 0)
		e = hard_run(h, "C_Decrypt", hard_do_crypt, &j);
	if (e == 0 && j.out_len != TOKEN_ENCDATA_SIZE)
		e = ERR_CRYPTO;
	if (e == 0)
		memcpy(secret, h->scratch, TOKEN_ENCDATA_SIZE);
	secret_wipe(h->scratch, TOKEN_ENCDATA_SIZE + AES_GCM_OVERHEAD);
	return e;
}

static int secret_kcv(struct hard *h, const struct slot *s, uint8_t kcv[KEY_KCV_SIZE])
{
	uint8_t secret[TOKEN_ENCDATA_SIZE];
	int e = hard_open_secret(h, s, secret);

	if (e == 0)
		e = aes_kcv(secret, sizeof(secret), kcv);
	secret_wipe(secret, sizeof(secret));
	return e;
}

/* As token_openssl.c has them, so that a key has one check value wherever it is. */
int hard_kcv_of(struct hard *h, const struct slot *s, uint8_t kcv[KEY_KCV_SIZE])
{
	static const uint8_t zero[AES_BLOCK_SIZE];
	uint8_t out[CRYPTO_SHA256_SIZE], public[TOKEN_PUBLIC_SIZE];
	int e;

	switch (s->algorithm) {
	case KEY_AES_256:
	case KEY_AES_128: e = hard_sign_with(h, &s->key, CKM_AES_CMAC, zero, sizeof(zero), out, AES_BLOCK_SIZE); break;
	case KEY_HMAC_SHA256: e = hard_sign_with(h, &s->key, CKM_SHA256_HMAC, "", 0, out, sizeof(out)); break;
	case KEY_ED25519:
		e = hard_read_point(h, &s->public, public);
		if (e == 0)
			e = crypto_sha256(public, sizeof(public), out);
		break;
	case KEY_ENCDATA_256:
	case KEY_ENCDATA_128: e = secret_kcv(h, s, out); break;
	case KEY_PUBLIC_PEM:
	default: e = crypto_sha256(s->kept, s->kept_len, out); break;
	}
	if (e == 0)
		memcpy(kcv, out, KEY_KCV_SIZE);
	return e;
}
