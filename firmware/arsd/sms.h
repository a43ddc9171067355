/* sms.h: the text messages of a request: written, intended, sent by the outbox, and what became of them.
 *
 * A message is sent again with the same id as long as nobody is known to have it. One that a provider may have goes to that
 * provider first, three times, for it knows the id; only then to the next, for a customer without a message has nothing to call. */
#ifndef ARSD_SMS_H
#define ARSD_SMS_H

#include "arsd/sms_text.h"
#include "json/json.h"

/* Written, and of characters that are allowed. */
struct sms_draft { char text[SMS_TEXT_SIZE]; bool lms; char subject[81]; char bad[8]; };

/* ERR_TOO_LONG: over what a long message holds, or over a short one where long ones are not allowed. ERR_INVALID: a character
 * that is not allowed: bad. Neither depends on anything but the request, the merchant's texts and the configuration. */
int sms_write(struct arsd *a, const struct request *r, enum sms_text which, struct sms_draft *d) MUST_CHECK;
/* Stores the message that asks for a call and the intention to send it. The request waits for it: it moves on when a provider has taken
 * it, and ends when none will. */
int sms_ask(struct arsd *a, const struct request *r, const struct sms_draft *d) MUST_CHECK;
/* How it ended, to a customer who does not hear it: written whatever it takes, and sent. Not where no customer was ever asked, or the
 * phone is no mobile one. */
void sms_tell(struct arsd *a, const struct request *r, enum sms_text which);

/* ---- for the outbox ---- */
/* One that asks for a call which nobody awaits any more: it would lead the customer to a number that is not theirs. */
bool sms_is_stale(struct arsd *a, const struct outbox_job *j);
/* What else uplinkd is told of it. */
void sms_fill(struct arsd *a, const char *ref, struct uplink_sms *m);
/* j's state has changed; m NULL: not by a provider. The request that waits for it moves on, and the merchant is told. Adds to the
 * outbox: j, if it is the outbox's own, is another job then. */
void sms_finish(struct arsd *a, const struct outbox_job *j, const struct uplink_sms_result *m);
/* Keeps which provider takes messages by another status than its settings name, until that one takes one as it should. */
void sms_note_answer(struct arsd *a, const struct uplink_sms_result *m);

/* A receipt from a provider; answered whatever it says, or it would come for ever. One whose message is not known yet is kept for it. */
void sms_receipt(struct arsd *a, const struct uplink_sms_receipt *m);
/* Receipts that no message has claimed go, at most so many; returns how many. */
int sms_tidy(struct arsd *a, int most) MUST_CHECK;

/* The last message as merchants see it, or null. */
json_t *sms_view(struct arsd *a, const struct request *r);

#endif
