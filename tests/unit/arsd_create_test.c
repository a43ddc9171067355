/* Requests are made once, or not at all: repeats, names without a sound, numbers that are all lent, rules that are broken. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/api.h"
#include "arsd/api_priv.h"

static const char phone[] = "01012345678";

static struct api_msg *with_key(const char *key, const char *product)
{
	struct api_msg *m = world_registration(phone);

	snprintf(m->u.registration_create.idempotency_key, 301, "%s", key);
	if (product[0] != '\0')
		snprintf(m->u.registration_create.product_name, 121, "%s", product);
	return m;
}

static void a_repeat_with_the_same_key_gets_the_same_answer(void **state)
{
	struct world *w = world_new("");
	char first[ID_SIZE];

	(void)state;
	world_ask(w, with_key("key-1", ""));
	assert_int_equal(w->answer.status, 201);
	snprintf(first, sizeof(first), "%s", world_answered(w, "id"));
	world_ask(w, with_key("key-1", ""));
	assert_int_equal(w->answer.status, 201);
	assert_string_equal(world_answered(w, "id"), first);
	assert_int_equal(w->sms_count, 1);
	world_ask(w, with_key("key-1", "다른 상품"));
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.code, "idempotency_key_reused");
	world_ask(w, with_key("key-2", ""));
	assert_int_equal(w->answer.status, 201);
	assert_string_not_equal(world_answered(w, "id"), first);
	world_free(&w);
}

static void a_repeat_while_the_first_is_under_way_is_told_so(void **state)
{
	struct world *w = world_new("");

	(void)state;
	w->speech_waits = true;
	world_ask(w, with_key("key-1", ""));
	assert_int_equal(w->answer.status, 0);
	world_ask(w, with_key("key-1", ""));
	assert_int_equal(w->answer.status, 409);
	assert_string_equal(w->answer.code, "idempotency_in_progress");
	w->speech_waits = false;
	world_turn(w);
	assert_int_equal(w->answer.status, 201);
	world_free(&w);
}

static void the_key_of_another_merchant_is_another_key(void **state)
{
	struct world *w = world_new("");
	char first[ID_SIZE];

	(void)state;
	world_ask(w, with_key("key-1", ""));
	snprintf(first, sizeof(first), "%s", world_answered(w, "id"));
	world_merchant(w, "");
	world_ask(w, with_key("key-1", ""));
	assert_int_equal(w->answer.status, 201);
	assert_string_not_equal(world_answered(w, "id"), first);
	world_free(&w);
}

static void nothing_is_created_until_the_names_have_a_sound(void **state)
{
	struct world *w = world_new("");
	int answers;

	(void)state;
	w->speech_waits = true;
	world_ask(w, world_registration(phone));
	assert_int_equal(w->answer_count, 0);
	assert_int_equal(w->a.live_requests, 0);
	api_speech_done(&w->a, w->speech_waiting[0], SPEECH_MADE);
	world_turn(w);
	assert_int_equal(w->answer_count, 0);
	api_speech_done(&w->a, w->speech_waiting[1], SPEECH_FAILED);
	world_turn(w);
	assert_int_equal(w->answer.status, 503);
	assert_string_equal(w->answer.code, "speech_unavailable");
	assert_int_equal(w->a.live_requests, 0);
	answers = w->answer_count;
	world_ask(w, world_registration(phone));
	world_wait(w, 9000);
	assert_int_equal(w->answer_count, answers + 1);
	assert_int_equal(w->answer.status, 503);
	world_free(&w);
}

static void a_name_without_a_sound_is_refused_for_good(void **state)
{
	struct world *w = world_new("");

	(void)state;
	w->speech_waits = true;
	world_ask(w, world_registration(phone));
	api_speech_done(&w->a, w->speech_waiting[0], SPEECH_MADE);
	api_speech_done(&w->a, w->speech_waiting[1], SPEECH_SILENT);
	world_turn(w);
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.code, "invalid_field");
	assert_string_equal(w->answer.field, "/product_name");
	assert_int_equal(w->answer.retry_after_s, 0);
	assert_int_equal(w->a.live_requests, 0);
	world_free(&w);
}

static int count_request(const struct request *r, void *context)
{
	(void)r;
	++*(int *)context;
	return 0;
}

static void an_exhausted_pool_creates_nothing_and_says_when_to_come_back(void **state)
{
	struct world *w = world_new("");
	int count = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		world_ask(w, world_registration(phone));
		assert_int_equal(w->answer.status, 201);
		w->sms_count = w->hook_count = 0;
	}
	world_ask(w, world_registration(phone));
	assert_int_equal(w->answer.status, 503);
	assert_string_equal(w->answer.code, "number_pool_exhausted");
	assert_true(w->answer.retry_after_s > 0);
	assert_int_equal(store_requests_list(w->a.store, 0, 1000, count_request, &count), 0);
	assert_int_equal(count, 100);
	assert_int_equal(w->sms_count, 0);
	/* The numbers are taken for this phone, not for others. */
	world_ask(w, world_registration("01087654321"));
	assert_int_equal(w->answer.status, 201);
	world_free(&w);
}

static void a_number_rests_after_its_request(void **state)
{
	struct world *w = world_new("request_ttl_s = 30; lease_quarantine_s = 60;");

	(void)state;
	for (int i = 0; i < 100; i++) {
		world_ask(w, world_registration(phone));
		w->sms_count = w->hook_count = 0;
	}
	w->webhook_waits = true;
	for (int i = 0; i < 32; i++) {
		world_wait(w, 1000);
		w->hook_count = 0;
	}
	world_ask(w, world_registration(phone));
	assert_int_equal(w->answer.status, 503);
	world_wait(w, 66000);
	world_ask(w, world_registration(phone));
	assert_int_equal(w->answer.status, 201);
	world_free(&w);
}

static void a_number_is_free_at_the_moment_its_rest_is_over(void **state)
{
	struct world *w = world_new("lease_quarantine_s = 2;");
	struct request r;

	(void)state;
	for (int i = 0; i < 100; i++) {
		world_ask(w, world_registration(phone));
		w->sms_count = w->hook_count = 0;
	}
	r = world_request(w, world_answered(w, "id"));
	world_call(w, 1, phone, r.virtual_number.digits);
	world_played(w, 1);
	world_press(w, 1, '2');
	assert_string_equal(world_request(w, r.id.text).state, "refused");
	world_wait(w, 1900);
	world_ask(w, world_registration(phone));
	assert_int_equal(w->answer.status, 503);
	world_wait(w, 100);
	world_ask(w, world_registration(phone));
	assert_int_equal(w->answer.status, 201);
	assert_string_equal(world_answered(w, "virtual_number"), r.virtual_number.digits);
	world_free(&w);
}

static void an_order_id_is_used_once(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);

	(void)state;
	world_ask(w, world_payment(key.text, "order-000001", 9900));
	assert_int_equal(w->answer.status, 201);
	world_ask(w, world_payment(key.text, "order-000001", 9900));
	assert_int_equal(w->answer.status, 409);
	assert_string_equal(w->answer.code, "order_id_used");
	assert_int_equal(w->a.live_requests, 1);
	world_free(&w);
}

static void what_breaks_a_rule_is_refused_with_its_field(void **state)
{
	struct world *w = world_new("");
	struct api_msg *m = world_registration("0212345678");

	(void)state;
	world_ask(w, m);
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.field, "/phone");
	m = world_registration(phone);
	snprintf(m->u.registration_create.product_name, 121, "[[<>]]");
	world_ask(w, m);
	assert_string_equal(w->answer.field, "/product_name");
	m = world_registration(phone);
	snprintf(m->u.registration_create.language, 4, "ja");
	world_ask(w, m);
	assert_string_equal(w->answer.field, "/language");
	m = world_registration(phone);
	m->u.registration_create.expires_in_s = 10;
	world_ask(w, m);
	assert_string_equal(w->answer.field, "/expires_in_s");
	world_free(&w);
}

static void an_answer_of_a_turn_that_was_lost_becomes_an_error(void **state)
{
	struct world *w = world_new("");
	struct api_msg *m = world_registration(phone);
	int count = 0;

	(void)state;
	snprintf(m->u.registration_create.bearer, 96, "%s", w->api_key);
	w->speech_waits = true;
	world_ask(w, m);
	api_speech_done(&w->a, w->speech_waiting[0], SPEECH_MADE);
	api_speech_done(&w->a, w->speech_waiting[1], SPEECH_MADE);
	assert_int_equal(w->answer.status, 201);
	arsd_turn_failed(&w->a);
	assert_int_equal(w->answer.status, 503);
	world_wait(w, 2000);
	assert_int_equal(store_requests_list(w->a.store, 0, 1000, count_request, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(w->a.live_requests, 0);
	world_free(&w);
}

static void months_are_read_strictly(void **state)
{
	static const char *const bad[] = { "1", "37", "3,2", "2,2", "2,", ",2", "2,3,4,5,6,7,8,9", "abc", "2 3", "002" };
	uint8_t months[REQUEST_ALLOWED_MAX];

	(void)state;
	assert_int_equal(api_read_months("2,3,12", months), 0);
	assert_int_equal(months[0], 2);
	assert_int_equal(months[2], 12);
	assert_int_equal(months[3], 0);
	assert_int_equal(api_read_months("", months), 0);
	assert_int_equal(months[0], 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (api_read_months(bad[i], months) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
}

static void a_repeat_from_elsewhere_is_the_same_request(void **state UNUSED)
{
	struct world *w = world_new("");
	struct api_msg m = *world_registration("01012345678");
	char id[ID_SIZE + 40];

	snprintf(m.u.head.idempotency_key, sizeof(m.u.head.idempotency_key), "again");
	snprintf(m.u.head.client_address, sizeof(m.u.head.client_address), "203.0.113.1");
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 201);
	snprintf(id, sizeof(id), "%.*s", (int)sizeof(id) - 1, (const char *)w->answer.body.data);
	snprintf(m.u.head.client_address, sizeof(m.u.head.client_address), "203.0.113.2");
	snprintf(m.u.head.client_certificate, sizeof(m.u.head.client_certificate), "YWJj");
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 201);
	assert_memory_equal(w->answer.body.data, id, strlen(id));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_repeat_with_the_same_key_gets_the_same_answer),
		cmocka_unit_test(a_repeat_while_the_first_is_under_way_is_told_so),
		cmocka_unit_test(the_key_of_another_merchant_is_another_key),
		cmocka_unit_test(nothing_is_created_until_the_names_have_a_sound),
		cmocka_unit_test(a_name_without_a_sound_is_refused_for_good),
		cmocka_unit_test(an_exhausted_pool_creates_nothing_and_says_when_to_come_back),
		cmocka_unit_test(a_number_rests_after_its_request),
		cmocka_unit_test(a_number_is_free_at_the_moment_its_rest_is_over),
		cmocka_unit_test(an_order_id_is_used_once),
		cmocka_unit_test(a_repeat_from_elsewhere_is_the_same_request),
		cmocka_unit_test(what_breaks_a_rule_is_refused_with_its_field),
		cmocka_unit_test(an_answer_of_a_turn_that_was_lost_becomes_an_error),
		cmocka_unit_test(months_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
