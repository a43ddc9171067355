/* rate.h: how many requests each merchant may make: a bucket of tokens that fills evenly, one token a request. In memory: it is
 * full again after a start. Pure but for its own memory; the caller says the time. */
#ifndef ARSD_RATE_H
#define ARSD_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"

struct rate;
/* What a merchant is told: of limit requests at once, remaining are left; in reset_s all are there again. limit 0: no limit. */
struct rate_state { uint32_t limit, remaining, reset_s, retry_after_s; };

/* per_s 0: no limit at all. burst: the bucket's size. */
int rate_new(uint32_t per_s, uint32_t burst, struct rate **r) MUST_CHECK;
void rate_free(struct rate **r);
/* Takes a token of the merchant's; false when there is none. state says what is left either way. */
bool rate_take(struct rate *r, const char *merchant, struct mono now, struct rate_state *state);

#endif
