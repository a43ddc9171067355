/* A payment that failed is tried again under its own id: what is asked for anew, what stays, and when there is no other try. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

static const char phone[] = "01012345678";
enum { CALL = 100 };

static struct request made(struct world *w, struct id key, const char *consent)
{
	struct api_msg *m = world_payment(key.text, "order-000001", 53000);

	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "%s", consent);
	if (strcmp(consent, "skip") == 0)
		m->u.payment_create.other_card[0] = '\0';
	return world_made(w, m);
}

static struct api_msg *retry_of(const struct request *r)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = api_type_payment_retry;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", r->id.text);
	return &m;
}

static struct request retried(struct world *w, const struct request *r)
{
	world_ask(w, retry_of(r));
	if (w->answer.status != 200)
		fail_msg("%u %s %s", w->answer.status, w->answer.code, w->answer.detail);
	assert_string_equal(world_answered(w, "id"), r->id.text);
	return world_request(w, r->id.text);
}

static void expect_no_retry(struct world *w, const struct request *r, unsigned status, const char *code)
{
	int before = w->pg_count;

	world_ask(w, retry_of(r));
	assert_int_equal(w->answer.status, status);
	assert_string_equal(w->answer.code, code);
	assert_int_equal(w->pg_count, before);
}

/* The caller agrees; the PG has the order. */
static void call_until_asked(struct world *w, const struct request *r, uint64_t call)
{
	world_call(w, call, phone, r->virtual_number.digits);
	world_played(w, call);
	world_press(w, call, '1');
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
}

static struct request declined_in_call(struct world *w, struct id key)
{
	struct request r = made(w, key, "ask");

	call_until_asked(w, &r, CALL);
	world_pg(w, world_declined(UPLINK_DECLINE_FUNDS, "P051"));
	world_played(w, CALL);
	world_hang_up(w, CALL);
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "declined");
	return r;
}

static void consent_is_asked_again_and_the_order_is_a_new_one(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request first = declined_in_call(w, key), r;
	char text[2001];
	int64_t live = w->a.live_requests;
	int sms = w->sms_count;

	(void)state;
	r = retried(w, &first);
	assert_int_equal(w->a.live_requests, live + 1);
	assert_string_equal(r.state, "sms_sent");
	assert_string_equal(r.order_id, "order-000001");
	assert_string_equal(r.failure_code, "");
	assert_string_not_equal(r.virtual_number.digits, first.virtual_number.digits);
	assert_int_equal(w->sms_count, sms + 1);
	phone_print(&r.virtual_number, text);
	assert_non_null(strstr(w->sms[sms].u.sms.text, text));
	assert_string_equal(world_answered(w, "retries"), "1");
	call_until_asked(w, &r, CALL + 1);
	assert_string_not_equal(w->pg.u.pg_pay.order_id, first.pg_order_id);
	world_pg(w, world_ok(""));
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "approved");
	assert_int_equal(w->a.live_requests, live);
	assert_int_equal(world_hooks_of(w, "payment.failed"), 1);
	assert_int_equal(world_hooks_of(w, "payment.approved"), 1);
	world_free(&w);
}

/* A member of the n-th attempt that a read of the payment shows. */
static const char *attempt(struct world *w, const struct request *r, size_t n, const char *member)
{
	static char value[64];
	static struct api_msg m;
	json_t *o;

	memset(&m, 0, sizeof(m));
	m.type = api_type_payment_get;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", r->id.text);
	world_ask(w, &m);
	o = json_loadb((const char *)w->answer.body.data, w->answer.body.len, 0, NULL);
	snprintf(value, sizeof(value), "%s", json_string_value(json_object_get(json_array_get(json_object_get(o, "attempts"), n), member)));
	json_decref(o);
	return value;
}

static void every_attempt_is_shown_oldest_first(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = made(w, key, "skip");

	(void)state;
	world_pg(w, world_declined(UPLINK_DECLINE_FUNDS, "P051"));
	r = retried(w, &r);
	assert_string_equal(r.state, "authorizing");
	world_pg(w, world_ok(""));
	assert_string_equal(attempt(w, &r, 0, "status"), "declined");
	assert_string_equal(attempt(w, &r, 0, "code"), "P051");
	assert_string_equal(attempt(w, &r, 0, "verb"), "pay");
	assert_string_equal(attempt(w, &r, 1, "status"), "ok");
	assert_string_equal(attempt(w, &r, 1, "order_id"), world_request(w, r.id.text).pg_order_id);
	world_free(&w);
}

static void a_repeated_key_tries_once(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = made(w, key, "skip");
	int before;

	(void)state;
	world_pg(w, world_declined(UPLINK_DECLINE_FUNDS, "P051"));
	before = w->pg_count;
	for (int i = 0; i < 3; i++) {
		struct api_msg *m = retry_of(&r);

		snprintf(m->u.head.idempotency_key, sizeof(m->u.head.idempotency_key), "again-1");
		world_ask(w, m);
		assert_int_equal(w->answer.status, 200);
		if (i == 0)
			world_pg(w, world_declined(UPLINK_DECLINE_FUNDS, "P051"));
	}
	assert_int_equal(w->pg_count, before + 1);
	assert_int_equal(world_request(w, r.id.text).retries, 1);
	world_free(&w);
}

static void only_what_failed_is_tried_again(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = made(w, key, "ask");

	(void)state;
	expect_no_retry(w, &r, 409, "payment_not_retryable");
	call_until_asked(w, &r, CALL);
	expect_no_retry(w, &r, 409, "payment_not_retryable");
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	assert_string_equal(world_request(w, r.id.text).state, "unknown");
	expect_no_retry(w, &r, 409, "payment_not_retryable");
	world_wait(w, 10000);
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	expect_no_retry(w, &r, 409, "payment_not_retryable");
	snprintf(r.id.text, sizeof(r.id.text), "pay_nobody");
	expect_no_retry(w, &r, 404, "not_found");
	world_free(&w);
}

static void an_order_that_was_undone_may_be_tried_again(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = made(w, key, "skip");

	(void)state;
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	world_wait(w, 10000);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	world_pg_status(w, UPLINK_PG_OK);
	assert_string_equal(world_request(w, r.id.text).state, "net_canceled");
	r = retried(w, &r);
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	world_free(&w);
}

static void a_key_that_is_gone_and_another_merchant_try_nothing(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = made(w, key, "skip");
	struct api_msg m = { .type = api_type_billing_key_delete };

	(void)state;
	world_pg(w, world_declined(UPLINK_DECLINE_FUNDS, "P051"));
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", key.text);
	world_ask(w, &m);
	expect_no_retry(w, &r, 422, "billing_key_unusable");
	world_merchant(w, "\"may_skip_consent\": true");
	expect_no_retry(w, &r, 404, "not_found");
	world_free(&w);
}

/* The message that was to go out before names a number that has been given back. */
static void a_message_of_the_first_try_is_never_sent_in_the_second(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request first, r;
	char old[64], text[64];

	(void)state;
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	first = made(w, key, "ask");
	world_wait(w, 1000);
	w->a.wall.ms += 24 * 3600 * 1000;
	world_wait(w, 3000);
	assert_string_equal(world_request(w, first.id.text).state, "expired");
	r = retried(w, &first);
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_wait(w, 3000);
	phone_print(&first.virtual_number, old);
	phone_print(&r.virtual_number, text);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	for (int i = 0; i < w->sms_count; i++)
		assert_null(strstr(w->sms[i].u.sms.text, old));
	assert_non_null(strstr(w->sms[w->sms_count - 1].u.sms.text, text));
	world_free(&w);
}

/* Tries are counted: the message of the second was written, as the clock says now, before it began. */
static void a_clock_that_is_set_back_past_a_retry_drops_no_message(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request first = declined_in_call(w, key), r = retried(w, &first);
	static struct api_msg m;
	int sms = w->sms_count;

	(void)state;
	w->a.wall.ms -= INT64_C(3600000);
	world_wait(w, 100);
	memset(&m, 0, sizeof(m));
	m.type = api_type_payment_sms;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", r.id.text);
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 202);
	world_wait(w, 1000);
	assert_int_equal(w->sms_count, sms + 1);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_free(&w);
}

static void the_merchant_may_choose_how_the_customer_hears_of_it(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = declined_in_call(w, key);
	struct api_msg *m = retry_of(&r);
	int sms = w->sms_count;

	(void)state;
	snprintf(m->u.payment_retry.sms, sizeof(m->u.payment_retry.sms), "skip");
	m->u.payment_retry.expires_in_s = 60;
	world_ask(w, m);
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "sms_sent");
	assert_int_equal(w->sms_count, sms);
	assert_int_equal(r.expires.ms, w->a.wall.ms + 60000);
	world_wait(w, 65000);
	assert_string_equal(world_request(w, r.id.text).state, "expired");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(consent_is_asked_again_and_the_order_is_a_new_one),
		cmocka_unit_test(every_attempt_is_shown_oldest_first),
		cmocka_unit_test(a_repeated_key_tries_once),
		cmocka_unit_test(only_what_failed_is_tried_again),
		cmocka_unit_test(an_order_that_was_undone_may_be_tried_again),
		cmocka_unit_test(a_key_that_is_gone_and_another_merchant_try_nothing),
		cmocka_unit_test(a_message_of_the_first_try_is_never_sent_in_the_second),
		cmocka_unit_test(a_clock_that_is_set_back_past_a_retry_drops_no_message),
		cmocka_unit_test(the_merchant_may_choose_how_the_customer_hears_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
