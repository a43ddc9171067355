#include "sandbox/carrier/exchange.h"

#include <stdlib.h>

#include "drivers-glue/fxo_wire.h"

/* A subscriber's card takes no ring for 2 s after a hang-up. */
enum { REST_MS = 3000, ORDER_MS = 3000 };

enum subscriber_state { RESTING, WAITING, RINGING, TALKING, LEAVING };
struct subscriber { enum subscriber_state state; struct mono rested, deadline; };

struct exchange {
	struct exchange_callbacks cb;
	struct subscriber lines[TRUNK_SLOTS];
};

static void order(struct exchange *x, int slot, enum fxo_sign sign)
{
	struct trunk_frame f;

	fxo_put(&f, slot, sign);
	x->cb.send_frame(x->cb.context, f.octets, f.len);
}

static void tell(struct exchange *x, int slot, enum exchange_event e, bool far)
{
	x->cb.event(x->cb.context, slot, e, far);
}

static void ended(struct exchange *x, int slot, bool far)
{
	x->lines[slot].state = RESTING;
	x->lines[slot].rested = mono_add_ms(clock_mono(), REST_MS);
	tell(x, slot, EXCHANGE_ENDED, far);
}

int exchange_new(const struct exchange_callbacks *cb, struct exchange **x)
{
	struct exchange *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->cb = *cb;
	*x = made;
	return 0;
}

void exchange_free(struct exchange **x)
{
	free(*x);
	*x = NULL;
}

int exchange_call(struct exchange *x, int slot)
{
	if (x->lines[slot].state != RESTING)
		return ERR_EXISTS;
	x->lines[slot].state = WAITING;
	exchange_run(x, clock_mono());
	return 0;
}

void exchange_hang_up(struct exchange *x, int slot)
{
	struct subscriber *s = &x->lines[slot];

	if (s->state == RESTING || s->state == LEAVING)
		return;
	s->state = LEAVING;
	s->deadline = mono_add_ms(clock_mono(), ORDER_MS);
	order(x, slot, FXO_HANG_UP);
}

void exchange_receive(struct exchange *x, const uint8_t *octets, size_t len)
{
	struct fxo_message m;
	struct subscriber *s;

	if (fxo_decode(octets, len, &m) != 0)
		return;
	s = &x->lines[m.slot];
	switch (m.sign) {
	case FXO_RINGER_OFF:
		if (s->state == RINGING)
			tell(x, m.slot, EXCHANGE_RINGS, false);
		break;
	case FXO_SEIZED:
		if (s->state != RINGING)
			break;
		s->state = TALKING;
		order(x, m.slot, FXO_SEIZE);
		tell(x, m.slot, EXCHANGE_ANSWERED, false);
		break;
	case FXO_RELEASED:
		s->rested = mono_add_ms(clock_mono(), REST_MS);
		if (s->state != TALKING)
			break;
		order(x, m.slot, FXO_HANG_UP);
		ended(x, m.slot, true);
		break;
	case FXO_ON_HOOK:
		if (s->state == LEAVING)
			ended(x, m.slot, false);
		break;
	case FXO_FAILED:
		if (s->state != RESTING && s->state != WAITING)
			ended(x, m.slot, true);
		break;
	default:
		break;
	}
}

void exchange_run(struct exchange *x, struct mono now)
{
	for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
		struct subscriber *s = &x->lines[slot];

		if (s->state == LEAVING && now.ns >= s->deadline.ns)
			ended(x, slot, false);
		if (s->state != WAITING || now.ns < s->rested.ns)
			continue;
		s->state = RINGING;
		order(x, slot, FXO_RING_IT);
	}
}

void exchange_lost(struct exchange *x)
{
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if (x->lines[slot].state != RESTING)
			ended(x, slot, true);
}
