/* pri_link.h: two ports back to back, network and user side, on a link that can be cut. */
#ifndef TEST_PRI_LINK_H
#define TEST_PRI_LINK_H

#include <stdlib.h>
#include <string.h>

#include "drivers-glue/pri.h"
#include "tests/unit/pri_time.h"

enum { QUEUE = 512, EVENTS = 512, NET = 0, CPE = 1 };

struct link_end {
	struct link *link;
	struct pri_port *port;
	struct trunk_frame queue[QUEUE];      /* what it sent and nobody took yet */
	int queued;
	struct pri_event events[EVENTS];
	int count;
	bool answer;                          /* answer each call in its dispatch */
	int refuse;                           /* or refuse it with this cause */
};

struct link_kind { enum trunk_line line; enum pri_dialect dialect; };
/* hush: messages of this protocol discriminator arrive as of one that nobody knows; hushed: how many did. */
struct link { struct link_end end[2]; bool cut; uint8_t hush; int hushed; };

static void on_frame(void *context, const uint8_t *octets, size_t len)
{
	struct link_end *e = context;

	if (e->link->cut)
		return;
	assert_true(e->queued < QUEUE && len <= TRUNK_FRAME_MAX);
	e->queue[e->queued].len = (uint16_t)len;
	memcpy(e->queue[e->queued].octets, octets, len);
	if (e->link->hush != 0 && len > 8 && !(octets[2] & 1) && octets[4] == e->link->hush) {
		e->queue[e->queued].octets[4] = 0x4f;
		e->link->hushed++;
	}
	e->queued++;
}

static void on_event(void *context, const struct pri_event *ev)
{
	struct link_end *e = context;

	assert_true(e->count < EVENTS);
	e->events[e->count++] = *ev;
	if (ev->type == PRI_EV_OFFERED && e->answer)
		assert_int_equal(pri_call_answer(ev->call), 0);
	if (ev->type == PRI_EV_OFFERED && e->refuse != 0)
		pri_call_hangup(ev->call, e->refuse);
}

/* Carries frames until neither end has more to say. */
static void carry(struct link *l)
{
	while (l->end[NET].queued > 0 || l->end[CPE].queued > 0) {
		for (int from = NET; from <= CPE; from++) {
			static struct trunk_frame taken[QUEUE];
			int n = l->end[from].queued;

			memcpy(taken, l->end[from].queue, sizeof(taken[0]) * (size_t)n);
			l->end[from].queued = 0;
			for (int i = 0; i < n; i++)
				pri_port_receive(l->end[!from].port, taken[i].octets, taken[i].len);
		}
	}
}

static void pass(struct link *l, int64_t ms)
{
	for (int64_t until = now_ms + ms; ; now_ms++) {
		int net = pri_port_run(l->end[NET].port), cpe = pri_port_run(l->end[CPE].port);
		int step = net < cpe ? net : cpe;

		carry(l);
		if (now_ms >= until)
			return;
		if (step > 1)
			now_ms += step - 1 < until - now_ms - 1 ? step - 1 : until - now_ms - 1;
	}
}

static const struct pri_event *nth(struct link *l, int end, enum pri_event_type type, int n)
{
	for (int i = 0; i < l->end[end].count; i++)
		if (l->end[end].events[i].type == type && n-- == 0)
			return &l->end[end].events[i];
	return NULL;
}

static const struct pri_event *first(struct link *l, int end, enum pri_event_type type)
{
	return nth(l, end, type, 0);
}

static int count(struct link *l, int end, enum pri_event_type type)
{
	int n = 0;

	while (nth(l, end, type, n) != NULL)
		n++;
	return n;
}

static void forget_events(struct link *l)
{
	l->end[NET].count = l->end[CPE].count = 0;
}

static void new_port(struct link *l, int end, const struct link_kind *kind, int called_digits)
{
	struct pri_port_config config = {
		.side = end == CPE ? PRI_SIDE_CPE : PRI_SIDE_NETWORK, .dialect = kind->dialect, .line = kind->line,
		.law = kind->line == TRUNK_E1 ? TRUNK_ALAW : TRUNK_ULAW, .called_digits = called_digits,
	};
	struct pri_callbacks cb = { on_frame, on_event, &l->end[end] };

	pri_port_free(&l->end[end].port);
	l->end[end] = (struct link_end){ .link = l };
	assert_int_equal(pri_port_new(&config, &cb, &l->end[end].port), 0);
}

/* called_digits: of both sides. */
static struct link *link_new(const struct link_kind *kind, int called_digits)
{
	struct link *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	new_port(l, NET, kind, called_digits);
	new_port(l, CPE, kind, called_digits);
	pass(l, 1500);
	assert_true(pri_port_up(l->end[NET].port) && pri_port_up(l->end[CPE].port));
	forget_events(l);
	return l;
}

static void link_free(struct link *l)
{
	pri_port_free(&l->end[NET].port);
	pri_port_free(&l->end[CPE].port);
	free(l);
}

#endif
