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
/* The name of the gateway that a request goes to, whatever the merchant's or the order of the configuration is later: the one that
 * made the billing key if that is charged (by_key), else the merchant's own. */
int gateways_of_request(struct arsd *a, const struct request *r, bool by_key, char pg[32]) MUST_CHECK;
/* Bits of enum uplink_can; 0: nothing is known of it. */
unsigned gateways_can(const struct arsd *a, const char *pg);
/* Does a card ever go to it? True while nothing is known of it. */
bool gateways_take_cards(const struct arsd *a, const char *pg);
/* The usage of keys that its protocol wants card data sealed with; "" while nothing is known of it. */
const char *gateways_key_usage(const struct arsd *a, const char *pg);

/* The merchant's gateway: the one it names, else the first of its mode. "": there is none. */
const char *gateways_of_merchant(const struct arsd *a, const struct merchant *m);
/* May this merchant's orders go there? What is of a test never goes to a live gateway, nor what is live to one for tests. */
bool gateways_suit(const struct arsd *a, const char *pg, bool live);
/* The same as a problem. */
int gateways_check_mode(const struct arsd *a, const char *pg, bool live, const char *field, struct problem *p) MUST_CHECK;

#endif
