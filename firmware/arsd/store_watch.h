/* store_watch.h: does the store take writes? A turn that could not be stored says no; only a write that went to the disk says
 * yes again, and one is made now and then, so that a disk that fails at night is known before the first customer calls. */
#ifndef ARSD_STORE_WATCH_H
#define ARSD_STORE_WATCH_H

#include "arsd/arsd.h"

/* Once the store is open: what its log was found to be. */
void store_watch_start(struct arsd *a);
/* With every tick: tries a write when it is time. */
void store_watch_tick(struct arsd *a);
/* The turn ended: it was stored, or it was not. */
void store_watch_turn(struct arsd *a, bool stored);

#endif
