/* trunk.h: the one interface to lines: a span of 64 kbit/s timeslots with a D-channel, whatever carries it.
 *
 * Behind it stand the software trunk (soft.c) and DAHDI (later). It moves audio and HDLC frames; it knows nothing of
 * calls (see pri.h). The far end is the clock: a block arrives every TRUNK_BLOCK samples of the line and is answered by
 * exactly one block. All functions but trunk_open/free run on one media thread and neither allocate, lock nor log. */
#ifndef GLUE_TRUNK_H
#define GLUE_TRUNK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

enum {
	TRUNK_BLOCK = 160,          /* samples a tick: 20 ms at 8000/s */
	TRUNK_SLOTS = 32,           /* E1: 0..31; T1 uses 1..24 */
	TRUNK_FRAMES_MAX = 16,      /* D-channel frames a block */
	TRUNK_FRAME_MAX = 300,      /* octets of one HDLC frame, FCS included: Q.921 N201 260 + header + FCS, rounded */
};
enum trunk_line { TRUNK_E1, TRUNK_T1 };
enum trunk_law { TRUNK_ALAW, TRUNK_ULAW };

/* DAHDI's bits, so that the console shows one set of words. */
enum {
	TRUNK_ALARM_RECOVER = 1, TRUNK_ALARM_LOOPBACK = 2, TRUNK_ALARM_YELLOW = 4 /* RAI */, TRUNK_ALARM_RED = 8,
	TRUNK_ALARM_BLUE = 16 /* AIS */, TRUNK_ALARM_NOTOPEN = 32, TRUNK_ALARM_LOS = 256, TRUNK_ALARM_LFA = 512,
	TRUNK_ALARM_LMFA = 1024,
};

struct trunk_frame { uint16_t len; uint8_t octets[TRUNK_FRAME_MAX]; };   /* with two trailing FCS octets, as libpri wants */

/* One tick of one span in one direction. pcm is companded by the span's law, by timeslot number (T1: 1..24, so the
 * D-channel is slot 24; E1: slot 16). Slots without audio carry idle octets. */
struct trunk_block {
	uint64_t tick;                        /* counts from 0 when the line came up; the far end's count */
	uint32_t alarms;                      /* TRUNK_ALARM_* as seen by the sender of the block */
	uint16_t frame_count;
	struct trunk_frame frames[TRUNK_FRAMES_MAX];
	uint8_t pcm[TRUNK_SLOTS][TRUNK_BLOCK];
};

struct trunk_config {
	char name[32];                        /* "span1" */
	char kind[16];                        /* "soft" */
	char path[108];                       /* soft: the carrier's socket */
	enum trunk_line line;
	enum trunk_law law;
};

struct trunk;

int trunk_open(const struct trunk_config *config, struct trunk **t) MUST_CHECK;   /* returns at once; the line may be down */
void trunk_free(struct trunk **t);

/* The descriptor to poll for reading, or -1 while the line is down: then call trunk_revive() now and then. */
int trunk_fd(const struct trunk *t);
/* Tries to bring a line that is down up again (connects, opens). True: it is up now. Backs off by itself. */
bool trunk_revive(struct trunk *t);
/* Takes the next block. ERR_AGAIN: none yet. ERR_CLOSED: the line went down (RED, LOS). ERR_INVALID: a broken block was
 * thrown away; go on. */
int trunk_receive(struct trunk *t, struct trunk_block *rx) MUST_CHECK;
/* Answers the block. Frames that do not fit are the caller's to keep. */
int trunk_send(struct trunk *t, const struct trunk_block *tx) MUST_CHECK;

/* Timeslot of the D-channel and whether slot carries audio, by line. */
static inline int trunk_dchan_slot(enum trunk_line line) { return line == TRUNK_E1 ? 16 : 24; }
static inline bool trunk_slot_is_bearer(enum trunk_line line, int slot)
{
	return line == TRUNK_E1 ? slot >= 1 && slot <= 31 && slot != 16 : slot >= 1 && slot <= 23;
}

/* ---- the carrier's side of a software trunk (the clock master), used by the sandbox's switch ---- */
struct soft_carrier;
int soft_carrier_listen(const char *path, enum trunk_line line, enum trunk_law law, struct soft_carrier **c) MUST_CHECK;
void soft_carrier_free(struct soft_carrier **c);
/* Poll for reading: a connection, an answer block, or the end. */
int soft_carrier_fd(const struct soft_carrier *c);
bool soft_carrier_connected(const struct soft_carrier *c);
/* Accepts a waiting appliance (only one at a time; a second is refused). True: one is connected now. */
bool soft_carrier_accept(struct soft_carrier *c);
int soft_carrier_send(struct soft_carrier *c, const struct trunk_block *tick) MUST_CHECK;
int soft_carrier_receive(struct soft_carrier *c, struct trunk_block *answer) MUST_CHECK;   /* errors as trunk_receive */

#endif
