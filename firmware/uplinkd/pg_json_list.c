/* pg_json_list.c: a page counts only when it is whole and each of its rows can be read: with one that is left out, what is
 * compared with it would be called missing. */
#include "uplinkd/pg_json_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
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
