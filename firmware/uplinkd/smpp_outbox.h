/* smpp_outbox.h: messages on their way to an SMPP centre: parts, window, throttling, and what became of each.
 *
 * A centre does not know our ids, and would send the same message twice. So a message whose answer is lost is UNKNOWN, never
 * repeated here; one that is refused, or that never left, is said to be just that. */
#ifndef UPLINKD_SMPP_OUTBOX_H
#define UPLINKD_SMPP_OUTBOX_H

#include "ipc/uplink.h"
#include "lib/clock.h"
#include "lib/metrics.h"
#include "model/charset.h"
#include "uplinkd/sms_provider.h"
#include "uplinkd/smpp_link.h"

enum { SMPP_WINDOW_MAX = 100, SMPP_NUMBER_SIZE = 24 };

/* How a centre wants its messages. */
struct smpp_manner {
	const char *provider;                 /* for logs; lives as long as the outbox */
	struct charset *set;                  /* borrowed, of encoding */
	enum charset_name encoding;
	uint8_t data_coding;
	bool receipts;                        /* are asked for */
	bool payload;                         /* what is longer than part_octets goes whole, as message_payload */
	size_t part_octets;
	bool international;                   /* numbers as 8210..., not 010... */
	char from[SMPP_NUMBER_SIZE];          /* as written in Korea */
	uint8_t from_ton, from_npi, to_ton, to_npi;
	int window;                           /* parts without an answer, at the most SMPP_WINDOW_MAX */
	int64_t answer_ms;                    /* the centre's time for one */
	int64_t timeout_ms;                   /* what has not left by then never does */
};

struct smpp_outbox;
/* Messages go over link, which is borrowed. */
int smpp_outbox_new(const struct smpp_manner *manner, struct smpp_link *link, struct metrics *meters, struct smpp_outbox **box) MUST_CHECK;
/* What is in it has not been taken. */
void smpp_outbox_free(struct smpp_outbox **box);

/* As struct sms_provider_kind says. */
void smpp_outbox_send(struct smpp_outbox *box, const struct uplink_sms *job, void (*done)(const struct sms_outcome *o, void *context),
                      void *context);
/* An answer of the centre's. */
void smpp_outbox_answer(struct smpp_outbox *box, const struct smpp_head *h, const uint8_t *pdu);
/* Sends what may leave now. */
void smpp_outbox_go_on(struct smpp_outbox *box);
/* The link is bound. */
void smpp_outbox_up(struct smpp_outbox *box);
/* It is no longer: what was sent over it gets no answer. */
void smpp_outbox_down(struct smpp_outbox *box);
/* Time goes by: answers that do not come, messages that have waited too long, pauses that end. */
void smpp_outbox_tick(struct smpp_outbox *box, struct mono now);

#endif
