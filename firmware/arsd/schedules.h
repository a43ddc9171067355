/* schedules.h: payments that make themselves on days that were agreed on. A payment and its schedule's next day are one commit: no
 * crash makes one twice or leaves one out. What was due while nobody could make it is made once if that is not longer ago than
 * arsd.schedule_catch_up_s, otherwise missed, which the merchant is told. Errors: the store's. */
#ifndef ARSD_SCHEDULES_H
#define ARSD_SCHEDULES_H

#include "arsd/arsd.h"
#include "json/json.h"
#include "store/schedules.h"

/* Makes what is due. */
void schedules_tick(struct arsd *a);

/* The merchant's own time: ours, but for test merchants, who may move it on. */
int schedules_merchant_time(struct arsd *a, const char *merchant, struct wall *now) MUST_CHECK;
/* Sets next_run and due of an active schedule to the first time after an instant of the merchant's. ERR_NOT_FOUND: there is none. */
int schedules_set_next(struct arsd *a, struct schedule *s, struct wall after) MUST_CHECK;

/* Move it, store it, tell the merchant. Doing it again changes nothing; ERR_STATE: it has ended. One that is resumed goes on with what
 * is due from now on, and ends when there is nothing any more. */
int schedules_pause(struct arsd *a, struct schedule *s, const char *reason) MUST_CHECK;
int schedules_resume(struct arsd *a, struct schedule *s) MUST_CHECK;
int schedules_end(struct arsd *a, struct schedule *s, const char *reason) MUST_CHECK;

/* What becomes of the schedules of a billing key. */
int schedules_key_suspended(struct arsd *a, const struct billing_key *k) MUST_CHECK;
int schedules_key_resumed(struct arsd *a, const struct billing_key *k) MUST_CHECK;
int schedules_key_withdrawn(struct arsd *a, const struct billing_key *k) MUST_CHECK;

/* What each payment is, as it would be asked for; order_id is left "". */
void schedules_payment(const struct schedule *s, struct api_payment_create *c);
/* A new reference, or NULL without memory. */
json_t *schedules_view(const struct schedule *s, bool live);

#endif
