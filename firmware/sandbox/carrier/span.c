/* span.c: one line to the appliance: its ticks, its D-channel, and who sits at its slots. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/log.h"
#include "sandbox/carrier/carrier.h"
#include "sandbox/carrier/exchange.h"

enum { FRAMES = 256, UNANSWERED_MAX = 64, SILENT_TICKS = 100, CARD_WATCH_MS = 1000 };

struct span {
	struct carrier *carrier;
	struct span_config config;
	struct soft_carrier *line;                       /* or */
	struct trunk *card;
	struct mono card_watch_at;
	enum trunk_fault card_fault;
	struct watch watch;
	struct pri_port *port;                           /* or, on analog lines */
	struct exchange *exchange;
	struct mono port_due, dchannel_back;             /* dchannel_back: when it comes on by itself; 0: not */
	bool connected, dchannel, in_use;                /* in_use: Q.921 may start, see line_state() */
	uint64_t since;                                  /* the tick at which the appliance connected */
	uint32_t alarms;
	uint64_t tick, answered;
	struct mono sent[UNANSWERED_MAX];                /* by tick */
	struct trunk_frame frames[FRAMES];               /* for the appliance, a ring */
	unsigned frame_first, frame_count;
	struct phone *phones[TRUNK_SLOTS];
	int calls;
	struct span_stats stats;
	uint64_t card_counts_before[TRUNK_COUNTS];       /* at the reset */
};

static void span_ready(void *context, uint32_t events);
static void card_ready(void *context, uint32_t events);

static void queue_frame(void *context, const uint8_t *octets, size_t len)
{
	struct span *s = context;
	struct trunk_frame *f = &s->frames[(s->frame_first + s->frame_count) % FRAMES];

	if (!s->dchannel || s->frame_count == FRAMES) {
		s->stats.lost_frames++;
		return;
	}
	f->len = (uint16_t)len;
	memcpy(f->octets, octets, len);
	s->frame_count++;
}

static void call_event(void *context, const struct pri_event *e)
{
	struct span *s = context;

	if (e->type == PRI_EV_DCHAN_UP || e->type == PRI_EV_DCHAN_DOWN)
		log_info(e->type == PRI_EV_DCHAN_UP ? "dchannel_up" : "dchannel_down", "span=%s", s->config.name);
	else if (e->type == PRI_EV_OFFERED)
		pri_call_hangup(e->call, PRI_REJECTED);      /* phones here only call, they have no number */
	else if (e->owner != NULL)
		phone_call_event(e->owner, e);
}

static void exchange_says(void *context, int slot, enum exchange_event what, bool far)
{
	static const enum pri_event_type types[] = {
		[EXCHANGE_RINGS] = PRI_EV_ALERTING, [EXCHANGE_ANSWERED] = PRI_EV_CONNECTED, [EXCHANGE_ENDED] = PRI_EV_ENDED,
	};
	struct span *s = context;
	struct pri_event e = { .type = types[what], .slot = slot, .cause = PRI_NORMAL_CLEARING, .by_far_end = far };

	if (s->phones[slot] != NULL)
		phone_call_event(s->phones[slot], &e);
}

static int watch_line(struct span *s)
{
	if (s->card != NULL)
		return watch_set(s->carrier, &s->watch, trunk_fd(s->card), EPOLLIN | EPOLLPRI);
	return watch_set(s->carrier, &s->watch, soft_carrier_fd(s->line), EPOLLIN);
}

static int open_line(struct span *s)
{
	struct trunk_config card = { .kind = "dahdi", .span = s->config.card, .line = s->config.line, .law = s->config.law };

	if (s->config.card == 0)
		return soft_carrier_listen(s->config.path, s->config.line, s->config.law, &s->line);
	s->watch.ready = card_ready;
	if (s->config.line == TRUNK_ANALOG) {
		snprintf(card.kind, sizeof(card.kind), "fxs");
		card.lines = (UINT32_C(2) << s->config.line_count) - 2;
	}
	return trunk_open(&card, &s->card);
}

static int open_signalling(struct span *s)
{
	struct pri_port_config port = { .side = PRI_SIDE_NETWORK, .line = s->config.line, .law = s->config.law };
	int err;

	if (s->config.line == TRUNK_ANALOG)
		return exchange_new(&(struct exchange_callbacks){ queue_frame, exchange_says, s }, &s->exchange);
	err = pri_port_new(&port, &(struct pri_callbacks){ queue_frame, call_event, s }, &s->port);
	if (err == 0)
		pri_port_line(s->port, false);
	return err;
}

int span_new(struct carrier *c, const struct span_config *config, struct span **s)
{
	struct span *made = calloc(1, sizeof(*made));
	int err;

	if (made == NULL)
		return ERR_NOMEM;
	made->carrier = c;
	made->config = *config;
	made->dchannel = true;
	made->watch = (struct watch){ .fd = -1, .ready = span_ready, .context = made };
	err = open_line(made);
	if (err == 0)
		err = open_signalling(made);
	if (err == 0)
		err = watch_line(made);
	if (err != 0)
		span_free(&made);
	else
		*s = made;
	return err;
}

void span_free(struct span **s)
{
	if (*s == NULL)
		return;
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if ((*s)->phones[slot] != NULL)
			phone_free((*s)->phones[slot]);
	pri_port_free(&(*s)->port);
	exchange_free(&(*s)->exchange);
	soft_carrier_free(&(*s)->line);
	trunk_free(&(*s)->card);
	free(*s);
	*s = NULL;
}

/* An appliance takes a line for good only after some blocks without an alarm. What is sent to it before is lost, and then
 * Q.921 needs seconds to find out; so it has the first word, but not for ever. */
static void line_state(struct span *s)
{
	if (s->port == NULL)
		return;
	pri_port_line(s->port, s->connected && s->alarms == 0 && s->in_use);
	s->port_due = (struct mono){ 0 };
}

static bool line_is_up(const struct span *s)
{
	return s->card != NULL ? trunk_fd(s->card) >= 0 : soft_carrier_connected(s->line);
}

/* Follows what the line says: the appliance's connection, or that the card's line is up. */
static void follow_connection(struct span *s)
{
	bool connected = line_is_up(s);

	if (connected == s->connected)
		return;
	s->connected = connected;
	s->answered = s->since = s->tick;
	s->in_use = false;
	s->frame_count = 0;
	log_info(connected ? "appliance_connected" : "appliance_gone", "span=%s", s->config.name);
	for (int slot = 0; !connected && slot < TRUNK_SLOTS; slot++)
		if (s->phones[slot] != NULL)
			phone_line_lost(s->phones[slot]);
	if (!connected && s->exchange != NULL)
		exchange_lost(s->exchange);
	if (watch_line(s) != 0)
		log_error("watch_failed", "span=%s", s->config.name);
	line_state(s);
}

static void take_answer(struct span *s, const struct trunk_block *b)
{
	if (s->card == NULL && s->answered < s->tick) {
		if (s->tick - s->answered <= UNANSWERED_MAX)
			late_add(&s->stats.answer, (clock_mono().ns - s->sent[s->answered % UNANSWERED_MAX].ns) / 1000);
		s->answered++;
	}
	s->stats.answers++;
	if (s->port != NULL && !s->in_use && (b->frame_count > 0 || s->tick - s->since >= SILENT_TICKS)) {
		s->in_use = true;
		line_state(s);
		pri_port_run(s->port);               /* its own first frame leaves before the answer to theirs */
	}
	for (int i = 0; i < b->frame_count; i++) {
		if (s->exchange != NULL)
			exchange_receive(s->exchange, b->frames[i].octets, b->frames[i].len);
		else if (s->dchannel)
			pri_port_receive(s->port, b->frames[i].octets, b->frames[i].len);
		s->port_due = (struct mono){ 0 };
	}
	if (s->calls == 0)
		return;
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if (s->phones[slot] != NULL)
			phone_hear(s->phones[slot], b->pcm[slot]);
}

static void span_ready(void *context, uint32_t events UNUSED)
{
	static struct trunk_block answer;
	struct span *s = context;
	int err = 0;

	if (!s->connected)
		soft_carrier_accept(s->line);
	while (soft_carrier_connected(s->line) && (err == 0 || err == ERR_INVALID)) {
		err = soft_carrier_receive(s->line, &answer);
		if (err == 0)
			take_answer(s, &answer);
		else if (err == ERR_INVALID)
			s->stats.broken++;
	}
	follow_connection(s);
}

static void fill_block(struct span *s, struct trunk_block *b)
{
	b->tick = s->tick;
	b->alarms = s->alarms;
	b->frame_count = 0;
	memset(b->pcm, g711_idle((enum dsp_law)s->config.law), sizeof(b->pcm));
	for (int slot = 0; s->calls > 0 && slot < TRUNK_SLOTS; slot++)
		if (s->phones[slot] != NULL)
			phone_speak(s->phones[slot], b->pcm[slot]);
	while (s->frame_count > 0 && b->frame_count < TRUNK_FRAMES_MAX) {
		b->frames[b->frame_count++] = s->frames[s->frame_first];
		s->frame_first = (s->frame_first + 1) % FRAMES;
		s->frame_count--;
	}
}

/* ---- a card: its kernel brings the ticks, each with the appliance's answer to an earlier one ---- */

static void card_alarms(struct span *s, uint32_t alarms)
{
	if (alarms == s->alarms)
		return;
	log_info("card_alarms", "span=%s alarms=0x%x before=0x%x", s->config.name, alarms, s->alarms);
	s->alarms = alarms;
	line_state(s);
}

static void card_tick(struct span *s, const struct trunk_block *answer)
{
	static struct trunk_block block;

	if (answer->tick > s->tick - s->since)
		s->stats.lost_ticks += answer->tick - (s->tick - s->since);
	s->tick = s->answered = s->since + answer->tick + 1;
	s->stats.ticks++;
	card_alarms(s, answer->alarms);
	take_answer(s, answer);
	fill_block(s, &block);
	if (trunk_send(s->card, &block) != 0)
		s->stats.lost_ticks++;
}

static void card_ready(void *context, uint32_t events UNUSED)
{
	static struct trunk_block answer;
	struct span *s = context;
	int err;

	while ((err = trunk_receive(s->card, &answer)) == 0)
		card_tick(s, &answer);
	s->stats.broken += err == ERR_INVALID;
	follow_connection(s);
	if (s->connected && s->watch.fd != trunk_fd(s->card) && watch_line(s) != 0)
		log_error("watch_failed", "span=%s", s->config.name);
}

static void card_watch(struct span *s, struct mono now)
{
	struct trunk_status status;

	if (!s->connected && trunk_revive(s->card))
		follow_connection(s);
	if (now.ns < s->card_watch_at.ns)
		return;
	s->card_watch_at = mono_add_ms(now, CARD_WATCH_MS);
	trunk_watch(s->card, &status);
	card_alarms(s, status.alarms);
	if (status.fault != s->card_fault)
		log_info("card_state", "span=%s fault=\"%s\" timeslot=%d", s->config.name, trunk_fault_word(status.fault),
		         status.fault_slot);
	s->card_fault = status.fault;
}

/* ---- a tick of ours ---- */

/* Without an appliance the line has no time; only the D-channel's own timers go on. */
void span_tick(struct span *s)
{
	static struct trunk_block block;
	struct mono now = clock_mono();

	if (!s->dchannel && s->dchannel_back.ns != 0 && now.ns >= s->dchannel_back.ns)
		span_set_dchannel(s, true, 0);
	if (s->exchange != NULL)
		exchange_run(s->exchange, now);
	if (s->port != NULL && now.ns >= s->port_due.ns)
		s->port_due = mono_add_ms(now, pri_port_run(s->port));
	if (s->card != NULL)
		card_watch(s, now);
	if (!s->connected || s->card != NULL)
		return;
	fill_block(s, &block);
	s->sent[s->tick % UNANSWERED_MAX] = now;
	s->tick++;
	s->stats.ticks++;
	if (soft_carrier_send(s->line, &block) != 0) {
		s->answered++;
		s->stats.lost_ticks++;
		follow_connection(s);
	}
	if (s->connected && s->tick % 50 == 0)
		soft_carrier_accept(s->line);                /* a second appliance is turned away */
}

bool span_awaits(const struct span *s)
{
	return s->connected && s->answered < s->tick;
}

void span_give_up(struct span *s)
{
	s->stats.lost_ticks += s->tick - s->answered;
	s->answered = s->tick;
}

const struct span_config *span_get_config(const struct span *s) { return &s->config; }
struct carrier *span_get_carrier(struct span *s) { return s->carrier; }
uint64_t span_line_ms(const struct span *s) { return s->tick * 20; }
bool span_connected(const struct span *s) { return s->connected; }
bool span_up(const struct span *s) { return s->port != NULL ? pri_port_up(s->port) : s->connected; }
int span_calls(const struct span *s) { return s->calls; }
struct phone *span_phone(const struct span *s, int slot) { return s->phones[slot]; }
uint32_t span_get_alarms(const struct span *s) { return s->alarms; }

/* The port, for a change of its calls: it is run again soon. */
struct pri_port *span_get_port(struct span *s)
{
	s->port_due = (struct mono){ 0 };
	return s->port;
}

static int line_of(const struct span *s, const char *called)
{
	unsigned long long first = strtoull(s->config.first_number, NULL, 10), number = strtoull(called, NULL, 10);

	if (strlen(called) != strlen(s->config.first_number) || number < first || number - first >= (unsigned)s->config.line_count)
		return 0;
	return (int)(number - first) + 1;
}

int span_dial(struct span *s, struct phone *p, const struct pri_setup *setup, struct pri_call **call)
{
	int err = s->exchange != NULL ? exchange_call(s->exchange, setup->slot) : pri_call_setup(span_get_port(s), setup, call);

	if (err == 0 && *call != NULL)
		pri_call_set_owner(*call, p);
	return err;
}

void span_hang_up(struct span *s, int slot, struct pri_call *call, int cause)
{
	if (s->exchange != NULL) {
		exchange_hang_up(s->exchange, slot);
		return;
	}
	span_get_port(s);
	pri_call_hangup(call, cause);
}

int span_free_slot(const struct span *s, const char *called)
{
	if (s->exchange != NULL) {
		int slot = line_of(s, called);

		return s->phones[slot] == NULL ? slot : 0;
	}
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if (trunk_slot_is_bearer(s->config.line, slot) && s->phones[slot] == NULL)
			return slot;
	return 0;
}

void span_seat(struct span *s, int slot, struct phone *p)
{
	s->calls += (p != NULL) - (s->phones[slot] != NULL);
	s->carrier->phones += (p != NULL) - (s->phones[slot] != NULL);
	s->phones[slot] = p;
	if (s->card == NULL)
		return;
	if (p != NULL)
		trunk_begin(s->card, slot);
	else
		trunk_end(s->card, slot);
}

void span_set_dchannel(struct span *s, bool on, int for_ms)
{
	s->dchannel = on;
	s->dchannel_back = !on && for_ms > 0 ? mono_add_ms(clock_mono(), for_ms) : (struct mono){ 0 };
	if (!on)
		s->frame_count = 0;
}

bool span_set_alarms(struct span *s, uint32_t alarms)
{
	if (s->card != NULL)
		return false;
	s->alarms = alarms;
	line_state(s);
	return true;
}

void span_get_stats(struct span *s, struct span_stats *out)
{
	struct trunk_status status = { 0 };

	if (s->card != NULL)
		trunk_watch(s->card, &status);
	*out = s->stats;
	for (int i = 0; i < TRUNK_COUNTS; i++)
		out->card_counts[i] = status.counts[i] - s->card_counts_before[i];
}

void span_reset_stats(struct span *s)
{
	struct trunk_status status = { 0 };

	if (s->card != NULL)
		trunk_watch(s->card, &status);
	memcpy(s->card_counts_before, status.counts, sizeof(s->card_counts_before));
	memset(&s->stats, 0, sizeof(s->stats));
}
