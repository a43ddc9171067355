/* show_parts.h: what the files that show something share: members of arsd's answers, cells, tables of spans. */
#ifndef CALLKEY_SHOW_PARTS_H
#define CALLKEY_SHOW_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "callkey/table.h"
#include "json/json.h"

enum { PART_SIZE = 64 };

/* "", 0, false: the member is missing, or is another thing. */
const char *part_text(const json_t *o, const char *name);
int64_t part_number(const json_t *o, const char *name);
bool part_is_set(const json_t *o, const char *name);
/* A name as a terminal may have it. */
const char *part_name(const json_t *o, char buf[PART_SIZE]);

/* A line of a block of names and values: "-" for none, and nothing that a terminal would take for a command. */
void part_line(FILE *f, const char *name, const char *value);

int part_cell_number(struct table *t, int64_t n) MUST_CHECK;
int part_cells(struct table *t, const char *const *texts, size_t count) MUST_CHECK;
#define PART_CELLS(t, ...) part_cells(t, (const char *const[]){ __VA_ARGS__ }, ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))
/* A count; "n/m" where it is null, nothing where o is no object. */
int part_cell_count(struct table *t, const json_t *o, const char *name) MUST_CHECK;

/* A table with a row or more of each that is_of (NULL: all). The text is malloc'd, the caller's; "" when there is none. */
int part_table(const json_t *list, const char *const *heads, size_t columns, bool (*is_of)(const json_t *o),
               int (*add)(struct table *t, const json_t *o), char **text) MUST_CHECK;
/* A table with a row for each of a member's items; nothing: what is said when there are none. */
int part_list(const json_t *answer, const char *member, const char *const *heads, size_t columns,
              int (*add)(struct table *t, const json_t *o), const char *nothing, char **text) MUST_CHECK;
/* What print writes of the answer, malloc'd, the caller's. */
int part_block(void (*print)(FILE *f, const json_t *o), const json_t *answer, char **text) MUST_CHECK;
/* The table, then what note has to say of each span, then last. */
int part_notes(const json_t *answer, const char *table, void (*note)(FILE *f, const json_t *span), const char *last, char **text) MUST_CHECK;
/* The answer has no span: text says so. */
int part_nobody(char **text) MUST_CHECK;

#endif
