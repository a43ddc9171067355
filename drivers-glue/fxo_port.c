/* fxo_port.c: what the machine of each line decides, done: orders to the card, events to the owner, times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers-glue/fxo.h"
#include "drivers-glue/fxo_machine.h"
#include "drivers-glue/fxo_wire.h"
#include "drivers-glue/pri_clock.h"

enum { RUN_MAX_MS = 1000 };

struct fxo_call {
	int state;                        /* enum fxo_state */
	struct mono deadline;             /* 0: none */
	struct mono answered;
	struct mono rested;               /* from when on a number before a ring is believed */
	bool no_battery, announced;       /* announced: the owner knows of a call, so an ENDED is due */
	bool told, given;                 /* caller id came; with a number */
	char caller[LINE_NUMBER_SIZE];
	int cause;                        /* of our own hang-up */
};

struct fxo_port {
	struct line_port line;
	struct fxo_config config;
	bool up;
	uint64_t bugs;
	struct fxo_call calls[TRUNK_SLOTS];
};

static struct fxo_port *fxo_of(struct line_port *p) { return (struct fxo_port *)p; }

static int slot_of(const struct fxo_port *p, const struct fxo_call *c)
{
	return (int)(c - p->calls);
}

static bool in_use(const struct fxo_port *p, int slot)
{
	return p->config.lines[slot].number[0] != '\0';
}

/* ---- outwards ---- */

static void order(struct fxo_port *p, struct fxo_call *c, enum fxo_sign sign)
{
	struct fxo_message m = { .slot = (uint8_t)slot_of(p, c), .sign = sign };
	uint8_t frame[FXO_FRAME_MAX];
	size_t len = fxo_encode(&m, frame);

	p->line.cb.send_frame(p->line.cb.context, frame, len);
}

static void tell_offered(struct fxo_port *p, struct fxo_call *c)
{
	const struct fxo_line *l = &p->config.lines[slot_of(p, c)];
	struct line_event e = { .type = LINE_OFFERED, .slot = slot_of(p, c), .screening = LINE_NO_NUMBER };

	snprintf(e.called, sizeof(e.called), "%s", l->number);
	if (c->given) {
		snprintf(e.caller, sizeof(e.caller), "%s", c->caller);
		e.screening = l->trusted ? LINE_ANALOG_TRUSTED : LINE_ANALOG;
		e.presentation_allowed = true;
	}
	c->announced = true;
	p->line.cb.event(p->line.cb.context, &e);
}

static void tell_ended(struct fxo_port *p, struct fxo_call *c, int cause, bool far, bool line)
{
	struct line_event e = {
		.type = LINE_ENDED, .slot = slot_of(p, c), .cause = cause, .by_far_end = far, .by_line = line, .screening = LINE_NO_NUMBER,
	};

	if (!c->announced)
		return;
	c->announced = false;
	p->line.cb.event(p->line.cb.context, &e);
}

static void tell_ended_by_us(struct fxo_port *p, struct fxo_call *c) { tell_ended(p, c, c->cause, false, false); }
static void tell_ended_by_caller(struct fxo_port *p, struct fxo_call *c) { tell_ended(p, c, LINE_CAUSE_NORMAL, true, false); }
static void tell_ended_by_line(struct fxo_port *p, struct fxo_call *c) { tell_ended(p, c, LINE_CAUSE_OUT_OF_ORDER, false, true); }

/* ---- a step ---- */

static int time_of(const struct fxo_port *p, const struct fxo_call *c)
{
	const struct fxo_line *l = &p->config.lines[slot_of(p, c)];

	switch (c->state) {
	case FXO_PRIMED: return FXO_PRIMED_MS;
	case FXO_RINGING: return l->caller_id && !c->told ? p->config.number_wait_ms : 0;
	case FXO_OFFERED:
	case FXO_REFUSED: return FXO_RING_GAP_MS;
	case FXO_ANSWERING:
	case FXO_LEAVING: return FXO_ORDER_MS;
	case FXO_GUARD: return FXO_GUARD_MS;
	default: return -1;               /* OUT, IDLE, UP: for as long as it takes */
	}
}

static void forget_caller(struct fxo_call *c)
{
	c->told = c->given = false;
	memset(c->caller, 0, sizeof(c->caller));
}

/* The call is over; the loop is open, or is to be. */
static void over(struct fxo_port *p, struct fxo_call *c, int before, enum fxo_event event)
{
	forget_caller(c);
	c->rested = mono_add_ms(pri_clock_now(), FXO_REST_MS);
	if (before == FXO_UP || before == FXO_ANSWERING || (before == FXO_LEAVING && event == FXO_EV_TIME))
		order(p, c, FXO_HANG_UP);
	if (before == FXO_LEAVING)
		tell_ended_by_us(p, c);
	else if (event == FXO_EV_BATTERY_LOST || event == FXO_EV_GONE || event == FXO_EV_POLARITY)
		tell_ended_by_caller(p, c);
	else
		tell_ended_by_line(p, c);
}

static void entered(struct fxo_port *p, struct fxo_call *c, int before, enum fxo_event event)
{
	switch (c->state) {
	case FXO_OFFERED:
		tell_offered(p, c);
		break;
	case FXO_ANSWERING:
		order(p, c, FXO_SEIZE);
		break;
	case FXO_UP: {
		struct line_event e = { .type = LINE_CONNECTED, .slot = slot_of(p, c), .screening = LINE_NO_NUMBER };

		c->answered = pri_clock_now();
		p->line.cb.event(p->line.cb.context, &e);
		break;
	}
	case FXO_LEAVING:
	case FXO_REFUSED:
		order(p, c, FXO_HANG_UP);
		break;
	case FXO_GUARD:
		over(p, c, before, event);
		break;
	case FXO_OUT:
		over(p, c, before == FXO_REFUSED ? FXO_LEAVING : before, event);
		break;
	case FXO_IDLE:
		forget_caller(c);
		if (before == FXO_OFFERED)
			tell_ended_by_caller(p, c);
		else
			tell_ended_by_us(p, c);          /* of a refused call whose end nobody confirmed */
		break;
	default:
		break;
	}
}

static void step(struct fxo_port *p, struct fxo_call *c, enum fxo_event event)
{
	int before = c->state, ms;
	enum fsm_kind kind = fsm_step(&fxo_fsm, &c->state, event);

	if (kind == FSM_BUG)
		p->bugs++;
	if (kind != FSM_GO && kind != FSM_STAY)
		return;
	ms = time_of(p, c);
	c->deadline = ms >= 0 ? mono_add_ms(pri_clock_now(), ms) : (struct mono){ 0 };
	if (kind == FSM_GO)
		entered(p, c, before, event);
	else if (c->state == FXO_REFUSED && (event == FXO_EV_ON_HOOK || event == FXO_EV_FAILED))
		tell_ended_by_us(p, c);
}

/* ---- inwards ---- */

static void follow_battery(struct fxo_port *p, struct fxo_call *c)
{
	step(p, c, p->up && !c->no_battery ? FXO_EV_CLEAR : FXO_EV_ALARM);
}

static bool believes_caller(const struct fxo_call *c)
{
	if (c->state == FXO_RINGING)
		return true;
	return (c->state == FXO_IDLE || c->state == FXO_PRIMED) && pri_clock_now().ns >= c->rested.ns;
}

static void on_caller(struct fxo_port *p, struct fxo_call *c, const char *number)
{
	if (c->told || !believes_caller(c))
		return;
	c->told = true;
	c->given = number[0] != '\0';
	snprintf(c->caller, sizeof(c->caller), "%s", number);
	step(p, c, FXO_EV_NUMBER);
}

static void on_polarity(struct fxo_port *p, struct fxo_call *c)
{
	bool up = c->state == FXO_UP;

	if (up && !p->config.lines[slot_of(p, c)].polarity_ends)
		return;
	if (up && mono_diff_ms(c->answered, pri_clock_now()) < FXO_POLARITY_DEAF_MS)
		return;
	step(p, c, FXO_EV_POLARITY);
}

static void fxo_receive(struct line_port *line, const uint8_t *octets, size_t len)
{
	struct fxo_port *p = fxo_of(line);
	struct fxo_message m;
	struct fxo_call *c;

	if (fxo_decode(octets, len, &m) != 0 || !in_use(p, m.slot))
		return;
	c = &p->calls[m.slot];
	switch (m.sign) {
	case FXO_RING: step(p, c, FXO_EV_RING); break;
	case FXO_POLARITY: on_polarity(p, c); break;
	case FXO_BATTERY_LOST: step(p, c, FXO_EV_BATTERY_LOST); break;
	case FXO_ON_HOOK: step(p, c, FXO_EV_ON_HOOK); break;
	case FXO_OFF_HOOK: step(p, c, FXO_EV_OFF_HOOK); break;
	case FXO_FAILED: step(p, c, FXO_EV_FAILED); break;
	case FXO_CALLER:
	case FXO_NO_CALLER: on_caller(p, c, m.number); break;
	case FXO_TONE:
	case FXO_SILENCE: step(p, c, FXO_EV_GONE); break;
	case FXO_NO_BATTERY:
	case FXO_BATTERY:
		c->no_battery = m.sign == FXO_NO_BATTERY;
		follow_battery(p, c);
		break;
	default: break;                       /* the exchange's end, and orders */
	}
}

static int fxo_run(struct line_port *line)
{
	struct fxo_port *p = fxo_of(line);
	int64_t soonest = RUN_MAX_MS;

	for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
		struct fxo_call *c = &p->calls[slot];
		struct mono now = pri_clock_now();

		if (c->deadline.ns == 0)
			continue;
		if (now.ns >= c->deadline.ns)
			step(p, c, FXO_EV_TIME);
		if (c->deadline.ns != 0 && mono_diff_ms(now, c->deadline) + 1 < soonest)
			soonest = mono_diff_ms(now, c->deadline) + 1;
	}
	return soonest < 0 ? 0 : (int)soonest;
}

static void fxo_line_is(struct line_port *line, bool up)
{
	struct fxo_port *p = fxo_of(line);
	struct line_event e = { .type = up ? LINE_READY : LINE_NOT_READY, .screening = LINE_NO_NUMBER };

	if (up == p->up)
		return;
	p->up = up;
	p->line.cb.event(p->line.cb.context, &e);
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if (in_use(p, slot))
			follow_battery(p, &p->calls[slot]);
}

static int fxo_answer(struct line_port *line, int slot)
{
	struct fxo_port *p = fxo_of(line);
	struct fxo_call *c = &p->calls[slot];

	if (c->state != FXO_OFFERED)
		return ERR_STATE;
	step(p, c, FXO_EV_ANSWER);
	return 0;
}

static void fxo_hang_up(struct line_port *line, int slot, int cause)
{
	struct fxo_port *p = fxo_of(line);
	struct fxo_call *c = &p->calls[slot];

	if (!c->announced || c->state == FXO_LEAVING || c->state == FXO_REFUSED)
		return;
	c->cause = cause;
	step(p, c, FXO_EV_HANG_UP);
}

static void fxo_free(struct line_port *line)
{
	free(line);
}

static const struct line_ops ops = {
	.free = fxo_free, .receive = fxo_receive, .run = fxo_run, .line = fxo_line_is, .answer = fxo_answer, .hang_up = fxo_hang_up,
};

int fxo_port_new(const struct fxo_config *config, const struct line_callbacks *cb, struct line_port **p)
{
	struct fxo_port *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->line = (struct line_port){ &ops, *cb };
	made->config = *config;
	for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
		made->calls[slot].state = fxo_fsm.start;
		made->calls[slot].rested = mono_add_ms(pri_clock_now(), FXO_REST_MS);      /* nobody knows what was before */
	}
	*p = &made->line;
	return 0;
}

enum fxo_phase fxo_port_phase(struct line_port *p, int slot)
{
	switch (fxo_of(p)->calls[slot].state) {
	case FXO_OUT: return FXO_PHASE_OUT;
	case FXO_RINGING:
	case FXO_OFFERED:
	case FXO_REFUSED: return FXO_PHASE_RINGING;
	case FXO_ANSWERING:
	case FXO_UP:
	case FXO_LEAVING: return FXO_PHASE_CALL;
	default: return FXO_PHASE_IDLE;       /* IDLE, PRIMED, GUARD */
	}
}

const char *fxo_port_state(struct line_port *p, int slot)
{
	return fsm_state_name(&fxo_fsm, fxo_of(p)->calls[slot].state);
}

uint64_t fxo_port_bugs(struct line_port *p)
{
	return fxo_of(p)->bugs;
}
