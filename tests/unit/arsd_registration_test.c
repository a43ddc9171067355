/* Registrations, from the merchant's request to the end of the call, with neighbours that the test plays. */
#include "arsd_registering.h"

#include <stdio.h>
#include <string.h>

#include "arsd/calls.h"

static void a_call_registers_a_card(void **state)
{
	struct world *w = world_new("");
	struct request r = registering_until_sent(w);
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
	struct request r = registering_until_confirmed(w);
	int n = 0;

	(void)state;
	assert_int_equal(store_consents_of(w->a.store, r.id.text, count_consents, &n), 0);
	assert_int_equal(n, 1);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_registers_a_card),
		cmocka_unit_test(refusing_ends_the_request_as_refused),
		cmocka_unit_test(three_failed_attempts_end_as_input_failed),
		cmocka_unit_test(after_a_hang_up_the_customer_may_call_again_so_many_times),
		cmocka_unit_test(a_request_that_nobody_calls_expires),
		cmocka_unit_test(english_and_slow_are_spoken_in_their_voice),
		cmocka_unit_test(the_consent_is_kept_with_what_was_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
