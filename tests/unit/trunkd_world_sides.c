/* trunkd_world_sides.c: who is on either side of trunkd: the carrier with its telephones, arsd and keystored. */
#include "tests/unit/trunkd_world_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/clock.h"

/* ---- the carrier ---- */

static void queue_frame(void *context, const uint8_t *octets, size_t len)
{
	struct world *w = context;
	struct trunk_frame *f = &w->frames[(w->frame_first + w->frame_count) % WORLD_FRAMES];

	assert_true(w->frame_count < WORLD_FRAMES);
	f->len = (uint16_t)len;
	memcpy(f->octets, octets, len);
	w->frame_count++;
}

static void on_call(void *context UNUSED, const struct pri_event *e)
{
	struct world_phone *p = e->owner;

	if (p == NULL)
		return;
	p->proceeding |= e->type == PRI_EV_PROCEEDING;
	p->connected |= e->type == PRI_EV_CONNECTED;
	if (e->type == PRI_EV_ENDED) {
		p->ended = true;
		p->cause = e->cause;
		p->by_far_end = e->by_far_end;
		p->by_line = e->by_line;
	}
}

void world_carrier_new(struct world *w, const struct pri_port_config *port)
{
	struct pri_callbacks cb = { queue_frame, on_call, w };

	assert_int_equal(pri_port_new(port, &cb, &w->port), 0);
	pri_port_line(w->port, false);
	world_carrier_up(w);
}

void world_carrier_up(struct world *w)
{
	assert_int_equal(soft_carrier_listen(w->span_path, w->line, w->law, &w->carrier), 0);
}

void world_carrier_down(struct world *w)
{
	soft_carrier_free(&w->carrier);
	w->line_up = w->owed = false;
	w->frame_count = 0;
	pri_port_line(w->port, false);
}

static void send_tick(struct world *w)
{
	static struct trunk_block b;
	int16_t pcm[TRUNK_BLOCK];

	memset(b.pcm, g711_idle(w->law == TRUNK_ALAW ? DSP_ALAW : DSP_ULAW), sizeof(b.pcm));
	b.tick = w->tick++;
	for (b.frame_count = 0; w->frame_count > 0 && b.frame_count < TRUNK_FRAMES_MAX; w->frame_count--) {
		b.frames[b.frame_count++] = w->frames[w->frame_first];
		w->frame_first = (w->frame_first + 1) % WORLD_FRAMES;
	}
	for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
		struct world_phone *p = &w->phones[slot];

		if (!p->connected || p->ended)
			continue;
		memset(pcm, 0, sizeof(pcm));
		dtmf_tx_block(&p->keys, pcm, TRUNK_BLOCK);
		g711_encode(w->law == TRUNK_ALAW ? DSP_ALAW : DSP_ULAW, pcm, b.pcm[slot], TRUNK_BLOCK);
	}
	w->owed = soft_carrier_send(w->carrier, &b) == 0;
}

static void hear(struct world *w, const struct trunk_block *b)
{
	for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
		int16_t last;

		g711_decode(w->law == TRUNK_ALAW ? DSP_ALAW : DSP_ULAW, &b->pcm[slot][TRUNK_BLOCK - 1], &last, 1);
		w->phones[slot].heard = last > -50 && last < 50 ? 0 : last;
		w->phones[slot].silent_blocks = w->phones[slot].heard != 0 ? 0 : w->phones[slot].silent_blocks + 1;
	}
}

void world_carrier_turn(struct world *w)
{
	static struct trunk_block b;
	int e;

	if (w->carrier == NULL)
		return;
	if (!w->line_up) {
		w->line_up = soft_carrier_accept(w->carrier);
		w->owed = false;
		if (w->line_up)
			pri_port_line(w->port, true);
	}
	while (w->line_up && (e = soft_carrier_receive(w->carrier, &b)) != ERR_AGAIN) {
		if (e == ERR_CLOSED) {
			w->line_up = false;
			pri_port_line(w->port, false);
			return;
		}
		assert_int_equal(e, 0);
		w->owed = false;
		w->answered++;
		hear(w, &b);
		for (int i = 0; i < b.frame_count; i++)
			pri_port_receive(w->port, b.frames[i].octets, b.frames[i].len);
	}
	if (w->line_up && !w->owed && clock_mono().ns >= w->next_tick.ns) {
		w->next_tick = mono_add_ms(clock_mono(), WORLD_TICK_EVERY_MS);
		send_tick(w);
	}
}

struct world_phone *world_dial(struct world *w, int slot, const char *caller, const char *called)
{
	struct pri_setup setup = { .slot = slot, .screening = PRI_NETWORK_PROVIDED, .presentation_allowed = true };
	struct world_phone *p = &w->phones[slot];

	memset(p, 0, sizeof(*p));
	snprintf(setup.caller, sizeof(setup.caller), "%s", caller);
	snprintf(setup.called, sizeof(setup.called), "%s", called);
	WORLD_UNTIL(w, pri_port_up(w->port));
	assert_int_equal(pri_call_setup(w->port, &setup, &p->call), 0);
	pri_call_set_owner(p->call, p);
	return p;
}

void world_press(struct world_phone *p, const char *keys)
{
	assert_int_equal(dtmf_tx_queue(&p->keys, keys, 80 * WORLD_MS, 80 * WORLD_MS, -9, -7), 0);
}

void world_hang_up(struct world_phone *p)
{
	pri_call_hangup(p->call, PRI_NORMAL_CLEARING);
}

/* ---- neighbours ---- */

void neighbour_listen(struct neighbour *n)
{
	assert_int_equal(ipc_listen(n->path, &n->listen_fd), 0);
	n->boot++;
}

void neighbour_die(struct neighbour *n)
{
	close(n->listen_fd);
	n->listen_fd = -1;
	unlink(n->path);
	ipc_conn_free(&n->conn);
	n->greeted = false;
}

static struct note *note_new(struct notes *n, int type, uint64_t call)
{
	assert_true(n->count < WORLD_NOTES);
	n->at[n->count] = (struct note){ .type = type, .call = call };
	return &n->at[n->count++];
}

static void arsd_told(struct world *w, const struct callctl_msg *m)
{
	struct note *n;

	switch (m->type) {
	case callctl_type_hello:
		assert_false(w->arsd.greeted);
		assert_int_equal(m->u.hello.version, CALLCTL_VERSION);
		w->arsd.greeted = true;
		return;
	case callctl_type_span_state:
		w->span = m->u.span_state;
		return;
	case callctl_type_span_bin:
		w->bin = m->u.span_bin;
		return;
	case callctl_type_span_pri:
		w->pri = m->u.span_pri;
		return;
	case callctl_type_trace_frame:
		assert_true(w->trace_count < WORLD_NOTES && m->u.trace_frame.req == 7);
		w->trace[w->trace_count++] = m->u.trace_frame;
		return;
	case callctl_type_trace_end:
		w->trace_ended = true;
		w->trace_found = m->u.trace_end.found;
		return;
	case callctl_type_metrics:
		snprintf(w->metrics, sizeof(w->metrics), "%.*s", (int)m->u.metrics.text.len, (const char *)m->u.metrics.text.data);
		return;
	case callctl_type_call_offered:
		n = note_new(&w->told_arsd, m->type, m->u.call_offered.call);
		n->number = m->u.call_offered.channel;
		n->a = m->u.call_offered.screening;
		snprintf(n->called, sizeof(n->called), "%s", m->u.call_offered.called);
		snprintf(n->caller, sizeof(n->caller), "%s", m->u.call_offered.caller);
		return;
	case callctl_type_call_up:
		note_new(&w->told_arsd, m->type, m->u.call_up.call);
		return;
	case callctl_type_call_ended:
		n = note_new(&w->told_arsd, m->type, m->u.call_ended.call);
		n->a = m->u.call_ended.cause;
		n->b = m->u.call_ended.by;
		return;
	case callctl_type_play_ended:
		n = note_new(&w->told_arsd, m->type, m->u.play_ended.call);
		n->number = m->u.play_ended.play;
		n->a = m->u.play_ended.why;
		n->b = m->u.play_ended.heard_ms;
		return;
	case callctl_type_menu_key:
		n = note_new(&w->told_arsd, m->type, m->u.menu_key.call);
		n->number = m->u.menu_key.play;
		n->a = m->u.menu_key.key;
		return;
	case callctl_type_key_timeout:
		n = note_new(&w->told_arsd, m->type, m->u.key_timeout.call);
		n->number = m->u.key_timeout.play;
		n->a = m->u.key_timeout.first;
		return;
	default:
		fail_msg("arsd was told %s", callctl_type_name(m->type));
	}
}

static void keystored_told(struct world *w, const struct keypad_msg *m)
{
	struct note *n;

	switch (m->type) {
	case keypad_type_hello:
		assert_false(w->keystored.greeted);
		w->keystored.greeted = true;
		return;
	case keypad_type_reset:
		note_new(&w->told_keystored, m->type, 0);
		return;
	case keypad_type_call_begin:
		note_new(&w->told_keystored, m->type, m->u.call_begin.call);
		return;
	case keypad_type_call_end:
		note_new(&w->told_keystored, m->type, m->u.call_end.call);
		return;
	case keypad_type_key:
		n = note_new(&w->told_keystored, m->type, m->u.key.call);
		n->number = m->u.key.field;
		n->a = m->u.key.key;
		return;
	case keypad_type_key_timeout:
		n = note_new(&w->told_keystored, m->type, m->u.key_timeout.call);
		n->number = m->u.key_timeout.field;
		n->a = m->u.key_timeout.first;
		return;
	default:
		fail_msg("keystored was told %s", keypad_type_name(m->type));
	}
}

static struct callctl_msg arsd_in;

void world_arsd_turn(struct world *w)
{
	static uint8_t frame[IPC_FRAME_MAX];
	int n;

	if (w->arsd.conn == NULL && w->arsd.listen_fd >= 0 && ipc_accept(w->arsd.listen_fd, -1, &w->arsd.conn) == 0)
		world_arsd(w, &(struct callctl_msg){ .type = callctl_type_hello, .u.hello = { CALLCTL_VERSION, w->arsd.boot } });
	while (w->arsd.conn != NULL && (n = ipc_conn_recv(w->arsd.conn, frame)) != ERR_AGAIN) {
		if (n < 0) {
			ipc_conn_free(&w->arsd.conn);
			w->arsd.greeted = false;
			return;
		}
		assert_int_equal(callctl_decode(&arsd_in, frame, (size_t)n), 0);
		arsd_told(w, &arsd_in);
	}
}

void world_keystored_turn(struct world *w)
{
	static uint8_t frame[IPC_FRAME_MAX];
	struct keypad_msg m;
	int n;

	if (w->keystored.conn == NULL && w->keystored.listen_fd >= 0 &&
	    ipc_accept(w->keystored.listen_fd, -1, &w->keystored.conn) == 0)
		world_keystored(w, &(struct keypad_msg){ .type = keypad_type_hello, .u.hello = { 1, w->keystored.boot } });
	while (w->keystored.conn != NULL && (n = ipc_conn_recv(w->keystored.conn, frame)) != ERR_AGAIN) {
		if (n < 0) {
			ipc_conn_free(&w->keystored.conn);
			w->keystored.greeted = false;
			return;
		}
		assert_int_equal(keypad_decode(&m, frame, (size_t)n), 0);
		keystored_told(w, &m);
	}
}

void world_arsd(struct world *w, const struct callctl_msg *m)
{
	assert_non_null(w->arsd.conn);
	assert_int_equal(callctl_send(w->arsd.conn, m), 0);
}

void world_keystored(struct world *w, const struct keypad_msg *m)
{
	assert_non_null(w->keystored.conn);
	assert_int_equal(keypad_send(w->keystored.conn, m), 0);
}

const struct note *note_find(const struct notes *n, int type, uint64_t call, int nth)
{
	for (int i = 0; i < n->count; i++)
		if (n->at[i].type == type && (call == 0 || n->at[i].call == call) && nth-- == 0)
			return &n->at[i];
	return NULL;
}

int note_count(const struct notes *n, int type, uint64_t call)
{
	int count = 0;

	while (note_find(n, type, call, count) != NULL)
		count++;
	return count;
}

const char *world_secret(const struct world *w, uint64_t call, uint32_t field)
{
	static char keys[WORLD_KEYS];
	const struct note *n;
	int len = 0;

	for (int i = 0; (n = note_find(&w->told_keystored, keypad_type_key, call, i)) != NULL; i++)
		if (n->number == field)
			keys[len++] = (char)n->a;
	keys[len] = '\0';
	return keys;
}

const struct note *world_ended(struct world *w, uint64_t call)
{
	return note_find(ARSD(w), callctl_type_call_ended, call, 0);
}
