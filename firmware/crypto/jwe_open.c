/* jwe_open.c: a compact JWE back into clear text (RFC 7516 5.2). Not in the library that keystored links. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/jwe_priv.h"
#include "lib/secret.h"

enum { HEADER, KEY, IV, CIPHER, TAG, PARTS };

struct jwe_private { EVP_PKEY *pkey; bool is_rsa; };
struct part { const char *text; size_t len; };

int jwe_private_load(const char *pem_path, struct jwe_private **k)
{
	struct jwe_private *made = NULL;
	FILE *f = fopen(pem_path, "re");
	char no_password[] = "";
	int e = ERR_INVALID;

	if (f == NULL)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	made = calloc(1, sizeof(*made));
	if (made == NULL) {
		e = ERR_NOMEM;
		goto out;
	}
	made->pkey = PEM_read_PrivateKey(f, NULL, NULL, no_password);
	if (made->pkey == NULL || jwe_check_key(made->pkey, &made->is_rsa) < 0)
		goto out;
	*k = made;
	made = NULL;
	e = 0;
out:
	ERR_clear_error();
	jwe_private_free(&made);
	fclose(f);
	return e;
}

void jwe_private_free(struct jwe_private **k)
{
	if (*k == NULL)
		return;
	EVP_PKEY_free((*k)->pkey);
	free(*k);
	*k = NULL;
}

static int split(const char *jwe, size_t len, struct part part[PARTS])
{
	const char *at = jwe, *end = jwe + len;

	for (int i = 0; i < PARTS; i++) {
		const char *dot = memchr(at, '.', (size_t)(end - at));

		if ((dot == NULL) != (i == PARTS - 1))
			return ERR_INVALID;
		if (dot == NULL)
			dot = end;
		part[i] = (struct part){ at, (size_t)(dot - at) };
		at = dot + 1;
	}
	return 0;
}

static int decode_exactly(const struct part *p, uint8_t *out, size_t size)
{
	return base64url_decode(p->text, p->len, out, size) == (int)size ? 0 : ERR_INVALID;
}

static int decode_header(const struct part *p, char *out, size_t size)
{
	int n = size == 0 ? ERR_TOO_LONG : base64url_decode(p->text, p->len, (uint8_t *)out, size - 1);

	if (n < 0)
		return n;
	out[n] = '\0';
	return strlen(out) == (size_t)n ? 0 : ERR_INVALID;
}

/* The sender's ephemeral key; a point that is not on the curve is refused (RFC 7518 4.6, invalid curve attack). */
static EVP_PKEY *ephemeral_of(const struct jwe_header *h)
{
	uint8_t point[1 + 2 * JWE_COORD_SIZE] = { 4 };
	char group[] = "prime256v1";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_construct_end(),
	};
	const struct part x = { h->x, strlen(h->x) }, y = { h->y, strlen(h->y) };
	EVP_PKEY_CTX *ctx = NULL, *check = NULL;
	EVP_PKEY *key = NULL;

	if (strcmp(h->kty, "EC") != 0 || strcmp(h->crv, "P-256") != 0 || decode_exactly(&x, point + 1, JWE_COORD_SIZE) < 0 ||
	    decode_exactly(&y, point + 1 + JWE_COORD_SIZE, JWE_COORD_SIZE) < 0)
		return NULL;
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		goto out;
	check = EVP_PKEY_CTX_new(key, NULL);
	if (check == NULL || EVP_PKEY_public_check(check) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
out:
	EVP_PKEY_CTX_free(check);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static int unwrap(const uint8_t kek[JWE_CEK_SIZE], const uint8_t wrapped[JWE_WRAPPED_SIZE], uint8_t cek[JWE_CEK_SIZE])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t out[JWE_WRAPPED_SIZE];
	int n = 0, last = 0, ok;

	if (ctx != NULL)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = ctx != NULL && EVP_DecryptInit_ex(ctx, EVP_aes_256_wrap(), NULL, kek, NULL) == 1 &&
	     EVP_DecryptUpdate(ctx, out, &n, wrapped, JWE_WRAPPED_SIZE) == 1 && EVP_DecryptFinal_ex(ctx, out + n, &last) == 1 &&
	     n + last == JWE_CEK_SIZE;
	if (ok)
		memcpy(cek, out, JWE_CEK_SIZE);
	secret_wipe(out, sizeof(out));
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : ERR_CRYPTO;
}

static int decrypt_key_ec(const struct jwe_private *k, const struct jwe_header *h, const struct part *p,
                          uint8_t cek[JWE_CEK_SIZE])
{
	uint8_t kek[JWE_CEK_SIZE], wrapped[JWE_WRAPPED_SIZE];
	EVP_PKEY *ephemeral = ephemeral_of(h);
	int e = ephemeral == NULL ? ERR_INVALID : decode_exactly(p, wrapped, sizeof(wrapped));

	if (e == 0)
		e = jwe_agree(k->pkey, ephemeral, kek);
	if (e == 0)
		e = unwrap(kek, wrapped, cek);
	secret_wipe(kek, sizeof(kek));
	EVP_PKEY_free(ephemeral);
	return e;
}

static int decrypt_key_rsa(const struct jwe_private *k, const struct part *p, uint8_t cek[JWE_CEK_SIZE])
{
	uint8_t in[JWE_RSA_MAX_BYTES], out[JWE_RSA_MAX_BYTES];
	int len = base64url_decode(p->text, p->len, in, sizeof(in));
	EVP_PKEY_CTX *ctx = NULL;
	size_t n = sizeof(out);
	int e = ERR_CRYPTO;

	if (len < 0)
		return len;
	ctx = jwe_oaep(k->pkey, EVP_PKEY_decrypt_init);
	if (ctx != NULL && EVP_PKEY_decrypt(ctx, out, &n, in, (size_t)len) == 1 && n == JWE_CEK_SIZE) {
		memcpy(cek, out, JWE_CEK_SIZE);
		e = 0;
	}
	secret_wipe(out, sizeof(out));
	EVP_PKEY_CTX_free(ctx);
	return e;
}

static int decrypt_key(const struct jwe_private *k, const char *header, const struct part *p, uint8_t cek[JWE_CEK_SIZE])
{
	struct jwe_header h;
	int e = jwe_header_read(header, &h);

	if (e < 0 || strcmp(h.enc, JWE_ENC) != 0 || strcmp(h.alg, k->is_rsa ? JWE_ALG_RSA : JWE_ALG_EC) != 0)
		return ERR_INVALID;
	return k->is_rsa ? decrypt_key_rsa(k, p, cek) : decrypt_key_ec(k, &h, p, cek);
}

static int decrypt_content(const uint8_t cek[JWE_CEK_SIZE], const struct part part[PARTS], uint8_t *clear, size_t size)
{
	uint8_t iv[JWE_IV_SIZE], tag[JWE_TAG_SIZE];
	size_t room = part[CIPHER].len / 4 * 3 + 3;
	uint8_t *cipher = malloc(room), *out = malloc(room);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = -1, n = 0, last = 0, e = ERR_CRYPTO;

	if (cipher != NULL)
		len = base64url_decode(part[CIPHER].text, part[CIPHER].len, cipher, room);
	if (ctx == NULL || out == NULL || len < 0 || decode_exactly(&part[IV], iv, sizeof(iv)) < 0 ||
	    decode_exactly(&part[TAG], tag, sizeof(tag)) < 0)
		goto out;
	if ((size_t)len > size) {
		e = ERR_TOO_LONG;
		goto out;
	}
	if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, cek, iv) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)part[HEADER].text, (int)part[HEADER].len) == 1 &&
	    EVP_DecryptUpdate(ctx, out, &n, cipher, len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
	    EVP_DecryptFinal_ex(ctx, out + n, &last) == 1 && n + last == len) {
		memcpy(clear, out, (size_t)len);
		e = len;
	}
out:
	if (out != NULL)
		secret_wipe(out, room);
	free(out);
	free(cipher);
	EVP_CIPHER_CTX_free(ctx);
	return e;
}

int jwe_open(const struct jwe_private *k, const char *jwe, size_t jwe_len, char *header, size_t header_size, void *clear,
             size_t size)
{
	struct part part[PARTS];
	uint8_t cek[JWE_CEK_SIZE];
	char text[JWE_HEADER_MAX];
	int e = jwe_len > INT_MAX / 2 ? ERR_TOO_LONG : split(jwe, jwe_len, part);

	if (e == 0)
		e = decode_header(&part[HEADER], text, sizeof(text));
	if (e == 0 && strlen(text) >= header_size)
		e = ERR_TOO_LONG;
	if (e == 0)
		e = decrypt_key(k, text, &part[KEY], cek);
	if (e == 0)
		e = decrypt_content(cek, part, clear, size);
	if (e >= 0)
		strcpy(header, text);
	secret_wipe(cek, sizeof(cek));
	ERR_clear_error();
	return e == ERR_TOO_LONG || e >= 0 ? e : ERR_CRYPTO;
}
