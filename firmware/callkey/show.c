#include "callkey/show.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "callkey/show_counters.h"
#include "callkey/show_lines.h"
#include "callkey/show_parts.h"
#include "callkey/show_promotions.h"
#include "callkey/show_reconciliation.h"
#include "callkey/show_trunks.h"
#include "callkey/table.h"
#include "model/money.h"
#include "model/phone.h"

enum { TEXT_SIZE = 256 };

/* ---- single values; each returns buf or a string that lives with the answer ---- */
static const char *text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static int64_t number_of(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static bool is_set(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

static bool read_time(const char *rfc3339, struct tm *utc)
{
	memset(utc, 0, sizeof(*utc));
	return rfc3339 != NULL && sscanf(rfc3339, "%4d-%2d-%2dT%2d:%2d:%2d", &utc->tm_year, &utc->tm_mon, &utc->tm_mday,
	                                 &utc->tm_hour, &utc->tm_min, &utc->tm_sec) == 6;
}

static bool read_local(const char *rfc3339, struct tm *local)
{
	struct tm utc;
	time_t at;

	if (!read_time(rfc3339, &utc))
		return false;
	utc.tm_year -= 1900;
	utc.tm_mon -= 1;
	at = timegm(&utc);
	return localtime_r(&at, local) != NULL;
}

const char *show_time(const char *rfc3339, char buf[SHOW_TIME_SIZE])
{
	struct tm local;

	return read_local(rfc3339, &local) && strftime(buf, SHOW_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &local) > 0 ? buf : "-";
}

/* For lists: without the year. */
static const char *short_time(const json_t *o, const char *name, char buf[SHOW_TIME_SIZE])
{
	struct tm local;

	return read_local(text_of(o, name), &local) && strftime(buf, SHOW_TIME_SIZE, "%m-%d %H:%M:%S", &local) > 0 ? buf : "-";
}

static const char *masked(const char *number, char buf[TEXT_SIZE])
{
	struct phone p;

	/* What arsd has masked already is no number any more. */
	if (strchr(number, '*') != NULL || phone_parse(number, &p) < 0)
		return number;
	return phone_print_masked(&p, buf);
}

static const char *full_number(const char *number, char buf[TEXT_SIZE])
{
	struct phone p;

	return phone_parse(number, &p) < 0 ? number : phone_print(&p, buf);
}

static const char *card(const json_t *o, char buf[TEXT_SIZE])
{
	const json_t *c = json_object_get(o, "card");
	const char *issuer = text_of(c, "issuer");

	if (!json_is_object(c))
		return "";
	snprintf(buf, TEXT_SIZE, "%s *%s", issuer[0] != '\0' ? issuer : text_of(c, "brand"), text_of(c, "last4"));
	return buf;
}

static const char *amount(const json_t *o, char buf[TEXT_SIZE])
{
	const json_t *a = json_object_get(o, "amount");
	struct money m;

	if (!json_is_object(a) || money_make(number_of(a, "total"), text_of(a, "currency"), &m) < 0)
		return "";
	return money_print(&m, "ko", buf);
}

static const char *instalment(const json_t *o, char buf[TEXT_SIZE])
{
	const json_t *i = json_object_get(o, "instalment");
	int months = (int)number_of(i, "months");

	if (months < 2)
		return "";
	snprintf(buf, TEXT_SIZE, "%d%s", months, is_set(i, "interest_free") ? " free" : "");
	return buf;
}

/* Why it came to nothing, or the member that says what came of it. */
static const char *result(const json_t *o, const char *member)
{
	const char *code = text_of(json_object_get(o, "failure"), "code");

	return code[0] != '\0' ? code : text_of(o, member);
}

/* How long the call was connected. */
static const char *length(const json_t *o, char buf[TEXT_SIZE])
{
	struct tm from, to;
	long s;

	if (!read_time(text_of(o, "answered_at"), &from) || !read_time(text_of(o, "ended_at"), &to))
		return "";
	from.tm_year -= 1900;
	from.tm_mon -= 1;
	to.tm_year -= 1900;
	to.tm_mon -= 1;
	s = (long)(timegm(&to) - timegm(&from));
	snprintf(buf, TEXT_SIZE, "%ld:%02ld", s / 60, s % 60);
	return buf;
}

static const char *q850_text(int cause)
{
	static const struct { int cause; const char *text; } known[] = {
		{ 1, "unknown number" }, { 16, "normal" }, { 17, "busy" }, { 18, "no response" }, { 19, "no answer" }, { 21, "rejected" },
		{ 27, "out of order" }, { 28, "number incomplete" }, { 31, "normal" }, { 34, "no channel" }, { 38, "network failure" },
		{ 41, "temporary failure" }, { 42, "congestion" }, { 44, "channel unavailable" }, { 102, "timer" },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].cause == cause)
			return known[i].text;
	return "";
}

static const char *cause(const json_t *o, char buf[TEXT_SIZE])
{
	int c = (int)number_of(o, "cause");

	if (c == 0)
		return "";
	snprintf(buf, TEXT_SIZE, "%d %s", c, q850_text(c));
	return buf;
}

static const char *place(const json_t *o, char buf[TEXT_SIZE])
{
	snprintf(buf, TEXT_SIZE, "%" PRId64 "/%" PRId64, number_of(o, "span"), number_of(o, "channel"));
	return buf;
}

/* ---- tables ---- */
/* Cells of one row; the last argument is the sentinel END. */
static const char END[] = "end of the row";

static int row(struct table *t, ...)
{
	const char *cell;
	va_list args;
	int e = 0;

	va_start(args, t);
	while (e == 0 && (cell = va_arg(args, const char *)) != END)
		e = table_cell(t, cell);
	va_end(args);
	return e;
}

typedef int add_row(struct table *t, const json_t *o);

static int list(const json_t *answer, const char *member, const char *const *heads, size_t columns, add_row *add,
                const char *nothing, char **text)
{
	const json_t *items = json_object_get(answer, member);
	struct table *t = NULL;
	int e;

	if (json_array_size(items) == 0) {
		*text = strdup(nothing);
		return *text != NULL ? 0 : ERR_NOMEM;
	}
	e = table_new(heads, columns, &t);
	for (size_t i = 0; e == 0 && i < json_array_size(items); i++)
		e = add(t, json_array_get(items, i));
	if (e == 0)
		e = table_text(t, text);
	table_free(&t);
	return e;
}

#define LIST(member, add, nothing, ...) list(answer, member, (const char *const[]){ __VA_ARGS__ }, \
	ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })), add, nothing, text)

static int add_call(struct table *t, const json_t *o)
{
	char at[SHOW_TIME_SIZE], caller[TEXT_SIZE], called[TEXT_SIZE], where[TEXT_SIZE], long_[TEXT_SIZE], why[TEXT_SIZE];

	return row(t, text_of(o, "id"), short_time(o, "offered_at", at), masked(text_of(o, "caller"), caller),
	           full_number(text_of(o, "called"), called), text_of(o, "scenario"), text_of(o, "status"), text_of(o, "step"),
	           place(o, where), length(o, long_), cause(o, why), END);
}

static int show_calls(const json_t *answer, char **text)
{
	return LIST("items", add_call, "No calls yet.\n", "CALL", "OFFERED", "CALLER", "CALLED", "SCENARIO", "STATE", "STEP", ">SPAN/CH",
	            ">LENGTH", "CAUSE");
}

static int add_registration(struct table *t, const json_t *o)
{
	char at[SHOW_TIME_SIZE], phone[TEXT_SIZE], called[TEXT_SIZE], which[TEXT_SIZE];

	return row(t, text_of(o, "id"), short_time(o, "created_at", at), text_of(o, "status"), masked(text_of(o, "phone"), phone),
	           full_number(text_of(o, "virtual_number"), called), text_of(o, "merchant_name"), text_of(o, "product_name"),
	           card(o, which), result(o, "billing_key"), END);
}

static int show_registrations(const json_t *answer, char **text)
{
	return LIST("items", add_registration, "No registrations yet.\n", "REGISTRATION", "CREATED", "STATE", "PHONE", "NUMBER",
	            "MERCHANT", "PRODUCT", "CARD", "RESULT");
}

static int add_payment(struct table *t, const json_t *o)
{
	char at[SHOW_TIME_SIZE], phone[TEXT_SIZE], called[TEXT_SIZE], which[TEXT_SIZE], sum[TEXT_SIZE], months[TEXT_SIZE];

	return row(t, text_of(o, "id"), short_time(o, "created_at", at), text_of(o, "status"), masked(text_of(o, "phone"), phone),
	           full_number(text_of(o, "virtual_number"), called), text_of(o, "merchant_name"), text_of(o, "order_name"),
	           amount(o, sum), instalment(o, months), card(o, which), result(o, "approval_no"), END);
}

static int show_payments(const json_t *answer, char **text)
{
	return LIST("items", add_payment, "No payments yet.\n", "PAYMENT", "CREATED", "STATE", "PHONE", "NUMBER", "MERCHANT", "PRODUCT",
	            ">AMOUNT", ">MONTHS", "CARD", "RESULT");
}

static int add_merchant(struct table *t, const json_t *o)
{
	char at[SHOW_TIME_SIZE];

	return row(t, text_of(o, "id"), text_of(o, "account"), text_of(o, "name"), is_set(o, "live") ? "live" : "test",
	           is_set(o, "may_skip_consent") ? "may be skipped" : "asked", text_of(o, "pg"), text_of(o, "webhook_url"),
	           short_time(o, "created_at", at), END);
}

/* The items of a list with a blank between them, of each its first digits; none: what stands for all. */
static const char *items_of(const json_t *list, int digits, const char *none, char *buf, size_t size)
{
	size_t len = 0;

	snprintf(buf, size, "%s", none);
	for (size_t i = 0; i < json_array_size(list) && len < size; i++) {
		const char *item = json_string_value(json_array_get(list, i));

		len += (size_t)snprintf(buf + len, size - len, "%s%.*s", i > 0 ? " " : "", digits, item != NULL ? item : "?");
	}
	return buf;
}

static int add_key(struct table *t, const json_t *o)
{
	enum { NETWORK_DIGITS = 50, HASH_DIGITS = 16, LISTED_SIZE = 900 };
	char made[SHOW_TIME_SIZE], until[SHOW_TIME_SIZE], from[LISTED_SIZE], certificates[LISTED_SIZE];

	return row(t, text_of(o, "id"), text_of(o, "status"), short_time(o, "created_at", made), short_time(o, "valid_until", until),
	           items_of(json_object_get(o, "from"), NETWORK_DIGITS, "anywhere", from, sizeof(from)),
	           items_of(json_object_get(o, "certificates"), HASH_DIGITS, "none", certificates, sizeof(certificates)), END);
}

static int show_keys(const json_t *answer, char **text)
{
	return LIST("items", add_key, "No keys: callkey merchants keys add MERCHANT\n", "KEY", "STATUS", "CREATED", "UNTIL", "FROM",
	            "CERTIFICATE");
}

static int show_merchants(const json_t *answer, char **text)
{
	return LIST("items", add_merchant, "No merchants yet: callkey merchants add NAME --webhook URL\n", "MERCHANT", "ACCOUNT", "NAME", "MODE",
	            "CONSENT", "PG", "WEBHOOK", "CREATED");
}

static int add_consent(struct table *t, const json_t *o)
{
	char at[SHOW_TIME_SIZE], number[TEXT_SIZE];

	snprintf(number, sizeof(number), "%" PRId64, number_of(o, "number"));
	return row(t, number, text_of(o, "id"), short_time(o, "created_at", at), text_of(o, "to"), text_of(o, "request"),
	           text_of(o, "status"), END);
}

static int show_consents(const json_t *answer, char **text)
{
	return LIST("items", add_consent, "No consents yet.\n", ">NUMBER", "CONSENT", "AGREED", "TO", "REQUEST", "SIGNATURE");
}

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
	const char *keystored = text_of(json_object_get(answer, "processes"), "keystored");

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
		if (text_of(o, "lacks")[0] == '\0')
			continue;
		snprintf(text, sizeof(text), "not taken for gateway %s: %s; callkey keys propose import-gateway --name %s", text_of(o, "gateway"),
		         text_of(o, "lacks"), text_of(o, "gateway"));
		part_line(f, "cards", text);
	}
}

/* Keys that must be replaced soon. */
static void print_expiring(FILE *f, const json_t *o)
{
	const json_t *first = json_object_get(o, "first");
	bool gateways = text_of(first, "kid")[0] != '\0';
	char text[TEXT_SIZE];

	if (!json_is_object(o))
		return;
	snprintf(text, sizeof(text), "%" PRId64 " %s within 30 days, or ended; first %s version %" PRId64 "%s%s on %.10s: callkey keys propose %s --name %s",
	         number_of(o, "count"), number_of(o, "count") == 1 ? "ends" : "end", text_of(first, "name"), number_of(first, "version"),
	         gateways ? ", kid " : "", text_of(first, "kid"), text_of(first, "until"), gateways ? "import-gateway" : "rotate", text_of(first, "name"));
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
		snprintf(text, sizeof(text), "columns are being sealed: %" PRId64 " of %" PRId64 " rows", number_of(columns, "looked_at"),
		         number_of(columns, "of"));
		part_line(f, "store", text);
	}
	if (number_of(columns, "unreadable") > 0) {
		snprintf(text, sizeof(text), "%" PRId64 " values cannot be opened: restore the backup of the keys that fits this store",
		         number_of(columns, "unreadable"));
		part_line(f, "store", text);
	}
}

static void print_status(FILE *f, const json_t *answer)
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
	snprintf(calls, sizeof(calls), "%" PRId64 " now", number_of(answer, "calls"));
	part_line(f, "processes", all);
	print_keys(f, answer);
	if (strcmp(text_of(json_object_get(answer, "processes"), "keystored"), "up") == 0)
		print_gateway_keys(f, json_object_get(answer, "gateway_keys"));
	print_expiring(f, json_object_get(answer, "keys_expiring"));
	print_columns(f, json_object_get(answer, "columns"));
	show_print_days(f, json_object_get(answer, "reconciliation"));
	part_line(f, "calls", calls);
	print_counts(f, "registrations", json_object_get(requests, "registrations"));
	print_counts(f, "payments", json_object_get(requests, "payments"));
	print_counts(f, "messages", json_object_get(requests, "outbox"));
	if (strcmp(text_of(answer, "promotions"), "outdated") == 0)
		part_line(f, "promotions", "a gateway's table of what is free of interest is outdated (callkey promotions)");
	part_line(f, "version", text_of(answer, "version"));
}

static int add_step(struct table *t, const json_t *o)
{
	const char *ms = strchr(text_of(o, "at"), '.');
	char at[SHOW_TIME_SIZE] = "", exact[SHOW_TIME_SIZE + 8];
	struct tm local;

	if (read_local(text_of(o, "at"), &local))
		strftime(at, sizeof(at), "%H:%M:%S", &local);
	snprintf(exact, sizeof(exact), "%s%.4s", at, ms != NULL ? ms : "");
	return row(t, exact, text_of(o, "what"), text_of(o, "step"), text_of(o, "detail"), END);
}

static void print_call(FILE *f, const json_t *o)
{
	char buf[TEXT_SIZE], at[SHOW_TIME_SIZE], who[TEXT_SIZE * 2];

	snprintf(who, sizeof(who), "%s (%s%s%s)", text_of(o, "caller")[0] != '\0' ? text_of(o, "caller") : "withheld",
	         text_of(o, "screening"), is_set(o, "presentation_allowed") ? "" : ", restricted", is_set(o, "diverted") ? ", diverted" : "");
	part_line(f, "call", text_of(o, "id"));
	part_line(f, "state", text_of(o, "status"));
	part_line(f, "caller", who);
	part_line(f, "called", full_number(text_of(o, "called"), buf));
	part_line(f, "request", text_of(o, "request"));
	part_line(f, "scenario", text_of(o, "scenario"));
	part_line(f, "span/channel", place(o, buf));
	part_line(f, "offered", show_time(text_of(o, "offered_at"), at));
	part_line(f, "answered", show_time(text_of(o, "answered_at"), at));
	part_line(f, "ended", show_time(text_of(o, "ended_at"), at));
	part_line(f, "length", length(o, buf));
	part_line(f, "cause", cause(o, buf));
}

static int block(void (*print)(FILE *f, const json_t *o), const json_t *answer, char **text)
{
	size_t size;
	FILE *f = open_memstream(text, &size);

	if (f == NULL)
		return ERR_NOMEM;
	print(f, answer);
	return fclose(f) == 0 ? 0 : ERR_NOMEM;
}

static int show_timeline(const json_t *answer, char **text)
{
	return LIST("timeline", add_step, "", "TIME", "WHAT", "STEP", "DETAIL");
}

static int show_call(const json_t *answer, char **text)
{
	char *head = NULL, *steps = NULL, *both = NULL;
	int e = block(print_call, answer, &head);

	if (e == 0)
		e = show_timeline(answer, &steps);
	if (e == 0 && asprintf(&both, "%s\n%s", head, steps) < 0)
		e = ERR_NOMEM;
	if (e == 0)
		*text = both;
	free(head);
	free(steps);
	return e;
}

static void print_key_added(FILE *f, const json_t *o)
{
	part_line(f, "key", text_of(o, "id"));
	part_line(f, "api key", text_of(o, "api_key"));
}

static void print_key_ended(FILE *f, const json_t *o)
{
	char until[SHOW_TIME_SIZE];

	part_line(f, "key", text_of(o, "id"));
	part_line(f, "valid until", short_time(o, "valid_until", until));
}

static void print_merchant_added(FILE *f, const json_t *o)
{
	part_line(f, "merchant", text_of(o, "id"));
	part_line(f, "account", text_of(o, "account"));
	part_line(f, "API key", text_of(o, "api_key"));
	part_line(f, "webhook secret", text_of(o, "webhook_secret"));
	fputs("\nBoth are shown this once: the appliance keeps only what it needs to check the key.\n", f);
}

static void print_drain(FILE *f, const json_t *o)
{
	fputs(is_set(o, "on") ? "Draining: new calls get cause 42, calls in progress go on. Take calls again: callkey drain off\n" :
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
		{ "merchant_add", NULL, print_merchant_added }, { "merchant_open", NULL, print_merchant_added }, { "drain", NULL, print_drain },
		{ "columns_anew", NULL, print_anew },
		{ "promotions", show_promotions, NULL }, { "promotions_ask", show_promotions, NULL },
		{ "lock", NULL, print_lock }, { "trunk_zero", NULL, print_zeroed }, { "trace", NULL, print_trace },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (strcmp(all[i].verb, verb) == 0)
			return all[i].table != NULL ? all[i].table(answer, text) : block(all[i].block, answer, text);
	return ERR_NOT_FOUND;
}
