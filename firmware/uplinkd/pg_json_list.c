/* pg_json_list.c: a page counts only when it is whole and each of its rows can be read: with one that is left out, what is
 * compared with it would be called missing. */
#include "uplinkd/pg_json_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "model/date.h"
#include "uplinkd/pg_promotions.h"
#include "uplinkd/pg_wire.h"

enum { ROWS_MAX = 100, CURSOR_MAX = 127 };
#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

int pg_json_list_url(const char *base, const struct uplink_pg_list *ask, char url[PG_URL_SIZE])
{
	int n = snprintf(url, PG_URL_SIZE, "%s/v1/transactions?date=%s%s%s", base, ask->day, ask->cursor[0] != '\0' ? "&cursor=" : "",
	                 ask->cursor);

	if (strspn(ask->day, "0123456789-") != strlen(ask->day) || strspn(ask->cursor, UNRESERVED) != strlen(ask->cursor))
		return ERR_INVALID;
	return n < PG_URL_SIZE ? 0 : ERR_INVALID;
}

static bool is_one_of(const char *word, const char *const words[])
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* As arsd takes it; NULL: it cannot be read. */
static json_t *read_row(const json_t *row)
{
	static const char *const kinds[] = { "payment", "cancel", NULL }, *const states[] = { "approved", "net_canceled", "canceled", NULL };
	const json_t *total = json_object_get(json_object_get(row, "amount"), "total");
	char id[PG_ORDER_SIZE] = "", kind[16] = "", state[16] = "", currency[4] = "", tid[64] = "";
	int64_t at_ms = 0;

	if (!pg_wire_take(row, "order_id", true, id, sizeof(id)) || !pg_wire_take(row, "kind", true, kind, sizeof(kind)) ||
	    !pg_wire_take(row, "state", true, state, sizeof(state)) || !pg_wire_take(row, "tid", false, tid, sizeof(tid)) ||
	    !pg_wire_take(json_object_get(row, "amount"), "currency", true, currency, sizeof(currency)) || !json_is_integer(total) ||
	    !is_one_of(kind, kinds) || !is_one_of(state, states) || !pg_wire_take_time(row, "at", &at_ms))
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:I}", "order_id", id, "kind", kind, "state", state, "amount_minor",
	                 json_integer_value(total), "currency", currency, "tid", tid, "at_ms", (json_int_t)at_ms);
}

/* False with why. */
static bool read_rows(const json_t *items, struct uplink_pg_list_result *r, const char **why)
{
	json_t *rows = json_array();
	size_t len;
	bool whole = json_is_array(items) && json_array_size(items) <= ROWS_MAX;

	*why = "items: must be a list of at most 100";
	for (size_t i = 0; whole && i < json_array_size(items); i++) {
		whole = json_array_append_new(rows, read_row(json_array_get(items, i))) == 0;
		*why = "items: one of them cannot be read";
	}
	len = whole ? json_dumpb(rows, (char *)r->rows.data, sizeof(r->rows.data), JSON_COMPACT) : 0;
	if (whole && (len == 0 || len > sizeof(r->rows.data))) {
		*why = "items: too long";
		whole = false;
	}
	r->rows.len = whole ? (uint32_t)len : 0;
	json_decref(rows);
	return whole;
}

static bool read_page(const struct pg_job *job, const json_t *o, struct uplink_pg_list_result *r, const char **why)
{
	const char *word = json_string_value(json_object_get(o, "result")), *day = json_string_value(json_object_get(o, "date"));

	*why = "no list of that day";
	if (word == NULL || strcmp(word, "listed") != 0 || day == NULL || strcmp(day, job->day) != 0)
		return false;
	*why = "next: must be a cursor of letters, digits and -._~, or null";
	if (!pg_wire_take(o, "next", false, r->next, sizeof(r->next)) || strspn(r->next, UNRESERVED) != strlen(r->next))
		return false;
	return read_rows(json_object_get(o, "items"), r, why);
}

void pg_json_list(const struct pg_job *job, const struct http_answer *h, struct uplink_pg_list_result *result)
{
	const char *why = "no usable answer";
	struct json_fault fault;
	json_t *o = NULL;
	bool whole = h->status == 200 && json_read_strict(h->body, h->len, &o, &fault) == 0 && read_page(job, o, result, &why);

	json_decref(o);
	result->status = whole ? UPLINK_PG_OK : UPLINK_PG_UNKNOWN;
	if (whole)
		return;
	result->next[0] = '\0';
	result->rows.len = 0;
	snprintf(result->message, sizeof(result->message), "HTTP %d: %s", h->status, why);
}

/* ---- interest-free instalments ---- */

/* null: 0. */
static bool take_day(const json_t *row, const char *name, int64_t *days)
{
	const json_t *day = json_object_get(row, name);
	struct date d;

	*days = 0;
	if (json_is_null(day))
		return true;
	if (!json_is_string(day) || date_parse(json_string_value(day), &d) < 0)
		return false;
	*days = date_to_days(d);
	return true;
}

static bool take_months(const json_t *list, uint64_t *months)
{
	*months = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *n = json_array_get(list, i);

		if (!json_is_integer(n) || json_integer_value(n) < 0 || json_integer_value(n) > 63)
			return false;
		*months |= UINT64_C(1) << json_integer_value(n);
	}
	return json_is_array(list);
}

static bool read_promotion(const json_t *row, struct pg_promotion *p)
{
	const json_t *least = json_object_get(row, "least"), *most = json_object_get(row, "most");

	if (!pg_wire_take(row, "issuer", true, p->issuer, sizeof(p->issuer)) || !take_months(json_object_get(row, "months"), &p->months) ||
	    !json_is_integer(least) || !(json_is_integer(most) || json_is_null(most)) || !take_day(row, "from", &p->from_day) ||
	    !json_is_string(json_object_get(row, "until")) || !take_day(row, "until", &p->until_day))
		return false;
	p->least_minor = json_integer_value(least);
	p->most_minor = json_is_null(most) ? 0 : json_integer_value(most);
	return true;
}

int pg_json_promotions(const struct http_answer *h, struct pg_promotions *p, const char **why)
{
	struct json_fault fault;
	json_t *o = NULL;
	const json_t *items;
	int e = json_read_strict(h->body, h->len, &o, &fault);

	items = json_object_get(o, "items");
	*why = "items: must be a list";
	if (e == 0 && !json_is_array(items))
		e = ERR_INVALID;
	for (size_t i = 0; e == 0 && i < json_array_size(items); i++) {
		struct pg_promotion row = { .issuer = "" };

		*why = "items: one of them cannot be read";
		e = read_promotion(json_array_get(items, i), &row) ? pg_promotions_add(p, &row, why) : ERR_INVALID;
	}
	json_decref(o);
	return e;
}
