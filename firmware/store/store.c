/* store.c: opening, turns and totals; the aggregates have a file each. */
#include <stdlib.h>

#include "lib/log.h"
#include "store/store_priv.h"

static const struct record_kind *const kinds[KIND_COUNT] = {
	[KIND_MERCHANT] = &merchant_kind, [KIND_REQUEST] = &request_kind, [KIND_BILLING_KEY] = &billing_key_kind,
	[KIND_CALL] = &call_kind,         [KIND_CONSENT] = &consent_kind, [KIND_ATTEMPT] = &attempt_kind,
	[KIND_OUTBOX] = &outbox_kind,     [KIND_EVENT] = &event_kind,
	[KIND_SMS] = &sms_kind,
	[KIND_WEBHOOK] = &webhook_kind,
	[KIND_SCHEDULE] = &schedule_kind,
	[KIND_CANCELLATION] = &cancellation_kind,
	[KIND_CONSENT_LINK] = &consent_link_kind,
};

int store_open(const char *url, struct store **s)
{
	struct store *made = calloc(1, sizeof(*made));
	int e = made == NULL ? ERR_NOMEM : db_open(url, &made->db);

	for (int i = 0; e == 0 && i < KIND_COUNT; i++)
		e = record_sql_make(kinds[i], &made->sql[i]);
	if (e == 0)
		e = migrations_run(made->db);
	if (e == 0)
		e = columns_new(&made->columns);
	if (e == 0) {
		db_set_columns(made->db, made->columns);
		e = columns_look(made);
	}
	if (e < 0) {
		store_close(&made);
		return e;
	}
	*s = made;
	return 0;
}

void store_close(struct store **s)
{
	if (*s == NULL)
		return;
	db_close(&(*s)->db);
	columns_free(&(*s)->columns);
	for (int i = 0; i < KIND_COUNT; i++)
		record_sql_free(&(*s)->sql[i]);
	free(*s);
	*s = NULL;
}

int store_commit(struct store *s)
{
	return columns_took_clear(s->columns) && columns_look_again(s) < 0 ? ERR_IO : db_commit(s->db);
}

void store_rollback(struct store *s)
{
	db_rollback(s->db);
	if (columns_look(s) < 0)
		log_error("column_keys", "error=store");
}

bool store_dirty(const struct store *s)
{
	return db_is_dirty(s->db);
}

/* A page that stays as it is would not be written: the last millisecond of a time that nobody needs so exactly is turned over. */
int store_try_write(struct store *s)
{
	int n = db_run(db_change(s->db, "UPDATE schema_migrations SET applied = applied + 1 - 2 * (applied % 2) WHERE version = 1", ""));

	return n < 0 ? n : 0;
}

int store_damaged_turns(const struct store *s)
{
	return db_damaged_turns(s->db);
}

int64_t store_cache_octets(struct store *s)
{
	return db_cache_octets(s->db);
}

int store_counts(struct store *s, int (*fn)(const char *what, const char *state, int64_t count, void *context),
                 void *context)
{
	struct db_stmt *q = db_query(s->db, "SELECT what, state, count FROM state_counts WHERE count > 0 ORDER BY what DESC, state", "");
	int result = 0, e;

	while (result == 0 && db_row(q)) {
		char what[16], state[REQUEST_STATE_SIZE];
		int64_t count;

		db_get_text(q, what, sizeof(what));
		db_get_text(q, state, sizeof(state));
		count = db_get_int(q);
		if (db_is_well(q))
			result = fn(what, state, count, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}
