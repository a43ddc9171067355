/* fxo.h: analog lines of one span, loop-start or kewlstart, as a line whose calls come in: each channel is a number of its own. */
#ifndef GLUE_FXO_H
#define GLUE_FXO_H

#include "drivers-glue/line.h"

struct fxo_line {
	char number[LINE_NUMBER_SIZE];           /* "": nothing is plugged in there, or it is not to be answered */
	bool caller_id;                          /* the exchange tells who calls; false: calls are offered with the first ring */
	bool trusted;                            /* LINE_ANALOG_TRUSTED rather than LINE_ANALOG */
	bool polarity_ends;                      /* a reversal in a call means that the caller hung up */
};

struct fxo_config {
	struct fxo_line lines[TRUNK_SLOTS];      /* by channel of the span, 1.. */
	int number_wait_ms;                      /* from the first ring until a call is offered without the caller's number */
};

enum {
	FXO_RING_GAP_MS = 7000,                  /* the longest from ring to ring: 2 s on, 4 s off, and a second */
	FXO_PRIMED_MS = 6000, FXO_ORDER_MS = 3000, FXO_GUARD_MS = 1000,
	/* After a call a number that comes before a ring is not believed for so long: in many networks the last caller stays connected
	 * for a minute or more after we hang up, and could say anybody's. Nobody is connected to a line that rings. */
	FXO_REST_MS = 120000,
	FXO_POLARITY_DEAF_MS = 2000,             /* after the answer: exchanges reverse the battery then, too */
};

int fxo_port_new(const struct fxo_config *config, const struct line_callbacks *cb, struct line_port **p) MUST_CHECK;
/* A line as people see it. RINGING: also one that is not to be answered. CALL: from the answer until the loop is open again. */
enum fxo_phase { FXO_PHASE_OUT /* no card, or no battery */, FXO_PHASE_IDLE, FXO_PHASE_RINGING, FXO_PHASE_CALL };
enum fxo_phase fxo_port_phase(struct line_port *p, int slot);
/* The line's state, for tests: a word of the machine. */
const char *fxo_port_state(struct line_port *p, int slot);
uint64_t fxo_port_bugs(struct line_port *p);

#endif
