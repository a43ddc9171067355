/* media_slot.h: one timeslot in a call, block by block: what is heard, what is played, which keys count, and when their
 * time is up. Pure: no thread, no clock, no I/O; its time is samples of the line and its results go into a ring.
 *
 * Digits exist here only inside the detector and in the event of a key, which the ring wipes when it is taken. */
#ifndef TRUNKD_MEDIA_SLOT_H
#define TRUNKD_MEDIA_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/dsp.h"
#include "ipc/callctl.h"
#include "lib/ring.h"

/* One play command. The control thread makes it and lends it to the media thread with MEDIA_PLAY; it comes back exactly
 * once, in MEDIA_PLAY_ENDED, and until then what its items point to must stay. */
struct play {
	uint64_t call;
	uint32_t number, field, first_samples, inter_samples;   /* a time of 0: no such timer */
	uint8_t collect;                                        /* enum callctl_collect */
	bool loop, has_speech;                                  /* has_speech: the maker's note */
	/* written before it comes back */
	uint8_t why;                                            /* enum callctl_why */
	uint32_t heard_samples;
	struct play *next;
	uint16_t count;
	const struct prompt_audio *items[];
};

/* What the control thread wants of a slot. */
enum media_command_type { MEDIA_START = 1, MEDIA_STOP, MEDIA_PLAY, MEDIA_FIELD_CLOSED };
struct media_command { uint8_t type, slot; uint32_t field; uint64_t call; struct play *play; };
enum {
	/* What one call may have under way at once. */
	MEDIA_PLAYS_MAX = 6,
	MEDIA_COMMANDS_A_CALL = 2 + 2 * MEDIA_PLAYS_MAX,        /* start, stop, and a closed field for each play */
};

enum media_event_type {
	MEDIA_PLAY_ENDED = 1,      /* play comes back */
	MEDIA_KEY,                 /* detail: the key; collect and number: what it counts for */
	MEDIA_KEY_TIMEOUT,         /* detail: 1 no key at all, 0 between keys */
	MEDIA_CALL_OVER,           /* number: keys heard, level_dbm0: the caller's mean level */
};

struct media_event {
	uint8_t type, slot, collect;
	char detail;
	uint32_t number;           /* of the play in a menu, of the field in a secret; of the moment when it happened */
	uint64_t call;
	struct play *play;
	int16_t level_dbm0;
	uint16_t dropped;          /* MEDIA_CALL_OVER: keys that nobody collected */
};

/* Where a span's slots put their events. Plays that find the ring full wait in a list, they are never lost. */
struct media_out {
	struct ring *events;
	struct play *first, *last;
	uint64_t lost;             /* events that found the ring full */
	bool wake;                 /* something was put */
};
void media_out_flush(struct media_out *out);

struct media_slot;
/* Bytes of one slot, detector included; all of its memory. */
size_t media_slot_size(void);
/* In memory of media_slot_size() bytes, 64-byte aligned. number: the timeslot, repeated in events. */
void media_slot_init(struct media_slot *s, uint8_t number);
uint64_t media_slot_call(const struct media_slot *s);              /* 0: none */

/* A call begins: nothing of the one before is left. call is not 0. */
void media_slot_start(struct media_slot *s, uint64_t call, struct media_out *out);
/* It ends: sound off, the play given back, everything wiped. */
void media_slot_stop(struct media_slot *s, struct media_out *out);
/* Replaces what plays. Takes p; one for another call comes back at once. */
void media_slot_play(struct media_slot *s, struct play *p, struct media_out *out);
/* The field of that number needs no more keys: its timers stop. Of another call or field: nothing. */
void media_slot_close_field(struct media_slot *s, uint64_t call, uint32_t field);
/* A secret field is open. */
bool media_slot_in_field(const struct media_slot *s);
/* One block of TRUNK_BLOCK samples each way. A key found in rx silences tx of the same block. */
void media_slot_block(struct media_slot *s, enum dsp_law law, const uint8_t *rx, uint8_t *tx, struct media_out *out);

#endif
