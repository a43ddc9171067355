/* callkey_module_conf_test.c: the modules' parameters that spans need, and what is kept of the file as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "callkey/module_conf.h"
#include "lib/attr.h"

#define HEAD "# The modules of the cards in trunkd.spans of callkey.cfg, by callkey trunks configure; read when a module is loaded.\n"
#define ANALOG(mode) "options wctdm24xxp opermode=" mode "\noptions wctdm opermode=" mode "\noptions wcaxx opermode=" mode "\n" \
	"options opvxa1200 opermode=" mode "\n"
#define DIGITAL(mode) "options wct4xxp default_linemode=" mode "\noptions wcte12xp default_linemode=" mode "\n" \
	"options wcte13xp default_linemode=" mode "\noptions wcte43x default_linemode=" mode "\n"

static struct module_conf m;
static char why[SYSTEM_CONF_WHY_SIZE];

static int set_up(void **state UNUSED)
{
	m = (struct module_conf){ .opermode = "" };
	return 0;
}

static int add(enum system_conf_line line, const char *opermode)
{
	return module_conf_add(&m, &(struct system_conf_span){ .name = "s", .line = line }, opermode, why);
}

static void must_make(const char *present, const char *want)
{
	char *text = NULL, *again = NULL;

	assert_int_equal(module_conf_text(&m, present, &text), 0);
	assert_string_equal(text, want);
	assert_int_equal(module_conf_text(&m, text, &again), 0);
	assert_string_equal(again, want);                /* its own text is left as it is */
	free(text);
	free(again);
}

static void analog_ports_get_their_country_and_digital_ones_their_line(void **state UNUSED)
{
	must_make("", HEAD);
	assert_int_equal(add(SYSTEM_CONF_ANALOG, "SOUTHKOREA"), 0);
	assert_int_equal(add(SYSTEM_CONF_ANALOG, "SOUTHKOREA"), 0);
	must_make("", HEAD ANALOG("SOUTHKOREA"));
	assert_int_equal(add(SYSTEM_CONF_E1, ""), 0);
	must_make("", HEAD DIGITAL("e1") ANALOG("SOUTHKOREA"));
	assert_int_equal(add(SYSTEM_CONF_T1, ""), 0);    /* no default fits both: the card's jumpers do */
	must_make("", HEAD ANALOG("SOUTHKOREA"));
	assert_int_equal(add(SYSTEM_CONF_E1, ""), 0);
	must_make("", HEAD ANALOG("SOUTHKOREA"));
}

static void one_module_has_one_country(void **state UNUSED)
{
	assert_int_equal(add(SYSTEM_CONF_ANALOG, "SOUTHKOREA"), 0);
	assert_int_equal(add(SYSTEM_CONF_ANALOG, "JAPAN"), ERR_INVALID);
	assert_non_null(strstr(why, "opermode JAPAN, and SOUTHKOREA of another span"));
	must_make("", HEAD ANALOG("SOUTHKOREA"));
}

static void what_is_not_ours_is_kept(void **state UNUSED)
{
	assert_int_equal(add(SYSTEM_CONF_T1, ""), 0);
	must_make("# mine\noptions  wcte13xp  vpmsupport=0 default_linemode=e1\tlatency=3\noptions dahdi auto_assign_spans=0\n"
	          "options wctdm opermode=FCC boostringer=1\noptions wcte13xpx a=1\nblacklist wcfxo",
	          HEAD "# mine\noptions dahdi auto_assign_spans=0\noptions wcte13xpx a=1\nblacklist wcfxo\n"
	          "options wct4xxp default_linemode=t1\noptions wcte12xp default_linemode=t1\n"
	          "options wcte13xp default_linemode=t1 vpmsupport=0 latency=3\noptions wcte43x default_linemode=t1\n"
	          "options wctdm boostringer=1\n");
}

static void odd_lines_do_no_harm(void **state UNUSED)
{
	static const char *const all[] = { "options", "options ", "options wctdm", "optionswctdm x", "\n\n", " \t", "options wctdm ", "option" };
	char *text;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_int_equal(module_conf_text(&m, all[i], &text), 0);
		free(text);
	}
}

static void a_country_follows_from_the_tones(void **state UNUSED)
{
	assert_string_equal(module_conf_mode("", "kr"), "SOUTHKOREA");
	assert_string_equal(module_conf_mode("", "us"), "FCC");
	assert_string_equal(module_conf_mode("", "jp"), "JAPAN");
	assert_string_equal(module_conf_mode("", "eu"), "TBR21");
	assert_string_equal(module_conf_mode("UK", "eu"), "UK");
	assert_true(module_conf_is_mode("UK") && module_conf_is_mode("TBR21"));
	assert_false(module_conf_is_mode("") || module_conf_is_mode("uk") || module_conf_is_mode("UK\ninstall x") || module_conf_is_mode("A B"));
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(analog_ports_get_their_country_and_digital_ones_their_line), TEST(one_module_has_one_country), TEST(what_is_not_ours_is_kept),
		TEST(odd_lines_do_no_harm), TEST(a_country_follows_from_the_tones),
	};

	return cmocka_run_group_tests_name("module_conf", tests, NULL, NULL);
}
