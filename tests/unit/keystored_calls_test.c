/* The calls with a keypad: fields, attempts, bounds and wiping, by messages in and messages out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#include "tests/unit/keystored_keypad.h"

/* ---- one call ---- */

static void a_card_is_completed_and_masked(void **state)
{
	(void)state;
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, "946120001234567");
	keypad_expect_said("");
	keypad_type(1, "3");
	keypad_expect_said("closed 7/1 complete 7/1 ");
	assert_string_equal(keypad.last.bin, "94612000");
	assert_string_equal(keypad.last.last4, "5673");
	assert_string_equal(keypad.last.brand, "local");
	assert_string_equal(keypad.last.issuer, "shinhan");
	assert_int_equal(keypad.last.card_type, VAULT_CARD_CREDIT);
	assert_int_equal(keypad.last.kind, VAULT_CARD_NUMBER);
	keypad_open(2, VAULT_CARD_NUMBER, true);
	keypad_type(2, "379099000000070");
	assert_string_equal(keypad.last.bin, "379099");
	assert_string_equal(keypad.last.last4, "0070");
	assert_string_equal(keypad.last.brand, "amex");
}

static void only_a_complete_card_has_a_mask(void **state)
{
	(void)state;
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, "9461200012345674");
	keypad_expect_said("closed 7/1 invalid 7/1 ");
	assert_string_equal(keypad.last.bin, "");
	assert_string_equal(keypad.last.last4, "");
	keypad_open(2, VAULT_EXPIRY, true);
	keypad_type(2, "1230");
	keypad_expect_said("closed 7/2 complete 7/2 ");
	assert_string_equal(keypad.last.last4, "");
	keypad_open(3, VAULT_IDENTITY, true);
	keypad_type(3, "1208147521");
	assert_int_equal(keypad.last.owner, VAULT_OWNER_BUSINESS);
	assert_string_equal(keypad.last.last4, "");
}

static void a_whole_card_can_be_sealed_and_half_of_one_not(void **state)
{
	struct calls_record r;

	(void)state;
	assert_int_equal(calls_record(keypad.calls, CALL + 1, &keypad.now, &r), VAULT_NO_CALL);
	assert_int_equal(calls_record(keypad.calls, CALL, &keypad.now, &r), VAULT_INCOMPLETE);
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_type(1, card);
	assert_int_equal(calls_record(keypad.calls, CALL, &keypad.now, &r), VAULT_INCOMPLETE);
	keypad_open(2, VAULT_EXPIRY, true);
	keypad_type(2, "123");
	assert_int_equal(calls_record(keypad.calls, CALL, &keypad.now, &r), VAULT_INCOMPLETE);
	keypad_type(2, "0");
	assert_int_equal(calls_record(keypad.calls, CALL, &keypad.now, &r), VAULT_OK);
	assert_string_equal(r.card->digits, card);
	assert_string_equal(r.expiry->digits, "1230");
	assert_string_equal(r.identity->digits, "");
	keypad_open(3, VAULT_IDENTITY, true);
	keypad_type(3, "870923");
	keypad_open(4, VAULT_PASSWORD2, true);
	keypad_type(4, "37");
	assert_int_equal(calls_record(keypad.calls, CALL, &keypad.now, &r), VAULT_OK);
	assert_string_equal(r.identity->digits, "870923");
	assert_string_equal(r.password2->digits, "37");
	keypad_open(5, VAULT_CARD_NUMBER, true);        /* opened again: the earlier one is gone */
	assert_int_equal(calls_record(keypad.calls, CALL, &keypad.now, &r), VAULT_INCOMPLETE);
}

static void a_star_leaves_the_field_open(void **state)
{
	(void)state;
	keypad_open(1, VAULT_EXPIRY, true);
	keypad_type(1, "99*");
	keypad_expect_said("erased 7/1 ");
	keypad_type(1, "1230");
	keypad_expect_said("closed 7/1 complete 7/1 ");
}

static void who_leans_on_the_star_is_answered_so_many_times(void **state)
{
	(void)state;
	keypad_open(1, VAULT_EXPIRY, true);
	for (int i = 0; i < 300; i++)
		keypad_type(1, "1*");
	assert_int_equal(keypad_meter(METERS_RESULT + VAULT_ERASED - 1), CALLS_ERASURES_MAX);
	keypad.said[0] = '\0';
	keypad_type(1, "1230");
	keypad_expect_said("closed 7/1 complete 7/1 ");
}

static void a_timeout_ends_the_open_field_and_no_other(void **state)
{
	(void)state;
	keypad_time_out(1);
	keypad_open(1, VAULT_CARD_NUMBER, true);
	keypad_time_out(0);
	keypad_time_out(2);
	keypad_expect_said("");
	assert_int_equal(keypad_meter(METERS_STRAY), 3);
	keypad_time_out(1);
	keypad_expect_said("closed 7/1 no_input 7/1 ");
	keypad_time_out(1);
	keypad_expect_said("");
	keypad_open(2, VAULT_CARD_NUMBER, true);
	keypad_type(2, "94612");
	keypad_time_out(2);
	keypad_expect_said("closed 7/2 too_short 7/2 ");
	keypad_open(3, VAULT_IDENTITY, true);
	keypad_type(3, "900812");
	keypad_expect_said("");
	keypad_time_out(3);
	keypad_expect_said("closed 7/3 complete 7/3 ");
}

static void a_fourth_try_of_a_kind_is_refused_and_no_other_kind(void **state)
{
	(void)state;
	for (uint32_t field = 1; field <= 3; field++) {
		keypad_open(field, VAULT_CARD_NUMBER, true);
		keypad_type(field, "1#");
	}
	keypad.said[0] = '\0';
	keypad_open(4, VAULT_CARD_NUMBER, true);
	keypad_expect_said("refused 7/4 4 ");
	keypad_type(4, card);
	keypad_expect_said("");
	assert_int_equal(keypad_meter(METERS_REFUSED_ATTEMPTS), 1);
	keypad_open(5, VAULT_EXPIRY, true);
	keypad_type(5, "1230");
	keypad_expect_said("closed 7/5 complete 7/5 ");
	calls_wipe(keypad.calls, CALL);                    /* does not count anew */
	keypad_open(6, VAULT_CARD_NUMBER, true);
	keypad_expect_said("refused 7/6 4 ");
}

static void fields_are_opened_once_in_order_and_of_a_known_kind(void **state)
{
	(void)state;
	keypad_open(5, VAULT_EXPIRY, true);
	keypad_open(5, VAULT_EXPIRY, true);
	keypad_open(4, VAULT_EXPIRY, true);
	keypad_open(0, VAULT_EXPIRY, true);
	keypad_open(6, 0, true);
	keypad_open(6, 5, true);
	keypad_open(6, 255, true);
	keypad_expect_said("refused 7/5 4 refused 7/4 4 refused 7/0 4 refused 7/6 4 refused 7/6 4 refused 7/6 4 ");
	calls_open(keypad.calls, &(struct vault_field_open){ 99, 1, VAULT_EXPIRY, 1 }, &keypad.now);
	keypad_expect_said("refused 99/1 1 ");
	keypad_type(5, "1230");
	keypad_expect_said("closed 7/5 complete 7/5 ");
}

static void opening_the_next_shuts_the_one_before(void **state)
{
	struct calls_record r;

	(void)state;
	keypad_open(1, VAULT_EXPIRY, true);
	keypad_type(1, "12");
	keypad_open(2, VAULT_EXPIRY, true);
	keypad_expect_said("closed 7/1 ");
	keypad_type(2, "30");
	keypad_expect_said("");
	calls_close(keypad.calls, CALL);
	keypad_expect_said("closed 7/2 ");
	keypad_type(2, "12");
	assert_int_equal(calls_record(keypad.calls, CALL, &keypad.now, &r), VAULT_INCOMPLETE);
}

/* ---- strange messages ---- */

static void strange_messages_are_counted_and_change_nothing(void **state)
{
	(void)state;
	keypad_open(1, VAULT_EXPIRY, true);
	calls_key(keypad.calls, 99, 1, '1', &keypad.now);
	calls_key(keypad.calls, 0, 1, '1', &keypad.now);
	assert_int_equal(keypad_meter(METERS_KEYS_UNKNOWN_CALL), 2);
	for (int key = 0; key < 256; key++)
		if (strchr("0123456789*#", key) == NULL || key == 0)
			calls_key(keypad.calls, CALL, 1, (char)key, &keypad.now);
	assert_int_equal(keypad_meter(METERS_KEYS_BAD), 256 - 12);
	calls_begin(keypad.calls, CALL, &keypad.now);
	calls_begin(keypad.calls, 0, &keypad.now);
	calls_end(keypad.calls, 99);
	calls_end(keypad.calls, 0);
	calls_close(keypad.calls, 99);
	calls_wipe(keypad.calls, 99);
	assert_int_equal(keypad_meter(METERS_STRAY), 6);
	assert_int_equal(calls_count(keypad.calls), 1);
	keypad_expect_said("");
	keypad_type(1, "1230");
	keypad_expect_said("closed 7/1 complete 7/1 ");
}

static void the_table_is_bounded_and_its_places_serve_again(void **state)
{
	(void)state;
	for (int round = 0; round < 50; round++) {
		for (uint64_t i = 1; i < PLACES + 3; i++)
			calls_begin(keypad.calls, 1000 + i * 8, &keypad.now);
		assert_int_equal(calls_count(keypad.calls), PLACES);
		for (uint64_t i = PLACES + 3; i > 0; i--)
			calls_end(keypad.calls, 1000 + i * 8);
		assert_int_equal(calls_count(keypad.calls), 1);
	}
	assert_int_equal(keypad_meter(METERS_CALLS_LOST), 50 * 3);
	assert_int_equal(keypad_meter(METERS_CALLS), 1);
	keypad_open(1, VAULT_EXPIRY, true);
	keypad_type(1, "1230");
	keypad_expect_said("closed 7/1 complete 7/1 ");
}

static void calls_do_not_mix(void **state)
{
	struct calls_record r;

	(void)state;
	calls_begin(keypad.calls, 8, &keypad.now);
	for (uint64_t call = 7; call <= 8; call++) {
		calls_open(keypad.calls, &(struct vault_field_open){ call, 1, VAULT_CARD_NUMBER, 1 }, &keypad.now);
		calls_open(keypad.calls, &(struct vault_field_open){ call, 2, VAULT_EXPIRY, 1 }, &keypad.now);
	}
	for (const char *a = "1230", *b = "0131"; *a != '\0'; a++, b++) {
		calls_key(keypad.calls, 7, 2, *a, &keypad.now);
		calls_key(keypad.calls, 8, 2, *b, &keypad.now);
	}
	calls_open(keypad.calls, &(struct vault_field_open){ 8, 3, VAULT_CARD_NUMBER, 1 }, &keypad.now);
	for (const char *k = card; *k != '\0'; k++)
		calls_key(keypad.calls, 8, 3, *k, &keypad.now);
	assert_int_equal(calls_record(keypad.calls, 7, &keypad.now, &r), VAULT_INCOMPLETE);
	assert_int_equal(calls_record(keypad.calls, 8, &keypad.now, &r), VAULT_OK);
	assert_string_equal(r.expiry->digits, "0131");
}

/* ---- wiping ---- */

static void wipe_by_end(void) { calls_end(keypad.calls, CALL); }
static void wipe_by_arsd(void) { calls_wipe(keypad.calls, CALL); }
static void wipe_by_reset(void) { calls_reset(keypad.calls); }
static void wipe_by_arsd_lost(void) { calls_wipe_all(keypad.calls); }
static void wipe_by_idling(void)
{
	keypad.now.mono = mono_add_ms(keypad.now.mono, IDLE_MS);
	calls_tick(keypad.calls, &keypad.now);
}

static void whatever_wipes_leaves_nothing_to_seal(void **state)
{
	static void (*const ways[])(void) = { wipe_by_end, wipe_by_arsd, wipe_by_reset, wipe_by_arsd_lost, wipe_by_idling };
	struct calls_record r;

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		keypad_tear_down(state);
		assert_int_equal(keypad_set_up(state), 0);
		keypad_open(1, VAULT_CARD_NUMBER, true);
		keypad_type(1, card);
		keypad_open(2, VAULT_EXPIRY, false);
		keypad_type(2, "1230");
		assert_int_equal(calls_record(keypad.calls, CALL, &keypad.now, &r), VAULT_OK);
		ways[i]();
		assert_string_equal(r.card->digits, "");          /* the very memory */
		assert_string_equal(r.expiry->digits, "");
		assert_true(calls_record(keypad.calls, CALL, &keypad.now, &r) != VAULT_OK);
	}
}

static void after_a_wipe_keys_are_dropped_until_a_field_opens(void **state)
{
	(void)state;
	keypad_open(1, VAULT_EXPIRY, true);
	keypad_type(1, "12");
	calls_wipe(keypad.calls, CALL);
	keypad_expect_said("closed 7/1 ");
	keypad_type(1, "30");
	assert_int_equal(keypad_meter(METERS_KEYS_NO_FIELD), 2);
	keypad_open(2, VAULT_EXPIRY, false);
	keypad_type(2, "1230");
	keypad_expect_said("closed 7/2 complete 7/2 ");
}

static void an_idle_field_is_wiped_and_arsd_hears_of_it(void **state)
{
	(void)state;
	keypad_open(1, VAULT_EXPIRY, true);
	keypad_type(1, "12");
	keypad.now.mono = mono_add_ms(keypad.now.mono, IDLE_MS - 1);
	calls_tick(keypad.calls, &keypad.now);
	keypad_expect_said("");
	keypad_type(1, "3");                                 /* a touch */
	keypad.now.mono = mono_add_ms(keypad.now.mono, IDLE_MS - 1);
	calls_tick(keypad.calls, &keypad.now);
	keypad_expect_said("");
	keypad.now.mono = mono_add_ms(keypad.now.mono, 1);
	calls_tick(keypad.calls, &keypad.now);
	keypad_expect_said("closed 7/1 refused 7/1 5 ");
	calls_tick(keypad.calls, &keypad.now);
	keypad_expect_said("");
	assert_int_equal(keypad_meter(METERS_WIPED_IDLE), 1);
}

static void a_lost_trunkd_ends_all_calls_and_arsd_hears_of_open_fields(void **state)
{
	(void)state;
	calls_begin(keypad.calls, 8, &keypad.now);
	keypad_open(1, VAULT_EXPIRY, true);
	keypad_type(1, "12");
	calls_reset(keypad.calls);
	keypad_expect_said("refused 7/1 1 ");
	assert_int_equal(calls_count(keypad.calls), 0);
	assert_int_equal(keypad_meter(METERS_WIPED_LOST), 1);
}

static void a_lost_arsd_wipes_and_the_calls_stay(void **state)
{
	(void)state;
	keypad_open(1, VAULT_EXPIRY, true);
	keypad_type(1, "12");
	calls_wipe_all(keypad.calls);
	keypad_expect_said("closed 7/1 ");
	assert_int_equal(calls_count(keypad.calls), 1);
	keypad_open(2, VAULT_EXPIRY, true);
	keypad_type(2, "1230");
	keypad_expect_said("closed 7/2 complete 7/2 ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, keypad_set_up, keypad_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_card_is_completed_and_masked),
		TEST(only_a_complete_card_has_a_mask),
		TEST(a_whole_card_can_be_sealed_and_half_of_one_not),
		TEST(a_star_leaves_the_field_open),
		TEST(who_leans_on_the_star_is_answered_so_many_times),
		TEST(a_timeout_ends_the_open_field_and_no_other),
		TEST(a_fourth_try_of_a_kind_is_refused_and_no_other_kind),
		TEST(fields_are_opened_once_in_order_and_of_a_known_kind),
		TEST(opening_the_next_shuts_the_one_before),
		TEST(strange_messages_are_counted_and_change_nothing),
		TEST(the_table_is_bounded_and_its_places_serve_again),
		TEST(calls_do_not_mix),
		TEST(whatever_wipes_leaves_nothing_to_seal),
		TEST(after_a_wipe_keys_are_dropped_until_a_field_opens),
		TEST(an_idle_field_is_wiped_and_arsd_hears_of_it),
		TEST(a_lost_trunkd_ends_all_calls_and_arsd_hears_of_open_fields),
		TEST(a_lost_arsd_wipes_and_the_calls_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
