/* metrics.h: counters and gauges from one const table of descriptors a program, printed in the Prometheus text format.
 * Values are atomics: any thread may add, audio threads too. No label is made from a caller, a number or a request. */
#ifndef LIB_METRICS_H
#define LIB_METRICS_H

#include <stddef.h>
#include <stdint.h>

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE };

/* name: "callkey_trunkd_digits_total"; labels: "" or "result=\"ok\"", fixed at compile time. Entries that share a
 * name stand together. scale divides the stored integer when printed (1000000 for microseconds shown as seconds). */
struct metric_desc {
	const char *name, *labels, *help;
	enum metric_kind kind;
	uint32_t scale;   /* 0 and 1: none */
};

enum { METRICS_MAX = 192 };

struct metrics {
	const struct metric_desc *desc;
	size_t count;
	_Atomic int64_t value[METRICS_MAX];
};

void metrics_init(struct metrics *m, const struct metric_desc *desc, size_t count);
void metrics_add(struct metrics *m, size_t which, int64_t n);
void metrics_set(struct metrics *m, size_t which, int64_t value);
/* Prints as much as fits whole lines into buf; returns the length, without the NUL it ends with. */
size_t metrics_print(struct metrics *m, char *buf, size_t size);

#endif
