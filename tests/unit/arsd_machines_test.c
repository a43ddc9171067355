/* The machines of registrations, payments and attempts: whole tables, and the promises that money hangs on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "arsd/attempt.h"
#include "arsd/cancellation.h"
#include "arsd/payment.h"
#include "arsd/registration.h"

static const struct fsm *const all[] = { &registration_fsm, &payment_fsm, &attempt_fsm, &cancellation_fsm };

static void no_cell_is_forgotten_and_every_state_has_an_end(void **state)
{
	char why[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (fsm_check(all[i], why, sizeof(why)) < 0)
			fail_msg("%s", why);
}

static void every_state_fits_its_column_and_names_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (int s = 0; s < all[i]->states; s++) {
			assert_in_range(strlen(all[i]->state_names[s]), 1, 23);
			assert_int_equal(fsm_find_state(all[i], all[i]->state_names[s]), s);
		}
}

/* Follows events from the start; returns the state's name. */
static const char *walk(const struct fsm *m, const int *events, size_t count)
{
	int at = m->start;

	for (size_t i = 0; i < count; i++) {
		enum fsm_kind kind = fsm_step(m, &at, events[i]);

		assert_true(kind == FSM_GO || kind == FSM_STAY);
	}
	return fsm_state_name(m, at);
}
#define WALK(m, ...) walk(m, (const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static void a_registration_ends_as_its_call_does(void **state)
{
	const struct fsm *m = &registration_fsm;

	(void)state;
	assert_string_equal(WALK(m, REQUEST_SMS_SENT, REQUEST_CALL_BEGAN, REQUEST_PG_STARTED, REQUEST_PG_OK), "registered");
	assert_string_equal(WALK(m, REQUEST_CALL_BEGAN, REQUEST_REFUSED), "refused");
	assert_string_equal(WALK(m, REQUEST_CALL_BEGAN, REQUEST_INPUT_FAILED), "input_failed");
	assert_string_equal(WALK(m, REQUEST_CALL_BEGAN, REQUEST_CALL_LOST), "sms_sent");
	assert_string_equal(WALK(m, REQUEST_CALL_BEGAN, REQUEST_CALL_LOST, REQUEST_CALL_BEGAN, REQUEST_GAVE_UP), "abandoned");
	assert_string_equal(WALK(m, REQUEST_CALL_BEGAN, REQUEST_PG_STARTED, REQUEST_PG_AGAIN), "in_call");
	assert_string_equal(WALK(m, REQUEST_CALL_BEGAN, REQUEST_PG_STARTED, REQUEST_PG_DECLINED), "card_declined");
	assert_string_equal(WALK(m, REQUEST_SMS_FAILED), "sms_failed");
	assert_string_equal(WALK(m, REQUEST_SMS_SENT, REQUEST_EXPIRED), "expired");
}

static void a_payment_ends_as_the_pg_says(void **state)
{
	const struct fsm *m = &payment_fsm;

	(void)state;
	assert_string_equal(WALK(m, REQUEST_PG_STARTED, REQUEST_PG_OK), "approved");
	assert_string_equal(WALK(m, REQUEST_CALL_BEGAN, REQUEST_PG_STARTED, REQUEST_PG_UNKNOWN, REQUEST_PG_OK), "approved");
	assert_string_equal(WALK(m, REQUEST_CALL_BEGAN, REQUEST_PG_STARTED, REQUEST_PG_UNKNOWN, REQUEST_PG_DECLINED), "declined");
	assert_string_equal(WALK(m, REQUEST_CALL_BEGAN, REQUEST_PG_STARTED, REQUEST_PG_UNKNOWN, REQUEST_PG_CANCELED),
	                    "net_canceled");
	assert_string_equal(WALK(m, REQUEST_CALL_BEGAN, REQUEST_PG_STARTED, REQUEST_PG_NOT_DONE, REQUEST_CALL_LOST), "sms_sent");
}

/* Only the PG's word moves a request that is at the PG. */
static void while_the_pg_has_it_no_call_time_or_sms_moves_a_request(void **state)
{
	static const int others[] = {
		REQUEST_SMS_SENT, REQUEST_SMS_FAILED, REQUEST_CALL_LOST, REQUEST_GAVE_UP, REQUEST_EXPIRED, REQUEST_CANCELED,
	};
	static const struct { const struct fsm *m; int at; } where[] = {
		{ &registration_fsm, REGISTRATION_VERIFYING }, { &payment_fsm, PAYMENT_AUTHORIZING }, { &payment_fsm, PAYMENT_UNKNOWN },
	};

	(void)state;
	for (size_t w = 0; w < ARRAY_LEN(where); w++)
		for (size_t e = 0; e < ARRAY_LEN(others); e++) {
			int at = where[w].at;

			assert_int_equal(fsm_step(where[w].m, &at, others[e]), FSM_IGNORE);
			assert_int_equal(at, where[w].at);
		}
}

static void a_second_exchange_never_begins_while_one_is_open(void **state)
{
	int at = REGISTRATION_VERIFYING;

	(void)state;
	assert_int_equal(fsm_step(&registration_fsm, &at, REQUEST_PG_STARTED), FSM_BUG);
	at = PAYMENT_AUTHORIZING;
	assert_int_equal(fsm_step(&payment_fsm, &at, REQUEST_PG_STARTED), FSM_BUG);
	at = PAYMENT_UNKNOWN;
	assert_int_equal(fsm_step(&payment_fsm, &at, REQUEST_PG_STARTED), FSM_BUG);
}

static void nothing_leaves_an_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (int s = 0; s < all[i]->states; s++)
			for (int e = 0; fsm_is_final(all[i], s) && e < all[i]->events; e++) {
				int at = s;

				assert_int_not_equal(fsm_step(all[i], &at, e), FSM_STAY);
				assert_int_equal(at, s);
			}
}

static void an_attempt_that_may_have_been_sent_is_never_sent_again(void **state)
{
	static const int sent[] = { ATTEMPT_SENT, ATTEMPT_UNKNOWN, ATTEMPT_CANCELING, ATTEMPT_OK, ATTEMPT_DECLINED,
	                            ATTEMPT_CANCELED, ATTEMPT_FAILED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sent); i++) {
		int at = sent[i];

		assert_int_equal(fsm_step(&attempt_fsm, &at, ATTEMPT_SEND), FSM_BUG);
		at = sent[i];
		assert_int_not_equal(fsm_step(&attempt_fsm, &at, ATTEMPT_GIVE_UP), FSM_GO);
	}
}

static void an_approval_that_comes_while_the_order_is_undone_does_not_count(void **state)
{
	int at = ATTEMPT_CANCELING;

	(void)state;
	assert_int_equal(fsm_step(&attempt_fsm, &at, ATTEMPT_ANSWERED_OK), FSM_IGNORE);
	assert_int_equal(fsm_step(&attempt_fsm, &at, ATTEMPT_NET_CANCELED), FSM_GO);
	assert_int_equal(at, ATTEMPT_CANCELED);
}

static void what_failed_without_money_may_be_tried_again_and_nothing_else(void **state)
{
	(void)state;
	for (int s = 0; s < PAYMENT_STATES; s++)
		assert_int_equal(payment_may_be_retried(s), s == PAYMENT_DECLINED || s == PAYMENT_REFUSED || s == PAYMENT_INPUT_FAILED ||
		                 s == PAYMENT_SMS_FAILED || s == PAYMENT_EXPIRED || s == PAYMENT_ABANDONED || s == PAYMENT_NET_CANCELED);
}

static void money_is_given_back_of_approved_payments_alone(void **state)
{
	(void)state;
	for (int s = 0; s < PAYMENT_STATES; s++) {
		int at = s;
		enum fsm_kind kind = fsm_step(&payment_fsm, &at, REQUEST_GIVEN_BACK);

		assert_int_equal(kind == FSM_GO, s == PAYMENT_APPROVED || s == PAYMENT_PARTIALLY_CANCELED);
		assert_int_equal(kind == FSM_BUG, s != PAYMENT_APPROVED && s != PAYMENT_PARTIALLY_CANCELED);
	}
}

/* Only from "requested" is it sent for the first time, and it is given up only there. */
static void a_cancellation_that_may_have_been_sent_is_never_given_up(void **state)
{
	(void)state;
	for (int s = 0; s < CANCELLATION_STATES; s++) {
		int at = s;

		assert_int_equal(fsm_step(&cancellation_fsm, &at, CANCELLATION_GIVE_UP) == FSM_GO, s == CANCELLATION_REQUESTED);
		at = s;
		assert_int_equal(fsm_step(&cancellation_fsm, &at, CANCELLATION_SEND) == FSM_GO, s == CANCELLATION_REQUESTED);
	}
}

/* A PG may refuse the repeat for the very reason that the first has arrived. */
static void a_no_to_a_repeat_is_asked_after(void **state)
{
	const struct fsm *m = &cancellation_fsm;

	(void)state;
	assert_string_equal(WALK(m, CANCELLATION_SEND, CANCELLATION_NO_ANSWER, CANCELLATION_NOT_FOUND, CANCELLATION_NO), "doubted");
	assert_string_equal(WALK(m, CANCELLATION_SEND, CANCELLATION_NO_ANSWER, CANCELLATION_NOT_FOUND, CANCELLATION_NO, CANCELLATION_OK),
	                    "succeeded");
	assert_string_equal(WALK(m, CANCELLATION_SEND, CANCELLATION_NO_ANSWER, CANCELLATION_NOT_FOUND, CANCELLATION_NOT_SENT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_cell_is_forgotten_and_every_state_has_an_end),
		cmocka_unit_test(every_state_fits_its_column_and_names_are_unique),
		cmocka_unit_test(a_registration_ends_as_its_call_does),
		cmocka_unit_test(a_payment_ends_as_the_pg_says),
		cmocka_unit_test(while_the_pg_has_it_no_call_time_or_sms_moves_a_request),
		cmocka_unit_test(a_second_exchange_never_begins_while_one_is_open),
		cmocka_unit_test(nothing_leaves_an_end),
		cmocka_unit_test(an_attempt_that_may_have_been_sent_is_never_sent_again),
		cmocka_unit_test(an_approval_that_comes_while_the_order_is_undone_does_not_count),
		cmocka_unit_test(what_failed_without_money_may_be_tried_again_and_nothing_else),
		cmocka_unit_test(money_is_given_back_of_approved_payments_alone),
		cmocka_unit_test(a_cancellation_that_may_have_been_sent_is_never_given_up),
		cmocka_unit_test(a_no_to_a_repeat_is_asked_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
