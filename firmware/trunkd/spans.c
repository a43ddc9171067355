#include "trunkd/spans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers-glue/fxo.h"
#include "drivers-glue/line_pri.h"
#include "lib/log.h"
#include "trunkd/meters.h"
#include "trunkd/history.h"
#include "trunkd/supervise.h"

enum { WATCH_EVERY_MS = 1000 };

struct span {
	struct spans *all;
	size_t index;
	const struct trunk_config *config;
	struct line_port *port;
	struct pri_port_config pri_config;
	struct span_pri pri;
	struct span_lines lines;
	struct call *calls[TRUNK_SLOTS];  /* what was offered and taken */
	bool draining, dchan_up;
	uint32_t alarms;
	struct mono due;
	struct supervise supervise;
	struct supervise_input last;      /* as of the last watch */
	struct history history;
	int64_t bin_next;                 /* quarter; of those that arsd is told in this round */
	const char *advice;
	struct callctl_span_state told;
};

struct spans {
	struct media *media;
	struct calls *calls;
	struct metrics *metrics;
	struct mono now;                  /* of the turn that runs */
	struct mono watch_at;             /* drivers are asked next */
	size_t count;
	struct span *span;
};

/* ---- what the port calls ---- */

static void send_frame(void *context, const uint8_t *octets, size_t len)
{
	struct span *s = context;

	span_pri_frame(&s->pri, true, octets, len);
	media_send_frame(s->all->media, s->index, octets, len);
}

static void on_offered(struct span *s, const struct line_event *e)
{
	if (s->draining || span_lines_refuses(&s->lines, e->slot)) {
		if (s->draining)
			metrics_add(s->all->metrics, METER_REFUSED_DRAINED, 1);
		log_info("call_refused", "span=%zu channel=%d why=%s", s->index + 1, e->slot, s->draining ? "draining" : "locked");
		line_port_hang_up(s->port, e->slot, LINE_CAUSE_CONGESTION);
		return;
	}
	s->calls[e->slot] = calls_offered(s->all->calls, s->index, e, s->all->now);
	if (s->calls[e->slot] == NULL)
		line_port_hang_up(s->port, e->slot, LINE_CAUSE_TEMPORARY_FAILURE);
	else
		span_pri_offered(&s->pri, e->slot, calls_number(s->calls[e->slot]));
}

static void on_event(void *context, const struct line_event *e)
{
	struct span *s = context;
	struct call *k = s->calls[e->slot];

	switch (e->type) {
	case LINE_READY:
	case LINE_NOT_READY:
		s->dchan_up = e->type == LINE_READY;
		log_info(s->config->line == TRUNK_ANALOG ? (s->dchan_up ? "lines_up" : "lines_down") :
		         s->dchan_up ? "dchannel_up" : "dchannel_down", "span=%zu name=%s", s->index + 1, s->config->name);
		break;
	case LINE_OFFERED:
		on_offered(s, e);
		break;
	case LINE_CONNECTED:
		if (k != NULL)
			calls_connected(s->all->calls, k);
		break;
	case LINE_ENDED:
		s->calls[e->slot] = NULL;
		if (k != NULL)
			calls_line_ended(s->all->calls, k, e);
		break;
	}
}

/* ---- set-up ---- */

static int span_init(struct spans *all, size_t index, const struct settings *set)
{
	struct span *s = &all->span[index];
	struct line_callbacks cb = { send_frame, on_event, s };
	int e;

	*s = (struct span){
		.all = all, .index = index, .config = &set->spans[index], .alarms = TRUNK_ALARM_NOTOPEN, .advice = "",
		.last = { .alarms = TRUNK_ALARM_NOTOPEN },
	};
	supervise_init(&s->supervise, &set->supervise);
	if (s->config->line == TRUNK_ANALOG) {
		e = fxo_port_new(&set->analog[index], &cb, &s->port);
		span_lines_init(&s->lines, index, e == 0 ? s->port : NULL, s->config->lines);
		return e;
	}
	s->pri_config = (struct pri_port_config){
		.side = set->network_side[index] ? PRI_SIDE_NETWORK : PRI_SIDE_CPE, .dialect = set->dialects[index],
		.line = set->spans[index].line, .law = set->spans[index].law, .called_digits = set->called_digits[index],
	};
	e = line_pri_new(&s->pri_config, &cb, &s->port);
	if (e == 0)
		span_pri_init(&s->pri, index, line_pri_port(s->port), &s->pri_config);
	return e;
}

int spans_new(const struct settings *set, struct media *media, struct metrics *metrics, struct spans **s)
{
	struct spans *made = calloc(1, sizeof(*made));
	int e = 0;

	if (made != NULL)
		made->span = calloc(set->span_count + 1, sizeof(*made->span));
	if (made == NULL || made->span == NULL) {
		free(made);
		return ERR_NOMEM;
	}
	made->media = media;
	made->metrics = metrics;
	for (; e == 0 && made->count < set->span_count; made->count++)
		e = span_init(made, made->count, set);
	if (e < 0)
		spans_free(&made);
	else
		*s = made;
	return e;
}

void spans_free(struct spans **s)
{
	if (*s == NULL)
		return;
	for (size_t i = 0; i < (*s)->count; i++) {
		span_pri_free(&(*s)->span[i].pri);
		line_port_free(&(*s)->span[i].port);
	}
	free((*s)->span);
	free(*s);
	*s = NULL;
}

void spans_set_calls(struct spans *s, struct calls *calls)
{
	s->calls = calls;
}

bool spans_next_bin(struct spans *s, size_t span, struct callctl_span_bin *out)
{
	struct span *one = &s->span[span];
	int64_t latest = one->history.latest;
	struct history_bin b;

	if (one->bin_next <= latest - HISTORY_BINS)
		one->bin_next = latest - HISTORY_BINS + 1;
	while (one->bin_next <= latest && !history_at(&one->history, one->bin_next, &b))
		one->bin_next++;
	if (one->bin_next > latest) {
		one->bin_next = latest - 1;           /* its last seconds may still be undecided */
		return false;
	}
	one->bin_next++;
	*out = (struct callctl_span_bin){
		.span = (uint16_t)(span + 1), .quarter = b.quarter, .seconds = b.seconds, .es = b.es, .ses = b.ses, .uas = b.uas,
		.measured = b.measured, .code_violations = b.errors[HISTORY_CODE_VIOLATIONS], .crc_errors = b.errors[HISTORY_CRC_ERRORS],
		.e_bits = b.errors[HISTORY_E_BITS], .framing_errors = b.errors[HISTORY_FRAMING_ERRORS], .slips = b.errors[HISTORY_SLIPS],
	};
	snprintf(out->name, sizeof(out->name), "%s", one->config->name);
	return true;
}

void spans_tell_bins_anew(struct spans *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->span[i].bin_next = 0;
}

size_t spans_count(const struct spans *s)
{
	return s->count;
}

/* ---- what drivers say ---- */

static void tell_fault(const struct span *s, enum trunk_fault before, int slot_before)
{
	enum trunk_fault now = s->last.status.fault;

	if (now == before && s->last.status.fault_slot == slot_before)
		return;
	if (now == TRUNK_FAULT_NONE)
		log_info("span_usable", "span=%zu name=%s", s->index + 1, s->config->name);
	else
		log_warn("span_unusable", "span=%zu name=%s why=\"%s\" timeslot=%d", s->index + 1, s->config->name,
		         trunk_fault_word(now), s->last.status.fault_slot);
}

static void tell_advice(struct span *s, const char *say)
{
	if (strcmp(say, s->advice) == 0)
		return;
	s->advice = say;                      /* of a table: it lives as long as the program */
	if (say[0] != '\0')
		log_warn("span_advice", "span=%zu name=%s advice=\"%s\"", s->index + 1, s->config->name, say);
}

/* What history keeps of what drivers measure. */
static const enum trunk_measure kept[HISTORY_ERRORS] = {
	[HISTORY_CODE_VIOLATIONS] = TRUNK_CODE_VIOLATIONS, [HISTORY_CRC_ERRORS] = TRUNK_CRC_ERRORS, [HISTORY_E_BITS] = TRUNK_E_BITS,
	[HISTORY_FRAMING_ERRORS] = TRUNK_FRAMING_ERRORS, [HISTORY_SLIPS] = TRUNK_SLIPS,
};

/* One second. What the far end sees (E-bits) is no error of ours. before: the totals until then. */
static void keep_second(struct span *s, const uint64_t before[TRUNK_MEASURES], struct wall wall)
{
	static const uint32_t losing = TRUNK_ALARM_RED | TRUNK_ALARM_BLUE | TRUNK_ALARM_NOTOPEN | TRUNK_ALARM_LOS | TRUNK_ALARM_LFA |
	                               TRUNK_ALARM_LMFA;
	uint64_t more[HISTORY_ERRORS];
	uint32_t measured = 0;
	bool errored = s->last.alarms != 0;

	for (int i = 0; i < HISTORY_ERRORS; i++) {
		more[i] = s->supervise.total[kept[i]] - before[kept[i]];
		errored = errored || (more[i] != 0 && i != HISTORY_E_BITS);
		if (s->last.status.present && (s->last.status.measured & UINT32_C(1) << kept[i]) != 0)
			measured |= UINT32_C(1) << i;
	}
	history_second(&s->history, errored, (s->last.alarms & losing) != 0, wall);
	history_errors(&s->history, measured, more);
}

static void watch_span(struct span *s, struct mono now)
{
	struct media_span_state state;
	struct wall wall = clock_wall();
	uint64_t before[TRUNK_MEASURES];
	enum trunk_fault fault = s->last.status.fault;
	int fault_slot = s->last.status.fault_slot;

	memcpy(before, s->supervise.total, sizeof(before));
	media_get_state(s->all->media, s->index, &state);
	media_watch(s->all->media, s->index, &s->last.status);
	s->last.alarms = s->last.status.supervised ? s->last.status.alarms : state.alarms;
	s->last.dchan_up = s->dchan_up;
	s->last.ticks = state.ticks;
	if (supervise_second(&s->supervise, &s->last, now, wall))
		log_warn(s->supervise.raised ? "alarm_raised" : "alarm_cleared", "span=%zu name=%s alarms=0x%x times=%u", s->index + 1,
		         s->config->name, s->last.alarms, s->supervise.times);
	keep_second(s, before, wall);
	tell_fault(s, fault, fault_slot);
	tell_advice(s, supervise_advice(&s->supervise, &s->last, now));
}

static void watch_spans(struct spans *s, struct mono now)
{
	if (now.ns < s->watch_at.ns)
		return;
	/* On the grid of the first, so that a quarter of an hour has its 900; after a standstill, on a new one. */
	s->watch_at = mono_add_ms(mono_diff_ms(s->watch_at, now) < WATCH_EVERY_MS ? s->watch_at : now, WATCH_EVERY_MS);
	for (size_t i = 0; i < s->count; i++)
		watch_span(&s->span[i], now);
}

/* ---- a turn ---- */

static void follow_line(struct span *s)
{
	struct media_span_state state;

	media_get_state(s->all->media, s->index, &state);
	if (state.alarms == s->alarms)
		return;
	log_info("line_state", "span=%zu name=%s alarms=0x%x before=0x%x", s->index + 1, s->config->name, state.alarms, s->alarms);
	s->alarms = state.alarms;
	line_port_line(s->port, state.alarms == 0);
	s->due = s->all->now;
}

static void take_span(struct span *s)
{
	struct media *media = s->all->media;
	struct media_event e;
	struct trunk_frame f;

	follow_line(s);
	while (media_take_event(media, s->index, &e))
		calls_media_event(s->all->calls, s->index, &e);
	while (media_take_frame(media, s->index, &f)) {
		span_pri_frame(&s->pri, false, f.octets, f.len);
		line_port_receive(s->port, f.octets, f.len);
		s->due = s->all->now;
	}
}

void spans_take(struct spans *s, struct mono now)
{
	s->now = now;
	for (size_t i = 0; i < s->count; i++)
		take_span(&s->span[i]);
}

int spans_run(struct spans *s, struct mono now)
{
	int64_t soonest_ms = 1000;

	s->now = now;
	watch_spans(s, now);
	for (size_t i = 0; i < s->count; i++) {
		struct span *one = &s->span[i];
		int64_t left_ms;

		if (now.ns >= one->due.ns)
			one->due = mono_add_ms(now, line_port_run(one->port));
		left_ms = mono_diff_ms(now, one->due);
		soonest_ms = left_ms < soonest_ms ? left_ms : soonest_ms;
	}
	return (int)soonest_ms;
}

int spans_drain(struct spans *s, unsigned span, bool on)
{
	if (span > s->count)
		return ERR_NOT_FOUND;
	for (size_t i = 0; i < s->count; i++) {
		if (span != 0 && i != span - 1)
			continue;
		s->span[i].draining = on;
		log_info(on ? "span_draining" : "span_open", "span=%zu", i + 1);
	}
	return 0;
}

struct span_pri *spans_pri(struct spans *s, unsigned number)
{
	return number >= 1 && number <= s->count && s->span[number - 1].pri.port != NULL ? &s->span[number - 1].pri : NULL;
}

struct span_lines *spans_lines(struct spans *s, unsigned number)
{
	return number >= 1 && number <= s->count && s->span[number - 1].lines.port != NULL ? &s->span[number - 1].lines : NULL;
}

int spans_answer(struct spans *s, size_t span, int slot)
{
	return line_port_answer(s->span[span].port, slot);
}

void spans_hang_up(struct spans *s, size_t span, int slot, int cause)
{
	s->span[span].due = s->now;
	line_port_hang_up(s->span[span].port, slot, cause);
}

/* ---- what is told ---- */

static const char *line_word(enum trunk_line line)
{
	return line == TRUNK_ANALOG ? "analog" : line == TRUNK_E1 ? "E1" : "T1";
}

static uint16_t channels(const struct trunk_config *config)
{
	uint16_t n = 0;

	if (config->line == TRUNK_ANALOG)
		return (uint16_t)__builtin_popcount(config->lines);
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		n += trunk_slot_is_bearer(config->line, slot);
	return n;
}

static void fill_supervision(const struct span *s, struct callctl_span_state *out)
{
	const struct trunk_status *t = &s->last.status;
	const struct supervise *v = &s->supervise;

	out->raised = v->raised;
	out->alarm_since_ms = v->since.ms;
	out->alarm_times = v->times;
	out->supervised = t->supervised;
	out->present = t->present;
	out->alarm_detail = t->alarm_detail;
	out->crc4 = t->crc4;
	out->clock_master = t->clock_master;
	out->fault_slot = (uint8_t)t->fault_slot;
	out->measured = t->measured;
	out->code_violations = v->total[TRUNK_CODE_VIOLATIONS];
	out->crc_errors = v->total[TRUNK_CRC_ERRORS];
	out->e_bits = v->total[TRUNK_E_BITS];
	out->framing_errors = v->total[TRUNK_FRAMING_ERRORS];
	out->bit_errors = v->total[TRUNK_BIT_ERRORS];
	out->errored_seconds = v->total[TRUNK_ERRORED_SECONDS];
	out->slips = v->total[TRUNK_SLIPS];
	out->irq_misses = v->total[TRUNK_IRQ_MISSES];
	snprintf(out->advice, sizeof(out->advice), "%s", s->advice);
	snprintf(out->device, sizeof(out->device), "%s", t->device);
	snprintf(out->fault, sizeof(out->fault), "%s", trunk_fault_word(t->fault));
}

static void fill_history(const struct history *h, struct callctl_span_state *out)
{
	struct history_bin quarter;

	history_quarter(h, &quarter);
	out->quarter_seconds = quarter.seconds;
	out->quarter_es = quarter.es;
	out->quarter_ses = quarter.ses;
	out->quarter_uas = quarter.uas;
}

static void fill_own_counts(const uint64_t counts[TRUNK_COUNTS], struct callctl_span_state *out)
{
	out->overruns = counts[TRUNK_COUNT_OVERRUNS];
	out->underruns += counts[TRUNK_COUNT_UNDERRUNS];
	out->blocks_missed = counts[TRUNK_COUNT_BLOCKS_MISSED] + counts[TRUNK_COUNT_SHORT_BLOCKS] + counts[TRUNK_COUNT_SEND_FULL];
	out->hdlc_aborts = counts[TRUNK_COUNT_HDLC_ABORTS];
	out->hdlc_bad_fcs = counts[TRUNK_COUNT_HDLC_BAD_FCS];
	out->hdlc_overruns = counts[TRUNK_COUNT_HDLC_OVERRUNS];
	out->frames_dropped = counts[TRUNK_COUNT_FRAMES_DROPPED];
	out->events_lost = counts[TRUNK_COUNT_EVENTS_LOST];
}

bool spans_state(struct spans *s, size_t span, struct callctl_span_state *out)
{
	struct span *one = &s->span[span];
	struct callctl_span_state *told = &one->told;
	struct media_span_state state;
	bool differs;

	media_get_state(s->media, span, &state);
	*out = (struct callctl_span_state){
		.span = (uint16_t)(span + 1), .alarms = one->alarms, .dchan_up = one->dchan_up, .draining = one->draining,
		.channels = channels(one->config), .busy = (uint16_t)calls_busy(s->calls, span),
		.ticks = state.ticks, .late_ticks = state.late, .lost_ticks = state.lost,
		.underruns = state.underruns,
	};
	fill_supervision(one, out);
	fill_own_counts(one->last.status.counts, out);
	fill_history(&one->history, out);
	if (one->last.status.supervised)
		out->alarms |= one->last.alarms;
	snprintf(out->name, sizeof(out->name), "%s", one->config->name);
	snprintf(out->kind, sizeof(out->kind), "%s", one->config->kind);
	snprintf(out->line, sizeof(out->line), "%s", line_word(one->config->line));
	differs = out->alarms != told->alarms || out->dchan_up != told->dchan_up || out->draining != told->draining ||
	          out->busy != told->busy || told->span == 0 || out->raised != told->raised || strcmp(out->advice, told->advice) != 0;
	*told = *out;
	return differs;
}
