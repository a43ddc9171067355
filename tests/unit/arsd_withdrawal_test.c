/* A customer ends a registration by a call: who may, what is offered, and that nothing else ends. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/calls.h"
#include "ipc/callctl.h"
#include "store/columns.h"
#include "store/consent_chain.h"

static const char phone[] = "01012345678", service[] = "15880001";
static const char settings[] = "lease_quarantine_s = 0; withdrawal_numbers = ( \"15880001\" );";
enum { CALL = 500 };

static struct billing_key key_of(struct world *w, struct id id)
{
	struct billing_key k;

	assert_int_equal(store_billing_key_get(w->a.store, id.text, &k), 0);
	return k;
}

static int take_newest(const struct call_record *c, void *context)
{
	*(struct call_record *)context = *c;
	return 1;
}

static struct call_record last_call(struct world *w)
{
	struct call_record c;

	assert_int_equal(store_calls_list(w->a.store, 1, take_newest, &c), 1);
	return c;
}

/* The newest record of all; the caller's. */
static json_t *newest_record(struct world *w, int64_t *number)
{
	static struct consent_link l;
	uint8_t hash[CONSENT_HASH_SIZE];

	assert_int_equal(store_chain_head(w->a.store, number, hash), 0);
	assert_int_equal(store_chain_at(w->a.store, *number, &l), 0);
	return json_loads(l.record, JSON_REJECT_DUPLICATES, NULL);
}

static const char *text_at(const json_t *record, const char *group, const char *name)
{
	return json_string_value(json_object_get(json_object_get(record, group), name));
}

/* Up to the menu that lists the registrations. */
static void listen(struct world *w, uint64_t call)
{
	world_call(w, call, phone, service);
	world_expect_heard(w, "greet.neutral");
	world_expect_not_heard(w, "withdraw.which");
	world_played(w, call);
}

static void a_registration_ends_with_all_that_hangs_on_it(void **state)
{
	struct world *w = world_new(settings);
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct id other = world_billing_key(w, "01087654321", "4321", CARD_CREDIT);
	struct request waiting;

	(void)state;
	world_ask(w, world_payment(key.text, "order-000001", 9900));
	waiting = world_request(w, world_answered(w, "id"));
	listen(w, CALL);
	world_expect_heard(w, "withdraw.which");
	world_expect_heard(w, "key.1");
	world_expect_not_heard(w, "key.2");
	world_expect_heard(w, "num.4");
	world_press(w, CALL, '1');
	world_expect_heard(w, "withdraw.confirm");
	assert_string_equal(key_of(w, key).status, "issued");
	world_press(w, CALL, '1');
	world_expect_heard(w, "withdraw.done");
	assert_string_equal(key_of(w, key).status, "deleted");
	assert_string_equal(key_of(w, key).delete_reason, "withdrawn_by_caller");
	assert_string_equal(key_of(w, other).status, "issued");
	assert_int_equal(world_hooks_of(w, "billing_key.deleted"), 1);
	assert_int_equal(w->expire_count, 1);
	assert_string_equal(world_request(w, waiting.id.text).state, "canceled_before_auth");
	assert_string_equal(world_request(w, waiting.id.text).failure_code, "billing_key_deleted");
	world_played(w, CALL);
	world_expect_heard(w, "bye");
	world_played(w, CALL);
	world_hang_up(w, CALL);
	assert_string_equal(last_call(w).state, "completed");
	assert_string_equal(last_call(w).scenario, "withdrawal");
	/* No merchant reads of a call that is between the caller and all of them. */
	assert_string_equal(last_call(w).merchant.text, "");
	/* The next call finds nothing. */
	listen(w, CALL + 1);
	world_expect_heard(w, "withdraw.none");
	world_free(&w);
}

static void nobody_who_has_none_ends_any(void **state)
{
	struct world *w = world_new(settings);
	struct id key = world_billing_key(w, "01087654321", "4321", CARD_CREDIT);

	(void)state;
	listen(w, CALL);
	world_expect_heard(w, "withdraw.none");
	world_expect_not_heard(w, "num.4");
	world_played(w, CALL);
	world_hang_up(w, CALL);
	assert_string_equal(last_call(w).state, "completed");
	assert_string_equal(key_of(w, key).status, "issued");
	world_free(&w);
}

/* Both answers to the question have a record; who hangs up has given none. */
static void what_was_agreed_to_is_recorded(void **state)
{
	static const struct { char key; const char *to, *is; } answers[] = { { '2', "keep_registration", "issued" }, { '1', "withdrawal", "deleted" } };
	struct world *w = world_new(settings);
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	int64_t before, number;

	(void)state;
	json_decref(newest_record(w, &before));
	listen(w, CALL);
	world_press(w, CALL, '1');
	world_hang_up(w, CALL);
	json_decref(newest_record(w, &number));
	assert_int_equal(number, before);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		uint64_t call = CALL + 1 + i;
		json_t *o;

		listen(w, call);
		world_press(w, call, '1');
		world_press(w, call, answers[i].key);
		o = newest_record(w, &number);
		assert_int_equal(number, before + 1 + (int64_t)i);
		assert_string_equal(text_at(o, "consent", "to"), answers[i].to);
		assert_int_equal(text_at(o, "consent", "key")[0], answers[i].key);
		assert_string_equal(text_at(o, "billing_key", "id"), key.text);
		assert_string_equal(json_string_value(json_object_get(json_object_get(json_object_get(o, "billing_key"), "card"), "last4")), "1234");
		assert_string_equal(text_at(o, "request", "id"), key_of(w, key).registration.text);
		assert_string_equal(text_at(o, "request", "object"), "registration");
		assert_string_equal(text_at(o, "call", "id"), last_call(w).id.text);
		assert_string_equal(text_at(o, "call", "called"), service);
		assert_string_equal(text_at(o, "call", "caller"), phone);
		assert_string_equal(text_at(o, "scenario", "name"), "withdrawal");
		assert_non_null(strstr(json_string_value(json_object_get(o, "played")), "withdraw.confirm"));
		assert_string_equal(key_of(w, key).status, answers[i].is);
		json_decref(o);
		world_hang_up(w, call);
	}
	world_free(&w);
}

/* What cannot be ended is not agreed to either. */
static void while_the_keys_are_locked_nothing_is_agreed_to(void **state)
{
	struct column_key sealing = { .version = 1 };
	struct world *w = world_new(settings);
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct callctl_call_offered m;
	int64_t before, number;

	(void)state;
	json_decref(newest_record(w, &before));
	assert_int_equal(columns_key_add(w->a.store, &sealing), 0);
	world_turn(w);
	assert_int_equal(columns_use(w->a.store, sealing.id, sealing.wrapped, sealing.wrapped), 0);
	listen(w, CALL);
	columns_forget(w->a.store);                    /* they are zeroised in the midst of the call */
	world_press(w, CALL, '1');
	world_press(w, CALL, '1');
	world_expect_heard(w, "system_error");
	assert_string_equal(key_of(w, key).status, "issued");
	json_decref(newest_record(w, &number));
	assert_int_equal(number, before);
	/* And the next one is not even answered: for whom something is registered cannot be found. */
	w->answered = false;
	m = world_offer(CALL + 1, phone, service);
	world_offered(w, &m);
	assert_false(w->answered);
	assert_int_equal(w->reject_cause, 41);
	assert_string_equal(last_call(w).state, "keystore_locked");
	assert_string_equal(last_call(w).caller.digits, "");
	world_free(&w);
}

/* A number that anybody could have sent ends nothing. */
static void a_caller_whom_nobody_vouches_for_hears_the_neutral_sentence(void **state)
{
	struct world *w = world_new(settings);
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct callctl_call_offered m;
	int hooks = w->hook_count;

	(void)state;
	for (int i = 0; i < 5; i++) {
		m = world_offer(CALL + (uint64_t)i, phone, service);
		if (i == 0)
			m.caller[0] = '\0';
		else if (i == 1)
			m.presentation = 0;
		else if (i == 2)
			m.screening = CALLCTL_USER_UNSCREENED;
		else if (i == 3)
			m.diverted = 1;
		else
			m.screening = CALLCTL_ANALOG;
		w->answered = false;
		world_offered(w, &m);
		if (!w->answered)
			break;                                /* the throttle has had enough */
		calls_up(&w->a, m.call);
		world_turn(w);
		world_played(w, m.call);
		world_wait(w, 3500);
		world_expect_heard(w, "wrong_caller");
		world_played(w, m.call);
		world_hang_up(w, m.call);
		assert_string_equal(last_call(w).state, "holder_mismatch");
	}
	assert_string_equal(key_of(w, key).status, "issued");
	assert_int_equal(w->hook_count, hooks);
	world_free(&w);
}

static void many_are_offered_in_pages(void **state)
{
	struct world *w = world_new(settings);
	struct id keys[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		char last4[16];

		snprintf(last4, sizeof(last4), "%04d", 1000 + i);
		keys[i] = world_billing_key(w, phone, last4, CARD_CREDIT);
		if (i == 7) {
			/* Eight fit, without another page. */
			listen(w, CALL - 1);
			world_expect_heard(w, "key.8");
			world_expect_not_heard(w, "withdraw.more");
			world_hang_up(w, CALL - 1);
			assert_string_equal(last_call(w).state, "abandoned");
		}
	}
	listen(w, CALL);
	world_expect_heard(w, "withdraw.more");
	world_expect_heard(w, "key.8");
	world_expect_heard(w, "num.9");                /* the newest comes first */
	world_expect_not_heard(w, "num.2");
	world_press(w, CALL, '9');
	world_expect_heard(w, "err.menu");
	world_press(w, CALL, '8');
	world_expect_heard(w, "num.2");
	world_expect_not_heard(w, "num.9");
	world_expect_heard(w, "key.4");
	world_expect_not_heard(w, "key.5");
	world_press(w, CALL, '4');                     /* round to the first page */
	world_expect_heard(w, "num.9");
	world_press(w, CALL, '8');
	world_press(w, CALL, '3');                     /* the oldest */
	world_expect_heard(w, "withdraw.confirm");
	world_press(w, CALL, '#');
	world_expect_heard(w, "withdraw.which");
	world_press(w, CALL, '3');
	world_press(w, CALL, '1');
	world_expect_heard(w, "withdraw.done");
	for (int i = 0; i < 10; i++)
		assert_string_equal(key_of(w, keys[i]).status, i == 0 ? "deleted" : "issued");
	/* And another one in the same call. */
	world_played(w, CALL);
	world_expect_heard(w, "withdraw.another");
	world_press(w, CALL, '1');
	world_expect_heard(w, "withdraw.which");
	world_press(w, CALL, '1');
	world_press(w, CALL, '1');
	assert_string_equal(key_of(w, keys[9]).status, "deleted");
	world_hang_up(w, CALL);
	assert_string_equal(last_call(w).state, "completed");
	world_free(&w);
}

static void who_does_not_confirm_keeps_it(void **state)
{
	struct world *w = world_new(settings);
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);

	(void)state;
	listen(w, CALL);
	world_press(w, CALL, '1');
	world_press(w, CALL, '2');
	world_expect_heard(w, "withdraw.kept");
	world_played(w, CALL);
	world_hang_up(w, CALL);
	assert_string_equal(last_call(w).state, "refused");
	listen(w, CALL + 1);
	world_press(w, CALL + 1, '1');
	world_hang_up(w, CALL + 1);
	assert_string_equal(last_call(w).state, "abandoned");
	listen(w, CALL + 2);
	for (int i = 0; i < 3; i++)
		world_silence(w, CALL + 2);
	world_expect_heard(w, "gave_up");
	assert_string_equal(key_of(w, key).status, "issued");
	assert_int_equal(world_hooks_of(w, "billing_key.deleted"), 0);
	world_free(&w);
}

static void it_has_ended_wholly_or_not_at_all(void **state)
{
	(void)state;
	for (int stored = 0; stored < 2; stored++) {
		struct world *w = world_new(settings);
		struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
		int64_t before, number;

		json_decref(newest_record(w, &before));
		listen(w, CALL);
		world_press(w, CALL, '1');
		w->webhook_waits = true;
		w->lost = !stored;
		world_press(w, CALL, '1');
		world_crash(w);
		world_wait(w, 2000);
		assert_string_equal(key_of(w, key).status, stored ? "deleted" : "issued");
		assert_int_equal(world_hooks_of(w, "billing_key.deleted") > 0, stored);
		assert_int_equal(w->expire_count > 0, stored);
		json_decref(newest_record(w, &number));
		assert_int_equal(number, before + stored);
		world_free(&w);
	}
}

/* The other call's payment is taken back under it. */
static void a_call_that_pays_hears_of_it(void **state)
{
	struct world *w = world_new(settings);
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r;

	(void)state;
	world_ask(w, world_payment(key.text, "order-000001", 9900));
	r = world_request(w, world_answered(w, "id"));
	listen(w, CALL);
	world_press(w, CALL, '1');
	world_call(w, CALL + 1, phone, r.virtual_number.digits);
	world_played(w, CALL + 1);
	assert_string_equal(world_request(w, r.id.text).state, "in_call");
	/* The plays of both: that of the withdrawal came second. */
	w->play.call = 0;
	calls_menu_key(&w->a, &(struct callctl_menu_key){ .call = CALL, .play = 3, .key = '1' });
	world_turn(w);
	assert_string_equal(key_of(w, key).status, "deleted");
	assert_string_equal(world_request(w, r.id.text).state, "canceled_before_auth");
	assert_int_equal(w->play.call, CALL);
	world_expect_heard(w, "withdraw.done");
	world_free(&w);
}

static void the_service_number_is_not_called_for_anything_else(void **state)
{
	struct world *w = world_new(settings);
	struct callctl_call_offered m = world_offer(CALL, phone, "15880002");

	(void)state;
	world_offered(w, &m);
	assert_int_equal(w->reject_cause, 1);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_registration_ends_with_all_that_hangs_on_it),
		cmocka_unit_test(what_was_agreed_to_is_recorded),
		cmocka_unit_test(while_the_keys_are_locked_nothing_is_agreed_to),
		cmocka_unit_test(nobody_who_has_none_ends_any),
		cmocka_unit_test(a_caller_whom_nobody_vouches_for_hears_the_neutral_sentence),
		cmocka_unit_test(many_are_offered_in_pages),
		cmocka_unit_test(who_does_not_confirm_keeps_it),
		cmocka_unit_test(it_has_ended_wholly_or_not_at_all),
		cmocka_unit_test(a_call_that_pays_hears_of_it),
		cmocka_unit_test(the_service_number_is_not_called_for_anything_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
