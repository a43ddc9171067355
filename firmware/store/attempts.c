#include "store/store_priv.h"

static const struct field fields[] = {
	FIXED(TEXT, attempt, order_id, "id"),
	FIXED(TEXT, attempt, request.text, "request"),
	FIXED(TEXT, attempt, merchant.text, "merchant"),
	FIXED(TEXT, attempt, verb, "verb"),
	FIXED(TEXT, attempt, pg, "pg"),
	FIELD(TEXT, attempt, state, "state"),
	FIXED(INT64, attempt, amount.amount_minor, "amount_minor"),
	FIXED(TEXT, attempt, amount.currency, "currency"),
	FIELD(TEXT, attempt, code, "code"),
	FIELD(TEXT, attempt, message, "message"),
	FIELD(TEXT, attempt, tid, "tid"),
	FIELD(TEXT, attempt, approval_no, "approval_no"),
	FIELD(BLOB, attempt, fingerprint, "fingerprint"),
	FIELD(INT64, attempt, counted_day, "counted_day"),
	FIXED(INT64, attempt, created.ms, "created"),
	FIELD(INT64, attempt, updated.ms, "updated"),
};
const struct record_kind attempt_kind = { "attempts", fields, ARRAY_LEN(fields), true };

/* The condition must read as the index's does, for SQLite to see that they are the same. */
const char attempts_open_tail[] = " WHERE state IN ('intended', 'sent', 'unknown', 'canceling') ORDER BY seq";

int store_attempt_add(struct store *s, const struct attempt *a)
{
	return record_insert(s->db, &attempt_kind, &s->sql[KIND_ATTEMPT], a);
}

int store_attempt_update(struct store *s, const struct attempt *a, const char *expected_state)
{
	return record_update(s->db, &attempt_kind, &s->sql[KIND_ATTEMPT], a, expected_state);
}

int store_attempt_get(struct store *s, const char *order_id, struct attempt *a)
{
	return record_get(s->db, &attempt_kind, &s->sql[KIND_ATTEMPT], order_id, a);
}

int store_attempts_of(struct store *s, const char *request_id, int limit, int (*fn)(const struct attempt *a, void *context),
                      void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_ATTEMPT].select, " WHERE request = $1 ORDER BY seq DESC LIMIT $2");
	struct attempt a;

	db_bind_text(q, request_id);
	db_bind_int(q, limit < STORE_LIST_MAX ? limit : STORE_LIST_MAX);
	return STORE_EACH(q, attempt_kind, a, fn, context);
}

int store_attempts_open(struct store *s, int (*fn)(const struct attempt *a, void *context), void *context)
{
	struct attempt a;

	return STORE_EACH(db_query(s->db, s->sql[KIND_ATTEMPT].select, attempts_open_tail), attempt_kind, a, fn, context);
}
