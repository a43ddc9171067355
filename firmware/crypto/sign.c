/* sign.c: Ed25519 signatures (RFC 8032) over named hashes, and the public keys that prove them. */
#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/ed25519.h"

enum { DER_HEAD = 12, BODY_SIZE = 61 };

int sign_text(const char *usage, const uint8_t hash[CRYPTO_SHA256_SIZE], char text[CRYPTO_SIGNED_SIZE])
{
	char hex[2 * CRYPTO_SHA256_SIZE + 1];
	int n = hex_encode(hash, CRYPTO_SHA256_SIZE, hex, sizeof(hex));

	if (n < 0)
		return n;
	n = snprintf(text, CRYPTO_SIGNED_SIZE, "callkey-sign/1 %s %s\n", usage, hex);
	return n < CRYPTO_SIGNED_SIZE ? n : ERR_TOO_LONG;
}

int sign_hash(const uint8_t seed[CRYPTO_SEED_SIZE], const char *usage, const uint8_t hash[CRYPTO_SHA256_SIZE],
              uint8_t signature[CRYPTO_SIGNATURE_SIZE])
{
	char text[CRYPTO_SIGNED_SIZE];
	int n = sign_text(usage, hash, text);

	return n < 0 ? n : ed25519_sign(seed, text, (size_t)n, signature);
}

static const char pem_begin[] = "-----BEGIN PUBLIC KEY-----\n", pem_end[] = "\n-----END PUBLIC KEY-----\n";
/* RFC 8410 4: SubjectPublicKeyInfo of an Ed25519 key, up to its 32 octets. */
static const uint8_t der_head[DER_HEAD] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

int sign_print_key(const uint8_t raw[ED25519_PUBLIC_SIZE], char pem[CRYPTO_PUBLIC_SIZE], char id[CRYPTO_KEY_ID_SIZE])
{
	uint8_t der[DER_HEAD + ED25519_PUBLIC_SIZE], hash[CRYPTO_SHA256_SIZE];
	char body[BODY_SIZE];
	int n;

	memcpy(der, der_head, DER_HEAD);
	memcpy(der + DER_HEAD, raw, ED25519_PUBLIC_SIZE);
	if (crypto_sha256(der, sizeof(der), hash) < 0)
		return ERR_CRYPTO;
	n = base64_encode(der, sizeof(der), body, sizeof(body));
	if (n >= 0)
		n = hex_encode(hash, sizeof(hash), id, CRYPTO_KEY_ID_SIZE);
	if (n < 0)
		return n;
	snprintf(pem, CRYPTO_PUBLIC_SIZE, "%s%s%s", pem_begin, body, pem_end);
	return 0;
}

int sign_public(const uint8_t seed[CRYPTO_SEED_SIZE], char pem[CRYPTO_PUBLIC_SIZE], char id[CRYPTO_KEY_ID_SIZE])
{
	uint8_t raw[ED25519_PUBLIC_SIZE];
	int e = ed25519_public(seed, raw);

	return e < 0 ? e : sign_print_key(raw, pem, id);
}

/* ERR_INVALID: no Ed25519 key, or not written as sign_print_key() writes it. */
static int read_key(const char *pem, uint8_t raw[ED25519_PUBLIC_SIZE], char id[CRYPTO_KEY_ID_SIZE])
{
	const size_t before = sizeof(pem_begin) - 1;
	uint8_t der[DER_HEAD + ED25519_PUBLIC_SIZE];
	char again[CRYPTO_PUBLIC_SIZE];

	if (strlen(pem) != before + BODY_SIZE - 1 + sizeof(pem_end) - 1 ||
	    base64_decode(pem + before, BODY_SIZE - 1, der, sizeof(der)) != (int)sizeof(der) ||
	    sign_print_key(der + DER_HEAD, again, id) < 0 || strcmp(pem, again) != 0)
		return ERR_INVALID;
	memcpy(raw, der + DER_HEAD, ED25519_PUBLIC_SIZE);
	return 0;
}

int sign_key_id(const char *pem, char id[CRYPTO_KEY_ID_SIZE])
{
	uint8_t raw[ED25519_PUBLIC_SIZE];

	return read_key(pem, raw, id);
}

int sign_verify(const char *pem, const char *usage, const uint8_t hash[CRYPTO_SHA256_SIZE],
                const uint8_t signature[CRYPTO_SIGNATURE_SIZE])
{
	char id[CRYPTO_KEY_ID_SIZE], text[CRYPTO_SIGNED_SIZE];
	uint8_t raw[ED25519_PUBLIC_SIZE];
	int n = sign_text(usage, hash, text), e = n < 0 ? n : read_key(pem, raw, id);

	return e < 0 ? e : ed25519_verify(raw, text, (size_t)n, signature);
}
