/* gateways.h: what the payment gateways can do, as uplinkd has told. A request that needs more than its gateway can is refused
 * when it is made: no customer is called to a conversation that cannot end well. */
#ifndef ARSD_GATEWAYS_H
#define ARSD_GATEWAYS_H

#include "arsd/arsd.h"

struct problem;

/* One gateway; the list is whole, and takes the place of the one before, with the one that none follow. */
void gateways_told(struct arsd *a, const struct uplink_pg_can *m);
/* Can the gateway called pg ("": the first) do all of needs (bits of enum uplink_can)? amount_minor 0: there is none yet. field:
 * the member that asks for it. ERR_INVALID with the problem set: it cannot, or nothing is known of it yet (503). */
int gateways_check(const struct arsd *a, const char *pg, unsigned needs, int64_t amount_minor, const char *field,
                   struct problem *p) MUST_CHECK;

#endif
