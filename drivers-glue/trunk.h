/* trunk.h: the one interface to lines: a span of 64 kbit/s timeslots with a D-channel, whatever carries it.
 *
 * Behind it stand the software trunk (soft.c), DAHDI (dahdi.c) and its analog lines (fxo_card.c), whose hooks take the place
 * of a D-channel (fxo_wire.h). It moves audio and HDLC frames; it knows nothing of
 * calls (see pri.h) but which timeslots are in one. The line is the clock: a block arrives every TRUNK_BLOCK samples and is
 * answered by exactly one block. All functions but trunk_open/free/watch run on one media thread and neither allocate, lock
 * nor log. */
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
enum trunk_line { TRUNK_E1, TRUNK_T1, TRUNK_ANALOG };      /* ANALOG: channels 1.. of a card, a line of its own each; no D-channel */
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
	char kind[16];                        /* "soft", "dahdi", "fxo"; "fxs" is the exchange's end of fxo */
	char path[108];                       /* soft: the carrier's socket */
	int span;                             /* of a card: the span's number, 1..128 */
	uint32_t lines;                       /* fxo, fxs: the channels that are used, as bits by number */
	int echo_taps;                        /* dahdi: length of the kernel's echo canceller in calls, in samples; 0: none */
	int rx_gain_db, tx_gain_db;           /* dahdi: added to what is heard and said, -24..24 */
	enum trunk_line line;
	enum trunk_law law;
};

/* Why a line that has a driver cannot be used. The words are trunk_fault_word()'s. */
enum trunk_fault {
	TRUNK_FAULT_NONE,
	TRUNK_FAULT_NO_DRIVER,                /* no /dev/dahdi: the module is not loaded */
	TRUNK_FAULT_NO_ACCESS,                /* not allowed: group dialout */
	TRUNK_FAULT_NO_SPAN,                  /* no span of this number: the card is gone, or not assigned */
	TRUNK_FAULT_LINE,                     /* it is not the E1 or T1 that is configured */
	TRUNK_FAULT_UNCONFIGURED,             /* its channels have not been set up (dahdi_cfg) */
	TRUNK_FAULT_BEARER,                   /* a timeslot that should be bchan= is something else */
	TRUNK_FAULT_DCHANNEL,                 /* the D-channel's timeslot is not dchan= or hardhdlc= */
	TRUNK_FAULT_SIGNALLING,               /* a channel is not fxsks or fxsls (fxs: fxoks or fxols) */
	TRUNK_FAULT_BUSY,                     /* another program holds a channel */
	TRUNK_FAULT_REFUSED,                  /* the driver refuses a setting */
	TRUNK_FAULTS,
};
const char *trunk_fault_word(enum trunk_fault f);

/* What a line with a driver counts since trunk_open(). */
enum trunk_count {
	TRUNK_COUNT_OVERRUNS,                 /* received audio was lost: nobody read it in time */
	TRUNK_COUNT_UNDERRUNS,                /* silence was sent: nobody wrote in time */
	TRUNK_COUNT_BLOCKS_MISSED,            /* ticks at which a timeslot in a call had no block */
	TRUNK_COUNT_SHORT_BLOCKS, TRUNK_COUNT_SEND_FULL,
	TRUNK_COUNT_HDLC_ABORTS, TRUNK_COUNT_HDLC_OVERRUNS, TRUNK_COUNT_HDLC_BAD_FCS,
	TRUNK_COUNT_FRAMES_DROPPED,           /* D-channel frames that were too long, or found no room */
	TRUNK_COUNT_EVENTS_LOST,              /* times the driver's queue of events was full */
	TRUNK_COUNT_NO_ECHO_CANCELLER,        /* calls that wanted one and were refused it */
	TRUNK_COUNTS,
};

/* What a driver measures, since its own beginning, modulo 2^32; some start anew after an alarm. Errors are a lower bound:
 * framers' counts of a second are read modulo 256. */
enum trunk_measure {
	TRUNK_CODE_VIOLATIONS, TRUNK_CRC_ERRORS, TRUNK_E_BITS /* CRC errors at the far end */, TRUNK_FRAMING_ERRORS, TRUNK_BIT_ERRORS,
	TRUNK_ERRORED_SECONDS, TRUNK_SLIPS, TRUNK_IRQ_MISSES, TRUNK_MEASURES,
};

struct trunk_status {
	bool supervised;                      /* false: this kind has no driver to ask; the rest is unset */
	bool present;                         /* the driver knows the span */
	bool alarm_detail;                    /* it tells LOS, LFA and LMFA beside RED */
	bool crc4;                            /* is configured */
	bool clock_master;                    /* all spans take their time from this one */
	char device[24];                      /* the driver's name of the span */
	uint32_t measured;                    /* bits of what this driver does measure; a 0 of another is no 0 */
	uint32_t measures[TRUNK_MEASURES];
	uint32_t alarms;
	enum trunk_fault fault;
	int fault_slot;                       /* the timeslot that it concerns; 0: none */
	uint32_t no_echo;                     /* timeslots that should have the driver's echo canceller and are set up without, as bits */
	uint64_t counts[TRUNK_COUNTS];
};

struct trunk;

int trunk_open(const struct trunk_config *config, struct trunk **t) MUST_CHECK;   /* returns at once; the line may be down */
void trunk_free(struct trunk **t);

/* The descriptor to poll for reading, or -1 while the line is down: then call trunk_revive() now and then. It may be another
 * after trunk_receive() and trunk_send(); the one before may still be open. */
int trunk_fd(const struct trunk *t);
/* Tries to bring a line that is down up again (connects, opens). True: it is up now. Backs off by itself. */
bool trunk_revive(struct trunk *t);
/* Takes the next block. ERR_AGAIN: none yet. ERR_CLOSED: the line went down (RED, LOS). ERR_INVALID: a broken block was
 * thrown away; go on. */
int trunk_receive(struct trunk *t, struct trunk_block *rx) MUST_CHECK;
/* Answers the block. Frames that do not fit are the caller's to keep. */
int trunk_send(struct trunk *t, const struct trunk_block *tx) MUST_CHECK;
/* A call begins at a timeslot: nothing that the line holds from before reaches it, and from the next block on its audio is
 * carried both ways. It ends: what is still to be sent is not. Blocks hold idle octets for timeslots without a call, but for
 * a software trunk, which carries all of them always. A call outlives a loss of the line. */
void trunk_begin(struct trunk *t, int slot);
void trunk_end(struct trunk *t, int slot);
/* On the control thread, at leisure: asks the driver, which may take it microseconds. Once a second is usual; alarms that
 * come without an event are seen by the media thread only through it. */
void trunk_watch(struct trunk *t, struct trunk_status *out);

/* Timeslot of the D-channel and whether slot carries audio, by line. */
static inline int trunk_dchan_slot(enum trunk_line line) { return line == TRUNK_ANALOG ? 0 : line == TRUNK_E1 ? 16 : 24; }
static inline bool trunk_slot_is_bearer(enum trunk_line line, int slot)
{
	if (line == TRUNK_ANALOG)
		return slot >= 1 && slot < TRUNK_SLOTS;
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
