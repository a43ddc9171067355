#include "arsd/status.h"

#include <stdio.h>
#include <string.h>

#include "arsd/analog.h"
#include "arsd/calls.h"
#include "arsd/columns.h"
#include "arsd/gateway_keys.h"
#include "arsd/key_use.h"
#include "arsd/line_counts.h"
#include "arsd/lines.h"
#include "arsd/promotion_tables.h"
#include "arsd/reconcile_watch.h"
#include "arsd/render.h"
#include "arsd/version.h"
#include "store/columns.h"

const char *const neighbour_names[NEIGHBOURS] = {
	[NEIGHBOUR_TRUNKD] = "trunkd", [NEIGHBOUR_KEYSTORED] = "keystored", [NEIGHBOUR_UPLINKD] = "uplinkd",
};

/* An answer holds 60,000 bytes; a line has about 100 besides its words. */
enum { TIMELINE_BYTES = 45000, LINE_BYTES = 100 };
struct timeline { json_t *lines; size_t room; bool cut; };

bool status_may_leave_out(const char *what)
{
	static const char *const many[] = { "step", "prompt", "key", "consent" };

	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		if (strcmp(many[i], what) == 0)
			return true;
	return false;
}

static int add_step(struct wall at, const char *what, const char *step, const char *detail, void *context)
{
	struct timeline *t = context;
	size_t bytes = strlen(what) + strlen(step) + strlen(detail) + LINE_BYTES;

	if (bytes > t->room && status_may_leave_out(what)) {
		t->cut = true;
		return 0;
	}
	t->room -= bytes < t->room ? bytes : t->room;
	json_array_append_new(t->lines, render_call_step(at, what, step, detail));
	return 0;
}

json_t *status_call(struct arsd *a, const struct call_record *c)
{
	struct timeline t = { json_array(), TIMELINE_BYTES, false };
	json_t *o = render_call(c);

	if (store_call_steps_each(a->store, c->id.text, add_step, &t) < 0)
		json_array_clear(t.lines);
	json_object_set_new(o, "timeline", t.lines);
	if (t.cut)
		json_object_set_new(o, "timeline_cut", json_true());
	return o;
}

static json_t *processes(const struct arsd *a)
{
	json_t *o = json_object();

	for (int i = 0; i < NEIGHBOURS; i++)
		json_object_set_new(o, neighbour_names[i], json_string(!a->neighbours[i].up ? "down"
			: i == NEIGHBOUR_KEYSTORED && a->keys == VAULT_KEYS_EMPTY ? "no keys"
			: i == NEIGHBOUR_KEYSTORED && a->keys != VAULT_KEYS_OPEN ? "locked" : "up"));
	json_object_set_new(o, "arsd", json_string("up"));
	return o;
}

static int add_count(const char *what, const char *state, int64_t count, void *context)
{
	json_t *kind = json_object_get(context, what);

	if (kind == NULL) {
		json_object_set_new(context, what, json_object());
		kind = json_object_get(context, what);
	}
	json_object_set_new(kind, state, json_integer(count));
	return 0;
}

/* Sealed columns of the store: whether they can be read, and how far the job is that seals what stood there before:
 * it is done when the log is without that, too. */
static json_t *columns(struct arsd *a)
{
	struct column_job j;

	if (columns_job(a->store, &j) < 0)
		return json_null();
	return json_pack("{s:b, s:b, s:b, s:I, s:I, s:I}", "wait", columns_wait(a), "lost", columns_are_lost(a), "done", j.done && !a->columns.log_due, "looked_at", (json_int_t)j.at, "of",
	                 (json_int_t)j.last, "unreadable", (json_int_t)j.unreadable);
}

static json_t *sms_odd(const struct arsd *a)
{
	return a->sms_odd.status == 0 ? json_null() : json_pack("{s:s, s:i}", "provider", a->sms_odd.provider, "status", (int)a->sms_odd.status);
}

json_t *status_all(struct arsd *a)
{
	json_t *requests = json_object();

	if (store_counts(a->store, add_count, requests) < 0)
		json_object_clear(requests);
	return json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:{s:I}, s:s, s:s, s:o, s:I, s:o}", "processes", processes(a), "calls", calls_count(a->calls), "requests",
	                 requests, "columns", columns(a), "gateway_keys", gateway_keys_show(a), "keys_expiring", gateway_keys_expiring(a),
	                 "reconciliation", reconcile_watch_show(a),
	                 "consents", "unsigned", (json_int_t)a->consents.unsigned_count,
	                 "promotions", promotion_tables_outdated(a) ? "outdated" : "ok", "version", callkey_version,
	                 "api_keys_ending", key_use_show(a), "webhook_secrets_ending", (json_int_t)key_use_secrets_ending(a),
	                 "sms_odd", sms_odd(a));
}

static json_t *alarm_words(uint32_t alarms)
{
	/* The bits of callctl's span_state: those of DAHDI. */
	static const struct { uint32_t bit; const char *word; } words[] = {
		{ 1, "recovering" }, { 2, "loopback" }, { 4, "yellow" }, { 8, "red" }, { 16, "blue" }, { 32, "not_open" },
		{ 256, "los" }, { 512, "lfa" }, { 1024, "lmfa" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (alarms & words[i].bit)
			json_array_append_new(list, json_string(words[i].word));
	return list;
}

/* What the span's driver measures, in the order of callctl's bits; null for what it does not. */
static json_t *measures(const struct callctl_span_state *s)
{
	const struct { const char *name; uint64_t value; } all[] = {
		{ "code_violations", s->code_violations }, { "crc_errors", s->crc_errors }, { "e_bits", s->e_bits },
		{ "framing_errors", s->framing_errors }, { "bit_errors", s->bit_errors }, { "errored_seconds", s->errored_seconds },
		{ "slips", s->slips }, { "irq_misses", s->irq_misses },
	};
	json_t *o = json_object();

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		json_object_set_new(o, all[i].name, s->measured & UINT32_C(1) << i ? json_integer((json_int_t)all[i].value) : json_null());
	return o;
}

/* For a line with a driver. */
static json_t *driver(const struct callctl_span_state *s)
{
	return json_pack("{s:s, s:b, s:s, s:i, s:b, s:b, s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "device", s->device, "present",
		(int)s->present, "fault", s->fault, "fault_timeslot", (int)s->fault_slot, "alarm_detail", (int)s->alarm_detail, "crc4",
		(int)s->crc4, "clock_master", (int)s->clock_master, "measures", measures(s), "overruns", (json_int_t)s->overruns,
		"blocks_missed", (json_int_t)s->blocks_missed, "hdlc_aborts", (json_int_t)s->hdlc_aborts, "hdlc_bad_fcs",
		(json_int_t)s->hdlc_bad_fcs, "hdlc_overruns", (json_int_t)s->hdlc_overruns, "frames_dropped",
		(json_int_t)s->frames_dropped, "events_lost", (json_int_t)s->events_lost);
}

static json_t *alarm_since(const struct callctl_span_state *s)
{
	char text[CLOCK_RFC3339_SIZE];

	return s->alarm_since_ms > 0 ? json_string(wall_print_rfc3339((struct wall){ s->alarm_since_ms }, text)) : json_null();
}

static json_t *trunk(const struct callctl_span_state *s)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:o, s:b, s:i, s:i, s:b, s:I, s:I, s:I, s:I, s:b, s:o, s:I, s:s, s:o, s:o}", "span",
		(int)s->span, "name", s->name, "kind", s->kind, "line", s->line, "alarms", alarm_words(s->alarms), "dchannel",
		(int)s->dchan_up, "channels", (int)s->channels, "busy", (int)s->busy, "draining", (int)s->draining, "ticks",
		(json_int_t)s->ticks, "late_ticks", (json_int_t)s->late_ticks, "lost_ticks", (json_int_t)s->lost_ticks,
		"underruns", (json_int_t)s->underruns, "alarm_raised", (int)s->raised, "alarm_since", alarm_since(s), "alarm_times",
		(json_int_t)s->alarm_times, "advice", s->advice, "driver", s->supervised ? driver(s) : json_null(),
		"quarter", line_counts_seconds(s->quarter_seconds, s->quarter_es, s->quarter_ses, s->quarter_uas));
}

json_t *status_trunks(const struct arsd *a)
{
	json_t *list = json_array();

	for (int i = 0; i < a->span_count; i++) {
		json_t *o = trunk(&a->spans[i]);

		line_counts_add(a, a->spans[i].name, o);
		json_object_set_new(o, "signalling", lines_state(a, a->spans[i].span));
		json_object_set_new(o, "lines", analog_state(a->spans[i].span));
		json_array_append_new(list, o);
	}
	return json_pack("{s:o}", "spans", list);
}

json_t *status_health(const struct arsd *a, bool *ok)
{
	*ok = true;
	for (int i = 0; i < NEIGHBOURS; i++)
		*ok &= a->neighbours[i].up;
	*ok &= !a->watch.failing && arsd_takes_cards(a) && gateway_keys_lacking(a) == 0;
	/* Money that differs is an alarm, a table that is too old stops no payment, a key that ends soon still seals or opens the door: none is a reason to
	 * send callers elsewhere. */
	return json_pack("{s:s, s:o, s:s, s:o, s:i, s:i, s:s, s:o, s:I}", "status", *ok ? "ok" : "degraded", "processes", processes(a), "store",
	                 a->watch.failing ? "failing" : "ok", "gateways_without_key", gateway_keys_lacking_names(a), "keys_expiring",
	                 (int)a->expiring.count, "store_damaged_turns", store_damaged_turns(a->store), "promotions",
	                 promotion_tables_outdated(a) ? "outdated" : "ok", "reconciliation", reconcile_watch_show(a), "api_keys_ending",
	                 (json_int_t)key_use_ending(a));
}

size_t status_metrics(struct arsd *a, char *buf, size_t size)
{
	size_t len;

	metrics_set(&a->metrics, M_REQUESTS_LIVE, a->live_requests);
	metrics_set(&a->metrics, M_GATEWAYS_WITHOUT_KEY, gateway_keys_lacking(a));
	metrics_set(&a->metrics, M_STORE_CACHE, store_cache_octets(a->store));
	len = metrics_print(&a->metrics, buf, size);
	for (int i = 0; i < NEIGHBOURS; i++) {
		const struct neighbour *n = &a->neighbours[i];

		/* Whole or not at all: half a line would make the rest unreadable. */
		if (!n->up || n->metrics == NULL || len + n->metrics_len + 1 > size)
			continue;
		memcpy(buf + len, n->metrics, n->metrics_len);
		len += n->metrics_len;
	}
	buf[len] = '\0';
	return len;
}
