#include "store/reconciliations.h"

#include <stdio.h>
#include <string.h>

#include "model/date.h"
#include "store/lists.h"
#include "store/store_priv.h"

/* DAYS_MOST: 31 December 9999. */
enum { RECONCILIATION_ID_SIZE = DAY_SIZE + 32, DAYS_MOST = 2932896 };

static void id_of(const char *day, const char *pg, char id[RECONCILIATION_ID_SIZE])
{
	snprintf(id, RECONCILIATION_ID_SIZE, "%s/%s", day, pg);
}

static int drop(struct store *s, const char *sql, const char *id)
{
	struct db_stmt *q = db_change(s->db, sql, "");
	int n;

	db_bind_text(q, id);
	n = db_run(q);
	return n < 0 ? n : 0;
}

static int add(struct store *s, const struct reconciliation *r, const char *id)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO reconciliations (id, day, pg, state, day_over, listed, differences, message, "
	                              "started, ended, digest, acknowledged, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)", "");
	int n;

	db_bind_text(q, id);
	db_bind_text(q, r->day);
	db_bind_text(q, r->pg);
	db_bind_text(q, r->state);
	db_bind_int(q, r->day_over);
	db_bind_int(q, r->listed);
	db_bind_int(q, r->differences);
	db_bind_text(q, r->message);
	db_bind_int(q, r->started.ms);
	db_bind_int(q, r->ended.ms);
	db_bind_text(q, r->digest);
	db_bind_int(q, r->acknowledged.ms);
	db_bind_text(q, r->note);
	n = db_run(q);
	return n < 0 ? n : 0;
}

static bool is_the_same(const struct reconciliation *a, const struct reconciliation *b)
{
	return strcmp(a->state, b->state) == 0 && a->differences == b->differences && strcmp(a->digest, b->digest) == 0;
}

int store_reconciliation_put(struct store *s, const struct reconciliation *made)
{
	struct reconciliation known, r = *made;
	char id[RECONCILIATION_ID_SIZE];
	int e = store_reconciliation_get(s, r.day, r.pg, &known);

	if (e < 0 && e != ERR_NOT_FOUND)
		return e;
	if (e == 0 && is_the_same(&known, &r)) {
		r.acknowledged = known.acknowledged;
		snprintf(r.note, sizeof(r.note), "%s", known.note);
	}
	id_of(r.day, r.pg, id);
	e = drop(s, "DELETE FROM reconciliation_rows WHERE reconciliation = $1", id);
	if (e == 0)
		e = drop(s, "DELETE FROM reconciliation_merchants WHERE reconciliation = $1", id);
	if (e == 0)
		e = drop(s, "DELETE FROM reconciliations WHERE id = $1", id);
	return e < 0 ? e : add(s, &r, id);
}

int store_reconciliation_row_add(struct store *s, const struct reconciliation_row *row)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO reconciliation_rows (reconciliation, day, pg, merchant, class, kind, order_id, "
	                              "request, our_state, their_state, our_minor, their_minor, our_currency, their_currency, at) VALUES "
	                              "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)", "");
	char id[RECONCILIATION_ID_SIZE];
	int n;

	id_of(row->day, row->pg, id);
	db_bind_text(q, id);
	db_bind_text(q, row->day);
	db_bind_text(q, row->pg);
	db_bind_text(q, row->merchant.text);
	db_bind_text(q, row->class);
	db_bind_text(q, row->kind);
	db_bind_text(q, row->order_id);
	db_bind_text(q, row->request.text);
	db_bind_text(q, row->our_state);
	db_bind_text(q, row->their_state);
	db_bind_int(q, row->our_minor);
	db_bind_int(q, row->their_minor);
	db_bind_text(q, row->our_currency);
	db_bind_text(q, row->their_currency);
	db_bind_int(q, row->at.ms);
	n = db_run(q);
	return n < 0 ? n : 0;
}

int store_reconciliation_matched(struct store *s, const char *day, const char *pg, const char *merchant, int64_t matched)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO reconciliation_merchants (reconciliation, day, merchant, matched) "
	                              "VALUES ($1, $2, $3, $4)", "");
	char id[RECONCILIATION_ID_SIZE];
	int n;

	id_of(day, pg, id);
	db_bind_text(q, id);
	db_bind_text(q, day);
	db_bind_text(q, merchant);
	db_bind_int(q, matched);
	n = db_run(q);
	return n < 0 ? n : 0;
}

#define RECONCILIATION "SELECT day, pg, state, day_over, listed, differences, message, started, ended, digest, acknowledged, note FROM reconciliations"

static void read_reconciliation(struct db_stmt *q, struct reconciliation *r)
{
	memset(r, 0, sizeof(*r));
	db_get_text(q, r->day, sizeof(r->day));
	db_get_text(q, r->pg, sizeof(r->pg));
	db_get_text(q, r->state, sizeof(r->state));
	r->day_over = db_get_int(q) != 0;
	r->listed = db_get_int(q);
	r->differences = db_get_int(q);
	db_get_text(q, r->message, sizeof(r->message));
	r->started.ms = db_get_int(q);
	r->ended.ms = db_get_int(q);
	db_get_text(q, r->digest, sizeof(r->digest));
	r->acknowledged.ms = db_get_int(q);
	db_get_text(q, r->note, sizeof(r->note));
}

int store_reconciliation_get(struct store *s, const char *day, const char *pg, struct reconciliation *r)
{
	struct db_stmt *q = db_query(s->db, RECONCILIATION, " WHERE id = $1");
	char id[RECONCILIATION_ID_SIZE];
	bool found;
	int e;

	id_of(day, pg, id);
	db_bind_text(q, id);
	found = db_row(q);
	if (found)
		read_reconciliation(q, r);
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

int store_reconciliations(struct store *s, const char *day, int limit, int (*fn)(const struct reconciliation *r, void *context),
                          void *context)
{
	struct db_stmt *q = db_query(s->db, RECONCILIATION, " WHERE ($1 = '' OR day = $1) ORDER BY day DESC, pg LIMIT $2");
	struct reconciliation r;
	int result = 0, e;

	db_bind_text(q, day);
	db_bind_int(q, limit < STORE_LIST_MAX ? limit : STORE_LIST_MAX);
	while (result == 0 && db_row(q)) {
		read_reconciliation(q, &r);
		if (db_is_well(q))
			result = fn(&r, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}

static void read_row(struct db_stmt *q, struct reconciliation_row *r)
{
	memset(r, 0, sizeof(*r));
	db_get_text(q, r->day, sizeof(r->day));
	db_get_text(q, r->pg, sizeof(r->pg));
	db_get_text(q, r->merchant.text, sizeof(r->merchant.text));
	db_get_text(q, r->class, sizeof(r->class));
	db_get_text(q, r->kind, sizeof(r->kind));
	db_get_text(q, r->order_id, sizeof(r->order_id));
	db_get_text(q, r->request.text, sizeof(r->request.text));
	db_get_text(q, r->our_state, sizeof(r->our_state));
	db_get_text(q, r->their_state, sizeof(r->their_state));
	r->our_minor = db_get_int(q);
	r->their_minor = db_get_int(q);
	db_get_text(q, r->our_currency, sizeof(r->our_currency));
	db_get_text(q, r->their_currency, sizeof(r->their_currency));
	r->at.ms = db_get_int(q);
}

int store_reconciliation_rows(struct store *s, const char *day, const char *merchant, int limit,
                              int (*fn)(const struct reconciliation_row *row, void *context), void *context)
{
	static const char select[] = "SELECT day, pg, merchant, class, kind, order_id, request, our_state, their_state, our_minor, "
	                             "their_minor, our_currency, their_currency, at FROM reconciliation_rows WHERE day = $1";
	struct db_stmt *q = db_query(s->db, select, merchant != NULL ? " AND merchant = $2 ORDER BY seq LIMIT $3" : " ORDER BY seq LIMIT $2");
	struct reconciliation_row row;
	int result = 0, e;

	db_bind_text(q, day);
	if (merchant != NULL)
		db_bind_text(q, merchant);
	db_bind_int(q, limit);
	while (result == 0 && db_row(q)) {
		read_row(q, &row);
		if (db_is_well(q))
			result = fn(&row, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}

/* The status of a day d.day. One of which a list is missing is not clean, whatever the others say, and neither is one whose gateway has
 * none. of: whose rows count; except: the parameter with the gateways that do not; whose: which gateways do of the others. */
#define DAY_STATUS(of, except, whose) "CASE WHEN EXISTS (SELECT 1 FROM reconciliations r WHERE r.day = d.day AND r.state = 'failed' AND " \
	"instr(" except ", ',' || r.pg || ',') = 0" whose ") THEN 'failed' " \
	"WHEN EXISTS (SELECT 1 FROM reconciliation_rows w WHERE w.day = d.day" of ") THEN 'differs' " \
	"WHEN EXISTS (SELECT 1 FROM reconciliation_merchants w JOIN reconciliations r ON r.id = w.reconciliation WHERE w.day = d.day AND " \
	"r.state = 'no_list'" of ") THEN 'not_compared' ELSE 'clean' END"
/* A merchant's: those by which they sell, and those by which they sold on the day. */
#define OF_MERCHANT(merchant) " AND w.merchant = " merchant
#define WHOSE(merchant, own) " AND (r.pg = " own " OR EXISTS (SELECT 1 FROM reconciliation_merchants w WHERE w.reconciliation = r.id" \
	OF_MERCHANT(merchant) "))"

int store_reconciliation_status(struct store *s, const char *day, const char *merchant, const char *own, const char *except,
                                char status[DAY_STATUS_SIZE])
{
	struct db_stmt *q = db_query(s->db, "WITH d (day) AS (SELECT $1) SELECT ", merchant != NULL
	                             ? DAY_STATUS(OF_MERCHANT("$4"), "$2", WHOSE("$4", "$3")) " FROM d" : DAY_STATUS("", "$2", "") " FROM d");
	char text[DAY_STATUS_SIZE] = "";
	int e;

	db_bind_text(q, day);
	db_bind_text(q, except);
	if (merchant != NULL) {
		db_bind_text(q, own);
		db_bind_text(q, merchant);
	}
	if (db_row(q))
		db_get_text(q, text, sizeof(text));
	e = db_end(q);
	if (e == 0)
		memcpy(status, text, sizeof(text));
	return e;
}

/* Days that begin after one moment and before another: from the first on, up to and with the last. */
static void print_range(const struct list_page *p, char first[DAY_SIZE], char last[DAY_SIZE])
{
	int64_t from = p->after.ms > 0 ? date_day_in_korea(p->after) + 1 : 0;
	int64_t to = p->before.ms > 0 ? date_day_in_korea((struct wall){ p->before.ms - 1 }) : DAYS_MOST;

	date_print(date_from_days(from < DAYS_MOST ? from : DAYS_MOST), first);
	date_print(date_from_days(to < DAYS_MOST ? to : DAYS_MOST), last);
}

int list_reconciliations(struct store *s, const struct list_page *p, int (*fn)(const char *day, void *context), void *context)
{
	struct db_stmt *q;
	struct date unused;
	char first[DAY_SIZE], last[DAY_SIZE], day[DAY_SIZE];
	int result = 0, e;

	if (p->after_id[0] != '\0' && date_parse(p->after_id, &unused) < 0)
		return ERR_INVALID;
	print_range(p, first, last);
	q = db_query(s->db, "SELECT DISTINCT d.day FROM reconciliation_merchants d WHERE d.merchant = $1 AND d.day >= $2 AND d.day <= $3 AND d.day < $4 "
	             "AND ($5 = '' OR $5 = " DAY_STATUS(OF_MERCHANT("$1"), "$6", WHOSE("$1", "$7")) ") ORDER BY d.day DESC LIMIT $8", "");
	db_bind_text(q, p->merchant);
	db_bind_text(q, first);
	db_bind_text(q, last);
	db_bind_text(q, p->after_id[0] != '\0' ? p->after_id : "~");
	db_bind_text(q, p->status);
	db_bind_text(q, p->except != NULL ? p->except : "");
	db_bind_text(q, p->own != NULL ? p->own : "");
	db_bind_int(q, p->limit < STORE_LIST_MAX ? p->limit : STORE_LIST_MAX);
	while (result == 0 && db_row(q)) {
		db_get_text(q, day, sizeof(day));
		if (db_is_well(q))
			result = fn(day, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}

/* Rows of (class, count). */
static int each_count(struct db_stmt *q, int (*fn)(const char *class, int64_t count, void *context), void *context)
{
	int result = 0, e;

	while (result == 0 && db_row(q)) {
		char class[16];
		int64_t count;

		db_get_text(q, class, sizeof(class));
		count = db_get_int(q);
		if (db_is_well(q))
			result = fn(class, count, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}

int store_reconciliation_counts(struct store *s, const char *day, const char *merchant,
                                int (*fn)(const char *class, int64_t count, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, "SELECT 'matched', COALESCE(SUM(matched), 0) FROM reconciliation_merchants WHERE day = $1",
	                             merchant != NULL ? " AND merchant = $2" : "");
	int e;

	db_bind_text(q, day);
	if (merchant != NULL)
		db_bind_text(q, merchant);
	e = each_count(q, fn, context);
	if (e != 0)
		return e;
	q = db_query(s->db, "SELECT class, COUNT(*) FROM reconciliation_rows WHERE day = $1",
	             merchant != NULL ? " AND merchant = $2 GROUP BY class" : " GROUP BY class");
	db_bind_text(q, day);
	if (merchant != NULL)
		db_bind_text(q, merchant);
	return each_count(q, fn, context);
}

int store_reconciliation_concerns(struct store *s, const char *day, const char *pg, const char *merchant, bool *concerns)
{
	struct db_stmt *q = db_query(s->db, "SELECT 1 FROM reconciliation_merchants WHERE reconciliation = $1 AND merchant = $2", "");
	char id[RECONCILIATION_ID_SIZE];
	bool found;
	int e;

	id_of(day, pg, id);
	db_bind_text(q, id);
	db_bind_text(q, merchant);
	found = db_row(q);
	e = db_end(q);
	if (e == 0)
		*concerns = found;
	return e;
}

int store_reconciliation_listed(struct store *s, const char *day, const char *pg, const char *merchant, int64_t *listed)
{
	struct db_stmt *q = db_query(s->db, "SELECT (SELECT COALESCE(SUM(matched), 0) FROM reconciliation_merchants WHERE reconciliation = $1 AND "
	                             "merchant = $2) + (SELECT COUNT(*) FROM reconciliation_rows WHERE reconciliation = $1 AND merchant = $2 AND "
	                             "their_state <> '')", "");
	char id[RECONCILIATION_ID_SIZE];
	int64_t count = 0;
	int e;

	id_of(day, pg, id);
	db_bind_text(q, id);
	db_bind_text(q, merchant);
	if (db_row(q))
		count = db_get_int(q);
	e = db_end(q);
	if (e == 0)
		*listed = count;
	return e;
}

/* ---- our side ---- */

static int each_booked(struct db_stmt *q, const char *pg, struct wall from, struct wall to, const struct booked *after, int limit,
                       int (*fn)(const struct booked *b, void *context), void *context)
{
	struct booked b;
	int result = 0, e;

	db_bind_text(q, pg);
	db_bind_int(q, from.ms);
	db_bind_int(q, to.ms);
	db_bind_int(q, after != NULL ? after->at.ms : from.ms);
	db_bind_int(q, after != NULL ? after->place : 0);
	db_bind_int(q, limit);
	while (result == 0 && db_row(q)) {
		memset(&b, 0, sizeof(b));
		db_get_text(q, b.order_id, sizeof(b.order_id));
		db_get_text(q, b.merchant.text, sizeof(b.merchant.text));
		db_get_text(q, b.request.text, sizeof(b.request.text));
		b.amount.amount_minor = db_get_int(q);
		db_get_text(q, b.amount.currency, sizeof(b.amount.currency));
		b.at.ms = db_get_int(q);
		b.place = db_get_int(q);
		if (db_is_well(q))
			result = fn(&b, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}

int store_booked_payments(struct store *s, const char *pg, struct wall from, struct wall to, const struct booked *after, int limit,
                          int (*fn)(const struct booked *b, void *context), void *context)
{
	static const char sql[] =
		"SELECT a.id, r.merchant, r.id, a.amount_minor, a.currency, r.approved, r.seq FROM requests r JOIN attempts a "
		"ON a.id = r.pg_order_id WHERE a.pg = $1 AND a.verb = 'pay' AND a.state = 'ok' AND r.approved > 0 AND r.approved >= $2 "
		"AND r.approved < $3 AND (r.approved > $4 OR (r.approved = $4 AND r.seq > $5)) ORDER BY r.approved, r.seq LIMIT $6";

	return each_booked(db_query(s->db, sql, ""), pg, from, to, after, limit, fn, context);
}

int store_booked_cancels(struct store *s, const char *pg, struct wall from, struct wall to, const struct booked *after, int limit,
                         int (*fn)(const struct booked *b, void *context), void *context)
{
	static const char sql[] =
		"SELECT id, merchant, request, amount_minor, currency, canceled, seq FROM cancellations WHERE pg = $1 AND canceled > 0 "
		"AND canceled >= $2 AND canceled < $3 AND (canceled > $4 OR (canceled = $4 AND seq > $5)) ORDER BY canceled, seq LIMIT $6";

	return each_booked(db_query(s->db, sql, ""), pg, from, to, after, limit, fn, context);
}

int store_first_merchant(struct store *s, struct wall *created)
{
	struct db_stmt *q = db_query(s->db, "SELECT created FROM merchants ORDER BY seq LIMIT 1", "");
	bool found = db_row(q);
	int64_t ms = found ? db_get_int(q) : 0;
	int e = db_end(q);

	if (e < 0 || !found)
		return e < 0 ? e : ERR_NOT_FOUND;
	created->ms = ms;
	return 0;
}
