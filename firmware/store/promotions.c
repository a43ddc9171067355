#include "store/promotions.h"

#include "store/store_priv.h"

static int run(struct db_stmt *q)
{
	int n = db_run(q);

	return n < 0 ? n : 0;
}

int store_promotions_begin(struct store *s, const char *pg, const struct promotion_head *h)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO promotion_tables (pg, told, left_out) VALUES ($1, $2, $3) "
	                              "ON CONFLICT (pg) DO UPDATE SET told = excluded.told, left_out = excluded.left_out", "");
	int e;

	db_bind_text(q, pg);
	db_bind_int(q, h->told.ms);
	db_bind_int(q, h->left_out);
	e = run(q);
	if (e < 0)
		return e;
	q = db_change(s->db, "DELETE FROM promotion_rows WHERE pg = $1", "");
	db_bind_text(q, pg);
	return run(q);
}

int store_promotions_add(struct store *s, const char *pg, int place, const struct promotion *r)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO promotion_rows (pg, place, issuer, months, least_minor, most_minor, from_day, "
	                              "until_day) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", "");

	db_bind_text(q, pg);
	db_bind_int(q, place);
	db_bind_text(q, r->issuer);
	db_bind_int(q, (int64_t)r->months);
	db_bind_int(q, r->least_minor);
	db_bind_int(q, r->most_minor);
	db_bind_int(q, r->from_day);
	db_bind_int(q, r->until_day);
	return run(q);
}

int store_promotions_head(struct store *s, const char *pg, struct promotion_head *h)
{
	struct db_stmt *q = db_query(s->db, "SELECT told, left_out FROM promotion_tables WHERE pg = $1", "");
	bool found;
	int e;

	db_bind_text(q, pg);
	found = db_row(q);
	if (found) {
		h->told.ms = db_get_int(q);
		h->left_out = db_get_int(q);
	}
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

int store_promotions_each(struct store *s, const char *pg, int (*fn)(const struct promotion *r, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, "SELECT issuer, months, least_minor, most_minor, from_day, until_day FROM promotion_rows "
	                             "WHERE pg = $1 ORDER BY place", "");
	struct promotion r;
	int result = 0, e;

	db_bind_text(q, pg);
	while (result == 0 && db_row(q)) {
		db_get_text(q, r.issuer, sizeof(r.issuer));
		r.months = (uint64_t)db_get_int(q);
		r.least_minor = db_get_int(q);
		r.most_minor = db_get_int(q);
		r.from_day = db_get_int(q);
		r.until_day = db_get_int(q);
		if (db_is_well(q))
			result = fn(&r, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}
