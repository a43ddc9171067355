/* span_pri.h: what a span with a D-channel has beside its calls: the lock, the trace, and what is told of both. The control
 * thread's. */
#ifndef TRUNKD_SPAN_PRI_H
#define TRUNKD_SPAN_PRI_H

#include "drivers-glue/pri.h"
#include "ipc/callctl.h"
#include "trunkd/trace.h"

struct span_pri {
	size_t index;
	struct pri_port *port;                 /* borrowed; NULL: the span has no D-channel */
	const struct pri_port_config *config;
	struct trace *trace;
	enum pri_service service;              /* as last logged */
	struct pri_stats seen;                 /* as last logged */
	struct callctl_span_pri told;
};

void span_pri_init(struct span_pri *p, size_t index, struct pri_port *port, const struct pri_port_config *config);
void span_pri_free(struct span_pri *p);

void span_pri_frame(struct span_pri *p, bool sent, const uint8_t *octets, size_t len);
/* A call was offered in this timeslot and is trunkd's call of this number. */
void span_pri_offered(struct span_pri *p, int slot, uint64_t call);

void span_pri_lock(struct span_pri *p, bool locked);
/* minutes 0: off. ERR_INVALID: too many. */
int span_pri_trace(struct span_pri *p, int minutes, struct mono now) MUST_CHECK;

/* Ends traces that are due, logs what changed, fills what is told. True when it differs from what the last call gave. */
bool span_pri_state(struct span_pri *p, struct mono now, struct callctl_span_pri *out);

#endif
