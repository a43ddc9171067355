#include "trunkd/span_lines.h"

#include "lib/log.h"

void span_lines_init(struct span_lines *l, size_t index, struct line_port *port, uint32_t used)
{
	*l = (struct span_lines){ .index = index, .port = port, .used = used };
}

int span_lines_lock(struct span_lines *l, unsigned channel, bool on)
{
	uint32_t which = channel == 0 ? l->used : channel < TRUNK_SLOTS ? l->used & UINT32_C(1) << channel : 0;

	if (which == 0)
		return ERR_NOT_FOUND;
	l->locked = on ? l->locked | which : l->locked & ~which;
	log_info(on ? "line_locked" : "line_unlocked", "span=%zu channel=%u", l->index + 1, channel);
	return 0;
}

bool span_lines_refuses(struct span_lines *l, int slot)
{
	bool locked = (l->locked & UINT32_C(1) << slot) != 0;

	l->refused += locked;
	return locked;
}

static uint32_t in_phase(const struct span_lines *l, enum fxo_phase phase)
{
	uint32_t those = 0;

	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if ((l->used & UINT32_C(1) << slot) != 0 && fxo_port_phase(l->port, slot) == phase)
			those |= UINT32_C(1) << slot;
	return those;
}

static void log_out(struct span_lines *l, uint32_t out)
{
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if (((out ^ l->out) & UINT32_C(1) << slot) != 0)
			log_info((out & UINT32_C(1) << slot) != 0 ? "line_out_of_service" : "line_in_service", "span=%zu channel=%d",
			         l->index + 1, slot);
	l->out = out;
}

bool span_lines_state(struct span_lines *l, struct callctl_span_lines *out)
{
	bool differs;

	*out = (struct callctl_span_lines){
		.span = (uint16_t)(l->index + 1), .used = l->used, .ringing = in_phase(l, FXO_PHASE_RINGING),
		.in_call = in_phase(l, FXO_PHASE_CALL), .no_battery = in_phase(l, FXO_PHASE_OUT), .locked = l->locked,
		.refused_locked = l->refused,
	};
	log_out(l, out->locked & ~(out->in_call | out->ringing));
	differs = l->told.span == 0 || out->ringing != l->told.ringing || out->in_call != l->told.in_call ||
	          out->no_battery != l->told.no_battery || out->locked != l->told.locked;
	l->told = *out;
	return differs;
}
