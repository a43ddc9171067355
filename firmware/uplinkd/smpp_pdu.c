#include "uplinkd/smpp_pdu.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <libsmpp34/smpp34.h>
#include <libsmpp34/smpp34_structs.h>
#include <libsmpp34/smpp34_params.h>

enum { INTERFACE_VERSION = 0x34, MESSAGE_STATE_NONE = -1 };

/* ---- reading: every length against what is left ---- */

struct reader { const uint8_t *at; size_t left; bool bad; };

static uint32_t number(struct reader *r, size_t octets)
{
	uint32_t n = 0;

	if (octets > r->left) {
		r->bad = true;
		return 0;
	}
	for (size_t i = 0; i < octets; i++)
		n = n << 8 | r->at[i];
	r->at += octets;
	r->left -= octets;
	return n;
}

static const uint8_t *octets(struct reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (len > r->left) {
		r->bad = true;
		return NULL;
	}
	r->at += len;
	r->left -= len;
	return at;
}

/* A C-Octet string with its NUL. */
static void string(struct reader *r, char *out, size_t size)
{
	const uint8_t *end = r->left > 0 ? memchr(r->at, 0, r->left) : NULL;
	size_t len = end != NULL ? (size_t)(end - r->at) : size;

	if (len >= size) {
		r->bad = true;
		out[0] = '\0';
		return;
	}
	memcpy(out, r->at, len + 1);
	r->at += len + 1;
	r->left -= len + 1;
}

int smpp_read_head(const uint8_t *buf, size_t len, struct smpp_head *head)
{
	struct reader r = { buf, len, false };
	struct smpp_head h;

	if (len < 4)
		return ERR_AGAIN;
	h.length = number(&r, 4);
	if (h.length < SMPP_HEAD_SIZE || h.length > SMPP_PDU_MAX)
		return ERR_INVALID;
	if (len < h.length)
		return ERR_AGAIN;
	h.command = number(&r, 4);
	h.status = number(&r, 4);
	h.sequence = number(&r, 4);
	*head = h;
	return 0;
}

int smpp_read_message_id(const uint8_t *pdu, size_t len, char id[SMPP_ID_SIZE])
{
	struct reader r = { pdu + SMPP_HEAD_SIZE, len - SMPP_HEAD_SIZE, false };
	char found[SMPP_ID_SIZE] = "";

	/* There are centres that leave an empty id out altogether. */
	if (r.left > 0)
		string(&r, found, sizeof(found));
	if (r.bad)
		return ERR_INVALID;
	memcpy(id, found, sizeof(found));
	return 0;
}

/* 5.3.2: any number of them, in any order; those we have no use for are passed over. */
static void read_optional(struct reader *r, struct smpp_delivery *d)
{
	while (r->left > 0 && !r->bad) {
		uint32_t tag = number(r, 2), len = number(r, 2);
		const uint8_t *value = octets(r, len);

		if (value == NULL)
			return;
		if (tag == TLVID_receipted_message_id) {
			struct reader id = { value, len, false };

			/* With a NUL or without: both are met. */
			if (len > 0 && len < SMPP_ID_SIZE && memchr(value, 0, len) == NULL)
				snprintf(d->receipted_id, sizeof(d->receipted_id), "%.*s", (int)len, (const char *)value);
			else
				string(&id, d->receipted_id, sizeof(d->receipted_id));
			r->bad |= id.bad;
		} else if (tag == TLVID_message_state && len == 1) {
			d->message_state = value[0];
		} else if (tag == TLVID_message_payload && d->len == 0) {
			d->text = value;
			d->len = len;
		}
	}
}

/* 4.6.1, behind esm_class */
static void read_deliver(struct reader *r, struct smpp_delivery *d)
{
	char word[17];

	number(r, 2);                     /* protocol_id, priority_flag */
	string(r, word, 17);              /* schedule_delivery_time */
	string(r, word, 17);              /* validity_period */
	number(r, 2);                     /* registered_delivery, replace_if_present_flag */
	d->data_coding = (uint8_t)number(r, 1);
	number(r, 1);                     /* sm_default_msg_id */
	d->len = number(r, 1);
	d->text = octets(r, d->len);
}

/* 4.7.1, behind esm_class: what is said is in the optional parameters. */
static void read_data(struct reader *r, struct smpp_delivery *d)
{
	number(r, 1);                     /* registered_delivery */
	d->data_coding = (uint8_t)number(r, 1);
}

int smpp_read_delivery(const uint8_t *pdu, size_t len, struct smpp_delivery *d)
{
	struct reader command = { pdu + sizeof(uint32_t), sizeof(uint32_t), false };
	struct reader r = { pdu + SMPP_HEAD_SIZE, len - SMPP_HEAD_SIZE, false };
	struct smpp_delivery made = { .message_state = MESSAGE_STATE_NONE };
	bool data = number(&command, 4) == SMPP_DATA_SM;
	size_t address_size = data ? 65 : 21;
	char word[6];

	string(&r, word, 6);              /* service_type */
	number(&r, 2);                    /* source_addr_ton, _npi */
	string(&r, made.source, address_size);
	number(&r, 2);
	string(&r, made.destination, address_size);
	made.esm_class = (uint8_t)number(&r, 1);
	if (data)
		read_data(&r, &made);
	else
		read_deliver(&r, &made);
	if (!r.bad)
		read_optional(&r, &made);
	if (r.bad)
		return ERR_INVALID;
	*d = made;
	return 0;
}

/* ---- writing ---- */

static int pack(uint8_t *out, size_t size, void *pdu)
{
	int len = 0;

	/* The library wants one octet more than it writes. */
	return smpp34_pack2(out, (int)size, &len, pdu) == 0 ? len : ERR_TOO_LONG;
}

static void set_command(uint8_t *pdu, uint32_t command)
{
	command = htonl(command);
	memcpy(pdu + sizeof(uint32_t), &command, sizeof(command));
}

/* The library would cut a string that is too long, and send it. */
static bool fits(uint8_t *field, size_t size, const char *text)
{
	if (strlen(text) >= size)
		return false;
	memcpy(field, text, strlen(text) + 1);
	return true;
}

int smpp_write_bind(uint8_t *out, size_t size, enum smpp_command as, uint32_t sequence, const char *system_id, const char *password,
                    const char *system_type)
{
	bind_transceiver_t b = { .command_id = BIND_TRANSCEIVER, .sequence_number = sequence, .interface_version = INTERFACE_VERSION };
	int n;

	if (!fits(b.system_id, sizeof(b.system_id), system_id) || !fits(b.password, sizeof(b.password), password) ||
	    !fits(b.system_type, sizeof(b.system_type), system_type))
		return ERR_TOO_LONG;
	/* The three differ in nothing but their number: 4.1.1, 4.1.3, 4.1.5. */
	n = pack(out, size, &b);
	if (n > 0)
		set_command(out, (uint32_t)as);
	return n;
}

/* Behind what is packed, with the length at the head put right. */
static int append_payload(uint8_t *out, size_t size, int used, const struct smpp_submit *s)
{
	const uint8_t head[4] = { TLVID_message_payload >> 8, TLVID_message_payload & 0xff, (uint8_t)(s->len >> 8), (uint8_t)s->len };
	uint32_t total;

	if (s->len > SMPP_PAYLOAD_MAX || (size_t)used + sizeof(head) + s->len > size)
		return ERR_TOO_LONG;
	memcpy(out + used, head, sizeof(head));
	memcpy(out + used + sizeof(head), s->text, s->len);
	used += (int)(sizeof(head) + s->len);
	total = htonl((uint32_t)used);
	memcpy(out, &total, sizeof(total));
	return used;
}

int smpp_write_submit(uint8_t *out, size_t size, uint32_t sequence, const struct smpp_submit *s)
{
	submit_sm_t m = {
		.command_id = SUBMIT_SM, .sequence_number = sequence, .source_addr_ton = s->source.ton, .source_addr_npi = s->source.npi,
		.dest_addr_ton = s->destination.ton, .dest_addr_npi = s->destination.npi, .esm_class = s->esm_class,
		.registered_delivery = s->receipt ? SMPP34_DELIVERY_RECEIPT_ON : SMPP34_DELIVERY_RECEIPT_OFF,
		.data_coding = s->data_coding,
	};
	int used;

	if (!fits(m.source_addr, sizeof(m.source_addr), s->source.digits) ||
	    !fits(m.destination_addr, sizeof(m.destination_addr), s->destination.digits))
		return ERR_TOO_LONG;
	if (!s->payload) {
		if (s->len > SMPP_SHORT_MAX)
			return ERR_TOO_LONG;
		m.sm_length = (uint8_t)s->len;
		memcpy(m.short_message, s->text, s->len);
	}
	used = pack(out, size, &m);
	return used < 0 || !s->payload ? used : append_payload(out, size, used, s);
}

int smpp_write_delivery_answer(uint8_t *out, size_t size, uint32_t command, uint32_t sequence, uint32_t status)
{
	deliver_sm_resp_t a = { .command_id = DELIVER_SM_RESP, .command_status = status, .sequence_number = sequence };
	int n = pack(out, size, &a);

	/* The two are the same but for their number: 4.6.2, 4.7.2. */
	if (n > 0)
		set_command(out, command | SMPP_RESP);
	return n;
}

int smpp_write_head(uint8_t *out, size_t size, enum smpp_command command, uint32_t status, uint32_t sequence)
{
	generic_nack_t h = { .command_id = command, .command_status = status, .sequence_number = sequence };

	return pack(out, size, &h);
}
