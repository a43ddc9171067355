/* Keys that come before their field, behind it, or between two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#include "tests/unit/keystored_keypad.h"

static void keys_between_fields_go_to_the_next(void **state)
{
	(void)state;
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, card);
	keypad_type(1, "12");
	keypad_expect_said("closed 7/1 complete 7/1 ");
	keypad_open(2, VAULT_EXPIRY, false);
	keypad_type(1, "3");                                 /* trunkd has not heard of field 2 yet */
	keypad_type(2, "0");
	keypad_expect_said("closed 7/2 complete 7/2 ");
}

static void one_breath_fills_all_fields(void **state)
{
	struct calls_record r;

	(void)state;
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, "9461200012345673" "1230" "870923" "37");
	keypad_open(2, VAULT_EXPIRY, false);
	keypad_open(3, VAULT_IDENTITY, false);
	keypad_open(4, VAULT_PASSWORD2, false);
	keypad_expect_said("closed 7/1 complete 7/1 closed 7/2 complete 7/2 closed 7/3 complete 7/3 closed 7/4 complete 7/4 ");
	assert_int_equal(calls_record(keypad.calls, CALL, &keypad.now, &r), VAULT_OK);
	assert_string_equal(r.identity->digits, "870923");
}

static void a_fresh_field_takes_no_earlier_key(void **state)
{
	(void)state;
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, "9461200012345674" "12");
	keypad_open(2, VAULT_CARD_NUMBER, true);
	keypad_type(1, "34");
	keypad.said[0] = '\0';
	keypad_type(2, card);
	keypad_expect_said("closed 7/2 complete 7/2 ");
	assert_int_equal(keypad_meter(METERS_KEYS_STALE), 4);
}

static void keys_that_overtake_their_field_are_kept_even_by_a_fresh_one(void **state)
{
	(void)state;
	keypad_type(1, "94612000");
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, "12345673");
	keypad_expect_said("closed 7/1 complete 7/1 ");
	keypad_type(2, "12");
	keypad_open(2, VAULT_EXPIRY, true);
	keypad_type(2, "30");
	keypad_expect_said("closed 7/2 complete 7/2 ");
	keypad_open(3, VAULT_IDENTITY, true);
	keypad_type(4, "3");                                 /* for the one after the open field */
	keypad_type(3, "870923");
	keypad_open(4, VAULT_PASSWORD2, true);
	keypad_type(4, "7");
	keypad_expect_said("closed 7/3 complete 7/3 closed 7/4 complete 7/4 ");
}

static void a_hash_behind_a_full_field_ends_nothing_more(void **state)
{
	(void)state;
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, card);
	keypad_type(1, "#");
	keypad_open(2, VAULT_EXPIRY, false);
	keypad_expect_said("closed 7/1 complete 7/1 ");
	keypad_type(2, "1230");
	keypad_open(3, VAULT_IDENTITY, false);
	keypad_type(2, "#");                                 /* late */
	keypad.said[0] = '\0';
	keypad_type(3, "870923");
	keypad_expect_said("closed 7/3 complete 7/3 ");
}

static void a_hash_of_habit_may_come_when_the_next_field_is_open(void **state)
{
	(void)state;
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, card);
	keypad_open(2, VAULT_EXPIRY, false);
	keypad_type(2, "#1230");
	keypad_expect_said("closed 7/1 complete 7/1 closed 7/2 complete 7/2 ");
	keypad_open(3, VAULT_IDENTITY, false);
	keypad_type(3, "##");                                /* the second is meant */
	keypad_expect_said("closed 7/3 too_short 7/3 ");
	keypad_open(4, VAULT_IDENTITY, true);
	keypad_type(4, "#");                                 /* and so is one behind a field that a '#' has ended */
	keypad_expect_said("closed 7/4 too_short 7/4 ");
}

static void a_hash_typed_ahead_ends_its_field(void **state)
{
	(void)state;
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, card);
	keypad_type(1, "1#");
	keypad_open(2, VAULT_EXPIRY, false);
	keypad_expect_said("closed 7/1 complete 7/1 closed 7/2 too_short 7/2 ");
}

static void a_star_typed_ahead_erases_what_was(void **state)
{
	(void)state;
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, card);
	keypad_type(1, "99*1230");
	keypad_open(2, VAULT_EXPIRY, false);
	keypad_expect_said("closed 7/1 complete 7/1 closed 7/2 complete 7/2 ");
}

static void type_ahead_is_bounded(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		keypad_type(0, "1");
	assert_int_equal(keypad_meter(METERS_KEYS_AHEAD), CALLS_AHEAD_MAX);
	assert_int_equal(keypad_meter(METERS_KEYS_OVERFLOW), 1000 - CALLS_AHEAD_MAX);
	assert_int_equal(keypad_meter(METERS_KEYS), 1000);
	keypad_expect_said("");
	keypad_type(1, card);                                /* overtakes its field, and is not crowded out */
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_expect_said("closed 7/1 complete 7/1 ");
}

static void closing_drops_type_ahead(void **state)
{
	(void)state;
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, card);
	keypad_type(1, "12");
	calls_close(keypad.calls, CALL);
	keypad_open(2, VAULT_EXPIRY, false);
	keypad.said[0] = '\0';
	keypad_type(2, "1230");
	keypad_expect_said("closed 7/2 complete 7/2 ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, keypad_set_up, keypad_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(keys_between_fields_go_to_the_next),
		TEST(one_breath_fills_all_fields),
		TEST(a_fresh_field_takes_no_earlier_key),
		TEST(keys_that_overtake_their_field_are_kept_even_by_a_fresh_one),
		TEST(a_hash_behind_a_full_field_ends_nothing_more),
		TEST(a_hash_of_habit_may_come_when_the_next_field_is_open),
		TEST(a_hash_typed_ahead_ends_its_field),
		TEST(a_star_typed_ahead_erases_what_was),
		TEST(type_ahead_is_bounded),
		TEST(closing_drops_type_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
