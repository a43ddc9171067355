/* limit.h: so many log lines a second and no more, whatever a neighbour sends; the meters count all. */
#ifndef KEYSTORED_LIMIT_H
#define KEYSTORED_LIMIT_H

#include <stdbool.h>

#include "lib/clock.h"

enum { LIMIT_LINES = 5, LIMIT_MS = 1000 };

struct limit { struct mono since; int lines; };

static inline bool limit_pass(struct limit *l, struct mono t)
{
	if (mono_diff_ms(l->since, t) >= LIMIT_MS)
		*l = (struct limit){ t, 0 };
	return l->lines < LIMIT_LINES && ++l->lines > 0;
}

#endif
