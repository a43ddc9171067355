#include "store/store_priv.h"

static const struct field fields[] = {
	FIXED(TEXT, billing_key, id.text, "id"),
	FIXED(TEXT, billing_key, merchant.text, "merchant"),
	FIXED(TEXT, billing_key, registration.text, "registration"),
	FIELD(TEXT, billing_key, customer_ref, "customer_ref"),
	FIELD(TEXT, billing_key, pg, "pg"),
	SEALED(billing_key, pg_billing_key, "pg_billing_key"),
	FIELD(TEXT, billing_key, status, "status"),
	SEALED_FIXED(billing_key, phone.digits, "phone"),
	FINDS(billing_key, phone.digits, "phone_index"),
	FIELD(TEXT, billing_key, card.bin, "card_bin"),
	FIELD(TEXT, billing_key, card.last4, "card_last4"),
	FIELD(TEXT, billing_key, card.brand, "card_brand"),
	FIELD(TEXT, billing_key, card.issuer, "card_issuer"),
	FIELD(UINT, billing_key, card.type, "card_type"),
	FIELD(BLOB, billing_key, fingerprint, "fingerprint"),
	FIELD(TEXT, billing_key, delete_reason, "delete_reason"),
	FIXED(INT64, billing_key, created.ms, "created"),
	FIELD(INT64, billing_key, updated.ms, "updated"),
	FIELD(INT64, billing_key, last_used.ms, "last_used"),
};
const struct record_kind billing_key_kind = { "billing_keys", fields, ARRAY_LEN(fields), false };

int store_billing_key_add(struct store *s, const struct billing_key *k)
{
	return record_insert(s->db, &billing_key_kind, &s->sql[KIND_BILLING_KEY], k);
}

int store_billing_key_get(struct store *s, const char *id, struct billing_key *k)
{
	return record_get(s->db, &billing_key_kind, &s->sql[KIND_BILLING_KEY], id, k);
}

int store_billing_key_update(struct store *s, const struct billing_key *k)
{
	return record_update(s->db, &billing_key_kind, &s->sql[KIND_BILLING_KEY], k, NULL);
}

/* The conditions must read as the indexes' do: by index, or clear while the job has not come. */
const char billing_keys_phone_tail[] =
	" WHERE seq IN (SELECT seq FROM billing_keys WHERE phone_index IN ($1, $2, $3, $4) AND status <> 'deleted' AND phone_index <> '' "
	"UNION ALL SELECT seq FROM billing_keys WHERE phone = $5 AND status <> 'deleted' AND phone_index = '') ORDER BY seq DESC LIMIT $6";

int store_billing_keys_of_phone(struct store *s, const struct phone *phone, int limit,
                                int (*fn)(const struct billing_key *k, void *context), void *context)
{
	char index[COLUMNS_INDEXES][COLUMNS_INDEX_SIZE];
	struct billing_key k;
	struct db_stmt *q;
	int e = columns_are_locked(s) ? ERR_STATE
	        : columns_indexes(s->columns, &(struct column_index){ "billing_keys", "", phone->digits }, index);

	if (e < 0)
		return e;
	q = db_query(s->db, s->sql[KIND_BILLING_KEY].select, billing_keys_phone_tail);
	for (int i = 0; i < COLUMNS_INDEXES; i++)
		db_bind_text(q, index[i]);
	db_bind_text(q, phone->digits);
	db_bind_int(q, limit < STORE_LIST_MAX ? limit : STORE_LIST_MAX);
	return STORE_EACH(q, billing_key_kind, k, fn, context);
}
