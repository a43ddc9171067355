/* spans.h: what signals calls on every span: its port stands between the frames of the media threads and the calls. The
 * control thread's: libpri knows only one. */
#ifndef TRUNKD_SPANS_H
#define TRUNKD_SPANS_H

#include "ipc/callctl.h"
#include "trunkd/calls.h"
#include "trunkd/media.h"
#include "trunkd/settings.h"
#include "trunkd/span_lines.h"
#include "trunkd/span_pri.h"

struct spans;

/* media is borrowed; calls are told by spans_set_calls(), for each needs the other. */
int spans_new(const struct settings *set, struct media *media, struct metrics *metrics, struct spans **s) MUST_CHECK;
void spans_free(struct spans **s);
void spans_set_calls(struct spans *s, struct calls *calls);

/* Takes what the media threads have: frames, events, states of lines. */
void spans_take(struct spans *s, struct mono now);
/* Runs due timers. Returns the milliseconds until it wants to run again. */
int spans_run(struct spans *s, struct mono now);

/* span: as in callctl drain, 0 for all. ERR_NOT_FOUND: there is no such span. */
int spans_drain(struct spans *s, unsigned span, bool on) MUST_CHECK;

/* What calls do to their line. */
int spans_answer(struct spans *s, size_t span, int slot) MUST_CHECK;
void spans_hang_up(struct spans *s, size_t span, int slot, int cause);

/* Fills the state of a span. True when it differs from what the last call for this span gave. */
bool spans_state(struct spans *s, size_t span, struct callctl_span_state *out);
/* The next quarter of an hour that arsd is not told of yet, oldest first; the last two are told in every round. False: that was
 * all of this round. */
bool spans_next_bin(struct spans *s, size_t span, struct callctl_span_bin *out);
/* From the oldest again: arsd is new. */
void spans_tell_bins_anew(struct spans *s);
size_t spans_count(const struct spans *s);
/* Of a span with a D-channel, else NULL. number: as people count, from 1. */
struct span_pri *spans_pri(struct spans *s, unsigned number);
/* Of a span of analog lines, else NULL. */
struct span_lines *spans_lines(struct spans *s, unsigned number);

#endif
