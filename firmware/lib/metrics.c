#include "lib/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void metrics_init(struct metrics *m, const struct metric_desc *desc, size_t count)
{
	assert(count <= METRICS_MAX);
	memset(m, 0, sizeof(*m));
	m->desc = desc;
	m->count = count;
}

void metrics_add(struct metrics *m, size_t which, int64_t n)
{
	assert(which < m->count);
	m->value[which] += n;
}

void metrics_set(struct metrics *m, size_t which, int64_t value)
{
	assert(which < m->count);
	m->value[which] = value;
}

static int print_one(const struct metrics *m, size_t i, char *buf, size_t size)
{
	const struct metric_desc *d = &m->desc[i];
	int first = i == 0 || strcmp(m->desc[i - 1].name, d->name) != 0, n = 0, k;
	char value[48];

	if (d->scale > 1)
		snprintf(value, sizeof(value), "%.6f", (double)m->value[i] / d->scale);
	else
		snprintf(value, sizeof(value), "%" PRId64, m->value[i]);
	if (first) {
		n = snprintf(buf, size, "# HELP %s %s\n# TYPE %s %s\n", d->name, d->help, d->name,
		             d->kind == METRIC_COUNTER ? "counter" : "gauge");
		if (n < 0 || (size_t)n >= size)
			return -1;
	}
	k = snprintf(buf + n, size - (size_t)n, d->labels[0] ? "%s{%s} %s\n" : "%s%s %s\n", d->name, d->labels, value);
	return k < 0 || (size_t)k >= size - (size_t)n ? -1 : n + k;
}

size_t metrics_print(struct metrics *m, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < m->count; i++) {
		int n = print_one(m, i, buf + len, size - len);

		if (n < 0) {
			buf[len] = '\0';
			break;
		}
		len += (size_t)n;
	}
	return len;
}
