/* line_counts.h: how good the lines' seconds were and what drivers counted, kept in the store over restarts of trunkd and of arsd: by
 * quarters of the last 24 hours, and since a mark that the operator sets. */
#ifndef ARSD_LINE_COUNTS_H
#define ARSD_LINE_COUNTS_H

#include "arsd/arsd.h"
#include "json/json.h"

void line_counts_keep(struct arsd *a, const struct callctl_span_bin *m);
/* {"seconds":..,"errored":..,"severely_errored":..,"unavailable":..}; where no second was looked at, the rest is null. */
json_t *line_counts_seconds(int64_t all, int64_t es, int64_t ses, int64_t uas);
/* Adds "day" and "counted" to what is told of a span: seconds and errors, and since when; null where there are none. */
void line_counts_add(const struct arsd *a, const char *span, json_t *o);

#endif
