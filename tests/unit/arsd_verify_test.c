/* What the PG says of a card that is registered, early, late or never, and who is told. */
#include "arsd_registering.h"

#include <stdio.h>
#include <string.h>

static void a_wrong_entry_is_asked_once_more_and_not_twice(void **state)
{
	struct world *w = world_new("");
	struct request r = registering_until_sent(w);

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
	struct request r = registering_until_sent(w);

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
	struct request r = registering_until_sent(w);

	(void)state;
	world_pg(w, world_declined(UPLINK_DECLINE_DEAD_CARD, "D01"));
	world_expect_heard(w, "declined.dead_card");
	assert_string_equal(world_request(w, r.id.text).state, "card_declined");
	world_free(&w);
}

static void the_pgs_own_trouble_leaves_the_request_alive(void **state)
{
	struct world *w = world_new("");
	struct request r = registering_until_sent(w);

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
	struct request r = registering_until_sent(w);

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
	struct request r = registering_until_sent(w);

	(void)state;
	world_wait(w, 41000);
	world_expect_heard(w, "reg.unknown");
	world_expect_not_heard(w, "reg.not_done");
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
	struct request r = registering_until_sent(w);

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
	struct request r = registering_until_sent(w);

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

/* Of whatever cards: a request is no place to try them out. */
static void wrong_entries_are_counted_over_all_calls(void **state)
{
	struct world *w = world_new("");
	struct request r = registering_until_sent(w);

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
	struct request r = registering_until_sent(w);
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
	struct request r = registering_until_sent(w);
	struct uplink_pg_result no = world_declined(UPLINK_DECLINE_DEAD_CARD, "D01");

	(void)state;
	snprintf(no.message, sizeof(no.message), "card stopped: \xec\xb9");
	world_pg(w, no);
	assert_string_equal(world_request(w, r.id.text).state, "card_declined");
	world_expect_hook(w, 0, "registration.failed");
	assert_non_null(strstr((const char *)w->hooks[w->hook_count - 1].u.webhook.body.data, "card stopped: ??"));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_entry_is_asked_once_more_and_not_twice),
		cmocka_unit_test(who_does_not_type_again_is_declined),
		cmocka_unit_test(another_decline_is_final_and_said_by_its_class),
		cmocka_unit_test(the_pgs_own_trouble_leaves_the_request_alive),
		cmocka_unit_test(who_hangs_up_while_the_pg_works_reads_the_result),
		cmocka_unit_test(without_an_answer_in_time_the_caller_is_let_go_and_told_later),
		cmocka_unit_test(an_unknown_outcome_is_asked_after_and_counts),
		cmocka_unit_test(an_order_that_the_pg_never_saw_is_undone_there),
		cmocka_unit_test(wrong_entries_are_counted_over_all_calls),
		cmocka_unit_test(what_a_pg_says_of_a_card_must_have_the_form_of_it),
		cmocka_unit_test(a_reason_cut_within_a_character_still_reaches_the_merchant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
