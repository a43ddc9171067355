/* callkey_words_test.c: what the words of the command line mean, and which are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "callkey/words.h"
#include "json/json.h"

static struct words w;
static char why[WORDS_WHY_SIZE];

/* line is cut at its spaces; '~' stands for a space within a word. */
static int read_line(const char *line)
{
	static char buf[4096];
	char *argv[64] = { (char[]){ "callkey" } }, *rest = buf;
	int argc = 1;

	snprintf(buf, sizeof(buf), "%s", line);
	for (char *word; (word = strsep(&rest, " ")) != NULL; )
		if (word[0] != '\0') {
			for (char *p = word; *p != '\0'; p++)
				*p = *p == '~' ? ' ' : *p;
			argv[argc++] = word;
		}
	return words_read(argc, argv, &w, why);
}

static void each_command_asks_its_verb(void **state UNUSED)
{
	static const struct { const char *line, *verb, *argument; } all[] = {
		{ "status", "status", "{}" }, { "trunks", "trunks", "{}" }, { "calls", "calls", "{}" },
		{ "calls --limit 5", "calls", "{\"limit\":5}" }, { "--limit=1000 payments", "payments", "{\"limit\":1000}" },
		{ "registrations", "registrations", "{}" }, { "call call_1", "call", "{\"id\":\"call_1\"}" },
		{ "merchants", "merchants", "{}" }, { "merchants add Shop", "merchant_add", "{\"name\":\"Shop\"}" },
		{ "merchants open mer_1 --pg main --may-skip-consent", "merchant_open", "{\"pg\":\"main\",\"may_skip_consent\":true,\"merchant\":\"mer_1\"}" },
		{ "merchants add 한~가게 --webhook https://a/b?c=d --live --pg main --may-skip-consent", "merchant_add",
		  "{\"webhook_url\":\"https://a/b?c=d\",\"live\":true,\"pg\":\"main\",\"may_skip_consent\":true,\"name\":\"한 가게\"}" },
		{ "merchants set mer_1 --must-ask-consent --pg main", "merchant_set", "{\"must_ask_consent\":true,\"pg\":\"main\",\"merchant\":\"mer_1\"}" },
		{ "merchants keys list mer_1", "merchant_keys", "{\"merchant\":\"mer_1\"}" },
		{ "merchants keys add mer_1 --old-valid-hours 24", "merchant_key_add", "{\"old_valid_hours\":24,\"merchant\":\"mer_1\"}" },
		{ "merchants keys add mer_1 --from 10.0.0.0/8 --certificate ab12 --from=2001:db8::/32", "merchant_key_add",
		  "{\"from\":[\"10.0.0.0/8\",\"2001:db8::/32\"],\"certificates\":[\"ab12\"],\"merchant\":\"mer_1\"}" },
		{ "merchants keys revoke key_1 --in-hours=1", "merchant_key_revoke", "{\"in_hours\":1,\"key\":\"key_1\"}" },
		{ "consents --limit 3", "consents", "{\"limit\":3}" }, { "consents export con_1 --out a.json", "consent_bundle", "{\"id\":\"con_1\"}" },
		{ "reconcile 2026-11-24", "reconcile", "{\"date\":\"2026-11-24\"}" }, { "reconciliation 2026-11-24", "reconciliation", "{\"date\":\"2026-11-24\"}" },
		{ "drain on", "drain", "{\"on\":true}" }, { "drain off --span 2", "drain", "{\"span\":2,\"on\":false}" },
		{ "call a\"b", "call", "{\"id\":\"a\\\"b\"}" },
		{ "trunks zero span1", "trunk_zero", "{\"span\":\"span1\"}" }, { "trunks zero 2", "trunk_zero", "{\"span\":\"2\"}" },
		{ "trunks lock tel3:12", "lock", "{\"span\":\"tel3\",\"on\":true,\"line\":12}" },
		{ "trunks unlock 3", "lock", "{\"span\":\"3\",\"on\":false}" }, { "unlock a:b:1", "lock", "{\"span\":\"a:b\",\"on\":false,\"line\":1}" },
		{ "trunks history 2", "trunk_history", "{\"span\":\"2\"}" },
		{ "lock span1", "lock", "{\"span\":\"span1\",\"on\":true}" }, { "unlock 2", "lock", "{\"span\":\"2\",\"on\":false}" },
		{ "trace 1 --minutes 30", "trace", "{\"minutes\":30,\"span\":\"1\"}" }, { "trace tel1 --off", "trace", "{\"off\":true,\"span\":\"tel1\"}" },
		{ "trace call_1 --pcap a.pcap --numbers", "trace", "{\"numbers\":true,\"call\":\"call_1\"}" }, { "trace 1", "trace", "{\"span\":\"1\"}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (read_line(all[i].line) != 0)
			fail_msg("%s: %s", all[i].line, why);
		assert_int_equal(w.what, WORDS_ASK);
		assert_string_equal(w.verb, all[i].verb);
		assert_string_equal(w.argument, all[i].argument);
		assert_false(w.json);
	}
}

static void options_of_all_stand_anywhere(void **state UNUSED)
{
	assert_int_equal(read_line("trunks --watch --counters"), 0);
	assert_true(w.watch && w.counters);
	assert_string_equal(w.argument, "{}");
	assert_int_equal(read_line("status --watch"), ERR_INVALID);
	assert_int_equal(read_line("--config a.cfg status --json"), 0);
	assert_false(w.watch || w.counters);
	assert_string_equal(w.config, "a.cfg");
	assert_true(w.json);
	assert_int_equal(read_line("call --config=b.cfg x"), 0);
	assert_string_equal(w.config, "b.cfg");
	assert_string_equal(w.argument, "{\"id\":\"x\"}");
}

static void a_phone_has_its_settings(void **state UNUSED)
{
	assert_int_equal(read_line("phone 01012345678 07012340000 --span s --screening passed --presentation restricted "
	                           "--diverted-from 021234567 --overlap --carrier /x"), 0);
	assert_int_equal(w.what, WORDS_PHONE);
	assert_string_equal(w.caller, "01012345678");
	assert_string_equal(w.number, "07012340000");
	assert_string_equal(w.span, "s");
	assert_string_equal(w.screening, "passed");
	assert_string_equal(w.presentation, "restricted");
	assert_string_equal(w.diverted_from, "021234567");
	assert_string_equal(w.carrier, "/x");
	assert_true(w.overlap);
	assert_int_equal(read_line("phone 010-1234-5678 070~1234~0000 --diverted-from=02-123-4567"), 0);
	assert_string_equal(w.caller, "01012345678");
	assert_string_equal(w.number, "07012340000");
	assert_string_equal(w.diverted_from, "021234567");
	assert_int_equal(read_line("phone 1 2"), 0);
	assert_null(w.span);
	assert_null(w.carrier);
	assert_false(w.overlap);
}

static void configure_is_no_question(void **state UNUSED)
{
	assert_int_equal(read_line("trunks configure --file /tmp/system.conf --proc=/tmp/proc --write"), 0);
	assert_int_equal(w.what, WORDS_CONFIGURE);
	assert_string_equal(w.file, "/tmp/system.conf");
	assert_string_equal(w.proc, "/tmp/proc");
	assert_true(w.write);
	assert_int_equal(read_line("trunks configure"), 0);
	assert_false(w.write);
	assert_null(w.file);
	assert_int_equal(read_line("trunks --watch"), 0);
	assert_int_equal(w.what, WORDS_ASK);
}

static void keys_say_who_holds_them(void **state UNUSED)
{
	assert_int_equal(read_line("keys ceremony --components 3 --bring --forms f --unattended u"), 0);
	assert_int_equal(w.what, WORDS_KEYS);
	assert_string_equal(w.verb, "keys_ceremony");
	assert_false(w.keys.shares);
	assert_int_equal(w.keys.parts, 3);
	assert_int_equal(w.keys.needed, 3);
	assert_true(w.keys.bring);
	assert_string_equal(w.keys.forms, "f");
	assert_string_equal(w.keys.unattended, "u");
	assert_int_equal(read_line("keys ceremony --shares=3/16"), 0);
	assert_true(w.keys.shares);
	assert_int_equal(w.keys.needed, 3);
	assert_int_equal(w.keys.parts, 16);
	assert_false(w.keys.bring);
	assert_int_equal(read_line("keys unlock --one"), 0);
	assert_true(w.keys.one);
	assert_int_equal(read_line("--json keys list"), 0);
	assert_string_equal(w.verb, "keys_list");
	assert_true(w.json);
}

static void help_is_never_refused(void **state UNUSED)
{
	static const char *const all[] = { "", "help", "--help", "status --help", "fly --help --colour" };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_int_equal(read_line(all[i]), 0);
		assert_int_equal(w.what, WORDS_HELP);
	}
	assert_non_null(strstr(words_help, "merchants add NAME"));
}

static void what_is_wrong_is_named(void **state UNUSED)
{
	static const struct { const char *line, *why; } all[] = {
		{ "fly", "fly: there is no such command" }, { "--json", "no command" }, { "call", "call: needs the call's id" },
		{ "call a b", "call: needs" }, { "status now", "status: takes no further word" }, { "a b c d e", "e: one word too many" },
		{ "drain", "drain: needs on or off" }, { "drain maybe", "drain: needs on or off, not maybe" },
		{ "trunks config", "trunks: needs nothing, configure" }, { "trunks --write", "--write: trunks has no such option" },
		{ "trunks configure --watch", "--watch: trunks has no such option" }, { "--json trunks configure", "--json: trunks configure" },
		{ "trunks configure now", "trunks: needs nothing, configure" },
		{ "drain on --span 0", "--span 0: must be a whole number from 1 to 65535" }, { "drain on --span x", "--span x" },
		{ "calls --limit", "--limit: needs a value" }, { "merchants keys add m --from", "--from: needs a value" },
		{ "merchants keys list m --from 10.0.0.0/8", "--from: merchants has no such option" }, { "calls --limit 1001", "--limit 1001" }, { "calls --limit -1", "--limit -1" },
		{ "calls --limit 5x", "--limit 5x" }, { "status --limit 5", "--limit: status has no such option" },
		{ "status --colour", "--colour: status has no such option" }, { "status --json=yes", "--json: takes no value" },
		{ "merchants remove x", "merchants: needs nothing, add NAME" }, { "merchants keys add", "merchants: needs" }, { "merchants add", "merchants: needs" },
		{ "trunks nil 1", "trunks: needs nothing, configure" }, { "trunks history", "trunks: needs nothing, configure" },
		{ "trunks zero", "trunks: needs nothing, configure" },
		{ "trunks zero 1 --watch", "--watch: trunks has no such option" }, { "trunks zero \xff", "SPAN: is not valid UTF-8" },
		{ "merchants set", "merchants set: needs a MERCHANT" }, { "merchants set mer_1 --live", "--live: " },
		{ "merchants open", "merchants open: needs a MERCHANT" }, { "merchants open mer_1 --live", "--live: " },
		{ "merchants --live", "--live: merchants has no such option" }, { "merchants add \xff", "NAME: is not valid UTF-8" },
		{ "keys", "keys: needs status, list" }, { "keys burn", "keys: needs status" }, { "keys lock now", "keys: needs status" },
		{ "keys ceremony", "ceremony: needs one of --components" }, { "keys ceremony --components 2 --shares 2/3", "ceremony: needs one" },
		{ "keys ceremony --components 1", "--components 1: must be 2 or 3" }, { "keys ceremony --components 4", "--components 4" },
		{ "keys ceremony --components 2x", "--components 2x" }, { "keys ceremony --shares 3", "--shares 3: must be M/N" },
		{ "keys ceremony --shares 4/3", "--shares 4/3" }, { "keys ceremony --shares 1/3", "--shares 1/3" },
		{ "keys ceremony --shares 2/17", "--shares 2/17" }, { "keys ceremony --shares 2/", "--shares 2/" },
		{ "keys ceremony --shares /3", "--shares /3" }, { "keys ceremony --shares 2/3 --bring", "--bring: only components" },
		{ "keys unlock --json", "--json: goes with keys status" }, { "keys lock --one", "--one: keys has no such option" },
		{ "merchants add x --pg \xff", "--pg: is not valid UTF-8" }, { "phone 1", "phone: needs CALLER and NUMBER" },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (read_line(all[i].line) != ERR_INVALID)
			fail_msg("%s was taken", all[i].line);
		if (strncmp(why, all[i].why, strlen(all[i].why)) != 0)
			fail_msg("%s: %s", all[i].line, why);
	}
}

static void words_that_are_too_long_are_refused(void **state UNUSED)
{
	char line[1200] = "call ";

	memset(line + 5, 'x', 1100);
	assert_int_equal(read_line(line), ERR_INVALID);
	assert_non_null(strstr(why, "too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_asks_its_verb),
		cmocka_unit_test(options_of_all_stand_anywhere),
		cmocka_unit_test(a_phone_has_its_settings),
		cmocka_unit_test(configure_is_no_question),
		cmocka_unit_test(keys_say_who_holds_them),
		cmocka_unit_test(help_is_never_refused),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(words_that_are_too_long_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
