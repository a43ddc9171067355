/* model_test.c: ids, telephone numbers, money and card masks: what is taken, what is refused, what is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/clock.h"
#include "model/card.h"
#include "model/ids.h"
#include "model/money.h"
#include "model/phone.h"

static void an_id_has_its_prefix_and_comes_once(void **state UNUSED)
{
	struct id a = id_new("reg_"), b = id_new("reg_");

	assert_int_equal(strlen(a.text), 4 + 26);
	assert_string_not_equal(a.text, b.text);
	assert_true(id_has_form(a.text, "reg_"));
	assert_false(id_has_form(a.text, "pay_"));
}

/* The first ten characters are the time in milliseconds; the order within one is left to chance. */
static void ids_of_one_time_stand_together(void **state UNUSED)
{
	static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
	int64_t before_ms = clock_wall().ms, told_ms = 0;
	struct id id = id_new("");

	for (int i = 0; i < 10; i++)
		told_ms = told_ms * 32 + (strchr(alphabet, id.text[i]) - alphabet);
	assert_in_range(told_ms, before_ms, clock_wall().ms);
}

static void every_random_bit_of_an_id_is_used(void **state UNUSED)
{
	char seen[26][32] = { { 0 } };

	for (int i = 0; i < 4000; i++) {
		struct id id = id_new("");

		for (int at = 10; at < 26; at++)
			seen[at][(id.text[at] <= '9' ? id.text[at] - '0' : id.text[at] - 'a' + 10) % 32] = 1;
	}
	for (int at = 10; at < 26; at++) {
		int different = 0;

		for (int c = 0; c < 32; c++)
			different += seen[at][c];
		assert_true(different >= 25);
	}
}

static void an_id_of_another_form_is_known(void **state UNUSED)
{
	assert_true(id_has_form("bk_7zzzzzzzzzzzzzzzzzzzzzzzzz", "bk_"));
	assert_false(id_has_form("bk_8zzzzzzzzzzzzzzzzzzzzzzzzz", "bk_"));    /* over 128 bits */
	assert_false(id_has_form("bk_7zzzzzzzzzzzzzzzzzzzzzzzz", "bk_"));     /* short */
	assert_false(id_has_form("bk_7zzzzzzzzzzzzzzzzzzzzzzzzzz", "bk_"));   /* long */
	assert_false(id_has_form("bk_7zzzzzzzzzzzzzzzzzzzzzzzzi", "bk_"));    /* i is not in the alphabet */
	assert_false(id_has_form("bk_7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "bk_"));
	assert_false(id_has_form("bk_", "bk_"));
	assert_false(id_has_form("", "bk_"));
}

static void numbers_take_one_form_however_they_are_written(void **state UNUSED)
{
	static const struct { const char *text, *digits; } cases[] = {
		{ "01012345678", "01012345678" },     { "010-1234-5678", "01012345678" }, { "+82 10-1234-5678", "01012345678" },
		{ "+82 010 1234 5678", "01012345678" }, { "0082 10 1234 5678", "01012345678" }, { "821012345678", "01012345678" },
		{ "02-123-4567", "021234567" },       { "+82 2 1234 5678", "0212345678" }, { "070-1234-0001", "07012340001" },
		{ "0507-1234-5678", "050712345678" }, { "1588-1234", "15881234" },         { "+82 1588 1234", "15881234" },
		{ "011-123-4567", "0111234567" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct phone p;

		assert_int_equal(phone_parse(cases[i].text, &p), 0);
		assert_string_equal(p.digits, cases[i].digits);
	}
}

static void what_is_no_korean_number_is_refused_and_nothing_is_written(void **state UNUSED)
{
	static const char *const cases[] = {
		"", "010", "0101234567a", "+1 212 555 0100", "00112125550100", "01012345678901", "12345678", "1012345678",
		"82", "+82", "+", "0101234567", "+82 10-123-4567", "010+12345678", "010.1234.5678", "9123456789", "00212345678", "19991234",
		"0101234567812345678901234567890",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct phone p = { "untouched" };

		assert_int_equal(phone_parse(cases[i], &p), ERR_INVALID);
		assert_string_equal(p.digits, "untouched");
	}
}

static void mobile_numbers_are_told_from_others(void **state UNUSED)
{
	static const struct { const char *digits; bool mobile; } cases[] = {
		{ "01012345678", true }, { "0111234567", true }, { "0191234567", true }, { "0101234567", false },
		{ "0121234567", false }, { "021234567", false }, { "07012340001", false }, { "15881234", false }, { "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct phone p = { "" };

		memcpy(p.digits, cases[i].digits, strlen(cases[i].digits));
		assert_int_equal(phone_is_mobile(&p), cases[i].mobile);
	}
}

static void a_number_is_shown_in_groups_and_masked_in_the_middle(void **state UNUSED)
{
	static const struct { struct phone p; const char *shown, *masked; } cases[] = {
		{ { "01012345678" }, "010-1234-5678", "010-****-5678" }, { { "0111234567" }, "011-123-4567", "011-****-4567" },
		{ { "021234567" }, "02-123-4567", "02-****-4567" },      { { "0212345678" }, "02-1234-5678", "02-****-5678" },
		{ { "050712345678" }, "0507-1234-5678", "0507-****-5678" }, { { "15881234" }, "1588-1234", "1588-****" },
		{ { "" }, "", "" },                                      { { "12345" }, "12345", "****" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char shown[PHONE_SIZE + 8], masked[PHONE_SIZE];

		assert_string_equal(phone_print(&cases[i].p, shown), cases[i].shown);
		assert_string_equal(phone_print_masked(&cases[i].p, masked), cases[i].masked);
	}
}

static void money_has_a_currency_and_bounds(void **state UNUSED)
{
	struct money m = { 7, "XXX" };

	assert_int_equal(money_make(0, "KRW", &m), ERR_INVALID);
	assert_int_equal(money_make(-1, "KRW", &m), ERR_INVALID);
	assert_int_equal(money_make(INT64_C(1000000000001), "KRW", &m), ERR_INVALID);
	assert_int_equal(money_make(1, "EUR", &m), ERR_INVALID);
	assert_int_equal(money_make(1, "", &m), ERR_INVALID);
	assert_int_equal(m.amount_minor, 7);
	assert_int_equal(money_make(INT64_C(1000000000000), "KRW", &m), 0);
	assert_string_equal(m.currency, "KRW");
}

static void money_is_written_as_its_readers_write_it(void **state UNUSED)
{
	static const struct { struct money m; const char *ko, *en; } cases[] = {
		{ { 53000, "KRW" }, "53,000원", "KRW 53,000" },
		{ { 999, "KRW" }, "999원", "KRW 999" },
		{ { INT64_C(1000000000000), "KRW" }, "1,000,000,000,000원", "KRW 1,000,000,000,000" },
		{ { 1234, "USD" }, "USD 12.34", "USD 12.34" },
		{ { 5, "USD" }, "USD 0.05", "USD 0.05" },
		{ { 123456700, "USD" }, "USD 1,234,567.00", "USD 1,234,567.00" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char buf[MONEY_SIZE];

		assert_string_equal(money_print(&cases[i].m, "ko", buf), cases[i].ko);
		assert_string_equal(money_print(&cases[i].m, "en", buf), cases[i].en);
	}
}

static void a_card_shows_no_more_than_bin_and_last_four(void **state UNUSED)
{
	static const struct { struct card_mask m; const char *text; } cases[] = {
		{ { "54123456", "5678", "master", "bc", CARD_CREDIT }, "bc 54123456****5678" },
		{ { "541234", "5678", "master", "", CARD_CREDIT }, "master 541234******5678" },
		{ { "", "5678", "", "", CARD_UNKNOWN }, "card ************5678" },
		{ { "", "", "", "", CARD_UNKNOWN }, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char buf[48];

		assert_string_equal(card_print(&cases[i].m, buf), cases[i].text);
	}
	assert_string_equal(card_type_name(CARD_CHECK), "check");
	assert_string_equal(card_type_name(CARD_CREDIT), "credit");
	assert_string_equal(card_type_name((enum card_type)9), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_has_its_prefix_and_comes_once),
		cmocka_unit_test(ids_of_one_time_stand_together),
		cmocka_unit_test(every_random_bit_of_an_id_is_used),
		cmocka_unit_test(an_id_of_another_form_is_known),
		cmocka_unit_test(numbers_take_one_form_however_they_are_written),
		cmocka_unit_test(what_is_no_korean_number_is_refused_and_nothing_is_written),
		cmocka_unit_test(mobile_numbers_are_told_from_others),
		cmocka_unit_test(a_number_is_shown_in_groups_and_masked_in_the_middle),
		cmocka_unit_test(money_has_a_currency_and_bounds),
		cmocka_unit_test(money_is_written_as_its_readers_write_it),
		cmocka_unit_test(a_card_shows_no_more_than_bin_and_last_four),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
