/* Hashes and encodings: published vectors, round trips, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "tests/unit/hex_values.h"

/* ---- hashes ---- */

static void sha256_gives_the_values_of_fips_180(void **state)
{
	uint8_t out[CRYPTO_SHA256_SIZE];

	(void)state;
	assert_int_equal(crypto_sha256("abc", 3, out), 0);
	hex_expect(out, sizeof(out), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(crypto_sha256("", 0, out), 0);
	hex_expect(out, sizeof(out), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void hmac_gives_the_values_of_rfc_4231(void **state)
{
	static const struct { const char *key, *data, *want; } cases[] = {
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
		  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
		{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
		  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
		  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	};
	uint8_t key[200], data[200], out[CRYPTO_SHA256_SIZE];
	static const char long_text[] = "This is a test using a larger than block-size key and a larger than block-size data. "
		"The key needs to be hashed before being used by the HMAC algorithm.";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t key_len = hex_read(cases[i].key, key), len = hex_read(cases[i].data, data);

		assert_int_equal(crypto_hmac_sha256(key, key_len, data, len, out), 0);
		hex_expect(out, sizeof(out), cases[i].want);
	}
	memset(key, 0xaa, 131);
	assert_int_equal(crypto_hmac_sha256(key, 131, long_text, strlen(long_text), out), 0);
	hex_expect(out, sizeof(out), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void random_bytes_differ(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	assert_int_equal(crypto_random(a, sizeof(a)), 0);
	assert_int_equal(crypto_random(b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* ---- encodings ---- */

/* Kept contexts give what those give that are made for one value, value after value, also after one that was refused. */
static void kept_contexts_do_as_those_for_one_value(void **state)
{
	uint8_t key[AES_KEY_SIZE] = { 7 }, sealed[100], other[100], clear[64], mac[CRYPTO_SHA256_SIZE], once[CRYPTO_SHA256_SIZE];
	struct aes_gcm *g = NULL;
	struct hmac *h = NULL;

	(void)state;
	assert_int_equal(aes_gcm_new(key, &g), 0);
	assert_int_equal(hmac_new(key, sizeof(key), &h), 0);
	for (size_t len = 0; len <= 64; len++) {
		char text[65];

		memset(text, (int)len, sizeof(text));
		assert_int_equal(aes_gcm_seal_next(g, "row", 3, text, len, sealed), 0);
		assert_int_equal(aes_gcm_open(key, "row", 3, sealed, len + AES_GCM_OVERHEAD, clear, sizeof(clear)), (int)len);
		assert_memory_equal(clear, text, len);
		assert_int_equal(aes_gcm_seal(key, "row", 3, text, len, other), 0);
		assert_memory_not_equal(other, sealed, 12);            /* each its own IV */
		assert_int_equal(aes_gcm_open_next(g, "row", 3, other, len + AES_GCM_OVERHEAD, clear, sizeof(clear)), (int)len);
		assert_int_equal(aes_gcm_open_next(g, "raw", 3, other, len + AES_GCM_OVERHEAD, clear, sizeof(clear)), ERR_CRYPTO);
		other[len + 12] ^= 1;
		assert_int_equal(aes_gcm_open_next(g, "row", 3, other, len + AES_GCM_OVERHEAD, clear, sizeof(clear)), ERR_CRYPTO);
		assert_int_equal(hmac_next(h, text, len, mac), 0);
		assert_int_equal(crypto_hmac_sha256(key, sizeof(key), text, len, once), 0);
		assert_memory_equal(mac, once, sizeof(mac));
	}
	for (int i = 0; i < 1000; i++) {
		memcpy(other, sealed, 12);
		assert_int_equal(aes_gcm_seal_next(g, NULL, 0, "x", 1, sealed), 0);
		assert_memory_not_equal(other, sealed, 12);
	}
	assert_int_equal(aes_gcm_open_next(g, NULL, 0, sealed, AES_GCM_OVERHEAD - 1, clear, sizeof(clear)), ERR_CRYPTO);
	assert_int_equal(aes_gcm_open_next(g, NULL, 0, sealed, AES_GCM_OVERHEAD + 1, clear, 0), ERR_TOO_LONG);
	aes_gcm_free(&g);
	hmac_free(&h);
}

static void base64_gives_the_values_of_rfc_4648(void **state)
{
	static const struct { const char *clear, *text, *url; } cases[] = {
		{ "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" }, { "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg" }, { "fooba", "Zm9vYmE=", "Zm9vYmE" }, { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "+//+", "-__-" },
	};
	char text[32];
	uint8_t out[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n = strlen(cases[i].clear), t = strlen(cases[i].text), u = strlen(cases[i].url);

		assert_int_equal(base64_encode(cases[i].clear, n, text, sizeof(text)), (int)t);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(base64_decode(text, t, out, sizeof(out)), (int)n);
		assert_memory_equal(out, cases[i].clear, n);
		assert_int_equal(base64url_encode(cases[i].clear, n, text, sizeof(text)), (int)u);
		assert_string_equal(text, cases[i].url);
		assert_int_equal(base64url_decode(text, u, out, sizeof(out)), (int)n);
		assert_memory_equal(out, cases[i].clear, n);
		assert_int_equal(base64_encode(cases[i].clear, n, text, t), ERR_TOO_LONG);
		assert_int_equal(base64_encode(cases[i].clear, n, text, t + 1), (int)t);
		if (n > 0)
			assert_int_equal(base64url_decode(cases[i].url, u, out, n - 1), ERR_TOO_LONG);
	}
}

static void base64_takes_one_text_for_a_value_and_no_other(void **state)
{
	static const char *const bad[] = { "Zh==", "Zm9=", "Zg=", "Zg", "Z", "Zg==Zg==", "Zm 9", "====", "Zm9v=", "-__-", "Z===" };
	static const char *const bad_url[] = { "Zh", "Zm9=", "Zg==", "Z", "Zm9vY", "+//+", "Zm\n9" };
	uint8_t out[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(base64_decode(bad[i], strlen(bad[i]), out, sizeof(out)), ERR_INVALID);
	for (size_t i = 0; i < ARRAY_LEN(bad_url); i++)
		assert_int_equal(base64url_decode(bad_url[i], strlen(bad_url[i]), out, sizeof(out)), ERR_INVALID);
	assert_int_equal(base64url_decode("Zm5", 3, out, sizeof(out)), ERR_INVALID);       /* of its last bits one is lost */
	assert_int_equal(base64url_decode("Zm\0v", 4, out, sizeof(out)), ERR_INVALID);
}

static void hex_is_lower_case_and_bounded(void **state)
{
	char text[5];

	(void)state;
	assert_int_equal(hex_encode("\x0a\xff", 2, text, sizeof(text)), 4);
	assert_string_equal(text, "0aff");
	assert_int_equal(hex_encode("\x0a\xff", 2, text, 4), ERR_TOO_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_values_of_fips_180),
		cmocka_unit_test(hmac_gives_the_values_of_rfc_4231),
		cmocka_unit_test(random_bytes_differ),
		cmocka_unit_test(kept_contexts_do_as_those_for_one_value),
		cmocka_unit_test(base64_gives_the_values_of_rfc_4648),
		cmocka_unit_test(base64_takes_one_text_for_a_value_and_no_other),
		cmocka_unit_test(hex_is_lower_case_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
