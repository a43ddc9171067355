/* damages.c: turns that the store has lost, until the gateways were asked what they know of those hours. */
#include "store/store_priv.h"

/* The newest event that is left: what was lost came after it. */
int store_damage_add(struct store *s, int turns, struct wall found)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO store_damages (found, turns, since, compared) VALUES ($1, $2, "
	                              "COALESCE((SELECT at FROM events WHERE seq = (SELECT MAX(seq) FROM events)), $1), 0)", "");
	int n;

	db_bind_int(q, found.ms);
	db_bind_int(q, turns);
	n = db_run(q);
	return n < 0 ? n : 0;
}

int store_damage_open(struct store *s, struct wall *since, struct wall *found)
{
	struct db_stmt *q = db_query(s->db, "SELECT MIN(since), MAX(found), COUNT(*) FROM store_damages WHERE compared = 0", "");
	int64_t first = 0, last = 0, count = 0;
	int e;

	if (db_row(q)) {
		first = db_get_int(q);
		last = db_get_int(q);
		count = db_get_int(q);
	}
	e = db_end(q);
	if (e < 0 || count == 0)
		return e < 0 ? e : ERR_NOT_FOUND;
	since->ms = first;
	found->ms = last;
	return 0;
}

int store_damages_compared(struct store *s, struct wall at)
{
	struct db_stmt *q = db_change(s->db, "UPDATE store_damages SET compared = $1 WHERE compared = 0", "");
	int n;

	db_bind_int(q, at.ms);
	n = db_run(q);
	return n < 0 ? n : 0;
}
