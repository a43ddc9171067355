#include "arsd/gateways.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/promotion_tables.h"
#include "lib/log.h"

enum { RETRY_NOT_READY_S = 1 };

static const struct { unsigned can; const char *word, *says; } abilities[] = {
	{ UPLINK_CAN_BILLING, "billing", "issue and charge billing keys" },
	{ UPLINK_CAN_KEY_IN, "key_in", "take a card that is entered in the call" },
	{ UPLINK_CAN_CANCEL, "cancel", "give a payment back" },
	{ UPLINK_CAN_PARTIAL_CANCEL, "partial_cancel", "give part of a payment back" },
	{ UPLINK_CAN_INTEREST_FREE, "interest_free", "take instalments that are free of interest by our word" },
	{ UPLINK_CAN_PROMOTIONS, "promotions", "tell which instalments are free of interest" },
	{ UPLINK_CAN_QUERY, "query", "tell what became of an order" },
	{ UPLINK_CAN_NET_CANCEL, "net_cancel", "undo an order by its id" },
	{ UPLINK_CAN_LIST, "list", "list a day's orders" },
	{ UPLINK_CAN_FOREIGN, "foreign", "take another currency than KRW" },
	{ UPLINK_CAN_VAT, "vat", "be told how much of it is VAT: leave that out, and it reckons" },
};

void gateways_told(struct arsd *a, const struct uplink_pg_can *m)
{
	struct gateways *g = &a->gateways;

	if (m->name[0] != '\0' && g->coming_count < GATEWAYS_MAX)
		g->coming[g->coming_count++] = *m;
	if (m->left > 0)
		return;
	memcpy(g->list, g->coming, sizeof(g->list));
	g->count = g->coming_count;
	g->coming_count = 0;
	g->told = true;
	log_info("gateways", "count=%d", g->count);
	promotion_tables_gateways(a);
}

static const struct uplink_pg_can *find(const struct gateways *g, const char *pg)
{
	for (int i = 0; i < g->count; i++)
		if (pg[0] == '\0' || strcmp(g->list[i].name, pg) == 0)
			return &g->list[i];
	return NULL;
}

static int lacks(const struct uplink_pg_can *g, unsigned missing, const char *field, struct problem *p)
{
	for (size_t i = 0; i < ARRAY_LEN(abilities); i++)
		if (missing & abilities[i].can)
			return problem_set(p, 422, "gateway_cannot", field, "the payment gateway \"%s\" (%s) cannot %s (%s)", g->name, g->kind,
			                   abilities[i].says, abilities[i].word);
	return problem_set(p, 422, "gateway_cannot", field, "the payment gateway \"%s\" cannot do that", g->name);
}

int gateways_check(const struct arsd *a, const char *pg, unsigned needs, int64_t amount_minor, const char *field,
                   struct problem *p)
{
	const struct uplink_pg_can *g = find(&a->gateways, pg);

	if (!a->gateways.told) {
		problem_set(p, 503, "gateway_not_ready", "", "nothing is known yet of the payment gateways; nothing was created");
		p->retry_after_s = RETRY_NOT_READY_S;
		return ERR_INVALID;
	}
	if (g == NULL)
		return problem_set(p, 422, "gateway_unknown", "", "there is no payment gateway \"%s\" any more; the operator has to name "
		                   "one that is configured", pg);
	if ((g->can & needs) != needs)
		return lacks(g, needs & ~g->can, field, p);
	if (amount_minor > 0 && amount_minor < g->least_minor)
		return problem_set(p, 422, "gateway_cannot", "/amount/total", "the payment gateway \"%s\" (%s) takes no less than %" PRId64,
		                   g->name, g->kind, g->least_minor);
	return 0;
}

int gateways_of_request(struct arsd *a, const struct request *r, bool by_key, char pg[32])
{
	struct billing_key k = { .pg = "" };
	struct merchant m;
	int e = store_merchant_get(a->store, r->merchant.text, &m);

	if (e == 0 && by_key)
		e = store_billing_key_get(a->store, r->billing_key.text, &k);
	if (e < 0)
		return e;
	snprintf(pg, 32, "%s", k.pg[0] != '\0' ? k.pg : gateways_of_merchant(a, &m));
	return gateways_suit(a, pg, m.live) ? 0 : ERR_STATE;
}

const char *gateways_of_merchant(const struct arsd *a, const struct merchant *m)
{
	if (m->pg[0] != '\0')
		return m->pg;
	for (int i = 0; i < a->set.pg_count; i++)
		if (a->set.pg_live[i] == m->live)
			return a->set.pgs[i];
	return "";
}

bool gateways_suit(const struct arsd *a, const char *pg, bool live)
{
	for (int i = 0; i < a->set.pg_count; i++)
		if (strcmp(a->set.pgs[i], pg) == 0)
			return a->set.pg_live[i] == live;
	/* Without any gateway nothing is sent to one; one that is not configured any more gets nothing new. */
	return a->set.pg_count == 0;
}

int gateways_check_mode(const struct arsd *a, const char *pg, bool live, const char *field, struct problem *p)
{
	const char *mode = live ? "live" : "test";

	if (gateways_suit(a, pg, live))
		return 0;
	if (pg[0] == '\0')
		return problem_set(p, 422, "gateway_mode", field, "there is no payment gateway for %s keys; the operator has to configure one", mode);
	for (int i = 0; i < a->set.pg_count; i++)
		if (strcmp(a->set.pgs[i], pg) == 0)
			return problem_set(p, 422, "gateway_mode", field, "this is a %s key, and the payment gateway \"%s\" is for %s keys alone", mode, pg,
			                   live ? "test" : "live");
	return 0;
}

unsigned gateways_can(const struct arsd *a, const char *pg)
{
	const struct uplink_pg_can *g = a->gateways.told ? find(&a->gateways, pg) : NULL;

	return g != NULL ? g->can : 0;
}

bool gateways_take_cards(const struct arsd *a, const char *pg)
{
	const struct uplink_pg_can *g = find(&a->gateways, pg);

	return g == NULL || (g->can & (UPLINK_CAN_BILLING | UPLINK_CAN_KEY_IN)) != 0;
}

const char *gateways_key_usage(const struct arsd *a, const char *pg)
{
	const struct uplink_pg_can *g = find(&a->gateways, pg);

	return g == NULL ? "" : strcmp(g->kind, "nicepay") == 0 ? "gateway-encdata" : "gateway-public";
}
