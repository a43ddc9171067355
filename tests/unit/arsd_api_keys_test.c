/* API keys: until when, from where and with which certificate they count. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/api.h"

static const char phone[] = "01012345678";

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
	o = world_admin(w, "merchant_key_add", argument);
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
	o = world_admin(w, "merchant_keys", argument);
	assert_int_equal(json_array_size(json_object_get(o, "items")), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(o, "items"), 0), "status")), "ended");
	assert_null(json_object_get(json_array_get(json_object_get(o, "items"), 1), "api_key"));
	json_decref(o);
	snprintf(argument, sizeof(argument), "{\"key\": \"%s\", \"in_hours\": 2}", id);
	json_decref(world_admin(w, "merchant_key_revoke", argument));
	assert_int_equal(status_with(w, key), 200);
	snprintf(argument, sizeof(argument), "{\"key\": \"%s\"}", id);
	json_decref(world_admin(w, "merchant_key_revoke", argument));
	assert_int_equal(status_with(w, key), 401);
	/* An end does not move away again. */
	snprintf(argument, sizeof(argument), "{\"key\": \"%s\", \"in_hours\": 9}", id);
	json_decref(world_admin(w, "merchant_key_revoke", argument));
	assert_int_equal(status_with(w, key), 401);
	assert_null(world_admin(w, "merchant_key_revoke", "{\"key\": \"key_none\"}"));
	assert_null(world_admin(w, "merchant_key_add", "{\"merchant\": \"mer_none\"}"));
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
	o = world_admin(w, "merchant_key_add", argument);
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

/* What openssl x509 -fingerprint -sha256 prints is pasted as it stands. */
static void a_certificate_is_named_as_openssl_prints_it(void **state UNUSED)
{
	static const char *const names[] = { "sha256 Fingerprint=", "SHA256 Fingerprint=", "" };
	struct world *w = world_new("");
	char wish[200], key[96];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(wish, sizeof(wish), ", \"certificates\": [\"%s" HASH_OF_ABC "\"]", names[i]);
		add_key(w, wish, key);
		assert_int_equal(status_from(w, key, "198.51.100.1", "YWJj"), 200);
		assert_int_equal(status_from(w, key, "198.51.100.1", "YWJk"), 403);
	}
	world_free(&w);
}

static void what_is_no_caller_is_refused(void **state UNUSED)
{
	static const char *const wishes[] = {
		"\"from\": [\"10.0.0.1/8\"]", "\"from\": [\"shop.example\"]", "\"from\": [1]", "\"from\": \"10.0.0.0/8\"", "\"certificates\": [\"ab12\"]",
		"\"certificates\": [\"" HASH_OF_ABC ":00\"]", "\"certificates\": [\"sha1 Fingerprint=" HASH_OF_ABC "\"]", "\"from\": [\"10.0.0.0/8\\u0000\"]", "\"from\": [\"\"]",
	};
	struct world *w = world_new("");
	char argument[400];
	json_t *o;

	for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
		snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\", %s}", w->merchant, wishes[i]);
		if ((o = world_admin(w, "merchant_key_add", argument)) != NULL)
			fail_msg("%s was taken", wishes[i]);
	}
	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\", \"from\": [\"10.0.0.0/8\", \"10.0.0.0/8\", \"2001:DB8::1\"]}", w->merchant);
	json_decref(world_admin(w, "merchant_key_add", argument));
	w->a.wall.ms += 1000;
	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\"}", w->merchant);
	o = world_admin(w, "merchant_keys", argument);
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
		cmocka_unit_test(a_key_is_replaced_with_both_valid_for_a_while),
		cmocka_unit_test(a_key_counts_from_its_networks_only),
		cmocka_unit_test(a_key_counts_with_its_certificates_only),
		cmocka_unit_test(a_certificate_is_named_as_openssl_prints_it),
		cmocka_unit_test(what_is_no_caller_is_refused),
		cmocka_unit_test(without_a_known_key_nothing_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
