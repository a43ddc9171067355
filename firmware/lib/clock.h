/* clock.h: monotonic and wall time as different types, so that one is never taken for the other.
 * Audio threads use neither: their time is samples of the line. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

#include "lib/err.h"

struct mono { int64_t ns; };    /* CLOCK_MONOTONIC: intervals, deadlines */
struct wall { int64_t ms; };    /* UTC, milliseconds since 1970: what is stored and shown */

struct mono clock_mono(void);
struct wall clock_wall(void);

/* Milliseconds from a to b; negative when b is earlier. */
static inline int64_t mono_diff_ms(struct mono a, struct mono b) { return (b.ns - a.ns) / 1000000; }
static inline struct mono mono_add_ms(struct mono t, int64_t ms) { return (struct mono){ t.ns + ms * 1000000 }; }

/* RFC 3339 UTC with milliseconds: "2026-11-24T05:12:33.123Z". buf holds at least CLOCK_RFC3339_SIZE. Returns buf. */
enum { CLOCK_RFC3339_SIZE = 32 };
const char *wall_print_rfc3339(struct wall t, char *buf);
/* "2026-11-24T14:12:33+09:00", with or without a fraction; a leap second is the one after it. ERR_INVALID. */
int wall_parse_rfc3339(const char *text, struct wall *t) MUST_CHECK;

#endif
