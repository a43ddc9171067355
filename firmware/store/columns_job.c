/* columns_job.c: the job that seals what stands clear or under an older data key, and finds numbers by the newest one's index: table by
 * table, some rows a turn, with its place in the store. Leases go with their requests, which alone have the number; what rests after
 * them comes later, when no lease is left that could rest under an older index. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "store/store_priv.h"

/* LOOKS: so many more rows may be looked at in a turn than are sealed in it. */
enum { BATCH_MAX = 256, LOOKS = 16, TEXTS = 3, ROW_SIZE = 460 };

struct row { int64_t number; char name[ROW_SIZE], text[TEXTS][COLUMNS_SEALED_SIZE(COLUMNS_TEXT_MAX)]; };

/* select: of the rows after $1, at most $2: number, what a value is bound to, and so many texts. last: the newest number; NULL: it is a
 * time, which several rows may share. renew: 1: sealed anew; 0: it is as it should be; ERR_CRYPTO: no key opens it. */
struct table {
	const char *name, *select;
	int texts;
	const char *last;
	int (*renew)(struct store *s, const struct table *t, struct row *r);
};

/* ---- rows ---- */

static int write_text(struct store *s, const char *update, const char *text, int64_t number)
{
	struct db_stmt *q = db_change(s->db, update, "");
	int n;

	db_bind_text(q, text);
	db_bind_int(q, number);
	n = db_run(q);
	return n < 0 ? n : 0;
}

/* Opens text i of r if it is old, and writes it sealed anew; the clear text stays in r. */
static int renew_text(struct store *s, const struct table *t, const char *column, struct row *r, int i, const char *update)
{
	static char sealed[COLUMNS_SEALED_SIZE(COLUMNS_TEXT_MAX)];
	const struct column_place place = { t->name, column, r->name };
	char *text = r->text[i];
	int e;

	if (!columns_is_old(s->columns, text))
		return 0;
	if (columns_read(s->columns, &place, text, text, sizeof(r->text[i])) < 0)
		return ERR_CRYPTO;
	e = columns_seal(s->columns, &place, text, sealed, sizeof(sealed));
	if (e == 0)
		e = write_text(s, update, sealed, r->number);
	return e < 0 ? e : 1;
}

/* What two of a row came to: a refusal of the store goes before what cannot be read, that before what was renewed. */
static int both(int a, int b)
{
	if (a < 0 && a != ERR_CRYPTO)
		return a;
	return b < 0 && (a >= 0 || b != ERR_CRYPTO) ? b : a < 0 ? a : a > b ? a : b;
}

static int renew_lease(struct store *s, const char *request, const char *virtual_number, const char *phone)
{
	char index[COLUMNS_INDEX_SIZE];
	int n = columns_index(s->columns, &(struct column_index){ "leases", virtual_number, phone }, index);
	struct db_stmt *q;

	if (n < 0)
		return n;
	q = db_change(s->db, "UPDATE leases SET caller = $1 WHERE request = $2", "");
	db_bind_text(q, index);
	db_bind_text(q, request);
	n = db_run(q);
	return n < 0 ? n : 0;
}

static int renew_request(struct store *s, const struct table *t, struct row *r)
{
	int e = renew_text(s, t, "phone", r, 0, "UPDATE requests SET phone = $1 WHERE seq = $2");

	if (e == 1 && r->text[1][0] != '\0') {
		int made = renew_lease(s, r->name, r->text[1], r->text[0]);

		return made < 0 ? made : e;
	}
	return e;
}

static int renew_phone_index(struct store *s, const struct row *r)
{
	char index[COLUMNS_INDEX_SIZE];
	int e = columns_index(s->columns, &(struct column_index){ "billing_keys", "", r->text[1] }, index);

	if (e == 0)
		e = write_text(s, "UPDATE billing_keys SET phone_index = $1 WHERE seq = $2", index, r->number);
	return e < 0 ? e : 1;
}

static int renew_billing_key(struct store *s, const struct table *t, struct row *r)
{
	int key = renew_text(s, t, "pg_billing_key", r, 0, "UPDATE billing_keys SET pg_billing_key = $1 WHERE seq = $2");
	int phone = renew_text(s, t, "phone", r, 1, "UPDATE billing_keys SET phone = $1 WHERE seq = $2");

	return both(key, phone == 1 ? renew_phone_index(s, r) : phone);
}

static int renew_call(struct store *s, const struct table *t, struct row *r)
{
	return renew_text(s, t, "caller", r, 0, "UPDATE calls SET caller = $1 WHERE seq = $2");
}

/* A webhook says what its event says, which is kept longer. */
static int drop_body(struct store *s, const struct row *r)
{
	int e = r->text[1][0] == '\0' ? 0 : write_text(s, "UPDATE outbox SET body = $1 WHERE id = $2", "", r->number);

	return e < 0 ? e : r->text[1][0] != '\0';
}

static int renew_job(struct store *s, const struct table *t, struct row *r)
{
	if (strcmp(r->text[2], "webhook") == 0)
		return drop_body(s, r);
	return both(renew_text(s, t, "destination", r, 0, "UPDATE outbox SET destination = $1 WHERE id = $2"),
	            renew_text(s, t, "body", r, 1, "UPDATE outbox SET body = $1 WHERE id = $2"));
}

static int renew_consent(struct store *s, const struct table *t, struct row *r)
{
	return renew_text(s, t, "caller", r, 0, "UPDATE consents SET caller = $1 WHERE seq = $2");
}

static int renew_record(struct store *s, const struct table *t, struct row *r)
{
	return renew_text(s, t, "record", r, 0, "UPDATE consent_chain SET record = $1 WHERE number = $2");
}

static int renew_event(struct store *s, const struct table *t, struct row *r)
{
	return renew_text(s, t, "body", r, 0, "UPDATE events SET body = $1 WHERE seq = $2");
}

/* Its texts: the answer, route and key; name: whose it is. */
static int renew_answer(struct store *s, const struct table *t, struct row *r)
{
	static char sealed[COLUMNS_SEALED_SIZE(COLUMNS_TEXT_MAX)];
	char row[2 * ROW_SIZE];
	const struct column_place place = { t->name, "body", row };
	struct db_stmt *q;
	int n;

	if (!columns_is_old(s->columns, r->text[0]))
		return 0;
	snprintf(row, sizeof(row), "%s/%s/%s", r->name, r->text[1], r->text[2]);
	if (columns_read(s->columns, &place, r->text[0], r->text[0], sizeof(r->text[0])) < 0)
		return ERR_CRYPTO;
	n = columns_seal(s->columns, &place, r->text[0], sealed, sizeof(sealed));
	if (n < 0)
		return n;
	q = db_change(s->db, "UPDATE idempotency SET body = $1 WHERE merchant = $2 AND route = $3 AND idempotency_key = $4", "");
	db_bind_text(q, sealed);
	db_bind_text(q, r->name);
	db_bind_text(q, r->text[1]);
	db_bind_text(q, r->text[2]);
	n = db_run(q);
	return n < 0 ? n : 1;
}

/* name: the virtual number; its texts: the caller's index, the request that had the pair. */
static int renew_rest(struct store *s, const struct table *t UNUSED, struct row *r)
{
	static struct request of;
	char index[COLUMNS_INDEX_SIZE];
	struct db_stmt *q;
	int n;

	if (!columns_index_is_old(s->columns, r->text[0]))
		return 0;
	memset(&of.phone, 0, sizeof(of.phone));
	if (strchr(r->text[0], '/') == NULL)
		snprintf(of.phone.digits, sizeof(of.phone.digits), "%.*s", PHONE_SIZE - 1, r->text[0]);
	else if (store_request_get(s, r->text[1], &of) < 0 || of.phone.digits[0] == '\0')
		return ERR_CRYPTO;
	n = columns_index(s->columns, &(struct column_index){ "leases", r->name, of.phone.digits }, index);
	if (n < 0)
		return n;
	q = db_change(s->db, "UPDATE lease_rests SET caller = $1 WHERE virtual_number = $2 AND caller = $3", "");
	db_bind_text(q, index);
	db_bind_text(q, r->name);
	db_bind_text(q, r->text[0]);
	n = db_run(q);
	return n < 0 ? n : 1;
}

/* Time after time, all rows of one together. */
#define BY_TIME(table, time) " FROM " table " WHERE " time " > $1 AND " time " <= COALESCE((SELECT " time " FROM " table " WHERE " time \
	" > $1 ORDER BY " time " LIMIT 1 OFFSET $2), 9223372036854775807) ORDER BY " time

/* The first ones have indexes: they must be done before a look-up may leave older keys out. */
enum { FOUND_BY_INDEX = 3 };
static const struct table tables[] = {
	{ "requests", "SELECT seq, id, phone, CASE leased WHEN 1 THEN virtual_number ELSE '' END FROM requests WHERE seq > $1 ORDER BY seq LIMIT $2", 2,
	  "SELECT COALESCE(MAX(seq), 0) FROM requests", renew_request },
	{ "lease_rests", "SELECT until, virtual_number, caller, request" BY_TIME("lease_rests", "until"), 2, NULL, renew_rest },
	{ "billing_keys", "SELECT seq, id, pg_billing_key, phone FROM billing_keys WHERE seq > $1 ORDER BY seq LIMIT $2", 2,
	  "SELECT COALESCE(MAX(seq), 0) FROM billing_keys", renew_billing_key },
	{ "outbox", "SELECT id, ref, CASE kind WHEN 'webhook' THEN '' ELSE destination END, body, kind FROM outbox WHERE id > $1 ORDER BY id LIMIT $2", 3,
	  "SELECT COALESCE(MAX(id), 0) FROM outbox", renew_job },
	{ "calls", "SELECT seq, id, caller FROM calls WHERE seq > $1 ORDER BY seq LIMIT $2", 1,
	  "SELECT COALESCE(MAX(seq), 0) FROM calls", renew_call },
	{ "consents", "SELECT seq, id, caller FROM consents WHERE seq > $1 ORDER BY seq LIMIT $2", 1,
	  "SELECT COALESCE(MAX(seq), 0) FROM consents", renew_consent },
	{ "consent_chain", "SELECT number, id, record FROM consent_chain WHERE number > $1 ORDER BY number LIMIT $2", 1,
	  "SELECT COALESCE(MAX(number), 0) FROM consent_chain", renew_record },
	{ "events", "SELECT seq, id, body FROM events WHERE seq > $1 ORDER BY seq LIMIT $2", 1,
	  "SELECT COALESCE(MAX(seq), 0) FROM events", renew_event },
	{ "idempotency", "SELECT expires, merchant, body, route, idempotency_key" BY_TIME("idempotency", "expires"), 3, NULL, renew_answer },
};

/* ---- progress ---- */

struct progress { int64_t data_key, at, renewed, unreadable, done; };

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

	s->settled = false;
	s->renew_due = true;
	return n < 0 ? n : 0;
}

int columns_look_settled(struct store *s)
{
	int64_t newest = columns_newest(s->columns);
	bool settled = newest != 0;
	int e = 0;

	for (int i = 0; e == 0 && i < FOUND_BY_INDEX; i++) {
		struct progress p;

		e = read_progress(s, &tables[i], &p);
		settled &= p.done && p.data_key == newest;
	}
	s->settled = settled && e == 0;
	return e;
}

static int last_of(struct store *s, const struct table *t, int64_t *last)
{
	struct db_stmt *q;

	*last = 0;
	if (t->last == NULL)
		return 0;
	q = db_query(s->db, t->last, "");
	if (db_row(q))
		*last = db_get_int(q);
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
		all.at += p.done || tables[i].last == NULL ? last : p.data_key == newest ? p.at : 0;
		all.last += last;
		all.renewed += p.renewed;
		all.unreadable += p.unreadable;
	}
	*j = all;
	return 0;
}

/* ---- turns ---- */

/* What of this turn's share is left. */
struct share { int looks, renewals; };

static int renew_row(struct store *s, const struct table *t, struct row *r, struct progress *p, struct share *left)
{
	int e = t->renew(s, t, r);

	if (e < 0 && e != ERR_CRYPTO)
		return e;
	p->unreadable += e == ERR_CRYPTO;
	p->renewed += e == 1;
	left->renewals -= e == 1;
	p->at = r->number;
	return 0;
}

/* *ended: there is no row after p->at. */
static int renew_some(struct store *s, const struct table *t, struct progress *p, struct share *left, bool *ended)
{
	static struct row r;
	struct db_stmt *q = db_query(s->db, t->select, "");
	int e = 0, end, looks = left->looks;

	db_bind_int(q, p->at);
	db_bind_int(q, looks);
	while (e == 0 && left->renewals > 0 && db_row(q)) {
		r.number = db_get_int(q);
		db_get_text(q, r.name, sizeof(r.name));
		for (int i = 0; i < t->texts; i++)
			db_get_text(q, r.text[i], sizeof(r.text[i]));
		if (!db_is_well(q))
			break;
		e = renew_row(s, t, &r, p, left);
		left->looks--;
	}
	/* Others may have the number of the last one: they are looked at again. */
	p->at -= left->renewals == 0 && t->last == NULL;
	*ended = left->renewals > 0 && left->looks > 0;
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
	int e = columns_look_settled(s);

	if (e == 0)
		e = columns_job(s, &j);
	if (e < 0 || !j.done)
		return e;
	log_info("columns_sealed", "renewed=%" PRId64 " unreadable=%" PRId64, j.renewed, j.unreadable);
	return j.unreadable == 0 ? drop_old_keys(s, newest) : 0;
}

/* One table's next rows: how many were looked at, 0: it is done. */
static int renew_table(struct store *s, const struct table *t, int64_t newest, int most)
{
	struct share left = { most * LOOKS, most };
	bool ended = false;
	struct progress p;
	int e = read_progress(s, t, &p);

	if (e < 0 || (p.done && p.data_key == newest))
		return e;
	if (p.data_key != newest)
		p = (struct progress){ .data_key = newest };
	e = renew_some(s, t, &p, &left, &ended);
	if (e < 0)
		return e;
	p.done = ended;
	e = write_progress(s, t, &p);
	if (e == 0 && p.done)
		e = finish(s, newest);
	/* One that has just ended has been something to do. */
	return e < 0 ? e : most * LOOKS - left.looks > 0 ? most * LOOKS - left.looks : 1;
}

int columns_renew(struct store *s, int most)
{
	int64_t newest = columns_newest(s->columns);
	int count = 0;

	if (!s->renew_due || newest == 0 || columns_are_locked(s))
		return 0;
	/* What was clear must not lie about on pages that are free now. */
	db_wipe_what_goes(s->db, true);
	for (size_t i = 0; count == 0 && i < ARRAY_LEN(tables); i++)
		count = renew_table(s, &tables[i], newest, most < BATCH_MAX ? most : BATCH_MAX);
	db_wipe_what_goes(s->db, false);
	s->renew_due = count != 0;
	return count;
}
