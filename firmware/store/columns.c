/* columns.c: the data keys' rows, and the job that seals what stands clear or under an older key. */
#include "store/columns.h"

#include <inttypes.h>
#include <string.h>

#include "lib/log.h"
#include "store/store_priv.h"

enum { BATCH_MAX = 256 };

/* ---- keys ---- */

int columns_keys_each(struct store *s, int (*fn)(const struct column_key *k, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, "SELECT id, version, wrapped, created FROM column_keys ORDER BY id", "");
	int result = 0, e;

	while (result == 0 && db_row(q)) {
		struct column_key k;

		k.id = db_get_int(q);
		k.version = (uint32_t)db_get_int(q);
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
	return e;
}

int columns_key_add(struct store *s, struct column_key *k)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO column_keys (version, wrapped, created) VALUES ($1, $2, $3) "
	                              "ON CONFLICT DO NOTHING RETURNING id", "");
	bool added;
	int e;

	db_bind_int(q, k->version);
	db_bind_blob(q, k->wrapped, sizeof(k->wrapped));
	db_bind_int(q, k->created.ms);
	added = db_row(q);
	if (added)
		k->id = db_get_int(q);
	e = db_end(q);
	return e < 0 ? e : added ? 0 : ERR_EXISTS;
}

int columns_use(struct store *s, int64_t id, const uint8_t key[COLUMNS_KEY_SIZE])
{
	int e = columns_look(s);

	return e < 0 ? e : columns_put(s->columns, id, key);
}

void columns_forget(struct store *s)
{
	columns_wipe(s->columns);
}

bool columns_are_locked(const struct store *s)
{
	return columns_lack_newest(s->columns);
}

/* ---- the job ---- */

/* A table whose rows are gone through by number; row: what a value is bound to. Two columns at most. */
static const struct table {
	const char *name, *columns[2], *select, *update[2], *last;
} tables[] = {
	{ "billing_keys", { "pg_billing_key", NULL },
	  "SELECT seq, id, pg_billing_key, '' FROM billing_keys WHERE seq > $1 ORDER BY seq LIMIT $2",
	  { "UPDATE billing_keys SET pg_billing_key = $1 WHERE seq = $2", NULL }, "SELECT COALESCE(MAX(seq), 0) FROM billing_keys" },
	{ "outbox", { "destination", "body" },
	  "SELECT id, ref, destination, body FROM outbox WHERE id > $1 AND kind <> 'webhook' ORDER BY id LIMIT $2",
	  { "UPDATE outbox SET destination = $1 WHERE id = $2", "UPDATE outbox SET body = $1 WHERE id = $2" },
	  "SELECT COALESCE(MAX(id), 0) FROM outbox" },
};
struct progress { int64_t data_key, at, renewed, unreadable, done; };
struct row { int64_t number; char name[ID_SIZE + 24], text[2][COLUMNS_SEALED_SIZE(16384)]; };

static int read_progress(struct store *s, const struct table *t, struct progress *p)
{
	struct db_stmt *q = db_query(s->db, "SELECT data_key, at, renewed, unreadable, done FROM column_jobs WHERE name = $1", "");
	int e;

	*p = (struct progress){ 0 };
	db_bind_text(q, t->name);
	if (db_row(q)) {
		p->data_key = db_get_int(q);
		p->at = db_get_int(q);
		p->renewed = db_get_int(q);
		p->unreadable = db_get_int(q);
		p->done = db_get_int(q);
	}
	e = db_end(q);
	return e;
}

static int write_progress(struct store *s, const struct table *t, const struct progress *p)
{
	struct db_stmt *q = db_change(s->db, "UPDATE column_jobs SET data_key = $1, at = $2, renewed = $3, unreadable = $4, done = $5 "
	                              "WHERE name = $6", "");
	int n;

	db_bind_int(q, p->data_key);
	db_bind_int(q, p->at);
	db_bind_int(q, p->renewed);
	db_bind_int(q, p->unreadable);
	db_bind_int(q, p->done);
	db_bind_text(q, t->name);
	n = db_run(q);
	return n < 0 ? n : 0;
}

int columns_look_again(struct store *s)
{
	int n = db_run(db_change(s->db, "UPDATE column_jobs SET at = 0, unreadable = 0, done = 0", ""));

	return n < 0 ? n : 0;
}

static int last_of(struct store *s, const struct table *t, int64_t *last)
{
	struct db_stmt *q = db_query(s->db, t->last, "");

	*last = db_row(q) ? db_get_int(q) : 0;
	return db_end(q);
}

int columns_job(struct store *s, struct column_job *j)
{
	struct column_job all = { .done = true };
	int64_t newest = columns_newest(s->columns);

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		struct progress p;
		int64_t last = 0;
		int e = read_progress(s, &tables[i], &p);

		if (e == 0)
			e = last_of(s, &tables[i], &last);
		if (e < 0)
			return e;
		p.done &= p.data_key == newest;
		/* Without a key there is nothing to do. */
		all.done &= p.done || newest == 0;
		all.at += p.done ? last : p.data_key == newest ? p.at : 0;
		all.last += last;
		all.renewed += p.renewed;
		all.unreadable += p.unreadable;
	}
	*j = all;
	return 0;
}

static int write_value(struct store *s, const struct table *t, int column, int64_t number, const char *text)
{
	struct db_stmt *q = db_change(s->db, t->update[column], "");
	int n;

	db_bind_text(q, text);
	db_bind_int(q, number);
	n = db_run(q);
	return n < 0 ? n : 0;
}

/* 1: sealed anew; 0: it is as it should be. ERR_CRYPTO: no key opens it. */
static int renew_value(struct store *s, const struct table *t, int column, struct row *r)
{
	static char sealed[COLUMNS_SEALED_SIZE(16384)];
	const struct column_place place = { t->name, t->columns[column], r->name };
	char *text = r->text[column];
	int e;

	if (!columns_is_old(s->columns, text))
		return 0;
	e = columns_open(s->columns, &place, text, sizeof(r->text[column]));
	if (e < 0 || columns_is_sealed(text))
		return ERR_CRYPTO;
	e = columns_seal(s->columns, &place, text, sealed, sizeof(sealed));
	if (e == 0)
		e = write_value(s, t, column, r->number, sealed);
	return e < 0 ? e : 1;
}

static int renew_row(struct store *s, const struct table *t, struct row *r, struct progress *p)
{
	int renewed = 0;

	for (int i = 0; i < 2 && t->columns[i] != NULL; i++) {
		int e = renew_value(s, t, i, r);

		if (e == ERR_CRYPTO)
			p->unreadable++;
		else if (e < 0)
			return e;
		renewed |= e == 1;
	}
	p->renewed += renewed;
	p->at = r->number;
	return 0;
}

static int renew_some(struct store *s, const struct table *t, int most, struct progress *p, int *count)
{
	static struct row r;
	struct db_stmt *q = db_query(s->db, t->select, "");
	int e = 0, end;

	db_bind_int(q, p->at);
	db_bind_int(q, most);
	while (e == 0 && db_row(q)) {
		r.number = db_get_int(q);
		db_get_text(q, r.name, sizeof(r.name));
		db_get_text(q, r.text[0], sizeof(r.text[0]));
		db_get_text(q, r.text[1], sizeof(r.text[1]));
		if (!db_is_well(q))
			break;
		e = renew_row(s, t, &r, p);
		++*count;
	}
	end = db_end(q);
	return end < 0 ? end : e;
}

/* All is under the newest key: the others open nothing any more. */
static int drop_old_keys(struct store *s, int64_t newest)
{
	struct db_stmt *q = db_change(s->db, "DELETE FROM column_keys WHERE id < $1", "");
	int n;

	db_bind_int(q, newest);
	n = db_run(q);
	if (n > 0)
		log_info("column_keys_dropped", "count=%d", n);
	return n < 0 ? n : 0;
}

static int finish(struct store *s, int64_t newest)
{
	struct column_job j;
	int e = columns_job(s, &j);

	if (e < 0 || !j.done)
		return e;
	log_info("columns_sealed", "renewed=%" PRId64 " unreadable=%" PRId64, j.renewed, j.unreadable);
	return j.unreadable == 0 ? drop_old_keys(s, newest) : 0;
}

/* One table's next rows: how many were looked at, 0: it is done. */
static int renew_table(struct store *s, const struct table *t, int64_t newest, int most)
{
	struct progress p;
	int count = 0, e = read_progress(s, t, &p);

	if (e < 0 || (p.done && p.data_key == newest))
		return e;
	if (p.data_key != newest)
		p = (struct progress){ .data_key = newest };
	e = renew_some(s, t, most < BATCH_MAX ? most : BATCH_MAX, &p, &count);
	if (e < 0)
		return e;
	p.done = count < (most < BATCH_MAX ? most : BATCH_MAX);
	e = write_progress(s, t, &p);
	if (e == 0 && p.done)
		e = finish(s, newest);
	/* One that has just ended has been something to do. */
	return e < 0 ? e : count > 0 ? count : 1;
}

int columns_renew(struct store *s, int most)
{
	int64_t newest = columns_newest(s->columns);
	int count = 0;

	if (newest == 0 || columns_are_locked(s))
		return 0;
	for (size_t i = 0; count == 0 && i < ARRAY_LEN(tables); i++)
		count = renew_table(s, &tables[i], newest, most);
	return count;
}
