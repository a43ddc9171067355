/* conf_test.c: a wrong configuration is refused with its place, and config/callkey.cfg tells the truth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "conf/conf.h"
#include "conf/schema.h"
#include "tests/unit/scratch.h"

static char why[CONF_WHY_SIZE];

static int load_text(const char *text, struct conf_tree **tree)
{
	char path[128];
	int fd, e;

	scratch_path(path, sizeof(path), "conf_test.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	e = conf_load_callkey(path, tree, why);
	unlink(path);
	return e;
}

static void refused(const char *text, const char *line, const char *reason)
{
	struct conf_tree *tree = NULL;

	assert_int_equal(load_text(text, &tree), ERR_INVALID);
	assert_null(tree);
	if (strstr(why, line) == NULL || strstr(why, reason) == NULL)
		fail_msg("got \"%s\", want %s and \"%s\"", why, line, reason);
}

static void every_fault_names_its_line(void **state UNUSED)
{
	refused("run_dir = \"/x\";\nlog_level = ;\n", ":2:", "syntax error");
	refused("\nlog_levle = \"info\";\n", ":2:", "did you mean log_level?");
	refused("log_level = \"loud\";\n", ":1:", "must be one of");
	refused("trunkd: {\n media_threads = 0;\n};\n", ":2:", "must be from 1 to 16");
	refused("run_dir = 3.5;\n", ":1:", "not a number with a fraction");
	refused("run_dir = \"/a\";\nrun_dir = \"/b\";\n", ":2:", "duplicate");
	refused("trunkd: {\n media_threads = \"2\";\n};\n", ":2:", "must be a whole number");
	refused("trunkd: {\n spans = ( { path = \"b\"; } );\n};\n", ":2:", "trunkd.spans[].name (what it is called in logs and lists): is missing");
	refused("trunkd: {\n spans = ( { name = \"a\"; path = \"b\"; colour = 1; } );\n};\n", ":2:", "no such setting");
	refused("run_dir = \"\";\n", ":1:", "has 0 bytes");
	refused("arsd: {\n numbers = ( 7 );\n};\n", ":2:", "must be a \"string\"");
}

static void a_missing_file_is_named(void **state UNUSED)
{
	struct conf_tree *tree = NULL;

	assert_int_equal(conf_load_callkey("/nonexistent/callkey.cfg", &tree, why), ERR_INVALID);
	assert_non_null(strstr(why, "/nonexistent/callkey.cfg: cannot be read: No such file"));
	assert_int_equal(conf_load_callkey("/tmp", &tree, why), ERR_INVALID);
	assert_non_null(strstr(why, "/tmp: is no file"));
}

static void defaults_stand_in_for_what_is_not_said(void **state UNUSED)
{
	struct conf_tree *tree = NULL;

	assert_int_equal(load_text("trunkd: { spans = ( { name = \"a\"; path = \"b\"; } ); };\n", &tree), 0);
	assert_string_equal(conf_get_string(tree, "run_dir"), "/run/callkey");
	assert_int_equal(conf_get_int(tree, "arsd.max_calls_per_request"), 5);
	assert_string_equal(conf_member_string(conf_at(conf_find(conf_root(tree), "trunkd.spans"), 0), "trunkd.spans", "line"), "E1");
	conf_free(&tree);
}

static int load_manifest(const char *text, struct manifest *m)
{
	char path[128];
	int fd, e;

	scratch_path(path, sizeof(path), "conf_test.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	e = manifest_load(path, m, why);
	unlink(path);
	return e;
}

static void a_manifest_is_found_by_id(void **state UNUSED)
{
	struct manifest m;

	assert_int_equal(load_manifest("language = \"ko\";\nprompts = (\n{ id = \"b.1\"; text = \"B\"; spoken = \"bee\"; },\n"
	                               "{ id = \"a\"; text = \"A\"; } );\n", &m), 0);
	assert_string_equal(m.language, "ko");
	assert_int_equal(m.count, 2);
	assert_string_equal(manifest_find(&m, "b.1")->spoken, "bee");
	assert_null(manifest_find(&m, "a")->spoken);
	assert_null(manifest_find(&m, "c"));
	manifest_free(&m);
}

static void a_wrong_manifest_is_refused_with_its_line(void **state UNUSED)
{
	static const struct { const char *text, *line, *reason; } cases[] = {
		{ "language = \"ko\";\nprompts = (\n{ id = \"a\"; text = \"A\"; },\n{ id = \"a\"; text = \"B\"; } );\n", ":4:", "stands twice" },
		{ "language = \"ko\";\nprompts = (\n{ id = \"A b\"; text = \"A\"; } );\n", ":3:", "prompt id" },
		{ "language = \"ko\";\nprompts = (\n{ id = \"a\"; } );\n", ":3:", "needs an id and a text" },
		{ "language = \"ko\";\nprompts = (\n{ id = \"a\"; text = \"A\"; colour = \"b\"; } );\n", ":3:", "not \"colour\"" },
		{ "language = \"ko\";\n", ":", "a manifest has" },
	};
	struct manifest m;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(load_manifest(cases[i].text, &m), ERR_INVALID);
		if (strstr(why, cases[i].line) == NULL || strstr(why, cases[i].reason) == NULL)
			fail_msg("got \"%s\", want %s and \"%s\"", why, cases[i].line, cases[i].reason);
	}
}

/* A row of config/callkey.cfg must hold the default, so that a reader sees what is in force. */
static void check_row(const struct conf_tree *tree, const struct schema_row *row)
{
	const struct conf_node *n = conf_find(conf_root(tree), row->path);

	if (n == NULL)
		fail_msg("config/callkey.cfg does not explain %s", row->path);
	if (conf_type(n) != row->type)
		fail_msg("%s has another type than its row", row->path);
	if (row->type == CONF_GROUP || row->type == CONF_LIST)
		return;
	if (row->type == CONF_STRING)
		assert_string_equal(conf_string(n), row->text);
	else
		assert_int_equal(row->type == CONF_BOOL ? conf_bool(n) : conf_int(n), row->number);
}

static void the_shipped_file_explains_every_default(void **state UNUSED)
{
	struct conf_tree *tree = NULL;

	if (conf_load_callkey("config/callkey.cfg", &tree, why) < 0)
		fail_msg("%s", why);
	for (size_t i = 0; i < schema_row_count; i++)
		if (strchr(schema_rows[i].path, '[') == NULL)
			check_row(tree, &schema_rows[i]);
	conf_free(&tree);
}

/* Lists of groups are empty by default: their members stand in the comment above the list. */
static void the_shipped_file_names_every_member_of_its_lists(void **state UNUSED)
{
	static char text[32768];
	FILE *f = fopen("config/callkey.cfg", "r");

	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	for (size_t i = 0; i < schema_row_count; i++) {
		const char *path = schema_rows[i].path, *member = strrchr(path, '.');
		char wanted[80];

		if (strstr(path, "[].") == NULL || path[strlen(path) - 1] == ']')
			continue;
		snprintf(wanted, sizeof(wanted), "%s = ", member + 1);
		if (strstr(text, wanted) == NULL)
			fail_msg("config/callkey.cfg does not show %s", schema_rows[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_names_its_line),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(defaults_stand_in_for_what_is_not_said),
		cmocka_unit_test(a_manifest_is_found_by_id),
		cmocka_unit_test(a_wrong_manifest_is_refused_with_its_line),
		cmocka_unit_test(the_shipped_file_names_every_member_of_its_lists),
		cmocka_unit_test(the_shipped_file_explains_every_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
