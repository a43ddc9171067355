/* trunkd_settings_test.c: what trunkd takes from callkey.cfg for analog lines, and what it refuses with the place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/scratch.h"
#include "trunkd/settings.h"

static struct settings set;
static char why[CONF_WHY_SIZE];

static int read_text(const char *spans)
{
	char path[128];
	struct conf_tree *tree = NULL;
	int fd, e;

	scratch_path(path, sizeof(path), "trunkd_settings.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_true(dprintf(fd, "trunkd: {\n spans = ( %s );\n};\n", spans) > 0);
	close(fd);
	why[0] = '\0';
	e = conf_load_callkey(path, &tree, why);
	if (e == 0)
		e = settings_read(tree, &set, why);
	conf_free(&tree);
	unlink(path);
	return e;
}

static void lines_are_read(void **state UNUSED)
{
	assert_int_equal(read_text("{ name = \"a\"; kind = \"fxo\"; span = 3; tone_plan = \"us\"; silence_s = 60; number_wait_ms = 3000; lines = ("
	                           " { channel = 2; number = \"0212340001\"; },"
	                           " { channel = 31; number = \"15881234\"; caller_id = \"none\"; vouches = \"alone\"; polarity_ends = true; } ); }"), 0);
	assert_int_equal(set.spans[0].line, TRUNK_ANALOG);
	assert_int_equal(set.spans[0].law, TRUNK_ALAW);
	assert_int_equal(set.spans[0].lines, 1U << 2 | 1U << 31);
	assert_int_equal(set.analog[0].number_wait_ms, 3000);
	assert_string_equal(set.analog[0].lines[2].number, "0212340001");
	assert_true(set.analog[0].lines[2].caller_id);
	assert_false(set.analog[0].lines[2].trusted);         /* the stricter is what is usual */
	assert_false(set.analog[0].lines[2].polarity_ends);
	assert_int_equal(set.ears[0][2].caller_id, CALLER_ID_BELLCORE);
	assert_int_equal(set.ears[0][2].plan, TONE_PLAN_US);
	assert_int_equal(set.ears[0][2].silence_s, 60);
	assert_string_equal(set.analog[0].lines[31].number, "15881234");
	assert_false(set.analog[0].lines[31].caller_id);
	assert_true(set.analog[0].lines[31].trusted);
	assert_true(set.analog[0].lines[31].polarity_ends);
	assert_string_equal(set.analog[0].lines[3].number, "");
}

static void lines_of_a_hunt_group_have_one_number(void **state UNUSED)
{
	assert_int_equal(read_text("{ name = \"a\"; kind = \"fxo\"; span = 1; lines = ( { channel = 1; number = \"15881234\"; },"
	                           " { channel = 2; number = \"15881234\"; } ); }"), 0);
	assert_string_equal(set.analog[0].lines[1].number, set.analog[0].lines[2].number);
}

static void refused(const char *spans, const char *reason)
{
	assert_int_equal(read_text(spans), ERR_INVALID);
	if (strstr(why, ":2:") == NULL || strstr(why, reason) == NULL)
		fail_msg("got \"%s\", want :2: and \"%s\"", why, reason);
}

static void what_is_wrong_is_refused(void **state UNUSED)
{
	refused("{ name = \"a\"; kind = \"fxo\"; span = 1; }", "needs lines");
	refused("{ name = \"a\"; kind = \"fxo\"; lines = ( { channel = 1; number = \"0212340001\"; } ); }", "needs span");
	refused("{ name = \"a\"; kind = \"fxo\"; span = 1; lines = ( { channel = 1; number = \"123\"; }, { channel = 1; number = \"124\"; } ); }", "twice");
	refused("{ name = \"a\"; kind = \"fxo\"; span = 1; lines = ( { channel = 1; number = \"02-123\"; } ); }", "3 to 30 digits");
	refused("{ name = \"a\"; kind = \"fxo\"; span = 1; lines = ( { channel = 32; number = \"123\"; } ); }", "channel");
	refused("{ name = \"a\"; kind = \"fxo\"; span = 1; lines = ( { channel = 1; } ); }", "is missing");
	refused("{ name = \"a\"; kind = \"fxo\"; span = 1; lines = ( { channel = 1; number = \"123\"; vouches = \"yes\"; } ); }", "with_card|alone");
	refused("{ name = \"a\"; kind = \"fxo\"; span = 1; lines = ( { channel = 1; number = \"123\"; caller_id = \"fsk\"; } ); }", "must be one of");
	refused("{ name = \"a\"; kind = \"dahdi\"; span = 1; lines = ( { channel = 1; number = \"123\"; } ); }", "kind \"fxo\"");
	refused("{ name = \"a\"; kind = \"soft\"; path = \"/x\"; lines = ( { channel = 1; number = \"123\"; } ); }", "kind \"fxo\"");
	refused("{ name = \"a\"; kind = \"dahdi\"; span = 1; }, { name = \"b\"; kind = \"fxo\"; span = 1; lines = ( { channel = 1; number = \"123\"; } ); }",
	        "span 1, too");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read), cmocka_unit_test(lines_of_a_hunt_group_have_one_number),
		cmocka_unit_test(what_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
