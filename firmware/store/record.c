#include "store/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "store/columns_priv.h"

enum { SQL_SIZE = 4096, MADE_SIZE = COLUMNS_SEALED_SIZE(COLUMNS_TEXT_MAX) + 1024 };

struct text { char *buf; size_t len; };

static void add(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (t->len < SQL_SIZE)
		t->len += (size_t)vsnprintf(t->buf + t->len, SQL_SIZE - t->len, fmt, ap);
	va_end(ap);
}

static void make_insert(const struct record_kind *k, struct text *t)
{
	add(t, "INSERT INTO %s (", k->table);
	for (size_t i = 0; i < k->count; i++)
		add(t, "%s%s", i > 0 ? ", " : "", k->fields[i].column);
	add(t, ") VALUES (");
	for (size_t i = 0; i < k->count; i++)
		add(t, "%s$%zu", i > 0 ? ", " : "", i + 1);
	add(t, ") ON CONFLICT DO NOTHING");
}

static void make_update(const struct record_kind *k, struct text *t)
{
	size_t n = 0;

	add(t, "UPDATE %s SET ", k->table);
	for (size_t i = 1; i < k->count; i++)
		if (!(k->fields[i].flags & FIELD_FIXED)) {
			n++;
			add(t, "%s%s = $%zu", n > 1 ? ", " : "", k->fields[i].column, n);
		}
	add(t, " WHERE id = $%zu", n + 1);
	if (k->optimistic)
		add(t, " AND state = $%zu", n + 2);
}

static void make_select(const struct record_kind *k, struct text *t)
{
	add(t, "SELECT ");
	for (size_t i = 0; i < k->count; i++)
		if (!(k->fields[i].flags & FIELD_FINDS))
			add(t, "%s%s", i > 0 ? ", " : "", k->fields[i].column);
	add(t, " FROM %s", k->table);
}

int record_sql_make(const struct record_kind *k, struct record_sql *sql)
{
	static void (*const makers[])(const struct record_kind *k, struct text *t) = { make_insert, make_update, make_select };
	char **const into[] = { &sql->insert, &sql->update, &sql->select };

	for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
		struct text t = { malloc(SQL_SIZE), 0 };

		*into[i] = t.buf;
		if (t.buf == NULL)
			return ERR_NOMEM;
		makers[i](k, &t);
		if (t.len >= SQL_SIZE)
			return ERR_TOO_LONG;
	}
	return 0;
}

void record_sql_free(struct record_sql *sql)
{
	free(sql->insert);
	free(sql->update);
	free(sql->select);
	*sql = (struct record_sql){ NULL, NULL, NULL };
}

static int64_t uint_at(const char *p, size_t size)
{
	uint8_t one;
	uint16_t two;
	uint32_t four;

	switch (size) {
	case 1: memcpy(&one, p, 1); return one;
	case 2: memcpy(&two, p, 2); return two;
	default: memcpy(&four, p, 4); return four;
	}
}

static void uint_to(char *p, size_t size, int64_t value)
{
	uint8_t one = (uint8_t)value;
	uint16_t two = (uint16_t)value;
	uint32_t four = (uint32_t)value;

	switch (size) {
	case 1: memcpy(p, &one, 1); break;
	case 2: memcpy(p, &two, 2); break;
	default: memcpy(p, &four, 4); break;
	}
}

/* Texts that are made for a statement, until its end; no two such statements are under way at once. */
static char made[MADE_SIZE];
struct room { char letter[2]; size_t used; };

static void bind_made(struct db_stmt *q, int e, struct room *room)
{
	char *out = made + room->used;

	if (e < 0) {
		db_fail(q, e);
		return;
	}
	room->used += strlen(out) + 1;
	db_bind_text(q, out);
}

static void bind_sealed(struct db_stmt *q, const struct record_kind *k, const struct field *f, const void *record, struct room *room)
{
	const struct column_place place = { k->table, f->column, (const char *)record + k->fields[0].offset };

	bind_made(q, columns_seal(db_columns_of(q), &place, (const char *)record + f->offset, made + room->used, MADE_SIZE - room->used), room);
}

static void bind_index(struct db_stmt *q, const struct record_kind *k, const struct field *f, const void *record, struct room *room)
{
	const struct column_index index = { k->table, "", (const char *)record + f->offset };

	if (MADE_SIZE - room->used < COLUMNS_INDEX_SIZE)
		bind_made(q, ERR_TOO_LONG, room);
	else
		bind_made(q, columns_index(db_columns_of(q), &index, made + room->used), room);
}

static void bind(struct db_stmt *q, const struct record_kind *k, const struct field *f, const void *record, struct room *room)
{
	const char *p = (const char *)record + f->offset;
	int64_t value;

	if (f->flags & (FIELD_SEALED | FIELD_FINDS)) {
		(f->flags & FIELD_SEALED ? bind_sealed : bind_index)(q, k, f, record, room);
		return;
	}
	switch (f->type) {
	case FIELD_TEXT: db_bind_text(q, p); break;
	case FIELD_BLOB: db_bind_blob(q, p, f->size); break;
	case FIELD_UINT: db_bind_int(q, uint_at(p, f->size)); break;
	case FIELD_INT64:
		memcpy(&value, p, sizeof(value));
		db_bind_int(q, value);
		break;
	case FIELD_LETTER:
		room->letter[0] = *p;
		room->letter[1] = '\0';
		db_bind_text(q, room->letter);
		break;
	}
}

/* What does not open stays sealed: who needs it finds that out, and nobody else is held up. */
static void read_sealed(struct db_stmt *q, const struct record_kind *k, const struct field *f, void *record)
{
	const struct column_place place = { k->table, f->column, (const char *)record + k->fields[0].offset };
	const char *stored = db_peek_text(q);
	char *p = (char *)record + f->offset;
	int e = columns_read(db_columns_of(q), &place, stored, p, f->size);

	if (e == 0)
		return;
	memset(p, 0, f->size);
	if (e == ERR_TOO_LONG || (!(f->flags & FIELD_FIXED) && strlen(stored) >= f->size)) {
		db_misfit(q);
		return;
	}
	if (!(f->flags & FIELD_FIXED))
		memcpy(p, stored, strlen(stored));
	if (e != ERR_STATE)
		log_error("column_unreadable", "table=%s row=%s", place.table, place.row);
}

void record_read(struct db_stmt *q, const struct record_kind *k, void *record)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct field *f = &k->fields[i];
		char *p = (char *)record + f->offset, letter[2] = "";
		int64_t value;

		if (f->flags & FIELD_FINDS)
			continue;
		if (f->flags & FIELD_SEALED) {
			read_sealed(q, k, f, record);
			continue;
		}
		switch (f->type) {
		case FIELD_TEXT: db_get_text(q, p, f->size); break;
		case FIELD_BLOB: db_get_blob(q, p, f->size); break;
		case FIELD_UINT: uint_to(p, f->size, db_get_int(q)); break;
		case FIELD_INT64:
			value = db_get_int(q);
			memcpy(p, &value, sizeof(value));
			break;
		case FIELD_LETTER:
			db_get_text(q, letter, sizeof(letter));
			*p = letter[0];
			break;
		}
	}
}

int record_insert(struct db *db, const struct record_kind *k, const struct record_sql *sql, const void *record)
{
	struct db_stmt *q = db_change(db, sql->insert, "");
	struct room room = { .used = 0 };
	int n;

	for (size_t i = 0; i < k->count; i++)
		bind(q, k, &k->fields[i], record, &room);
	n = db_run(q);
	return n < 0 ? n : n == 0 ? ERR_EXISTS : 0;
}

int record_get(struct db *db, const struct record_kind *k, const struct record_sql *sql, const char *key, void *record)
{
	struct db_stmt *q = db_query(db, sql->select, " WHERE id = $1");
	bool found;
	int e;

	db_bind_text(q, key);
	found = db_row(q);
	if (found)
		record_read(q, k, record);
	e = db_end(q);
	return e < 0 ? e : found ? 0 : ERR_NOT_FOUND;
}

/* Why an update changed nothing. */
static int missing_or_moved(struct db *db, const struct record_sql *sql, const char *key)
{
	struct db_stmt *q = db_query(db, sql->select, " WHERE id = $1");
	bool found;
	int e;

	db_bind_text(q, key);
	found = db_row(q);
	e = db_end(q);
	return e < 0 ? e : found ? ERR_STATE : ERR_NOT_FOUND;
}

int record_update(struct db *db, const struct record_kind *k, const struct record_sql *sql, const void *record,
                  const char *expected_state)
{
	const char *key = (const char *)record + k->fields[0].offset;
	struct db_stmt *q = db_change(db, sql->update, "");
	struct room room = { .used = 0 };
	int n;

	for (size_t i = 1; i < k->count; i++)
		if (!(k->fields[i].flags & FIELD_FIXED))
			bind(q, k, &k->fields[i], record, &room);
	db_bind_text(q, key);
	if (k->optimistic)
		db_bind_text(q, expected_state);
	n = db_run(q);
	return n < 0 ? n : n > 0 ? 0 : missing_or_moved(db, sql, key);
}
