/* json_test.c: foreign JSON is held to its table, and refused with the place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "json/json.h"

static const struct json_field fields[] = {
	{ "order_id", JSON_WANT_STRING, true, 6, 10, "abcdefghij" },
	{ "total", JSON_WANT_INT, false, 1, 1000, NULL },
	{ "flag", JSON_WANT_BOOL, false, 0, 0, NULL },
	{ "months", JSON_WANT_ARRAY, false, 0, 2, NULL },
	{ "name", JSON_WANT_STRING, false, 0, 100, NULL },
	{ "currency", JSON_WANT_STRING, false, 3, 3, NULL },
};

static void check(const char *text, const char *where, const char *why)
{
	struct json_fault f = { "", "" };
	json_t *o = NULL;
	int e = json_read_strict(text, strlen(text), &o, &f);

	if (e == 0)
		e = json_fields(o, "", fields, ARRAY_LEN(fields), &f);
	json_decref(o);
	if (why == NULL) {
		assert_int_equal(e, 0);
		return;
	}
	assert_int_equal(e, ERR_INVALID);
	assert_string_equal(f.where, where);
	if (strstr(f.why, why) == NULL)
		fail_msg("%s: got \"%s\", want \"%s\"", text, f.why, why);
}

static void a_good_object_passes(void **state UNUSED)
{
	check("{\"order_id\":\"abcdef\",\"total\":1,\"flag\":false,\"months\":[1,2],\"name\":\"\\uc0c1\\ud488\"}", "", NULL);
	check("{\"order_id\":\"abcdef\"}", "", NULL);
	/* U+200D: an emoji of several. */
	check("{\"order_id\":\"abcdef\",\"name\":\"a\\u200db\"}", "", NULL);
}

static void everything_else_is_refused_with_its_place(void **state UNUSED)
{
	check("{}", "/order_id", "required");
	check("{\"order_id\":\"abc\"}", "/order_id", "6 to 10");
	check("{\"order_id\":\"abcdez\"}", "/order_id", "may only hold");
	check("{\"order_id\":7}", "/order_id", "a string");
	check("{\"order_id\":null}", "/order_id", "a string");
	check("{\"order_id\":\"abcdef\",\"total\":1.5}", "/total", "an integer");
	check("{\"order_id\":\"abcdef\",\"total\":0}", "/total", "1 to 1000");
	check("{\"order_id\":\"abcdef\",\"flag\":1}", "/flag", "true or false");
	check("{\"order_id\":\"abcdef\",\"months\":[1,2,3]}", "/months", "0 to 2");
	check("{\"order_id\":\"abcdef\",\"x/y~z\":1}", "/x~1y~0z", "not a member");
	check("{\"order_id\":\"abcdef\",\"name\":\"a\\u0001\"}", "/name", "control");
	check("{\"order_id\":\"abcdef\",\"name\":\"a\\u0085b\"}", "/name", "control");
	check("{\"order_id\":\"abcdef\",\"name\":\"a\\u2028b\"}", "/name", "control");
	check("{\"order_id\":\"abcdef\",\"name\":\"\\u202eb\"}", "/name", "control");
	check("{\"order_id\":\"abcdef\",\"name\":\"\\u2066b\"}", "/name", "control");
	check("{\"order_id\":\"abcdef\",\"name\":\"a\\u200e\"}", "/name", "control");
	check("{\"order_id\":\"abcdef\",\"name\":\"a\\u200f\"}", "/name", "control");
	check("{\"order_id\":\"abcdef\",\"name\":\"a\\u061c\"}", "/name", "control");
	check("{\"order_id\":\"abcdef\",\"name\":\"a\\u206f\"}", "/name", "control");
	check("{\"order_id\":\"abcdef\",\"currency\":\"KR\"}", "/currency", "must have 3 bytes");
	check("{\"order_id\":\"abcdef\",\"order_id\":\"abcdef\"}", "", "twice");
	check("{\"order_id\":\"abcdef\"} x", "", "not valid JSON");
	check("[]", "", "JSON object");
	check("", "", "not valid JSON");
	check("{\"order_id\":\"\xff\xfe\"}", "", "not valid JSON");
	check("{\"order_id\":\"abc\\u0000ef\"}", "", "not valid JSON");
}

static void depth_is_bounded_before_parsing(void **state UNUSED)
{
	static char text[100000];
	struct json_fault f;
	json_t *o;

	memset(text, '[', sizeof(text));
	assert_int_equal(json_read_strict(text, sizeof(text), &o, &f), ERR_INVALID);
	assert_non_null(strstr(f.why, "nested"));
}

static void a_hostile_name_fits_its_place(void **state UNUSED)
{
	static char text[4000];
	struct json_fault f;
	json_t *o;

	snprintf(text, sizeof(text), "{\"%01000d\":1}", 0);
	assert_int_equal(json_read_strict(text, strlen(text), &o, &f), 0);
	assert_int_equal(json_fields(o, "", fields, ARRAY_LEN(fields), &f), ERR_INVALID);
	assert_true(strlen(f.where) < JSON_WHERE_SIZE);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_object_passes),
		cmocka_unit_test(everything_else_is_refused_with_its_place),
		cmocka_unit_test(depth_is_bounded_before_parsing),
		cmocka_unit_test(a_hostile_name_fits_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
