/* sms.c: text messages and merchants' texts. */
#include "store/sms.h"

#include <stdio.h>
#include <string.h>

#include "store/store_priv.h"

static const struct field fields[] = {
	FIXED(TEXT, sms_record, id, "id"),
	FIXED(TEXT, sms_record, request.text, "request"),
	FIXED(TEXT, sms_record, template, "template"),
	FIELD(TEXT, sms_record, status, "status"),
	FIELD(TEXT, sms_record, provider, "provider"),
	FIELD(TEXT, sms_record, provider_id, "provider_id"),
	FIELD(UINT, sms_record, unsure, "unsure"),
	FIELD(UINT, sms_record, fallback, "fallback"),
	FIXED(UINT, sms_record, lms, "lms"),
	FIXED(TEXT, sms_record, subject, "subject"),
	FIXED(TEXT, sms_record, replaced, "replaced"),
	FIXED(UINT, sms_record, retries, "retries"),
	FIELD(TEXT, sms_record, detail, "detail"),
	FIXED(INT64, sms_record, created.ms, "created"),
	FIELD(INT64, sms_record, updated.ms, "updated"),
};
const struct record_kind sms_kind = { "sms", fields, ARRAY_LEN(fields), false };

int store_sms_add(struct store *s, const struct sms_record *r)
{
	return record_insert(s->db, &sms_kind, &s->sql[KIND_SMS], r);
}

int store_sms_update(struct store *s, const struct sms_record *r)
{
	return record_update(s->db, &sms_kind, &s->sql[KIND_SMS], r, NULL);
}

int store_sms_get(struct store *s, const char *id, struct sms_record *r)
{
	return record_get(s->db, &sms_kind, &s->sql[KIND_SMS], id, r);
}

/* The one row of q. */
static int read_one(struct db_stmt *q, struct sms_record *r)
{
	bool found = db_row(q);
	int e;

	if (found)
		record_read(q, &sms_kind, r);
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

int store_sms_by_provider(struct store *s, const char *provider, const char *provider_id, struct sms_record *r)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_SMS].select,
	                             " WHERE provider = $1 AND provider_id = $2 AND provider_id <> '' ORDER BY seq DESC LIMIT 1");

	db_bind_text(q, provider);
	db_bind_text(q, provider_id);
	return read_one(q, r);
}

int store_sms_last(struct store *s, const char *request_id, struct sms_record *r)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_SMS].select, " WHERE request = $1 ORDER BY seq DESC LIMIT 1");

	db_bind_text(q, request_id);
	return read_one(q, r);
}

int store_sms_asked(struct store *s, const char *request_id, int *count)
{
	struct db_stmt *q = db_query(s->db, "SELECT COUNT(*) FROM sms WHERE request = $1 AND id LIKE 'sms_%'", "");
	int64_t n;
	int e;

	db_bind_text(q, request_id);
	n = db_row(q) ? db_get_int(q) : 0;
	e = db_end(q);
	if (e == 0)
		*count = (int)n;
	return e;
}

/* ---- receipts that came before their message had its id ---- */

int store_sms_early_add(struct store *s, const struct sms_early *r)
{
	struct db_stmt *q = db_change(s->db, "INSERT INTO sms_early (provider, provider_id, delivered, detail, at) VALUES ($1, $2, $3, $4, $5) "
	                              "ON CONFLICT (provider, provider_id) DO NOTHING", "");
	int n;

	db_bind_text(q, r->provider);
	db_bind_text(q, r->provider_id);
	db_bind_int(q, r->delivered);
	db_bind_text(q, r->detail);
	db_bind_int(q, r->at.ms);
	n = db_run(q);
	return n < 0 ? n : 0;
}

static int early_get(struct store *s, const char *provider, const char *provider_id, struct sms_early *r)
{
	struct db_stmt *q = db_query(s->db, "SELECT delivered, detail, at FROM sms_early WHERE provider = $1 AND provider_id = $2", "");
	struct sms_early made = { .delivered = false };
	bool found;
	int e;

	db_bind_text(q, provider);
	db_bind_text(q, provider_id);
	found = db_row(q);
	if (found) {
		made.delivered = db_get_int(q) != 0;
		db_get_text(q, made.detail, sizeof(made.detail));
		made.at.ms = db_get_int(q);
	}
	e = db_end(q);
	if (e < 0 || !found)
		return e < 0 ? e : ERR_NOT_FOUND;
	snprintf(made.provider, sizeof(made.provider), "%s", provider);
	snprintf(made.provider_id, sizeof(made.provider_id), "%s", provider_id);
	*r = made;
	return 0;
}

int store_sms_early_take(struct store *s, const char *provider, const char *provider_id, struct sms_early *r)
{
	struct sms_early found;
	struct db_stmt *q;
	int n = early_get(s, provider, provider_id, &found);

	if (n < 0)
		return n;
	q = db_change(s->db, "DELETE FROM sms_early WHERE provider = $1 AND provider_id = $2", "");
	db_bind_text(q, provider);
	db_bind_text(q, provider_id);
	n = db_run(q);
	if (n < 0)
		return n;
	*r = found;
	return 0;
}

int store_sms_early_purge(struct store *s, struct wall before, int most)
{
	struct db_stmt *q = db_change(s->db, "DELETE FROM sms_early WHERE (provider, provider_id) IN "
	                              "(SELECT provider, provider_id FROM sms_early WHERE at <= $1 ORDER BY at LIMIT $2)", "");

	db_bind_int(q, before.ms);
	db_bind_int(q, most);
	return db_run(q);
}

/* ---- templates ---- */

static void bind_key(struct db_stmt *q, const char *merchant, const char *name, const char *language)
{
	db_bind_text(q, merchant);
	db_bind_text(q, name);
	db_bind_text(q, language);
}

int store_sms_template_put(struct store *s, const struct sms_template *t)
{
	bool none = t->text[0] == '\0';
	struct db_stmt *q = db_change(s->db, none ? "DELETE FROM sms_templates WHERE merchant = $1 AND name = $2 AND language = $3" :
	                              "INSERT INTO sms_templates (merchant, name, language, text, updated) VALUES ($1, $2, $3, $4, $5) "
	                              "ON CONFLICT (merchant, name, language) DO UPDATE SET text = $4, updated = $5", "");
	int n;

	bind_key(q, t->merchant.text, t->name, t->language);
	if (!none) {
		db_bind_text(q, t->text);
		db_bind_int(q, t->updated.ms);
	}
	n = db_run(q);
	return n < 0 ? n : 0;
}

int store_sms_template_get(struct store *s, const char *merchant, const char *name, const char *language, struct sms_template *t)
{
	struct db_stmt *q = db_query(s->db, "SELECT text, updated FROM sms_templates WHERE merchant = $1 AND name = $2 AND language = $3", "");
	struct sms_template made = { 0 };
	bool found;
	int e;

	bind_key(q, merchant, name, language);
	found = db_row(q);
	if (found) {
		db_get_text(q, made.text, sizeof(made.text));
		made.updated.ms = db_get_int(q);
	}
	e = db_end(q);
	if (e < 0 || !found)
		return e < 0 ? e : ERR_NOT_FOUND;
	snprintf(made.merchant.text, sizeof(made.merchant.text), "%s", merchant);
	snprintf(made.name, sizeof(made.name), "%s", name);
	snprintf(made.language, sizeof(made.language), "%s", language);
	*t = made;
	return 0;
}
