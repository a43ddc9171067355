/* ledger_file.c: a ledger that outlives its process: decisions as lines of a journal, each written before anybody hears of it. Of a card
 * there is its place in the table, never a number; of an order's history, what was decided. */
#include <stdio.h>
#include <string.h>

#include "sandbox/world/ledger_priv.h"

static const char *text_of(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text != NULL ? text : "";
}

static int64_t number_of(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

#define TAKE_TEXT(to, from, name) snprintf(to, sizeof(to), "%s", text_of(from, name))

/* ---- writing ---- */

static json_t *show_decline(const struct card_decline *d)
{
	return d == NULL ? json_null() : json_pack("[s, s, s]", d->class, d->code, d->message);
}

static json_t *show_question(const struct ledger_ask *a)
{
	size_t count = 0;
	const struct test_card *cards = cards_all(&count);

	if (a->cancel.order_id[0] != '\0')
		return json_pack("{s:s, s:s, s:I, s:I, s:I, s:s}", "canceled_order", a->cancel.order_id, "currency", a->cancel.currency, "amount",
		                 (json_int_t)a->cancel.amount_minor, "tax_free", (json_int_t)a->cancel.tax_free_minor, "vat",
		                 (json_int_t)a->cancel.vat_minor, "reason", a->cancel.reason);
	return json_pack("{s:b, s:I, s:s, s:i, s:b, s:b, s:s, s:s, s:i, s:I, s:I}", "pay", a->pay, "amount", (json_int_t)a->amount_minor, "currency",
	                 a->currency, "months", a->instalment_months, "interest_free", a->interest_free, "keep", a->keep, "order_name",
	                 a->order_name, "billing_key", a->billing_key, "card", a->card != NULL ? (int)(a->card - cards) : -1, "tax_free",
	                 (json_int_t)a->tax_free_minor, "vat", (json_int_t)a->vat_minor);
}

int ledger_keep_order(struct ledger *l, const struct ledger_order *o)
{
	if (l->journal == NULL)
		return 0;
	return journal_add(l->journal, json_pack("{s:s, s:s, s:o, s:s, s:o, s:s, s:s, s:s, s:I}", "what", "order", "order_id", o->ask.order_id,
	                                         "asked", show_question(&o->ask), "state", ledger_state_names[o->state], "decline",
	                                         show_decline(o->ask.decline), "tid", o->tid, "approval_no", o->approval_no, "issued_key",
	                                         o->issued_key, "at", (json_int_t)o->at.ms));
}

int ledger_keep_net_cancel(struct ledger *l, const char *order_id, const char *reason, struct wall now)
{
	if (l->journal == NULL)
		return 0;
	return journal_add(l->journal, json_pack("{s:s, s:s, s:s, s:I}", "what", "net_cancel", "order_id", order_id, "reason", reason, "at",
	                                         (json_int_t)now.ms));
}

int ledger_keep_expiry(struct ledger *l, const char *billing_key)
{
	if (l->journal == NULL)
		return 0;
	return journal_add(l->journal, json_pack("{s:s, s:s}", "what", "expiry", "billing_key", billing_key));
}

/* ---- reading ---- */

static void read_question(const json_t *line, struct ledger_ask *a)
{
	const json_t *asked = json_object_get(line, "asked");
	size_t count = 0;
	const struct test_card *cards = cards_all(&count);
	int64_t card = json_object_get(asked, "card") != NULL ? number_of(asked, "card") : -1;

	TAKE_TEXT(a->order_id, line, "order_id");
	TAKE_TEXT(a->cancel.order_id, asked, "canceled_order");
	if (a->cancel.order_id[0] != '\0') {
		snprintf(a->cancel.cancel_id, sizeof(a->cancel.cancel_id), "%s", a->order_id);
		TAKE_TEXT(a->cancel.currency, asked, "currency");
		TAKE_TEXT(a->cancel.reason, asked, "reason");
		a->cancel.amount_minor = number_of(asked, "amount");
		a->cancel.tax_free_minor = number_of(asked, "tax_free");
		a->cancel.vat_minor = number_of(asked, "vat");
		return;
	}
	a->pay = json_is_true(json_object_get(asked, "pay"));
	a->amount_minor = number_of(asked, "amount");
	a->tax_free_minor = number_of(asked, "tax_free");
	a->vat_minor = number_of(asked, "vat");
	TAKE_TEXT(a->currency, asked, "currency");
	a->instalment_months = (int)number_of(asked, "months");
	a->interest_free = json_is_true(json_object_get(asked, "interest_free"));
	a->keep = json_is_true(json_object_get(asked, "keep"));
	TAKE_TEXT(a->order_name, asked, "order_name");
	TAKE_TEXT(a->billing_key, asked, "billing_key");
	a->card = card >= 0 && (size_t)card < count ? &cards[card] : NULL;
}

static void read_decline(const json_t *words, struct ledger_order *o)
{
	if (!json_is_array(words))
		return;
	for (size_t i = 0; i < 3; i++) {
		const char *word = json_string_value(json_array_get(words, i));

		snprintf(o->read_words[i], sizeof(o->read_words[i]), "%s", word != NULL ? word : "");
	}
	o->read_decline = (struct card_decline){ o->read_words[0], o->read_words[1], o->read_words[2] };
	o->ask.decline = &o->read_decline;
}

static int read_state(const char *name, enum order_state *state)
{
	for (int i = 0; i < ORDER_STATES; i++)
		if (strcmp(ledger_state_names[i], name) == 0) {
			*state = (enum order_state)i;
			return 0;
		}
	return ERR_INVALID;
}

static int replay_order(struct ledger *l, const json_t *line)
{
	struct wall at = { number_of(line, "at") };
	struct ledger_ask a = { .order_id = "" };
	struct ledger_order *o, *paid;
	enum order_state state;
	int e = read_state(text_of(line, "state"), &state);

	read_question(line, &a);
	if (e == 0)
		e = ledger_order_add(l, &a, at, &o);
	if (e < 0)
		return e;
	o->known = true;
	o->state = state;
	read_decline(json_object_get(line, "decline"), o);
	TAKE_TEXT(o->tid, line, "tid");
	TAKE_TEXT(o->approval_no, line, "approval_no");
	TAKE_TEXT(o->issued_key, line, "issued_key");
	o->issued_key_lives = o->issued_key[0] != '\0';
	o->bookings = state != ORDER_DECLINED;
	ledger_order_fill(o);
	if (a.card != NULL)
		o->mask = cards_mask(a.card);
	ledger_order_note(o, state == ORDER_CANCELED ? "cancel" : a.pay ? "pay" : "verify", ledger_state_names[state], at);
	if (state != ORDER_CANCELED)
		return 0;
	paid = ledger_order_of(l, a.cancel.order_id);
	if (paid == NULL)
		return ERR_INVALID;
	ledger_order_take(paid, o);
	return 0;
}

static int replay(const json_t *line, void *context)
{
	struct ledger *l = context;
	const struct ledger_order *o;
	const char *what = text_of(line, "what");

	if (strcmp(what, "order") == 0)
		return replay_order(l, line);
	if (strcmp(what, "net_cancel") == 0)
		return ledger_net_cancel(l, text_of(line, "order_id"), text_of(line, "reason"), (struct wall){ number_of(line, "at") }, &o);
	return strcmp(what, "expiry") == 0 ? ledger_expire(l, text_of(line, "billing_key")) : ERR_INVALID;
}

int ledger_open_journal(struct ledger *l, const char *dir)
{
	struct journal *j = NULL;
	int e = journal_open(dir, "pg.journal", replay, l, &j);

	if (e == 0)
		l->journal = j;
	return e;
}
