/* token_pkcs11_priv.h: between token_pkcs11.c (the token, loading, use), token_pkcs11_make.c (making and ending keys) and
 * token_pkcs11_object.c (objects in the token, and what is done again after a lost session). */
#ifndef KEYS_TOKEN_PKCS11_PRIV_H
#define KEYS_TOKEN_PKCS11_PRIV_H

#include "keys/p11.h"

enum { ID_SIZE = KEY_NAME_SIZE + 24, IV_SIZE = 12, TAG_BITS = 128, SCRATCH_SIZE = 16384, FOUND_MAX = 64 };

struct slot {
	bool used;
	enum key_usage usage;
	enum key_algorithm algorithm;
	char id[ID_SIZE];                             /* CKA_ID */
	CK_OBJECT_HANDLE key, public;                 /* of this session */
	size_t kept_len;
	uint8_t kept[KEY_WRAPPED_MAX];                /* what the key file keeps besides the id: a public key's text, a secret sealed under the object */
};
struct hard {
	struct token token;
	struct p11 p;
	unsigned can;
	struct slot slots[TOKEN_SLOTS_MAX];
	uint8_t *scratch;                             /* locked */
};

static inline struct hard *hard(struct token *t)
{
	return (struct hard *)t;
}

/* ERR_DENIED: the token lacks a mechanism for enum token_can needed; nothing is done in software in its place. */
int hard_require(struct hard *h, unsigned needed) MUST_CHECK;

/* ---- token_pkcs11_object.c ---- */
CK_RV hard_find(struct hard *h, CK_ATTRIBUTE *like, CK_ULONG attributes, CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *count);
/* Those of a slot's object, in this session. */
CK_RV hard_find_handles(struct hard *h, struct slot *s);
CK_OBJECT_CLASS hard_class_of(enum key_algorithm a);
/* ERR_NOT_FOUND: the object is not in the token any more. */
int hard_is_gone(struct hard *h, CK_OBJECT_HANDLE key);
typedef CK_RV job_fn(struct hard *h, void *job);
/* what: the PKCS#11 function, for the log. A job that a lost session ends is done again in a new one, once. */
int hard_run(struct hard *h, const char *what, job_fn *fn, void *job);
int hard_sign_with(struct hard *h, const CK_OBJECT_HANDLE *key, CK_MECHANISM_TYPE mechanism, const void *data, size_t len, uint8_t *out,
                   CK_ULONG out_len);
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
CK_RV hard_do_crypt(struct hard *h, void *job);
int hard_read_point(struct hard *h, const CK_OBJECT_HANDLE *key, uint8_t public[TOKEN_PUBLIC_SIZE]);
/* encData's secret, opened with its object. Wiped by the caller. */
int hard_open_secret(struct hard *h, const struct slot *s, uint8_t secret[TOKEN_ENCDATA_SIZE]) MUST_CHECK;
int hard_kcv_of(struct hard *h, const struct slot *s, uint8_t kcv[KEY_KCV_SIZE]);

/* ---- token_pkcs11_make.c: ops of token.h ---- */
/* Of what the key file keeps, the octets that are the object's CKA_ID. */
size_t hard_id_len(enum key_algorithm a, const struct token_wrapped *w);
void hard_slot_fill(struct slot *s, const struct key *k, const struct token_wrapped *w);
int hard_generate(struct token *t, struct key *k, struct token_wrapped *out);
int hard_import(struct token *t, struct key *k, const uint8_t *clear, size_t len, struct token_wrapped *out);
int hard_destroy(struct token *t, const struct key *k, const struct token_wrapped *in);
int hard_reset(struct token *t);

#endif
