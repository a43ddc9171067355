#include "arsd/consent_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/render.h"
#include "arsd/sounds.h"
#include "crypto/crypto.h"

/* What a caller heard under an id, in words; NULL: not known. */
static const char *text_of(struct arsd *a, const struct consent_facts *f, const char *id)
{
	const struct manifest *m = arsd_manifest(a, f->consent->language);
	const struct manifest_entry *entry = m != NULL ? manifest_find(m, id) : NULL;

	if (f->ending != NULL && strcmp(id, f->ending->speech) == 0)
		return f->ending->merchant_name;
	if (strcmp(id, f->request->speech_merchant) == 0)
		return f->request->merchant_name;
	if (strcmp(id, f->request->speech_product) == 0)
		return f->request->product_name;
	return entry != NULL ? entry->text : NULL;
}

static json_t *prompt(struct arsd *a, const struct consent_facts *f, const char *id)
{
	const char *text = text_of(a, f, id);
	char hex[SOUND_HASH_SIZE] = "";

	if (sounds_hash(a, f->consent->language, strcmp(f->consent->speed, "slow") == 0, id, hex) < 0)
		hex[0] = '\0';
	return json_pack("{s:s, s:o, s:o}", "id", id, "text", render_text(text != NULL ? text : ""), "sound_sha256", render_text(hex));
}

static bool stands_in(const json_t *list, const char *id)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_object_get(json_array_get(list, i), "id")), id) == 0)
			return true;
	return false;
}

/* Each prompt once, however often it was played; "played" has their order. */
static json_t *prompts(struct arsd *a, const struct consent_facts *f)
{
	static char ids[sizeof(((struct consent *)0)->prompts)];
	json_t *list = json_array();
	char *rest = ids;

	snprintf(ids, sizeof(ids), "%s", f->consent->prompts);
	for (char *id = strtok_r(ids, " ", &rest); id != NULL; id = strtok_r(NULL, " ", &rest))
		if (!stands_in(list, id))
			json_array_append_new(list, prompt(a, f, id));
	return list;
}

static json_t *request(const struct request *r)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "id", r->id.text, "object",
	                 r->kind == REQUEST_PAYMENT ? "payment" : "registration", "merchant", r->merchant.text, "order_id",
	                 render_text(r->order_id), "merchant_name", render_text(r->merchant_name), "product_name", render_text(r->product_name), "amount",
	                 render_money(&r->amount), "cycle", render_text(r->cycle));
}

static json_t *call(const struct call_record *c)
{
	return json_pack("{s:s, s:s, s:o, s:s, s:b, s:b, s:o, s:o}", "id", c->id.text, "called", c->called.digits, "caller",
	                 render_text(c->caller.digits), "screening", render_screening(c->screening), "presentation_allowed",
	                 (int)c->presentation, "diverted", (int)c->diverted, "offered_at", render_time(c->offered), "answered_at",
	                 render_time(c->answered));
}

int consent_record_write(struct arsd *a, const struct consent_facts *f, char record[CONSENT_RECORD_SIZE])
{
	const struct consent *k = f->consent;
	char previous[2 * CONSENT_HASH_SIZE + 1], key[2] = { k->key, '\0' };
	int e = hex_encode(f->previous, CONSENT_HASH_SIZE, previous, sizeof(previous));
	json_t *o = json_pack("{s:s, s:s, s:I, s:s, s:{s:s, s:s, s:o}, s:o, s:o, s:{s:s, s:s}, s:s, s:s, s:s, s:o, s:s}", "format",
	                      "callkey-consent/1", "id", k->id.text, "number", (json_int_t)f->number, "previous", e < 0 ? "" : previous,
	                      "consent", "to", k->kind, "key", key, "at", render_time(k->at), "request", request(f->request), "call",
	                      call(f->call), "scenario", "name", k->scenario, "sha256", k->scenario_hash, "language", k->language,
	                      "speed", k->speed, "played", k->prompts, "prompts", prompts(a, f), "software", k->software);
	char *text;

	if (o != NULL && f->ending != NULL)
		json_object_set_new(o, "billing_key", json_pack("{s:s, s:o}", "id", f->ending->key.text, "card", render_card(&f->ending->card)));
	text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (e >= 0)
		e = text == NULL ? ERR_NOMEM : strlen(text) >= CONSENT_RECORD_SIZE ? ERR_TOO_LONG : 0;
	if (e == 0)
		strcpy(record, text);
	free(text);
	return e;
}
