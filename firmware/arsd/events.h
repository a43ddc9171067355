/* events.h: what merchants are told. An event is stored with its webhook job in one commit; the job delivers it. */
#ifndef ARSD_EVENTS_H
#define ARSD_EVENTS_H

#include "arsd/arsd.h"
#include "arsd/holder.h"

/* "registration.completed" or "registration.failed", "payment.approved" or "payment.failed": the request has ended. */
int events_request_ended(struct arsd *a, const struct request *r, bool ok) MUST_CHECK;
/* Somebody who is not (provably) the customer called the request's number. */
int events_holder_mismatch(struct arsd *a, const struct request *r, const struct call_record *c,
                           enum holder_verdict why) MUST_CHECK;
int events_billing_key_deleted(struct arsd *a, const struct billing_key *k) MUST_CHECK;

#endif
