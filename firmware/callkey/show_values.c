#include "callkey/show_values.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "model/phone.h"

/* ---- times ---- */

static bool read_time(const char *rfc3339, time_t *at)
{
	struct tm utc;

	memset(&utc, 0, sizeof(utc));
	if (rfc3339 == NULL || sscanf(rfc3339, "%4d-%2d-%2dT%2d:%2d:%2d", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
	                              &utc.tm_hour, &utc.tm_min, &utc.tm_sec) != 6)
		return false;
	utc.tm_year -= 1900;
	utc.tm_mon -= 1;
	*at = timegm(&utc);
	return true;
}

static bool read_local(const char *rfc3339, struct tm *local)
{
	time_t at;

	return read_time(rfc3339, &at) && localtime_r(&at, local) != NULL;
}

const char *show_time(const char *rfc3339, char buf[SHOW_TIME_SIZE])
{
	struct tm local;

	return read_local(rfc3339, &local) && strftime(buf, SHOW_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &local) > 0 ? buf : "-";
}

const char *show_short_time(const char *rfc3339, char buf[SHOW_TIME_SIZE])
{
	struct tm local;

	return read_local(rfc3339, &local) && strftime(buf, SHOW_TIME_SIZE, "%m-%d %H:%M:%S", &local) > 0 ? buf : "-";
}

const char *show_exact_time(const char *rfc3339, char buf[SHOW_TIME_SIZE])
{
	struct tm local;
	const char *ms;
	size_t len;

	if (!read_local(rfc3339, &local))
		return "";
	ms = strchr(rfc3339, '.');
	len = strftime(buf, SHOW_TIME_SIZE, "%H:%M:%S", &local);
	snprintf(buf + len, SHOW_TIME_SIZE - len, "%.4s", ms != NULL ? ms : "");
	return buf;
}

const char *show_length(const char *from, const char *to, char buf[SHOW_SIZE])
{
	time_t first, last;
	long s;

	if (!read_time(from, &first) || !read_time(to, &last))
		return "";
	s = (long)(last - first);
	snprintf(buf, SHOW_SIZE, "%ld:%02ld", s / 60, s % 60);
	return buf;
}

/* ---- telephone numbers ---- */

const char *show_masked(const char *number, char buf[SHOW_SIZE])
{
	struct phone p;

	/* What arsd has masked already is no number any more. */
	if (strchr(number, '*') != NULL || phone_parse(number, &p) < 0)
		return number;
	return phone_print_masked(&p, buf);
}

const char *show_full_number(const char *number, char buf[SHOW_SIZE])
{
	struct phone p;

	return phone_parse(number, &p) < 0 ? number : phone_print(&p, buf);
}
