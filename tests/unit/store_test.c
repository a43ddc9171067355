/* store_test.c: records come back as they were put, and states and unique keys guard them. */
#include "store_fixture.h"
#include "store/lists.h"
#include "store/webhooks.h"

static void a_merchant_is_found_by_the_hash_of_its_key(void **state UNUSED)
{
	struct merchant m = a_merchant("mer_1"), got, second = a_merchant("mer_2");

	memset(&got, 0, sizeof(got));                              /* what no member has is compared too */
	add_merchant();
	assert_int_equal(store_merchant_by_key(s, key_hash, (struct wall){ 1 }, &got), 0);
	m.account = m.id;                         /* a new account, of its own id */
	assert_memory_equal(&got, &m, sizeof(m));
	assert_int_equal(store_merchant_by_key(s, other_hash, (struct wall){ 1 }, &got), ERR_NOT_FOUND);
	assert_int_equal(store_merchant_get(s, "mer_1", &got), 0);
	assert_int_equal(store_merchant_get(s, "mer_2", &got), ERR_NOT_FOUND);
	assert_int_equal(store_merchant_add(s, &m, other_hash), ERR_EXISTS);
	assert_int_equal(store_merchant_add(s, &second, key_hash), ERR_EXISTS);
	assert_int_equal(store_merchant_get(s, "mer_2", &got), ERR_NOT_FOUND);   /* not half added */
	assert_int_equal(store_merchant_add(s, &second, other_hash), 0);
	assert_seen(store_merchants_each(s, see_merchant, NULL), "mer_1 mer_2 ");
}

/* ---- the rest ---- */
static void a_billing_key_keeps_its_card_and_fingerprint(void **state UNUSED)
{
	struct billing_key k = { .fingerprint = { 5, 0, 6 }, .created = { 1 }, .updated = { 2 }, .last_used = { 3 } }, got;

	add_merchant();
	SET(k.id.text, "bk_1");
	SET(k.merchant.text, "mer_1");
	SET(k.registration.text, "reg_1");
	SET(k.status, "issued");
	SET(k.pg_billing_key, "pg-key");
	SET(k.card.last4, "5678");
	assert_int_equal(store_billing_key_update(s, &k), ERR_NOT_FOUND);
	assert_int_equal(store_billing_key_add(s, &k), 0);
	assert_int_equal(store_billing_key_add(s, &k), ERR_EXISTS);
	SET(k.status, "deleted");
	SET(k.delete_reason, "해지");
	assert_int_equal(store_billing_key_update(s, &k), 0);
	assert_int_equal(store_billing_key_get(s, "bk_1", &got), 0);
	assert_string_equal(got.status, "deleted");
	assert_string_equal(got.delete_reason, "해지");
	assert_string_equal(got.pg_billing_key, "pg-key");
	assert_memory_equal(got.fingerprint, k.fingerprint, sizeof(k.fingerprint));
	assert_int_equal(store_billing_key_get(s, "bk_2", &got), ERR_NOT_FOUND);
}

static struct call_record a_call(const char *id)
{
	struct call_record c = { .line_call = UINT64_MAX, .span = 65535, .channel = 31, .screening = 3, .diverted = true,
	                         .cause = 16, .offered = { 100 } };

	SET(c.id.text, id);
	SET(c.state, "up");
	SET(c.called.digits, "07012340001");
	return c;
}

static int see_step(struct wall at, const char *what, const char *step, const char *detail, void *context UNUSED)
{
	char line[100];

	snprintf(line, sizeof(line), "%d/%s/%s/%s", (int)at.ms, what, step, detail);
	return see(line);
}

static void a_call_has_an_end_and_a_timeline(void **state UNUSED)
{
	struct call_record c = a_call("call_1"), got;

	assert_int_equal(store_call_add(s, &c), 0);
	assert_int_equal(store_call_add(s, &c), ERR_EXISTS);
	c = a_call("call_2");
	assert_int_equal(store_call_add(s, &c), 0);
	assert_seen(store_calls_open(s, see_call, NULL), "call_1 call_2 ");
	assert_seen(store_calls_list(s, 1, see_call, NULL), "call_2 ");
	assert_int_equal(store_call_step_add(s, "call_2", (struct wall){ 5 }, "step", "card", ""), 0);
	assert_int_equal(store_call_step_add(s, "call_2", (struct wall){ 4 }, "end", "", "completed"), 0);
	assert_int_equal(store_call_step_add(s, "call_1", (struct wall){ 6 }, "step", "other", ""), 0);
	assert_seen(store_call_steps_each(s, "call_2", see_step, NULL), "5/step/card/ 4/end//completed ");
	SET(c.state, "completed");
	c.ended.ms = 200;
	assert_int_equal(store_call_update(s, &c), 0);
	assert_seen(store_calls_open(s, see_call, NULL), "call_1 ");
	assert_int_equal(store_call_get(s, "call_2", &got), 0);
	assert_string_equal(got.state, "completed");
	assert_true(got.line_call == UINT64_MAX && got.span == 65535 && got.channel == 31 && got.diverted);
	SET(c.id.text, "call_3");
	assert_int_equal(store_call_update(s, &c), ERR_NOT_FOUND);
	assert_int_equal(store_call_get(s, "call_3", &got), ERR_NOT_FOUND);
	assert_int_equal(store_commit(s), 0);
}

static int check_consent(const struct consent *c, void *context UNUSED)
{
	assert_int_equal(c->key, '1');
	assert_string_equal(c->prompts, "reg.asks reg.menu");
	assert_int_equal(c->at.ms, 77);
	return see_consent(c, NULL);
}

static void consents_and_events_belong_to_their_request(void **state UNUSED)
{
	struct list_page page = { .merchant = "mer_1", .after_id = "", .status = "", .of = "reg_1", .limit = 10 };
	struct consent c = { .key = '1', .screening = 3, .at = { 77 } };
	struct event e = { .at = { 5 } };

	add_merchant();
	added("reg_1", REQUEST_REGISTRATION);
	SET(c.id.text, "con_1");
	SET(c.request.text, "reg_1");
	SET(c.kind, "registration");
	SET(c.prompts, "reg.asks reg.menu");
	SET(e.id.text, "evt_1");
	SET(e.merchant.text, "mer_1");
	SET(e.request.text, "reg_1");
	memset(e.body, 'x', sizeof(e.body) - 1);          /* the longest body fits */
	assert_int_equal(store_consent_add(s, &c), 0);
	assert_int_equal(store_consent_add(s, &c), ERR_EXISTS);
	assert_int_equal(store_event_add(s, &e), 0);
	assert_int_equal(store_event_add(s, &e), ERR_EXISTS);
	assert_seen(store_consents_of(s, "reg_1", check_consent, NULL), "con_1 ");
	assert_seen(store_consents_of(s, "reg_2", check_consent, NULL), "");
	assert_seen(list_events(s, &page, see_event, NULL), "evt_1 ");
	page.of = "reg_2";
	assert_seen(list_events(s, &page, see_event, NULL), "");
	assert_int_equal(store_commit(s), 0);
}

static struct attempt an_attempt(const char *order_id, const char *state)
{
	struct attempt a = { .amount = { 53000, "KRW" }, .created = { 1 }, .updated = { 2 } };

	SET(a.order_id, order_id);
	SET(a.request.text, "pay_1");
	SET(a.verb, "pay");
	SET(a.pg, "sandbox");
	SET(a.state, state);
	return a;
}

static void an_attempt_has_an_order_id_of_its_own_and_guards_its_state(void **state UNUSED)
{
	static const char *const states[] = { "intended", "sent", "ok", "declined", "unknown", "canceling", "canceled",
	                                      "failed" };
	struct attempt a, got;

	add_merchant();
	added("pay_1", REQUEST_PAYMENT);
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		a = an_attempt(states[i], states[i]);
		assert_int_equal(store_attempt_add(s, &a), 0);
		assert_int_equal(store_attempt_add(s, &a), ERR_EXISTS);
	}
	assert_seen(store_attempts_open(s, see_attempt, NULL), "intended sent unknown canceling ");
	a = an_attempt("sent", "ok");
	SET(a.approval_no, "123");
	memset(a.fingerprint, 0xa7, sizeof(a.fingerprint));
	a.counted_day = 20418;
	assert_int_equal(store_attempt_update(s, &a, "intended"), ERR_STATE);
	assert_int_equal(store_attempt_update(s, &a, "sent"), 0);
	assert_int_equal(store_attempt_update(s, &a, "sent"), ERR_STATE);        /* a second answer comes too late */
	assert_int_equal(store_attempt_get(s, "sent", &got), 0);
	assert_string_equal(got.state, "ok");
	assert_string_equal(got.approval_no, "123");
	assert_memory_equal(got.fingerprint, a.fingerprint, sizeof(a.fingerprint));
	assert_int_equal(got.counted_day, 20418);
	assert_string_equal(got.pg, "sandbox");
	assert_int_equal(got.amount.amount_minor, 53000);
	assert_int_equal(store_attempt_get(s, "none", &got), ERR_NOT_FOUND);
}

static struct outbox_job a_job(const char *ref, int64_t next_try)
{
	static struct outbox_job j;

	memset(&j, 0, sizeof(j));
	SET(j.kind, "sms");
	SET(j.ref, ref);
	SET(j.to, "01012345678");
	SET(j.body, "text");
	SET(j.state, "waiting");
	j.next_try.ms = next_try;
	return j;
}

static void jobs_come_when_due_and_wait_again_after_a_loss(void **state UNUSED)
{
	struct outbox_job a = a_job("sms_1", 200), b = a_job("sms_2", 100), c = a_job("sms_3", 900), got;

	assert_int_equal(store_outbox_add(s, &a), 0);
	assert_int_equal(store_outbox_add(s, &b), 0);
	assert_int_equal(store_outbox_add(s, &c), 0);
	assert_true(a.id > 0 && b.id > a.id && c.id > b.id);
	c.id = -1;
	assert_int_equal(store_outbox_add(s, &c), ERR_EXISTS);
	assert_int_equal(c.id, -1);
	assert_seen(store_outbox_due(s, "sms", (struct wall){ 500 }, 9, 10, see_job, NULL), "sms_2 sms_1 ");
	assert_seen(store_outbox_due(s, "sms", (struct wall){ 500 }, 9, 1, see_job, NULL), "sms_2 ");
	assert_seen(store_outbox_due(s, "webhook", (struct wall){ 500 }, 9, 10, see_job, NULL), "");
	SET(b.state, "sending");
	b.tries = 4;
	SET(b.detail, "HTTP 500");
	assert_int_equal(store_outbox_update(s, &b), 0);
	assert_seen(store_outbox_due(s, "sms", (struct wall){ 500 }, 9, 10, see_job, NULL), "sms_1 ");
	/* Its merchant has one under way: enough of one, not of two. */
	assert_seen(store_outbox_due(s, "sms", (struct wall){ 500 }, 1, 10, see_job, NULL), "");
	assert_seen(store_outbox_due(s, "sms", (struct wall){ 500 }, 2, 10, see_job, NULL), "sms_1 ");
	assert_int_equal(store_outbox_requeue_sending(s), 0);
	assert_seen(store_outbox_due(s, "sms", (struct wall){ 500 }, 9, 10, see_job, NULL), "sms_2 sms_1 ");
	assert_int_equal(store_outbox_get(s, b.id, &got), 0);
	assert_string_equal(got.detail, "HTTP 500");
	assert_string_equal(got.to, "01012345678");
	assert_int_equal(got.tries, 4);
	assert_int_equal(store_outbox_get(s, 99, &got), ERR_NOT_FOUND);
	b.id = 99;
	assert_int_equal(store_outbox_update(s, &b), ERR_NOT_FOUND);
}

static void an_answer_is_kept_by_merchant_route_and_key(void **state UNUSED)
{
	struct merchant other = a_merchant("mer_2");
	char body[100] = "";
	uint16_t status = 0;
	bool same = false;

	add_merchant();
	assert_int_equal(store_merchant_add(s, &other, other_hash), 0);
	assert_int_equal(store_idempotency_find(s, "mer_1", "POST /v1/payments", "k", key_hash, &same, &status, body, 100),
	                 ERR_NOT_FOUND);
	assert_int_equal(store_idempotency_add(s, "mer_1", "POST /v1/payments", "k", key_hash, 201, "{}",
	                                       (struct wall){ 50 }), 0);
	assert_int_equal(store_idempotency_add(s, "mer_1", "POST /v1/payments", "k", other_hash, 409, "",
	                                       (struct wall){ 50 }), ERR_EXISTS);
	assert_int_equal(store_idempotency_find(s, "mer_1", "POST /v1/payments", "k", key_hash, &same, &status, body, 100), 0);
	assert_true(same);
	assert_int_equal(status, 201);
	assert_string_equal(body, "{}");
	assert_int_equal(store_idempotency_find(s, "mer_1", "POST /v1/payments", "k", other_hash, &same, &status, body, 100),
	                 0);
	assert_false(same);
	assert_int_equal(store_idempotency_find(s, "mer_2", "POST /v1/payments", "k", key_hash, &same, &status, body, 100),
	                 ERR_NOT_FOUND);
	assert_int_equal(store_idempotency_find(s, "mer_1", "POST /v1/registrations", "k", key_hash, &same, &status, body,
	                                        100),
	                 ERR_NOT_FOUND);
	assert_int_equal(store_idempotency_purge(s, (struct wall){ 49 }, 10), 0);
	assert_int_equal(store_idempotency_find(s, "mer_1", "POST /v1/payments", "k", key_hash, &same, &status, body, 100), 0);
	assert_int_equal(store_idempotency_purge(s, (struct wall){ 50 }, 10), 1);
	assert_int_equal(store_idempotency_find(s, "mer_1", "POST /v1/payments", "k", key_hash, &same, &status, body, 100),
	                 ERR_NOT_FOUND);
}

static int see_count(const char *what, const char *state, int64_t count, void *context UNUSED)
{
	char line[80];

	snprintf(line, sizeof(line), "%s.%s=%d", what, state, (int)count);
	return see(line);
}

static void totals_are_by_kind_and_state(void **state UNUSED)
{
	struct outbox_job j = a_job("sms_1", 1);

	add_merchant();
	added("reg_1", REQUEST_REGISTRATION);
	added("reg_2", REQUEST_REGISTRATION);
	added("pay_1", REQUEST_PAYMENT);
	assert_int_equal(store_outbox_add(s, &j), 0);
	assert_seen(store_counts(s, see_count, NULL), "registrations.created=2 payments.created=1 outbox.waiting=1 ");
}

static void totals_follow_every_change_and_forget_what_was_not_stored(void **state UNUSED)
{
	struct outbox_job sms = a_job("sms_1", 1), told = a_job("evt_1.1", 2);
	struct request r;

	SET(told.kind, "webhook");
	add_merchant();
	r = added("reg_1", REQUEST_REGISTRATION);
	added("reg_2", REQUEST_REGISTRATION);
	assert_int_equal(store_outbox_add(s, &sms), 0);
	assert_int_equal(store_outbox_add(s, &told), 0);
	SET(r.state, "sms_sent");
	assert_int_equal(store_request_update(s, &r, "created"), 0);
	assert_int_equal(store_request_update(s, &r, "sms_sent"), 0);      /* the same state again */
	assert_int_equal(store_request_update(s, &r, "in_call"), ERR_STATE);
	SET(sms.state, "sending");
	SET(told.state, "done");
	assert_int_equal(store_outbox_update(s, &sms), 0);
	assert_int_equal(store_outbox_update(s, &told), 0);
	assert_seen(store_counts(s, see_count, NULL), "registrations.created=1 registrations.sms_sent=1 outbox.done=1 outbox.sending=1 ");
	assert_int_equal(store_commit(s), 0);
	added("pay_1", REQUEST_PAYMENT);
	store_rollback(s);
	assert_int_equal(store_outbox_requeue_sending(s), 0);
	assert_int_equal(store_webhooks_purge(s, (struct wall){ INT64_MAX }, 100), 1);
	assert_seen(store_counts(s, see_count, NULL), "registrations.created=1 registrations.sms_sent=1 outbox.waiting=1 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_merchant_is_found_by_the_hash_of_its_key),
		CASE(a_billing_key_keeps_its_card_and_fingerprint),
		CASE(a_call_has_an_end_and_a_timeline),
		CASE(consents_and_events_belong_to_their_request),
		CASE(an_attempt_has_an_order_id_of_its_own_and_guards_its_state),
		CASE(jobs_come_when_due_and_wait_again_after_a_loss),
		CASE(an_answer_is_kept_by_merchant_route_and_key),
		CASE(totals_are_by_kind_and_state),
		CASE(totals_follow_every_change_and_forget_what_was_not_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
