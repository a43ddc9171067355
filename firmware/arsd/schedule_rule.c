#include "arsd/schedule_rule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/attr.h"
#include "model/date.h"

static const char *const words[] = { [SCHEDULE_ONCE] = "once", [SCHEDULE_MONTHLY] = "month", [SCHEDULE_DAYS] = "days" };

const char *schedule_repeat_word(int repeat)
{
	return repeat >= SCHEDULE_ONCE && repeat <= SCHEDULE_DAYS ? words[repeat] : NULL;
}

enum schedule_repeat schedule_repeat_of(const char *word)
{
	for (int i = SCHEDULE_ONCE; i <= SCHEDULE_DAYS; i++)
		if (strcmp(words[i], word) == 0)
			return (enum schedule_repeat)i;
	return (enum schedule_repeat)0;
}

/* The first due day that is not before least (itself not before starts). */
static int64_t day_from(const struct schedule_rule *r, int64_t least)
{
	struct date d;

	if (r->repeat == SCHEDULE_ONCE)
		return r->starts;
	if (r->repeat == SCHEDULE_DAYS)
		return r->starts + (least - r->starts + r->every_days - 1) / r->every_days * r->every_days;
	d = date_from_days(least);
	for (;;) {
		uint8_t length = date_month_length(d.year, d.month);
		int64_t day = date_to_days((struct date){ d.year, d.month, r->month_day < length ? (uint8_t)r->month_day : length });

		if (day >= least)
			return day;
		d.year += d.month == 12;
		d.month = d.month == 12 ? 1 : d.month + 1;
	}
}

bool schedule_rule_next(const struct schedule_rule *r, struct wall after, struct wall *next)
{
	int64_t day = date_day_in_korea(after);
	struct wall t;

	/* Today is over for it when its minute has come. */
	day += date_instant_in_korea(day, r->minute).ms <= after.ms;
	day = day_from(r, day > r->starts ? day : r->starts);
	t = date_instant_in_korea(day, r->minute);
	if (t.ms <= after.ms || (r->ends != 0 && day > r->ends))
		return false;
	*next = t;
	return true;
}

/* ---- order ids ---- */

static bool add(char *out, size_t size, const char *text, size_t len)
{
	size_t at = strlen(out);

	if (at + len >= size)
		return false;
	memcpy(out + at, text, len);
	out[at + len] = '\0';
	return true;
}

int schedule_order_id(const char *text, bool only, uint32_t n, int64_t day, char *out, size_t size)
{
	static const char n_mark[] = "{n}", date_mark[] = "{date}";
	struct date d = date_from_days(day);
	char made[80] = "", number[12], date[24];
	bool fits = true, numbered = strstr(text, n_mark) != NULL;

	snprintf(number, sizeof(number), "%" PRIu32, n);
	snprintf(date, sizeof(date), "%04d%02u%02u", d.year % 10000, d.month % 100u, d.day % 100u);
	while (fits && *text != '\0') {
		if (strncmp(text, n_mark, strlen(n_mark)) == 0) {
			fits = add(made, sizeof(made), number, strlen(number));
			text += strlen(n_mark);
		} else if (strncmp(text, date_mark, strlen(date_mark)) == 0) {
			fits = add(made, sizeof(made), date, strlen(date));
			text += strlen(date_mark);
		} else if (*text == '{' || *text == '}') {
			return ERR_INVALID;
		} else {
			fits = add(made, sizeof(made), text++, 1);
		}
	}
	if (!only && !numbered)
		fits = fits && add(made, sizeof(made), "-", 1) && add(made, sizeof(made), number, strlen(number));
	if (!fits || strlen(made) >= size)
		return ERR_TOO_LONG;
	snprintf(out, size, "%s", made);
	return 0;
}
