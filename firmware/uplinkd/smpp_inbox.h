/* smpp_inbox.h: what an SMPP centre delivers: receipts. One is answered when arsd has stored it, so that none is lost; without an
 * answer it comes again. */
#ifndef UPLINKD_SMPP_INBOX_H
#define UPLINKD_SMPP_INBOX_H

#include "lib/clock.h"
#include "uplinkd/sms_provider.h"
#include "uplinkd/smpp_link.h"
#include "uplinkd/smpp_receipt.h"

struct smpp_inbox;
/* provider: for logs and arsd; link: answers go over it. Both are borrowed. */
int smpp_inbox_new(const struct sms_upward *up, const char *provider, enum smpp_id_form id_form, struct smpp_link *link,
                   struct smpp_inbox **in) MUST_CHECK;
void smpp_inbox_free(struct smpp_inbox **in);

/* A deliver_sm or data_sm. */
void smpp_inbox_take(struct smpp_inbox *in, const struct smpp_head *h, const uint8_t *pdu);
/* arsd has stored the receipt of this number. */
void smpp_inbox_stored(struct smpp_inbox *in, uint64_t receipt);
/* The link is no longer bound: what was not answered comes again over the next one. */
void smpp_inbox_down(struct smpp_inbox *in);
/* Time goes by: arsd does not store a receipt. */
void smpp_inbox_tick(struct smpp_inbox *in, struct mono now);

#endif
