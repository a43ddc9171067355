/* lines.h: what operators do to a line with a D-channel: lock it, trace it, read the trace. arsd masks the numbers of a trace; the
 * keys of callers are taken out before, in trunkd. */
#ifndef ARSD_LINES_H
#define ARSD_LINES_H

#include "arsd/arsd.h"
#include "json/json.h"

void lines_keep(struct arsd *a, const struct callctl_span_pri *m);
/* A lock outlives trunkd: one that starts anew is told. */
void lines_trunkd_up(struct arsd *a);
void lines_trunkd_down(struct arsd *a);
void lines_trace_frame(struct arsd *a, const struct callctl_trace_frame *m);
void lines_trace_end(struct arsd *a, const struct callctl_trace_end *m);
/* {"switch":..,"side":..,"service":..,...}; null for a line that has no D-channel, or none yet. */
json_t *lines_state(const struct arsd *a, unsigned span);

/* ---- for verbs of a span (admin_priv.h) ---- */
struct refusal;
/* A span's name, or its number. 0: there is none such. */
unsigned lines_span_of(const struct arsd *a, const char *word);
/* Refusals: there is no such span, or no trunkd; an argument of the wrong form. */
int lines_no_span(const struct arsd *a, struct refusal *r);
int lines_no_fault(struct refusal *r, const struct json_fault *f);

#endif
