/* db_sqlite.c: db.h over SQLite; but for checkpointer.c the only user of sqlite3.h. */
#include "store/db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "store/checkpointer.h"
#include "store/wal_tail.h"

enum { CACHE_MAX = 128, BUSY_MS = 5000, SQL_MAX = 8192 };

struct db_stmt {
	struct db *db;
	sqlite3_stmt *handle;
	const char *sql, *tail;           /* key in the cache */
	int bound, column, fault;
	int named;                        /* so many of its parameters are known to be called as they must */
	bool busy, kept;
};

struct db {
	sqlite3 *handle;
	struct checkpointer *checkpointer;
	bool dirty, refused;              /* a transaction runs; something in it was refused */
	bool reading;                     /* one that only reads runs: what a turn asks is asked of one state, and locked once */
	bool barred;                      /* no transaction could be begun: nothing more is written in this turn */
	int count, damaged_turns;
	struct columns *columns;
	struct db_stmt *cache[CACHE_MAX];
	struct db_stmt broken;            /* stands in for a statement that could not be prepared */
};

/* The message of a broken constraint names columns, never values. */
static int refuse(struct db *db, const char *what, const char *sql)
{
	log_error("store_refused", "at=%s why=\"%s\" code=%d sql=\"%.120s\"", what, sqlite3_errmsg(db->handle),
	          sqlite3_extended_errcode(db->handle), sql);
	db->refused = db->refused || db->dirty;
	return ERR_IO;
}

static int err_of(struct db *db, const char *what, const char *sql)
{
	int code = sqlite3_extended_errcode(db->handle);

	if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
		return ERR_EXISTS;
	return refuse(db, what, sql);
}

/* Money: a commit is on the disk when it returns (FULL), readers never block the writer (WAL). */
static int set_up(struct db *db)
{
	static const char pragmas[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = FAST;"
		"PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
		"PRAGMA cache_size = -131072; PRAGMA journal_size_limit = 67108864;";

	sqlite3_busy_timeout(db->handle, BUSY_MS);
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	return sqlite3_exec(db->handle, pragmas, NULL, NULL, NULL) == SQLITE_OK ? 0 : refuse(db, "open", "pragmas");
}

/* A commit that was cut off by a crash looks the same as one that a disk has spoilt; only in the second case has it had
 * effects. Which one it was, the gateway's list of orders knows. */
static int look_at_log(const char *path)
{
	struct wal_tail t;
	int e = wal_tail_look(path, &t);

	if (e < 0) {
		if (e != ERR_NOT_FOUND)
			log_error("store_log_unread", "alarm=store path=%s-wal error=%s", path, err_name(e));
		return 0;
	}
	if (t.turns == 0 && t.foreign == 0)
		return 0;
	log_error("store_log_damaged", "alarm=store whole_frames=%u torn=%u turns=%u foreign=%u hint=\"the last turns may be lost: hold the "
	          "payments of this day against the gateway's list\"", t.whole, t.torn, t.turns, t.foreign);
	return t.turns > 0 ? (int)t.turns : 1;
}

static int on_commit(void *context, sqlite3 *handle, const char *name UNUSED, int frames)
{
	struct db *db = context;

	checkpointer_tell(db->checkpointer, handle, frames);
	return SQLITE_OK;
}

int db_open(const char *url, struct db **db)
{
	static const char scheme[] = "sqlite:";
	struct db *made;
	int damaged_turns, e;

	if (strncmp(url, scheme, strlen(scheme)) != 0 || url[strlen(scheme)] == '\0') {
		log_error("store_url", "url=%s hint=\"sqlite:/path/of/the/database\"", url);
		return ERR_INVALID;
	}
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return ERR_NOMEM;
	/* What SQLite has allocated in all, nobody asks; to count it takes a lock each time. Of no effect after the first database. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	damaged_turns = look_at_log(url + strlen(scheme));
	if (sqlite3_open_v2(url + strlen(scheme), &made->handle,
	                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		log_error("store_open", "url=%s why=\"%s\"", url, made->handle != NULL ? sqlite3_errmsg(made->handle) : "no memory");
		db_close(&made);
		return ERR_IO;
	}
	made->broken.db = made;
	made->damaged_turns = damaged_turns;
	e = set_up(made);
	if (e == 0)
		e = checkpointer_new(url + strlen(scheme), &made->checkpointer);
	if (e < 0) {
		db_close(&made);
		return e;
	}
	sqlite3_wal_hook(made->handle, on_commit, made);
	*db = made;
	return 0;
}

void db_close(struct db **db)
{
	if (*db == NULL)
		return;
	for (int i = 0; i < (*db)->count; i++) {
		sqlite3_finalize((*db)->cache[i]->handle);
		free((*db)->cache[i]);
	}
	checkpointer_free(&(*db)->checkpointer);
	sqlite3_close((*db)->handle);     /* an open transaction ends as in a crash */
	free(*db);
	*db = NULL;
}

static struct db_stmt *broken(struct db *db, int err)
{
	db->broken = (struct db_stmt){ .db = db, .fault = err };
	return &db->broken;
}

static struct db_stmt *prepare(struct db *db, const char *sql, const char *tail)
{
	bool keep = db->count < CACHE_MAX;
	struct db_stmt *q = calloc(1, sizeof(*q));
	char text[SQL_MAX];
	int len = snprintf(text, sizeof(text), "%s%s", sql, tail);

	if (q == NULL || len >= (int)sizeof(text)) {
		free(q);
		log_error("store_refused", "at=prepare why=\"%s\"", len >= (int)sizeof(text) ? "statement too long" : "no memory");
		db->refused = db->refused || db->dirty;
		return broken(db, ERR_IO);
	}
	if (sqlite3_prepare_v3(db->handle, text, len + 1, keep ? SQLITE_PREPARE_PERSISTENT : 0, &q->handle,
	                       NULL) != SQLITE_OK) {
		free(q);
		return broken(db, refuse(db, "prepare", text));
	}
	*q = (struct db_stmt){ .db = db, .handle = q->handle, .sql = sql, .tail = tail, .kept = keep };
	if (keep)
		db->cache[db->count++] = q;
	return q;
}

static struct db_stmt *lookup(struct db *db, const char *sql, const char *tail)
{
	struct db_stmt *q = NULL;

	/* A statement whose rows are still being read is left alone: the same one is prepared again beside it. */
	for (int i = 0; i < db->count && q == NULL; i++)
		if (db->cache[i]->sql == sql && db->cache[i]->tail == tail && !db->cache[i]->busy)
			q = db->cache[i];
	if (q == NULL)
		q = prepare(db, sql, tail);
	q->busy = true;
	return q;
}

/* A plain statement that is run again and again. Whether it was done is seen by what follows it. */
static void run_plain(struct db *db, const char *sql)
{
	struct db_stmt *q = lookup(db, sql, "");

	if (q->fault == 0)
		sqlite3_step(q->handle);
	if (db_end(q) < 0)
		log_error("store_refused", "at=\"%s\" why=\"not prepared\"", sql);
}

/* Each statement by itself would take and give back SQLite's locks: two calls of the kernel for each question. One that cannot
 * be begun is no fault: the statement then does so. */
static void begin_reading(struct db *db)
{
	if (db->dirty || db->reading || !sqlite3_get_autocommit(db->handle))
		return;
	run_plain(db, "BEGIN");
	db->reading = !sqlite3_get_autocommit(db->handle);
}

/* END, for a COMMIT is what stores something. */
static void end_reading(struct db *db)
{
	if (db->reading)
		run_plain(db, "END");
	db->reading = false;
}

/* Of a turn all is stored or nothing: after a write that was not, one that would be must not follow. And a lock that others
 * hold is waited for once a turn, not at every write. */
static int begin(struct db *db, const char *sql)
{
	if (db->dirty)
		return 0;
	end_reading(db);
	if (!db->barred && sqlite3_exec(db->handle, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK) {
		db->dirty = true;
		return 0;
	}
	db->barred = true;
	return refuse(db, "begin", sql);
}

int db_execute(struct db *db, const char *sql)
{
	int e = begin(db, sql);

	if (e < 0)
		return e;
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : refuse(db, "execute", sql);
}

struct db_stmt *db_query(struct db *db, const char *sql, const char *tail)
{
	begin_reading(db);
	return lookup(db, sql, tail);
}

struct db_stmt *db_change(struct db *db, const char *sql, const char *tail)
{
	return begin(db, sql) < 0 ? broken(db, ERR_IO) : lookup(db, sql, tail);
}

void db_set_columns(struct db *db, struct columns *c)
{
	db->columns = c;
}

struct columns *db_columns_of(const struct db_stmt *q)
{
	return q->db->columns;
}

void db_fail(struct db_stmt *q, int e)
{
	if (q->fault == 0)
		q->fault = e;
	q->db->refused = q->db->refused || q->db->dirty;
}

static void check_bind(struct db_stmt *q, int code)
{
	if (code != SQLITE_OK)
		q->fault = refuse(q->db, "bind", sqlite3_sql(q->handle));
}

/* The next parameter must be called $<its place>; PostgreSQL would take another one for it otherwise. */
static bool next_parameter(struct db_stmt *q)
{
	const char *name;
	char want[16];

	if (q->fault != 0)
		return false;
	if (++q->bound <= q->named)
		return true;
	snprintf(want, sizeof(want), "$%d", q->bound);
	name = sqlite3_bind_parameter_name(q->handle, q->bound);
	if (name != NULL && strcmp(name, want) == 0) {
		q->named = q->bound;
		return true;
	}
	log_error("store_refused", "at=bind why=\"parameter %s is %s\" sql=\"%.120s\"", want, name != NULL ? name : "none",
	          sqlite3_sql(q->handle));
	q->db->refused = q->db->refused || q->db->dirty;
	q->fault = ERR_IO;
	return false;
}

void db_bind_text(struct db_stmt *q, const char *text)
{
	if (next_parameter(q))
		check_bind(q, sqlite3_bind_text(q->handle, q->bound, text, -1, SQLITE_STATIC));
}

void db_bind_int(struct db_stmt *q, int64_t value)
{
	if (next_parameter(q))
		check_bind(q, sqlite3_bind_int64(q->handle, q->bound, value));
}

void db_bind_blob(struct db_stmt *q, const void *p, size_t len)
{
	if (next_parameter(q))
		check_bind(q, sqlite3_bind_blob64(q->handle, q->bound, p, len, SQLITE_STATIC));
}

bool db_row(struct db_stmt *q)
{
	int code;

	if (q->fault != 0)
		return false;
	q->column = 0;
	code = sqlite3_step(q->handle);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		q->fault = err_of(q->db, "step", sqlite3_sql(q->handle));
	return code == SQLITE_ROW;
}

static void misfit(struct db_stmt *q, const char *why)
{
	log_error("store_row", "why=\"%s\" column=%s", why, sqlite3_column_name(q->handle, q->column - 1));
	q->fault = ERR_IO;
}

void db_misfit(struct db_stmt *q)
{
	misfit(q, "the text does not fit its record");
}

const char *db_peek_text(struct db_stmt *q)
{
	const char *text = (const char *)sqlite3_column_text(q->handle, q->column);
	size_t len = (size_t)sqlite3_column_bytes(q->handle, q->column++);

	if (text != NULL && strlen(text) == len)
		return text;
	db_misfit(q);
	return "";
}

void db_get_text(struct db_stmt *q, char *buf, size_t size)
{
	const unsigned char *text = sqlite3_column_text(q->handle, q->column);
	size_t len = (size_t)sqlite3_column_bytes(q->handle, q->column++);

	if (text == NULL || len >= size || memchr(text, '\0', len) != NULL) {
		misfit(q, "the text does not fit its record");
		buf[0] = '\0';
		return;
	}
	memcpy(buf, text, len);
	memset(buf + len, 0, size - len);
}

int64_t db_get_int(struct db_stmt *q)
{
	return sqlite3_column_int64(q->handle, q->column++);
}

void db_get_blob(struct db_stmt *q, void *p, size_t size)
{
	const void *bytes = sqlite3_column_blob(q->handle, q->column);
	size_t len = (size_t)sqlite3_column_bytes(q->handle, q->column++);

	memset(p, 0, size);
	if (len > size)
		misfit(q, "the blob does not fit its record");
	else if (len > 0)
		memcpy(p, bytes, len);
}

bool db_is_well(const struct db_stmt *q)
{
	return q->fault == 0;
}

int db_end(struct db_stmt *q)
{
	int fault = q->fault;

	if (q->handle == NULL)
		return fault;
	sqlite3_reset(q->handle);
	sqlite3_clear_bindings(q->handle);
	if (q->kept) {
		q->busy = false;
		q->bound = q->column = q->fault = 0;
	} else {
		sqlite3_finalize(q->handle);
		free(q);
	}
	return fault;
}

int db_run(struct db_stmt *q)
{
	struct db *db = q->db;
	int e;

	while (db_row(q))
		;
	e = db_end(q);
	return e < 0 ? e : sqlite3_changes(db->handle);
}

void db_wipe_what_goes(struct db *db, bool wipe)
{
	if (sqlite3_exec(db->handle, wipe ? "PRAGMA secure_delete = ON" : "PRAGMA secure_delete = FAST", NULL, NULL, NULL) != SQLITE_OK)
		refuse(db, "wipe", "PRAGMA secure_delete");
}

int db_empty_log(struct db *db)
{
	int code;

	end_reading(db);
	/* Nobody is waited for. */
	sqlite3_busy_timeout(db->handle, 0);
	code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	return code == SQLITE_OK ? 0 : ERR_IO;
}

int db_damaged_turns(const struct db *db)
{
	return db->damaged_turns;
}

int64_t db_cache_octets(struct db *db)
{
	int now = 0, most;

	return sqlite3_db_status(db->handle, SQLITE_DBSTATUS_CACHE_USED, &now, &most, 0) == SQLITE_OK ? now : 0;
}

bool db_is_dirty(const struct db *db)
{
	return db->dirty || db->barred;
}

void db_rollback(struct db *db)
{
	end_reading(db);
	/* After a full disk SQLite may have rolled back already. */
	if (db->dirty && !sqlite3_get_autocommit(db->handle) &&
	    sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
		log_error("store_refused", "at=rollback why=\"%s\"", sqlite3_errmsg(db->handle));
	db->dirty = db->refused = db->barred = false;
}

int db_commit(struct db *db)
{
	struct db_stmt *commit;
	bool done = false;

	end_reading(db);
	if (!db_is_dirty(db))
		return 0;
	if (!db->barred && !db->refused && !sqlite3_get_autocommit(db->handle)) {
		commit = lookup(db, "COMMIT", "");
		if (commit->fault == 0 && sqlite3_step(commit->handle) != SQLITE_DONE)
			commit->fault = refuse(db, "commit", "COMMIT");
		done = db_end(commit) == 0;
	}
	if (!done) {
		log_error("store_turn_lost", "why=\"a write of this turn was refused; none of it is stored\"");
		db_rollback(db);
		return ERR_IO;
	}
	db->dirty = false;
	return 0;
}
