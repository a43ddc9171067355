/* span_lines.h: what a span of analog lines has beside its calls: the lock of each line, and what is told of them. The control
 * thread's. A locked line is not answered: on a loop the exchange can be told nothing else before a call is there. */
#ifndef TRUNKD_SPAN_LINES_H
#define TRUNKD_SPAN_LINES_H

#include "drivers-glue/fxo.h"
#include "ipc/callctl.h"

struct span_lines {
	size_t index;
	struct line_port *port;                /* borrowed; NULL: the span is none of analog lines */
	uint32_t used, locked, out;            /* channels as bits. out: as last logged */
	uint64_t refused;
	struct callctl_span_lines told;
};

void span_lines_init(struct span_lines *l, size_t index, struct line_port *port, uint32_t used);

/* channel 0: all that are used. Calls go on. ERR_NOT_FOUND: no line is there. */
int span_lines_lock(struct span_lines *l, unsigned channel, bool on) MUST_CHECK;
/* Whether a new call is not to be answered; counts it. */
bool span_lines_refuses(struct span_lines *l, int slot);

/* Logs what went out of service, fills what is told. True when it differs from what the last call gave. */
bool span_lines_state(struct span_lines *l, struct callctl_span_lines *out);

#endif
