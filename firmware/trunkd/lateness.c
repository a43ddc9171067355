#include "trunkd/lateness.h"

#include "lib/attr.h"

/* DRIFT: the grid yields by 100 ppm, so that a line slower than our clock does not seem ever later. FORGET: after a pause
 * this long (or on a line deliberately slower than real time) the grid starts anew. */
enum { TICK_NS = 20000000, DRIFT_NS = 2000, FORGET_NS = 1000000000, JUMP_MAX = 3000 };

uint64_t lateness_arrived(struct lateness *l, uint64_t tick, int64_t now_ns)
{
	bool goes_on = l->running && tick > l->tick && tick - l->tick <= JUMP_MAX;
	uint64_t step = goes_on ? tick - l->tick : 1;

	l->tick = tick;
	l->due_ns += (int64_t)step * TICK_NS + DRIFT_NS;
	if (!goes_on || now_ns < l->due_ns || now_ns - l->due_ns > FORGET_NS)
		l->due_ns = now_ns;
	l->running = true;
	return step - 1;
}

int64_t lateness_answered(const struct lateness *l, int64_t now_ns)
{
	return now_ns - l->due_ns;
}

void lateness_reset(struct lateness *l)
{
	*l = (struct lateness){ 0 };
}

unsigned lateness_bucket(int64_t late_ns)
{
	static const int64_t below_ms[LATENESS_BUCKETS - 1] = { 1, 2, 5, 10, 20 };
	unsigned i = 0;

	while (i < ARRAY_LEN(below_ms) && late_ns >= below_ms[i] * 1000000)
		i++;
	return i;
}
