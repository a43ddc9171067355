/* apid_test.c: which requests are taken and what arsd is then asked; which are refused, where and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "apid/intake.h"

#define REG "reg_0123456789abcdefghjkmnpqrs"
#define BK "bk_0123456789abcdefghjkmnpqrs"
#define REGISTRATION \
	"\"customer_ref\":\"c-1\",\"phone\":\"+82 10-1234-5678\",\"product_name\":\"월간 구독\",\"cycle\":\"monthly\""
#define WON(total) "\"amount\":{\"total\":" total ",\"currency\":\"KRW\"}"
#define PAYMENT \
	"\"order_id\":\"order-1\",\"billing_key\":\"" BK "\",\"order_name\":\"구독\"," WON("50000")

static struct api_msg msg;
static struct problem problem;
static const struct route *route;

static int take(struct intake in)
{
	memset(&problem, 0, sizeof(problem));
	if (in.listener == 0)
		in.listener = LISTENER_MERCHANT;
	if (in.query == NULL)
		in.query = "";
	return intake_read(&in, &route, &msg, &problem);
}

/* A POST with a good key and JSON body. */
static int post(const char *path, const char *body)
{
	return take((struct intake){ .method = "POST", .path = path, .authorization = "Bearer key-1",
	                             .content_type = "application/json; charset=utf-8", .idempotency_key = "abc-1",
	                             .body = (const uint8_t *)body, .len = strlen(body) });
}

static void assert_refused(int status, const char *code, const char *field)
{
	assert_int_equal(problem.status, status);
	assert_string_equal(problem.code, code);
	assert_string_equal(problem.field, field);
	assert_true(problem.detail[0] != '\0');
}

#define assert_field(body_members, pointer)                                                     \
	do {                                                                                        \
		assert_int_equal(post(PATH, "{" body_members "}"), ERR_INVALID);                        \
		assert_refused(422, "invalid_field", pointer);                                          \
	} while (0)

/* ---- who is there ---- */
static void who_is_there_is_what_nginx_says_of_it(void **state UNUSED)
{
	static const struct { const char *address, *certificate, *taken_address, *taken_certificate; } cases[] = {
		{ NULL, NULL, "", "" }, { "203.0.113.7", "", "203.0.113.7", "" }, { "2001:db8::1", NULL, "2001:db8::1", "" },
		{ "203.0.113.7, 10.0.0.1", NULL, "", "" }, { "unix:", NULL, "", "" }, { "203.0.113.7 ", NULL, "", "" },
		{ NULL, "-----BEGIN%20CERTIFICATE-----%0AAQID%0ABAUG%0A-----END%20CERTIFICATE-----%0A", "", "AQIDBAUG" },
		{ NULL, "-----BEGIN CERTIFICATE-----%0D%0aAQID%2b%2F8=%0A-----END CERTIFICATE-----", "", "AQID+/8=" },
		/* Cut off, two of them, another thing, characters that are none of it, escapes that are none. */
		{ NULL, "-----BEGIN%20CERTIFICATE-----%0AAQID", "", "" },
		{ NULL, "-----BEGIN%20CERTIFICATE-----AQID-----END%20CERTIFICATE----------BEGIN%20CERTIFICATE-----AQID-----END%20CERTIFICATE-----", "", "" },
		{ NULL, "-----BEGIN%20CERTIFICATE-----END%20CERTIFICATE-----", "", "" },
		{ NULL, "-----BEGIN%20CERTIFICATE----------END%20CERTIFICATE-----", "", "" },
		{ NULL, "-----BEGIN%20PRIVATE%20KEY-----AQID-----END%20PRIVATE%20KEY-----", "", "" },
		{ NULL, "-----BEGIN%20CERTIFICATE-----AQ%00ID-----END%20CERTIFICATE-----", "", "" },
		{ NULL, "-----BEGIN%20CERTIFICATE-----AQ ID-----END%20CERTIFICATE-----", "", "" },
		{ NULL, "-----BEGIN%20CERTIFICATE-----AQID%4", "", "" }, { NULL, "%", "", "" }, { NULL, "%zz", "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(take((struct intake){ .method = "GET", .path = "/v1/registrations/" REG, .authorization = "Bearer key-1",
		                                       .client_address = cases[i].address, .client_certificate = cases[i].certificate }), 0);
		assert_string_equal(msg.u.head.client_address, cases[i].taken_address);
		assert_string_equal(msg.u.head.client_certificate, cases[i].taken_certificate);
	}
}

static void a_certificate_that_is_too_large_is_none(void **state UNUSED)
{
	static char pem[20000];

	for (int room = 5996; room <= 16000; room += 4) {
		int n = snprintf(pem, sizeof(pem), "-----BEGIN CERTIFICATE-----");

		memset(pem + n, 'A', (size_t)room);
		snprintf(pem + n + room, sizeof(pem) - (size_t)(n + room), "-----END CERTIFICATE-----");
		assert_int_equal(take((struct intake){ .method = "GET", .path = "/v1/registrations/" REG, .authorization = "Bearer key-1",
		                                       .client_certificate = pem }), 0);
		assert_int_equal(strlen(msg.u.head.client_certificate), room <= 6000 ? room : 0);
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

/* ---- registrations ---- */
#define PATH "/v1/registrations"

static void a_registration_needs_few_words(void **state UNUSED)
{
	const struct api_registration_create *m = &msg.u.registration_create;

	assert_int_equal(post(PATH, "{" REGISTRATION "}"), 0);
	assert_int_equal(msg.type, api_type_registration_create);
	assert_string_equal(m->bearer, "key-1");
	assert_string_equal(m->idempotency_key, "abc-1");
	assert_string_equal(m->customer_ref, "c-1");
	assert_string_equal(m->phone, "01012345678");     /* in its one form */
	assert_string_equal(m->product_name, "월간 구독");
	assert_string_equal(m->merchant_name, "");
	assert_string_equal(m->cycle, "monthly");
	assert_int_equal(m->amount_minor, 0);
	assert_string_equal(m->currency, "");
	assert_string_equal(m->language, "ko");
	assert_string_equal(m->speed, "normal");
	assert_int_equal(m->expires_in_s, 0);
	assert_string_equal(m->sms, "send");
}

static void a_registration_may_say_all(void **state UNUSED)
{
	const struct api_registration_create *m = &msg.u.registration_create;

	assert_int_equal(post(PATH, "{" REGISTRATION ",\"merchant_name\":\"가게\","
	                      "\"amount\":{\"total\":1000000000000,\"currency\":\"USD\"},"
	                      "\"language\":\"en\",\"speed\":\"slow\",\"expires_in_s\":604800,\"sms\":\"skip\"}"), 0);
	assert_string_equal(m->merchant_name, "가게");
	assert_true(m->amount_minor == INT64_C(1000000000000));
	assert_string_equal(m->currency, "USD");
	assert_string_equal(m->language, "en");
	assert_string_equal(m->speed, "slow");
	assert_int_equal(m->expires_in_s, 604800);
	assert_string_equal(m->sms, "skip");
}

static void a_landline_gets_no_sms(void **state UNUSED)
{
#define LANDLINE "\"customer_ref\":\"c\",\"phone\":\"02-123-4567\",\"product_name\":\"p\",\"cycle\":\"irregular\""
	assert_field(LANDLINE, "/phone");
	assert_int_equal(post(PATH, "{" LANDLINE ",\"sms\":\"skip\"}"), 0);
	assert_string_equal(msg.u.registration_create.phone, "021234567");
}

static void a_registration_names_the_member_at_fault(void **state UNUSED)
{
	assert_field("\"phone\":\"01012345678\",\"product_name\":\"p\",\"cycle\":\"monthly\"", "/customer_ref");
	assert_field("\"customer_ref\":\"c\",\"phone\":\"12345678\",\"product_name\":\"p\",\"cycle\":\"monthly\"", "/phone");
	assert_field("\"customer_ref\":\"c\",\"phone\":1012345678,\"product_name\":\"p\",\"cycle\":\"monthly\"", "/phone");
	assert_field("\"customer_ref\":\"c\",\"phone\":\"01012345678\",\"product_name\":\"  \",\"cycle\":\"monthly\"",
	             "/product_name");
	assert_field("\"customer_ref\":\"c\",\"phone\":\"01012345678\",\"product_name\":\"a\\nb\",\"cycle\":\"monthly\"",
	             "/product_name");
	assert_field("\"customer_ref\":\"c\",\"phone\":\"01012345678\",\"product_name\":\"p\",\"cycle\":\"month\"", "/cycle");
	assert_field("\"customer_ref\":\"c\",\"phone\":\"01012345678\",\"product_name\":\"p\",\"cycle\":\"once\"", "/cycle");
	assert_field(REGISTRATION ",\"card_number\":\"4111\"", "/card_number");
	assert_field(REGISTRATION ",\"language\":\"jp\"", "/language");
	assert_field(REGISTRATION ",\"speed\":\"\"", "/speed");
	assert_field(REGISTRATION ",\"expires_in_s\":29", "/expires_in_s");
	assert_field(REGISTRATION ",\"expires_in_s\":604801", "/expires_in_s");
	assert_field(REGISTRATION ",\"expires_in_s\":60.5", "/expires_in_s");
	assert_field(REGISTRATION ",\"sms\":null", "/sms");
	assert_field(REGISTRATION ",\"amount\":5", "/amount");
	assert_field(REGISTRATION ",\"amount\":{\"total\":0,\"currency\":\"KRW\"}", "/amount/total");
	assert_field(REGISTRATION ",\"amount\":{\"total\":1000000000001,\"currency\":\"KRW\"}", "/amount/total");
	assert_field(REGISTRATION ",\"amount\":{\"total\":1.0,\"currency\":\"KRW\"}", "/amount/total");
	assert_field(REGISTRATION ",\"amount\":{\"total\":1,\"currency\":\"EUR\"}", "/amount/currency");
	assert_field(REGISTRATION ",\"amount\":{\"total\":1}", "/amount/currency");
	assert_field(REGISTRATION ",\"amount\":{\"total\":1,\"currency\":\"KRW\",\"vat\":1}", "/amount/vat");
}
#undef PATH

/* ---- payments ---- */
#define PATH "/v1/payments"

static void a_payment_needs_few_words_and_asks_by_default(void **state UNUSED)
{
	const struct api_payment_create *m = &msg.u.payment_create;

	assert_int_equal(post(PATH, "{" PAYMENT "}"), 0);
	assert_int_equal(msg.type, api_type_payment_create);
	assert_string_equal(m->idempotency_key, "abc-1");
	assert_string_equal(m->order_id, "order-1");
	assert_string_equal(m->billing_key, BK);
	assert_int_equal(m->amount_minor, 50000);
	assert_string_equal(m->currency, "KRW");
	assert_string_equal(m->cycle, "once");
	assert_string_equal(m->consent, "ask");
	assert_string_equal(m->other_card, "deny");
	assert_string_equal(m->instalment_mode, "none");
	assert_int_equal(m->instalment_months, 0);
	assert_string_equal(m->instalment_allowed, "");
	assert_string_equal(m->language, "ko");
	assert_string_equal(m->sms, "send");
}

static void instalments_are_asked_or_fixed(void **state UNUSED)
{
	const struct api_payment_create *m = &msg.u.payment_create;

	assert_int_equal(post(PATH, "{" PAYMENT ",\"instalment\":{\"mode\":\"ask\",\"allowed\":[2,3,36],"
	                      "\"interest_free\":[3]}}"), 0);
	assert_string_equal(m->instalment_mode, "ask");
	assert_string_equal(m->instalment_allowed, "2,3,36");
	assert_string_equal(m->interest_free, "3");
	assert_int_equal(post(PATH, "{" PAYMENT ",\"instalment\":{\"mode\":\"fixed\",\"months\":6,\"interest_free\":[6]}}"),
	                 0);
	assert_string_equal(m->instalment_mode, "fixed");
	assert_int_equal(m->instalment_months, 6);
	assert_string_equal(m->interest_free, "6");
	assert_int_equal(post(PATH, "{" PAYMENT ",\"instalment\":{\"mode\":\"none\"}}"), 0);
	assert_int_equal(post(PATH, "{" PAYMENT ",\"instalment\":{\"mode\":\"ask\",\"allowed\":[2,3,4,5,6,7,8]}}"), 0);
}

static void instalments_that_cannot_be_are_refused(void **state UNUSED)
{
#define INSTALMENT(members) PAYMENT ",\"instalment\":{" members "}"
	assert_field(INSTALMENT(""), "/instalment/mode");
	assert_field(INSTALMENT("\"mode\":\"some\""), "/instalment/mode");
	assert_field(INSTALMENT("\"mode\":\"fixed\""), "/instalment/months");
	assert_field(INSTALMENT("\"mode\":\"fixed\",\"months\":1"), "/instalment/months");
	assert_field(INSTALMENT("\"mode\":\"fixed\",\"months\":37"), "/instalment/months");
	assert_field(INSTALMENT("\"mode\":\"none\",\"months\":2"), "/instalment/months");
	assert_field(INSTALMENT("\"mode\":\"ask\""), "/instalment/allowed");
	assert_field(INSTALMENT("\"mode\":\"ask\",\"allowed\":[]"), "/instalment/allowed");
	assert_field(INSTALMENT("\"mode\":\"ask\",\"allowed\":[2,3,4,5,6,7,8,9]"), "/instalment/allowed");
	assert_field(INSTALMENT("\"mode\":\"ask\",\"allowed\":[1]"), "/instalment/allowed/0");
	assert_field(INSTALMENT("\"mode\":\"ask\",\"allowed\":[2,37]"), "/instalment/allowed/1");
	assert_field(INSTALMENT("\"mode\":\"ask\",\"allowed\":[2,2]"), "/instalment/allowed/1");
	assert_field(INSTALMENT("\"mode\":\"ask\",\"allowed\":[3,2]"), "/instalment/allowed/1");
	assert_field(INSTALMENT("\"mode\":\"ask\",\"allowed\":[\"2\"]"), "/instalment/allowed/0");
	assert_field(INSTALMENT("\"mode\":\"ask\",\"allowed\":[2],\"interest_free\":[3]"), "/instalment/interest_free");
	assert_field(INSTALMENT("\"mode\":\"fixed\",\"months\":3,\"allowed\":[3]"), "/instalment/allowed");
	assert_field(INSTALMENT("\"mode\":\"none\",\"interest_free\":[]"), "/instalment/interest_free");
}

static void below_50000_won_there_are_no_instalments(void **state UNUSED)
{
#define CHEAP "\"order_id\":\"order-1\",\"billing_key\":\"" BK "\",\"order_name\":\"a\"," WON("49999")
	assert_field(CHEAP ",\"instalment\":{\"mode\":\"fixed\",\"months\":2}", "/instalment/mode");
	assert_int_equal(post(PATH, "{" CHEAP ",\"instalment\":{\"mode\":\"none\"}}"), 0);
}

static void without_consent_only_the_registered_card_pays(void **state UNUSED)
{
	assert_field(PAYMENT ",\"consent\":\"skip\",\"other_card\":\"allow\"", "/other_card");
	assert_field(PAYMENT ",\"consent\":\"skip\",\"instalment\":{\"mode\":\"ask\",\"allowed\":[2]}", "/instalment/mode");
	assert_int_equal(post(PATH, "{" PAYMENT ",\"consent\":\"skip\",\"instalment\":{\"mode\":\"fixed\",\"months\":2}}"), 0);
	assert_int_equal(post(PATH, "{" PAYMENT ",\"consent\":\"ask\",\"other_card\":\"allow\"}"), 0);
	assert_string_equal(msg.u.payment_create.other_card, "allow");
}

static void a_payment_names_the_member_at_fault(void **state UNUSED)
{
#define ORDER(id) "\"order_id\":\"" id "\",\"billing_key\":\"" BK "\",\"order_name\":\"a\"," WON("1")
	assert_field(ORDER("12345"), "/order_id");
	assert_field(ORDER("order 1"), "/order_id");
	assert_field(ORDER("주문-000001"), "/order_id");
	assert_field("\"order_id\":\"order-1\",\"billing_key\":\"reg_0123456789abcdefghjkmnpqr\",\"order_name\":\"a\","
	             "\"amount\":{\"total\":1,\"currency\":\"KRW\"}", "/billing_key");
	assert_field("\"order_id\":\"order-1\",\"billing_key\":\"" BK "\",\"order_name\":\"a\"", "/amount");
	assert_field("\"order_id\":\"order-1\",\"billing_key\":\"" BK "\",\"order_name\":\"a\","
	             "\"amount\":{\"total\":1,\"currency\":\"USD\"}", "/amount/currency");
	assert_field(PAYMENT ",\"cycle\":\"irregular\"", "/cycle");
	assert_field(PAYMENT ",\"consent\":\"no\"", "/consent");
	assert_field(PAYMENT ",\"a/b~c\":1", "/a~1b~0c");
}
#undef PATH

/* ---- schedules ---- */
#define PATH "/v1/schedules"
#define SCHEDULE_OF(repeat) \
	"\"order_id\":\"rent-{date}\",\"billing_key\":\"" BK "\",\"order_name\":\"월세\"," WON("50000") ",\"repeat\":" repeat
#define SCHEDULE SCHEDULE_OF("{\"every\":\"month\",\"day\":31}")

static void a_schedule_says_what_and_when(void **state UNUSED)
{
	const struct api_schedule_create *c = &msg.u.schedule_create;

	assert_int_equal(post(PATH, "{" SCHEDULE ",\"time\":\"23:59\",\"starts_on\":\"2028-02-29\",\"ends_on\":\"2029-12-31\",\"count\":12,"
	                      "\"instalment\":{\"mode\":\"ask\",\"allowed\":[2,3]}}"), 0);
	assert_string_equal(c->repeat, "month");
	assert_int_equal(c->month_day, 31);
	assert_int_equal(c->every_days, 0);
	assert_string_equal(c->time, "23:59");
	assert_string_equal(c->starts_on, "2028-02-29");
	assert_int_equal(c->count, 12);
	assert_int_equal(c->amount_minor, 50000);
	assert_string_equal(c->consent, "ask");
	assert_string_equal(c->instalment_mode, "ask");
	assert_string_equal(c->instalment_allowed, "2,3");
	assert_int_equal(post(PATH, "{" SCHEDULE_OF("{\"every\":\"days\",\"days\":366}") "}"), 0);
	assert_int_equal(c->every_days, 366);
	assert_int_equal(post(PATH, "{" SCHEDULE_OF("{\"every\":\"once\"}") ",\"consent\":\"skip\"}"), 0);
	assert_string_equal(c->instalment_mode, "none");
}

static void a_schedule_names_the_member_at_fault(void **state UNUSED)
{
#define ORDER_ID(id) "\"order_id\":\"" id "\",\"billing_key\":\"" BK "\",\"order_name\":\"a\"," WON("1") ",\"repeat\":{\"every\":\"once\"}"
	assert_field(SCHEDULE_OF("{}"), "/repeat/every");
	assert_field(SCHEDULE_OF("{\"every\":\"week\"}"), "/repeat/every");
	assert_field(SCHEDULE_OF("{\"every\":\"month\"}"), "/repeat/day");
	assert_field(SCHEDULE_OF("{\"every\":\"month\",\"day\":0}"), "/repeat/day");
	assert_field(SCHEDULE_OF("{\"every\":\"month\",\"day\":32}"), "/repeat/day");
	assert_field(SCHEDULE_OF("{\"every\":\"month\",\"day\":1,\"days\":1}"), "/repeat/days");
	assert_field(SCHEDULE_OF("{\"every\":\"days\"}"), "/repeat/days");
	assert_field(SCHEDULE_OF("{\"every\":\"days\",\"days\":367}"), "/repeat/days");
	assert_field(SCHEDULE_OF("{\"every\":\"once\",\"day\":1}"), "/repeat/day");
	assert_field(SCHEDULE_OF("\"month\""), "/repeat");
	assert_field(SCHEDULE ",\"time\":\"24:00\"", "/time");
	assert_field(SCHEDULE ",\"time\":\"12:60\"", "/time");
	assert_field(SCHEDULE ",\"time\":\"1:234\"", "/time");
	assert_field(SCHEDULE ",\"time\":\":::::\"", "/time");
	assert_field(SCHEDULE ",\"time\":\"9:00\"", "/time");
	assert_field(SCHEDULE ",\"starts_on\":\"2027-02-29\"", "/starts_on");
	assert_field(SCHEDULE ",\"ends_on\":\"2027-13-01\"", "/ends_on");
	assert_field(SCHEDULE ",\"ends_on\":\"----------\"", "/ends_on");
	assert_field(SCHEDULE ",\"count\":0", "/count");
	assert_field(SCHEDULE ",\"consent\":\"skip\",\"other_card\":\"allow\"", "/other_card");
	assert_field(ORDER_ID("abc"), "/order_id");
	assert_field(ORDER_ID("a{m}b"), "/order_id");
	assert_field(ORDER_ID("a{n"), "/order_id");
	assert_field(ORDER_ID("abc}"), "/order_id");
	assert_field(ORDER_ID("{{n}}"), "/order_id");
}
#undef PATH

static void a_schedule_is_changed_by_what_is_named(void **state UNUSED)
{
	static const struct { const char *body, *field; } bad[] = {
		{ "{}", "" }, { "{\"ends_on\":\"neverever\"}", "/ends_on" }, { "{\"count\":-1}", "/count" }, { "{\"repeat\":{}}", "/repeat/every" },
		{ "{\"billing_key\":\"x\"}", "/billing_key" }, { "{\"amount\":{\"total\":0,\"currency\":\"KRW\"}}", "/amount/total" },
	};
	static const char good[] = "{\"ends_on\":\"never\",\"count\":0}", amount[] = "{" WON("1") "}";
	struct intake in = { .method = "PATCH", .path = "/v1/schedules/sch_0123456789abcdefghjkmnpqrs", .authorization = "Bearer k",
	                     .content_type = "application/json", .body = (const uint8_t *)good, .len = strlen(good) };

	assert_int_equal(take(in), 0);
	assert_string_equal(msg.u.schedule_update.ends_on, "never");
	assert_int_equal(msg.u.schedule_update.count, 0);
	in.body = (const uint8_t *)amount;
	in.len = strlen(amount);
	assert_int_equal(take(in), 0);
	assert_int_equal(msg.u.schedule_update.count, -1);
	assert_int_equal(msg.u.schedule_update.amount_minor, 1);
	assert_string_equal(msg.u.schedule_update.consent, "");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		in.body = (const uint8_t *)bad[i].body;
		in.len = strlen(bad[i].body);
		assert_int_equal(take(in), ERR_INVALID);
		assert_refused(422, "invalid_field", bad[i].field);
	}
}

static void a_test_clock_moves_forward_and_not_too_far(void **state UNUSED)
{
#define PATH "/v1/test/clock"
	assert_field("\"advance_s\":0", "/advance_s");
	assert_field("\"advance_s\":-1", "/advance_s");
	assert_field("\"advance_s\":31622401", "/advance_s");
	assert_field("\"advance_s\":1.5", "/advance_s");
	assert_field("", "/advance_s");
	assert_int_equal(post(PATH, "{\"advance_s\":31622400}"), 0);
	assert_int_equal(msg.u.test_clock_advance.advance_s, 31622400);
#undef PATH
}

/* ---- the rest ---- */
static void a_deletion_may_give_a_reason(void **state UNUSED)
{
	struct intake in = { .method = "DELETE", .path = "/v1/billing-keys/" BK, .authorization = "Bearer k",
	                     .content_type = "application/json" };
	static const char reason[] = "{\"reason\":\"고객 해지\"}", empty[] = "{\"reason\":\"\"}";

	assert_int_equal(take(in), 0);
	assert_string_equal(msg.u.billing_key_delete.id, BK);
	assert_string_equal(msg.u.billing_key_delete.reason, "");
	in.body = (const uint8_t *)reason;
	in.len = strlen(reason);
	assert_int_equal(take(in), 0);
	assert_string_equal(msg.u.billing_key_delete.reason, "고객 해지");
	in.body = (const uint8_t *)empty;
	in.len = strlen(empty);
	assert_int_equal(take(in), ERR_INVALID);
	assert_refused(422, "invalid_field", "/reason");
}

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
		cmocka_unit_test(a_certificate_that_is_too_large_is_none),
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
		cmocka_unit_test(a_registration_needs_few_words),
		cmocka_unit_test(a_registration_may_say_all),
		cmocka_unit_test(a_landline_gets_no_sms),
		cmocka_unit_test(a_registration_names_the_member_at_fault),
		cmocka_unit_test(a_payment_needs_few_words_and_asks_by_default),
		cmocka_unit_test(instalments_are_asked_or_fixed),
		cmocka_unit_test(instalments_that_cannot_be_are_refused),
		cmocka_unit_test(below_50000_won_there_are_no_instalments),
		cmocka_unit_test(without_consent_only_the_registered_card_pays),
		cmocka_unit_test(a_payment_names_the_member_at_fault),
		cmocka_unit_test(a_schedule_says_what_and_when),
		cmocka_unit_test(a_schedule_names_the_member_at_fault),
		cmocka_unit_test(a_schedule_is_changed_by_what_is_named),
		cmocka_unit_test(a_test_clock_moves_forward_and_not_too_far),
		cmocka_unit_test(a_deletion_may_give_a_reason),
		cmocka_unit_test(a_problem_is_rfc_9457),
		cmocka_unit_test(a_text_cut_in_a_character_is_still_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
