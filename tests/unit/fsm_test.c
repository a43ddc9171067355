/* fsm_test.c: the check finds every hole that a table can have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/fsm.h"

enum { IDLE, BUSY, DONE, STATES };
enum { EV_GO, EV_END, EVENTS };
static const char *const state_names[] = { "idle", "busy", "done" }, *const event_names[] = { "go", "end" };

static const struct fsm_cell good[STATES][EVENTS] = {
	[IDLE] = { [EV_GO] = fsm_go(BUSY), [EV_END] = fsm_bug },
	[BUSY] = { [EV_GO] = fsm_stay, [EV_END] = fsm_go(DONE) },
	[DONE] = { [EV_GO] = fsm_bug, [EV_END] = fsm_ignore },
};
static const struct fsm machine = { "m", STATES, EVENTS, IDLE, state_names, event_names, &good[0][0] };

static void an_event_moves_stays_or_is_ignored(void **state UNUSED)
{
	int s = IDLE;

	assert_int_equal(fsm_step(&machine, &s, EV_END), FSM_BUG);
	assert_int_equal(fsm_step(&machine, &s, EV_GO), FSM_GO);
	assert_int_equal(s, BUSY);
	assert_int_equal(fsm_step(&machine, &s, EV_GO), FSM_STAY);
	assert_int_equal(fsm_step(&machine, &s, EV_END), FSM_GO);
	assert_int_equal(fsm_step(&machine, &s, EV_END), FSM_IGNORE);
	assert_int_equal(s, DONE);
	assert_int_equal(fsm_step(&machine, &s, EVENTS), FSM_BUG);
	assert_true(fsm_is_final(&machine, DONE));
	assert_false(fsm_is_final(&machine, BUSY));
	assert_int_equal(fsm_find_state(&machine, "busy"), BUSY);
	assert_int_equal(fsm_find_state(&machine, "lazy"), ERR_NOT_FOUND);
	assert_string_equal(fsm_state_name(&machine, STATES), "?");
}

static void refused(int state, int event, struct fsm_cell c, const char *reason)
{
	struct fsm_cell cells[STATES][EVENTS];
	struct fsm m = machine;
	char why[200] = "";

	memcpy(cells, good, sizeof(cells));
	cells[state][event] = c;
	m.cells = &cells[0][0];
	assert_int_equal(fsm_check(&m, why, sizeof(why)), ERR_INVALID);
	if (strstr(why, reason) == NULL)
		fail_msg("got \"%s\", want \"%s\"", why, reason);
}

static void a_hole_in_the_table_is_found(void **state UNUSED)
{
	char why[200] = "";

	assert_int_equal(fsm_check(&machine, why, sizeof(why)), 0);
	refused(BUSY, EV_GO, (struct fsm_cell){ 0, 0 }, "cell [busy][go] is unset");
	refused(BUSY, EV_GO, (struct fsm_cell){ FSM_GO, STATES }, "leads nowhere");
	refused(IDLE, EV_GO, (struct fsm_cell){ FSM_GO, DONE }, "state busy is not reached");
}

static void a_trap_is_found(void **state UNUSED)
{
	static const struct fsm_cell trap[STATES][EVENTS] = {
		[IDLE] = { [EV_GO] = fsm_go(BUSY), [EV_END] = fsm_go(DONE) },
		[BUSY] = { [EV_GO] = fsm_go(BUSY), [EV_END] = fsm_stay },
		[DONE] = { [EV_GO] = fsm_bug, [EV_END] = fsm_ignore },
	};
	struct fsm m = machine;
	char why[200] = "";

	m.cells = &trap[0][0];
	assert_int_equal(fsm_check(&m, why, sizeof(why)), ERR_INVALID);
	assert_non_null(strstr(why, "state busy has no way to a final state"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_moves_stays_or_is_ignored),
		cmocka_unit_test(a_hole_in_the_table_is_found),
		cmocka_unit_test(a_trap_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
