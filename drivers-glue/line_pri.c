#include "drivers-glue/line_pri.h"

#include <stdio.h>
#include <stdlib.h>

_Static_assert((int)LINE_USER_UNSCREENED == (int)PRI_USER_UNSCREENED && (int)LINE_USER_PASSED == (int)PRI_USER_PASSED &&
               (int)LINE_USER_FAILED == (int)PRI_USER_FAILED && (int)LINE_NETWORK_PROVIDED == (int)PRI_NETWORK_PROVIDED &&
               (int)LINE_NO_NUMBER == (int)PRI_NO_NUMBER && (int)LINE_NUMBER_SIZE == (int)PRI_NUMBER_SIZE, "numbers");

struct line_pri {
	struct line_port line;
	struct pri_port *port;
	struct pri_call *calls[TRUNK_SLOTS];
};

static struct line_pri *pri_of(struct line_port *p) { return (struct line_pri *)p; }

static void send_frame(void *context, const uint8_t *octets, size_t len)
{
	struct line_pri *l = context;

	l->line.cb.send_frame(l->line.cb.context, octets, len);
}

static void tell(struct line_pri *l, enum line_event_type type, const struct pri_event *e)
{
	struct line_event out = {
		.type = type, .slot = e->slot, .cause = e->cause, .by_far_end = e->by_far_end, .by_line = e->by_line,
		.screening = (enum line_screening)e->screening, .presentation_allowed = e->presentation_allowed, .diverted = e->diverted,
	};

	snprintf(out.called, sizeof(out.called), "%s", e->called);
	snprintf(out.caller, sizeof(out.caller), "%s", e->caller);
	l->line.cb.event(l->line.cb.context, &out);
}

static void on_event(void *context, const struct pri_event *e)
{
	struct line_pri *l = context;

	switch (e->type) {
	case PRI_EV_DCHAN_UP: tell(l, LINE_READY, e); break;
	case PRI_EV_DCHAN_DOWN: tell(l, LINE_NOT_READY, e); break;
	case PRI_EV_OFFERED:
		l->calls[e->slot] = e->call;
		tell(l, LINE_OFFERED, e);
		break;
	case PRI_EV_CONNECTED: tell(l, LINE_CONNECTED, e); break;
	case PRI_EV_ENDED:
		l->calls[e->slot] = NULL;
		tell(l, LINE_ENDED, e);
		break;
	default: break;                       /* of calls that we place: none */
	}
}

static void line_pri_free(struct line_port *p)
{
	pri_port_free(&pri_of(p)->port);
	free(p);
}

static void line_pri_receive(struct line_port *p, const uint8_t *octets, size_t len) { pri_port_receive(pri_of(p)->port, octets, len); }
static int line_pri_run(struct line_port *p) { return pri_port_run(pri_of(p)->port); }
static void line_pri_line(struct line_port *p, bool up) { pri_port_line(pri_of(p)->port, up); }

static int line_pri_answer(struct line_port *p, int slot)
{
	struct pri_call *c = pri_of(p)->calls[slot];

	return c != NULL ? pri_call_answer(c) : ERR_STATE;
}

static void line_pri_hang_up(struct line_port *p, int slot, int cause)
{
	struct pri_call *c = pri_of(p)->calls[slot];

	if (c != NULL)
		pri_call_hangup(c, cause);
}

static const struct line_ops ops = {
	.free = line_pri_free, .receive = line_pri_receive, .run = line_pri_run, .line = line_pri_line, .answer = line_pri_answer,
	.hang_up = line_pri_hang_up,
};

int line_pri_new(const struct pri_port_config *config, const struct line_callbacks *cb, struct line_port **p)
{
	struct line_pri *l = calloc(1, sizeof(*l));
	struct pri_callbacks pri_cb = { send_frame, on_event, l };
	int e;

	if (l == NULL)
		return ERR_NOMEM;
	l->line = (struct line_port){ &ops, *cb };
	e = pri_port_new(config, &pri_cb, &l->port);
	if (e != 0) {
		free(l);
		return e;
	}
	pri_port_line(l->port, false);
	*p = &l->line;
	return 0;
}

struct pri_port *line_pri_port(struct line_port *p)
{
	return pri_of(p)->port;
}
