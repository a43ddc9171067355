/* The pool of virtual numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "arsd/numbers.h"

static char why[200];

static struct phone phone(const char *digits)
{
	struct phone p = { "" };

	strncpy(p.digits, digits, sizeof(p.digits) - 1);
	return p;
}

static struct numbers pool(void)
{
	struct numbers n;

	numbers_init(&n);
	assert_int_equal(numbers_add(&n, "07012340000-07012340099", why, sizeof(why)), 0);
	assert_int_equal(numbers_add(&n, "15881234", why, sizeof(why)), 0);
	return n;
}

static void ranges_and_single_numbers_make_the_pool(void **state)
{
	struct numbers n = pool();
	struct phone p;

	(void)state;
	assert_int_equal(n.total, 101);
	numbers_at(&n, 0, &p);
	assert_string_equal(p.digits, "07012340000");
	numbers_at(&n, 99, &p);
	assert_string_equal(p.digits, "07012340099");
	numbers_at(&n, 100, &p);
	assert_string_equal(p.digits, "15881234");
}

static void only_whole_numbers_of_the_pool_are_ours(void **state)
{
	struct numbers n = pool();
	static const char *const ours[] = { "07012340000", "07012340099", "15881234" };
	static const char *const others[] = { "07012340100", "07012339999", "7012340000", "070123400000", "1588123", "", "abc" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct phone p = phone(ours[i]);

		assert_true(numbers_has(&n, &p));
	}
	for (size_t i = 0; i < 7; i++) {
		struct phone p = phone(others[i]);

		assert_false(numbers_has(&n, &p));
	}
}

static void a_wrong_range_is_refused_with_its_reason(void **state)
{
	static const struct { const char *text, *reason; } bad[] = {
		{ "07012340050", "overlaps 07012340000-07012340099" },
		{ "07012339990-07012340000", "overlaps" },
		{ "07012340099-07012340000", "upwards" },
		{ "0701234-07012340000", "same length" },
		{ "070-1234-0000", "digits" },
		{ "", "digits" },
		{ "12", "digits" },
		{ "0701234000x", "digits" },
	};
	struct numbers n = pool();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_true(numbers_add(&n, bad[i].text, why, sizeof(why)) < 0);
		if (strstr(why, bad[i].reason) == NULL)
			fail_msg("%s: %s", bad[i].text, why);
	}
	assert_int_equal(n.total, 101);
}

/* The same digits without their zeros are another number. */
static void numbers_of_different_length_do_not_overlap(void **state)
{
	struct numbers n;

	(void)state;
	numbers_init(&n);
	assert_int_equal(numbers_add(&n, "0701234", why, sizeof(why)), 0);
	assert_int_equal(numbers_add(&n, "701234", why, sizeof(why)), 0);
}

static void chance_reaches_every_number_and_none_outside(void **state)
{
	struct numbers n;
	int seen[8] = { 0 };
	uint64_t at;

	(void)state;
	numbers_init(&n);
	assert_int_equal(numbers_random(&n, &at), ERR_EXHAUSTED);
	assert_int_equal(numbers_add(&n, "1000-1007", why, sizeof(why)), 0);
	for (int i = 0; i < 4000; i++) {
		assert_int_equal(numbers_random(&n, &at), 0);
		assert_true(at < 8);
		seen[at]++;
	}
	/* 500 expected; outside of 300..700 is nine standard deviations away. */
	for (int i = 0; i < 8; i++)
		assert_in_range(seen[i], 300, 700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_and_single_numbers_make_the_pool),
		cmocka_unit_test(only_whole_numbers_of_the_pool_are_ours),
		cmocka_unit_test(a_wrong_range_is_refused_with_its_reason),
		cmocka_unit_test(numbers_of_different_length_do_not_overlap),
		cmocka_unit_test(chance_reaches_every_number_and_none_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
