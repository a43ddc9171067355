/* pri_call.c: the calls of a port, one to a slot: what the owner does to them, and how they end. */
#include <string.h>

#include "drivers-glue/pri_priv.h"

struct pri_call *call_find(struct pri_port *p, const q931_call *q)
{
	for (int slot = 0; q != NULL && slot < TRUNK_SLOTS; slot++)
		if (p->calls[slot].state != CALL_FREE && p->calls[slot].q == q)
			return &p->calls[slot];
	return NULL;
}

void call_forget(struct pri_port *p, const q931_call *q)
{
	struct pri_call *c = call_find(p, q);

	if (c != NULL)
		call_ended(c);
}

int call_free_slot(const struct pri_port *p)
{
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if (trunk_slot_is_bearer(p->config.line, slot) && p->calls[slot].state == CALL_FREE && (p->out_far & UINT32_C(1) << slot) == 0)
			return slot;
	return 0;
}

struct pri_call *call_take_slot(struct pri_port *p, int slot, q931_call *q)
{
	struct pri_call *c = &p->calls[slot];

	*c = (struct pri_call){ .port = p, .slot = slot, .q = q };
	return c;
}

static void call_free(struct pri_call *c)
{
	struct pri_port *p = c->port;
	int slot = c->slot;

	call_take_slot(p, slot, NULL);
	service_idle(p, slot);
}

void call_tell(struct pri_call *c, enum pri_event_type type)
{
	struct pri_event e = c->offer;
	struct pri_port *p = c->port;

	e.type = type;
	e.call = c;
	e.owner = c->owner;
	e.slot = c->slot;
	e.cause = c->cause;
	e.by_far_end = c->by_far_end;
	e.by_line = c->by_line;
	if (type == PRI_EV_ENDED)
		call_free(c);                        /* before the owner hears of it: it may use the slot at once */
	p->cb.event(p->cb.context, &e);
}

void call_ended(struct pri_call *c)
{
	if (c->cause <= 0)
		c->cause = PRI_NORMAL_CLEARING;      /* a RELEASE COMPLETE need not say why */
	if (c->announced)
		call_tell(c, PRI_EV_ENDED);
	else
		call_free(c);
}

void call_drop(struct pri_call *c, int cause, bool by_far_end)
{
	pri_destroycall(c->port->pri, c->q);
	if (c->state != CALL_ENDING) {
		c->cause = cause;
		c->by_far_end = by_far_end;
		c->by_line = true;
	}
	call_ended(c);
}

void call_offer(struct pri_call *c)
{
	pri_proceeding(c->port->pri, c->q, c->slot, 0);
	c->state = CALL_OFFERED;
	c->announced = true;
	call_tell(c, PRI_EV_OFFERED);
}

void call_release(struct pri_call *c, int cause)
{
	struct mono now = pri_clock_now();

	c->state = CALL_ENDING;
	c->deadline = mono_add_ms(now, PRI_ENDING_MS);
	if (pri_hangup(c->port->pri, c->q, cause) != 0)
		c->deadline = now;                   /* libpri has lost it; the next run ends it */
}

void call_deadlines(struct pri_call *c, struct mono now)
{
	if ((c->state != CALL_COLLECTING && c->state != CALL_ENDING) || now.ns < c->deadline.ns)
		return;
	if (c->state == CALL_ENDING) {
		port_orphan(c->port, c->slot);
		pri_destroycall(c->port->pri, c->q);
		call_ended(c);
	} else if (c->offer.called[0] == '\0') {
		c->cause = PRI_NUMBER_INCOMPLETE;
		call_release(c, c->cause);
	} else {
		call_offer(c);
	}
}

void pri_call_set_owner(struct pri_call *c, void *owner)
{
	c->owner = owner;
}

int pri_call_slot(const struct pri_call *c)
{
	return c->slot;
}

int pri_port_reference(const struct pri_port *p, int slot)
{
	const struct pri_call *c = &p->calls[slot];

	return c->state != CALL_FREE && !c->outgoing ? c->reference : -1;
}

int pri_call_answer(struct pri_call *c)
{
	if (c->state != CALL_OFFERED)
		return ERR_STATE;
	c->state = CALL_ANSWERED;
	return pri_answer(c->port->pri, c->q, c->slot, 0) == 0 ? 0 : ERR_STATE;
}

void pri_call_hangup(struct pri_call *c, int cause)
{
	if (c->state == CALL_FREE || c->state == CALL_ENDING)
		return;
	c->cause = cause;
	call_release(c, cause);
}

int pri_call_digit(struct pri_call *c, char digit)
{
	if (!c->outgoing || (c->state != CALL_DIALLING && c->state != CALL_ACCEPTED))
		return ERR_STATE;
	if (strchr("0123456789*#", digit) == NULL || digit == '\0')
		return ERR_INVALID;
	return pri_information(c->port->pri, c->q, digit) == 0 ? 0 : ERR_STATE;
}

static int send_setup(struct pri_port *p, q931_call *q, const struct pri_setup *s)
{
	char called[PRI_NUMBER_SIZE], caller[PRI_NUMBER_SIZE], diverted[PRI_NUMBER_SIZE];
	struct pri_sr *sr = pri_sr_new();
	int err;

	if (sr == NULL)
		return ERR_NOMEM;
	memcpy(called, s->called, sizeof(called));
	memcpy(caller, s->caller, sizeof(caller));
	memcpy(diverted, s->diverted_from, sizeof(diverted));
	pri_sr_set_channel(sr, s->slot, 1, 0);
	pri_sr_set_bearer(sr, PRI_TRANS_CAP_SPEECH, p->config.law == TRUNK_ALAW ? PRI_LAYER_1_ALAW : PRI_LAYER_1_ULAW);
	if (s->overlap)
		called[0] = '\0';
	pri_sr_set_called(sr, called, PRI_UNKNOWN, s->overlap ? 0 : 1);
	if (caller[0] != '\0' && s->screening != PRI_NO_NUMBER)
		pri_sr_set_caller(sr, caller, NULL, PRI_UNKNOWN,
		                  (s->presentation_allowed ? PRI_PRES_ALLOWED : PRI_PRES_RESTRICTED) | (int)s->screening);
	if (diverted[0] != '\0')
		pri_sr_set_redirecting(sr, diverted, PRI_UNKNOWN, PRI_PRES_ALLOWED, PRI_REDIR_UNCONDITIONAL);
	err = pri_setup(p->pri, q, sr) == 0 ? 0 : ERR_STATE;
	pri_sr_free(sr);
	return err;
}

static bool number_ends(const char number[PRI_NUMBER_SIZE])
{
	return memchr(number, '\0', PRI_NUMBER_SIZE) != NULL;
}

int pri_call_setup(struct pri_port *p, const struct pri_setup *s, struct pri_call **c)
{
	q931_call *q;
	struct pri_call *made;
	int err;

	if (!number_ends(s->called) || !number_ends(s->caller) || !number_ends(s->diverted_from) ||
	    !trunk_slot_is_bearer(p->config.line, s->slot) || (s->called[0] == '\0' && !s->overlap))
		return ERR_INVALID;
	if (!p->up || p->locked)
		return ERR_STATE;
	if (p->calls[s->slot].state != CALL_FREE || (p->out_far & UINT32_C(1) << s->slot) != 0)
		return ERR_EXISTS;
	q = pri_new_call(p->pri);
	if (q == NULL)
		return ERR_EXHAUSTED;
	call_forget(p, q);
	err = send_setup(p, q, s);
	if (err != 0) {
		pri_destroycall(p->pri, q);
		return err;
	}
	made = call_take_slot(p, s->slot, q);
	made->state = CALL_DIALLING;
	made->outgoing = made->announced = true;
	*c = made;
	return 0;
}
