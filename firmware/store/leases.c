/* leases.c: pairs of virtual number and caller. The primary keys are the guard, whoever asks and in whatever order. */
#include <string.h>

#include "store/store_priv.h"

const char lease_find_sql[] = "SELECT request FROM leases WHERE virtual_number = $1 AND caller = $2";
const char lease_each_sql[] = "SELECT request FROM leases WHERE virtual_number = $1";

static int mark_request(struct store *s, const char *request_id, bool leased)
{
	struct db_stmt *q = db_change(s->db, "UPDATE requests SET leased = $1 WHERE id = $2", "");
	int n;

	db_bind_int(q, leased);
	db_bind_text(q, request_id);
	n = db_run(q);
	return n < 0 ? n : 0;
}

int store_lease_add(struct store *s, const struct phone *virtual_number, const struct phone *caller,
                    const char *request_id)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO leases (virtual_number, caller, request) SELECT $1, $2, $3 "
	                              "WHERE NOT EXISTS (SELECT 1 FROM lease_rests WHERE virtual_number = $1 AND caller = $2) "
	                              "ON CONFLICT DO NOTHING", "");
	int n;

	db_bind_text(q, virtual_number->digits);
	db_bind_text(q, caller->digits);
	db_bind_text(q, request_id);
	n = db_run(q);
	if (n == 0)
		return ERR_EXISTS;
	return n < 0 ? n : mark_request(s, request_id, true);
}

int store_lease_end(struct store *s, const char *request_id, struct wall quarantine_until)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO lease_rests (virtual_number, caller, until) "
	                              "SELECT virtual_number, caller, $1 FROM leases WHERE request = $2 "
	                              "ON CONFLICT (virtual_number, caller) DO UPDATE SET until = excluded.until", "");
	int n;

	db_bind_int(q, quarantine_until.ms);
	db_bind_text(q, request_id);
	n = db_run(q);
	if (n <= 0)
		return n < 0 ? n : ERR_NOT_FOUND;
	q = db_change(s->db, "DELETE FROM leases WHERE request = $1", "");
	db_bind_text(q, request_id);
	n = db_run(q);
	return n < 0 ? n : mark_request(s, request_id, false);
}

int store_lease_find(struct store *s, const struct phone *virtual_number, const struct phone *caller,
                     char request_id[ID_SIZE])
{
	struct db_stmt *q = db_query(s->db, lease_find_sql, "");
	char found[ID_SIZE] = "";
	int e;

	db_bind_text(q, virtual_number->digits);
	db_bind_text(q, caller->digits);
	if (db_row(q))
		db_get_text(q, found, sizeof(found));
	e = db_end(q);
	if (e < 0 || found[0] == '\0')
		return e < 0 ? e : ERR_NOT_FOUND;
	memcpy(request_id, found, sizeof(found));
	return 0;
}

int store_lease_each_on(struct store *s, const struct phone *virtual_number, int (*fn)(const char *request_id,
                                                                                       void *context),
                        void *context)
{
	struct db_stmt *q = db_query(s->db, lease_each_sql, "");
	int result = 0, e;

	db_bind_text(q, virtual_number->digits);
	while (result == 0 && db_row(q)) {
		char request_id[ID_SIZE];

		db_get_text(q, request_id, sizeof(request_id));
		if (db_is_well(q))
			result = fn(request_id, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}

int store_lease_count(struct store *s, const struct phone *virtual_number, int *count)
{
	struct db_stmt *q = db_query(s->db, "SELECT COUNT(*) FROM leases WHERE virtual_number = $1", "");
	int64_t n = 0;
	int e;

	db_bind_text(q, virtual_number->digits);
	if (db_row(q))
		n = db_get_int(q);
	e = db_end(q);
	if (e == 0)
		*count = (int)n;
	return e;
}

int store_leases_purge(struct store *s, struct wall now)
{
	struct db_stmt *q = db_change(s->db, "DELETE FROM lease_rests WHERE until <= $1", "");
	int n;

	db_bind_int(q, now.ms);
	n = db_run(q);
	return n < 0 ? n : 0;
}
