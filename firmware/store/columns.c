/* columns.c: the data keys' rows, and those that are in memory. */
#include "store/columns.h"

#include "store/store_priv.h"

int columns_keys_each(struct store *s, int (*fn)(const struct column_key *k, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, "SELECT id, version, index_version, wrapped, created FROM column_keys ORDER BY id", "");
	int result = 0, e;

	while (result == 0 && db_row(q)) {
		struct column_key k;

		k.id = db_get_int(q);
		k.version = (uint32_t)db_get_int(q);
		k.index_version = (uint32_t)db_get_int(q);
		db_get_blob(q, k.wrapped, sizeof(k.wrapped));
		k.created.ms = db_get_int(q);
		if (db_is_well(q))
			result = fn(&k, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}

int columns_look(struct store *s)
{
	struct db_stmt *q = db_query(s->db, "SELECT COALESCE(MAX(id), 0) FROM column_keys", "");
	int64_t newest = db_row(q) ? db_get_int(q) : 0;
	int e = db_end(q);

	if (e == 0)
		columns_set_newest(s->columns, newest);
	s->renew_due = true;
	return e < 0 ? e : columns_look_settled(s);
}

int columns_key_add(struct store *s, struct column_key *k)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO column_keys (version, index_version, wrapped, created) VALUES ($1, $2, $3, $4) "
	                              "ON CONFLICT DO NOTHING RETURNING id", "");
	bool added;
	int e;

	db_bind_int(q, k->version);
	db_bind_int(q, k->index_version);
	db_bind_blob(q, k->wrapped, sizeof(k->wrapped));
	db_bind_int(q, k->created.ms);
	added = db_row(q);
	if (added)
		k->id = db_get_int(q);
	e = db_end(q);
	return e < 0 ? e : added ? 0 : ERR_EXISTS;
}

int columns_use(struct store *s, int64_t id, const uint8_t key[COLUMNS_KEY_SIZE], const uint8_t *index)
{
	int e = columns_look(s);

	return e < 0 ? e : columns_put(s->columns, id, key, index);
}

void columns_forget(struct store *s)
{
	columns_wipe(s->columns);
}

bool columns_are_locked(const struct store *s)
{
	return columns_lack_newest(s->columns);
}

int columns_end_log(struct store *s)
{
	return db_is_dirty(s->db) ? ERR_STATE : db_empty_log(s->db);
}
