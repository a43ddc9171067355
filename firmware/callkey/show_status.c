#include "callkey/show_status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "callkey/show_merchants.h"
#include "callkey/show_parts.h"
#include "callkey/show_reconciliation.h"

enum { TEXT_SIZE = 256 };

/* ---- blocks of name and value ---- */
static void print_counts(FILE *f, const char *name, const json_t *counts)
{
	const char *key;
	json_t *value;
	char all[TEXT_SIZE] = "";
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)counts, key, value)
		if (n < sizeof(all))
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%" JSON_INTEGER_FORMAT " %s", n > 0 ? ", " : "",
			                      json_integer_value(value), key);
	part_line(f, name, n > 0 ? all : "none yet");
}

/* Only when something is to be done. */
static void print_keys(FILE *f, const json_t *answer)
{
	const char *keystored = part_text(json_object_get(answer, "processes"), "keystored");

	if (strcmp(keystored, "locked") == 0)
		part_line(f, "cards", "not taken: the keys are locked; custodians open them with callkey keys unlock");
	else if (strcmp(keystored, "no keys") == 0)
		part_line(f, "cards", "not taken: there are no keys; they are made with callkey keys ceremony");
	else if (strcmp(keystored, "down") == 0)
		part_line(f, "cards", "not taken: keystored is down; its log says why");
}

/* Gateways for which no card can be taken. */
static void print_gateway_keys(FILE *f, const json_t *list)
{
	char text[TEXT_SIZE];
	size_t i;
	json_t *o;

	json_array_foreach((json_t *)(uintptr_t)list, i, o) {
		if (part_text(o, "lacks")[0] == '\0')
			continue;
		snprintf(text, sizeof(text), "not taken for gateway %s: %s; callkey keys propose import-gateway --name %s", part_text(o, "gateway"),
		         part_text(o, "lacks"), part_text(o, "gateway"));
		part_line(f, "cards", text);
	}
}

/* Keys that must be replaced soon. */
static void print_expiring(FILE *f, const json_t *o)
{
	const json_t *first = json_object_get(o, "first");
	bool gateways = part_text(first, "kid")[0] != '\0';
	char text[TEXT_SIZE];

	if (!json_is_object(o))
		return;
	snprintf(text, sizeof(text), "%" PRId64 " %s within 30 days, or ended; first %s version %" PRId64 "%s%s on %.10s: callkey keys propose %s --name %s",
	         part_number(o, "count"), part_number(o, "count") == 1 ? "ends" : "end", part_text(first, "name"), part_number(first, "version"),
	         gateways ? ", kid " : "", part_text(first, "kid"), part_text(first, "until"), gateways ? "import-gateway" : "rotate", part_text(first, "name"));
	part_line(f, "keys", text);
}

static void print_columns(FILE *f, const json_t *columns)
{
	char text[TEXT_SIZE];

	if (json_is_true(json_object_get(columns, "lost"))) {
		part_line(f, "billing keys", "cannot be read: the keys that sealed them are not here; restore their backup, or give them up: callkey columns anew");
	} else if (json_is_true(json_object_get(columns, "wait"))) {
		part_line(f, "billing keys", "cannot be read: the keys must be opened; payments by them and text messages wait");
	} else if (json_is_object(columns) && !json_is_true(json_object_get(columns, "done"))) {
		snprintf(text, sizeof(text), "columns are being sealed: %" PRId64 " of %" PRId64 " rows", part_number(columns, "looked_at"),
		         part_number(columns, "of"));
		part_line(f, "store", text);
	}
	if (part_number(columns, "unreadable") > 0) {
		snprintf(text, sizeof(text), "%" PRId64 " values cannot be opened: restore the backup of the keys that fits this store",
		         part_number(columns, "unreadable"));
		part_line(f, "store", text);
	}
}

/* A provider's answers and its settings do not agree. */
static void print_sms(FILE *f, const json_t *o)
{
	char text[TEXT_SIZE];

	if (!json_is_object(o))
		return;
	snprintf(text, sizeof(text), "alarm: provider %s takes them with HTTP %" PRId64 ", which is not its success_status (uplinkd.sms)",
	         part_text(o, "provider"), part_number(o, "status"));
	part_line(f, "messages", text);
}

void print_status(FILE *f, const json_t *answer)
{
	const json_t *requests = json_object_get(answer, "requests");
	char calls[TEXT_SIZE], all[TEXT_SIZE] = "";
	const char *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach(json_object_get(answer, "processes"), key, value)
		if (n < sizeof(all))
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s %s", n > 0 ? ", " : "", key, json_string_value(value) != NULL ?
			                      json_string_value(value) : "?");
	snprintf(calls, sizeof(calls), "%" PRId64 " now", part_number(answer, "calls"));
	part_line(f, "processes", all);
	print_keys(f, answer);
	if (strcmp(part_text(json_object_get(answer, "processes"), "keystored"), "up") == 0)
		print_gateway_keys(f, json_object_get(answer, "gateway_keys"));
	print_expiring(f, json_object_get(answer, "keys_expiring"));
	print_ending(f, answer);
	print_columns(f, json_object_get(answer, "columns"));
	show_print_days(f, json_object_get(answer, "reconciliation"));
	part_line(f, "calls", calls);
	print_counts(f, "registrations", json_object_get(requests, "registrations"));
	print_counts(f, "payments", json_object_get(requests, "payments"));
	print_counts(f, "messages", json_object_get(requests, "outbox"));
	print_sms(f, json_object_get(answer, "sms_odd"));
	if (strcmp(part_text(answer, "promotions"), "outdated") == 0)
		part_line(f, "promotions", "a gateway's table of what is free of interest is outdated (callkey promotions)");
	part_line(f, "version", part_text(answer, "version"));
}
