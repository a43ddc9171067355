/* pri.h: Q.931 calls on one D-channel, by libpri; the only header that stands before libpri.h.
 *
 * All ports of a process live on one thread (libpri shares statics). Both sides are here: the appliance is the user
 * side (CPE) unless it is set to be the network's, the sandbox's switch the network side. libpri's traps are dealt with
 * inside: PROCEEDING goes out in the dispatch of SETUP, frames are padded against over-reads, timers run on the monotonic
 * clock, RESTART clears calls. When both sides pick the same slot, the network's call wins (Q.931 5.7) and the user side's
 * ends with cause 44. There is no NFAS: a call for a channel of another interface is refused. */
#ifndef GLUE_PRI_H
#define GLUE_PRI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/trunk.h"
#include "lib/clock.h"
#include "lib/err.h"

enum { PRI_NUMBER_SIZE = 32 };

enum pri_side { PRI_SIDE_CPE, PRI_SIDE_NETWORK };
/* The exchange's dialect. USUAL: EuroISDN on an E1, NI2 on a T1. QSIG (ECMA-143): one end is "user", the other "network". */
enum pri_dialect {
	PRI_DIALECT_USUAL, PRI_DIALECT_EUROISDN, PRI_DIALECT_NI2, PRI_DIALECT_5ESS, PRI_DIALECT_DMS100, PRI_DIALECT_4ESS,
	PRI_DIALECT_QSIG, PRI_DIALECTS,
};
/* "euroisdn" "ni2" "5ess" "dms100" "4ess" "qsig"; of USUAL the one that is meant on the line. */
const char *pri_dialect_word(enum pri_dialect d, enum trunk_line line);
/* "" is USUAL. ERR_INVALID: there is no such word, or the line cannot have it: NI2, 5ESS, DMS100 and 4ESS are a T1's. */
int pri_dialect_parse(const char *word, enum trunk_line line, enum pri_dialect *d) MUST_CHECK;
enum pri_screening { PRI_USER_UNSCREENED = 0, PRI_USER_PASSED = 1, PRI_USER_FAILED = 2, PRI_NETWORK_PROVIDED = 3, PRI_NO_NUMBER = 255 };

/* Q.850 causes this code uses by name. */
enum pri_cause {
	PRI_UNALLOCATED = 1, PRI_NORMAL_CLEARING = 16, PRI_USER_BUSY = 17, PRI_NO_ANSWER = 19, PRI_REJECTED = 21,
	PRI_OUT_OF_ORDER = 27, PRI_NUMBER_INCOMPLETE = 28, PRI_NO_CHANNEL = 34, PRI_NETWORK_FAILURE = 38, PRI_TEMPORARY_FAILURE = 41,
	PRI_CONGESTION = 42, PRI_CHANNEL_UNAVAILABLE = 44, PRI_RECOVERY_ON_TIMER = 102,
};

enum pri_event_type {
	PRI_EV_DCHAN_UP, PRI_EV_DCHAN_DOWN,      /* Q.921 multiple frame mode; calls survive DOWN shorter than T309 */
	PRI_EV_OFFERED,                          /* a call with a complete number; PROCEEDING (CPE) has been sent */
	PRI_EV_DIGITS,                           /* overlap sending: the far end asks for digits (SETUP ACK); pri_call_digit() */
	PRI_EV_PROCEEDING, PRI_EV_ALERTING,      /* network side: what the called side said */
	PRI_EV_CONNECTED,                        /* CONNECT / CONNECT ACK: audio both ways */
	PRI_EV_ENDED,                            /* the call is gone, its slot free; cause says why. Always the last event of a call */
};

struct pri_call;     /* one call on one port; dies with PRI_EV_ENDED */
struct pri_port;

struct pri_event {
	enum pri_event_type type;
	struct pri_call *call;                   /* NULL for D-channel events */
	void *owner;                             /* what pri_call_set_owner() set */
	int slot;
	int cause;                               /* ENDED */
	bool by_far_end;                         /* ENDED: DISCONNECT, RELEASE, RESTART came from there (else ours, or the line's) */
	bool by_line;                            /* ENDED: T309, RESTART or line loss rather than a person */
	char called[PRI_NUMBER_SIZE], caller[PRI_NUMBER_SIZE];
	enum pri_screening screening;
	bool presentation_allowed, diverted;
};

struct pri_callbacks {
	/* A frame for the D-channel, with FCS octets; copied by the callee. */
	void (*send_frame)(void *context, const uint8_t *octets, size_t len);
	void (*event)(void *context, const struct pri_event *e);
	void *context;
};

struct pri_port_config {
	enum pri_side side;
	enum pri_dialect dialect;
	enum trunk_line line;
	enum trunk_law law;
	int called_digits;                       /* overlap receiving: a number this long is complete; 0: en bloc only */
	int overlap_timeout_ms;                  /* T302: what came by then is the number; 0 = 4000 */
};

int pri_port_new(const struct pri_port_config *config, const struct pri_callbacks *cb, struct pri_port **p) MUST_CHECK;
void pri_port_free(struct pri_port **p);     /* calls end without events */
/* Feeds a received frame (with FCS). Broken ones are counted and dropped. Events fire inside. */
void pri_port_receive(struct pri_port *p, const uint8_t *octets, size_t len);
/* Runs due timers and returns the milliseconds until it wants to run again (0..1000). */
int pri_port_run(struct pri_port *p);
/* The line went down or came back (alarms); a new port believes it up. Down longer than T309 (6 s) ends the calls. */
void pri_port_line(struct pri_port *p, bool up);
/* Whether calls can be placed. The network side also waits until both ends have restarted their slots, or a second. */
bool pri_port_up(const struct pri_port *p);

void pri_call_set_owner(struct pri_call *c, void *owner);
int pri_call_slot(const struct pri_call *c);
/* The call reference (Q.931 4.3, without the flag) of the far end's call on the slot; -1: there is none. */
int pri_port_reference(const struct pri_port *p, int slot);
int pri_call_answer(struct pri_call *c) MUST_CHECK;
/* Ends (or refuses) the call with a Q.850 cause; ENDED follows, never inside. */
void pri_call_hangup(struct pri_call *c, int cause);

struct pri_setup {
	char called[PRI_NUMBER_SIZE], caller[PRI_NUMBER_SIZE];     /* caller "": no calling number at all */
	enum pri_screening screening;
	bool presentation_allowed;
	char diverted_from[PRI_NUMBER_SIZE];     /* "": no redirecting number */
	int slot;
	bool overlap;                            /* send no called digits; pri_call_digit() follows */
};
/* Places a call on a free slot. ERR_STATE: the D-channel is down, or the port locked. */
int pri_call_setup(struct pri_port *p, const struct pri_setup *s, struct pri_call **c) MUST_CHECK;
int pri_call_digit(struct pri_call *c, char digit) MUST_CHECK;   /* overlap sending: INFORMATION */
/* Sends RESTART; a call on the slot ends inside. A fresh port restarts all its slots by itself (Q.931 5.5: the far end
 * may still hold calls from before our start). */
int pri_port_restart_slot(struct pri_port *p, int slot) MUST_CHECK;

/* ---- out of service ---- */

enum pri_service { PRI_IN_SERVICE, PRI_DRAINING, PRI_OUT_OF_SERVICE };
/* Locks the port, or unlocks it. Locked, it takes no new call: a SETUP that names a channel gets cause 44, any other cause 34,
 * without PROCEEDING, so that the exchange seeks another way at once. Calls in progress go on; a channel is out of service
 * when it is idle, the port when all are. Where the dialect has SERVICE messages (NI2, 5ESS, DMS100, 4ESS) the far end is
 * told of each channel that goes and comes, again after a loss of the D-channel; the others learn it by the causes. */
void pri_port_lock(struct pri_port *p, bool locked);
enum pri_service pri_port_service(const struct pri_port *p);
/* The channels that the far end has taken out of service by SERVICE, as bits by slot. No call of ours is placed on them. */
uint32_t pri_port_busied_out(const struct pri_port *p);

/* restarts, services: from the far end. other_interface: calls for a channel of another interface (NFAS), refused. */
struct pri_stats { uint64_t frames_in, frames_out, frames_bad, restarts, glare, services, other_interface, refused_locked; };
void pri_port_stats(const struct pri_port *p, struct pri_stats *out);

#endif
