/* pri_priv.h: the inside of pri_*.c: pri_port.c (frames, timers, the state of the line), pri_call.c (slots and what we
 * do to calls), pri_event.c (what libpri tells us), pri_service.c (channels in and out of service), pri_dialect.c (the
 * exchanges' dialects). Only for drivers-glue. */
#ifndef GLUE_PRI_PRIV_H
#define GLUE_PRI_PRIV_H

#include <libpri.h>

#include "drivers-glue/pri.h"
#include "drivers-glue/pri_clock.h"

enum {
	PRI_T309_MS = 6000,           /* Q.931 table 9-2: 6 to 90 s; active calls outlive a D-channel loss of this length */
	PRI_T302_MS = 4000,           /* shorter than the standard's 10..15 s: nobody dials by hand into a virtual number */
	PRI_T3M1_MS = 120000,         /* AT&T TR 41459: how long SERVICE ACKNOWLEDGE is awaited before SERVICE is sent again, once */
	PRI_T316_MS = 5000,           /* an unanswered RESTART is given up, so that it does not lock the slot for ever */
	PRI_ENDING_MS = 45000,        /* over T305 + 2 x T308: libpri has had its time to end the call */
	PRI_SETTLE_MS = 1000,         /* network side: how long a port that came up waits for the far end's RESTARTs */
	PRI_RUN_MAX_MS = 1000,
};

enum call_state {
	CALL_FREE,
	CALL_COLLECTING,              /* overlap receiving: SETUP ACK sent, nobody knows of the call yet */
	CALL_OFFERED,
	CALL_ANSWERED,                /* CONNECT sent, CONNECT ACK awaited */
	CALL_DIALLING,                /* SETUP sent, nothing heard yet: the slot may still collide */
	CALL_ACCEPTED,                /* the far end said something: the slot is ours */
	CALL_UP,
	CALL_ENDING,
};

struct pri_call {
	struct pri_port *port;
	q931_call *q;
	void *owner;
	int slot;
	int reference;                /* of a call of the far end's */
	enum call_state state;
	bool outgoing, announced;     /* announced: the owner has a pointer, so an ENDED is due */
	bool by_far_end, by_line;
	int cause;
	struct mono deadline;         /* COLLECTING: T302. ENDING: the guard. Else unused */
	struct pri_event offer;       /* what OFFERED will tell */
};

struct pri_port {
	struct pri *pri;
	struct pri_port_config config;
	struct pri_callbacks cb;
	const uint8_t *rx;            /* the frame that libpri's next read takes */
	size_t rx_len;
	bool line_up, link_up, up;    /* up: what the last DCHAN event said */
	bool losing;                  /* T309 runs */
	struct mono t309;
	uint32_t restart_due;         /* slots that still have to be restarted, ours */
	uint32_t restarted_far;       /* slots that the far end has restarted since the line came up */
	int restart_slot;             /* a RESTART awaits its ACK; 0: none */
	struct mono t316, settle;
	bool locked;
	bool maintenance;             /* the frame that libpri reads is a SERVICE message */
	uint32_t out;                 /* slots that we have taken out of service */
	uint32_t out_far;             /* slots that the far end has */
	uint32_t service_due;         /* slots of which the far end is to be told */
	uint32_t service_open;        /* slots of which it was told, and has not acknowledged it */
	int service_tries;
	struct mono t3m1;
	struct pri_call calls[TRUNK_SLOTS];
	struct pri_stats stats;
};

/* pri_port.c */
void port_link(struct pri_port *p, bool up);
void port_restart_next(struct pri_port *p);
/* The far end may still hold a call on this slot: it is restarted as soon as the D-channel and the slot allow it. */
void port_orphan(struct pri_port *p, int slot);
/* The slots of the line that carry audio, as bits. */
uint32_t port_bearers(const struct pri_port *p);
/* Recomputes up and tells the owner when it changed. */
void port_update(struct pri_port *p);

/* pri_call.c */
struct pri_call *call_find(struct pri_port *p, const q931_call *q);
/* libpri has handed q out anew: a call of ours that still names it was lost without a word, and ends. */
void call_forget(struct pri_port *p, const q931_call *q);
struct pri_call *call_take_slot(struct pri_port *p, int slot, q931_call *q);
int call_free_slot(const struct pri_port *p);             /* 0: none */
void call_tell(struct pri_call *c, enum pri_event_type type);
/* The end: tells the owner when it knew the call, and frees the slot. */
void call_ended(struct pri_call *c);
/* Clears the call here and now, with nothing sent: RESTART, T309. */
void call_drop(struct pri_call *c, int cause, bool by_far_end);
void call_offer(struct pri_call *c);                      /* its number is complete */
void call_release(struct pri_call *c, int cause);         /* starts clearing towards the far end */
void call_deadlines(struct pri_call *c, struct mono now);

/* pri_service.c */
/* A slot has become idle: locked, it goes out of service. */
void service_idle(struct pri_port *p, int slot);
/* The link is new: what the far end knows of our channels may be from before. */
void service_link_up(struct pri_port *p);
/* Tells the far end what is due, when no RESTART is under way. */
void service_tell(struct pri_port *p);
/* The far end's SERVICE. channel: libpri's; 0 or less: all channels. */
void service_heard(struct pri_port *p, int channel, bool in);
void service_acknowledged(struct pri_port *p, int channel);
/* Tells again what was not acknowledged. */
void service_deadlines(struct pri_port *p, struct mono now);
/* Is this Q.921 frame a SERVICE message (TR 41449, AT&T TR 41459)? */
bool service_is_frame(const uint8_t *octets, size_t len);

/* pri_dialect.c */
int dialect_libpri(enum pri_dialect d, enum trunk_line line);      /* PRI_SWITCH_* */
bool dialect_has_service(enum pri_dialect d, enum trunk_line line);

/* pri_event.c. timer: libpri raised it by itself, not on a frame. */
void port_dispatch(struct pri_port *p, const pri_event *e, bool timer);

#endif
