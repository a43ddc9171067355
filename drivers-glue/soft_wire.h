/* soft_wire.h: the message of a software trunk: one tick of one span in one direction, as the octets that cross the
 * SEQPACKET socket. Little-endian; all of it is bounds-checked, for either side may be broken or hostile.
 *
 *   0 "CKL1"   4 line u8   5 law u8   6 flags u16 (0)   8 tick u64   16 alarms u32   20 frame_count u16   22 zero u16
 *   24 32 timeslots of 160 octets, then frame_count times: len u16, octets */
#ifndef GLUE_SOFT_WIRE_H
#define GLUE_SOFT_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/trunk.h"
#include "lib/err.h"

enum {
	SOFT_WIRE_HEADER = 24,
	SOFT_WIRE_MIN = SOFT_WIRE_HEADER + TRUNK_SLOTS * TRUNK_BLOCK,
	SOFT_WIRE_MAX = SOFT_WIRE_MIN + TRUNK_FRAMES_MAX * (2 + TRUNK_FRAME_MAX),
};

/* Returns the length written. Frames beyond the bounds of the block's own type are a bug of the caller. */
size_t soft_wire_encode(const struct trunk_block *b, enum trunk_line line, enum trunk_law law, uint8_t buf[SOFT_WIRE_MAX]);
/* ERR_INVALID: not exactly one well-formed message of this line and law; *b is untouched. */
int soft_wire_decode(const uint8_t *buf, size_t len, enum trunk_line line, enum trunk_law law,
                     struct trunk_block *b) MUST_CHECK;

#endif
