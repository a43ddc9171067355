/* lease.h: a virtual number for a request: chosen by chance, unique together with the caller's number. */
#ifndef ARSD_LEASE_H
#define ARSD_LEASE_H

#include "arsd/arsd.h"

/* The numbers of live requests, or of those of tests, which have their own only if any are configured. */
const struct numbers *lease_pool(const struct arsd *a, bool live);
/* Leases a number to r (whose id and phone are set) and writes it there. ERR_EXHAUSTED: every number of the pool is leased
 * to this phone or rests. */
int lease_take(struct arsd *a, struct request *r) MUST_CHECK;
/* Undoes that in the same turn: the request was not made after all. */
void lease_undo(struct arsd *a, const struct request *r);

#endif
