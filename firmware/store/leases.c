/* leases.c: pairs of virtual number and caller. The primary keys are the guard, whoever asks and in whatever order. The caller stands
 * there as a blind index (columns_priv.h) that counts for its virtual number alone; clear, or under an older data key, until the job of
 * columns_job.c has come: then a pair is looked for under each. */
#include <string.h>

#include "store/store_priv.h"

const char lease_find_sql[] = "SELECT request FROM leases WHERE virtual_number = $1 AND caller = $2";
const char lease_rest_sql[] = "SELECT request FROM lease_rests WHERE virtual_number = $1 AND caller = $2";
const char lease_each_sql[] = "SELECT request FROM leases WHERE virtual_number = $1";

static struct column_index index_of(const struct phone *virtual_number, const struct phone *caller)
{
	return (struct column_index){ "leases", virtual_number->digits, caller->digits };
}

/* The request of a pair under one index. ERR_NOT_FOUND. */
static int find_one(struct store *s, const char *sql, const struct phone *virtual_number, const char *caller, char request_id[ID_SIZE])
{
	struct db_stmt *q = db_query(s->db, sql, "");
	char request[ID_SIZE] = "";
	bool found;
	int e;

	db_bind_text(q, virtual_number->digits);
	db_bind_text(q, caller);
	found = db_row(q);
	if (found)
		db_get_text(q, request, sizeof(request));
	e = db_end(q);
	if (e < 0 || !found)
		return e < 0 ? e : ERR_NOT_FOUND;
	memcpy(request_id, request, sizeof(request));
	return 0;
}

/* Under the newest index; while the job runs under the others too, and clear. */
static int find(struct store *s, const char *sql, const struct phone *virtual_number, const struct phone *caller, char request_id[ID_SIZE])
{
	const struct column_index i = index_of(virtual_number, caller);
	char index[COLUMNS_INDEXES][COLUMNS_INDEX_SIZE];
	int e, count;

	if (s->settled && columns_index(s->columns, &i, index[0]) == 0)
		return find_one(s, sql, virtual_number, index[0], request_id);
	count = columns_indexes(s->columns, &i, index);
	e = count < 0 ? count : find_one(s, sql, virtual_number, caller->digits, request_id);
	for (int k = 0; e == ERR_NOT_FOUND && k < count; k++)
		e = find_one(s, sql, virtual_number, index[k], request_id);
	return e == ERR_NOT_FOUND && columns_are_locked(s) ? ERR_STATE : e;
}

static int mark_request(struct store *s, const char *request_id, bool leased)
{
	struct db_stmt *q = db_change(s->db, "UPDATE requests SET leased = $1 WHERE id = $2", "");
	int n;

	db_bind_int(q, leased);
	db_bind_text(q, request_id);
	n = db_run(q);
	return n < 0 ? n : 0;
}

/* Is the pair leased, or does it rest, under an index that the primary keys do not see? */
static int check_others(struct store *s, const struct phone *virtual_number, const struct phone *caller)
{
	char request[ID_SIZE];
	int e = find(s, lease_find_sql, virtual_number, caller, request);

	if (e == ERR_NOT_FOUND)
		e = find(s, lease_rest_sql, virtual_number, caller, request);
	return e == ERR_NOT_FOUND ? 0 : e == 0 ? ERR_EXISTS : e;
}

int store_lease_add(struct store *s, const struct phone *virtual_number, const struct phone *caller,
                    const char *request_id)
{
	const struct column_index i = index_of(virtual_number, caller);
	char index[COLUMNS_INDEX_SIZE];
	int n = columns_index(s->columns, &i, index);
	struct db_stmt *q;

	if (n == 0 && columns_newest(s->columns) != 0 && !s->settled)
		n = check_others(s, virtual_number, caller);
	if (n < 0)
		return n;
	q = db_change(s->db, "INSERT INTO leases (virtual_number, caller, request) SELECT $1, $2, $3 "
	              "WHERE NOT EXISTS (SELECT 1 FROM lease_rests WHERE virtual_number = $1 AND caller = $2) "
	              "ON CONFLICT DO NOTHING", "");
	db_bind_text(q, virtual_number->digits);
	db_bind_text(q, index[0] != '\0' ? index : caller->digits);
	db_bind_text(q, request_id);
	n = db_run(q);
	if (n == 0)
		return ERR_EXISTS;
	return n < 0 ? n : mark_request(s, request_id, true);
}

int store_lease_end(struct store *s, const char *request_id, struct wall quarantine_until)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO lease_rests (virtual_number, caller, until, request) "
	                              "SELECT virtual_number, caller, $1, request FROM leases WHERE request = $2 "
	                              "ON CONFLICT (virtual_number, caller) DO UPDATE SET until = excluded.until, request = excluded.request", "");
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
	return find(s, lease_find_sql, virtual_number, caller, request_id);
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
