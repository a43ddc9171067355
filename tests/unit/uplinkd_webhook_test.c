/* uplinkd_webhook_test.c: signatures against the example of the Standard Webhooks libraries, and when a delivery counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "uplinkd/sms.h"
#include "uplinkd/webhook.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID "msg_p5jXN8AQM9LWM0D4loKWxJek"

static const char payload[] = "{\"test\": 2432232314}";
enum { TIMESTAMP = 1614265330, PAYLOAD_LEN = sizeof(payload) - 1 };

static void the_signature_is_that_of_the_specification(void **state)
{
	char out[WEBHOOK_SIGNATURE_SIZE];

	(void)state;
	assert_int_equal(webhook_sign(SECRET, ID, TIMESTAMP, payload, PAYLOAD_LEN, out), 0);
	assert_string_equal(out, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void id_time_and_body_all_count(void **state)
{
	char a[WEBHOOK_SIGNATURE_SIZE], b[WEBHOOK_SIGNATURE_SIZE];

	(void)state;
	assert_int_equal(webhook_sign(SECRET, ID, TIMESTAMP, payload, PAYLOAD_LEN, a), 0);
	assert_int_equal(webhook_sign(SECRET, ID "x", TIMESTAMP, payload, PAYLOAD_LEN, b), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(webhook_sign(SECRET, ID, TIMESTAMP + 1, payload, PAYLOAD_LEN, b), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(webhook_sign(SECRET, ID, TIMESTAMP, payload, PAYLOAD_LEN - 1, b), 0);
	assert_string_not_equal(a, b);
}

static void a_secret_of_another_form_or_length_is_refused(void **state)
{
	char out[WEBHOOK_SIGNATURE_SIZE] = "untouched";

	(void)state;
	assert_int_equal(webhook_sign("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ID, TIMESTAMP, "", 0, out), ERR_INVALID);
	assert_int_equal(webhook_sign("whsec_", ID, TIMESTAMP, "", 0, out), ERR_INVALID);
	assert_int_equal(webhook_sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La", ID, TIMESTAMP, "", 0, out), ERR_INVALID);
	assert_int_equal(webhook_sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!", ID, TIMESTAMP, "", 0, out), ERR_INVALID);
	assert_string_equal(out, "untouched");
}

static struct http_answer answered(int status, const char *body)
{
	return (struct http_answer){ .fate = HTTP_ANSWERED, .status = status, .body = body, .len = strlen(body), .why = "" };
}

static void only_2xx_is_a_delivery_and_only_410_ends_it(void **state)
{
	static const int later[] = { 199, 301, 302, 400, 401, 404, 409, 429, 500, 503 };
	struct http_answer a = answered(200, "");

	(void)state;
	assert_int_equal(webhook_classify(&a), UPLINK_SENT);
	a.status = 299;
	assert_int_equal(webhook_classify(&a), UPLINK_SENT);
	a.status = 410;
	assert_int_equal(webhook_classify(&a), UPLINK_REFUSED);
	for (size_t i = 0; i < ARRAY_LEN(later); i++) {
		a.status = later[i];
		assert_int_equal(webhook_classify(&a), UPLINK_LATER);
	}
	a = (struct http_answer){ .fate = HTTP_NO_ANSWER, .status = 200, .body = "", .why = "cut" };
	assert_int_equal(webhook_classify(&a), UPLINK_LATER);
}

static void an_sms_is_sent_only_by_a_2xx_and_words(void **state)
{
	struct http_answer a = answered(200, "{\"status\":\"accepted\"}");

	(void)state;
	assert_int_equal(sms_http_classify(&a, "\"accepted\""), SMS_TAKEN);
	assert_int_equal(sms_http_classify(&a, ""), SMS_TAKEN);
	assert_int_equal(sms_http_classify(&a, "\"queued\""), SMS_REFUSED);
	/* Accepted is accepted, whichever of them was expected: the next provider would send it twice. */
	a.status = 202;
	assert_int_equal(sms_http_classify(&a, "\"accepted\""), SMS_TAKEN);
	assert_int_equal(sms_http_classify(&a, ""), SMS_TAKEN);
	assert_int_equal(sms_http_classify(&a, "\"queued\""), SMS_REFUSED);
	a.status = 302;
	assert_int_equal(sms_http_classify(&a, "\"accepted\""), SMS_REFUSED);
	a = answered(400, "");
	assert_int_equal(sms_http_classify(&a, ""), SMS_REFUSED);
}

/* RFC 9110 10.2.3: the three forms of one instant are those of its 5.6.7. */
static void a_server_says_when_to_ask_it_again(void **state)
{
	static const struct { const char *value; uint32_t after_s; } said[] = {
		{ "0", 0 }, { "120", 120 }, { "007", 7 }, { "4294967295", UINT32_MAX }, { "99999999999999999999999999", UINT32_MAX },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 39 }, { "Sunday, 06-Nov-94 08:49:37 GMT", 39 }, { "Sun Nov  6 08:49:37 1994", 39 },
		{ "Sun, 06 Nov 1994 08:48:58 GMT", 0 }, { "Fri, 31 Dec 9999 23:59:59 GMT", UINT32_MAX },
		/* nonsense */
		{ "", 0 }, { "-1", 0 }, { "+5", 0 }, { "1.5", 0 }, { "12 s", 0 }, { "0x10", 0 }, { "soon", 0 }, { "Sun", 0 }, { "Sun, 06 Nov 1994", 0 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT+1", 0 }, { "Sun, 06 Nov 1994 08:49:37 KST", 0 }, { "Wed, 30 Nov 1994 08:49:37 GMTx", 0 },
		{ "Thu, 31 Nov 1994 08:49:37 GMT", 0 }, { "Sun, 06 Nov 1994 25:49:37 GMT", 0 },
	};
	static const int heeded[] = { 429, 502, 503, 504 }, not_heeded[] = { 200, 301, 400, 408, 410, 500, 501, 505 };
	const struct wall now = { INT64_C(784111738500) };            /* 38.5 s before 08:49:37 */
	struct http_answer a = answered(503, "");

	(void)state;
	assert_int_equal(webhook_retry_after_s(&a, now), 0);
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		a.retry_after = said[i].value;
		if (webhook_retry_after_s(&a, now) != said[i].after_s)
			fail_msg("\"%s\": %u", said[i].value, webhook_retry_after_s(&a, now));
	}
	a.retry_after = "120";
	for (size_t i = 0; i < ARRAY_LEN(heeded); i++) {
		a.status = heeded[i];
		assert_int_equal(webhook_retry_after_s(&a, now), 120);
	}
	for (size_t i = 0; i < ARRAY_LEN(not_heeded); i++) {
		a.status = not_heeded[i];
		assert_int_equal(webhook_retry_after_s(&a, now), 0);
	}
}

/* What another provider may be asked for, and what must stay where it may be already. */
static void an_sms_that_may_have_arrived_is_told_from_one_that_has_not(void **state)
{
	static const int surely_not[] = { 408, 425, 429, 503 }, unknown[] = { 500, 502, 504, 599 };
	struct http_answer a;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		a = answered(surely_not[i], "\"accepted\"");
		assert_int_equal(sms_http_classify(&a, "\"accepted\""), SMS_NOT_TAKEN);
		a = answered(unknown[i], "\"accepted\"");
		assert_int_equal(sms_http_classify(&a, "\"accepted\""), SMS_UNKNOWN);
	}
	a.fate = HTTP_NOT_SENT;
	assert_int_equal(sms_http_classify(&a, ""), SMS_NOT_TAKEN);
	a.fate = HTTP_NO_ANSWER;
	assert_int_equal(sms_http_classify(&a, ""), SMS_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_signature_is_that_of_the_specification),
		cmocka_unit_test(id_time_and_body_all_count),
		cmocka_unit_test(a_secret_of_another_form_or_length_is_refused),
		cmocka_unit_test(only_2xx_is_a_delivery_and_only_410_ends_it),
		cmocka_unit_test(a_server_says_when_to_ask_it_again),
		cmocka_unit_test(an_sms_is_sent_only_by_a_2xx_and_words),
		cmocka_unit_test(an_sms_that_may_have_arrived_is_told_from_one_that_has_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
