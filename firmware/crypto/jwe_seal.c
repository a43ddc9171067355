/* jwe_seal.c: clear text into a compact JWE (RFC 7516 5.1). */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/jwe_priv.h"
#include "lib/secret.h"

enum { B64_COORD_SIZE = 44 };

/* One seal under way. */
struct seal {
	char header[JWE_HEADER_MAX];
	char epk[160];                             /* the header's member, "" for RSA */
	uint8_t encrypted_key[JWE_RSA_MAX_BYTES];
	size_t encrypted_key_len;
	uint8_t cek[JWE_CEK_SIZE], iv[JWE_IV_SIZE], tag[JWE_TAG_SIZE];
	uint8_t *cipher;
};

static size_t b64_len(size_t octets)
{
	return octets / 3 * 4 + (octets % 3 == 0 ? 0 : octets % 3 + 1);
}

static int print_coord(EVP_PKEY *key, const char *which, char out[B64_COORD_SIZE])
{
	uint8_t octets[JWE_COORD_SIZE];
	BIGNUM *n = NULL;
	int e = ERR_CRYPTO;

	if (EVP_PKEY_get_bn_param(key, which, &n) == 1 && BN_bn2binpad(n, octets, sizeof(octets)) == (int)sizeof(octets))
		e = base64url_encode(octets, sizeof(octets), out, B64_COORD_SIZE);
	BN_free(n);
	return e < 0 ? e : 0;
}

static int print_epk(EVP_PKEY *ephemeral, char *out, size_t size)
{
	char x[B64_COORD_SIZE], y[B64_COORD_SIZE];
	int e = print_coord(ephemeral, OSSL_PKEY_PARAM_EC_PUB_X, x);

	if (e == 0)
		e = print_coord(ephemeral, OSSL_PKEY_PARAM_EC_PUB_Y, y);
	if (e == 0)
		snprintf(out, size, ",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
	return e;
}

static int encrypt_key_ec(const struct jwe_key *k, struct seal *s)
{
	EVP_PKEY *ephemeral = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	uint8_t kek[JWE_CEK_SIZE];
	int e = ephemeral == NULL ? ERR_CRYPTO : print_epk(ephemeral, s->epk, sizeof(s->epk));

	if (e == 0)
		e = jwe_agree(ephemeral, k->pkey, kek);
	if (e == 0)
		e = jwe_wrap(kek, s->cek, s->encrypted_key);
	s->encrypted_key_len = JWE_WRAPPED_SIZE;
	secret_wipe(kek, sizeof(kek));
	EVP_PKEY_free(ephemeral);
	return e;
}

static int encrypt_key_rsa(const struct jwe_key *k, struct seal *s)
{
	EVP_PKEY_CTX *ctx = jwe_oaep(k->pkey, EVP_PKEY_encrypt_init);
	size_t n = sizeof(s->encrypted_key);
	int ok = ctx != NULL && EVP_PKEY_encrypt(ctx, s->encrypted_key, &n, s->cek, sizeof(s->cek)) == 1;

	s->encrypted_key_len = n;
	EVP_PKEY_CTX_free(ctx);
	return ok ? 0 : ERR_CRYPTO;
}

static int print_header(const struct jwe_key *k, const char *extra, struct seal *s)
{
	int n = snprintf(s->header, sizeof(s->header), "{\"alg\":\"%s\",\"enc\":\"" JWE_ENC "\",\"kid\":\"%s\"%s%s%s}",
	                 k->is_rsa ? JWE_ALG_RSA : JWE_ALG_EC, k->kid, s->epk, extra[0] != '\0' ? "," : "", extra);

	return n < 0 || n >= (int)sizeof(s->header) ? ERR_TOO_LONG : 0;
}

static int encrypt_content(struct seal *s, const char *aad, size_t aad_len, const void *clear, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0, ok;

	ok = ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, s->cek, s->iv) == 1 &&
	     EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)aad, (int)aad_len) == 1 &&
	     EVP_EncryptUpdate(ctx, s->cipher, &n, clear, (int)len) == 1 &&
	     EVP_EncryptFinal_ex(ctx, s->cipher + n, &last) == 1 && (size_t)(n + last) == len &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, JWE_TAG_SIZE, s->tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : ERR_CRYPTO;
}

static size_t put_part(char *out, size_t at, const void *data, size_t len, size_t size)
{
	int n = base64url_encode(data, len, out + at, size - at);

	return at + (n < 0 ? 0 : (size_t)n);       /* that it fits was found out before */
}

/* The five parts (RFC 7516 7.1); the first is the additional authenticated data of the fourth. */
static int assemble(struct seal *s, const void *clear, size_t len, char *out, size_t size)
{
	size_t header_len = strlen(s->header), at;
	int e;

	if (b64_len(header_len) + b64_len(s->encrypted_key_len) + b64_len(JWE_IV_SIZE) + b64_len(len) + b64_len(JWE_TAG_SIZE) +
	    4 + 1 > size)
		return ERR_TOO_LONG;
	at = put_part(out, 0, s->header, header_len, size);
	e = encrypt_content(s, out, at, clear, len);
	if (e < 0) {
		out[0] = '\0';
		return e;
	}
	out[at++] = '.';
	at = put_part(out, at, s->encrypted_key, s->encrypted_key_len, size);
	out[at++] = '.';
	at = put_part(out, at, s->iv, JWE_IV_SIZE, size);
	out[at++] = '.';
	at = put_part(out, at, s->cipher, len, size);
	out[at++] = '.';
	at = put_part(out, at, s->tag, JWE_TAG_SIZE, size);
	return (int)at;
}

int jwe_seal(const struct jwe_key *k, const char *extra, const void *clear, size_t len, char *out, size_t size)
{
	struct seal s;
	int e = ERR_NOMEM;

	if (len > INT_MAX / 4)
		return ERR_TOO_LONG;
	memset(&s, 0, sizeof(s));
	s.cipher = malloc(len + 1);
	if (s.cipher == NULL)
		goto out;
	e = crypto_random(s.cek, sizeof(s.cek));
	if (e == 0)
		e = crypto_random(s.iv, sizeof(s.iv));
	if (e == 0)
		e = k->is_rsa ? encrypt_key_rsa(k, &s) : encrypt_key_ec(k, &s);
	if (e == 0)
		e = print_header(k, extra, &s);
	if (e == 0)
		e = assemble(&s, clear, len, out, size);
out:
	ERR_clear_error();
	free(s.cipher);
	secret_wipe(&s, sizeof(s));
	return e;
}
