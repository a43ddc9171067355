/* cancels.h: what approved payments are given back. A cancellation is stored before it is sent; without a usable answer it is
 * unknown and asked after; one that the PG does not know is sent again under the same id, which the PG takes once. So it comes
 * to a definite end and is never done twice.
 *
 * In memory there is only what is under way; cancels_recover() makes it anew from the store. */
#ifndef ARSD_CANCELS_H
#define ARSD_CANCELS_H

#include "arsd/arsd.h"
#include "store/cancellations.h"

int cancels_new(struct arsd *a, struct cancels **c) MUST_CHECK;
void cancels_free(struct cancels **c);

/* Intends c, which is filled but for its id, state and times, and sends it. c is as stored then. */
int cancels_begin(struct arsd *a, struct cancellation *c) MUST_CHECK;

/* Is this a job number of ours? Asked before attempts_owns_job(). */
bool cancels_owns_job(uint64_t job);
void cancels_result(struct arsd *a, const struct uplink_pg_result *m);
void cancels_uplink_up(struct arsd *a);
void cancels_uplink_lost(struct arsd *a);
/* What is due: pauses and time-outs. */
void cancels_tick(struct arsd *a);
/* Forgets all that is under way and makes it anew from what the store has open: at start, and after a lost turn. */
void cancels_recover(struct arsd *a);

#endif
