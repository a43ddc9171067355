#include "store/webhooks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/store_priv.h"

static const struct field fields[] = {
	FIXED(TEXT, webhook_endpoint, id.text, "id"),
	FIXED(TEXT, webhook_endpoint, merchant.text, "merchant"),
	FIELD(TEXT, webhook_endpoint, url, "url"),
	FIELD(TEXT, webhook_endpoint, events, "events"),
	FIELD(UINT, webhook_endpoint, enabled, "enabled"),
	FIELD(TEXT, webhook_endpoint, secret, "secret"),
	FIELD(TEXT, webhook_endpoint, secret_before, "secret_before"),
	FIELD(INT64, webhook_endpoint, before_until.ms, "before_until"),
	FIXED(INT64, webhook_endpoint, created.ms, "created"),
	FIELD(INT64, webhook_endpoint, updated.ms, "updated"),
};
const struct record_kind webhook_kind = { "webhook_endpoints", fields, ARRAY_LEN(fields), false };

/* The number leads, and then what record_read() reads. */
#define SELECT "SELECT seq, id, merchant, url, events, enabled, secret, secret_before, before_until, created, updated FROM webhook_endpoints"

static void read_row(struct db_stmt *q, struct webhook_endpoint *w)
{
	w->number = db_get_int(q);
	record_read(q, &webhook_kind, w);
}

static int read_one(struct db_stmt *q, struct webhook_endpoint *w)
{
	bool found = db_row(q);
	int e;

	if (found)
		read_row(q, w);
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

static int read_each(struct db_stmt *q, int (*fn)(const struct webhook_endpoint *w, void *context), void *context)
{
	struct webhook_endpoint w;
	int result = 0, e;

	while (result == 0 && db_row(q)) {
		read_row(q, &w);
		if (db_is_well(q))
			result = fn(&w, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}

int store_webhook_add(struct store *s, struct webhook_endpoint *w)
{
	struct db_stmt *q = db_query(s->db, "SELECT COUNT(*) FROM webhook_endpoints WHERE merchant = $1", "");
	struct webhook_endpoint added;
	int64_t count = 0;
	int e;

	db_bind_text(q, w->merchant.text);
	if (db_row(q))
		count = db_get_int(q);
	e = db_end(q);
	if (e == 0 && count >= WEBHOOK_ENDPOINTS_MAX)
		e = ERR_EXHAUSTED;
	if (e == 0)
		e = record_insert(s->db, &webhook_kind, &s->sql[KIND_WEBHOOK], w);
	if (e == 0)
		e = store_webhook_get(s, w->id.text, &added);
	if (e == 0)
		w->number = added.number;
	return e;
}

int store_webhook_get(struct store *s, const char *id, struct webhook_endpoint *w)
{
	struct db_stmt *q = db_query(s->db, SELECT, " WHERE id = $1");

	db_bind_text(q, id);
	return read_one(q, w);
}

int store_webhook_by_number(struct store *s, int64_t number, struct webhook_endpoint *w)
{
	struct db_stmt *q = db_query(s->db, SELECT, " WHERE seq = $1");

	db_bind_int(q, number);
	return read_one(q, w);
}

int store_webhook_update(struct store *s, const struct webhook_endpoint *w)
{
	return record_update(s->db, &webhook_kind, &s->sql[KIND_WEBHOOK], w, NULL);
}

int store_webhook_delete(struct store *s, const char *id)
{
	struct db_stmt *q = db_change(s->db, "DELETE FROM webhook_endpoints WHERE id = $1", "");
	int n;

	db_bind_text(q, id);
	n = db_run(q);
	return n < 0 ? n : n == 0 ? ERR_NOT_FOUND : 0;
}

int store_webhooks_of(struct store *s, const char *merchant, int (*fn)(const struct webhook_endpoint *w, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, SELECT, " WHERE merchant = $1 ORDER BY seq");

	db_bind_text(q, merchant);
	return read_each(q, fn, context);
}

int list_webhooks(struct store *s, const struct list_page *p, int (*fn)(const struct webhook_endpoint *w, void *context), void *context)
{
	struct db_stmt *q;
	struct webhook_endpoint last = { .number = INT64_MAX };

	if (p->after_id[0] != '\0' && (store_webhook_get(s, p->after_id, &last) < 0 || strcmp(last.merchant.text, p->merchant) != 0))
		return ERR_INVALID;
	q = db_query(s->db, SELECT, " WHERE merchant = $1 AND seq < $2 AND created > $3 AND created < $4 "
	             "AND ($5 = '' OR enabled = ($5 = 'true')) ORDER BY seq DESC LIMIT $6");
	db_bind_text(q, p->merchant);
	db_bind_int(q, last.number);
	db_bind_int(q, p->after.ms != 0 ? p->after.ms : INT64_MIN);
	db_bind_int(q, p->before.ms != 0 ? p->before.ms : INT64_MAX);
	db_bind_text(q, p->status);
	db_bind_int(q, p->limit);
	return read_each(q, fn, context);
}

/* ---- deliveries ---- */

int store_delivery_get(struct store *s, const char *event, int64_t endpoint, struct outbox_job *j)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_OUTBOX].select, " WHERE kind = 'webhook' AND ref = $1");
	char ref[ID_SIZE];
	bool found;
	int e;

	snprintf(ref, sizeof(ref), "%s.%" PRId64, event, endpoint);
	db_bind_text(q, ref);
	found = db_row(q);
	if (found)
		record_read(q, &outbox_kind, j);
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

int store_deliveries_of(struct store *s, const char *event, int (*fn)(const struct outbox_job *j, void *context), void *context)
{
	/* All that begins with the event's id and a dot: "/" comes after ".". */
	struct db_stmt *q = db_query(s->db, s->sql[KIND_OUTBOX].select, " WHERE kind = 'webhook' AND ref > $1 AND ref < $2 ORDER BY id");
	char first[ID_SIZE], end[ID_SIZE];
	struct outbox_job j;

	snprintf(first, sizeof(first), "%s.", event);
	snprintf(end, sizeof(end), "%s/", event);
	db_bind_text(q, first);
	db_bind_text(q, end);
	return STORE_EACH(q, outbox_kind, j, fn, context);
}

static int purge(struct store *s, const char *sql, struct wall before, int most)
{
	struct db_stmt *q = db_change(s->db, sql, "");
	int n;

	db_bind_int(q, before.ms);
	db_bind_int(q, most);
	n = db_run(q);
	return n;
}

int store_webhook_secrets_ending(struct store *s, struct wall now, struct wall then, int64_t *count)
{
	struct db_stmt *q = db_query(s->db, "SELECT COUNT(*) FROM webhook_endpoints WHERE before_until > 0 AND before_until > $1 AND "
	                             "before_until <= $2 AND secret_before <> ''", "");
	int64_t n = 0;
	int e;

	db_bind_int(q, now.ms);
	db_bind_int(q, then.ms);
	if (db_row(q))
		n = db_get_int(q);
	e = db_end(q);
	if (e == 0)
		*count = n;
	return e;
}

int store_events_newest(struct store *s, struct wall *at)
{
	struct db_stmt *q = db_query(s->db, "SELECT at FROM events WHERE seq = (SELECT MAX(seq) FROM events)", "");
	bool found = db_row(q);
	int64_t ms = found ? db_get_int(q) : 0;
	int e = db_end(q);

	if (e < 0 || !found)
		return e < 0 ? e : ERR_NOT_FOUND;
	at->ms = ms;
	return 0;
}

int store_webhooks_purge(struct store *s, struct wall before, int most)
{
	int told = purge(s, "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE kind = 'webhook' AND created <= $1 "
	                 "AND state NOT IN ('waiting', 'sending') ORDER BY created LIMIT $2)", before, most), events;

	if (told < 0)
		return told;
	events = purge(s, "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE at <= $1 ORDER BY at LIMIT $2)", before, most);
	return events < 0 || events > told ? events : told;
}
