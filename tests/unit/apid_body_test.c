/* apid_body_test.c: what arsd is asked for a body; which bodies are refused, and at which member. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/apid_asking.h"

#define assert_field(body_members, pointer)                                                     \
	do {                                                                                        \
		assert_int_equal(post(PATH, "{" body_members "}"), ERR_INVALID);                        \
		assert_refused(422, "invalid_field", pointer);                                          \
	} while (0)

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
	/* What shows nothing is blank, however it is called: wide blanks, joiners, fillers of Hangul. */
	assert_field("\"customer_ref\":\"\\u200b\",\"phone\":\"01012345678\",\"product_name\":\"p\",\"cycle\":\"monthly\"", "/customer_ref");
	assert_field("\"customer_ref\":\"c\",\"phone\":\"01012345678\",\"product_name\":\"\\u3164 \\u3000\",\"cycle\":\"monthly\"",
	             "/product_name");
	assert_field("\"customer_ref\":\"c\",\"phone\":\"01012345678\",\"product_name\":\"\\u115f\\u1160\",\"cycle\":\"monthly\"",
	             "/product_name");
	assert_int_equal(post("/v1/registrations", "{\"customer_ref\":\"\\u3164\uac00\",\"phone\":\"01012345678\",\"product_name\":\"p\",\"cycle\":\"monthly\"}"), 0);
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

static void an_amount_may_say_its_parts(void **state UNUSED)
{
#define PARTS(parts) "\"order_id\":\"order-1\",\"billing_key\":\"" BK "\",\"order_name\":\"a\",\"amount\":{\"total\":53000,\"currency\":\"KRW\"" parts "}"
	const struct api_payment_create *m = &msg.u.payment_create;

	assert_int_equal(post(PATH, "{" PARTS("") "}"), 0);
	assert_int_equal(m->tax_free_minor, -1);
	assert_int_equal(m->vat_minor, -1);
	assert_int_equal(post(PATH, "{" PARTS(",\"tax_free\":0,\"vat\":4818") "}"), 0);
	assert_int_equal(m->amount_minor, 53000);
	assert_int_equal(m->tax_free_minor, 0);
	assert_int_equal(m->vat_minor, 4818);
	assert_field(PARTS(",\"tax_free\":-1"), "/amount/tax_free");
	assert_field(PARTS(",\"tax_free\":1.5"), "/amount/tax_free");
	assert_field(PARTS(",\"vat\":\"1\""), "/amount/vat");
	assert_field(PARTS(",\"vat\":1000000000001"), "/amount/vat");
	assert_field(PARTS(",\"service_fee\":1"), "/amount/service_fee");
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

/* ---- deletions ---- */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_registration_needs_few_words),
		cmocka_unit_test(a_registration_may_say_all),
		cmocka_unit_test(a_landline_gets_no_sms),
		cmocka_unit_test(a_registration_names_the_member_at_fault),
		cmocka_unit_test(a_payment_needs_few_words_and_asks_by_default),
		cmocka_unit_test(instalments_are_asked_or_fixed),
		cmocka_unit_test(an_amount_may_say_its_parts),
		cmocka_unit_test(instalments_that_cannot_be_are_refused),
		cmocka_unit_test(below_50000_won_there_are_no_instalments),
		cmocka_unit_test(without_consent_only_the_registered_card_pays),
		cmocka_unit_test(a_payment_names_the_member_at_fault),
		cmocka_unit_test(a_schedule_says_what_and_when),
		cmocka_unit_test(a_schedule_names_the_member_at_fault),
		cmocka_unit_test(a_schedule_is_changed_by_what_is_named),
		cmocka_unit_test(a_test_clock_moves_forward_and_not_too_far),
		cmocka_unit_test(a_deletion_may_give_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
