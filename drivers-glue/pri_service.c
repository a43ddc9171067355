/* pri_service.c: channels in and out of service: the operator's lock, and SERVICE messages where the dialect has them. */
#include "drivers-glue/pri_priv.h"

/* pri_maintenance_service()'s change status. */
enum { STATUS_IN_SERVICE = 0, STATUS_OUT_OF_SERVICE = 2, SERVICE_TRIES = 2 };
/* Q.921 address 2, control 2, then the protocol discriminator: AT&T's and the national one. */
enum { I_FRAME_MIN = 8, PD_AT = 4, PD_MAINTENANCE_ATT = 0x03, PD_MAINTENANCE_NATIONAL = 0x43 };

bool service_is_frame(const uint8_t *octets, size_t len)
{
	return len >= I_FRAME_MIN && (octets[2] & 1) == 0 &&
	       (octets[PD_AT] == PD_MAINTENANCE_ATT || octets[PD_AT] == PD_MAINTENANCE_NATIONAL);
}

static void send(struct pri_port *p, uint32_t slots)
{
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if (slots & UINT32_C(1) << slot)
			pri_maintenance_service(p->pri, 0, slot, p->out & UINT32_C(1) << slot ? STATUS_OUT_OF_SERVICE : STATUS_IN_SERVICE);
}

void service_tell(struct pri_port *p)
{
	uint32_t due = p->service_due;

	if (due == 0 || !p->link_up || p->restart_slot != 0 || p->restart_due != 0)
		return;
	p->service_due = 0;
	p->service_open |= due;
	p->service_tries = SERVICE_TRIES;
	p->t3m1 = mono_add_ms(pri_clock_now(), PRI_T3M1_MS);
	send(p, due);
}

void service_deadlines(struct pri_port *p, struct mono now)
{
	if (p->service_open == 0 || !p->link_up || now.ns < p->t3m1.ns)
		return;
	if (--p->service_tries <= 0) {
		p->service_open = 0;
		return;
	}
	p->t3m1 = mono_add_ms(now, PRI_T3M1_MS);
	send(p, p->service_open);
}

void service_acknowledged(struct pri_port *p, int channel)
{
	int slot = channel & 0xff;

	if (channel > 0 && slot < TRUNK_SLOTS)
		p->service_open &= ~(UINT32_C(1) << slot);
}

static void move(struct pri_port *p, int slot, bool out)
{
	uint32_t bit = UINT32_C(1) << slot;

	if (!trunk_slot_is_bearer(p->config.line, slot) || ((p->out & bit) != 0) == out)
		return;
	p->out ^= bit;
	if (dialect_has_service(p->config.dialect, p->config.line))
		p->service_due |= bit;
}

void service_idle(struct pri_port *p, int slot)
{
	if (!p->locked)
		return;
	move(p, slot, true);
	service_tell(p);
}

void service_link_up(struct pri_port *p)
{
	p->out_far = 0;
	p->service_open = 0;
	if (dialect_has_service(p->config.dialect, p->config.line))
		p->service_due |= p->out;
}

void service_heard(struct pri_port *p, int channel, bool in)
{
	int slot = channel & 0xff;
	uint32_t slots = channel <= 0 ? port_bearers(p) : slot < TRUNK_SLOTS ? (UINT32_C(1) << slot) & port_bearers(p) : 0;

	p->stats.services++;
	p->out_far = in ? p->out_far & ~slots : p->out_far | slots;
}

void pri_port_lock(struct pri_port *p, bool locked)
{
	p->locked = locked;
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		move(p, slot, locked && p->calls[slot].state == CALL_FREE);
	service_tell(p);
}

enum pri_service pri_port_service(const struct pri_port *p)
{
	return !p->locked ? PRI_IN_SERVICE : p->out == port_bearers(p) ? PRI_OUT_OF_SERVICE : PRI_DRAINING;
}

uint32_t pri_port_busied_out(const struct pri_port *p)
{
	return p->out_far;
}
