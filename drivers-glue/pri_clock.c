/* pri_clock.c: libpri arms its timers with gettimeofday(), so a step of the wall clock fires all of them at once or
 * none for hours. This file gives the program its own gettimeofday(), which answers with the monotonic clock: the
 * dynamic linker binds libpri's call to the program's symbol before libc's. No other part of the two programs that link
 * libpri asks gettimeofday() for the time of day (lib/clock uses clock_gettime). A program with a clock of its own
 * defines both functions itself, and the archive's copy stays out. */
#include "drivers-glue/pri_clock.h"

#include <sys/time.h>

#include "lib/attr.h"

struct mono pri_clock_now(void)
{
	return clock_mono();
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz UNUSED)
{
	struct mono now = pri_clock_now();

	tv->tv_sec = (time_t)(now.ns / 1000000000);
	tv->tv_usec = (suseconds_t)(now.ns % 1000000000 / 1000);
	return 0;
}
