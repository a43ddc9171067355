#include "uplinkd/smpp_outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "uplinkd/meters.h"
#include "uplinkd/smpp_receipt.h"
#include "uplinkd/smpp_text.h"

enum { MESSAGES_MAX = 1000, OCTETS_MAX = 8000, PAUSE_FIRST_MS = 500, PAUSE_MOST_MS = 30000, UDHI = 0x40 };

enum part_state { PART_WAITS, PART_SENT, PART_TAKEN };

struct message {
	struct message *next;
	uint64_t job;
	struct mono give_up;
	void (*done)(const struct sms_outcome *o, void *context);
	void *context;
	char to[SMPP_NUMBER_SIZE], id[SMPP_ID_SIZE];
	bool payload;
	int parts, parts_left;
	uint8_t state[SMPP_PARTS_MAX];
	struct smpp_part *part;               /* or, as payload, octets */
	uint8_t *octets;
	size_t len;
};
struct slot { uint32_t sequence; struct message *message; int part; struct mono sent; bool used; };

struct smpp_outbox {
	struct smpp_manner manner;
	struct smpp_link *link;
	struct metrics *meters;
	uint8_t reference;
	int64_t pause_ms;
	struct mono paused_at, paused_until;  /* throttled */
	char from[SMPP_NUMBER_SIZE];          /* as the centre wants it */
	struct message *first;
	int messages;
	struct slot slot[SMPP_WINDOW_MAX];
};

/* ---- the end of a message ---- */

static void message_free(struct message *m)
{
	free(m->part);
	free(m->octets);
	free(m);
}

static void finish(struct smpp_outbox *box, struct message *m, enum sms_fate fate, const char *detail)
{
	struct sms_outcome o = { .fate = fate };

	for (struct message **at = &box->first; *at != NULL; at = &(*at)->next)
		if (*at == m) {
			*at = m->next;
			box->messages--;
			break;
		}
	/* An answer that comes yet finds its slot without a message. */
	for (int i = 0; i < box->manner.window; i++)
		if (box->slot[i].used && box->slot[i].message == m)
			box->slot[i].message = NULL;
	if (fate == SMS_TAKEN)
		snprintf(o.provider_id, sizeof(o.provider_id), "%s", m->id);
	snprintf(o.detail, sizeof(o.detail), "%s", detail);
	meters_smpp(box->meters, fate);
	m->done(&o, m->context);
	message_free(m);
}

/* ---- a message comes ---- */

/* "01012345678" as the centre wants it. */
static void write_number(const struct smpp_outbox *box, const char *digits, char out[SMPP_NUMBER_SIZE])
{
	if (box->manner.international && digits[0] == '0')
		snprintf(out, SMPP_NUMBER_SIZE, "82%.*s", SMPP_NUMBER_SIZE - 3, digits + 1);
	else
		snprintf(out, SMPP_NUMBER_SIZE, "%.*s", SMPP_NUMBER_SIZE - 1, digits);
}

/* The text in octets, and these in parts. */
static int make_parts(struct smpp_outbox *box, const char *text, struct message *m)
{
	static uint8_t octets[OCTETS_MAX];
	int n = charset_encode(box->manner.set, text, octets, sizeof(octets));

	if (n < 0)
		return n;
	m->payload = box->manner.payload && (size_t)n > box->manner.part_octets;
	m->parts = 1;
	if (m->payload) {
		m->octets = malloc((size_t)n);
		if (m->octets == NULL)
			return ERR_NOMEM;
		memcpy(m->octets, octets, (size_t)n);
		m->len = (size_t)n;
		return n > SMPP_PAYLOAD_MAX ? ERR_TOO_LONG : 0;
	}
	m->part = calloc(SMPP_PARTS_MAX, sizeof(*m->part));
	if (m->part == NULL)
		return ERR_NOMEM;
	m->parts = smpp_split(box->manner.encoding, octets, (size_t)n, box->manner.part_octets, ++box->reference, m->part);
	return m->parts < 0 ? m->parts : 0;
}

static int take(struct smpp_outbox *box, const struct uplink_sms *job, void (*done)(const struct sms_outcome *o, void *context), void *context)
{
	struct message *m = calloc(1, sizeof(*m)), **end = &box->first;
	int e = m != NULL ? make_parts(box, job->text, m) : ERR_NOMEM;

	if (e < 0) {
		if (m != NULL)
			message_free(m);
		return e;
	}
	m->job = job->job;
	m->done = done;
	m->context = context;
	m->parts_left = m->parts;
	m->give_up = mono_add_ms(clock_mono(), box->manner.timeout_ms);
	write_number(box, job->to, m->to);
	while (*end != NULL)
		end = &(*end)->next;
	*end = m;
	box->messages++;
	return 0;
}

void smpp_outbox_send(struct smpp_outbox *box, const struct uplink_sms *job, void (*done)(const struct sms_outcome *o, void *context),
                      void *context)
{
	struct sms_outcome o = { .fate = SMS_NOT_TAKEN };
	int e;

	/* Another provider is better than a link that is not there. */
	if (!smpp_link_is_bound(box->link) && !smpp_link_is_coming(box->link)) {
		snprintf(o.detail, sizeof(o.detail), "no link to the centre");
	} else if (box->messages >= MESSAGES_MAX) {
		snprintf(o.detail, sizeof(o.detail), "too much is waiting already");
	} else if ((e = take(box, job, done, context)) == 0) {
		smpp_outbox_go_on(box);
		return;
	} else {
		o.fate = e == ERR_NOMEM ? SMS_NOT_TAKEN : SMS_REFUSED;
		snprintf(o.detail, sizeof(o.detail), "%s", e == ERR_NOMEM ? "out of memory" :
		         e == ERR_TOO_LONG ? "the text is too long" : "the text has a character that the provider's encoding has not");
	}
	meters_smpp(box->meters, o.fate);
	done(&o, context);
}

/* ---- sending ---- */

static struct slot *free_slot(struct smpp_outbox *box)
{
	for (int i = 0; i < box->manner.window; i++)
		if (!box->slot[i].used)
			return &box->slot[i];
	return NULL;
}

/* False: not now. */
static bool send_part(struct smpp_outbox *box, struct message *m, int part, struct slot *slot)
{
	static uint8_t pdu[SMPP_PDU_MAX];
	struct smpp_submit out = {
		.source = { box->from, box->manner.from_ton, box->manner.from_npi },
		.destination = { m->to, box->manner.to_ton, box->manner.to_npi },
		.esm_class = m->parts > 1 ? UDHI : 0, .data_coding = box->manner.data_coding, .receipt = part == m->parts - 1 && box->manner.receipts, .payload = m->payload,
		.text = m->payload ? m->octets : m->part[part].octets, .len = m->payload ? m->len : m->part[part].len,
	};
	uint32_t sequence = smpp_link_next(box->link);
	int n = smpp_write_submit(pdu, sizeof(pdu), sequence, &out);

	if (n < 0) {
		finish(box, m, SMS_REFUSED, "the message does not fit a submit_sm");
		return true;
	}
	if (smpp_link_send(box->link, pdu, (size_t)n) < 0)
		return false;
	*slot = (struct slot){ .sequence = sequence, .message = m, .part = part, .sent = clock_mono(), .used = true };
	m->state[part] = PART_SENT;
	return true;
}

static int waiting_part(const struct message *m)
{
	for (int i = 0; i < m->parts; i++)
		if (m->state[i] == PART_WAITS)
			return i;
	return -1;
}

void smpp_outbox_go_on(struct smpp_outbox *box)
{
	struct message *m = box->first, *next;
	struct slot *slot;
	int part;

	if (!smpp_link_is_bound(box->link) || mono_diff_ms(box->paused_until, clock_mono()) < 0)
		return;
	for (; m != NULL; m = next) {
		next = m->next;
		for (int i = m->parts; i > 0 && (part = waiting_part(m)) >= 0; i--) {
			slot = free_slot(box);
			if (slot == NULL || !send_part(box, m, part, slot))
				return;
			if (!slot->used)
				break;                /* it ended instead */
		}
	}
}

/* ---- answers ---- */

/* A part that left before the pause began has only shared its cause: a full window that is throttled is one throttling. */
static void pause_sending(struct smpp_outbox *box, struct mono sent)
{
	meters_smpp_throttled(box->meters);
	if (box->paused_at.ns != 0 && sent.ns <= box->paused_at.ns)
		return;
	box->pause_ms = box->pause_ms == 0 ? PAUSE_FIRST_MS : box->pause_ms * 2 < PAUSE_MOST_MS ? box->pause_ms * 2 : PAUSE_MOST_MS;
	box->paused_at = clock_mono();
	box->paused_until = mono_add_ms(box->paused_at, box->pause_ms);
	log_warn("smpp_throttled", "provider=%s pause_ms=%" PRId64, box->manner.provider, box->pause_ms);
}

static void on_refusal(struct smpp_outbox *box, const struct slot *slot, uint32_t status)
{
	struct message *m = slot->message;
	char detail[64];

	if (status == SMPP_THROTTLED || status == SMPP_QUEUE_FULL) {
		m->state[slot->part] = PART_WAITS;
		pause_sending(box, slot->sent);
		return;
	}
	snprintf(detail, sizeof(detail), "SMPP status 0x%08" PRIx32, status);
	finish(box, m, status == SMPP_SYSTEM_ERROR ? SMS_NOT_TAKEN : SMS_REFUSED, detail);
}

void smpp_outbox_answer(struct smpp_outbox *box, const struct smpp_head *h, const uint8_t *pdu)
{
	struct slot *slot = NULL;
	struct message *m;
	char id[SMPP_ID_SIZE] = "";

	for (int i = 0; i < box->manner.window; i++)
		if (box->slot[i].used && box->slot[i].sequence == h->sequence)
			slot = &box->slot[i];
	if (slot == NULL)
		return;
	slot->used = false;
	m = slot->message;
	if (m == NULL)
		return;
	if (h->status != SMPP_OK) {
		on_refusal(box, slot, h->status);
	} else if (h->command != SMPP_SUBMIT_SM_RESP) {
		finish(box, m, SMS_UNKNOWN, "the centre's answer cannot be read");
	} else {
		/* The status says that it is taken: sent again for an odd id, the customer would have it twice. */
		if (smpp_read_message_id(pdu, h->length, id) < 0)
			log_warn("smpp_id_unreadable", "provider=%s hint=\"its receipt will find no message\"", box->manner.provider);
		box->pause_ms = 0;
		m->state[slot->part] = PART_TAKEN;
		/* Only the last part asks for a receipt. */
		if (slot->part == m->parts - 1)
			smpp_id_plain(id, SMPP_ID_AS_IS, m->id);
		if (--m->parts_left == 0)
			finish(box, m, SMS_TAKEN, "");
	}
}

/* ---- the link, and time ---- */

void smpp_outbox_up(struct smpp_outbox *box)
{
	box->paused_until.ns = box->pause_ms = 0;
	smpp_outbox_go_on(box);
}

void smpp_outbox_down(struct smpp_outbox *box)
{
	for (int i = 0; i < box->manner.window; i++) {
		struct message *m = box->slot[i].used ? box->slot[i].message : NULL;

		box->slot[i].used = false;
		if (m != NULL)
			finish(box, m, SMS_UNKNOWN, "the connection was lost before the answer");
	}
}

static void give_up_old(struct smpp_outbox *box, struct mono now)
{
	for (struct message *m = box->first, *next; m != NULL; m = next) {
		bool sent = false;

		next = m->next;
		for (int i = 0; i < m->parts; i++)
			sent |= m->state[i] == PART_SENT;
		if (!sent && mono_diff_ms(m->give_up, now) >= 0)
			finish(box, m, SMS_NOT_TAKEN, box->pause_ms > 0 ? "the centre throttles" : "no link to the centre in time");
	}
}

void smpp_outbox_tick(struct smpp_outbox *box, struct mono now)
{
	for (int i = 0; i < box->manner.window; i++) {
		struct slot *slot = &box->slot[i];

		if (!slot->used || mono_diff_ms(slot->sent, now) <= box->manner.answer_ms)
			continue;
		slot->used = false;
		if (slot->message != NULL)
			finish(box, slot->message, SMS_UNKNOWN, "the centre did not answer in time");
	}
	give_up_old(box, now);
	smpp_outbox_go_on(box);
}

/* ---- life ---- */

int smpp_outbox_new(const struct smpp_manner *manner, struct smpp_link *link, struct metrics *meters, struct smpp_outbox **box)
{
	struct smpp_outbox *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->manner = *manner;
	made->link = link;
	made->meters = meters;
	write_number(made, manner->from, made->from);
	*box = made;
	return 0;
}

void smpp_outbox_free(struct smpp_outbox **box)
{
	struct message *m;

	if (*box == NULL)
		return;
	while ((m = (*box)->first) != NULL)
		finish(*box, m, SMS_NOT_TAKEN, "uplinkd ends");
	free(*box);
	*box = NULL;
}
