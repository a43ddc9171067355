/* Signatures of the appliance: by the key of the ring; only for the uses that are known; provable by the public key alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto/crypto.h"
#include "keystored/signer.h"
#include "tests/unit/scratch.h"

static char folder[64];
static struct keyring *ring;
static const uint8_t master[TOKEN_MASTER_SIZE] = { 9 };

static int make_ring(void **state)
{
	const struct keyfile_master scheme = { .scheme = KEYFILE_COMPONENTS, .parts = 2, .needed = 2 };
	char path[100], why[KEYFILE_WHY_SIZE];
	struct keyring_config c = { .path = path };

	(void)state;
	scratch_path(folder, sizeof(folder), "signer_test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/keys", folder);
	return token_openssl_new(&c.token) < 0 || keyring_new(&c, &ring, why) < 0 || keyring_create(ring, master, &scheme, NULL, clock_wall(), why) < 0;
}

static struct signer *load(void)
{
	struct signer *s = NULL;

	assert_int_equal(signer_new(ring, &s), 0);
	return s;
}

static struct vault_sign ask(const char *usage, uint8_t fill, uint32_t len)
{
	struct vault_sign a = { .req = 77, .hash.len = len };

	snprintf(a.usage, sizeof(a.usage), "%s", usage);
	memset(a.hash.data, fill, sizeof(a.hash.data));
	return a;
}

static void a_signature_is_proven_by_the_public_key_for_its_use_and_hash_alone(void **state)
{
	struct signer *s = load();
	struct vault_sign a = ask("consent", 7, 32);
	struct vault_signature out;
	char id[CRYPTO_KEY_ID_SIZE];

	(void)state;
	assert_non_null(s);
	signer_sign(s, &a, &out);
	assert_int_equal(out.status, VAULT_OK);
	assert_int_equal(out.req, 77);
	assert_int_equal(out.bytes.len, 64);
	assert_int_equal(sign_key_id(out.public_key, id), 0);
	assert_string_equal(id, out.key);
	assert_int_equal(sign_verify(out.public_key, "consent", a.hash.data, out.bytes.data), 0);
	assert_int_equal(sign_verify(out.public_key, "other", a.hash.data, out.bytes.data), ERR_CRYPTO);
	for (int i = 0; i < 64; i++) {
		out.bytes.data[i] ^= 1;
		assert_int_equal(sign_verify(out.public_key, "consent", a.hash.data, out.bytes.data), ERR_CRYPTO);
		out.bytes.data[i] ^= 1;
	}
	for (int i = 0; i < 32; i++) {
		a.hash.data[i] ^= 0x80;
		assert_int_equal(sign_verify(out.public_key, "consent", a.hash.data, out.bytes.data), ERR_CRYPTO);
		a.hash.data[i] ^= 0x80;
	}
	signer_free(&s);
}

static void other_uses_and_other_lengths_are_refused(void **state)
{
	struct signer *s = load();
	const struct vault_sign bad[] = { ask("", 7, 32), ask("seal", 7, 32), ask("consent", 7, 31), ask("consent", 7, 0) };
	struct vault_signature out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		memset(&out, 0xff, sizeof(out));
		signer_sign(s, &bad[i], &out);
		assert_int_equal(out.status, VAULT_REFUSED);
		assert_int_equal(out.bytes.len, 0);
		assert_string_equal(out.public_key, "");
		assert_string_equal(out.key, "");
	}
	signer_free(&s);
}

static void a_new_version_signs_and_the_old_ones_signatures_stay_proven(void **state)
{
	struct signer *s = load();
	const struct vault_sign a = ask("consent", 7, 32);
	struct vault_signature before, after;
	char why[KEYFILE_WHY_SIZE];

	(void)state;
	signer_sign(s, &a, &before);
	assert_int_equal(keyring_generate(ring, "consent", KEY_CONSENT_SIGNING, clock_wall(), clock_wall(), why), 0);
	assert_int_equal(keyring_set_state(ring, "consent", 2, KEY_ACTIVE, clock_wall(), why), 0);
	signer_sign(s, &a, &after);
	assert_string_not_equal(before.key, after.key);
	assert_int_equal(sign_verify(before.public_key, "consent", a.hash.data, before.bytes.data), 0);
	assert_int_equal(sign_verify(after.public_key, "consent", a.hash.data, after.bytes.data), 0);
	keyring_lock(ring);
	signer_sign(s, &a, &after);
	assert_int_equal(after.status, VAULT_LOCKED);
	assert_int_equal(after.bytes.len, 0);
	assert_int_equal(keyring_unlock(ring, master, why), 0);
	signer_free(&s);
}

/* RFC 8032 7.1, test 1: its secret key's public key. */
static void the_public_key_is_that_of_the_rfc(void **state)
{
	static const uint8_t seed[32] = {
		0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
		0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
	};
	static const uint8_t public_key[32] = {
		0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
		0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
	};
	char pem[CRYPTO_PUBLIC_SIZE], id[CRYPTO_KEY_ID_SIZE], changed[CRYPTO_PUBLIC_SIZE];
	uint8_t der[64];
	const char *body;
	int n;

	(void)state;
	assert_int_equal(sign_public(seed, pem, id), 0);
	body = strchr(pem, '\n') + 1;
	n = base64_decode(body, strcspn(body, "\n"), der, sizeof(der));
	assert_int_equal(n, 44);
	assert_memory_equal(der + 12, public_key, 32);
	/* No octet of the text may be another one. */
	for (size_t i = 0; pem[i] != '\0'; i++) {
		char other[CRYPTO_KEY_ID_SIZE] = "";

		snprintf(changed, sizeof(changed), "%s", pem);
		changed[i] ^= 1;
		if (sign_key_id(changed, other) == 0)
			assert_string_not_equal(other, id);
	}
}

static int drop_ring(void **state)
{
	static const char *const names[] = { "keys", "keys.old" };
	char path[100];

	(void)state;
	keyring_free(&ring);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_ring, drop_ring)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_signature_is_proven_by_the_public_key_for_its_use_and_hash_alone),
		CASE(other_uses_and_other_lengths_are_refused),
		CASE(a_new_version_signs_and_the_old_ones_signatures_stay_proven),
		CASE(the_public_key_is_that_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
