/* pri_time.h: a clock that only the test turns. It replaces drivers-glue/pri_clock.c, so libpri's timers obey it too. */
#ifndef TEST_PRI_TIME_H
#define TEST_PRI_TIME_H

#include <sys/time.h>

#include "drivers-glue/pri_clock.h"
#include "lib/attr.h"

static int64_t now_ms = 1000000;

struct mono pri_clock_now(void)
{
	return (struct mono){ now_ms * 1000000 };
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz UNUSED)
{
	tv->tv_sec = (time_t)(now_ms / 1000);
	tv->tv_usec = (suseconds_t)(now_ms % 1000 * 1000);
	return 0;
}

#endif
