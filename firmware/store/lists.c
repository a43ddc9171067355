/* lists.c: one page of a list is one search of an index: the merchant's rows (or those of one state, or of one request) from the
 * cursor on, by time and then by the order in which they were added. */
#include "store/lists.h"

#include <string.h>

#include "store/schedules.h"
#include "store/store_priv.h"

/* $a after, $b and $c before which moment and row, $d how many. row: what tells those of one moment apart. */
#define RANGE_BY(time, row, a, b, c, d) \
	" AND " time " > $" #a " AND (" time ", " row ") < ($" #b ", $" #c ") ORDER BY " time " DESC, " row " DESC LIMIT $" #d
#define RANGE(time, a, b, c, d) RANGE_BY(time, "seq", a, b, c, d)
/* All of a merchant's; those of one status; those of one thing, of any status if that is "". */
#define TAILS(time, status, of) { \
	" WHERE merchant = $1" RANGE(time, 2, 3, 4, 5), \
	" WHERE merchant = $1 AND " status " = $2" RANGE(time, 3, 4, 5, 6), \
	" WHERE merchant = $1 AND " of " = $2 AND ($3 = '' OR " status " = $3)" RANGE(time, 4, 5, 6, 7), \
}
/* Of a request there are few: its own index finds them, not that of all of the merchant's. */
#define TAILS_FEW(time, row, status) { \
	" WHERE merchant = $1" RANGE_BY(time, row, 2, 3, 4, 5), \
	" WHERE merchant = $1 AND " status " = $2" RANGE_BY(time, row, 3, 4, 5, 6), \
	" WHERE +merchant = $1 AND request = $2 AND ($3 = '' OR " status " = $3)" RANGE_BY(time, row, 4, 5, 6, 7), \
}
#define CONSENT_STATUS "CASE sign_key WHEN '' THEN 'unsigned' ELSE 'signed' END"
enum { ALL, OF_STATUS, OF_THING };

const char list_requests_tail[] = " WHERE merchant = $1 AND kind = $2" RANGE("created", 3, 4, 5, 6),
           list_requests_in_tail[] = " WHERE merchant = $1 AND kind = $2 AND state = $3" RANGE("created", 4, 5, 6, 7),
           list_requests_of_tail[] = " WHERE merchant = $1 AND kind = $2 AND schedule <> '' AND schedule = $3 AND ($4 = '' OR state = $4)"
                                     RANGE("created", 5, 6, 7, 8);
const char *const list_billing_keys_tails[3] = TAILS("created", "status", "customer_ref"),
           *const list_calls_tails[3] = TAILS("offered", "state", "request"), *const list_events_tails[3] = TAILS("at", "type", "request"),
           *const list_schedules_tails[3] = TAILS("created", "state", "billing_key"),
           *const list_attempts_tails[3] = TAILS_FEW("created", "seq", "state"),
           *const list_cancellations_tails[3] = TAILS_FEW("created", "seq", "state"),
           *const list_consents_tails[3] = TAILS_FEW("at", "number", CONSENT_STATUS);
/* The condition must read as the index's does. */
const char list_consents_unsigned_tail[] = " WHERE merchant = $1 AND $2 = 'unsigned' AND sign_key = ''" RANGE_BY("at", "number", 3, 4, 5, 6);

struct cursor { int64_t ms, seq; };

/* sql finds the time and the number of a row by its id and whose it is. */
static int find_cursor(struct store *s, const char *sql, const struct list_page *p, struct cursor *c)
{
	struct db_stmt *q;
	bool found;
	int e;

	*c = (struct cursor){ p->before.ms != 0 ? p->before.ms : INT64_MAX, 0 };
	if (p->after_id[0] == '\0')
		return 0;
	q = db_query(s->db, sql, "");
	db_bind_text(q, p->after_id);
	db_bind_text(q, p->merchant);
	found = db_row(q);
	if (found) {
		int64_t ms = db_get_int(q), seq = db_get_int(q);

		/* A page that is asked for with another end than the one before. */
		if (ms < c->ms)
			*c = (struct cursor){ ms, seq };
	}
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_INVALID;
}

static void bind_range(struct db_stmt *q, const struct list_page *p, const struct cursor *c)
{
	db_bind_int(q, p->after.ms != 0 ? p->after.ms : INT64_MIN);
	db_bind_int(q, c->ms);
	db_bind_int(q, c->seq);
	db_bind_int(q, p->limit < STORE_LIST_MAX ? p->limit : STORE_LIST_MAX);
}

/* The rows of a merchant by one of three tails. */
static struct db_stmt *query(struct store *s, enum store_kind kind, const char *const tails[3], const struct list_page *p,
                             const struct cursor *c)
{
	int which = p->of[0] != '\0' ? OF_THING : p->status[0] != '\0' ? OF_STATUS : ALL;
	struct db_stmt *q = db_query(s->db, s->sql[kind].select, tails[which]);

	db_bind_text(q, p->merchant);
	if (which == OF_THING)
		db_bind_text(q, p->of);
	if (which != ALL)
		db_bind_text(q, p->status);
	bind_range(q, p, c);
	return q;
}

int list_requests(struct store *s, const struct list_page *p, enum request_kind kind,
                  int (*fn)(const struct request *r, void *context), void *context)
{
	struct cursor c;
	struct request r;
	struct db_stmt *q;
	int e = find_cursor(s, kind == REQUEST_PAYMENT ? "SELECT created, seq FROM requests WHERE id = $1 AND merchant = $2 AND kind = 2"
	                    : "SELECT created, seq FROM requests WHERE id = $1 AND merchant = $2 AND kind = 1", p, &c);

	if (e < 0)
		return e;
	q = db_query(s->db, s->sql[KIND_REQUEST].select, p->of[0] != '\0' ? list_requests_of_tail
	             : p->status[0] != '\0' ? list_requests_in_tail : list_requests_tail);
	db_bind_text(q, p->merchant);
	db_bind_int(q, kind);
	if (p->of[0] != '\0')
		db_bind_text(q, p->of);
	if (p->of[0] != '\0' || p->status[0] != '\0')
		db_bind_text(q, p->status);
	bind_range(q, p, &c);
	return STORE_EACH(q, request_kind, r, fn, context);
}

int list_billing_keys(struct store *s, const struct list_page *p, int (*fn)(const struct billing_key *k, void *context), void *context)
{
	struct cursor c;
	struct billing_key k;
	int e = find_cursor(s, "SELECT created, seq FROM billing_keys WHERE id = $1 AND merchant = $2", p, &c);

	return e < 0 ? e : STORE_EACH(query(s, KIND_BILLING_KEY, list_billing_keys_tails, p, &c), billing_key_kind, k, fn, context);
}

int list_schedules(struct store *s, const struct list_page *p, int (*fn)(const struct schedule *c, void *context), void *context)
{
	struct cursor at;
	struct schedule c;
	int e = find_cursor(s, "SELECT created, seq FROM schedules WHERE id = $1 AND merchant = $2", p, &at);

	return e < 0 ? e : STORE_EACH(query(s, KIND_SCHEDULE, list_schedules_tails, p, &at), schedule_kind, c, fn, context);
}

int list_calls(struct store *s, const struct list_page *p, int (*fn)(const struct call_record *c, void *context), void *context)
{
	struct cursor at;
	struct call_record c;
	int e = find_cursor(s, "SELECT offered, seq FROM calls WHERE id = $1 AND merchant = $2", p, &at);

	return e < 0 ? e : STORE_EACH(query(s, KIND_CALL, list_calls_tails, p, &at), call_kind, c, fn, context);
}

int list_events(struct store *s, const struct list_page *p, int (*fn)(const struct event *e, void *context), void *context)
{
	struct cursor c;
	struct event event;
	int e = find_cursor(s, "SELECT at, seq FROM events WHERE id = $1 AND merchant = $2", p, &c);

	return e < 0 ? e : STORE_EACH(query(s, KIND_EVENT, list_events_tails, p, &c), event_kind, event, fn, context);
}

int list_attempts(struct store *s, const struct list_page *p, int (*fn)(const struct attempt *a, void *context), void *context)
{
	struct cursor c;
	struct attempt a;
	int e = find_cursor(s, "SELECT created, seq FROM attempts WHERE id = $1 AND merchant = $2", p, &c);

	return e < 0 ? e : STORE_EACH(query(s, KIND_ATTEMPT, list_attempts_tails, p, &c), attempt_kind, a, fn, context);
}

int list_cancellations(struct store *s, const struct list_page *p, int (*fn)(const struct cancellation *c, void *context), void *context)
{
	struct cursor at;
	struct cancellation c;
	int e = find_cursor(s, "SELECT created, seq FROM cancellations WHERE id = $1 AND merchant = $2", p, &at);

	return e < 0 ? e : STORE_EACH(query(s, KIND_CANCELLATION, list_cancellations_tails, p, &at), cancellation_kind, c, fn, context);
}

int list_consents(struct store *s, const struct list_page *p, int (*fn)(const struct consent_link *l, void *context), void *context)
{
	static struct consent_link l;                 /* a record is large, and this does not nest */
	const char *tails[ARRAY_LEN(list_consents_tails)];
	struct cursor c;
	int e = find_cursor(s, "SELECT at, number FROM consent_chain WHERE id = $1 AND merchant = $2", p, &c);

	if (e < 0)
		return e;
	memcpy(tails, list_consents_tails, sizeof(tails));
	if (strcmp(p->status, "unsigned") == 0)
		tails[OF_STATUS] = list_consents_unsigned_tail;
	return STORE_EACH(query(s, KIND_CONSENT_LINK, tails, p, &c), consent_link_kind, l, fn, context);
}

int list_payment_of_order(struct store *s, const char *merchant, const char *order_id, struct request *r)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_REQUEST].select, " WHERE merchant = $1 AND order_id = $2 AND order_id <> ''");
	bool found;
	int e;

	db_bind_text(q, merchant);
	db_bind_text(q, order_id);
	found = db_row(q);
	if (found)
		record_read(q, &request_kind, r);
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

int list_event_get(struct store *s, const char *id, struct event *e)
{
	return record_get(s->db, &event_kind, &s->sql[KIND_EVENT], id, e);
}

int list_numbers_in_use(struct store *s, int most, bool (*counts)(const char *number, void *context), void *context, int *count)
{
	/* From number to number, not from lease to lease: one number may have very many. */
	struct db_stmt *q = db_query(s->db, "WITH RECURSIVE used (number) AS (SELECT MIN(virtual_number) FROM leases UNION ALL "
	                             "SELECT (SELECT MIN(virtual_number) FROM leases WHERE virtual_number > number) FROM used "
	                             "WHERE number IS NOT NULL LIMIT $1) SELECT number FROM used WHERE number IS NOT NULL", "");
	char number[PHONE_SIZE];
	int found = 0;
	int e;

	db_bind_int(q, most);
	while (db_row(q)) {
		db_get_text(q, number, sizeof(number));
		found += counts(number, context);
	}
	e = db_end(q);
	if (e == 0)
		*count = found;
	return e;
}
