/* span_lines_test.c: analog lines that are locked and unlocked: what is refused, when one is out of service, and what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "drivers-glue/fxo_wire.h"
#include "lib/log.h"
#include "pri_time.h"
#include "trunkd/span_lines.h"

enum { A = 1, B = 4, USED = 1 << A | 1 << B };

static struct line_port *port;
static struct span_lines lines;
static struct callctl_span_lines told;

static void on_frame(void *context UNUSED, const uint8_t *octets UNUSED, size_t len UNUSED) { }

/* As spans.c does. */
static void on_event(void *context UNUSED, const struct line_event *e)
{
	if (e->type == LINE_OFFERED && span_lines_refuses(&lines, e->slot))
		line_port_hang_up(port, e->slot, LINE_CAUSE_CONGESTION);
}

static int set_up(void **state UNUSED)
{
	struct fxo_config config = { .number_wait_ms = 4500 };

	config.lines[A] = (struct fxo_line){ .number = "021110001" };
	config.lines[B] = (struct fxo_line){ .number = "021110004" };
	assert_int_equal(fxo_port_new(&config, &(struct line_callbacks){ on_frame, on_event, NULL }, &port), 0);
	span_lines_init(&lines, 2, port, USED);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	int bugs = (int)fxo_port_bugs(port);

	line_port_free(&port);
	return bugs;
}

static void sign(int slot, enum fxo_sign what)
{
	struct trunk_frame f;

	fxo_put(&f, slot, what);
	line_port_receive(port, f.octets, f.len);
}

/* Rings, and is offered at once: without caller id nothing is waited for. */
static void ring(int slot)
{
	sign(slot, FXO_RING);
	now_ms++;
	line_port_run(port);
}

static void talk(int slot)
{
	ring(slot);
	assert_int_equal(line_port_answer(port, slot), 0);
	sign(slot, FXO_OFF_HOOK);
}

static void states_are(bool differs, uint32_t ringing, uint32_t in_call, uint32_t no_battery, uint32_t locked)
{
	assert_int_equal(span_lines_state(&lines, &told), differs);
	assert_true(told.span == 3 && told.used == USED);
	assert_int_equal(told.ringing, ringing);
	assert_int_equal(told.in_call, in_call);
	assert_int_equal(told.no_battery, no_battery);
	assert_int_equal(told.locked, locked);
}

static void lines_are_told_by_what_they_do(void **state UNUSED)
{
	states_are(true, 0, 0, USED, 0);                 /* no card yet */
	line_port_line(port, true);
	states_are(true, 0, 0, 0, 0);
	states_are(false, 0, 0, 0, 0);
	sign(B, FXO_NO_BATTERY);
	states_are(true, 0, 0, 1 << B, 0);
	sign(B, FXO_BATTERY);
	ring(A);
	states_are(true, 1 << A, 0, 0, 0);
	talk(B);
	states_are(true, 1 << A, 1 << B, 0, 0);
	line_port_hang_up(port, B, LINE_CAUSE_NORMAL);   /* the loop is still closed */
	states_are(false, 1 << A, 1 << B, 0, 0);
	sign(B, FXO_ON_HOOK);
	states_are(true, 1 << A, 0, 0, 0);
}

static void a_locked_line_is_not_answered_and_others_are(void **state UNUSED)
{
	line_port_line(port, true);
	assert_int_equal(span_lines_lock(&lines, A, true), 0);
	states_are(true, 0, 0, 0, 1 << A);
	assert_int_equal(lines.out, 1 << A);
	ring(A);
	assert_string_equal(fxo_port_state(port, A), "refused");
	assert_int_equal(line_port_answer(port, A), ERR_STATE);
	states_are(true, 1 << A, 0, 0, 1 << A);
	assert_int_equal(told.refused_locked, 1);
	talk(B);
	assert_string_equal(fxo_port_state(port, B), "up");
	assert_int_equal(span_lines_lock(&lines, A, false), 0);
	now_ms += FXO_RING_GAP_MS + 1;                   /* the caller gave up */
	line_port_run(port);
	talk(A);
	assert_string_equal(fxo_port_state(port, A), "up");
	states_are(true, 0, 1 << A | 1 << B, 0, 0);
	assert_int_equal(told.refused_locked, 1);
}

static void a_call_goes_on_and_the_line_is_out_of_service_after_it(void **state UNUSED)
{
	line_port_line(port, true);
	talk(A);
	assert_int_equal(span_lines_lock(&lines, 0, true), 0);      /* all of them */
	states_are(true, 0, 1 << A, 0, USED);
	assert_int_equal(lines.out, 1 << B);
	assert_string_equal(fxo_port_state(port, A), "up");
	sign(A, FXO_BATTERY_LOST);
	states_are(true, 0, 0, 0, USED);
	assert_int_equal(lines.out, USED);
	assert_int_equal(span_lines_lock(&lines, 0, false), 0);
	states_are(true, 0, 0, 0, 0);
	assert_int_equal(lines.out, 0);
}

/* Somebody is being asked whether to answer: that call is no new one. */
static void a_call_that_was_offered_before_may_be_answered(void **state UNUSED)
{
	line_port_line(port, true);
	ring(A);
	assert_int_equal(span_lines_lock(&lines, A, true), 0);
	assert_int_equal(line_port_answer(port, A), 0);
	assert_int_equal(lines.refused, 0);
}

static void what_is_no_line_cannot_be_locked(void **state UNUSED)
{
	assert_int_equal(span_lines_lock(&lines, 2, true), ERR_NOT_FOUND);
	assert_int_equal(span_lines_lock(&lines, TRUNK_SLOTS, true), ERR_NOT_FOUND);
	assert_int_equal(span_lines_lock(&lines, 255, true), ERR_NOT_FOUND);
	assert_int_equal(lines.locked, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_told_by_what_they_do),
		TEST(a_locked_line_is_not_answered_and_others_are),
		TEST(a_call_goes_on_and_the_line_is_out_of_service_after_it),
		TEST(a_call_that_was_offered_before_may_be_answered),
		TEST(what_is_no_line_cannot_be_locked),
	};

	return cmocka_run_group_tests_name("span_lines", tests, NULL, NULL);
}
