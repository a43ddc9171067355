/* media.h: the media threads: one block in, one block out, for every span on every tick; and the rings between them and
 * the control thread. Spans are shared out among the threads.
 *
 * A media thread neither allocates, locks nor logs after media_start(), and knows no time of day. It reads the monotonic
 * clock (by vdso, no system call) twice a block for one purpose: how late the block was answered. Nothing that a caller
 * can notice depends on it. */
#ifndef TRUNKD_MEDIA_H
#define TRUNKD_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/trunk.h"
#include "lib/err.h"
#include "lib/metrics.h"
#include "trunkd/line_ear.h"
#include "trunkd/media_slot.h"

enum { MEDIA_THREADS_MAX = 16 };

struct media;

struct media_config {
	const struct trunk_config *spans;     /* only read in media_new() */
	const struct line_ear_config (*ears)[TRUNK_SLOTS];     /* by span, of analog lines; may be NULL without any */
	size_t span_count;
	int threads, realtime_priority;       /* priority 0: none */
	struct metrics *metrics;              /* METER_TICKS..METER_EVENTS_LOST are counted into it */
};

int media_new(const struct media_config *config, struct media **m) MUST_CHECK;
int media_start(struct media *m) MUST_CHECK;
/* Ends the threads, closes the lines, gives back every play by free(). */
void media_free(struct media **m);
/* One turn of one thread, instead of media_start(): for tests. */
void media_turn(struct media *m, int thread, int timeout_ms);

/* ---- the control thread's ends. span: index as in the configuration ---- */

/* Readable when there is something to take or a span's state has changed. Read it empty, then look at all spans. */
int media_wake_fd(const struct media *m);

/* Takes effect at the next tick. False: the ring is full, nothing was taken. */
bool media_command(struct media *m, size_t span, const struct media_command *c) MUST_CHECK;
bool media_take_event(struct media *m, size_t span, struct media_event *e) MUST_CHECK;
/* D-channel frames, FCS octets included. One that finds the ring full is dropped and counted: Q.921 repeats it. */
void media_send_frame(struct media *m, size_t span, const uint8_t *octets, size_t len);
bool media_take_frame(struct media *m, size_t span, struct trunk_frame *f) MUST_CHECK;

struct media_span_state { uint32_t alarms; uint64_t ticks, late, lost, underruns; };
/* alarms: debounced; TRUNK_ALARM_NOTOPEN until the line first comes up. */
void media_get_state(const struct media *m, size_t span, struct media_span_state *out);
/* Asks the line's driver, on the caller's thread: see trunk_watch(). */
void media_watch(struct media *m, size_t span, struct trunk_status *out);

#endif
