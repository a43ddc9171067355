/* When merchants' API keys were last used, how often that is stored, and the alarm of those that end while they are used. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/key_use.h"
#include "arsd/status.h"
#include "store/api_keys.h"

enum { HOUR_MS = 3600000 };

/* Any request with this key; the status. */
static int use(struct world *w, const char *key)
{
	static struct api_msg m;
	char own[96], other[96];

	memset(&m, 0, sizeof(m));
	m.type = api_type_payments_list;
	snprintf(own, sizeof(own), "%s", w->api_key);
	snprintf(other, sizeof(other), "%s", key);
	snprintf(w->api_key, sizeof(w->api_key), "%s", other);
	world_ask(w, &m);
	snprintf(w->api_key, sizeof(w->api_key), "%s", own);
	return w->answer.status;
}

static int put(const struct api_key *k, void *context)
{
	*(struct api_key *)context = *k;
	return 1;
}

/* The merchant's first key, as it is stored. */
static struct api_key first_key(struct world *w)
{
	struct api_key k = { .used = { -1 } };

	assert_int_equal(store_api_keys_of(w->a.store, w->merchant, put, &k), 1);
	return k;
}

static void rotate(struct world *w, int hours, char key[96])
{
	char argument[120];
	json_t *o;

	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\", \"old_valid_hours\": %d}", w->merchant, hours);
	o = world_admin(w, "merchant_key_add", argument);
	snprintf(key, 96, "%s", json_string_value(json_object_get(o, "api_key")));
	json_decref(o);
}

static int64_t alarm(struct world *w)
{
	bool ok;
	json_t *o;
	int64_t count;

	world_wait(w, 61000);
	o = status_health(&w->a, &ok);
	assert_true(ok);
	count = json_integer_value(json_object_get(o, "api_keys_ending"));
	json_decref(o);
	assert_int_equal(key_use_ending(&w->a), count);
	return count;
}

static void a_use_is_stored_once_an_hour(void **state UNUSED)
{
	struct world *w = world_new("");
	int64_t first;

	assert_int_equal(first_key(w).used.ms, 0);
	assert_int_equal(use(w, "ck_test_of_nobody"), 401);
	world_wait(w, 6000);
	assert_int_equal(first_key(w).used.ms, 0);
	first = w->a.wall.ms;
	assert_int_equal(use(w, w->api_key), 200);
	/* The request itself writes nothing. */
	assert_int_equal(first_key(w).used.ms, 0);
	world_wait(w, 6000);
	assert_int_equal(first_key(w).used.ms, first);
	for (int i = 0; i < 9; i++) {
		assert_int_equal(use(w, w->api_key), 200);
		w->a.wall.ms += HOUR_MS / 10;
		world_wait(w, 6000);
		assert_int_equal(first_key(w).used.ms, first);
	}
	/* Nor does a new arsd write more often, which knows nothing of it. */
	world_crash(w);
	assert_int_equal(use(w, w->api_key), 200);
	world_wait(w, 6000);
	assert_int_equal(first_key(w).used.ms, first);
	w->a.wall.ms = first + HOUR_MS;
	assert_int_equal(use(w, w->api_key), 200);
	world_wait(w, 6000);
	assert_int_equal(first_key(w).used.ms, first);
	w->a.wall.ms = first + 2 * HOUR_MS;
	assert_int_equal(use(w, w->api_key), 200);
	world_wait(w, 6000);
	assert_int_equal(first_key(w).used.ms, first + 2 * HOUR_MS);
	world_free(&w);
}

static void what_a_turn_lost_is_noted_again(void **state UNUSED)
{
	struct world *w = world_new("");

	assert_int_equal(use(w, w->api_key), 200);
	arsd_turn_failed(&w->a);
	world_wait(w, 6000);
	assert_int_equal(first_key(w).used.ms, 0);
	assert_int_equal(use(w, w->api_key), 200);
	world_wait(w, 6000);
	assert_true(first_key(w).used.ms > 0);
	world_free(&w);
}

static void the_end_of_a_key_that_is_still_used_is_an_alarm(void **state UNUSED)
{
	struct world *w = world_new("api_key_alarm_days = 2");
	const json_t *first;
	char key[96];
	json_t *o;

	assert_int_equal(use(w, w->api_key), 200);
	world_wait(w, 6000);
	w->a.wall.ms += 2 * HOUR_MS;
	rotate(w, 72, key);
	/* Not used since there is another one, and not soon. */
	assert_int_equal(alarm(w), 0);
	assert_int_equal(use(w, w->api_key), 200);
	assert_int_equal(use(w, key), 200);
	assert_int_equal(alarm(w), 0);
	w->a.wall.ms += 25 * HOUR_MS;
	assert_int_equal(alarm(w), 1);
	o = world_admin(w, "status", "");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(o, "api_keys_ending"), "days")), 2);
	first = json_object_get(json_object_get(o, "api_keys_ending"), "first");
	assert_string_equal(json_string_value(json_object_get(first, "key")), first_key(w).id.text);
	assert_string_equal(json_string_value(json_object_get(first, "merchant")), w->merchant);
	json_decref(o);
	/* It is over when it has ended. */
	w->a.wall.ms += 48 * HOUR_MS;
	assert_int_equal(use(w, w->api_key), 401);
	assert_int_equal(alarm(w), 0);
	o = world_admin(w, "status", "");
	assert_true(json_is_null(json_object_get(o, "api_keys_ending")));
	json_decref(o);
	world_free(&w);
}

static void a_key_that_its_merchant_has_left_is_none(void **state UNUSED)
{
	struct world *w = world_new("");
	char key[96];

	assert_int_equal(use(w, w->api_key), 200);
	world_wait(w, 6000);
	w->a.wall.ms += 2 * HOUR_MS;
	rotate(w, 24, key);
	assert_int_equal(use(w, key), 200);
	assert_int_equal(alarm(w), 0);
	/* The first request with the old one is. */
	assert_int_equal(use(w, w->api_key), 200);
	assert_int_equal(alarm(w), 1);
	world_free(&w);
}

/* However short the overlap is: a use after the rotation counts, within the hour of one before. */
static void a_use_within_the_hour_of_the_rotation_counts(void **state UNUSED)
{
	struct world *w = world_new("");
	char key[96];
	int64_t used;

	assert_int_equal(use(w, w->api_key), 200);
	world_wait(w, 6000);
	rotate(w, 1, key);
	assert_int_equal(alarm(w), 0);
	assert_int_equal(use(w, w->api_key), 200);
	assert_int_equal(alarm(w), 1);
	/* And once again no more within the hour. */
	used = first_key(w).used.ms;
	assert_int_equal(use(w, w->api_key), 200);
	world_wait(w, 6000);
	world_crash(w);
	assert_int_equal(use(w, w->api_key), 200);
	world_wait(w, 6000);
	assert_int_equal(first_key(w).used.ms, used);
	world_free(&w);
}

static void lists_say_when(void **state UNUSED)
{
	struct world *w = world_new("");
	char argument[80];
	json_t *o;

	o = world_admin(w, "merchants", "");
	assert_true(json_is_null(json_object_get(json_array_get(json_object_get(o, "items"), 0), "last_used_at")));
	json_decref(o);
	assert_int_equal(use(w, w->api_key), 200);
	world_wait(w, 6000);
	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\"}", w->merchant);
	o = world_admin(w, "merchant_keys", argument);
	assert_memory_equal(json_string_value(json_object_get(json_array_get(json_object_get(o, "items"), 0), "last_used_at")), "2026-09-", 8);
	json_decref(o);
	o = world_admin(w, "merchants", "");
	assert_memory_equal(json_string_value(json_object_get(json_array_get(json_object_get(o, "items"), 0), "last_used_at")), "2026-09-", 8);
	json_decref(o);
	world_free(&w);
}

static void old_webhook_secrets_are_counted(void **state UNUSED)
{
	struct world *w = world_new("");
	static struct api_msg m;
	char id[ID_SIZE];
	json_t *o;

	memset(&m, 0, sizeof(m));
	m.type = api_type_webhook_create;
	snprintf(m.u.webhook_create.url, sizeof(m.u.webhook_create.url), "https://a.example/x");
	m.u.webhook_create.enabled = 1;
	world_ask(w, &m);
	snprintf(id, sizeof(id), "%s", world_answered(w, "id"));
	memset(&m, 0, sizeof(m));
	m.type = api_type_webhook_rotate;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", id);
	m.u.webhook_rotate.overlap_s = 3600;
	world_ask(w, &m);
	world_wait(w, 61000);
	assert_int_equal(key_use_secrets_ending(&w->a), 1);
	o = world_admin(w, "status", "");
	assert_int_equal(json_integer_value(json_object_get(o, "webhook_secrets_ending")), 1);
	json_decref(o);
	w->a.wall.ms += HOUR_MS;
	world_wait(w, 61000);
	assert_int_equal(key_use_secrets_ending(&w->a), 0);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_use_is_stored_once_an_hour), cmocka_unit_test(what_a_turn_lost_is_noted_again),
		cmocka_unit_test(the_end_of_a_key_that_is_still_used_is_an_alarm), cmocka_unit_test(a_key_that_its_merchant_has_left_is_none),
		cmocka_unit_test(a_use_within_the_hour_of_the_rotation_counts), cmocka_unit_test(lists_say_when), cmocka_unit_test(old_webhook_secrets_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
