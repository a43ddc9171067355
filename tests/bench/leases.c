/* leases.c: how long arsd looks for whose call it is, in a store of many leases. For make bench alone; tests/bench/full_store.py fills the
 * store.
 *
 *   leases make FILE                 makes an empty store of today's schema, whose first data key is KEY
 *   leases find FILE COUNT LOOKUPS   looks for so many of COUNT leases, at random; prints JSON
 *
 * Lease n (0 to count - 1) is virtual number 070 and n modulo 10,000, caller 010 and n in eight digits. KEY, data key and key of its index,
 * is 32 times the letter k. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "store/columns.h"

enum { NUMBERS = 10000, PERCENTILES = 1000 };

static int64_t now_ns(void)
{
	return clock_mono().ns;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* A generator of our own (Knuth's MMIX): the same leases at every run. */
static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static int find_one(struct store *s, uint64_t n, int64_t *ns)
{
	struct phone number, caller;
	char request[ID_SIZE];
	int64_t begun;
	int e;

	snprintf(number.digits, sizeof(number.digits), "070%08" PRIu64, n % NUMBERS);
	snprintf(caller.digits, sizeof(caller.digits), "010%08" PRIu64, n);
	begun = now_ns();
	e = store_lease_find(s, &number, &caller, request);
	*ns = now_ns() - begun;
	return e;
}

static int find(struct store *s, uint64_t count, int lookups)
{
	int64_t *ns = calloc((size_t)lookups, sizeof(*ns)), sum = 0;
	uint64_t seed = 1;
	int e = ns == NULL ? ERR_NOMEM : 0;

	for (int i = 0; i < lookups && e == 0; i++) {
		e = find_one(s, next_random(&seed) % count, &ns[i]);
		sum += e == 0 ? ns[i] : 0;
	}
	if (e == 0) {
		qsort(ns, (size_t)lookups, sizeof(*ns), by_time);
		printf("{\"lookups\": %d, \"mean_us\": %.2f, \"p50_us\": %.2f, \"p99_us\": %.2f, \"p999_us\": %.2f, \"max_us\": %.2f}\n", lookups,
		       (double)sum / lookups / 1e3, (double)ns[lookups / 2] / 1e3, (double)ns[lookups - 1 - lookups / 100] / 1e3,
		       (double)ns[lookups - 1 - lookups / PERCENTILES] / 1e3, (double)ns[lookups - 1] / 1e3);
	}
	free(ns);
	return e;
}

/* Its row alone; what is wrapped in it opens nowhere. */
static int make(struct store *s)
{
	struct column_key k = { .version = 1, .index_version = 1, .created = { 1 } };
	int e = columns_key_add(s, &k);

	return e < 0 ? e : store_commit(s);
}

static int use_key(struct store *s)
{
	uint8_t key[COLUMNS_KEY_SIZE];

	memset(key, 'k', sizeof(key));
	return columns_use(s, 1, key, key);
}

int main(int argc, char **argv)
{
	struct store *s = NULL;
	char url[512];
	bool makes = argc == 3 && strcmp(argv[1], "make") == 0;
	int e;

	if (!makes && !(argc == 5 && strcmp(argv[1], "find") == 0)) {
		fprintf(stderr, "leases make FILE | leases find FILE COUNT LOOKUPS\n");
		return 2;
	}
	snprintf(url, sizeof(url), "sqlite:%s", argv[2]);
	e = store_open(url, &s);
	if (e == 0)
		e = makes ? make(s) : use_key(s);
	if (e == 0 && !makes)
		e = find(s, strtoull(argv[3], NULL, 10), atoi(argv[4]));
	store_close(&s);
	if (e < 0)
		fprintf(stderr, "leases: %s\n", err_name(e));
	return e < 0;
}
