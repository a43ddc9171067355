#include "sandbox/world/pg_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAGE_USUAL = 50, PAGE_MOST = 100, CURSOR_SIZE = 24 };
static const int64_t day_ms = INT64_C(86400000), korea_ms = INT64_C(9) * 3600 * 1000;

int pg_list_check(const json_t *lies, struct json_fault *fault)
{
	static const struct json_field fields[] = {
		{ "hide", JSON_WANT_ARRAY, false, 0, 1000, "" }, { "change", JSON_WANT_OBJECT, false, 0, 0, "" },
		{ "add", JSON_WANT_ARRAY, false, 0, 1000, "" }, { "page", JSON_WANT_INT, false, 1, PAGE_MOST, "" },
	};

	return json_fields(lies, "", fields, ARRAY_LEN(fields), fault);
}

static bool hides(const json_t *lies, const char *id)
{
	const json_t *list = json_object_get(lies, "hide");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_is_string(json_array_get(list, i)) && strcmp(json_string_value(json_array_get(list, i)), id) == 0)
			return true;
	return false;
}

/* The day's rows with what was hidden, changed and added. */
static json_t *lie(json_t *rows, const json_t *lies)
{
	const json_t *more = json_object_get(lies, "add");
	json_t *told = json_array();

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);
		const char *id = json_string_value(json_object_get(row, "order_id"));
		json_t *change = json_object_get(json_object_get(lies, "change"), id);

		if (hides(lies, id))
			continue;
		if (json_is_object(change))
			json_object_update(row, change);
		json_array_append(told, row);
	}
	for (size_t i = 0; i < json_array_size(more); i++)
		json_array_append(told, json_array_get(more, i));
	json_decref(rows);
	return told;
}

/* "2026-11-24" of Korea as the UTC time it begins at. */
static bool read_day(const char *date, int64_t *from_ms)
{
	struct tm tm = { 0 };
	const char *end = strptime(date, "%Y-%m-%d", &tm);

	if (strlen(date) != 10 || end == NULL || *end != '\0')
		return false;
	*from_ms = (int64_t)timegm(&tm) * 1000 - korea_ms;
	return true;
}

json_t *pg_list_page(const struct ledger *l, const json_t *lies, const char *date, const char *cursor, const char **why)
{
	const json_t *size = json_object_get(lies, "page");
	size_t page = size != NULL ? (size_t)json_integer_value(size) : PAGE_USUAL, from = 0, to;
	char next[CURSOR_SIZE], *end = NULL;
	json_t *rows, *items;
	int64_t from_ms;

	*why = "date must be YYYY-MM-DD";
	if (!read_day(date, &from_ms))
		return NULL;
	if (cursor[0] != '\0')
		from = strtoul(cursor, &end, 10);
	*why = "there is no such cursor";
	rows = lie(ledger_list(l, from_ms, from_ms + day_ms), lies);
	if ((end != NULL && *end != '\0') || from > json_array_size(rows)) {
		json_decref(rows);
		return NULL;
	}
	to = from + page < json_array_size(rows) ? from + page : json_array_size(rows);
	items = json_array();
	for (size_t i = from; i < to; i++)
		json_array_append(items, json_array_get(rows, i));
	snprintf(next, sizeof(next), "%zu", to);
	items = json_pack("{s:s, s:s, s:o, s:o}", "result", "listed", "date", date, "items", items, "next",
	                  to < json_array_size(rows) ? json_string(next) : json_null());
	json_decref(rows);
	return items;
}
