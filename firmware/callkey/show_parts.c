#include "callkey/show_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *part_text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

int64_t part_number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

bool part_is_set(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

const char *part_name(const json_t *o, char buf[PART_SIZE])
{
	text_clean(part_text(o, "name"), buf, PART_SIZE);
	return buf;
}

int part_cell_number(struct table *t, int64_t n)
{
	char text[PART_SIZE];

	snprintf(text, sizeof(text), "%" PRId64, n);
	return table_cell(t, text);
}

int part_cells(struct table *t, const char *const *texts, size_t count)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < count; i++)
		e = table_cell(t, texts[i]);
	return e;
}

int part_cell_count(struct table *t, const json_t *o, const char *name)
{
	const json_t *n = json_object_get(o, name);

	if (!json_is_object(o))
		return table_cell(t, "");
	return json_is_integer(n) ? part_cell_number(t, json_integer_value(n)) : table_cell(t, "n/m");
}

int part_table(const json_t *list, const char *const *heads, size_t columns, bool (*is_of)(const json_t *o),
               int (*add)(struct table *t, const json_t *o), char **text)
{
	struct table *t = NULL;
	size_t rows = 0;
	int e = table_new(heads, columns, &t);

	for (size_t i = 0; e == 0 && i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);

		if (is_of != NULL && !is_of(o))
			continue;
		e = add(t, o);
		rows++;
	}
	if (e == 0 && rows == 0) {
		*text = strdup("");
		e = *text != NULL ? 0 : ERR_NOMEM;
	} else if (e == 0) {
		e = table_text(t, text);
	}
	table_free(&t);
	return e;
}

int part_list(const json_t *answer, const char *member, const char *const *heads, size_t columns,
              int (*add)(struct table *t, const json_t *o), const char *nothing, char **text)
{
	const json_t *items = json_object_get(answer, member);

	if (json_array_size(items) > 0)
		return part_table(items, heads, columns, NULL, add, text);
	*text = strdup(nothing);
	return *text != NULL ? 0 : ERR_NOMEM;
}

int part_block(void (*print)(FILE *f, const json_t *o), const json_t *answer, char **text)
{
	size_t size;
	FILE *f = open_memstream(text, &size);

	if (f == NULL)
		return ERR_NOMEM;
	print(f, answer);
	return fclose(f) == 0 ? 0 : ERR_NOMEM;
}

int part_notes(const json_t *answer, const char *table, void (*note)(FILE *f, const json_t *span), const char *last, char **text)
{
	const json_t *spans = json_object_get(answer, "spans");
	char *notes = NULL;
	size_t len;
	FILE *f = open_memstream(&notes, &len);
	int e = ERR_NOMEM;

	if (f == NULL)
		return ERR_NOMEM;
	fputs(table, f);
	for (size_t i = 0; i < json_array_size(spans); i++)
		note(f, json_array_get(spans, i));
	fputs(last, f);
	if (fclose(f) == 0) {
		*text = notes;
		notes = NULL;
		e = 0;
	}
	free(notes);
	return e;
}

int part_nobody(char **text)
{
	*text = strdup("No spans: trunkd is not connected, or none is configured (trunkd.spans).\n");
	return *text != NULL ? 0 : ERR_NOMEM;
}

void part_line(FILE *f, const char *name, const char *value)
{
	char clean[1024];

	text_clean(value == NULL || value[0] == '\0' ? "-" : value, clean, sizeof(clean));
	fprintf(f, "%-14s  %s\n", name, clean);
}
