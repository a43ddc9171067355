/* callkey_diff_test.c: unified diffs, as diff -u prints them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "callkey/diff.h"

#define NAMES "--- a\n+++ b\n"

static void judge(const char *old, const char *fresh, const char *wanted)
{
	char *text = NULL;

	assert_int_equal(diff_unified("a", old, "b", fresh, &text), 0);
	assert_string_equal(text, wanted);
	free(text);
}

static void equal_texts_have_none(void **state UNUSED)
{
	judge("", "", "");
	judge("x\ny", "x\ny", "");
}

static void a_text_comes_and_goes(void **state UNUSED)
{
	judge("", "x\ny\n", NAMES "@@ -0,0 +1,2 @@\n+x\n+y\n");
	judge("x\n", "", NAMES "@@ -1 +0,0 @@\n-x\n");
}

static void a_change_has_three_lines_around_it(void **state UNUSED)
{
	judge("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", NAMES
	      "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
	judge("1\n2\n3\n", "0\n1\n2\n3\n", NAMES "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n");
}

static void changes_that_are_near_are_one_hunk(void **state UNUSED)
{
	judge("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n", NAMES
	      "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
	judge("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n", NAMES
	      "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

static void a_missing_last_newline_is_told(void **state UNUSED)
{
	judge("x\ny", "x\ny\n", NAMES "@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+y\n");
}

static void a_text_of_too_many_lines_is_refused(void **state UNUSED)
{
	char *lines = malloc(DIFF_LINES_MAX + 2), *text = NULL;

	assert_non_null(lines);
	memset(lines, '\n', DIFF_LINES_MAX + 1);
	lines[DIFF_LINES_MAX + 1] = '\0';
	assert_int_equal(diff_unified("a", lines, "b", "x\n", &text), ERR_TOO_LONG);
	assert_null(text);
	assert_int_equal(diff_unified("a", lines + 1, "b", "x\n", &text), 0);
	free(text);
	free(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_have_none),
		cmocka_unit_test(a_text_comes_and_goes),
		cmocka_unit_test(a_change_has_three_lines_around_it),
		cmocka_unit_test(changes_that_are_near_are_one_hunk),
		cmocka_unit_test(a_missing_last_newline_is_told),
		cmocka_unit_test(a_text_of_too_many_lines_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
