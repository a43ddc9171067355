/* budget.h: so many of a thing a second and no more, whoever asks: what a neighbour that was taken over could otherwise do
 * without end (guess cards by their fingerprints, have hashes signed). A burst of BUDGET_BURST_S seconds' worth is held. */
#ifndef KEYSTORED_BUDGET_H
#define KEYSTORED_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"

enum { BUDGET_BURST_S = 5 };

/* held_milli: thousandths of one. */
struct budget { int64_t per_s, held_milli; struct mono since; };

static inline struct budget budget_of(int64_t per_s, struct mono t)
{
	return (struct budget){ per_s, per_s * BUDGET_BURST_S * 1000, t };
}

static inline bool budget_take(struct budget *b, struct mono t)
{
	int64_t most = b->per_s * BUDGET_BURST_S * 1000, ms = mono_diff_ms(b->since, t);

	if (ms > 0) {
		/* A long rest fills it; the product would not fit. */
		b->held_milli = ms >= BUDGET_BURST_S * 1000 ? most : b->held_milli + ms * b->per_s;
		if (b->held_milli > most)
			b->held_milli = most;
		b->since = mono_add_ms(b->since, ms);
	}
	if (b->held_milli < 1000)
		return false;
	b->held_milli -= 1000;
	return true;
}

#endif
