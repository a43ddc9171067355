/* trace.h: the D-channel's messages of one span, kept for a while and no more than so many: what operator and carrier look at
 * together when calls fail. Switched on for minutes, it ends by itself; what was recorded can be read for an hour more and is then
 * wiped. A caller's keys cannot be in it: q931_scrub() takes them out before a frame is kept. Numbers are in it, unmasked: who
 * reads it masks them. Pure but for memory; the control thread's. */
#ifndef TRUNKD_TRACE_H
#define TRUNKD_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"

enum { TRACE_FRAMES = 1024, TRACE_OCTETS = 264, TRACE_MINUTES_MAX = 1440 };

struct trace_frame {
	struct wall at;
	uint64_t call;                 /* trunkd's number; 0: of no call that was offered */
	uint32_t dialog;
	uint16_t len;
	bool sent;
	uint8_t octets[TRACE_OCTETS];  /* from the Q.921 address on, without FCS */
};

struct trace;

/* Begins, or goes on until minutes from now; what is there stays. Made on first use. ERR_INVALID: minutes is not 1 to
 * TRACE_MINUTES_MAX. */
int trace_start(struct trace **t, int minutes, struct mono now) MUST_CHECK;
void trace_stop(struct trace *t, struct mono now);
/* Ends what is due to end, wipes and frees what is due to be wiped. */
void trace_run(struct trace **t, struct mono now);
void trace_free(struct trace **t);         /* wiped */

/* All may be called with NULL: nothing is recorded. */
bool trace_is_on(const struct trace *t);
int64_t trace_left_ms(const struct trace *t, struct mono now);
/* A frame with FCS. Supervisory frames are not kept. */
void trace_take(struct trace *t, bool sent, const uint8_t *octets, size_t len, struct wall at);
/* The far end's call of that reference has its number complete, and is trunkd's call of this number. */
void trace_tie(struct trace *t, int reference, uint64_t call);
size_t trace_count(const struct trace *t);
/* i: 0 is the oldest. The frame lives until the next trace_take(). */
const struct trace_frame *trace_at(const struct trace *t, size_t i);

#endif
