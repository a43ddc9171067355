/* span_bins.h: how good a line's seconds were (G.826) and what its driver counted: by quarters of an hour for a day, and since a mark
 * that the operator sets. A line is known by its span's name. Part of store.h's store and under its rules. */
#ifndef STORE_SPAN_BINS_H
#define STORE_SPAN_BINS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"

struct store;

enum { STORE_SPAN_BINS = 96, STORE_SPAN_NAMES = 256 };   /* quarters of an hour kept of a span; spans with counts */

/* What drivers count. E_BITS: CRC errors at the far end. */
enum span_error { SPAN_CODE_VIOLATIONS, SPAN_CRC_ERRORS, SPAN_E_BITS, SPAN_FRAMING_ERRORS, SPAN_SLIPS, SPAN_ERRORS };

/* Seconds that were looked at; errored, severely errored among the errored, unavailable. measured: bit n: errors[n] was counted by a
 * driver in some of this time; where it is not set, the 0 says nothing. */
struct span_figures { int64_t seconds, es, ses, uas; uint32_t measured; int64_t errors[SPAN_ERRORS]; };
/* quarter: of an hour, since 1970. boot: which start of trunkd tells it. figures: sums of the quarter since that start. */
struct span_bin { char span[32]; int64_t quarter; uint64_t boot; struct span_figures figures; };
/* zeroed: by the operator, at since; else since is when the first of it was looked at. */
struct span_counts { struct span_figures figures; struct wall since; bool zeroed; };

/* Adds what the figures grew by. ERR_INVALID: the quarter is not of the 24 hours that end with now's, or the figures contradict
 * one another. */
int store_span_bin_keep(struct store *s, const struct span_bin *b, struct wall now) MUST_CHECK;
/* Each quarter of the last 24 hours in which something was looked at, oldest first, and the one that runs; fn as in store.h. Of
 * the bin, boot is not set. */
int store_span_quarters(struct store *s, const char *span, struct wall now, int (*fn)(const struct span_bin *b, struct wall began,
                        void *context), void *context) MUST_CHECK;
/* Their sum. ERR_NOT_FOUND: nothing was looked at. */
int store_span_day(struct store *s, const char *span, struct wall now, struct span_counts *out) MUST_CHECK;
/* Since the mark. ERR_NOT_FOUND: there never was such a span. */
int store_span_counts(struct store *s, const char *span, struct span_counts *out) MUST_CHECK;
int store_span_zero(struct store *s, const char *span, struct wall now) MUST_CHECK;

#endif
