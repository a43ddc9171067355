/* columns.c: what sealing adds to a request's creation: processor time of one thread, so that neighbours count for little. For make bench alone.
 *
 *   columns        prints JSON: microseconds for a number and an answer of 1,500 octets, sealed and opened, and for a blind index */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store/columns_priv.h"

enum { ROUNDS = 200000, ANSWER = 1500 };

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static const struct column_place place = { "requests", "phone", "reg_00000000000000000000000000" };
static char text[ANSWER + 1], sealed[COLUMNS_SEALED_SIZE(ANSWER)], opened[ANSWER + 1];

static int seal(struct columns *c)
{
	return columns_seal(c, &place, text, sealed, sizeof(sealed));
}

static int open_it(struct columns *c)
{
	return columns_read(c, &place, sealed, opened, sizeof(opened));
}

static int find(struct columns *c)
{
	char index[COLUMNS_INDEX_SIZE];

	return columns_index(c, &(struct column_index){ "leases", "07012340001", "01012345678" }, index);
}

static int measure(struct columns *c, const char *what, int (*act)(struct columns *c), const char *end)
{
	double begun = cpu_us();
	int e = 0;

	for (int i = 0; i < ROUNDS && e == 0; i++)
		e = act(c);
	printf("\"%s_us\": %.2f%s", what, (cpu_us() - begun) / ROUNDS, end);
	return e;
}

int main(void)
{
	static const uint8_t key[COLUMNS_KEY_SIZE] = { 1 };
	struct columns *c = NULL;
	int e = columns_new(&c);

	if (e == 0)
		e = columns_put(c, 1, key, key);
	if (e < 0)
		return 1;
	columns_set_newest(c, 1);
	snprintf(text, sizeof(text), "01012345678");
	printf("{");
	e = measure(c, "seal_number", seal, ", ") | measure(c, "open_number", open_it, ", ") | measure(c, "index", find, ", ");
	memset(text, 'x', ANSWER);
	e |= measure(c, "seal_answer", seal, ", ") | measure(c, "open_answer", open_it, "}\n");
	columns_free(&c);
	return e != 0;
}
