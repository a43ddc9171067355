/* recovery.h: what a crash, or a turn that the store refused, has left half-done, put right from the store alone. */
#ifndef ARSD_RECOVERY_H
#define ARSD_RECOVERY_H

#include "arsd/arsd.h"

/* Calls in the store that no longer exist end as system_lost; their requests wait again; exchanges with the PG are asked
 * after; what was being sent is sent again. May be run at any time. */
void recovery_sweep(struct arsd *a);

#endif
