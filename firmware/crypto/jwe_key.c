/* jwe_key.c: recipients' public keys, and the key agreement both sides of a JWE compute. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/jwe_priv.h"
#include "lib/secret.h"

int jwe_check_key(EVP_PKEY *pkey, bool *is_rsa)
{
	char group[32] = "";
	bool ok;

	*is_rsa = EVP_PKEY_is_a(pkey, "RSA") == 1;
	if (*is_rsa)
		ok = EVP_PKEY_get_bits(pkey) >= JWE_RSA_MIN_BITS && EVP_PKEY_get_size(pkey) <= JWE_RSA_MAX_BYTES;
	else
		ok = EVP_PKEY_is_a(pkey, "EC") == 1 && EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
		     strcmp(group, "prime256v1") == 0;
	return ok ? 0 : ERR_INVALID;
}

static bool kid_is_plain(const char *kid)
{
	size_t len = strlen(kid);

	return len > 0 && len <= JWE_KID_MAX &&
	       strspn(kid, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+/=") == len;
}

static bool key_is_sound(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool ok = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

int jwe_key_read(const char *pem, size_t len, const char *kid, struct jwe_key **k)
{
	struct jwe_key *made = NULL;
	BIO *bio;
	int e = ERR_INVALID;

	if (!kid_is_plain(kid) || len > INT_MAX)
		return ERR_INVALID;
	made = calloc(1, sizeof(*made));
	bio = made == NULL ? NULL : BIO_new_mem_buf(pem, (int)len);
	if (bio == NULL) {
		e = ERR_NOMEM;
		goto out;
	}
	strcpy(made->kid, kid);
	made->pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	if (made->pkey == NULL || jwe_check_key(made->pkey, &made->is_rsa) < 0 || !key_is_sound(made->pkey))
		goto out;
	*k = made;
	made = NULL;
	e = 0;
out:
	ERR_clear_error();
	jwe_key_free(&made);
	BIO_free(bio);
	return e;
}

void jwe_key_free(struct jwe_key **k)
{
	if (*k == NULL)
		return;
	EVP_PKEY_free((*k)->pkey);
	free(*k);
	*k = NULL;
}

const char *jwe_key_kid(const struct jwe_key *k)
{
	return k->kid;
}

/* ---- agreement ---- */

static size_t put_u32(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
	return 4;
}

static size_t put_counted(uint8_t *p, const char *text)
{
	size_t len = strlen(text);

	put_u32(p, len);
	memcpy(p + 4, text, len);
	return 4 + len;
}

int jwe_concat_kdf(const uint8_t *z, size_t z_len, const char *alg, const char *apu, const char *apv, uint8_t *out,
                   size_t out_len)
{
	uint8_t info[256];                         /* AlgorithmID, PartyUInfo, PartyVInfo, SuppPubInfo */
	size_t n = 0;
	EVP_KDF *kdf;
	EVP_KDF_CTX *ctx;
	OSSL_PARAM params[4];
	char digest[] = "SHA256";
	int ok;

	if (strlen(alg) + strlen(apu) + strlen(apv) + 16 > sizeof(info))
		return ERR_TOO_LONG;
	n += put_counted(info + n, alg);
	n += put_counted(info + n, apu);
	n += put_counted(info + n, apv);
	n += put_u32(info + n, out_len * 8);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)z, z_len);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, n);
	params[3] = OSSL_PARAM_construct_end();
	kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_SSKDF, NULL);
	ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	ok = ctx != NULL && EVP_KDF_derive(ctx, out, out_len, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : ERR_CRYPTO;
}

int jwe_agree(EVP_PKEY *ours, EVP_PKEY *peers, uint8_t kek[JWE_CEK_SIZE])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ours, NULL);
	uint8_t z[JWE_COORD_SIZE];
	size_t len = sizeof(z);
	int e = ERR_CRYPTO;

	if (ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peers) == 1 &&
	    EVP_PKEY_derive(ctx, z, &len) == 1 && len == sizeof(z))
		e = jwe_concat_kdf(z, len, JWE_ALG_EC, "", "", kek, JWE_CEK_SIZE);
	secret_wipe(z, sizeof(z));
	EVP_PKEY_CTX_free(ctx);
	return e;
}

int jwe_wrap(const uint8_t kek[JWE_CEK_SIZE], const uint8_t key[JWE_CEK_SIZE], uint8_t out[JWE_WRAPPED_SIZE])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0, ok;

	if (ctx != NULL)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_aes_256_wrap(), NULL, kek, NULL) == 1 &&
	     EVP_EncryptUpdate(ctx, out, &n, key, JWE_CEK_SIZE) == 1 && EVP_EncryptFinal_ex(ctx, out + n, &last) == 1 &&
	     n + last == JWE_WRAPPED_SIZE;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : ERR_CRYPTO;
}

EVP_PKEY_CTX *jwe_oaep(EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	if (ctx != NULL && init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}
