#include "crypto/encdata.h"

#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/ossl.h"
#include "lib/secret.h"

enum { BLOCK = 16, HALF = 16, CIPHER_MAX = ENCDATA_HEX_MAX / 2, TAG_HEX = 2 * CRYPTO_SHA256_SIZE, BOUND_MAX = 800 };

static int encrypt(const EVP_CIPHER *cipher, const char *key, const void *clear, int len, uint8_t *out, int *made)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool ok = c != NULL && EVP_EncryptInit_ex2(c, cipher, (const uint8_t *)key, (const uint8_t *)key, NULL) == 1 &&
	          EVP_EncryptUpdate(c, out, &n, clear, len) == 1 && EVP_EncryptFinal_ex(c, out + n, &last) == 1;

	EVP_CIPHER_CTX_free(c);
	*made = n + last;
	return ok ? 0 : ERR_CRYPTO;
}

int encdata_encrypt(const char key[ENCDATA_KEY_SIZE], bool aes256, const void *clear, size_t len, char *hex, size_t size)
{
	uint8_t cipher[CIPHER_MAX];
	int made, e;

	if (len > CIPHER_MAX - BLOCK)
		return ERR_TOO_LONG;
	e = encrypt(aes256 ? EVP_aes_256_cbc() : EVP_aes_128_cbc(), key, clear, (int)len, cipher, &made);
	return e < 0 ? e : hex_encode(cipher, (size_t)made, hex, size);
}

static int make_tag(const char *key, const char *purpose, const char *order_id, const char *body, char tag[TAG_HEX + 1])
{
	char text[BOUND_MAX];
	uint8_t mac[CRYPTO_SHA256_SIZE];
	int n = snprintf(text, sizeof(text), "callkey encData\n%s\n%s\n%s", purpose, order_id, body), e;

	if (n >= (int)sizeof(text))
		return ERR_TOO_LONG;
	e = crypto_hmac_sha256(key, ENCDATA_KEY_SIZE, text, (size_t)n, mac);
	if (e == 0)
		e = hex_encode(mac, sizeof(mac), tag, TAG_HEX + 1);
	return e < 0 ? e : 0;
}

int encdata_bind(const char key[ENCDATA_KEY_SIZE], const char *purpose, const char *order_id, bool aes256, const char *hex,
                 char *out, size_t size)
{
	char tag[TAG_HEX + 1];
	int n = snprintf(out, size, "nicepay.%s.%s", aes256 ? "256" : "128", hex), e;

	if ((size_t)n + 1 + TAG_HEX >= size)
		return ERR_TOO_LONG;
	e = make_tag(key, purpose, order_id, out, tag);
	if (e < 0)
		return e;
	snprintf(out + n, size - (size_t)n, ".%s", tag);
	return n + 1 + TAG_HEX;
}

int encdata_unbind(const char key[ENCDATA_KEY_SIZE], const char *purpose, const char *order_id, const void *text, size_t len,
                   struct encdata *e)
{
	enum { MODE_AT = sizeof("nicepay.") - 1, HEX_AT = MODE_AT + 4 };
	char body[HEX_AT + ENCDATA_HEX_MAX + 1 + TAG_HEX + 1], tag[TAG_HEX + 1];
	size_t hex_len;
	bool aes256;

	if (len < HEX_AT + 2 * BLOCK + 1 + TAG_HEX || len >= sizeof(body) || memchr(text, '\0', len) != NULL)
		return ERR_INVALID;
	memcpy(body, text, len);
	body[len] = '\0';
	aes256 = strncmp(body, "nicepay.256.", HEX_AT) == 0;
	hex_len = len - HEX_AT - 1 - TAG_HEX;
	if ((!aes256 && strncmp(body, "nicepay.128.", HEX_AT) != 0) || hex_len % (2 * BLOCK) != 0 || body[HEX_AT + hex_len] != '.' ||
	    strspn(body + HEX_AT, "0123456789abcdef") != hex_len)
		return ERR_INVALID;
	body[HEX_AT + hex_len] = '\0';
	if (make_tag(key, purpose, order_id, body, tag) < 0)
		return ERR_INVALID;
	if (CRYPTO_memcmp(tag, body + HEX_AT + hex_len + 1, TAG_HEX) != 0)
		return ERR_DENIED;
	e->aes256 = aes256;
	memcpy(e->hex, body + HEX_AT, hex_len + 1);
	return 0;
}
