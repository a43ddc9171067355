/* reconcile_report.c: what became of a day, for merchants, operators and their spreadsheets. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/gateways.h"
#include "arsd/reconcile.h"
#include "arsd/render.h"

enum { GATEWAYS_LISTED_MAX = 16 };
struct rows { json_t *list; int room; bool cut; };

const char *reconcile_except(const struct arsd *a, const struct merchant *m, char except[RECONCILE_EXCEPT_SIZE])
{
	size_t len = 0;

	except[0] = '\0';
	for (int i = 0; m != NULL && i < a->set.pg_count; i++)
		if (a->set.pg_live[i] != m->live)
			len += (size_t)snprintf(except + len, RECONCILE_EXCEPT_SIZE - len, "%s%s,", len == 0 ? "," : "", a->set.pgs[i]);
	return except;
}

struct gateways_listed { json_t *list; const char *except; };

static void append_gateway(json_t *list, const struct reconciliation *k)
{
	json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:I, s:o, s:o, s:o}", "gateway", k->pg, "status", k->state, "day_over",
		(int)k->day_over, "listed", (json_int_t)k->listed, "message", render_text(k->message), "started_at", render_time(k->started),
		"ended_at", render_time(k->ended)));
}

static int add_gateway(const struct reconciliation *k, void *context)
{
	const struct gateways_listed *g = context;
	char place[40];

	snprintf(place, sizeof(place), ",%s,", k->pg);
	if (strstr(g->except, place) == NULL)
		append_gateway(g->list, k);
	return 0;
}

/* For operators: their care is no merchant's. */
static int add_gateway_acknowledged(const struct reconciliation *k, void *context)
{
	const struct gateways_listed *g = context;
	json_t *o;

	append_gateway(g->list, k);
	o = json_array_get(g->list, json_array_size(g->list) - 1);
	json_object_set_new(o, "acknowledged_at", render_time(k->acknowledged));
	json_object_set_new(o, "note", render_text(k->note));
	return 0;
}

static json_t *money(int64_t minor, const char *currency)
{
	return currency[0] == '\0' ? json_null() : json_pack("{s:I, s:s}", "total", (json_int_t)minor, "currency", currency);
}

json_t *reconcile_render_row(const struct reconciliation_row *row)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "class", row->class, "kind",
		row->kind, "gateway", row->pg, "order_id", row->order_id, "request", render_text(row->request.text), "merchant",
		render_text(row->merchant.text), "our_status", render_text(row->our_state), "their_status", render_text(row->their_state),
		"our_amount", money(row->our_minor, row->our_currency), "their_amount", money(row->their_minor, row->their_currency), "at",
		render_time(row->at));
}

static int add_row(const struct reconciliation_row *row, void *context)
{
	struct rows *r = context;

	if (r->room-- <= 0) {
		r->cut = true;
		return 1;
	}
	return json_array_append_new(r->list, reconcile_render_row(row)) == 0 ? 0 : ERR_NOMEM;
}

static int add_count(const char *class, int64_t count, void *context)
{
	json_object_set_new(context, class, json_integer(count));
	return 0;
}

/* By which other gateways others sell, what came of those, and how much others sell by the same one, is no merchant's. */
static int keep_own(struct arsd *a, const char *day, const struct merchant *m, json_t *gateways)
{
	for (size_t i = json_array_size(gateways); i-- > 0;) {
		json_t *one = json_array_get(gateways, i);
		const char *pg = json_string_value(json_object_get(one, "gateway"));
		int64_t listed;
		bool concerns;
		int e = store_reconciliation_concerns(a->store, day, pg, m->id.text, &concerns);

		if (e == 0)
			e = store_reconciliation_listed(a->store, day, pg, m->id.text, &listed);
		if (e < 0)
			return e;
		if (concerns || strcmp(pg, gateways_of_merchant(a, m)) == 0)
			json_object_set_new(one, "listed", json_integer(listed));
		else
			json_array_remove(gateways, i);
	}
	return 0;
}

json_t *reconcile_report(struct arsd *a, const char *day, const struct merchant *m, int rows_max)
{
	const char *merchant = m != NULL ? m->id.text : NULL;
	json_t *gateways = json_array(), *counts = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "matched", 0, "missing", 0, "extra", 0,
	                                                     "amount_differs", 0, "state_differs", 0, "unknown", 0);
	struct rows r = { json_array(), rows_max, false };
	json_int_t concerns = 0;
	char status[DAY_STATUS_SIZE], except[RECONCILE_EXCEPT_SIZE];
	struct gateways_listed g = { gateways, reconcile_except(a, m, except) };
	const char *name, *own = m != NULL ? gateways_of_merchant(a, m) : "";
	json_t *value;

	if (store_reconciliations(a->store, day, GATEWAYS_LISTED_MAX, merchant == NULL ? add_gateway_acknowledged : add_gateway, &g) < 0 || json_array_size(gateways) == 0 ||
	    (m != NULL && keep_own(a, day, m, gateways) < 0) ||
	    store_reconciliation_status(a->store, day, merchant, own, except, status) < 0 ||
	    store_reconciliation_counts(a->store, day, merchant, add_count, counts) < 0 ||
	    store_reconciliation_rows(a->store, day, merchant, rows_max + 1, add_row, &r) < 0) {
		json_decref(gateways);
		json_decref(counts);
		json_decref(r.list);
		return NULL;
	}
	json_object_foreach(counts, name, value)
		concerns += json_integer_value(value);
	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:b}", "object", "reconciliation", "day", day, "status",
	                 status, "concerns", concerns, "counts", counts, "gateways", gateways, "differences",
	                 r.list, "differences_cut", (int)r.cut);
}

/* ---- CSV ---- */

struct csv { FILE *f; int room; };

/* RFC 4180, all cells quoted. What a spreadsheet would take for a formula has a blank before it: ids come from outside. */
static void cell(FILE *f, const char *text, bool last)
{
	fputs("\"", f);
	if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
		fputc(' ', f);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', f);
		fputc(*text, f);
	}
	fputs(last ? "\"\r\n" : "\",", f);
}

static void cell_number(FILE *f, int64_t n, const char *currency)
{
	char text[24] = "";

	if (currency[0] != '\0')
		snprintf(text, sizeof(text), "%" PRId64, n);
	cell(f, text, false);
}

/* In a file that looks whole nobody would look for more. */
static void add_cut(FILE *f, const char *day)
{
	enum { EMPTY_BEHIND = 7 };
	char where[80];

	snprintf(where, sizeof(where), "the others: /v1/reconciliations/%s/differences", day);
	cell(f, day, false);
	cell(f, "", false);
	cell(f, "cut", false);
	cell(f, "", false);
	cell(f, where, false);
	for (int i = 0; i < EMPTY_BEHIND; i++)
		cell(f, "", false);
	cell(f, "", true);
}

static int add_line(const struct reconciliation_row *row, void *context)
{
	struct csv *c = context;
	char at[CLOCK_RFC3339_SIZE];

	if (c->room-- <= 0) {
		add_cut(c->f, row->day);
		return 1;
	}
	cell(c->f, row->day, false);
	cell(c->f, row->pg, false);
	cell(c->f, row->class, false);
	cell(c->f, row->kind, false);
	cell(c->f, row->order_id, false);
	cell(c->f, row->request.text, false);
	cell(c->f, row->our_state, false);
	cell(c->f, row->their_state, false);
	cell_number(c->f, row->our_minor, row->our_currency);
	cell(c->f, row->our_currency, false);
	cell_number(c->f, row->their_minor, row->their_currency);
	cell(c->f, row->their_currency, false);
	cell(c->f, row->at.ms > 0 ? wall_print_rfc3339(row->at, at) : "", true);
	return 0;
}

char *reconcile_csv(struct arsd *a, const char *day, const char *merchant, int rows_max)
{
	char *text = NULL;
	size_t size = 0;
	struct csv c = { open_memstream(&text, &size), rows_max };
	int e;

	if (c.f == NULL)
		return NULL;
	fputs("day,gateway,class,kind,order_id,request,our_status,their_status,our_amount,our_currency,their_amount,their_currency,at\r\n", c.f);
	e = store_reconciliation_rows(a->store, day, merchant, rows_max + 1, add_line, &c);
	if (fclose(c.f) != 0 || e < 0) {
		free(text);
		return NULL;
	}
	return text;
}
