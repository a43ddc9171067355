#include "arsd/gateway_keys.h"

#include <stdio.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/gateways.h"
#include "lib/log.h"

enum { RETRY_S = 60, WHY_SIZE = 240 };

static int index_of(const struct arsd *a, const char *pg)
{
	for (int i = 0; i < a->set.pg_count; i++)
		if (strcmp(a->set.pgs[i], pg) == 0)
			return i;
	return -1;
}

/* What keeps card data from being sealed for gateway i: NULL, nothing. The connector's protocol wants keys of its own kind. */
static const char *lack_of(const struct arsd *a, int i, char why[WHY_SIZE])
{
	const struct vault_gateway_key *k = &a->gateway_keys.list[i];
	const char *usage = gateways_key_usage(a, a->set.pgs[i]);

	if (k->gateway[0] == '\0')
		snprintf(why, WHY_SIZE, "no key was imported");
	else if (usage[0] != '\0' && strcmp(usage, k->usage) != 0)
		snprintf(why, WHY_SIZE, "its key is of usage %s, and its protocol wants %s", k->usage, usage);
	else if (k->kid[0] == '\0')
		snprintf(why, WHY_SIZE, "%s", k->why);
	else
		return NULL;
	return why;
}

static void log_changes(const struct arsd *a, const struct vault_gateway_key *before, bool told)
{
	char why[WHY_SIZE];

	for (int i = 0; i < a->set.pg_count; i++) {
		const struct vault_gateway_key *k = &a->gateway_keys.list[i];

		if (told && strcmp(before[i].kid, k->kid) == 0 && strcmp(before[i].why, k->why) == 0)
			continue;
		if (lack_of(a, i, why) == NULL)
			log_info("gateway_key", "gateway=%s kid=%s version=%u", k->gateway, k->kid, k->version);
		else
			log_warn("gateway_no_key", "alarm=gateway_key gateway=%s why=\"%s\" hint=\"callkey keys propose import-gateway --name %s\"", a->set.pgs[i],
			         why, a->set.pgs[i]);
	}
}

void gateway_keys_told(struct arsd *a, const struct vault_gateway_key *m)
{
	static struct vault_gateway_key before[GATEWAYS_MAX];
	struct gateway_keys *g = &a->gateway_keys;
	int i = m->gateway[0] != '\0' ? index_of(a, m->gateway) : -1;
	bool told = g->told;

	if (i >= 0)
		g->coming[i] = *m;
	if (m->left > 0)
		return;
	memcpy(before, g->list, sizeof(before));
	memcpy(g->list, g->coming, sizeof(g->list));
	memset(g->coming, 0, sizeof(g->coming));
	g->told = true;
	log_changes(a, before, told);
}

void gateway_keys_unknown(struct arsd *a)
{
	memset(&a->gateway_keys, 0, sizeof(a->gateway_keys));
}

/* Is it known that nothing can be sealed for the gateway? Not while the keys are locked: that is told on its own, and passes. */
static bool is_without(const struct arsd *a, const char *pg, char why[WHY_SIZE])
{
	int i = index_of(a, pg);

	return i >= 0 && a->gateway_keys.told && arsd_takes_cards(a) && lack_of(a, i, why) != NULL;
}

static bool is_lacking(const struct arsd *a, int i)
{
	char why[WHY_SIZE];

	return gateways_take_cards(a, a->set.pgs[i]) && is_without(a, a->set.pgs[i], why);
}

int gateway_keys_lacking(const struct arsd *a)
{
	int count = 0;

	for (int i = 0; i < a->set.pg_count; i++)
		count += is_lacking(a, i);
	return count;
}

/* The gateway that would take a card which is entered for r. The merchant is looked up only where it matters. */
static bool lack_for(struct arsd *a, const struct request *r, char why[WHY_SIZE])
{
	char pg[32];

	return gateway_keys_lacking(a) > 0 && gateways_of_request(a, r, false, pg) == 0 && is_without(a, pg, why);
}

const char *gateway_keys_no_card(struct arsd *a, const struct request *r)
{
	char why[WHY_SIZE];

	return arsd_keys_locked(a) ? "keystore_locked" : lack_for(a, r, why) ? "gateway_no_key" : NULL;
}

int gateway_keys_check(struct arsd *a, const struct request *r, struct problem *p)
{
	char why[WHY_SIZE];

	if (!lack_for(a, r, why))
		return 0;
	problem_set(p, 503, "gateway_no_key", "", "no key seals card data for the payment gateway now: %s; nothing was created", why);
	p->retry_after_s = RETRY_S;
	return ERR_STATE;
}

/* ---- shown ---- */

json_t *gateway_keys_lacking_names(const struct arsd *a)
{
	json_t *list = json_array();

	for (int i = 0; i < a->set.pg_count; i++)
		if (is_lacking(a, i))
			json_array_append_new(list, json_string(a->set.pgs[i]));
	return list;
}

json_t *gateway_keys_show(const struct arsd *a)
{
	json_t *list = json_array();
	char why[WHY_SIZE];

	for (int i = 0; i < a->set.pg_count && a->gateway_keys.told; i++) {
		const struct vault_gateway_key *k = &a->gateway_keys.list[i];
		const char *lack = lack_of(a, i, why);

		json_array_append_new(list, json_pack("{s:s, s:s*, s:i, s:s*}", "gateway", a->set.pgs[i], "kid", lack == NULL ? k->kid : NULL, "version",
		                                      (int)k->version, "lacks", lack));
	}
	return list;
}

json_t *gateway_keys_expiring(const struct arsd *a)
{
	const struct vault_keys_expiring *e = &a->expiring;
	char until[CLOCK_RFC3339_SIZE];

	if (e->count == 0)
		return json_null();
	return json_pack("{s:i, s:{s:s, s:I, s:s, s:s}}", "count", (int)e->count, "first", "name", e->name, "version", (json_int_t)e->version, "kid",
	                 e->kid, "until", wall_print_rfc3339((struct wall){ e->until_ms }, until));
}
