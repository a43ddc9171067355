/* admin_keys.c: a merchant's API keys: another one, which there are, and their end. A key is shown when it is made; only its hash is
 * kept. */
#include <stdio.h>
#include <string.h>

#include "arsd/admin_priv.h"
#include "arsd/api.h"
#include "arsd/callers.h"
#include "arsd/key_use.h"
#include "arsd/render.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "store/api_keys.h"

enum { HOURS_MOST = 8760 };

static int read_fields(const json_t *argument, const struct json_field *fields, size_t count, struct refusal *r)
{
	struct json_fault fault;
	char why[350];

	if (json_fields(argument, "", fields, count, &fault) == 0)
		return 0;
	snprintf(why, sizeof(why), "%s: %s", fault.where, fault.why);
	return admin_no(r, 400, why);
}

int admin_make_key(bool live, char key[96], uint8_t hash[32])
{
	uint8_t bytes[32];
	char text[64];
	int e = crypto_random(bytes, sizeof(bytes));

	if (e < 0 || base64url_encode(bytes, sizeof(bytes), text, sizeof(text)) < 0)
		return ERR_CRYPTO;
	snprintf(key, 96, "ck_%s_%s", live ? "live" : "test", text);
	return api_key_hash(key, hash);
}

int verb_key_add(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	static const struct json_field fields[] = {
		{ "merchant", JSON_WANT_STRING, true, 1, 39, "" }, { "old_valid_hours", JSON_WANT_INT, false, 0, HOURS_MOST, "" },
		{ "from", JSON_WANT_ARRAY, false, 0, 16, "" }, { "certificates", JSON_WANT_ARRAY, false, 0, 8, "" },
	};
	const json_t *hours = json_object_get(argument, "old_valid_hours");
	struct api_key k = { .id = id_new("key_"), .created = a->wall };
	struct merchant m;
	char key[96], why[CALLERS_WHY_SIZE];
	uint8_t hash[32];
	int e = 0;

	if (read_fields(argument, fields, ARRAY_LEN(fields), r) < 0)
		return ERR_INVALID;
	if (callers_read(argument, &k.callers, why) < 0)
		return admin_no(r, 400, why);
	if (store_merchant_get(a->store, json_string_value(json_object_get(argument, "merchant")), &m) < 0)
		return admin_no(r, 404, "there is no such merchant; callkey merchants lists them");
	k.merchant = m.id;
	if (hours != NULL)
		e = store_api_keys_end(a->store, m.id.text, (struct wall){ a->wall.ms + json_integer_value(hours) * 3600 * 1000 });
	if (e < 0 || admin_make_key(m.live, key, hash) < 0 || store_api_key_add(a->store, &k, hash) < 0)
		return admin_no(r, 503, "the key could not be stored");
	key_use_forget(a);
	log_info("api_key_added", "key=%s merchant=%s", k.id.text, m.id.text);
	*o = json_pack("{s:s, s:s, s:s}", "id", k.id.text, "merchant", m.id.text, "api_key", key);
	return callers_render(&k.callers, *o);
}

struct listing { const struct arsd *a; json_t *items; };

static json_t *render_key(const struct arsd *a, const struct api_key *k)
{
	bool ended = k->until.ms != 0 && a->wall.ms >= k->until.ms;
	json_t *o = json_pack("{s:s, s:s, s:o, s:o, s:o}", "id", k->id.text, "status", ended ? "ended" : k->until.ms != 0 ? "ending" : "valid",
	                      "created_at", render_time(k->created), "valid_until", render_time(k->until), "last_used_at", render_time(k->used));

	if (o != NULL && callers_render(&k->callers, o) < 0) {
		json_decref(o);
		o = NULL;
	}
	return o;
}

static int add_key(const struct api_key *k, void *context)
{
	struct listing *l = context;

	return json_array_append_new(l->items, render_key(l->a, k)) == 0 ? 0 : ERR_NOMEM;
}

int verb_keys(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	static const struct json_field fields[] = { { "merchant", JSON_WANT_STRING, true, 1, 39, "" } };
	struct listing l = { a, json_array() };
	const char *merchant = json_string_value(json_object_get(argument, "merchant"));
	struct merchant m;

	*o = json_pack("{s:o}", "items", l.items);
	if (read_fields(argument, fields, ARRAY_LEN(fields), r) < 0)
		return ERR_INVALID;
	if (store_merchant_get(a->store, merchant, &m) < 0)
		return admin_no(r, 404, "there is no such merchant; callkey merchants lists them");
	return store_api_keys_of(a->store, merchant, add_key, &l);
}

int verb_key_revoke(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	static const struct json_field fields[] = {
		{ "key", JSON_WANT_STRING, true, 1, 39, "" }, { "in_hours", JSON_WANT_INT, false, 0, HOURS_MOST, "" },
	};
	const char *id = json_string_value(json_object_get(argument, "key"));
	int64_t in_ms = json_integer_value(json_object_get(argument, "in_hours")) * 3600 * 1000;
	struct api_key k;

	if (read_fields(argument, fields, ARRAY_LEN(fields), r) < 0)
		return ERR_INVALID;
	if (store_api_key_get(a->store, id, &k) < 0)
		return admin_no(r, 404, "there is no such key; callkey merchants keys list MERCHANT lists them");
	if (store_api_key_end(a->store, id, (struct wall){ a->wall.ms + in_ms }) < 0 || store_api_key_get(a->store, id, &k) < 0)
		return admin_no(r, 503, "the store refused");
	log_info("api_key_ended", "key=%s merchant=%s", k.id.text, k.merchant.text);
	*o = render_key(a, &k);
	return 0;
}
