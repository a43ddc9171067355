/* Billing keys that are suspended or deleted while a payment by them is under way. */
#include "arsd_paying.h"

#include <stdio.h>
#include <string.h>

static void a_key_that_is_suspended_meanwhile_is_not_charged(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = paying_until_asked(w, &key);
	struct api_msg m = { .type = api_type_billing_key_suspend };
	int before = w->pg_count;

	(void)state;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", key.text);
	world_ask(w, &m);
	world_press(w, CALL, '1');
	world_press(w, CALL, '1');
	world_expect_heard(w, "declined.merchant");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "declined");
	assert_string_equal(r.failure_code, "billing_key_unusable");
	assert_int_equal(w->pg_count, before);
	world_free(&w);
}

static void a_deleted_key_is_no_longer_charged(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = paying_until_asked(w, &key);
	static struct api_msg m;
	int before = w->pg_count;

	(void)state;
	memset(&m, 0, sizeof(m));
	m.type = api_type_billing_key_delete;
	snprintf(m.u.billing_key_delete.id, sizeof(m.u.billing_key_delete.id), "%s", key.text);
	snprintf(m.u.billing_key_delete.reason, sizeof(m.u.billing_key_delete.reason), "customer asked");
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 200);
	assert_string_equal(world_answered(w, "status"), "deleted");
	world_expect_hook(w, 1, "billing_key.deleted");
	world_expect_hook(w, 0, "payment.canceled_before_auth");
	assert_string_equal(w->expire.pg_billing_key, "pgkey-1");
	world_expect_heard(w, "withdrawn");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "canceled_before_auth");
	assert_string_equal(r.failure_code, "billing_key_deleted");
	assert_int_equal(w->pg_count, before);
	world_ask(w, world_payment(key.text, "order-000002", 9900));
	assert_int_equal(w->answer.status, 422);
	world_free(&w);
}

static void delete_key(struct world *w, const struct id *key)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = api_type_billing_key_delete;
	snprintf(m.u.billing_key_delete.id, sizeof(m.u.billing_key_delete.id), "%s", key->text);
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 200);
}

static void a_key_deleted_while_its_charge_waits_is_not_charged(void **state)
{
	(void)state;
	for (int crash = 0; crash < 2; crash++) {
		struct world *w = world_new("");
		struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
		struct api_msg *m = world_payment(key.text, "order-000001", 9900);
		struct request r;
		int before = w->pg_count;

		paying_skip_consent(m);
		arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
		world_turn(w);
		r = world_made(w, m);
		delete_key(w, &key);
		if (crash)
			world_crash(w);
		else
			arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
		world_wait(w, 3000);
		assert_int_equal(w->pg_count, before);
		r = world_request(w, r.id.text);
		assert_string_equal(r.state, "canceled_before_auth");
		assert_string_equal(r.failure_code, "billing_key_deleted");
		assert_int_equal(world_hooks_of(w, "payment.canceled_before_auth"), 1);
		world_free(&w);
	}
}

static void a_card_is_not_kept_behind_a_key_that_was_deleted_meanwhile(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = paying_until_other_card(w, &key, '1');
	struct uplink_msg order = w->pg;
	struct billing_key k;

	(void)state;
	delete_key(w, &key);
	assert_string_equal(w->expire.pg_billing_key, "pgkey-1");
	w->pg = order;
	world_pg(w, world_ok("pgkey-2"));
	world_expect_heard(w, "pay.approved");
	world_expect_not_heard(w, "pay.kept");
	assert_int_equal(w->expire_count, 2);
	assert_string_equal(w->expire.pg_billing_key, "pgkey-2");
	assert_int_equal(store_billing_key_get(w->a.store, key.text, &k), 0);
	assert_string_equal(k.status, "deleted");
	assert_string_equal(k.card.last4, "1234");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "approved");
	assert_false(r.keep_card);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_that_is_suspended_meanwhile_is_not_charged),
		cmocka_unit_test(a_deleted_key_is_no_longer_charged),
		cmocka_unit_test(a_key_deleted_while_its_charge_waits_is_not_charged),
		cmocka_unit_test(a_card_is_not_kept_behind_a_key_that_was_deleted_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
