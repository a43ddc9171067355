/* table.h: aligned text for a terminal: columns by display width, not by bytes. Pure. Text from elsewhere is made harmless
 * here: control characters, which a terminal would obey, become '?'. */
#ifndef CALLKEY_TABLE_H
#define CALLKEY_TABLE_H

#include <stddef.h>

#include "lib/err.h"

enum { TABLE_COLUMNS_MAX = 20, TABLE_CELL_SIZE = 256, TABLE_CELL_WIDTH = 48 };

/* Columns a terminal gives to UTF-8 text: Hangul, Han and full-width forms 2, combining marks 0, the rest 1. A broken
 * octet counts as the '?' it is shown as. */
size_t text_width(const char *utf8);
/* Copies text as it may be shown, cut at a whole character to fit size. */
void text_clean(const char *utf8, char *out, size_t size);

struct table;
/* A head that begins with '>' has its column aligned to the right. */
int table_new(const char *const *heads, size_t columns, struct table **t) MUST_CHECK;
void table_free(struct table **t);
/* One cell, from the left; a row begins by itself after the last column. NULL and "" are shown as "-". Text wider than
 * TABLE_CELL_WIDTH ends in "…": one long name must not push all columns off the screen; --json has the whole of it. */
int table_cell(struct table *t, const char *text) MUST_CHECK;
/* The whole table, each line ended by a newline, without trailing spaces: malloc'd, the caller's. */
int table_text(const struct table *t, char **text) MUST_CHECK;

#endif
