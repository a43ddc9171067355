#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "crypto/crypto.h"
#include "crypto/ossl.h"

int crypto_sha256(const void *data, size_t len, uint8_t out[CRYPTO_SHA256_SIZE])
{
	return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : ERR_CRYPTO;
}

int crypto_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[CRYPTO_SHA256_SIZE])
{
	size_t made = 0;

	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len, data, len, out, CRYPTO_SHA256_SIZE, &made) == NULL)
		return ERR_CRYPTO;
	return made == CRYPTO_SHA256_SIZE ? 0 : ERR_CRYPTO;
}

struct hmac { EVP_MAC_CTX *c; };

int hmac_new(const void *key, size_t key_len, struct hmac **h)
{
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)"SHA256", 0), OSSL_PARAM_END };
	struct hmac *made = calloc(1, sizeof(*made));
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	if (made != NULL)
		made->c = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	if (made == NULL || made->c == NULL || EVP_MAC_init(made->c, key, key_len, params) != 1) {
		hmac_free(&made);
		return ERR_CRYPTO;
	}
	*h = made;
	return 0;
}

void hmac_free(struct hmac **h)
{
	if (*h == NULL)
		return;
	EVP_MAC_CTX_free((*h)->c);
	free(*h);
	*h = NULL;
}

int hmac_next(struct hmac *h, const void *data, size_t len, uint8_t out[CRYPTO_SHA256_SIZE])
{
	size_t made = 0;

	/* Without a key: the one that it has. */
	return EVP_MAC_init(h->c, NULL, 0, NULL) == 1 && EVP_MAC_update(h->c, data, len) == 1 &&
	       EVP_MAC_final(h->c, out, &made, CRYPTO_SHA256_SIZE) == 1 && made == CRYPTO_SHA256_SIZE ? 0 : ERR_CRYPTO;
}

int crypto_random(void *out, size_t len)
{
	uint8_t *p = out;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_CRYPTO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}
