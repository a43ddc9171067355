/* span_bins.c: sums of a span's seconds, by quarters of an hour and since a mark. trunkd tells sums of its own since its start;
 * what is added here is what they grew by, so that a sum told twice counts once and a new trunkd goes on where the old one fell. */
#include "store/span_bins.h"

#include <stdio.h>

#include "store/store_priv.h"

enum { QUARTER_MS = 900 * 1000 };

/* In the order of get_figures() and bind_figures(). */
#define SUMS "seconds, es, ses, uas, code_violations, crc_errors, e_bits, framing_errors, slips"
#define TOLD "told_seconds, told_es, told_ses, told_uas, told_code_violations, told_crc_errors, told_e_bits, told_framing_errors, told_slips"

struct kept { bool found; int64_t boot; struct span_figures told; };

static void get_figures(struct db_stmt *q, struct span_figures *f)
{
	f->seconds = db_get_int(q);
	f->es = db_get_int(q);
	f->ses = db_get_int(q);
	f->uas = db_get_int(q);
	for (int i = 0; i < SPAN_ERRORS; i++)
		f->errors[i] = db_get_int(q);
}

static void bind_figures(struct db_stmt *q, const struct span_figures *f)
{
	db_bind_int(q, f->seconds);
	db_bind_int(q, f->es);
	db_bind_int(q, f->ses);
	db_bind_int(q, f->uas);
	for (int i = 0; i < SPAN_ERRORS; i++)
		db_bind_int(q, f->errors[i]);
}

static bool has_errors(const struct span_figures *f)
{
	for (int i = 0; i < SPAN_ERRORS; i++)
		if (f->errors[i] != 0)
			return true;
	return false;
}

static bool is_none(const struct span_figures *f)
{
	return f->seconds == 0 && f->es == 0 && f->ses == 0 && f->uas == 0 && !has_errors(f);
}

static int run(struct db_stmt *q)
{
	int n = db_run(q);

	return n < 0 ? n : 0;
}

/* ---- the quarters ---- */

static int read_kept(struct store *s, const struct span_bin *b, struct kept *k)
{
	struct db_stmt *q = db_query(s->db, "SELECT boot, " TOLD " FROM span_bins "
	                             "WHERE span = $1 AND quarter = $2", "");

	*k = (struct kept){ .found = false };
	db_bind_text(q, b->span);
	db_bind_int(q, b->quarter);
	if (db_row(q)) {
		k->found = true;
		k->boot = db_get_int(q);
		get_figures(q, &k->told);
	}
	return db_end(q);
}

static int64_t more(int64_t now, int64_t before)
{
	return now > before ? now - before : 0;
}

static struct span_figures grown(const struct span_bin *b, const struct kept *k)
{
	const struct span_figures *f = &b->figures, *t = &k->told;
	struct span_figures by = *f;

	if (!k->found || k->boot != (int64_t)b->boot)
		return by;
	by.seconds = more(f->seconds, t->seconds);
	by.es = more(f->es, t->es);
	by.ses = more(f->ses, t->ses);
	by.uas = more(f->uas, t->uas);
	for (int i = 0; i < SPAN_ERRORS; i++)
		by.errors[i] = more(f->errors[i], t->errors[i]);
	return by;
}

/* When trunkd began to look: a bin that comes while its quarter runs may have begun late. */
static int64_t began_ms(const struct span_bin *b, struct wall now)
{
	int64_t start = b->quarter * QUARTER_MS, end = start + QUARTER_MS, until = now.ms < end ? now.ms : end;
	int64_t began = until - b->figures.seconds * 1000;

	return began < start ? start : began;
}

static int add_bin(struct store *s, const struct span_bin *b, struct wall now)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO span_bins (span, quarter, began, boot, " SUMS ", measured, " TOLD ") VALUES "
	                              "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $5, $6, $7, $8, $9, $10, $11, $12, $13)", "");

	db_bind_text(q, b->span);
	db_bind_int(q, b->quarter);
	db_bind_int(q, began_ms(b, now));
	db_bind_int(q, (int64_t)b->boot);
	bind_figures(q, &b->figures);
	db_bind_int(q, b->figures.measured);
	return run(q);
}

static int grow_bin(struct store *s, const struct span_bin *b, const struct span_figures *by)
{
	struct db_stmt *q = db_change(s->db, "UPDATE span_bins SET boot = $1, told_seconds = $2, told_es = $3, told_ses = $4, told_uas = $5, "
	                              "told_code_violations = $6, told_crc_errors = $7, told_e_bits = $8, told_framing_errors = $9, "
	                              "told_slips = $10, seconds = seconds + $11, es = es + $12, ses = ses + $13, uas = uas + $14, "
	                              "code_violations = code_violations + $15, crc_errors = crc_errors + $16, e_bits = e_bits + $17, "
	                              "framing_errors = framing_errors + $18, slips = slips + $19, measured = measured | $20 "
	                              "WHERE span = $21 AND quarter = $22", "");

	db_bind_int(q, (int64_t)b->boot);
	bind_figures(q, &b->figures);
	bind_figures(q, by);
	db_bind_int(q, by->measured);
	db_bind_text(q, b->span);
	db_bind_int(q, b->quarter);
	return run(q);
}

/* What is older than a day goes, and what a clock that was set back has left in the future. */
static int prune(struct store *s, int64_t quarter)
{
	struct db_stmt *q = db_change(s->db, "DELETE FROM span_bins WHERE quarter <= $1 OR quarter > $2", "");

	db_bind_int(q, quarter - STORE_SPAN_BINS);
	db_bind_int(q, quarter);
	return run(q);
}

/* ---- the second set ---- */

/* The first bin of a span opens its set. Names that are told no more are not kept for ever. */
static int open_counts(struct store *s, const struct span_bin *b, struct wall now)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO span_counts (span, since, zeroed_by, last, " SUMS ", measured) "
	                              "VALUES ($1, $2, '', $3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING", "");
	int n;

	db_bind_text(q, b->span);
	db_bind_int(q, began_ms(b, now));
	db_bind_int(q, now.ms);
	n = db_run(q);
	if (n <= 0)
		return n;
	q = db_change(s->db, "DELETE FROM span_counts WHERE span <> $1 AND span NOT IN "
	              "(SELECT span FROM span_counts WHERE span <> $1 ORDER BY last DESC, span LIMIT $2)", "");
	db_bind_text(q, b->span);
	db_bind_int(q, STORE_SPAN_NAMES - 1);
	n = db_run(q);
	if (n <= 0)
		return n;
	return run(db_change(s->db, "DELETE FROM span_bins WHERE span NOT IN (SELECT span FROM span_counts)", ""));
}

/* A quarter that was over at the mark is not counted since it. */
static int grow_counts(struct store *s, const struct span_bin *b, const struct span_figures *by, struct wall now)
{
	struct db_stmt *q = db_change(s->db, "UPDATE span_counts SET last = $1, seconds = seconds + $2, es = es + $3, ses = ses + $4, "
	                              "uas = uas + $5, code_violations = code_violations + $6, crc_errors = crc_errors + $7, "
	                              "e_bits = e_bits + $8, framing_errors = framing_errors + $9, slips = slips + $10, "
	                              "measured = measured | $11 WHERE span = $12 AND since < $13", "");

	db_bind_int(q, now.ms);
	bind_figures(q, by);
	db_bind_int(q, by->measured);
	db_bind_text(q, b->span);
	db_bind_int(q, (b->quarter + 1) * QUARTER_MS);
	return run(q);
}

/* ---- the rest of the appliance's ---- */

static bool is_sound(const struct span_bin *b, int64_t quarter)
{
	const struct span_figures *f = &b->figures;

	for (int i = 0; i < SPAN_ERRORS; i++)
		if (f->errors[i] < 0 || f->errors[i] > UINT32_MAX || (f->errors[i] > 0 && (f->measured & UINT32_C(1) << i) == 0))
			return false;
	return b->span[0] != '\0' && b->quarter > quarter - STORE_SPAN_BINS && b->quarter <= quarter && f->seconds >= 0 &&
	       f->seconds <= UINT32_MAX && f->es >= 0 && f->ses >= 0 && f->uas >= 0 && f->es <= f->seconds && f->ses <= f->es &&
	       f->uas <= f->seconds - f->es && f->measured < UINT32_C(1) << SPAN_ERRORS;
}

int store_span_bin_keep(struct store *s, const struct span_bin *b, struct wall now)
{
	int64_t quarter = now.ms / QUARTER_MS;
	struct span_figures by;
	struct kept k;
	int e;

	if (!is_sound(b, quarter))
		return ERR_INVALID;
	e = read_kept(s, b, &k);
	if (e < 0)
		return e;
	by = grown(b, &k);
	if (is_none(&by))
		return 0;
	e = k.found ? grow_bin(s, b, &by) : prune(s, quarter);
	if (e == 0 && !k.found)
		e = add_bin(s, b, now);
	if (e == 0)
		e = open_counts(s, b, now);
	return e == 0 ? grow_counts(s, b, &by, now) : e;
}

static int each_quarter(struct db_stmt *q, struct span_bin *b, int (*fn)(const struct span_bin *b, struct wall began, void *context),
                        void *context)
{
	int result = 0, e;

	while (result == 0 && db_row(q)) {
		struct wall began;

		b->quarter = db_get_int(q);
		began.ms = db_get_int(q);
		get_figures(q, &b->figures);
		b->figures.measured = (uint32_t)db_get_int(q);
		if (db_is_well(q))
			result = fn(b, began, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}

int store_span_quarters(struct store *s, const char *span, struct wall now, int (*fn)(const struct span_bin *b, struct wall began,
                        void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, "SELECT quarter, began, " SUMS ", measured FROM span_bins "
	                             "WHERE span = $1 AND quarter > $2 AND quarter <= $3 ORDER BY quarter", "");
	int64_t quarter = now.ms / QUARTER_MS;
	struct span_bin b = { .quarter = 0 };

	snprintf(b.span, sizeof(b.span), "%s", span);
	db_bind_text(q, span);
	db_bind_int(q, quarter - STORE_SPAN_BINS);
	db_bind_int(q, quarter);
	return each_quarter(q, &b, fn, context);
}

static int add_quarter(const struct span_bin *b, struct wall began, void *context)
{
	struct span_counts *c = context;
	struct span_figures *sum = &c->figures;

	if (c->since.ms == 0)
		c->since = began;
	sum->seconds += b->figures.seconds;
	sum->es += b->figures.es;
	sum->ses += b->figures.ses;
	sum->uas += b->figures.uas;
	sum->measured |= b->figures.measured;
	for (int i = 0; i < SPAN_ERRORS; i++)
		sum->errors[i] += b->figures.errors[i];
	return 0;
}

int store_span_day(struct store *s, const char *span, struct wall now, struct span_counts *out)
{
	struct span_counts c = { .zeroed = false };
	int e = store_span_quarters(s, span, now, add_quarter, &c);

	if (e < 0 || c.since.ms == 0)
		return e < 0 ? e : ERR_NOT_FOUND;
	*out = c;
	return 0;
}

int store_span_counts(struct store *s, const char *span, struct span_counts *out)
{
	struct db_stmt *q = db_query(s->db, "SELECT since, CASE WHEN zeroed_by = '' THEN 0 ELSE 1 END, " SUMS ", measured "
	                             "FROM span_counts WHERE span = $1", "");
	struct span_counts c = { .zeroed = false };
	bool found;
	int e;

	db_bind_text(q, span);
	found = db_row(q);
	if (found) {
		c.since.ms = db_get_int(q);
		c.zeroed = db_get_int(q) != 0;
		get_figures(q, &c.figures);
		c.figures.measured = (uint32_t)db_get_int(q);
	}
	e = db_end(q);
	if (e < 0 || !found)
		return e < 0 ? e : ERR_NOT_FOUND;
	*out = c;
	return 0;
}

int store_span_zero(struct store *s, const char *span, struct wall now)
{
	struct db_stmt *q = db_change(s->db, "UPDATE span_counts SET since = $1, zeroed_by = 'operator', seconds = 0, es = 0, ses = 0, "
	                              "uas = 0, code_violations = 0, crc_errors = 0, e_bits = 0, framing_errors = 0, slips = 0, measured = 0 "
	                              "WHERE span = $2", "");
	int n;

	db_bind_int(q, now.ms);
	db_bind_text(q, span);
	n = db_run(q);
	return n < 0 ? n : n == 0 ? ERR_NOT_FOUND : 0;
}
