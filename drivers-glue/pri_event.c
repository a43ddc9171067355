/* pri_event.c: what libpri tells, turned into the life of a call. */
#include <string.h>

#include "drivers-glue/pri_priv.h"

enum { WHOLE_INTERFACE = 0xff };

/* Copies a number that is digits and fits. A longer or stranger one is no number at all: half of it could be someone
 * else's. libpri cuts at 31 digits without a word, so 31 are too many. prefix: "" or "+" or "0". */
static bool copy_number(char out[PRI_NUMBER_SIZE], const char *prefix, const char *number)
{
	size_t before = strlen(prefix), len = strlen(number);

	if (len == 0 || before + len >= PRI_NUMBER_SIZE - 1 || strspn(number, "0123456789*#") != len)
		return false;
	memcpy(out, prefix, before);
	memcpy(out + before, number, len + 1);
	return true;
}

/* Type of number, Q.931 table 4-11: a national number comes without its trunk prefix, but many exchanges send it. */
static const char *caller_prefix(int plan, const char *number)
{
	switch (plan >> 4 & 7) {
	case PRI_TON_INTERNATIONAL:
		return "+";
	case PRI_TON_NATIONAL:
		return number[0] != '0' && strlen(number) >= 9 ? "0" : "";
	default:
		return "";
	}
}

/* The network's own number, when there is one beside the user's (special arrangement), is the truth. */
static void read_caller(struct pri_event *o, const pri_event_ring *r)
{
	const struct pri_party_number *n = &r->calling.number;
	int pres = n->presentation;

	o->caller[0] = '\0';
	o->screening = PRI_NO_NUMBER;
	o->presentation_allowed = n->valid && (pres & PRI_PRES_RESTRICTION) == PRI_PRES_ALLOWED;
	if (r->callingani[0] != '\0') {
		if (copy_number(o->caller, caller_prefix(r->callingplanani, r->callingani), r->callingani))
			o->screening = PRI_NETWORK_PROVIDED;
	} else if (n->valid && copy_number(o->caller, caller_prefix(n->plan, n->str), n->str)) {
		o->screening = (enum pri_screening)(pres & PRI_PRES_NUMBER_TYPE);
	}
	if (o->screening == PRI_NO_NUMBER)
		o->presentation_allowed = false;
}

static bool was_diverted(const pri_event_ring *r)
{
	if (r->redirectingnum[0] != '\0' || r->origcallednum[0] != '\0')
		return true;
	for (int i = 0; r->subcmds != NULL && i < r->subcmds->counter_subcmd; i++)
		if (r->subcmds->subcmd[i].cmd == PRI_SUBCMD_REDIRECTING)
			return true;
	return false;
}

/* An explicit interface identifier (Q.931 4.5.13, octet 3.1) other than 0, which is the D-channel's own span: NFAS. */
static bool other_interface(int channel)
{
	return channel != -1 && (channel >> 16 & 1) != 0 && (channel >> 8 & 0xff) != 0;
}

/* The slot of a SETUP, or 0 with the cause of the refusal. */
static int choose_slot(struct pri_port *p, const pri_event_ring *r, int *cause)
{
	int slot = r->channel & 0xff;
	bool named = r->channel != -1 && slot != WHOLE_INTERFACE && slot != 0;

	if (other_interface(r->channel)) {
		p->stats.other_interface++;
		*cause = PRI_CAUSE_IDENTIFIED_CHANNEL_NOTEXIST;
		return 0;
	}
	if (p->locked) {
		p->stats.refused_locked++;
		*cause = named && !r->flexible ? PRI_CHANNEL_UNAVAILABLE : PRI_NO_CHANNEL;
		return 0;
	}
	if (named && !trunk_slot_is_bearer(p->config.line, slot) && !r->flexible) {
		*cause = PRI_CAUSE_IDENTIFIED_CHANNEL_NOTEXIST;
		return 0;
	}
	if (named && trunk_slot_is_bearer(p->config.line, slot)) {
		struct pri_call *c = &p->calls[slot];

		if (c->state == CALL_DIALLING) {
			p->stats.glare++;
			if (p->config.side == PRI_SIDE_CPE)
				call_drop(c, PRI_CHANNEL_UNAVAILABLE, true);
		}
		if (c->state == CALL_FREE) {
			p->out_far &= ~(UINT32_C(1) << slot);    /* who calls on it has it in service */
			return slot;
		}
		*cause = PRI_CHANNEL_UNAVAILABLE;
		if (!r->flexible)
			return 0;
	}
	*cause = PRI_NO_CHANNEL;
	return call_free_slot(p);
}

static bool number_complete(const struct pri_port *p, const struct pri_call *c, bool complete)
{
	return complete || p->config.called_digits == 0 || (int)strlen(c->offer.called) >= p->config.called_digits;
}

static void wait_for_digits(struct pri_call *c)
{
	c->deadline = mono_add_ms(pri_clock_now(), c->port->config.overlap_timeout_ms);
}

/* PROCEEDING or SETUP ACK leaves in this dispatch: before one of them libpri would swallow the caller's hang-up. */
static void on_setup(struct pri_port *p, const pri_event_ring *r)
{
	int cause = 0, slot = choose_slot(p, r, &cause);
	struct pri_call *c;

	if (slot == 0) {
		pri_hangup(p->pri, r->call, cause);
		return;
	}
	call_forget(p, r->call);
	c = call_take_slot(p, slot, r->call);
	c->reference = r->cref & 0x7fff;
	read_caller(&c->offer, r);
	c->offer.diverted = was_diverted(r);
	c->state = CALL_COLLECTING;
	if (r->callednum[0] != '\0' && !copy_number(c->offer.called, "", r->callednum)) {
		pri_proceeding(p->pri, c->q, slot, 0);
		c->cause = PRI_NUMBER_INCOMPLETE;
		call_release(c, c->cause);
	} else if (number_complete(p, c, r->complete != 0)) {
		call_offer(c);
	} else {
		wait_for_digits(c);
		pri_need_more_info(p->pri, c->q, slot, 0);
	}
}

static void on_digits(struct pri_port *p, const pri_event_ring *r)
{
	struct pri_call *c = call_find(p, r->call);
	size_t have;
	char more[PRI_NUMBER_SIZE] = "";

	if (c == NULL || c->state != CALL_COLLECTING)
		return;
	have = strlen(c->offer.called);
	if (r->callednum[0] != '\0' &&
	    (!copy_number(more, "", r->callednum) || have + strlen(more) >= PRI_NUMBER_SIZE)) {
		c->cause = PRI_NUMBER_INCOMPLETE;
		call_release(c, c->cause);
		return;
	}
	memcpy(c->offer.called + have, more, strlen(more) + 1);
	/* An INFORMATION without digits does not start T302 anew: whoever sends them would hold the slot for ever. */
	if (number_complete(p, c, r->complete != 0))
		call_offer(c);
	else if (more[0] != '\0')
		wait_for_digits(c);
}

static void on_progress(struct pri_port *p, q931_call *q, enum pri_event_type type)
{
	struct pri_call *c = call_find(p, q);

	if (c == NULL || (c->state != CALL_DIALLING && c->state != CALL_ACCEPTED))
		return;
	c->state = CALL_ACCEPTED;
	call_tell(c, type);
}

static void on_connect(struct pri_port *p, q931_call *q, bool ours)
{
	struct pri_call *c = call_find(p, q);

	if (c == NULL || c->outgoing != ours || c->state == CALL_UP || c->state == CALL_ENDING)
		return;
	if (ours)
		pri_connect_ack(p->pri, q, 0);
	c->state = CALL_UP;
	call_tell(c, PRI_EV_CONNECTED);
}

/* gone: nothing more is to be exchanged for this call; else it was DISCONNECT, to be answered with RELEASE. */
static void on_hangup(struct pri_port *p, q931_call *q, int cause, bool gone, bool timer)
{
	struct pri_call *c = call_find(p, q);

	if (c != NULL && c->state != CALL_ENDING) {
		c->cause = cause;
		c->by_far_end = !timer;
		c->by_line = timer;
	}
	if (c != NULL && !gone) {
		call_release(c, cause);
		return;
	}
	if (c != NULL && timer)
		port_orphan(p, c->slot);    /* RELEASE was not answered */
	pri_hangup(p->pri, q, cause);       /* libpri keeps a call until told so; harmless when it is gone already */
	if (c != NULL)
		call_ended(c);
}

static void on_restart(struct pri_port *p, int channel)
{
	bool whole = channel == -1 || (channel & 0xff) == WHOLE_INTERFACE;

	if (other_interface(channel)) {
		p->stats.other_interface++;
		return;
	}
	p->stats.restarts++;
	for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
		if (!trunk_slot_is_bearer(p->config.line, slot) || (!whole && slot != (channel & 0xff)))
			continue;
		p->restarted_far |= UINT32_C(1) << slot;
		if (p->calls[slot].state != CALL_FREE)
			call_drop(&p->calls[slot], PRI_CAUSE_NORMAL_TEMPORARY_FAILURE, true);
	}
	port_update(p);
}

static void on_restart_ack(struct pri_port *p, int channel)
{
	int slot = channel & 0xff;

	if (slot != p->restart_slot || slot == 0)
		return;
	p->restart_slot = 0;
	if (p->calls[slot].state != CALL_FREE)      /* its SETUP crossed our RESTART, which cleared it over there */
		call_drop(&p->calls[slot], PRI_CAUSE_NORMAL_TEMPORARY_FAILURE, false);
	port_restart_next(p);
}

void port_dispatch(struct pri_port *p, const pri_event *e, bool timer)
{
	switch (e->e) {
	case PRI_EVENT_DCHAN_UP:
	case PRI_EVENT_DCHAN_DOWN:
		if (p->maintenance && !timer)       /* libpri's word for SERVICE without a channel; the link is as it was */
			service_heard(p, 0, e->e == PRI_EVENT_DCHAN_UP);
		else
			port_link(p, e->e == PRI_EVENT_DCHAN_UP);
		break;
	case PRI_EVENT_SERVICE:
		if (!other_interface(e->service.channel))
			service_heard(p, e->service.channel, e->service.changestatus == 0);
		break;
	case PRI_EVENT_SERVICE_ACK:
		service_acknowledged(p, e->service_ack.channel);
		break;
	case PRI_EVENT_RESTART:
		on_restart(p, e->restart.channel);
		break;
	case PRI_EVENT_RESTART_ACK:
		on_restart_ack(p, e->restartack.channel);
		break;
	case PRI_EVENT_RING:
		on_setup(p, &e->ring);
		break;
	case PRI_EVENT_INFO_RECEIVED:
		on_digits(p, &e->ring);
		break;
	case PRI_EVENT_SETUP_ACK:
		on_progress(p, e->setup_ack.call, PRI_EV_DIGITS);
		break;
	case PRI_EVENT_PROCEEDING:
		on_progress(p, e->proceeding.call, PRI_EV_PROCEEDING);
		break;
	case PRI_EVENT_RINGING:
		on_progress(p, e->ringing.call, PRI_EV_ALERTING);
		break;
	case PRI_EVENT_ANSWER:
		on_connect(p, e->answer.call, true);
		break;
	case PRI_EVENT_CONNECT_ACK:
		on_connect(p, e->connect_ack.call, false);
		break;
	case PRI_EVENT_HANGUP_REQ:
		on_hangup(p, e->hangup.call, e->hangup.cause, false, timer);
		break;
	case PRI_EVENT_HANGUP:
	case PRI_EVENT_HANGUP_ACK:
		on_hangup(p, e->hangup.call, e->hangup.cause, true, timer);
		break;
	default:
		break;    /* supplementary services: none is enabled, libpri refuses them itself */
	}
}
