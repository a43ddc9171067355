/* desk.h: the jobs that arsd gave and has no answer to yet. Each kind of receiver gets its jobs from the desk and puts
 * the result back there; the desk sends it to arsd, if arsd is there. */
#ifndef UPLINKD_DESK_H
#define UPLINKD_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/uplink.h"
#include "lib/err.h"
#include "uplinkd/meters.h"

struct desk;

/* send() takes a finished result to arsd. */
int desk_new(void (*send)(const struct uplink_msg *result, void *context), void *context, struct desk **d) MUST_CHECK;
void desk_free(struct desk **d);

struct metrics *desk_meters(struct desk *d);
/* Notes job as in flight. ERR_EXISTS: it is already; its result will come. ERR_NOMEM. */
int desk_take(struct desk *d, uint64_t job) MUST_CHECK;
/* The ways a job ends: counted, forgotten, sent. */
void desk_pg_result(struct desk *d, const struct uplink_pg_result *r);
void desk_pg_list_result(struct desk *d, const struct uplink_pg_list_result *r);
void desk_pg_promotions_result(struct desk *d, const struct uplink_pg_promotions_result *r);
void desk_sms_result(struct desk *d, const struct uplink_sms_result *r);
void desk_webhook_result(struct desk *d, const struct uplink_webhook_result *r);

#endif
