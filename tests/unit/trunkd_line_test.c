/* trunkd_line_test.c: the real trunkd between a carrier, an arsd and a keystored: whole calls on E1 and T1, who gets which key, and what
 * is told of the line. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "model/q931.h"
#include "tests/unit/trunkd_world.h"
#include "tests/unit/wav_file.h"

static struct world *world;

static int end(void **state UNUSED)
{
	world_end(&world);
	return 0;
}

static void menu(struct world *w, uint64_t call, struct world_phone *p)
{
	const struct note *n;

	world_play(w, call, 1, "short long", CALLCTL_COLLECT_MENU, 0);
	WORLD_UNTIL(w, world_near(p->heard, 8000));
	world_press(p, "12");
	WORLD_UNTIL(w, (n = note_find(ARSD(w), callctl_type_menu_key, call, 0)) != NULL);
	assert_int_equal(n->a, '1');
	assert_int_equal(n->number, 1);
	n = note_find(ARSD(w), callctl_type_play_ended, call, 0);
	assert_non_null(n);
	assert_int_equal(n->a, CALLCTL_KEY);
	assert_in_range(n->b, 100, 5000);
	WORLD_UNTIL(w, p->keys.count == 0 && p->silent_blocks > 20);
	assert_int_equal(note_count(ARSD(w), callctl_type_menu_key, call), 1);      /* one a play */
}

static void secret(struct world *w, uint64_t call, struct world_phone *p)
{
	int before = ARSD(w)->count;

	world_play(w, call, 2, "ask", CALLCTL_COLLECT_SECRET, 7);
	WORLD_UNTIL(w, world_near(p->heard, 12000));
	world_press(p, "4111222233334444*#");
	WORLD_UNTIL(w, strcmp(world_secret(w, call, 7), "4111222233334444*#") == 0);
	/* arsd learns that the sound ended, and nothing else. */
	assert_int_equal(ARSD(w)->count, before + 1);
	assert_int_equal(ARSD(w)->at[before].type, callctl_type_play_ended);
	world_keystored(w, &(struct keypad_msg){ .type = keypad_type_field_closed, .u.field_closed = { call, 7 } });
	world_play(w, call, 3, "short", CALLCTL_COLLECT_NONE, 0);
	WORLD_UNTIL(w, note_find(ARSD(w), callctl_type_play_ended, call, 2) != NULL);
	assert_int_equal(note_find(ARSD(w), callctl_type_play_ended, call, 2)->a, CALLCTL_FINISHED);
	assert_int_equal(note_find(ARSD(w), callctl_type_play_ended, call, 2)->b, 100);
}

static void whole_call(enum trunk_line line)
{
	struct world *w = world = world_start(line, "");
	struct world_phone *p = world_dial(w, line == TRUNK_E1 ? 31 : 23, "01012345678", "07012340001");
	const struct note *n;
	uint64_t call;

	assert_int_equal(w->span.channels, line == TRUNK_E1 ? 30 : 23);
	WORLD_UNTIL(w, (n = note_find(ARSD(w), callctl_type_call_offered, 0, 0)) != NULL);
	call = n->call;
	assert_string_equal(n->called, "07012340001");
	assert_string_equal(n->caller, "01012345678");
	assert_int_equal(n->a, CALLCTL_NETWORK);
	assert_int_equal(n->number, line == TRUNK_E1 ? 31 : 23);
	WORLD_UNTIL(w, p->proceeding);
	assert_false(p->connected);
	world_answer(w, call);
	WORLD_UNTIL(w, p->connected && note_find(ARSD(w), callctl_type_call_up, call, 0) != NULL);
	WORLD_UNTIL(w, note_find(KEYSTORED(w), keypad_type_call_begin, call, 0) != NULL);
	menu(w, call, p);
	secret(w, call, p);
	world_hangup(w, call, PRI_NORMAL_CLEARING);
	WORLD_UNTIL(w, p->ended && world_ended(w, call) != NULL);
	assert_int_equal(p->cause, PRI_NORMAL_CLEARING);
	assert_int_equal(world_ended(w, call)->a, PRI_NORMAL_CLEARING);
	assert_int_equal(world_ended(w, call)->b, CALLCTL_BY_US);
	WORLD_UNTIL(w, note_find(KEYSTORED(w), keypad_type_call_end, call, 0) != NULL);
	world_pass(w, 100);
	assert_int_equal(note_count(ARSD(w), callctl_type_call_ended, call), 1);
	assert_int_equal(note_count(KEYSTORED(w), keypad_type_call_end, call), 1);
}

static void a_call_on_an_e1(void **state UNUSED) { whole_call(TRUNK_E1); }
static void a_call_on_a_t1(void **state UNUSED) { whole_call(TRUNK_T1); }

static void the_caller_hangs_up_and_the_next_call_has_another_number(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");
	uint64_t call = world_call(w, 1), next;

	world_play(w, call, 1, "long", CALLCTL_COLLECT_SECRET, 1);
	WORLD_UNTIL(w, world_near(w->phones[1].heard, 8000));
	world_hang_up(&w->phones[1]);
	WORLD_UNTIL(w, world_ended(w, call) != NULL);
	assert_int_equal(world_ended(w, call)->b, CALLCTL_BY_CALLER);
	assert_int_equal(world_ended(w, call)->a, PRI_NORMAL_CLEARING);
	WORLD_UNTIL(w, note_find(KEYSTORED(w), keypad_type_call_end, call, 0) != NULL);
	WORLD_UNTIL(w, w->phones[1].ended);
	next = world_call(w, 1);
	assert_true(next > call);
	world_pass(w, 50);
	assert_int_equal(w->phones[1].heard, 0);          /* nothing of the call before sounds on */
}

static void arsd_refuses_an_unknown_number(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");
	struct world_phone *p = world_dial(w, 5, "", "0700000");
	const struct note *n;

	WORLD_UNTIL(w, (n = note_find(ARSD(w), callctl_type_call_offered, 0, 0)) != NULL);
	assert_string_equal(n->caller, "");
	assert_int_equal(n->a, CALLCTL_NO_NUMBER);
	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_call_reject, .u.call_reject = { n->call, PRI_UNALLOCATED } });
	WORLD_UNTIL(w, p->ended && world_ended(w, n->call) != NULL);
	assert_int_equal(p->cause, PRI_UNALLOCATED);
	assert_false(p->connected);
	assert_null(note_find(KEYSTORED(w), keypad_type_call_begin, 0, 0));
}

static void an_unknown_prompt_ends_the_play(void **state UNUSED)
{
	static const char *const items[] = { "nobody", "short nobody", "short  short", "../etc/passwd",
		"speech:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "speech:../../x" };
	struct world *w = world = world_start(TRUNK_E1, "");
	uint64_t call = world_call(w, 2);

	for (unsigned i = 0; i < ARRAY_LEN(items); i++) {
		world_play(w, call, i + 1, items[i], CALLCTL_COLLECT_NONE, 0);
		WORLD_UNTIL(w, note_find(ARSD(w), callctl_type_play_ended, call, (int)i) != NULL);
		assert_int_equal(note_find(ARSD(w), callctl_type_play_ended, call, (int)i)->a, CALLCTL_UNKNOWN_PROMPT);
	}
}

static void speech_made_before_the_call_is_played(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_T1, "");
	const char *hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char path[256], items[128];
	uint64_t call = world_call(w, 2);

	snprintf(path, sizeof(path), "%s/state/speech/%s.ko.wav", w->dir, hash);
	wav_file_write(path, 16000, 1, 6000, 32000);
	snprintf(items, sizeof(items), "short speech:%s short", hash);
	world_play(w, call, 1, items, CALLCTL_COLLECT_NONE, 0);
	WORLD_UNTIL(w, world_near(w->phones[2].heard, 6000));
	WORLD_UNTIL(w, note_find(ARSD(w), callctl_type_play_ended, call, 0) != NULL);
	assert_int_equal(note_find(ARSD(w), callctl_type_play_ended, call, 0)->a, CALLCTL_FINISHED);
	assert_int_equal(note_find(ARSD(w), callctl_type_play_ended, call, 0)->b, 2200);
}

static void a_draining_span_refuses_new_calls_and_keeps_the_old(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");
	uint64_t call = world_call(w, 1);
	struct world_phone *p;

	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_drain, .u.drain = { 1, 1 } });
	WORLD_UNTIL(w, w->span.draining);
	p = world_dial(w, 2, "01012345678", "07012340001");
	WORLD_UNTIL(w, p->ended);
	assert_int_equal(p->cause, PRI_CONGESTION);
	assert_int_equal(note_count(ARSD(w), callctl_type_call_offered, 0), 1);
	world_play(w, call, 1, "short", CALLCTL_COLLECT_NONE, 0);
	WORLD_UNTIL(w, world_near(w->phones[1].heard, 4000));
	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_drain, .u.drain = { 0, 0 } });
	WORLD_UNTIL(w, !w->span.draining);
	world_call(w, 2);
}

static void a_locked_span_goes_out_of_service_when_it_is_idle(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");
	uint64_t call = world_call(w, 1);
	struct world_phone *p;

	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_lock, .u.lock = { .span = 1, .on = 1 } });
	WORLD_UNTIL(w, w->pri.service == CALLCTL_DRAINING);
	p = world_dial(w, 2, "01012345678", "07012340001");
	WORLD_UNTIL(w, p->ended);
	assert_int_equal(p->cause, PRI_CHANNEL_UNAVAILABLE);
	assert_int_equal(note_count(ARSD(w), callctl_type_call_offered, 0), 1);
	world_pass(w, 300);
	assert_int_equal(w->pri.service, CALLCTL_DRAINING);
	world_hangup(w, call, PRI_NORMAL_CLEARING);
	WORLD_UNTIL(w, w->pri.service == CALLCTL_OUT_OF_SERVICE);
	assert_string_equal(w->pri.dialect, "euroisdn");
	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_lock, .u.lock = { .span = 9, .on = 1 } });    /* no such span: logged only */
	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_lock, .u.lock = { .span = 1, .on = 0 } });
	WORLD_UNTIL(w, w->pri.service == CALLCTL_IN_SERVICE);
	world_call(w, 2);
}

static void read_trace(struct world *w, uint16_t span, uint64_t call)
{
	w->trace_count = 0;
	w->trace_ended = false;
	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_trace_get, .u.trace_get = { 7, span, call } });
	WORLD_UNTIL(w, w->trace_ended);
}

static void must_trace(const struct world *w, int i, bool sent, const char *name)
{
	char text[Q931_TEXT_SIZE];

	q931_print(w->trace[i].octets.data, w->trace[i].octets.len, text);
	assert_int_equal(w->trace[i].sent, sent);
	if (strncmp(text, name, strlen(name)) != 0 || text[strlen(name)] != '\n')
		fail_msg("message %d is %s", i, text);
}

static void a_call_is_traced_from_setup_to_release_complete(void **state UNUSED)
{
	static const struct { bool sent; const char *name; } steps[] = {
		{ false, "SETUP" }, { true, "CALL PROCEEDING" }, { true, "CONNECT" }, { false, "CONNECT ACKNOWLEDGE" }, { true, "DISCONNECT" },
		{ false, "RELEASE" }, { true, "RELEASE COMPLETE" },
	};
	struct world *w = world = world_start(TRUNK_E1, "");
	uint64_t first, other;
	int64_t now = clock_wall().ms;

	world_call(w, 5);
	read_trace(w, 1, 0);
	assert_true(w->trace_found);
	assert_int_equal(w->trace_count, 0);                     /* it was never switched on */
	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_trace, .u.trace = { 1, 2 } });
	WORLD_UNTIL(w, w->pri.trace_left_s > 0);
	assert_in_range(w->pri.trace_left_s, 115, 120);
	first = world_call(w, 1);
	other = world_call(w, 2);
	world_hangup(w, first, PRI_NORMAL_CLEARING);
	WORLD_UNTIL(w, w->phones[1].ended);
	world_pass(w, 100);
	read_trace(w, 1, first);
	assert_int_equal(w->trace_count, ARRAY_LEN(steps));
	for (int i = 0; i < w->trace_count; i++) {
		must_trace(w, i, steps[i].sent, steps[i].name);
		assert_int_equal(w->trace[i].call, first);
		assert_in_range(w->trace[i].at_ms, now, now + 60000);
	}
	read_trace(w, 1, other);
	assert_int_equal(w->trace_count, 4);
	read_trace(w, 2, 0);
	assert_false(w->trace_found);
	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_trace, .u.trace = { 1, 0 } });
	WORLD_UNTIL(w, w->pri.trace_left_s == 0);
	read_trace(w, 1, 0);
	assert_int_equal(w->trace_count, ARRAY_LEN(steps) + 4);  /* it can still be read */
}

static void it_speaks_the_dialect_and_takes_the_side_it_is_set_to(void **state UNUSED)
{
	static const struct { enum trunk_line line; enum pri_dialect dialect; enum pri_side side; const char *of_span, *word; } given[] = {
		{ TRUNK_T1, PRI_DIALECT_5ESS, PRI_SIDE_CPE, "switch = \"5ess\"; side = \"network\";", "5ess" },
		{ TRUNK_E1, PRI_DIALECT_QSIG, PRI_SIDE_NETWORK, "switch = \"qsig\";", "qsig" },
	};

	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct pri_port_config port = { .side = given[i].side, .dialect = given[i].dialect, .line = given[i].line,
		                                .law = given[i].line == TRUNK_E1 ? TRUNK_ALAW : TRUNK_ULAW };
		struct world *w = world = world_start_as(&port, given[i].of_span, "");
		uint64_t call = world_call(w, 1);

		WORLD_UNTIL(w, w->pri.span == 1);
		assert_string_equal(w->pri.dialect, given[i].word);
		assert_int_equal(w->pri.network_side, given[i].side == PRI_SIDE_CPE);
		world_hangup(w, call, PRI_NORMAL_CLEARING);
		WORLD_UNTIL(w, w->phones[1].ended);
		world_arsd(w, &(struct callctl_msg){ .type = callctl_type_lock, .u.lock = { .span = 1, .on = 1 } });
		WORLD_UNTIL(w, w->pri.service == CALLCTL_OUT_OF_SERVICE);
		world_pass(w, 100);
		assert_int_equal(pri_port_busied_out(w->port), given[i].dialect == PRI_DIALECT_5ESS ? 0xfffffe : 0);
		world_end(&world);
	}
}

static void thirty_calls_at_once_keep_their_keys_apart(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");
	uint64_t calls[TRUNK_SLOTS] = { 0 };
	char keys[TRUNK_SLOTS][8];

	for (int slot = 1; slot < TRUNK_SLOTS; slot++)
		if (trunk_slot_is_bearer(TRUNK_E1, slot))
			calls[slot] = world_call(w, slot);
	WORLD_UNTIL(w, w->span.busy == 30);
	for (int slot = 1; slot < TRUNK_SLOTS; slot++)
		if (calls[slot] != 0) {
			world_play(w, calls[slot], 1, "long", CALLCTL_COLLECT_SECRET, (uint32_t)slot);
			snprintf(keys[slot], sizeof(keys[slot]), "%02d%02d#", slot, 99 - slot);
		}
	for (int slot = 1; slot < TRUNK_SLOTS; slot++)
		if (calls[slot] != 0)
			world_press(&w->phones[slot], keys[slot]);
	for (int slot = 1; slot < TRUNK_SLOTS; slot++)
		if (calls[slot] != 0)
			WORLD_UNTIL(w, strcmp(world_secret(w, calls[slot], (uint32_t)slot), keys[slot]) == 0);
	assert_int_equal(note_count(KEYSTORED(w), keypad_type_key, 0), 30 * 5);
}

static void metrics_and_states_come_by_themselves(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");
	uint64_t ticks = w->span.ticks;

	world_call(w, 1);
	w->metrics[0] = '\0';
	WORLD_UNTIL(w, w->metrics[0] != '\0');
	assert_non_null(strstr(w->metrics, "callkey_trunkd_calls_answered_total 1\n"));
	assert_non_null(strstr(w->metrics, "callkey_trunkd_calls_now 1\n"));
	assert_non_null(strstr(w->metrics, "callkey_trunkd_spans_up 1\n"));
	assert_non_null(strstr(w->metrics, "callkey_trunkd_call_machine_bugs_total 0\n"));
	assert_true(w->span.ticks > ticks);
	assert_int_equal(w->span.busy, 1);
}

static void quarters_of_an_hour_are_told_and_a_new_arsd_is_told_them_again(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");
	struct callctl_span_bin first;

	WORLD_UNTIL(w, w->bin.seconds > 0);
	first = w->bin;
	assert_true(first.span == 1 && strcmp(first.name, w->span.name) == 0 && first.boot != 0);
	assert_in_range(first.quarter, time(NULL) / 900 - 1, time(NULL) / 900);
	assert_true(first.es <= first.seconds && first.ses <= first.es && first.uas <= first.seconds - first.es);
	neighbour_die(&w->arsd);
	w->bin = (struct callctl_span_bin){ .span = 0 };
	neighbour_listen(&w->arsd);
	WORLD_UNTIL(w, w->bin.seconds > 0);
	assert_true(w->bin.boot == first.boot && w->bin.quarter >= first.quarter);
	if (w->bin.quarter == first.quarter)
		assert_true(w->bin.seconds >= first.seconds);
}

#define TEST(f) cmocka_unit_test_teardown(f, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_on_an_e1),
		TEST(a_call_on_a_t1),
		TEST(the_caller_hangs_up_and_the_next_call_has_another_number),
		TEST(arsd_refuses_an_unknown_number),
		TEST(an_unknown_prompt_ends_the_play),
		TEST(speech_made_before_the_call_is_played),
		TEST(a_draining_span_refuses_new_calls_and_keeps_the_old),
		TEST(a_locked_span_goes_out_of_service_when_it_is_idle),
		TEST(a_call_is_traced_from_setup_to_release_complete),
		TEST(it_speaks_the_dialect_and_takes_the_side_it_is_set_to),
		TEST(thirty_calls_at_once_keep_their_keys_apart),
		TEST(metrics_and_states_come_by_themselves),
		TEST(quarters_of_an_hour_are_told_and_a_new_arsd_is_told_them_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
