#include "sandbox/world/pg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "sandbox/world/cards.h"
#include "sandbox/world/files.h"
#include "sandbox/world/late.h"
#include "sandbox/world/ledger.h"
#include "sandbox/world/pg_ask.h"
#include "sandbox/world/pg_list.h"
#include "sandbox/world/pg_promotions.h"

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

static const struct card_decline canceled = { "system", "P903", "the order was cancelled" };
static const struct card_decline order_used = { "merchant", "P904", "the order id was used for something else" };

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
	const struct pg_keys keys = { p->dir, p->key };
	json_t *body = reply_body(r);
	int e;

	if (body == NULL)
		return;
	e = pay ? pg_ask_pay(&keys, p->ledger, body, &a, &fault) : pg_ask_verify(&keys, body, &a, &fault);
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
	char reason[PG_REASON_SIZE] = "";
	json_t *body = reply_body(r);
	struct behaviour b;
	int e;

	if (body == NULL)
		return;
	e = pg_ask_net_cancel(body, reason, &fault);
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
	e = pg_ask_cancel(body, order_id, &c, &fault);
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
