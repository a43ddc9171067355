#include "store/cancellations.h"

#include "store/store_priv.h"

static const struct field fields[] = {
	FIXED(TEXT, cancellation, id, "id"),
	FIXED(TEXT, cancellation, request.text, "request"),
	FIXED(TEXT, cancellation, merchant.text, "merchant"),
	FIXED(TEXT, cancellation, pg, "pg"),
	FIXED(TEXT, cancellation, order_id, "order_id"),
	FIXED(TEXT, cancellation, tid, "tid"),
	FIXED(INT64, cancellation, ordered.ms, "ordered"),
	FIELD(TEXT, cancellation, state, "state"),
	FIXED(INT64, cancellation, amount.amount_minor, "amount_minor"),
	FIXED(TEXT, cancellation, amount.currency, "currency"),
	FIXED(INT64, cancellation, tax_free_minor, "tax_free_minor"),
	FIXED(INT64, cancellation, vat_minor, "vat_minor"),
	FIXED(UINT, cancellation, whole, "whole"),
	FIXED(TEXT, cancellation, reason, "reason"),
	FIXED(TEXT, cancellation, requester, "requester"),
	FIELD(TEXT, cancellation, code, "code"),
	FIELD(TEXT, cancellation, message, "message"),
	FIXED(INT64, cancellation, created.ms, "created"),
	FIELD(INT64, cancellation, updated.ms, "updated"),
	FIELD(INT64, cancellation, canceled.ms, "canceled"),
};
const struct record_kind cancellation_kind = { "cancellations", fields, ARRAY_LEN(fields), true };

/* The conditions must read as the index's does, for SQLite to see that they are the same. */
#define OPEN "state IN ('requested', 'sent', 'unknown', 'sent_again', 'doubted')"
const char cancellations_open_tail[] = " WHERE " OPEN " ORDER BY seq";

int store_cancellation_add(struct store *s, const struct cancellation *c)
{
	return record_insert(s->db, &cancellation_kind, &s->sql[KIND_CANCELLATION], c);
}

int store_cancellation_get(struct store *s, const char *id, struct cancellation *c)
{
	return record_get(s->db, &cancellation_kind, &s->sql[KIND_CANCELLATION], id, c);
}

int store_cancellation_update(struct store *s, const struct cancellation *c, const char *expected_state)
{
	return record_update(s->db, &cancellation_kind, &s->sql[KIND_CANCELLATION], c, expected_state);
}

int store_cancellations_of(struct store *s, const char *request_id, int limit,
                           int (*fn)(const struct cancellation *c, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_CANCELLATION].select, " WHERE request = $1 ORDER BY seq DESC LIMIT $2");
	struct cancellation c;

	db_bind_text(q, request_id);
	db_bind_int(q, limit < STORE_LIST_MAX ? limit : STORE_LIST_MAX);
	return STORE_EACH(q, cancellation_kind, c, fn, context);
}

int store_cancellations_open(struct store *s, int (*fn)(const struct cancellation *c, void *context), void *context)
{
	struct cancellation c;

	return STORE_EACH(db_query(s->db, s->sql[KIND_CANCELLATION].select, cancellations_open_tail), cancellation_kind, c, fn,
	                  context);
}

int store_cancellations_tax(struct store *s, const char *request_id, struct tax_parts *sum)
{
	struct db_stmt *q = db_query(s->db, "SELECT COALESCE(SUM(tax_free_minor), 0), COALESCE(SUM(CASE WHEN vat_minor > 0 THEN vat_minor ELSE 0 END), 0) "
	                             "FROM cancellations WHERE request = $1 AND (state = 'succeeded' OR " OPEN ")", "");
	struct tax_parts found = { 0, 0 };
	int e;

	db_bind_text(q, request_id);
	if (db_row(q)) {
		found.free_minor = db_get_int(q);
		found.vat_minor = db_get_int(q);
	}
	e = db_end(q);
	if (e == 0)
		*sum = found;
	return e;
}

int store_cancellations_pending(struct store *s, const char *request_id, int64_t *minor)
{
	struct db_stmt *q = db_query(s->db, "SELECT COALESCE(SUM(amount_minor), 0) FROM cancellations WHERE request = $1 AND " OPEN, "");
	int64_t sum = 0;
	int e;

	db_bind_text(q, request_id);
	if (db_row(q))
		sum = db_get_int(q);
	e = db_end(q);
	if (e == 0)
		*minor = sum;
	return e;
}
