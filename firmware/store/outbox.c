/* outbox.c: what is to be sent. Its key is a number that the database gives, so its rows are added here by hand and
 * otherwise treated as those of every other record. */
#include <string.h>

#include "lib/log.h"
#include "store/store_priv.h"

/* The key leads, and is the only thing of a job that its INSERT leaves out. */
static const struct field fields[] = {
	FIXED(INT64, outbox_job, id, "id"),
	FIXED(TEXT, outbox_job, kind, "kind"),
	FIXED(TEXT, outbox_job, ref, "ref"),
	FIXED(TEXT, outbox_job, request.text, "request"),
	FIXED(TEXT, outbox_job, merchant.text, "merchant"),
	FIXED(TEXT, outbox_job, to, "destination"),
	FIXED(TEXT, outbox_job, body, "body"),
	FIELD(TEXT, outbox_job, state, "state"),
	FIELD(UINT, outbox_job, tries, "tries"),
	FIELD(TEXT, outbox_job, detail, "detail"),
	FIXED(INT64, outbox_job, created.ms, "created"),
	FIELD(INT64, outbox_job, next_try.ms, "next_try"),
};
const struct record_kind outbox_kind = { "outbox", fields, ARRAY_LEN(fields), false };

const char outbox_due_tail[] =
	" WHERE state = 'waiting' AND kind = $1 AND next_try <= $2 AND merchant NOT IN (SELECT merchant FROM outbox "
	"WHERE state = 'sending' AND kind = $1 GROUP BY merchant HAVING COUNT(*) >= $3) ORDER BY next_try, id LIMIT $4";

enum { SEALED_SIZE = COLUMNS_SEALED_SIZE(sizeof(((struct outbox_job *)0)->body)) };

/* A webhook has the body of its event and goes to an address that is no secret; a text message and a gateway's billing key are sealed. */
static bool is_sealed_kind(const char *kind)
{
	return strcmp(kind, "webhook") != 0;
}

/* A job is known by its ref before it has an id. */
static int seal(struct store *s, const struct outbox_job *j, const char *column, const char *clear, char out[SEALED_SIZE])
{
	return columns_seal(s->columns, &(struct column_place){ "outbox", column, j->ref }, clear, out, SEALED_SIZE);
}

static void open_job(struct outbox_job *j, struct columns *c)
{
	int e;

	if (!is_sealed_kind(j->kind))
		return;
	e = columns_open(c, &(struct column_place){ "outbox", "destination", j->ref }, j->to, sizeof(j->to));
	if (e == 0)
		e = columns_open(c, &(struct column_place){ "outbox", "body", j->ref }, j->body, sizeof(j->body));
	if (e < 0)
		log_error("column_unreadable", "table=outbox row=%s", j->ref);
}

int store_outbox_add(struct store *s, struct outbox_job *j)
{
	static const char sql[] =
		"INSERT INTO outbox (kind, ref, request, merchant, destination, body, state, tries, detail, created, next_try) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING id";
	static char to[SEALED_SIZE], body[SEALED_SIZE];
	bool added, seals = is_sealed_kind(j->kind);
	struct db_stmt *q;
	int64_t id = 0;
	int e = seals ? seal(s, j, "destination", j->to, to) : 0;

	if (e == 0 && seals)
		e = seal(s, j, "body", j->body, body);
	if (e < 0)
		return e;
	q = db_change(s->db, sql, "");

	db_bind_text(q, j->kind);
	db_bind_text(q, j->ref);
	db_bind_text(q, j->request.text);
	db_bind_text(q, j->merchant.text);
	db_bind_text(q, seals ? to : j->to);
	db_bind_text(q, seals ? body : j->body);
	db_bind_text(q, j->state);
	db_bind_int(q, j->tries);
	db_bind_text(q, j->detail);
	db_bind_int(q, j->created.ms);
	db_bind_int(q, j->next_try.ms);
	added = db_row(q);
	if (added)
		id = db_get_int(q);
	e = db_end(q);
	if (e < 0 || !added)
		return e < 0 ? e : ERR_EXISTS;
	j->id = id;
	return 0;
}

int store_outbox_update(struct store *s, const struct outbox_job *j)
{
	struct db_stmt *q = db_change(s->db, "UPDATE outbox SET state = $1, tries = $2, detail = $3, next_try = $4 "
	                              "WHERE id = $5", "");
	int n;

	db_bind_text(q, j->state);
	db_bind_int(q, j->tries);
	db_bind_text(q, j->detail);
	db_bind_int(q, j->next_try.ms);
	db_bind_int(q, j->id);
	n = db_run(q);
	return n < 0 ? n : n == 0 ? ERR_NOT_FOUND : 0;
}

int store_outbox_get(struct store *s, int64_t id, struct outbox_job *j)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_OUTBOX].select, " WHERE id = $1");
	bool found;
	int e;

	db_bind_int(q, id);
	found = db_row(q);
	if (found) {
		record_read(q, &outbox_kind, j);
		open_job(j, s->columns);
	}
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

int store_outbox_due(struct store *s, const char *kind, struct wall now, int per_merchant, int limit,
                     int (*fn)(const struct outbox_job *j, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_OUTBOX].select, outbox_due_tail);
	struct outbox_job j;

	db_bind_text(q, kind);
	db_bind_int(q, now.ms);
	db_bind_int(q, per_merchant);
	db_bind_int(q, limit);
	return STORE_EACH(q, outbox_kind, j, fn, context);
}

int store_outbox_put_off(struct store *s, struct wall now, int64_t by_ms)
{
	struct db_stmt *q = db_change(s->db, "UPDATE outbox SET next_try = next_try + $1 WHERE state = 'waiting' AND next_try > $2", "");
	int n;

	db_bind_int(q, by_ms);
	db_bind_int(q, now.ms);
	n = db_run(q);
	return n < 0 ? n : 0;
}

int store_outbox_bring_forward(struct store *s, struct wall latest)
{
	struct db_stmt *q = db_change(s->db, "UPDATE outbox SET next_try = $1 WHERE state = 'waiting' AND next_try > $1", "");
	int n;

	db_bind_int(q, latest.ms);
	n = db_run(q);
	return n < 0 ? n : 0;
}

int store_outbox_requeue_sending(struct store *s)
{
	int n = db_run(db_change(s->db, "UPDATE outbox SET state = 'waiting' WHERE state = 'sending'", ""));

	return n < 0 ? n : 0;
}
