#include "store/store_priv.h"

static const struct field fields[] = {
	FIXED(TEXT, call_record, id.text, "id"),
	FIXED(INT64, call_record, line_call, "line_call"),
	FIXED(UINT, call_record, span, "span"),
	FIXED(UINT, call_record, channel, "channel"),
	FIELD(TEXT, call_record, called.digits, "called"),
	SEALED_FIXED(call_record, caller.digits, "caller"),
	FIELD(UINT, call_record, screening, "screening"),
	FIELD(UINT, call_record, presentation, "presentation"),
	FIELD(UINT, call_record, diverted, "diverted"),
	FIELD(TEXT, call_record, request.text, "request"),
	FIELD(TEXT, call_record, merchant.text, "merchant"),
	FIELD(TEXT, call_record, scenario, "scenario"),
	FIELD(TEXT, call_record, language, "language"),
	FIELD(TEXT, call_record, speed, "speed"),
	FIELD(TEXT, call_record, state, "state"),
	FIELD(TEXT, call_record, step, "step"),
	FIELD(UINT, call_record, cause, "cause"),
	FIXED(INT64, call_record, offered.ms, "offered"),
	FIELD(INT64, call_record, answered.ms, "answered"),
	FIELD(INT64, call_record, ended.ms, "ended"),
};
const struct record_kind call_kind = { "calls", fields, ARRAY_LEN(fields), false };

const char calls_open_tail[] = " WHERE ended = 0 ORDER BY seq";

int store_call_add(struct store *s, const struct call_record *c)
{
	return record_insert(s->db, &call_kind, &s->sql[KIND_CALL], c);
}

int store_call_update(struct store *s, const struct call_record *c)
{
	return record_update(s->db, &call_kind, &s->sql[KIND_CALL], c, NULL);
}

int store_call_get(struct store *s, const char *id, struct call_record *c)
{
	return record_get(s->db, &call_kind, &s->sql[KIND_CALL], id, c);
}

int store_calls_list(struct store *s, int limit, int (*fn)(const struct call_record *c, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_CALL].select, " ORDER BY seq DESC LIMIT $1");
	struct call_record c;

	db_bind_int(q, limit < STORE_LIST_MAX ? limit : STORE_LIST_MAX);
	return STORE_EACH(q, call_kind, c, fn, context);
}

int store_calls_open(struct store *s, int (*fn)(const struct call_record *c, void *context), void *context)
{
	struct call_record c;

	return STORE_EACH(db_query(s->db, s->sql[KIND_CALL].select, calls_open_tail), call_kind, c, fn, context);
}

int store_call_step_add(struct store *s, const char *call_id, struct wall at, const char *what, const char *step,
                        const char *detail)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO call_steps (call, at, what, step, detail) "
	                              "VALUES ($1, $2, $3, $4, $5)", "");
	int n;

	db_bind_text(q, call_id);
	db_bind_int(q, at.ms);
	db_bind_text(q, what);
	db_bind_text(q, step);
	db_bind_text(q, detail);
	n = db_run(q);
	return n < 0 ? n : 0;
}

int store_call_steps_each(struct store *s, const char *call_id,
                          int (*fn)(struct wall at, const char *what, const char *step, const char *detail,
                                    void *context),
                          void *context)
{
	struct db_stmt *q = db_query(s->db, "SELECT at, what, step, detail FROM call_steps WHERE call = $1 ORDER BY seq", "");
	int result = 0, e;

	db_bind_text(q, call_id);
	while (result == 0 && db_row(q)) {
		char what[STORE_STEP_WORD_SIZE], step[STORE_STEP_WORD_SIZE], detail[STORE_STEP_DETAIL_SIZE];
		struct wall at = { db_get_int(q) };

		db_get_text(q, what, sizeof(what));
		db_get_text(q, step, sizeof(step));
		db_get_text(q, detail, sizeof(detail));
		if (db_is_well(q))
			result = fn(at, what, step, detail, context);
	}
	e = db_end(q);
	return e < 0 ? e : result;
}
