#include "trunkd/media.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "trunkd/lateness.h"
#include "trunkd/meters.h"

enum {
	EVENTS = 512, COMMANDS = 512, FRAMES = 32,      /* a span; Q.921's window is 7 frames */
	ALARM_BLOCKS = 5, CLEAR_BLOCKS = 10,            /* debouncing: 100 ms to believe an alarm, 200 ms its end */
	IDLE_MS = 100, READY_MAX = 64,
};
_Static_assert(COMMANDS >= MEDIA_COMMANDS_A_CALL * (TRUNK_SLOTS - 1), "commands of all calls of a span fit");

struct media_span {
	struct trunk *trunk;
	enum dsp_law law;
	bool open;
	int fd;                                         /* that is polled while it is open */
	uint32_t active;                                /* slots in a call, as bits */
	uint32_t alarms_seen, alarm_blocks;             /* a candidate and how long it has stood */
	unsigned char *slots;
	uint32_t lines;                                 /* analog lines, as bits: each has an ear */
	unsigned char *ears;
	struct ring *commands, *frames_out, *events, *frames_in;
	struct media_out out;
	struct lateness lateness;
	struct trunk_block tx;                          /* silent slots keep their idle octets */
	_Atomic uint32_t alarms;
	_Atomic uint64_t ticks, late, lost, underruns;
};

struct media_thread {
	struct media *media;
	pthread_t id;
	bool running, wake;
	int index, epoll_fd;
	struct trunk_block rx;
};

struct media {
	struct metrics *metrics;
	size_t span_count;
	struct media_span *spans;
	int thread_count, realtime_priority, wake_fd, stop_fd;
	_Atomic bool stop;
	struct media_thread threads[MEDIA_THREADS_MAX];
};

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

static bool watch(struct media_thread *t, struct media_span *s)
{
	struct epoll_event want = { .events = EPOLLIN | EPOLLPRI, .data.ptr = s };     /* PRI: an event of a card's channel */

	s->fd = trunk_fd(s->trunk);
	return epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, s->fd, &want) == 0;
}

/* A line that went down has closed what was polled, and with it has left the set. */
static void follow_fd(struct media_thread *t, struct media_span *s)
{
	if (!s->open || trunk_fd(s->trunk) == s->fd)
		return;
	epoll_ctl(t->epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
	s->open = watch(t, s);
}

/* Without a tick nothing else would take commands, and plays would not come back. */
static void idle(struct media_thread *t, struct media_span *s)
{
	run_commands(s);
	if (!s->open && trunk_revive(s->trunk))
		s->open = watch(t, s);
}

/* ---- a tick ---- */

static void frames_in(struct media_span *s, const struct trunk_block *rx, struct metrics *metrics)
{
	for (int i = 0; i < rx->frame_count; i++) {
		if (ring_put(s->frames_in, &rx->frames[i]))
			s->out.wake = true;
		else
			metrics_add(metrics, METER_FRAMES_DROPPED, 1);
	}
}

static void tell_sign(struct media_span *s, const struct fxo_message *m, struct metrics *metrics)
{
	struct trunk_frame f;

	f.len = (uint16_t)fxo_encode(m, f.octets);
	if (ring_put(s->frames_in, &f))
		s->out.wake = true;
	else
		metrics_add(metrics, METER_FRAMES_DROPPED, 1);
}

/* Analog lines: what their wires did in this block, and what is heard on them. */
static void listen(struct media_span *s, const struct trunk_block *rx, struct metrics *metrics)
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
		tell_sign(s, &m, metrics);
	}
}

static void count_tick(struct media_span *s, struct metrics *metrics)
{
	int64_t late_ns = lateness_answered(&s->lateness, clock_mono().ns);
	unsigned bucket = lateness_bucket(late_ns);

	metrics_add(metrics, METER_TICKS, 1);
	metrics_add(metrics, METER_LATE_1MS + bucket, 1);
	atomic_fetch_add_explicit(&s->ticks, 1, memory_order_relaxed);
	if (bucket < LATENESS_BUCKETS - 1)
		return;
	metrics_add(metrics, METER_DEADLINE_MISSES, 1);
	atomic_fetch_add_explicit(&s->late, 1, memory_order_relaxed);
}

/* Frames of an answer that the line did not take are still in tx. */
static void answer(struct media_span *s, uint64_t tick, struct metrics *metrics)
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
	metrics_add(metrics, METER_UNDERRUNS, 1);
	atomic_fetch_add_explicit(&s->underruns, 1, memory_order_relaxed);
}

static void tick(struct media_thread *t, struct media_span *s, int64_t now_ns)
{
	struct metrics *metrics = t->media->metrics;
	uint64_t lost;
	int e = trunk_receive(s->trunk, &t->rx);

	if (e == ERR_CLOSED)
		line_closed(s);
	if (e == ERR_INVALID)
		metrics_add(metrics, METER_BLOCKS_BROKEN, 1);
	if (e != 0)
		return;
	lost = lateness_arrived(&s->lateness, t->rx.tick, now_ns);
	if (lost > 0) {
		metrics_add(metrics, METER_TICKS_LOST, (int64_t)lost);
		atomic_fetch_add_explicit(&s->lost, lost, memory_order_relaxed);
	}
	run_commands(s);
	for (uint32_t left = s->active; left != 0; left &= left - 1) {
		int slot = __builtin_ctz(left);

		media_slot_block(slot_of(s, slot), s->law, t->rx.pcm[slot], s->tx.pcm[slot], &s->out);
	}
	answer(s, t->rx.tick, metrics);
	count_tick(s, metrics);
	frames_in(s, &t->rx, metrics);
	listen(s, &t->rx, metrics);
	watch_alarms(s, t->rx.alarms);
}

/* ---- threads ---- */

static void hand_over(struct media_thread *t, struct media_span *s)
{
	if (s->out.lost > 0)
		metrics_add(t->media->metrics, METER_EVENTS_LOST, (int64_t)s->out.lost);
	s->out.lost = 0;
	t->wake |= s->out.wake;
	s->out.wake = false;
}

static void turn(struct media_thread *t, int timeout_ms)
{
	struct media *m = t->media;
	struct epoll_event ready[READY_MAX];
	uint64_t one = 1;
	int n = epoll_wait(t->epoll_fd, ready, READY_MAX, timeout_ms);
	int64_t now_ns = clock_mono().ns;

	for (int i = 0; i < n; i++) {
		struct media_span *s = ready[i].data.ptr;

		if (s == NULL)
			continue;                            /* stop_fd: it is looked at elsewhere */
		tick(t, s, now_ns);
		follow_fd(t, s);
		hand_over(t, s);
	}
	for (size_t i = (size_t)t->index; i < m->span_count; i += (size_t)m->thread_count) {
		if (m->spans[i].open && n > 0)
			continue;
		idle(t, &m->spans[i]);
		hand_over(t, &m->spans[i]);
	}
	if (t->wake && write(m->wake_fd, &one, sizeof(one)) == sizeof(one))
		t->wake = false;
}

static void *run(void *context)
{
	struct media_thread *t = context;

	dsp_thread_init();
	while (!atomic_load_explicit(&t->media->stop, memory_order_acquire))
		turn(t, IDLE_MS);
	return NULL;
}

void media_turn(struct media *m, int thread, int timeout_ms)
{
	turn(&m->threads[thread], timeout_ms);
}

static void want_realtime(struct media *m, struct media_thread *t)
{
	struct sched_param p = { .sched_priority = m->realtime_priority };
	int e = m->realtime_priority > 0 ? pthread_setschedparam(t->id, SCHED_FIFO, &p) : 0;

	if (e != 0)
		log_warn("no_realtime", "thread=%d priority=%d error=\"%s\"", t->index, m->realtime_priority, strerror(e));
}

int media_start(struct media *m)
{
	for (int i = 0; i < m->thread_count; i++) {
		struct media_thread *t = &m->threads[i];
		char name[16];

		if (pthread_create(&t->id, NULL, run, t) != 0)
			return ERR_IO;
		t->running = true;
		snprintf(name, sizeof(name), "media%d", i);
		pthread_setname_np(t->id, name);
		want_realtime(m, t);
	}
	return 0;
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

static int span_init(struct media_span *s, const struct trunk_config *config, const struct line_ear_config ears[TRUNK_SLOTS])
{
	size_t size = media_slot_size();
	int e;

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
	return e == 0 ? trunk_open(config, &s->trunk) : e;
}

static int thread_init(struct media *m, int index)
{
	struct media_thread *t = &m->threads[index];
	struct epoll_event want = { .events = EPOLLIN, .data.ptr = NULL };

	t->media = m;
	t->index = index;
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return t->epoll_fd >= 0 && epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, m->stop_fd, &want) == 0 ? 0 : ERR_IO;
}

/* spandsp fills its tables at the first set-up of a detector, which must not happen on two threads. */
static void prime_detector(struct media_span *s)
{
	struct media_slot *first = slot_of(s, 0);

	media_slot_start(first, 1, &s->out);
	media_slot_init(first, 0);
}

int media_new(const struct media_config *config, struct media **m)
{
	struct media *made = calloc(1, sizeof(*made));
	int e = 0;

	if (made == NULL)
		return ERR_NOMEM;
	made->metrics = config->metrics;
	made->thread_count = config->threads;
	made->realtime_priority = config->realtime_priority;
	made->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	made->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (int i = 0; i < MEDIA_THREADS_MAX; i++)
		made->threads[i].epoll_fd = -1;
	made->spans = calloc(config->span_count + 1, sizeof(*made->spans));
	if (made->spans == NULL || made->wake_fd < 0 || made->stop_fd < 0)
		e = ERR_NOMEM;
	for (int i = 0; e == 0 && i < made->thread_count; i++)
		e = thread_init(made, i);
	for (size_t i = 0; e == 0 && i < config->span_count; i++) {
		made->span_count++;
		e = span_init(&made->spans[i], &config->spans[i], config->ears != NULL ? config->ears[i] : NULL);
	}
	if (e == 0 && made->span_count > 0)
		prime_detector(&made->spans[0]);
	if (e == 0)
		*m = made;
	else
		media_free(&made);
	return e;
}

static void join_threads(struct media *m)
{
	uint64_t one = 1;

	atomic_store_explicit(&m->stop, true, memory_order_release);
	if (write(m->stop_fd, &one, sizeof(one)) < 0)
		log_error("media_stop", "error=\"%s\"", strerror(errno));
	for (int i = 0; i < m->thread_count; i++)
		if (m->threads[i].running)
			pthread_join(m->threads[i].id, NULL);
}

static void span_free(struct media_span *s)
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

void media_free(struct media **m)
{
	struct media *old = *m;

	if (old == NULL)
		return;
	join_threads(old);
	for (size_t i = 0; i < old->span_count; i++)
		span_free(&old->spans[i]);
	for (int i = 0; i < old->thread_count; i++)
		if (old->threads[i].epoll_fd >= 0)
			close(old->threads[i].epoll_fd);
	close(old->wake_fd);
	close(old->stop_fd);
	free(old->spans);
	free(old);
	*m = NULL;
}

/* ---- the control thread's ends ---- */

int media_wake_fd(const struct media *m)
{
	return m->wake_fd;
}

bool media_command(struct media *m, size_t span, const struct media_command *c)
{
	return ring_put(m->spans[span].commands, c);
}

bool media_take_event(struct media *m, size_t span, struct media_event *e)
{
	return ring_take(m->spans[span].events, e);
}

void media_send_frame(struct media *m, size_t span, const uint8_t *octets, size_t len)
{
	struct trunk_frame f = { .len = (uint16_t)len };

	if (len == 0 || len > sizeof(f.octets))
		return;
	memcpy(f.octets, octets, len);
	if (!ring_put(m->spans[span].frames_out, &f))
		metrics_add(m->metrics, METER_FRAMES_DROPPED, 1);
}

bool media_take_frame(struct media *m, size_t span, struct trunk_frame *f)
{
	return ring_take(m->spans[span].frames_in, f);
}

void media_get_state(const struct media *m, size_t span, struct media_span_state *out)
{
	const struct media_span *s = &m->spans[span];

	out->alarms = atomic_load_explicit(&s->alarms, memory_order_acquire);
	out->ticks = atomic_load_explicit(&s->ticks, memory_order_relaxed);
	out->late = atomic_load_explicit(&s->late, memory_order_relaxed);
	out->lost = atomic_load_explicit(&s->lost, memory_order_relaxed);
	out->underruns = atomic_load_explicit(&s->underruns, memory_order_relaxed);
}

void media_watch(struct media *m, size_t span, struct trunk_status *out)
{
	trunk_watch(m->spans[span].trunk, out);
}

size_t media_span_bytes(void)
{
	return sizeof(struct media_span) + TRUNK_SLOTS * media_slot_size() + COMMANDS * sizeof(struct media_command) +
	       EVENTS * sizeof(struct media_event) + 2 * FRAMES * sizeof(struct trunk_frame);
}
