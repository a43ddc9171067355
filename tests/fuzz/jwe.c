/* jwe.c: what comes to the one who opens sealed records. Only the very text that was sealed opens. The input is a text, or
 * (first octet odd) changes to a sealed one: position, octet, position, octet... */
#define ERR_STATE ossl_err_state         /* a type of OpenSSL, an error of err.h */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#undef ERR_STATE

#include "crypto/crypto.h"
#include "tests/fuzz/fuzz.h"

static struct jwe_private *private_key;
static char sealed[1024];
static int sealed_len;

static void write_key(EVP_PKEY *key, const char *path)
{
	FILE *file = fopen(path, "w");

	FUZZ_CHECK(file != NULL);
	FUZZ_CHECK(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
	fclose(file);
}

static struct jwe_key *public_half(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct jwe_key *k = NULL;
	char *pem = NULL;
	long len;

	FUZZ_CHECK(bio != NULL && PEM_write_bio_PUBKEY(bio, key) == 1);
	len = BIO_get_mem_data(bio, &pem);
	FUZZ_CHECK(jwe_key_read(pem, (size_t)len, "k1", &k) == 0);
	BIO_free(bio);
	return k;
}

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	const char *path = fuzz_file((const uint8_t *)"", 0);
	struct jwe_key *recipient = NULL;

	FUZZ_CHECK(key != NULL);
	recipient = public_half(key);
	write_key(key, path);
	FUZZ_CHECK(jwe_private_load(path, &private_key) == 0);
	sealed_len = jwe_seal(recipient, "\"order_id\":\"o\"", "clear", 5, sealed, sizeof(sealed));
	FUZZ_CHECK(sealed_len > 0);
	jwe_key_free(&recipient);
	EVP_PKEY_free(key);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char header[1024], clear[1024];
	bool change = fuzz_octet(&data, &size) & 1;
	char *text = change ? fuzz_text((const uint8_t *)sealed, (size_t)sealed_len) : fuzz_text(data, size);
	size_t len = change ? (size_t)sealed_len : size;
	bool same;
	int n;

	for (size_t i = 0; change && i + 2 < size; i += 3)
		text[(data[i] | data[i + 1] << 8) % len] = (char)data[i + 2];
	same = len == (size_t)sealed_len && memcmp(text, sealed, len) == 0;
	n = jwe_open(private_key, text, len, header, sizeof(header), clear, sizeof(clear));
	FUZZ_CHECK(same ? n == 5 && memcmp(clear, "clear", 5) == 0 : n < 0);
	free(text);
	return 0;
}
