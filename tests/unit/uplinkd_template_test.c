/* uplinkd_template_test.c: what an SMS template may say, and that no value leaves its place in JSON, a form or a header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "uplinkd/template.h"

static const struct template_values values = {
	.value = { [TEMPLATE_ID] = "sms_1", [TEMPLATE_TO] = "01012345678", [TEMPLATE_FROM] = "15881234",
	           [TEMPLATE_TEXT] = "a\"b\\c\nd & e=1 가", [TEMPLATE_SECRET] = "s3cret" },
};

static void assert_refused(const char *text, const char *word)
{
	char why[TEMPLATE_WHY_SIZE] = "";
	unsigned uses = 99;

	assert_int_equal(template_check(text, &uses, why), ERR_INVALID);
	assert_non_null(strstr(why, word));
	assert_int_equal(uses, 99);
}

static void an_unknown_place_is_refused_by_name(void **state)
{
	(void)state;
	assert_refused("{\"to\":\"{to}\",\"t\":\"{txt}\"}", "{txt}");
	assert_refused("{phone_number}", "{phone_number}");
}

static void a_place_without_its_closing_brace_is_refused(void **state)
{
	(void)state;
	assert_refused("{\"text\":\"{text\"}", "closing brace");
	assert_refused("{to", "closing brace");
}

static void braces_of_json_are_text(void **state)
{
	char why[TEMPLATE_WHY_SIZE], out[64];
	unsigned uses = 0;

	(void)state;
	assert_int_equal(template_check("{\"a\":{\"b\":{}},\"c\":\"{to}\"}", &uses, why), 0);
	assert_int_equal(uses, 1U << TEMPLATE_TO);
	assert_true(template_fill("{\"a\":{},\"c\":\"{to}\"}", TEMPLATE_JSON, &values, out, sizeof(out)) > 0);
	assert_string_equal(out, "{\"a\":{},\"c\":\"01012345678\"}");
}

static void json_values_cannot_end_their_string(void **state)
{
	char out[128];
	int n = template_fill("\"{text}\"", TEMPLATE_JSON, &values, out, sizeof(out));

	(void)state;
	assert_string_equal(out, "\"a\\\"b\\\\c\\nd & e=1 가\"");
	assert_int_equal(n, (int)strlen(out));
}

static void json_control_characters_become_escapes(void **state)
{
	const struct template_values v = { .value = { [TEMPLATE_TEXT] = "\x01\x1f\t\r\b\f\x7f" } };
	char out[64];

	(void)state;
	assert_true(template_fill("{text}", TEMPLATE_JSON, &v, out, sizeof(out)) > 0);
	assert_string_equal(out, "\\u0001\\u001f\\t\\r\\b\\f\\u007f");
}

static void form_values_cannot_begin_another_field(void **state)
{
	char out[128];

	(void)state;
	assert_true(template_fill("to={to}&msg={text}", TEMPLATE_PERCENT, &values, out, sizeof(out)) > 0);
	assert_string_equal(out, "to=01012345678&msg=a%22b%5Cc%0Ad%20%26%20e%3D1%20%EA%B0%80");
}

static void a_line_end_in_a_header_is_refused(void **state)
{
	char out[128] = "untouched";

	(void)state;
	assert_int_equal(template_fill("X-Text: {text}", TEMPLATE_HEADER, &values, out, sizeof(out)), ERR_INVALID);
	assert_true(template_fill("Authorization: Bearer {secret}", TEMPLATE_HEADER, &values, out, sizeof(out)) > 0);
	assert_string_equal(out, "Authorization: Bearer s3cret");
}

static void too_small_a_buffer_is_an_error_not_a_cut(void **state)
{
	char out[12];

	(void)state;
	assert_int_equal(template_fill("{to}", TEMPLATE_JSON, &values, out, 11), ERR_TOO_LONG);
	assert_int_equal(template_fill("{to}", TEMPLATE_JSON, &values, out, 12), 11);
}

static void a_missing_value_is_empty(void **state)
{
	const struct template_values none = { .value = { NULL } };
	char out[8];

	(void)state;
	assert_int_equal(template_fill("[{id}]", TEMPLATE_JSON, &none, out, sizeof(out)), 2);
	assert_string_equal(out, "[]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_place_is_refused_by_name),
		cmocka_unit_test(a_place_without_its_closing_brace_is_refused),
		cmocka_unit_test(braces_of_json_are_text),
		cmocka_unit_test(json_values_cannot_end_their_string),
		cmocka_unit_test(json_control_characters_become_escapes),
		cmocka_unit_test(form_values_cannot_begin_another_field),
		cmocka_unit_test(a_line_end_in_a_header_is_refused),
		cmocka_unit_test(too_small_a_buffer_is_an_error_not_a_cut),
		cmocka_unit_test(a_missing_value_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
