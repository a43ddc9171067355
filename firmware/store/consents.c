#include "store/store_priv.h"

/* Evidence: nothing of it is ever updated. */
static const struct field fields[] = {
	FIXED(TEXT, consent, id.text, "id"),
	FIXED(TEXT, consent, request.text, "request"),
	FIXED(TEXT, consent, call.text, "call"),
	FIXED(TEXT, consent, kind, "kind"),
	FIXED(TEXT, consent, scenario, "scenario"),
	FIXED(TEXT, consent, scenario_hash, "scenario_hash"),
	FIXED(TEXT, consent, prompts, "prompts"),
	FIXED(TEXT, consent, language, "language"),
	FIXED(TEXT, consent, speed, "speed"),
	FIXED(LETTER, consent, key, "consent_key"),
	FIXED(TEXT, consent, called.digits, "called"),
	SEALED_FIXED(consent, caller.digits, "caller"),
	FIXED(UINT, consent, screening, "screening"),
	FIXED(TEXT, consent, software, "software"),
	FIXED(INT64, consent, at.ms, "at"),
};
const struct record_kind consent_kind = { "consents", fields, ARRAY_LEN(fields), false };

int store_consent_add(struct store *s, const struct consent *c)
{
	return record_insert(s->db, &consent_kind, &s->sql[KIND_CONSENT], c);
}

int store_consents_of(struct store *s, const char *request_id, int (*fn)(const struct consent *c, void *context),
                      void *context)
{
	struct db_stmt *q = db_query(s->db, s->sql[KIND_CONSENT].select, " WHERE request = $1 ORDER BY seq");
	struct consent c;

	db_bind_text(q, request_id);
	return STORE_EACH(q, consent_kind, c, fn, context);
}
