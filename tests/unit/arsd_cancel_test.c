/* Taking payments back: before there is an order, and giving money back of what was approved. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "store/cancellations.h"

static const char phone[] = "01012345678";
enum { CALL = 100, PAID = 53000 };

static struct request made(struct world *w, const char *consent)
{
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", PAID);

	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "%s", consent);
	if (strcmp(consent, "skip") == 0)
		m->u.payment_create.other_card[0] = '\0';
	return world_made(w, m);
}

static struct request approved(struct world *w)
{
	struct request r = made(w, "skip");

	world_pg(w, world_ok(""));
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "approved");
	return r;
}

/* amount 0: all that is left. */
static struct api_msg *cancel_of(const struct request *r, int64_t amount)
{
	static struct api_msg m;
	struct api_payment_cancel *c = &m.u.payment_cancel;

	memset(&m, 0, sizeof(m));
	m.type = api_type_payment_cancel;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", r->id.text);
	c->amount_minor = amount;
	snprintf(c->currency, sizeof(c->currency), "%s", amount != 0 ? "KRW" : "");
	c->vat_minor = c->cancelable_minor = -1;
	snprintf(c->reason, sizeof(c->reason), "반품");
	snprintf(c->requester, sizeof(c->requester), "customer");
	return &m;
}

/* Asks, and returns the cancellation's id; the PG has it. */
static const char *asked(struct world *w, const struct request *r, int64_t amount)
{
	world_ask(w, cancel_of(r, amount));
	if (w->answer.status != 200)
		fail_msg("%u %s %s", w->answer.status, w->answer.code, w->answer.detail);
	assert_int_equal(w->pg.type, uplink_type_pg_cancel);
	assert_string_equal(w->pg.u.pg_cancel.order_id, r->pg_order_id);
	assert_string_equal(w->pg.u.pg_cancel.tid, "tid-1");
	assert_string_equal(w->pg.u.pg_cancel.cancel_id, world_answered(w, "cancellation.id"));
	return world_answered(w, "cancellation.id");
}

static void refused(struct world *w, struct api_msg *m, unsigned status, const char *code, const char *field)
{
	int before = w->pg_count;

	world_ask(w, m);
	assert_int_equal(w->answer.status, status);
	assert_string_equal(w->answer.code, code);
	assert_string_equal(w->answer.field, field);
	assert_int_equal(w->pg_count, before);
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
	refused(w, cancel_of(&r, 0), 409, "payment_not_cancelable", "");
	world_free(&w);
}

static void parts_add_up_and_never_to_more_than_was_paid(void **state)
{
	struct world *w = world_new("");
	struct request r = approved(w);
	struct api_msg *m;

	(void)state;
	m = cancel_of(&r, 20000);
	m->u.payment_cancel.tax_free_minor = 2000;
	m->u.payment_cancel.vat_minor = 1636;
	m->u.payment_cancel.cancelable_minor = PAID;
	world_ask(w, m);
	assert_int_equal(w->pg.u.pg_cancel.whole, 0);
	assert_int_equal(w->pg.u.pg_cancel.tax_free_minor, 2000);
	assert_int_equal(w->pg.u.pg_cancel.vat_minor, 1636);
	/* What is under way counts. */
	assert_string_equal(world_answered(w, "cancelable_amount"), "33000");
	refused(w, cancel_of(&r, 33001), 409, "amount_not_cancelable", "/amount/total");
	world_pg_status(w, UPLINK_PG_OK);
	world_expect_hook(w, 0, "payment.partially_canceled");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "partially_canceled");
	m = cancel_of(&r, 1000);
	m->u.payment_cancel.cancelable_minor = PAID;
	refused(w, m, 409, "cancelable_amount_differs", "/cancelable_amount");
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
	struct api_msg *m = cancel_of(&r, 1000);

	(void)state;
	m->u.payment_cancel.tax_free_minor = 1001;
	refused(w, m, 422, "invalid_field", "/tax_free");
	m = cancel_of(&r, 1000);
	m->u.payment_cancel.tax_free_minor = 500;
	m->u.payment_cancel.vat_minor = 501;
	refused(w, m, 422, "invalid_field", "/vat");
	m = cancel_of(&r, 1000);
	snprintf(m->u.payment_cancel.currency, 4, "USD");
	refused(w, m, 422, "invalid_field", "/amount/currency");
	/* Nicepay's protocol has no field for it: the merchant is to know before, not by a cancellation that failed. */
	world_gateway(w, "sandbox", UPLINK_CAN_BILLING | UPLINK_CAN_CANCEL | UPLINK_CAN_PARTIAL_CANCEL, 0);
	m = cancel_of(&r, 1000);
	m->u.payment_cancel.vat_minor = 0;
	refused(w, m, 422, "gateway_cannot", "/vat");
	m = cancel_of(&r, 1000);
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

static void before_anybody_called_it_just_ends(void **state)
{
	struct world *w = world_new("");
	struct request r = made(w, "ask");
	char found[ID_SIZE];
	int before = w->pg_count;

	(void)state;
	refused(w, cancel_of(&r, 1000), 422, "invalid_field", "/amount");
	world_ask(w, cancel_of(&r, 0));
	assert_int_equal(w->answer.status, 200);
	assert_string_equal(world_answered(w, "status"), "canceled_before_auth");
	assert_string_equal(world_answered(w, "failure.code"), "canceled");
	assert_string_equal(world_answered(w, "failure.message"), "반품");
	assert_int_equal(w->pg_count, before);
	assert_int_equal(store_lease_find(w->a.store, &r.virtual_number, &r.phone, found), ERR_NOT_FOUND);
	world_expect_hook(w, 0, "payment.canceled_before_auth");
	refused(w, cancel_of(&r, 0), 409, "payment_not_cancelable", "");
	world_free(&w);
}

static void a_caller_hears_that_it_was_taken_back(void **state)
{
	struct world *w = world_new("");
	struct request r = made(w, "ask");
	int before = w->pg_count;

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_expect_heard(w, "pay.asks");
	world_ask(w, cancel_of(&r, 0));
	assert_int_equal(w->answer.status, 200);
	world_expect_heard(w, "withdrawn");
	world_expect_heard(w, "not_charged");
	assert_int_equal(w->play.collect, CALLCTL_COLLECT_NONE);
	world_played(w, CALL);
	assert_int_equal(w->hangup_cause, 16);
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "canceled_before_auth");
	assert_int_equal(w->pg_count, before);
	world_free(&w);
}

/* What the customer reads when a payment is taken back, or its billing key; "" nothing. */
static void read_after(bool has_called, bool by_key, const char *words)
{
	struct world *w = world_new("");
	struct request r = made(w, "ask");
	static struct api_msg deletion;
	int before;

	if (has_called) {
		world_call(w, CALL, phone, r.virtual_number.digits);
		world_played(w, CALL);
		world_hang_up(w, CALL);
	}
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	memset(&deletion, 0, sizeof(deletion));
	deletion.type = api_type_billing_key_delete;
	snprintf(deletion.u.head.id, sizeof(deletion.u.head.id), "%s", r.billing_key.text);
	before = w->sms_count;
	world_ask(w, by_key ? &deletion : cancel_of(&r, 0));
	assert_int_equal(w->answer.status, 200);
	assert_string_equal(world_request(w, r.id.text).state, "canceled_before_auth");
	assert_int_equal(w->sms_count, before + (words[0] != '\0'));
	if (words[0] != '\0')
		assert_non_null(strstr(w->sms[before].u.sms.text, words));
	world_free(&w);
}

static void who_has_hung_up_reads_that_it_was_taken_back(void **state)
{
	(void)state;
	read_after(true, false, "53,000원 결제 요청이 취소되었습니다. 청구되지 않습니다.");
	read_after(true, true, "결제 요청이 취소되었습니다");
	/* Somebody who has never called has heard nothing that was taken back. */
	read_after(false, false, "");
}

static void while_the_card_is_being_sealed_it_can_still_be_taken_back(void **state)
{
	struct world *w = world_new("");
	struct request r = made(w, "ask");
	int before = w->pg_count;

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '2');
	world_type_card(w, CALL, "9876", CARD_CREDIT);
	world_press(w, CALL, '1');
	world_press(w, CALL, '2');
	assert_string_equal(world_request(w, r.id.text).state, "authorizing");
	world_ask(w, cancel_of(&r, 0));
	assert_int_equal(w->answer.status, 200);
	world_expect_heard(w, "withdrawn");
	world_sealed(w, CALL, VAULT_OK);
	assert_int_equal(w->pg_count, before);
	assert_string_equal(world_request(w, r.id.text).state, "canceled_before_auth");
	world_free(&w);
}

static void what_the_pg_may_have_is_not_taken_back_before_it_answers(void **state)
{
	struct world *w = world_new("");
	struct request r = made(w, "ask");

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '1');
	refused(w, cancel_of(&r, 0), 409, "payment_at_gateway", "");
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	refused(w, cancel_of(&r, 0), 409, "payment_at_gateway", "");
	world_free(&w);
}

static void a_charge_that_waits_for_the_network_is_taken_back(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", PAID);
	struct request r;
	int before = w->pg_count;

	(void)state;
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "skip");
	m->u.payment_create.other_card[0] = '\0';
	world_ask(w, m);
	r = world_request(w, world_answered(w, "id"));
	assert_string_equal(r.state, "authorizing");
	world_ask(w, cancel_of(&r, 0));
	assert_string_equal(world_answered(w, "status"), "canceled_before_auth");
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_wait(w, 5000);
	assert_int_equal(w->pg_count, before);
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
	refused(w, &get, 404, "not_found", "");
	refused(w, cancel_of(&r, 0), 404, "not_found", "");
	world_free(&w);
}

/* ---- registrations ---- */

static struct api_msg *registration_cancel(const struct request *r, const char *reason)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = api_type_registration_cancel;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", r->id.text);
	snprintf(m.u.registration_cancel.reason, sizeof(m.u.registration_cancel.reason), "%s", reason);
	return &m;
}

static void a_registration_that_waits_is_taken_back(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);
	char found[ID_SIZE];

	(void)state;
	world_ask(w, registration_cancel(&r, "주문 취소"));
	assert_int_equal(w->answer.status, 200);
	assert_string_equal(world_answered(w, "status"), "canceled");
	assert_string_equal(world_answered(w, "failure.code"), "canceled");
	assert_string_equal(world_answered(w, "failure.message"), "주문 취소");
	assert_int_equal(store_lease_find(w->a.store, &r.virtual_number, &r.phone, found), ERR_NOT_FOUND);
	world_expect_hook(w, 0, "registration.canceled");
	refused(w, registration_cancel(&r, ""), 409, "registration_not_cancelable", "");
	/* A payment is not taken back as a registration, nor the other way round. */
	r = made(w, "ask");
	refused(w, registration_cancel(&r, ""), 404, "not_found", "");
	assert_int_equal(world_hooks_of(w, "registration.canceled"), 1);
	world_free(&w);
}

static void who_is_registering_hears_that_it_was_taken_back(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);
	int before = w->pg_count;

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_ask(w, registration_cancel(&r, ""));
	assert_int_equal(w->answer.status, 200);
	world_expect_heard(w, "withdrawn");
	world_played(w, CALL);
	assert_int_equal(w->hangup_cause, 16);
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "canceled");
	assert_int_equal(w->pg_count, before);
	assert_int_equal(world_hooks_of(w, "registration.canceled"), 1);
	world_free(&w);
}

static void a_card_that_the_pg_may_have_is_not_taken_back(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '1');
	world_type_card(w, CALL, "9876", CARD_CREDIT);
	world_press(w, CALL, '1');
	world_sealed(w, CALL, VAULT_OK);
	assert_int_equal(w->pg.type, uplink_type_pg_verify);
	refused(w, registration_cancel(&r, ""), 409, "registration_at_gateway", "");
	assert_true(w->answer.retry_after_s > 0);
	world_pg(w, world_ok("pgk_1"));
	assert_string_equal(world_request(w, r.id.text).state, "registered");
	refused(w, registration_cancel(&r, ""), 409, "registration_not_cancelable", "");
	assert_non_null(strstr(w->answer.detail, "billing key"));
	assert_int_equal(world_hooks_of(w, "registration.canceled"), 0);
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
		cmocka_unit_test(what_was_never_sent_fails_and_one_that_may_have_been_never),
		cmocka_unit_test(before_anybody_called_it_just_ends),
		cmocka_unit_test(a_caller_hears_that_it_was_taken_back),
		cmocka_unit_test(who_has_hung_up_reads_that_it_was_taken_back),
		cmocka_unit_test(while_the_card_is_being_sealed_it_can_still_be_taken_back),
		cmocka_unit_test(what_the_pg_may_have_is_not_taken_back_before_it_answers),
		cmocka_unit_test(a_charge_that_waits_for_the_network_is_taken_back),
		cmocka_unit_test(a_registration_that_waits_is_taken_back),
		cmocka_unit_test(who_is_registering_hears_that_it_was_taken_back),
		cmocka_unit_test(a_card_that_the_pg_may_have_is_not_taken_back),
		cmocka_unit_test(another_merchant_sees_nothing_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
