#include "trunkd/calls_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "model/phone.h"
#include "trunkd/meters.h"

enum { NUMBERS_A_MS_BITS = 20 };

int calls_new(const struct calls_config *config, const struct calls_ports *ports, struct calls **c)
{
	struct calls *made = calloc(1, sizeof(*made));

	if (made != NULL)
		made->slots = calloc(config->span_count + 1, sizeof(*made->slots));
	if (made == NULL || made->slots == NULL) {
		free(made);
		return ERR_NOMEM;
	}
	made->config = *config;
	made->ports = *ports;
	made->last_number = (uint64_t)config->now.ms << NUMBERS_A_MS_BITS;
	*c = made;
	return 0;
}

void calls_free(struct calls **c)
{
	struct call *k;

	if (*c == NULL)
		return;
	for (int i = 0; i < CALLS_BUCKETS; i++)
		while ((k = (*c)->bucket[i]) != NULL) {
			(*c)->bucket[i] = k->next;
			free(k);
		}
	free((*c)->slots);
	free(*c);
	*c = NULL;
}

int calls_count(const struct calls *c)
{
	return c->count;
}

int calls_busy(const struct calls *c, size_t span)
{
	int n = 0;

	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		n += c->slots[span][slot] != NULL;
	return n;
}

void calls_count_meter(struct calls *c, int meter)
{
	metrics_add(c->config.metrics, (size_t)meter, 1);
}

struct call *calls_find(struct calls *c, uint64_t number)
{
	for (struct call *k = c->bucket[number % CALLS_BUCKETS]; k != NULL; k = k->next)
		if (k->number == number)
			return k;
	return NULL;
}

bool call_step(struct calls *c, struct call *k, enum call_event event)
{
	int before = k->state;
	enum fsm_kind kind = fsm_step(&call_fsm, &k->state, event);

	if (kind == FSM_BUG) {
		calls_count_meter(c, METER_MACHINE_BUGS);
		log_error("call_bug", "call=%" PRIu64 " state=%s event=\"%s\"", k->number, fsm_state_name(&call_fsm, before),
		          call_fsm.event_names[event]);
	}
	return kind == FSM_GO || kind == FSM_STAY;
}

/* ---- clearing ---- */

/* before: the state in which something ended the call. */
static void clear_call(struct calls *c, struct call *k, int before, int cause)
{
	if (before == CALL_UP)
		call_sound_stop(c, k);
	c->ports.hang_up(c->ports.context, k->span, k->slot, cause);
}

static void fail_call(struct calls *c, struct call *k)
{
	int before = k->state;

	if (call_step(c, k, CALL_FAULT))
		clear_call(c, k, before, LINE_CAUSE_TEMPORARY_FAILURE);
}

static void remove_call(struct calls *c, struct call *k)
{
	struct call **link = &c->bucket[k->number % CALLS_BUCKETS];

	while (*link != k)
		link = &(*link)->next;
	*link = k->next;
	c->slots[k->span][k->slot] = NULL;
	c->count--;
	metrics_set(c->config.metrics, METER_CALLS_NOW, c->count);
	free(k);
}

/* ---- the line ---- */

static const char *masked(const char *number, char buf[PHONE_SIZE])
{
	struct phone p;

	return phone_parse(number, &p) == 0 ? phone_print_masked(&p, buf) : "-";
}

static void log_offer(const struct call *k)
{
	char called[PHONE_SIZE], caller[PHONE_SIZE];

	log_info("call_offered", "call=%" PRIu64 " span=%zu channel=%u called=%s caller=%s screening=%u presentation=%u diverted=%u",
	         k->number, k->span + 1, k->slot, masked(k->offer.called, called), masked(k->offer.caller, caller),
	         k->offer.screening, k->offer.presentation, k->offer.diverted);
}

static void offer_to_arsd(struct calls *c, struct call *k, struct mono now)
{
	k->deadline = mono_add_ms(now, OFFER_PATIENCE_MS);
	c->out.type = callctl_type_call_offered;
	c->out.u.call_offered = k->offer;
	c->ports.to_arsd(c->ports.context, &c->out);
}

static void fill_offer(struct call *k, const struct line_event *e)
{
	struct callctl_call_offered *o = &k->offer;

	*o = (struct callctl_call_offered){
		.call = k->number, .span = (uint16_t)(k->span + 1), .channel = k->slot, .screening = (uint8_t)e->screening,
		.presentation = e->presentation_allowed, .diverted = e->diverted,
	};
	snprintf(o->called, sizeof(o->called), "%s", e->called);
	/* A number that its owner withholds goes no further than this, whatever the network let us see. */
	if (e->presentation_allowed)
		snprintf(o->caller, sizeof(o->caller), "%s", e->caller);
}

uint64_t calls_number(const struct call *k)
{
	return k->number;
}

struct call *calls_offered(struct calls *c, size_t span, const struct line_event *e, struct mono now)
{
	struct call *k = calloc(1, sizeof(*k)), **bucket;

	if (k == NULL || c->slots[span][e->slot] != NULL) {
		free(k);
		return NULL;
	}
	k->number = ++c->last_number;
	k->span = span;
	k->slot = (uint8_t)e->slot;
	k->state = call_fsm.start;
	k->deadline = mono_add_ms(now, c->config.no_brain_grace_ms);
	fill_offer(k, e);
	bucket = &c->bucket[k->number % CALLS_BUCKETS];
	k->next = *bucket;
	*bucket = k;
	c->slots[span][k->slot] = k;
	c->count++;
	metrics_set(c->config.metrics, METER_CALLS_NOW, c->count);
	calls_count_meter(c, METER_CALLS_OFFERED);
	log_offer(k);
	if (c->brain_up && call_step(c, k, CALL_BRAIN_UP))
		offer_to_arsd(c, k, now);
	return k;
}

void calls_connected(struct calls *c, struct call *k)
{
	if (!call_step(c, k, CALL_CONNECTED))
		return;
	if (!call_sound_start(c, k)) {
		fail_call(c, k);
		return;
	}
	calls_count_meter(c, METER_CALLS_ANSWERED);
	log_info("call_up", "call=%" PRIu64, k->number);
	c->out.type = callctl_type_call_up;
	c->out.u.call_up.call = k->number;
	c->ports.to_arsd(c->ports.context, &c->out);
}

static enum callctl_by ended_by(const struct line_event *e)
{
	return e->by_line ? CALLCTL_BY_LINE : e->by_far_end ? CALLCTL_BY_CALLER : CALLCTL_BY_US;
}

void calls_line_ended(struct calls *c, struct call *k, const struct line_event *e)
{
	static const char *const words[] = { [CALLCTL_BY_CALLER] = "caller", [CALLCTL_BY_US] = "us", [CALLCTL_BY_LINE] = "line" };
	static const int meters[] = {
		[CALLCTL_BY_CALLER] = METER_ENDED_BY_CALLER, [CALLCTL_BY_US] = METER_ENDED_BY_US,
		[CALLCTL_BY_LINE] = METER_ENDED_BY_LINE,
	};
	enum callctl_by by = ended_by(e);
	int before = k->state;

	if (!call_step(c, k, CALL_LINE_ENDED))
		return;
	if (before == CALL_UP)
		call_sound_stop(c, k);
	calls_count_meter(c, meters[by]);
	log_info("call_ended", "call=%" PRIu64 " state=%s cause=%d by=%s", k->number, fsm_state_name(&call_fsm, before), e->cause,
	         words[by]);
	c->out.type = callctl_type_call_ended;
	c->out.u.call_ended = (struct callctl_call_ended){ .call = k->number, .cause = (uint8_t)e->cause, .by = (uint8_t)by };
	if (c->brain_up)
		c->ports.to_arsd(c->ports.context, &c->out);
	remove_call(c, k);
}

/* ---- to all calls at once ---- */

static void for_each(struct calls *c, void (*fn)(struct calls *c, struct call *k, struct mono now), struct mono now)
{
	for (size_t span = 0; span < c->config.span_count; span++)
		for (int slot = 0; slot < TRUNK_SLOTS; slot++)
			if (c->slots[span][slot] != NULL)
				fn(c, c->slots[span][slot], now);
}

static void brain_up(struct calls *c, struct call *k, struct mono now)
{
	if (call_step(c, k, CALL_BRAIN_UP))
		offer_to_arsd(c, k, now);
}

void calls_brain_up(struct calls *c, struct mono now)
{
	c->brain_up = true;
	for_each(c, brain_up, now);
}

static void brain_lost(struct calls *c, struct call *k, struct mono now)
{
	int before = k->state;

	if (!call_step(c, k, CALL_BRAIN_LOST))
		return;
	if (k->state == CALL_WAITING) {
		k->deadline = mono_add_ms(now, c->config.no_brain_grace_ms);
		return;
	}
	log_warn("call_orphaned", "call=%" PRIu64 " state=%s", k->number, fsm_state_name(&call_fsm, before));
	clear_call(c, k, before, LINE_CAUSE_TEMPORARY_FAILURE);
}

void calls_brain_lost(struct calls *c, struct mono now)
{
	c->brain_up = false;
	for_each(c, brain_lost, now);
}

bool calls_wait_for_brain(const struct calls *c)
{
	for (int i = 0; !c->brain_up && i < CALLS_BUCKETS; i++)
		for (const struct call *k = c->bucket[i]; k != NULL; k = k->next)
			if (k->state == CALL_WAITING)
				return true;
	return false;
}

static void look_at_clock(struct calls *c, struct call *k, struct mono now)
{
	int before = k->state;

	if ((before != CALL_WAITING && before != CALL_OFFERED) || now.ns < k->deadline.ns || !call_step(c, k, CALL_TOO_LATE))
		return;
	calls_count_meter(c, METER_REFUSED_NO_BRAIN);
	log_warn("call_refused", "call=%" PRIu64 " why=\"%s\"", k->number,
	         before == CALL_WAITING ? "arsd is away" : "arsd does not answer");
	clear_call(c, k, before, LINE_CAUSE_TEMPORARY_FAILURE);
}

void calls_tick(struct calls *c, struct mono now)
{
	for_each(c, look_at_clock, now);
	metrics_set(c->config.metrics, METER_SPEECH_BYTES, (int64_t)speech_cache_bytes(c->config.speech));
}

static void stop_call(struct calls *c, struct call *k, struct mono now UNUSED)
{
	int before = k->state;

	if (call_step(c, k, CALL_STOP))
		clear_call(c, k, before, before == CALL_UP || before == CALL_ANSWERING ? LINE_CAUSE_TEMPORARY_FAILURE : LINE_CAUSE_CONGESTION);
}

void calls_stop(struct calls *c)
{
	for_each(c, stop_call, (struct mono){ 0 });
}

static void keystore_up(struct calls *c, struct call *k, struct mono now UNUSED)
{
	if (call_step(c, k, CALL_KEYSTORE_UP))
		call_keypad_begin(c, k);
}

void calls_keystore_up(struct calls *c)
{
	for_each(c, keystore_up, (struct mono){ 0 });
}

/* ---- arsd ---- */

static void answer(struct calls *c, uint64_t number)
{
	struct call *k = calls_find(c, number);

	if (k == NULL || !call_step(c, k, CALL_ANSWER) || c->ports.answer(c->ports.context, k->span, k->slot))
		return;
	log_error("answer_failed", "call=%" PRIu64, number);
	fail_call(c, k);
}

static void hang_up(struct calls *c, uint64_t number, enum call_event event, uint8_t cause)
{
	struct call *k = calls_find(c, number);
	int before = k != NULL ? k->state : CALL_GONE;

	if (k != NULL && call_step(c, k, event))
		clear_call(c, k, before, cause);
}

static bool cause_is_good(uint8_t cause)
{
	return cause >= 1 && cause <= 127;
}

int calls_from_arsd(struct calls *c, const struct callctl_msg *m)
{
	struct call *k;

	switch (m->type) {
	case callctl_type_call_answer:
		answer(c, m->u.call_answer.call);
		return 0;
	case callctl_type_call_reject:
		if (!cause_is_good(m->u.call_reject.cause))
			return ERR_INVALID;
		hang_up(c, m->u.call_reject.call, CALL_REJECT, m->u.call_reject.cause);
		return 0;
	case callctl_type_call_hangup:
		if (!cause_is_good(m->u.call_hangup.cause))
			return ERR_INVALID;
		hang_up(c, m->u.call_hangup.call, CALL_HANG_UP, m->u.call_hangup.cause);
		return 0;
	case callctl_type_play:
		k = calls_find(c, m->u.play.call);
		return k == NULL || !call_step(c, k, CALL_PLAY) ? 0 : call_play(c, k, &m->u.play);
	default:
		return ERR_INVALID;
	}
}
