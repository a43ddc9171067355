/* fxo_wire.h: what happens on the wires of analog lines, as frames between the card (fxo_card.c), who listens to the sound, and
 * the port (fxo_port.c; the exchange's in the sandbox). They stay within a process and take the way of a D-channel's frames.
 *
 * timeslot u8, sign u8, then for FXO_CALLER the digits. */
#ifndef GLUE_FXO_WIRE_H
#define GLUE_FXO_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/line.h"

enum fxo_sign {
	/* from the card, subscriber's end */
	FXO_RING = 1,                /* a burst of ringing begins */
	FXO_POLARITY,                /* the battery was reversed */
	FXO_BATTERY_LOST,            /* the loop is open: the exchange has cleared (kewlstart) */
	/* from the card, exchange's end */
	FXO_SEIZED, FXO_RELEASED,    /* the subscriber closed the loop, opened it */
	FXO_RINGER_OFF,              /* a burst of ringing is over */
	/* from the card, both ends */
	FXO_NO_BATTERY, FXO_BATTERY, /* for long: nothing is plugged in; and the end of that */
	FXO_ON_HOOK, FXO_OFF_HOOK,   /* done as ordered */
	FXO_FAILED,                  /* the card refused an order */
	/* from the ear */
	FXO_CALLER,                  /* caller id: a number */
	FXO_NO_CALLER,               /* caller id: withheld, or unknown to the exchange */
	FXO_TONE,                    /* busy or reorder: the other side is gone */
	FXO_SILENCE,                 /* nothing was heard for too long */
	/* to the card */
	FXO_HANG_UP, FXO_SEIZE, FXO_RING_IT,
	FXO_SIGNS,
};

struct fxo_message { uint8_t slot; enum fxo_sign sign; char number[LINE_NUMBER_SIZE]; };

enum { FXO_FRAME_MAX = 2 + LINE_NUMBER_SIZE };
/* Returns the frame's length. */
size_t fxo_encode(const struct fxo_message *m, uint8_t frame[FXO_FRAME_MAX]);
/* ERR_INVALID: not a frame of these; *m is untouched. */
int fxo_decode(const uint8_t *frame, size_t len, struct fxo_message *m) MUST_CHECK;
/* As a frame of a block. */
void fxo_put(struct trunk_frame *f, int slot, enum fxo_sign sign);

#endif
