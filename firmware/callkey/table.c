#include "callkey/table.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2 };

struct table {
	size_t columns, cells, space;
	bool right[TABLE_COLUMNS_MAX];
	char **cell;                          /* the heads are the first row */
};

struct range { uint32_t first, last; };

/* Wide and full-width characters of UAX #11 as far as Korean, Chinese and Japanese text and pictures go. */
static const struct range wide[] = {
	{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0x33ff }, { 0x3400, 0x4dbf }, { 0x4e00, 0x9fff }, { 0xa000, 0xa4cf },
	{ 0xa960, 0xa97f }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1f64f }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};
static const struct range none[] = {
	{ 0x0300, 0x036f }, { 0x1160, 0x11ff }, { 0x200b, 0x200f }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f },
};
/* What a terminal or a reader would be misled by: controls, and marks that turn the direction of the text. */
static const struct range harmful[] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xfeff, 0xfeff } };

static bool within(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* One character of RFC 3629; returns its octets. A broken or harmful one is '?' in *c. */
static size_t next_character(const char *text, uint32_t *c)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
	uint32_t v = len == 1 ? p[0] : p[0] & (0x7fu >> len);

	*c = '?';
	if (len == 0)
		return 1;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		v = v << 6 | (p[i] & 0x3f);
	}
	if ((len == 3 && (v < 0x800 || (v >= 0xd800 && v < 0xe000))) || (len == 4 && (v < 0x10000 || v > 0x10ffff)))
		return 1;
	if (!within(v, harmful, ARRAY_LEN(harmful)))
		*c = v;
	return len;
}

static size_t width_of(uint32_t c)
{
	return within(c, none, ARRAY_LEN(none)) ? 0 : within(c, wide, ARRAY_LEN(wide)) ? 2 : 1;
}

size_t text_width(const char *utf8)
{
	size_t width = 0;

	while (*utf8 != '\0') {
		uint32_t c;

		utf8 += next_character(utf8, &c);
		width += width_of(c);
	}
	return width;
}

void text_clean(const char *utf8, char *out, size_t size)
{
	size_t n = 0;

	while (*utf8 != '\0') {
		uint32_t c;
		size_t len = next_character(utf8, &c), put = c == '?' ? 1 : len;

		if (n + put >= size)
			break;
		memcpy(out + n, c == '?' ? "?" : utf8, put);
		n += put;
		utf8 += len;
	}
	out[n] = '\0';
}

/* Leaves so many columns of clean text, the last of them for the sign that there was more. */
static void cut_to_width(char *text, size_t columns)
{
	static const char more[] = "…";
	size_t width = 0, step;
	uint32_t c;

	if (text_width(text) <= columns)
		return;
	for (char *p = text;; p += step) {
		step = next_character(p, &c);
		width += width_of(c);
		if (width >= columns) {
			memcpy(p, more, sizeof(more));
			return;
		}
	}
}

int table_new(const char *const *heads, size_t columns, struct table **t)
{
	struct table *made = columns <= TABLE_COLUMNS_MAX ? calloc(1, sizeof(*made)) : NULL;

	if (made == NULL)
		return ERR_NOMEM;
	made->columns = columns;
	for (size_t i = 0; i < columns; i++) {
		made->right[i] = heads[i][0] == '>';
		if (table_cell(made, heads[i] + made->right[i]) < 0) {
			table_free(&made);
			return ERR_NOMEM;
		}
	}
	*t = made;
	return 0;
}

void table_free(struct table **t)
{
	if (*t == NULL)
		return;
	for (size_t i = 0; i < (*t)->cells; i++)
		free((*t)->cell[i]);
	free((*t)->cell);
	free(*t);
	*t = NULL;
}

int table_cell(struct table *t, const char *text)
{
	char clean[TABLE_CELL_SIZE + 4];      /* and room for the sign of a cut */

	text_clean(text == NULL || text[0] == '\0' ? "-" : text, clean, TABLE_CELL_SIZE);
	cut_to_width(clean, TABLE_CELL_WIDTH);
	if (t->cells == t->space) {
		size_t space = t->space * 2 + 64;
		char **grown = realloc(t->cell, space * sizeof(*grown));

		if (grown == NULL)
			return ERR_NOMEM;
		t->cell = grown;
		t->space = space;
	}
	t->cell[t->cells] = strdup(clean);
	if (t->cell[t->cells] == NULL)
		return ERR_NOMEM;
	t->cells++;
	return 0;
}

static void put_spaces(FILE *f, size_t n)
{
	while (n-- > 0)
		fputc(' ', f);
}

int table_text(const struct table *t, char **text)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 }, size;
	FILE *f = open_memstream(text, &size);

	if (f == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < t->cells; i++) {
		size_t w = text_width(t->cell[i]), column = i % t->columns;

		widths[column] = w > widths[column] ? w : widths[column];
	}
	for (size_t i = 0; i < t->cells; i++) {
		size_t column = i % t->columns, fill = widths[column] - text_width(t->cell[i]);
		bool last = column + 1 == t->columns;

		if (t->right[column])
			put_spaces(f, fill);
		fputs(t->cell[i], f);
		if (!last)
			put_spaces(f, GAP + (t->right[column] ? 0 : fill));
		else
			fputc('\n', f);
	}
	return fclose(f) == 0 ? 0 : ERR_NOMEM;
}
