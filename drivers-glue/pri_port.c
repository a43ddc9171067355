/* pri_port.c: one D-channel: frames in and out of libpri, timers, whether the line lives, and RESTART. */
#include <stdlib.h>
#include <string.h>

#include "drivers-glue/pri_priv.h"

enum { FRAME_MIN = 5 };       /* address 2, control 1, FCS 2: libpri reads beyond anything shorter */

/* libpri has no public destructor, and its timers may not outlive a struct pri that is gone. Ports live as long as the
 * process; those that are freed all the same stay reachable here. */
struct retired { struct pri *pri; struct retired *next; };
static struct retired *retired;

static void be_silent(struct pri *pri UNUSED, char *text UNUSED) {}

static int read_frame(struct pri *pri, void *buf, int size)
{
	struct pri_port *p = pri_get_userdata(pri);
	size_t len = p->rx_len;

	if (p->rx == NULL || size < 0 || len > (size_t)size)
		return 0;             /* never negative: libpri would take it as a length */
	memcpy(buf, p->rx, len);
	memset((uint8_t *)buf + len, 0xff, (size_t)size - len);    /* what over-reads find: ends of information elements */
	p->rx = NULL;
	return (int)len;
}

static int write_frame(struct pri *pri, void *buf, int len)
{
	struct pri_port *p = pri_get_userdata(pri);
	uint8_t *octets = buf;

	if (len < FRAME_MIN || len > TRUNK_FRAME_MAX || !p->line_up)
		return len;
	memset(octets + len - 2, 0, 2);      /* the FCS is the driver's; libpri leaves old memory in its place */
	p->stats.frames_out++;
	p->cb.send_frame(p->cb.context, octets, (size_t)len);
	return len;
}

/* Creates libpri's side. It sends at once, so not before the owner has its port and the line carries it. */
static bool port_start(struct pri_port *p)
{
	struct retired *keep;

	if (p->pri != NULL)
		return true;
	keep = p->line_up ? malloc(sizeof(*keep)) : NULL;
	if (keep == NULL)
		return false;
	pri_set_message(be_silent);
	pri_set_error(be_silent);
	p->pri = pri_new_cb(-1, p->config.side == PRI_SIDE_CPE ? PRI_CPE : PRI_NETWORK,
	                    dialect_libpri(p->config.dialect, p->config.line), read_frame, write_frame, p);
	if (p->pri == NULL) {
		free(keep);
		return false;
	}
	*keep = (struct retired){ p->pri, retired };
	retired = keep;
	pri_set_overlapdial(p->pri, 1);
	pri_hangup_fix_enable(p->pri, 1);
	pri_connect_ack_enable(p->pri, 1);
	pri_set_service_message_support(p->pri, dialect_has_service(p->config.dialect, p->config.line));
	pri_persistent_layer2_option(p->pri, PRI_L2_PERSISTENCE_KEEP_UP);
	pri_set_timer(p->pri, PRI_TIMER_T309, 10 * PRI_T309_MS);   /* ours counts from the first sign of the loss */
	return true;
}

int pri_port_new(const struct pri_port_config *config, const struct pri_callbacks *cb, struct pri_port **p)
{
	struct pri_port *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->config = *config;
	made->cb = *cb;
	made->line_up = true;
	made->losing = true;                  /* the link is not there yet */
	if (made->config.overlap_timeout_ms <= 0)
		made->config.overlap_timeout_ms = PRI_T302_MS;
	made->restart_due = port_bearers(made);
	for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
		made->calls[slot].port = made;
		made->calls[slot].slot = slot;
	}
	*p = made;
	return 0;
}

void pri_port_free(struct pri_port **p)
{
	free(*p);
	*p = NULL;
}

uint32_t port_bearers(const struct pri_port *p)
{
	uint32_t slots = 0;

	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if (trunk_slot_is_bearer(p->config.line, slot))
			slots |= UINT32_C(1) << slot;
	return slots;
}

bool pri_port_up(const struct pri_port *p)
{
	return p->up;
}

static bool restarts_done(const struct pri_port *p)
{
	if (p->config.side == PRI_SIDE_CPE)
		return true;
	return p->restart_due == 0 && p->restart_slot == 0 &&
	       (p->restarted_far == port_bearers(p) || pri_clock_now().ns >= p->settle.ns);
}

void port_update(struct pri_port *p)
{
	bool up = p->line_up && p->link_up && (p->up || restarts_done(p));
	struct pri_event e = { .type = up ? PRI_EV_DCHAN_UP : PRI_EV_DCHAN_DOWN };

	if (up == p->up)
		return;
	p->up = up;
	p->cb.event(p->cb.context, &e);
}

/* Starts T309 when the first of line and link is lost, stops it when both are back. */
static void note_loss(struct pri_port *p)
{
	bool lost = !p->line_up || !p->link_up;
	struct mono now = pri_clock_now();

	if (lost && !p->losing)
		p->t309 = mono_add_ms(now, PRI_T309_MS);
	if (!lost && p->losing) {
		p->settle = mono_add_ms(now, PRI_SETTLE_MS);
		p->restarted_far = 0;
	}
	p->losing = lost;
	port_update(p);
}

void pri_port_line(struct pri_port *p, bool up)
{
	if (p->line_up == up)
		return;
	p->line_up = up;
	note_loss(p);
	port_restart_next(p);
}

void port_link(struct pri_port *p, bool up)
{
	p->link_up = up;
	if (!up && p->restart_slot != 0) {
		p->restart_due |= UINT32_C(1) << p->restart_slot;
		p->restart_slot = 0;
	}
	if (up)
		service_link_up(p);
	note_loss(p);
	port_restart_next(p);
}

void port_orphan(struct pri_port *p, int slot)
{
	p->restart_due |= UINT32_C(1) << slot;
}

/* One RESTART at a time (Q.931 5.5.1). A slot that got a call meanwhile has proved itself idle before. */
void port_restart_next(struct pri_port *p)
{
	while (p->link_up && !p->losing && p->restart_slot == 0 && p->restart_due != 0) {
		int slot = __builtin_ctz(p->restart_due);

		p->restart_due &= p->restart_due - 1;
		if (p->calls[slot].state != CALL_FREE)
			continue;
		p->restart_slot = slot;
		p->t316 = mono_add_ms(pri_clock_now(), PRI_T316_MS);
		pri_reset(p->pri, slot);
	}
	service_tell(p);
	port_update(p);
}

int pri_port_restart_slot(struct pri_port *p, int slot)
{
	if (!trunk_slot_is_bearer(p->config.line, slot))
		return ERR_INVALID;
	if (!p->link_up)
		return ERR_STATE;
	if (p->calls[slot].state != CALL_FREE)
		call_drop(&p->calls[slot], PRI_CAUSE_NORMAL_TEMPORARY_FAILURE, false);
	p->restart_due |= UINT32_C(1) << slot;
	port_restart_next(p);
	return 0;
}

void pri_port_receive(struct pri_port *p, const uint8_t *octets, size_t len)
{
	pri_event *e;

	if (len < FRAME_MIN || len > TRUNK_FRAME_MAX || !port_start(p)) {
		p->stats.frames_bad++;
		return;
	}
	p->stats.frames_in++;
	p->rx = octets;
	p->rx_len = len;
	p->maintenance = service_is_frame(octets, len);
	e = pri_check_event(p->pri);
	p->rx = NULL;
	if (e != NULL)
		port_dispatch(p, e, false);
}

static void deadlines(struct pri_port *p, struct mono now)
{
	bool lost = p->losing && now.ns >= p->t309.ns;

	for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
		struct pri_call *c = &p->calls[slot];

		if (c->state != CALL_FREE && lost) {
			port_orphan(p, slot);         /* the far end may have waited longer, and hold it still */
			call_drop(c, PRI_OUT_OF_ORDER, false);
		} else {
			call_deadlines(c, now);
		}
	}
	if (p->restart_slot != 0 && now.ns >= p->t316.ns)
		p->restart_slot = 0;
	service_deadlines(p, now);
	port_restart_next(p);
}

static int64_t sooner(int64_t ms, struct mono now, struct mono then)
{
	int64_t left = mono_diff_ms(now, then) + 1;

	return left < ms ? left : ms;
}

static int next_run_ms(struct pri_port *p, struct mono now)
{
	int64_t ms = PRI_RUN_MAX_MS;
	const struct timeval *next = pri_schedule_next(p->pri);

	if (next != NULL)
		ms = sooner(ms, now, (struct mono){ (int64_t)next->tv_sec * 1000000000 + (int64_t)next->tv_usec * 1000 });
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if (p->calls[slot].state == CALL_COLLECTING || p->calls[slot].state == CALL_ENDING)
			ms = sooner(ms, now, p->calls[slot].deadline);
	if (p->losing && now.ns < p->t309.ns)
		ms = sooner(ms, now, p->t309);
	if (p->restart_slot != 0)
		ms = sooner(ms, now, p->t316);
	if (p->link_up && !p->up && now.ns < p->settle.ns)
		ms = sooner(ms, now, p->settle);
	return ms < 0 ? 0 : (int)ms;
}

int pri_port_run(struct pri_port *p)
{
	pri_event *e;

	if (!port_start(p))
		return PRI_RUN_MAX_MS;
	while ((e = pri_schedule_run(p->pri)) != NULL)
		port_dispatch(p, e, true);
	deadlines(p, pri_clock_now());
	return next_run_ms(p, pri_clock_now());
}

void pri_port_stats(const struct pri_port *p, struct pri_stats *out)
{
	*out = p->stats;
}
