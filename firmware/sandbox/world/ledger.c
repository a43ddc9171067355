#include "sandbox/world/ledger_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

enum { ORDERS_MAX = 200000, HISTORY_MAX = 200 };

const char *const ledger_state_names[ORDER_STATES] = {
	[ORDER_VERIFIED] = "verified", [ORDER_APPROVED] = "approved", [ORDER_DECLINED] = "declined",
	[ORDER_NET_CANCELED] = "net_canceled", [ORDER_CANCELED] = "canceled",
};
static const struct card_decline no_order = { "merchant", "P907", "no approved order of this id" };
static const struct card_decline other_tax = { "merchant", "P909", "more free of tax, taxed or VAT than remains of the order" };
static const struct card_decline too_much = { "merchant", "P908", "more than remains of the order" };

int ledger_new(struct ledger **l)
{
	struct ledger *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->last = &made->first;
	*l = made;
	return 0;
}

void ledger_free(struct ledger **l)
{
	struct ledger_order *o;

	if (*l == NULL)
		return;
	while ((o = (*l)->first) != NULL) {
		(*l)->first = o->next;
		json_decref(o->history);
		free(o);
	}
	journal_free(&(*l)->journal);
	free(*l);
	*l = NULL;
}

/* ---- orders ---- */

static size_t bucket_of(const char *id)
{
	uint32_t h = 2166136261U;            /* FNV-1a */

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * 16777619U;
	return h % LEDGER_BUCKETS;
}

struct ledger_order *ledger_order_of(const struct ledger *l, const char *order_id)
{
	struct ledger_order *o = l->bucket[bucket_of(order_id)];

	while (o != NULL && strcmp(o->ask.order_id, order_id) != 0)
		o = o->next_in_bucket;
	return o;
}

const struct ledger_order *ledger_find(const struct ledger *l, const char *order_id)
{
	return ledger_order_of(l, order_id);
}

void ledger_order_note(struct ledger_order *o, const char *op, const char *text, struct wall now)
{
	char at[CLOCK_RFC3339_SIZE];

	if (json_array_size(o->history) < HISTORY_MAX)
		json_array_append_new(o->history, json_pack("{s:s, s:s, s:s}", "op", op, "note", text, "at", wall_print_rfc3339(now, at)));
}

void ledger_note(struct ledger *l, const char *order_id, const char *op, const char *text, struct wall now)
{
	struct ledger_order *o = ledger_order_of(l, order_id);

	if (o != NULL)
		ledger_order_note(o, op, text, now);
}

int ledger_order_add(struct ledger *l, const struct ledger_ask *a, struct wall now, struct ledger_order **o)
{
	struct ledger_order *made;
	size_t bucket = bucket_of(a->order_id);

	if (l->count >= ORDERS_MAX)
		return ERR_EXHAUSTED;
	made = calloc(1, sizeof(*made));
	if (made == NULL || (made->history = json_array()) == NULL) {
		free(made);
		return ERR_NOMEM;
	}
	made->ask = *a;
	made->at = now;
	made->next_in_bucket = l->bucket[bucket];
	l->bucket[bucket] = made;
	*l->last = made;
	l->last = &made->next;
	l->count++;
	*o = made;
	return 0;
}

static bool same_question(const struct ledger_ask *a, const struct ledger_ask *b)
{
	return a->pay == b->pay && a->card == b->card && a->amount_minor == b->amount_minor &&
	       a->tax_free_minor == b->tax_free_minor && a->vat_minor == b->vat_minor &&
	       strcmp(a->currency, b->currency) == 0 && a->instalment_months == b->instalment_months &&
	       a->interest_free == b->interest_free && a->keep == b->keep && strcmp(a->billing_key, b->billing_key) == 0 &&
	       strcmp(a->order_name, b->order_name) == 0;
}

/* Eight digits, as acquirers give them. */
static void make_approval_no(char out[9])
{
	uint32_t n = 0;

	if (crypto_random(&n, sizeof(n)) < 0)
		n = 1;
	snprintf(out, 9, "%08u", n % 100000000U);
}

void ledger_order_fill(struct ledger_order *o)
{
	bool approved = o->state == ORDER_APPROVED;

	o->remaining_minor = approved ? o->ask.amount_minor : 0;
	o->tax_free_left = approved ? o->ask.tax_free_minor : -1;
	o->vat_left = approved ? o->ask.vat_minor : -1;
}

void ledger_order_take(struct ledger_order *paid, struct ledger_order *cancel)
{
	const struct ledger_cancel *c = &cancel->ask.cancel;

	paid->remaining_minor -= c->amount_minor;
	if (paid->tax_free_left >= 0)
		paid->tax_free_left -= c->tax_free_minor;
	if (paid->vat_left >= 0 && c->vat_minor > 0)
		paid->vat_left -= c->vat_minor;
	cancel->remaining_minor = paid->remaining_minor;
}

static void decide(struct ledger_order *o)
{
	const struct ledger_ask *a = &o->ask;

	o->known = true;
	snprintf(o->tid, sizeof(o->tid), "%s", id_new("tid_").text);
	if (a->card != NULL)
		o->mask = cards_mask(a->card);
	if (a->decline != NULL) {
		o->state = ORDER_DECLINED;
		return;
	}
	o->state = a->pay ? ORDER_APPROVED : ORDER_VERIFIED;
	o->bookings = 1;
	ledger_order_fill(o);
	if (a->pay)
		make_approval_no(o->approval_no);
	if (!a->pay || a->keep) {
		snprintf(o->issued_key, sizeof(o->issued_key), "%s", id_new("pgk_").text);
		o->issued_key_lives = true;
	}
}

int ledger_book(struct ledger *l, const struct ledger_ask *a, struct wall now, const struct ledger_order **o)
{
	struct ledger_order *known = ledger_order_of(l, a->order_id);
	const char *op = a->pay ? "pay" : "verify";
	int e;

	if (known == NULL) {
		e = ledger_order_add(l, a, now, &known);
		if (e < 0)
			return e;
		decide(known);
		ledger_order_note(known, op, ledger_state_names[known->state], now);
		*o = known;
		return ledger_keep_order(l, known);
	}
	if (known->state == ORDER_NET_CANCELED) {
		ledger_order_note(known, op, "refused: cancelled before", now);
		return ERR_STATE;
	}
	e = same_question(&known->ask, a) ? 0 : ERR_EXISTS;
	ledger_order_note(known, op, e == 0 ? "repeated" : "refused: another order of this id", now);
	if (e == 0)
		*o = known;
	return e;
}

int ledger_net_cancel(struct ledger *l, const char *order_id, const char *reason, struct wall now,
                      const struct ledger_order **o)
{
	struct ledger_order *known = ledger_order_of(l, order_id);
	struct ledger_ask nothing = { .order_id = "" };

	if (known == NULL) {
		int e;

		snprintf(nothing.order_id, sizeof(nothing.order_id), "%s", order_id);
		e = ledger_order_add(l, &nothing, now, &known);
		if (e < 0)
			return e;
	}
	known->state = ORDER_NET_CANCELED;
	known->issued_key_lives = false;
	ledger_order_note(known, "net_cancel", reason, now);
	*o = known;
	return ledger_keep_net_cancel(l, order_id, reason, now);
}

static bool same_cancel(const struct ledger_cancel *a, const struct ledger_cancel *b)
{
	return strcmp(a->order_id, b->order_id) == 0 && strcmp(a->currency, b->currency) == 0 && a->amount_minor == b->amount_minor &&
	       a->tax_free_minor == b->tax_free_minor && a->vat_minor == b->vat_minor;
}

/* What was sold free of tax comes back so, and what was taxed as well. */
static bool is_of_its_tax(const struct ledger_order *paid, const struct ledger_cancel *c)
{
	if (c->tax_free_minor > c->amount_minor || (paid->vat_left >= 0 && c->vat_minor > paid->vat_left))
		return false;
	return paid->tax_free_left < 0 || (c->tax_free_minor <= paid->tax_free_left &&
	                                   c->amount_minor - c->tax_free_minor <= paid->remaining_minor - paid->tax_free_left);
}

static const struct card_decline *why_not(const struct ledger_order *paid, const struct ledger_cancel *c)
{
	if (paid == NULL || paid->state != ORDER_APPROVED || strcmp(paid->ask.currency, c->currency) != 0)
		return &no_order;
	if (c->amount_minor > paid->remaining_minor)
		return &too_much;
	return is_of_its_tax(paid, c) ? NULL : &other_tax;
}

static void decide_cancel(struct ledger *l, struct ledger_order *c)
{
	struct ledger_order *paid = ledger_order_of(l, c->ask.cancel.order_id);

	c->known = true;
	c->ask.decline = why_not(paid, &c->ask.cancel);
	c->state = c->ask.decline != NULL ? ORDER_DECLINED : ORDER_CANCELED;
	snprintf(c->tid, sizeof(c->tid), "%s", id_new("tid_").text);
	if (c->state == ORDER_DECLINED)
		return;
	c->bookings = 1;
	ledger_order_take(paid, c);
}

int ledger_cancel(struct ledger *l, const struct ledger_cancel *c, struct wall now, const struct ledger_order **o)
{
	struct ledger_order *known = ledger_order_of(l, c->cancel_id);
	struct ledger_ask a = { .cancel = *c };
	int e;

	if (known == NULL) {
		snprintf(a.order_id, sizeof(a.order_id), "%s", c->cancel_id);
		e = ledger_order_add(l, &a, now, &known);
		if (e < 0)
			return e;
		decide_cancel(l, known);
		ledger_order_note(known, "cancel", ledger_state_names[known->state], now);
		ledger_note(l, c->order_id, "cancel", ledger_state_names[known->state], now);
		*o = known;
		return ledger_keep_order(l, known);
	}
	if (known->state == ORDER_NET_CANCELED)
		return ERR_STATE;
	e = same_cancel(&known->ask.cancel, c) ? 0 : ERR_EXISTS;
	ledger_order_note(known, "cancel", e == 0 ? "repeated" : "refused: another order of this id", now);
	if (e == 0)
		*o = known;
	return e;
}

/* ---- billing keys: those that orders have issued ---- */

static struct ledger_order *issuer_of(const struct ledger *l, const char *billing_key)
{
	struct ledger_order *o = billing_key[0] != '\0' ? l->first : NULL;

	while (o != NULL && (!o->issued_key_lives || strcmp(o->issued_key, billing_key) != 0))
		o = o->next;
	return o;
}

const struct test_card *ledger_card_of(const struct ledger *l, const char *billing_key)
{
	const struct ledger_order *o = issuer_of(l, billing_key);

	return o != NULL ? o->ask.card : NULL;
}

int ledger_expire(struct ledger *l, const char *billing_key)
{
	struct ledger_order *o = issuer_of(l, billing_key);

	if (o == NULL)
		return ERR_NOT_FOUND;
	o->issued_key_lives = false;
	return ledger_keep_expiry(l, billing_key);
}

/* ---- as JSON ---- */

static void show_card(json_t *to, const struct ledger_order *o)
{
	if (o->ask.card == NULL)
		return;
	json_object_set_new(to, "issuer", json_string(o->mask.issuer));
	json_object_set_new(to, "card_type", json_string(card_type_name(o->mask.type)));
	json_object_set_new(to, "bin", json_string(o->mask.bin));
	json_object_set_new(to, "last4", json_string(o->mask.last4));
}

static void show_amount(json_t *to, const struct ledger_order *o)
{
	json_object_set_new(to, "amount", json_pack("{s:I, s:s}", "total", (json_int_t)o->ask.amount_minor, "currency",
	                                            o->ask.currency));
	json_object_set_new(to, "instalment_months", json_integer(o->ask.instalment_months));
	json_object_set_new(to, "interest_free", json_boolean(o->ask.interest_free));
}

static void show_cancel(json_t *to, const struct ledger_order *o)
{
	const struct ledger_cancel *c = &o->ask.cancel;
	char at[CLOCK_RFC3339_SIZE];

	json_object_set_new(to, "canceled_order", json_string(c->order_id));
	json_object_set_new(to, "amount", json_pack("{s:I, s:s}", "total", (json_int_t)c->amount_minor, "currency", c->currency));
	json_object_set_new(to, "tax_free", json_integer(c->tax_free_minor));
	json_object_set_new(to, "vat", c->vat_minor < 0 ? json_null() : json_integer(c->vat_minor));
	json_object_set_new(to, "remaining", json_integer(o->remaining_minor));
	json_object_set_new(to, "canceled_at", json_string(wall_print_rfc3339(o->at, at)));
}

json_t *ledger_answer(const struct ledger_order *o)
{
	json_t *a = json_pack("{s:s, s:s}", "result", ledger_state_names[o->state], "order_id", o->ask.order_id);
	char at[CLOCK_RFC3339_SIZE];

	if (a == NULL || o->state == ORDER_NET_CANCELED)
		return a;
	json_object_set_new(a, "tid", json_string(o->tid));
	if (o->state == ORDER_DECLINED) {
		json_object_set_new(a, "class", json_string(o->ask.decline->class));
		json_object_set_new(a, "code", json_string(o->ask.decline->code));
		json_object_set_new(a, "message", json_string(o->ask.decline->message));
		return a;
	}
	if (o->state == ORDER_CANCELED) {
		show_cancel(a, o);
		return a;
	}
	show_card(a, o);
	if (o->issued_key[0] != '\0')
		json_object_set_new(a, "billing_key", json_string(o->issued_key));
	if (o->state == ORDER_APPROVED) {
		json_object_set_new(a, "approval_no", json_string(o->approval_no));
		json_object_set_new(a, "approved_at", json_string(wall_print_rfc3339(o->at, at)));
		show_amount(a, o);
	}
	return a;
}

json_t *ledger_show(const struct ledger_order *o)
{
	json_t *s = ledger_answer(o);

	if (s == NULL)
		return NULL;
	json_object_set_new(s, "kind", json_string(!o->known ? "unknown" : o->ask.cancel.order_id[0] != '\0' ? "cancel" :
	                                              o->ask.pay ? "pay" : "verify"));
	json_object_set_new(s, "bookings", json_integer(o->bookings));
	json_object_set(s, "history", o->history);
	show_card(s, o);
	if (o->ask.kid[0] != '\0')
		json_object_set_new(s, "kid", json_string(o->ask.kid));
	if (o->issued_key[0] != '\0')
		json_object_set_new(s, "billing_key_lives", json_boolean(o->issued_key_lives));
	if (o->known && o->ask.pay) {
		show_amount(s, o);
		json_object_set_new(s, "order_name", json_string(o->ask.order_name));
		json_object_set_new(s, "by", json_string(o->ask.billing_key[0] != '\0' ? "billing_key" : "card"));
		json_object_set_new(s, "keep", json_boolean(o->ask.keep));
		json_object_set_new(s, "remaining", json_integer(o->remaining_minor));
		json_object_set_new(s, "tax_free", o->ask.tax_free_minor < 0 ? json_null() : json_integer(o->ask.tax_free_minor));
		json_object_set_new(s, "vat", o->ask.vat_minor < 0 ? json_null() : json_integer(o->ask.vat_minor));
	}
	return s;
}

json_t *ledger_show_all(const struct ledger *l)
{
	json_t *orders = json_array();
	json_int_t counts[ORDER_STATES] = { 0 }, bookings = 0, total = 0;

	for (const struct ledger_order *o = l->first; o != NULL; o = o->next) {
		json_array_append_new(orders, ledger_show(o));
		counts[o->state]++;
		bookings += o->bookings;
		if (o->state == ORDER_APPROVED)
			total += o->remaining_minor;
	}
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "orders", orders, "verified", counts[ORDER_VERIFIED], "approved",
	                 counts[ORDER_APPROVED], "declined", counts[ORDER_DECLINED], "net_canceled", counts[ORDER_NET_CANCELED], "canceled", counts[ORDER_CANCELED],
	                 "bookings", bookings, "approved_total", total);
}

/* Declined orders and verified cards moved no money; an order whose cancellation alone came has no sum. */
static bool is_listed(const struct ledger_order *o)
{
	return o->state == ORDER_APPROVED || o->state == ORDER_CANCELED || (o->state == ORDER_NET_CANCELED && o->known && o->ask.pay);
}

json_t *ledger_list(const struct ledger *l, int64_t from_ms, int64_t to_ms)
{
	json_t *rows = json_array();
	char at[CLOCK_RFC3339_SIZE];

	for (const struct ledger_order *o = l->first; o != NULL; o = o->next) {
		bool cancel = o->ask.cancel.order_id[0] != '\0';

		if (!is_listed(o) || o->at.ms < from_ms || o->at.ms >= to_ms)
			continue;
		json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:{s:I, s:s}, s:s, s:s}", "order_id", o->ask.order_id, "kind",
		                                      cancel ? "cancel" : "payment", "state", ledger_state_names[o->state], "amount", "total",
		                                      (json_int_t)(cancel ? o->ask.cancel.amount_minor : o->ask.amount_minor), "currency",
		                                      cancel ? o->ask.cancel.currency : o->ask.currency, "tid", o->tid, "at",
		                                      wall_print_rfc3339(o->at, at)));
	}
	return rows;
}
