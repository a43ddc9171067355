/* trunkd_loss_test.c: the real trunkd when arsd, keystored or the line goes away, breaks the protocol or comes back, and when trunkd itself
 * is to end. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "tests/unit/trunkd_world.h"

static struct world *world;

static int end(void **state UNUSED)
{
	world_end(&world);
	return 0;
}

static void without_arsd_a_call_waits_for_its_grace(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "no_brain_grace_ms = 1500;");
	struct world_phone *p;
	int64_t from;

	neighbour_die(&w->arsd);
	world_pass(w, 50);
	p = world_dial(w, 3, "01012345678", "07012340001");
	from = world_now_ms();
	WORLD_UNTIL(w, p->ended);
	assert_int_equal(p->cause, PRI_TEMPORARY_FAILURE);
	assert_in_range(world_now_ms() - from, 1400, 2500);
	/* Back in time: the call is offered to it. */
	p = world_dial(w, 4, "01012345678", "07012340001");
	world_pass(w, 100);
	neighbour_listen(&w->arsd);
	WORLD_UNTIL(w, note_find(ARSD(w), callctl_type_call_offered, 0, 0) != NULL);
	assert_false(p->ended);
	assert_int_equal(note_find(ARSD(w), callctl_type_call_offered, 0, 0)->number, 4);
}

static void calls_of_an_arsd_that_dies_end_and_unanswered_ones_are_offered_again(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");
	uint64_t up = world_call(w, 1), ringing;

	world_dial(w, 2, "01012345678", "07012340002");
	WORLD_UNTIL(w, note_count(ARSD(w), callctl_type_call_offered, 0) == 2);
	ringing = note_find(ARSD(w), callctl_type_call_offered, 0, 1)->call;
	neighbour_die(&w->arsd);
	WORLD_UNTIL(w, w->phones[1].ended);
	assert_int_equal(w->phones[1].cause, PRI_TEMPORARY_FAILURE);
	WORLD_UNTIL(w, note_find(KEYSTORED(w), keypad_type_call_end, up, 0) != NULL);
	neighbour_listen(&w->arsd);
	WORLD_UNTIL(w, note_count(ARSD(w), callctl_type_call_offered, 0) == 3);
	assert_int_equal(note_find(ARSD(w), callctl_type_call_offered, 0, 2)->call, ringing);
	world_answer(w, ringing);
	WORLD_UNTIL(w, w->phones[2].connected);
	assert_null(world_ended(w, up));
}

static void a_frame_that_breaks_the_protocol_costs_arsd_its_place(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");

	world_call(w, 1);
	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_call_up, .u.call_up.call = 1 });
	WORLD_UNTIL(w, w->phones[1].ended);
	WORLD_UNTIL(w, w->arsd.greeted);
	assert_int_equal(w->phones[1].cause, PRI_TEMPORARY_FAILURE);
	world_call(w, 2);
}

static void a_keystored_that_dies_gets_no_keys_and_learns_of_calls_when_it_is_back(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");
	uint64_t call = world_call(w, 1);
	int resets = note_count(KEYSTORED(w), keypad_type_reset, 0);

	WORLD_UNTIL(w, note_count(KEYSTORED(w), keypad_type_call_begin, call) == 1);
	world_play(w, call, 1, "short", CALLCTL_COLLECT_SECRET, 3);
	neighbour_die(&w->keystored);
	world_press(&w->phones[1], "123");
	WORLD_UNTIL(w, w->phones[1].keys.count == 0 && w->phones[1].silent_blocks > 20);
	neighbour_listen(&w->keystored);
	WORLD_UNTIL(w, note_count(KEYSTORED(w), keypad_type_call_begin, call) == 2);
	assert_int_equal(note_count(KEYSTORED(w), keypad_type_reset, 0), resets + 1);
	world_press(&w->phones[1], "9");
	WORLD_UNTIL(w, world_secret(w, call, 3)[0] != '\0');
	assert_string_equal(world_secret(w, call, 3), "9");
	assert_false(w->phones[1].ended);
	assert_null(note_find(ARSD(w), callctl_type_menu_key, 0, 0));
}

static void a_line_that_is_lost_for_less_than_t309_keeps_its_calls(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");
	uint64_t call = world_call(w, 1);

	world_play(w, call, 1, "music", CALLCTL_COLLECT_MENU, 0);
	WORLD_UNTIL(w, world_near(w->phones[1].heard, 2000));
	world_carrier_down(w);
	WORLD_UNTIL(w, w->span.alarms != 0);
	world_pass(w, 1000);
	w->phones[1].heard = 0;
	world_carrier_up(w);
	WORLD_UNTIL(w, w->span.alarms == 0 && w->span.dchan_up && world_near(w->phones[1].heard, 2000));
	assert_false(w->phones[1].ended);
	assert_null(world_ended(w, call));
	world_press(&w->phones[1], "5");
	WORLD_UNTIL(w, note_find(ARSD(w), callctl_type_menu_key, call, 0) != NULL);
}

static void a_line_that_is_lost_for_longer_than_t309_loses_them(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_T1, "");
	uint64_t call = world_call(w, 1);
	int64_t from = world_now_ms();

	world_carrier_down(w);
	WORLD_UNTIL(w, world_ended(w, call) != NULL);
	assert_in_range(world_now_ms() - from, 5500, 7500);
	assert_int_equal(world_ended(w, call)->b, CALLCTL_BY_LINE);
	WORLD_UNTIL(w, note_find(KEYSTORED(w), keypad_type_call_end, call, 0) != NULL);
	assert_int_not_equal(w->span.alarms & TRUNK_ALARM_RED, 0);
	world_carrier_up(w);
	world_call(w, 2);
}

static void sigterm_clears_all_calls_within_two_seconds(void **state UNUSED)
{
	struct world *w = world = world_start(TRUNK_E1, "");
	uint64_t call = world_call(w, 1);
	struct world_phone *ringing = world_dial(w, 2, "01012345678", "07012340002");
	int64_t from;
	siginfo_t gone = { 0 };

	world_play(w, call, 1, "music", CALLCTL_COLLECT_MENU, 0);
	WORLD_UNTIL(w, note_count(ARSD(w), callctl_type_call_offered, 0) == 2 && world_near(w->phones[1].heard, 2000));
	from = world_now_ms();
	assert_int_equal(kill(w->trunkd, SIGTERM), 0);
	WORLD_UNTIL(w, w->phones[1].ended && ringing->ended);
	WORLD_UNTIL(w, waitid(P_PID, (id_t)w->trunkd, &gone, WEXITED | WNOHANG | WNOWAIT) == 0 && gone.si_pid == w->trunkd);
	assert_in_range(world_now_ms() - from, 0, 2000);
	assert_int_equal(w->phones[1].cause, PRI_TEMPORARY_FAILURE);
	assert_int_equal(ringing->cause, PRI_CONGESTION);
	assert_non_null(world_ended(w, call));
}

#define TEST(f) cmocka_unit_test_teardown(f, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_arsd_a_call_waits_for_its_grace),
		TEST(calls_of_an_arsd_that_dies_end_and_unanswered_ones_are_offered_again),
		TEST(a_frame_that_breaks_the_protocol_costs_arsd_its_place),
		TEST(a_keystored_that_dies_gets_no_keys_and_learns_of_calls_when_it_is_back),
		TEST(a_line_that_is_lost_for_less_than_t309_keeps_its_calls),
		TEST(a_line_that_is_lost_for_longer_than_t309_loses_them),
		TEST(sigterm_clears_all_calls_within_two_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
