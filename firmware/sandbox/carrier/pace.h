/* pace.h: when the next tick of the lines is due, and how late things were. */
#ifndef CARRIER_PACE_H
#define CARRIER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"

/* Times in microseconds, to within 1/16 of the value. */
struct late { uint64_t count; uint32_t max_us, bucket[400]; };
void late_add(struct late *l, int64_t us);
/* The time that permille of all were not later than, in microseconds. */
uint32_t late_permille(const struct late *l, unsigned permille);

enum { PACE_RATE_MAX = 1000, PACE_FREE = 0 };
struct pace {
	int rate;                 /* times real time; PACE_FREE: the next tick when the last one is answered */
	bool patient;             /* at a rate, too, no tick before the last one is answered: no real line does that */
	struct mono due;          /* the next tick, when rate is not PACE_FREE */
	struct late late;         /* of ticks against their due time */
};
void pace_set(struct pace *p, int rate, bool patient, struct mono now);
/* Notes the tick that is sent now and sets the time of the next. A line that slept does not try to catch up. */
void pace_tick(struct pace *p, struct mono now);

#endif
