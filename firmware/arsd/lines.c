#include "arsd/lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/admin_priv.h"
#include "arsd/analog.h"
#include "arsd/render.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "model/q931.h"

enum { READERS = 4, READER_MS = 15000, FRAMES_MAX = 2048, MINUTES_MAX = 1440, CHANNEL_MAX = 31 };

/* Who waits for a trace. number 0: nobody. */
struct reader { uint64_t number; struct asker who; struct mono since; bool numbers; json_t *answer; };

static struct reader readers[READERS];
static uint64_t last_number;
static struct { bool used; struct callctl_span_pri pri; } kept[SPANS_MAX];
static bool locked[SPANS_MAX];

/* ---- what trunkd tells ---- */

static bool is_span(unsigned span) { return span >= 1 && span <= SPANS_MAX; }

void lines_keep(struct arsd *a UNUSED, const struct callctl_span_pri *m)
{
	if (!is_span(m->span))
		return;
	if (!kept[m->span - 1].used && m->service != CALLCTL_IN_SERVICE)
		locked[m->span - 1] = true;           /* we are new, it is not */
	kept[m->span - 1].used = true;
	kept[m->span - 1].pri = *m;
}

static bool send_lock(struct arsd *a, unsigned span)
{
	static struct callctl_msg m;

	memset(&m, 0, sizeof(m));
	m.type = callctl_type_lock;
	m.u.lock = (struct callctl_lock){ .span = (uint16_t)span, .on = locked[span - 1] };
	return a->ports.callctl(a->ports.context, &m);
}

void lines_trunkd_up(struct arsd *a)
{
	for (unsigned span = 1; span <= SPANS_MAX; span++)
		if (locked[span - 1])
			send_lock(a, span);
	analog_trunkd_up(a);
}

static void reader_free(struct reader *r)
{
	json_decref(r->answer);
	*r = (struct reader){ 0 };
}

void lines_trunkd_down(struct arsd *a)
{
	struct refusal gone;

	admin_no(&gone, 503, "trunkd is not there");
	memset(kept, 0, sizeof(kept));
	analog_trunkd_down();
	for (size_t i = 0; i < READERS; i++) {
		if (readers[i].number == 0)
			continue;
		admin_answer_refusal(a, readers[i].who, &gone);
		reader_free(&readers[i]);
	}
}

json_t *lines_state(const struct arsd *a UNUSED, unsigned span)
{
	static const char *const services[] = {
		[CALLCTL_IN_SERVICE] = "in_service", [CALLCTL_DRAINING] = "draining", [CALLCTL_OUT_OF_SERVICE] = "out_of_service",
	};
	const struct callctl_span_pri *p = is_span(span) && kept[span - 1].used ? &kept[span - 1].pri : NULL;

	if (p == NULL)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I}", "switch", p->dialect, "side",
		p->network_side ? "network" : "user", "service", p->service < ARRAY_LEN(services) ? services[p->service] : "?",
		"busied_out", __builtin_popcount(p->busied_out), "trace_left_s", (int)p->trace_left_s, "trace_frames", (int)p->trace_frames,
		"restarts", (json_int_t)p->restarts, "glare", (json_int_t)p->glare, "frames_bad", (json_int_t)p->frames_bad, "service_messages",
		(json_int_t)p->services, "refused_locked", (json_int_t)p->refused_locked, "refused_nfas", (json_int_t)p->refused_nfas);
}

/* ---- verbs ---- */

unsigned lines_span_of(const struct arsd *a, const char *word)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	for (int i = 0; i < a->span_count; i++)
		if (strcmp(a->spans[i].name, word) == 0 || (word[0] >= '0' && word[0] <= '9' && *end == '\0' && a->spans[i].span == n))
			return is_span(a->spans[i].span) ? a->spans[i].span : 0;
	return 0;
}

static int no_span(struct refusal *r)
{
	return admin_no(r, 404, "there is no such span; callkey trunks lists them");
}

static int no_trunkd(struct refusal *r)
{
	return admin_no(r, 503, "trunkd is not there");
}

int lines_no_span(const struct arsd *a, struct refusal *r)
{
	return a->span_count > 0 ? no_span(r) : no_trunkd(r);
}

int lines_no_fault(struct refusal *r, const struct json_fault *f)
{
	char why[350];

	snprintf(why, sizeof(why), "%s: %s", f->where, f->why);
	return admin_no(r, 400, why);
}

int verb_lock(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	static const struct json_field fields[] = {
		{ "span", JSON_WANT_STRING, true, 1, 31, "" }, { "on", JSON_WANT_BOOL, true, 0, 0, "" },
		{ "line", JSON_WANT_INT, false, 1, CHANNEL_MAX, "" },
	};
	struct json_fault fault;
	unsigned span, line = (unsigned)json_integer_value(json_object_get(argument, "line"));

	if (json_fields(argument, "", fields, ARRAY_LEN(fields), &fault) < 0)
		return lines_no_fault(r, &fault);
	span = lines_span_of(a, json_string_value(json_object_get(argument, "span")));
	if (span == 0)
		return lines_no_span(a, r);
	if (analog_is(span))
		return analog_lock(a, span, line, json_is_true(json_object_get(argument, "on")), o, r);
	if (!kept[span - 1].used)
		return admin_no(r, 503, "trunkd has not told of this span yet; try again in some seconds");
	if (line != 0)
		return admin_no(r, 400, "this span has a D-channel: it is locked as a whole, without :LINE");
	locked[span - 1] = json_is_true(json_object_get(argument, "on"));
	if (!send_lock(a, span))
		return no_trunkd(r);
	log_info(locked[span - 1] ? "span_lock" : "span_unlock", "span=%u", span);
	*o = json_pack("{s:i, s:b}", "span", (int)span, "on", (int)locked[span - 1]);
	return 0;
}

static int trace_switch(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	static struct callctl_msg m;
	unsigned span = lines_span_of(a, json_string_value(json_object_get(argument, "span")));
	int minutes = json_is_true(json_object_get(argument, "off")) ? 0 : (int)json_integer_value(json_object_get(argument, "minutes"));

	if (span == 0 || !kept[span - 1].used)
		return lines_no_span(a, r);
	memset(&m, 0, sizeof(m));
	m.type = callctl_type_trace;
	m.u.trace = (struct callctl_trace){ .span = (uint16_t)span, .minutes = (uint16_t)minutes };
	if (!a->ports.callctl(a->ports.context, &m))
		return no_trunkd(r);
	log_info("span_trace", "span=%u minutes=%d", span, minutes);
	*o = json_pack("{s:i, s:i}", "span", (int)span, "minutes", minutes);
	return 0;
}

/* ---- reading ---- */

static struct reader *reader_new(struct arsd *a)
{
	struct reader *found = NULL;

	for (size_t i = 0; i < READERS; i++)
		if (readers[i].number == 0 || mono_diff_ms(readers[i].since, a->mono) > READER_MS)
			found = &readers[i];
	if (found == NULL)
		return NULL;
	reader_free(found);
	found->number = ++last_number;
	found->since = a->mono;
	found->who = admin_asker();
	return found;
}

static int trace_read(struct arsd *a, const json_t *argument, struct refusal *r)
{
	static struct callctl_msg m;
	const char *id = json_string_value(json_object_get(argument, "call")), *word = json_string_value(json_object_get(argument, "span"));
	bool numbers = json_is_true(json_object_get(argument, "numbers"));
	struct call_record c = { 0 };
	struct reader *reader;

	if (numbers && !a->set.trace_numbers)
		return admin_no(r, 403, "whole numbers are not shown on this appliance (arsd.trace_numbers)");
	if (id != NULL && store_call_get(a->store, id, &c) < 0)
		return admin_no(r, 404, "there is no such call");
	if (id == NULL)
		c.span = (uint16_t)lines_span_of(a, word);
	if (!is_span(c.span) || !kept[c.span - 1].used)
		return lines_no_span(a, r);
	reader = reader_new(a);
	if (reader == NULL)
		return admin_no(r, 503, "too many read traces at once; try again");
	memset(&m, 0, sizeof(m));
	m.type = callctl_type_trace_get;
	m.u.trace_get = (struct callctl_trace_get){ .req = reader->number, .span = c.span, .call = c.line_call };
	reader->numbers = numbers;
	reader->answer = json_pack("{s:i, s:b, s:b, s:b, s:o, s:[]}", "span", (int)c.span, "network_side",
		(int)kept[c.span - 1].pri.network_side, "masked", (int)!numbers, "on", (int)(kept[c.span - 1].pri.trace_left_s > 0), "call",
		render_text(id != NULL ? id : ""), "frames");
	if (reader->answer == NULL || !a->ports.callctl(a->ports.context, &m)) {
		reader_free(reader);
		return no_trunkd(r);
	}
	log_info("trace_read", "span=%u call=%s numbers=%s", c.span, id != NULL ? id : "-", numbers ? "whole" : "masked");
	return ERR_AGAIN;
}

int verb_trace(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	static const struct json_field fields[] = {
		{ "span", JSON_WANT_STRING, false, 1, 31, "" }, { "call", JSON_WANT_STRING, false, 1, 63, "" },
		{ "minutes", JSON_WANT_INT, false, 1, MINUTES_MAX, "" }, { "off", JSON_WANT_BOOL, false, 0, 0, "" },
		{ "numbers", JSON_WANT_BOOL, false, 0, 0, "" },
	};
	struct json_fault fault;
	bool span = json_object_get(argument, "span") != NULL, call = json_object_get(argument, "call") != NULL;
	bool switches = json_object_get(argument, "minutes") != NULL || json_is_true(json_object_get(argument, "off"));

	if (json_fields(argument, "", fields, ARRAY_LEN(fields), &fault) < 0)
		return lines_no_fault(r, &fault);
	if (span == call)
		return admin_no(r, 400, "a trace is of a span or of a call");
	if (switches && (call || (json_object_get(argument, "minutes") != NULL && json_is_true(json_object_get(argument, "off")))))
		return admin_no(r, 400, "a span's trace is switched on for minutes, or off");
	return switches ? trace_switch(a, argument, o, r) : trace_read(a, argument, r);
}

/* ---- what comes back ---- */

static struct reader *reader_find(uint64_t number)
{
	for (size_t i = 0; number != 0 && i < READERS; i++)
		if (readers[i].number == number)
			return &readers[i];
	return NULL;
}

void lines_trace_frame(struct arsd *a UNUSED, const struct callctl_trace_frame *m)
{
	struct reader *reader = reader_find(m->req);
	json_t *frames = reader != NULL ? json_object_get(reader->answer, "frames") : NULL;
	static char text[Q931_TEXT_SIZE], octets[2 * Q931_FRAME_MAX + 1];
	uint8_t frame[Q931_FRAME_MAX];
	size_t len = m->octets.len;

	if (frames == NULL || len > sizeof(frame) || json_array_size(frames) >= FRAMES_MAX)
		return;
	memcpy(frame, m->octets.data, len);
	if (!reader->numbers)
		q931_mask(frame, len);
	if (hex_encode(frame, len, octets, sizeof(octets)) < 0)
		return;
	json_array_append_new(frames, json_pack("{s:o, s:b, s:I, s:s, s:s}", "at", render_time((struct wall){ m->at_ms }), "sent",
		(int)(m->sent != 0), "line_call", (json_int_t)m->call, "text", q931_print(frame, len, text), "octets", octets));
}

void lines_trace_end(struct arsd *a, const struct callctl_trace_end *m)
{
	struct reader *reader = reader_find(m->req);
	struct refusal none;

	if (reader == NULL)
		return;
	if (m->found) {
		admin_answer_json(a, reader->who, reader->answer);
		reader->answer = NULL;
	} else {
		no_span(&none);
		admin_answer_refusal(a, reader->who, &none);
	}
	reader_free(reader);
}
