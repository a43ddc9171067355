/* Registrations, from the merchant's request to the end of the call, with neighbours that the test plays. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arsd/calls.h"
#include "arsd/outbox.h"
#include "lib/log.h"

static const char phone[] = "01012345678";
enum { CALL = 100 };

/* Up to "card ending 1234, correct?" */
static struct request until_confirmed(struct world *w)
{
	struct request r = world_registered_request(w, phone);

	world_call(w, CALL, phone, r.virtual_number.digits);
	world_expect_heard(w, "greet.neutral");
	world_played(w, CALL);
	world_expect_heard(w, "reg.consent");
	world_press(w, CALL, '1');
	world_type_card(w, CALL, "1234", CARD_CREDIT);
	return r;
}

static struct request until_sent(struct world *w)
{
	struct request r = until_confirmed(w);

	world_press(w, CALL, '1');
	world_expect_heard(w, "wait.music");
	assert_true(w->play.loop);
	world_sealed(w, CALL, VAULT_OK);
	assert_int_equal(w->pg.type, uplink_type_pg_verify);
	return r;
}

static void a_call_registers_a_card(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);
	struct billing_key k;

	(void)state;
	assert_string_equal(world_request(w, r.id.text).state, "verifying");
	world_pg(w, world_ok("pgkey-1"));
	world_expect_heard(w, "reg.done");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "registered");
	assert_string_equal(r.card.last4, "1234");
	world_expect_hook(w, 0, "registration.completed");
	assert_int_equal(store_billing_key_get(w->a.store, r.billing_key.text, &k), 0);
	assert_string_equal(k.pg_billing_key, "pgkey-1");
	assert_string_equal(k.status, "issued");
	assert_int_equal(k.fingerprint[0], 0x5a);
	assert_true(w->wiped);
	world_played(w, CALL);
	assert_int_equal(w->hangup_cause, 16);
	world_hang_up(w, CALL);
	assert_int_equal(w->sms_count, 1);
	assert_int_equal(calls_count(w->a.calls), 0);
	world_free(&w);
}

static void the_sms_names_number_and_merchant_and_moves_the_request_on(void **state)
{
	struct world *w = world_new("");
	struct request r;
	char number[PHONE_SIZE + 8];

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	assert_string_equal(r.state, "created");
	assert_int_equal(w->sms_count, 1);
	assert_string_equal(w->sms[0].u.sms.to, phone);
	assert_non_null(strstr(w->sms[0].u.sms.text, "칼키 서점"));
	assert_non_null(strstr(w->sms[0].u.sms.text, phone_print(&r.virtual_number, number)));
	outbox_sms_result(&w->a, &(struct uplink_sms_result){ .job = w->sms[0].u.sms.job, .status = UPLINK_SENT });
	world_turn(w);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_free(&w);
}

static void an_sms_that_is_refused_ends_the_request(void **state)
{
	struct world *w = world_new("");
	struct request r;

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	outbox_sms_result(&w->a, &(struct uplink_sms_result){ .job = w->sms[0].u.sms.job, .status = UPLINK_REFUSED });
	world_turn(w);
	assert_string_equal(world_request(w, r.id.text).state, "sms_failed");
	world_expect_hook(w, 0, "registration.failed");
	world_free(&w);
}

static void an_sms_is_repeated_with_the_same_id_until_it_is_taken(void **state)
{
	struct world *w = world_new("");
	struct request r;

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	outbox_sms_result(&w->a, &(struct uplink_sms_result){ .job = w->sms[0].u.sms.job, .status = UPLINK_LATER });
	world_turn(w);
	world_wait(w, 3000);
	assert_int_equal(w->sms_count, 2);
	assert_string_equal(w->sms[0].u.sms.message_id, w->sms[1].u.sms.message_id);
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	assert_int_equal(w->sms_count, 3);
	assert_string_equal(w->sms[0].u.sms.message_id, w->sms[2].u.sms.message_id);
	assert_string_equal(world_request(w, r.id.text).state, "created");
	world_free(&w);
}

static void nothing_of_the_customer_is_spoken_before_the_check(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	assert_string_equal(w->play.items, "greet.neutral");
	assert_int_equal(w->play.collect, CALLCTL_COLLECT_NONE);
	world_free(&w);
}

static void a_wrong_caller_hears_a_neutral_sentence_and_the_merchant_of_it(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);

	(void)state;
	world_call(w, CALL, "01099998888", r.virtual_number.digits);
	assert_string_equal(w->play.items, "greet.neutral");
	world_played(w, CALL);
	assert_string_equal(w->play.items, "wrong_caller");
	world_expect_hook(w, 0, "registration.holder_mismatch");
	assert_null(strstr((const char *)w->hooks[w->hook_count - 1].u.webhook.body.data, "01099998888"));
	world_played(w, CALL);
	assert_int_equal(w->hangup_cause, 16);
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_free(&w);
}

static void the_right_number_counts_only_if_the_network_vouches_for_it(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);
	struct callctl_call_offered m;

	(void)state;
	for (int i = 0; i < 3; i++) {
		m = world_offer(CALL + (uint64_t)i, phone, r.virtual_number.digits);
		if (i == 0)
			m.screening = CALLCTL_USER_UNSCREENED;
		m.presentation = i != 1;
		m.diverted = i == 2;
		world_offered(w, &m);
		calls_up(&w->a, m.call);
		world_turn(w);
		world_played(w, m.call);
		if (w->play.items[0] == 'g')
			world_wait(w, 3000);          /* slowed by now */
		assert_string_equal(w->play.items, "wrong_caller");
		world_hang_up(w, m.call);
	}
	assert_int_equal(world_hooks_of(w, "registration.holder_mismatch"), 3);
	world_call(w, CALL + 9, phone, r.virtual_number.digits);
	world_played(w, CALL + 9);
	world_expect_heard(w, "reg.consent");
	world_free(&w);
}

static void wrong_callers_are_slowed_then_rejected_and_the_right_one_is_not(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);
	struct callctl_call_offered m;

	(void)state;
	for (uint64_t i = 1; i <= 5; i++) {
		world_call(w, CALL + i, "01099998888", r.virtual_number.digits);
		world_played(w, CALL + i);
		if (i >= 3) {
			assert_string_equal(w->play.items, "greet.neutral");
			world_wait(w, 3000);
		}
		assert_string_equal(w->play.items, "wrong_caller");
		world_hang_up(w, CALL + i);
	}
	m = world_offer(CALL + 6, "01099998888", r.virtual_number.digits);
	world_offered(w, &m);
	assert_false(w->answered);
	assert_int_equal(w->reject_cause, 21);
	world_call(w, CALL + 7, phone, r.virtual_number.digits);
	world_played(w, CALL + 7);
	world_expect_heard(w, "reg.consent");
	world_free(&w);
}

static void a_number_that_is_not_ours_is_rejected_as_unallocated(void **state)
{
	struct world *w = world_new("");
	struct callctl_call_offered m = world_offer(CALL, phone, "07099990000");

	(void)state;
	world_offered(w, &m);
	assert_false(w->answered);
	assert_int_equal(w->reject_cause, 1);
	world_free(&w);
}

static void a_second_call_while_one_is_on_is_refused_neutrally(void **state)
{
	struct world *w = world_new("");
	struct request r = until_confirmed(w);

	(void)state;
	world_call(w, CALL + 1, phone, r.virtual_number.digits);
	assert_string_equal(w->play.items, "greet.neutral");
	world_played(w, CALL + 1);
	assert_string_equal(w->play.items, "wrong_caller");
	assert_int_equal(world_hooks_of(w, "registration.holder_mismatch"), 0);
	assert_string_equal(world_request(w, r.id.text).state, "in_call");
	world_free(&w);
}

static void refusing_ends_the_request_as_refused(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '2');
	world_expect_heard(w, "reg.refused");
	assert_string_equal(world_request(w, r.id.text).state, "refused");
	world_expect_hook(w, 0, "registration.refused");
	world_hang_up(w, CALL);
	world_call(w, CALL + 1, phone, r.virtual_number.digits);
	world_played(w, CALL + 1);
	assert_string_equal(w->play.items, "wrong_caller");
	world_free(&w);
}

static void three_failed_attempts_end_as_input_failed(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '1');
	for (int i = 0; i < 3; i++)
		world_field(w, CALL, VAULT_INVALID);
	world_expect_heard(w, "gave_up");
	assert_string_equal(world_request(w, r.id.text).state, "input_failed");
	world_free(&w);
}

static void after_a_hang_up_the_customer_may_call_again_so_many_times(void **state)
{
	struct world *w = world_new("max_calls_per_request = 2;");
	struct request r = world_registered_request(w, phone);

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_call(w, CALL + 1, phone, r.virtual_number.digits);
	world_played(w, CALL + 1);
	world_hang_up(w, CALL + 1);
	assert_string_equal(world_request(w, r.id.text).state, "abandoned");
	world_expect_hook(w, 0, "registration.abandoned");
	world_free(&w);
}

static void a_wrong_entry_is_asked_once_more_and_not_twice(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);

	(void)state;
	world_pg(w, world_declined(UPLINK_DECLINE_INPUT, "P02"));
	world_expect_heard(w, "declined.again");
	assert_string_equal(world_request(w, r.id.text).state, "in_call");
	world_press(w, CALL, '1');
	world_type_card(w, CALL, "1234", CARD_CREDIT);
	world_press(w, CALL, '1');
	world_sealed(w, CALL, VAULT_OK);
	world_pg(w, world_declined(UPLINK_DECLINE_INPUT, "P02"));
	world_expect_heard(w, "declined.input");
	world_expect_heard(w, "reg.not_done");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "card_declined");
	assert_string_equal(r.failure_code, "P02");
	assert_string_equal(r.failure_class, "input");
	world_free(&w);
}

static void who_does_not_type_again_is_declined(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);

	(void)state;
	world_pg(w, world_declined(UPLINK_DECLINE_INPUT, "P02"));
	world_press(w, CALL, '2');
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "card_declined");
	assert_string_equal(r.failure_code, "P02");
	world_free(&w);
}

static void another_decline_is_final_and_said_by_its_class(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);

	(void)state;
	world_pg(w, world_declined(UPLINK_DECLINE_DEAD_CARD, "D01"));
	world_expect_heard(w, "declined.dead_card");
	assert_string_equal(world_request(w, r.id.text).state, "card_declined");
	world_free(&w);
}

static void the_pgs_own_trouble_leaves_the_request_alive(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);

	(void)state;
	world_pg(w, world_declined(UPLINK_DECLINE_SYSTEM, "X01"));
	world_expect_heard(w, "declined.system");
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_free(&w);
}

static void who_hangs_up_while_the_pg_works_reads_the_result(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);

	(void)state;
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "verifying");
	world_pg(w, world_ok("pgkey-1"));
	assert_string_equal(world_request(w, r.id.text).state, "registered");
	assert_int_equal(w->sms_count, 2);
	assert_non_null(strstr(w->sms[1].u.sms.text, "등록되었습니다"));
	world_expect_hook(w, 0, "registration.completed");
	world_free(&w);
}

static void without_an_answer_in_time_the_caller_is_let_go_and_told_later(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);

	(void)state;
	world_wait(w, 41000);
	world_expect_not_heard(w, "wait.music");
	world_hang_up(w, CALL);
	assert_string_equal(world_request(w, r.id.text).state, "verifying");
	world_pg(w, world_ok("pgkey-1"));
	assert_string_equal(world_request(w, r.id.text).state, "registered");
	assert_int_equal(w->sms_count, 2);
	world_free(&w);
}

static void an_unknown_outcome_is_asked_after_and_counts(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);

	(void)state;
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	assert_int_equal(w->pg.type, 0);
	world_wait(w, 1500);
	assert_int_equal(w->pg.type, uplink_type_pg_query);
	world_pg(w, world_ok("pgkey-1"));
	world_expect_heard(w, "reg.done");
	assert_string_equal(world_request(w, r.id.text).state, "registered");
	world_free(&w);
}

static void an_order_that_the_pg_never_saw_is_undone_there(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);

	(void)state;
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	world_wait(w, 1500);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	assert_int_equal(w->pg.type, uplink_type_pg_net_cancel);
	world_pg_status(w, UPLINK_PG_OK);
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "card_declined");
	assert_string_equal(r.failure_code, "pg_timeout");
	world_expect_heard(w, "reg.not_done");
	world_free(&w);
}

static void keystored_lost_in_a_field_ends_the_call_and_not_the_request(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);
	struct call_record c;

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '1');
	arsd_neighbour_down(&w->a, NEIGHBOUR_KEYSTORED);
	world_turn(w);
	world_expect_heard(w, "system_error");
	world_played(w, CALL);
	assert_int_equal(w->hangup_cause, 16);
	world_hang_up(w, CALL);
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "sms_sent");
	assert_int_equal(store_call_get(w->a.store, r.last_call, &c), 0);
	assert_string_equal(c.state, "keystore_lost");
	world_free(&w);
}

static void keystored_lost_while_sealing_sends_nothing(void **state)
{
	struct world *w = world_new("");
	struct request r = until_confirmed(w);

	(void)state;
	world_press(w, CALL, '1');
	arsd_neighbour_down(&w->a, NEIGHBOUR_KEYSTORED);
	world_turn(w);
	assert_int_equal(w->pg_count, 0);
	world_expect_heard(w, "system_error");
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_free(&w);
}

static void trunkd_lost_ends_all_calls_and_no_request(void **state)
{
	struct world *w = world_new("");
	struct request r = until_confirmed(w);
	struct call_record c;

	(void)state;
	arsd_neighbour_down(&w->a, NEIGHBOUR_TRUNKD);
	world_turn(w);
	assert_int_equal(calls_count(w->a.calls), 0);
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "sms_sent");
	assert_int_equal(store_call_get(w->a.store, r.last_call, &c), 0);
	assert_string_equal(c.state, "line_lost");
	world_free(&w);
}

static void uplinkd_lost_after_sending_leads_to_a_question(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);

	(void)state;
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	w->pg.type = 0;
	world_wait(w, 3000);
	assert_int_equal(w->pg.type, 0);
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_wait(w, 100);
	assert_int_equal(w->pg.type, uplink_type_pg_query);
	world_pg(w, world_ok("pgkey-1"));
	world_expect_heard(w, "reg.done");
	assert_string_equal(world_request(w, r.id.text).state, "registered");
	world_free(&w);
}

static void uplinkd_away_before_sending_only_delays(void **state)
{
	struct world *w = world_new("");
	struct request r = until_confirmed(w);

	(void)state;
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	world_press(w, CALL, '1');
	world_sealed(w, CALL, VAULT_OK);
	assert_int_equal(w->pg_count, 0);
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_wait(w, 100);
	assert_int_equal(w->pg.type, uplink_type_pg_verify);
	world_pg(w, world_ok("pgkey-1"));
	assert_string_equal(world_request(w, r.id.text).state, "registered");
	world_free(&w);
}

static void a_crash_in_a_call_loses_the_call_alone(void **state)
{
	struct world *w = world_new("");
	struct request r = until_confirmed(w);
	struct call_record c;

	(void)state;
	world_crash(w);
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "sms_sent");
	assert_int_equal(store_call_get(w->a.store, r.last_call, &c), 0);
	assert_string_equal(c.state, "system_lost");
	assert_int_not_equal(c.ended.ms, 0);
	world_call(w, CALL + 1, phone, r.virtual_number.digits);
	world_played(w, CALL + 1);
	world_expect_heard(w, "reg.consent");
	world_free(&w);
}

static void a_crash_before_the_seal_surely_sent_nothing(void **state)
{
	struct world *w = world_new("");
	struct request r = until_confirmed(w);

	(void)state;
	world_press(w, CALL, '1');
	world_crash(w);
	assert_int_equal(w->pg_count, 0);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_free(&w);
}

static void a_crash_after_sending_asks_and_takes_the_result(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);

	(void)state;
	world_crash(w);
	assert_string_equal(world_request(w, r.id.text).state, "verifying");
	world_wait(w, 1500);
	assert_int_equal(w->pg.type, uplink_type_pg_query);
	world_pg(w, world_ok("pgkey-1"));
	assert_string_equal(world_request(w, r.id.text).state, "registered");
	world_expect_hook(w, 0, "registration.completed");
	assert_non_null(strstr(w->sms[w->sms_count - 1].u.sms.text, "등록되었습니다"));
	world_free(&w);
}

static void a_request_that_nobody_calls_expires(void **state)
{
	struct world *w = world_new("request_ttl_s = 30;");
	struct request r = world_registered_request(w, phone);

	(void)state;
	world_wait(w, 31000);
	assert_string_equal(world_request(w, r.id.text).state, "expired");
	world_expect_hook(w, 0, "registration.expired");
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	assert_string_equal(w->play.items, "wrong_caller");
	world_free(&w);
}

static void english_and_slow_are_spoken_in_their_voice(void **state)
{
	struct world *w = world_new("");
	struct api_msg *m = world_registration(phone);
	struct request r;

	(void)state;
	snprintf(m->u.registration_create.language, sizeof(m->u.registration_create.language), "en");
	snprintf(m->u.registration_create.speed, sizeof(m->u.registration_create.speed), "slow");
	world_ask(w, m);
	r = world_request(w, world_answered(w, "id"));
	world_call(w, CALL, phone, r.virtual_number.digits);
	assert_string_equal(w->play.voice, "en-slow");
	world_played(w, CALL);
	assert_string_equal(w->play.voice, "en-slow");
	world_free(&w);
}

static int count_consents(const struct consent *c, void *context)
{
	assert_int_equal(c->key, '1');
	assert_string_equal(c->kind, "registration");
	assert_non_null(strstr(c->prompts, "reg.consent"));
	assert_int_equal(strlen(c->scenario_hash), 64);
	++*(int *)context;
	return 0;
}

static void the_consent_is_kept_with_what_was_heard(void **state)
{
	struct world *w = world_new("");
	struct request r = until_confirmed(w);
	int n = 0;

	(void)state;
	assert_int_equal(store_consents_of(w->a.store, r.id.text, count_consents, &n), 0);
	assert_int_equal(n, 1);
	world_free(&w);
}

static void a_turn_that_is_not_stored_did_not_happen(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);

	(void)state;
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	/* The consent's turn is lost. */
	calls_menu_key(&w->a, &(struct callctl_menu_key){ .call = CALL, .play = w->play.play, .key = '1' });
	arsd_turn_failed(&w->a);
	assert_int_equal(w->hangup_cause, 41);
	calls_ended(&w->a, &(struct callctl_call_ended){ .call = CALL, .cause = 41, .by = CALLCTL_BY_US });
	world_turn(w);
	world_wait(w, 1500);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_call(w, CALL + 1, phone, r.virtual_number.digits);
	world_played(w, CALL + 1);
	world_expect_heard(w, "reg.consent");
	world_free(&w);
}

/* Of whatever cards: a request is no place to try them out. */
static void wrong_entries_are_counted_over_all_calls(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);

	(void)state;
	for (uint64_t call = CALL; call < CALL + 2; call++) {
		world_pg(w, world_declined(UPLINK_DECLINE_INPUT, "P02"));
		world_expect_heard(w, "declined.again");
		world_hang_up(w, call);
		assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
		world_call(w, call + 1, phone, r.virtual_number.digits);
		world_played(w, call + 1);
		world_press(w, call + 1, '1');
		world_type_card(w, call + 1, "1234", CARD_CREDIT);
		world_press(w, call + 1, '1');
		w->card = (uint8_t)call;
		world_sealed(w, call + 1, VAULT_OK);
	}
	world_pg(w, world_declined(UPLINK_DECLINE_INPUT, "P02"));
	world_expect_heard(w, "declined.input");
	world_expect_not_heard(w, "declined.again");
	assert_string_equal(world_request(w, r.id.text).state, "card_declined");
	world_free(&w);
}

static void what_a_pg_says_of_a_card_must_have_the_form_of_it(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);
	struct uplink_pg_result ok = world_ok("pgkey-1");

	(void)state;
	snprintf(ok.bin, sizeof(ok.bin), "4111\xec\xb9");
	snprintf(ok.last4, sizeof(ok.last4), "12");
	snprintf(ok.issuer, sizeof(ok.issuer), "Sam Sung");
	world_pg(w, ok);
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "registered");
	assert_string_equal(r.card.bin, "41111111");
	assert_string_equal(r.card.last4, "1234");
	assert_string_equal(r.card.issuer, "shinhan");
	world_expect_hook(w, 0, "registration.completed");
	world_free(&w);
}

static void a_reason_cut_within_a_character_still_reaches_the_merchant(void **state)
{
	struct world *w = world_new("");
	struct request r = until_sent(w);
	struct uplink_pg_result no = world_declined(UPLINK_DECLINE_DEAD_CARD, "D01");

	(void)state;
	snprintf(no.message, sizeof(no.message), "card stopped: \xec\xb9");
	world_pg(w, no);
	assert_string_equal(world_request(w, r.id.text).state, "card_declined");
	world_expect_hook(w, 0, "registration.failed");
	assert_non_null(strstr((const char *)w->hooks[w->hook_count - 1].u.webhook.body.data, "card stopped: ??"));
	world_free(&w);
}

static void an_sms_for_a_request_that_has_ended_is_not_sent(void **state)
{
	struct world *w = world_new("request_ttl_s = 30;");
	struct request r;

	(void)state;
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	r = world_registered_request(w, phone);
	world_wait(w, 31000);
	assert_string_equal(world_request(w, r.id.text).state, "expired");
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_wait(w, 3000);
	assert_int_equal(w->sms_count, 0);
	world_expect_hook(w, 0, "registration.expired");
	world_free(&w);
}

static void a_log_does_not_tell_the_number_that_a_provider_repeats(void **state)
{
	struct world *w = world_new("");
	struct uplink_sms_result no = { .status = UPLINK_LATER };
	char log[2000] = "";
	int kept = dup(STDERR_FILENO);
	FILE *f = tmpfile();

	(void)state;
	w->sms_waits = true;
	world_registered_request(w, phone);
	no.job = w->sms[0].u.sms.job;
	snprintf(no.detail, sizeof(no.detail), "busy: 01012345678 or 010-1234-5678, code 4021");
	log_init("arsd_test", LOG_LEVEL_WARN);
	assert_non_null(f);
	assert_true(dup2(fileno(f), STDERR_FILENO) >= 0);
	outbox_sms_result(&w->a, &no);
	dup2(kept, STDERR_FILENO);
	close(kept);
	world_turn(w);
	rewind(f);
	assert_true(fread(log, 1, sizeof(log) - 1, f) > 0);
	fclose(f);
	assert_non_null(strstr(log, "outbox_not_sent"));
	assert_non_null(strstr(log, "busy: *********** or *************, code 4021"));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_registers_a_card),
		cmocka_unit_test(the_sms_names_number_and_merchant_and_moves_the_request_on),
		cmocka_unit_test(an_sms_that_is_refused_ends_the_request),
		cmocka_unit_test(an_sms_is_repeated_with_the_same_id_until_it_is_taken),
		cmocka_unit_test(nothing_of_the_customer_is_spoken_before_the_check),
		cmocka_unit_test(a_wrong_caller_hears_a_neutral_sentence_and_the_merchant_of_it),
		cmocka_unit_test(the_right_number_counts_only_if_the_network_vouches_for_it),
		cmocka_unit_test(wrong_callers_are_slowed_then_rejected_and_the_right_one_is_not),
		cmocka_unit_test(a_number_that_is_not_ours_is_rejected_as_unallocated),
		cmocka_unit_test(a_second_call_while_one_is_on_is_refused_neutrally),
		cmocka_unit_test(refusing_ends_the_request_as_refused),
		cmocka_unit_test(three_failed_attempts_end_as_input_failed),
		cmocka_unit_test(after_a_hang_up_the_customer_may_call_again_so_many_times),
		cmocka_unit_test(a_wrong_entry_is_asked_once_more_and_not_twice),
		cmocka_unit_test(who_does_not_type_again_is_declined),
		cmocka_unit_test(another_decline_is_final_and_said_by_its_class),
		cmocka_unit_test(the_pgs_own_trouble_leaves_the_request_alive),
		cmocka_unit_test(who_hangs_up_while_the_pg_works_reads_the_result),
		cmocka_unit_test(without_an_answer_in_time_the_caller_is_let_go_and_told_later),
		cmocka_unit_test(an_unknown_outcome_is_asked_after_and_counts),
		cmocka_unit_test(an_order_that_the_pg_never_saw_is_undone_there),
		cmocka_unit_test(keystored_lost_in_a_field_ends_the_call_and_not_the_request),
		cmocka_unit_test(keystored_lost_while_sealing_sends_nothing),
		cmocka_unit_test(trunkd_lost_ends_all_calls_and_no_request),
		cmocka_unit_test(uplinkd_lost_after_sending_leads_to_a_question),
		cmocka_unit_test(uplinkd_away_before_sending_only_delays),
		cmocka_unit_test(a_crash_in_a_call_loses_the_call_alone),
		cmocka_unit_test(a_crash_before_the_seal_surely_sent_nothing),
		cmocka_unit_test(a_crash_after_sending_asks_and_takes_the_result),
		cmocka_unit_test(a_request_that_nobody_calls_expires),
		cmocka_unit_test(english_and_slow_are_spoken_in_their_voice),
		cmocka_unit_test(the_consent_is_kept_with_what_was_heard),
		cmocka_unit_test(a_turn_that_is_not_stored_did_not_happen),
		cmocka_unit_test(wrong_entries_are_counted_over_all_calls),
		cmocka_unit_test(what_a_pg_says_of_a_card_must_have_the_form_of_it),
		cmocka_unit_test(a_reason_cut_within_a_character_still_reaches_the_merchant),
		cmocka_unit_test(an_sms_for_a_request_that_has_ended_is_not_sent),
		cmocka_unit_test(a_log_does_not_tell_the_number_that_a_provider_repeats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
