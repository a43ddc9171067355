#include "sandbox/carrier/pace.h"

#include "lib/attr.h"

enum { TICK_US = 20000, FORGET_US = 1000000 };

static unsigned bucket_of(uint32_t us)
{
	unsigned octave;

	if (us < 16)
		return us;
	octave = 31u - (unsigned)__builtin_clz(us);
	return (octave - 3) * 16 + (us >> (octave - 4)) % 16;
}

static uint32_t top_of(unsigned bucket)
{
	unsigned octave = bucket / 16 + 3;

	return bucket < 16 ? bucket : (uint32_t)(((uint64_t)(bucket % 16 + 17) << (octave - 4)) - 1);
}

void late_add(struct late *l, int64_t us)
{
	uint32_t v = us < 0 ? 0 : us > 60000000 ? 60000000 : (uint32_t)us;

	l->bucket[bucket_of(v)]++;
	l->count++;
	if (v > l->max_us)
		l->max_us = v;
}

uint32_t late_permille(const struct late *l, unsigned permille)
{
	uint64_t want = (l->count * permille + 999) / 1000, seen = 0;

	for (unsigned b = 0; b < ARRAY_LEN(l->bucket); b++) {
		seen += l->bucket[b];
		if (seen >= want)
			return top_of(b) < l->max_us ? top_of(b) : l->max_us;
	}
	return l->max_us;
}

void pace_set(struct pace *p, int rate, bool patient, struct mono now)
{
	p->rate = rate;
	p->patient = patient;
	p->due = now;
}

void pace_tick(struct pace *p, struct mono now)
{
	int64_t us = (now.ns - p->due.ns) / 1000;

	if (p->rate == PACE_FREE)
		return;
	late_add(&p->late, us);
	if (us > FORGET_US)
		p->due = now;
	p->due.ns += (int64_t)TICK_US * 1000 / p->rate;
}
