/* The calls with a keypad: fields, type-ahead, attempts, bounds and wiping, by messages in and messages out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keystored/calls.h"
#include "keystored/meters.h"

static const char card[] = "9461200012345673";
enum { CALL = 7, IDLE_MS = 120000, PLACES = 8 };

/* Everything around the table. said: what went out, in words. */
static struct {
	struct calls *calls;
	struct issuers *issuers;
	struct metrics meters;
	struct calls_now now;
	char said[2000];
	struct vault_field_result last;
} w;

static void say(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void say(const char *fmt, ...)
{
	size_t len = strlen(w.said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w.said + len, sizeof(w.said) - len, fmt, ap);
	va_end(ap);
}

static void on_closed(void *context, uint64_t call, uint32_t field)
{
	(void)context;
	say("closed %llu/%u ", (unsigned long long)call, field);
}

static void on_result(void *context, const struct vault_field_result *m)
{
	static const char *const words[] = { "?", "complete", "too_short", "invalid", "expired", "erased", "no_input" };

	(void)context;
	w.last = *m;
	say("%s %llu/%u ", words[m->result], (unsigned long long)m->call, m->field);
}

static void on_refused(void *context, uint64_t call, uint32_t field, enum vault_status status)
{
	(void)context;
	say("refused %llu/%u %d ", (unsigned long long)call, field, (int)status);
}

static int set_up(void **state)
{
	const struct calls_ports ports = { on_closed, on_result, on_refused, NULL };
	char why[CONF_WHY_SIZE] = "";

	(void)state;
	memset(&w, 0, sizeof(w));
	w.now = (struct calls_now){ { 1000000000 }, 2026, 11 };
	meters_init(&w.meters);
	if (issuers_load("config/issuers.cfg", &w.issuers, why) < 0) {
		print_error("%s\n", why);
		return -1;
	}
	if (calls_new(PLACES, IDLE_MS, w.issuers, &w.meters, &ports, &w.calls) < 0)
		return -1;
	calls_begin(w.calls, CALL, &w.now);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	calls_free(&w.calls);
	issuers_free(&w.issuers);
	return 0;
}

static void expect_said(const char *want)
{
	assert_string_equal(w.said, want);
	w.said[0] = '\0';
}

static void open_kind(uint32_t field, enum vault_kind kind, bool fresh)
{
	calls_open(w.calls, &(struct vault_field_open){ CALL, field, (uint8_t)kind, fresh }, &w.now);
}

static void type(uint32_t field, const char *keys)
{
	for (; *keys != '\0'; keys++)
		calls_key(w.calls, CALL, field, *keys, &w.now);
}

static void time_out(uint32_t field)
{
	calls_timeout(w.calls, CALL, field, &w.now);
}

static int64_t meter(enum meters which)
{
	return w.meters.value[which];
}

/* ---- one call ---- */

static void a_card_is_completed_and_masked(void **state)
{
	(void)state;
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, "946120001234567");
	expect_said("");
	type(1, "3");
	expect_said("closed 7/1 complete 7/1 ");
	assert_string_equal(w.last.bin, "94612000");
	assert_string_equal(w.last.last4, "5673");
	assert_string_equal(w.last.brand, "local");
	assert_string_equal(w.last.issuer, "shinhan");
	assert_int_equal(w.last.card_type, VAULT_CARD_CREDIT);
	assert_int_equal(w.last.kind, VAULT_CARD_NUMBER);
	open_kind(2, VAULT_CARD_NUMBER, true);
	type(2, "379099000000070");
	assert_string_equal(w.last.bin, "379099");
	assert_string_equal(w.last.last4, "0070");
	assert_string_equal(w.last.brand, "amex");
}

static void only_a_complete_card_has_a_mask(void **state)
{
	(void)state;
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, "9461200012345674");
	expect_said("closed 7/1 invalid 7/1 ");
	assert_string_equal(w.last.bin, "");
	assert_string_equal(w.last.last4, "");
	open_kind(2, VAULT_EXPIRY, true);
	type(2, "1230");
	expect_said("closed 7/2 complete 7/2 ");
	assert_string_equal(w.last.last4, "");
	open_kind(3, VAULT_IDENTITY, true);
	type(3, "1208147521");
	assert_int_equal(w.last.owner, VAULT_OWNER_BUSINESS);
	assert_string_equal(w.last.last4, "");
}

static void a_whole_card_can_be_sealed_and_half_of_one_not(void **state)
{
	struct calls_record r;

	(void)state;
	assert_int_equal(calls_record(w.calls, CALL + 1, &w.now, &r), VAULT_NO_CALL);
	assert_int_equal(calls_record(w.calls, CALL, &w.now, &r), VAULT_INCOMPLETE);
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, card);
	assert_int_equal(calls_record(w.calls, CALL, &w.now, &r), VAULT_INCOMPLETE);
	open_kind(2, VAULT_EXPIRY, true);
	type(2, "123");
	assert_int_equal(calls_record(w.calls, CALL, &w.now, &r), VAULT_INCOMPLETE);
	type(2, "0");
	assert_int_equal(calls_record(w.calls, CALL, &w.now, &r), VAULT_OK);
	assert_string_equal(r.card->digits, card);
	assert_string_equal(r.expiry->digits, "1230");
	assert_string_equal(r.identity->digits, "");
	open_kind(3, VAULT_IDENTITY, true);
	type(3, "870923");
	open_kind(4, VAULT_PASSWORD2, true);
	type(4, "37");
	assert_int_equal(calls_record(w.calls, CALL, &w.now, &r), VAULT_OK);
	assert_string_equal(r.identity->digits, "870923");
	assert_string_equal(r.password2->digits, "37");
	open_kind(5, VAULT_CARD_NUMBER, true);        /* opened again: the earlier one is gone */
	assert_int_equal(calls_record(w.calls, CALL, &w.now, &r), VAULT_INCOMPLETE);
}

static void a_star_leaves_the_field_open(void **state)
{
	(void)state;
	open_kind(1, VAULT_EXPIRY, true);
	type(1, "99*");
	expect_said("erased 7/1 ");
	type(1, "1230");
	expect_said("closed 7/1 complete 7/1 ");
}

static void who_leans_on_the_star_is_answered_so_many_times(void **state)
{
	(void)state;
	open_kind(1, VAULT_EXPIRY, true);
	for (int i = 0; i < 300; i++)
		type(1, "1*");
	assert_int_equal(meter(METERS_RESULT + VAULT_ERASED - 1), CALLS_ERASURES_MAX);
	w.said[0] = '\0';
	type(1, "1230");
	expect_said("closed 7/1 complete 7/1 ");
}

static void a_timeout_ends_the_open_field_and_no_other(void **state)
{
	(void)state;
	time_out(1);
	open_kind(1, VAULT_CARD_NUMBER, true);
	time_out(0);
	time_out(2);
	expect_said("");
	assert_int_equal(meter(METERS_STRAY), 3);
	time_out(1);
	expect_said("closed 7/1 no_input 7/1 ");
	time_out(1);
	expect_said("");
	open_kind(2, VAULT_CARD_NUMBER, true);
	type(2, "94612");
	time_out(2);
	expect_said("closed 7/2 too_short 7/2 ");
	open_kind(3, VAULT_IDENTITY, true);
	type(3, "900812");
	expect_said("");
	time_out(3);
	expect_said("closed 7/3 complete 7/3 ");
}

static void a_fourth_try_of_a_kind_is_refused_and_no_other_kind(void **state)
{
	(void)state;
	for (uint32_t field = 1; field <= 3; field++) {
		open_kind(field, VAULT_CARD_NUMBER, true);
		type(field, "1#");
	}
	w.said[0] = '\0';
	open_kind(4, VAULT_CARD_NUMBER, true);
	expect_said("refused 7/4 4 ");
	type(4, card);
	expect_said("");
	assert_int_equal(meter(METERS_REFUSED_ATTEMPTS), 1);
	open_kind(5, VAULT_EXPIRY, true);
	type(5, "1230");
	expect_said("closed 7/5 complete 7/5 ");
	calls_wipe(w.calls, CALL);                    /* does not count anew */
	open_kind(6, VAULT_CARD_NUMBER, true);
	expect_said("refused 7/6 4 ");
}

static void fields_are_opened_once_in_order_and_of_a_known_kind(void **state)
{
	(void)state;
	open_kind(5, VAULT_EXPIRY, true);
	open_kind(5, VAULT_EXPIRY, true);
	open_kind(4, VAULT_EXPIRY, true);
	open_kind(0, VAULT_EXPIRY, true);
	open_kind(6, 0, true);
	open_kind(6, 5, true);
	open_kind(6, 255, true);
	expect_said("refused 7/5 4 refused 7/4 4 refused 7/0 4 refused 7/6 4 refused 7/6 4 refused 7/6 4 ");
	calls_open(w.calls, &(struct vault_field_open){ 99, 1, VAULT_EXPIRY, 1 }, &w.now);
	expect_said("refused 99/1 1 ");
	type(5, "1230");
	expect_said("closed 7/5 complete 7/5 ");
}

static void opening_the_next_shuts_the_one_before(void **state)
{
	struct calls_record r;

	(void)state;
	open_kind(1, VAULT_EXPIRY, true);
	type(1, "12");
	open_kind(2, VAULT_EXPIRY, true);
	expect_said("closed 7/1 ");
	type(2, "30");
	expect_said("");
	calls_close(w.calls, CALL);
	expect_said("closed 7/2 ");
	type(2, "12");
	assert_int_equal(calls_record(w.calls, CALL, &w.now, &r), VAULT_INCOMPLETE);
}

/* ---- type-ahead ---- */

static void keys_between_fields_go_to_the_next(void **state)
{
	(void)state;
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, card);
	type(1, "12");
	expect_said("closed 7/1 complete 7/1 ");
	open_kind(2, VAULT_EXPIRY, false);
	type(1, "3");                                 /* trunkd has not heard of field 2 yet */
	type(2, "0");
	expect_said("closed 7/2 complete 7/2 ");
}

static void one_breath_fills_all_fields(void **state)
{
	struct calls_record r;

	(void)state;
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, "9461200012345673" "1230" "870923" "37");
	open_kind(2, VAULT_EXPIRY, false);
	open_kind(3, VAULT_IDENTITY, false);
	open_kind(4, VAULT_PASSWORD2, false);
	expect_said("closed 7/1 complete 7/1 closed 7/2 complete 7/2 closed 7/3 complete 7/3 closed 7/4 complete 7/4 ");
	assert_int_equal(calls_record(w.calls, CALL, &w.now, &r), VAULT_OK);
	assert_string_equal(r.identity->digits, "870923");
}

static void a_fresh_field_takes_no_earlier_key(void **state)
{
	(void)state;
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, "9461200012345674" "12");
	open_kind(2, VAULT_CARD_NUMBER, true);
	type(1, "34");
	w.said[0] = '\0';
	type(2, card);
	expect_said("closed 7/2 complete 7/2 ");
	assert_int_equal(meter(METERS_KEYS_STALE), 4);
}

static void keys_that_overtake_their_field_are_kept_even_by_a_fresh_one(void **state)
{
	(void)state;
	type(1, "94612000");
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, "12345673");
	expect_said("closed 7/1 complete 7/1 ");
	type(2, "12");
	open_kind(2, VAULT_EXPIRY, true);
	type(2, "30");
	expect_said("closed 7/2 complete 7/2 ");
	open_kind(3, VAULT_IDENTITY, true);
	type(4, "3");                                 /* for the one after the open field */
	type(3, "870923");
	open_kind(4, VAULT_PASSWORD2, true);
	type(4, "7");
	expect_said("closed 7/3 complete 7/3 closed 7/4 complete 7/4 ");
}

static void a_hash_behind_a_full_field_ends_nothing_more(void **state)
{
	(void)state;
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, card);
	type(1, "#");
	open_kind(2, VAULT_EXPIRY, false);
	expect_said("closed 7/1 complete 7/1 ");
	type(2, "1230");
	open_kind(3, VAULT_IDENTITY, false);
	type(2, "#");                                 /* late */
	w.said[0] = '\0';
	type(3, "870923");
	expect_said("closed 7/3 complete 7/3 ");
}

static void a_hash_of_habit_may_come_when_the_next_field_is_open(void **state)
{
	(void)state;
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, card);
	open_kind(2, VAULT_EXPIRY, false);
	type(2, "#1230");
	expect_said("closed 7/1 complete 7/1 closed 7/2 complete 7/2 ");
	open_kind(3, VAULT_IDENTITY, false);
	type(3, "##");                                /* the second is meant */
	expect_said("closed 7/3 too_short 7/3 ");
	open_kind(4, VAULT_IDENTITY, true);
	type(4, "#");                                 /* and so is one behind a field that a '#' has ended */
	expect_said("closed 7/4 too_short 7/4 ");
}

static void a_hash_typed_ahead_ends_its_field(void **state)
{
	(void)state;
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, card);
	type(1, "1#");
	open_kind(2, VAULT_EXPIRY, false);
	expect_said("closed 7/1 complete 7/1 closed 7/2 too_short 7/2 ");
}

static void a_star_typed_ahead_erases_what_was(void **state)
{
	(void)state;
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, card);
	type(1, "99*1230");
	open_kind(2, VAULT_EXPIRY, false);
	expect_said("closed 7/1 complete 7/1 closed 7/2 complete 7/2 ");
}

static void type_ahead_is_bounded(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		type(0, "1");
	assert_int_equal(meter(METERS_KEYS_AHEAD), CALLS_AHEAD_MAX);
	assert_int_equal(meter(METERS_KEYS_OVERFLOW), 1000 - CALLS_AHEAD_MAX);
	assert_int_equal(meter(METERS_KEYS), 1000);
	expect_said("");
	type(1, card);                                /* overtakes its field, and is not crowded out */
	open_kind(1, VAULT_CARD_NUMBER, true);
	expect_said("closed 7/1 complete 7/1 ");
}

static void closing_drops_type_ahead(void **state)
{
	(void)state;
	open_kind(1, VAULT_CARD_NUMBER, true);
	type(1, card);
	type(1, "12");
	calls_close(w.calls, CALL);
	open_kind(2, VAULT_EXPIRY, false);
	w.said[0] = '\0';
	type(2, "1230");
	expect_said("closed 7/2 complete 7/2 ");
}

/* ---- strange messages ---- */

static void strange_messages_are_counted_and_change_nothing(void **state)
{
	(void)state;
	open_kind(1, VAULT_EXPIRY, true);
	calls_key(w.calls, 99, 1, '1', &w.now);
	calls_key(w.calls, 0, 1, '1', &w.now);
	assert_int_equal(meter(METERS_KEYS_UNKNOWN_CALL), 2);
	for (int key = 0; key < 256; key++)
		if (strchr("0123456789*#", key) == NULL || key == 0)
			calls_key(w.calls, CALL, 1, (char)key, &w.now);
	assert_int_equal(meter(METERS_KEYS_BAD), 256 - 12);
	calls_begin(w.calls, CALL, &w.now);
	calls_begin(w.calls, 0, &w.now);
	calls_end(w.calls, 99);
	calls_end(w.calls, 0);
	calls_close(w.calls, 99);
	calls_wipe(w.calls, 99);
	assert_int_equal(meter(METERS_STRAY), 6);
	assert_int_equal(calls_count(w.calls), 1);
	expect_said("");
	type(1, "1230");
	expect_said("closed 7/1 complete 7/1 ");
}

static void the_table_is_bounded_and_its_places_serve_again(void **state)
{
	(void)state;
	for (int round = 0; round < 50; round++) {
		for (uint64_t i = 1; i < PLACES + 3; i++)
			calls_begin(w.calls, 1000 + i * 8, &w.now);
		assert_int_equal(calls_count(w.calls), PLACES);
		for (uint64_t i = PLACES + 3; i > 0; i--)
			calls_end(w.calls, 1000 + i * 8);
		assert_int_equal(calls_count(w.calls), 1);
	}
	assert_int_equal(meter(METERS_CALLS_LOST), 50 * 3);
	assert_int_equal(meter(METERS_CALLS), 1);
	open_kind(1, VAULT_EXPIRY, true);
	type(1, "1230");
	expect_said("closed 7/1 complete 7/1 ");
}

static void calls_do_not_mix(void **state)
{
	struct calls_record r;

	(void)state;
	calls_begin(w.calls, 8, &w.now);
	for (uint64_t call = 7; call <= 8; call++) {
		calls_open(w.calls, &(struct vault_field_open){ call, 1, VAULT_CARD_NUMBER, 1 }, &w.now);
		calls_open(w.calls, &(struct vault_field_open){ call, 2, VAULT_EXPIRY, 1 }, &w.now);
	}
	for (const char *a = "1230", *b = "0131"; *a != '\0'; a++, b++) {
		calls_key(w.calls, 7, 2, *a, &w.now);
		calls_key(w.calls, 8, 2, *b, &w.now);
	}
	calls_open(w.calls, &(struct vault_field_open){ 8, 3, VAULT_CARD_NUMBER, 1 }, &w.now);
	for (const char *k = card; *k != '\0'; k++)
		calls_key(w.calls, 8, 3, *k, &w.now);
	assert_int_equal(calls_record(w.calls, 7, &w.now, &r), VAULT_INCOMPLETE);
	assert_int_equal(calls_record(w.calls, 8, &w.now, &r), VAULT_OK);
	assert_string_equal(r.expiry->digits, "0131");
}

/* ---- wiping ---- */

static void wipe_by_end(void) { calls_end(w.calls, CALL); }
static void wipe_by_arsd(void) { calls_wipe(w.calls, CALL); }
static void wipe_by_reset(void) { calls_reset(w.calls); }
static void wipe_by_arsd_lost(void) { calls_wipe_all(w.calls); }
static void wipe_by_idling(void)
{
	w.now.mono = mono_add_ms(w.now.mono, IDLE_MS);
	calls_tick(w.calls, &w.now);
}

static void whatever_wipes_leaves_nothing_to_seal(void **state)
{
	static void (*const ways[])(void) = { wipe_by_end, wipe_by_arsd, wipe_by_reset, wipe_by_arsd_lost, wipe_by_idling };
	struct calls_record r;

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		tear_down(state);
		assert_int_equal(set_up(state), 0);
		open_kind(1, VAULT_CARD_NUMBER, true);
		type(1, card);
		open_kind(2, VAULT_EXPIRY, false);
		type(2, "1230");
		assert_int_equal(calls_record(w.calls, CALL, &w.now, &r), VAULT_OK);
		ways[i]();
		assert_string_equal(r.card->digits, "");          /* the very memory */
		assert_string_equal(r.expiry->digits, "");
		assert_true(calls_record(w.calls, CALL, &w.now, &r) != VAULT_OK);
	}
}

static void after_a_wipe_keys_are_dropped_until_a_field_opens(void **state)
{
	(void)state;
	open_kind(1, VAULT_EXPIRY, true);
	type(1, "12");
	calls_wipe(w.calls, CALL);
	expect_said("closed 7/1 ");
	type(1, "30");
	assert_int_equal(meter(METERS_KEYS_NO_FIELD), 2);
	open_kind(2, VAULT_EXPIRY, false);
	type(2, "1230");
	expect_said("closed 7/2 complete 7/2 ");
}

static void an_idle_field_is_wiped_and_arsd_hears_of_it(void **state)
{
	(void)state;
	open_kind(1, VAULT_EXPIRY, true);
	type(1, "12");
	w.now.mono = mono_add_ms(w.now.mono, IDLE_MS - 1);
	calls_tick(w.calls, &w.now);
	expect_said("");
	type(1, "3");                                 /* a touch */
	w.now.mono = mono_add_ms(w.now.mono, IDLE_MS - 1);
	calls_tick(w.calls, &w.now);
	expect_said("");
	w.now.mono = mono_add_ms(w.now.mono, 1);
	calls_tick(w.calls, &w.now);
	expect_said("closed 7/1 refused 7/1 5 ");
	calls_tick(w.calls, &w.now);
	expect_said("");
	assert_int_equal(meter(METERS_WIPED_IDLE), 1);
}

static void a_lost_trunkd_ends_all_calls_and_arsd_hears_of_open_fields(void **state)
{
	(void)state;
	calls_begin(w.calls, 8, &w.now);
	open_kind(1, VAULT_EXPIRY, true);
	type(1, "12");
	calls_reset(w.calls);
	expect_said("refused 7/1 1 ");
	assert_int_equal(calls_count(w.calls), 0);
	assert_int_equal(meter(METERS_WIPED_LOST), 1);
}

static void a_lost_arsd_wipes_and_the_calls_stay(void **state)
{
	(void)state;
	open_kind(1, VAULT_EXPIRY, true);
	type(1, "12");
	calls_wipe_all(w.calls);
	expect_said("closed 7/1 ");
	assert_int_equal(calls_count(w.calls), 1);
	open_kind(2, VAULT_EXPIRY, true);
	type(2, "1230");
	expect_said("closed 7/2 complete 7/2 ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
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
