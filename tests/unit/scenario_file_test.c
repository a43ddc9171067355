/* What a scenario file is refused for, each time with file, line and reason. One good file is changed line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arsd/scenario_priv.h"
#include "tests/unit/scratch.h"

static const char *const good[] = {
	/*  1 */ "scenario = \"registration\"; version = 1; start = \"greeting\"; on_hangup = \"abandoned\"; on_error = \"oops\";",
	/*  2 */ "erased = [\"hello\"]; no_agent = [\"hello\"]; no_back = [\"hello\"];",
	/*  3 */ "steps = (",
	/*  4 */ "{ id = \"greeting\"; type = \"say\"; say = [\"hello\"]; next = \"holder\"; },",
	/*  5 */ "{ id = \"holder\"; type = \"do\"; action = \"holder_check\"; outcomes = (",
	/*  6 */ "  { is = \"ok\"; next = \"consent\"; },",
	/*  7 */ "  { is = \"refused\"; next = \"wrong\"; } ); },",
	/*  8 */ "{ id = \"consent\"; type = \"menu\"; say = [\"{merchant}\", \"{product:topic}\", \"hello\"]; keys = (",
	/*  9 */ "  { key = \"1\"; means = \"agree\"; consent = \"registration\"; next = \"card\"; },",
	/* 10 */ "  { key = \"2\"; means = \"refuse\"; next = \"bye\"; } );",
	/* 11 */ "  wrong_key = [\"hello\"]; no_input = [\"hello\"]; failed = \"bye\"; },",
	/* 12 */ "{ id = \"card\"; type = \"field\"; field = \"card_number\"; say = [\"hello\"]; errors = (",
	/* 13 */ "  { is = \"too_short\"; say = ([\"hello\"], [\"hello\", \"last\"]); },",
	/* 14 */ "  { is = \"invalid\"; say = [\"hello\"]; }, { is = \"no_input\"; say = [\"hello\"]; } );",
	/* 15 */ "  next = \"expiry\"; failed = \"bye\"; },",
	/* 16 */ "{ id = \"expiry\"; type = \"field\"; field = \"expiry\"; say = [\"hello\"]; errors = (",
	/* 17 */ "  { is = \"too_short\"; say = [\"hello\"]; }, { is = \"invalid\"; say = [\"hello\"]; },",
	/* 18 */ "  { is = \"expired\"; say = [\"hello\"]; }, { is = \"no_input\"; say = [\"hello\"]; } );",
	/* 19 */ "  next = \"verify\"; failed = \"bye\"; },",
	/* 20 */ "{ id = \"verify\"; type = \"do\"; action = \"verify_card\"; wait = [\"music\"]; outcomes = (",
	/* 21 */ "  { is = \"ok\"; next = \"done\"; },",
	/* 22 */ "  { is = \"input\"; next = \"card\"; attempts = 2; failed = \"bye\"; },",
	/* 23 */ "  { is = \"declined\"; next = \"bye\"; }, { is = \"system\"; next = \"oops\"; } ); },",
	/* 24 */ "{ id = \"wrong\"; type = \"end\"; state = \"holder_mismatch\"; say = [\"hello\"]; },",
	/* 25 */ "{ id = \"bye\"; type = \"end\"; state = \"refused\"; say = [\"hello\"]; },",
	/* 26 */ "{ id = \"done\"; type = \"end\"; state = \"completed\"; say = [\"hello\"]; },",
	/* 27 */ "{ id = \"oops\"; type = \"end\"; state = \"system_error\"; say = [\"hello\"]; } );",
};
enum { LINES = sizeof(good) / sizeof(good[0]), TEXT_SIZE = 70000 };
static char path[64];

static bool has(const char *id, void *context)
{
	static const char *const ids[] = { "hello", "last", "music" };

	(void)context;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return strncmp(id, "key.", 4) == 0;
}

static int load_text(const char *text, size_t len, struct scenario **s, char why[CONF_WHY_SIZE])
{
	const struct scenario_prompts prompts = { has, NULL };
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	return scenario_load(path, &prompts, s, why);
}

/* The good file with line (1..) replaced. */
static int load_with(int line, const char *instead, struct scenario **s, char why[CONF_WHY_SIZE])
{
	static char text[TEXT_SIZE];
	size_t len = 0;

	for (int i = 1; i <= LINES; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", i == line ? instead : good[i - 1]);
	return load_text(text, len, s, why);
}

/* place: the line that is blamed; 0: the file as a whole. */
static void expect_refusal(int line, const char *instead, int place, const char *reason)
{
	struct scenario *s = NULL;
	char why[CONF_WHY_SIZE] = "", head[100];

	if (load_with(line, instead, &s, why) != ERR_INVALID)
		fail_msg("was taken: %s", instead);
	assert_null(s);
	if (place == 0)
		snprintf(head, sizeof(head), "%s: ", path);
	else
		snprintf(head, sizeof(head), "%s:%d: ", path, place);
	if (strncmp(why, head, strlen(head)) != 0 || strstr(why, reason) == NULL)
		fail_msg("for %s\nwas said: %s\nexpected: %s..%s", instead, why, head, reason);
}

static void the_good_file_is_taken(void **state)
{
	struct scenario *s = NULL;
	char why[CONF_WHY_SIZE] = "";

	(void)state;
	if (load_with(0, "", &s, why) != 0)
		fail_msg("%s", why);
	assert_string_equal(scenario_name(s), "registration");
	assert_int_equal(strlen(scenario_hash(s)), 64);
	scenario_free(&s);
	assert_null(s);
}

static void the_hash_is_that_of_the_file(void **state)
{
	struct scenario *s = NULL;
	char why[CONF_WHY_SIZE] = "", first[65];

	(void)state;
	assert_int_equal(load_with(0, "", &s, why), 0);
	snprintf(first, sizeof(first), "%s", scenario_hash(s));
	scenario_free(&s);
	assert_int_equal(load_with(3, "steps =  (", &s, why), 0);
	assert_string_not_equal(scenario_hash(s), first);
	scenario_free(&s);
}

static void unknown_words_are_refused(void **state)
{
	(void)state;
	expect_refusal(2, "colour = \"red\";", 2, "\"colour\"");
	expect_refusal(4, "{ id = \"greeting\"; type = \"sing\"; say = [\"hello\"]; next = \"holder\"; },",
	               4, "must be one of: say menu");
	expect_refusal(4, "{ id = \"greeting\"; type = \"say\"; say = [\"hello\"]; next = \"holder\"; loud = 1; },", 4,
	               "no such member as \"loud\"");
	expect_refusal(4, "{ id = \"greeting\"; type = \"say\"; say = [\"hello\"]; next = \"holder\"; keys = (); },", 4,
	               "a step of type \"say\" has no \"keys\"");
	expect_refusal(5, "{ id = \"holder\"; type = \"do\"; action = \"guess\"; outcomes = (", 5, "\"action\" is \"guess\"");
	expect_refusal(6, "  { is = \"perhaps\"; next = \"consent\"; },", 6, "\"is\" is \"perhaps\"");
	expect_refusal(9, "  { key = \"1\"; means = \"maybe\"; next = \"card\"; },", 9, "\"means\" is \"maybe\"");
	expect_refusal(9, "  { key = \"1\"; means = \"agree\"; consent = \"all\"; next = \"card\"; },", 9, "\"consent\" is \"all\"");
	expect_refusal(9, "  { key = \"1\"; means = \"agree\"; sound = 1; next = \"card\"; },", 9, "\"sound\" here");
	expect_refusal(12, "{ id = \"card\"; type = \"field\"; field = \"pin\"; say = [\"hello\"]; errors = (",
	               12, "\"field\" is \"pin\"");
	expect_refusal(14, "  { is = \"expired\"; say = [\"hello\"]; }, { is = \"no_input\"; say = [\"hello\"]; } );",
	               14, "is never \"expired\"");
	expect_refusal(25, "{ id = \"bye\"; type = \"end\"; state = \"gone\"; say = [\"hello\"]; },", 25, "\"state\" is \"gone\"");
	expect_refusal(1, "scenario = \"registration\"; version = 1; start = \"greeting\"; on_hangup = \"gone\"; on_error = \"oops\";",
	               1, "\"on_hangup\" is \"gone\"");
}

static void what_is_missing_or_out_of_bounds_is_refused(void **state)
{
	(void)state;
	expect_refusal(1, "scenario = \"registration\"; version = 2; start = \"greeting\"; on_hangup = \"abandoned\"; on_error = \"oops\";",
	               1, "version must be 1");
	expect_refusal(4, "{ id = \"greeting\"; type = \"say\"; say = [\"hello\"]; },", 4, "needs \"next\"");
	expect_refusal(4, "{ id = \"Greeting!\"; type = \"say\"; say = [\"hello\"]; next = \"holder\"; },",
	               4, "an id has a-z 0-9 and _");
	expect_refusal(4, "{ type = \"say\"; say = [\"hello\"]; next = \"holder\"; },", 4, "\"id\"");
	expect_refusal(9, "  { key = \"1\"; means = \"agree\"; consent = \"registration\"; },", 9, "key 1 has no \"next\"");
	expect_refusal(10, "  { key = \"1\"; means = \"refuse\"; next = \"bye\"; } );", 10, "key 1 stands twice");
	expect_refusal(11, "  failed = \"bye\"; },", 8, "needs \"wrong_key\" and \"no_input\"");
	expect_refusal(11, "  wrong_key = [\"hello\"]; no_input = [\"hello\"]; },", 8, "needs \"failed\"");
	expect_refusal(11, "  wrong_key = [\"hello\"]; no_input = [\"hello\"]; failed = \"bye\"; attempts = 4; },",
	               11, "from 1 to 3");
	expect_refusal(11, "  wrong_key = [\"hello\"]; no_input = [\"hello\"]; failed = \"bye\"; first_s = 0; },",
	               11, "from 1 to 120");
	expect_refusal(11, "  wrong_key = ([\"hello\"], [\"hello\"], [\"hello\"], [\"hello\"]); no_input = [\"hello\"]; failed = \"bye\"; },",
	               11, "has words for 4 attempts");
	expect_refusal(13, "", 12, "has no words for error \"too_short\"");
	expect_refusal(20, "{ id = \"verify\"; type = \"do\"; action = \"verify_card\"; outcomes = (", 20, "needs \"wait\"");
	expect_refusal(22, "  { is = \"input\"; next = \"card\"; attempts = 2; },", 22, "\"attempts\" and \"failed\" go together");
	expect_refusal(22, "  { is = \"input\"; next = \"card\"; attempts = 9; failed = \"bye\"; },", 22, "from 2 to 3");
	expect_refusal(2, "no_agent = [\"hello\"]; no_back = [\"hello\"];", 12, "needs \"erased\"");
	expect_refusal(2, "erased = [\"hello\"]; no_agent = [\"hello\"];", 8, "\"no_back\"");
	expect_refusal(26, "{ id = \"bye\"; type = \"end\"; state = \"completed\"; say = [\"hello\"]; },",
	               26, "step \"bye\" stands twice");
}

static void a_next_that_does_not_exist_is_refused(void **state)
{
	(void)state;
	expect_refusal(4, "{ id = \"greeting\"; type = \"say\"; say = [\"hello\"]; next = \"nowhere\"; },", 4,
	               "\"next\" leads to \"nowhere\", which is no step");
	expect_refusal(9, "  { key = \"1\"; means = \"agree\"; consent = \"registration\"; next = \"nowhere\"; },", 9, "\"nowhere\"");
	expect_refusal(21, "  { is = \"ok\"; next = \"nowhere\"; },", 21, "\"nowhere\"");
	expect_refusal(1, "scenario = \"registration\"; version = 1; start = \"begin\"; on_hangup = \"abandoned\"; on_error = \"oops\";",
	               1, "\"start\" is \"begin\", which is no step");
	expect_refusal(1, "scenario = \"registration\"; version = 1; start = \"greeting\"; on_hangup = \"abandoned\"; on_error = \"greeting\";",
	               4, "on_error must be a step of type \"end\"");
}

static void words_that_cannot_be_spoken_are_refused(void **state)
{
	(void)state;
	expect_refusal(4, "{ id = \"greeting\"; type = \"say\"; say = [\"unsung\"]; next = \"holder\"; },",
	               4, "no such prompt as \"unsung\"");
	expect_refusal(4, "{ id = \"greeting\"; type = \"say\"; say = []; next = \"holder\"; },", 4, "1 to 40 members");
	expect_refusal(8, "{ id = \"consent\"; type = \"menu\"; say = [\"{merchant}\"]; keys = (", 8, "not only variables");
	expect_refusal(8, "{ id = \"consent\"; type = \"menu\"; say = [\"{pan}\", \"hello\"]; keys = (",
	               8, "no such variable as {pan}");
	expect_refusal(8, "{ id = \"consent\"; type = \"menu\"; say = [\"{product:verb}\", \"hello\"]; keys = (",
	               8, "topic, object or subject");
	expect_refusal(8, "{ id = \"consent\"; type = \"menu\"; say = [\"{options}\", \"hello\"]; keys = (",
	               8, "only in the words of a choice");
	expect_refusal(2, "erased = [\"{last4}\", \"hello\"]; no_agent = [\"hello\"]; no_back = [\"hello\"];",
	               2, "no variables here");
}

static void a_menu_that_cannot_be_refused_is_refused(void **state)
{
	(void)state;
	expect_refusal(10, "  { key = \"2\"; means = \"yes\"; next = \"bye\"; } );", 8, "means \"refuse\" or \"no\", or a \"back\"");
	expect_refusal(10, "  { key = \"0\"; means = \"refuse\"; next = \"bye\"; } );", 10, "a key is 1 to 9");
	expect_refusal(10, "  { key = \"12\"; means = \"refuse\"; next = \"bye\"; } );", 10, "\"key\" is \"12\"");
	expect_refusal(11, "  say_again = [\"hello\"]; wrong_key = [\"hello\"]; no_input = [\"hello\"]; failed = \"bye\"; },", 11,
	               "must be heard in full");
}

static void an_outcome_that_is_not_handled_is_refused(void **state)
{
	(void)state;
	expect_refusal(23, "  { is = \"declined\"; next = \"bye\"; } ); },",
	               20, "outcome \"system\" of \"verify_card\" is not handled");
	expect_refusal(23, "  { is = \"ok\"; next = \"bye\"; }, { is = \"system\"; next = \"oops\"; } ); },",
	               23, "outcome \"ok\" stands twice");
}

static void a_step_that_nothing_leads_to_is_refused(void **state)
{
	(void)state;
	expect_refusal(21, "  { is = \"ok\"; next = \"bye\"; },", 26, "step \"done\": nothing leads here");
}

static void a_step_without_a_way_to_an_end_is_refused(void **state)
{
	(void)state;
	expect_refusal(24, "{ id = \"wrong\"; type = \"say\"; say = [\"hello\"]; next = \"wrong\"; },",
	               24, "step \"wrong\": has no way to an end");
}

static void an_endless_round_is_refused(void **state)
{
	(void)state;
	/* verify, system, verify: nobody is asked. */
	expect_refusal(23, "  { is = \"declined\"; next = \"bye\"; }, { is = \"system\"; next = \"verify\"; } ); },", 20,
	               "leads round to itself without asking");
	/* A field whose attempts are used up asks nobody. */
	expect_refusal(15, "  next = \"expiry\"; failed = \"card\"; },", 12, "leads round to itself without asking");
}

static void nothing_is_told_or_taken_before_the_holder_check(void **state)
{
	(void)state;
	expect_refusal(4, "{ id = \"greeting\"; type = \"say\"; say = [\"hello\", \"{merchant}\"]; next = \"holder\"; },", 4,
	               "before the holder check has passed");
	expect_refusal(24, "{ id = \"wrong\"; type = \"say\"; say = [\"hello\"]; next = \"consent\"; },", 8,
	               "before the holder check has passed");
	expect_refusal(4, "{ id = \"greeting\"; type = \"if\"; condition = \"monthly\"; yes = \"holder\"; no = \"holder\"; },", 4,
	               "before the holder check has passed");
	/* A fault may come at any moment: the last words of one know nothing. */
	expect_refusal(27, "{ id = \"oops\"; type = \"end\"; state = \"system_error\"; say = [\"hello\", \"{product}\"]; } );", 27,
	               "before the holder check has passed");
	expect_refusal(4, "{ id = \"greeting\"; type = \"say\"; say = [\"hello\"]; next = \"card\"; }, { id = \"unused\"; type = \"say\"; "
	               "say = [\"hello\"]; next = \"holder\"; },", 4, "nothing leads here");
}

static void no_card_is_taken_or_used_without_a_consent(void **state)
{
	(void)state;
	expect_refusal(9, "  { key = \"1\"; means = \"agree\"; next = \"card\"; },", 12, "can be reached without a consent");
	expect_refusal(10, "  { key = \"2\"; means = \"refuse\"; next = \"bye\"; }, { key = \"3\"; means = \"yes\"; next = \"verify\"; } );",
	               12, "can be reached without a consent");
	expect_refusal(9, "  { key = \"1\"; means = \"agree\"; consent = \"registration\"; next = \"expiry\"; }, { key = \"3\"; means = \"yes\"; "
	               "consent = \"registration\"; next = \"card\"; },", 20, "can be reached without field \"card_number\"");
	expect_refusal(19, "  next = \"verify\"; failed = \"verify\"; },", 20, "can be reached without field \"expiry\"");
	/* To keep a card is a leave of its own. */
	expect_refusal(10, "  { key = \"2\"; means = \"refuse\"; next = \"bye\"; }, { key = \"3\"; means = \"keep\"; next = \"bye\"; } );",
	               10, "go together");
	expect_refusal(10, "  { key = \"2\"; means = \"refuse\"; consent = \"keep_card\"; next = \"bye\"; } );", 10, "go together");
}

static void a_kind_of_field_is_taken_in_one_place(void **state)
{
	(void)state;
	expect_refusal(24, "{ id = \"wrong\"; type = \"end\"; state = \"holder_mismatch\"; say = [\"hello\"]; }, { id = \"again\"; type = \"field\"; "
	               "field = \"expiry\"; say = [\"hello\"]; next = \"bye\"; failed = \"bye\"; errors = ( { is = \"too_short\"; say = [\"hello\"]; }, "
	               "{ is = \"invalid\"; say = [\"hello\"]; }, { is = \"expired\"; say = [\"hello\"]; }, { is = \"no_input\"; say = [\"hello\"]; } ); },",
	               24, "is taken by step \"expiry\" already");
}

static void nothing_is_withdrawn_without_the_key_for_it(void **state)
{
	(void)state;
	expect_refusal(25, "{ id = \"bye\"; type = \"do\"; action = \"withdraw\"; outcomes = ( { is = \"ok\"; next = \"end\"; }, "
	               "{ is = \"system\"; next = \"oops\"; } ); }, { id = \"end\"; type = \"end\"; state = \"refused\"; say = [\"hello\"]; },", 25,
	               "can be reached without a key that means \"withdraw\"");
	expect_refusal(10, "  { key = \"2\"; means = \"refuse\"; next = \"bye\"; }, { key = \"3\"; means = \"withdraw\"; next = \"bye\"; } );", 10,
	               "go together");
	expect_refusal(10, "  { key = \"2\"; means = \"refuse\"; consent = \"withdrawal\"; next = \"bye\"; } );", 10, "go together");
}

/* Of which registration would it be? */
static void a_withdrawal_is_agreed_to_of_what_was_chosen(void **state)
{
	(void)state;
	expect_refusal(10, "  { key = \"2\"; means = \"no\"; consent = \"keep_registration\"; next = \"bye\"; } );", 10, "before one was chosen");
	expect_refusal(10, "  { key = \"2\"; means = \"refuse\"; next = \"bye\"; }, { key = \"3\"; means = \"withdraw\"; "
	               "consent = \"withdrawal\"; next = \"bye\"; } );", 10, "before one was chosen");
}

/* And it opens no way to a card. */
static void who_withdraws_has_not_agreed_to_a_card(void **state)
{
	(void)state;
	expect_refusal(10, "  { key = \"2\"; means = \"refuse\"; next = \"bye\"; }, { key = \"3\"; means = \"no\"; "
	               "consent = \"keep_registration\"; next = \"card\"; } );", 12, "can be reached without a consent");
}

static void what_is_no_scenario_at_all_is_refused(void **state)
{
	static char large[TEXT_SIZE];
	struct scenario *s = NULL;
	char why[CONF_WHY_SIZE] = "";
	const struct scenario_prompts prompts = { has, NULL };

	(void)state;
	expect_refusal(3, "steps = ( {{{", 3, "");
	expect_refusal(2, "@include \"other.cfg\"", 0, "without @include");
	memset(large, ' ', sizeof(large));
	assert_int_equal(load_text(large, sizeof(large), &s, why), ERR_INVALID);
	assert_non_null(strstr(why, "too long"));
	assert_int_equal(load_text("a\0b", 3, &s, why), ERR_INVALID);
	assert_non_null(strstr(why, "NUL"));
	assert_int_equal(load_text("", 0, &s, why), ERR_INVALID);
	assert_int_equal(scenario_load("/nowhere/at/all.cfg", &prompts, &s, why), ERR_INVALID);
	assert_non_null(strstr(why, "/nowhere/at/all.cfg: cannot be read"));
}

/* Cut anywhere, a file is refused or taken, and nothing worse. */
static void a_file_that_was_cut_harms_nobody(void **state)
{
	static char text[TEXT_SIZE];
	struct scenario *s = NULL;
	char why[CONF_WHY_SIZE];
	size_t len = 0;
	int taken = 0;

	(void)state;
	for (int i = 0; i < LINES; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", good[i]);
	for (size_t cut = 0; cut < len - 2; cut += 3) {
		if (load_text(text, cut, &s, why) == 0) {
			taken++;
			scenario_free(&s);
		}
	}
	assert_int_equal(taken, 0);
}

static char *read_whole(FILE *f)
{
	static char text[TEXT_SIZE];
	size_t len = fread(text, 1, sizeof(text) - 1, f);

	assert_in_range(len, 1, sizeof(text) - 2);
	text[len] = '\0';
	fclose(f);
	return text;
}

static void the_document_names_every_word(void **state)
{
	const char *const *const lists[] = {
		scenario_step_types, scenario_action_names, scenario_field_names, scenario_result_names, scenario_conditions,
		scenario_choices, scenario_means, scenario_consents, scenario_states, scenario_particles,
	};
	FILE *f = fopen("docs/scenarios.md", "r");
	char *text, word[64];

	(void)state;
	assert_non_null(f);
	text = read_whole(f);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (int k = 0; lists[i][k] != NULL; k++) {
			snprintf(word, sizeof(word), "`%s`", lists[i][k]);
			if (lists[i][k][0] != '\0' && strstr(text, word) == NULL)
				fail_msg("docs/scenarios.md does not explain %s", word);
		}
	for (int k = 0; scenario_variables[k] != NULL; k++) {
		snprintf(word, sizeof(word), "`{%s}`", scenario_variables[k]);
		if (strstr(text, word) == NULL)
			fail_msg("docs/scenarios.md does not explain %s", word);
	}
}

static void the_picture_has_every_step_and_way(void **state)
{
	static const char *const parts[] = {
		"digraph \"registration\" {", "hang-up anywhere: abandoned", "fault anywhere: oops", "\"greeting\" [shape=box",
		"penwidth=3", "\"greeting\" -> \"holder\" [];", "\"holder\" -> \"wrong\" [label=\"refused\"];",
		"\"consent\" -> \"card\" [label=\"1 agree\\nconsent: registration\"];", "<i>field card_number</i>",
		"\"card\" -> \"bye\" [label=\"3 failed\"", "\"verify\" -> \"bye\" [label=\"input, time 2\"", "<i>end completed</i>",
	};
	struct scenario *s = NULL;
	char why[CONF_WHY_SIZE] = "", *text;
	FILE *f = tmpfile();

	(void)state;
	assert_non_null(f);
	assert_int_equal(load_with(0, "", &s, why), 0);
	assert_int_equal(scenario_print_dot(s, fileno(f)), 0);
	rewind(f);
	text = read_whole(f);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (strstr(text, parts[i]) == NULL)
			fail_msg("the picture lacks %s", parts[i]);
	assert_int_not_equal(scenario_print_dot(s, -1), 0);
	scenario_free(&s);
}

static int make_path(void **state)
{
	int fd;

	(void)state;
	scratch_path(path, sizeof(path), "scenario-test-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_good_file_is_taken),
		cmocka_unit_test(the_hash_is_that_of_the_file),
		cmocka_unit_test(unknown_words_are_refused),
		cmocka_unit_test(what_is_missing_or_out_of_bounds_is_refused),
		cmocka_unit_test(a_next_that_does_not_exist_is_refused),
		cmocka_unit_test(words_that_cannot_be_spoken_are_refused),
		cmocka_unit_test(a_menu_that_cannot_be_refused_is_refused),
		cmocka_unit_test(an_outcome_that_is_not_handled_is_refused),
		cmocka_unit_test(a_step_that_nothing_leads_to_is_refused),
		cmocka_unit_test(a_step_without_a_way_to_an_end_is_refused),
		cmocka_unit_test(an_endless_round_is_refused),
		cmocka_unit_test(nothing_is_told_or_taken_before_the_holder_check),
		cmocka_unit_test(no_card_is_taken_or_used_without_a_consent),
		cmocka_unit_test(a_kind_of_field_is_taken_in_one_place),
		cmocka_unit_test(nothing_is_withdrawn_without_the_key_for_it),
		cmocka_unit_test(a_withdrawal_is_agreed_to_of_what_was_chosen),
		cmocka_unit_test(who_withdraws_has_not_agreed_to_a_card),
		cmocka_unit_test(what_is_no_scenario_at_all_is_refused),
		cmocka_unit_test(a_file_that_was_cut_harms_nobody),
		cmocka_unit_test(the_document_names_every_word),
		cmocka_unit_test(the_picture_has_every_step_and_way),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
