#include "sandbox/world/pg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/crypto.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "sandbox/world/cards.h"
#include "sandbox/world/files.h"
#include "sandbox/world/late.h"
#include "sandbox/world/ledger.h"
#include "sandbox/world/pg_list.h"
#include "sandbox/world/pg_promotions.h"
#include "sandbox/world/record.h"

enum { JWE_MAX = 4096, HEADER_MAX = 1024, CLEAR_MAX = 1024, INSTALMENTS_FROM_KRW = 50000, INSTALMENTS_MAX = 36 };

struct pg {
	struct reply_desk *desk;
	struct jwe_private *key;
	struct ledger *ledger;
	struct late *late;
	struct behaviour behaviour, also;
	json_t *lies;                            /* NULL: none */
	json_t *promotions;                      /* NULL: the usual ones */
	char secret[FILES_SECRET_SIZE], dir[FILES_PATH_SIZE];
};

static const struct card_decline cannot_open = { "system", "P901", "the sealed record cannot be opened" };
static const struct card_decline other_order = { "system", "P902", "the sealed record is of another order" };
static const struct card_decline canceled = { "system", "P903", "the order was cancelled" };
static const struct card_decline order_used = { "merchant", "P904", "the order id was used for something else" };
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
static const struct json_field give_back_fields[] = {
	{ "cancel_id", JSON_WANT_STRING, true, 1, LEDGER_ORDER_SIZE - 1, "" },
	{ "amount", JSON_WANT_OBJECT, true, 0, 0, "" },
	{ "tax_free", JSON_WANT_INT, true, 0, INT64_C(1000000000000), "" },
	{ "vat", JSON_WANT_INT, false, 0, INT64_C(1000000000000), "" },
	{ "reason", JSON_WANT_STRING, true, 0, LEDGER_NAME_SIZE - 1, "" },
};
static const struct json_field cancel_fields[] = { { "reason", JSON_WANT_STRING, true, 0, 64, "" } };

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
static struct jwe_private *key_of(const struct pg *p, const char *kid)
{
	struct jwe_private *own = NULL;
	char name[LEDGER_ORDER_SIZE + 16], path[FILES_PATH_SIZE];

	snprintf(name, sizeof(name), "pg-key.%s.pem", kid);
	return strchr(kid, '/') == NULL && files_path(p->dir, name, path) == 0 && jwe_private_load(path, &own) == 0 ? own : p->key;
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
static const struct card_decline *open_record(const struct pg *p, const char *jwe, struct ledger_ask *a)
{
	char header[HEADER_MAX], clear[CLEAR_MAX];
	const struct card_decline *no = &cannot_open;
	struct jwe_private *key;
	struct named named;
	int n;

	read_header(jwe, &named);
	key = key_of(p, named.kid);
	n = jwe_open(key, jwe, strlen(jwe), header, sizeof(header), clear, sizeof(clear));
	if (key != p->key)
		jwe_private_free(&key);
	if (n >= 0) {
		snprintf(a->kid, sizeof(a->kid), "%s", named.kid);
		no = strcmp(named.order_id, a->order_id) == 0 ? check_record(clear, (size_t)n, a->order_id, &a->card) : &other_order;
	}
	secret_wipe(clear, sizeof(clear));
	return no;
}

/* ---- what is asked ---- */

static int read_verify(const struct pg *p, const json_t *body, struct ledger_ask *a, struct json_fault *fault)
{
	if (json_fields(body, "", verify_fields, ARRAY_LEN(verify_fields), fault) < 0)
		return ERR_INVALID;
	take_text(body, "order_id", a->order_id, sizeof(a->order_id));
	a->decline = open_record(p, json_string_value(json_object_get(body, "jwe")), a);
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

static int read_pay(const struct pg *p, const json_t *body, struct ledger_ask *a, struct json_fault *fault)
{
	const json_t *amount = json_object_get(body, "amount"), *jwe = json_object_get(body, "jwe");

	if (json_fields(body, "", pay_fields, ARRAY_LEN(pay_fields), fault) < 0 ||
	    json_fields(amount, "/amount", amount_fields, ARRAY_LEN(amount_fields), fault) < 0)
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
	a->instalment_months = (int)json_integer_value(json_object_get(body, "instalment_months"));
	a->interest_free = json_is_true(json_object_get(body, "interest_free"));
	a->keep = json_is_true(json_object_get(body, "keep"));
	if (jwe != NULL)
		a->decline = open_record(p, json_string_value(jwe), a);
	else if ((a->card = ledger_card_of(p->ledger, a->billing_key)) == NULL)
		a->decline = &no_key;
	if (a->decline == NULL)
		a->decline = decide_payment(a);
	return 0;
}

/* ---- answers ---- */

/* What a test asked for; otherwise the card's own behaviour. */
static struct behaviour behaviour_for(struct pg *p, const char *op, const struct test_card *card)
{
	struct behaviour b = behaviour_take(&p->behaviour, op);

	if (b.mode == BEHAVE_NORMAL)
		b = behaviour_take(&p->also, op);
	if (b.mode == BEHAVE_NORMAL && card != NULL)
		b = (struct behaviour){ .mode = card->mode, .delay_ms = CARDS_SLOW_MS };
	return b;
}

/* A decline that is not in the ledger: the order stays what it was. */
static json_t *decline_answer(const char *order_id, const struct card_decline *d)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "result", "declined", "order_id", order_id, "class", d->class, "code", d->code,
	                 "message", d->message);
}

static const struct card_decline *forced_decline(const char *class)
{
	static const struct card_decline forced[] = {
		{ "system", "P999", "the sandbox was told to decline" }, { "input", "P999", "the sandbox was told to decline" },
		{ "funds", "P999", "the sandbox was told to decline" }, { "dead_card", "P999", "the sandbox was told to decline" },
		{ "ask_issuer", "P999", "the sandbox was told to decline" }, { "merchant", "P999", "the sandbox was told to decline" },
	};

	for (size_t i = 0; i < ARRAY_LEN(forced); i++)
		if (strcmp(forced[i].class, class) == 0)
			return &forced[i];
	return &forced[0];
}

/* What was asked comes to the ledger when it is too late. */
static void put_off(struct pg *p, const struct behaviour *b, const struct ledger_ask *a)
{
	if (b->mode == BEHAVE_LATE && late_add(p->late, b->delay_ms, a) < 0)
		log_error("pg_late", "error=no_memory");
}

static void book_and_answer(struct pg *p, struct http_request *r, struct ledger_ask *a)
{
	const char *op = a->pay ? "pay" : "verify";
	struct behaviour b = behaviour_for(p, op, a->card);
	const struct ledger_order *o = NULL;
	json_t *answer;
	int e;

	if (behaviour_is_before(b.mode)) {
		log_info("pg_undone", "op=%s order=%s mode=%s", op, a->order_id, behaviour_name(b.mode));
		put_off(p, &b, a);
		reply_before(p->desk, r, &b);
		return;
	}
	if (b.mode == BEHAVE_REFUSE)
		a->decline = forced_decline(b.class);
	e = ledger_book(p->ledger, a, clock_wall(), &o);
	if (e < 0 && e != ERR_EXISTS && e != ERR_STATE) {
		reply_word(r, 503, "unavailable", err_name(e));
		return;
	}
	answer = e == 0 ? ledger_answer(o) : decline_answer(a->order_id, e == ERR_STATE ? &canceled : &order_used);
	log_info("pg_order", "op=%s order=%s result=%s amount=%" PRId64 " months=%d mode=%s", op, a->order_id,
	         json_string_value(json_object_get(answer, "result")), a->amount_minor, a->instalment_months, behaviour_name(b.mode));
	if (b.mode == BEHAVE_OTHER)
		json_object_set_new(answer, "order_id", json_string("ord_of_somebody_else"));
	reply_after(p->desk, r, &b, 200, answer);
}

static void on_order(struct pg *p, struct http_request *r, bool pay)
{
	struct json_fault fault = { .why = "" };
	struct ledger_ask a = { .order_id = "" };
	json_t *body = reply_body(r);
	int e;

	if (body == NULL)
		return;
	e = pay ? read_pay(p, body, &a, &fault) : read_verify(p, body, &a, &fault);
	json_decref(body);
	if (e < 0)
		reply_word(r, 400, "invalid", fault.why);
	else
		book_and_answer(p, r, &a);
}

/* An operation that is not about a card. False: the request is answered already, and nothing is to be done. */
static bool goes_on(struct pg *p, struct http_request *r, const char *op, struct behaviour *b)
{
	*b = behaviour_for(p, op, NULL);
	if (!behaviour_is_before(b->mode))
		return true;
	reply_before(p->desk, r, b);
	return false;
}

static void on_query(struct pg *p, struct http_request *r, const char *order_id)
{
	const struct ledger_order *o = ledger_find(p->ledger, order_id);
	struct behaviour b;

	if (!goes_on(p, r, "query", &b))
		return;
	ledger_note(p->ledger, order_id, "query", "", clock_wall());
	if (o != NULL)
		reply_after(p->desk, r, &b, 200, ledger_answer(o));
	else
		reply_after(p->desk, r, &b, 404, json_pack("{s:s, s:s}", "result", "not_found", "order_id", order_id));
}

static void on_net_cancel(struct pg *p, struct http_request *r, const char *order_id)
{
	struct json_fault fault = { .why = "" };
	const struct ledger_order *o = NULL;
	char reason[65] = "";
	json_t *body = reply_body(r);
	struct behaviour b;
	int e;

	if (body == NULL)
		return;
	e = json_fields(body, "", cancel_fields, ARRAY_LEN(cancel_fields), &fault);
	if (e == 0)
		take_text(body, "reason", reason, sizeof(reason));
	json_decref(body);
	if (e < 0) {
		reply_word(r, 400, "invalid", fault.why);
		return;
	}
	if (!goes_on(p, r, "net_cancel", &b))
		return;
	e = ledger_net_cancel(p->ledger, order_id, reason, clock_wall(), &o);
	log_info("pg_net_cancel", "order=%s error=%s", order_id, err_name(e));
	if (e < 0)
		reply_word(r, 503, "unavailable", err_name(e));
	else
		reply_after(p->desk, r, &b, 200, ledger_answer(o));
}

static int read_cancel(const json_t *body, const char *order_id, struct ledger_cancel *c, struct json_fault *fault)
{
	const json_t *amount = json_object_get(body, "amount"), *vat = json_object_get(body, "vat");

	if (json_fields(body, "", give_back_fields, ARRAY_LEN(give_back_fields), fault) < 0 ||
	    json_fields(amount, "/amount", amount_fields, ARRAY_LEN(amount_fields), fault) < 0)
		return ERR_INVALID;
	snprintf(c->order_id, sizeof(c->order_id), "%s", order_id);
	take_text(body, "cancel_id", c->cancel_id, sizeof(c->cancel_id));
	take_text(body, "reason", c->reason, sizeof(c->reason));
	take_text(amount, "currency", c->currency, sizeof(c->currency));
	c->amount_minor = json_integer_value(json_object_get(amount, "total"));
	c->tax_free_minor = json_integer_value(json_object_get(body, "tax_free"));
	c->vat_minor = vat != NULL ? json_integer_value(vat) : -1;
	return 0;
}

static void cancel_and_answer(struct pg *p, struct http_request *r, const struct ledger_cancel *c)
{
	const struct ledger_order *o = NULL;
	struct behaviour b;
	json_t *answer;
	int e = 0;

	if (!goes_on(p, r, "cancel", &b)) {
		put_off(p, &b, &(struct ledger_ask){ .cancel = *c });
		return;
	}
	if (b.mode == BEHAVE_REFUSE)
		answer = decline_answer(c->cancel_id, forced_decline(b.class));
	else if ((e = ledger_cancel(p->ledger, c, clock_wall(), &o)) == 0)
		answer = ledger_answer(o);
	else if (e != ERR_STATE && e != ERR_EXISTS) {
		reply_word(r, 503, "unavailable", err_name(e));
		return;
	}
	else
		answer = decline_answer(c->cancel_id, e == ERR_STATE ? &canceled : &order_used);
	log_info("pg_cancel", "order=%s cancel=%s amount=%" PRId64 " error=%s", c->order_id, c->cancel_id, c->amount_minor, err_name(e));
	if (b.mode == BEHAVE_OTHER)
		json_object_set_new(answer, "order_id", json_string("ord_of_somebody_else"));
	reply_after(p->desk, r, &b, 200, answer);
}

static void on_cancel(struct pg *p, struct http_request *r, const char *order_id)
{
	struct json_fault fault = { .why = "" };
	struct ledger_cancel c = { .order_id = "" };
	json_t *body = reply_body(r);
	int e;

	if (body == NULL)
		return;
	e = read_cancel(body, order_id, &c, &fault);
	json_decref(body);
	if (e < 0)
		reply_word(r, 400, "invalid", fault.why);
	else
		cancel_and_answer(p, r, &c);
}

static void on_expire(struct pg *p, struct http_request *r, const char *billing_key)
{
	struct behaviour b;
	int e;

	if (!goes_on(p, r, "expire_key", &b))
		return;
	e = ledger_expire(p->ledger, billing_key);
	log_info("pg_expire_key", "error=%s", err_name(e));
	if (e < 0 && e != ERR_NOT_FOUND) {
		reply_word(r, 503, "unavailable", err_name(e));
		return;
	}
	reply_after(p->desk, r, &b, e == 0 ? 200 : 404,
	            json_pack("{s:s, s:s}", "result", e == 0 ? "expired" : "not_found", "billing_key", billing_key));
}

static void on_list(struct pg *p, struct http_request *r)
{
	char date[16], cursor[24] = "";
	const char *why = "needs a date";
	json_t *page = NULL;
	struct behaviour b;

	if (!goes_on(p, r, "list", &b))
		return;
	if (!reply_query(http_query(r), "cursor", cursor, sizeof(cursor)))
		cursor[0] = '\0';
	if (reply_query(http_query(r), "date", date, sizeof(date)))
		page = pg_list_page(p->ledger, p->lies, date, cursor, &why);
	if (page == NULL)
		reply_word(r, 400, "invalid", why);
	else
		reply_after(p->desk, r, &b, 200, page);
}

static void on_promotions(struct pg *p, struct http_request *r)
{
	struct behaviour b = { .mode = BEHAVE_NORMAL };

	/* It is asked when nobody looks: a behaviour for any operation is meant for an order. */
	if (strcmp(p->behaviour.op, "promotions") != 0 || goes_on(p, r, "promotions", &b))
		reply_after(p->desk, r, &b, 200, pg_promotions_answer(p->promotions, clock_wall()));
}

/* ---- routes ---- */

static const char *below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(path, prefix, len) == 0 && path[len] != '\0' ? path + len : NULL;
}

/* An order id out of /v1/orders/{id}SUFFIX. */
static bool take_order_id(const char *path, const char *suffix, char id[LEDGER_ORDER_SIZE])
{
	const char *rest = below(path, "/v1/orders/");
	size_t len = rest != NULL ? strlen(rest) : 0, tail = strlen(suffix);

	if (len <= tail || len - tail >= LEDGER_ORDER_SIZE || strcmp(rest + len - tail, suffix) != 0)
		return false;
	memcpy(id, rest, len - tail);
	id[len - tail] = '\0';
	return strchr(id, '/') == NULL;
}

static void on_request(struct http_request *r, void *context)
{
	struct pg *p = context;
	const char *method = http_method(r), *path = http_path(r), *key = below(path, "/v1/billing-keys/");
	bool post = strcmp(method, "POST") == 0;
	char id[LEDGER_ORDER_SIZE];

	if (!reply_bearer_is(r, p->secret)) {
		log_warn("pg_unauthorized", "method=%s", method);
		reply_word(r, 401, "unauthorized", NULL);
	} else if (post && strcmp(path, "/v1/cards/verify") == 0) {
		on_order(p, r, false);
	} else if (post && strcmp(path, "/v1/payments") == 0) {
		on_order(p, r, true);
	} else if (post && take_order_id(path, "/net-cancel", id)) {
		on_net_cancel(p, r, id);
	} else if (post && take_order_id(path, "/cancel", id)) {
		on_cancel(p, r, id);
	} else if (strcmp(method, "GET") == 0 && strcmp(path, "/v1/transactions") == 0) {
		on_list(p, r);
	} else if (strcmp(method, "GET") == 0 && strcmp(path, "/v1/interest-free") == 0) {
		on_promotions(p, r);
	} else if (strcmp(method, "GET") == 0 && take_order_id(path, "", id)) {
		on_query(p, r, id);
	} else if (strcmp(method, "DELETE") == 0 && key != NULL) {
		on_expire(p, r, key);
	} else {
		reply_word(r, 404, "no_such_path", NULL);
	}
}

/* ---- life ---- */

int pg_new(struct loop *l, struct reply_desk *desk, const char *dir, bool keep, struct pg **p)
{
	struct pg *made = calloc(1, sizeof(*made));
	char path[FILES_PATH_SIZE];
	int e = made != NULL ? ledger_new(&made->ledger) : ERR_NOMEM;

	if (e == 0 && keep)
		e = ledger_open_journal(made->ledger, dir);
	if (e == 0)
		e = late_new(l, made->ledger, &made->late);
	if (e == 0) {
		made->desk = desk;
		snprintf(made->dir, sizeof(made->dir), "%s", dir);
		e = files_path(dir, "pg-key.pem", path);
	}
	if (e == 0)
		e = jwe_private_load(path, &made->key);
	if (e < 0)
		log_error("pg_key", "file=%s/pg-key.pem error=%s", dir, err_name(e));
	if (e == 0)
		e = files_secret(dir, "pg.secret", made->secret);
	if (e == 0)
		e = files_path(dir, "pg.sock", path);
	if (e == 0)
		e = http_listen_unix(l, path, on_request, made);
	if (e < 0) {
		pg_free(&made);
		return e;
	}
	*p = made;
	return 0;
}

void pg_free(struct pg **p)
{
	if (*p == NULL)
		return;
	late_free(&(*p)->late);
	ledger_free(&(*p)->ledger);
	json_decref((*p)->lies);
	json_decref((*p)->promotions);
	jwe_private_free(&(*p)->key);
	secret_wipe((*p)->secret, sizeof((*p)->secret));
	free(*p);
	*p = NULL;
}

struct behaviour *pg_behaviour(struct pg *p)
{
	return &p->behaviour;
}

struct behaviour *pg_behaviour_also(struct pg *p)
{
	return &p->also;
}

void pg_set_lies(struct pg *p, json_t *lies)
{
	json_decref(p->lies);
	p->lies = lies;
}

void pg_set_promotions(struct pg *p, json_t *promotions)
{
	json_decref(p->promotions);
	p->promotions = promotions;
}

json_t *pg_show_ledger(const struct pg *p)
{
	json_t *all = ledger_show_all(p->ledger);

	json_object_set_new(all, "late", json_integer(late_count(p->late)));
	return all;
}

json_t *pg_show_order(const struct pg *p, const char *order_id)
{
	const struct ledger_order *o = ledger_find(p->ledger, order_id);

	return o != NULL ? ledger_show(o) : NULL;
}
