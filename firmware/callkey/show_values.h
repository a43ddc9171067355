/* show_values.h: single values of arsd's answers as text for people. Pure but for the local time zone. */
#ifndef CALLKEY_SHOW_VALUES_H
#define CALLKEY_SHOW_VALUES_H

#include "json/json.h"

enum { SHOW_TIME_SIZE = 32, SHOW_SIZE = 256 };

/* Each returns buf or a string that lives with what it was given. */

/* "2026-11-24T05:12:33.123Z" in local time: "2026-11-24 14:12:33". "-" when it is none. */
const char *show_time(const char *rfc3339, char buf[SHOW_TIME_SIZE]);
/* For lists, without the year: "11-24 14:12:33". */
const char *show_short_time(const char *rfc3339, char buf[SHOW_TIME_SIZE]);
/* For a timeline: "14:12:33.123". "" when it is none. */
const char *show_exact_time(const char *rfc3339, char buf[SHOW_TIME_SIZE]);
/* Between two of them, as minutes and seconds: "1:07". "" when one is none. */
const char *show_length(const char *from, const char *to, char buf[SHOW_SIZE]);

/* A telephone number with its middle hidden; what arsd has masked already stays. */
const char *show_masked(const char *number, char buf[SHOW_SIZE]);
const char *show_full_number(const char *number, char buf[SHOW_SIZE]);

#endif
