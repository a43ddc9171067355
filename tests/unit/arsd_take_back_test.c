/* Requests are taken back before there is an order, and not while the PG may have it. */
#include "arsd_canceling.h"

#include <stdio.h>
#include <string.h>

#include "store/cancellations.h"

static void before_anybody_called_it_just_ends(void **state)
{
	struct world *w = world_new("");
	struct request r = canceling_made(w, "ask");
	char found[ID_SIZE];
	int before = w->pg_count;

	(void)state;
	canceling_refused(w, canceling_of(&r, 1000), 422, "invalid_field", "/amount");
	world_ask(w, canceling_of(&r, 0));
	assert_int_equal(w->answer.status, 200);
	assert_string_equal(world_answered(w, "status"), "canceled_before_auth");
	assert_string_equal(world_answered(w, "failure.code"), "canceled");
	assert_string_equal(world_answered(w, "failure.message"), "반품");
	assert_int_equal(w->pg_count, before);
	assert_int_equal(store_lease_find(w->a.store, &r.virtual_number, &r.phone, found), ERR_NOT_FOUND);
	world_expect_hook(w, 0, "payment.canceled_before_auth");
	canceling_refused(w, canceling_of(&r, 0), 409, "payment_not_cancelable", "");
	world_free(&w);
}

static void a_caller_hears_that_it_was_taken_back(void **state)
{
	struct world *w = world_new("");
	struct request r = canceling_made(w, "ask");
	int before = w->pg_count;

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_expect_heard(w, "pay.asks");
	world_ask(w, canceling_of(&r, 0));
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
	struct request r = canceling_made(w, "ask");
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
	world_ask(w, by_key ? &deletion : canceling_of(&r, 0));
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
	struct request r = canceling_made(w, "ask");
	int before = w->pg_count;

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '2');
	world_type_card(w, CALL, "9876", CARD_CREDIT);
	world_press(w, CALL, '1');
	world_press(w, CALL, '2');
	assert_string_equal(world_request(w, r.id.text).state, "authorizing");
	world_ask(w, canceling_of(&r, 0));
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
	struct request r = canceling_made(w, "ask");

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '1');
	canceling_refused(w, canceling_of(&r, 0), 409, "payment_at_gateway", "");
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	canceling_refused(w, canceling_of(&r, 0), 409, "payment_at_gateway", "");
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
	world_ask(w, canceling_of(&r, 0));
	assert_string_equal(world_answered(w, "status"), "canceled_before_auth");
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_wait(w, 5000);
	assert_int_equal(w->pg_count, before);
	world_free(&w);
}

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
	canceling_refused(w, registration_cancel(&r, ""), 409, "registration_not_cancelable", "");
	/* A payment is not taken back as a registration, nor the other way round. */
	r = canceling_made(w, "ask");
	canceling_refused(w, registration_cancel(&r, ""), 404, "not_found", "");
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
	world_register_card(w, CALL, &r, "9876", CARD_CREDIT);
	assert_int_equal(w->pg.type, uplink_type_pg_verify);
	canceling_refused(w, registration_cancel(&r, ""), 409, "registration_at_gateway", "");
	assert_true(w->answer.retry_after_s > 0);
	world_pg(w, world_ok("pgk_1"));
	assert_string_equal(world_request(w, r.id.text).state, "registered");
	canceling_refused(w, registration_cancel(&r, ""), 409, "registration_not_cancelable", "");
	assert_non_null(strstr(w->answer.detail, "billing key"));
	assert_int_equal(world_hooks_of(w, "registration.canceled"), 0);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_anybody_called_it_just_ends),
		cmocka_unit_test(a_caller_hears_that_it_was_taken_back),
		cmocka_unit_test(who_has_hung_up_reads_that_it_was_taken_back),
		cmocka_unit_test(while_the_card_is_being_sealed_it_can_still_be_taken_back),
		cmocka_unit_test(what_the_pg_may_have_is_not_taken_back_before_it_answers),
		cmocka_unit_test(a_charge_that_waits_for_the_network_is_taken_back),
		cmocka_unit_test(a_registration_that_waits_is_taken_back),
		cmocka_unit_test(who_is_registering_hears_that_it_was_taken_back),
		cmocka_unit_test(a_card_that_the_pg_may_have_is_not_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
