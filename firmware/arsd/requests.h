/* requests.h: the life of a registration or payment: its machine, and what follows from a step of it. */
#ifndef ARSD_REQUESTS_H
#define ARSD_REQUESTS_H

#include "arsd/arsd.h"
#include "arsd/request_event.h"

/* Moves the request by its machine and stores the whole record. An end also ends the lease and tells the merchant.
 * ERR_STATE: the event means nothing in this state (logged if it is a bug of ours); nothing was stored. */
int requests_apply(struct arsd *a, struct request *r, enum request_event e);
/* The merchant takes it back, before there is an order: its number is given back; who is in its call hears so, who has called and hung
 * up reads it. code, reason: of its failure. */
int requests_take_back(struct arsd *a, struct request *r, const char *code, const char *reason) MUST_CHECK;
/* The call of a request that is in a call ended without a result: it waits again, or that was its last call, or its time is over. */
void requests_call_lost(struct arsd *a, struct request *r);
void requests_set_failure(struct request *r, const char *code, const char *class, const char *message);
/* Where a new request begins. */
const char *requests_start_state(enum request_kind kind, bool waits_for_sms);
/* Has it ended? Waits it for a call? (Then it is not in one, nor at the PG.) */
bool requests_ended(const struct request *r);
bool requests_waiting(const struct request *r);
/* At the PG: a result is due. */
bool requests_at_pg(const struct request *r);
/* Ends the waiting requests whose time is over. */
void requests_expire(struct arsd *a);
/* Counts the live requests from the store. */
void requests_recount(struct arsd *a);

#endif
