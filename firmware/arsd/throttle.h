/* throttle.h: how often wrong callers come, by caller number and by virtual number. A bounded table: under a flood the
 * rarest and oldest are forgotten first, so a persistent one is not. Time is the caller's. */
#ifndef ARSD_THROTTLE_H
#define ARSD_THROTTLE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"

struct throttle_rule { int64_t window_ms; uint32_t slow_after, refuse_after; };   /* from this try on, counted from 1 */
enum throttle_answer { THROTTLE_PASS, THROTTLE_SLOW, THROTTLE_REFUSE };

struct throttle;
/* keys: how many are remembered, rounded up. */
int throttle_new(const struct throttle_rule *rule, size_t keys, struct throttle **t) MUST_CHECK;
void throttle_free(struct throttle **t);
/* Counts a try of key and says what it deserves. A key is at most 31 bytes; "" counts for nobody and passes. */
enum throttle_answer throttle_note(struct throttle *t, const char *key, struct mono now);

#endif
