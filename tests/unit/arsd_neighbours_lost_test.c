/* A registration during which keystored, trunkd, uplinkd or arsd itself goes away. */
#include "arsd_registering.h"

#include <string.h>

#include "arsd/calls.h"

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
	struct request r = registering_until_confirmed(w);

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
	struct request r = registering_until_confirmed(w);
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
	struct request r = registering_until_sent(w);

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
	struct request r = registering_until_confirmed(w);

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
	struct request r = registering_until_confirmed(w);
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
	struct request r = registering_until_confirmed(w);

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
	struct request r = registering_until_sent(w);

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keystored_lost_in_a_field_ends_the_call_and_not_the_request),
		cmocka_unit_test(keystored_lost_while_sealing_sends_nothing),
		cmocka_unit_test(trunkd_lost_ends_all_calls_and_no_request),
		cmocka_unit_test(uplinkd_lost_after_sending_leads_to_a_question),
		cmocka_unit_test(uplinkd_away_before_sending_only_delays),
		cmocka_unit_test(a_crash_in_a_call_loses_the_call_alone),
		cmocka_unit_test(a_crash_before_the_seal_surely_sent_nothing),
		cmocka_unit_test(a_crash_after_sending_asks_and_takes_the_result),
		cmocka_unit_test(a_turn_that_is_not_stored_did_not_happen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
