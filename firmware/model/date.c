#include "model/date.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const int64_t day_ms = INT64_C(86400000), korea_ms = INT64_C(9) * 3600000;

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

uint8_t date_month_length(int year, int month)
{
	static const uint8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : lengths[month - 1];
}

static int digits(const char *p, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++)
		value = value * 10 + (p[i] - '0');
	return value;
}

int date_parse(const char *text, struct date *d)
{
	int month, day, year;

	if (strlen(text) != DATE_SIZE - 1 || text[4] != '-' || text[7] != '-' || strspn(text, "0123456789") != 4 ||
	    strspn(text + 5, "0123456789") != 2 || strspn(text + 8, "0123456789") != 2)
		return ERR_INVALID;
	year = digits(text, 4);
	month = digits(text + 5, 2);
	day = digits(text + 8, 2);
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > date_month_length(year, month))
		return ERR_INVALID;
	*d = (struct date){ year, (uint8_t)month, (uint8_t)day };
	return 0;
}

const char *date_print(struct date d, char buf[DATE_SIZE])
{
	snprintf(buf, DATE_SIZE, "%04u-%02u-%02u", (unsigned)d.year % 10000, d.month % 100u, d.day % 100u);
	return buf;
}

/* Years that begin in March have their odd day at the end; eras of 400 years are alike. */
int64_t date_to_days(struct date d)
{
	int64_t year = d.year - (d.month <= 2), era = year / 400, of_era = year % 400;
	int64_t of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct date date_from_days(int64_t days)
{
	int64_t shifted = days + 719468, era = shifted / 146097, of_era = shifted % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
	uint8_t calendar_month = (uint8_t)(month < 10 ? month + 3 : month - 9);

	return (struct date){ (int)(year + era * 400 + (calendar_month <= 2)), calendar_month,
	                      (uint8_t)(of_year - (153 * month + 2) / 5 + 1) };
}

int64_t date_day_in_korea(struct wall t)
{
	int64_t ms = t.ms + korea_ms, day = ms / day_ms;

	return ms < 0 && ms % day_ms != 0 ? day - 1 : day;
}

struct wall date_instant_in_korea(int64_t days, int minute)
{
	return (struct wall){ days * day_ms - korea_ms + (int64_t)minute * 60000 };
}
