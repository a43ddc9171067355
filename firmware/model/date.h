/* date.h: days of the calendar, as people in Korea count them: what is agreed on "the 31st, at nine" and not on an instant. Pure.
 * Korea has had one time all the year since 1988, nine hours before UTC. */
#ifndef MODEL_DATE_H
#define MODEL_DATE_H

#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"

struct date { int year; uint8_t month, day; };        /* month and day from 1 */
enum { DATE_SIZE = 11, DATE_MINUTES = 24 * 60 };

/* "2026-12-31" (RFC 3339 full-date), 1970 to 9999. ERR_INVALID: a day that does not exist. */
int date_parse(const char *text, struct date *d) MUST_CHECK;
/* Returns buf. */
const char *date_print(struct date d, char buf[DATE_SIZE]);
/* Days since 1970-01-01, and back; days >= 0. */
int64_t date_to_days(struct date d);
struct date date_from_days(int64_t days);
uint8_t date_month_length(int year, int month);
/* The day, in days since 1970, that it is in Korea at an instant; and the instant of a minute (0..1439) of such a day. */
int64_t date_day_in_korea(struct wall t);
struct wall date_instant_in_korea(int64_t days, int minute);

#endif
