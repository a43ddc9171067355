/* charset_test.c: Korean octets against the codecs of Python 3.11, an implementation that shares nothing with iconv, and what
 * becomes of characters that Korean text messages do not have. The digests are SHA-256 over the octets of all characters
 * U+0080..U+FFFF that euc_kr and cp949 write in two, in the order of their numbers; the rest are single vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/crypto.h"
#include "lib/attr.h"
#include "model/charset.h"

static struct charset *euc_kr, *cp949, *unicode;

static int open_all(void **state)
{
	(void)state;
	return charset_new(CHARSET_EUC_KR, &euc_kr) | charset_new(CHARSET_CP949, &cp949) | charset_new(CHARSET_UNICODE, &unicode);
}

static int close_all(void **state)
{
	(void)state;
	charset_free(&euc_kr);
	charset_free(&cp949);
	charset_free(&unicode);
	assert_null(unicode);
	return 0;
}

static void assert_octets(const struct charset *c, const char *text, const char *hex)
{
	uint8_t out[128];
	char shown[300];
	int n = charset_encode(c, text, out, sizeof(out));

	assert_true(n > 0);
	assert_true(hex_encode(out, (size_t)n, shown, sizeof(shown)) > 0);
	assert_string_equal(shown, hex);
}

static void a_whole_set_is_that_of_python(const struct charset *c, int count, const char *digest)
{
	static uint8_t all[40000];
	uint8_t hash[CRYPTO_SHA256_SIZE];
	char shown[65];
	int used = 0, found = 0;

	for (uint32_t u = 0x80; u < 0x10000; u++) {
		const char text[4] = { (char)(u < 0x800 ? 0xc0 | u >> 6 : 0xe0 | u >> 12),
		                       (char)(u < 0x800 ? 0x80 | (u & 63) : 0x80 | (u >> 6 & 63)),
		                       (char)(u < 0x800 ? 0 : 0x80 | (u & 63)), 0 };
		int n = charset_encode(c, text, all + used, sizeof(all) - (size_t)used);

		assert_true(n == 2 || n == ERR_INVALID);
		used += n == 2 ? 2 : 0;
		found += n == 2;
	}
	assert_int_equal(found, count);
	assert_int_equal(crypto_sha256(all, (size_t)used, hash), 0);
	assert_true(hex_encode(hash, sizeof(hash), shown, sizeof(shown)) > 0);
	assert_string_equal(shown, digest);
}

static void both_tables_are_those_of_python(void **state)
{
	(void)state;
	a_whole_set_is_that_of_python(euc_kr, 8226, "f2f7d3abd22cf4276dbfc9b3743dbd29c92509abef0a963ad339c235469ab17f");
	a_whole_set_is_that_of_python(cp949, 17048, "4b3a8d41ee27c7c7cb3b185e80af8741eaffc1c14beafcf003f095f4ae5e9b27");
}

static void a_syllable_that_only_cp949_has_is_none_of_euc_kr(void **state)
{
	uint8_t out[8];

	(void)state;
	assert_octets(cp949, "똠방각하", "8c63b9e6b0a2c7cf");
	assert_octets(cp949, "뷁", "94ee");
	/* Not in eight octets, as Python and Annex 3 of KS X 1001 would write it: no telephone shows that. */
	assert_int_equal(charset_encode(euc_kr, "뷁", out, sizeof(out)), ERR_INVALID);
	assert_octets(euc_kr, "카드 등록 53,000원", "c4abb5e520b5eeb7cf2035332c303030bff8");
}

static void unicode_is_utf_16_with_the_high_octet_first(void **state)
{
	(void)state;
	assert_octets(unicode, "안녕😀", "c548b155d83dde00");
	assert_octets(unicode, "₩1,000", "20a90031002c003000300030");
}

static void assert_cleaned(const struct charset *c, const char *text, const char *want)
{
	char out[64], bad[8];

	assert_int_equal(charset_clean(c, text, true, out, sizeof(out), bad), (int)strlen(want));
	assert_string_equal(out, want);
}

static void what_the_set_has_not_becomes_what_looks_like_it(void **state)
{
	(void)state;
	assert_cleaned(euc_kr, "₩1,000 a–b • 뷁😀", "￦1,000 a-b · ??");
	assert_cleaned(cp949, "뷁", "뷁");
	assert_cleaned(unicode, "₩ 😀", "₩ 😀");
	/* A family of three, its joiners and a heart's selector leave no rubbish behind. */
	assert_cleaned(euc_kr, "👨‍👩‍👦♥️", "???♥");
	assert_cleaned(euc_kr, "a\tb\x01\r\nc\x7f", "ab\nc");
}

static void the_first_that_is_replaced_is_named(void **state)
{
	char out[64], bad[8];

	(void)state;
	assert_int_equal(charset_clean(euc_kr, "가\u200d뷁😀", true, out, sizeof(out), bad), 5);
	assert_string_equal(bad, "뷁");
	/* What nobody sees is not missed. */
	assert_int_equal(charset_clean(euc_kr, "가\u200d", true, out, sizeof(out), bad), 3);
	assert_string_equal(bad, "");
	assert_int_equal(charset_clean(euc_kr, "뷁\xff", true, out, sizeof(out), bad), ERR_INVALID);
	assert_string_equal(bad, "");
}

static void jamo_taken_apart_are_put_together(void **state)
{
	(void)state;
	assert_cleaned(euc_kr, "\u1112\u1161\u11ab\u1100\u1173\u11af a", "한글 a");
	assert_cleaned(euc_kr, "\uac00\u11a8", "각");
	assert_cleaned(unicode, "\u1112\u1161", "하");
	/* A leading consonant alone is of no set but Unicode. */
	assert_cleaned(euc_kr, "\u1112.", "?.");
}

static void the_first_character_that_is_refused_is_named(void **state)
{
	char out[64] = "untouched", bad[8] = "";

	(void)state;
	assert_int_equal(charset_clean(euc_kr, "가😀뷁", false, out, sizeof(out), bad), ERR_INVALID);
	assert_string_equal(bad, "😀");
	assert_int_equal(charset_clean(euc_kr, "가나", false, out, sizeof(out), bad), 6);
}

static void broken_utf_8_and_short_buffers_are_refused(void **state)
{
	static const char *const broken[] = { "\xff", "a\xc3", "\xe3\x80", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "\x80" };
	char out[8], bad[8];
	uint8_t octets[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		assert_int_equal(charset_clean(euc_kr, broken[i], true, out, sizeof(out), bad), ERR_INVALID);
		assert_int_equal(charset_encode(unicode, broken[i], octets, sizeof(octets)), ERR_INVALID);
	}
	assert_int_equal(charset_clean(euc_kr, "가나다", true, out, sizeof(out), bad), ERR_TOO_LONG);
	assert_int_equal(charset_clean(euc_kr, "가나", true, out, 7, bad), 6);
	assert_int_equal(charset_encode(euc_kr, "가나다", octets, sizeof(octets)), ERR_TOO_LONG);
	assert_int_equal(charset_encode(euc_kr, "가나", octets, sizeof(octets)), 4);
}

static void octets_are_counted_and_cut_as_they_are_billed(void **state)
{
	(void)state;
	assert_int_equal(charset_octets(""), 0);
	assert_int_equal(charset_octets("카드 등록 53,000원"), 18);
	assert_int_equal(charset_octets("aé가"), 5);
	assert_int_equal(charset_cut("가나다", 5), 6);
	assert_int_equal(charset_cut("a가나", 4), 4);
	assert_int_equal(charset_cut("abc", 40), 3);
	assert_int_equal(charset_cut("가", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_tables_are_those_of_python),
		cmocka_unit_test(a_syllable_that_only_cp949_has_is_none_of_euc_kr),
		cmocka_unit_test(unicode_is_utf_16_with_the_high_octet_first),
		cmocka_unit_test(what_the_set_has_not_becomes_what_looks_like_it),
		cmocka_unit_test(the_first_that_is_replaced_is_named),
		cmocka_unit_test(jamo_taken_apart_are_put_together),
		cmocka_unit_test(the_first_character_that_is_refused_is_named),
		cmocka_unit_test(broken_utf_8_and_short_buffers_are_refused),
		cmocka_unit_test(octets_are_counted_and_cut_as_they_are_billed),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
