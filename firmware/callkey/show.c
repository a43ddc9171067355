#include "callkey/show.h"

#include <stdio.h>
#include <string.h>

#include "callkey/show_calls.h"
#include "callkey/show_counters.h"
#include "callkey/show_lines.h"
#include "callkey/show_merchants.h"
#include "callkey/show_parts.h"
#include "callkey/show_promotions.h"
#include "callkey/show_reconciliation.h"
#include "callkey/show_requests.h"
#include "callkey/show_status.h"
#include "callkey/show_trunks.h"

static void print_drain(FILE *f, const json_t *o)
{
	fputs(part_is_set(o, "on") ? "Draining: new calls get cause 42, calls in progress go on. Take calls again: callkey drain off\n" :
	                        "New calls are taken again.\n", f);
}

static void print_anew(FILE *f, const json_t *o UNUSED)
{
	fputs("What the lost keys sealed is given up: customers must register their cards again. New values are sealed by the keys that are "
	      "here.\n", f);
}

int show(const char *verb, const json_t *answer, char **text)
{
	static const struct {
		const char *verb;
		int (*table)(const json_t *answer, char **text);
		void (*block)(FILE *f, const json_t *o);
	} all[] = {
		{ "status", NULL, print_status }, { "trunks", show_trunks, NULL },
		{ "trunk_counters", show_trunk_counters, NULL }, { "trunk_history", show_trunk_history, NULL },
		{ "calls", show_calls, NULL }, { "call", show_call, NULL },
		{ "registrations", show_registrations, NULL }, { "payments", show_payments, NULL }, { "merchants", show_merchants, NULL },
		{ "merchant_keys", show_keys, NULL }, { "merchant_key_add", NULL, print_key_added }, { "merchant_key_revoke", NULL, print_key_ended },
		{ "consents", show_consents, NULL }, { "reconcile", NULL, show_print_reconciliation },
		{ "reconciliation", NULL, show_print_reconciliation },
		{ "merchant_add", NULL, print_merchant_added }, { "merchant_open", NULL, print_merchant_added },
		{ "merchant_set", NULL, print_merchant_set }, { "drain", NULL, print_drain },
		{ "columns_anew", NULL, print_anew },
		{ "promotions", show_promotions, NULL }, { "promotions_ask", show_promotions, NULL },
		{ "lock", NULL, print_lock }, { "trunk_zero", NULL, print_zeroed }, { "trace", NULL, print_trace },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (strcmp(all[i].verb, verb) == 0)
			return all[i].table != NULL ? all[i].table(answer, text) : part_block(all[i].block, answer, text);
	return ERR_NOT_FOUND;
}
