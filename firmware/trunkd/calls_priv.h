/* calls_priv.h: the inside of calls.c (life and death) and calls_sound.c (plays and keys). */
#ifndef TRUNKD_CALLS_PRIV_H
#define TRUNKD_CALLS_PRIV_H

#include "trunkd/call_machine.h"
#include "trunkd/calls.h"

enum {
	CALLS_BUCKETS = 1024,
	OFFER_PATIENCE_MS = 10000,        /* arsd answers an offer in its turn; one that hangs must not keep callers ringing */
};

struct call {
	struct call *next;                /* in its bucket */
	uint64_t number;
	size_t span;
	uint8_t slot;
	int state;                        /* enum call_state */
	struct mono deadline;             /* WAITING: the grace. OFFERED: arsd's time to decide. Else unused */
	int plays_out;                    /* lent to the media thread */
	uint32_t open_field;              /* the field of the last play, until closed; 0: none */
	struct callctl_call_offered offer;
};

struct calls {
	struct calls_config config;
	struct calls_ports ports;
	uint64_t last_number;
	int count;
	bool brain_up;
	struct call *bucket[CALLS_BUCKETS];
	struct call *(*slots)[TRUNK_SLOTS];       /* by span */
	struct callctl_msg out;                   /* scratch: 32 KB */
};

/* ---- calls.c ---- */
struct call *calls_find(struct calls *c, uint64_t number);
/* Whether the event counts in the call's state (which it may change). */
bool call_step(struct calls *c, struct call *k, enum call_event event);
void calls_count_meter(struct calls *c, int meter);

/* ---- calls_sound.c ---- */
/* Audio begins, and keystored learns of the call. False: the media thread does not take it. */
bool call_sound_start(struct calls *c, struct call *k);
void call_sound_stop(struct calls *c, struct call *k);
void call_keypad_begin(struct calls *c, const struct call *k);
int call_play(struct calls *c, struct call *k, const struct callctl_play *m);
/* Lets go of everything that the play holds, and of the play. */
void play_free(struct calls *c, struct play **p);

#endif
