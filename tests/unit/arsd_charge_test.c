/* Payments without a call. */
#include "arsd_paying.h"

#include <stdio.h>

#include "arsd/calls_priv.h"

static void without_consent_the_registered_card_is_charged_at_once(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	int sms = w->sms_count;
	struct request r;

	(void)state;
	paying_skip_consent(m);
	r = world_made(w, m);
	assert_string_equal(r.state, "authorizing");
	assert_false(r.other_card_allowed);
	assert_string_equal(r.virtual_number.digits, "");
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	assert_string_equal(w->pg.u.pg_pay.pg_billing_key, "pgkey-1");
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	world_expect_hook(w, 0, "payment.approved");
	assert_int_equal(w->sms_count, sms);
	world_free(&w);
}

static void not_every_merchant_may_skip_consent(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct api_msg *m;

	(void)state;
	world_merchant(w, "");
	key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	m = world_payment(key.text, "order-000001", 9900);
	paying_skip_consent(m);
	world_ask(w, m);
	assert_int_equal(w->answer.status, 403);
	assert_string_equal(w->answer.code, "consent_skip_not_allowed");
	world_free(&w);
}

static void a_charge_that_cannot_be_sent_waits_and_is_sent_once(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct request r;
	int before;

	(void)state;
	paying_skip_consent(m);
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	before = w->pg_count;
	r = world_made(w, m);
	world_wait(w, 5000);
	assert_int_equal(w->pg_count, before);
	world_crash(w);
	world_wait(w, 5000);
	assert_int_equal(w->pg_count, before + 1);
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	world_free(&w);
}

/* Five minutes, whatever died in them: nobody is charged next week for what was asked for today. */
static void a_charge_that_waited_too_long_is_not_sent_by_an_arsd_that_starts(void **state)
{
	static const struct { int64_t away_ms, sent_after_ms; } cases[] = {
		{ 301000, -1 }, { INT64_C(7) * 86400000, -1 }, { 290000, 100 }, { 290000, 20000 }, { -3600000, 100 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world *w = world_new("");
		struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
		struct api_msg *m = world_payment(key.text, "order-000001", 9900);
		bool in_time = cases[i].sent_after_ms == 100;
		struct request r;
		int before;

		paying_skip_consent(m);
		arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
		world_turn(w);
		before = w->pg_count;
		r = world_made(w, m);
		w->a.wall.ms += cases[i].away_ms;
		world_crash(w);
		if (cases[i].sent_after_ms > 100) {
			arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
			world_wait(w, cases[i].sent_after_ms);
			arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
		}
		world_wait(w, 2000);
		assert_int_equal(w->pg_count, before + in_time);
		r = world_request(w, r.id.text);
		assert_string_equal(r.state, in_time ? "authorizing" : "declined");
		assert_string_equal(r.failure_code, in_time ? "" : "pg_unreachable");
		if (!in_time)
			world_expect_hook(w, 0, "payment.failed");
		world_free(&w);
	}
}

/* The permission counts when money would move, not when it was asked for. */
static void what_may_not_be_charged_without_consent_any_more_is_not(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct merchant merchant;
	struct request r;
	int before;

	(void)state;
	paying_skip_consent(m);
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	r = world_made(w, m);
	before = w->pg_count;
	assert_int_equal(store_merchant_get(w->a.store, r.merchant.text, &merchant), 0);
	merchant.may_skip_consent = false;
	assert_int_equal(store_merchant_update(w->a.store, &merchant), 0);
	world_turn(w);
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_wait(w, 2000);
	assert_int_equal(w->pg_count, before);
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "declined");
	assert_string_equal(r.failure_code, "consent_skip_not_allowed");
	assert_string_equal(r.failure_class, "merchant");
	world_expect_hook(w, 0, "payment.failed");
	world_free(&w);
}

static void fixed_months_without_a_call_are_as_free_of_interest_as_was_asked(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 90000);

	(void)state;
	paying_skip_consent(m);
	paying_fix_months(m);
	world_made(w, m);
	assert_int_equal(w->pg.u.pg_pay.instalment_months, 3);
	assert_int_equal(w->pg.u.pg_pay.interest_free, 1);
	world_free(&w);
}

/* What is kept for 15 or 30 days is not thrown away by a clock that is wrong for an hour. */
static void a_clock_that_is_wrong_for_a_while_forgets_no_answer(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg m = *world_payment(key.text, "order-000001", 9900);
	char id[ID_SIZE];

	(void)state;
	paying_skip_consent(&m);
	snprintf(m.u.head.idempotency_key, sizeof(m.u.head.idempotency_key), "once");
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 201);
	snprintf(id, sizeof(id), "%s", world_answered(w, "id"));
	w->a.wall.ms += INT64_C(40) * 86400000;
	world_wait(w, 20000);
	/* Nor by an arsd that is started by it. */
	world_crash(w);
	world_wait(w, 20000);
	w->a.wall.ms -= INT64_C(40) * 86400000;
	world_wait(w, 1000);
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 201);
	assert_string_equal(world_answered(w, "id"), id);
	/* By a clock that goes on, it is forgotten in its time. */
	w->a.wall.ms += INT64_C(16) * 86400000;
	w->a.mono = mono_add_ms(w->a.mono, INT64_C(16) * 86400000);
	world_wait(w, 20000);
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 409);
	world_free(&w);
}

static void a_failed_payment_is_tried_again_as_a_new_one(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct request r;

	(void)state;
	paying_skip_consent(m);
	r = world_made(w, m);
	world_pg(w, world_declined(UPLINK_DECLINE_FUNDS, "F01"));
	assert_string_equal(world_request(w, r.id.text).state, "declined");
	m = world_payment(key.text, "order-000002", 9900);
	paying_skip_consent(m);
	r = world_made(w, m);
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_consent_the_registered_card_is_charged_at_once),
		cmocka_unit_test(not_every_merchant_may_skip_consent),
		cmocka_unit_test(a_charge_that_cannot_be_sent_waits_and_is_sent_once),
		cmocka_unit_test(a_charge_that_waited_too_long_is_not_sent_by_an_arsd_that_starts),
		cmocka_unit_test(what_may_not_be_charged_without_consent_any_more_is_not),
		cmocka_unit_test(fixed_months_without_a_call_are_as_free_of_interest_as_was_asked),
		cmocka_unit_test(a_clock_that_is_wrong_for_a_while_forgets_no_answer),
		cmocka_unit_test(a_failed_payment_is_tried_again_as_a_new_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
