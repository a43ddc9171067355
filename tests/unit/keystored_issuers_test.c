/* Tables of card companies as files, good and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "keystored/issuers.h"
#include "tests/unit/scratch.h"

static char folder[64];
static char why[CONF_WHY_SIZE];

static const char *path_of(const char *name)
{
	static char path[4][200];
	static int turn;
	char *p = path[turn++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static void write_file(const char *name, const void *data, size_t len, mode_t mode)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
	assert_int_equal(chmod(path_of(name), mode), 0);
}

static void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text), 0644);
}

static int make_folder(void **state)
{
	(void)state;
	scratch_path(folder, sizeof(folder), "issuers-test-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static struct issuers *table;

static int load_table(const char *text)
{
	write_text("issuers.cfg", text);
	issuers_free(&table);
	why[0] = '\0';
	return issuers_load(path_of("issuers.cfg"), &table, why);
}

static void the_longest_prefix_counts(void **state)
{
	const struct issuer *i;

	(void)state;
	assert_int_equal(load_table("issuers = (\n"
	                            "{ prefix = \"94\"; brand = \"local\"; issuer = \"kb\"; },\n"
	                            "{ prefix = \"9461200\"; issuer = \"bc\"; type = \"check\"; owner = \"business\"; },\n"
	                            "{ prefix = \"9\"; brand = \"nine\"; }, { prefix = \"95\"; } );"), 0);
	assert_int_equal(issuers_count(table), 4);
	i = issuers_find(table, "9461200012345673", 16);
	assert_string_equal(i->code, "bc");
	assert_string_equal(i->brand, "");
	assert_int_equal(i->type, VAULT_CARD_CHECK);
	assert_int_equal(i->owner, VAULT_OWNER_BUSINESS);
	assert_string_equal(issuers_find(table, "9461300012345673", 16)->code, "kb");
	assert_string_equal(issuers_find(table, "9661200012345673", 16)->brand, "nine");
	assert_string_equal(issuers_find(table, "9561200012345673", 16)->brand, "");
	assert_string_equal(issuers_find(table, "4111111111111111", 16)->brand, "");
	assert_string_equal(issuers_find(table, "946", 3)->code, "kb");
	issuers_free(&table);
}

static void a_company_without_a_prompt_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(load_table("issuers = ( { prefix = \"94\"; brand = \"local\"; issuer = \"moon\"; } );"), 0);
	assert_string_equal(issuers_find(table, "9461", 4)->code, "");
	assert_string_equal(issuers_find(table, "9461", 4)->brand, "local");
	issuers_free(&table);
}

static void a_wrong_table_is_refused_with_its_line(void **state)
{
	static const struct { const char *text, *part; } cases[] = {
		{ "", "issuers.cfg:1: must hold the one setting" },
		{ "issuers = ( ", "issuers.cfg:" },
		{ "other = ( );", "issuers.cfg:1: must hold the one setting" },
		{ "issuers = ( );", "issuers.cfg:1: issuers: must be a list" },
		{ "issuers = 1;", "issuers: must be a list" },
		{ "issuers = (\n1 );", "issuers.cfg:2: must be {" },
		{ "issuers = (\n{ brand = \"visa\"; } );", "issuers.cfg:2: prefix: is missing" },
		{ "issuers = (\n{ prefix = \"\"; } );", "issuers.cfg:2: prefix = \"\": must have 1 to 15 digits" },
		{ "issuers = (\n{ prefix = \"4a\"; } );", "must have 1 to 15 digits" },
		{ "issuers = (\n{ prefix = \"1234567890123456\"; } );", "must have 1 to 15 digits" },
		{ "issuers = (\n{ prefix = 4; } );", "issuers.cfg:2: prefix: must be a \"string\"" },
		{ "issuers = (\n{ prefix = \"4\";\n bank = \"x\"; } );", "issuers.cfg:3: bank: there is no such member" },
		{ "issuers = (\n{ prefix = \"4\";\n brand = \"VISA\"; } );", "issuers.cfg:3: brand = \"VISA\": must have" },
		{ "issuers = (\n{ prefix = \"4\";\n brand = \"abcdefghijklmnop\"; } );", "must have at most 15" },
		{ "issuers = (\n{ prefix = \"4\";\n type = \"debit\"; } );", "issuers.cfg:3: type = \"debit\": must be \"credit\" or" },
		{ "issuers = (\n{ prefix = \"4\";\n owner = \"dog\"; } );", "issuers.cfg:3: owner = \"dog\": must be \"person\" or" },
		{ "issuers = (\n{ prefix = \"4\"; },\n{ prefix = \"4\"; } );", "prefix \"4\" stands here twice" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(load_table(cases[i].text), ERR_INVALID);
		assert_null(table);
		if (strstr(why, cases[i].part) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", why, cases[i].part);
	}
	assert_int_equal(issuers_load(path_of("none.cfg"), &table, why), ERR_INVALID);
	assert_non_null(strstr(why, "none.cfg: cannot be read"));
}

static void the_shipped_table_is_good_and_knows_the_brands(void **state)
{
	static const struct { const char *digits, *brand; } cases[] = {
		{ "4929", "visa" }, { "5105", "mastercard" }, { "2221", "mastercard" }, { "3528", "jcb" }, { "3600", "diners" },
		{ "3400", "amex" }, { "3714", "amex" }, { "6200", "unionpay" }, { "6011", "unionpay" }, { "9999", "local" }, { "7000", "" },
	};

	(void)state;
	if (issuers_load("config/issuers.cfg", &table, why) < 0)
		fail_msg("%s", why);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(issuers_find(table, cases[i].digits, 4)->brand, cases[i].brand);
	issuers_free(&table);
}

/* Both ways: every company that can be answered has its name in both languages, and every name can be answered. */
static void companies_are_those_that_the_prompts_name(void **state)
{
	static const char *const files[] = { "config/prompts/ko/manifest.cfg", "config/prompts/en/manifest.cfg" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct manifest m;
		int named = 0;

		if (manifest_load(files[i], &m, why) < 0)
			fail_msg("%s", why);
		for (size_t k = 0; k < m.count; k++)
			if (strncmp(m.entries[k].id, "issuer.", 7) == 0 && strcmp(m.entries[k].id, "issuer.other") != 0) {
				if (!issuers_known(m.entries[k].id + 7))
					fail_msg("%s", m.entries[k].id);
				named++;
			}
		assert_int_equal(named, 11);
		manifest_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_counts),
		cmocka_unit_test(a_company_without_a_prompt_is_unknown),
		cmocka_unit_test(a_wrong_table_is_refused_with_its_line),
		cmocka_unit_test(the_shipped_table_is_good_and_knows_the_brands),
		cmocka_unit_test(companies_are_those_that_the_prompts_name),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
