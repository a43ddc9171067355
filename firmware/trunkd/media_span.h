/* media_span.h: one span on its media thread: a block in, a block out, the commands of its calls, the state of its line, and the
 * rings between it and the control thread. For media.c, which has the threads. */
#ifndef TRUNKD_MEDIA_SPAN_H
#define TRUNKD_MEDIA_SPAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "drivers-glue/trunk.h"
#include "lib/err.h"
#include "lib/metrics.h"
#include "lib/ring.h"
#include "trunkd/lateness.h"
#include "trunkd/line_ear.h"
#include "trunkd/media_slot.h"

struct media_span {
	struct trunk *trunk;
	enum dsp_law law;
	bool open;
	int epoll_fd, fd;                               /* fd is polled in it while the line is open */
	struct metrics *metrics;
	uint32_t active;                                /* slots in a call, as bits */
	uint32_t alarms_seen, alarm_blocks;             /* a candidate and how long it has stood */
	unsigned char *slots;
	uint32_t lines;                                 /* analog lines, as bits: each has an ear */
	unsigned char *ears;
	struct ring *commands, *frames_out, *events, *frames_in;
	struct media_out out;
	struct lateness lateness;
	struct trunk_block tx;                          /* silent slots keep their idle octets */
	_Atomic uint32_t alarms;
	_Atomic uint64_t ticks, late, lost, underruns;
};

/* In zeroed memory; to be freed even after an error. While the line is open it is polled in epoll_fd, with s as data. ears: of an analog
 * line's, else NULL. */
int media_span_init(struct media_span *s, const struct trunk_config *config, const struct line_ear_config ears[TRUNK_SLOTS], int epoll_fd,
                    struct metrics *metrics) MUST_CHECK;
/* Closes the line and gives back every play by free(). */
void media_span_free(struct media_span *s);

/* What was polled is ready: one block. rx: memory for it, now_ns: when it was found. True: the control thread is to be woken. */
bool media_span_tick(struct media_span *s, struct trunk_block *rx, int64_t now_ns);
/* Of a span without a tick: otherwise nothing would take its commands, and plays would not come back. Opens the line again if it can. */
bool media_span_idle(struct media_span *s);
/* Bytes of media memory (slots, rings, blocks) of one span. */
size_t media_span_bytes(void);

#endif
