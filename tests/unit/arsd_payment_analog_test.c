/* Payments over analog lines, which do not vouch for the caller: the registered card is not charged by them. */
#include "arsd_paying.h"

#include <stdio.h>

#include "arsd/calls_priv.h"

/* A call over an analog line. */
static void call_analog(struct world *w, const struct request *r, uint8_t screening)
{
	struct callctl_call_offered offer = world_offer(CALL, phone, r->virtual_number.digits);

	offer.screening = screening;
	world_offered(w, &offer);
	assert_true(w->answered);
	calls_up(&w->a, CALL);
	world_turn(w);
	world_played(w, CALL);
}

static void over_an_analog_line_only_a_card_that_is_entered_pays(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = world_made(w, world_payment(key.text, "order-000001", 53000));

	(void)state;
	call_analog(w, &r, CALLCTL_ANALOG);
	world_expect_heard(w, "pay.menu.new");
	world_expect_not_heard(w, "pay.menu.use_it");
	assert_int_equal(w->pg.type, 0);
	world_press(w, CALL, '1');
	world_type_card(w, CALL, "9876", CARD_CREDIT);
	world_press(w, CALL, '1');
	world_press(w, CALL, '2');
	world_sealed(w, CALL, VAULT_OK);
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	assert_string_equal(w->pg.u.pg_pay.pg_billing_key, "");
	world_pg(w, world_ok(""));
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "approved");
	assert_true(r.other_card_used);
	world_free(&w);
}

static void over_an_analog_line_a_payment_by_the_registered_card_alone_is_not_told(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 53000);
	struct request r;

	(void)state;
	snprintf(m->u.payment_create.other_card, 8, "deny");
	r = world_made(w, m);
	call_analog(w, &r, CALLCTL_ANALOG);
	world_expect_heard(w, "wrong_caller");
	assert_int_equal(w->pg.type, 0);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_free(&w);
}

/* A scenario of the carrier's own that does not ask whether the card must be entered. */
static void a_scenario_that_offers_the_registered_card_all_the_same_does_not_charge_it(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = world_made(w, world_payment(key.text, "order-000001", 53000));
	struct call *c;

	(void)state;
	call_analog(w, &r, CALLCTL_ANALOG_TRUSTED);
	world_expect_heard(w, "pay.menu.use_it");
	c = call_find(&w->a, CALL);
	assert_non_null(c);
	c->record.screening = CALLCTL_ANALOG;
	world_press(w, CALL, '1');
	assert_int_equal(w->pg.type, 0);
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "declined");
	assert_string_equal(r.failure_code, "caller_unverified");
	world_free(&w);
}

static void a_line_that_vouches_alone_is_as_good_as_the_network(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = world_made(w, world_payment(key.text, "order-000001", 53000));

	(void)state;
	call_analog(w, &r, CALLCTL_ANALOG_TRUSTED);
	world_expect_heard(w, "pay.menu.use_it");
	world_press(w, CALL, '1');
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_an_analog_line_only_a_card_that_is_entered_pays),
		cmocka_unit_test(over_an_analog_line_a_payment_by_the_registered_card_alone_is_not_told),
		cmocka_unit_test(a_scenario_that_offers_the_registered_card_all_the_same_does_not_charge_it),
		cmocka_unit_test(a_line_that_vouches_alone_is_as_good_as_the_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
