#include "crypto/aes.h"

#include <string.h>

#include "crypto/ossl.h"

int aes_cmac(const uint8_t *key, size_t key_len, const void *data, size_t len, uint8_t mac[AES_BLOCK_SIZE])
{
	const char *cipher = key_len == 16 ? "AES-128-CBC" : key_len == 32 ? "AES-256-CBC" : NULL;
	size_t made = 0;

	if (cipher == NULL)
		return ERR_INVALID;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, (char *)(uintptr_t)cipher, 0), OSSL_PARAM_END };

	if (EVP_Q_mac(NULL, "CMAC", NULL, NULL, params, key, key_len, data, len, mac, AES_BLOCK_SIZE, &made) == NULL)
		return ERR_CRYPTO;
	return made == AES_BLOCK_SIZE ? 0 : ERR_CRYPTO;
}

int aes_cbc(const uint8_t *key, size_t key_len, const uint8_t iv[AES_BLOCK_SIZE], int encrypt, const uint8_t *in, size_t len, uint8_t *out)
{
	const EVP_CIPHER *cipher = key_len == 16 ? EVP_aes_128_cbc() : key_len == 32 ? EVP_aes_256_cbc() : NULL;
	EVP_CIPHER_CTX *c;
	int n, e = ERR_CRYPTO;

	if (cipher == NULL || len % AES_BLOCK_SIZE != 0 || len > INT32_MAX / 2)
		return ERR_INVALID;
	c = EVP_CIPHER_CTX_new();
	if (c == NULL)
		return ERR_NOMEM;
	if (EVP_CipherInit_ex(c, cipher, NULL, key, iv, encrypt) == 1 && EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
	    EVP_CipherUpdate(c, out, &n, in, (int)len) == 1 && n == (int)len)
		e = 0;
	EVP_CIPHER_CTX_free(c);
	return e;
}

int aes_kcv(const uint8_t *key, size_t key_len, uint8_t kcv[AES_KCV_SIZE])
{
	static const uint8_t zeros[AES_BLOCK_SIZE];
	uint8_t mac[AES_BLOCK_SIZE];
	int e = aes_cmac(key, key_len, zeros, sizeof(zeros), mac);

	if (e == 0)
		memcpy(kcv, mac, AES_KCV_SIZE);
	return e;
}

int aes_derive(const uint8_t *key, size_t key_len, const char *info, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *c = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key, key_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info, strlen(info)),
		OSSL_PARAM_END,
	};
	int e = c != NULL && EVP_KDF_derive(c, out, len, params) == 1 ? 0 : ERR_CRYPTO;

	EVP_KDF_CTX_free(c);
	EVP_KDF_free(kdf);
	return e;
}
