/* store_span_bins_test.c: a line's seconds by quarters and since a mark: over restarts of who tells them and of the store, told
 * twice, told late, and pruned. */
#include "store_fixture.h"

#include "store/span_bins.h"

#define SECONDS(all, errored, severe, unavailable) \
	{ .seconds = (all), .es = (errored), .ses = (severe), .uas = (unavailable) }

enum { QUARTER = 2000000, QUARTER_MS = 900000, MIDDLE_MS = 450000 };

/* The middle of the n-th quarter. */
static struct wall in(int n) { return (struct wall){ ((int64_t)QUARTER + n) * QUARTER_MS + MIDDLE_MS }; }

static struct span_bin a_bin(const char *span, int n, uint64_t boot, struct span_figures f)
{
	struct span_bin b = { .quarter = QUARTER + n, .boot = boot, .figures = f };

	SET(b.span, span);
	return b;
}

static int keep(const char *span, int n, uint64_t boot, struct span_figures f, struct wall now)
{
	struct span_bin b = a_bin(span, n, boot, f);

	return store_span_bin_keep(s, &b, now);
}

static void figures_are(const struct span_figures *f, int64_t seconds, int64_t es, int64_t ses, int64_t uas)
{
	assert_int_equal(f->seconds, seconds);
	assert_int_equal(f->es, es);
	assert_int_equal(f->ses, ses);
	assert_int_equal(f->uas, uas);
}

static void day_is(const char *span, struct wall now, int64_t seconds, int64_t es, int64_t ses, int64_t uas)
{
	struct span_counts c;

	assert_int_equal(store_span_day(s, span, now, &c), 0);
	figures_are(&c.figures, seconds, es, ses, uas);
}

static void counts_are(const char *span, int64_t seconds, int64_t es, int64_t ses, int64_t uas)
{
	struct span_counts c;

	assert_int_equal(store_span_counts(s, span, &c), 0);
	figures_are(&c.figures, seconds, es, ses, uas);
}

static void a_sum_told_again_counts_what_it_grew_by(void **state UNUSED)
{
	assert_int_equal(keep("a", 0, 7, (struct span_figures)SECONDS(100, 4, 3, 2), in(0)), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(keep("a", 0, 7, (struct span_figures)SECONDS(100, 4, 3, 2), in(0)), 0);
	assert_false(store_dirty(s));                   /* nothing new is no write */
	assert_int_equal(keep("a", 0, 7, (struct span_figures)SECONDS(300, 5, 4, 12), in(0)), 0);
	day_is("a", in(0), 300, 5, 4, 12);
	counts_are("a", 300, 5, 4, 12);
	assert_int_equal(keep("a", 1, 7, (struct span_figures)SECONDS(50, 1, 0, 0), in(1)), 0);
	assert_int_equal(keep("a", 0, 7, (struct span_figures)SECONDS(310, 5, 4, 22), in(1)), 0);      /* decided after the turn */
	day_is("a", in(1), 360, 6, 4, 22);
	counts_are("a", 360, 6, 4, 22);
}

static void a_new_trunkd_and_a_new_store_go_on_where_the_old_ones_fell(void **state UNUSED)
{
	const uint64_t high = UINT64_MAX - 3;

	assert_int_equal(keep("a", 0, high, (struct span_figures)SECONDS(100, 4, 3, 2), in(0)), 0);
	assert_int_equal(store_commit(s), 0);
	reopen();
	assert_int_equal(keep("a", 0, high, (struct span_figures)SECONDS(110, 4, 3, 2), in(0)), 0);     /* the same trunkd */
	assert_int_equal(keep("a", 0, 9, (struct span_figures)SECONDS(30, 1, 1, 0), in(0)), 0);         /* another */
	assert_int_equal(keep("a", 0, 9, (struct span_figures)SECONDS(35, 2, 1, 0), in(0)), 0);
	day_is("a", in(0), 145, 6, 4, 2);
	counts_are("a", 145, 6, 4, 2);
}

static void the_mark_is_kept_and_counts_begin_at_it(void **state UNUSED)
{
	struct span_counts c, before = { .zeroed = true };

	assert_int_equal(store_span_zero(s, "a", in(0)), ERR_NOT_FOUND);
	assert_int_equal(store_span_counts(s, "a", &c), ERR_NOT_FOUND);
	assert_int_equal(store_span_day(s, "a", in(0), &c), ERR_NOT_FOUND);
	assert_int_equal(keep("a", 0, 7, (struct span_figures)SECONDS(100, 4, 3, 2), in(0)), 0);
	assert_int_equal(store_span_counts(s, "a", &before), 0);
	assert_false(before.zeroed);
	assert_int_equal(before.since.ms, in(0).ms - 100000);
	assert_int_equal(keep("b", 0, 7, (struct span_figures)SECONDS(100, 9, 0, 0), in(0)), 0);
	assert_int_equal(store_span_zero(s, "a", in(1)), 0);
	assert_int_equal(keep("a", 0, 7, (struct span_figures)SECONDS(900, 90, 0, 0), in(1)), 0);       /* was over at the mark */
	counts_are("a", 0, 0, 0, 0);
	assert_int_equal(keep("a", 1, 7, (struct span_figures)SECONDS(20, 1, 1, 0), in(1)), 0);
	assert_int_equal(store_commit(s), 0);
	reopen();
	assert_int_equal(store_span_counts(s, "a", &c), 0);
	assert_true(c.zeroed);
	assert_int_equal(c.since.ms, in(1).ms);
	counts_are("a", 20, 1, 1, 0);
	counts_are("b", 100, 9, 0, 0);                  /* another span's are its own */
	day_is("a", in(1), 920, 91, 4, 2);              /* the day is not zeroed */
}

static void a_day_has_96_quarters_and_older_ones_are_pruned(void **state UNUSED)
{
	struct span_counts c;
	struct db_stmt *q;

	for (int n = 0; n < STORE_SPAN_BINS + 10; n++)
		assert_int_equal(keep("a", n, 7, (struct span_figures)SECONDS(900, 1, 0, 0), in(n)), 0);
	day_is("a", in(STORE_SPAN_BINS + 9), 96 * 900, 96, 0, 0);
	counts_are("a", 106 * 900, 106, 0, 0);
	q = db_query(s->db, "SELECT COUNT(*) FROM span_bins", "");
	assert_true(db_row(q));
	assert_int_equal(db_get_int(q), STORE_SPAN_BINS);
	assert_int_equal(db_end(q), 0);
	assert_int_equal(store_span_day(s, "a", in(STORE_SPAN_BINS + 9), &c), 0);
	assert_int_equal(c.since.ms, ((int64_t)QUARTER + 10) * QUARTER_MS);
	day_is("a", in(STORE_SPAN_BINS + 11), 94 * 900, 94, 0, 0);      /* nothing was told for two quarters */
	assert_int_equal(keep("a", 5, 8, (struct span_figures)SECONDS(9, 9, 0, 0), in(5)), 0);       /* the clock was set back */
	day_is("a", in(5), 9, 9, 0, 0);
}

static void figures_that_cannot_be_are_refused(void **state UNUSED)
{
	static const struct span_figures all[] = {
		SECONDS(-1, 0, 0, 0), SECONDS(10, 11, 0, 0), SECONDS(10, 2, 3, 0), SECONDS(10, 5, 0, 6), SECONDS(10, -1, 0, 0),
		SECONDS(10, 1, -1, 0), SECONDS(10, 1, 0, -1), SECONDS(INT64_C(1) << 32, 0, 0, 0),
		{ .seconds = 10, .errors = { 0, 1 } }, { .seconds = 10, .measured = 1 << SPAN_ERRORS },      /* not measured; no such error */
		{ .seconds = 10, .measured = 1, .errors = { -1 } }, { .seconds = 10, .measured = 1, .errors = { INT64_C(1) << 32 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		assert_int_equal(keep("a", 0, 7, all[i], in(0)), ERR_INVALID);
	assert_int_equal(keep("", 0, 7, (struct span_figures)SECONDS(10, 0, 0, 0), in(0)), ERR_INVALID);
	assert_int_equal(keep("a", 1, 7, (struct span_figures)SECONDS(10, 0, 0, 0), in(0)), ERR_INVALID);
	assert_int_equal(keep("a", -STORE_SPAN_BINS, 7, (struct span_figures)SECONDS(10, 0, 0, 0), in(0)), ERR_INVALID);
	assert_int_equal(keep("a", 1 - STORE_SPAN_BINS, 7, (struct span_figures)SECONDS(10, 0, 0, 0), in(0)), 0);
	day_is("a", in(0), 10, 0, 0, 0);
}

/* ---- what drivers count ---- */

struct quarters { int count; struct span_bin last; struct wall began; };

static int count_quarters(const struct span_bin *b, struct wall began, void *context)
{
	struct quarters *met = context;

	met->count++;
	met->last = *b;
	met->began = began;
	return met->count == 3 ? 7 : 0;
}

static void errors_grow_as_seconds_do_and_what_was_not_measured_stays_unknown(void **state UNUSED)
{
	struct quarters met = { .count = 0 };
	struct span_figures f = { .seconds = 100, .measured = 1 << SPAN_CRC_ERRORS, .errors = { [SPAN_CRC_ERRORS] = 7 } };
	struct span_counts c;

	assert_int_equal(keep("a", 0, 7, f, in(0)), 0);
	f.errors[SPAN_CRC_ERRORS] = 9;
	assert_int_equal(keep("a", 0, 7, f, in(0)), 0);             /* no second more, errors alone */
	assert_int_equal(keep("a", 0, 7, f, in(0)), 0);
	f.measured = 1 << SPAN_SLIPS;                               /* another card, of another trunkd's start */
	f.errors[SPAN_CRC_ERRORS] = 0;
	f.errors[SPAN_SLIPS] = 2;
	assert_int_equal(keep("a", 0, 8, f, in(0)), 0);
	assert_int_equal(keep("a", 1, 8, (struct span_figures)SECONDS(5, 0, 0, 0), in(1)), 0);
	assert_int_equal(store_span_day(s, "a", in(1), &c), 0);
	assert_int_equal(c.figures.measured, 1 << SPAN_CRC_ERRORS | 1 << SPAN_SLIPS);
	assert_int_equal(c.figures.errors[SPAN_CRC_ERRORS], 9);
	assert_int_equal(c.figures.errors[SPAN_SLIPS], 2);
	assert_int_equal(c.figures.errors[SPAN_E_BITS], 0);
	assert_int_equal(store_span_counts(s, "a", &c), 0);
	assert_int_equal(c.figures.measured, 1 << SPAN_CRC_ERRORS | 1 << SPAN_SLIPS);
	assert_int_equal(c.figures.errors[SPAN_CRC_ERRORS], 9);
	assert_int_equal(store_span_quarters(s, "a", in(1), count_quarters, &met), 0);
	assert_int_equal(met.count, 2);
	assert_string_equal(met.last.span, "a");
	assert_true(met.last.quarter == QUARTER + 1 && met.last.figures.seconds == 5 && met.last.figures.measured == 0);
	assert_int_equal(met.began.ms, in(1).ms - 5000);
	assert_int_equal(store_span_quarters(s, "a", in(1), count_quarters, &met), 7);          /* fn ends it */
	assert_int_equal(store_span_zero(s, "a", in(1)), 0);
	assert_int_equal(store_span_counts(s, "a", &c), 0);
	assert_true(c.figures.measured == 0 && c.figures.errors[SPAN_CRC_ERRORS] == 0);
	assert_int_equal(store_span_day(s, "a", in(1), &c), 0);
	assert_int_equal(c.figures.errors[SPAN_CRC_ERRORS], 9);
}

static void names_are_bounded_and_the_longest_silent_go(void **state UNUSED)
{
	struct span_counts c;
	char name[32];

	for (int i = 0; i <= STORE_SPAN_NAMES; i++) {
		snprintf(name, sizeof(name), "span%d", i);
		assert_int_equal(keep(name, 0, 7, (struct span_figures)SECONDS(10, 0, 0, 0), (struct wall){ in(0).ms + i }), 0);
		assert_int_equal(keep("old", 0, 7, (struct span_figures)SECONDS(10 + i, 0, 0, 0), (struct wall){ in(0).ms + i }), 0);
	}
	assert_int_equal(store_span_counts(s, "span0", &c), ERR_NOT_FOUND);
	assert_int_equal(store_span_day(s, "span0", in(0), &c), ERR_NOT_FOUND);
	counts_are("span3", 10, 0, 0, 0);
	counts_are("old", 10 + STORE_SPAN_NAMES, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_sum_told_again_counts_what_it_grew_by),
		CASE(a_new_trunkd_and_a_new_store_go_on_where_the_old_ones_fell),
		CASE(the_mark_is_kept_and_counts_begin_at_it),
		CASE(a_day_has_96_quarters_and_older_ones_are_pruned),
		CASE(figures_that_cannot_be_are_refused),
		CASE(errors_grow_as_seconds_do_and_what_was_not_measured_stays_unknown),
		CASE(names_are_bounded_and_the_longest_silent_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
