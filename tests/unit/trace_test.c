/* trace_test.c: trunkd's trace of a span: when it records, what of a call, how much, and when it is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/attr.h"
#include "model/q931.h"
#include "trunkd/trace.h"

#define FCS 0x00, 0x00
#define HEAD(reference, type) 0x02, 0x01, 0x00, 0x00, 0x08, 0x02, (reference) >> 8, (reference) & 0xff, type
#define TAKE(t, sent, ...) trace_take(t, sent, (const uint8_t[]){ __VA_ARGS__, FCS }, sizeof((const uint8_t[]){ __VA_ARGS__, FCS }), at)
#define CALLED(...) 0x70, 1 + sizeof((char[]){ __VA_ARGS__ }), 0x80, __VA_ARGS__

enum { TO_ORIGIN = 0x8000, MINUTE_MS = 60000 };

static const struct mono start = { 1000000000 };
static struct wall at = { 1700000000000 };

static struct trace *on(int minutes)
{
	struct trace *t = NULL;

	assert_int_equal(trace_start(&t, minutes, start), 0);
	assert_true(trace_is_on(t));
	return t;
}

static const char *text(const struct trace *t, size_t i)
{
	static char buf[Q931_TEXT_SIZE];

	return q931_print(trace_at(t, i)->octets, trace_at(t, i)->len, buf);
}

static struct mono after_ms(int64_t ms) { return mono_add_ms(start, ms); }

static void nothing_is_recorded_unless_it_is_on(void **state UNUSED)
{
	struct trace *t = NULL;

	TAKE(t, false, HEAD(5, 0x05));
	trace_tie(t, 5, 1);
	trace_stop(t, start);
	trace_run(&t, start);
	assert_false(trace_is_on(t));
	assert_int_equal(trace_count(t), 0);
	assert_int_equal(trace_start(&t, 0, start), ERR_INVALID);
	assert_int_equal(trace_start(&t, TRACE_MINUTES_MAX + 1, start), ERR_INVALID);
	t = on(1);
	trace_stop(t, start);
	TAKE(t, false, HEAD(5, 0x05));
	assert_int_equal(trace_count(t), 0);
	trace_free(&t);
}

static void it_ends_by_itself_and_is_wiped_an_hour_later(void **state UNUSED)
{
	struct trace *t = on(2);

	TAKE(t, false, HEAD(5, 0x05));
	assert_int_equal(trace_left_ms(t, start), 2 * MINUTE_MS);
	trace_run(&t, after_ms(2 * MINUTE_MS - 1));
	assert_true(trace_is_on(t));
	trace_run(&t, after_ms(2 * MINUTE_MS));
	assert_false(trace_is_on(t));
	assert_int_equal(trace_count(t), 1);
	trace_run(&t, after_ms(61 * MINUTE_MS));
	assert_int_equal(trace_count(t), 1);
	trace_run(&t, after_ms(62 * MINUTE_MS));
	assert_null(t);
}

static void switched_on_again_it_goes_on(void **state UNUSED)
{
	struct trace *t = on(1);

	TAKE(t, false, HEAD(5, 0x05));
	assert_int_equal(trace_start(&t, 10, after_ms(MINUTE_MS / 2)), 0);
	trace_run(&t, after_ms(10 * MINUTE_MS));
	assert_true(trace_is_on(t));
	assert_int_equal(trace_count(t), 1);
	trace_free(&t);
}

static void the_frames_of_a_call_are_told_apart(void **state UNUSED)
{
	struct trace *t = on(1);

	TAKE(t, true, 0x00, 0x01, 0x7f);                              /* SABME: of no call */
	TAKE(t, false, HEAD(5, 0x05), CALLED('0', '7', '0'));
	TAKE(t, true, HEAD(TO_ORIGIN | 5, 0x02));
	TAKE(t, true, HEAD(5, 0x05));                                 /* one of ours with the same number */
	trace_tie(t, 5, 77);
	TAKE(t, true, HEAD(TO_ORIGIN | 5, 0x07));
	TAKE(t, false, HEAD(TO_ORIGIN | 5, 0x02));
	TAKE(t, false, HEAD(5, 0x45), 0x08, 0x02, 0x80, 0x90);
	TAKE(t, false, 0x00, 0x01, 0x01, 0x04);                       /* RR: not kept */
	TAKE(t, false, HEAD(5, 0x05), CALLED('1'));                   /* the reference is used anew */
	trace_tie(t, 6, 99);                                          /* unknown */
	static const uint64_t calls[] = { 0, 77, 77, 0, 77, 0, 77, 0 };

	assert_int_equal(trace_count(t), ARRAY_LEN(calls));
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		assert_int_equal(trace_at(t, i)->call, calls[i]);
	assert_true(trace_at(t, 0)->sent && !trace_at(t, 1)->sent);
	assert_int_equal(trace_at(t, 1)->at.ms, at.ms);
	trace_free(&t);
}

static void the_called_number_is_kept_and_no_key_that_follows_it(void **state UNUSED)
{
	struct trace *t = on(1);

	TAKE(t, false, HEAD(5, 0x05));
	TAKE(t, true, HEAD(TO_ORIGIN | 5, 0x0d));
	TAKE(t, false, HEAD(5, 0x7b), CALLED('1', '5', '8', '8'));
	assert_non_null(strstr(text(t, 2), "called number: 1588"));
	TAKE(t, true, HEAD(TO_ORIGIN | 5, 0x02));
	TAKE(t, false, HEAD(5, 0x7b), CALLED('4', '9', '1', '1'));
	TAKE(t, true, HEAD(TO_ORIGIN | 5, 0x07));
	TAKE(t, false, HEAD(5, 0x7b), CALLED('4', '9', '1', '1'));
	TAKE(t, false, HEAD(5, 0x7b), 0x2c, 0x04, '4', '9', '1', '1');
	TAKE(t, true, HEAD(TO_ORIGIN | 5, 0x0d));                     /* against the protocol; it opens nothing: */
	trace_tie(t, 5, 1);
	TAKE(t, true, HEAD(TO_ORIGIN | 5, 0x0d));
	TAKE(t, false, HEAD(5, 0x7b), CALLED('4', '9', '1', '1'));
	TAKE(t, false, HEAD(9, 0x7b), CALLED('4', '9', '1', '1'));    /* of a call that began before the trace */
	for (size_t i = 3; i < trace_count(t); i++)
		assert_null(memmem(trace_at(t, i)->octets, TRACE_OCTETS, "4911", 4));
	assert_int_equal(trace_count(t), 12);
	trace_free(&t);
}

static void the_number_may_be_complete_before_proceeding_has_left(void **state UNUSED)
{
	struct trace *t = on(1);

	TAKE(t, false, HEAD(5, 0x05));
	TAKE(t, true, HEAD(TO_ORIGIN | 5, 0x0d));
	trace_tie(t, 5, 1);
	TAKE(t, false, HEAD(5, 0x7b), CALLED('4', '9', '1', '1'));
	assert_null(strstr(text(t, 2), "4911"));
	trace_free(&t);
}

static void it_keeps_the_newest(void **state UNUSED)
{
	struct trace *t = on(1);
	struct q931_head h;

	for (int i = 1; i <= TRACE_FRAMES + 500; i++)
		TAKE(t, false, HEAD(i, 0x05));
	assert_int_equal(trace_count(t), TRACE_FRAMES);
	q931_read_head(trace_at(t, 0)->octets, trace_at(t, 0)->len, &h);
	assert_int_equal(h.reference, 501);
	q931_read_head(trace_at(t, TRACE_FRAMES - 1)->octets, trace_at(t, TRACE_FRAMES - 1)->len, &h);
	assert_int_equal(h.reference, TRACE_FRAMES + 500);
	trace_tie(t, TRACE_FRAMES + 500, 42);
	assert_int_equal(trace_at(t, TRACE_FRAMES - 1)->call, 42);
	trace_free(&t);
}

static void frames_of_no_shape_do_no_harm(void **state UNUSED)
{
	struct trace *t = on(1);
	uint8_t big[TRACE_OCTETS + 3];

	memset(big, 0x02, sizeof(big));
	for (size_t len = 0; len <= sizeof(big); len++)
		trace_take(t, len & 1, big, len, at);
	for (size_t i = 0; i < trace_count(t); i++)
		text(t, i);
	assert_int_equal(trace_count(t), TRACE_OCTETS - 2);
	trace_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_recorded_unless_it_is_on),
		cmocka_unit_test(it_ends_by_itself_and_is_wiped_an_hour_later),
		cmocka_unit_test(switched_on_again_it_goes_on),
		cmocka_unit_test(the_frames_of_a_call_are_told_apart),
		cmocka_unit_test(the_called_number_is_kept_and_no_key_that_follows_it),
		cmocka_unit_test(the_number_may_be_complete_before_proceeding_has_left),
		cmocka_unit_test(it_keeps_the_newest),
		cmocka_unit_test(frames_of_no_shape_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
