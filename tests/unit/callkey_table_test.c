/* callkey_table_test.c: columns line up by what the eye sees, and no text can give orders to the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "callkey/table.h"

static void width_is_what_a_terminal_gives(void **state UNUSED)
{
	static const struct { const char *text; size_t width; } all[] = {
		{ "", 0 }, { "abc", 3 }, { "카드", 4 }, { "월간 구독", 9 }, { "漢字", 4 }, { "é", 1 }, { "e\xcc\x81", 1 }, { "£5", 2 },
		{ "\xff", 1 }, { "\xed\x95", 2 }, { "\xed\xa0\x80", 3 }, { "\xc0\x80", 2 }, { "😀", 2 }, { "•", 1 }, { "ｆ", 2 },
		{ "\xf4\x90\x80\x80", 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (text_width(all[i].text) != all[i].width)
			fail_msg("%s: %zu", all[i].text, text_width(all[i].text));
}

static void orders_to_the_terminal_are_made_harmless(void **state UNUSED)
{
	static const struct { const char *in, *out; } all[] = {
		{ "a\033[2Jb", "a?[2Jb" }, { "\r\n\t\b\x7f", "?????" }, { "\xc2\x9b" "31m", "?31m" }, { "shop\xe2\x80\xae" "gpj", "shop?gpj" },
		{ "월간", "월간" }, { "\xed\x95", "??" }, { "\xe2\x81\xa6x", "?x" },
	};
	char out[64];

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		text_clean(all[i].in, out, sizeof(out));
		assert_string_equal(out, all[i].out);
	}
}

static void text_is_cut_at_a_whole_character(void **state UNUSED)
{
	char *out;

	for (size_t size = 1; size < 12; size++) {
		out = malloc(size);               /* so that a sanitizer sees a write beyond it */
		text_clean("가나다", out, size);
		assert_int_equal(strlen(out), (size - 1) / 3 * 3 > 9 ? 9 : (size - 1) / 3 * 3);
		free(out);
	}
}

static void a_long_text_is_cut_and_says_so(void **state UNUSED)
{
	static const char *const heads[] = { "NAME", "LAST" };
	static const char *const filling[] = { "W", "가", "a\xcc\x81" };
	struct table *t;
	char cell[400], *text, *end;

	for (size_t i = 0; i < ARRAY_LEN(filling); i++) {
		cell[0] = '\0';
		for (int n = 0; n < 60; n++)
			strcat(cell, filling[i]);
		assert_int_equal(table_new(heads, 2, &t), 0);
		assert_int_equal(table_cell(t, cell), 0);
		assert_int_equal(table_cell(t, "x"), 0);
		assert_int_equal(table_text(t, &text), 0);
		end = strstr(text, "…  x\n");
		if (end == NULL)
			end = strstr(text, "…   x\n");       /* a wide character left one column over */
		assert_non_null(end);
		*end = '\0';
		assert_in_range(text_width(strchr(text, '\n') + 1), TABLE_CELL_WIDTH - 2, TABLE_CELL_WIDTH - 1);
		free(text);
		table_free(&t);
	}
}

static void columns_line_up(void **state UNUSED)
{
	static const char *const heads[] = { "NAME", ">SUM", "LAST" };
	static const char *const cells[] = { "카드", "5", "x", "a", "1,000", "", "longer name", NULL, "월간" };
	struct table *t;
	char *text;

	assert_int_equal(table_new(heads, 3, &t), 0);
	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		assert_int_equal(table_cell(t, cells[i]), 0);
	assert_int_equal(table_text(t, &text), 0);
	assert_string_equal(text, "NAME           SUM  LAST\n"
	                          "카드             5  x\n"
	                          "a            1,000  -\n"
	                          "longer name      -  월간\n");
	free(text);
	table_free(&t);
	assert_null(t);
}

static void a_long_cell_is_cut_and_many_rows_fit(void **state UNUSED)
{
	static const char *const heads[] = { "A", "B" };
	char cell[5000], *text;
	struct table *t;
	size_t lines = 0;

	memset(cell, 'x', sizeof(cell) - 1);
	cell[sizeof(cell) - 1] = '\0';
	assert_int_equal(table_new(heads, 2, &t), 0);
	for (int i = 0; i < 2000; i++)
		assert_int_equal(table_cell(t, i == 0 ? cell : "y"), 0);
	assert_int_equal(table_text(t, &text), 0);
	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	assert_int_equal(lines, 1001);
	assert_int_equal(strspn(strchr(text, '\n') + 1, "x"), TABLE_CELL_WIDTH - 1);
	free(text);
	table_free(&t);
	assert_int_equal(table_new(heads, TABLE_COLUMNS_MAX + 1, &t), ERR_NOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(width_is_what_a_terminal_gives),
		cmocka_unit_test(orders_to_the_terminal_are_made_harmless),
		cmocka_unit_test(text_is_cut_at_a_whole_character),
		cmocka_unit_test(a_long_text_is_cut_and_says_so),
		cmocka_unit_test(columns_line_up),
		cmocka_unit_test(a_long_cell_is_cut_and_many_rows_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
