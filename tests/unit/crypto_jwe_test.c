/* JWE: published vectors, round trips, and that nothing changed or malformed is opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/aes.h"
#include "crypto/jwe_priv.h"
#include "tests/unit/hex_values.h"
#include "tests/unit/pem_pair.h"
#include "tests/unit/scratch.h"

static char folder[64];

/* ---- the parts of JWE ---- */

static void the_concat_kdf_gives_the_value_of_rfc_7518_appendix_c(void **state)
{
	static const uint8_t z[] = {
		158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163, 218, 128, 106, 72,
		246, 218, 167, 121, 140, 254, 144, 196,
	};
	uint8_t out[16];
	char text[32];

	(void)state;
	assert_int_equal(jwe_concat_kdf(z, sizeof(z), "A128GCM", "Alice", "Bob", out, sizeof(out)), 0);
	assert_true(base64url_encode(out, sizeof(out), text, sizeof(text)) > 0);
	assert_string_equal(text, "VqqN6vgjbSBcIijNcacQGg");
}

static void the_key_wrap_gives_the_value_of_rfc_3394_section_4_6(void **state)
{
	uint8_t kek[32], key[32], out[JWE_WRAPPED_SIZE];

	(void)state;
	hex_read("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", kek);
	hex_read("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f", key);
	assert_int_equal(jwe_wrap(kek, key, out), 0);
	hex_expect(out, sizeof(out), "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
}

/* ---- keys ---- */

static const char *path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_text(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_keys(void **state)
{
	(void)state;
	scratch_path(folder, sizeof(folder), "crypto-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	pem_pair_write(folder, "ec", EVP_EC_gen("P-256"));
	pem_pair_write(folder, "ec2", EVP_EC_gen("P-256"));
	pem_pair_write(folder, "p384", EVP_EC_gen("P-384"));
	pem_pair_write(folder, "k256", EVP_EC_gen("secp256k1"));
	pem_pair_write(folder, "rsa", EVP_RSA_gen(2048));
	pem_pair_write(folder, "rsa1024", EVP_RSA_gen(1024));
	pem_pair_write(folder, "ed", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	write_text("empty.pem", "");
	write_text("text.pem", "-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n");
	return 0;
}

static int remove_keys(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static int read_key(const char *name, const char *kid, struct jwe_key **k)
{
	char pem[2000];
	FILE *f = fopen(path_of(name), "r");
	size_t len;

	assert_non_null(f);
	len = fread(pem, 1, sizeof(pem), f);
	fclose(f);
	return jwe_key_read(pem, len, kid, k);
}

static struct jwe_key *public_key(const char *name)
{
	struct jwe_key *k = NULL;

	assert_int_equal(read_key(name, "2026-a", &k), 0);
	return k;
}

static struct jwe_private *private_key(const char *name)
{
	struct jwe_private *k = NULL;

	assert_int_equal(jwe_private_load(path_of(name), &k), 0);
	return k;
}

static void only_fit_keys_are_taken(void **state)
{
	static const char *const bad[] = { "p384.pem", "k256.pem", "rsa1024.pem", "ed.pem", "empty.pem", "text.pem", "ec.key" };
	static const char *const bad_kids[] = { "", "a\"b", "a b", "\xed\x95\x9c",
		"0123456789012345678901234567890123456789012345678901234567890123" };
	static const char *const bad_private[] = { "p384.key", "rsa1024.key", "ec.pem", "empty.pem" };
	struct jwe_key *k = NULL;
	struct jwe_private *p = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(read_key(bad[i], "k", &k), ERR_INVALID);
	for (size_t i = 0; i < ARRAY_LEN(bad_kids); i++)
		assert_int_equal(read_key("ec.pem", bad_kids[i], &k), ERR_INVALID);
	for (size_t i = 0; i < ARRAY_LEN(bad_private); i++)
		assert_int_equal(jwe_private_load(path_of(bad_private[i]), &p), ERR_INVALID);
	assert_int_equal(jwe_private_load(path_of("none.key"), &p), ERR_NOT_FOUND);
	assert_null(k);
	assert_null(p);
}

/* ---- whole JWEs ---- */

static const char record[] = "{\"pan\":\"not a card\",\"order_id\":\"ord_1\"}";

static int seal_with(const char *key, const char *extra, char *jwe, size_t size)
{
	struct jwe_key *k = public_key(key);
	int n = jwe_seal(k, extra, record, strlen(record), jwe, size);

	jwe_key_free(&k);
	return n;
}

static int try_open(const struct jwe_private *p, const char *jwe, size_t len)
{
	char header[512] = "?", clear[512] = "?";
	int n = jwe_open(p, jwe, len, header, sizeof(header), clear, sizeof(clear));

	if (n < 0) {                             /* outputs stay untouched */
		assert_string_equal(header, "?");
		assert_string_equal(clear, "?");
	}
	return n;
}

static void expect_round_trip(const char *public_name, const char *private_name, const char *alg)
{
	struct jwe_key *k = public_key(public_name);
	struct jwe_private *p = private_key(private_name);
	static uint8_t clear[3000], back[3000];
	char jwe[8192], header[600], start[100];

	assert_string_equal(jwe_key_kid(k), "2026-a");
	snprintf(start, sizeof(start), "{\"alg\":\"%s\",\"enc\":\"A256GCM\",\"kid\":\"2026-a\"", alg);
	for (size_t len = 0; len < sizeof(clear); len = len < 70 ? len + 1 : len * 3) {
		int n, m;

		assert_int_equal(crypto_random(clear, sizeof(clear)), 0);
		n = jwe_seal(k, "\"order_id\":\"o-1\",\"purpose\":\"pay\"", clear, len, jwe, sizeof(jwe));
		assert_int_equal(n, (int)strlen(jwe));
		m = jwe_open(p, jwe, (size_t)n, header, sizeof(header), back, sizeof(back));
		assert_int_equal(m, (int)len);
		assert_memory_equal(back, clear, len);
		assert_memory_equal(header, start, strlen(start));
		assert_non_null(strstr(header, ",\"order_id\":\"o-1\",\"purpose\":\"pay\"}"));
	}
	jwe_private_free(&p);
	jwe_key_free(&k);
	assert_null(p);
	assert_null(k);
}

static void what_is_sealed_to_ec_is_opened(void **state)
{
	(void)state;
	expect_round_trip("ec.pem", "ec.key", "ECDH-ES+A256KW");
}

static void what_is_sealed_to_rsa_is_opened(void **state)
{
	(void)state;
	expect_round_trip("rsa.pem", "rsa.key", "RSA-OAEP-256");
}

static void two_seals_share_nothing(void **state)
{
	char a[2048], b[2048];

	(void)state;
	assert_true(seal_with("ec.pem", "", a, sizeof(a)) > 0);
	assert_true(seal_with("ec.pem", "", b, sizeof(b)) > 0);
	assert_string_not_equal(strrchr(a, '.'), strrchr(b, '.'));
	assert_string_not_equal(strchr(a, '.'), strchr(b, '.'));
	assert_null(strstr(a, record));
}

static void a_jwe_that_does_not_fit_is_not_made(void **state)
{
	char jwe[2048], extra[1200];
	int n;

	(void)state;
	n = seal_with("ec.pem", "", jwe, sizeof(jwe));
	assert_true(n > 0);
	assert_int_equal(seal_with("ec.pem", "", jwe, (size_t)n + 1), n);
	memcpy(jwe, "?", 2);
	assert_int_equal(seal_with("ec.pem", "", jwe, (size_t)n), ERR_TOO_LONG);
	assert_string_equal(jwe, "?");
	memset(extra, 'x', sizeof(extra) - 1);
	extra[sizeof(extra) - 1] = '\0';
	assert_int_equal(seal_with("ec.pem", extra, jwe, sizeof(jwe)), ERR_TOO_LONG);
}

/* Each character in turn becomes its neighbours and its case turned; each is cut out; the text ends early. */
static void expect_every_change_refused(const char *public_name, const char *private_name)
{
	struct jwe_private *p = private_key(private_name);
	char jwe[2048], changed[2048];
	int n = seal_with(public_name, "\"order_id\":\"o-1\"", jwe, sizeof(jwe));

	assert_true(n > 0);
	assert_int_equal(try_open(p, jwe, (size_t)n), (int)strlen(record));
	for (int i = 0; i < n; i++) {
		static const uint8_t flips[] = { 0x01, 0x02, 0x20, 0x80 };

		for (size_t f = 0; f < ARRAY_LEN(flips); f++) {
			memcpy(changed, jwe, (size_t)n + 1);
			changed[i] = (char)(changed[i] ^ flips[f]);
			assert_int_equal(try_open(p, changed, (size_t)n), ERR_CRYPTO);
		}
		memcpy(changed, jwe, (size_t)i);
		memcpy(changed + i, jwe + i + 1, (size_t)(n - i));
		assert_int_equal(try_open(p, changed, (size_t)n - 1), ERR_CRYPTO);
		assert_int_equal(try_open(p, jwe, (size_t)i), ERR_CRYPTO);
	}
	assert_int_equal(try_open(p, jwe, (size_t)n + 1), ERR_CRYPTO);        /* the NUL is no part of it */
	jwe_private_free(&p);
}

static void every_changed_byte_is_refused_with_ec(void **state)
{
	(void)state;
	expect_every_change_refused("ec.pem", "ec.key");
}

static void every_changed_byte_is_refused_with_rsa(void **state)
{
	(void)state;
	expect_every_change_refused("rsa.pem", "rsa.key");
}

static void another_key_opens_nothing(void **state)
{
	struct jwe_private *other = private_key("ec2.key"), *rsa = private_key("rsa.key"), *ec = private_key("ec.key");
	char jwe[2048];
	int n;

	(void)state;
	n = seal_with("ec.pem", "", jwe, sizeof(jwe));
	assert_int_equal(try_open(other, jwe, (size_t)n), ERR_CRYPTO);
	assert_int_equal(try_open(rsa, jwe, (size_t)n), ERR_CRYPTO);
	n = seal_with("rsa.pem", "", jwe, sizeof(jwe));
	assert_int_equal(try_open(ec, jwe, (size_t)n), ERR_CRYPTO);
	jwe_private_free(&other);
	jwe_private_free(&rsa);
	jwe_private_free(&ec);
}

/* A JWE with the header given, the other parts as well-formed as they can be. */
static int open_with_header(const struct jwe_private *p, const char *header)
{
	uint8_t zero[64] = { 0 };
	char part[1400], jwe[2048];

	assert_true(base64url_encode(header, strlen(header), part, sizeof(part)) >= 0);
	strcpy(jwe, part);
	for (size_t i = 0; i < 4; i++) {
		static const size_t sizes[] = { JWE_WRAPPED_SIZE, JWE_IV_SIZE, 8, JWE_TAG_SIZE };

		assert_true(base64url_encode(zero, sizes[i], part, sizeof(part)) > 0);
		strcat(strcat(jwe, "."), part);
	}
	return try_open(p, jwe, strlen(jwe));
}

static void malformed_jwes_are_refused(void **state)
{
	static const char *const bad[] = { "", ".", "....", ".....", "a.b.c.d.e", "a.b.c.d", "e30.e30.e30.e30.e30", "..........." };
	static const char *const headers[] = {
		"", "{", "{}", "[]", "null", "{\"alg\":\"dir\",\"enc\":\"A256GCM\"}", "{\"alg\":\"none\",\"enc\":\"A256GCM\"}",
		"{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A128GCM\"}", "{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\"}",
		"{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\",\"epk\":1}",
		"{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}}",
		/* a point off the curve */
		"{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\","
		"\"x\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\",\"y\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}}",
	};
	struct jwe_private *p = private_key("ec.key");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(try_open(p, bad[i], strlen(bad[i])), ERR_CRYPTO);
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		assert_int_equal(open_with_header(p, headers[i]), ERR_CRYPTO);
	jwe_private_free(&p);
}

static void headers_are_read_strictly(void **state)
{
	static const char *const good[] = {
		"{\"alg\":\"a\",\"enc\":\"b\"}", " { \"alg\" : \"a\" , \"enc\" : \"b\" , \"n\" : 1 , \"t\" : true } ",
		"{\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"BB\"},\"enc\":\"b\",\"alg\":\"a\"}",
	};
	static const char *const bad[] = {
		"{\"alg\":\"a\",\"alg\":\"a\"}", "{\"alg\":\"a\",\"crit\":[\"x\"]}", "{\"alg\":\"a\",\"crit\":\"x\"}",
		"{\"alg\":\"a\",\"zip\":\"DEF\"}", "{\"alg\":\"a\"} x", "{\"alg\":\"a\",}", "{\"alg\":\"\\u0061\"}", "{\"alg\":1}",
		"{\"alg\":\"a\" \"enc\":\"b\"}", "{\"alg\"}", "{\"alg\":}", "{\"epk\":{\"epk\":{}}}", "{\"x5c\":{\"a\":\"b\"}}",
		"{\"alg\":\"this is longer than any algorithm's name\"}", "{\"alg", "{\"epk\":{\"kty\":\"EC\"}",
	};
	struct jwe_header h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(jwe_header_read(good[i], &h), 0);
		assert_string_equal(h.alg, "a");
		assert_string_equal(h.enc, "b");
	}
	assert_string_equal(h.crv, "P-256");
	assert_string_equal(h.y, "BB");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(jwe_header_read(bad[i], &h), ERR_INVALID);
}

static void an_opened_text_or_header_that_does_not_fit_is_not_given(void **state)
{
	struct jwe_private *p = private_key("ec.key");
	char jwe[2048], header[512], clear[sizeof(record)];
	int n;

	(void)state;
	n = seal_with("ec.pem", "", jwe, sizeof(jwe));
	assert_int_equal(jwe_open(p, jwe, (size_t)n, header, sizeof(header), clear, strlen(record) - 1), ERR_TOO_LONG);
	assert_int_equal(jwe_open(p, jwe, (size_t)n, header, 10, clear, sizeof(clear)), ERR_TOO_LONG);
	assert_int_equal(jwe_open(p, jwe, (size_t)n, header, sizeof(header), clear, strlen(record)), (int)strlen(record));
	jwe_private_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_concat_kdf_gives_the_value_of_rfc_7518_appendix_c),
		cmocka_unit_test(the_key_wrap_gives_the_value_of_rfc_3394_section_4_6),
		cmocka_unit_test(only_fit_keys_are_taken),
		cmocka_unit_test(what_is_sealed_to_ec_is_opened),
		cmocka_unit_test(what_is_sealed_to_rsa_is_opened),
		cmocka_unit_test(two_seals_share_nothing),
		cmocka_unit_test(a_jwe_that_does_not_fit_is_not_made),
		cmocka_unit_test(every_changed_byte_is_refused_with_ec),
		cmocka_unit_test(every_changed_byte_is_refused_with_rsa),
		cmocka_unit_test(another_key_opens_nothing),
		cmocka_unit_test(malformed_jwes_are_refused),
		cmocka_unit_test(headers_are_read_strictly),
		cmocka_unit_test(an_opened_text_or_header_that_does_not_fit_is_not_given),
	};

	return cmocka_run_group_tests(tests, make_keys, remove_keys);
}
