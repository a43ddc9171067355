/* Calls by somebody else than the customer, to another number, or at the wrong time: nothing of the customer is spoken. */
#include "arsd_registering.h"

#include <stdio.h>
#include <string.h>

#include "arsd/calls.h"

static void nothing_of_the_customer_is_spoken_before_the_check(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	assert_string_equal(w->play.items, "greet.neutral");
	assert_int_equal(w->play.collect, CALLCTL_COLLECT_NONE);
	world_free(&w);
}

static void a_wrong_caller_hears_a_neutral_sentence_and_the_merchant_of_it(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);

	(void)state;
	world_call(w, CALL, "01099998888", r.virtual_number.digits);
	assert_string_equal(w->play.items, "greet.neutral");
	world_played(w, CALL);
	assert_string_equal(w->play.items, "wrong_caller");
	world_expect_hook(w, 0, "registration.holder_mismatch");
	assert_null(strstr((const char *)w->hooks[w->hook_count - 1].u.webhook.body.data, "01099998888"));
	world_played(w, CALL);
	assert_int_equal(w->hangup_cause, 16);
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_free(&w);
}

static void the_right_number_counts_only_if_the_network_vouches_for_it(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);
	struct callctl_call_offered m;

	(void)state;
	for (int i = 0; i < 3; i++) {
		m = world_offer(CALL + (uint64_t)i, phone, r.virtual_number.digits);
		if (i == 0)
			m.screening = CALLCTL_USER_UNSCREENED;
		m.presentation = i != 1;
		m.diverted = i == 2;
		world_offered(w, &m);
		calls_up(&w->a, m.call);
		world_turn(w);
		world_played(w, m.call);
		if (w->play.items[0] == 'g')
			world_wait(w, 3000);          /* slowed by now */
		assert_string_equal(w->play.items, "wrong_caller");
		world_hang_up(w, m.call);
	}
	assert_int_equal(world_hooks_of(w, "registration.holder_mismatch"), 3);
	world_call(w, CALL + 9, phone, r.virtual_number.digits);
	world_played(w, CALL + 9);
	world_expect_heard(w, "reg.consent");
	world_free(&w);
}

static void wrong_callers_are_slowed_then_rejected_and_the_right_one_is_not(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);
	struct callctl_call_offered m;

	(void)state;
	for (uint64_t i = 1; i <= 5; i++) {
		world_call(w, CALL + i, "01099998888", r.virtual_number.digits);
		world_played(w, CALL + i);
		if (i >= 3) {
			assert_string_equal(w->play.items, "greet.neutral");
			world_wait(w, 3000);
		}
		assert_string_equal(w->play.items, "wrong_caller");
		world_hang_up(w, CALL + i);
	}
	m = world_offer(CALL + 6, "01099998888", r.virtual_number.digits);
	world_offered(w, &m);
	assert_false(w->answered);
	assert_int_equal(w->reject_cause, 21);
	world_call(w, CALL + 7, phone, r.virtual_number.digits);
	world_played(w, CALL + 7);
	world_expect_heard(w, "reg.consent");
	world_free(&w);
}

static void a_number_that_is_not_ours_is_rejected_as_unallocated(void **state)
{
	struct world *w = world_new("");
	struct callctl_call_offered m = world_offer(CALL, phone, "07099990000");

	(void)state;
	world_offered(w, &m);
	assert_false(w->answered);
	assert_int_equal(w->reject_cause, 1);
	world_free(&w);
}

static void a_second_call_while_one_is_on_is_refused_neutrally(void **state)
{
	struct world *w = world_new("");
	struct request r = registering_until_confirmed(w);

	(void)state;
	world_call(w, CALL + 1, phone, r.virtual_number.digits);
	assert_string_equal(w->play.items, "greet.neutral");
	world_played(w, CALL + 1);
	assert_string_equal(w->play.items, "wrong_caller");
	assert_int_equal(world_hooks_of(w, "registration.holder_mismatch"), 0);
	assert_string_equal(world_request(w, r.id.text).state, "in_call");
	world_free(&w);
}

/* He called an older message's number a moment too early, and the request came while he was greeted: it is spoken as it was asked for. */
static void who_called_before_the_request_hears_it_in_its_own_voice(void **state)
{
	static const char number[] = "07012340007";
	struct world *w = world_new("");
	char why[128];
	struct api_msg *m;
	struct request r;

	(void)state;
	numbers_init(&w->a.numbers);
	assert_int_equal(numbers_add(&w->a.numbers, number, why, sizeof(why)), 0);
	world_call(w, CALL, phone, number);
	m = world_registration(phone);
	snprintf(m->u.registration_create.language, sizeof(m->u.registration_create.language), "en");
	snprintf(m->u.registration_create.speed, sizeof(m->u.registration_create.speed), "slow");
	r = world_made(w, m);
	assert_string_equal(r.virtual_number.digits, number);
	world_played(w, CALL);
	world_expect_heard(w, "reg.asks");
	assert_string_equal(w->play.voice, "en-slow");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_of_the_customer_is_spoken_before_the_check),
		cmocka_unit_test(a_wrong_caller_hears_a_neutral_sentence_and_the_merchant_of_it),
		cmocka_unit_test(the_right_number_counts_only_if_the_network_vouches_for_it),
		cmocka_unit_test(wrong_callers_are_slowed_then_rejected_and_the_right_one_is_not),
		cmocka_unit_test(a_number_that_is_not_ours_is_rejected_as_unallocated),
		cmocka_unit_test(a_second_call_while_one_is_on_is_refused_neutrally),
		cmocka_unit_test(who_called_before_the_request_hears_it_in_its_own_voice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
