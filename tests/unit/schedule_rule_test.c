/* Days of the calendar, and when a schedule is due on them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "arsd/schedule_rule.h"
#include "model/date.h"

static int64_t day(const char *text)
{
	struct date d;

	assert_int_equal(date_parse(text, &d), 0);
	return date_to_days(d);
}

static void days_and_dates_agree_with_the_c_library(void **state)
{
	(void)state;
	for (int64_t days = 0; days < 150000; days += days % 7 + 1) {
		time_t s = (time_t)days * 86400;
		struct tm tm;
		struct date d = date_from_days(days);

		gmtime_r(&s, &tm);
		assert_int_equal(d.year, tm.tm_year + 1900);
		assert_int_equal(d.month, tm.tm_mon + 1);
		assert_int_equal(d.day, tm.tm_mday);
		assert_int_equal(date_to_days(d), days);
	}
}

static void only_days_that_exist_are_read(void **state)
{
	static const char *const bad[] = {
		"", "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-4-01", "26-04-01", "2026-04-01 ", "2026/04/01", "1969-12-31",
		"2026-04-00", "-026-04-01", "2026-04-0a", "2100-02-29",
	};
	struct date d;
	char text[DATE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(date_parse(bad[i], &d), ERR_INVALID);
	assert_int_equal(date_parse("2028-02-29", &d), 0);
	assert_string_equal(date_print(d, text), "2028-02-29");
}

static void the_day_in_korea_begins_at_fifteen_o_clock_utc(void **state)
{
	struct wall t;

	(void)state;
	assert_int_equal(wall_parse_rfc3339("2026-12-31T14:59:59.999Z", &t), 0);
	assert_int_equal(date_day_in_korea(t), day("2026-12-31"));
	t.ms++;
	assert_int_equal(date_day_in_korea(t), day("2027-01-01"));
	assert_int_equal(date_instant_in_korea(day("2027-01-01"), 0).ms, t.ms);
}

/* Steps through a rule from the start of a day and holds it against a list of days. */
static void expect(struct schedule_rule r, const char *from, const char *const *days)
{
	struct wall at = date_instant_in_korea(day(from), 0), next;

	for (; *days != NULL; days++, at = next) {
		assert_true(schedule_rule_next(&r, at, &next));
		assert_int_equal(next.ms, date_instant_in_korea(day(*days), r.minute).ms);
	}
}

static void the_31st_is_the_last_day_of_short_months(void **state)
{
	struct schedule_rule r = { .repeat = SCHEDULE_MONTHLY, .month_day = 31, .minute = 540, .starts = day("2027-11-15") };
	static const char *const days[] = { "2027-11-30", "2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", NULL };
	static const char *const first[] = { "2027-12-01", "2028-01-01", "2028-02-01", NULL };

	(void)state;
	expect(r, "2027-01-01", days);
	r.month_day = 1;
	expect(r, "2027-01-01", first);
}

static void a_day_of_each_month_comes_in_each_month(void **state)
{
	(void)state;
	for (int month_day = 1; month_day <= 31; month_day++) {
		struct schedule_rule r = { .repeat = SCHEDULE_MONTHLY, .month_day = month_day, .minute = 1439, .starts = day("2026-01-01") };
		struct wall at = date_instant_in_korea(day("2026-01-01"), 0), next;
		struct date before = { 2025, 12, 1 };

		for (int i = 0; i < 12 * 30; i++, at = next) {
			struct date d;

			assert_true(schedule_rule_next(&r, at, &next));
			d = date_from_days(date_day_in_korea(next));
			assert_int_equal(d.year * 12 + d.month, before.year * 12 + before.month + 1);
			assert_true(d.day == month_day || (d.day < month_day && d.day == date_month_length(d.year, d.month)));
			before = d;
		}
	}
}

static void every_n_days_counts_from_the_start(void **state)
{
	struct schedule_rule r = { .repeat = SCHEDULE_DAYS, .every_days = 14, .minute = 600, .starts = day("2026-12-20"),
	                           .ends = day("2027-01-20") };
	static const char *const days[] = { "2026-12-20", "2027-01-03", "2027-01-17", NULL };
	struct wall next;

	(void)state;
	expect(r, "2026-12-01", days);
	assert_false(schedule_rule_next(&r, date_instant_in_korea(day("2027-01-17"), 600), &next));
	/* Somebody who looks in between finds the same days. */
	assert_true(schedule_rule_next(&r, date_instant_in_korea(day("2026-12-20"), 601), &next));
	assert_int_equal(next.ms, date_instant_in_korea(day("2027-01-03"), 600).ms);
}

static void once_is_once(void **state)
{
	struct schedule_rule r = { .repeat = SCHEDULE_ONCE, .minute = 1, .starts = day("2026-12-20") };
	struct wall at = date_instant_in_korea(day("2026-12-20"), 0), next;

	(void)state;
	assert_true(schedule_rule_next(&r, at, &next));
	assert_int_equal(next.ms, at.ms + 60000);
	assert_false(schedule_rule_next(&r, next, &next));
}

static void no_two_runs_have_the_same_order_id(void **state)
{
	char id[65];
	int64_t d = day("2026-12-31");

	(void)state;
	assert_int_equal(schedule_order_id("gym-{date}", false, 7, d, id, sizeof(id)), 0);
	assert_string_equal(id, "gym-20261231-7");
	assert_int_equal(schedule_order_id("gym-{n}.{date}", false, 7, d, id, sizeof(id)), 0);
	assert_string_equal(id, "gym-7.20261231");
	assert_int_equal(schedule_order_id("gym-first", true, 1, d, id, sizeof(id)), 0);
	assert_string_equal(id, "gym-first");
	assert_int_equal(schedule_order_id("gym-{m}", true, 1, d, id, sizeof(id)), ERR_INVALID);
	assert_int_equal(schedule_order_id("gym-}", true, 1, d, id, sizeof(id)), ERR_INVALID);
	assert_int_equal(schedule_order_id("123456789", false, 1, d, id, 11), ERR_TOO_LONG);
	assert_int_equal(schedule_order_id("12345678", false, 1, d, id, 11), 0);
	assert_int_equal(schedule_order_id("{date}{date}{date}{date}{date}{date}{date}{date}{date}{date}{date}{date}{date}", true, 1, d, id,
	                                   sizeof(id)), ERR_TOO_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_and_dates_agree_with_the_c_library),
		cmocka_unit_test(only_days_that_exist_are_read),
		cmocka_unit_test(the_day_in_korea_begins_at_fifteen_o_clock_utc),
		cmocka_unit_test(the_31st_is_the_last_day_of_short_months),
		cmocka_unit_test(a_day_of_each_month_comes_in_each_month),
		cmocka_unit_test(every_n_days_counts_from_the_start),
		cmocka_unit_test(once_is_once),
		cmocka_unit_test(no_two_runs_have_the_same_order_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
