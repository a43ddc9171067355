#include <stdio.h>
#include <string.h>

#include "store/store_priv.h"

enum { HASH_SIZE = 32, ROW_SIZE = 460, SEALED_SIZE = COLUMNS_SEALED_SIZE(COLUMNS_TEXT_MAX) };

/* What an answer is bound to. */
static void print_row(const char *merchant, const char *route, const char *key, char row[ROW_SIZE])
{
	snprintf(row, ROW_SIZE, "%s/%s/%s", merchant, route, key);
}


int store_idempotency_find(struct store *s, const char *merchant, const char *route, const char *key,
                           const uint8_t body_hash[HASH_SIZE], bool *same_body, uint16_t *status, char *body,
    size_t body_size)
{
	struct db_stmt *q = db_query(s->db, "SELECT body_hash, status, body FROM idempotency "
	                             "WHERE merchant = $1 AND route = $2 AND idempotency_key = $3", "");
	uint8_t hash[HASH_SIZE];
	uint16_t found_status = 0;
	char row[ROW_SIZE];
	bool found;
	int e, read = 0;

	print_row(merchant, route, key, row);
	db_bind_text(q, merchant);
	db_bind_text(q, route);
	db_bind_text(q, key);
	found = db_row(q);
	if (found) {
		db_get_blob(q, hash, sizeof(hash));
		found_status = (uint16_t)db_get_int(q);
		read = columns_read(s->columns, &(struct column_place){ "idempotency", "body", row }, db_peek_text(q), body, body_size);
	}
	e = db_end(q);
	if (e < 0 || !found)
		return e < 0 ? e : ERR_NOT_FOUND;
	if (read < 0)
		return read == ERR_TOO_LONG ? ERR_IO : ERR_STATE;
	*status = found_status;
	*same_body = memcmp(hash, body_hash, sizeof(hash)) == 0;
	return 0;
}

int store_idempotency_add(struct store *s, const char *merchant, const char *route, const char *key,
                          const uint8_t body_hash[HASH_SIZE], uint16_t status, const char *body, struct wall expires)
{
	static char sealed[SEALED_SIZE];
	char row[ROW_SIZE];
	struct db_stmt *q;
	int n;

	print_row(merchant, route, key, row);
	n = columns_seal(s->columns, &(struct column_place){ "idempotency", "body", row }, body, sealed, sizeof(sealed));
	if (n < 0)
		return n;
	q = db_change(s->db, "INSERT INTO idempotency (merchant, route, idempotency_key, body_hash, status, body, expires) "
	              "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING", "");
	db_bind_text(q, merchant);
	db_bind_text(q, route);
	db_bind_text(q, key);
	db_bind_blob(q, body_hash, HASH_SIZE);
	db_bind_int(q, status);
	db_bind_text(q, sealed);
	db_bind_int(q, expires.ms);
	n = db_run(q);
	return n < 0 ? n : n == 0 ? ERR_EXISTS : 0;
}

int store_idempotency_purge(struct store *s, struct wall now, int most)
{
	struct db_stmt *q = db_change(s->db, "DELETE FROM idempotency WHERE (merchant, route, idempotency_key) IN (SELECT merchant, route, "
	                              "idempotency_key FROM idempotency WHERE expires <= $1 ORDER BY expires LIMIT $2)", "");

	db_bind_int(q, now.ms);
	db_bind_int(q, most);
	return db_run(q);
}
