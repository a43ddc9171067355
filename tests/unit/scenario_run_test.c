/* The scenario engine on the two real files: every key, time-out and field result at the steps that know them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/scenario_play.h"

/* ---- from the beginning ---- */

static void before_the_check_there_is_a_greeting_and_no_key(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, "payment");
	assert_string_equal(scenario_step_id(&p.run), "");
	play_start(&p);
	assert_string_equal(play_heard(&p), "greet.neutral");
	assert_int_equal(play_find(&p, SCENARIO_PLAY)->collect, CALLCTL_COLLECT_NONE);
	play_press(&p, '1');
	assert_int_equal(p.count, 0);
	play_played(&p);
	assert_string_equal(play_find(&p, SCENARIO_ACT)->name, "holder_check");
	assert_null(play_find(&p, SCENARIO_PLAY));
	play_done(&p, "refused");
	assert_string_equal(play_heard(&p), "wrong_caller");
	play_expect_end(&p, "holder_mismatch");
	scenario_free(&p.scenario);
}

static void a_menu_says_all_of_it_and_waits_for_a_key(void **state)
{
	struct play p;
	const struct scenario_effect *e;

	(void)state;
	play_until_consent(&p, "registration");
	assert_non_null(strstr(play_heard(&p), "var.merchant reg.asks"));
	assert_non_null(strstr(play_heard(&p), "reg.amount.varies"));
	e = play_find(&p, SCENARIO_PLAY);
	assert_non_null(e);
	assert_int_equal(e->collect, CALLCTL_COLLECT_MENU);
	assert_int_equal(e->first_ms, 10000);
	scenario_free(&p.scenario);
	play_begin(&p, "registration");
	play_set(&p, "amount_known");
	play_start(&p);
	play_played(&p);
	play_done(&p, "ok");
	play_expect_step(&p, "consent_amount");
	assert_non_null(strstr(play_heard(&p), "reg.amount var.amount"));
	scenario_free(&p.scenario);
}

static void agreeing_is_recorded_with_its_key(void **state)
{
	struct play p;

	(void)state;
	play_until_consent(&p, "registration");
	play_press(&p, '1');
	assert_int_equal(p.out[0].type, SCENARIO_MEANS);
	assert_string_equal(p.out[0].name, "agree");
	assert_int_equal(p.out[1].type, SCENARIO_CONSENT);
	assert_string_equal(p.out[1].name, "registration");
	assert_int_equal(p.out[1].number, '1');
	scenario_free(&p.scenario);
}

/* ---- the keys that every menu has ---- */

static void star_repeats_zero_has_no_agent_and_neither_counts(void **state)
{
	struct play p;
	char said[SAY_SIZE];

	(void)state;
	play_until_consent(&p, "registration");
	snprintf(said, sizeof(said), "%s", play_heard(&p));
	for (int i = 0; i < 10; i++) {
		play_press(&p, '*');
		assert_string_equal(play_heard(&p), said);
		play_press(&p, '0');
		assert_true(strncmp(play_heard(&p), "menu.no_agent ", 14) == 0);
		assert_non_null(strstr(play_heard(&p), said));
		assert_int_equal(play_find(&p, SCENARIO_PLAY)->collect, CALLCTL_COLLECT_MENU);
	}
	play_expect_step(&p, "consent");
	scenario_free(&p.scenario);
}

static void hash_goes_back_where_there_is_something_before(void **state)
{
	struct play p;

	(void)state;
	play_until_consent(&p, "registration");
	play_press(&p, '#');
	assert_true(strncmp(play_heard(&p), "menu.no_back ", 13) == 0);
	play_expect_step(&p, "consent");
	scenario_free(&p.scenario);
	play_until_confirm(&p);
	play_press(&p, '#');
	play_expect_step(&p, "card");
	assert_int_equal(play_find(&p, SCENARIO_OPEN_FIELD)->kind, VAULT_CARD_NUMBER);
	assert_true(play_find(&p, SCENARIO_OPEN_FIELD)->fresh);
	scenario_free(&p.scenario);
}

static void from_a_choice_hash_leads_to_the_menu_before(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, "payment");
	play_set(&p, "other_card_allowed");
	play_set(&p, "instalments_offered");
	play_start(&p);
	play_played(&p);
	play_done(&p, "ok");
	play_expect_step(&p, "choose_card");
	play_press(&p, '1');
	play_expect_step(&p, "months");
	assert_non_null(strstr(play_heard(&p), "var.option key.1 var.option key.2 var.option key.3"));
	play_press(&p, '#');
	play_expect_step(&p, "choose_card");
	play_press(&p, '1');
	play_press(&p, '4');                       /* there are three */
	assert_true(strncmp(play_heard(&p), "err.menu ", 9) == 0);
	play_press(&p, '3');
	assert_string_equal(play_find(&p, SCENARIO_CHOSE)->name, "instalments");
	assert_int_equal(play_find(&p, SCENARIO_CHOSE)->number, 2);
	assert_string_equal(play_find(&p, SCENARIO_ACT)->name, "authorize");
	assert_true(play_find(&p, SCENARIO_PLAY)->loop);
	scenario_free(&p.scenario);
}

/* ---- attempts ---- */

static void three_wrong_keys_are_worded_each_and_end(void **state)
{
	struct play p;

	(void)state;
	play_until_consent(&p, "registration");
	play_press(&p, '7');
	assert_true(strncmp(play_heard(&p), "err.menu var.merchant", 21) == 0);
	play_press(&p, '9');
	assert_true(strncmp(play_heard(&p), "err.menu err.last var.merchant", 30) == 0);
	play_press(&p, '8');
	assert_true(strncmp(play_heard(&p), "err.menu reg.not_done", 21) == 0);
	assert_true(play_find(&p, SCENARIO_PLAY)->then_hangup);
	play_expect_end(&p, "input_failed");
	play_press(&p, '1');
	assert_int_equal(p.count, 0);
	scenario_free(&p.scenario);
}

static void silence_and_wrong_keys_share_the_attempts(void **state)
{
	struct play p;

	(void)state;
	play_until_consent(&p, "registration");
	play_silence(&p);
	assert_true(strncmp(play_heard(&p), "err.no_input var.merchant", 25) == 0);
	play_press(&p, 'A');
	assert_true(strncmp(play_heard(&p), "err.menu err.last", 17) == 0);
	play_silence(&p);
	play_expect_end(&p, "input_failed");
	scenario_free(&p.scenario);
}

static void each_field_result_has_its_words(void **state)
{
	static const struct { enum vault_result result; const char *first, *second; } cases[] = {
		{ VAULT_TOO_SHORT, "err.expiry.short card.expiry", "err.expiry.short err.last card.expiry" },
		{ VAULT_INVALID, "err.expiry.invalid card.expiry", "err.expiry.invalid err.last card.expiry" },
		{ VAULT_EXPIRED, "err.expiry.expired card.expiry", "err.expiry.expired err.last card.expiry" },
		{ VAULT_NO_INPUT, "err.expiry.no_input card.expiry", "err.expiry.no_input err.last card.expiry" },
	};
	struct play p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		play_until_card(&p);
		play_typed(&p, VAULT_COMPLETE);
		play_expect_step(&p, "expiry");
		play_typed(&p, cases[i].result);
		assert_string_equal(play_heard(&p), cases[i].first);
		play_typed(&p, cases[i].result);
		assert_string_equal(play_heard(&p), cases[i].second);
		play_typed(&p, cases[i].result);
		play_expect_end(&p, "input_failed");
		scenario_free(&p.scenario);
	}
}

static void a_field_opens_before_its_words_under_a_new_number(void **state)
{
	struct play p;
	uint32_t last = 0;

	(void)state;
	play_until_card(&p);
	for (int i = 0; i < 3; i++) {
		const struct scenario_effect *open = play_find(&p, SCENARIO_OPEN_FIELD), *play = play_find(&p, SCENARIO_PLAY);

		assert_true(open < play);
		assert_int_equal(open->field, play->field);
		assert_true(open->field > last);
		assert_true(open->fresh);
		assert_int_equal(play->collect, CALLCTL_COLLECT_SECRET);
		assert_int_equal(play->first_ms, 20000);
		assert_int_equal(play->inter_ms, 5000);
		last = open->field;
		play_typed(&p, VAULT_INVALID);
	}
	scenario_free(&p.scenario);
}

static void erasing_says_so_and_keeps_the_field_and_the_attempts(void **state)
{
	struct play p;

	(void)state;
	play_until_card(&p);
	for (int i = 0; i < 20; i++) {
		play_typed(&p, VAULT_ERASED);
		assert_string_equal(play_heard(&p), "err.erased");
		assert_null(play_find(&p, SCENARIO_OPEN_FIELD));
		assert_int_equal(play_find(&p, SCENARIO_PLAY)->field, 1);
	}
	play_typed(&p, VAULT_COMPLETE);
	play_expect_step(&p, "expiry");
	scenario_free(&p.scenario);
}

static void keys_typed_ahead_belong_to_the_next_field_and_no_menu(void **state)
{
	struct play p;

	(void)state;
	play_until_card(&p);
	play_typed(&p, VAULT_COMPLETE);
	assert_false(play_find(&p, SCENARIO_OPEN_FIELD)->fresh);
	play_typed(&p, VAULT_TOO_SHORT);
	assert_true(play_find(&p, SCENARIO_OPEN_FIELD)->fresh);
	scenario_free(&p.scenario);
}

static void going_back_gives_no_new_attempts(void **state)
{
	struct play p;

	(void)state;
	play_until_confirm(&p);
	for (int round = 0; round < 2; round++) {
		play_press(&p, '2');
		play_expect_step(&p, "card");
		for (int i = 0; i < 4; i++)
			play_typed(&p, VAULT_COMPLETE);
		play_expect_step(&p, "confirm");
	}
	play_press(&p, '2');
	play_expect_end(&p, "input_failed");
	scenario_free(&p.scenario);
}

static void a_second_wrong_entry_at_the_card_company_is_the_last(void **state)
{
	struct play p;

	(void)state;
	play_until_confirm(&p);
	play_press(&p, '1');
	assert_string_equal(play_find(&p, SCENARIO_ACT)->name, "verify_card");
	play_press(&p, '1');
	assert_int_equal(p.count, 0);
	play_done(&p, "input");
	play_expect_step(&p, "try_again");
	play_press(&p, '#');                       /* not back behind what was asked of the PG */
	play_expect_step(&p, "try_again");
	play_press(&p, '1');
	for (int i = 0; i < 4; i++)
		play_typed(&p, VAULT_COMPLETE);
	play_press(&p, '1');
	play_done(&p, "input");
	assert_non_null(strstr(play_heard(&p), "var.decline"));
	play_expect_end(&p, "card_declined");
	scenario_free(&p.scenario);
}

static void after_the_approval_a_hang_up_changes_nothing(void **state)
{
	struct play p;

	(void)state;
	play_until_consent(&p, "payment");
	play_press(&p, '1');
	play_done(&p, "ok");
	play_expect_step(&p, "approved");
	play_hang_up(&p);
	play_expect_end(&p, "completed");
	assert_null(play_find(&p, SCENARIO_PLAY));
	scenario_free(&p.scenario);
}

static void words_that_cannot_be_put_together_end_the_call(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, "payment");
	play_start(&p);
	play_played(&p);
	p.facts.variables_fail = true;
	play_done(&p, "ok");
	assert_string_equal(play_heard(&p), "system_error");
	play_expect_end(&p, "system_error");
	scenario_free(&p.scenario);
}

static void a_choice_without_options_ends_the_call(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, "payment");
	play_set(&p, "instalments_offered");
	p.facts.options = 0;
	play_start(&p);
	play_played(&p);
	play_done(&p, "ok");
	play_press(&p, '1');
	play_expect_end(&p, "system_error");
	scenario_free(&p.scenario);
}

static void an_outcome_that_nobody_knows_ends_the_call(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, "payment");
	play_start(&p);
	play_played(&p);
	play_done(&p, "sunshine");
	play_expect_end(&p, "system_error");
	scenario_free(&p.scenario);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_check_there_is_a_greeting_and_no_key),
		cmocka_unit_test(a_menu_says_all_of_it_and_waits_for_a_key),
		cmocka_unit_test(agreeing_is_recorded_with_its_key),
		cmocka_unit_test(star_repeats_zero_has_no_agent_and_neither_counts),
		cmocka_unit_test(hash_goes_back_where_there_is_something_before),
		cmocka_unit_test(from_a_choice_hash_leads_to_the_menu_before),
		cmocka_unit_test(three_wrong_keys_are_worded_each_and_end),
		cmocka_unit_test(silence_and_wrong_keys_share_the_attempts),
		cmocka_unit_test(each_field_result_has_its_words),
		cmocka_unit_test(a_field_opens_before_its_words_under_a_new_number),
		cmocka_unit_test(erasing_says_so_and_keeps_the_field_and_the_attempts),
		cmocka_unit_test(keys_typed_ahead_belong_to_the_next_field_and_no_menu),
		cmocka_unit_test(going_back_gives_no_new_attempts),
		cmocka_unit_test(a_second_wrong_entry_at_the_card_company_is_the_last),
		cmocka_unit_test(after_the_approval_a_hang_up_changes_nothing),
		cmocka_unit_test(words_that_cannot_be_put_together_end_the_call),
		cmocka_unit_test(a_choice_without_options_ends_the_call),
		cmocka_unit_test(an_outcome_that_nobody_knows_ends_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
