/* meters.h: what uplinkd counts. */
#ifndef UPLINKD_METERS_H
#define UPLINKD_METERS_H

#include "lib/metrics.h"
#include "uplinkd/http_client.h"

enum meters_to { METERS_TO_PG, METERS_TO_SMS, METERS_TO_WEBHOOK, METERS_TO_COUNT };
/* How a job ended, in the words of each kind. */
enum meters_result {
	METERS_PG_OK, METERS_PG_DECLINED, METERS_PG_NOT_SENT, METERS_PG_UNKNOWN, METERS_PG_NOT_FOUND,
	METERS_SMS_SENT, METERS_SMS_REFUSED, METERS_SMS_LATER, METERS_SMS_UNSURE,
	METERS_WEBHOOK_SENT, METERS_WEBHOOK_REFUSED, METERS_WEBHOOK_LATER,
	METERS_RESULT_COUNT,
};

void meters_init(struct metrics *m);
void meters_result(struct metrics *m, enum meters_result r);
/* One HTTP exchange ended. */
void meters_exchange(struct metrics *m, enum meters_to to, const struct http_answer *a);
void meters_in_flight(struct metrics *m, size_t jobs);
/* A job that was in flight already came again. */
void meters_duplicate(struct metrics *m);
/* A result for which arsd was not there. */
void meters_dropped(struct metrics *m);
/* SMPP: a message ended (fate of sms_provider.h); a link came (1) or went (-1); a centre said that it is too much; a
 * deliver_sm came: state of uplink_sms_receipt, 0 for what was no receipt. */
void meters_smpp(struct metrics *m, int fate);
void meters_smpp_up(struct metrics *m, int change);
void meters_smpp_throttled(struct metrics *m);
void meters_smpp_receipt(struct metrics *m, int state);
/* arsd broke the protocol. */
void meters_bad_frame(struct metrics *m);

#endif
