/* store_wal_test.c: what is told of the end of SQLite's log: nothing while it is whole, nor of what no commit ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <sqlite3.h>

#include "lib/attr.h"
#include "store/wal_tail.h"
#include "tests/unit/scratch.h"

enum { PAGE = 4096, FRAME = 24 + PAGE, HEAD = 32 };

static char folder[64], path[80], log_path[96];

static int setup(void **state UNUSED)
{
	scratch_path(folder, sizeof(folder), "store_wal_test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/x.db", folder);
	snprintf(log_path, sizeof(log_path), "%s-wal", path);
	return 0;
}

static int teardown(void **state UNUSED)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char file[120];

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		unlink(file);
	}
	return rmdir(folder);
}

/* In a child that dies as by kill -9, so that the log stays. Each statement is a commit. */
static void run_and_die(const char *sql)
{
	int status;
	pid_t child = fork();
	sqlite3 *db;

	if (child == 0) {
		bool good = sqlite3_open(path, &db) == SQLITE_OK &&
			sqlite3_exec(db, "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;", NULL, NULL, NULL) == SQLITE_OK &&
			sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;

		_exit(good ? 0 : 1);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void three_commits(void)
{
	run_and_die("CREATE TABLE t (a); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);");
}

static long log_size(void)
{
	FILE *f = fopen(log_path, "rb");
	long size;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	fclose(f);
	return size;
}

/* at < 0: from the end. */
static void spoil(long at, const void *with, size_t len)
{
	FILE *f = fopen(log_path, "r+b");

	assert_non_null(f);
	fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
	assert_int_equal(fwrite(with, 1, len, f), len);
	fclose(f);
}

static struct wal_tail look(void)
{
	struct wal_tail t = { 77, 77, 77, 77 };

	assert_int_equal(wal_tail_look(path, &t), 0);
	return t;
}

static void no_log_is_no_loss(void **state UNUSED)
{
	struct wal_tail t = { 7, 7, 7, 7 };
	FILE *f;

	assert_int_equal(wal_tail_look(path, &t), ERR_NOT_FOUND);
	f = fopen(log_path, "wb");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(wal_tail_look(path, &t), ERR_NOT_FOUND);
	assert_int_equal(t.whole, 7);
}

static void a_whole_log_is_told_as_that(void **state UNUSED)
{
	struct wal_tail t;

	three_commits();
	t = look();
	assert_int_equal(t.whole, (log_size() - HEAD) / FRAME);
	assert_true(t.whole >= 3);
	assert_int_equal(t.torn + t.turns + t.foreign, 0);
}

static void a_spoilt_commit_is_a_lost_turn(void **state UNUSED)
{
	uint32_t whole;
	struct wal_tail t;

	three_commits();
	whole = look().whole;
	spoil(-100, "x", 1);
	t = look();
	assert_int_equal(t.whole, whole - 1);
	assert_int_equal(t.torn, 1);
	assert_int_equal(t.turns, 1);
	/* SQLite takes nothing that follows either. */
	spoil(HEAD + FRAME - 50, "x", 1);
	t = look();
	assert_int_equal(t.whole, 0);
	assert_int_equal(t.torn, whole);
	assert_true(t.turns >= 2);
}

static void what_no_commit_ended_was_never_true(void **state UNUSED)
{
	struct wal_tail t;

	three_commits();
	spoil(-FRAME + 4, "\0\0\0\0", 4);
	t = look();
	assert_int_equal(t.torn, 1);
	assert_int_equal(t.turns + t.foreign, 0);
}

static void half_a_frame_was_never_true(void **state UNUSED)
{
	struct wal_tail t;

	three_commits();
	assert_int_equal(truncate(log_path, log_size() - 1000), 0);
	t = look();
	assert_int_equal(t.torn + t.turns + t.foreign, 0);
}

static void zeros_and_strangers_are_told(void **state UNUSED)
{
	static const uint8_t zeros[2 * FRAME];
	FILE *f;

	three_commits();
	f = fopen(log_path, "ab");
	assert_non_null(f);
	assert_int_equal(fwrite(zeros, 1, sizeof(zeros), f), sizeof(zeros));
	fclose(f);
	assert_int_equal(look().foreign, 2);
	assert_int_equal(look().torn, 0);
	spoil(0, "no log", 6);
	assert_int_equal(look().foreign, 1);
	assert_int_equal(look().whole, 0);
}

/* A log that begins anew leaves its old frames behind the new ones. */
static void frames_of_an_earlier_log_are_no_loss(void **state UNUSED)
{
	struct wal_tail t;

	run_and_die("CREATE TABLE t (a); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); INSERT INTO t VALUES (3);"
	            "PRAGMA wal_checkpoint(RESTART); INSERT INTO t VALUES (4);");
	t = look();
	assert_true(t.whole < (uint32_t)((log_size() - HEAD) / FRAME));
	assert_true(t.whole >= 1);
	assert_int_equal(t.torn + t.turns + t.foreign, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(no_log_is_no_loss),
		CASE(a_whole_log_is_told_as_that),
		CASE(a_spoilt_commit_is_a_lost_turn),
		CASE(what_no_commit_ended_was_never_true),
		CASE(half_a_frame_was_never_true),
		CASE(zeros_and_strangers_are_told),
		CASE(frames_of_an_earlier_log_are_no_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
