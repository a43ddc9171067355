/* lateness_test.c: how late a tick is, on a line whose clock is not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/attr.h"
#include "trunkd/lateness.h"

enum { TICK = 20000000 };

static void the_grid_is_the_earliest_arrival(void **state UNUSED)
{
	struct lateness l = { 0 };
	int64_t start = 5000000000;

	assert_int_equal(lateness_arrived(&l, 0, start + 3000000), 0);
	assert_int_equal(lateness_answered(&l, start + 3000000), 0);
	assert_int_equal(lateness_arrived(&l, 1, start + TICK), 0);          /* 3 ms earlier than the first: that is the grid */
	assert_int_equal(lateness_answered(&l, start + TICK + 1000), 1000);
	assert_int_equal(lateness_arrived(&l, 2, start + 2 * TICK + 7000000), 0);
	assert_in_range(lateness_answered(&l, start + 2 * TICK + 7000000), 6990000, 7000000);
}

static void lost_ticks_are_counted_and_jumps_are_not(void **state UNUSED)
{
	struct lateness l = { 0 };

	assert_int_equal(lateness_arrived(&l, 100, TICK), 0);
	assert_int_equal(lateness_arrived(&l, 104, 5 * (int64_t)TICK), 3);
	assert_int_equal(lateness_arrived(&l, 100000, 6 * (int64_t)TICK), 0);
	assert_int_equal(lateness_arrived(&l, 5, 7 * (int64_t)TICK), 0);
	lateness_reset(&l);
	assert_int_equal(lateness_arrived(&l, 9, TICK), 0);
}

static void a_slower_line_does_not_seem_ever_later(void **state UNUSED)
{
	struct lateness l = { 0 };
	int64_t now = TICK, most = 0;

	/* 50 ppm slower than our clock, for ten minutes. */
	for (uint64_t tick = 0; tick < 30000; tick++, now += TICK + TICK / 20000) {
		assert_int_equal(lateness_arrived(&l, tick, now), 0);
		most = lateness_answered(&l, now) > most ? lateness_answered(&l, now) : most;
	}
	assert_in_range(most, 0, 10000);
	/* And after a pause of two seconds the grid is where the line is now. */
	assert_int_equal(lateness_arrived(&l, 30000, now + 2000000000), 0);
	assert_int_equal(lateness_answered(&l, now + 2000000000), 0);
}

static void buckets(void **state UNUSED)
{
	static const struct { int64_t ns; unsigned bucket; } cases[] = {
		{ -5, 0 }, { 0, 0 }, { 999999, 0 }, { 1000000, 1 }, { 1999999, 1 }, { 2000000, 2 }, { 5000000, 3 }, { 10000000, 4 },
		{ 19999999, 4 }, { 20000000, 5 }, { INT64_MAX, 5 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(lateness_bucket(cases[i].ns), cases[i].bucket);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_grid_is_the_earliest_arrival),
		cmocka_unit_test(lost_ticks_are_counted_and_jumps_are_not),
		cmocka_unit_test(a_slower_line_does_not_seem_ever_later),
		cmocka_unit_test(buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
