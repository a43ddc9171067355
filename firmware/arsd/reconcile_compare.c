#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/reconcile_priv.h"
#include "crypto/crypto.h"
#include "json/json.h"
#include "store/cancellations.h"

enum { PIECE = 200 };

static int grow(void *list, size_t count, size_t *room, size_t size)
{
	void **at = list, *more;
	size_t wanted = *room == 0 ? 64 : *room * 2;

	if (count < *room)
		return 0;
	more = realloc(*at, wanted * size);
	if (more == NULL)
		return ERR_NOMEM;
	*at = more;
	*room = wanted;
	return 0;
}

static int note_row(struct reconcile *r, const struct reconciliation_row *row)
{
	r->differences++;
	if (r->row_count == RECONCILE_ROWS_MAX)
		return 0;
	if (grow(&r->rows, r->row_count, &r->row_room, sizeof(r->rows[0])) < 0)
		return ERR_NOMEM;
	r->rows[r->row_count++] = *row;
	return 0;
}

/* The day concerns this merchant, with so many more orders that agree. */
static int note_merchant(struct reconcile *r, const struct id *merchant, int agree)
{
	for (size_t i = 0; i < r->matched_count; i++)
		if (strcmp(r->matched[i].merchant.text, merchant->text) == 0) {
			r->matched[i].count += agree;
			return 0;
		}
	if (grow(&r->matched, r->matched_count, &r->matched_room, sizeof(r->matched[0])) < 0)
		return ERR_NOMEM;
	r->matched[r->matched_count++] = (struct reconcile_matched){ *merchant, agree };
	return 0;
}

/* ---- theirs ---- */

/* What we know of the order of a row; false: nothing. */
static bool find_payment(struct arsd *a, struct reconciliation_row *row)
{
	static struct request r;
	struct attempt t;

	if (store_attempt_get(a->store, row->order_id, &t) < 0 || strcmp(t.pg, row->pg) != 0 || strcmp(t.verb, "pay") != 0 ||
	    store_request_get(a->store, t.request.text, &r) < 0)
		return false;
	row->merchant = r.merchant;
	row->request = r.id;
	snprintf(row->our_state, sizeof(row->our_state), "%s", t.state);
	row->our_minor = t.amount.amount_minor;
	snprintf(row->our_currency, sizeof(row->our_currency), "%s", t.amount.currency);
	return true;
}

static bool find_cancel(struct arsd *a, struct reconciliation_row *row)
{
	struct cancellation c;

	if (store_cancellation_get(a->store, row->order_id, &c) < 0 || strcmp(c.pg, row->pg) != 0)
		return false;
	row->merchant = c.merchant;
	row->request = c.request;
	snprintf(row->our_state, sizeof(row->our_state), "%s", c.canceled.ms > 0 ? "canceled" : c.state);
	row->our_minor = c.amount.amount_minor;
	snprintf(row->our_currency, sizeof(row->our_currency), "%s", c.amount.currency);
	return true;
}

static bool is_open(const char *state)
{
	static const char *const open[] = { "intended", "sent", "unknown", "canceling", "requested", "sent_again", "doubted" };

	for (size_t i = 0; i < ARRAY_LEN(open); i++)
		if (strcmp(open[i], state) == 0)
			return true;
	return false;
}

/* Does either side hold the customer's money by this order, or has it given it back? */
static bool ours_counts(const struct reconciliation_row *row)
{
	return strcmp(row->our_state, strcmp(row->kind, "cancel") == 0 ? "canceled" : "ok") == 0;
}

static bool theirs_counts(const struct reconciliation_row *row)
{
	return strcmp(row->their_state, strcmp(row->kind, "cancel") == 0 ? "canceled" : "approved") == 0;
}

static const char *class_of(const struct reconciliation_row *row, bool known)
{
	if (!known)
		return "extra";
	if (is_open(row->our_state))
		return "unknown";
	if (ours_counts(row) != theirs_counts(row))
		return "state_differs";
	if (row->our_minor != row->their_minor || strcmp(row->our_currency, row->their_currency) != 0)
		return "amount_differs";
	return NULL;
}

static bool was_seen(const struct reconcile *r, const char *order_id)
{
	for (size_t i = 0; i < r->seen_count; i++)
		if (strcmp(r->seen[i], order_id) == 0)
			return true;
	return false;
}

static int note_seen(struct reconcile *r, const char *order_id)
{
	if (r->seen_count == RECONCILE_LISTED_MAX)
		return ERR_EXHAUSTED;
	if (grow(&r->seen, r->seen_count, &r->seen_room, sizeof(r->seen[0])) < 0)
		return ERR_NOMEM;
	snprintf(r->seen[r->seen_count++], sizeof(r->seen[0]), "%s", order_id);
	return 0;
}

static int compare_row(struct arsd *a, struct reconcile *r, const json_t *o)
{
	struct reconciliation_row row = { .at.ms = json_integer_value(json_object_get(o, "at_ms")),
	                                  .their_minor = json_integer_value(json_object_get(o, "amount_minor")) };
	const char *id = json_string_value(json_object_get(o, "order_id")), *kind = json_string_value(json_object_get(o, "kind"));
	const char *state = json_string_value(json_object_get(o, "state")), *currency = json_string_value(json_object_get(o, "currency"));
	const char *class;
	bool cancel;
	int e;

	if (id == NULL || kind == NULL || state == NULL || currency == NULL)
		return ERR_INVALID;
	cancel = strcmp(kind, "cancel") == 0;
	snprintf(row.day, sizeof(row.day), "%s", r->day);
	snprintf(row.pg, sizeof(row.pg), "%s", a->set.pgs[r->pg]);
	snprintf(row.kind, sizeof(row.kind), "%s", cancel ? "cancel" : "payment");
	snprintf(row.order_id, sizeof(row.order_id), "%s", id);
	snprintf(row.their_state, sizeof(row.their_state), "%s", state);
	snprintf(row.their_currency, sizeof(row.their_currency), "%s", currency);
	class = class_of(&row, cancel ? find_cancel(a, &row) : find_payment(a, &row));
	e = note_seen(r, id);
	if (e < 0)
		return e;
	if (class == NULL)
		return note_merchant(r, &row.merchant, 1);
	snprintf(row.class, sizeof(row.class), "%s", class);
	return note_row(r, &row);
}

int reconcile_their_page(struct arsd *a, struct reconcile *r, const uint8_t *rows, size_t len)
{
	json_t *list = json_loadb((const char *)rows, len, JSON_REJECT_DUPLICATES, NULL);
	int e = json_is_array(list) ? 0 : ERR_INVALID;

	for (size_t i = 0; e == 0 && i < json_array_size(list); i++)
		e = compare_row(a, r, json_array_get(list, i));
	json_decref(list);
	return e;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* An order that stands in the list twice may have been taken twice. */
void reconcile_list_is_whole(struct reconcile *r)
{
	struct reconciliation_row row = { .class = "extra", .kind = "payment" };

	if (r->seen_count > 0)
		qsort(r->seen, r->seen_count, sizeof(r->seen[0]), by_id);
	for (size_t i = 1; i < r->seen_count; i++) {
		if (strcmp(r->seen[i - 1], r->seen[i]) != 0)
			continue;
		snprintf(row.day, sizeof(row.day), "%s", r->day);
		snprintf(row.order_id, sizeof(row.order_id), "%s", r->seen[i]);
		snprintf(row.their_state, sizeof(row.their_state), "listed twice");
		if (note_row(r, &row) < 0)
			r->differences++;
	}
}

/* ---- ours ---- */

struct piece { struct arsd *a; struct reconcile *r; const char *pg, *kind; int count, error; };

/* An attempt knows its request alone. */
static int note_merchant_of(struct piece *p, const char *request)
{
	static struct request q;

	return p->error = store_request_get(p->a->store, request, &q) == 0 ? note_merchant(p->r, &q.merchant, 0) : 0;
}

static int compare_booked(const struct booked *b, void *context)
{
	struct piece *p = context;
	struct reconciliation_row row = { .merchant = b->merchant, .request = b->request, .our_minor = b->amount.amount_minor, .at = b->at };

	p->count++;
	p->r->after = *b;
	if (p->r->without != NULL)
		return p->error = note_merchant(p->r, &b->merchant, 0);
	if (p->r->seen_count > 0 && bsearch(b->order_id, p->r->seen, p->r->seen_count, sizeof(p->r->seen[0]), by_id) != NULL)
		return 0;
	snprintf(row.day, sizeof(row.day), "%s", p->r->day);
	snprintf(row.pg, sizeof(row.pg), "%s", p->pg);
	snprintf(row.class, sizeof(row.class), "missing");
	snprintf(row.kind, sizeof(row.kind), "%s", p->kind);
	snprintf(row.order_id, sizeof(row.order_id), "%s", b->order_id);
	snprintf(row.our_state, sizeof(row.our_state), "%s", strcmp(p->kind, "cancel") == 0 ? "canceled" : "ok");
	snprintf(row.our_currency, sizeof(row.our_currency), "%s", b->amount.currency);
	p->error = note_row(p->r, &row);
	return p->error;
}

/* Open ones of the day that the list does not have: they may be there tomorrow, and are not called missing. */
static int compare_open(const struct attempt *t, void *context)
{
	struct piece *p = context;
	struct reconciliation_row row = { .request = t->request, .our_minor = t->amount.amount_minor, .at = t->created };

	if (strcmp(t->verb, "pay") != 0 || strcmp(t->pg, p->pg) != 0 || t->created.ms < p->r->from.ms || t->created.ms >= p->r->to.ms ||
	    was_seen(p->r, t->order_id))
		return 0;
	if (p->r->without != NULL)
		return note_merchant_of(p, t->request.text);
	snprintf(row.day, sizeof(row.day), "%s", p->r->day);
	snprintf(row.pg, sizeof(row.pg), "%s", p->pg);
	snprintf(row.class, sizeof(row.class), "unknown");
	snprintf(row.kind, sizeof(row.kind), "payment");
	snprintf(row.order_id, sizeof(row.order_id), "%s", t->order_id);
	snprintf(row.our_state, sizeof(row.our_state), "%s", t->state);
	snprintf(row.our_currency, sizeof(row.our_currency), "%s", t->amount.currency);
	p->error = note_row(p->r, &row);
	return p->error;
}

/* Open cancellations likewise. */
static int compare_open_cancel(const struct cancellation *c, void *context)
{
	struct piece *p = context;
	struct reconciliation_row row = { .merchant = c->merchant, .request = c->request, .our_minor = c->amount.amount_minor, .at = c->created };

	if (strcmp(c->pg, p->pg) != 0 || c->created.ms < p->r->from.ms || c->created.ms >= p->r->to.ms || was_seen(p->r, c->id))
		return 0;
	if (p->r->without != NULL)
		return p->error = note_merchant(p->r, &c->merchant, 0);
	snprintf(row.day, sizeof(row.day), "%s", p->r->day);
	snprintf(row.pg, sizeof(row.pg), "%s", p->pg);
	snprintf(row.class, sizeof(row.class), "unknown");
	snprintf(row.kind, sizeof(row.kind), "cancel");
	snprintf(row.order_id, sizeof(row.order_id), "%s", c->id);
	snprintf(row.our_state, sizeof(row.our_state), "%s", c->state);
	snprintf(row.our_currency, sizeof(row.our_currency), "%s", c->amount.currency);
	p->error = note_row(p->r, &row);
	return p->error;
}

static void name_merchants(struct arsd *a, struct reconcile *r)
{
	static struct request q;

	for (size_t i = 0; i < r->row_count; i++)
		if (r->rows[i].merchant.text[0] == '\0' && r->rows[i].request.text[0] != '\0' &&
		    store_request_get(a->store, r->rows[i].request.text, &q) == 0)
			r->rows[i].merchant = q.merchant;
		else if (r->rows[i].pg[0] == '\0')
			snprintf(r->rows[i].pg, sizeof(r->rows[i].pg), "%s", a->set.pgs[r->pg]);
}

int reconcile_our_piece(struct arsd *a, struct reconcile *r, bool cancels, bool *more)
{
	struct piece p = { a, r, a->set.pgs[r->pg], cancels ? "cancel" : "payment", 0, 0 };
	struct booked after = r->after;
	int e = (cancels ? store_booked_cancels : store_booked_payments)(a->store, p.pg, r->from, r->to, after.place > 0 ? &after : NULL,
	                                                                 PIECE, compare_booked, &p);

	if (e == 0 && p.count < PIECE)
		e = cancels ? store_cancellations_open(a->store, compare_open_cancel, &p) : store_attempts_open(a->store, compare_open, &p);
	if (e != 0)
		return e;
	*more = p.count == PIECE;
	if (cancels && !*more)
		name_merchants(a, r);
	return 0;
}

/* The sum of the rows' own digests, as numbers without carry: their order does not count, and a row that stands twice does. */
int reconcile_digest(const struct reconcile *r, char digest[65])
{
	uint8_t sum[CRYPTO_SHA256_SIZE] = { 0 }, one[CRYPTO_SHA256_SIZE];
	char line[400];
	int e = 0;

	digest[0] = '\0';
	for (size_t i = 0; e == 0 && i < r->row_count; i++) {
		const struct reconciliation_row *w = &r->rows[i];
		int n = snprintf(line, sizeof(line), "%s %s %s %s %s %" PRId64 " %s %" PRId64 " %s\n", w->class, w->kind, w->order_id, w->our_state,
		                 w->their_state, w->our_minor, w->our_currency, w->their_minor, w->their_currency);

		e = crypto_sha256(line, (size_t)n, one);
		for (size_t k = 0; k < sizeof(sum); k++)
			sum[k] = (uint8_t)(sum[k] + one[k]);
	}
	if (e == 0 && r->row_count > 0 && hex_encode(sum, sizeof(sum), digest, 65) < 0)
		e = ERR_CRYPTO;
	return e;
}

void reconcile_clear(struct reconcile *r)
{
	free(r->seen);
	free(r->rows);
	free(r->matched);
	r->seen = NULL;
	r->rows = NULL;
	r->matched = NULL;
	r->seen_count = r->seen_room = r->row_count = r->row_room = r->matched_count = r->matched_room = 0;
	r->differences = 0;
	r->without = NULL;
	memset(&r->after, 0, sizeof(r->after));
	r->cursor[0] = '\0';
}
