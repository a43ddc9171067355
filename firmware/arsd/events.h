/* events.h: what merchants are told. An event is stored with its webhook job in one commit; the job delivers it. */
#ifndef ARSD_EVENTS_H
#define ARSD_EVENTS_H

#include "arsd/arsd.h"
#include "arsd/holder.h"
#include "json/json.h"
#include "store/cancellations.h"
#include "store/schedules.h"

/* The request has ended: "registration.completed" or "payment.approved"; both ".refused", ".expired" and ".abandoned";
 * "registration.canceled" or "payment.canceled_before_auth"; ".failed" for all other ends. */
int events_request_ended(struct arsd *a, const struct request *r, bool ok) MUST_CHECK;
/* A cancellation of r has come to its end; type: "payment.canceled", "payment.partially_canceled" or "payment.cancel_failed". */
int events_cancellation(struct arsd *a, const struct request *r, const struct cancellation *c, const char *type) MUST_CHECK;
/* Somebody who is not (provably) the customer called the request's number. */
int events_holder_mismatch(struct arsd *a, const struct request *r, const struct call_record *c,
                           enum holder_verdict why) MUST_CHECK;
/* type: "sms.sent", ".delivered", ".undelivered", ".failed": what became of one of r's messages, which is taken. */
int events_sms(struct arsd *a, const struct request *r, const char *type, json_t *message) MUST_CHECK;
/* "reconciliation.completed": a day was held against the gateways' lists. Takes report. */
int events_reconciled(struct arsd *a, const struct merchant *m, json_t *report) MUST_CHECK;
/* type: "billing_key.deleted", ".suspended", ".resumed", ".replaced". */
int events_billing_key(struct arsd *a, const struct billing_key *k, const char *type) MUST_CHECK;
/* type: "schedule.paused", ".resumed", ".ended", ".payment_created", ".run_missed". The schedule is shown with more, which is taken
 * and may be NULL, as the member name. */
int events_schedule(struct arsd *a, const struct schedule *s, const char *type, const char *name, json_t *more) MUST_CHECK;

/* "webhook.test": stored, for the caller to deliver. */
int events_test(struct arsd *a, const struct merchant *m, struct event *e) MUST_CHECK;

#endif
