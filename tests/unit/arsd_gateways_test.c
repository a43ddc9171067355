/* arsd_gateways_test.c: what a gateway cannot do is refused when it is asked for, named, and nobody is called for it. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/gateways.h"

static const char phone[] = "01012345678";
enum { ALL = UPLINK_CAN_BILLING | UPLINK_CAN_KEY_IN | UPLINK_CAN_INTEREST_FREE | UPLINK_CAN_FOREIGN | UPLINK_CAN_QUERY };

static void expect(struct world *w, struct api_msg *m, unsigned status, const char *code, const char *field, const char *says)
{
	int sms = w->sms_count;

	world_ask(w, m);
	assert_int_equal(w->answer.status, status);
	if (status == 201)
		return;
	assert_string_equal(w->answer.code, code);
	assert_string_equal(w->answer.field, field);
	if (strstr(w->answer.detail, says) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", w->answer.detail, says);
	assert_int_equal(w->sms_count, sms);
	assert_int_equal(w->pg.type, 0);
}

static struct api_msg *payment(const char *key, const char *other_card)
{
	static int n;
	char order[32];
	struct api_msg *m;

	snprintf(order, sizeof(order), "order-%06d", ++n);
	m = world_payment(key, order, 53000);
	snprintf(m->u.payment_create.other_card, sizeof(m->u.payment_create.other_card), "%s", other_card);
	return m;
}

static void nothing_is_taken_before_the_gateways_are_known(void **state)
{
	struct world *w = world_new("");

	(void)state;
	w->a.gateways.told = false;
	expect(w, world_registration(phone), 503, "gateway_not_ready", "", "nothing was created");
	assert_int_equal(w->answer.retry_after_s, 1);
	world_gateway(w, "sandbox", ALL, 0);
	expect(w, world_registration(phone), 201, "", "", "");
	world_free(&w);
}

static void a_registration_needs_a_gateway_with_billing(void **state)
{
	struct world *w = world_new("");

	(void)state;
	world_gateway(w, "sandbox", ALL & ~UPLINK_CAN_BILLING, 0);
	expect(w, world_registration(phone), 422, "gateway_cannot", "", "\"sandbox\" (json) cannot issue and charge billing keys (billing)");
	world_gateway(w, "another", ALL, 0);
	expect(w, world_registration(phone), 422, "gateway_unknown", "", "no payment gateway \"sandbox\"");
	world_free(&w);
}

static void a_payment_names_what_its_gateway_lacks(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m;

	(void)state;
	world_gateway(w, "sandbox", ALL & ~UPLINK_CAN_KEY_IN, 1000);
	expect(w, payment(key.text, "allow"), 422, "gateway_cannot", "/other_card", "(key_in)");
	m = payment(key.text, "deny");
	m->u.payment_create.amount_minor = 999;
	expect(w, m, 422, "gateway_cannot", "/amount/total", "no less than 1000");
	m = payment(key.text, "deny");
	m->u.payment_create.amount_minor = 1000;
	expect(w, m, 201, "", "", "");
	world_gateway(w, "sandbox", ALL & ~UPLINK_CAN_INTEREST_FREE, 0);
	m = payment(key.text, "deny");
	snprintf(m->u.payment_create.instalment_mode, sizeof(m->u.payment_create.instalment_mode), "ask");
	snprintf(m->u.payment_create.instalment_allowed, sizeof(m->u.payment_create.instalment_allowed), "2,3");
	snprintf(m->u.payment_create.interest_free, sizeof(m->u.payment_create.interest_free), "3");
	expect(w, m, 422, "gateway_cannot", "/instalment/interest_free", "(interest_free)");
	world_gateway(w, "sandbox", ALL & ~UPLINK_CAN_FOREIGN, 0);
	m = payment(key.text, "deny");
	snprintf(m->u.payment_create.currency, sizeof(m->u.payment_create.currency), "USD");
	expect(w, m, 422, "gateway_cannot", "/amount/currency", "(foreign)");
	world_free(&w);
}

/* The other card is charged by the merchant's gateway, the key by the one that made it. */
static void each_card_is_held_against_its_own_gateway(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct uplink_pg_can first = { .name = "sandbox", .kind = "json", .can = UPLINK_CAN_BILLING, .left = 1 };
	struct uplink_pg_can second = { .name = "new", .kind = "json", .can = UPLINK_CAN_BILLING | UPLINK_CAN_KEY_IN };

	(void)state;
	gateways_told(&w->a, &first);
	expect(w, payment(key.text, "deny"), 201, "", "", "");
	gateways_told(&w->a, &second);
	expect(w, payment(key.text, "allow"), 422, "gateway_cannot", "/other_card", "\"sandbox\"");
	world_free(&w);
}

/* As if the configuration had both, for tests; the merchant's is the first. */
static void configure_two(struct world *w, unsigned can_first)
{
	struct settings *s = &w->a.set;
	struct uplink_pg_can first = { .name = "first", .kind = "json", .can = can_first, .left = 1 };
	struct uplink_pg_can second = { .name = "second", .kind = "json", .can = ALL };

	snprintf(s->pgs[0], sizeof(s->pgs[0]), "first");
	snprintf(s->pgs[1], sizeof(s->pgs[1]), "second");
	s->pg_live[0] = s->pg_live[1] = false;
	s->pg_count = 2;
	gateways_told(&w->a, &first);
	gateways_told(&w->a, &second);
}

static void make_key_of(struct world *w, const struct id *key, const char *pg, const char *pg_billing_key)
{
	struct billing_key k;

	assert_int_equal(store_billing_key_get(w->a.store, key->text, &k), 0);
	snprintf(k.pg, sizeof(k.pg), "%s", pg);
	snprintf(k.pg_billing_key, sizeof(k.pg_billing_key), "%s", pg_billing_key);
	assert_int_equal(store_billing_key_update(w->a.store, &k), 0);
	world_turn(w);
}

/* The customer would have agreed to months that the other card's gateway is then told it cannot take, and be declined. */
static void what_is_free_of_interest_is_held_against_the_other_cards_gateway_too(void **state)
{
	struct world *w = world_new("");
	struct api_msg *m;
	struct id key;

	(void)state;
	world_merchant(w, "\"pg\": \"\"");
	configure_two(w, ALL & ~UPLINK_CAN_INTEREST_FREE);
	key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	make_key_of(w, &key, "second", "pgkey-1");
	for (int i = 0; i < 2; i++) {
		m = payment(key.text, i == 0 ? "allow" : "deny");
		snprintf(m->u.payment_create.instalment_mode, sizeof(m->u.payment_create.instalment_mode), "ask");
		snprintf(m->u.payment_create.instalment_allowed, sizeof(m->u.payment_create.instalment_allowed), "2,3");
		snprintf(m->u.payment_create.interest_free, sizeof(m->u.payment_create.interest_free), "3");
		expect(w, m, i == 0 ? 422 : 201, "gateway_cannot", "/other_card", "(interest_free)");
	}
	world_free(&w);
}

/* A gateway that takes cards and issues no keys would refuse the payment for the card being kept. */
static void a_card_is_not_offered_to_be_kept_where_it_cannot_be(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world *w = world_new("");
		struct request r;
		struct id key;

		world_merchant(w, "\"pg\": \"\"");
		configure_two(w, ALL);
		key = world_billing_key(w, phone, "1234", CARD_CREDIT);
		make_key_of(w, &key, "second", "pgkey-1");
		configure_two(w, i == 0 ? ALL & ~UPLINK_CAN_BILLING : ALL);
		r = world_made(w, payment(key.text, "allow"));
		world_call(w, 100, phone, r.virtual_number.digits);
		world_played(w, 100);
		world_press(w, 100, '2');
		world_type_card(w, 100, "9876", CARD_CREDIT);
		world_press(w, 100, '1');
		if (i == 0) {
			world_sealed(w, 100, VAULT_OK);
			assert_int_equal(w->pg.type, uplink_type_pg_pay);
			assert_int_equal(w->pg.u.pg_pay.keep, 0);
		} else {
			world_expect_heard(w, "other.keep");
		}
		world_free(&w);
	}
}

/* What one gateway calls a key may be another card at the other. */
static void a_key_that_another_gateway_made_meanwhile_is_not_charged_at_the_first(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct api_msg *m;
	struct request r;
	int before;

	(void)state;
	world_merchant(w, "\"may_skip_consent\": true, \"pg\": \"\"");
	configure_two(w, ALL);
	key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	m = payment(key.text, "deny");
	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "skip");
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	r = world_made(w, m);
	before = w->pg_count;
	make_key_of(w, &key, "second", "pgkey-2");
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_wait(w, 2000);
	assert_int_equal(w->pg_count, before);
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "declined");
	assert_string_equal(r.failure_code, "billing_key_unusable");
	world_free(&w);
}

static void more_gateways_than_there_can_be_do_no_harm(void **state)
{
	struct world *w = world_new("");
	struct uplink_pg_can m = { .name = "one", .can = ALL, .left = 200 };

	(void)state;
	for (int i = 0; i < 200; i++)
		gateways_told(&w->a, &m);
	m.left = 0;
	gateways_told(&w->a, &m);
	assert_int_equal(w->a.gateways.count, GATEWAYS_MAX);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_taken_before_the_gateways_are_known),
		cmocka_unit_test(a_registration_needs_a_gateway_with_billing),
		cmocka_unit_test(a_payment_names_what_its_gateway_lacks),
		cmocka_unit_test(each_card_is_held_against_its_own_gateway),
		cmocka_unit_test(what_is_free_of_interest_is_held_against_the_other_cards_gateway_too),
		cmocka_unit_test(a_card_is_not_offered_to_be_kept_where_it_cannot_be),
		cmocka_unit_test(a_key_that_another_gateway_made_meanwhile_is_not_charged_at_the_first),
		cmocka_unit_test(more_gateways_than_there_can_be_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
