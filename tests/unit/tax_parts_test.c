/* What is given back keeps to the parts of what was paid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/attr.h"
#include "model/tax_parts.h"

enum { NO = TAX_NOT_SAID };

static enum tax_fault fit(int64_t total, int64_t free_minor, int64_t vat)
{
	return tax_parts_fit(total, &(struct tax_parts){ free_minor, vat });
}

static void parts_are_within_their_amount(void **state UNUSED)
{
	assert_int_equal(fit(1000, NO, NO), TAX_FINE);
	assert_int_equal(fit(1000, 1000, 0), TAX_FINE);
	assert_int_equal(fit(1000, 1001, NO), TAX_FREE_ABOVE_AMOUNT);
	assert_int_equal(fit(1000, NO, 1000), TAX_FINE);
	assert_int_equal(fit(1000, NO, 1001), TAX_VAT_ABOVE_TAXED);
	assert_int_equal(fit(1000, 900, 100), TAX_FINE);
	assert_int_equal(fit(1000, 900, 101), TAX_VAT_ABOVE_TAXED);
	assert_int_equal(fit(INT64_C(1000000000000), INT64_C(1000000000000), NO), TAX_FINE);
}

/* amount of left, of which left_free and left_vat; what becomes of the part free of tax in *free_minor. */
static enum tax_fault back(int64_t amount, int64_t *free_minor, int64_t vat, int64_t left, int64_t left_free, int64_t left_vat)
{
	struct tax_parts parts = { *free_minor, vat };
	enum tax_fault fault = tax_parts_give_back(amount, &parts, left, &(struct tax_parts){ left_free, left_vat });

	assert_int_equal(parts.vat_minor, vat);
	*free_minor = parts.free_minor;
	return fault;
}

static void what_is_taxed_goes_first_unless_it_is_said(void **state UNUSED)
{
	static const struct { int64_t amount, free_minor; } rows[] = { { 1, 0 }, { 700, 0 }, { 701, 1 }, { 999, 299 }, { 1000, 300 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t free_minor = NO;

		assert_int_equal(back(rows[i].amount, &free_minor, NO, 1000, 300, NO), TAX_FINE);
		assert_int_equal(free_minor, rows[i].free_minor);
	}
}

static void a_payment_that_said_nothing_binds_nothing(void **state UNUSED)
{
	int64_t free_minor = NO;

	assert_int_equal(back(400, &free_minor, NO, 1000, NO, NO), TAX_FINE);
	assert_int_equal(free_minor, 0);
	free_minor = 400;
	assert_int_equal(back(400, &free_minor, 0, 1000, NO, NO), TAX_FINE);
	free_minor = 401;
	assert_int_equal(back(400, &free_minor, NO, 1000, NO, NO), TAX_FREE_ABOVE_AMOUNT);
	free_minor = 300;
	assert_int_equal(back(400, &free_minor, 101, 1000, NO, NO), TAX_VAT_ABOVE_TAXED);
}

static void what_was_said_binds(void **state UNUSED)
{
	static const struct { int64_t amount, free_minor, vat; enum tax_fault fault; } rows[] = {
		{ 1000, 300, 63, TAX_FINE }, { 300, 300, 0, TAX_FINE }, { 300, 301, NO, TAX_FREE_ABOVE_AMOUNT }, { 500, 301, NO, TAX_FREE_ABOVE_LEFT },
		{ 700, 0, 63, TAX_FINE }, { 701, 0, NO, TAX_TAXED_ABOVE_LEFT }, { 800, 0, NO, TAX_TAXED_ABOVE_LEFT }, { 700, 0, 64, TAX_VAT_ABOVE_LEFT },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t free_minor = rows[i].free_minor;

		assert_int_equal(back(rows[i].amount, &free_minor, rows[i].vat, 1000, 300, 63), rows[i].fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_within_their_amount),
		cmocka_unit_test(what_is_taxed_goes_first_unless_it_is_said),
		cmocka_unit_test(a_payment_that_said_nothing_binds_nothing),
		cmocka_unit_test(what_was_said_binds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
