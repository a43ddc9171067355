/* dahdi_chan.h: one DAHDI channel: open, its events, blocks and frames. It knows neither spans nor calls. Functions
 * neither allocate, lock nor log. Only for drivers-glue.
 *
 * A pending event makes every read and write fail with errno 500 (ELAST), so events are drained here, in passing. The
 * kernel's queue holds 64 and drops what comes after without a word: a full one is told as such. */
#ifndef GLUE_DAHDI_CHAN_H
#define GLUE_DAHDI_CHAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/trunk.h"

enum { DAHDI_HOOKS_MAX = 16 };

/* What a drain found, added to what is there. */
struct dahdi_events {
	unsigned overruns, underruns;             /* audio: blocks lost in receiving, silence sent for want of a block */
	unsigned aborts, hdlc_overruns, bad_fcs;  /* D-channel */
	bool alarm_edge;                          /* ALARM or NOALARM: look at the span */
	bool full;                                /* events were lost: look at everything */
	unsigned hook_count;                      /* analog lines: what their wires did, in its order; and the edges of alarms */
	uint8_t hooks[DAHDI_HOOKS_MAX];           /* DAHDI_EVENT_* */
};

/* A channel's 20 ms do not end together with those of another, but at the same distance from when its buffers were emptied.
 * So that each tick of a clock finds a block there, one is left to lie: it rests until a tick finds one (JOINS), the next tick
 * takes it, and from then on it is STEADY. While the clock is catching up that block would be no spare one; who is never on time
 * has to do without. */
enum dahdi_rest { DAHDI_STEADY, DAHDI_JOINS, DAHDI_RESTS };
struct dahdi_pace { enum dahdi_rest rest; uint8_t ticks; };
/* In a tick, when the clock's block has been read: looks whether fd may join. */
void dahdi_pace_look(struct dahdi_pace *p, int fd, int clock_fd);

struct dahdi_audio { enum trunk_law law; int rx_gain_db, tx_gain_db; };

/* Opens a channel by its number. ERR_NOT_FOUND: there is none of that number. ERR_STATE: it is not configured. ERR_EXISTS:
 * another program has it. ERR_DENIED: no right to it. ERR_CLOSED: no driver. ERR_IO: anything else, or a setting was
 * refused. The channel carries 8-bit audio in blocks of TRUNK_BLOCK. */
int dahdi_chan_open_audio(int channo, const struct dahdi_audio *audio, int *fd) MUST_CHECK;
/* As dahdi_chan_open_audio(), an analog channel: it is audio by itself. It is serviced at all times, so lost blocks are told. */
int dahdi_chan_open_line(int channo, const struct dahdi_audio *audio, int *fd) MUST_CHECK;
/* The kernel makes and checks flags, stuffing and FCS; frames come and go with two octets of FCS at their end. */
int dahdi_chan_open_hdlc(int channo, int *fd) MUST_CHECK;
/* What a failed open or ioctl means: the codes of dahdi_chan_open_audio(). */
int dahdi_error(int errnum);

/* ERR_AGAIN: nothing there. ERR_CLOSED: the channel is gone. */
int dahdi_chan_read(int fd, void *buf, size_t size, size_t *len, struct dahdi_events *seen) MUST_CHECK;
/* ERR_AGAIN: no room. ERR_CLOSED: the channel is gone. */
int dahdi_chan_write(int fd, const void *buf, size_t len, struct dahdi_events *seen) MUST_CHECK;
/* Takes all pending events. ERR_CLOSED: the channel is gone. */
int dahdi_chan_drain(int fd, struct dahdi_events *seen) MUST_CHECK;
/* An ioctl with one int; false: refused. */
bool dahdi_chan_set(int fd, unsigned long request, int value);

#endif
