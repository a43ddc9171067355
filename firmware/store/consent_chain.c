#include "store/consent_chain.h"

#include <string.h>

#include "store/store_priv.h"

static const struct field fields[] = {
	FIXED(TEXT, consent_link, consent.text, "id"),
	FIXED(INT64, consent_link, number, "number"),
	FIXED(TEXT, consent_link, merchant.text, "merchant"),
	FIXED(TEXT, consent_link, request.text, "request"),
	SEALED_FIXED(consent_link, record, "record"),
	FIXED(BLOB, consent_link, previous, "previous"),
	FIXED(BLOB, consent_link, record_hash, "record_hash"),
	FIXED(BLOB, consent_link, link_hash, "link_hash"),
	FIELD(TEXT, consent_link, key, "sign_key"),
	FIELD(BLOB, consent_link, signature, "signature"),
	FIXED(INT64, consent_link, at.ms, "at"),
};
const struct record_kind consent_link_kind = { "consent_chain", fields, ARRAY_LEN(fields), false };

/* Records are large: one for all look-ups, which do not nest. */
static struct consent_link scratch;

int store_chain_add(struct store *s, const struct consent_link *l)
{
	return record_insert(s->db, &consent_link_kind, &s->sql[KIND_CONSENT_LINK], l);
}

int store_chain_get(struct store *s, const char *consent_id, struct consent_link *l)
{
	return record_get(s->db, &consent_link_kind, &s->sql[KIND_CONSENT_LINK], consent_id, l);
}

int store_chain_at(struct store *s, int64_t number, struct consent_link *l)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_CONSENT_LINK].select, " WHERE number = $1");
	bool found;
	int e;

	db_bind_int(q, number);
	found = db_row(q);
	if (found)
		record_read(q, &consent_link_kind, l);
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

int store_chain_head(struct store *s, int64_t *number, uint8_t link_hash[CONSENT_HASH_SIZE])
{
	struct db_stmt *q = db_query(s->db, "SELECT number, link_hash FROM consent_chain ORDER BY number DESC LIMIT 1", "");
	uint8_t hash[CONSENT_HASH_SIZE] = { 0 };
	int64_t n = 0;
	bool found = db_row(q);
	int e;

	if (found) {
		n = db_get_int(q);
		db_get_blob(q, hash, sizeof(hash));
	}
	e = db_end(q);
	if (e < 0 || !found)
		return e < 0 ? e : ERR_NOT_FOUND;
	*number = n;
	memcpy(link_hash, hash, sizeof(hash));
	return 0;
}

int store_chain_sign(struct store *s, const struct consent_link *l)
{
	struct db_stmt *q = db_change(s->db, "UPDATE consent_chain SET sign_key = $1, signature = $2 WHERE id = $3 AND sign_key = ''", "");
	int n;

	db_bind_text(q, l->key);
	db_bind_blob(q, l->signature, sizeof(l->signature));
	db_bind_text(q, l->consent.text);
	n = db_run(q);
	return n < 0 ? n : n > 0 ? 0 : ERR_STATE;
}

/* The condition must read as the index's does. */
const char chain_unsigned_tail[] = " WHERE sign_key = '' ORDER BY number LIMIT $1";

int store_chain_unsigned(struct store *s, int limit, int (*fn)(const struct consent_link *l, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_CONSENT_LINK].select, chain_unsigned_tail);

	db_bind_int(q, limit);
	return STORE_EACH(q, consent_link_kind, scratch, fn, context);
}

int store_chain_unsigned_count(struct store *s, int64_t *count)
{
	struct db_stmt *q = db_query(s->db, "SELECT COUNT(*) FROM consent_chain WHERE sign_key = ''", "");
	int64_t n = db_row(q) ? db_get_int(q) : 0;
	int e = db_end(q);

	if (e == 0)
		*count = n;
	return e;
}

int store_chain_newest(struct store *s, int limit, int (*fn)(const struct consent_link *l, void *context), void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_CONSENT_LINK].select, " ORDER BY number DESC LIMIT $1");

	db_bind_int(q, limit < STORE_LIST_MAX ? limit : STORE_LIST_MAX);
	return STORE_EACH(q, consent_link_kind, scratch, fn, context);
}

int store_sign_key_add(struct store *s, const char *id, const char *public_key, struct wall since)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO sign_keys (id, public_key, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", "");
	int n;

	db_bind_text(q, id);
	db_bind_text(q, public_key);
	db_bind_int(q, since.ms);
	n = db_run(q);
	return n < 0 ? n : 0;
}

int store_sign_key_get(struct store *s, const char *id, char public_key[SIGN_KEY_SIZE])
{
	struct db_stmt *q = db_query(s->db, "SELECT public_key FROM sign_keys WHERE id = $1", "");
	char text[SIGN_KEY_SIZE] = "";
	bool found;
	int e;

	db_bind_text(q, id);
	found = db_row(q);
	if (found)
		db_get_text(q, text, sizeof(text));
	e = db_end(q);
	if (e < 0 || !found)
		return e < 0 ? e : ERR_NOT_FOUND;
	memcpy(public_key, text, sizeof(text));
	return 0;
}
