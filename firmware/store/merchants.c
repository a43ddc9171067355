#include "store/store_priv.h"

static const struct field fields[] = {
	FIXED(TEXT, merchant, id.text, "id"),
	FIXED(TEXT, merchant, account.text, "account"),
	FIELD(TEXT, merchant, name, "name"),
	FIELD(TEXT, merchant, webhook_url, "webhook_url"),
	FIELD(TEXT, merchant, webhook_secret, "webhook_secret"),
	FIELD(TEXT, merchant, pg, "pg"),
	FIXED(UINT, merchant, live, "live"),
	FIELD(UINT, merchant, may_skip_consent, "may_skip_consent"),
	FIXED(INT64, merchant, created.ms, "created"),
};
const struct record_kind merchant_kind = { "merchants", fields, ARRAY_LEN(fields), false };

enum { HASH_SIZE = 32 };

static int key_is_new(struct store *s, const uint8_t hash[HASH_SIZE])
{
	struct db_stmt *q = db_query(s->db, "SELECT 1 FROM api_keys WHERE hash = $1", "");
	bool found;
	int e;

	db_bind_blob(q, hash, HASH_SIZE);
	found = db_row(q);
	e = db_end(q);
	return e < 0 ? e : found ? ERR_EXISTS : 0;
}

int store_merchant_add(struct store *s, const struct merchant *m, const uint8_t api_key_hash[HASH_SIZE])
{
	int e = key_is_new(s, api_key_hash);
	struct id id = id_new("key_");
	struct merchant side = *m;
	struct db_stmt *q;

	if (side.account.text[0] == '\0')
		side.account = side.id;
	if (e == 0)
		e = record_insert(s->db, &merchant_kind, &s->sql[KIND_MERCHANT], &side);
	if (e < 0)
		return e;
	q = db_change(s->db, "INSERT INTO api_keys (hash, merchant, created, id) VALUES ($1, $2, $3, $4)", "");
	db_bind_blob(q, api_key_hash, HASH_SIZE);
	db_bind_text(q, m->id.text);
	db_bind_int(q, m->created.ms);
	db_bind_text(q, id.text);
	e = db_run(q);
	return e < 0 ? e : 0;
}

int store_merchant_by_key(struct store *s, const uint8_t api_key_hash[HASH_SIZE], struct wall now, struct merchant *m)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_MERCHANT].select,
	                             " WHERE id = (SELECT merchant FROM api_keys WHERE hash = $1 AND (until = 0 OR until > $2))");
	bool found;
	int e;

	db_bind_blob(q, api_key_hash, HASH_SIZE);
	db_bind_int(q, now.ms);
	found = db_row(q);
	if (found)
		record_read(q, &merchant_kind, m);
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

int store_merchant_side(struct store *s, const char *account, bool live, struct merchant *m)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_MERCHANT].select, " WHERE account = $1 AND live = $2");
	bool found;
	int e;

	db_bind_text(q, account);
	db_bind_int(q, live);
	found = db_row(q);
	if (found)
		record_read(q, &merchant_kind, m);
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

int store_merchant_get(struct store *s, const char *id, struct merchant *m)
{
	return record_get(s->db, &merchant_kind, &s->sql[KIND_MERCHANT], id, m);
}

int store_merchant_update(struct store *s, const struct merchant *m)
{
	return record_update(s->db, &merchant_kind, &s->sql[KIND_MERCHANT], m, NULL);
}

int store_merchants_each(struct store *s, int (*fn)(const struct merchant *m, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_MERCHANT].select, " ORDER BY seq");
	struct merchant m;

	return STORE_EACH(q, merchant_kind, m, fn, context);
}
