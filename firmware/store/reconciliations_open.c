/* reconciliations_open.c: results that somebody has to look at, until they are settled or acknowledged. */
#include <string.h>

#include "store/reconciliations.h"
#include "store/store_priv.h"

int store_reconciliations_open(struct store *s, struct reconciliations_open *o)
{
	/* The condition must read as the index's does. */
	struct db_stmt *q = db_query(s->db, "SELECT COUNT(DISTINCT CASE WHEN state <> 'failed' THEN day END), COUNT(DISTINCT CASE WHEN state = 'failed' "
	                             "THEN day END), COALESCE(SUM(CASE WHEN state <> 'failed' THEN differences END), 0), COALESCE(MIN(day), '') "
	                             "FROM reconciliations WHERE acknowledged = 0 AND (state = 'failed' OR differences > 0)", "");
	struct reconciliations_open found = { .oldest = "" };
	int e;

	if (db_row(q)) {
		found.differing = db_get_int(q);
		found.failed = db_get_int(q);
		found.differences = db_get_int(q);
		db_get_text(q, found.oldest, sizeof(found.oldest));
	}
	e = db_end(q);
	if (e == 0)
		*o = found;
	return e;
}

int store_reconciliation_acknowledge(struct store *s, const char *day, const char *note, struct wall at)
{
	struct db_stmt *q = db_change(s->db, "UPDATE reconciliations SET acknowledged = $1, note = $2 WHERE day = $3 AND acknowledged = 0 AND "
	                              "(state = 'failed' OR differences > 0)", "");
	int n;

	db_bind_int(q, at.ms);
	db_bind_text(q, note);
	db_bind_text(q, day);
	n = db_run(q);
	return n < 0 ? n : n > 0 ? 0 : ERR_NOT_FOUND;
}
