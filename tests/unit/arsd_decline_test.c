/* What a no means: every class and every code of ours has its advice, and no two meanings are mixed up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "arsd/decline.h"

static void each_class_has_its_word_its_advice_and_its_prompt(void **state)
{
	static const struct { uint8_t class; enum decline_next next; const char *word, *retry, *prompt; } cases[] = {
		{ UPLINK_DECLINE_INPUT, DECLINE_TYPE_AGAIN, "input", "now", "declined.input" },
		{ UPLINK_DECLINE_FUNDS, DECLINE_ENDS, "funds", "later", "declined.funds" },
		{ UPLINK_DECLINE_DEAD_CARD, DECLINE_ENDS, "dead_card", "other_card", "declined.dead_card" },
		{ UPLINK_DECLINE_ASK_ISSUER, DECLINE_ENDS, "ask_issuer", "later", "declined.ask_issuer" },
		{ UPLINK_DECLINE_MERCHANT, DECLINE_ENDS, "merchant", "no", "declined.merchant" },
		{ UPLINK_DECLINE_SYSTEM, DECLINE_CALL_AGAIN, "system", "later", "declined.system" },
		{ 200, DECLINE_CALL_AGAIN, "system", "later", "declined.system" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(decline_next(cases[i].class), cases[i].next);
		assert_string_equal(decline_class_word(cases[i].class), cases[i].word);
		assert_string_equal(decline_retry("P01", cases[i].word), cases[i].retry);
		assert_string_equal(decline_prompt("P01", cases[i].word), cases[i].prompt);
	}
}

static void our_own_codes_count_before_their_class(void **state)
{
	(void)state;
	assert_string_equal(decline_retry("password_tries", "input"), "other_card");
	assert_string_equal(decline_prompt("password_tries", "input"), "declined.password_tries");
	assert_string_equal(decline_retry("pg_timeout", "system"), "now");
	assert_string_equal(decline_prompt("pg_timeout", "system"), "pay.not_done");
	assert_string_equal(decline_retry("refused", ""), "no");
	assert_null(decline_prompt("refused", ""));
}

static void a_code_of_the_pg_that_sounds_like_ours_is_the_pgs(void **state)
{
	(void)state;
	assert_string_equal(decline_retry("expired", "dead_card"), "other_card");
	assert_string_equal(decline_retry("refused", "ask_issuer"), "later");
	assert_string_equal(decline_prompt("refused", "funds"), "declined.funds");
}

static void every_prompt_is_listed(void **state)
{
	static const char *const must[] = { "declined.input", "declined.password_tries", "declined.system", "pay.not_done" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(must); i++) {
		bool found = false;

		for (int n = 0; decline_prompt_at(n) != NULL; n++)
			found |= strcmp(decline_prompt_at(n), must[i]) == 0;
		assert_true(found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_class_has_its_word_its_advice_and_its_prompt),
		cmocka_unit_test(our_own_codes_count_before_their_class),
		cmocka_unit_test(a_code_of_the_pg_that_sounds_like_ours_is_the_pgs),
		cmocka_unit_test(every_prompt_is_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
