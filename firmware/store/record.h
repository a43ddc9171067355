/* record.h: a struct and its row, bound by one table of fields, from which its INSERT, UPDATE and SELECT are made: a
 * column cannot end up in another's place. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <stddef.h>

#include "store/db.h"

/* UINT: unsigned of 1, 2 or 4 octets, bool and enum. LETTER: one char, as text; at most one in a record. */
enum field_type { FIELD_TEXT, FIELD_BLOB, FIELD_UINT, FIELD_INT64, FIELD_LETTER };
/* FIXED: set once and left out of updates: what an index holds, or what must not change. SEALED: text that is sealed in its column
 * (columns.h). One that cannot be opened reads as its sealed text, which may be written back and must fit its member; a fixed one as "".
 * FINDS: the blind index of a number, made of its member when the record is added, and never read. */
enum { FIELD_FIXED = 1, FIELD_SEALED = 2, FIELD_FINDS = 4 };

struct field { const char *column; enum field_type type; size_t offset, size; int flags; };

#define FIELD(kind, record, member, column) \
	{ column, FIELD_##kind, offsetof(struct record, member), sizeof(((struct record *)0)->member), 0 }
#define FIXED(kind, record, member, column) \
	{ column, FIELD_##kind, offsetof(struct record, member), sizeof(((struct record *)0)->member), FIELD_FIXED }

#define SEALED(record, member, column) \
	{ column, FIELD_TEXT, offsetof(struct record, member), sizeof(((struct record *)0)->member), FIELD_SEALED }
#define SEALED_FIXED(record, member, column) \
	{ column, FIELD_TEXT, offsetof(struct record, member), sizeof(((struct record *)0)->member), FIELD_SEALED | FIELD_FIXED }
#define FINDS(record, member, column) \
	{ column, FIELD_TEXT, offsetof(struct record, member), sizeof(((struct record *)0)->member), FIELD_FINDS | FIELD_FIXED }

/* The first field is the key, its column "id". optimistic: an update compares the column "state" first. */
struct record_kind { const char *table; const struct field *fields; size_t count; bool optimistic; };

/* The SQL of a kind, made once. */
struct record_sql { char *insert, *update, *select; };
int record_sql_make(const struct record_kind *k, struct record_sql *sql) MUST_CHECK;
void record_sql_free(struct record_sql *sql);

/* ERR_EXISTS: a unique key has it already. */
int record_insert(struct db *db, const struct record_kind *k, const struct record_sql *sql,
                  const void *record) MUST_CHECK;
/* Replaces the row with the record's key; of an optimistic kind only in the expected state. ERR_NOT_FOUND,
 * ERR_STATE. */
int record_update(struct db *db, const struct record_kind *k, const struct record_sql *sql, const void *record,
                  const char *expected_state) MUST_CHECK;
int record_get(struct db *db, const struct record_kind *k, const struct record_sql *sql, const char *key,
               void *record) MUST_CHECK;
/* Reads the row that db_row() has reached of a query that began with sql->select. */
void record_read(struct db_stmt *q, const struct record_kind *k, void *record);

#endif
