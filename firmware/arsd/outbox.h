/* outbox.h: SMS, webhooks and expiries of PG keys: each is stored first, sent after the commit, and repeated with the same
 * id until it is done, refused or given up. All three may be repeated without a second effect. */
#ifndef ARSD_OUTBOX_H
#define ARSD_OUTBOX_H

#include "arsd/arsd.h"
#include "store/webhooks.h"

int outbox_new(struct arsd *a, struct outbox **o) MUST_CHECK;
void outbox_free(struct outbox **o);

/* By sms.c, which knows what ref means. */
int outbox_add_sms(struct arsd *a, const struct request *r, const char *ref, const char *text) MUST_CHECK;
/* The event's delivery to one endpoint: begun, or begun anew. ERR_STATE: it is under way now. */
int outbox_add_webhook(struct arsd *a, const struct webhook_endpoint *w, const struct event *e) MUST_CHECK;
/* The PG forgets a billing key that we no longer use. */
int outbox_add_expire_key(struct arsd *a, const struct billing_key *k, const char *pg_billing_key) MUST_CHECK;

/* Sends what is due, at most as much as uplinkd should have at once. */
void outbox_run(struct arsd *a);
/* Has the time of day been set? Before anything is thrown away by it. */
void outbox_watch_clock(struct arsd *a);
void outbox_sms_result(struct arsd *a, const struct uplink_sms_result *m);
void outbox_webhook_result(struct arsd *a, const struct uplink_webhook_result *m);
void outbox_expire_result(struct arsd *a, const struct uplink_pg_result *m);
/* uplinkd is gone, or a turn was lost: what was under way waits again. */
void outbox_requeue(struct arsd *a);

/* The pause before try number tries + 1 (tries >= 1), or -1: give up. jitter: any random number; moves it by up to a
 * quarter either way. Pure. */
enum outbox_kind { OUTBOX_SMS, OUTBOX_WEBHOOK, OUTBOX_EXPIRE_KEY };
int64_t outbox_backoff_ms(enum outbox_kind kind, uint32_t tries, uint32_t jitter);

#endif
