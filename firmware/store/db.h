/* db.h: what the aggregates need of a database, and no more: prepared statements, rows, one transaction a turn. SQLite
 * stands behind it (db_sqlite.c). The SQL that comes through here is written for SQLite and PostgreSQL alike:
 * parameters are $1, $2, ... in the order of their first use, unique keys are met with ON CONFLICT DO NOTHING, since
 * a conflict that raises an error would cost PostgreSQL the transaction.
 *
 * A statement keeps the first fault of its binding, stepping and reading, and db_end() or db_run() answers with it, so
 * that a caller checks once. A statement belongs to its db; it is not used after db_end() or db_run(). */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct db;
struct db_stmt;

/* Opens without a migration. ERR_INVALID: the URL names no back-end of ours. ERR_IO: it cannot be opened; logged. */
int db_open(const char *url, struct db **db) MUST_CHECK;
void db_close(struct db **db);

/* A statement whose text is sql and, joined to it, tail (may be ""). Both must outlive the db: a prepared statement is
 * kept under their addresses. db_change() begins the turn's transaction if none runs. Never NULL. */
struct db_stmt *db_query(struct db *db, const char *sql, const char *tail);
struct db_stmt *db_change(struct db *db, const char *sql, const char *tail);

/* What seals values that pass through here (columns_priv.h); borrowed. */
struct columns;
void db_set_columns(struct db *db, struct columns *c);
struct columns *db_columns_of(const struct db_stmt *q);
/* A fault of the caller's own; the first one stays. */
void db_fail(struct db_stmt *q, int e);

/* Parameters, in order. Text and bytes are not copied: they must live until the statement's end. */
void db_bind_text(struct db_stmt *q, const char *text);
void db_bind_int(struct db_stmt *q, int64_t value);
void db_bind_blob(struct db_stmt *q, const void *p, size_t len);

/* The next row? False at the end, or after a fault. */
bool db_row(struct db_stmt *q);
/* Columns of the row, in order. A text or blob that does not fit is a fault. A shorter blob is filled up with zeros. */
void db_get_text(struct db_stmt *q, char *buf, size_t size);
/* The next column's text as it lies there, until the row is left; "" after a fault. */
const char *db_peek_text(struct db_stmt *q);
/* What was just read does not fit where it belongs. */
void db_misfit(struct db_stmt *q);
int64_t db_get_int(struct db_stmt *q);
void db_get_blob(struct db_stmt *q, void *p, size_t size);

/* No fault so far: what was read may be used. */
bool db_is_well(const struct db_stmt *q);

/* Ends a query. ERR_IO: the database refused (logged). ERR_EXISTS: a unique key. */
int db_end(struct db_stmt *q) MUST_CHECK;
/* Runs a change to its end; answers how many rows it changed, or as db_end(). */
int db_run(struct db_stmt *q) MUST_CHECK;

/* Runs statements without parameters, in the turn's transaction. */
int db_execute(struct db *db, const char *sql) MUST_CHECK;

/* Values that go are overwritten wherever they lay, free pages too, and not only where that costs no write. */
void db_wipe_what_goes(struct db *db, bool wipe);
/* Brings the log into the database and ends its file, with what was clear in it. Not within a turn. ERR_IO: others read. */
int db_empty_log(struct db *db) MUST_CHECK;

/* Turns that the end of the log seems to have lost, found when it was opened. */
int db_damaged_turns(const struct db *db);
/* Octets of its pages that are kept in memory. */
int64_t db_cache_octets(struct db *db);
bool db_is_dirty(const struct db *db);
/* A turn in which the database refused anything is not committed, but rolled back, and answers ERR_IO. */
int db_commit(struct db *db) MUST_CHECK;
void db_rollback(struct db *db);

#endif
