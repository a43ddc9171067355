/* What becomes of money when an answer is missing, late or wrong, and who is told of it. */
#include "arsd_paying.h"

#include <stdio.h>
#include <string.h>

#include "arsd/attempts.h"

static void while_unknown_it_is_only_asked_after_ever_more_slowly(void **state)
{
	struct world *w = world_new("pg_query_first_ms = 1000; pg_query_most_s = 8;");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct request r;
	int64_t pauses[6];

	(void)state;
	paying_skip_consent(m);
	r = world_made(w, m);
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	assert_string_equal(world_request(w, r.id.text).state, "unknown");
	for (int i = 0; i < 6; i++) {
		for (pauses[i] = 0; w->pg.type == 0; pauses[i] += 100)
			world_wait(w, 100);
		assert_int_equal(w->pg.type, uplink_type_pg_query);
		world_pg_status(w, i % 2 ? UPLINK_PG_UNKNOWN : UPLINK_PG_NOT_SENT);
	}
	assert_in_range(pauses[0], 700, 1100);
	assert_in_range(pauses[5], 5900, 8100);
	assert_string_equal(world_request(w, r.id.text).state, "unknown");
	world_wait(w, 9000);
	world_pg(w, world_declined(UPLINK_DECLINE_FUNDS, "F01"));
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "declined");
	assert_string_equal(r.failure_class, "funds");
	world_free(&w);
}

static struct request until_undoing(struct world *w)
{
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct request r;

	paying_skip_consent(m);
	r = world_made(w, m);
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	world_wait(w, 1500);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	assert_int_equal(w->pg.type, uplink_type_pg_net_cancel);
	return r;
}

static void undoing_is_repeated_until_the_pg_has_done_it(void **state)
{
	struct world *w = world_new("");
	struct request r = until_undoing(w);

	(void)state;
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	assert_string_equal(world_request(w, r.id.text).state, "unknown");
	world_wait(w, 5000);
	assert_int_equal(w->pg.type, uplink_type_pg_net_cancel);
	world_pg_status(w, UPLINK_PG_OK);
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "net_canceled");
	assert_string_equal(r.failure_code, "pg_timeout");
	world_expect_hook(w, 0, "payment.failed");
	world_free(&w);
}

static void a_crash_while_undoing_goes_on_undoing(void **state)
{
	struct world *w = world_new("");
	struct request r = until_undoing(w);

	(void)state;
	world_crash(w);
	world_wait(w, 200);
	assert_int_equal(w->pg.type, uplink_type_pg_net_cancel);
	world_pg_status(w, UPLINK_PG_OK);
	assert_string_equal(world_request(w, r.id.text).state, "net_canceled");
	world_free(&w);
}

static int count_attempt(const struct attempt *t, void *context)
{
	(void)t;
	++*(int *)context;
	return 0;
}

static void a_second_order_of_a_request_at_the_pg_is_not_even_intended(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct request r;
	int open = 0;

	(void)state;
	paying_skip_consent(m);
	r = world_made(w, m);
	assert_int_equal(attempts_charge(&w->a, &r), ERR_STATE);
	world_turn(w);
	assert_int_equal(store_attempts_open(w->a.store, count_attempt, &open), 0);
	assert_int_equal(open, 1);
	world_crash(w);
	world_wait(w, 5000);
	assert_string_equal(world_request(w, r.id.text).state, "unknown");
	world_free(&w);
}

/* As if the configuration had them in this order, all for tests. */
static void configure_gateways(struct world *w, const char *before)
{
	struct settings *s = &w->a.set;

	snprintf(s->pgs[0], sizeof(s->pgs[0]), "%s", before);
	snprintf(s->pgs[1], sizeof(s->pgs[1]), "first");
	s->pg_live[0] = s->pg_live[1] = false;
	s->pg_count = 2;
}

/* Gateways are named when an order is made; what is first in the configuration, or the merchant's, may be another later. */
static void an_order_is_asked_after_where_it_went_and_a_key_charged_where_it_was_made(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct billing_key k;
	struct api_msg *m;
	int64_t made;

	(void)state;
	world_merchant(w, "\"may_skip_consent\": true, \"pg\": \"\"");
	configure_gateways(w, "first");
	world_gateway(w, "first", ~0u, 0);
	key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	assert_int_equal(store_billing_key_get(w->a.store, key.text, &k), 0);
	assert_string_equal(k.pg, "first");
	configure_gateways(w, "second");
	m = world_payment(key.text, "order-000001", 9900);
	paying_skip_consent(m);
	world_made(w, m);
	assert_string_equal(w->pg.u.pg_pay.pg, "first");
	made = w->a.wall.ms;
	world_crash(w);
	configure_gateways(w, "second");
	world_wait(w, 5000);
	assert_int_equal(w->pg.type, uplink_type_pg_query);
	assert_string_equal(w->pg.u.pg_query.pg, "first");
	assert_int_equal(w->pg.u.pg_query.order_at_ms, made);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	assert_int_equal(w->pg.type, uplink_type_pg_net_cancel);
	assert_string_equal(w->pg.u.pg_net_cancel.pg, "first");
	assert_int_equal(w->pg.u.pg_net_cancel.order_at_ms, made);
	assert_int_equal(w->pg.u.pg_net_cancel.lost_for_ms, 0);
	world_free(&w);
}

/* It decides how long an order may still arrive: a gateway that does not know it is believed after that. */
static void how_long_an_answer_is_lost_no_clock_that_is_set_says(void **state)
{
	static const int64_t steps_ms[] = { 3600000, -7200000, INT64_C(31) * 86400000 };
	struct world *w = world_new("pg_query_most_s = 1;");
	int64_t lost_ms = 0, before;

	(void)state;
	until_undoing(w);
	for (size_t i = 0; i < ARRAY_LEN(steps_ms); i++) {
		world_pg_status(w, UPLINK_PG_UNKNOWN);
		w->a.wall.ms += steps_ms[i];
		for (before = w->a.mono.ns; w->pg.type == 0;)
			world_wait(w, 100);
		lost_ms += (w->a.mono.ns - before) / 1000000;
		assert_int_equal(w->pg.type, uplink_type_pg_net_cancel);
		assert_in_range(w->pg.u.pg_net_cancel.lost_for_ms, lost_ms - 100, lost_ms + 100);
	}
	/* An arsd that starts has not seen how long the one before was away. */
	world_crash(w);
	w->a.wall.ms += 3600000;
	world_wait(w, 200);
	assert_int_equal(w->pg.type, uplink_type_pg_net_cancel);
	assert_in_range(w->pg.u.pg_net_cancel.lost_for_ms, 0, 200);
	world_free(&w);
}

static void an_approval_of_another_amount_is_undone(void **state)
{
	static const struct { int64_t minor; const char *currency; bool undone; } cases[] = {
		{ 99000, "KRW", true }, { 9900, "USD", true }, { 9900, "KRW", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases) * 2; i++) {
		struct world *w = world_new("");
		struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
		struct api_msg *m = world_payment(key.text, "order-000001", 9900);
		struct uplink_pg_result answer = world_ok("");
		struct request r;

		paying_skip_consent(m);
		r = world_made(w, m);
		if (i % 2 == 1) {
			world_pg_status(w, UPLINK_PG_UNKNOWN);
			world_wait(w, 1500);
			assert_int_equal(w->pg.type, uplink_type_pg_query);
		}
		answer.amount_minor = cases[i / 2].minor;
		snprintf(answer.currency, sizeof(answer.currency), "%s", cases[i / 2].currency);
		world_pg(w, answer);
		if (cases[i / 2].undone) {
			assert_int_equal(w->pg.type, uplink_type_pg_net_cancel);
			world_pg_status(w, UPLINK_PG_OK);
		}
		assert_string_equal(world_request(w, r.id.text).state, cases[i / 2].undone ? "net_canceled" : "approved");
		world_free(&w);
	}
}

static void a_caller_who_hung_up_reads_that_it_was_approved(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = paying_until_asked(w, &key);
	int sms = w->sms_count;

	(void)state;
	world_press(w, CALL, '1');
	world_press(w, CALL, '1');
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "authorizing");
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	assert_int_equal(w->sms_count, sms + 1);
	assert_non_null(strstr(w->sms[sms].u.sms.text, "30001234"));
	world_free(&w);
}

/* The caller hung up while nobody knew: what became of it is read in one message, whichever it is. */
static void who_hung_up_while_it_was_unknown_reads_how_it_ended(void **state)
{
	static const struct { enum uplink_pg_status found; const char *state, *says; } cases[] = {
		{ UPLINK_PG_OK, "approved", "승인되었습니다" },
		{ UPLINK_PG_DECLINED, "declined", "승인되지 않았습니다" },
		{ UPLINK_PG_NOT_FOUND, "net_canceled", "마치지 못했습니다. 청구되지 않습니다" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world *w = world_new("");
		struct id key;
		struct request r = paying_until_asked(w, &key);
		int sms = w->sms_count;

		world_press(w, CALL, '1');
		world_press(w, CALL, '1');
		world_pg_status(w, UPLINK_PG_UNKNOWN);
		world_hang_up(w, CALL);
		assert_string_equal(world_request(w, r.id.text).state, "unknown");
		assert_int_equal(w->sms_count, sms);
		world_wait(w, 10000);
		world_pg(w, cases[i].found == UPLINK_PG_OK ? world_ok("") : cases[i].found == UPLINK_PG_DECLINED
		         ? world_declined(UPLINK_DECLINE_FUNDS, "P051") : (struct uplink_pg_result){ .status = UPLINK_PG_NOT_FOUND });
		if (cases[i].found == UPLINK_PG_NOT_FOUND)
			world_pg_status(w, UPLINK_PG_OK);
		assert_string_equal(world_request(w, r.id.text).state, cases[i].state);
		assert_int_equal(w->sms_count, sms + 1);
		assert_non_null(strstr(w->sms[sms].u.sms.text, cases[i].says));
		world_free(&w);
	}
}

/* It lasted longer than the payment was to wait for a call: to call again would be in vain. */
static void nobody_is_asked_to_call_a_number_that_is_not_his_any_more(void **state)
{
	static const struct { int64_t unknown_ms; const char *state, *says; } cases[] = {
		{ 10000, "sms_sent", "다시 걸어 주세요" }, { 60000, "expired", "마치지 못했습니다. 청구되지 않습니다" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world *w = world_new("");
		struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
		struct api_msg *m = world_payment(key.text, "order-000001", 9900);
		struct request r;
		int sms;

		m->u.payment_create.expires_in_s = 45;
		r = world_made(w, m);
		world_call(w, CALL, phone, r.virtual_number.digits);
		world_played(w, CALL);
		sms = w->sms_count;
		world_press(w, CALL, '1');
		world_pg_status(w, UPLINK_PG_UNKNOWN);
		world_hang_up(w, CALL);
		world_wait(w, cases[i].unknown_ms);
		assert_int_equal(w->sms_count, sms);
		world_pg(w, world_declined(UPLINK_DECLINE_SYSTEM, "P061"));
		r = world_request(w, r.id.text);
		assert_string_equal(r.state, cases[i].state);
		assert_int_equal(w->sms_count, sms + 1);
		assert_non_null(strstr(w->sms[sms].u.sms.text, cases[i].says));
		if (strcmp(r.state, "expired") == 0)
			world_expect_hook(w, 0, "payment.expired");
		world_wait(w, 1000);
		assert_int_equal(w->sms_count, sms + 1);
		world_free(&w);
	}
}

static void who_waits_too_long_is_told_the_truth(void **state)
{
	struct world *w = world_new("pg_wait_s = 5;");
	struct id key;
	struct request r = paying_until_asked(w, &key);

	(void)state;
	world_press(w, CALL, '1');
	world_press(w, CALL, '1');
	world_wait(w, 5500);
	world_expect_heard(w, "pay.unknown");
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "authorizing");
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	world_wait(w, 1500);
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	world_free(&w);
}

/* A landline: who gets no message is not told to wait for one. */
static void nobody_is_promised_a_message_that_is_not_sent(void **state)
{
	static const char landline[] = "0212345678";
	struct world *w = world_new("pg_wait_s = 5;");
	struct api_msg *m;
	struct request r;
	struct id key;
	int sms;

	(void)state;
	m = world_registration(landline);
	snprintf(m->u.registration_create.sms, sizeof(m->u.registration_create.sms), "skip");
	r = world_made(w, m);
	world_register_card(w, CALL, &r, "1234", CARD_CREDIT);
	world_wait(w, 5500);
	world_expect_heard(w, "reg.unknown_ask");
	world_hang_up(w, CALL);
	world_pg(w, world_ok("pgkey-1"));
	key = world_request(w, r.id.text).billing_key;
	m = world_payment(key.text, "order-000001", 9900);
	snprintf(m->u.payment_create.sms, sizeof(m->u.payment_create.sms), "skip");
	r = world_made(w, m);
	sms = w->sms_count;
	world_call(w, CALL + 1, landline, r.virtual_number.digits);
	world_played(w, CALL + 1);
	world_press(w, CALL + 1, '1');
	world_wait(w, 5500);
	world_expect_heard(w, "pay.unknown_ask");
	world_hang_up(w, CALL + 1);
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	assert_int_equal(w->sms_count, sms);
	world_free(&w);
}

static void an_order_that_was_never_sent_is_told_as_that(void **state)
{
	struct world *w = world_new("pg_wait_s = 5;");
	struct id key;
	struct request r = paying_until_asked(w, &key);
	int before = w->pg_count, sms = w->sms_count;

	(void)state;
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	world_press(w, CALL, '1');
	world_press(w, CALL, '1');
	world_wait(w, 5500);
	world_expect_not_heard(w, "pay.unknown");
	world_expect_heard(w, "declined.system");
	world_expect_heard(w, "not_charged");
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_wait(w, 3000);
	assert_int_equal(w->pg_count, before);
	assert_int_equal(w->sms_count, sms);
	world_free(&w);
}

static void a_late_answer_does_not_stop_the_undoing(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct uplink_pg_result late[] = { world_ok(""), world_ok(""), world_declined(UPLINK_DECLINE_FUNDS, "F01") };
	struct request r;
	uint64_t job;

	(void)state;
	paying_skip_consent(m);
	r = world_made(w, m);
	job = w->pg.u.pg_pay.job;
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	world_wait(w, 1500);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	late[0].approval_no[0] = '\0';
	late[1].amount_minor = 1;
	for (int i = 0; i < 3; i++) {
		world_pg_status(w, UPLINK_PG_UNKNOWN);
		late[i].job = job;
		attempts_result(&w->a, &late[i]);
		world_turn(w);
		while (w->pg.type == 0)
			world_wait(w, 100);
		assert_int_equal(w->pg.type, uplink_type_pg_net_cancel);
	}
	world_pg_status(w, UPLINK_PG_OK);
	assert_string_equal(world_request(w, r.id.text).state, "net_canceled");
	world_free(&w);
}

/* Who was told that nobody knows may call again as soon as somebody does: the end of the first call is not the end of the second. */
static void a_call_that_is_over_takes_nothing_from_the_next_one(void **state)
{
	struct world *w = world_new("pg_wait_s = 5;");
	struct id key;
	struct request r = paying_until_asked(w, &key);

	(void)state;
	world_press(w, CALL, '1');
	world_press(w, CALL, '1');
	world_wait(w, 5500);
	world_expect_heard(w, "pay.unknown");
	world_pg(w, world_declined(UPLINK_DECLINE_SYSTEM, "P061"));
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_call(w, CALL + 1, phone, r.virtual_number.digits);
	world_played(w, CALL + 1);
	world_expect_heard(w, "pay.asks");
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "in_call");
	world_press(w, CALL + 1, '1');
	world_press(w, CALL + 1, '1');
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	world_pg(w, world_ok(""));
	world_expect_heard(w, "pay.approved");
	world_free(&w);
}

/* What was typed has served: that keystored is gone then is no reason to tell who has paid to call again. */
static void who_has_paid_is_not_asked_to_call_again(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = paying_until_other_card(w, &key, '2');

	(void)state;
	world_pg(w, world_ok(""));
	world_expect_heard(w, "pay.approved");
	assert_true(w->wiped);
	arsd_neighbour_down(&w->a, NEIGHBOUR_KEYSTORED);
	world_turn(w);
	world_expect_not_heard(w, "system_error");
	world_press(w, CALL, '1');
	world_expect_heard(w, "pay.approval_number");
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(while_unknown_it_is_only_asked_after_ever_more_slowly),
		cmocka_unit_test(undoing_is_repeated_until_the_pg_has_done_it),
		cmocka_unit_test(a_crash_while_undoing_goes_on_undoing),
		cmocka_unit_test(a_second_order_of_a_request_at_the_pg_is_not_even_intended),
		cmocka_unit_test(an_order_is_asked_after_where_it_went_and_a_key_charged_where_it_was_made),
		cmocka_unit_test(how_long_an_answer_is_lost_no_clock_that_is_set_says),
		cmocka_unit_test(an_approval_of_another_amount_is_undone),
		cmocka_unit_test(a_caller_who_hung_up_reads_that_it_was_approved),
		cmocka_unit_test(who_hung_up_while_it_was_unknown_reads_how_it_ended),
		cmocka_unit_test(nobody_is_asked_to_call_a_number_that_is_not_his_any_more),
		cmocka_unit_test(who_waits_too_long_is_told_the_truth),
		cmocka_unit_test(nobody_is_promised_a_message_that_is_not_sent),
		cmocka_unit_test(an_order_that_was_never_sent_is_told_as_that),
		cmocka_unit_test(a_late_answer_does_not_stop_the_undoing),
		cmocka_unit_test(a_call_that_is_over_takes_nothing_from_the_next_one),
		cmocka_unit_test(who_has_paid_is_not_asked_to_call_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
