/* fxo_test.c: an analog line by scripts of what its wires do: what is told and ordered, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers-glue/fxo.h"
#include "drivers-glue/fxo_machine.h"
#include "drivers-glue/fxo_wire.h"
#include "pri_time.h"

enum { LINE = 3, TRUSTED = 4, SILENT = 5, POLAR = 6, UNUSED_LINE = 9, WAIT_MS = 4500 };

static struct line_port *port;
static char trace[4096];

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	size_t len = strlen(trace);
	va_list args;

	va_start(args, format);
	vsnprintf(trace + len, sizeof(trace) - len, format, args);
	va_end(args);
}

static void on_frame(void *context UNUSED, const uint8_t *octets, size_t len)
{
	static const char *const words[FXO_SIGNS] = { [FXO_HANG_UP] = "hang-up", [FXO_SEIZE] = "seize", [FXO_RING_IT] = "ring" };
	struct fxo_message m;

	assert_int_equal(fxo_decode(octets, len, &m), 0);
	note("%d:%s! ", m.slot, words[m.sign]);
}

static void on_event(void *context UNUSED, const struct line_event *e)
{
	switch (e->type) {
	case LINE_READY: note("ready "); break;
	case LINE_NOT_READY: note("not-ready "); break;
	case LINE_OFFERED:
		note("%d:offered(%s,%s,%d%s) ", e->slot, e->called, e->caller, (int)e->screening, e->presentation_allowed ? "" : ",hidden");
		break;
	case LINE_CONNECTED: note("%d:connected ", e->slot); break;
	case LINE_ENDED:
		note("%d:ended(%d,%s) ", e->slot, e->cause, e->by_line ? "line" : e->by_far_end ? "caller" : "us");
		break;
	}
}

static int set_up(void **state UNUSED)
{
	struct fxo_config config = { .number_wait_ms = WAIT_MS };

	config.lines[LINE] = (struct fxo_line){ .number = "021110003", .caller_id = true };
	config.lines[TRUSTED] = (struct fxo_line){ .number = "021110004", .caller_id = true, .trusted = true };
	config.lines[SILENT] = (struct fxo_line){ .number = "021110005" };
	config.lines[POLAR] = (struct fxo_line){ .number = "021110006", .caller_id = true, .polarity_ends = true };
	assert_int_equal(fxo_port_new(&config, &(struct line_callbacks){ on_frame, on_event, NULL }, &port), 0);
	line_port_line(port, true);
	now_ms += FXO_REST_MS;
	trace[0] = '\0';
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

static void caller(int slot, const char *number)
{
	struct fxo_message m = { .slot = (uint8_t)slot, .sign = number[0] != '\0' ? FXO_CALLER : FXO_NO_CALLER };
	uint8_t frame[FXO_FRAME_MAX];

	snprintf(m.number, sizeof(m.number), "%s", number);
	line_port_receive(port, frame, fxo_encode(&m, frame));
}

/* Time passes; the port runs when it asked to. */
static void pass(int ms)
{
	int64_t end = now_ms + ms;

	while (now_ms < end) {
		int wait = line_port_run(port);

		now_ms += wait < 1 ? 1 : wait < end - now_ms ? wait : end - now_ms;
	}
	line_port_run(port);
}

static void expect(const char *wanted)
{
	assert_string_equal(trace, wanted);
	trace[0] = '\0';
}

static void expect_state(int slot, const char *wanted)
{
	assert_string_equal(fxo_port_state(port, slot), wanted);
}

static void offered(int slot)
{
	sign(slot, FXO_RING);
	pass(2500);
	caller(slot, "01012345678");
	trace[0] = '\0';
}

static void talk(int slot)
{
	offered(slot);
	assert_int_equal(line_port_answer(port, slot), 0);
	sign(slot, FXO_OFF_HOOK);
	trace[0] = '\0';
}

static void test_the_table_has_no_hole(void **state UNUSED)
{
	char why[200] = "";

	if (fsm_check(&fxo_fsm, why, sizeof(why)) != 0)
		fail_msg("%s", why);
}

/* Every event in every state, and the state's own time: nothing is a bug of ours but what its owner never sends. */
static void test_every_cell(void **state UNUSED)
{
	for (int s = 0; s < FXO_STATES; s++)
		for (int e = 0; e < FXO_EVENTS; e++) {
			bool owner = e == FXO_EV_ANSWER || e == FXO_EV_HANG_UP || e == FXO_EV_TIME;
			int at = s;

			if (!owner)
				assert_int_not_equal(fsm_step(&fxo_fsm, &at, e), FSM_BUG);
		}
}

static void test_a_call_with_its_number_between_rings(void **state UNUSED)
{
	sign(LINE, FXO_RING);
	pass(2600);
	expect("");
	caller(LINE, "01012345678");
	expect("3:offered(021110003,01012345678,4) ");
	assert_int_equal(line_port_answer(port, LINE), 0);
	expect("3:seize! ");
	sign(LINE, FXO_OFF_HOOK);
	expect("3:connected ");
	pass(60000);
	sign(LINE, FXO_BATTERY_LOST);
	expect("3:hang-up! 3:ended(16,caller) ");
	sign(LINE, FXO_ON_HOOK);
	sign(LINE, FXO_POLARITY);
	pass(FXO_GUARD_MS + 1);
	expect("");
	expect_state(LINE, "idle");
}

static void test_a_number_before_the_ring(void **state UNUSED)
{
	sign(LINE, FXO_POLARITY);
	pass(300);
	caller(LINE, "01012345678");
	pass(300);
	expect("");
	sign(LINE, FXO_RING);
	pass(1);
	expect("3:offered(021110003,01012345678,4) ");
}

static void test_a_number_without_a_ring_is_forgotten(void **state UNUSED)
{
	caller(LINE, "01099998888");
	pass(FXO_PRIMED_MS + 1);
	expect_state(LINE, "idle");
	sign(LINE, FXO_RING);
	pass(WAIT_MS + 1);
	expect("3:offered(021110003,,255,hidden) ");
}

/* In many networks the last caller is still there when we have hung up, and calls again at once. */
static void test_the_last_caller_cannot_say_the_next_ones_number(void **state UNUSED)
{
	talk(LINE);
	line_port_hang_up(port, LINE, 16);
	sign(LINE, FXO_ON_HOOK);
	trace[0] = '\0';
	pass(FXO_GUARD_MS + 1);
	sign(LINE, FXO_POLARITY);
	caller(LINE, "01099998888");
	sign(LINE, FXO_RING);
	pass(2500);
	expect("");
	caller(LINE, "01012345678");
	expect("3:offered(021110003,01012345678,4) ");
	line_port_hang_up(port, LINE, 16);
	sign(LINE, FXO_ON_HOOK);
	pass(FXO_RING_GAP_MS + FXO_REST_MS + 1);
	trace[0] = '\0';
	caller(LINE, "01012345678");
	sign(LINE, FXO_RING);
	pass(1);
	expect("3:offered(021110003,01012345678,4) ");
}

static void test_without_a_number_it_is_offered_after_the_wait(void **state UNUSED)
{
	sign(LINE, FXO_RING);
	pass(WAIT_MS - 10);
	expect("");
	pass(20);
	expect("3:offered(021110003,,255,hidden) ");
	caller(LINE, "01012345678");
	expect("");                                  /* too late: arsd has decided on less */
}

static void test_withheld(void **state UNUSED)
{
	sign(LINE, FXO_RING);
	pass(2600);
	caller(LINE, "");
	expect("3:offered(021110003,,255,hidden) ");
}

static void test_a_line_without_caller_id_is_offered_at_once(void **state UNUSED)
{
	sign(SILENT, FXO_RING);
	pass(1);
	expect("5:offered(021110005,,255,hidden) ");
}

static void test_a_line_whose_number_is_trusted(void **state UNUSED)
{
	sign(TRUSTED, FXO_RING);
	caller(TRUSTED, "0212345678");
	expect("4:offered(021110004,0212345678,5) ");
}

static void test_the_caller_gives_up_before_the_answer(void **state UNUSED)
{
	offered(LINE);
	for (int i = 0; i < 5; i++) {
		pass(6000);
		sign(LINE, FXO_RING);
	}
	expect("");
	pass(FXO_RING_GAP_MS + 1);
	expect("3:ended(16,caller) ");
	expect_state(LINE, "idle");
	assert_int_equal(line_port_answer(port, LINE), ERR_STATE);
}

/* It rings on, for there is no way to say no; it is not offered again. */
static void test_a_refused_call(void **state UNUSED)
{
	offered(LINE);
	line_port_hang_up(port, LINE, 21);
	expect("3:hang-up! ");
	line_port_hang_up(port, LINE, 21);
	sign(LINE, FXO_ON_HOOK);
	expect("3:ended(21,us) ");
	for (int i = 0; i < 5; i++) {
		pass(6000);
		sign(LINE, FXO_RING);
		caller(LINE, "01012345678");
	}
	expect("");
	pass(FXO_RING_GAP_MS + 1);
	expect("");
	offered(LINE);
	expect_state(LINE, "offered");
}

static void test_a_refusal_that_nobody_confirms(void **state UNUSED)
{
	offered(LINE);
	line_port_hang_up(port, LINE, 21);
	pass(FXO_RING_GAP_MS + 1);
	expect("3:hang-up! 3:ended(21,us) ");
}

static void test_we_hang_up(void **state UNUSED)
{
	talk(LINE);
	line_port_hang_up(port, LINE, 16);
	expect("3:hang-up! ");
	sign(LINE, FXO_BATTERY_LOST);
	sign(LINE, FXO_ON_HOOK);
	expect("3:ended(16,us) ");
	line_port_hang_up(port, LINE, 16);
	sign(LINE, FXO_RING);                        /* the next caller was waiting */
	expect_state(LINE, "ringing");
	caller(LINE, "01055556666");
	expect("3:offered(021110003,01055556666,4) ");
}

static void test_a_card_that_does_not_obey(void **state UNUSED)
{
	offered(LINE);
	assert_int_equal(line_port_answer(port, LINE), 0);
	sign(LINE, FXO_FAILED);
	expect("3:seize! 3:hang-up! 3:ended(27,line) ");
	pass(FXO_GUARD_MS + 1);
	offered(LINE);
	assert_int_equal(line_port_answer(port, LINE), 0);
	pass(FXO_ORDER_MS + 1);
	expect("3:seize! 3:hang-up! 3:ended(27,line) ");
	pass(FXO_GUARD_MS + 1);
	talk(LINE);
	line_port_hang_up(port, LINE, 16);
	pass(FXO_ORDER_MS + 1);
	expect("3:hang-up! 3:hang-up! 3:ended(16,us) ");
}

static void test_hung_up_while_being_answered(void **state UNUSED)
{
	offered(LINE);
	assert_int_equal(line_port_answer(port, LINE), 0);
	line_port_hang_up(port, LINE, 41);
	sign(LINE, FXO_OFF_HOOK);
	sign(LINE, FXO_ON_HOOK);
	expect("3:seize! 3:hang-up! 3:ended(41,us) ");
	pass(FXO_GUARD_MS + 1);
	offered(LINE);
	assert_int_equal(line_port_answer(port, LINE), 0);
	sign(LINE, FXO_BATTERY_LOST);
	expect("3:seize! 3:hang-up! 3:ended(16,caller) ");
}

static void test_busy_tone_and_silence_end_a_call(void **state UNUSED)
{
	static const enum fxo_sign signs[] = { FXO_TONE, FXO_SILENCE };

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		sign(LINE, signs[i]);
		expect("");
		talk(LINE);
		sign(LINE, signs[i]);
		expect("3:hang-up! 3:ended(16,caller) ");
		pass(FXO_GUARD_MS + 1);
	}
}

static void test_polarity(void **state UNUSED)
{
	talk(POLAR);
	sign(POLAR, FXO_POLARITY);                   /* the answer's own */
	expect("");
	pass(FXO_POLARITY_DEAF_MS + 1);
	sign(POLAR, FXO_POLARITY);
	expect("6:hang-up! 6:ended(16,caller) ");
	talk(LINE);
	pass(FXO_POLARITY_DEAF_MS + 1);
	sign(LINE, FXO_POLARITY);                    /* a line that does not mean it */
	expect("");
	expect_state(LINE, "up");
}

static void test_a_line_that_is_unplugged(void **state UNUSED)
{
	talk(LINE);
	sign(LINE, FXO_NO_BATTERY);
	expect("3:hang-up! 3:ended(27,line) ");
	expect_state(LINE, "out");
	sign(LINE, FXO_POLARITY);
	sign(LINE, FXO_BATTERY_LOST);
	line_port_line(port, false);
	line_port_line(port, true);
	expect_state(LINE, "out");                   /* the card is back, the line is not */
	expect_state(TRUSTED, "idle");
	sign(LINE, FXO_BATTERY);
	expect_state(LINE, "idle");
}

static void test_a_card_that_is_gone(void **state UNUSED)
{
	talk(LINE);
	offered(TRUSTED);
	line_port_line(port, false);
	expect("not-ready 3:hang-up! 3:ended(27,line) 4:ended(27,line) ");
	line_port_line(port, true);
	expect("ready ");
	talk(LINE);
}

static void test_what_is_not_to_be_heard(void **state UNUSED)
{
	uint8_t junk[300] = { LINE, FXO_CALLER, '1', 'x' };

	sign(UNUSED_LINE, FXO_RING);
	pass(10000);
	line_port_receive(port, junk, 0);
	line_port_receive(port, junk, 1);
	line_port_receive(port, junk, 4);
	line_port_receive(port, junk, sizeof(junk));
	line_port_receive(port, (const uint8_t[]){ TRUNK_SLOTS, FXO_RING }, 2);
	line_port_receive(port, (const uint8_t[]){ LINE, 0 }, 2);
	line_port_receive(port, (const uint8_t[]){ LINE, FXO_SIGNS }, 2);
	line_port_receive(port, (const uint8_t[]){ LINE, FXO_RING, '1' }, 3);
	expect("");
	expect_state(LINE, "idle");
	line_port_hang_up(port, LINE, 16);
	assert_int_equal(line_port_answer(port, LINE), ERR_STATE);
	assert_int_equal(line_port_answer(port, -1), ERR_STATE);
	assert_int_equal(line_port_answer(port, TRUNK_SLOTS), ERR_STATE);
	expect("");
}

/* Whatever the wires do in whatever order, no bug shows and each offered call ends once. */
static void test_a_line_gone_mad(void **state UNUSED)
{
	uint32_t seed = 7;
	int up = 0;

	for (int i = 0; i < 200000; i++) {
		seed = seed * 1664525 + 1013904223;
		switch (seed >> 24 & 7) {
		case 0: pass((int)(seed >> 8 & 2047)); break;
		case 1: caller(LINE, seed & 4096 ? "0212345678" : ""); break;
		case 2: if (line_port_answer(port, LINE) == 0) up++; break;
		case 3: line_port_hang_up(port, LINE, 16); break;
		default: sign(LINE, (enum fxo_sign)(1 + (seed >> 16 & 255) % (FXO_SIGNS - 1)) == FXO_CALLER ? FXO_RING :
		              (enum fxo_sign)(1 + (seed >> 16 & 255) % (FXO_SIGNS - 1)));
		}
		trace[0] = '\0';
	}
	assert_true(up > 100);
	assert_int_equal(fxo_port_bugs(port), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_table_has_no_hole), cmocka_unit_test(test_every_cell),
		T(test_a_call_with_its_number_between_rings), T(test_a_number_before_the_ring), T(test_a_number_without_a_ring_is_forgotten),
		T(test_the_last_caller_cannot_say_the_next_ones_number),
		T(test_without_a_number_it_is_offered_after_the_wait), T(test_withheld), T(test_a_line_without_caller_id_is_offered_at_once),
		T(test_a_line_whose_number_is_trusted), T(test_the_caller_gives_up_before_the_answer), T(test_a_refused_call),
		T(test_a_refusal_that_nobody_confirms), T(test_we_hang_up), T(test_a_card_that_does_not_obey),
		T(test_hung_up_while_being_answered), T(test_busy_tone_and_silence_end_a_call), T(test_polarity),
		T(test_a_line_that_is_unplugged), T(test_a_card_that_is_gone), T(test_what_is_not_to_be_heard), T(test_a_line_gone_mad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
