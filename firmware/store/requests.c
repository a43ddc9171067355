/* requests.c: registrations and payments. Whose a request is and its order id are fixed when it is added. */
#include "store/store_priv.h"

static const struct field fields[] = {
	FIXED(TEXT, request, id.text, "id"),
	FIXED(UINT, request, kind, "kind"),
	FIXED(TEXT, request, merchant.text, "merchant"),
	FIELD(TEXT, request, state, "state"),
	FIELD(TEXT, request, customer_ref, "customer_ref"),
	FIXED(TEXT, request, order_id, "order_id"),
	SEALED_FIXED(request, phone.digits, "phone"),
	FIELD(TEXT, request, virtual_number.digits, "virtual_number"),
	FIELD(TEXT, request, merchant_name, "merchant_name"),
	FIELD(TEXT, request, product_name, "product_name"),
	FIELD(TEXT, request, speech_merchant, "speech_merchant"),
	FIELD(TEXT, request, speech_product, "speech_product"),
	FIELD(INT64, request, amount.amount_minor, "amount_minor"),
	FIELD(TEXT, request, amount.currency, "currency"),
	FIXED(INT64, request, tax.free_minor, "tax_free_minor"),
	FIXED(INT64, request, tax.vat_minor, "vat_minor"),
	FIELD(TEXT, request, cycle, "cycle"),
	FIELD(TEXT, request, language, "language"),
	FIELD(TEXT, request, speed, "speed"),
	FIELD(TEXT, request, billing_key.text, "billing_key"),
	FIXED(TEXT, request, schedule.text, "schedule"),
	FIELD(UINT, request, consent_skip, "consent_skip"),
	FIELD(UINT, request, other_card_allowed, "other_card_allowed"),
	FIELD(UINT, request, sms_skip, "sms_skip"),
	FIELD(TEXT, request, instalment_mode, "instalment_mode"),
	FIELD(UINT, request, instalment_months, "instalment_months"),
	FIELD(BLOB, request, allowed, "allowed_months"),
	FIELD(BLOB, request, interest_free, "interest_free_months"),
	FIELD(UINT, request, interest_free_chosen, "interest_free_chosen"),
	FIELD(UINT, request, other_card_used, "other_card_used"),
	FIELD(UINT, request, keep_card, "keep_card"),
	FIELD(TEXT, request, card.bin, "card_bin"),
	FIELD(TEXT, request, card.last4, "card_last4"),
	FIELD(TEXT, request, card.brand, "card_brand"),
	FIELD(TEXT, request, card.issuer, "card_issuer"),
	FIELD(UINT, request, card.type, "card_type"),
	FIELD(TEXT, request, pg_order_id, "pg_order_id"),
	FIELD(TEXT, request, approval_no, "approval_no"),
	FIELD(TEXT, request, tid, "tid"),
	FIELD(TEXT, request, failure_code, "failure_code"),
	FIELD(TEXT, request, failure_class, "failure_class"),
	FIELD(TEXT, request, failure_message, "failure_message"),
	FIELD(UINT, request, calls, "calls"),
	FIELD(UINT, request, attempts, "attempts"),
	FIELD(UINT, request, retries, "retries"),
	FIELD(UINT, request, attempts_before, "attempts_before"),
	FIELD(INT64, request, canceled_minor, "canceled_minor"),
	FIELD(TEXT, request, last_call, "last_call"),
	FIXED(INT64, request, created.ms, "created"),
	FIELD(INT64, request, updated.ms, "updated"),
	FIELD(INT64, request, expires.ms, "expires"),
	FIELD(INT64, request, approved.ms, "approved"),
};
const struct record_kind request_kind = { "requests", fields, ARRAY_LEN(fields), true };

const char request_in_state_tail[] = " WHERE state = $1 AND ($2 = 0 OR kind = $2) ORDER BY seq";
/* One whose time ends in a call or at the PG must not stand in the way of the others. */
const char request_expired_tail[] = " WHERE leased = 1 AND expires <= $1 "
	"AND state NOT IN ('in_call', 'verifying', 'authorizing', 'unknown') ORDER BY expires LIMIT $2";

int store_request_add(struct store *s, const struct request *r)
{
	int e = record_insert(s->db, &request_kind, &s->sql[KIND_REQUEST], r);
	struct db_stmt *q;

	if (e < 0 || r->virtual_number.digits[0] == '\0')
		return e;
	/* The lease may have been taken first: then it could not mark the request. */
	q = db_change(s->db, "UPDATE requests SET leased = 1 WHERE id = $1 AND EXISTS "
	              "(SELECT 1 FROM leases WHERE leases.request = $1)", "");
	db_bind_text(q, r->id.text);
	e = db_run(q);
	return e < 0 ? e : 0;
}

int store_request_get(struct store *s, const char *id, struct request *r)
{
	return record_get(s->db, &request_kind, &s->sql[KIND_REQUEST], id, r);
}

int store_request_update(struct store *s, const struct request *r, const char *expected_state)
{
	return record_update(s->db, &request_kind, &s->sql[KIND_REQUEST], r, expected_state);
}

int store_requests_list(struct store *s, int kind, int limit, int (*fn)(const struct request *r, void *context),
                        void *context)
{
	static const char both[] = " ORDER BY seq DESC LIMIT $1", one[] = " WHERE kind = $1 ORDER BY seq DESC LIMIT $2";
	struct db_stmt *q = db_query(s->db, s->sql[KIND_REQUEST].select, kind == 0 ? both : one);
	struct request r;

	if (kind != 0)
		db_bind_int(q, kind);
	db_bind_int(q, limit < STORE_LIST_MAX ? limit : STORE_LIST_MAX);
	return STORE_EACH(q, request_kind, r, fn, context);
}

int store_requests_in_state(struct store *s, int kind, const char *state, int (*fn)(const struct request *r,
                                                                                    void *context),
                            void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_REQUEST].select, request_in_state_tail);
	struct request r;

	db_bind_text(q, state);
	db_bind_int(q, kind);
	return STORE_EACH(q, request_kind, r, fn, context);
}

/* By state first: of those that live there are few. */
const char request_live_key_tail[] = " WHERE state IN ('created', 'sms_sent', 'in_call', 'verifying', 'authorizing', 'unknown') "
	"AND billing_key = $1 ORDER BY seq";

int store_requests_live_with_key(struct store *s, const char *billing_key, int (*fn)(const struct request *r, void *context),
                                 void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_REQUEST].select, request_live_key_tail);
	struct request r;

	db_bind_text(q, billing_key);
	return STORE_EACH(q, request_kind, r, fn, context);
}

int store_requests_expired(struct store *s, struct wall now, int limit, int (*fn)(const struct request *r,
                                                                                  void *context),
                           void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_REQUEST].select, request_expired_tail);
	struct request r;

	db_bind_int(q, now.ms);
	db_bind_int(q, limit);
	return STORE_EACH(q, request_kind, r, fn, context);
}
