/* line.h: calls that come in on a line, whatever signals them: Q.931 on a D-channel (pri.h, by line_pri.c) or loop and ringing
 * (fxo_port.c). A call is known by its timeslot, in which there is one at a time. All ports of a process live on one thread.
 *
 * What the line carries besides sound goes through here as frames: to the far end with Q.931, to the card's hooks without. */
#ifndef GLUE_LINE_H
#define GLUE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/trunk.h"
#include "lib/err.h"

enum { LINE_NUMBER_SIZE = 32 };

/* Who vouches for the caller's number. The first four and the last are Q.931's. A number that an analog line told is the word of
 * the exchange, without a mark of whether it checked it; LINE_ANALOG_TRUSTED: the line's setting says that it does. */
enum line_screening {
	LINE_USER_UNSCREENED = 0, LINE_USER_PASSED = 1, LINE_USER_FAILED = 2, LINE_NETWORK_PROVIDED = 3, LINE_ANALOG = 4,
	LINE_ANALOG_TRUSTED = 5, LINE_NO_NUMBER = 255,
};

/* Q.850. */
enum line_cause {
	LINE_CAUSE_NORMAL = 16, LINE_CAUSE_NO_ANSWER = 19, LINE_CAUSE_OUT_OF_ORDER = 27, LINE_CAUSE_TEMPORARY_FAILURE = 41,
	LINE_CAUSE_CONGESTION = 42, LINE_CAUSE_RECOVERY_ON_TIMER = 102,
};

enum line_event_type {
	LINE_READY, LINE_NOT_READY,              /* calls can come; calls survive a short NOT_READY */
	LINE_OFFERED,                            /* a call with a complete number */
	LINE_CONNECTED,                          /* it was answered: audio both ways */
	LINE_ENDED,                              /* the call is gone, its timeslot free. Always the last event of a call */
};

struct line_event {
	enum line_event_type type;
	int slot;
	int cause;                               /* ENDED */
	bool by_far_end;                         /* ENDED: the caller hung up (else we did, or the line) */
	bool by_line;                            /* ENDED: a fault of the line rather than a person */
	char called[LINE_NUMBER_SIZE], caller[LINE_NUMBER_SIZE];      /* OFFERED */
	enum line_screening screening;
	bool presentation_allowed, diverted;
};

struct line_callbacks {
	void (*send_frame)(void *context, const uint8_t *octets, size_t len);      /* copied by the callee */
	void (*event)(void *context, const struct line_event *e);
	void *context;
};

struct line_port;

void line_port_free(struct line_port **p);   /* calls end without events */
/* A frame from the line. A broken one is dropped. Events fire inside. */
void line_port_receive(struct line_port *p, const uint8_t *octets, size_t len);
/* Runs due timers and returns the milliseconds until it wants to run again (0..1000). */
int line_port_run(struct line_port *p);
/* The line went down or came back. A new port believes it down. */
void line_port_line(struct line_port *p, bool up);
/* ERR_STATE: there is no call in that timeslot that could be answered. */
int line_port_answer(struct line_port *p, int slot) MUST_CHECK;
/* Ends (or refuses) the call, if there is one; LINE_ENDED follows, never inside. */
void line_port_hang_up(struct line_port *p, int slot, int cause);

/* ---- what a kind of signalling gives; its struct begins with struct line_port ---- */
struct line_ops {
	void (*free)(struct line_port *p);
	void (*receive)(struct line_port *p, const uint8_t *octets, size_t len);
	int (*run)(struct line_port *p);
	void (*line)(struct line_port *p, bool up);
	int (*answer)(struct line_port *p, int slot);
	void (*hang_up)(struct line_port *p, int slot, int cause);
};
struct line_port { const struct line_ops *ops; struct line_callbacks cb; };

#endif
