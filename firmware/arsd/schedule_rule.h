/* schedule_rule.h: when a schedule is due: on which days in Korea, and at which minute of them. Pure: no clock, no store. */
#ifndef ARSD_SCHEDULE_RULE_H
#define ARSD_SCHEDULE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"

enum schedule_repeat { SCHEDULE_ONCE = 1, SCHEDULE_MONTHLY = 2, SCHEDULE_DAYS = 3 };
enum { SCHEDULE_DAYS_MOST = 366 };
struct schedule_rule {
	enum schedule_repeat repeat;
	int month_day;                    /* MONTHLY: 1..31; the last day of a month that is shorter */
	int every_days;                   /* DAYS: 1..SCHEDULE_DAYS_MOST, counted from starts */
	int minute;                       /* of the day */
	int64_t starts, ends;             /* days since 1970, the first and the last that may be due; ends 0: no last one. ONCE: starts */
};

/* The first time after an instant. False: there is none any more. */
bool schedule_rule_next(const struct schedule_rule *r, struct wall after, struct wall *next);
/* "once" "month" "days", and back; NULL and 0 for what is none. */
const char *schedule_repeat_word(int repeat);
enum schedule_repeat schedule_repeat_of(const char *word);

/* The order_id of a run: {n} is its number, {date} its day as 20261231. A text without {n} gets -n at its end, so that no two runs
 * share one; but the only run of a schedule is called as the text says. ERR_TOO_LONG: size does not suffice. ERR_INVALID: another
 * word in braces. */
int schedule_order_id(const char *text, bool only, uint32_t n, int64_t day, char *out, size_t size) MUST_CHECK;

#endif
