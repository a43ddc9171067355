#include "trunkd/history.h"

static struct history_bin *bin_of(struct history *h, int64_t quarter)
{
	struct history_bin *b = &h->bins[quarter % HISTORY_BINS];

	if (b->quarter != quarter)
		*b = (struct history_bin){ .quarter = quarter };
	return b;
}

static void count(struct history *h, const struct history_second *s, bool unavailable)
{
	struct history_bin *b = bin_of(h, s->quarter);

	b->seconds++;
	if (unavailable) {
		b->uas++;
		return;
	}
	b->es += s->es || s->ses;
	b->ses += s->ses;
}

static void decide(struct history *h, bool unavailable)
{
	for (int i = 0; i < h->waiting_count; i++)
		count(h, &h->waiting[i], unavailable);
	h->waiting_count = 0;
	h->unavailable = unavailable;
}

void history_second(struct history *h, bool es, bool ses, struct wall now)
{
	int64_t quarter = now.ms / 1000 / HISTORY_QUARTER_S;
	struct history_second s;

	/* A clock that was set back does not open an old quarter again. */
	if (quarter > h->latest)
		h->latest = quarter;
	s = (struct history_second){ h->latest, es, ses };
	if (ses == h->unavailable) {                  /* nothing changes: what waited for a change was none */
		decide(h, h->unavailable);
		count(h, &s, h->unavailable);
		return;
	}
	h->waiting[h->waiting_count++] = s;
	if (h->waiting_count == HISTORY_DECIDE_S)
		decide(h, !h->unavailable);
}

void history_errors(struct history *h, uint32_t measured, const uint64_t more[HISTORY_ERRORS])
{
	struct history_bin *b;

	if (measured == 0 || h->latest == 0)
		return;
	b = bin_of(h, h->latest);
	b->measured |= measured;
	for (int i = 0; i < HISTORY_ERRORS; i++)
		if ((measured & UINT32_C(1) << i) != 0)
			b->errors[i] = more[i] > UINT32_MAX - b->errors[i] ? UINT32_MAX : b->errors[i] + (uint32_t)more[i];
}

void history_quarter(const struct history *h, struct history_bin *out)
{
	const struct history_bin *b = &h->bins[h->latest % HISTORY_BINS];

	*out = b->quarter == h->latest ? *b : (struct history_bin){ .quarter = h->latest };
}

bool history_at(const struct history *h, int64_t quarter, struct history_bin *out)
{
	const struct history_bin *b;

	if (quarter <= 0 || quarter > h->latest || quarter <= h->latest - HISTORY_BINS)
		return false;
	b = &h->bins[quarter % HISTORY_BINS];
	if (b->quarter != quarter || b->seconds == 0)
		return false;
	*out = *b;
	return true;
}
