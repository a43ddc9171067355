/* What merchants and the command line may ask, and what they are told. */
#include "arsd_world.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "arsd/admin.h"
#include "arsd/line_counts.h"
#include "arsd/api.h"
#include "arsd/api_priv.h"
#include "arsd/outbox.h"
#include "arsd/render.h"

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

/* At a start with a clock that was never set, or when the time service corrects it. */
static void a_clock_that_is_set_back_puts_no_message_off(void **state)
{
	(void)state;
	for (int restart = 0; restart < 2; restart++) {
		struct world *w = world_new("");
		struct outbox_job job;
		uint64_t id;

		w->sms_waits = true;
		world_ask(w, world_registration(phone));
		id = w->sms[0].u.sms.job;
		outbox_sms_result(&w->a, &(struct uplink_sms_result){ .job = id, .status = UPLINK_LATER });
		world_turn(w);
		w->a.wall.ms -= INT64_C(30) * 24 * 3600 * 1000;
		if (restart)
			world_crash(w);
		world_wait(w, 100);
		assert_int_equal(store_outbox_get(w->a.store, (int64_t)id, &job), 0);
		assert_string_equal(job.state, "waiting");
		/* An arsd that saw the step knows by how much; another one knows the longest pause. */
		assert_in_range(job.next_try.ms, w->a.wall.ms, w->a.wall.ms + (restart ? 3600000 * 5 / 4 : 1500));
		world_free(&w);
	}
}

static void a_merchant_whose_server_is_silent_holds_up_nobody_else(void **state)
{
	struct world *w = world_new("request_ttl_s = 30;");
	int before;

	(void)state;
	w->webhook_waits = true;
	for (int i = 0; i < 200; i++) {
		struct api_msg *m = world_registration(phone);

		snprintf(m->u.registration_create.phone, sizeof(m->u.registration_create.phone), "010%08d", i);
		snprintf(m->u.registration_create.sms, sizeof(m->u.registration_create.sms), "skip");
		world_ask(w, m);
		assert_int_equal(w->answer.status, 201);
	}
	world_wait(w, 32000);
	assert_in_range(w->hook_count, 16, 31);       /* of 200 */
	world_merchant(w, "");
	world_ask(w, world_registration(phone));
	assert_int_equal(w->sms_count, 1);
	before = w->hook_count;
	world_wait(w, 32000);
	assert_int_equal(w->hook_count, before + 1);
	assert_string_not_equal(w->hooks[before].u.webhook.secret, w->hooks[0].u.webhook.secret);
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

static void another_merchants_things_are_not_there(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	static struct api_msg get;

	(void)state;
	world_ask(w, world_registration(phone));
	memset(&get, 0, sizeof(get));
	get.type = api_type_registration_get;
	snprintf(get.u.registration_get.id, ID_SIZE, "%s", world_answered(w, "id"));
	world_ask(w, &get);
	assert_int_equal(w->answer.status, 200);
	world_merchant(w, "");
	get.u.registration_get.bearer[0] = '\0';
	world_ask(w, &get);
	assert_int_equal(w->answer.status, 404);
	world_ask(w, world_payment(key.text, "order-000001", 9900));
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.code, "billing_key_not_found");
	world_free(&w);
}

static void without_a_known_key_nothing_is_done(void **state)
{
	struct world *w = world_new("");
	struct api_msg *m = world_registration(phone);

	(void)state;
	snprintf(m->u.registration_create.bearer, 96, "ck_test_wrong");
	world_ask(w, m);
	assert_int_equal(w->answer.status, 401);
	assert_int_equal(w->a.live_requests, 0);
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

static void a_call_is_shown_with_its_timeline(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct billing_key k;
	static struct api_msg get;
	char body[60001];

	(void)state;
	assert_int_equal(store_billing_key_get(w->a.store, key.text, &k), 0);
	memset(&get, 0, sizeof(get));
	get.type = api_type_call_get;
	snprintf(get.u.call_get.id, ID_SIZE, "%s", world_request(w, k.registration.text).last_call);
	world_ask(w, &get);
	assert_int_equal(w->answer.status, 200);
	assert_string_equal(world_answered(w, "status"), "completed");
	assert_string_equal(world_answered(w, "caller"), "010-****-5678");
	snprintf(body, sizeof(body), "%.*s", (int)w->answer.body.len, (const char *)w->answer.body.data);
	assert_non_null(strstr(body, "\"what\":\"consent\""));
	assert_non_null(strstr(body, "\"what\":\"field\""));
	assert_non_null(strstr(body, "\"detail\":\"agree\""));
	assert_null(strstr(body, "41111111"));
	world_free(&w);
}

static void a_caller_who_presses_keys_for_ever_makes_no_endless_timeline(void **state)
{
	struct world *w = world_new("");
	struct request r = world_registered_request(w, phone);
	static struct api_msg get;
	json_t *o, *lines;

	(void)state;
	world_call(w, 1, phone, r.virtual_number.digits);
	world_played(w, 1);
	for (int i = 0; i < 700; i++)
		world_press(w, 1, '*');
	world_press(w, 1, '2');
	world_hang_up(w, 1);
	memset(&get, 0, sizeof(get));
	get.type = api_type_call_get;
	snprintf(get.u.call_get.id, ID_SIZE, "%s", world_request(w, r.id.text).last_call);
	world_ask(w, &get);
	assert_int_equal(w->answer.status, 200);
	o = json_loadb((const char *)w->answer.body.data, w->answer.body.len, 0, NULL);
	assert_true(json_is_true(json_object_get(o, "timeline_cut")));
	lines = json_object_get(o, "timeline");
	assert_in_range(json_array_size(lines), 50, 500);
	assert_string_equal(json_string_value(json_object_get(json_array_get(lines, json_array_size(lines) - 1), "what")), "end");
	json_decref(o);
	world_free(&w);
}

/* Longest run of digits in text, numbers of time left aside. */
static size_t longest_run(const char *text)
{
	size_t run = 0, longest = 0;

	for (; *text != '\0'; text++) {
		run = isdigit((unsigned char)*text) ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void of_a_card_no_more_than_bin_and_last_four_is_shown(void **state)
{
	struct request r = { .kind = REQUEST_PAYMENT, .state = "approved", .order_id = "order", .merchant_name = "m" };
	struct billing_key k = { .status = "issued", .pg_billing_key = "pg-secret", .fingerprint = { 1, 2, 3 } };
	json_t *shown[2];

	(void)state;
	snprintf(r.card.bin, sizeof(r.card.bin), "41111111");
	snprintf(r.card.last4, sizeof(r.card.last4), "1234");
	k.card = r.card;
	shown[0] = render_request(&r, true);
	shown[1] = render_billing_key(&k, true);
	for (int i = 0; i < 2; i++) {
		char *text = json_dumps(shown[i], 0);

		assert_int_equal(longest_run(text), 8);
		assert_non_null(strstr(text, "\"last4\": \"1234\""));
		assert_null(strstr(text, "pg-secret"));
		assert_null(strstr(text, "fingerprint"));
		free(text);
		json_decref(shown[i]);
	}
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

/* ---- the command line ---- */

static json_t *ask_admin(struct world *w, const char *verb, const char *argument)
{
	static struct admin_msg m;

	memset(&m, 0, sizeof(m));
	m.type = admin_type_ask;
	snprintf(m.u.ask.verb, sizeof(m.u.ask.verb), "%s", verb);
	snprintf(m.u.ask.argument, sizeof(m.u.ask.argument), "%s", argument);
	assert_int_equal(admin_handle(&w->a, 1, &m), 0);
	world_turn(w);
	return w->admin_status == 0 ? json_loads(w->admin, 0, NULL) : NULL;
}

static void the_command_line_sees_the_state_of_things(void **state)
{
	struct world *w = world_new("");
	json_t *o;

	(void)state;
	world_ask(w, world_registration(phone));
	o = ask_admin(w, "status", "");
	assert_string_equal(json_string_value(json_object_get(json_object_get(o, "processes"), "trunkd")), "up");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json_object_get(o, "requests"), "registrations"),
	                                                    "sms_sent")), 1);
	json_decref(o);
	o = ask_admin(w, "registrations", "{\"limit\": 5}");
	assert_int_equal(json_array_size(json_object_get(o, "items")), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(o, "items"), 0), "phone")),
	                    "010-****-5678");
	assert_null(strstr(w->admin, phone));
	json_decref(o);
	o = ask_admin(w, "merchants", "");
	assert_int_equal(json_array_size(json_object_get(o, "items")), 1);
	assert_null(strstr(w->admin, "whsec"));
	json_decref(o);
	assert_null(ask_admin(w, "drain", "{\"on\": true, \"span\": 7}"));
	assert_int_equal(w->admin_status, 404);
	o = ask_admin(w, "drain", "{\"on\": true}");
	assert_non_null(o);
	json_decref(o);
	assert_null(ask_admin(w, "nonsense", ""));
	assert_int_equal(w->admin_status, 404);
	assert_null(ask_admin(w, "merchant_add", "{\"name\": \"x\", \"unknown\": 1}"));
	assert_int_equal(w->admin_status, 400);
	assert_null(ask_admin(w, "merchant_add", "{\"name\": \"x\", \"webhook_url\": \"http://plain\"}"));
	assert_int_equal(w->admin_status, 400);
	assert_null(ask_admin(w, "merchant_add", "{\"name\": \"!!\"}"));
	assert_int_equal(w->admin_status, 400);
	snprintf(w->a.set.pgs[w->a.set.pg_count++], sizeof(w->a.set.pgs[0]), "main");
	assert_null(ask_admin(w, "merchant_add", "{\"name\": \"x\", \"pg\": \"other\"}"));
	assert_int_equal(w->admin_status, 400);
	o = ask_admin(w, "merchant_add", "{\"name\": \"x\", \"pg\": \"main\"}");
	assert_non_null(o);
	json_decref(o);
	world_free(&w);
}

static void told_bin(struct world *w, const char *name, uint32_t seconds, uint32_t es)
{
	struct callctl_span_bin b = { .span = 2, .boot = 9, .quarter = w->a.wall.ms / 900000, .seconds = seconds, .es = es, .uas = 1,
	                              .measured = 1 << 1 | 1 << 4, .crc_errors = es };

	snprintf(b.name, sizeof(b.name), "%s", name);
	line_counts_keep(&w->a, &b);
	world_turn(w);
}

/* A member of a set ("day" or "counted") of the only span; -1: null. */
static int64_t of_set(struct world *w, const char *set, const char *member)
{
	json_t *o = ask_admin(w, "trunks", ""), *value = json_object_get(json_object_get(json_array_get(json_object_get(o, "spans"), 0), set),
	                                                                 member);
	int64_t n = json_is_integer(value) ? json_integer_value(value) : json_is_null(value) || value == NULL ? -1 : -2;

	json_decref(o);
	return n;
}

static void the_command_line_zeroes_one_set_of_a_line_s_seconds(void **state)
{
	struct world *w = world_new("");
	json_t *o;

	(void)state;
	assert_null(ask_admin(w, "trunk_zero", "{\"span\": \"tel2\"}"));
	assert_int_equal(w->admin_status, 503);                    /* no trunkd has told of a span */
	w->a.spans[0] = (struct callctl_span_state){ .span = 2, .name = "tel2" };
	w->a.span_count = 1;
	assert_null(ask_admin(w, "trunk_zero", "{\"span\": \"tel2\"}"));
	assert_int_equal(w->admin_status, 404);                    /* nothing counted yet */
	told_bin(w, "tel3", 100, 4);                               /* not that span's name */
	assert_int_equal(of_set(w, "day", "seconds"), -1);
	told_bin(w, "tel2", 100, 4);
	told_bin(w, "tel2", 100, 101);                             /* cannot be */
	assert_int_equal(of_set(w, "day", "errored"), 4);
	assert_int_equal(of_set(w, "counted", "errored"), 4);
	assert_int_equal(of_set(w, "counted", "zeroed_by"), -1);
	assert_int_equal(of_set(w, "day", "crc_errors"), 4);
	assert_int_equal(of_set(w, "day", "slips"), 0);            /* measured, none came */
	assert_int_equal(of_set(w, "day", "e_bits"), -1);          /* not measured: null, not 0 */
	for (int i = 0; i < 3; i++) {
		static const char *const bad[] = { "", "{\"span\": 2}", "{\"span\": \"2\", \"all\": true}" };

		assert_null(ask_admin(w, "trunk_zero", bad[i]));
		assert_int_equal(w->admin_status, 400);
		assert_null(ask_admin(w, "trunk_history", bad[i]));
		assert_int_equal(w->admin_status, 400);
	}
	assert_null(ask_admin(w, "trunk_history", "{\"span\": \"3\"}"));
	assert_int_equal(w->admin_status, 404);
	o = ask_admin(w, "trunk_history", "{\"span\": \"2\"}");
	assert_int_equal(json_array_size(json_object_get(o, "quarters")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(json_object_get(o, "quarters"), 0), "errored")), 4);
	assert_true(json_is_null(json_object_get(json_array_get(json_object_get(o, "quarters"), 0), "framing_errors")));
	json_decref(o);
	assert_null(ask_admin(w, "trunk_zero", "{\"span\": \"3\"}"));
	assert_int_equal(w->admin_status, 404);
	o = ask_admin(w, "trunk_zero", "{\"span\": \"2\"}");
	assert_string_equal(json_string_value(json_object_get(o, "name")), "tel2");
	json_decref(o);
	assert_int_equal(of_set(w, "counted", "seconds"), 0);
	assert_int_equal(of_set(w, "counted", "errored"), -1);     /* nothing was looked at: null, not 0 */
	assert_int_equal(of_set(w, "counted", "zeroed_by"), -2);
	world_crash(w);
	w->a.spans[0] = (struct callctl_span_state){ .span = 2, .name = "tel2" };
	w->a.span_count = 1;
	told_bin(w, "tel2", 120, 7);
	assert_int_equal(of_set(w, "counted", "errored"), 3);
	assert_int_equal(of_set(w, "counted", "seconds"), 20);
	assert_int_equal(of_set(w, "counted", "unavailable"), 0);
	assert_int_equal(of_set(w, "day", "errored"), 7);
	world_free(&w);
}

/* With key instead of the world's own; the status of a list. */
static int status_with(struct world *w, const char *key)
{
	static struct api_msg m;
	char own[96];

	memset(&m, 0, sizeof(m));
	m.type = api_type_payments_list;
	snprintf(own, sizeof(own), "%s", w->api_key);
	snprintf(w->api_key, sizeof(w->api_key), "%s", key);
	world_ask(w, &m);
	snprintf(w->api_key, sizeof(w->api_key), "%s", own);
	return w->answer.status;
}

static void a_key_is_replaced_with_both_valid_for_a_while(void **state)
{
	struct world *w = world_new("");
	char argument[200], key[96], id[ID_SIZE], old[96];
	json_t *o;

	(void)state;
	snprintf(old, sizeof(old), "%s", w->api_key);
	world_wait(w, 1000);       /* keys are listed by their age */
	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\", \"old_valid_hours\": 1}", w->merchant);
	o = ask_admin(w, "merchant_key_add", argument);
	assert_non_null(o);
	snprintf(key, sizeof(key), "%s", json_string_value(json_object_get(o, "api_key")));
	snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(o, "id")));
	json_decref(o);
	assert_string_not_equal(key, old);
	assert_memory_equal(key, "ck_test_", 8);
	assert_int_equal(status_with(w, old), 200);
	assert_int_equal(status_with(w, key), 200);
	w->a.wall.ms += 3600 * 1000;
	assert_int_equal(status_with(w, old), 401);
	assert_int_equal(status_with(w, key), 200);
	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\"}", w->merchant);
	o = ask_admin(w, "merchant_keys", argument);
	assert_int_equal(json_array_size(json_object_get(o, "items")), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(o, "items"), 0), "status")), "ended");
	assert_null(json_object_get(json_array_get(json_object_get(o, "items"), 1), "api_key"));
	json_decref(o);
	snprintf(argument, sizeof(argument), "{\"key\": \"%s\", \"in_hours\": 2}", id);
	json_decref(ask_admin(w, "merchant_key_revoke", argument));
	assert_int_equal(status_with(w, key), 200);
	snprintf(argument, sizeof(argument), "{\"key\": \"%s\"}", id);
	json_decref(ask_admin(w, "merchant_key_revoke", argument));
	assert_int_equal(status_with(w, key), 401);
	/* An end does not move away again. */
	snprintf(argument, sizeof(argument), "{\"key\": \"%s\", \"in_hours\": 9}", id);
	json_decref(ask_admin(w, "merchant_key_revoke", argument));
	assert_int_equal(status_with(w, key), 401);
	assert_null(ask_admin(w, "merchant_key_revoke", "{\"key\": \"key_none\"}"));
	assert_null(ask_admin(w, "merchant_key_add", "{\"merchant\": \"mer_none\"}"));
	world_free(&w);
}

/* A list asked for with key from address, with the base64 of a certificate; the status, and its code in w->answer. */
static int status_from(struct world *w, const char *key, const char *address, const char *certificate)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = api_type_payments_list;
	snprintf(m.u.head.bearer, sizeof(m.u.head.bearer), "%s", key);
	snprintf(m.u.head.client_address, sizeof(m.u.head.client_address), "%s", address);
	snprintf(m.u.head.client_certificate, sizeof(m.u.head.client_certificate), "%s", certificate);
	world_ask(w, &m);
	return w->answer.status;
}

/* A key of the world's merchant, with further members of the wish. */
static void add_key(struct world *w, const char *more, char key[96])
{
	char argument[400];
	json_t *o;

	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\"%s}", w->merchant, more);
	o = ask_admin(w, "merchant_key_add", argument);
	assert_non_null(o);
	snprintf(key, 96, "%s", json_string_value(json_object_get(o, "api_key")));
	json_decref(o);
}

/* SHA-256 of "abc" (FIPS 180-2 B.1), whose base64 is YWJj. */
#define HASH_OF_ABC "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD"

static void a_key_counts_from_its_networks_only(void **state UNUSED)
{
	struct world *w = world_new("");
	char key[96];

	add_key(w, ", \"from\": [\"203.0.113.0/24\", \"2001:db8::/32\"]", key);
	assert_int_equal(status_from(w, key, "203.0.113.9", ""), 200);
	assert_int_equal(status_from(w, key, "::ffff:203.0.113.9", ""), 200);
	assert_int_equal(status_from(w, key, "2001:db8:1::9", ""), 200);
	assert_int_equal(status_from(w, key, "203.0.114.9", ""), 403);
	assert_string_equal(w->answer.code, "address_not_allowed");
	assert_non_null(strstr(w->answer.detail, "203.0.114.9"));
	/* Not known where from: not allowed. */
	assert_int_equal(status_from(w, key, "", ""), 403);
	/* The others of the merchant are as they were. */
	assert_int_equal(status_from(w, w->api_key, "203.0.114.9", ""), 200);
	world_free(&w);
}

static void a_key_counts_with_its_certificates_only(void **state UNUSED)
{
	struct world *w = world_new("");
	char key[96];

	add_key(w, ", \"from\": [\"198.51.100.1\"], \"certificates\": [\"" HASH_OF_ABC "\"]", key);
	assert_int_equal(status_from(w, key, "198.51.100.1", "YWJj"), 200);
	assert_int_equal(status_from(w, key, "198.51.100.1", "YWJk"), 403);
	assert_string_equal(w->answer.code, "certificate_required");
	assert_int_equal(status_from(w, key, "198.51.100.1", ""), 403);
	assert_int_equal(status_from(w, key, "198.51.100.1", "no base64"), 403);
	assert_int_equal(status_from(w, key, "198.51.100.2", "YWJj"), 403);
	assert_string_equal(w->answer.code, "address_not_allowed");
	world_free(&w);
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

static void what_is_no_caller_is_refused(void **state UNUSED)
{
	static const char *const wishes[] = {
		"\"from\": [\"10.0.0.1/8\"]", "\"from\": [\"shop.example\"]", "\"from\": [1]", "\"from\": \"10.0.0.0/8\"", "\"certificates\": [\"ab12\"]",
		"\"certificates\": [\"" HASH_OF_ABC ":00\"]", "\"from\": [\"10.0.0.0/8\\u0000\"]", "\"from\": [\"\"]",
	};
	struct world *w = world_new("");
	char argument[400];
	json_t *o;

	for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
		snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\", %s}", w->merchant, wishes[i]);
		if ((o = ask_admin(w, "merchant_key_add", argument)) != NULL)
			fail_msg("%s was taken", wishes[i]);
	}
	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\", \"from\": [\"10.0.0.0/8\", \"10.0.0.0/8\", \"2001:DB8::1\"]}", w->merchant);
	json_decref(ask_admin(w, "merchant_key_add", argument));
	w->a.wall.ms += 1000;
	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\"}", w->merchant);
	o = ask_admin(w, "merchant_keys", argument);
	assert_int_equal(json_array_size(json_object_get(o, "items")), 2);
	for (size_t i = 0; i < 2; i++) {
		json_t *from = json_object_get(json_array_get(json_object_get(o, "items"), i), "from");

		if (json_array_size(from) == 0)
			continue;
		assert_int_equal(json_array_size(from), 2);
		assert_string_equal(json_string_value(json_array_get(from, 1)), "2001:db8::1/128");
	}
	json_decref(o);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_line_zeroes_one_set_of_a_line_s_seconds),
		cmocka_unit_test(a_repeat_with_the_same_key_gets_the_same_answer),
		cmocka_unit_test(a_repeat_while_the_first_is_under_way_is_told_so),
		cmocka_unit_test(the_key_of_another_merchant_is_another_key),
		cmocka_unit_test(nothing_is_created_until_the_names_have_a_sound),
		cmocka_unit_test(a_name_without_a_sound_is_refused_for_good),
		cmocka_unit_test(an_exhausted_pool_creates_nothing_and_says_when_to_come_back),
		cmocka_unit_test(a_number_rests_after_its_request),
		cmocka_unit_test(a_clock_that_is_set_back_puts_no_message_off),
		cmocka_unit_test(a_merchant_whose_server_is_silent_holds_up_nobody_else),
		cmocka_unit_test(a_number_is_free_at_the_moment_its_rest_is_over),
		cmocka_unit_test(an_order_id_is_used_once),
		cmocka_unit_test(a_key_is_replaced_with_both_valid_for_a_while),
		cmocka_unit_test(a_key_counts_from_its_networks_only),
		cmocka_unit_test(a_key_counts_with_its_certificates_only),
		cmocka_unit_test(a_repeat_from_elsewhere_is_the_same_request),
		cmocka_unit_test(what_is_no_caller_is_refused),
		cmocka_unit_test(another_merchants_things_are_not_there),
		cmocka_unit_test(without_a_known_key_nothing_is_done),
		cmocka_unit_test(what_breaks_a_rule_is_refused_with_its_field),
		cmocka_unit_test(an_answer_of_a_turn_that_was_lost_becomes_an_error),
		cmocka_unit_test(a_call_is_shown_with_its_timeline),
		cmocka_unit_test(a_caller_who_presses_keys_for_ever_makes_no_endless_timeline),
		cmocka_unit_test(of_a_card_no_more_than_bin_and_last_four_is_shown),
		cmocka_unit_test(months_are_read_strictly),
		cmocka_unit_test(the_command_line_sees_the_state_of_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
