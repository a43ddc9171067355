/* store_raw.h: the database as it lies on the disk, beside the store: single values, changes behind its back, octets of its files; and
 * data keys and the job, as arsd has them. After store_fixture.h. */
#ifndef UNIT_STORE_RAW_H
#define UNIT_STORE_RAW_H

#include <sqlite3.h>

#include "store/columns.h"

/* One value as the database has it. */
static UNUSED const char *raw(const char *sql)
{
	static char text[2000];
	sqlite3_stmt *q;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	sqlite3_close(db);
	return text;
}

/* Between two turns: one asks of one state all the time. */
static UNUSED void change(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(store_commit(s), 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static UNUSED bool on_disk(const char *needle)
{
	static const char *const ends[] = { "", "-wal" };
	char file[120], *octets = malloc(4 << 20);
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		FILE *f;
		size_t n;

		snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		f = fopen(file, "rb");
		if (f == NULL)
			continue;
		n = fread(octets, 1, 4 << 20, f);
		found |= memmem(octets, n, needle, strlen(needle)) != NULL;
		fclose(f);
	}
	free(octets);
	return found;
}

static int64_t new_key(uint8_t wrapped)
{
	struct column_key k = { .version = wrapped, .created = { 7 } };

	memset(k.wrapped, wrapped, sizeof(k.wrapped));
	assert_int_equal(columns_key_add(s, &k), 0);
	assert_int_equal(store_commit(s), 0);
	return k.id;
}

/* A data key as a start has it: its row is there, its octets come from elsewhere. */
static UNUSED int64_t with_key(const uint8_t key[COLUMNS_KEY_SIZE])
{
	int64_t id = new_key(key[0]);

	assert_int_equal(columns_use(s, id, key, key), 0);
	return id;
}

static UNUSED void run_job(void)
{
	while (columns_renew(s, 3) > 0)
		assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_commit(s), 0);
}

static UNUSED struct column_job job(void)
{
	struct column_job j;

	assert_int_equal(columns_job(s, &j), 0);
	return j;
}

#endif
