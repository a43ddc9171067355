/* aes_gcm.c: AES-256-GCM, with a key that is set up for one value, or kept set up for many: to set it up costs more than a short value. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "crypto/ossl.h"
#include "lib/secret.h"

enum { IV_SIZE = 12, TAG_SIZE = 16, IVS = 64 };

/* One context a direction: OpenSSL would expand the key anew for the other one. */
struct aes_gcm { EVP_CIPHER_CTX *seal, *open; size_t drawn; uint8_t ivs[IVS * IV_SIZE]; };

/* One pass over text of len bytes with the key that c has, or key; the tag is written when sealing, checked when opening. */
static int gcm(EVP_CIPHER_CTX *c, const uint8_t *key, const uint8_t *iv, const void *aad, size_t aad_len, const uint8_t *in, size_t len,
               uint8_t *out, uint8_t *tag, int seal)
{
	int n;

	if (EVP_CipherInit_ex(c, key != NULL ? EVP_aes_256_gcm() : NULL, NULL, key, iv, seal) == 1 &&
	    (aad_len == 0 || EVP_CipherUpdate(c, NULL, &n, aad, (int)aad_len) == 1) &&
	    (len == 0 || EVP_CipherUpdate(c, out, &n, in, (int)len) == 1) &&
	    (seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1) &&
	    EVP_CipherFinal_ex(c, out + len, &n) == 1 &&
	    (!seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, tag) == 1))
		return 0;
	return ERR_CRYPTO;
}

static bool fits(size_t len, size_t aad_len)
{
	return len <= INT32_MAX / 2 && aad_len <= INT32_MAX / 2;
}

/* out begins with the IV. */
static int seal(EVP_CIPHER_CTX *c, const uint8_t *key, const void *aad, size_t aad_len, const void *clear, size_t len, uint8_t *out)
{
	return gcm(c, key, out, aad, aad_len, clear, len, out + IV_SIZE, out + IV_SIZE + len, 1);
}

static int open_sealed(EVP_CIPHER_CTX *c, const uint8_t *key, const void *aad, size_t aad_len, const uint8_t *sealed, size_t len, void *out,
                       size_t size)
{
	uint8_t tag[TAG_SIZE];
	size_t clear_len = len - AES_GCM_OVERHEAD;
	int e;

	if (len < AES_GCM_OVERHEAD || !fits(len, aad_len))
		return ERR_CRYPTO;
	if (clear_len > size)
		return ERR_TOO_LONG;
	memcpy(tag, sealed + IV_SIZE + clear_len, sizeof(tag));
	e = gcm(c, key, sealed, aad, aad_len, sealed + IV_SIZE, clear_len, out, tag, 0);
	if (e < 0)
		secret_wipe(out, clear_len);
	return e < 0 ? e : (int)clear_len;
}

/* ---- a key for one value ---- */

int aes_gcm_seal(const uint8_t key[AES_KEY_SIZE], const void *aad, size_t aad_len, const void *clear, size_t len, uint8_t *out)
{
	int e = fits(len, aad_len) ? crypto_random(out, IV_SIZE) : ERR_TOO_LONG;
	EVP_CIPHER_CTX *c = e == 0 ? EVP_CIPHER_CTX_new() : NULL;

	if (e == 0)
		e = c != NULL ? seal(c, key, aad, aad_len, clear, len, out) : ERR_NOMEM;
	EVP_CIPHER_CTX_free(c);
	return e;
}

int aes_gcm_open(const uint8_t key[AES_KEY_SIZE], const void *aad, size_t aad_len, const uint8_t *sealed, size_t len, void *out, size_t size)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = c != NULL ? open_sealed(c, key, aad, aad_len, sealed, len, out, size) : ERR_NOMEM;

	EVP_CIPHER_CTX_free(c);
	return n;
}

/* ---- a key for many ---- */

int aes_gcm_new(const uint8_t key[AES_KEY_SIZE], struct aes_gcm **g)
{
	struct aes_gcm *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->drawn = IVS;
	made->seal = EVP_CIPHER_CTX_new();
	made->open = EVP_CIPHER_CTX_new();
	if (made->seal == NULL || made->open == NULL || EVP_CipherInit_ex(made->seal, EVP_aes_256_gcm(), NULL, key, NULL, 1) != 1 ||
	    EVP_CipherInit_ex(made->open, EVP_aes_256_gcm(), NULL, key, NULL, 0) != 1) {
		aes_gcm_free(&made);
		return ERR_CRYPTO;
	}
	*g = made;
	return 0;
}

void aes_gcm_free(struct aes_gcm **g)
{
	if (*g == NULL)
		return;
	EVP_CIPHER_CTX_free((*g)->seal);
	EVP_CIPHER_CTX_free((*g)->open);
	free(*g);
	*g = NULL;
}

/* The kernel is asked for many at once. */
static int next_iv(struct aes_gcm *g, uint8_t iv[IV_SIZE])
{
	if (g->drawn == IVS) {
		int e = crypto_random(g->ivs, sizeof(g->ivs));

		if (e < 0)
			return e;
		g->drawn = 0;
	}
	memcpy(iv, g->ivs + g->drawn++ * IV_SIZE, IV_SIZE);
	return 0;
}

int aes_gcm_seal_next(struct aes_gcm *g, const void *aad, size_t aad_len, const void *clear, size_t len, uint8_t *out)
{
	int e = fits(len, aad_len) ? next_iv(g, out) : ERR_TOO_LONG;

	return e < 0 ? e : seal(g->seal, NULL, aad, aad_len, clear, len, out);
}

int aes_gcm_open_next(struct aes_gcm *g, const void *aad, size_t aad_len, const uint8_t *sealed, size_t len, void *out, size_t size)
{
	return open_sealed(g->open, NULL, aad, aad_len, sealed, len, out, size);
}
