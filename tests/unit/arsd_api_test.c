/* What merchants and the command line are told of calls, cards and the state of things. */
#include "arsd_world.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "arsd/line_counts.h"
#include "arsd/api.h"
#include "arsd/render.h"

static const char phone[] = "01012345678";

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

static void the_command_line_sees_the_state_of_things(void **state)
{
	struct world *w = world_new("");
	json_t *o;

	(void)state;
	world_ask(w, world_registration(phone));
	o = world_admin(w, "status", "");
	assert_string_equal(json_string_value(json_object_get(json_object_get(o, "processes"), "trunkd")), "up");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json_object_get(o, "requests"), "registrations"),
	                                                    "sms_sent")), 1);
	json_decref(o);
	o = world_admin(w, "registrations", "{\"limit\": 5}");
	assert_int_equal(json_array_size(json_object_get(o, "items")), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(o, "items"), 0), "phone")),
	                    "010-****-5678");
	assert_null(strstr(w->admin, phone));
	json_decref(o);
	o = world_admin(w, "merchants", "");
	assert_int_equal(json_array_size(json_object_get(o, "items")), 1);
	assert_null(strstr(w->admin, "whsec"));
	json_decref(o);
	assert_null(world_admin(w, "drain", "{\"on\": true, \"span\": 7}"));
	assert_int_equal(w->admin_status, 404);
	o = world_admin(w, "drain", "{\"on\": true}");
	assert_non_null(o);
	json_decref(o);
	assert_null(world_admin(w, "nonsense", ""));
	assert_int_equal(w->admin_status, 404);
	assert_null(world_admin(w, "merchant_add", "{\"name\": \"x\", \"unknown\": 1}"));
	assert_int_equal(w->admin_status, 400);
	assert_null(world_admin(w, "merchant_add", "{\"name\": \"x\", \"webhook_url\": \"http://plain\"}"));
	assert_int_equal(w->admin_status, 400);
	assert_null(world_admin(w, "merchant_add", "{\"name\": \"!!\"}"));
	assert_int_equal(w->admin_status, 400);
	snprintf(w->a.set.pgs[w->a.set.pg_count++], sizeof(w->a.set.pgs[0]), "main");
	assert_null(world_admin(w, "merchant_add", "{\"name\": \"x\", \"pg\": \"other\"}"));
	assert_int_equal(w->admin_status, 400);
	o = world_admin(w, "merchant_add", "{\"name\": \"x\", \"pg\": \"main\"}");
	assert_non_null(o);
	json_decref(o);
	world_free(&w);
}

static struct api_msg *charge(struct id key)
{
	struct api_msg *m = world_payment(key.text, "order-000001", 1000);

	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "skip");
	m->u.payment_create.other_card[0] = '\0';
	return m;
}

/* The verb's answer to one argument for the world's merchant; member: "\"pg\": \"x\"" and the like. */
static void set_merchant(struct world *w, const char *member, unsigned status)
{
	char argument[200];
	json_t *o;

	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\"%s}", w->merchant, member);
	o = world_admin(w, "merchant_set", argument);
	if (status == 200)
		assert_non_null(o);
	else
		assert_int_equal(w->admin_status, status);
	json_decref(o);
}

static void what_a_merchant_may_do_is_changed(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct merchant m;

	(void)state;
	set_merchant(w, ", \"must_ask_consent\": true", 200);
	world_ask(w, charge(key));
	assert_int_equal(w->answer.status, 403);
	assert_string_equal(w->answer.code, "consent_skip_not_allowed");
	set_merchant(w, ", \"may_skip_consent\": true", 200);
	world_ask(w, charge(key));
	assert_int_equal(w->answer.status, 201);
	set_merchant(w, "", 400);
	set_merchant(w, ", \"may_skip_consent\": true, \"must_ask_consent\": true", 400);
	set_merchant(w, ", \"live\": true", 400);
	snprintf(w->a.set.pgs[w->a.set.pg_count++], sizeof(w->a.set.pgs[0]), "main");
	set_merchant(w, ", \"pg\": \"other\"", 400);
	set_merchant(w, ", \"pg\": \"main\"", 200);
	assert_int_equal(store_merchant_get(w->a.store, w->merchant, &m), 0);
	assert_string_equal(m.pg, "main");
	assert_true(m.may_skip_consent);
	/* A gateway of the other mode is none. */
	w->a.set.pg_live[w->a.set.pg_count - 1] = !m.live;
	set_merchant(w, ", \"pg\": \"main\"", 400);
	set_merchant(w, ", \"pg\": \"\"", 200);
	assert_int_equal(store_merchant_get(w->a.store, w->merchant, &m), 0);
	assert_string_equal(m.pg, "");
	assert_null(world_admin(w, "merchant_set", "{\"merchant\": \"mer_nobody\", \"pg\": \"\"}"));
	assert_int_equal(w->admin_status, 404);
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
	json_t *o = world_admin(w, "trunks", ""), *value = json_object_get(json_object_get(json_array_get(json_object_get(o, "spans"), 0), set),
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
	assert_null(world_admin(w, "trunk_zero", "{\"span\": \"tel2\"}"));
	assert_int_equal(w->admin_status, 503);                    /* no trunkd has told of a span */
	w->a.spans[0] = (struct callctl_span_state){ .span = 2, .name = "tel2" };
	w->a.span_count = 1;
	assert_null(world_admin(w, "trunk_zero", "{\"span\": \"tel2\"}"));
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

		assert_null(world_admin(w, "trunk_zero", bad[i]));
		assert_int_equal(w->admin_status, 400);
		assert_null(world_admin(w, "trunk_history", bad[i]));
		assert_int_equal(w->admin_status, 400);
	}
	assert_null(world_admin(w, "trunk_history", "{\"span\": \"3\"}"));
	assert_int_equal(w->admin_status, 404);
	o = world_admin(w, "trunk_history", "{\"span\": \"2\"}");
	assert_int_equal(json_array_size(json_object_get(o, "quarters")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(json_object_get(o, "quarters"), 0), "errored")), 4);
	assert_true(json_is_null(json_object_get(json_array_get(json_object_get(o, "quarters"), 0), "framing_errors")));
	json_decref(o);
	assert_null(world_admin(w, "trunk_zero", "{\"span\": \"3\"}"));
	assert_int_equal(w->admin_status, 404);
	o = world_admin(w, "trunk_zero", "{\"span\": \"2\"}");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_line_zeroes_one_set_of_a_line_s_seconds),
		cmocka_unit_test(another_merchants_things_are_not_there),
		cmocka_unit_test(a_call_is_shown_with_its_timeline),
		cmocka_unit_test(a_caller_who_presses_keys_for_ever_makes_no_endless_timeline),
		cmocka_unit_test(of_a_card_no_more_than_bin_and_last_four_is_shown),
		cmocka_unit_test(what_a_merchant_may_do_is_changed),
		cmocka_unit_test(the_command_line_sees_the_state_of_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
