#include "sandbox/world/pg_ask.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/secret.h"
#include "sandbox/world/cards.h"
#include "sandbox/world/files.h"
#include "sandbox/world/record.h"

enum { JWE_MAX = 4096, HEADER_MAX = 1024, CLEAR_MAX = 1024, INSTALMENTS_FROM_KRW = 50000, INSTALMENTS_MAX = 36 };

static const struct card_decline cannot_open = { "system", "P901", "the sealed record cannot be opened" };
static const struct card_decline other_order = { "system", "P902", "the sealed record is of another order" };
static const struct card_decline no_key = { "dead_card", "P905", "no such billing key" };
static const struct card_decline no_instalments = { "merchant", "P906", "instalments from 50,000 won, by credit card" };

static const struct json_field verify_fields[] = {
	{ "order_id", JSON_WANT_STRING, true, 1, LEDGER_ORDER_SIZE - 1, "" },
	{ "jwe", JSON_WANT_STRING, true, 1, JWE_MAX, "" },
};
static const struct json_field pay_fields[] = {
	{ "order_id", JSON_WANT_STRING, true, 1, LEDGER_ORDER_SIZE - 1, "" },
	{ "amount", JSON_WANT_OBJECT, true, 0, 0, "" },
	{ "instalment_months", JSON_WANT_INT, true, 0, INSTALMENTS_MAX, "" },
	{ "interest_free", JSON_WANT_BOOL, true, 0, 0, "" },
	{ "order_name", JSON_WANT_STRING, true, 0, LEDGER_NAME_SIZE - 1, "" },
	{ "jwe", JSON_WANT_STRING, false, 1, JWE_MAX, "" },
	{ "keep", JSON_WANT_BOOL, false, 0, 0, "" },
	{ "billing_key", JSON_WANT_STRING, false, 1, LEDGER_KEY_SIZE - 1, "" },
};
static const struct json_field amount_fields[] = {
	{ "total", JSON_WANT_INT, true, 1, INT64_C(1000000000000), "" },
	{ "currency", JSON_WANT_STRING, true, 3, 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
};
static const struct json_field taxed_amount_fields[] = {
	{ "total", JSON_WANT_INT, true, 1, INT64_C(1000000000000), "" },
	{ "currency", JSON_WANT_STRING, true, 3, 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
	{ "tax_free", JSON_WANT_INT, false, 0, INT64_C(1000000000000), "" },
	{ "vat", JSON_WANT_INT, false, 0, INT64_C(1000000000000), "" },
};
static const struct json_field give_back_fields[] = {
	{ "cancel_id", JSON_WANT_STRING, true, 1, LEDGER_ORDER_SIZE - 1, "" },
	{ "amount", JSON_WANT_OBJECT, true, 0, 0, "" },
	{ "tax_free", JSON_WANT_INT, true, 0, INT64_C(1000000000000), "" },
	{ "vat", JSON_WANT_INT, false, 0, INT64_C(1000000000000), "" },
	{ "reason", JSON_WANT_STRING, true, 0, LEDGER_NAME_SIZE - 1, "" },
};
static const struct json_field net_cancel_fields[] = { { "reason", JSON_WANT_STRING, true, 0, PG_REASON_SIZE - 1, "" } };

/* ---- the sealed record ---- */

/* The protected header names the order, as the record inside does; and the key. */
struct named { char order_id[LEDGER_ORDER_SIZE], kid[LEDGER_ORDER_SIZE]; };

static void take_text(const json_t *from, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(from, name));

	snprintf(out, size, "%s", text != NULL ? text : "");
}

/* Not authenticated yet: which key is to be tried. */
static void read_header(const char *jwe, struct named *n)
{
	char header[HEADER_MAX];
	struct json_fault fault;
	json_t *o = NULL;
	int len = base64url_decode(jwe, strcspn(jwe, "."), (uint8_t *)header, sizeof(header));

	memset(n, 0, sizeof(*n));
	if (len < 0 || json_read_strict(header, (size_t)len, &o, &fault) < 0)
		return;
	take_text(o, "order_id", n->order_id, sizeof(n->order_id));
	take_text(o, "kid", n->kid, sizeof(n->kid));
	json_decref(o);
}

/* A key of its own, pg-key.KID.pem, or the one that opens all others. The caller frees one of its own. */
static struct jwe_private *key_of(const struct pg_keys *k, const char *kid)
{
	struct jwe_private *own = NULL;
	char name[LEDGER_ORDER_SIZE + 16], path[FILES_PATH_SIZE];

	snprintf(name, sizeof(name), "pg-key.%s.pem", kid);
	return strchr(kid, '/') == NULL && files_path(k->dir, name, path) == 0 && jwe_private_load(path, &own) == 0 ? own : k->all;
}

static const struct card_decline *check_record(const char *clear, size_t len, const char *order_id, const struct test_card **card)
{
	const struct card_decline *no = &cannot_open;
	time_t now = (time_t)(clock_wall().ms / 1000);
	struct record record;
	struct tm tm;

	if (record_read(clear, len, &record) < 0)
		return no;
	gmtime_r(&now, &tm);
	no = strcmp(record.order_id, order_id) != 0 ? &other_order
	     : cards_check(&record.card, tm.tm_year + 1900, tm.tm_mon + 1, card);
	secret_wipe(&record, sizeof(record));
	return no;
}

/* Opens a record and decides on it. What was clear is wiped before this returns. */
static const struct card_decline *open_record(const struct pg_keys *k, const char *jwe, struct ledger_ask *a)
{
	char header[HEADER_MAX], clear[CLEAR_MAX];
	const struct card_decline *no = &cannot_open;
	struct jwe_private *key;
	struct named named;
	int n;

	read_header(jwe, &named);
	key = key_of(k, named.kid);
	n = jwe_open(key, jwe, strlen(jwe), header, sizeof(header), clear, sizeof(clear));
	if (key != k->all)
		jwe_private_free(&key);
	if (n >= 0) {
		snprintf(a->kid, sizeof(a->kid), "%s", named.kid);
		no = strcmp(named.order_id, a->order_id) == 0 ? check_record(clear, (size_t)n, a->order_id, &a->card) : &other_order;
	}
	secret_wipe(clear, sizeof(clear));
	return no;
}

/* ---- what is asked ---- */

int pg_ask_verify(const struct pg_keys *k, const json_t *body, struct ledger_ask *a, struct json_fault *fault)
{
	if (json_fields(body, "", verify_fields, ARRAY_LEN(verify_fields), fault) < 0)
		return ERR_INVALID;
	take_text(body, "order_id", a->order_id, sizeof(a->order_id));
	a->decline = open_record(k, json_string_value(json_object_get(body, "jwe")), a);
	if (a->decline == NULL)
		a->decline = a->card->verify;
	return 0;
}

static const struct card_decline *decide_payment(const struct ledger_ask *a)
{
	bool instalments = a->instalment_months > 1;

	if (instalments && (a->card->type != CARD_CREDIT || a->amount_minor < INSTALMENTS_FROM_KRW))
		return &no_instalments;
	return a->card->pay;
}

/* Of an amount; -1: not said. */
static int64_t part_of(const json_t *from, const char *name)
{
	const json_t *value = json_object_get(from, name);

	return value != NULL ? json_integer_value(value) : -1;
}

int pg_ask_pay(const struct pg_keys *k, const struct ledger *l, const json_t *body, struct ledger_ask *a, struct json_fault *fault)
{
	const json_t *amount = json_object_get(body, "amount"), *jwe = json_object_get(body, "jwe");

	if (json_fields(body, "", pay_fields, ARRAY_LEN(pay_fields), fault) < 0 ||
	    json_fields(amount, "/amount", taxed_amount_fields, ARRAY_LEN(taxed_amount_fields), fault) < 0)
		return ERR_INVALID;
	if ((jwe != NULL) == (json_object_get(body, "billing_key") != NULL)) {
		snprintf(fault->why, sizeof(fault->why), "needs either jwe or billing_key");
		return ERR_INVALID;
	}
	a->pay = true;
	take_text(body, "order_id", a->order_id, sizeof(a->order_id));
	take_text(body, "order_name", a->order_name, sizeof(a->order_name));
	take_text(body, "billing_key", a->billing_key, sizeof(a->billing_key));
	take_text(amount, "currency", a->currency, sizeof(a->currency));
	a->amount_minor = json_integer_value(json_object_get(amount, "total"));
	a->tax_free_minor = part_of(amount, "tax_free");
	a->vat_minor = part_of(amount, "vat");
	if (a->tax_free_minor > a->amount_minor || a->vat_minor > a->amount_minor - (a->tax_free_minor > 0 ? a->tax_free_minor : 0)) {
		snprintf(fault->where, sizeof(fault->where), "/amount");
		snprintf(fault->why, sizeof(fault->why), "its parts are more than the total");
		return ERR_INVALID;
	}
	a->instalment_months = (int)json_integer_value(json_object_get(body, "instalment_months"));
	a->interest_free = json_is_true(json_object_get(body, "interest_free"));
	a->keep = json_is_true(json_object_get(body, "keep"));
	if (jwe != NULL)
		a->decline = open_record(k, json_string_value(jwe), a);
	else if ((a->card = ledger_card_of(l, a->billing_key)) == NULL)
		a->decline = &no_key;
	if (a->decline == NULL)
		a->decline = decide_payment(a);
	return 0;
}

int pg_ask_cancel(const json_t *body, const char *order_id, struct ledger_cancel *c, struct json_fault *fault)
{
	const json_t *amount = json_object_get(body, "amount");

	if (json_fields(body, "", give_back_fields, ARRAY_LEN(give_back_fields), fault) < 0 ||
	    json_fields(amount, "/amount", amount_fields, ARRAY_LEN(amount_fields), fault) < 0)
		return ERR_INVALID;
	snprintf(c->order_id, sizeof(c->order_id), "%s", order_id);
	take_text(body, "cancel_id", c->cancel_id, sizeof(c->cancel_id));
	take_text(body, "reason", c->reason, sizeof(c->reason));
	take_text(amount, "currency", c->currency, sizeof(c->currency));
	c->amount_minor = json_integer_value(json_object_get(amount, "total"));
	c->tax_free_minor = json_integer_value(json_object_get(body, "tax_free"));
	c->vat_minor = part_of(body, "vat");
	return 0;
}

int pg_ask_net_cancel(const json_t *body, char reason[PG_REASON_SIZE], struct json_fault *fault)
{
	if (json_fields(body, "", net_cancel_fields, ARRAY_LEN(net_cancel_fields), fault) < 0)
		return ERR_INVALID;
	take_text(body, "reason", reason, PG_REASON_SIZE);
	return 0;
}
