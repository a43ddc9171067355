/* show_counters.h: what the lines count, as tables: since trunkd's start, of the last 24 hours, since the operator's mark, and by
 * quarters of an hour. Pure but for the local time zone. For show.c. */
#ifndef CALLKEY_SHOW_COUNTERS_H
#define CALLKEY_SHOW_COUNTERS_H

#include "json/json.h"

/* text: malloc'd, the caller's. */
int show_trunk_counters(const json_t *answer, char **text) MUST_CHECK;
int show_trunk_history(const json_t *answer, char **text) MUST_CHECK;

#endif
