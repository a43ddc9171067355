/* sms_smpp.c: text messages over SMPP: parts, window, throttling, receipts.
 *
 * A centre does not know our ids, and would send the same message twice. So a message whose answer is lost is UNKNOWN, never
 * repeated here; one that is refused, or that never left, is said to be just that. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/secret.h"
#include "model/charset.h"
#include "uplinkd/meters.h"
#include "uplinkd/sms_provider.h"
#include "uplinkd/smpp_link.h"
#include "uplinkd/smpp_receipt.h"
#include "uplinkd/smpp_text.h"

#define LIST "uplinkd.sms"

enum { WINDOW_MAX = 100, RECEIPTS_MAX = 64, MESSAGES_MAX = 1000, OCTETS_MAX = 8000, PAUSE_FIRST_MS = 500, PAUSE_MOST_MS = 30000,
       RECEIPT_WAIT_MS = 10000, TON_INTERNATIONAL = 1, UDHI = 0x40, CODING_UCS2 = 8, CODING_KS_C_5601 = 14, NUMBER_SIZE = 24 };

enum part_state { PART_WAITS, PART_SENT, PART_TAKEN };

struct message {
	struct message *next;
	uint64_t job;
	struct mono give_up;
	void (*done)(const struct sms_outcome *o, void *context);
	void *context;
	char to[NUMBER_SIZE], id[SMPP_ID_SIZE];
	bool payload;
	int parts, parts_left;
	uint8_t state[SMPP_PARTS_MAX];
	struct smpp_part *part;               /* or, as payload, octets */
	uint8_t *octets;
	size_t len;
};
struct slot { uint32_t sequence; struct message *message; int part; struct mono sent; bool used; };
struct arrival { uint64_t number; uint32_t sequence; struct mono at; };      /* a receipt that arsd has not stored yet */

struct smpp {
	struct sms_provider base;
	struct sms_upward up;
	struct smpp_link *link;               /* messages go over it, and receipts come, unless there is a receiver */
	struct smpp_link *receiver;           /* of a pair of binds; NULL otherwise */
	bool no_receipts;                     /* a transmitter alone */
	struct charset *set;
	enum charset_name encoding;
	enum smpp_id_form id_form;
	uint8_t data_coding, reference;
	bool payload, international;
	size_t part_octets;
	int window;
	int64_t answer_ms, timeout_ms, pause_ms;
	struct mono paused_until;             /* throttled */
	struct smpp_address from;
	uint8_t to_ton, to_npi;
	char source[NUMBER_SIZE], password[16];
	const char *system_id, *system_type;
	struct message *first;
	int messages;
	struct slot slot[WINDOW_MAX];
	struct arrival arrival[RECEIPTS_MAX];
};

/* ---- the end of a message ---- */

static void message_free(struct message *m)
{
	free(m->part);
	free(m->octets);
	free(m);
}

static void finish(struct smpp *s, struct message *m, enum sms_fate fate, const char *detail)
{
	struct sms_outcome o = { .fate = fate };

	for (struct message **at = &s->first; *at != NULL; at = &(*at)->next)
		if (*at == m) {
			*at = m->next;
			s->messages--;
			break;
		}
	/* An answer that comes yet finds its slot without a message. */
	for (int i = 0; i < s->window; i++)
		if (s->slot[i].used && s->slot[i].message == m)
			s->slot[i].message = NULL;
	if (fate == SMS_TAKEN)
		snprintf(o.provider_id, sizeof(o.provider_id), "%s", m->id);
	snprintf(o.detail, sizeof(o.detail), "%s", detail);
	meters_smpp(s->up.meters, fate);
	m->done(&o, m->context);
	message_free(m);
}

/* ---- sending ---- */

static struct slot *free_slot(struct smpp *s)
{
	for (int i = 0; i < s->window; i++)
		if (!s->slot[i].used)
			return &s->slot[i];
	return NULL;
}

/* False: not now. */
static bool send_part(struct smpp *s, struct message *m, int part, struct slot *slot)
{
	static uint8_t pdu[SMPP_PDU_MAX];
	struct smpp_submit out = {
		.source = s->from, .destination = { m->to, s->to_ton, s->to_npi }, .esm_class = m->parts > 1 ? UDHI : 0,
		.data_coding = s->data_coding, .receipt = part == m->parts - 1 && !s->no_receipts, .payload = m->payload,
		.text = m->payload ? m->octets : m->part[part].octets, .len = m->payload ? m->len : m->part[part].len,
	};
	uint32_t sequence = smpp_link_next(s->link);
	int n = smpp_write_submit(pdu, sizeof(pdu), sequence, &out);

	if (n < 0) {
		finish(s, m, SMS_REFUSED, "the message does not fit a submit_sm");
		return true;
	}
	if (smpp_link_send(s->link, pdu, (size_t)n) < 0)
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

static void pump(struct smpp *s)
{
	struct message *m = s->first, *next;
	struct slot *slot;
	int part;

	if (!smpp_link_is_bound(s->link) || mono_diff_ms(s->paused_until, clock_mono()) < 0)
		return;
	for (; m != NULL; m = next) {
		next = m->next;
		for (int i = m->parts; i > 0 && (part = waiting_part(m)) >= 0; i--) {
			slot = free_slot(s);
			if (slot == NULL || !send_part(s, m, part, slot))
				return;
			if (!slot->used)
				break;                /* it ended instead */
		}
	}
}

/* ---- answers ---- */

static void pause_sending(struct smpp *s)
{
	s->pause_ms = s->pause_ms == 0 ? PAUSE_FIRST_MS : s->pause_ms * 2 < PAUSE_MOST_MS ? s->pause_ms * 2 : PAUSE_MOST_MS;
	s->paused_until = mono_add_ms(clock_mono(), s->pause_ms);
	meters_smpp_throttled(s->up.meters);
	log_warn("smpp_throttled", "provider=%s pause_ms=%" PRId64, s->base.name, s->pause_ms);
}

static void on_refusal(struct smpp *s, struct message *m, int part, uint32_t status)
{
	char detail[64];

	if (status == SMPP_THROTTLED || status == SMPP_QUEUE_FULL) {
		m->state[part] = PART_WAITS;
		pause_sending(s);
		return;
	}
	snprintf(detail, sizeof(detail), "SMPP status 0x%08" PRIx32, status);
	finish(s, m, status == SMPP_SYSTEM_ERROR ? SMS_NOT_TAKEN : SMS_REFUSED, detail);
}

static void on_answer(struct smpp *s, const struct smpp_head *h, const uint8_t *pdu)
{
	struct slot *slot = NULL;
	struct message *m;
	char id[SMPP_ID_SIZE] = "";

	for (int i = 0; i < s->window; i++)
		if (s->slot[i].used && s->slot[i].sequence == h->sequence)
			slot = &s->slot[i];
	if (slot == NULL)
		return;
	slot->used = false;
	m = slot->message;
	if (m == NULL)
		return;
	if (h->status != SMPP_OK) {
		on_refusal(s, m, slot->part, h->status);
	} else if (h->command != SMPP_SUBMIT_SM_RESP || smpp_read_message_id(pdu, h->length, id) < 0) {
		finish(s, m, SMS_UNKNOWN, "the centre's answer cannot be read");
	} else {
		s->pause_ms = 0;
		m->state[slot->part] = PART_TAKEN;
		/* Only the last part asks for a receipt. */
		if (slot->part == m->parts - 1)
			smpp_id_plain(id, SMPP_ID_AS_IS, m->id);
		if (--m->parts_left == 0)
			finish(s, m, SMS_TAKEN, "");
	}
}

/* ---- receipts ---- */

static void answer_delivery(struct smpp *s, uint32_t sequence, uint32_t status)
{
	uint8_t pdu[64];
	int n = smpp_write_delivery_answer(pdu, sizeof(pdu), sequence, status);

	/* Without an answer it comes again. */
	if (n < 0 || smpp_link_send(s->receiver != NULL ? s->receiver : s->link, pdu, (size_t)n) < 0)
		log_debug("smpp_unanswered", "provider=%s", s->base.name);
}

/* SMPP_OK: to be answered when it is stored. */
static uint32_t hand_up(struct smpp *s, const struct smpp_receipt *r, uint32_t sequence)
{
	struct uplink_sms_receipt up = { .state = (uint8_t)r->state };
	struct arrival *a = NULL;

	for (int i = 0; i < RECEIPTS_MAX && a == NULL; i++)
		if (s->arrival[i].number == 0)
			a = &s->arrival[i];
	if (a == NULL)
		return SMPP_QUEUE_FULL;
	snprintf(up.provider, sizeof(up.provider), "%s", s->base.name);
	snprintf(up.provider_id, sizeof(up.provider_id), "%s", r->id);
	snprintf(up.detail, sizeof(up.detail), "%s", r->detail);
	*a = (struct arrival){ .number = s->up.receipt(&up, s->up.context), .sequence = sequence, .at = clock_mono() };
	return a->number != 0 ? SMPP_OK : SMPP_RECEIVER_BUSY;
}

static void on_delivery(struct smpp *s, const struct smpp_head *h, const uint8_t *pdu)
{
	struct smpp_delivery d;
	struct smpp_receipt r;
	uint32_t status;

	if (smpp_read_delivery(pdu, h->length, &d) < 0) {
		log_warn("smpp_delivery_unreadable", "provider=%s len=%u", s->base.name, (unsigned)h->length);
		answer_delivery(s, h->sequence, SMPP_RECEIVER_REFUSES);
		return;
	}
	/* Nobody here reads what customers write back; refused, it would come for days. */
	if (!smpp_is_receipt(&d) || smpp_receipt_read(&d, s->id_form, &r) < 0) {
		meters_smpp_receipt(s->up.meters, 0);
		answer_delivery(s, h->sequence, SMPP_OK);
		return;
	}
	status = hand_up(s, &r, h->sequence);
	if (status == SMPP_OK)
		meters_smpp_receipt(s->up.meters, r.state);
	else
		answer_delivery(s, h->sequence, status);
}

static void on_receipt_taken(struct sms_provider *p, uint64_t receipt)
{
	struct smpp *s = (struct smpp *)p;

	for (int i = 0; i < RECEIPTS_MAX; i++)
		if (s->arrival[i].number == receipt) {
			s->arrival[i].number = 0;
			answer_delivery(s, s->arrival[i].sequence, SMPP_OK);
		}
}

/* ---- the link ---- */

static void on_pdu(const struct smpp_head *h, const uint8_t *pdu, void *context)
{
	struct smpp *s = context;

	/* A transmitter is not delivered to. */
	if (h->command == SMPP_DELIVER_SM && s->receiver == NULL)
		on_delivery(s, h, pdu);
	else if (h->command != SMPP_DELIVER_SM)
		on_answer(s, h, pdu);
	pump(s);
}

/* ---- the receiver of a pair: what becomes of it is nothing to messages ---- */

static void on_receiver_pdu(const struct smpp_head *h, const uint8_t *pdu, void *context)
{
	if (h->command == SMPP_DELIVER_SM)
		on_delivery(context, h, pdu);
}

static void on_receiver_up(void *context)
{
	struct smpp *s = context;

	meters_smpp_up(s->up.meters, 1);
}

/* What was not answered comes again over the next one. */
static void on_receiver_down(void *context)
{
	struct smpp *s = context;

	meters_smpp_up(s->up.meters, -1);
	memset(s->arrival, 0, sizeof(s->arrival));
}

static void on_receiver_tick(void *context UNUSED)
{
}

static void on_up(void *context)
{
	struct smpp *s = context;

	meters_smpp_up(s->up.meters, 1);
	s->paused_until.ns = s->pause_ms = 0;
	pump(s);
}

static void on_down(void *context)
{
	struct smpp *s = context;

	meters_smpp_up(s->up.meters, -1);
	if (s->receiver == NULL)
		memset(s->arrival, 0, sizeof(s->arrival));
	for (int i = 0; i < s->window; i++) {
		struct message *m = s->slot[i].used ? s->slot[i].message : NULL;

		s->slot[i].used = false;
		if (m != NULL)
			finish(s, m, SMS_UNKNOWN, "the connection was lost before the answer");
	}
}

static void give_up_old(struct smpp *s, struct mono now)
{
	for (struct message *m = s->first, *next; m != NULL; m = next) {
		bool sent = false;

		next = m->next;
		for (int i = 0; i < m->parts; i++)
			sent |= m->state[i] == PART_SENT;
		if (!sent && mono_diff_ms(m->give_up, now) >= 0)
			finish(s, m, SMS_NOT_TAKEN, s->pause_ms > 0 ? "the centre throttles" : "no link to the centre in time");
	}
}

static void on_tick(void *context)
{
	struct smpp *s = context;
	struct mono now = clock_mono();

	for (int i = 0; i < s->window; i++) {
		struct slot *slot = &s->slot[i];

		if (!slot->used || mono_diff_ms(slot->sent, now) <= s->answer_ms)
			continue;
		slot->used = false;
		if (slot->message != NULL)
			finish(s, slot->message, SMS_UNKNOWN, "the centre did not answer in time");
	}
	for (int i = 0; i < RECEIPTS_MAX; i++)
		if (s->arrival[i].number != 0 && mono_diff_ms(s->arrival[i].at, now) > RECEIPT_WAIT_MS) {
			s->arrival[i].number = 0;
			answer_delivery(s, s->arrival[i].sequence, SMPP_RECEIVER_BUSY);
		}
	give_up_old(s, now);
	pump(s);
}

/* ---- messages from arsd ---- */

/* "01012345678" as the centre wants it. */
static void write_number(const struct smpp *s, const char *digits, char out[NUMBER_SIZE])
{
	if (s->international && digits[0] == '0')
		snprintf(out, NUMBER_SIZE, "82%.*s", NUMBER_SIZE - 3, digits + 1);
	else
		snprintf(out, NUMBER_SIZE, "%.*s", NUMBER_SIZE - 1, digits);
}

/* The text in octets, and these in parts. */
static int make_parts(struct smpp *s, const char *text, struct message *m)
{
	static uint8_t octets[OCTETS_MAX];
	int n = charset_encode(s->set, text, octets, sizeof(octets));

	if (n < 0)
		return n;
	m->payload = s->payload && (size_t)n > s->part_octets;
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
	m->parts = smpp_split(s->encoding, octets, (size_t)n, s->part_octets, ++s->reference, m->part);
	return m->parts < 0 ? m->parts : 0;
}

static int take(struct smpp *s, const struct uplink_sms *job, void (*done)(const struct sms_outcome *o, void *context), void *context)
{
	struct message *m = calloc(1, sizeof(*m)), **end = &s->first;
	int e = m != NULL ? make_parts(s, job->text, m) : ERR_NOMEM;

	if (e < 0) {
		if (m != NULL)
			message_free(m);
		return e;
	}
	m->job = job->job;
	m->done = done;
	m->context = context;
	m->parts_left = m->parts;
	m->give_up = mono_add_ms(clock_mono(), s->timeout_ms);
	write_number(s, job->to, m->to);
	while (*end != NULL)
		end = &(*end)->next;
	*end = m;
	s->messages++;
	return 0;
}

static void on_send(struct sms_provider *p, const struct uplink_sms *job, void (*done)(const struct sms_outcome *o, void *context),
                    void *context)
{
	struct smpp *s = (struct smpp *)p;
	struct sms_outcome o = { .fate = SMS_NOT_TAKEN };
	int e;

	/* Another provider is better than a link that is not there. */
	if (!smpp_link_is_bound(s->link) && !smpp_link_is_coming(s->link)) {
		snprintf(o.detail, sizeof(o.detail), "no link to the centre");
	} else if (s->messages >= MESSAGES_MAX) {
		snprintf(o.detail, sizeof(o.detail), "too much is waiting already");
	} else if ((e = take(s, job, done, context)) == 0) {
		pump(s);
		return;
	} else {
		o.fate = e == ERR_NOMEM ? SMS_NOT_TAKEN : SMS_REFUSED;
		snprintf(o.detail, sizeof(o.detail), "%s", e == ERR_NOMEM ? "out of memory" :
		         e == ERR_TOO_LONG ? "the text is too long" : "the text has a character that the provider's encoding has not");
	}
	meters_smpp(s->up.meters, o.fate);
	done(&o, context);
}

static void on_free(struct sms_provider *p)
{
	struct smpp *s = (struct smpp *)p;
	struct message *m;

	if (smpp_link_is_bound(s->link))
		on_down(s);
	if (s->receiver != NULL && smpp_link_is_bound(s->receiver))
		on_receiver_down(s);
	while ((m = s->first) != NULL)
		finish(s, m, SMS_NOT_TAKEN, "uplinkd ends");
	smpp_link_free(&s->link);
	smpp_link_free(&s->receiver);
	charset_free(&s->set);
	secret_wipe(s->password, sizeof(s->password));
	free(s);
}

/* ---- set-up ---- */

static const struct conf_node *member_or(const struct conf_node *at, const char *member)
{
	const struct conf_node *n = conf_find(at, member);

	return n != NULL ? n : at;
}

static int read_address(const struct conf_node *at, struct smpp_link_setup *l, char why[CONF_WHY_SIZE])
{
	const char *host = conf_member_string(at, LIST, "host");
	uint16_t port = htons((uint16_t)conf_member_int(at, LIST, "port"));
	struct sockaddr_in *four = (struct sockaddr_in *)&l->address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&l->address;

	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = port;
		l->address_len = sizeof(*four);
	} else if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = port;
		l->address_len = sizeof(*six);
	} else {
		return conf_fault(member_or(at, "host"), why, "\"%s\" is no IP address (a name is not looked up)", host);
	}
	return 0;
}

static int read_account(struct smpp *s, const struct conf_node *at, char why[CONF_WHY_SIZE])
{
	const char *file = conf_member_string(at, LIST, "secret_file");

	s->system_id = conf_member_string(at, LIST, "user");
	s->system_type = conf_member_string(at, LIST, "system_type");
	if (s->system_id[0] == '\0' || strlen(s->system_id) > 15)
		return conf_fault(member_or(at, "user"), why, "kind smpp needs a user (system_id) of 1 to 15 characters");
	if (file[0] != '\0' && (http_secret_read(file, s->password, sizeof(s->password)) < 0 || strlen(s->password) > 8))
		return conf_fault(member_or(at, "secret_file"), why, "%s cannot be read as one line of at most 8 ASCII characters", file);
	return 0;
}

static int read_text(struct smpp *s, const struct conf_node *at, char why[CONF_WHY_SIZE])
{
	int64_t coding = conf_member_int(at, LIST, "data_coding");
	const char *from = conf_member_string(at, LIST, "from");

	if (charset_parse(conf_member_string(at, LIST, "encoding"), &s->encoding) < 0 ||
	    smpp_id_form_parse(conf_member_string(at, LIST, "receipt_id"), &s->id_form) < 0)
		return conf_fault(at, why, "encoding or receipt_id is not known");
	if (from[0] == '\0' || strlen(from) > 20)
		return conf_fault(member_or(at, "from"), why, "kind smpp needs the registered sender number, at most 20 characters");
	if (charset_new(s->encoding, &s->set) < 0)
		return conf_fault(member_or(at, "encoding"), why, "this machine has no table of it (glibc's gconv module UHC), or no memory");
	s->data_coding = (uint8_t)(coding >= 0 ? coding : s->encoding == CHARSET_UNICODE ? CODING_UCS2 : CODING_KS_C_5601);
	s->payload = strcmp(conf_member_string(at, LIST, "long_by"), "payload") == 0;
	s->international = strcmp(conf_member_string(at, LIST, "numbers"), "international") == 0;
	s->part_octets = (size_t)conf_member_int(at, LIST, "part_octets");
	s->window = (int)conf_member_int(at, LIST, "window");
	s->timeout_ms = conf_member_int(at, LIST, "timeout_ms");
	s->answer_ms = conf_member_int(at, LIST, "answer_ms");
	write_number(s, from, s->source);
	s->from = (struct smpp_address){ s->source, (uint8_t)conf_member_int(at, LIST, "from_ton"), (uint8_t)conf_member_int(at, LIST, "from_npi") };
	s->to_ton = s->international ? TON_INTERNATIONAL : (uint8_t)conf_member_int(at, LIST, "to_ton");
	s->to_npi = (uint8_t)conf_member_int(at, LIST, "to_npi");
	return 0;
}

/* bind: "transceiver", "pair" (a transmitter and a receiver) or "transmitter". */
static int open_links(struct smpp *s, struct loop *l, struct smpp_link_setup *setup, const char *bind)
{
	const struct smpp_link_handlers on = { on_up, on_down, on_pdu, on_tick, s },
	                                receiver = { on_receiver_up, on_receiver_down, on_receiver_pdu, on_receiver_tick, s };
	bool pair = strcmp(bind, "pair") == 0;
	int e;

	s->no_receipts = strcmp(bind, "transmitter") == 0;
	setup->bind = pair || s->no_receipts ? SMPP_BIND_TRANSMITTER : SMPP_BIND_TRANSCEIVER;
	e = smpp_link_new(l, setup, &on, &s->link);
	if (e < 0 || !pair)
		return e;
	setup->bind = SMPP_BIND_RECEIVER;
	return smpp_link_new(l, setup, &receiver, &s->receiver);
}

int sms_smpp_new(struct loop *l, const struct sms_upward *up, const struct conf_node *at, struct sms_provider **p,
                 char why[CONF_WHY_SIZE])
{
	static const struct sms_provider_kind kind = { on_send, on_free, on_receipt_taken };
	struct smpp *s = calloc(1, sizeof(*s));
	struct smpp_link_setup link = {
		.enquire_ms = conf_member_int(at, LIST, "enquire_ms"), .answer_ms = conf_member_int(at, LIST, "answer_ms"),
		.retry_most_ms = conf_member_int(at, LIST, "retry_most_ms"),
	};
	int e = s != NULL ? 0 : conf_fault(at, why, "out of memory");

	if (e < 0)
		return e;
	s->base = (struct sms_provider){ &kind, conf_member_string(at, LIST, "name") };
	s->up = *up;
	e = read_address(at, &link, why);
	if (e == 0)
		e = read_account(s, at, why);
	if (e == 0)
		e = read_text(s, at, why);
	link.name = s->base.name;
	link.system_id = s->system_id;
	link.password = s->password;
	link.system_type = s->system_type;
	if (e == 0 && open_links(s, l, &link, conf_member_string(at, LIST, "bind")) < 0)
		e = conf_fault(at, why, "out of memory");
	if (e < 0) {
		smpp_link_free(&s->link);
		charset_free(&s->set);
		free(s);
		return e;
	}
	*p = &s->base;
	return 0;
}
