#include "uplinkd/smpp_inbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "uplinkd/meters.h"

enum { WAITING_MAX = 64, STORE_WAIT_MS = 10000 };

struct arrival { uint64_t number; uint32_t command, sequence; struct mono at; };      /* a receipt that arsd has not stored yet */

struct smpp_inbox {
	struct sms_upward up;
	const char *provider;
	enum smpp_id_form id_form;
	struct smpp_link *link;
	struct arrival arrival[WAITING_MAX];
};

int smpp_inbox_new(const struct sms_upward *up, const char *provider, enum smpp_id_form id_form, struct smpp_link *link,
                   struct smpp_inbox **in)
{
	struct smpp_inbox *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->up = *up;
	made->provider = provider;
	made->id_form = id_form;
	made->link = link;
	*in = made;
	return 0;
}

void smpp_inbox_free(struct smpp_inbox **in)
{
	free(*in);
	*in = NULL;
}

static void answer_delivery(struct smpp_inbox *in, uint32_t command, uint32_t sequence, uint32_t status)
{
	uint8_t pdu[64];
	int n = smpp_write_delivery_answer(pdu, sizeof(pdu), command, sequence, status);

	/* Without an answer it comes again. */
	if (n < 0 || smpp_link_send(in->link, pdu, (size_t)n) < 0)
		log_debug("smpp_unanswered", "provider=%s", in->provider);
}

/* SMPP_OK: to be answered when it is stored. */
static uint32_t hand_up(struct smpp_inbox *in, const struct smpp_receipt *r, const struct smpp_head *h)
{
	struct uplink_sms_receipt up = { .state = (uint8_t)r->state };
	struct arrival *a = NULL;

	for (int i = 0; i < WAITING_MAX && a == NULL; i++)
		if (in->arrival[i].number == 0)
			a = &in->arrival[i];
	if (a == NULL)
		return SMPP_QUEUE_FULL;
	snprintf(up.provider, sizeof(up.provider), "%s", in->provider);
	snprintf(up.provider_id, sizeof(up.provider_id), "%s", r->id);
	snprintf(up.detail, sizeof(up.detail), "%s", r->detail);
	*a = (struct arrival){ .number = in->up.receipt(&up, in->up.context), .command = h->command, .sequence = h->sequence, .at = clock_mono() };
	return a->number != 0 ? SMPP_OK : SMPP_RECEIVER_BUSY;
}

void smpp_inbox_take(struct smpp_inbox *in, const struct smpp_head *h, const uint8_t *pdu)
{
	struct smpp_delivery d;
	struct smpp_receipt r;
	uint32_t status;

	if (smpp_read_delivery(pdu, h->length, &d) < 0) {
		log_warn("smpp_delivery_unreadable", "provider=%s len=%u", in->provider, (unsigned)h->length);
		answer_delivery(in, h->command, h->sequence, SMPP_RECEIVER_REFUSES);
		return;
	}
	/* Nobody here reads what customers write back; refused, it would come for days. */
	if (!smpp_is_receipt(&d) || smpp_receipt_read(&d, in->id_form, &r) < 0) {
		meters_smpp_receipt(in->up.meters, 0);
		answer_delivery(in, h->command, h->sequence, SMPP_OK);
		return;
	}
	status = hand_up(in, &r, h);
	if (status == SMPP_OK)
		meters_smpp_receipt(in->up.meters, r.state);
	else
		answer_delivery(in, h->command, h->sequence, status);
}

void smpp_inbox_stored(struct smpp_inbox *in, uint64_t receipt)
{
	for (int i = 0; i < WAITING_MAX; i++)
		if (in->arrival[i].number == receipt) {
			in->arrival[i].number = 0;
			answer_delivery(in, in->arrival[i].command, in->arrival[i].sequence, SMPP_OK);
		}
}

void smpp_inbox_down(struct smpp_inbox *in)
{
	memset(in->arrival, 0, sizeof(in->arrival));
}

void smpp_inbox_tick(struct smpp_inbox *in, struct mono now)
{
	for (int i = 0; i < WAITING_MAX; i++)
		if (in->arrival[i].number != 0 && mono_diff_ms(in->arrival[i].at, now) > STORE_WAIT_MS) {
			in->arrival[i].number = 0;
			answer_delivery(in, in->arrival[i].command, in->arrival[i].sequence, SMPP_RECEIVER_BUSY);
		}
}
