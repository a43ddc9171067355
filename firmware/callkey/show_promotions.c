#include "callkey/show_promotions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callkey/show_parts.h"
#include "callkey/show_values.h"

enum { MONTHS_SIZE = 128 };

/* "2-6,9": runs are joined. */
static const char *months_of(const json_t *list, char buf[MONTHS_SIZE])
{
	size_t len = 0, count = json_array_size(list);

	buf[0] = '\0';
	for (size_t i = 0; i < count && len < MONTHS_SIZE; i++) {
		int64_t first = json_integer_value(json_array_get(list, i)), last = first;

		while (i + 1 < count && json_integer_value(json_array_get(list, i + 1)) == last + 1) {
			last++;
			i++;
		}
		len += (size_t)snprintf(buf + len, MONTHS_SIZE - len, last > first ? "%s%" PRId64 "-%" PRId64 : "%s%" PRId64, len > 0 ? "," : "",
		                        first, last);
	}
	return buf;
}

static int add_row(struct table *t, const char *source, const json_t *o)
{
	char months[MONTHS_SIZE], least[PART_SIZE], most[PART_SIZE] = "no limit";
	const char *counts = part_is_set(o, "by_file") ? "no: the file names it" : part_is_set(o, "in_force") ? "yes" : "not yet";

	snprintf(least, sizeof(least), "%" PRId64, part_number(o, "least"));
	if (json_is_integer(json_object_get(o, "most")))
		snprintf(most, sizeof(most), "%" PRId64, part_number(o, "most"));
	return PART_CELLS(t, source, part_text(o, "issuer"), months_of(json_object_get(o, "months"), months), least, most,
	                  part_text(o, "from"), part_text(o, "until"), counts);
}

static int add_rows(struct table *t, const char *source, const json_t *rows)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < json_array_size(rows); i++)
		e = add_row(t, source, json_array_get(rows, i));
	return e;
}

static void print_gateway(FILE *f, const json_t *g)
{
	char at[SHOW_TIME_SIZE], name[PART_SIZE], why[256];
	const char *state = part_text(g, "state");

	text_clean(part_text(g, "pg"), name, sizeof(name));
	text_clean(part_text(g, "why"), why, sizeof(why));
	if (strcmp(state, "not_asked") == 0) {
		fprintf(f, "Gateway %s has no such table.\n", name);
		return;
	}
	fprintf(f, "Gateway %s: %s", name, strcmp(state, "current") == 0 ? "told" : strcmp(state, "outdated") == 0 ? "OUTDATED, told"
	        : strcmp(state, "expired") == 0 ? "TOO OLD, its rows do not count; told" : "has not told yet");
	if (strcmp(state, "never_told") != 0)
		fprintf(f, " %s", show_time(part_text(g, "told_at"), at));
	if (part_number(g, "left_out") > 0)
		fprintf(f, ", without %" PRId64 " of card companies that have no name here", part_number(g, "left_out"));
	if (part_number(g, "tries_in_vain") > 0)
		fprintf(f, "; asked %" PRId64 " times in vain: %s", part_number(g, "tries_in_vain"), why);
	fputs(".\n", f);
}

int show_promotions(const json_t *answer, char **text)
{
	static const char *const heads[] = { "SOURCE", "ISSUER", "MONTHS", ">FROM WON", ">TO WON", "FROM", "UNTIL", "COUNTS" };
	const json_t *file = json_object_get(answer, "file"), *gateways = json_object_get(answer, "gateways");
	bool any = json_array_size(file) > 0;
	char *rows = NULL, *out = NULL;
	struct table *t;
	size_t size;
	FILE *f;
	int e = table_new(heads, ARRAY_LEN(heads), &t);

	if (e < 0)
		return e;
	e = add_rows(t, "file", file);
	for (size_t i = 0; e == 0 && i < json_array_size(gateways); i++) {
		const json_t *g = json_array_get(gateways, i);

		any |= json_array_size(json_object_get(g, "rows")) > 0;
		e = add_rows(t, part_text(g, "pg"), json_object_get(g, "rows"));
	}
	if (e == 0)
		e = table_text(t, &rows);
	table_free(&t);
	if (e < 0)
		return e;
	f = open_memstream(&out, &size);
	if (f != NULL) {
		fputs(any ? rows : "Nothing is free of interest.\n", f);
		for (size_t i = 0; i < json_array_size(gateways); i++)
			print_gateway(f, json_array_get(gateways, i));
		fclose(f);
	}
	free(rows);
	*text = out;
	return f != NULL && out != NULL ? 0 : ERR_NOMEM;
}
