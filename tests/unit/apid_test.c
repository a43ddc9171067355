/* apid_test.c: which requests are taken and where they lead; which are refused before their body counts, and how a refusal reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/apid_asking.h"

/* ---- who is there ---- */
static void who_is_there_is_what_nginx_says_of_it(void **state UNUSED)
{
	static const struct { const char *address, *certificate, *taken_address, *taken_certificate; } cases[] = {
		{ NULL, NULL, "", "" }, { "203.0.113.7", "", "203.0.113.7", "" }, { "2001:db8::1", NULL, "2001:db8::1", "" },
		{ "203.0.113.7, 10.0.0.1", NULL, "", "" }, { "unix:", NULL, "", "" }, { "203.0.113.7 ", NULL, "", "" },
		{ NULL, "-----BEGIN%20CERTIFICATE-----%0AAQID%0ABAUG%0A-----END%20CERTIFICATE-----%0A", "", "AQIDBAUG" },
		{ NULL, "-----BEGIN CERTIFICATE-----%0D%0aAQID%2b%2F8=%0A-----END CERTIFICATE-----", "", "AQID+/8=" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(take((struct intake){ .method = "GET", .path = "/v1/registrations/" REG, .authorization = "Bearer key-1",
		                                       .client_address = cases[i].address, .client_certificate = cases[i].certificate }), 0);
		assert_string_equal(msg.u.head.client_address, cases[i].taken_address);
		assert_string_equal(msg.u.head.client_certificate, cases[i].taken_certificate);
	}
}

static void a_certificate_that_is_none_is_not_taken_for_none_shown(void **state UNUSED)
{
	/* Cut off, two of them, another thing, characters that are none of it, escapes that are none. */
	static const char *const wrong[] = {
		"-----BEGIN%20CERTIFICATE-----%0AAQID",
		"-----BEGIN%20CERTIFICATE-----AQID-----END%20CERTIFICATE----------BEGIN%20CERTIFICATE-----AQID-----END%20CERTIFICATE-----",
		"-----BEGIN%20CERTIFICATE-----END%20CERTIFICATE-----",
		"-----BEGIN%20CERTIFICATE----------END%20CERTIFICATE-----",
		"-----BEGIN%20PRIVATE%20KEY-----AQID-----END%20PRIVATE%20KEY-----",
		"-----BEGIN%20CERTIFICATE-----AQ%00ID-----END%20CERTIFICATE-----",
		"-----BEGIN%20CERTIFICATE-----AQ ID-----END%20CERTIFICATE-----",
		"-----BEGIN%20CERTIFICATE-----AQID%4",
		"%",
		"%zz",
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_int_equal(take((struct intake){ .method = "GET", .path = "/v1/registrations/" REG, .authorization = "Bearer key-1",
		                                       .client_certificate = wrong[i] }), ERR_INVALID);
		assert_refused(400, "certificate_invalid", "");
	}
}

static void a_certificate_that_is_too_large_is_refused(void **state UNUSED)
{
	static char pem[20000];

	for (int room = 5996; room <= 16000; room += 4) {
		int n = snprintf(pem, sizeof(pem), "-----BEGIN CERTIFICATE-----");

		memset(pem + n, 'A', (size_t)room);
		snprintf(pem + n + room, sizeof(pem) - (size_t)(n + room), "-----END CERTIFICATE-----");
		assert_int_equal(take((struct intake){ .method = "GET", .path = "/v1/registrations/" REG, .authorization = "Bearer key-1",
		                                       .client_certificate = pem }), room <= 6000 ? 0 : ERR_INVALID);
		if (room <= 6000)
			assert_int_equal(strlen(msg.u.head.client_certificate), room);
		else
			assert_refused(400, "certificate_invalid", "");
	}
}

/* ---- routes ---- */
static void every_route_leads_to_its_message(void **state UNUSED)
{
	static const struct { enum listener l; const char *method, *path; enum api_type type; const char *id; } cases[] = {
		{ LISTENER_MERCHANT, "POST", "/v1/registrations", api_type_registration_create, "" },
		{ LISTENER_MERCHANT, "GET", "/v1/registrations/" REG, api_type_registration_get, REG },
		{ LISTENER_MERCHANT, "POST", "/v1/registrations/" REG "/cancel", api_type_registration_cancel, REG },
		{ LISTENER_MERCHANT, "POST", "/v1/payments", api_type_payment_create, "" },
		{ LISTENER_MERCHANT, "GET", "/v1/payments/pay_0123456789abcdefghjkmnpqrs", api_type_payment_get,
		  "pay_0123456789abcdefghjkmnpqrs" },
		{ LISTENER_MERCHANT, "GET", "/v1/billing-keys/" BK, api_type_billing_key_get, BK },
		{ LISTENER_MERCHANT, "DELETE", "/v1/billing-keys/" BK, api_type_billing_key_delete, BK },
		{ LISTENER_MERCHANT, "GET", "/v1/calls/call_0123456789abcdefghjkmnpqrs", api_type_call_get,
		  "call_0123456789abcdefghjkmnpqrs" },
		{ LISTENER_MERCHANT, "GET", "/v1/registrations", api_type_registrations_list, "" },
		{ LISTENER_MERCHANT, "GET", "/v1/payments", api_type_payments_list, "" },
		{ LISTENER_MERCHANT, "GET", "/v1/billing-keys", api_type_billing_keys_list, "" },
		{ LISTENER_MERCHANT, "GET", "/v1/calls", api_type_calls_list, "" },
		{ LISTENER_MERCHANT, "GET", "/v1/attempts", api_type_attempts_list, "" },
		{ LISTENER_MERCHANT, "GET", "/v1/events", api_type_events_list, "" },
		{ LISTENER_MERCHANT, "GET", "/v1/events/evt_0123456789abcdefghjkmnpqrs", api_type_event_get,
		  "evt_0123456789abcdefghjkmnpqrs" },
		{ LISTENER_MERCHANT, "GET", "/v1/card-promotions", api_type_card_promotions_list, "" },
		{ LISTENER_MERCHANT, "GET", "/v1/consents", api_type_consents_list, "" },
		{ LISTENER_MERCHANT, "GET", "/v1/cancellations", api_type_cancellations_list, "" },
		{ LISTENER_MERCHANT, "GET", "/v1/virtual-numbers", api_type_virtual_numbers_get, "" },
		{ LISTENER_MERCHANT, "GET", "/healthz", api_type_health, "" },
		{ LISTENER_MERCHANT, "HEAD", "/healthz", api_type_health, "" },
		{ LISTENER_ADMIN, "GET", "/healthz", api_type_health, "" },
		{ LISTENER_ADMIN, "GET", "/metrics", api_type_metrics_get, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char id[ID_SIZE] = "x";

		assert_int_equal(route_find(cases[i].l, cases[i].method, cases[i].path, &route, id, &problem), 0);
		assert_int_equal(route->type, cases[i].type);
		assert_string_equal(id, cases[i].id);
	}
}

static void what_is_no_path_is_not_found(void **state UNUSED)
{
	static const char *const paths[] = {
		"/", "/v1", "/v1/registrations/", "/v1/registrations/x", "/v1/registrations/" BK, "/v1/registrations/" REG "/x",
		"/v1/registrations/" REG "0", "/v2/payments", "/metrics", "/v1/billing-key", "/healthz/", "//healthz",
		"/v1/registrations/../payments", "",
	};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		char id[ID_SIZE];

		assert_int_equal(route_find(LISTENER_MERCHANT, "GET", paths[i], &route, id, &problem), ERR_INVALID);
		assert_refused(404, "not_found", "");
	}
}

static void the_admin_listener_serves_no_merchant(void **state UNUSED)
{
	char id[ID_SIZE];

	assert_int_equal(route_find(LISTENER_ADMIN, "POST", "/v1/payments", &route, id, &problem), ERR_INVALID);
	assert_refused(404, "not_found", "");
}

static void a_wrong_method_is_told_the_right_ones(void **state UNUSED)
{
	static const struct { const char *method, *path, *allow; } cases[] = {
		{ "PATCH", "/v1/registrations", "GET, HEAD, POST" }, { "DELETE", "/v1/payments", "GET, HEAD, POST" },
		{ "POST", "/v1/virtual-numbers", "GET, HEAD" },
		{ "PUT", "/v1/registrations/" REG, "GET, HEAD" }, { "POST", "/v1/billing-keys/" BK, "GET, HEAD, DELETE" },
		{ "OTHER", "/healthz", "GET, HEAD" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char id[ID_SIZE];

		assert_int_equal(route_find(LISTENER_MERCHANT, cases[i].method, cases[i].path, &route, id, &problem), ERR_INVALID);
		assert_refused(405, "method_not_allowed", "");
		assert_string_equal(problem.allow, cases[i].allow);
	}
}

/* ---- queries ---- */
static int ask(const char *path, const char *query)
{
	return take((struct intake){ .method = "GET", .path = path, .query = query, .authorization = "Bearer key-1" });
}

static void a_query_is_read_into_its_message(void **state UNUSED)
{
	const struct api_payments_list *m = &msg.u.payments_list;

	assert_int_equal(ask("/v1/payments", ""), 0);
	assert_int_equal(m->limit, 0);
	assert_int_equal(ask("/v1/payments", "limit=100&status=approved&created_after=2026-11-25T09:30:00.250%2B09:00&"
	                     "cursor=pay_0123456789abcdefghjkmnpqrs&expand=billing_key%2clast_call"), 0);
	assert_int_equal(msg.type, api_type_payments_list);
	assert_int_equal(m->limit, 100);
	assert_string_equal(m->status, "approved");
	assert_int_equal(m->created_after, INT64_C(1795566600250));
	assert_int_equal(m->created_before, 0);
	assert_string_equal(m->cursor, "pay_0123456789abcdefghjkmnpqrs");
	assert_string_equal(m->expand, "billing_key,last_call");
	assert_string_equal(m->bearer, "key-1");
	assert_int_equal(ask("/v1/billing-keys", "customer_ref=%ED%99%8D+1"), 0);
	assert_string_equal(msg.u.billing_keys_list.customer_ref, "홍 1");
	assert_int_equal(ask("/v1/events", "type=payment.approved"), 0);
	assert_string_equal(msg.u.events_list.status, "payment.approved");
}

static void a_query_that_is_no_query_is_refused_with_its_parameter(void **state UNUSED)
{
	static char long_query[3000] = "cursor=";
	static const struct { const char *query, *field; } cases[] = {
		{ "x=1", "/x" }, { "limit=0", "/limit" }, { "limit=101", "/limit" }, { "limit=1e1", "/limit" }, { "limit=-1", "/limit" },
		{ "limit=", "/limit" }, { "limit=99999999999999999999", "/limit" }, { "limit=1&limit=2", "/limit" },
		{ "limit=1&limi%74=2", "/limit" }, { "limit", "" }, { "&", "" }, { "limit=1&", NULL }, { "=1", "/" }, { "status=%", "" },
		{ "status=%4", "" }, { "status=%zz", "" }, { "status=a%00b", "" }, { "status=%ff", "/status" }, { "%ff=1", "" },
		{ "status=Approved", "/status" }, { "status=", "/status" }, { "status=sms_sent_and_a_lot_of_more", "/status" },
		{ "created_after=2026-11-25", "/created_after" }, { "created_after=2026-02-30T00:00:00Z", "/created_after" },
		{ "created_before=2026-11-25T25:00:00Z", "/created_before" }, { "cursor=%27%20OR%201", "/cursor" }, { long_query, "" },
	};

	memset(long_query + 7, 'a', sizeof(long_query) - 8);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(ask("/v1/registrations", cases[i].query), cases[i].field != NULL ? ERR_INVALID : 0);
		if (cases[i].field != NULL)
			assert_refused(400, "invalid_query", cases[i].field);
	}
	/* A day alone, which is likely to be tried, is told the form and not its length. */
	assert_int_equal(ask("/v1/registrations", "created_after=2026-11-25"), ERR_INVALID);
	assert_non_null(strstr(problem.detail, "RFC 3339"));
	/* So is a + that stands for a blank. */
	assert_int_equal(ask("/v1/registrations", "created_after=2026-11-25T09:30:00+09:00"), ERR_INVALID);
	assert_refused(400, "invalid_query", "/created_after");
	assert_non_null(strstr(problem.detail, "%2B"));
	/* The beginning of all times is one, and not none. */
	assert_int_equal(ask("/v1/registrations", "created_before=1970-01-01T00:00:00Z"), 0);
	assert_int_equal(msg.u.registrations_list.created_before, 1);
	assert_int_equal(ask("/v1/reconciliations", "created_before=1970-01-01T00:00:00%2B09:00"), 0);
	assert_int_equal(msg.u.reconciliations_list.created_before, 1);
	/* Each list has its state by the name that its things have it by. */
	assert_int_equal(ask("/v1/webhook-endpoints", "enabled=true"), 0);
	assert_string_equal(msg.u.webhooks_list.status, "true");
	assert_int_equal(ask("/v1/webhook-endpoints", "enabled=1"), ERR_INVALID);
	assert_refused(400, "invalid_query", "/enabled");
	assert_int_equal(ask("/v1/webhook-endpoints", "status=true"), ERR_INVALID);
	assert_refused(400, "invalid_query", "/status");
}

/* ---- headers ---- */
static void a_request_needs_a_bearer_key(void **state UNUSED)
{
	static const char *const bad[] = {
		NULL, "", "Bearer", "Bearer ", "Basic key-1", "Bearer two words", "Bearer key\"", "key-1",
		"Bearer 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(take((struct intake){ .method = "GET", .path = "/v1/registrations/" REG, .authorization = bad[i] }),
		                 ERR_INVALID);
		assert_refused(401, "unauthorized", "");
	}
	assert_int_equal(take((struct intake){ .method = "GET", .path = "/v1/registrations/" REG,
	                                       .authorization = "bearer  ck_a.b~c" }), 0);
	assert_string_equal(msg.u.registration_get.bearer, "ck_a.b~c");
	assert_string_equal(msg.u.registration_get.id, REG);
}

static void health_needs_no_key(void **state UNUSED)
{
	assert_int_equal(take((struct intake){ .method = "GET", .path = "/healthz" }), 0);
	assert_int_equal(msg.type, api_type_health);
}

static void a_stranger_learns_nothing_of_the_body_rules(void **state UNUSED)
{
	assert_int_equal(take((struct intake){ .method = "POST", .path = "/v1/payments", .body = (const uint8_t *)"{",
	                                       .len = 1 }),
	                 ERR_INVALID);
	assert_refused(401, "unauthorized", "");
}

static void headers_and_sizes_are_checked(void **state UNUSED)
{
	static uint8_t large[INTAKE_BODY_MAX + 1];
	static char long_key[302];
	struct intake in = { .method = "POST", .path = "/v1/registrations", .authorization = "Bearer k",
	                     .content_type = "application/json", .body = (const uint8_t *)"{}", .len = 2 };
	struct intake with = in;

	with.content_type = "application/jsonx";
	assert_int_equal(take(with), ERR_INVALID);
	assert_refused(415, "unsupported_media_type", "");
	with.content_type = NULL;
	assert_int_equal(take(with), ERR_INVALID);
	assert_refused(415, "unsupported_media_type", "");
	with = in;
	with.body = large;
	with.len = sizeof(large);
	assert_int_equal(take(with), ERR_INVALID);
	assert_refused(413, "body_too_large", "");
	with = in;
	with.query = "x=1";
	assert_int_equal(take(with), ERR_INVALID);
	assert_refused(400, "invalid_query", "");
	memset(long_key, 'k', sizeof(long_key) - 1);
	static const char *const keys[] = { "", "two words", "\x7f", "\xea\xb0\x80", long_key };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		with = in;
		with.idempotency_key = keys[i];
		assert_int_equal(take(with), ERR_INVALID);
		assert_refused(400, "invalid_idempotency_key", "");
	}
	assert_int_equal(take((struct intake){ .method = "GET", .path = "/v1/registrations/" REG, .authorization = "Bearer k",
	                                       .content_type = "application/json", .body = (const uint8_t *)"{}", .len = 2 }),
	                 ERR_INVALID);
	assert_refused(400, "unexpected_body", "");
}

static void a_body_that_is_no_json_object_is_refused(void **state UNUSED)
{
	static const char *const bodies[] = { "", "x", "[]", "{", "{\"a\":1,\"a\":2}", "{} {}", "\"\"", "{\"a\":\"\xff\"}" };

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		assert_int_equal(post("/v1/payments", bodies[i]), ERR_INVALID);
		assert_refused(400, "invalid_json", "");
	}
}

/* ---- what a refusal says ---- */
static void a_problem_is_rfc_9457(void **state UNUSED)
{
	struct problem p = problem_make(422, "invalid_field", "/amount/total", "must be from 1 to 10");
	char *text = problem_print(&p, "req_1");

	assert_string_equal(text, "{\"type\":\"/problems/invalid_field\",\"title\":\"Invalid field\",\"status\":422,"
	                    "\"code\":\"invalid_field\",\"detail\":\"must be from 1 to 10\",\"field\":\"/amount/total\","
	                    "\"request_id\":\"req_1\"}");
	free(text);
	p = problem_make(503, "unavailable", "", "x");
	text = problem_print(&p, "req_2");
	assert_null(strstr(text, "field"));
	free(text);
}

static void a_text_cut_in_a_character_is_still_json(void **state UNUSED)
{
	char hostile[400] = "/";
	struct problem p;
	char *text;

	for (size_t extra = 0; extra < 3; extra++) {
		memset(hostile + 1, 'a', extra);
		for (size_t i = extra + 1; i + 3 < sizeof(hostile); i += 3)
			memcpy(hostile + i, "가", 4);
		p = problem_make(422, "invalid_field", hostile, hostile);
		text = problem_print(&p, "req_1");
		assert_non_null(text);
		assert_non_null(strstr(text, "\"field\""));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_there_is_what_nginx_says_of_it),
		cmocka_unit_test(a_certificate_that_is_none_is_not_taken_for_none_shown),
		cmocka_unit_test(a_certificate_that_is_too_large_is_refused),
		cmocka_unit_test(every_route_leads_to_its_message),
		cmocka_unit_test(what_is_no_path_is_not_found),
		cmocka_unit_test(the_admin_listener_serves_no_merchant),
		cmocka_unit_test(a_wrong_method_is_told_the_right_ones),
		cmocka_unit_test(a_query_is_read_into_its_message),
		cmocka_unit_test(a_query_that_is_no_query_is_refused_with_its_parameter),
		cmocka_unit_test(a_request_needs_a_bearer_key),
		cmocka_unit_test(health_needs_no_key),
		cmocka_unit_test(a_stranger_learns_nothing_of_the_body_rules),
		cmocka_unit_test(headers_and_sizes_are_checked),
		cmocka_unit_test(a_body_that_is_no_json_object_is_refused),
		cmocka_unit_test(a_problem_is_rfc_9457),
		cmocka_unit_test(a_text_cut_in_a_character_is_still_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
