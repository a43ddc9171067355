/* history_test.c: seconds in quarters of an hour: what is errored, severely errored, unavailable, and when that begins and ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/attr.h"
#include "trunkd/history.h"

enum { QUARTER = 2000000 };

static struct history h;
static int64_t second;

static int set_up(void **state UNUSED)
{
	memset(&h, 0, sizeof(h));
	second = (int64_t)QUARTER * HISTORY_QUARTER_S;
	return 0;
}

static void good(int n) { for (; n > 0; n--, second++) history_second(&h, false, false, (struct wall){ second * 1000 }); }
static void errored(int n) { for (; n > 0; n--, second++) history_second(&h, true, false, (struct wall){ second * 1000 }); }
static void lost(int n) { for (; n > 0; n--, second++) history_second(&h, true, true, (struct wall){ second * 1000 }); }

static void day_is(uint32_t seconds, uint32_t es, uint32_t ses, uint32_t uas)
{
	struct history_bin b, sum = { .quarter = 0 };

	for (int64_t q = h.latest - 2 * HISTORY_BINS; q <= h.latest + HISTORY_BINS; q++)
		if (history_at(&h, q, &b)) {
			sum.seconds += b.seconds;
			sum.es += b.es;
			sum.ses += b.ses;
			sum.uas += b.uas;
		}
	assert_int_equal(sum.seconds, seconds);
	assert_int_equal(sum.es, es);
	assert_int_equal(sum.ses, ses);
	assert_int_equal(sum.uas, uas);
}

static void errors_are_errored_seconds(void **state UNUSED)
{
	good(10);
	errored(3);
	good(5);
	day_is(18, 3, 0, 0);
}

static void nine_lost_seconds_are_severe_and_ten_are_unavailable(void **state UNUSED)
{
	lost(9);
	day_is(0, 0, 0, 0);                      /* not decided yet */
	good(1);
	day_is(10, 9, 9, 0);
	lost(10);
	day_is(20, 9, 9, 10);
	lost(5);
	day_is(25, 9, 9, 15);
}

static void unavailability_ends_with_ten_others_which_do_not_belong_to_it(void **state UNUSED)
{
	lost(20);
	good(9);
	lost(1);                                 /* not ten in a row: all of it was unavailable */
	day_is(30, 0, 0, 30);
	errored(2);
	good(8);
	day_is(40, 2, 0, 30);
	assert_false(h.unavailable);
	lost(3);
	good(1);
	day_is(44, 5, 3, 30);
}

static void seconds_that_wait_over_the_turn_of_a_quarter_are_in_their_own(void **state UNUSED)
{
	struct history_bin now;

	good(HISTORY_QUARTER_S - 4);
	lost(10);
	history_quarter(&h, &now);
	assert_int_equal(now.quarter, QUARTER + 1);
	assert_int_equal(now.uas, 6);
	assert_int_equal(h.bins[QUARTER % HISTORY_BINS].uas, 4);
	assert_int_equal(h.bins[QUARTER % HISTORY_BINS].seconds, HISTORY_QUARTER_S);
}

static void one_quarter_is_told_by_its_number(void **state UNUSED)
{
	struct history_bin b;

	assert_false(history_at(&h, 0, &b));
	assert_false(history_at(&h, QUARTER, &b));
	errored(3);
	good(HISTORY_QUARTER_S - 3);
	second += 2 * HISTORY_QUARTER_S;         /* trunkd stood still */
	good(5);
	assert_true(history_at(&h, QUARTER, &b));
	assert_true(b.quarter == QUARTER && b.seconds == HISTORY_QUARTER_S && b.es == 3);
	assert_false(history_at(&h, QUARTER + 1, &b));
	assert_true(history_at(&h, QUARTER + 3, &b));
	assert_int_equal(b.seconds, 5);
	assert_false(history_at(&h, QUARTER + 3 + HISTORY_BINS, &b));        /* not yet, though of the same place */
	second += (HISTORY_BINS - 3) * HISTORY_QUARTER_S;
	good(1);
	assert_false(history_at(&h, QUARTER, &b));
}

static void a_day_forgets_what_is_older(void **state UNUSED)
{
	errored(7);
	good(HISTORY_QUARTER_S - 7);
	for (int i = 1; i < HISTORY_BINS; i++)
		good(HISTORY_QUARTER_S);
	day_is(HISTORY_BINS * HISTORY_QUARTER_S, 7, 0, 0);
	good(1);
	day_is((HISTORY_BINS - 1) * HISTORY_QUARTER_S + 1, 0, 0, 0);
	second += 1000000;                       /* trunkd was stopped for long */
	good(1);
	day_is(1, 0, 0, 0);
}

static void a_clock_that_is_set_back_opens_no_old_quarter(void **state UNUSED)
{
	good(HISTORY_QUARTER_S + 10);
	second -= 2000;
	errored(5);
	day_is(HISTORY_QUARTER_S + 15, 5, 0, 0);
	assert_int_equal(h.latest, QUARTER + 1);
}

static void errors_of_a_driver_stand_in_the_quarter_in_which_they_came(void **state UNUSED)
{
	static const uint64_t some[HISTORY_ERRORS] = { [HISTORY_CRC_ERRORS] = 3, [HISTORY_SLIPS] = 1 }, many[HISTORY_ERRORS] = { 0, UINT64_MAX };
	const uint32_t crc = 1 << HISTORY_CRC_ERRORS, slips = 1 << HISTORY_SLIPS;
	struct history_bin b;

	history_errors(&h, crc, some);           /* before the first second there is no quarter */
	lost(1);                                 /* not decided yet: what was counted is kept all the same */
	history_errors(&h, crc, some);
	good(HISTORY_QUARTER_S - 1);
	history_errors(&h, crc, some);
	assert_true(history_at(&h, QUARTER, &b));
	assert_true(b.measured == crc && b.errors[HISTORY_CRC_ERRORS] == 6 && b.errors[HISTORY_SLIPS] == 0);
	good(1);
	assert_true(history_at(&h, QUARTER + 1, &b));
	assert_int_equal(b.measured, 0);         /* nobody measured: not even a 0 */
	history_errors(&h, crc | slips, some);
	history_errors(&h, crc, many);
	assert_true(history_at(&h, QUARTER + 1, &b));
	assert_true(b.measured == (crc | slips) && b.errors[HISTORY_CRC_ERRORS] == UINT32_MAX && b.errors[HISTORY_SLIPS] == 1);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(errors_are_errored_seconds),
		TEST(nine_lost_seconds_are_severe_and_ten_are_unavailable),
		TEST(unavailability_ends_with_ten_others_which_do_not_belong_to_it),
		TEST(seconds_that_wait_over_the_turn_of_a_quarter_are_in_their_own),
		TEST(errors_of_a_driver_stand_in_the_quarter_in_which_they_came),
		TEST(one_quarter_is_told_by_its_number),
		TEST(a_day_forgets_what_is_older),
		TEST(a_clock_that_is_set_back_opens_no_old_quarter),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
