#include "store/schedules.h"

#include "store/store_priv.h"

static const struct field fields[] = {
	FIXED(TEXT, schedule, id.text, "id"),
	FIXED(TEXT, schedule, merchant.text, "merchant"),
	FIXED(TEXT, schedule, billing_key.text, "billing_key"),
	FIELD(TEXT, schedule, state, "state"),
	FIELD(TEXT, schedule, reason, "reason"),
	FIELD(TEXT, schedule, order_id, "order_id"),
	FIELD(TEXT, schedule, order_name, "order_name"),
	FIELD(INT64, schedule, amount.amount_minor, "amount_minor"),
	FIELD(TEXT, schedule, amount.currency, "currency"),
	FIELD(INT64, schedule, tax.free_minor, "tax_free_minor"),
	FIELD(INT64, schedule, tax.vat_minor, "vat_minor"),
	FIELD(TEXT, schedule, cycle, "cycle"),
	FIELD(UINT, schedule, consent_skip, "consent_skip"),
	FIELD(UINT, schedule, other_card_allowed, "other_card_allowed"),
	FIELD(UINT, schedule, sms_skip, "sms_skip"),
	FIELD(TEXT, schedule, instalment_mode, "instalment_mode"),
	FIELD(UINT, schedule, instalment_months, "instalment_months"),
	FIELD(TEXT, schedule, instalment_allowed, "instalment_allowed"),
	FIELD(TEXT, schedule, interest_free, "interest_free"),
	FIELD(TEXT, schedule, language, "language"),
	FIELD(TEXT, schedule, speed, "speed"),
	FIELD(UINT, schedule, expires_in_s, "expires_in_s"),
	FIELD(UINT, schedule, repeat, "repeat"),
	FIELD(UINT, schedule, month_day, "month_day"),
	FIELD(UINT, schedule, every_days, "every_days"),
	FIELD(UINT, schedule, minute, "minute"),
	FIELD(INT64, schedule, starts, "starts"),
	FIELD(INT64, schedule, ends, "ends"),
	FIELD(UINT, schedule, runs_most, "runs_most"),
	FIELD(UINT, schedule, runs, "runs"),
	FIELD(UINT, schedule, missed, "missed"),
	FIELD(TEXT, schedule, delay, "delay"),
	FIELD(TEXT, schedule, last_payment, "last_payment"),
	FIELD(INT64, schedule, next_run.ms, "next_run"),
	FIELD(INT64, schedule, due.ms, "due"),
	FIELD(INT64, schedule, last_run.ms, "last_run"),
	FIELD(INT64, schedule, made_for.ms, "made_for"),
	FIXED(INT64, schedule, created.ms, "created"),
	FIELD(INT64, schedule, updated.ms, "updated"),
};
const struct record_kind schedule_kind = { "schedules", fields, ARRAY_LEN(fields), true };

const char schedules_due_tail[] = " WHERE state = 'active' AND due <= $1 ORDER BY due LIMIT $2";
const char schedules_key_tail[] = " WHERE billing_key = $1 AND state <> 'ended' ORDER BY seq";

int store_schedule_add(struct store *s, const struct schedule *c)
{
	return record_insert(s->db, &schedule_kind, &s->sql[KIND_SCHEDULE], c);
}

int store_schedule_get(struct store *s, const char *id, struct schedule *c)
{
	return record_get(s->db, &schedule_kind, &s->sql[KIND_SCHEDULE], id, c);
}

int store_schedule_update(struct store *s, const struct schedule *c, const char *expected_state)
{
	return record_update(s->db, &schedule_kind, &s->sql[KIND_SCHEDULE], c, expected_state);
}

int store_schedules_due(struct store *s, struct wall now, int limit, int (*fn)(const struct schedule *c, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_SCHEDULE].select, schedules_due_tail);
	struct schedule c;

	db_bind_int(q, now.ms);
	db_bind_int(q, limit);
	return STORE_EACH(q, schedule_kind, c, fn, context);
}

int store_schedules_of_key(struct store *s, const char *billing_key, int (*fn)(const struct schedule *c, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_SCHEDULE].select, schedules_key_tail);
	struct schedule c;

	db_bind_text(q, billing_key);
	return STORE_EACH(q, schedule_kind, c, fn, context);
}
