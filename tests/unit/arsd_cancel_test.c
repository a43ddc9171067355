/* Money of approved payments is given back, whole or in parts, once. */
#include "arsd_canceling.h"

#include <stdio.h>
#include <string.h>

#include "store/cancellations.h"

static struct request approved(struct world *w)
{
	struct request r = canceling_made(w, "skip");

	world_pg(w, world_ok(""));
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "approved");
	return r;
}

/* Asks, and returns the cancellation's id; the PG has it. */
static const char *asked(struct world *w, const struct request *r, int64_t amount)
{
	world_ask(w, canceling_of(r, amount));
	if (w->answer.status != 200)
		fail_msg("%u %s %s", w->answer.status, w->answer.code, w->answer.detail);
	assert_int_equal(w->pg.type, uplink_type_pg_cancel);
	assert_string_equal(w->pg.u.pg_cancel.order_id, r->pg_order_id);
	assert_string_equal(w->pg.u.pg_cancel.tid, "tid-1");
	assert_string_equal(w->pg.u.pg_cancel.cancel_id, world_answered(w, "cancellation.id"));
	return world_answered(w, "cancellation.id");
}

static const char *state_of(struct world *w, const char *id)
{
	static struct cancellation c;

	assert_int_equal(store_cancellation_get(w->a.store, id, &c), 0);
	return c.state;
}

static void all_of_it_is_given_back(void **state)
{
	struct world *w = world_new("");
	struct request r = approved(w);
	const char *id = asked(w, &r, 0);

	(void)state;
	assert_int_equal(w->pg.u.pg_cancel.amount_minor, PAID);
	assert_int_equal(w->pg.u.pg_cancel.whole, 1);
	assert_string_equal(w->pg.u.pg_cancel.reason, "반품");
	assert_string_equal(world_answered(w, "status"), "approved");
	assert_string_equal(world_answered(w, "cancelable_amount"), "0");
	assert_string_equal(world_answered(w, "cancellation.status"), "sent");
	world_pg_status(w, UPLINK_PG_OK);
	assert_string_equal(state_of(w, id), "succeeded");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "canceled");
	assert_int_equal(r.canceled_minor, PAID);
	world_expect_hook(w, 0, "payment.canceled");
	assert_int_equal(world_hooks_of(w, "payment.approved"), 1);
	canceling_refused(w, canceling_of(&r, 0), 409, "payment_not_cancelable", "");
	world_free(&w);
}

static void parts_add_up_and_never_to_more_than_was_paid(void **state)
{
	struct world *w = world_new("");
	struct request r = approved(w);
	struct api_msg *m;

	(void)state;
	m = canceling_of(&r, 20000);
	m->u.payment_cancel.tax_free_minor = 2000;
	m->u.payment_cancel.vat_minor = 1636;
	m->u.payment_cancel.cancelable_minor = PAID;
	world_ask(w, m);
	assert_int_equal(w->pg.u.pg_cancel.whole, 0);
	assert_int_equal(w->pg.u.pg_cancel.tax_free_minor, 2000);
	assert_int_equal(w->pg.u.pg_cancel.vat_minor, 1636);
	/* What is under way counts. */
	assert_string_equal(world_answered(w, "cancelable_amount"), "33000");
	canceling_refused(w, canceling_of(&r, 33001), 409, "amount_not_cancelable", "/amount/total");
	world_pg_status(w, UPLINK_PG_OK);
	world_expect_hook(w, 0, "payment.partially_canceled");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "partially_canceled");
	m = canceling_of(&r, 1000);
	m->u.payment_cancel.cancelable_minor = PAID;
	canceling_refused(w, m, 409, "cancelable_amount_differs", "/cancelable_amount");
	asked(w, &r, 0);
	assert_int_equal(w->pg.u.pg_cancel.amount_minor, 33000);
	assert_int_equal(w->pg.u.pg_cancel.whole, 0);
	world_pg_status(w, UPLINK_PG_OK);
	assert_string_equal(world_request(w, r.id.text).state, "canceled");
	assert_int_equal(world_hooks_of(w, "payment.canceled"), 1);
	world_free(&w);
}

static void a_split_that_cannot_be_is_refused(void **state)
{
	struct world *w = world_new("");
	struct request r = approved(w);
	struct api_msg *m = canceling_of(&r, 1000);

	(void)state;
	m->u.payment_cancel.tax_free_minor = 1001;
	canceling_refused(w, m, 422, "invalid_field", "/tax_free");
	m = canceling_of(&r, 1000);
	m->u.payment_cancel.tax_free_minor = 500;
	m->u.payment_cancel.vat_minor = 501;
	canceling_refused(w, m, 422, "invalid_field", "/vat");
	m = canceling_of(&r, 1000);
	snprintf(m->u.payment_cancel.currency, 4, "USD");
	canceling_refused(w, m, 422, "invalid_field", "/amount/currency");
	/* Nicepay's protocol has no field for it: the merchant is to know before, not by a cancellation that failed. */
	world_gateway(w, "sandbox", UPLINK_CAN_BILLING | UPLINK_CAN_CANCEL | UPLINK_CAN_PARTIAL_CANCEL, 0);
	m = canceling_of(&r, 1000);
	m->u.payment_cancel.vat_minor = 0;
	canceling_refused(w, m, 422, "gateway_cannot", "/vat");
	m = canceling_of(&r, 1000);
	m->u.payment_cancel.tax_free_minor = 500;
	world_ask(w, m);
	assert_int_equal(w->answer.status, 200);
	world_free(&w);
}

static void a_no_changes_nothing_and_may_be_followed_by_another_try(void **state)
{
	struct world *w = world_new("");
	struct request r = approved(w);
	const char *id = asked(w, &r, 0);

	(void)state;
	world_pg(w, world_declined(UPLINK_DECLINE_MERCHANT, "P908"));
	assert_string_equal(state_of(w, id), "declined");
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	world_expect_hook(w, 0, "payment.cancel_failed");
	asked(w, &r, 0);
	world_pg_status(w, UPLINK_PG_OK);
	assert_string_equal(world_request(w, r.id.text).state, "canceled");
	world_free(&w);
}

static void a_lost_answer_is_asked_after(void **state)
{
	struct world *w = world_new("");
	struct request r = approved(w);
	const char *id = asked(w, &r, 0);

	(void)state;
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	assert_string_equal(state_of(w, id), "unknown");
	world_wait(w, 10000);
	assert_int_equal(w->pg.type, uplink_type_pg_query_cancel);
	assert_string_equal(w->pg.u.pg_query_cancel.cancel_id, id);
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	world_wait(w, 20000);
	world_pg_status(w, UPLINK_PG_OK);
	assert_string_equal(state_of(w, id), "succeeded");
	assert_int_equal(world_hooks_of(w, "payment.canceled"), 1);
	world_free(&w);
}

static void what_the_pg_does_not_know_is_sent_again_under_the_same_id(void **state)
{
	struct world *w = world_new("");
	struct request r = approved(w);
	const char *id = asked(w, &r, 0);

	(void)state;
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	world_wait(w, 10000);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	assert_int_equal(w->pg.type, uplink_type_pg_cancel);
	assert_string_equal(w->pg.u.pg_cancel.cancel_id, id);
	assert_string_equal(state_of(w, id), "sent_again");
	/* The first one has arrived between: the PG says no to the second. */
	world_pg(w, world_declined(UPLINK_DECLINE_MERCHANT, "P908"));
	assert_string_equal(state_of(w, id), "doubted");
	world_wait(w, 10000);
	assert_int_equal(w->pg.type, uplink_type_pg_query_cancel);
	world_pg_status(w, UPLINK_PG_OK);
	assert_string_equal(state_of(w, id), "succeeded");
	assert_int_equal(world_request(w, r.id.text).canceled_minor, PAID);
	world_free(&w);
}

/* Returns after how many seconds it was declined. */
static int declined_after_s(const char *settings)
{
	struct world *w = world_new(settings);
	struct request r = approved(w);
	const char *id = asked(w, &r, 0);
	int waited = 0;

	world_pg_status(w, UPLINK_PG_UNKNOWN);
	world_wait(w, 10000);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	world_pg(w, world_declined(UPLINK_DECLINE_SYSTEM, "P999"));
	for (; strcmp(state_of(w, id), "doubted") == 0; waited++) {
		world_wait(w, 1000);
		if (w->pg.type != 0)
			world_pg_status(w, UPLINK_PG_NOT_FOUND);
	}
	assert_string_equal(state_of(w, id), "declined");
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	world_free(&w);
	return waited;
}

static void a_no_that_the_pg_did_not_keep_counts_when_nothing_can_come_late(void **state)
{
	int waited = declined_after_s("pg_query_most_s = 5; pg_late_s = 40;");

	(void)state;
	assert_true(waited >= 40 && waited < 60);
	assert_true(declined_after_s("") >= 110);
}

/* The PG may look when it is asked, and answer much later. */
static void what_was_asked_before_that_proves_nothing(void **state)
{
	struct world *w = world_new("pg_late_s = 40;");
	struct request r = approved(w);
	const char *id = asked(w, &r, 0);

	(void)state;
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	world_wait(w, 10000);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	world_pg(w, world_declined(UPLINK_DECLINE_SYSTEM, "P999"));
	world_wait(w, 10000);
	assert_int_equal(w->pg.type, uplink_type_pg_query_cancel);
	world_wait(w, 60000);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	assert_string_equal(state_of(w, id), "doubted");
	world_wait(w, 60000);
	assert_int_equal(w->pg.type, uplink_type_pg_query_cancel);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	assert_string_equal(state_of(w, id), "declined");
	world_free(&w);
}

static void what_was_given_back_in_another_currency_or_amount_is_not_taken_for_it(void **state)
{
	static const struct { int64_t minor; const char *currency, *state; } cases[] = {
		{ PAID, "USD", "unknown" }, { PAID - 1, "KRW", "unknown" }, { PAID, "KRW", "succeeded" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world *w = world_new("");
		struct request r = approved(w);
		const char *id = asked(w, &r, 0);
		struct uplink_pg_result answer = { .status = UPLINK_PG_OK, .amount_minor = cases[i].minor };

		snprintf(answer.currency, sizeof(answer.currency), "%s", cases[i].currency);
		world_pg(w, answer);
		assert_string_equal(state_of(w, id), cases[i].state);
		world_free(&w);
	}
}

static void what_was_never_sent_fails_and_one_that_may_have_been_never(void **state)
{
	struct world *w = world_new("");
	struct request r = approved(w);
	const char *id;
	int sent;

	(void)state;
	id = asked(w, &r, 0);
	for (sent = 0; w->pg.type != 0 && sent < 400; sent++) {
		world_pg_status(w, UPLINK_PG_NOT_SENT);
		world_wait(w, 1100);
	}
	assert_string_equal(state_of(w, id), "failed");
	assert_true(sent > 200);
	world_expect_hook(w, 0, "payment.cancel_failed");
	id = asked(w, &r, 0);
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	for (int i = 0; i < 400; i++) {
		world_wait(w, 2000);
		if (w->pg.type != 0)
			world_pg_status(w, UPLINK_PG_NOT_SENT);
	}
	assert_string_equal(state_of(w, id), "unknown");
	world_free(&w);
}

static void another_merchant_sees_nothing_of_it(void **state)
{
	struct world *w = world_new("");
	struct request r = approved(w);
	struct api_msg get = { .type = api_type_cancellation_get };
	const char *id = asked(w, &r, 0);

	(void)state;
	snprintf(get.u.head.id, sizeof(get.u.head.id), "%s", id);
	world_ask(w, &get);
	assert_string_equal(world_answered(w, "payment"), r.id.text);
	world_merchant(w, "");
	get.u.head.bearer[0] = '\0';
	canceling_refused(w, &get, 404, "not_found", "");
	canceling_refused(w, canceling_of(&r, 0), 404, "not_found", "");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_given_back),
		cmocka_unit_test(parts_add_up_and_never_to_more_than_was_paid),
		cmocka_unit_test(a_split_that_cannot_be_is_refused),
		cmocka_unit_test(a_no_changes_nothing_and_may_be_followed_by_another_try),
		cmocka_unit_test(a_lost_answer_is_asked_after),
		cmocka_unit_test(what_the_pg_does_not_know_is_sent_again_under_the_same_id),
		cmocka_unit_test(a_no_that_the_pg_did_not_keep_counts_when_nothing_can_come_late),
		cmocka_unit_test(what_was_asked_before_that_proves_nothing),
		cmocka_unit_test(what_was_given_back_in_another_currency_or_amount_is_not_taken_for_it),
		cmocka_unit_test(what_was_never_sent_fails_and_one_that_may_have_been_never),
		cmocka_unit_test(another_merchant_sees_nothing_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
