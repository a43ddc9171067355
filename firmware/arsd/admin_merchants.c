/* admin_merchants.c: merchants' accounts: which there are, a new one, and the other side of one. An account has a side for tests and a
 * live one; each is a merchant of its own to everything else, with keys, data, webhooks, contract and gateway of its own. */
#include <stdio.h>
#include <string.h>

#include "arsd/admin_priv.h"
#include "arsd/gateways.h"
#include "arsd/render.h"
#include "arsd/speech.h"
#include "arsd/webhooks.h"
#include "lib/log.h"
#include "model/network.h"
#include "store/api_keys.h"

struct listing { struct arsd *a; json_t *items; };

static int add_merchant(const struct merchant *m, void *context)
{
	const struct listing *l = context;
	struct wall used;
	int e = store_api_keys_used(l->a->store, m->id.text, &used);

	if (e < 0)
		return e;
	json_array_append_new(l->items, json_pack("{s:s, s:s, s:o, s:s, s:b, s:b, s:o, s:s, s:o}", "id", m->id.text, "name", m->name,
		"webhook_url", render_text(m->webhook_url), "pg", m->pg, "live", (int)m->live, "may_skip_consent",
		(int)m->may_skip_consent, "created_at", render_time(m->created), "account", m->account.text,
		"last_used_at", render_time(used)));
	return 0;
}

int verb_merchants(struct arsd *a, const json_t *argument UNUSED, json_t **o, struct refusal *r UNUSED)
{
	struct listing l = { a, json_array() };

	*o = json_pack("{s:o}", "items", l.items);
	return store_merchants_each(a->store, add_merchant, &l);
}

static bool is_known_pg(const struct settings *set, const char *name)
{
	for (int i = 0; i < set->pg_count; i++)
		if (strcmp(set->pgs[i], name) == 0)
			return true;
	return set->pg_count == 0;               /* none yet: merchants may come first */
}

static int check_gateway(const struct arsd *a, const struct merchant *m, struct refusal *r)
{
	char why[200];

	if (m->pg[0] != '\0' && !is_known_pg(&a->set, m->pg)) {
		snprintf(why, sizeof(why), "/pg: uplinkd.pg has no gateway called %s", m->pg);
		return admin_no(r, 400, why);
	}
	if (m->pg[0] != '\0' && !gateways_suit(a, m->pg, m->live)) {
		snprintf(why, sizeof(why), "/pg: the gateway %s is for %s keys alone (its mode in uplinkd.pg)", m->pg, m->live ? "test" : "live");
		return admin_no(r, 400, why);
	}
	return 0;
}

/* What a table of fields cannot say. */
static int check_merchant(const struct arsd *a, const struct merchant *m, struct refusal *r)
{
	char spoken[SPEECH_TEXT_SIZE];

	if (speech_clean(m->name, spoken) < 0)
		return admin_no(r, 400, "/name: must have something in it that can be spoken: callers hear it");
	if (m->webhook_url[0] != '\0' && !network_is_https_url(m->webhook_url))
		return admin_no(r, 400, "/webhook_url: must be an https address of a host, with a port or none, without user, password and fragment");
	return check_gateway(a, m, r);
}

/* Stores the side, whose id, account, name and live are set, with its first key. */
static int add_side(struct arsd *a, struct merchant *m, const json_t *argument, json_t **o, struct refusal *r)
{
	const char *url = json_string_value(json_object_get(argument, "webhook_url"));
	const char *pg = json_string_value(json_object_get(argument, "pg"));
	char key[96];
	uint8_t hash[32];

	snprintf(m->webhook_url, sizeof(m->webhook_url), "%s", url != NULL ? url : "");
	snprintf(m->pg, sizeof(m->pg), "%s", pg != NULL ? pg : "");
	m->may_skip_consent = json_is_true(json_object_get(argument, "may_skip_consent"));
	m->created = a->wall;
	if (check_merchant(a, m, r) < 0)
		return ERR_INVALID;
	if (admin_make_key(m->live, key, hash) < 0 || webhooks_make_secret(m->webhook_secret) < 0 || store_merchant_add(a->store, m, hash) < 0 ||
	    (m->webhook_url[0] != '\0' && webhooks_add(a, m, m->webhook_url, m->webhook_secret) < 0))
		return admin_no(r, 503, "the merchant could not be stored");
	log_info("merchant_added", "merchant=%s account=%s live=%d may_skip_consent=%d", m->id.text, m->account.text, m->live, m->may_skip_consent);
	*o = json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", m->id.text, "api_key", key, "webhook_secret", m->webhook_secret, "account",
	               m->account.text, "live", (int)m->live);
	return 0;
}

static int read_fields(const json_t *argument, const struct json_field *fields, size_t count, struct refusal *r)
{
	struct json_fault fault;
	char why[350];

	if (json_fields(argument, "", fields, count, &fault) == 0)
		return 0;
	snprintf(why, sizeof(why), "%s: %s", fault.where, fault.why);
	return admin_no(r, 400, why);
}

int verb_merchant_add(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	static const struct json_field fields[] = {
		{ "name", JSON_WANT_STRING, true, 1, 120, "" }, { "webhook_url", JSON_WANT_STRING, false, 0, 511, "" },
		{ "live", JSON_WANT_BOOL, false, 0, 0, "" }, { "may_skip_consent", JSON_WANT_BOOL, false, 0, 0, "" },
		{ "pg", JSON_WANT_STRING, false, 0, 31, "" },
	};
	struct merchant m = { .live = json_is_true(json_object_get(argument, "live")) };

	if (read_fields(argument, fields, ARRAY_LEN(fields), r) < 0)
		return ERR_INVALID;
	m.id = m.account = id_new("mer_");
	snprintf(m.name, sizeof(m.name), "%s", json_string_value(json_object_get(argument, "name")));
	return add_side(a, &m, argument, o, r);
}

int verb_merchant_open(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	static const struct json_field fields[] = {
		{ "merchant", JSON_WANT_STRING, true, 1, 39, "" }, { "webhook_url", JSON_WANT_STRING, false, 0, 511, "" },
		{ "may_skip_consent", JSON_WANT_BOOL, false, 0, 0, "" }, { "pg", JSON_WANT_STRING, false, 0, 31, "" },
	};
	struct merchant m, other;
	char why[200];

	if (read_fields(argument, fields, ARRAY_LEN(fields), r) < 0)
		return ERR_INVALID;
	if (store_merchant_get(a->store, json_string_value(json_object_get(argument, "merchant")), &m) < 0)
		return admin_no(r, 404, "there is no such merchant; callkey merchants lists them");
	if (store_merchant_side(a->store, m.account.text, !m.live, &other) == 0) {
		snprintf(why, sizeof(why), "%s has both sides already; callkey merchants keys add %s makes another %s key", m.name, other.id.text,
		         other.live ? "live" : "test");
		return admin_no(r, 400, why);
	}
	m.live = !m.live;
	m.id = id_new("mer_");
	return add_side(a, &m, argument, o, r);
}

/* What a merchant may do without consent, and by which gateway, from now on. What was made goes on as it was made. */
int verb_merchant_set(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	static const struct json_field fields[] = {
		{ "merchant", JSON_WANT_STRING, true, 1, 39, "" }, { "may_skip_consent", JSON_WANT_BOOL, false, 0, 0, "" },
		{ "must_ask_consent", JSON_WANT_BOOL, false, 0, 0, "" }, { "pg", JSON_WANT_STRING, false, 0, 31, "" },
	};
	const char *pg = json_string_value(json_object_get(argument, "pg"));
	bool may = json_is_true(json_object_get(argument, "may_skip_consent")), must = json_is_true(json_object_get(argument, "must_ask_consent"));
	struct merchant m;

	if (read_fields(argument, fields, ARRAY_LEN(fields), r) < 0)
		return ERR_INVALID;
	if (may && must)
		return admin_no(r, 400, "a merchant may skip the consent, or must ask for it: not both");
	if (!may && !must && pg == NULL)
		return admin_no(r, 400, "nothing is to be changed: say --may-skip-consent, --must-ask-consent or --pg");
	if (store_merchant_get(a->store, json_string_value(json_object_get(argument, "merchant")), &m) < 0)
		return admin_no(r, 404, "there is no such merchant; callkey merchants lists them");
	m.may_skip_consent = (m.may_skip_consent || may) && !must;
	if (pg != NULL)
		snprintf(m.pg, sizeof(m.pg), "%s", pg);
	if (check_gateway(a, &m, r) < 0)
		return ERR_INVALID;
	if (store_merchant_update(a->store, &m) < 0)
		return admin_no(r, 503, "the merchant could not be stored");
	log_info("merchant_changed", "merchant=%s may_skip_consent=%d pg=%s", m.id.text, m.may_skip_consent, m.pg);
	*o = json_pack("{s:s, s:s, s:b, s:s}", "id", m.id.text, "name", m.name, "may_skip_consent", (int)m.may_skip_consent, "pg", m.pg);
	return 0;
}
