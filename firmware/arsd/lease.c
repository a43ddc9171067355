#include "arsd/lease.h"

#include <string.h>

#include "lib/log.h"

enum { ALONE_TRIES = 4, RANDOM_TRIES = 12, SWEEP_MOST = 2000 };

/* alone: only a number that nobody else has; a wrong caller can then be told to the right merchant. */
static int try_number(struct arsd *a, const struct numbers *pool, struct request *r, uint64_t index, bool alone)
{
	struct phone number;
	int others = 0, e;

	numbers_at(pool, index, &number);
	if (alone) {
		e = store_lease_count(a->store, &number, &others);
		if (e < 0 || others > 0)
			return e < 0 ? e : ERR_EXISTS;
	}
	e = store_lease_add(a->store, &number, &r->phone, r->id.text);
	if (e == 0)
		r->virtual_number = number;
	return e;
}

const struct numbers *lease_pool(const struct arsd *a, bool live)
{
	return live || a->test_numbers.total == 0 ? &a->numbers : &a->test_numbers;
}

int lease_take(struct arsd *a, struct request *r)
{
	const struct numbers *pool;
	struct merchant m;
	uint64_t index = 0;
	int e = store_merchant_get(a->store, r->merchant.text, &m);

	if (e < 0)
		return e;
	pool = lease_pool(a, m.live);
	if (pool->total == 0)
		return ERR_EXHAUSTED;
	/* A pair whose rest is over must not wait for the next tidying. */
	e = store_leases_purge(a->store, a->wall);
	if (e < 0)
		return e;
	for (int i = 0; i < RANDOM_TRIES; i++) {
		e = numbers_random(pool, &index);
		if (e == 0)
			e = try_number(a, pool, r, index, i < ALONE_TRIES);
		if (e != ERR_EXISTS)
			return e;
	}
	/* Chance has failed: nearly all are taken for this phone. All in a row, from a random start. */
	for (uint64_t i = 0; i < pool->total && i < SWEEP_MOST; i++) {
		e = try_number(a, pool, r, (index + i) % pool->total, false);
		if (e != ERR_EXISTS)
			return e;
	}
	return ERR_EXHAUSTED;
}

void lease_undo(struct arsd *a, const struct request *r)
{
	if (store_lease_end(a->store, r->id.text, (struct wall){ 1 }) < 0 || store_leases_purge(a->store, a->wall) < 0)
		log_error("lease_undo", "request=%s", r->id.text);
}
