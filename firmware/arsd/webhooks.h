/* webhooks.h: which endpoint of a merchant is told which event, and their secrets. */
#ifndef ARSD_WEBHOOKS_H
#define ARSD_WEBHOOKS_H

#include "arsd/arsd.h"
#include "store/webhooks.h"

/* Adds the event's delivery to every endpoint of its merchant that is switched on and wants its type. */
int webhooks_tell(struct arsd *a, const struct event *e) MUST_CHECK;
/* Does it want events of this type? events: "payment.approved,registration.*"; "": all. Pure. */
bool webhooks_wants(const char *events, const char *type);
/* The first of the types or beginnings in events that no event of this version has, with its place in the list; NULL: there is none.
 * Pure. */
const char *webhooks_unknown_type(const char *events, int *place);
/* "whsec_" and 32 random bytes (Standard Webhooks). */
int webhooks_make_secret(char secret[96]) MUST_CHECK;
/* A new endpoint, switched on, for all events. */
int webhooks_add(struct arsd *a, const struct merchant *m, const char *url, const char *secret) MUST_CHECK;
/* Deletes what is older than 30 days, at most so many events and deliveries; if it were so many, there may be more. */
int webhooks_tidy(struct arsd *a, int most) MUST_CHECK;

#endif
