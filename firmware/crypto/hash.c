#include <errno.h>
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
