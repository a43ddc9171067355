/* statements.c: under a program by LD_PRELOAD: writes each statement that it prepares, and how SQLite would find its rows, as a line of
 * the file CALLKEY_STATEMENTS: the statement, and behind tabs the steps of its plan. For test_store_plans.py. */
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*prepare_fn)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **);

static size_t add(char *line, size_t len, size_t size, const char *text)
{
	for (; *text != '\0' && len < size - 2; text++)
		line[len++] = *text == '\n' || *text == '\t' ? ' ' : *text;
	return len;
}

static void note(prepare_fn real, sqlite3 *db, const char *sql)
{
	static char line[32768], question[16384];
	const char *path = getenv("CALLKEY_STATEMENTS");
	sqlite3_stmt *plan = NULL;
	size_t len;
	int fd;

	if (path == NULL || snprintf(question, sizeof(question), "EXPLAIN QUERY PLAN %s", sql) >= (int)sizeof(question) ||
	    real(db, question, -1, 0, &plan, NULL) != SQLITE_OK)
		return;
	len = add(line, 0, sizeof(line), sql);
	while (sqlite3_step(plan) == SQLITE_ROW) {
		line[len++] = '\t';
		len = add(line, len, sizeof(line), (const char *)sqlite3_column_text(plan, 3));
	}
	sqlite3_finalize(plan);
	line[len++] = '\n';
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, line, len) != (ssize_t)len)
		fprintf(stderr, "statements: %s cannot be written\n", path);
	if (fd >= 0)
		close(fd);
}

int sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags, sqlite3_stmt **q, const char **tail)
{
	prepare_fn real = (prepare_fn)dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
	int code = real(db, sql, len, flags, q, tail);

	if (code == SQLITE_OK && *q != NULL)
		note(real, db, sql);
	return code;
}
