#include "crypto/ed25519.h"

#include "crypto/ossl.h"

int ed25519_sign(const uint8_t seed[ED25519_SEED_SIZE], const void *data, size_t len, uint8_t signature[ED25519_SIGNATURE_SIZE])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED_SIZE);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t made = ED25519_SIGNATURE_SIZE;
	int e = ERR_CRYPTO;

	if (key != NULL && c != NULL && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(c, signature, &made, data, len) == 1 && made == ED25519_SIGNATURE_SIZE)
		e = 0;
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
	return e;
}

int ed25519_public(const uint8_t seed[ED25519_SEED_SIZE], uint8_t key[ED25519_PUBLIC_SIZE])
{
	EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED_SIZE);
	size_t len = ED25519_PUBLIC_SIZE;
	int e = k != NULL && EVP_PKEY_get_raw_public_key(k, key, &len) == 1 && len == ED25519_PUBLIC_SIZE ? 0 : ERR_CRYPTO;

	EVP_PKEY_free(k);
	return e;
}

int ed25519_verify(const uint8_t key[ED25519_PUBLIC_SIZE], const void *data, size_t len, const uint8_t signature[ED25519_SIGNATURE_SIZE])
{
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, ED25519_PUBLIC_SIZE);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	int e = ERR_CRYPTO;

	if (k != NULL && c != NULL && EVP_DigestVerifyInit(c, NULL, NULL, NULL, k) == 1 &&
	    EVP_DigestVerify(c, signature, ED25519_SIGNATURE_SIZE, data, len) == 1)
		e = 0;
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(k);
	return e;
}
