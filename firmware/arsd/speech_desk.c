#include "arsd/speech_desk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"

/* Ticks are 100 ms. A worker that needs longer than both its programs may take is given up. */
enum { WORKERS = 2, QUEUE_MAX = 256, RESTART_PAUSE_TICKS = 10, WORK_TICKS_MAX = 250 };

struct worker { struct speech_desk *desk; int fd, ticks; struct loop_watch *watch; uint64_t at_work; /* 0: idle */ };
struct speech_desk {
	struct loop *loop;
	int nursery;
	void (*done)(uint64_t number, enum speech_result result, void *context);
	void *context;
	struct worker worker[WORKERS];
	struct speech_job queue[QUEUE_MAX];
	size_t first, count;
	int pause_ticks;
};

static void hand_out(struct speech_desk *d);

static void worker_lost(struct worker *w)
{
	uint64_t number = w->at_work;

	log_error("speech_worker_lost", "number=%d", (int)(w - w->desk->worker));
	loop_watch_free(&w->watch);
	close(w->fd);
	w->fd = -1;
	w->at_work = 0;
	if (number != 0)
		w->desk->done(number, SPEECH_FAILED, w->desk->context);
}

static void on_worker(int fd, int what UNUSED, void *context)
{
	struct worker *w = context;
	struct speech_done done;
	ssize_t n = recv(fd, &done, sizeof(done), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != (ssize_t)sizeof(done) || done.number != w->at_work) {
		worker_lost(w);
		return;
	}
	w->at_work = 0;
	w->desk->done(done.number, done.result, w->desk->context);
	hand_out(w->desk);
}

static int worker_start(struct worker *w)
{
	int e = speech_worker_start(w->desk->nursery, &w->fd);

	if (e < 0) {
		w->fd = -1;
		return e;
	}
	e = loop_watch_fd(w->desk->loop, w->fd, LOOP_READ, on_worker, w, &w->watch);
	if (e < 0) {
		close(w->fd);
		w->fd = -1;
	}
	return e;
}

static void hand_out(struct speech_desk *d)
{
	for (int i = 0; i < WORKERS && d->count > 0; i++) {
		struct worker *w = &d->worker[i];
		const struct speech_job *j = &d->queue[d->first];

		if (w->fd < 0 || w->at_work != 0)
			continue;
		if (send(w->fd, j, sizeof(*j), MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof(*j))
			continue;
		w->at_work = j->number;
		w->ticks = 0;
		d->first = (d->first + 1) % QUEUE_MAX;
		d->count--;
	}
}

static bool has_workers(const struct speech_desk *d)
{
	for (int i = 0; i < WORKERS; i++)
		if (d->worker[i].fd >= 0)
			return true;
	return false;
}

bool speech_desk_give(struct speech_desk *d, const struct speech_job *job)
{
	if (d->count == QUEUE_MAX || !has_workers(d))
		return false;
	d->queue[(d->first + d->count++) % QUEUE_MAX] = *job;
	hand_out(d);
	return true;
}

void speech_desk_tick(struct speech_desk *d)
{
	for (int i = 0; i < WORKERS; i++)
		if (d->worker[i].at_work != 0 && ++d->worker[i].ticks >= WORK_TICKS_MAX)
			worker_lost(&d->worker[i]);
	if (d->pause_ticks > 0) {
		d->pause_ticks--;
		return;
	}
	for (int i = 0; i < WORKERS; i++)
		if (d->worker[i].fd < 0) {
			/* One that dies again and again is not started, nor complained of, at every tick. */
			d->pause_ticks = RESTART_PAUSE_TICKS;
			if (worker_start(&d->worker[i]) < 0)
				log_error("speech_worker_start", "number=%d", i);
		}
	hand_out(d);
}

int speech_desk_new(struct loop *l, int nursery, void (*done)(uint64_t number, enum speech_result result, void *context),
                    void *context, struct speech_desk **d)
{
	struct speech_desk *made = calloc(1, sizeof(*made));
	int e = 0;

	if (made == NULL)
		return ERR_NOMEM;
	made->loop = l;
	made->nursery = nursery;
	made->done = done;
	made->context = context;
	for (int i = 0; i < WORKERS; i++)
		made->worker[i] = (struct worker){ .desk = made, .fd = -1 };
	for (int i = 0; e == 0 && i < WORKERS; i++)
		e = worker_start(&made->worker[i]);
	if (e < 0) {
		speech_desk_free(&made);
		return e;
	}
	*d = made;
	return 0;
}

void speech_desk_free(struct speech_desk **d)
{
	if (*d == NULL)
		return;
	for (int i = 0; i < WORKERS; i++) {
		loop_watch_free(&(*d)->worker[i].watch);
		if ((*d)->worker[i].fd >= 0)
			close((*d)->worker[i].fd);
	}
	free(*d);
	*d = NULL;
}
