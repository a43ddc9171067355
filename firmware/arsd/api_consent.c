/* api_consent.c: consents with their evidence, and the bundle that proves one away from the appliance. */
#include <stdlib.h>
#include <string.h>

#include "arsd/api_page.h"
#include "arsd/consents.h"
#include "arsd/render.h"
#include "crypto/crypto.h"

enum { SOON_S = 2 };

static json_t *hex(const uint8_t hash[CONSENT_HASH_SIZE])
{
	char text[2 * CONSENT_HASH_SIZE + 1];

	return hex_encode(hash, CONSENT_HASH_SIZE, text, sizeof(text)) < 0 ? NULL : json_string(text);
}

static json_t *signature(const struct consent_link *l)
{
	char value[sizeof(l->signature) * 2];

	if (l->key[0] == '\0' || base64url_encode(l->signature, sizeof(l->signature), value, sizeof(value)) < 0)
		return json_null();
	return json_pack("{s:s, s:s}", "key", l->key, "value", value);
}

json_t *render_consent(const struct consent_link *l, bool whole)
{
	json_t *record = json_loads(l->record, 0, NULL);
	/* NULL where the record was sealed by keys that are lost. */
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:O?, s:I, s:o, s:o, s:o, s:o}", "id", l->consent.text, "object", "consent", "status",
	                      l->key[0] != '\0' ? "signed" : "unsigned", "request", l->request.text, "to",
	                      json_object_get(json_object_get(record, "consent"), "to"), "number", (json_int_t)l->number, "record_sha256",
	                      hex(l->record_hash), "link_sha256", hex(l->link_hash), "signature", signature(l), "created_at",
	                      render_time(l->at));

	if (o != NULL && whole)
		json_object_set(o, "record", record != NULL ? record : json_null());
	json_decref(record);
	return o;
}

/* The link of the path's consent; ERR_INVALID when it is answered: there is none, or it is another's. */
static int find_link(struct arsd *a, const struct api_ask *q, struct consent_link *l)
{
	struct problem p;
	int e = store_chain_get(a->store, q->m->u.head.id, l);

	if (e == 0 && strcmp(l->merchant.text, q->merchant.id.text) == 0)
		return 0;
	if (e == 0 || e == ERR_NOT_FOUND)
		problem_not_found(&p);
	else
		problem_store(&p);
	api_answer_problem(a, q, &p);
	return ERR_INVALID;
}

void api_consent_get(struct arsd *a, const struct api_ask *q)
{
	static struct consent_link l;

	if (!api_answer_locked(a, q) && find_link(a, q, &l) == 0)
		api_answer_json(a, q, 200, render_consent(&l, true));
}

void api_consent_bundle(struct arsd *a, const struct api_ask *q)
{
	static struct consent_link l;
	struct problem p;
	char *text = NULL;
	int e;

	if (api_answer_locked(a, q) || find_link(a, q, &l) < 0)
		return;
	e = consents_bundle(a, &l, &text);
	if (e == 0) {
		api_answer_text(a, q, 200, text, strlen(text));
		free(text);
		return;
	}
	if (e == ERR_STATE)
		problem_set(&p, 409, "consent_unsigned", "", "the signature of this consent, or of the one before it, has not come yet");
	else if (e == ERR_CRYPTO)
		problem_set(&p, 409, "consent_unreadable", "", "its record was sealed by keys that are lost");
	else
		problem_store(&p);
	if (e != ERR_CRYPTO)
		p.retry_after_s = SOON_S;
	api_answer_problem(a, q, &p);
}

static int add_link(const struct consent_link *l, void *context)
{
	return page_add(context, l->consent.text, render_consent(l, false));
}

static void list(struct arsd *a, const struct api_ask *q, const char *request)
{
	static const struct page_states states = { .name = "status", .words = { "unsigned", "signed" } };
	struct page page;
	struct list_page ask;

	if (!api_answer_locked(a, q) && page_begin(a, q, &states, request, &page, &ask) == 0)
		page_answer(a, q, &page, list_consents(a->store, &ask, add_link, &page));
}

void api_consents_list(struct arsd *a, const struct api_ask *q)
{
	list(a, q, q->m->u.consents_list.request);
}

void api_consents_of(struct arsd *a, const struct api_ask *q)
{
	static struct request r;
	struct problem p;

	if (store_request_get(a->store, q->m->u.head.id, &r) == 0 && strcmp(r.merchant.text, q->merchant.id.text) == 0) {
		list(a, q, r.id.text);
		return;
	}
	problem_not_found(&p);
	api_answer_problem(a, q, &p);
}
