/* uplinkd_nicepay_test.c: what NICEPAY's answers prove about money, and what is said to it. Signatures here were made by Python's
 * hashlib; the Basic credentials are the manual's own example (common/api.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "json/json.h"
#include "uplinkd/pg_nicepay.h"

#define SIGNATURE "5708bd87a714200da26745547c7af979e5971b91d468c19110e026fed404024c"
#define BODY(status, order, amount, signature) "{\"resultCode\":\"0000\",\"resultMsg\":\"ok\",\"tid\":\"tid-1\",\"orderId\":\"" order "\"," \
	"\"ediDate\":\"2026-11-24T14:12:33.123+0900\",\"signature\":\"" signature "\",\"status\":\"" status "\"," \
	"\"paidAt\":\"2026-11-24T14:12:33.000+0900\",\"amount\":" amount ",\"currency\":\"KRW\",\"approveNo\":\"12345678\"," \
	"\"card\":{\"cardCode\":\"04\",\"cardNum\":\"12341234****1234\",\"cardType\":\"check\"}}"
#define PAID BODY("paid", "ord_1", "53000", SIGNATURE)
#define NO(code) "{\"resultCode\":\"" code "\",\"resultMsg\":\"words\",\"orderId\":\"ord_1\"}"

static struct pg_account account = {
	.connector = &pg_nicepay_connector, .url = "https://pg.example", .client_id = "af0d116236df437f831483ee9c500bc4",
	.secret = "433a8421be754b34989048cf148a5ffc", .late_ms = 60000,
};
static struct uplink_pg_result result;
static struct pg_job job;

static unsigned answered(enum uplink_type op, int http, const char *body)
{
	const struct http_answer h = { .fate = HTTP_ANSWERED, .status = http, .body = body, .len = strlen(body), .why = "" };

	job = (struct pg_job){ .job = 7, .op = op, .order_id = "ord_1", .amount_minor = 53000, .pg_billing_key = "BIKY1",
	                       .now = { 1795497153123 }, .order_at_ms = 1795497153123 };
	memset(&result, 0xee, sizeof(result));
	assert_false(pg_classify(&account, &job, &h, &result));
	assert_int_equal(result.job, 7);
	return result.status;
}

static void a_signed_payment_of_our_order_and_amount_is_ok(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_pay, 200, PAID), UPLINK_PG_OK);
	assert_string_equal(result.tid, "tid-1");
	assert_string_equal(result.approval_no, "12345678");
	assert_string_equal(result.issuer, "samsung");
	assert_string_equal(result.bin, "12341234");
	assert_string_equal(result.last4, "1234");
	assert_int_equal(result.card_type, 2);
	assert_int_equal(result.amount_minor, 53000);
	assert_string_equal(result.currency, "KRW");
	assert_int_equal(result.at_ms, 1795497153000);
}

static void anything_less_is_unknown(void **state)
{
	static const char *const bodies[] = {
		BODY("paid", "ord_2", "53000", SIGNATURE), BODY("paid", "ord_1", "53001", SIGNATURE), BODY("paid", "ord_1", "53000", ""),
		BODY("paid", "ord_1", "53000", "1708bd87a714200da26745547c7af979e5971b91d468c19110e026fed404024c"), BODY("paid", "ord_1", "\"53000\"", SIGNATURE),
		BODY("ready", "ord_1", "53000", SIGNATURE), BODY("cancelled", "ord_1", "53000", SIGNATURE), PAID "x", "", "[]", "<html>",
		"{\"resultCode\":\"0000\",\"resultCode\":\"3011\"}", "{\"resultCode\":0}", "{\"resultCode\":\"0000\",\"orderId\":\"ord_1\"}",
		"{\"resultCode\":\"0000\",\"orderId\":\"ord_1\",\"tid\":\"tid-1\",\"bid\":\"BIKY1\"}",
	};
	static const int codes[] = { 201, 204, 301, 302, 400, 401, 403, 404, 429, 500, 502, 503 };
	char cut[sizeof(PAID)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		assert_int_equal(answered(uplink_type_pg_pay, 200, bodies[i]), UPLINK_PG_UNKNOWN);
		assert_string_equal(result.tid, "");
	}
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		assert_int_equal(answered(uplink_type_pg_pay, codes[i], PAID), UPLINK_PG_UNKNOWN);
	for (size_t len = 0; len + 1 < sizeof(PAID); len++) {
		snprintf(cut, len + 1, "%s", PAID);
		assert_int_equal(answered(uplink_type_pg_pay, 200, cut), UPLINK_PG_UNKNOWN);
	}
}

static void a_no_is_taken_where_it_is_definite(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_pay, 200, NO("3011")), UPLINK_PG_DECLINED);
	assert_int_equal(result.decline, UPLINK_DECLINE_INPUT);
	assert_string_equal(result.code, "3011");
	assert_int_equal(answered(uplink_type_pg_pay, 401, NO("U304")), UPLINK_PG_DECLINED);
	assert_int_equal(result.decline, UPLINK_DECLINE_MERCHANT);
	assert_int_equal(answered(uplink_type_pg_pay, 200, "{\"resultCode\":\"U304\"}"), UPLINK_PG_DECLINED);
	/* "0000: success, all else failure": also what no table has. */
	assert_int_equal(answered(uplink_type_pg_pay, 200, NO("Q123")), UPLINK_PG_DECLINED);
	assert_int_equal(result.decline, UPLINK_DECLINE_SYSTEM);
	assert_int_equal(answered(uplink_type_pg_pay, 401, NO("Q123")), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_pay, 500, NO("3011")), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_pay, 200, "{\"resultCode\":\"3011\",\"orderId\":\"ord_2\"}"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_verify, 200, NO("F113")), UPLINK_PG_DECLINED);
	assert_int_equal(answered(uplink_type_pg_pay, 200, NO("A126")), UPLINK_PG_DECLINED);
	assert_int_equal(result.decline, UPLINK_DECLINE_DEAD_CARD);
}

static void what_broke_behind_the_door_or_is_known_already_is_unknown(void **state)
{
	static const char *const bodies[] = { NO("A299"), NO("X003"), NO("U503"), NO("U504"), NO("A127"), NO("U112"), NO("2201"),
	                                      NO("A118"), NO("2013"), NO("2020"),
	                                      /* it was approved, and what follows upon that went wrong */
	                                      NO("3062"), NO("2154"), NO("A144"), NO("A202"), NO("A203"), NO("A205"), NO("A244"), NO("A252"),
	                                      NO("A257"), NO("P102"), NO("P103"), NO("S002"), NO("U113"), NO("U114"), NO("U302"), NO("U310"),
	                                      NO("U314") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
		if (answered(uplink_type_pg_pay, 200, bodies[i]) != UPLINK_PG_UNKNOWN)
			fail_msg("%s is no definite no", bodies[i]);
	assert_int_equal(answered(uplink_type_pg_verify, 200, NO("F110")), UPLINK_PG_UNKNOWN);
	assert_string_equal(result.code, "F110");
	assert_string_equal(result.message, "words");
}

static void a_query_tells_what_became_of_the_order(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_query, 200, PAID), UPLINK_PG_OK);
	assert_int_equal(result.amount_minor, 53000);
	assert_int_equal(answered(uplink_type_pg_query, 200, BODY("partialCancelled", "ord_1", "53000", SIGNATURE)), UPLINK_PG_OK);
	assert_int_equal(answered(uplink_type_pg_query, 200, BODY("cancelled", "ord_1", "53000", SIGNATURE)), UPLINK_PG_NOT_FOUND);
	assert_string_equal(result.code, "cancelled");
	assert_int_equal(answered(uplink_type_pg_query, 200, BODY("cancelled", "ord_1", "53000", "")), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_query, 200, BODY("failed", "ord_1", "53000", "")), UPLINK_PG_DECLINED);
	assert_int_equal(answered(uplink_type_pg_query, 200, NO("A118")), UPLINK_PG_NOT_FOUND);
	assert_int_equal(answered(uplink_type_pg_query, 404, NO("U107")), UPLINK_PG_NOT_FOUND);
	assert_int_equal(answered(uplink_type_pg_query, 200, "{\"resultCode\":\"A118\",\"orderId\":\"ord_2\"}"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_query, 200, NO("A101")), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_query, 200, NO("3011")), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_query, 404, "<html>404</html>"), UPLINK_PG_UNKNOWN);
}

static void an_undoing_is_ok_when_it_is_proven(void **state)
{
	(void)state;
	assert_int_equal(answered(uplink_type_pg_net_cancel, 200, BODY("cancelled", "ord_1", "53000", SIGNATURE)), UPLINK_PG_OK);
	assert_int_equal(answered(uplink_type_pg_net_cancel, 200, NO("2013")), UPLINK_PG_OK);
	assert_int_equal(answered(uplink_type_pg_net_cancel, 200, BODY("cancelled", "ord_1", "53000", "")), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_net_cancel, 200, BODY("cancelled", "ord_2", "53000", SIGNATURE)), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_net_cancel, 200, PAID), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_net_cancel, 200, NO("2015")), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_net_cancel, 200, NO("U304")), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_expire_key, 200, "{\"resultCode\":\"0000\",\"bid\":\"BIKY1\"}"), UPLINK_PG_OK);
	assert_int_equal(answered(uplink_type_pg_expire_key, 200, "{\"resultCode\":\"0000\",\"bid\":\"BIKY2\"}"), UPLINK_PG_UNKNOWN);
	assert_int_equal(answered(uplink_type_pg_expire_key, 200, NO("A126")), UPLINK_PG_NOT_FOUND);
	assert_int_equal(answered(uplink_type_pg_expire_key, 200, NO("3011")), UPLINK_PG_UNKNOWN);
}

/* What nobody knows may be under way; a while after its answer was given up it is not, whatever the time of day has become. */
static void an_order_that_nobody_knows_is_undone_after_a_while(void **state)
{
	static const struct { int64_t ago_ms; unsigned status; } cases[] = {
		{ 0, UPLINK_PG_UNKNOWN }, { 59999, UPLINK_PG_UNKNOWN }, { 60000, UPLINK_PG_OK }, { 86400000, UPLINK_PG_OK },
	};
	const struct http_answer h = { .fate = HTTP_ANSWERED, .status = 200, .body = NO("2012"), .len = strlen(NO("2012")), .why = "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		job = (struct pg_job){ .op = uplink_type_pg_net_cancel, .order_id = "ord_1", .now = { 1795497153123 + i * 86400000 },
		                       .order_at_ms = 1795497153123, .lost_for_ms = cases[i].ago_ms };
		assert_false(pg_classify(&account, &job, &h, &result));
		assert_int_equal(result.status, cases[i].status);
		/* Nobody knows whether a card was looked at. */
		assert_string_equal(result.code, cases[i].status == UPLINK_PG_OK ? "not_known" : "2012");
	}
}

/* The gateway finds an order by its day, and the day may have been wrong here. That it is too late is said of an order that is there. */
static void an_order_that_it_is_too_late_for_is_looked_for_on_three_days_and_never_given_up(void **state)
{
	static const char *const days[] = { "20261124", "20261125", "20261123" };
	const struct http_answer late = { .fate = HTTP_ANSWERED, .status = 200, .body = NO("2020"), .len = strlen(NO("2020")), .why = "" };
	const struct http_answer none = { .fate = HTTP_ANSWERED, .status = 200, .body = NO("A118"), .len = strlen(NO("A118")), .why = "" };
	struct pg_request request;

	(void)state;
	job = (struct pg_job){ .op = uplink_type_pg_net_cancel, .order_id = "ord_1", .now = { 1795497153123 }, .order_at_ms = 1795497153123,
	                       .lost_for_ms = 86400000 };
	assert_true(pg_classify(&account, &job, &late, &result));
	for (size_t i = 0; i < ARRAY_LEN(days); i++) {
		request = (struct pg_request){ 0 };
		assert_int_equal(pg_nicepay_connector.request(&account, NULL, &job, &request), 0);
		assert_non_null(strstr(request.url, days[i]));
		assert_int_equal(pg_classify(&account, &job, &none, &result), i + 1 < ARRAY_LEN(days));
	}
	assert_int_equal(result.status, UPLINK_PG_UNKNOWN);
	assert_non_null(strstr(result.message, "look for it at the gateway"));
}

/* ---- requests ---- */

static struct pg_request request;

static json_t *ask(const struct uplink_msg *m, int expected)
{
	struct json_fault fault;
	json_t *body = NULL;

	job.now = (struct wall){ 1795497153123 };
	request = (struct pg_request){ 0 };
	assert_int_equal(pg_nicepay_connector.request(&account, m, &job, &request), expected);
	if (request.body != NULL)
		assert_int_equal(json_read_strict(request.body, strlen(request.body), &body, &fault), 0);
	free(request.body);
	return body;
}

static void expect_text(const json_t *o, const char *name, const char *want)
{
	assert_string_equal(json_string_value(json_object_get(o, name)), want);
}

static void a_payment_is_signed_over_order_key_and_time(void **state)
{
	struct uplink_msg m = { .type = uplink_type_pg_pay, .u.pg_pay = { .order_id = "ord_1", .pg_billing_key = "BIKY1", .tax_free_minor = -1, .vat_minor = -1,
		.amount_minor = 53000, .currency = "KRW", .instalment_months = 3, .order_name = "구독" } };
	json_t *b;

	(void)state;
	job = (struct pg_job){ .op = uplink_type_pg_pay };
	b = ask(&m, 0);
	assert_string_equal(request.url, "https://pg.example/v1/subscribe/BIKY1/payments");
	expect_text(b, "ediDate", "2026-11-24T14:12:33.123+0900");
	expect_text(b, "signData", "033b22683bac2a161afba810a56872f1ff84ec29b62fb236a4b807f9dec06058");
	expect_text(b, "orderId", "ord_1");
	assert_int_equal(json_integer_value(json_object_get(b, "amount")), 53000);
	assert_int_equal(json_integer_value(json_object_get(b, "cardQuota")), 3);
	assert_true(json_is_false(json_object_get(b, "useShopInterest")));
	assert_null(json_object_get(b, "taxFreeAmt"));
	json_decref(b);
	m.u.pg_pay.tax_free_minor = 3000;
	b = ask(&m, 0);
	assert_int_equal(json_integer_value(json_object_get(b, "taxFreeAmt")), 3000);
	json_decref(b);
	m.u.pg_pay.vat_minor = 0;
	assert_null(ask(&m, ERR_INVALID));
	m.u.pg_pay.vat_minor = -1;
	m.u.pg_pay.interest_free = 1;
	assert_null(ask(&m, ERR_INVALID));
	m.u.pg_pay.interest_free = 0;
	m.u.pg_pay.amount_minor = 1000000000000;
	assert_null(ask(&m, ERR_INVALID));
}

static void the_other_operations_are_signed_as_published(void **state)
{
	struct uplink_msg m = { .type = uplink_type_pg_net_cancel };
	json_t *b;

	(void)state;
	job = (struct pg_job){ .op = uplink_type_pg_net_cancel, .order_id = "ord_1" };
	b = ask(&m, 0);
	assert_string_equal(request.url, "https://pg.example/v1/payments/netcancel");
	expect_text(b, "signData", "719fb5fdf7e7b907f32dbcb2e4afcefb2ec4a8cbcd3b5d9e9b3124f47f53c707");
	json_decref(b);
	job = (struct pg_job){ .op = uplink_type_pg_net_cancel, .order_id = "ord_1", .step = 3, .tid = "tid-1" };
	b = ask(NULL, 0);
	assert_string_equal(request.url, "https://pg.example/v1/payments/tid-1/cancel");
	expect_text(b, "signData", "741763c99f11717b00761b38926f0d72223066e12b929461e6dffbb36173ae4e");
	assert_null(json_object_get(b, "cancelAmt"));
	json_decref(b);
	job = (struct pg_job){ .op = uplink_type_pg_query, .order_id = "a/b", .order_at_ms = 1795532400000 };       /* 0:00 in Korea */
	assert_null(ask(&m, 0));
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.url, "https://pg.example/v1/payments/find/a%2Fb?orderDate=20261125&returnCharSet=utf-8");
}

static void credentials_are_as_in_the_manual(void **state)
{
	struct pg_account a = account;
	char why[PG_WHY_SIZE];

	(void)state;
	assert_int_equal(pg_nicepay_connector.open(&a, why), 0);
	assert_string_equal(a.authorization, "Authorization: Basic "
		"YWYwZDExNjIzNmRmNDM3ZjgzMTQ4M2VlOWM1MDBiYzQ6NDMzYTg0MjFiZTc1NGIzNDk4OTA0OGNmMTQ4YTVmZmM=");
	a.secret[31] = '\0';
	assert_int_equal(pg_nicepay_connector.open(&a, why), ERR_INVALID);
	a = account;
	a.client_id[0] = '\0';
	assert_int_equal(pg_nicepay_connector.open(&a, why), ERR_INVALID);
}

/* ---- the table of codes ---- */

static const char *class_word(const struct nicepay_code *c)
{
	static const char *const words[] = {
		[UPLINK_DECLINE_INPUT] = "input", [UPLINK_DECLINE_FUNDS] = "funds", [UPLINK_DECLINE_DEAD_CARD] = "dead_card",
		[UPLINK_DECLINE_ASK_ISSUER] = "ask_issuer", [UPLINK_DECLINE_MERCHANT] = "merchant", [UPLINK_DECLINE_SYSTEM] = "system",
	};
	static const char *const says[] = {
		[NICEPAY_YES] = "success", [NICEPAY_UNSURE] = "unknown", [NICEPAY_NO_ORDER] = "no such order",
		[NICEPAY_CANCELED] = "cancelled already", [NICEPAY_TOO_LATE] = "too late",
	};

	return c->says == NICEPAY_NO || c->says == NICEPAY_NO_KEY ? words[c->class] : says[c->says];
}

static void each_code_stands_once_and_docs_tell_the_same(void **state)
{
	static char doc[65536];
	FILE *f = fopen("docs/pg.md", "r");
	char row[32];

	(void)state;
	assert_non_null(f);
	assert_true(fread(doc, 1, sizeof(doc) - 1, f) > 0);
	fclose(f);
	for (size_t i = 0; i < nicepay_code_count; i++) {
		const struct nicepay_code *c = &nicepay_codes[i];

		assert_ptr_equal(nicepay_code_find(c->code), c);
		snprintf(row, sizeof(row), "\n| %s | %s | ", c->code, class_word(c));
		if (strstr(doc, row) == NULL)
			fail_msg("docs/pg.md has no row \"%s\"", row + 1);
	}
}

static void the_card_companys_words_tell_the_class(void **state)
{
	(void)state;
	assert_int_equal(nicepay_class("3095", "일일한도초과"), UPLINK_DECLINE_FUNDS);
	assert_int_equal(nicepay_class("3095", "도난카드"), UPLINK_DECLINE_DEAD_CARD);
	assert_int_equal(nicepay_class("3095", "비밀번호 오류"), UPLINK_DECLINE_INPUT);
	assert_int_equal(nicepay_class("3095", "기타 거절"), UPLINK_DECLINE_ASK_ISSUER);
	assert_int_equal(nicepay_class("3011", "한도"), UPLINK_DECLINE_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_payment_of_our_order_and_amount_is_ok),
		cmocka_unit_test(anything_less_is_unknown),
		cmocka_unit_test(a_no_is_taken_where_it_is_definite),
		cmocka_unit_test(what_broke_behind_the_door_or_is_known_already_is_unknown),
		cmocka_unit_test(a_query_tells_what_became_of_the_order),
		cmocka_unit_test(an_undoing_is_ok_when_it_is_proven),
		cmocka_unit_test(an_order_that_nobody_knows_is_undone_after_a_while),
		cmocka_unit_test(an_order_that_it_is_too_late_for_is_looked_for_on_three_days_and_never_given_up),
		cmocka_unit_test(a_payment_is_signed_over_order_key_and_time),
		cmocka_unit_test(the_other_operations_are_signed_as_published),
		cmocka_unit_test(credentials_are_as_in_the_manual),
		cmocka_unit_test(each_code_stands_once_and_docs_tell_the_same),
		cmocka_unit_test(the_card_companys_words_tell_the_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
