#include "store/password_tries.h"

#include "store/store_priv.h"

enum { FINGERPRINT_SIZE = 32 };

int store_password_tries_get(struct store *s, const uint8_t fingerprint[FINGERPRINT_SIZE], int64_t day, int64_t *tries)
{
	struct db_stmt *q = db_query(s->db, "SELECT tries FROM password_tries WHERE fingerprint = $1 AND day = $2", "");
	int64_t found = 0;
	int e;

	db_bind_blob(q, fingerprint, FINGERPRINT_SIZE);
	db_bind_int(q, day);
	if (db_row(q))
		found = db_get_int(q);
	e = db_end(q);
	if (e == 0)
		*tries = found;
	return e;
}

/* Runs a change of the row. */
static int change(struct store *s, const char *sql, const uint8_t fingerprint[FINGERPRINT_SIZE], int64_t day)
{
	struct db_stmt *q = db_change(s->db, sql, "");
	int n;

	db_bind_blob(q, fingerprint, FINGERPRINT_SIZE);
	db_bind_int(q, day);
	n = db_run(q);
	return n < 0 ? n : 0;
}

int store_password_tries_add(struct store *s, const uint8_t fingerprint[FINGERPRINT_SIZE], int64_t day)
{
	static const char sql[] = "INSERT INTO password_tries (fingerprint, day, tries) VALUES ($1, $2, 1) "
		"ON CONFLICT (fingerprint, day) DO UPDATE SET tries = password_tries.tries + 1";

	return change(s, sql, fingerprint, day);
}

int store_password_tries_take_back(struct store *s, const uint8_t fingerprint[FINGERPRINT_SIZE], int64_t day)
{
	static const char sql[] = "UPDATE password_tries SET tries = tries - 1 WHERE fingerprint = $1 AND day = $2 AND tries > 0";

	return change(s, sql, fingerprint, day);
}

int store_password_tries_purge(struct store *s, int64_t day)
{
	struct db_stmt *q = db_change(s->db, "DELETE FROM password_tries WHERE day < $1", "");
	int n;

	db_bind_int(q, day);
	n = db_run(q);
	return n < 0 ? n : 0;
}
