/* Who counts as the holder of the phone: the whole truth table, and how wrong callers are slowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "arsd/holder.h"
#include "arsd/throttle.h"
#include "ipc/callctl.h"

/* All 2^7 * 8 cases: ok exactly when every single condition of the rule holds. */
static void only_a_vouched_direct_and_leased_caller_is_the_holder(void **state)
{
	static const uint8_t screenings[] = {
		CALLCTL_USER_UNSCREENED, CALLCTL_USER_PASSED, CALLCTL_USER_FAILED, CALLCTL_NETWORK, CALLCTL_NO_NUMBER,
		CALLCTL_ANALOG, CALLCTL_ANALOG_TRUSTED, 6,
	};
	int ok = 0;

	(void)state;
	for (int bits = 0; bits < 128; bits++)
		for (size_t s = 0; s < ARRAY_LEN(screenings); s++) {
			struct holder_facts f = {
				.has_caller = bits & 1, .presentation_allowed = bits & 2, .diverted = bits & 4, .leased = bits & 8,
				.expired = bits & 16, .busy = bits & 32, .takes_card = bits & 64, .screening = screenings[s],
			};
			bool vouched = f.screening == CALLCTL_NETWORK || f.screening == CALLCTL_USER_PASSED ||
			               f.screening == CALLCTL_ANALOG_TRUSTED || (f.screening == CALLCTL_ANALOG && f.takes_card);
			bool expected = f.has_caller && f.presentation_allowed && vouched && !f.diverted && f.leased && !f.expired &&
			                !f.busy;

			assert_int_equal(holder_decide(&f) == HOLDER_OK, expected);
			ok += expected;
		}
	assert_int_equal(ok, 3 * 2 + 1);
}

static void the_reason_names_what_was_wrong(void **state)
{
	struct holder_facts right = {
		.has_caller = true, .presentation_allowed = true, .screening = CALLCTL_NETWORK, .leased = true,
	}, f;

	(void)state;
	assert_int_equal(holder_decide(&right), HOLDER_OK);
	f = right, f.has_caller = false;
	assert_int_equal(holder_decide(&f), HOLDER_WITHHELD);
	f = right, f.presentation_allowed = false;
	assert_int_equal(holder_decide(&f), HOLDER_WITHHELD);
	f = right, f.screening = CALLCTL_USER_FAILED;
	assert_int_equal(holder_decide(&f), HOLDER_UNVERIFIED);
	f = right, f.screening = CALLCTL_ANALOG;
	assert_int_equal(holder_decide(&f), HOLDER_UNVERIFIED);
	f.takes_card = true;
	assert_int_equal(holder_decide(&f), HOLDER_OK);
	f.leased = false;
	assert_int_equal(holder_decide(&f), HOLDER_NOT_LEASED);
	f = right, f.diverted = true;
	assert_int_equal(holder_decide(&f), HOLDER_DIVERTED);
	f = right, f.leased = false;
	assert_int_equal(holder_decide(&f), HOLDER_NOT_LEASED);
	f = right, f.expired = true;
	assert_int_equal(holder_decide(&f), HOLDER_EXPIRED);
	f = right, f.busy = true;
	assert_int_equal(holder_decide(&f), HOLDER_BUSY);
}

static void the_right_phone_that_is_late_or_calls_twice_is_no_mismatch(void **state)
{
	(void)state;
	assert_false(holder_is_mismatch(HOLDER_OK));
	assert_false(holder_is_mismatch(HOLDER_EXPIRED));
	assert_false(holder_is_mismatch(HOLDER_BUSY));
	assert_true(holder_is_mismatch(HOLDER_WITHHELD));
	assert_true(holder_is_mismatch(HOLDER_UNVERIFIED));
	assert_true(holder_is_mismatch(HOLDER_DIVERTED));
	assert_true(holder_is_mismatch(HOLDER_NOT_LEASED));
}

static const struct throttle_rule rule = { .window_ms = 1000, .slow_after = 3, .refuse_after = 5 };

static void wrong_callers_are_slowed_and_then_refused(void **state)
{
	static const enum throttle_answer expected[] = {
		THROTTLE_PASS, THROTTLE_PASS, THROTTLE_SLOW, THROTTLE_SLOW, THROTTLE_REFUSE, THROTTLE_REFUSE,
	};
	struct throttle *t = NULL;

	(void)state;
	assert_int_equal(throttle_new(&rule, 64, &t), 0);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(throttle_note(t, "01012345678", (struct mono){ 5 }), expected[i]);
	assert_int_equal(throttle_note(t, "01012345679", (struct mono){ 5 }), THROTTLE_PASS);
	throttle_free(&t);
	assert_null(t);
}

static void tries_are_forgotten_after_the_window(void **state)
{
	struct throttle *t = NULL;
	struct mono now = { 5 };

	(void)state;
	assert_int_equal(throttle_new(&rule, 64, &t), 0);
	for (int i = 0; i < 6; i++)
		throttle_note(t, "a", now);
	assert_int_equal(throttle_note(t, "a", mono_add_ms(now, 999)), THROTTLE_REFUSE);
	assert_int_equal(throttle_note(t, "a", mono_add_ms(now, 1000)), THROTTLE_PASS);
	throttle_free(&t);
}

static void a_persistent_caller_is_not_forgotten_in_a_flood_of_others(void **state)
{
	struct throttle *t = NULL;
	char other[16];

	(void)state;
	assert_int_equal(throttle_new(&rule, 64, &t), 0);
	for (int i = 0; i < 5; i++)
		throttle_note(t, "persistent", (struct mono){ 5 });
	for (int i = 0; i < 10000; i++) {
		snprintf(other, sizeof(other), "%d", i);
		throttle_note(t, other, (struct mono){ 6 });
	}
	assert_int_equal(throttle_note(t, "persistent", (struct mono){ 7 }), THROTTLE_REFUSE);
	throttle_free(&t);
}

static void no_number_counts_for_nobody(void **state)
{
	struct throttle *t = NULL;

	(void)state;
	assert_int_equal(throttle_new(&rule, 64, &t), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(throttle_note(t, "", (struct mono){ 5 }), THROTTLE_PASS);
	throttle_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_vouched_direct_and_leased_caller_is_the_holder),
		cmocka_unit_test(the_reason_names_what_was_wrong),
		cmocka_unit_test(the_right_phone_that_is_late_or_calls_twice_is_no_mismatch),
		cmocka_unit_test(wrong_callers_are_slowed_and_then_refused),
		cmocka_unit_test(tries_are_forgotten_after_the_window),
		cmocka_unit_test(a_persistent_caller_is_not_forgotten_in_a_flood_of_others),
		cmocka_unit_test(no_number_counts_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
