/* A merchant's requests: as many at once as the bucket holds, then as many as come in, and nobody pays for another. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/rate.h"

static struct mono at_ms(int64_t ms)
{
	return (struct mono){ INT64_C(1000000000) + ms * 1000000 };
}

static void a_bucket_empties_and_fills_evenly(void **state)
{
	struct rate_state s;
	struct rate *r = NULL;
	int taken = 0;

	(void)state;
	assert_int_equal(rate_new(10, 5, &r), 0);
	for (int i = 0; i < 5; i++) {
		assert_true(rate_take(r, "mer_a", at_ms(0), &s));
		assert_int_equal(s.remaining, 4 - i);
	}
	assert_false(rate_take(r, "mer_a", at_ms(0), &s));
	assert_int_equal(s.limit, 5);
	assert_int_equal(s.remaining, 0);
	assert_int_equal(s.retry_after_s, 1);
	assert_int_equal(s.reset_s, 1);
	assert_true(rate_take(r, "mer_b", at_ms(0), &s));
	assert_false(rate_take(r, "mer_a", at_ms(99), &s));
	assert_true(rate_take(r, "mer_a", at_ms(100), &s));
	assert_false(rate_take(r, "mer_a", at_ms(100), &s));
	/* Each millisecond a try: ten a second come through. */
	for (int ms = 101; ms <= 10100; ms++)
		taken += rate_take(r, "mer_a", at_ms(ms), &s);
	assert_int_equal(taken, 100);
	assert_true(rate_take(r, "mer_a", at_ms(INT64_C(9000000000)), &s));
	assert_int_equal(s.remaining, 4);
	rate_free(&r);
}

static void without_a_limit_nothing_is_counted(void **state)
{
	struct rate_state s;
	struct rate *r = NULL;

	(void)state;
	assert_int_equal(rate_new(0, 1, &r), 0);
	for (int i = 0; i < 1000; i++)
		assert_true(rate_take(r, "mer_a", at_ms(0), &s));
	assert_int_equal(s.limit, 0);
	rate_free(&r);
}

static void many_merchants_have_a_bucket_each(void **state)
{
	struct rate_state s;
	struct rate *r = NULL;
	char name[ID_SIZE];

	(void)state;
	assert_int_equal(rate_new(1, 1, &r), 0);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "mer_%d", i);
		assert_true(rate_take(r, name, at_ms(i), &s));
		assert_false(rate_take(r, name, at_ms(i), &s));
	}
	rate_free(&r);
}

static void who_asks_too_often_is_told_when_to_come_back_and_nothing_is_done(void **state)
{
	struct world *w = world_new("rate_per_s = 2; rate_burst = 3;");
	struct api_msg *m;

	(void)state;
	for (int i = 0; i < 3; i++) {
		world_ask(w, world_registration("01012345678"));
		assert_int_equal(w->answer.status, 201);
		assert_int_equal(w->answer.rate_limit, 3);
		assert_int_equal(w->answer.rate_remaining, 2 - i);
	}
	m = world_registration("01012345678");
	world_ask(w, m);
	assert_int_equal(w->answer.status, 429);
	assert_string_equal(w->answer.code, "rate_limited");
	assert_int_equal(w->answer.retry_after_s, 1);
	assert_int_equal(w->a.live_requests, 3);
	world_wait(w, 1000);
	world_ask(w, world_registration("01012345678"));
	assert_int_equal(w->answer.status, 201);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_empties_and_fills_evenly),
		cmocka_unit_test(without_a_limit_nothing_is_counted),
		cmocka_unit_test(many_merchants_have_a_bucket_each),
		cmocka_unit_test(who_asks_too_often_is_told_when_to_come_back_and_nothing_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
