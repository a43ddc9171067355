/* pri_clock.h: the one clock of this folder's Q.921/Q.931 timers. */
#ifndef GLUE_PRI_CLOCK_H
#define GLUE_PRI_CLOCK_H

#include "lib/clock.h"

struct mono pri_clock_now(void);

#endif
