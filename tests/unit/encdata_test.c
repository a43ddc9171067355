/* encdata_test.c: NICEPAY's card data against the vectors that NICEPAY publishes and against the openssl program's, and the tag
 * that keeps it to one order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/encdata.h"

/* api/payment-subscribe.md, the two examples of encrypting encData. */
static const char published_key[] = "2dcc2a0d63bf469490bb19a201be3735";
static const char published_clear[] = "cardNo=1234567890123456&expYear=25&expMonth=12&idNo=800101&cardPw=12";
static const char published_128[] =
	"2127975b6d82c36136ba8197a997a994f6c086ff75a6d35e514c54a1e686545e60b76f11bec706de1082e43dd74ae5c5f0709dc1eca6c3cd20e1c0e9e9b7a85c"
	"6505461c91c865d82072e41ba5284bd7";
static const char published_256[] =
	"6ecfe97e521bc67c3053d74a9dbdba53033d343fc9e8e38e730964b22ef2e4a59607171b00a9da977141b3f79fffa1e80a16c08bc58666b479f554a966a36341"
	"4347e62f2621f8df220c7a4a545592d0";

/* By "openssl enc -aes-256-cbc" and "openssl mac -digest SHA256 HMAC". */
static const char key[] = "0123456789abcdefFEDCBA9876543210";
static const char clear[] = "cardNo=9461200012345673&expYear=30&expMonth=12&idNo=870923&cardPw=37";
static const char hex_256[] =
	"62815bd8044213a2d50876b2aef017a9cee6bbf31d6555423ea6b9ece8a72e32d850b4357616586f7aacb9abd12226fc948eea2b24f0df3765df839100943768"
	"538a1fd2a1e84e8b2b79a69611dfcf55";
static const char hex_128[] =
	"6385a7dcc7df04a7a23ca4d36bad2603a75bae14118e0073f3cb488a3b6e096bb761ebb5a92ebfb3038be2617b1b0cc7471639741d37a67db25d5c7c4cbe2569"
	"61c273b31353a9e27d1ea0e271600409";
static const char tag_of_ord_1[] = "b5c6c85d8f41c25ac1c20b9a9cd43f6e49ac0dc90049b0179e69c90b656865d5";

static void expect_hex(const char *secret, bool aes256, const char *text, const char *want)
{
	char hex[ENCDATA_HEX_MAX + 1];

	assert_int_equal(encdata_encrypt(secret, aes256, text, strlen(text), hex, sizeof(hex)), strlen(want));
	assert_string_equal(hex, want);
}

static void the_published_examples_come_out(void **state)
{
	(void)state;
	expect_hex(published_key, false, published_clear, published_128);
	expect_hex(published_key, true, published_clear, published_256);
}

static void other_keys_and_lengths_are_as_openssl_says(void **state)
{
	(void)state;
	expect_hex(key, true, clear, hex_256);
	expect_hex(key, false, clear, hex_128);
	expect_hex(key, true, "cardNo=3790990000000000&expYear=30&expMonth=12",
	           "03e71a3e8c243c7c630fdb700763e2269652c4d54675061bdb386bd48612a2711f2bbcb7dfe0256eeacb153f8b2b7b87");
}

static void what_does_not_fit_is_refused(void **state)
{
	char hex[ENCDATA_HEX_MAX + 1], out[64], text[300];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(encdata_encrypt(key, true, text, 241, hex, sizeof(hex)), ERR_TOO_LONG);
	assert_int_equal(encdata_encrypt(key, true, text, 240, hex, sizeof(hex)), ENCDATA_HEX_MAX);
	assert_int_equal(encdata_encrypt(key, true, text, 240, hex, sizeof(hex) - 1), ERR_TOO_LONG);
	assert_int_equal(encdata_bind(key, "verify", "ord_1", true, hex_256, out, sizeof(out)), ERR_TOO_LONG);
}

static void the_tag_is_as_openssl_says(void **state)
{
	char bound[800], want[800];
	int n = encdata_bind(key, "verify", "ord_1", true, hex_256, bound, sizeof(bound));

	(void)state;
	snprintf(want, sizeof(want), "nicepay.256.%s.%s", hex_256, tag_of_ord_1);
	assert_string_equal(bound, want);
	assert_int_equal(n, strlen(want));
}

static int unbind(const char *secret, const char *purpose, const char *order, const char *text, size_t len)
{
	struct encdata e;
	int r = encdata_unbind(secret, purpose, order, text, len, &e);

	if (r == 0)
		assert_string_equal(e.hex, e.aes256 ? hex_256 : hex_128);
	return r;
}

static void it_comes_off_for_its_order_alone(void **state)
{
	char bound[800];
	size_t n = (size_t)encdata_bind(key, "verify", "ord_1", false, hex_128, bound, sizeof(bound));

	(void)state;
	assert_int_equal(unbind(key, "verify", "ord_1", bound, n), 0);
	assert_int_equal(unbind(key, "verify", "ord_2", bound, n), ERR_DENIED);
	assert_int_equal(unbind(key, "pay", "ord_1", bound, n), ERR_DENIED);
	assert_int_equal(unbind(published_key, "verify", "ord_1", bound, n), ERR_DENIED);
	n = (size_t)encdata_bind(key, "verify", "ord_1", true, hex_256, bound, sizeof(bound));
	assert_int_equal(unbind(key, "verify", "ord_1", bound, n), 0);
	memcpy(bound, "nicepay.128", 11);
	assert_int_equal(unbind(key, "verify", "ord_1", bound, n), ERR_DENIED);
}

static void a_changed_or_cut_one_is_worth_nothing(void **state)
{
	char bound[800];
	size_t n = (size_t)encdata_bind(key, "verify", "ord_1", true, hex_256, bound, sizeof(bound));

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char was = bound[i];

		bound[i] = was == '0' ? '1' : '0';
		assert_true(unbind(key, "verify", "ord_1", bound, n) < 0);
		bound[i] = '\0';
		assert_int_equal(unbind(key, "verify", "ord_1", bound, n), ERR_INVALID);
		bound[i] = was;
		assert_true(unbind(key, "verify", "ord_1", bound, i) < 0);
	}
	assert_int_equal(unbind(key, "verify", "ord_1", bound, n + 1), ERR_INVALID);
	assert_int_equal(unbind(key, "verify", "ord_1", "a.b.c.d.e", 9), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_examples_come_out),
		cmocka_unit_test(other_keys_and_lengths_are_as_openssl_says),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(the_tag_is_as_openssl_says),
		cmocka_unit_test(it_comes_off_for_its_order_alone),
		cmocka_unit_test(a_changed_or_cut_one_is_worth_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
