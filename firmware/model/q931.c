/* q931.c: the frame's parts, what is taken out and what is masked. q931_print.c has the words. */
#include "model/q931.h"

#include <string.h>

#include "model/q931_priv.h"

enum {
	CONTROL = 2, INFORMATION_FIELD = 4,       /* Q.921 2.1: address 2 octets, control 2 in an I frame */
	PD_Q931 = 0x08, PD_ATT = 0x03, PD_NATIONAL = 0x43,
	REFERENCE_MOST = 2,                       /* octets: Q.931 4.3 on a primary rate */
	SHOWN_HEAD = 3, SHOWN_TAIL = 4,
};

static bool is_i_frame(const uint8_t *frame, size_t len)
{
	return len > CONTROL && (frame[CONTROL] & 1) == 0;
}

/* Where the message type stands; 0: this is no message. */
static size_t type_at(const uint8_t *frame, size_t len)
{
	size_t reference_len, at;

	if (!is_i_frame(frame, len) || len < INFORMATION_FIELD + 3)
		return 0;
	if (frame[INFORMATION_FIELD] != PD_Q931 && frame[INFORMATION_FIELD] != PD_ATT && frame[INFORMATION_FIELD] != PD_NATIONAL)
		return 0;
	reference_len = frame[INFORMATION_FIELD + 1] & 0x0f;
	at = INFORMATION_FIELD + 2 + reference_len;
	return reference_len > REFERENCE_MOST || at >= len ? 0 : at;
}

void q931_read_head(const uint8_t *frame, size_t len, struct q931_head *h)
{
	size_t at = type_at(frame, len);
	const uint8_t *reference = frame + INFORMATION_FIELD + 2;

	*h = (struct q931_head){ .is_message = at != 0 };
	if (at == 0)
		return;
	h->is_service = frame[INFORMATION_FIELD] != PD_Q931;
	h->type = frame[at];
	for (; reference < frame + at; reference++)
		h->reference = (uint16_t)(h->reference << 8 | *reference);
	h->to_origin = at > INFORMATION_FIELD + 2 && (frame[INFORMATION_FIELD + 2] & 0x80) != 0;
	h->reference &= at == INFORMATION_FIELD + 3 ? 0x7f : 0x7fff;
}

void elements_begin(struct q931_elements *e, const uint8_t *frame, size_t len)
{
	size_t at = type_at(frame, len);

	*e = (struct q931_elements){ .frame = frame, .len = len, .next = at == 0 ? len : at + 1 };
}

/* Q.931 4.5.1: identifiers with bit 8 are one octet, 0x90 to 0x9f shift the codeset: bit 4 set for one element only. */
bool elements_next(struct q931_elements *e)
{
	bool once = e->once;

	if (e->next >= e->len)
		return false;
	e->at = e->next;
	e->id = e->frame[e->at];
	e->single = (e->id & 0x80) != 0;
	e->codeset = once ? e->codeset_once : e->codeset_locked;
	e->once = false;
	if (e->single) {
		e->value_len = 0;
		e->next = e->at + 1;
		if ((e->id & 0xf8) == 0x90)
			e->codeset_locked = e->id & 7;
		if ((e->id & 0xf8) == 0x98) {
			e->codeset_once = e->id & 7;
			e->once = true;
		}
		return true;
	}
	if (e->at + 2 > e->len || e->at + 2 + e->frame[e->at + 1] > e->len) {
		e->broken = true;
		e->next = e->len;
		return false;
	}
	e->value_len = e->frame[e->at + 1];
	e->value = e->frame + e->at + 2;
	e->next = e->at + 2 + e->value_len;
	return true;
}

/* ---- what is kept ---- */

static bool is_kept(const struct q931_elements *e, const struct q931_head *h, bool dialling)
{
	static const uint8_t kept[] = {
		IE_BEARER, IE_CAUSE, IE_CALL_STATE, IE_CHANNEL, IE_PROGRESS, IE_NOTIFICATION, IE_DATE, IE_CONNECTED, IE_CALLING,
		IE_REDIRECTING, IE_RESTART, IE_LOW_LAYER, IE_HIGH_LAYER,
	};

	if (e->single)
		return true;
	if (e->codeset != 0)
		return false;
	if (h->type == Q931_INFORMATION && !h->is_service)           /* the one message that a caller's keys go into */
		return e->id == IE_CALLED && dialling;
	if (e->id == IE_CALLED)
		return h->type == Q931_SETUP && !h->is_service;
	if (e->id == IE_CHANGE_STATUS)
		return h->is_service;
	/* Diagnostics may repeat an element of the message that is complained of. */
	if (e->id == IE_CAUSE)
		return e->value_len <= 3;
	return memchr(kept, e->id, sizeof(kept)) != NULL;
}

size_t q931_scrub(uint8_t *frame, size_t len, bool dialling)
{
	struct q931_head h;
	struct q931_elements e;
	size_t put;

	q931_read_head(frame, len, &h);
	if (!h.is_message)
		return is_i_frame(frame, len) ? (len < INFORMATION_FIELD ? len : INFORMATION_FIELD) : len > CONTROL + 1 ? CONTROL + 1 : len;
	elements_begin(&e, frame, len);
	put = e.next;
	while (elements_next(&e)) {
		size_t size = e.next - e.at;

		/* Elements only move towards the front, so those to come are still as they were. */
		if (is_kept(&e, &h, dialling)) {
			memmove(frame + put, frame + e.at, size);
			put += size;
		} else {
			frame[put++] = e.id;
			frame[put++] = 0;
		}
	}
	return put;
}

/* ---- masking ---- */

bool element_digits(const struct q931_elements *e, size_t *from)
{
	size_t at = 0;

	if (e->single || e->codeset != 0 || (e->id != IE_CALLED && e->id != IE_CALLING && e->id != IE_REDIRECTING && e->id != IE_CONNECTED))
		return false;
	while (at < e->value_len && (e->value[at] & 0x80) == 0)      /* octets 3, 3a, 3b: the last has bit 8 */
		at++;
	*from = at + 1;
	return at + 1 <= e->value_len;
}

void q931_mask(uint8_t *frame, size_t len)
{
	struct q931_elements e;
	size_t from;

	elements_begin(&e, frame, len);
	while (elements_next(&e)) {
		uint8_t *digits = frame + e.at + 2;
		size_t count, head = SHOWN_HEAD, tail = SHOWN_TAIL;

		if (!element_digits(&e, &from)) {
			if (!e.single && (e.id == IE_CALLED || e.id == IE_CALLING || e.id == IE_REDIRECTING || e.id == IE_CONNECTED))
				memset(digits, '*', e.value_len);            /* it has no end of its header: all of it may be digits */
			continue;
		}
		count = e.value_len - from;
		if (count < SHOWN_HEAD + SHOWN_TAIL + 3) {
			head = 0;
			tail = count / 2 < SHOWN_TAIL ? count / 2 : SHOWN_TAIL;
		}
		memset(digits + from + head, '*', count - head - tail);
	}
}
