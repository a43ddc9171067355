/* The life of a billing key: rest, another card behind it, its end, and what hangs on it. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "store/consent_chain.h"

static const char phone[] = "01012345678";
enum { CALL = 100 };

static struct billing_key key_of(struct world *w, struct id id)
{
	struct billing_key k;

	assert_int_equal(store_billing_key_get(w->a.store, id.text, &k), 0);
	return k;
}

static void ask(struct world *w, enum api_type type, struct id key, unsigned status)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = type;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", key.text);
	world_ask(w, &m);
	assert_int_equal(w->answer.status, status);
}

static struct request paying(struct world *w, struct id key, const char *order, const char *consent)
{
	struct api_msg *m = world_payment(key.text, order, 53000);

	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "%s", consent);
	if (strcmp(consent, "skip") == 0)
		m->u.payment_create.other_card[0] = '\0';
	world_ask(w, m);
	if (w->answer.status != 201)
		fail_msg("%u %s %s", w->answer.status, w->answer.code, w->answer.detail);
	return world_request(w, world_answered(w, "id"));
}

static struct request replacing(struct world *w, struct id key)
{
	static struct api_msg m;
	struct api_billing_key_replace *c = &m.u.billing_key_replace;

	memset(&m, 0, sizeof(m));
	m.type = api_type_billing_key_replace;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", key.text);
	snprintf(c->product_name, sizeof(c->product_name), "월간 구독");
	snprintf(c->cycle, sizeof(c->cycle), "monthly");
	world_ask(w, &m);
	if (w->answer.status != 201)
		fail_msg("%u %s %s", w->answer.status, w->answer.code, w->answer.detail);
	return world_request(w, world_answered(w, "id"));
}

static void enter_card(struct world *w, const struct request *r, uint64_t call, const char *last4)
{
	world_call(w, call, phone, r->virtual_number.digits);
	world_played(w, call);
	world_press(w, call, '1');
	world_type_card(w, call, last4, CARD_CREDIT);
	world_press(w, call, '1');
	world_sealed(w, call, VAULT_OK);
	assert_int_equal(w->pg.type, uplink_type_pg_verify);
}

static void a_suspended_key_rests_until_it_is_resumed(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);

	(void)state;
	ask(w, api_type_billing_key_suspend, key, 200);
	assert_string_equal(world_answered(w, "status"), "suspended");
	world_expect_hook(w, 0, "billing_key.suspended");
	ask(w, api_type_billing_key_suspend, key, 200);
	assert_int_equal(world_hooks_of(w, "billing_key.suspended"), 1);
	world_ask(w, world_payment(key.text, "order-000001", 1000));
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.code, "billing_key_unusable");
	ask(w, api_type_billing_key_resume, key, 200);
	world_expect_hook(w, 0, "billing_key.resumed");
	paying(w, key, "order-000002", "skip");
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	assert_int_equal(w->expire_count, 0);
	world_free(&w);
}

static void what_was_withdrawn_neither_rests_nor_comes_back(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);

	(void)state;
	ask(w, api_type_billing_key_delete, key, 200);
	for (int i = 0; i < 3; i++) {
		ask(w, (const enum api_type[]){ api_type_billing_key_suspend, api_type_billing_key_resume, api_type_billing_key_replace }[i],
		    key, 409);
		assert_string_equal(w->answer.code, "billing_key_deleted");
	}
	ask(w, api_type_billing_key_delete, key, 200);
	assert_int_equal(w->expire_count, 1);
	world_merchant(w, "");
	ask(w, api_type_billing_key_suspend, key, 404);
	world_free(&w);
}

static void withdrawal_ends_what_waits_and_what_is_in_a_call(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request waits = paying(w, key, "order-000001", "ask"), calls = paying(w, key, "order-000002", "ask");
	struct request renews = replacing(w, key);
	char found[ID_SIZE];
	int before = w->pg_count;

	(void)state;
	world_call(w, CALL, phone, calls.virtual_number.digits);
	world_played(w, CALL);
	ask(w, api_type_billing_key_delete, key, 200);
	world_expect_heard(w, "withdrawn");
	waits = world_request(w, waits.id.text);
	assert_string_equal(waits.state, "canceled_before_auth");
	assert_string_equal(waits.failure_code, "billing_key_deleted");
	assert_string_equal(world_request(w, calls.id.text).state, "canceled_before_auth");
	assert_string_equal(world_request(w, renews.id.text).state, "canceled");
	assert_int_equal(store_lease_find(w->a.store, &waits.virtual_number, &waits.phone, found), ERR_NOT_FOUND);
	assert_int_equal(world_hooks_of(w, "payment.canceled_before_auth"), 2);
	assert_int_equal(world_hooks_of(w, "billing_key.deleted"), 1);
	assert_int_equal(w->pg_count, before);
	world_free(&w);
}

static void a_charge_in_the_queue_ends_and_one_at_the_pg_goes_on(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request sent = paying(w, key, "order-000001", "skip"), queued;
	struct uplink_msg job = w->pg;

	(void)state;
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	queued = paying(w, key, "order-000002", "skip");
	ask(w, api_type_billing_key_delete, key, 200);
	queued = world_request(w, queued.id.text);
	assert_string_equal(queued.state, "canceled_before_auth");
	assert_string_equal(queued.failure_code, "billing_key_deleted");
	assert_string_equal(world_request(w, sent.id.text).state, "unknown");
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_wait(w, 10000);
	assert_int_equal(w->pg.type, uplink_type_pg_query);
	assert_string_equal(w->pg.u.pg_query.order_id, job.u.pg_pay.order_id);
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, sent.id.text).state, "approved");
	world_free(&w);
}

/* What the caller of the newest consent of all is recorded to have heard. */
static void newest_said(struct world *w, char said[SAY_SIZE])
{
	static struct consent_link l;
	uint8_t hash[CONSENT_HASH_SIZE];
	int64_t number;
	json_t *o;

	assert_int_equal(store_chain_head(w->a.store, &number, hash), 0);
	assert_int_equal(store_chain_at(w->a.store, number, &l), 0);
	o = json_loads(l.record, JSON_REJECT_DUPLICATES, NULL);
	snprintf(said, SAY_SIZE, "%s", json_string_value(json_object_get(o, "played")));
	json_decref(o);
}

/* The caller agreed to one card by name. That another took its place while he listened is nothing that he has agreed to, nor is its name
 * what he heard. */
static void the_card_that_was_named_is_charged_or_none(void **state)
{
	static char heard[SAY_SIZE], said[SAY_SIZE];
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request renews = replacing(w, key), pays = paying(w, key, "order-000001", "ask");

	(void)state;
	enter_card(w, &renews, CALL, "9876");
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	world_hang_up(w, CALL);
	world_call(w, CALL + 1, phone, pays.virtual_number.digits);
	world_played(w, CALL + 1);
	world_expect_heard(w, "num.4");
	snprintf(heard, sizeof(heard), "%s", w->play.items);
	world_wait(w, 1500);
	assert_int_equal(w->pg.type, uplink_type_pg_query);
	world_pg(w, world_ok("pgkey-2"));
	assert_string_equal(key_of(w, key).card.last4, "9876");
	world_press(w, CALL + 1, '1');
	newest_said(w, said);
	assert_string_equal(said, heard);
	assert_int_equal(w->pg.type, 0);
	world_expect_heard(w, "system_error");
	world_hang_up(w, CALL + 1);
	assert_string_equal(world_request(w, pays.id.text).state, "sms_sent");
	/* The next call names the card that it is now. */
	world_call(w, CALL + 2, phone, pays.virtual_number.digits);
	world_played(w, CALL + 2);
	world_expect_heard(w, "num.9");
	world_press(w, CALL + 2, '1');
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	assert_string_equal(w->pg.u.pg_pay.pg_billing_key, "pgkey-2");
	world_free(&w);
}

static void another_card_takes_the_place_under_the_same_id(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = replacing(w, key);
	struct billing_key k;

	(void)state;
	assert_string_equal(r.billing_key.text, key.text);
	assert_string_equal(r.phone.digits, phone);
	w->card = 0x77;
	enter_card(w, &r, CALL, "9876");
	assert_string_equal(key_of(w, key).card.last4, "1234");
	world_pg(w, world_ok("pgkey-2"));
	world_expect_heard(w, "reg.done");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "registered");
	assert_string_equal(r.billing_key.text, key.text);
	k = key_of(w, key);
	assert_string_equal(k.pg_billing_key, "pgkey-2");
	assert_string_equal(k.card.last4, "9876");
	assert_int_equal(k.fingerprint[0], 0x77);
	assert_string_equal(k.status, "issued");
	assert_int_equal(w->expire_count, 1);
	assert_string_equal(w->expire.pg_billing_key, "pgkey-1");
	assert_int_equal(world_hooks_of(w, "billing_key.replaced"), 1);
	paying(w, key, "order-000001", "skip");
	assert_string_equal(w->pg.u.pg_pay.pg_billing_key, "pgkey-2");
	world_free(&w);
}

static void a_card_that_is_declined_leaves_the_old_one(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = replacing(w, key);

	(void)state;
	enter_card(w, &r, CALL, "9876");
	world_pg(w, world_declined(UPLINK_DECLINE_DEAD_CARD, "P041"));
	assert_string_equal(world_request(w, r.id.text).state, "card_declined");
	assert_string_equal(key_of(w, key).pg_billing_key, "pgkey-1");
	assert_int_equal(w->expire_count, 0);
	world_free(&w);
}

static void a_suspended_key_stays_so_behind_the_same_card(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r;

	(void)state;
	ask(w, api_type_billing_key_suspend, key, 200);
	r = replacing(w, key);
	enter_card(w, &r, CALL, "1234");
	/* There are gateways that give the same key for the same card: it must not be expired. */
	world_pg(w, world_ok("pgkey-1"));
	assert_string_equal(key_of(w, key).status, "suspended");
	assert_int_equal(w->expire_count, 0);
	world_free(&w);
}

static void a_card_for_a_key_that_was_withdrawn_meanwhile_is_not_kept(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = replacing(w, key);

	(void)state;
	enter_card(w, &r, CALL, "9876");
	ask(w, api_type_billing_key_delete, key, 200);
	assert_string_equal(world_request(w, r.id.text).state, "verifying");
	world_pg(w, world_ok("pgkey-2"));
	world_expect_heard(w, "reg.not_done");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "card_declined");
	assert_string_equal(r.failure_code, "billing_key_deleted");
	assert_int_equal(w->expire_count, 2);
	assert_string_equal(w->expire.pg_billing_key, "pgkey-2");
	world_free(&w);
}

/* What needs the key, asked for before its end or rest, and ready after: the names had to be made into sound first. */
static struct api_msg *of_key(struct id key, enum api_type type)
{
	static struct api_msg m;

	if (type == api_type_payment_create)
		return world_payment(key.text, "order-000001", 53000);
	memset(&m, 0, sizeof(m));
	m.type = type;
	if (type == api_type_billing_key_replace) {
		snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", key.text);
		snprintf(m.u.billing_key_replace.product_name, sizeof(m.u.billing_key_replace.product_name), "새 카드");
		snprintf(m.u.billing_key_replace.cycle, sizeof(m.u.billing_key_replace.cycle), "monthly");
		return &m;
	}
	snprintf(m.u.schedule_create.billing_key, sizeof(m.u.schedule_create.billing_key), "%s", key.text);
	snprintf(m.u.schedule_create.order_id, sizeof(m.u.schedule_create.order_id), "gym-{date}");
	snprintf(m.u.schedule_create.order_name, sizeof(m.u.schedule_create.order_name), "헬스장");
	m.u.schedule_create.amount_minor = 9900;
	m.u.schedule_create.tax_free_minor = m.u.schedule_create.vat_minor = TAX_NOT_SAID;
	snprintf(m.u.schedule_create.repeat, sizeof(m.u.schedule_create.repeat), "month");
	m.u.schedule_create.month_day = 31;
	return &m;
}

static int count_live(const struct request *r, void *context)
{
	(void)r;
	++*(int *)context;
	return 0;
}

static void nothing_is_made_for_a_key_that_ended_while_the_names_became_sound(void **state)
{
	static const struct { enum api_type asked, meanwhile; unsigned status; const char *code; } cases[] = {
		{ api_type_billing_key_replace, api_type_billing_key_delete, 409, "billing_key_deleted" },
		{ api_type_payment_create, api_type_billing_key_delete, 422, "billing_key_unusable" },
		{ api_type_payment_create, api_type_billing_key_suspend, 422, "billing_key_unusable" },
		{ api_type_schedule_create, api_type_billing_key_delete, 422, "billing_key_unusable" },
		{ api_type_schedule_create, api_type_billing_key_suspend, 422, "billing_key_unusable" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = world_new("");
		struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
		int live = 0;

		w->speech_waits = true;
		world_ask(w, of_key(key, cases[i].asked));
		assert_true(w->speech_count > 0);
		ask(w, cases[i].meanwhile, key, 200);
		w->speech_waits = false;
		world_turn(w);
		assert_int_equal(w->answer.status, cases[i].status);
		assert_string_equal(w->answer.code, cases[i].code);
		assert_int_equal(store_requests_live_with_key(w->a.store, key.text, count_live, &live), 0);
		assert_int_equal(live, 0);
		assert_int_equal(w->a.live_requests, 0);
		world_free(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_suspended_key_rests_until_it_is_resumed),
		cmocka_unit_test(what_was_withdrawn_neither_rests_nor_comes_back),
		cmocka_unit_test(withdrawal_ends_what_waits_and_what_is_in_a_call),
		cmocka_unit_test(a_charge_in_the_queue_ends_and_one_at_the_pg_goes_on),
		cmocka_unit_test(the_card_that_was_named_is_charged_or_none),
		cmocka_unit_test(another_card_takes_the_place_under_the_same_id),
		cmocka_unit_test(a_card_that_is_declined_leaves_the_old_one),
		cmocka_unit_test(a_suspended_key_stays_so_behind_the_same_card),
		cmocka_unit_test(a_card_for_a_key_that_was_withdrawn_meanwhile_is_not_kept),
		cmocka_unit_test(nothing_is_made_for_a_key_that_ended_while_the_names_became_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
