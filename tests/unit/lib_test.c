/* lib_test.c: secrets are wiped, rings keep order, times print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/clock.h"
#include "lib/metrics.h"
#include "lib/ring.h"
#include "lib/secret.h"

static void a_ring_keeps_order_and_refuses_when_full(void **state UNUSED)
{
	struct ring *r;
	int v, taken = 0;

	assert_int_equal(ring_new(sizeof(int), 4, &r), 0);
	for (int round = 0; round < 10; round++) {
		for (v = 0; v < 4; v++)
			assert_true(ring_put(r, &v));
		assert_false(ring_put(r, &v));
		for (int want = 0; want < 4; want++) {
			assert_true(ring_take(r, &taken));
			assert_int_equal(taken, want);
		}
		assert_false(ring_take(r, &taken));
	}
	ring_free(&r);
	assert_null(r);
}

static void a_secret_region_is_zeroed_and_compares(void **state UNUSED)
{
	void *p;
	static const unsigned char zeros[64];

	assert_int_equal(secret_alloc(64, &p), 0);
	assert_true(secret_equal(p, zeros, 64));
	((unsigned char *)p)[63] = 1;
	assert_false(secret_equal(p, zeros, 64));
	secret_wipe(p, 64);
	assert_true(secret_equal(p, zeros, 64));
	secret_free(&p, 64);
	assert_null(p);
}

static void wall_time_prints_as_rfc3339(void **state UNUSED)
{
	char buf[CLOCK_RFC3339_SIZE];

	assert_string_equal(wall_print_rfc3339((struct wall){ 951782400123 }, buf), "2000-02-29T00:00:00.123Z");
}

static void wall_time_is_read_as_rfc3339_has_it_and_nothing_else(void **state UNUSED)
{
	static const struct { const char *text; int64_t ms; } good[] = {
		{ "1970-01-01T00:00:00Z", 0 }, { "2000-02-29T00:00:00.123Z", 951782400123 }, { "2000-02-29t09:00:00.1239+09:00", 951782400123 },
		{ "2016-12-31T23:59:60Z", 1483228800000 }, { "2017-01-01T08:59:60+09:00", 1483228800000 },
	};
	static const char *const bad[] = {
		"", "2026-02-30T00:00:00Z", "2026-02-30T23:59:60Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z", "2026-01-32T23:59:60Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
		"2026-01-01T00:00:00", "2026-01-01T00:00:00Zx", "2026-01-01 00:00:00Z", "1969-12-31T23:59:59Z", "2026-01-01",
	};
	struct wall t;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(wall_parse_rfc3339(good[i].text, &t), 0);
		assert_int_equal(t.ms, good[i].ms);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(wall_parse_rfc3339(bad[i], &t), ERR_INVALID);
}

static void metrics_print_in_the_text_format(void **state UNUSED)
{
	static const struct metric_desc desc[] = {
		{ "x_total", "result=\"ok\"", "Things.", METRIC_COUNTER, 0 },
		{ "x_total", "result=\"bad\"", "Things.", METRIC_COUNTER, 0 },
		{ "y_seconds", "", "Time.", METRIC_GAUGE, 1000 },
	};
	static struct metrics m;
	char buf[400];

	metrics_init(&m, desc, 3);
	metrics_add(&m, 1, 2);
	metrics_set(&m, 2, 1500);
	metrics_print(&m, buf, sizeof(buf));
	assert_string_equal(buf, "# HELP x_total Things.\n# TYPE x_total counter\nx_total{result=\"ok\"} 0\n"
	                         "x_total{result=\"bad\"} 2\n# HELP y_seconds Time.\n# TYPE y_seconds gauge\n"
	                         "y_seconds 1.500000\n");
	size_t cut = metrics_print(&m, buf, 120);

	assert_int_equal(cut, strlen(buf));
	assert_null(strstr(buf, "y_seconds"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_keeps_order_and_refuses_when_full),
		cmocka_unit_test(a_secret_region_is_zeroed_and_compares),
		cmocka_unit_test(wall_time_prints_as_rfc3339),
		cmocka_unit_test(wall_time_is_read_as_rfc3339_has_it_and_nothing_else),
		cmocka_unit_test(metrics_print_in_the_text_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
