#include "trunkd/links.h"

#include <inttypes.h>
#include <string.h>

#include "lib/log.h"
#include "lib/secret.h"
#include "trunkd/meters.h"

enum { KEYPAD_VERSION = 1, FRAMES_A_TURN = 256 };

void links_init(struct links *l, const struct settings *set, uint64_t boot, struct metrics *metrics)
{
	memset(l, 0, sizeof(*l));
	link_init(&l->brain, "arsd", set->run_dir, "callctl.sock", set->arsd_uid);
	link_init(&l->keystore, "keystored", set->run_dir, "keypad.sock", set->keystored_uid);
	l->boot = boot;
	l->metrics = metrics;
}

void links_free(struct links *l)
{
	ipc_conn_free(&l->brain.conn);
	ipc_conn_free(&l->keystore.conn);
}

/* ---- sending. A neighbour that does not keep up has lost messages and so its place: it is dropped, later. ---- */

static bool sent(struct link *l, int e)
{
	if (e == 0)
		return true;
	if (e != ERR_CLOSED)
		log_error("send_failed", "who=%s error=%s", l->who, err_name(e));
	l->broken = true;
	return false;
}

bool links_to_arsd(void *context, const struct callctl_msg *m)
{
	struct link *l = &((struct links *)context)->brain;

	return l->greeted && !l->broken && sent(l, callctl_send(l->conn, m));
}

bool links_to_keystored(void *context, const struct keypad_msg *m)
{
	struct link *l = &((struct links *)context)->keystore;

	return l->greeted && !l->broken && sent(l, keypad_send(l->conn, m));
}

/* ---- connecting and greeting ---- */

static void greet_brain(struct links *l)
{
	l->in.type = callctl_type_hello;
	l->in.u.hello = (struct callctl_hello){ CALLCTL_VERSION, l->boot };
	sent(&l->brain, callctl_send(l->brain.conn, &l->in));
}

static void greet_keystore(struct links *l)
{
	struct keypad_msg m = { .type = keypad_type_hello, .u.hello = { KEYPAD_VERSION, l->boot } };

	sent(&l->keystore, keypad_send(l->keystore.conn, &m));
}

static void drop(struct links *l, struct link *which, struct mono now)
{
	if (link_drop(which, now) && which == &l->brain)
		calls_brain_lost(l->calls, now);
}

int links_run(struct links *l, struct mono now)
{
	int brain_ms, keystore_ms;

	if (l->brain.broken)
		drop(l, &l->brain, now);
	if (l->keystore.broken)
		drop(l, &l->keystore, now);
	if (calls_wait_for_brain(l->calls))
		link_hurry(&l->brain, now);
	if (link_try(&l->brain, now))
		greet_brain(l);
	if (link_try(&l->keystore, now))
		greet_keystore(l);
	brain_ms = link_wait_ms(&l->brain, now);
	keystore_ms = link_wait_ms(&l->keystore, now);
	return l->brain.broken || l->keystore.broken ? 0 : brain_ms < keystore_ms ? brain_ms : keystore_ms;
}

/* ---- arsd ---- */

static int brain_greeted(struct links *l, uint32_t version, struct mono now)
{
	if (version != CALLCTL_VERSION)
		return ERR_INVALID;
	l->brain.greeted = l->brain_new = true;
	metrics_add(l->metrics, METER_LINKS_BRAIN, 1);
	log_info("neighbour_up", "who=arsd boot=%016" PRIx64, l->in.u.hello.boot);
	calls_brain_up(l->calls, now);
	return 0;
}

static int on_lock(struct links *l, const struct callctl_lock *m)
{
	struct span_pri *p = spans_pri(l->spans, m->span);
	struct span_lines *lines = spans_lines(l->spans, m->span);

	if (m->on > 1)
		return ERR_INVALID;
	if (p != NULL && m->channel == 0)
		span_pri_lock(p, m->on != 0);
	else if (lines == NULL || span_lines_lock(lines, m->channel, m->on != 0) < 0)
		log_warn("lock_refused", "span=%u channel=%u why=\"there is no such span, or no such analog line\"", m->span, m->channel);
	return 0;
}

static int on_trace(struct links *l, const struct callctl_trace *m, struct mono now)
{
	struct span_pri *p = spans_pri(l->spans, m->span);

	if (m->minutes > TRACE_MINUTES_MAX)
		return ERR_INVALID;
	if (p == NULL || span_pri_trace(p, m->minutes, now) < 0)
		log_warn("trace_refused", "span=%u", m->span);
	return 0;
}

/* The question is in l->in, which is also where the answer is made. */
static int on_trace_get(struct links *l)
{
	const struct callctl_trace_get ask = l->in.u.trace_get;
	struct span_pri *p = spans_pri(l->spans, ask.span);
	struct callctl_trace_frame *out = &l->in.u.trace_frame;

	for (size_t i = 0; p != NULL && i < trace_count(p->trace); i++) {
		const struct trace_frame *f = trace_at(p->trace, i);

		if (ask.call != 0 && f->call != ask.call)
			continue;
		l->in.type = callctl_type_trace_frame;
		*out = (struct callctl_trace_frame){ .req = ask.req, .call = f->call, .at_ms = f->at.ms, .sent = f->sent };
		out->octets.len = f->len;
		memcpy(out->octets.data, f->octets, f->len);
		links_to_arsd(l, &l->in);
	}
	l->in.type = callctl_type_trace_end;
	l->in.u.trace_end = (struct callctl_trace_end){ .req = ask.req, .found = p != NULL };
	links_to_arsd(l, &l->in);
	return 0;
}

static int from_arsd(struct links *l, size_t len, struct mono now)
{
	struct callctl_msg *m = &l->in;

	if (callctl_decode(m, l->frame, len) < 0 || l->brain.greeted == (m->type == callctl_type_hello))
		return ERR_INVALID;
	if (m->type == callctl_type_hello)
		return brain_greeted(l, m->u.hello.version, now);
	switch (m->type) {
	case callctl_type_drain:
		if (m->u.drain.on > 1)
			return ERR_INVALID;
		if (spans_drain(l->spans, m->u.drain.span, m->u.drain.on != 0) < 0)
			log_warn("drain_refused", "span=%u why=\"there is no such span\"", m->u.drain.span);
		return 0;
	case callctl_type_lock: return on_lock(l, &m->u.lock);
	case callctl_type_trace: return on_trace(l, &m->u.trace, now);
	case callctl_type_trace_get: return on_trace_get(l);
	default: return calls_from_arsd(l->calls, m);
	}
}

/* ---- keystored ---- */

static int keystore_greeted(struct links *l, const struct keypad_hello *hello)
{
	struct keypad_msg reset = { .type = keypad_type_reset };

	if (hello->version != KEYPAD_VERSION)
		return ERR_INVALID;
	l->keystore.greeted = true;
	metrics_add(l->metrics, METER_LINKS_KEYSTORE, 1);
	log_info("neighbour_up", "who=keystored boot=%016" PRIx64, hello->boot);
	links_to_keystored(l, &reset);
	calls_keystore_up(l->calls);
	return 0;
}

static int from_keystored(struct links *l, size_t len, struct mono now UNUSED)
{
	struct keypad_msg m;

	if (keypad_decode(&m, l->frame, len) < 0 || l->keystore.greeted == (m.type == keypad_type_hello))
		return ERR_INVALID;
	if (m.type == keypad_type_hello)
		return keystore_greeted(l, &m.u.hello);
	if (m.type != keypad_type_field_closed)
		return ERR_INVALID;
	calls_field_closed(l->calls, &m.u.field_closed);
	return 0;
}

/* ---- a turn ---- */

static void serve(struct links *l, struct link *which, int (*take)(struct links *l, size_t len, struct mono now), struct mono now)
{
	for (int i = 0; i < FRAMES_A_TURN && which->conn != NULL && !which->broken; i++) {
		int n = ipc_conn_recv(which->conn, l->frame);

		if (n == ERR_AGAIN)
			break;
		if (n > 0 && take(l, (size_t)n, now) == 0)
			continue;
		if (n > 0) {
			metrics_add(l->metrics, METER_LINK_FAULTS, 1);
			log_error("neighbour_dropped", "who=%s why=\"a frame that breaks the protocol\"", which->who);
		}
		which->broken = true;
	}
	if (which->conn != NULL && !which->broken && ipc_conn_flush(which->conn) < 0)
		which->broken = true;
	if (which->broken)
		drop(l, which, now);
}

void links_serve(struct links *l, struct mono now)
{
	serve(l, &l->brain, from_arsd, now);
	serve(l, &l->keystore, from_keystored, now);
}
