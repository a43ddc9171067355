/* What a scenario may say and ask of a call, what an SMS says, what a synthesiser gets, how long a repeat waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "arsd/call_vars.h"
#include "arsd/outbox.h"
#include "arsd/sms_text.h"
#include "arsd/speech.h"

static bool any_prompt(const char *language, const char *id, void *context)
{
	(void)language;
	(void)context;
	return strcmp(id, "issuer.unheard") != 0;
}

static struct request payment(int64_t amount)
{
	struct request r = {
		.kind = REQUEST_PAYMENT, .amount = { amount, "KRW" }, .cycle = "monthly", .instalment_mode = "ask",
		.allowed = { 2, 3, 6 }, .interest_free = { 3 }, .other_card_allowed = true, .speech_merchant = "speech:aa",
		.speech_product = "speech:bb", .approval_no = "A30-001", .merchant_name = "서점", .product_name = "책",
	};

	return r;
}

static struct call_facts facts_of(const struct request *r)
{
	static const struct promotions none;

	return (struct call_facts){
		.request = r, .language = "ko", .has_prompt = any_prompt, .may_keep = true, .takes_cards = true,
		.registered = { "41111111", "1234", "visa", "shinhan", CARD_CREDIT },
		.typed = { "55555555", "9876", "master", "unheard", CARD_CHECK },
		.promotions = { &none, NULL },
	};
}

static const char *said(const struct call_facts *f, const char *variable)
{
	static struct say out;
	struct scenario_vars v = call_vars_make(f);

	say_init(&out);
	v.say(&out, variable, v.context);
	assert_false(out.bad);
	return out.ids;
}

static bool holds(const struct call_facts *f, const char *condition)
{
	struct scenario_vars v = call_vars_make(f);

	return v.holds(condition, v.context);
}

static void variables_speak_of_the_card_in_question(void **state)
{
	struct request r = payment(53000);
	struct call_facts f = facts_of(&r);

	(void)state;
	assert_string_equal(said(&f, "merchant"), "speech:aa");
	assert_string_equal(said(&f, "product"), "speech:bb");
	assert_string_equal(said(&f, "cycle"), "cycle.monthly");
	assert_string_equal(said(&f, "issuer"), "issuer.shinhan");
	assert_string_equal(said(&f, "last4"), "num.1 num.2 num.3 num.4");
	f.other_card = true;
	assert_string_equal(said(&f, "issuer"), "issuer.other");
	assert_string_equal(said(&f, "last4"), "num.9 num.8 num.7 num.6");
	r.kind = REQUEST_REGISTRATION;
	f.other_card = false;
	assert_string_equal(said(&f, "last4"), "num.9 num.8 num.7 num.6");
}

static void letters_in_an_approval_number_do_not_end_the_call(void **state)
{
	struct request r = payment(53000);
	struct call_facts f = facts_of(&r);

	(void)state;
	assert_non_null(strstr(said(&f, "approval_no"), "num.3"));
	snprintf(r.approval_no, sizeof(r.approval_no), "ABC");
	assert_string_equal(said(&f, "approval_no"), "");
}

static void a_decline_is_worded_by_its_class(void **state)
{
	struct request r = payment(53000);
	struct call_facts f = facts_of(&r);

	(void)state;
	snprintf(r.failure_class, sizeof(r.failure_class), "funds");
	assert_string_equal(said(&f, "decline"), "declined.funds");
	r.failure_class[0] = '\0';
	assert_string_equal(said(&f, "decline"), "declined.system");
	snprintf(r.failure_code, sizeof(r.failure_code), "pg_timeout");
	snprintf(r.failure_class, sizeof(r.failure_class), "system");
	assert_string_equal(said(&f, "decline"), "pay.not_done");
}

static void an_unknown_variable_is_a_fault_and_not_silence(void **state)
{
	struct request r = payment(53000);
	struct call_facts f = facts_of(&r);
	struct scenario_vars v = call_vars_make(&f);
	struct say out;

	(void)state;
	say_init(&out);
	v.say(&out, "nonsense", v.context);
	assert_true(out.bad);
}

static void conditions_follow_the_request_and_the_callers_choice(void **state)
{
	struct request r = payment(53000);
	struct call_facts f = facts_of(&r);

	(void)state;
	assert_true(holds(&f, "instalments_offered"));
	assert_true(holds(&f, "other_card_allowed"));
	assert_false(holds(&f, "other_card_chosen"));
	assert_false(holds(&f, "card_must_be_entered"));
	f.needs_card = true;
	assert_true(holds(&f, "card_must_be_entered"));
	assert_false(holds(&f, "kept_card_asked"));
	assert_true(holds(&f, "monthly"));
	f.other_card = true;
	assert_true(holds(&f, "other_card_chosen"));
	assert_true(holds(&f, "kept_card_asked"));
	assert_false(holds(&f, "instalments_offered"));      /* a check card */
	f.may_keep = false;
	assert_false(holds(&f, "kept_card_asked"));
	f.other_card = false;
	r.amount.amount_minor = 49999;
	assert_false(holds(&f, "instalments_offered"));
	r.amount.amount_minor = 50000;
	assert_true(holds(&f, "instalments_offered"));
	snprintf(r.amount.currency, sizeof(r.amount.currency), "USD");
	assert_false(holds(&f, "instalments_offered"));
	r = payment(53000);
	snprintf(r.instalment_mode, sizeof(r.instalment_mode), "none");
	assert_false(holds(&f, "instalments_offered"));
	r.consent_skip = true;
	assert_false(holds(&f, "other_card_allowed"));
	assert_false(holds(&f, "nonsense"));
}

static void one_payment_comes_before_the_months(void **state)
{
	struct request r = payment(53000);
	struct call_facts f = facts_of(&r);
	struct scenario_vars v = call_vars_make(&f);
	static const char *const ends[] = { "months.lump", "months.plain", "months.free", "months.plain" };
	struct say out;

	(void)state;
	for (int n = 0; n < 4; n++) {
		say_init(&out);
		assert_true(v.option(&out, "instalments", n, v.context));
		assert_string_equal(out.ids + strlen(out.ids) - strlen(ends[n]), ends[n]);
	}
	assert_false(v.option(&out, "instalments", 4, v.context));
	assert_false(v.option(&out, "nonsense", 0, v.context));
	assert_int_equal(call_vars_months(&r, 0), 0);
	assert_int_equal(call_vars_months(&r, 3), 6);
	assert_int_equal(call_vars_months(&r, 4), -1);
	assert_int_equal(call_vars_months(&r, -1), -1);
}

static void an_sms_is_filled_and_never_cut(void **state)
{
	const struct sms_value values[] = { { "merchant", "서점" }, { "number", "070-1234-0001" } };
	char out[SMS_TEXT_SIZE], large[SMS_TEXT_SIZE + 8];

	(void)state;
	assert_int_equal(sms_text_fill("[{merchant}] {number} {other} {", values, 2, out), 0);
	assert_string_equal(out, "[서점] 070-1234-0001 {other} {");
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	assert_int_equal(sms_text_fill(large, values, 2, out), ERR_TOO_LONG);
}

static void every_result_has_its_sms_in_both_languages(void **state)
{
	struct request r = payment(53000);
	char texts[16][SMS_TEXT_SIZE];
	int n = 0;

	(void)state;
	for (int kind = REQUEST_REGISTRATION; kind <= REQUEST_PAYMENT; kind++)
		for (int english = 0; english < 2; english++)
			for (int result = SMS_TEXT_OK; result <= SMS_TEXT_CALL_AGAIN; result++) {
				const char *language = english ? "en" : "ko", *template;
				char why[SMS_WHY_SIZE];

				r.kind = (enum request_kind)kind;
				snprintf(r.language, sizeof(r.language), "%s", english ? "en" : "ko");
				template = sms_text_default(NULL, r.kind, (enum sms_text)result, language);
				assert_int_equal(sms_text_check(template, (enum sms_text)result, why), 0);
				assert_int_equal(sms_text_write(template, &r, (struct wall){ 0 }, texts[n]), 0);
				assert_null(strchr(texts[n], '{'));
				for (int i = 0; i < n; i++)
					assert_string_not_equal(texts[i], texts[n]);
				n++;
			}
}

static void what_a_synthesiser_would_obey_is_not_given_to_it(void **state)
{
	static const struct { const char *in, *out; } texts[] = {
		{ "칼키 서점", "칼키 서점" }, { "  a   b  ", "a b" }, { "[[h@'loU]] x", "h@'loU x" },
		{ "<speak>x</speak>", "speak x /speak" }, { "a\nb\tc\x01", "a b c" }, { "A&amp;B", "A amp;B" },
	};
	char out[SPEECH_TEXT_SIZE], large[SPEECH_TEXT_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(speech_clean(texts[i].in, out), 0);
		assert_string_equal(out, texts[i].out);
	}
	assert_true(speech_clean("", out) < 0);
	assert_true(speech_clean("[[<>]] -- ..", out) < 0);
	memset(large, 'x', SPEECH_TEXT_SIZE);
	large[SPEECH_TEXT_SIZE] = '\0';
	assert_true(speech_clean(large, out) < 0);
}

static void a_text_has_one_name_in_each_language(void **state)
{
	char a[SPEECH_NAME_SIZE], b[SPEECH_NAME_SIZE];

	(void)state;
	assert_int_equal(speech_name("ko", "book", a), 0);
	assert_int_equal(speech_name("ko", "book", b), 0);
	assert_string_equal(a, b);
	assert_int_equal(strlen(a), strlen("speech:") + 64);
	assert_int_equal(speech_name("en", "book", b), 0);
	assert_string_not_equal(a, b);
}

static void repeats_wait_longer_each_time_and_end(void **state)
{
	int64_t last = 0, all = 0;
	uint32_t tries = 1;

	(void)state;
	assert_in_range(outbox_backoff_ms(OUTBOX_SMS, 1, 0), 750, 750);
	assert_in_range(outbox_backoff_ms(OUTBOX_SMS, 1, 500), 1250, 1250);
	for (; outbox_backoff_ms(OUTBOX_WEBHOOK, tries, 0) >= 0; tries++) {
		int64_t ms = outbox_backoff_ms(OUTBOX_WEBHOOK, tries, 0);

		assert_true(ms >= last);
		assert_true(outbox_backoff_ms(OUTBOX_WEBHOOK, tries, UINT32_MAX) <= 3600000 * 5 / 4);
		last = ms;
		all += ms;
	}
	assert_int_equal(tries, 85);
	assert_in_range(all, INT64_C(3) * 24 * 3600 * 1000 * 3 / 4, INT64_C(3) * 24 * 3600 * 1000);      /* the least chance of three days */
	assert_int_equal(outbox_backoff_ms(OUTBOX_SMS, 8, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_speak_of_the_card_in_question),
		cmocka_unit_test(letters_in_an_approval_number_do_not_end_the_call),
		cmocka_unit_test(a_decline_is_worded_by_its_class),
		cmocka_unit_test(an_unknown_variable_is_a_fault_and_not_silence),
		cmocka_unit_test(conditions_follow_the_request_and_the_callers_choice),
		cmocka_unit_test(one_payment_comes_before_the_months),
		cmocka_unit_test(an_sms_is_filled_and_never_cut),
		cmocka_unit_test(every_result_has_its_sms_in_both_languages),
		cmocka_unit_test(what_a_synthesiser_would_obey_is_not_given_to_it),
		cmocka_unit_test(a_text_has_one_name_in_each_language),
		cmocka_unit_test(repeats_wait_longer_each_time_and_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
