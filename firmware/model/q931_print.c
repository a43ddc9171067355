/* q931_print.c: a D-channel frame in words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/attr.h"
#include "model/q931_priv.h"

struct word { int value; const char *text; };

struct text { char *buf; size_t len; };

static void put(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void put(struct text *t, const char *fmt, ...)
{
	size_t room = Q931_TEXT_SIZE - t->len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->buf + t->len, room, fmt, args);
	va_end(args);
	t->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static const char *word(const struct word *words, size_t count, int value)
{
	for (size_t i = 0; i < count; i++)
		if (words[i].value == value)
			return words[i].text;
	return "";
}
#define WORD(words, value) word(words, ARRAY_LEN(words), value)

/* The word, or the number where there is none. */
static void put_word(struct text *t, const char *known, int value)
{
	if (known[0] != '\0')
		put(t, "%s", known);
	else
		put(t, "%d", value);
}

const char *q931_cause_word(int cause)
{
	static const struct word words[] = {   /* Q.850 table 1 */
		{ 1, "unallocated number" }, { 2, "no route to network" }, { 3, "no route to destination" }, { 6, "channel unacceptable" },
		{ 16, "normal call clearing" }, { 17, "user busy" }, { 18, "no user responding" }, { 19, "no answer" },
		{ 20, "subscriber absent" }, { 21, "call rejected" }, { 22, "number changed" }, { 26, "non-selected user clearing" },
		{ 27, "destination out of order" }, { 28, "invalid number format" }, { 29, "facility rejected" },
		{ 30, "response to STATUS ENQUIRY" }, { 31, "normal, unspecified" }, { 34, "no channel available" },
		{ 38, "network out of order" }, { 41, "temporary failure" }, { 42, "switching equipment congestion" },
		{ 43, "access information discarded" }, { 44, "requested channel not available" }, { 47, "resource unavailable" },
		{ 50, "facility not subscribed" }, { 57, "bearer capability not authorised" }, { 58, "bearer capability not available" },
		{ 63, "service not available" }, { 65, "bearer capability not implemented" }, { 66, "channel type not implemented" },
		{ 69, "facility not implemented" }, { 81, "invalid call reference" }, { 82, "channel does not exist" },
		{ 88, "incompatible destination" }, { 95, "invalid message" }, { 96, "mandatory element missing" },
		{ 97, "message type not implemented" }, { 98, "message not compatible with state" }, { 99, "element not implemented" },
		{ 100, "invalid element contents" }, { 101, "message not compatible with state" }, { 102, "recovery on timer" },
		{ 111, "protocol error" }, { 127, "interworking" },
	};

	return WORD(words, cause);
}

static const char *message_word(const struct q931_head *h)
{
	static const struct word words[] = {
		{ 0x01, "ALERTING" }, { 0x02, "CALL PROCEEDING" }, { 0x03, "PROGRESS" }, { 0x05, "SETUP" }, { 0x07, "CONNECT" },
		{ 0x0d, "SETUP ACKNOWLEDGE" }, { 0x0f, "CONNECT ACKNOWLEDGE" }, { 0x20, "USER INFORMATION" }, { 0x21, "SUSPEND REJECT" },
		{ 0x22, "RESUME REJECT" }, { 0x24, "HOLD" }, { 0x25, "SUSPEND" }, { 0x26, "RESUME" }, { 0x28, "HOLD ACKNOWLEDGE" },
		{ 0x2d, "SUSPEND ACKNOWLEDGE" }, { 0x2e, "RESUME ACKNOWLEDGE" }, { 0x30, "HOLD REJECT" }, { 0x31, "RETRIEVE" },
		{ 0x33, "RETRIEVE ACKNOWLEDGE" }, { 0x37, "RETRIEVE REJECT" }, { 0x45, "DISCONNECT" }, { 0x46, "RESTART" },
		{ 0x4d, "RELEASE" }, { 0x4e, "RESTART ACKNOWLEDGE" }, { 0x5a, "RELEASE COMPLETE" }, { 0x60, "SEGMENT" },
		{ 0x62, "FACILITY" }, { 0x64, "REGISTER" }, { 0x6e, "NOTIFY" }, { 0x75, "STATUS ENQUIRY" },
		{ 0x79, "CONGESTION CONTROL" }, { 0x7b, "INFORMATION" }, { 0x7d, "STATUS" },
	};

	/* AT&T's SERVICE is the national SERVICE ACKNOWLEDGE, and the other way round: the discriminator tells, not the type. */
	if (h->is_service)
		return h->type == 0x07 || h->type == 0x0f ? "SERVICE" : "";
	return WORD(words, h->type);
}

/* ---- elements ---- */

static void print_bearer(struct text *t, const uint8_t *v, size_t len)
{
	static const struct word capability[] = { { 0x00, "speech" }, { 0x08, "unrestricted digital" }, { 0x10, "3.1 kHz audio" } };
	static const struct word layer1[] = { { 0x22, "mu-law" }, { 0x23, "A-law" }, { 0x21, "V.110" } };
	size_t last = len > 0 ? len - 1 : 0;

	put_word(t, WORD(capability, v[0] & 0x1f), v[0] & 0x1f);
	if (len > 1)
		put(t, ", %s", (v[1] & 0x7f) == 0x10 ? "64 kbit/s" : "another rate");
	if (last > 1) {
		put(t, ", ");
		put_word(t, WORD(layer1, v[2] & 0x7f), v[2] & 0x7f);
	}
}

static void print_location(struct text *t, int location)
{
	static const struct word words[] = {
		{ 0, "user" }, { 1, "private network, local user" }, { 2, "public network, local user" }, { 3, "transit network" },
		{ 4, "public network, remote user" }, { 5, "private network, remote user" }, { 7, "international network" },
		{ 10, "beyond interworking" },
	};

	put_word(t, WORD(words, location), location);
}

/* The octet after an extension octet: Q.931 4.5.12 octet 3a may stand between. */
static size_t second(const uint8_t *v, size_t len)
{
	return len > 0 && (v[0] & 0x80) == 0 ? 2 : 1;
}

static void print_cause(struct text *t, const uint8_t *v, size_t len)
{
	size_t at = second(v, len);

	if (at >= len) {
		put(t, "?");
		return;
	}
	put(t, "%d %s (", v[at] & 0x7f, q931_cause_word(v[at] & 0x7f));
	print_location(t, v[0] & 0x0f);
	put(t, ")");
}

static void print_channel(struct text *t, const uint8_t *v, size_t len)
{
	size_t at = 1;

	if (v[0] & 0x40) {                             /* octet 3.1 */
		put(t, "interface %d, ", len > 1 ? v[1] & 0x7f : -1);
		while (at < len && (v[at] & 0x80) == 0)
			at++;
		at++;
	}
	if ((v[0] & 0x03) == 1 && at + 1 < len) {
		for (at++; at < len; at++) {
			put(t, "%d%s", v[at] & 0x7f, v[at] & 0x80 ? "" : " ");
			if (v[at] & 0x80)
				break;
		}
	} else {
		put(t, "%s", (v[0] & 0x03) == 0 ? "none" : (v[0] & 0x03) == 3 ? "any" : "the whole interface");
	}
	put(t, ", %s", v[0] & 0x08 ? "exclusive" : "preferred");
}

static void print_progress(struct text *t, const uint8_t *v, size_t len)
{
	static const struct word words[] = {
		{ 1, "not end to end ISDN" }, { 2, "destination is not ISDN" }, { 3, "origin is not ISDN" }, { 4, "returned to ISDN" },
		{ 8, "in-band information" },
	};
	size_t at = second(v, len);

	if (at < len)
		put_word(t, WORD(words, v[at] & 0x7f), v[at] & 0x7f);
	put(t, " (");
	print_location(t, v[0] & 0x0f);
	put(t, ")");
}

static void print_number(struct text *t, const struct q931_elements *e)
{
	static const struct word types[] = {
		{ 0, "unknown" }, { 1, "international" }, { 2, "national" }, { 3, "network specific" }, { 4, "subscriber" }, { 6, "abbreviated" },
	};
	static const struct word screenings[] = {
		{ 0, "user, not screened" }, { 1, "user, passed" }, { 2, "user, failed" }, { 3, "network" },
	};
	static const char *const presentations[] = { "allowed", "restricted", "not available", "reserved" };
	size_t from;

	if (!element_digits(e, &from)) {
		put(t, "?");
		return;
	}
	for (size_t i = from; i < e->value_len; i++)
		put(t, "%c", strchr("0123456789*#", e->value[i]) != NULL && e->value[i] != 0 ? e->value[i] : '?');
	put(t, "%s(", e->value_len > from ? " " : "");
	put_word(t, WORD(types, e->value[0] >> 4 & 7), e->value[0] >> 4 & 7);
	if (from > 1) {
		put(t, ", %s, ", presentations[e->value[1] >> 5 & 3]);
		put_word(t, WORD(screenings, e->value[1] & 3), e->value[1] & 3);
	}
	put(t, ")");
	if (from > 2) {
		static const struct word reasons[] = { { 1, "busy" }, { 2, "no reply" }, { 15, "unconditional" } };

		put(t, ", ");
		put_word(t, WORD(reasons, e->value[2] & 0x0f), e->value[2] & 0x0f);
	}
}

static void print_call_state(struct text *t, const uint8_t *v)
{
	static const struct word words[] = {
		{ 0, "null" }, { 1, "call initiated" }, { 2, "overlap sending" }, { 3, "outgoing call proceeding" }, { 4, "call delivered" },
		{ 6, "call present" }, { 7, "call received" }, { 8, "connect request" }, { 9, "incoming call proceeding" }, { 10, "active" },
		{ 11, "disconnect request" }, { 12, "disconnect indication" }, { 19, "release request" }, { 25, "overlap receiving" },
	};

	put_word(t, WORD(words, v[0] & 0x3f), v[0] & 0x3f);
}

static void print_octets(struct text *t, const uint8_t *v, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(t, "%s%02x", i > 0 ? " " : "", v[i]);
}

static void print_value(struct text *t, const struct q931_elements *e)
{
	static const struct word restarts[] = { { 0, "indicated channels" }, { 6, "single interface" }, { 7, "all interfaces" } };
	static const struct word statuses[] = { { 0, "in service" }, { 1, "maintenance" }, { 2, "out of service" } };
	const uint8_t *v = e->value;

	if (e->value_len == 0) {
		put(t, "(not kept)");
		return;
	}
	switch (e->id) {
	case IE_BEARER: print_bearer(t, v, e->value_len); break;
	case IE_CAUSE: print_cause(t, v, e->value_len); break;
	case IE_CHANNEL: print_channel(t, v, e->value_len); break;
	case IE_PROGRESS: print_progress(t, v, e->value_len); break;
	case IE_CALL_STATE: print_call_state(t, v); break;
	case IE_RESTART: put_word(t, WORD(restarts, v[0] & 7), v[0] & 7); break;
	case IE_CHANGE_STATUS: put_word(t, WORD(statuses, v[0] & 0x0f), v[0] & 0x0f); break;
	case IE_CALLED: case IE_CALLING: case IE_REDIRECTING: case IE_CONNECTED: print_number(t, e); break;
	default: print_octets(t, v, e->value_len); break;
	}
}

static void print_element(struct text *t, const struct q931_elements *e)
{
	static const struct word names[] = {
		{ IE_CHANGE_STATUS, "change status" }, { IE_BEARER, "bearer capability" }, { IE_CAUSE, "cause" }, { IE_CALL_STATE, "call state" },
		{ IE_CHANNEL, "channel" }, { IE_FACILITY, "facility" }, { IE_PROGRESS, "progress" }, { IE_NETWORK_FACILITIES, "network facilities" },
		{ IE_NOTIFICATION, "notification" }, { IE_DISPLAY, "display" }, { IE_DATE, "date" }, { IE_KEYPAD, "keypad" },
		{ IE_CONNECTED, "connected number" }, { IE_CALLING, "calling number" }, { IE_CALLED, "called number" },
		{ IE_REDIRECTING, "redirecting number" }, { IE_RESTART, "restart" }, { IE_LOW_LAYER, "low layer" },
		{ IE_HIGH_LAYER, "high layer" }, { IE_USER_USER, "user-user" },
	};

	put(t, "\n    ");
	if (e->single && e->codeset == 0 && e->id == IE_SENDING_COMPLETE) {
		put(t, "sending complete");
	} else if (e->single) {
		put(t, "element 0x%02x", e->id);
	} else if (e->codeset != 0 || WORD(names, e->id)[0] == '\0') {
		put(t, "element 0x%02x of codeset %d: ", e->id, e->codeset);
		print_octets(t, e->value, e->value_len);
	} else {
		put(t, "%s: ", WORD(names, e->id));
		print_value(t, e);
	}
}

/* ---- frames ---- */

static void print_layer2(struct text *t, const uint8_t *frame, size_t len)
{
	/* Q.921 table 5, without the P/F bit. */
	static const struct word words[] = { { 0x6f, "SABME" }, { 0x0f, "DM" }, { 0x03, "UI" }, { 0x43, "DISC" }, { 0x63, "UA" }, { 0x87, "FRMR" },
	                                     { 0xaf, "XID" } };
	static const char *const supervisory[] = { "RR", "RNR", "REJ", "?" };

	if (len < 3)
		put(t, "a frame of %zu octets", len);
	else if ((frame[2] & 1) == 0)
		put(t, "I frame without a message");
	else if ((frame[2] & 3) == 1)
		put(t, "%s", supervisory[frame[2] >> 2 & 3]);
	else
		put(t, "%s", WORD(words, frame[2] & 0xef)[0] != '\0' ? WORD(words, frame[2] & 0xef) : "unnumbered frame");
}

const char *q931_print(const uint8_t *frame, size_t len, char text[Q931_TEXT_SIZE])
{
	struct text t = { text, 0 };
	struct q931_head h;
	struct q931_elements e;

	text[0] = '\0';
	q931_read_head(frame, len, &h);
	if (!h.is_message) {
		print_layer2(&t, frame, len);
		return text;
	}
	if (message_word(&h)[0] != '\0')
		put(&t, "%s", message_word(&h));
	else
		put(&t, "message 0x%02x", h.type);
	put(&t, "\n    reference: %u, %s", h.reference, h.to_origin ? "to the side that called" : "from the side that called");
	elements_begin(&e, frame, len);
	while (elements_next(&e))
		print_element(&t, &e);
	if (e.broken)
		put(&t, "\n    the rest is broken");
	return text;
}
