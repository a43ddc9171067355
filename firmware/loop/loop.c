#include <signal.h>
#include <stdlib.h>

#include "lib/log.h"
#include "loop/loop_priv.h"

struct loop_timer {
	struct event *event;
	struct loop_timer **owner;        /* cleared when a one-shot timer has fired */
	void (*fn)(void *context);
	void *context;
	bool again;
};

struct loop_watch {
	struct loop *loop;
	struct event *event;
	int fd;
	void (*fn)(int fd, int what, void *context);
	void *context;
};

static void on_signal(evutil_socket_t sig UNUSED, short what UNUSED, void *context)
{
	loop_stop(context);
}

int loop_new(struct loop **l)
{
	static const int stop_on[2] = { SIGTERM, SIGINT };
	struct loop *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	signal(SIGPIPE, SIG_IGN);
	made->base = event_base_new();
	if (made->base == NULL) {
		free(made);
		return ERR_NOMEM;
	}
	for (int i = 0; i < 2; i++) {
		made->signals[i] = evsignal_new(made->base, stop_on[i], on_signal, made);
		evsignal_add(made->signals[i], NULL);
	}
	*l = made;
	return 0;
}

void loop_free(struct loop **l)
{
	if (*l == NULL)
		return;
	loop_http_free(*l);
	loop_peers_free(*l);
	for (int i = 0; i < 2; i++)
		event_free((*l)->signals[i]);
	event_base_free((*l)->base);
	free(*l);
	*l = NULL;
}

int loop_run(struct loop *l)
{
	while (!l->stopping) {
		if (event_base_loop(l->base, EVLOOP_ONCE) != 0) {
			log_error("loop_failed", "hint=\"the event loop has nothing to wait for\"");
			return ERR_IO;
		}
		if (l->turn_end != NULL)
			l->turn_end(l->turn_context);
		loop_peers_flush(l);
	}
	return 0;
}

void loop_stop(struct loop *l)
{
	l->stopping = true;
	event_base_loopbreak(l->base);
}

void loop_on_turn_end(struct loop *l, void (*fn)(void *context), void *context)
{
	l->turn_end = fn;
	l->turn_context = context;
}

static void on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct loop_timer *t = context;

	if (t->again) {
		t->fn(t->context);
		return;
	}
	void (*fn)(void *) = t->fn;
	void *its_context = t->context;

	if (t->owner != NULL)
		*t->owner = NULL;
	event_free(t->event);
	free(t);
	fn(its_context);
}

static int timer_new(struct loop *l, int64_t ms, bool again, void (*fn)(void *context), void *context,
                     struct loop_timer **t)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	struct loop_timer *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->owner = t;
	made->fn = fn;
	made->context = context;
	made->again = again;
	made->event = event_new(l->base, -1, again ? EV_PERSIST : 0, on_timer, made);
	if (made->event == NULL || event_add(made->event, &tv) != 0) {
		free(made);
		return ERR_NOMEM;
	}
	*t = made;
	return 0;
}

int loop_timer_start(struct loop *l, int64_t ms, void (*fn)(void *context), void *context, struct loop_timer **t)
{
	return timer_new(l, ms < 0 ? 0 : ms, false, fn, context, t);
}

int loop_every(struct loop *l, int64_t ms, void (*fn)(void *context), void *context, struct loop_timer **t)
{
	return timer_new(l, ms, true, fn, context, t);
}

void loop_timer_cancel(struct loop_timer **t)
{
	if (*t == NULL)
		return;
	event_free((*t)->event);
	free(*t);
	*t = NULL;
}

static void on_watch(evutil_socket_t fd, short what, void *context)
{
	struct loop_watch *w = context;

	w->fn(fd, (what & EV_READ ? LOOP_READ : 0) | (what & EV_WRITE ? LOOP_WRITE : 0), w->context);
}

static void watch_arm(struct loop_watch *w, int what)
{
	short events = (short)(EV_PERSIST | (what & LOOP_READ ? EV_READ : 0) | (what & LOOP_WRITE ? EV_WRITE : 0));

	event_del(w->event);
	event_assign(w->event, w->loop->base, w->fd, events, on_watch, w);
	if (what != 0)
		event_add(w->event, NULL);
}

int loop_watch_fd(struct loop *l, int fd, int what, void (*fn)(int fd, int what, void *context), void *context,
                  struct loop_watch **w)
{
	struct loop_watch *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	*made = (struct loop_watch){ .loop = l, .fd = fd, .fn = fn, .context = context };
	made->event = event_new(l->base, fd, EV_READ | EV_PERSIST, on_watch, made);
	if (made->event == NULL) {
		free(made);
		return ERR_NOMEM;
	}
	watch_arm(made, what);
	*w = made;
	return 0;
}

void loop_watch_change(struct loop_watch *w, int what)
{
	watch_arm(w, what);
}

void loop_watch_free(struct loop_watch **w)
{
	if (*w == NULL)
		return;
	event_free((*w)->event);
	free(*w);
	*w = NULL;
}
