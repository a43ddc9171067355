#include "trunkd/control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/log.h"
#include "trunkd/meters.h"

enum {
	TICK_MS = 100, REPORT_EVERY_MS = 5000,
	/* Calls have so long to be cleared by the line after SIGTERM; then a moment for the last frames to leave. */
	STOP_MS = 1500, LAST_FRAMES_MS = 100,
	BINS_A_ROUND = 8,
};

struct turn {
	struct mono tick_at, report_at, stop_by;    /* stop_by.ns 0: not stopping */
	struct callctl_msg out;                     /* scratch: 32 KB */
};

/* ---- what arsd is told now and then ---- */

static void tell_pri(struct control *c, struct turn *t, unsigned span, struct mono now, bool all)
{
	struct span_pri *p = spans_pri(c->spans, span);

	t->out.type = callctl_type_span_pri;
	if (p != NULL && (span_pri_state(p, now, &t->out.u.span_pri) || all))
		links_to_arsd(c->links, &t->out);
}

static void tell_lines(struct control *c, struct turn *t, unsigned span, bool all)
{
	struct span_lines *l = spans_lines(c->spans, span);

	t->out.type = callctl_type_span_lines;
	if (l != NULL && (span_lines_state(l, &t->out.u.span_lines) || all))
		links_to_arsd(c->links, &t->out);
}

static void tell_spans(struct control *c, struct turn *t, struct mono now, bool all)
{
	int up = 0;

	for (size_t i = 0; i < spans_count(c->spans); i++) {
		t->out.type = callctl_type_span_state;
		if (spans_state(c->spans, i, &t->out.u.span_state) || all)
			links_to_arsd(c->links, &t->out);
		up += t->out.u.span_state.alarms == 0 && t->out.u.span_state.dchan_up;
		tell_pri(c, t, (unsigned)i + 1, now, all);
		tell_lines(c, t, (unsigned)i + 1, all);
	}
	metrics_set(c->metrics, METER_SPANS_UP, up);
}

/* A few a round: a day's worth at once would fill the socket. */
static void tell_bins(struct control *c, struct turn *t)
{
	struct callctl_span_bin *b = &t->out.u.span_bin;

	for (size_t i = 0; i < spans_count(c->spans); i++)
		for (int n = 0; n < BINS_A_ROUND && spans_next_bin(c->spans, i, b); n++) {
			t->out.type = callctl_type_span_bin;
			b->boot = c->links->boot;
			links_to_arsd(c->links, &t->out);
		}
}

static void tell_metrics(struct control *c, struct turn *t)
{
	struct callctl_metrics *m = &t->out.u.metrics;

	t->out.type = callctl_type_metrics;
	m->text.len = (uint32_t)metrics_print(c->metrics, (char *)m->text.data, sizeof(m->text.data));
	links_to_arsd(c->links, &t->out);
}

static void report(struct control *c, struct turn *t, struct mono now)
{
	bool due = now.ns >= t->report_at.ns || c->links->brain_new;

	if (c->links->brain_new)
		spans_tell_bins_anew(c->spans);
	tell_spans(c, t, now, due);
	if (!due)
		return;
	tell_bins(c, t);
	tell_metrics(c, t);
	c->links->brain_new = false;
	t->report_at = mono_add_ms(now, REPORT_EVERY_MS);
}

/* ---- a turn ---- */

static void empty(int fd)
{
	uint64_t n;

	if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		log_error("wake", "error=\"%s\"", strerror(errno));
}

static void stop(struct control *c, struct turn *t, struct mono now)
{
	struct signalfd_siginfo info;

	if (read(c->signal_fd, &info, sizeof(info)) != sizeof(info) || t->stop_by.ns != 0)
		return;
	log_info("stopping", "signal=%u calls=%d", info.ssi_signo, calls_count(c->calls));
	t->stop_by = mono_add_ms(now, STOP_MS);
	if (spans_drain(c->spans, 0, true) == 0)
		calls_stop(c->calls);
}

static bool is_over(const struct control *c, struct turn *t, struct mono now)
{
	if (t->stop_by.ns == 0)
		return false;
	if (calls_count(c->calls) == 0 && mono_diff_ms(now, t->stop_by) > LAST_FRAMES_MS)
		t->stop_by = mono_add_ms(now, LAST_FRAMES_MS);
	return now.ns >= t->stop_by.ns;
}

static void tick(struct control *c, struct turn *t, struct mono now)
{
	if (now.ns < t->tick_at.ns)
		return;
	t->tick_at = mono_add_ms(now, TICK_MS);
	calls_tick(c->calls, now);
	report(c, t, now);
}

static int wait_for_work(struct control *c, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = media_wake_fd(c->media), .events = POLLIN }, { .fd = c->signal_fd, .events = POLLIN },
		{ .fd = link_fd(&c->links->brain), .events = link_events(&c->links->brain) },
		{ .fd = link_fd(&c->links->keystore), .events = link_events(&c->links->keystore) },
	};

	if (poll(fds, ARRAY_LEN(fds), timeout_ms) < 0)
		return errno == EINTR ? 0 : ERR_IO;
	if (fds[0].revents != 0)
		empty(fds[0].fd);
	return 0;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

int control_run(struct control *c)
{
	static struct turn t;
	int e = 0;

	memset(&t, 0, sizeof(t));
	while (e == 0) {
		struct mono now = clock_mono();
		int wait_ms;

		stop(c, &t, now);
		spans_take(c->spans, now);
		links_serve(c->links, now);
		wait_ms = least(spans_run(c->spans, now), TICK_MS);
		tick(c, &t, now);
		wait_ms = least(links_run(c->links, now), wait_ms);
		if (is_over(c, &t, now))
			return 0;
		e = wait_for_work(c, wait_ms);
	}
	return e;
}
