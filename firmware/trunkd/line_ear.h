/* line_ear.h: what is heard on one analog line beside keys: who calls, before the answer; that the caller is gone, in the call.
 * Pure, block by block, for the media thread. What it finds is a sign for fxo_port.c, as those of the wires.
 *
 * A caller's hang-up is not looked for while a secret field is open: nothing that only sounds like a busy tone may end a call in
 * the middle of a card number. Who has gone presses nothing, so the time of the field ends the call instead. */
#ifndef TRUNKD_LINE_EAR_H
#define TRUNKD_LINE_EAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/fxo_wire.h"
#include "dsp/analog.h"
#include "dsp/dsp.h"

struct line_ear_config {
	enum caller_id_kind caller_id;
	enum tone_plan plan;
	int silence_s;                           /* so long without a sound from the line ends a call; 0: never */
};

struct line_ear;
size_t line_ear_size(void);                      /* bytes of one ear; all of its memory */
/* In memory of line_ear_size(), 64-byte aligned. */
void line_ear_init(struct line_ear *e, const struct line_ear_config *config);
/* The wires did something: FSK is listened for from a ring or a reversal on, keys at all times. */
void line_ear_sign(struct line_ear *e, enum fxo_sign sign);
/* One block of TRUNK_BLOCK samples. True: *m (but its slot) is what was found. */
bool line_ear_block(struct line_ear *e, enum dsp_law law, const uint8_t *rx, bool in_call, bool collecting, struct fxo_message *m)
	MUST_CHECK;

#endif
