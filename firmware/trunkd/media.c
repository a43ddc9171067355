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
#include "trunkd/media_span.h"
#include "trunkd/meters.h"

enum { IDLE_MS = 100, READY_MAX = 64 };

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

/* ---- threads ---- */

static void turn(struct media_thread *t, int timeout_ms)
{
	struct media *m = t->media;
	struct epoll_event ready[READY_MAX];
	uint64_t one = 1;
	int n = epoll_wait(t->epoll_fd, ready, READY_MAX, timeout_ms);
	int64_t now_ns = clock_mono().ns;

	for (int i = 0; i < n; i++) {
		struct media_span *s = ready[i].data.ptr;

		if (s != NULL)                               /* else stop_fd: it is looked at elsewhere */
			t->wake |= media_span_tick(s, &t->rx, now_ns);
	}
	for (size_t i = (size_t)t->index; i < m->span_count; i += (size_t)m->thread_count)
		if (!m->spans[i].open || n <= 0)
			t->wake |= media_span_idle(&m->spans[i]);
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

static int thread_init(struct media *m, int index)
{
	struct media_thread *t = &m->threads[index];
	struct epoll_event want = { .events = EPOLLIN, .data.ptr = NULL };

	t->media = m;
	t->index = index;
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return t->epoll_fd >= 0 && epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, m->stop_fd, &want) == 0 ? 0 : ERR_IO;
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
		e = media_span_init(&made->spans[i], &config->spans[i], config->ears != NULL ? config->ears[i] : NULL,
		                    made->threads[i % (size_t)made->thread_count].epoll_fd, made->metrics);
	}
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

void media_free(struct media **m)
{
	struct media *old = *m;

	if (old == NULL)
		return;
	join_threads(old);
	for (size_t i = 0; i < old->span_count; i++)
		media_span_free(&old->spans[i]);
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
