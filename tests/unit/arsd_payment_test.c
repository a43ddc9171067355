/* Payments, with and without a call, and what becomes of money when an answer is missing. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/attempts.h"
#include "arsd/calls_priv.h"

static const char phone[] = "01012345678";
enum { CALL = 100 };

static struct request asked(struct world *w, struct api_msg *m)
{
	world_ask(w, m);
	if (w->answer.status != 201)
		fail_msg("%u %s %s %s", w->answer.status, w->answer.code, w->answer.field, w->answer.detail);
	return world_request(w, world_answered(w, "id"));
}

static void offer_months(struct api_msg *m, const char *allowed, const char *interest_free)
{
	struct api_payment_create *c = &m->u.payment_create;

	snprintf(c->instalment_mode, sizeof(c->instalment_mode), "ask");
	snprintf(c->instalment_allowed, sizeof(c->instalment_allowed), "%s", allowed);
	snprintf(c->interest_free, sizeof(c->interest_free), "%s", interest_free);
}

static void skip_consent(struct api_msg *m)
{
	struct api_payment_create *c = &m->u.payment_create;

	snprintf(c->consent, sizeof(c->consent), "skip");
	snprintf(c->other_card, sizeof(c->other_card), "allow");
}

/* A payment of 53,000 won whose caller has heard what it is for. */
static struct request until_asked(struct world *w, struct id *key)
{
	struct api_msg *m;
	struct request r;

	*key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	m = world_payment(key->text, "order-000001", 53000);
	offer_months(m, "2,3,6", "3");
	r = asked(w, m);
	world_call(w, CALL, phone, r.virtual_number.digits);
	assert_string_equal(w->play.items, "greet.neutral");
	world_played(w, CALL);
	world_expect_heard(w, "pay.asks");
	return r;
}

static void one_key_and_three_months_pay(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = until_asked(w, &key);

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

	offer_months(m, "2,3", "");
	r = asked(w, m);
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
	struct request r = until_asked(w, &key);
	int before = w->pg_count;

	(void)state;
	world_press(w, CALL, '3');
	world_expect_heard(w, "pay.refused");
	assert_string_equal(world_request(w, r.id.text).state, "refused");
	assert_int_equal(w->pg_count, before);
	world_expect_hook(w, 0, "payment.refused");
	world_free(&w);
}

static struct request until_other_card_confirmed(struct world *w, struct id *key, char keep)
{
	struct request r = until_asked(w, key);

	world_press(w, CALL, '2');
	world_type_card(w, CALL, "9876", CARD_CREDIT);
	world_expect_heard(w, "num.9");
	world_press(w, CALL, '1');
	world_expect_heard(w, "other.keep");
	world_press(w, CALL, keep);
	world_expect_heard(w, "months.ask");
	world_press(w, CALL, '1');
	world_sealed(w, CALL, VAULT_OK);
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	assert_string_equal(w->pg.u.pg_pay.pg_billing_key, "");
	assert_int_equal(w->pg.u.pg_pay.jwe.len, 9);
	return r;
}

static void another_card_is_used_once(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = until_other_card_confirmed(w, &key, '2');
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
	until_other_card_confirmed(w, &key, '1');
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

		until_other_card_confirmed(w, &key, keep ? '1' : '2');
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
	r = asked(w, m);
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_expect_heard(w, "pay.menu.only");
	world_press(w, CALL, '2');
	assert_string_equal(world_request(w, r.id.text).state, "refused");
	world_free(&w);
}

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
	struct request r = asked(w, world_payment(key.text, "order-000001", 53000));

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
	r = asked(w, m);
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
	struct request r = asked(w, world_payment(key.text, "order-000001", 53000));
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
	struct request r = asked(w, world_payment(key.text, "order-000001", 53000));

	(void)state;
	call_analog(w, &r, CALLCTL_ANALOG_TRUSTED);
	world_expect_heard(w, "pay.menu.use_it");
	world_press(w, CALL, '1');
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	world_free(&w);
}

static void the_registered_card_is_not_typed_again(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = until_asked(w, &key);

	(void)state;
	world_press(w, CALL, '1');
	world_press(w, CALL, '1');
	world_pg(w, world_declined(UPLINK_DECLINE_INPUT, "P02"));
	world_expect_heard(w, "declined.input");
	world_expect_heard(w, "not_charged");
	assert_string_equal(world_request(w, r.id.text).state, "declined");
	world_free(&w);
}

/* ---- no call ---- */

static void without_consent_the_registered_card_is_charged_at_once(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	int sms = w->sms_count;
	struct request r;

	(void)state;
	skip_consent(m);
	r = asked(w, m);
	assert_string_equal(r.state, "authorizing");
	assert_false(r.other_card_allowed);
	assert_string_equal(r.virtual_number.digits, "");
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	assert_string_equal(w->pg.u.pg_pay.pg_billing_key, "pgkey-1");
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	world_expect_hook(w, 0, "payment.approved");
	assert_int_equal(w->sms_count, sms);
	world_free(&w);
}

static void not_every_merchant_may_skip_consent(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct api_msg *m;

	(void)state;
	world_merchant(w, "");
	key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	m = world_payment(key.text, "order-000001", 9900);
	skip_consent(m);
	world_ask(w, m);
	assert_int_equal(w->answer.status, 403);
	assert_string_equal(w->answer.code, "consent_skip_not_allowed");
	world_free(&w);
}

static void a_charge_that_cannot_be_sent_waits_and_is_sent_once(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct request r;
	int before;

	(void)state;
	skip_consent(m);
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	before = w->pg_count;
	r = asked(w, m);
	world_wait(w, 5000);
	assert_int_equal(w->pg_count, before);
	world_crash(w);
	world_wait(w, 5000);
	assert_int_equal(w->pg_count, before + 1);
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	world_free(&w);
}

/* ---- no answer ---- */

static void while_unknown_it_is_only_asked_after_ever_more_slowly(void **state)
{
	struct world *w = world_new("pg_query_first_ms = 1000; pg_query_most_s = 8;");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct request r;
	int64_t pauses[6];

	(void)state;
	skip_consent(m);
	r = asked(w, m);
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

	skip_consent(m);
	r = asked(w, m);
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
	skip_consent(m);
	r = asked(w, m);
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
	skip_consent(m);
	asked(w, m);
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
	assert_int_equal(w->pg.u.pg_net_cancel.lost_at_ms, w->a.wall.ms);
	world_free(&w);
}

static void an_approval_of_another_amount_is_undone(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct uplink_pg_result wrong = world_ok("");
	struct request r;

	(void)state;
	skip_consent(m);
	r = asked(w, m);
	wrong.amount_minor = 99000;
	world_pg(w, wrong);
	assert_int_equal(w->pg.type, uplink_type_pg_net_cancel);
	world_pg_status(w, UPLINK_PG_OK);
	assert_string_equal(world_request(w, r.id.text).state, "net_canceled");
	world_free(&w);
}

static void a_caller_who_hung_up_reads_that_it_was_approved(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = until_asked(w, &key);
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
		struct request r = until_asked(w, &key);
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

static void who_waits_too_long_is_told_the_truth(void **state)
{
	struct world *w = world_new("pg_wait_s = 5;");
	struct id key;
	struct request r = until_asked(w, &key);

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

static void an_order_that_was_never_sent_is_told_as_that(void **state)
{
	struct world *w = world_new("pg_wait_s = 5;");
	struct id key;
	struct request r = until_asked(w, &key);
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

static void a_key_that_is_suspended_meanwhile_is_not_charged(void **state)
{
	struct world *w = world_new("");
	struct id key;
	struct request r = until_asked(w, &key);
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
	struct request r = until_asked(w, &key);
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

		skip_consent(m);
		arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
		world_turn(w);
		r = asked(w, m);
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
	struct request r = until_other_card_confirmed(w, &key, '1');
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

static void a_late_answer_does_not_stop_the_undoing(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct uplink_pg_result late[] = { world_ok(""), world_ok(""), world_declined(UPLINK_DECLINE_FUNDS, "F01") };
	struct request r;
	uint64_t job;

	(void)state;
	skip_consent(m);
	r = asked(w, m);
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

static void ask_fixed_months(struct api_msg *m)
{
	struct api_payment_create *c = &m->u.payment_create;

	snprintf(c->instalment_mode, sizeof(c->instalment_mode), "fixed");
	c->instalment_months = 3;
	snprintf(c->interest_free, sizeof(c->interest_free), "3");
}

static void fixed_months_without_a_call_are_as_free_of_interest_as_was_asked(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 90000);

	(void)state;
	skip_consent(m);
	ask_fixed_months(m);
	asked(w, m);
	assert_int_equal(w->pg.u.pg_pay.instalment_months, 3);
	assert_int_equal(w->pg.u.pg_pay.interest_free, 1);
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
	ask_fixed_months(m);
	r = asked(w, m);
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

static void a_failed_payment_is_tried_again_as_a_new_one(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct request r;

	(void)state;
	skip_consent(m);
	r = asked(w, m);
	world_pg(w, world_declined(UPLINK_DECLINE_FUNDS, "F01"));
	assert_string_equal(world_request(w, r.id.text).state, "declined");
	m = world_payment(key.text, "order-000002", 9900);
	skip_consent(m);
	r = asked(w, m);
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, r.id.text).state, "approved");
	world_free(&w);
}

static void no_sms_is_promised_to_a_phone_that_takes_none(void **state)
{
	struct world *w = world_new("");
	struct api_msg *m = world_registration("0212345678");
	struct request r;

	(void)state;
	snprintf(m->u.registration_create.sms, sizeof(m->u.registration_create.sms), "skip");
	r = asked(w, m);
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
	asked(w, m);
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
		cmocka_unit_test(over_an_analog_line_only_a_card_that_is_entered_pays),
		cmocka_unit_test(over_an_analog_line_a_payment_by_the_registered_card_alone_is_not_told),
		cmocka_unit_test(a_scenario_that_offers_the_registered_card_all_the_same_does_not_charge_it),
		cmocka_unit_test(a_line_that_vouches_alone_is_as_good_as_the_network),
		cmocka_unit_test(the_registered_card_is_not_typed_again),
		cmocka_unit_test(without_consent_the_registered_card_is_charged_at_once),
		cmocka_unit_test(not_every_merchant_may_skip_consent),
		cmocka_unit_test(a_charge_that_cannot_be_sent_waits_and_is_sent_once),
		cmocka_unit_test(while_unknown_it_is_only_asked_after_ever_more_slowly),
		cmocka_unit_test(undoing_is_repeated_until_the_pg_has_done_it),
		cmocka_unit_test(a_crash_while_undoing_goes_on_undoing),
		cmocka_unit_test(a_second_order_of_a_request_at_the_pg_is_not_even_intended),
		cmocka_unit_test(an_order_is_asked_after_where_it_went_and_a_key_charged_where_it_was_made),
		cmocka_unit_test(an_approval_of_another_amount_is_undone),
		cmocka_unit_test(a_caller_who_hung_up_reads_that_it_was_approved),
		cmocka_unit_test(who_hung_up_while_it_was_unknown_reads_how_it_ended),
		cmocka_unit_test(who_waits_too_long_is_told_the_truth),
		cmocka_unit_test(an_order_that_was_never_sent_is_told_as_that),
		cmocka_unit_test(a_key_that_is_suspended_meanwhile_is_not_charged),
		cmocka_unit_test(a_deleted_key_is_no_longer_charged),
		cmocka_unit_test(a_key_deleted_while_its_charge_waits_is_not_charged),
		cmocka_unit_test(a_card_is_not_kept_behind_a_key_that_was_deleted_meanwhile),
		cmocka_unit_test(a_late_answer_does_not_stop_the_undoing),
		cmocka_unit_test(fixed_months_without_a_call_are_as_free_of_interest_as_was_asked),
		cmocka_unit_test(fixed_months_are_those_asked_for_whatever_card_came_before),
		cmocka_unit_test(a_failed_payment_is_tried_again_as_a_new_one),
		cmocka_unit_test(no_sms_is_promised_to_a_phone_that_takes_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
