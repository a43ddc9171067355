#include "lib/clock.h"

#include <stdio.h>
#include <time.h>

struct mono clock_mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){ (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec };
}

struct wall clock_wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (struct wall){ (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 };
}

const char *wall_print_rfc3339(struct wall t, char *buf)
{
	int64_t days_safe = t.ms < 0 ? 0 : t.ms;
	time_t s = (time_t)(days_safe / 1000);
	struct tm tm;

	gmtime_r(&s, &tm);
	snprintf(buf, CLOCK_RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (tm.tm_year + 1900) % 10000,
	         tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(days_safe % 1000));
	return buf;
}
