/* uplinkd_pg_test.c: what an answer of the JSON gateway proves about money, and what its requests say. Canned answers; the
 * rule behind all of them: anything but a clear answer about our order is unknown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "json/json.h"
#include "uplinkd/pg_json.h"

#define CARD "\"issuer\":\"shinhan\",\"card_type\":\"check\",\"bin\":\"41111111\",\"last4\":\"1111\""
#define APPROVED "{\"result\":\"approved\",\"order_id\":\"ord_1\",\"tid\":\"t1\",\"approval_no\":\"12345678\"," \
	"\"approved_at\":\"2026-11-24T05:12:33.123Z\",\"amount\":{\"total\":53000,\"currency\":\"KRW\"}," CARD "}"
#define APPROVED_OF_NOTHING "{\"result\":\"approved\",\"order_id\":\"ord_1\",\"tid\":\"t1\",\"approval_no\":\"12345678\"," \
	"\"approved_at\":\"2026-11-24T05:12:33.123Z\",\"amount\":{\"total\":0,\"currency\":\"KRW\"}," CARD "}"
#define VERIFIED "{\"result\":\"verified\",\"order_id\":\"ord_1\",\"tid\":\"t1\",\"billing_key\":\"bk1\"," CARD "}"
#define DECLINED(class) "{\"result\":\"declined\",\"order_id\":\"ord_1\",\"class\":\"" class "\",\"code\":\"P02\",\"message\":\"no\"}"
#define NOT_FOUND "{\"result\":\"not_found\",\"order_id\":\"ord_1\"}"

static struct uplink_pg_result result;

static unsigned classify(enum uplink_type op, enum http_fate fate, int status, const char *body)
{
	const struct pg_account account = { .connector = &pg_json_connector };
	struct pg_job job = { .job = 7, .op = op, .order_id = "ord_1", .amount_minor = 53000 };
	const struct http_answer a = { .fate = fate, .status = status, .body = body, .len = strlen(body), .why = "why" };

	memset(&result, 0xee, sizeof(result));
	assert_false(pg_classify(&account, &job, &a, &result));
	assert_int_equal(result.job, 7);
	return result.status;
}

static unsigned answered(enum uplink_type op, int status, const char *body)
{
	return classify(op, HTTP_ANSWERED, status, body);
}

static void an_approval_of_our_amount_is_ok(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_pay, 200, APPROVED), UPLINK_PG_OK);
	assert_string_equal(result.tid, "t1");
	assert_string_equal(result.approval_no, "12345678");
	assert_string_equal(result.bin, "41111111");
	assert_string_equal(result.last4, "1111");
	assert_string_equal(result.issuer, "shinhan");
	assert_int_equal(result.card_type, 2);
	assert_int_equal(result.amount_minor, 53000);
	assert_string_equal(result.currency, "KRW");
	assert_int_equal(result.at_ms, 1795497153123);
	assert_string_equal(result.pg_billing_key, "");
}

static void a_verification_brings_the_billing_key(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_verify, 200, VERIFIED), UPLINK_PG_OK);
	assert_string_equal(result.pg_billing_key, "bk1");
	assert_int_equal(answered(uplink_type_pg_verify, 200,
	                          "{\"result\":\"verified\",\"order_id\":\"ord_1\",\"tid\":\"t1\"}"), UPLINK_PG_UNKNOWN);
}

static void only_what_never_left_may_be_tried_again(void **state)
{
	(void)state;
	assert_int_equal(classify(uplink_type_pg_pay, HTTP_NOT_SENT, 0, ""), UPLINK_PG_NOT_SENT);
	assert_int_equal(classify(uplink_type_pg_pay, HTTP_NO_ANSWER, 0, ""), UPLINK_PG_UNKNOWN);
	assert_string_equal(result.message, "why");
}

static void a_status_of_failure_is_unknown_whatever_it_says(void **state)
{
	static const int codes[] = { 201, 204, 301, 302, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		assert_int_equal(answered(uplink_type_pg_pay, codes[i], APPROVED), UPLINK_PG_UNKNOWN);
		assert_int_equal(answered(uplink_type_pg_pay, codes[i], DECLINED("funds")), UPLINK_PG_UNKNOWN);
		assert_int_equal(answered(uplink_type_pg_verify, codes[i], VERIFIED), UPLINK_PG_UNKNOWN);
		assert_int_equal(answered(uplink_type_pg_pay, codes[i], ""), UPLINK_PG_UNKNOWN);
	}
}

static void a_cut_or_malformed_answer_is_unknown(void **state)
{
	char cut[sizeof(APPROVED)];

	(void)state;
	for (size_t len = 0; len + 1 < sizeof(APPROVED); len++) {
		memcpy(cut, APPROVED, len);
		cut[len] = '\0';
		assert_int_equal(answered(uplink_type_pg_pay, 200, cut), UPLINK_PG_UNKNOWN);
		assert_string_equal(result.tid, "");
	}
	assert_int_equal(answered(uplink_type_pg_pay, 200, APPROVED "x"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_pay, 200, "[]"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_pay, 200, "<html>ok</html>"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_pay, 200, "{\"result\":\"approved\",\"result\":\"declined\"}"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_pay, 200, "{\"result\":\"great\",\"order_id\":\"ord_1\"}"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_pay, 200, "{\"result\":7,\"order_id\":\"ord_1\"}"), UPLINK_PG_UNKNOWN);
}

static void an_answer_about_another_order_or_amount_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_pay, 200,
		"{\"result\":\"approved\",\"order_id\":\"ord_2\",\"tid\":\"t\",\"approval_no\":\"1\",\"approved_at\":\"2026-11-24T05:12:33Z\","
		"\"amount\":{\"total\":53000}}"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_pay, 200,
		"{\"result\":\"approved\",\"order_id\":\"ord_1\",\"tid\":\"t\",\"approval_no\":\"1\",\"approved_at\":\"2026-11-24T05:12:33Z\","
		"\"amount\":{\"total\":53001}}"), UPLINK_PG_UNKNOWN);
	/* of whatever currency */
	assert_int_equal(answered(uplink_type_pg_pay, 200,
		"{\"result\":\"approved\",\"order_id\":\"ord_1\",\"tid\":\"t\",\"approval_no\":\"1\",\"approved_at\":\"2026-11-24T05:12:33Z\","
		"\"amount\":{\"total\":53000}}"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_pay, 200,
		"{\"result\":\"declined\",\"class\":\"funds\",\"code\":\"1\"}"), UPLINK_PG_UNKNOWN);
}

static void a_verification_is_no_approval_and_the_other_way_round(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_pay, 200, VERIFIED), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_verify, 200, APPROVED), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_net_cancel, 200, APPROVED), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_net_cancel, 200, DECLINED("system")), UPLINK_PG_UNKNOWN);
}

static void each_decline_class_keeps_its_meaning(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_pay, 200, DECLINED("input")), UPLINK_PG_DECLINED);
	assert_int_equal(result.decline, UPLINK_DECLINE_INPUT);
	assert_string_equal(result.code, "P02");
	assert_string_equal(result.message, "no");
	answered(uplink_type_pg_pay, 200, DECLINED("funds"));
	assert_int_equal(result.decline, UPLINK_DECLINE_FUNDS);
	answered(uplink_type_pg_pay, 200, DECLINED("dead_card"));
	assert_int_equal(result.decline, UPLINK_DECLINE_DEAD_CARD);
	answered(uplink_type_pg_verify, 200, DECLINED("ask_issuer"));
	assert_int_equal(result.decline, UPLINK_DECLINE_ASK_ISSUER);
	answered(uplink_type_pg_verify, 200, DECLINED("merchant"));
	assert_int_equal(result.decline, UPLINK_DECLINE_MERCHANT);
	answered(uplink_type_pg_verify, 200, DECLINED("system"));
	assert_int_equal(result.decline, UPLINK_DECLINE_SYSTEM);
	assert_int_equal(answered(uplink_type_pg_pay, 200, DECLINED("new_class")), UPLINK_PG_DECLINED);
	assert_int_equal(result.decline, UPLINK_DECLINE_SYSTEM);
}

static void a_card_number_in_the_gateways_words_goes_no_further(void **state)
{
	static const struct { const char *said, *kept; } cases[] = {
		{ "no such card: 4111 1111-1111.1111!", "no such card: **** ****-****.****!" },
		{ "4111111111111111", "****************" }, { "limit 53,000 of 12345678 won, try 3", "limit 53,000 of 12345678 won, try 3" },
		{ "한도 초과 (8701011234567)", "한도 초과 (*************)" },
	};
	char body[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(body, sizeof(body), "{\"result\":\"declined\",\"order_id\":\"ord_1\",\"class\":\"input\",\"code\":\"%.31s\","
		         "\"message\":\"%s\"}", i == 1 ? cases[i].said : "P14", cases[i].said);
		assert_int_equal(answered(uplink_type_pg_pay, 200, body), UPLINK_PG_DECLINED);
		assert_string_equal(result.message, cases[i].kept);
		assert_string_equal(result.code, i == 1 ? cases[i].kept : "P14");
	}
}

#define TEN(s) s s s s s s s s s s
/* What is only shown decides nothing: as much of it as has room is kept, in whole characters, and a card that is not told of as agreed not at all. */
static void many_words_do_not_make_an_answer_unknown(void **state)
{
	static const char long_no[] = "{\"result\":\"declined\",\"order_id\":\"ord_1\",\"class\":\"funds\",\"code\":\"P02\",\"message\":\"x" TEN(TEN("가")) "\"}";
	static const char *const cards[] = {
		"\"issuer\":\"a_card_company_with_a_long_name\",\"card_type\":\"credit\"", "\"issuer\":7,\"card_type\":\"credit\"",
		"\"bin\":\"4111111111\",\"card_type\":\"credit\"", "\"last4\":\"41111\",\"card_type\":\"credit\"",
		"\"issuer\":\"\",\"card_type\":\"credit\"", "\"card_type\":\"a_kind_that_is_none_of_ours\"",
	};
	char body[600];

	(void)state;
	assert_int_equal(answered(uplink_type_pg_pay, 200, long_no), UPLINK_PG_DECLINED);
	assert_int_equal(result.decline, UPLINK_DECLINE_FUNDS);
	assert_int_equal(strlen(result.message), 199);
	assert_string_equal(result.message + 196, "가");
	for (size_t i = 0; i < ARRAY_LEN(cards); i++)
		for (int op = 0; op < 2; op++) {
			snprintf(body, sizeof(body), "{\"result\":\"approved\",\"order_id\":\"ord_1\",\"tid\":\"t1\",\"approval_no\":\"12345678\","
			         "\"approved_at\":\"2026-11-24T05:12:33.123Z\",\"amount\":{\"total\":53000,\"currency\":\"KRW\"},%s}", cards[i]);
			assert_int_equal(answered(op == 0 ? uplink_type_pg_pay : uplink_type_pg_query, 200, body), UPLINK_PG_OK);
			assert_int_equal(result.card_type, i < 5);
			assert_string_equal(result.issuer, "");
			assert_string_equal(result.bin, "");
			assert_string_equal(result.last4, "");
		}
}

static void a_query_tells_what_became_of_the_order(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_query, 200, APPROVED), UPLINK_PG_OK);
	assert_int_equal(result.amount_minor, 53000);
	assert_int_equal(answered(uplink_type_pg_query, 200, VERIFIED), UPLINK_PG_OK);
	assert_int_equal(answered(uplink_type_pg_query, 200, APPROVED_OF_NOTHING), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_query, 200, DECLINED("funds")), UPLINK_PG_DECLINED);
	assert_int_equal(answered(uplink_type_pg_query, 404, NOT_FOUND), UPLINK_PG_NOT_FOUND);
	assert_int_equal(answered(uplink_type_pg_query, 200, "{\"result\":\"net_canceled\",\"order_id\":\"ord_1\"}"), UPLINK_PG_NOT_FOUND);
}

static void a_404_that_the_gateway_did_not_write_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_query, 404, "<html>404 Not Found</html>"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_query, 200, NOT_FOUND), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_pay, 404, NOT_FOUND), UPLINK_PG_UNKNOWN);
}

static void a_net_cancel_and_an_expiry_are_ok_when_said_so(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_net_cancel, 200, "{\"result\":\"net_canceled\",\"order_id\":\"ord_1\"}"), UPLINK_PG_OK);
	assert_int_equal(answered(uplink_type_pg_net_cancel, 200, "{\"result\":\"net_canceled\",\"order_id\":\"x\"}"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_expire_key, 200, "{\"result\":\"expired\",\"billing_key\":\"bk1\"}"), UPLINK_PG_OK);
	assert_int_equal(answered(uplink_type_pg_expire_key, 404, "{\"result\":\"not_found\"}"), UPLINK_PG_NOT_FOUND);
}

/* ---- requests ---- */

static struct uplink_msg job;
static struct pg_request request;

static json_t *ask(int expected)
{
	struct json_fault fault;
	json_t *body = NULL;

	const struct pg_account account = { .connector = &pg_json_connector, .url = "https://pg.example" };
	const struct pg_job none = { .step = 0 };

	request = (struct pg_request){ 0 };
	assert_int_equal(pg_json_connector.request(&account, &job, &none, &request), expected);
	if (request.body != NULL)
		assert_int_equal(json_read_strict(request.body, strlen(request.body), &body, &fault), 0);
	free(request.body);
	return body;
}

static void a_payment_by_billing_key_names_key_amount_and_instalments(void **state)
{
	json_t *b;

	(void)state;
	job = (struct uplink_msg){ .type = uplink_type_pg_pay, .u.pg_pay = {
		.order_id = "ord_1", .pg_billing_key = "bk1", .amount_minor = 5000000000, .currency = "KRW", .instalment_months = 3,
		.interest_free = 1, .order_name = "구독 \"월간\"" } };
	b = ask(0);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://pg.example/v1/payments");
	assert_string_equal(json_string_value(json_object_get(b, "billing_key")), "bk1");
	assert_null(json_object_get(b, "jwe"));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b, "amount"), "total")), 5000000000);
	assert_int_equal(json_integer_value(json_object_get(b, "instalment_months")), 3);
	assert_true(json_is_true(json_object_get(b, "interest_free")));
	assert_string_equal(json_string_value(json_object_get(b, "order_name")), "구독 \"월간\"");
	json_decref(b);
}

static void a_payment_by_card_carries_the_sealed_record_and_nothing_else_of_the_card(void **state)
{
	json_t *b;

	(void)state;
	job = (struct uplink_msg){ .type = uplink_type_pg_pay, .u.pg_pay = {
		.order_id = "ord_1", .jwe = { .len = 5, .data = "a.b.c" }, .keep = 1, .amount_minor = 1000, .currency = "KRW" } };
	b = ask(0);
	assert_string_equal(json_string_value(json_object_get(b, "jwe")), "a.b.c");
	assert_true(json_is_true(json_object_get(b, "keep")));
	assert_null(json_object_get(b, "billing_key"));
	json_decref(b);
}

static void a_payment_with_both_or_neither_card_is_refused(void **state)
{
	(void)state;
	job = (struct uplink_msg){ .type = uplink_type_pg_pay, .u.pg_pay = { .order_id = "ord_1", .currency = "KRW" } };
	assert_null(ask(ERR_INVALID));
	job.u.pg_pay.jwe.len = 1;
	job.u.pg_pay.jwe.data[0] = 'x';
	snprintf(job.u.pg_pay.pg_billing_key, sizeof(job.u.pg_pay.pg_billing_key), "bk1");
	assert_null(ask(ERR_INVALID));
}

static void an_order_id_cannot_change_the_path(void **state)
{
	(void)state;
	job = (struct uplink_msg){ .type = uplink_type_pg_query, .u.pg_query = { .order_id = "../a?b#c/%" } };
	assert_null(ask(0));
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.url, "https://pg.example/v1/orders/..%2Fa%3Fb%23c%2F%25");
	job = (struct uplink_msg){ .type = uplink_type_pg_expire_key, .u.pg_expire_key = { .pg_billing_key = "b/k" } };
	assert_null(ask(0));
	assert_string_equal(request.url, "https://pg.example/v1/billing-keys/b%2Fk");
}

static void an_id_that_is_no_segment_of_its_own_is_refused(void **state)
{
	static const char *const ids[] = { "", ".", ".." };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		job = (struct uplink_msg){ .type = uplink_type_pg_expire_key };
		snprintf(job.u.pg_expire_key.pg_billing_key, sizeof(job.u.pg_expire_key.pg_billing_key), "%s", ids[i]);
		assert_null(ask(ERR_INVALID));
		job = (struct uplink_msg){ .type = uplink_type_pg_query };
		snprintf(job.u.pg_query.order_id, sizeof(job.u.pg_query.order_id), "%s", ids[i]);
		assert_null(ask(ERR_INVALID));
	}
}

#define CANCELED(order, total) "{\"result\":\"canceled\",\"order_id\":\"" order "\",\"canceled_order\":\"ord_0\",\"tid\":\"t2\"," \
	"\"amount\":{\"total\":" total ",\"currency\":\"KRW\"},\"remaining\":0,\"canceled_at\":\"2026-11-24T05:12:33.123Z\"}"

static void a_cancellation_counts_when_it_is_ours_and_of_our_amount(void **state)
{
	static const enum uplink_type ops[] = { uplink_type_pg_cancel, uplink_type_pg_query_cancel };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		assert_int_equal(answered(ops[i], 200, CANCELED("ord_1", "53000")), UPLINK_PG_OK);
		assert_int_equal(result.amount_minor, 53000);
		assert_int_equal(result.at_ms, 1795497153123);
		assert_string_equal(result.tid, "t2");
		assert_int_equal(answered(ops[i], 200, CANCELED("ord_2", "53000")), UPLINK_PG_UNKNOWN);
		assert_int_equal(answered(ops[i], 200, CANCELED("ord_1", "52999")), UPLINK_PG_UNKNOWN);
		assert_int_equal(answered(ops[i], 500, CANCELED("ord_1", "53000")), UPLINK_PG_UNKNOWN);
		assert_int_equal(answered(ops[i], 200, DECLINED("merchant")), UPLINK_PG_DECLINED);
		/* The payment itself is no answer to it. */
		assert_int_equal(answered(ops[i], 200, APPROVED), UPLINK_PG_UNKNOWN);
	}
	assert_int_equal(answered(uplink_type_pg_query_cancel, 404, NOT_FOUND), UPLINK_PG_NOT_FOUND);
	assert_int_equal(answered(uplink_type_pg_cancel, 404, NOT_FOUND), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_pay, 200, CANCELED("ord_1", "53000")), UPLINK_PG_UNKNOWN);
}

static void a_cancellation_names_order_amount_and_tax(void **state)
{
	json_t *b;

	(void)state;
	job = (struct uplink_msg){ .type = uplink_type_pg_cancel, .u.pg_cancel = { .order_id = "ord_0", .cancel_id = "ord_1",
		.amount_minor = 11000, .tax_free_minor = 1000, .vat_minor = -1, .currency = "KRW", .reason = "반품" } };
	b = ask(0);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://pg.example/v1/orders/ord_0/cancel");
	assert_string_equal(json_string_value(json_object_get(b, "cancel_id")), "ord_1");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b, "amount"), "total")), 11000);
	assert_int_equal(json_integer_value(json_object_get(b, "tax_free")), 1000);
	assert_null(json_object_get(b, "vat"));
	assert_string_equal(json_string_value(json_object_get(b, "reason")), "반품");
	json_decref(b);
	job.u.pg_cancel.vat_minor = 0;
	b = ask(0);
	assert_true(json_is_integer(json_object_get(b, "vat")));
	json_decref(b);
	job = (struct uplink_msg){ .type = uplink_type_pg_query_cancel, .u.pg_query_cancel = { .order_id = "ord_0", .cancel_id = "ord_1" } };
	assert_null(ask(0));
	assert_string_equal(request.url, "https://pg.example/v1/orders/ord_1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_approval_of_our_amount_is_ok),
		cmocka_unit_test(a_verification_brings_the_billing_key),
		cmocka_unit_test(only_what_never_left_may_be_tried_again),
		cmocka_unit_test(a_status_of_failure_is_unknown_whatever_it_says),
		cmocka_unit_test(a_cut_or_malformed_answer_is_unknown),
		cmocka_unit_test(an_answer_about_another_order_or_amount_is_unknown),
		cmocka_unit_test(a_verification_is_no_approval_and_the_other_way_round),
		cmocka_unit_test(each_decline_class_keeps_its_meaning),
		cmocka_unit_test(a_card_number_in_the_gateways_words_goes_no_further),
		cmocka_unit_test(many_words_do_not_make_an_answer_unknown),
		cmocka_unit_test(a_query_tells_what_became_of_the_order),
		cmocka_unit_test(a_404_that_the_gateway_did_not_write_is_unknown),
		cmocka_unit_test(a_net_cancel_and_an_expiry_are_ok_when_said_so),
		cmocka_unit_test(a_payment_by_billing_key_names_key_amount_and_instalments),
		cmocka_unit_test(a_payment_by_card_carries_the_sealed_record_and_nothing_else_of_the_card),
		cmocka_unit_test(a_payment_with_both_or_neither_card_is_refused),
		cmocka_unit_test(a_cancellation_counts_when_it_is_ours_and_of_our_amount),
		cmocka_unit_test(a_cancellation_names_order_amount_and_tax),
		cmocka_unit_test(an_order_id_cannot_change_the_path),
		cmocka_unit_test(an_id_that_is_no_segment_of_its_own_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
