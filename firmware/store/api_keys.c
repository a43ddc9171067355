#include "store/api_keys.h"

#include "store/store_priv.h"

#define SELECT "SELECT id, merchant, created, until, networks, certificates, used FROM api_keys"

static void read_row(struct db_stmt *q, struct api_key *k)
{
	db_get_text(q, k->id.text, sizeof(k->id.text));
	db_get_text(q, k->merchant.text, sizeof(k->merchant.text));
	k->created.ms = db_get_int(q);
	k->until.ms = db_get_int(q);
	db_get_text(q, k->callers.networks, sizeof(k->callers.networks));
	db_get_text(q, k->callers.certificates, sizeof(k->callers.certificates));
	k->used.ms = db_get_int(q);
}

int store_api_key_add(struct store *s, const struct api_key *k, const uint8_t hash[32])
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO api_keys (hash, merchant, created, id, until, networks, certificates) "
	                              "VALUES ($1, $2, $3, $4, $5, $6, $7) "
	                              "ON CONFLICT DO NOTHING", "");
	int n;

	db_bind_blob(q, hash, 32);
	db_bind_text(q, k->merchant.text);
	db_bind_int(q, k->created.ms);
	db_bind_text(q, k->id.text);
	db_bind_int(q, k->until.ms);
	db_bind_text(q, k->callers.networks);
	db_bind_text(q, k->callers.certificates);
	n = db_run(q);
	return n < 0 ? n : n == 0 ? ERR_EXISTS : 0;
}

int store_api_keys_of(struct store *s, const char *merchant, int (*fn)(const struct api_key *k, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, SELECT, " WHERE merchant = $1 ORDER BY created");
	struct api_key k;
	int result = 0, e;

	db_bind_text(q, merchant);
	while (result == 0 && db_row(q)) {
		read_row(q, &k);
		if (db_is_well(q))
			result = fn(&k, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}

int store_api_key_callers(struct store *s, const uint8_t hash[32], struct api_key_callers *c)
{
	struct db_stmt *q = db_query(s->db, "SELECT networks, certificates FROM api_keys", " WHERE hash = $1");
	bool found;
	int e;

	db_bind_blob(q, hash, 32);
	found = db_row(q);
	if (found) {
		db_get_text(q, c->networks, sizeof(c->networks));
		db_get_text(q, c->certificates, sizeof(c->certificates));
	}
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

int store_api_key_get(struct store *s, const char *id, struct api_key *k)
{
	struct db_stmt *q = db_query(s->db, SELECT, " WHERE id = $1");
	bool found;
	int e;

	db_bind_text(q, id);
	found = db_row(q);
	if (found)
		read_row(q, k);
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

static int end(struct store *s, const char *sql, struct wall until, const char *of)
{
	struct db_stmt *q = db_change(s->db, sql, "");
	int n;

	db_bind_int(q, until.ms);
	db_bind_text(q, of);
	n = db_run(q);
	return n < 0 ? n : 0;
}

int store_api_key_end(struct store *s, const char *id, struct wall until)
{
	return end(s, "UPDATE api_keys SET until = $1 WHERE id = $2 AND (until = 0 OR until > $1)", until, id);
}

int store_api_keys_end(struct store *s, const char *merchant, struct wall until)
{
	return end(s, "UPDATE api_keys SET until = $1 WHERE merchant = $2 AND (until = 0 OR until > $1)", until, merchant);
}

/* ---- use ---- */

int store_api_key_used(struct store *s, const uint8_t hash[32], struct wall at)
{
	struct db_stmt *q = db_change(s->db, "UPDATE api_keys SET used = $1 WHERE hash = $2 AND (used <= $3 OR used < (SELECT MAX(created) FROM "
	                              "api_keys AS o WHERE o.merchant = api_keys.merchant))", "");
	int n;

	db_bind_int(q, at.ms);
	db_bind_blob(q, hash, 32);
	db_bind_int(q, at.ms - API_KEY_NOTED_MS);
	n = db_run(q);
	return n < 0 ? n : 0;
}

int store_api_keys_used(struct store *s, const char *merchant, struct wall *used)
{
	struct db_stmt *q = db_query(s->db, "SELECT COALESCE(MAX(used), 0) FROM api_keys WHERE merchant = $1", "");
	int64_t ms = 0;
	int e;

	db_bind_text(q, merchant);
	if (db_row(q))
		ms = db_get_int(q);
	e = db_end(q);
	if (e == 0)
		used->ms = ms;
	return e;
}

int store_api_keys_ending(struct store *s, struct wall now, struct wall then, struct api_keys_ending *ending)
{
	struct db_stmt *q = db_query(s->db, "SELECT id, merchant, until FROM api_keys AS k WHERE until > 0 AND until > $1 AND until <= $2 AND "
	                             "used >= (SELECT MAX(created) FROM api_keys WHERE merchant = k.merchant) ORDER BY until", "");
	struct api_keys_ending found = { .count = 0 };
	int e;

	db_bind_int(q, now.ms);
	db_bind_int(q, then.ms);
	while (db_row(q)) {
		if (found.count++ > 0)
			continue;
		db_get_text(q, found.key.text, sizeof(found.key.text));
		db_get_text(q, found.merchant.text, sizeof(found.merchant.text));
		found.until.ms = db_get_int(q);
	}
	e = db_end(q);
	if (e == 0)
		*ending = found;
	return e;
}
