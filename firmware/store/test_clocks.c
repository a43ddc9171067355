/* test_clocks.c: a test merchant's clock, which is ahead of ours. */
#include "store/schedules.h"
#include "store/store_priv.h"

int store_test_clock_get(struct store *s, const char *merchant, int64_t *offset_ms)
{
	struct db_stmt *q = db_query(s->db, "SELECT offset_ms FROM test_clocks WHERE merchant = $1", "");
	int64_t found = 0;
	int e;

	db_bind_text(q, merchant);
	if (db_row(q))
		found = db_get_int(q);
	e = db_end(q);
	if (e == 0)
		*offset_ms = found;
	return e;
}

/* What waits for a time, by our clock. */
static const char *const waiting[] = {
	"UPDATE schedules SET due = due - $1 WHERE merchant = $2 AND state = 'active'",
	"UPDATE requests SET expires = expires - $1 WHERE merchant = $2 AND leased = 1",
	"UPDATE outbox SET next_try = next_try - $1 WHERE merchant = $2 AND state = 'waiting'",
};

int store_test_clock_advance(struct store *s, const char *merchant, int64_t by_ms, struct wall now)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO test_clocks (merchant, offset_ms, updated) VALUES ($1, $2, $3) "
	                              "ON CONFLICT (merchant) DO UPDATE SET offset_ms = test_clocks.offset_ms + excluded.offset_ms, "
	                              "updated = excluded.updated", "");
	int n;

	db_bind_text(q, merchant);
	db_bind_int(q, by_ms);
	db_bind_int(q, now.ms);
	n = db_run(q);
	for (size_t i = 0; n >= 0 && i < ARRAY_LEN(waiting); i++) {
		q = db_change(s->db, waiting[i], "");
		db_bind_int(q, by_ms);
		db_bind_text(q, merchant);
		n = db_run(q);
	}
	return n < 0 ? n : 0;
}
