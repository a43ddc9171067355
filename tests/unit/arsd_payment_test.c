/* Payments by a call: what the caller hears, which card is charged, in how many months. */
#include "arsd_paying.h"

#include <stdio.h>

static void one_key_and_three_months_pay(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = paying_until_asked(w, &key);

	(void)state;
	world_expect_heard(w, "issuer.shinhan");
	world_press(w, CALL, '1');
	world_expect_heard(w, "months.ask");
	world_expect_heard(w, "months.free");
	world_press(w, CALL, '3');
	world_expect_heard(w, "pay.wait");
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	assert_string_equal(w->pg.u.pg_pay.pg_billing_key, "pgkey-1");
	assert_int_equal(w->pg.u.pg_pay.jwe.len, 0);
	assert_int_equal(w->pg.u.pg_pay.amount_minor, 53000);
	assert_int_equal(w->pg.u.pg_pay.instalment_months, 3);
	assert_int_equal(w->pg.u.pg_pay.interest_free, 1);
	assert_string_equal(world_request(w, r.id.text).state, "authorizing");
	world_pg(w, world_ok(""));
	world_expect_heard(w, "pay.approved");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "approved");
	assert_string_equal(r.approval_no, "30001234");
	assert_true(r.approved.ms > 0);
	world_expect_hook(w, 0, "payment.approved");
	world_press(w, CALL, '1');
	world_expect_heard(w, "pay.approval_number");
	world_expect_heard(w, "num.3");
	world_press(w, CALL, '2');
	world_played(w, CALL);
	assert_int_equal(w->hangup_cause, 16);
	world_free(&w);
}

static void months_are_not_offered_for(struct world *w, enum card_type type, int64_t amount, const char *order)
{
	struct id key = world_billing_key(w, phone, "1234", type);
	struct api_msg *m = world_payment(key.text, order, amount);
	struct request r;

	paying_offer_months(m, "2,3", "");
	r = world_made(w, m);
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '1');
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	assert_int_equal(w->pg.u.pg_pay.instalment_months, 0);
	world_pg(w, world_ok(""));
	world_hang_up(w, CALL);
}

static void months_are_offered_for_credit_cards_from_50000_won_alone(void **state)
{
	struct world *w = world_new("lease_quarantine_s = 0;");

	(void)state;
	months_are_not_offered_for(w, CARD_CHECK, 53000, "order-000001");
	world_wait(w, 6000);
	months_are_not_offered_for(w, CARD_CREDIT, 49999, "order-000002");
	world_wait(w, 6000);
	months_are_not_offered_for(w, CARD_UNKNOWN, 53000, "order-000003");
	world_free(&w);
}

static void fixed_months_are_refused_where_they_cannot_be(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CHECK);
	struct api_msg *m = world_payment(key.text, "order-000001", 53000);

	(void)state;
	snprintf(m->u.payment_create.instalment_mode, 8, "fixed");
	m->u.payment_create.instalment_months = 3;
	world_ask(w, m);
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.code, "instalment_not_possible");
	world_free(&w);
}

static void refusing_charges_nothing(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = paying_until_asked(w, &key);
	int before = w->pg_count;

	(void)state;
	world_press(w, CALL, '3');
	world_expect_heard(w, "pay.refused");
	assert_string_equal(world_request(w, r.id.text).state, "refused");
	assert_int_equal(w->pg_count, before);
	world_expect_hook(w, 0, "payment.refused");
	world_free(&w);
}

static void another_card_is_used_once(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = paying_until_other_card(w, &key, '2');
	struct billing_key k;

	(void)state;
	assert_int_equal(w->pg.u.pg_pay.keep, 0);
	world_pg(w, world_ok(""));
	world_expect_not_heard(w, "pay.kept");
	r = world_request(w, r.id.text);
	assert_true(r.other_card_used);
	assert_string_equal(r.card.last4, "9876");
	assert_int_equal(store_billing_key_get(w->a.store, key.text, &k), 0);
	assert_string_equal(k.pg_billing_key, "pgkey-1");
	assert_string_equal(k.card.last4, "1234");
	assert_int_equal(w->expire_count, 0);
	world_free(&w);
}

static void another_card_is_kept_behind_the_same_key(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct billing_key k;

	(void)state;
	paying_until_other_card(w, &key, '1');
	assert_int_equal(w->pg.u.pg_pay.keep, 1);
	world_pg(w, world_ok("pgkey-2"));
	world_expect_heard(w, "pay.kept");
	assert_int_equal(store_billing_key_get(w->a.store, key.text, &k), 0);
	assert_string_equal(k.pg_billing_key, "pgkey-2");
	assert_string_equal(k.card.last4, "9876");
	assert_int_equal(w->expire_count, 1);
	assert_string_equal(w->expire.pg_billing_key, "pgkey-1");
	world_free(&w);
}

static void a_key_that_the_pg_gives_again_for_the_same_card_stays_in_use(void **state)
{
	(void)state;
	for (int keep = 0; keep < 2; keep++) {
		struct world *w = world_new("");
		struct id key;
		struct billing_key k;

		paying_until_other_card(w, &key, keep ? '1' : '2');
		world_pg(w, world_ok("pgkey-1"));
		assert_int_equal(store_billing_key_get(w->a.store, key.text, &k), 0);
		assert_string_equal(k.status, "issued");
		assert_string_equal(k.pg_billing_key, "pgkey-1");
		assert_int_equal(w->expire_count, 0);
		world_free(&w);
	}
}

static void without_leave_another_card_is_not_offered(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 53000);
	struct request r;

	(void)state;
	snprintf(m->u.payment_create.other_card, 8, "deny");
	r = world_made(w, m);
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_expect_heard(w, "pay.menu.only");
	world_press(w, CALL, '2');
	assert_string_equal(world_request(w, r.id.text).state, "refused");
	world_free(&w);
}

static void the_registered_card_is_not_typed_again(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = paying_until_asked(w, &key);

	(void)state;
	world_press(w, CALL, '1');
	world_press(w, CALL, '1');
	world_pg(w, world_declined(UPLINK_DECLINE_INPUT, "P02"));
	world_expect_heard(w, "declined.input");
	world_expect_heard(w, "not_charged");
	assert_string_equal(world_request(w, r.id.text).state, "declined");
	world_free(&w);
}

static void type_other_card(struct world *w, enum card_type type)
{
	world_type_card(w, CALL, "9876", type);
	world_press(w, CALL, '1');
	world_press(w, CALL, '2');
	world_sealed(w, CALL, VAULT_OK);
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
}

static void fixed_months_are_those_asked_for_whatever_card_came_before(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 90000);
	struct request r;

	(void)state;
	paying_fix_months(m);
	r = world_made(w, m);
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '2');
	type_other_card(w, CARD_CHECK);
	assert_int_equal(w->pg.u.pg_pay.instalment_months, 0);
	world_pg(w, world_declined(UPLINK_DECLINE_INPUT, "P02"));
	world_expect_heard(w, "declined.again");
	world_press(w, CALL, '1');
	type_other_card(w, CARD_CREDIT);
	assert_int_equal(w->pg.u.pg_pay.instalment_months, 3);
	assert_int_equal(w->pg.u.pg_pay.interest_free, 1);
	world_free(&w);
}

static void no_sms_is_promised_to_a_phone_that_takes_none(void **state)
{
	struct world *w = world_new("");
	struct api_msg *m = world_registration("0212345678");
	struct request r;

	(void)state;
	snprintf(m->u.registration_create.sms, sizeof(m->u.registration_create.sms), "skip");
	r = world_made(w, m);
	world_call(w, CALL, "0212345678", r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '1');
	world_type_card(w, CALL, "1234", CARD_CREDIT);
	world_press(w, CALL, '1');
	world_sealed(w, CALL, VAULT_OK);
	world_hang_up(w, CALL);
	world_pg(w, world_ok("pgkey-1"));
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "registered");
	assert_int_equal(w->sms_count, 0);
	m = world_payment(r.billing_key.text, "order-000001", 9900);
	world_ask(w, m);
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.field, "/sms");
	m = world_payment(r.billing_key.text, "order-000001", 9900);
	snprintf(m->u.payment_create.sms, sizeof(m->u.payment_create.sms), "skip");
	world_made(w, m);
	world_free(&w);
}

/* What was agreed to of one card is not agreed to of the next, when that cannot be asked any more. */
static void keeping_is_agreed_to_for_the_card_that_was_typed(void **state)
{
	struct world *w = world_new("");
	struct id key;

	(void)state;
	paying_until_other_card(w, &key, '1');
	assert_true(w->pg.u.pg_pay.keep);
	world_pg(w, world_declined(UPLINK_DECLINE_INPUT, "P011"));
	world_expect_heard(w, "declined.again");
	world_gateway(w, "sandbox", UPLINK_CAN_KEY_IN | UPLINK_CAN_QUERY | UPLINK_CAN_INTEREST_FREE, 0);
	world_press(w, CALL, '1');
	world_type_card(w, CALL, "5555", CARD_CREDIT);
	world_press(w, CALL, '1');
	world_expect_heard(w, "months.ask");
	world_press(w, CALL, '1');
	world_sealed(w, CALL, VAULT_OK);
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	assert_false(w->pg.u.pg_pay.keep);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_key_and_three_months_pay),
		cmocka_unit_test(months_are_offered_for_credit_cards_from_50000_won_alone),
		cmocka_unit_test(fixed_months_are_refused_where_they_cannot_be),
		cmocka_unit_test(refusing_charges_nothing),
		cmocka_unit_test(another_card_is_used_once),
		cmocka_unit_test(another_card_is_kept_behind_the_same_key),
		cmocka_unit_test(a_key_that_the_pg_gives_again_for_the_same_card_stays_in_use),
		cmocka_unit_test(without_leave_another_card_is_not_offered),
		cmocka_unit_test(the_registered_card_is_not_typed_again),
		cmocka_unit_test(fixed_months_are_those_asked_for_whatever_card_came_before),
		cmocka_unit_test(no_sms_is_promised_to_a_phone_that_takes_none),
		cmocka_unit_test(keeping_is_agreed_to_for_the_card_that_was_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
