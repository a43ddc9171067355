#include "trunkd/media_span.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/clock.h"
#include "trunkd/meters.h"

enum {
	EVENTS = 512, COMMANDS = 512, FRAMES = 32,      /* a span; Q.921's window is 7 frames */
	ALARM_BLOCKS = 5, CLEAR_BLOCKS = 10,            /* debouncing: 100 ms to believe an alarm, 200 ms its end */
};
_Static_assert(COMMANDS >= MEDIA_COMMANDS_A_CALL * (TRUNK_SLOTS - 1), "the commands of all calls of a span fit: their ring cannot overflow");

static struct media_slot *slot_of(const struct media_span *s, int slot)
{
	return (struct media_slot *)(void *)(s->slots + (size_t)slot * media_slot_size());
}

static struct line_ear *ear_of(const struct media_span *s, int slot)
{
	return (struct line_ear *)(void *)(s->ears + (size_t)slot * line_ear_size());
}

/* ---- commands, at the edge between two ticks ---- */

static void start_call(struct media_span *s, const struct media_command *c)
{
	media_slot_start(slot_of(s, c->slot), c->call, &s->out);
	trunk_begin(s->trunk, c->slot);
	s->active |= UINT32_C(1) << c->slot;
}

static void stop_call(struct media_span *s, const struct media_command *c)
{
	if (media_slot_call(slot_of(s, c->slot)) != c->call)
		return;
	media_slot_stop(slot_of(s, c->slot), &s->out);
	trunk_end(s->trunk, c->slot);
	s->active &= ~(UINT32_C(1) << c->slot);
	memset(s->tx.pcm[c->slot], g711_idle(s->law), sizeof(s->tx.pcm[0]));
}

static void run_commands(struct media_span *s)
{
	struct media_command c;

	media_out_flush(&s->out);
	while (ring_take(s->commands, &c)) {
		switch (c.type) {
		case MEDIA_START: start_call(s, &c); break;
		case MEDIA_STOP: stop_call(s, &c); break;
		case MEDIA_PLAY: media_slot_play(slot_of(s, c.slot), c.play, &s->out); break;
		case MEDIA_FIELD_CLOSED: media_slot_close_field(slot_of(s, c.slot), c.call, c.field); break;
		}
	}
}

/* ---- the state of the line ---- */

static void set_alarms(struct media_span *s, uint32_t alarms)
{
	if (atomic_load_explicit(&s->alarms, memory_order_relaxed) == alarms)
		return;
	atomic_store_explicit(&s->alarms, alarms, memory_order_release);
	s->out.wake = true;
}

static void watch_alarms(struct media_span *s, uint32_t alarms)
{
	if (alarms != s->alarms_seen) {
		s->alarms_seen = alarms;
		s->alarm_blocks = 0;
	}
	s->alarm_blocks++;
	if (s->alarm_blocks == (alarms != 0 ? ALARM_BLOCKS : CLEAR_BLOCKS))
		set_alarms(s, alarms);
}

static void line_closed(struct media_span *s)
{
	s->open = false;
	s->tx.frame_count = 0;
	s->alarms_seen = TRUNK_ALARM_RED | TRUNK_ALARM_LOS;
	s->alarm_blocks = 0;
	set_alarms(s, s->alarms_seen);
	lateness_reset(&s->lateness);
}

static bool watch(struct media_span *s)
{
	struct epoll_event want = { .events = EPOLLIN | EPOLLPRI, .data.ptr = s };     /* PRI: an event of a card's channel */

	s->fd = trunk_fd(s->trunk);
	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->fd, &want) == 0;
}

/* A line that went down has closed what was polled, and with it has left the set. */
static void follow_fd(struct media_span *s)
{
	if (!s->open || trunk_fd(s->trunk) == s->fd)
		return;
	epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
	s->open = watch(s);
}

/* ---- a tick ---- */

static void frames_in(struct media_span *s, const struct trunk_block *rx)
{
	for (int i = 0; i < rx->frame_count; i++) {
		if (ring_put(s->frames_in, &rx->frames[i]))
			s->out.wake = true;
		else
			metrics_add(s->metrics, METER_FRAMES_DROPPED, 1);
	}
}

static void tell_sign(struct media_span *s, const struct fxo_message *m)
{
	struct trunk_frame f;

	f.len = (uint16_t)fxo_encode(m, f.octets);
	if (ring_put(s->frames_in, &f))
		s->out.wake = true;
	else
		metrics_add(s->metrics, METER_FRAMES_DROPPED, 1);
}

/* Analog lines: what their wires did in this block, and what is heard on them. */
static void listen(struct media_span *s, const struct trunk_block *rx)
{
	struct fxo_message m;

	for (int i = 0; s->lines != 0 && i < rx->frame_count; i++)
		if (fxo_decode(rx->frames[i].octets, rx->frames[i].len, &m) == 0 && (s->lines & UINT32_C(1) << m.slot) != 0)
			line_ear_sign(ear_of(s, m.slot), m.sign);
	for (uint32_t left = s->lines; left != 0; left &= left - 1) {
		int slot = __builtin_ctz(left);
		bool in_call = (s->active & UINT32_C(1) << slot) != 0;

		if (!line_ear_block(ear_of(s, slot), s->law, rx->pcm[slot], in_call, media_slot_in_field(slot_of(s, slot)), &m))
			continue;
		m.slot = (uint8_t)slot;
		tell_sign(s, &m);
	}
}

static void count_tick(struct media_span *s)
{
	int64_t late_ns = lateness_answered(&s->lateness, clock_mono().ns);
	unsigned bucket = lateness_bucket(late_ns);

	metrics_add(s->metrics, METER_TICKS, 1);
	metrics_add(s->metrics, METER_LATE_1MS + bucket, 1);
	atomic_fetch_add_explicit(&s->ticks, 1, memory_order_relaxed);
	if (bucket < LATENESS_BUCKETS - 1)
		return;
	metrics_add(s->metrics, METER_DEADLINE_MISSES, 1);
	atomic_fetch_add_explicit(&s->late, 1, memory_order_relaxed);
}

/* Frames of an answer that the line did not take are still in tx. */
static void answer(struct media_span *s, uint64_t tick)
{
	int e;

	while (s->tx.frame_count < TRUNK_FRAMES_MAX && ring_take(s->frames_out, &s->tx.frames[s->tx.frame_count]))
		s->tx.frame_count++;
	s->tx.tick = tick;
	e = trunk_send(s->trunk, &s->tx);
	if (e == ERR_CLOSED)
		line_closed(s);
	if (e == 0) {
		s->tx.frame_count = 0;
		return;
	}
	metrics_add(s->metrics, METER_UNDERRUNS, 1);
	atomic_fetch_add_explicit(&s->underruns, 1, memory_order_relaxed);
}

static void block(struct media_span *s, struct trunk_block *rx, int64_t now_ns)
{
	uint64_t lost;
	int e = trunk_receive(s->trunk, rx);

	if (e == ERR_CLOSED)
		line_closed(s);
	if (e == ERR_INVALID)
		metrics_add(s->metrics, METER_BLOCKS_BROKEN, 1);
	if (e != 0)
		return;
	lost = lateness_arrived(&s->lateness, rx->tick, now_ns);
	if (lost > 0) {
		metrics_add(s->metrics, METER_TICKS_LOST, (int64_t)lost);
		atomic_fetch_add_explicit(&s->lost, lost, memory_order_relaxed);
	}
	run_commands(s);
	for (uint32_t left = s->active; left != 0; left &= left - 1) {
		int slot = __builtin_ctz(left);

		media_slot_block(slot_of(s, slot), s->law, rx->pcm[slot], s->tx.pcm[slot], &s->out);
	}
	answer(s, rx->tick);
	count_tick(s);
	frames_in(s, rx);
	listen(s, rx);
	watch_alarms(s, rx->alarms);
}

/* ---- for its thread ---- */

static bool has_news(struct media_span *s)
{
	bool wake = s->out.wake;

	if (s->out.lost > 0)
		metrics_add(s->metrics, METER_EVENTS_LOST, (int64_t)s->out.lost);
	s->out.lost = 0;
	s->out.wake = false;
	return wake;
}

bool media_span_tick(struct media_span *s, struct trunk_block *rx, int64_t now_ns)
{
	block(s, rx, now_ns);
	follow_fd(s);
	return has_news(s);
}

bool media_span_idle(struct media_span *s)
{
	run_commands(s);
	if (!s->open && trunk_revive(s->trunk))
		s->open = watch(s);
	return has_news(s);
}

/* ---- set-up and end ---- */

static int ears_init(struct media_span *s, const struct trunk_config *config, const struct line_ear_config ears[TRUNK_SLOTS])
{
	if (config->line != TRUNK_ANALOG || ears == NULL)
		return 0;
	s->ears = aligned_alloc(64, line_ear_size() * TRUNK_SLOTS);
	if (s->ears == NULL)
		return ERR_NOMEM;
	s->lines = config->lines;
	for (uint32_t left = s->lines; left != 0; left &= left - 1)
		line_ear_init(ear_of(s, __builtin_ctz(left)), &ears[__builtin_ctz(left)]);
	return 0;
}

/* spandsp fills its tables at the first set-up of a detector, which must not happen on two threads. */
static void prime_detector(struct media_span *s)
{
	struct media_slot *first = slot_of(s, 0);

	media_slot_start(first, 1, &s->out);
	media_slot_init(first, 0);
}

int media_span_init(struct media_span *s, const struct trunk_config *config, const struct line_ear_config ears[TRUNK_SLOTS], int epoll_fd,
                    struct metrics *metrics)
{
	size_t size = media_slot_size();
	int e;

	s->epoll_fd = epoll_fd;
	s->metrics = metrics;
	s->law = config->law == TRUNK_ALAW ? DSP_ALAW : DSP_ULAW;
	s->alarms = s->alarms_seen = TRUNK_ALARM_NOTOPEN;
	memset(s->tx.pcm, g711_idle(s->law), sizeof(s->tx.pcm));
	s->slots = aligned_alloc(64, size * TRUNK_SLOTS);
	if (s->slots == NULL)
		return ERR_NOMEM;
	for (int i = 0; i < TRUNK_SLOTS; i++)
		media_slot_init(slot_of(s, i), (uint8_t)i);
	e = ring_new(sizeof(struct media_command), COMMANDS, &s->commands);
	if (e == 0)
		e = ring_new(sizeof(struct media_event), EVENTS, &s->events);
	if (e == 0)
		e = ring_new(sizeof(struct trunk_frame), FRAMES, &s->frames_in);
	if (e == 0)
		e = ring_new(sizeof(struct trunk_frame), FRAMES, &s->frames_out);
	if (e == 0)
		e = ears_init(s, config, ears);
	s->out.events = s->events;
	if (e == 0)
		prime_detector(s);
	return e == 0 ? trunk_open(config, &s->trunk) : e;
}

void media_span_free(struct media_span *s)
{
	struct media_command c;
	struct media_event e;

	for (int i = 0; s->slots != NULL && i < TRUNK_SLOTS; i++)
		media_slot_stop(slot_of(s, i), &s->out);
	for (;;) {
		while (s->events != NULL && ring_take(s->events, &e))
			free(e.play);
		if (s->out.first == NULL)
			break;
		media_out_flush(&s->out);
	}
	while (s->commands != NULL && ring_take(s->commands, &c))
		free(c.play);
	ring_free(&s->commands);
	ring_free(&s->events);
	ring_free(&s->frames_in);
	ring_free(&s->frames_out);
	trunk_free(&s->trunk);
	free(s->slots);
	free(s->ears);
}

size_t media_span_bytes(void)
{
	return sizeof(struct media_span) + TRUNK_SLOTS * media_slot_size() + COMMANDS * sizeof(struct media_command) +
	       EVENTS * sizeof(struct media_event) + 2 * FRAMES * sizeof(struct trunk_frame);
}
