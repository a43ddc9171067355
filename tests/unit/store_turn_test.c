/* store_turn_test.c: a turn is whole or not at all, kill -9 loses nothing that was committed, a newer or foreign file is
 * refused, and what a call waits for is found by an index. */
#include "store_fixture.h"

#include "lib/clock.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

static void a_turn_is_stored_by_its_commit_and_forgotten_without(void **state UNUSED)
{
	struct merchant got;

	assert_false(store_dirty(s));
	add_merchant();
	assert_true(store_dirty(s));
	assert_int_equal(store_commit(s), 0);
	assert_false(store_dirty(s));
	added("reg_1", REQUEST_REGISTRATION);
	store_rollback(s);
	assert_false(store_dirty(s));
	added("reg_2", REQUEST_REGISTRATION);
	reopen();                                         /* closes without a commit */
	assert_int_equal(store_merchant_get(s, "mer_1", &got), 0);
	assert_seen(store_requests_list(s, 0, 10, see_request, NULL), "");
}

static void a_refused_write_takes_its_whole_turn_with_it(void **state UNUSED)
{
	struct consent c = { .key = '1' };

	add_merchant();
	assert_int_equal(store_commit(s), 0);
	added("reg_1", REQUEST_REGISTRATION);
	SET(c.id.text, "con_1");
	SET(c.request.text, "reg_none");
	assert_int_equal(store_consent_add(s, &c), ERR_IO);
	assert_int_equal(store_commit(s), ERR_IO);
	assert_false(store_dirty(s));
	assert_seen(store_requests_list(s, 0, 10, see_request, NULL), "");
	added("reg_1", REQUEST_REGISTRATION);             /* the next turn is free of it */
	assert_int_equal(store_commit(s), 0);
}

static void a_lease_without_its_request_is_refused_at_the_end_of_the_turn(void **state UNUSED)
{
	struct phone vn = number("07012340001"), caller = number("01012345678");
	int n = -1;

	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_none"), 0);
	assert_int_equal(store_commit(s), ERR_IO);
	assert_int_equal(store_lease_count(s, &vn, &n), 0);
	assert_int_equal(n, 0);
}

/* Runs fn in a child that then dies at once, as by kill -9: no close, no rollback, no exit handlers. */
static void in_a_killed_child(void (*fn)(void))
{
	int status;
	pid_t child;

	store_close(&s);
	child = fork();
	if (child == 0) {
		if (store_open(url, &s) < 0)
			_exit(1);
		fn();
		kill(getpid(), SIGKILL);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(store_open(url, &s), 0);
}

static void commit_one_and_write_another(void)
{
	struct merchant m = a_merchant("mer_1");
	struct request kept = a_request("reg_kept", REQUEST_REGISTRATION), lost = a_request("reg_lost", REQUEST_REGISTRATION);

	if (store_merchant_add(s, &m, key_hash) < 0 || store_request_add(s, &kept) < 0 || store_commit(s) < 0 ||
	    store_request_add(s, &lost) < 0)
		_exit(1);
}

static void kill_9_keeps_what_was_committed_and_nothing_else(void **state UNUSED)
{
	in_a_killed_child(commit_one_and_write_another);
	assert_seen(store_requests_list(s, 0, 10, see_request, NULL), "reg_kept ");
	added("reg_lost", REQUEST_REGISTRATION);
	assert_int_equal(store_commit(s), 0);
}

static void do_nothing(void)
{
}

static void kill_9_right_after_the_first_start_leaves_a_good_store(void **state UNUSED)
{
	assert_int_equal(unlink(path), 0);
	in_a_killed_child(do_nothing);
	add_merchant();
	assert_int_equal(store_commit(s), 0);
}

static void a_turn_that_could_not_begin_stores_nothing_of_the_rest(void **state UNUSED)
{
	struct request first = a_request("reg_first", REQUEST_REGISTRATION), second = a_request("reg_second", REQUEST_REGISTRATION);
	struct mono before;
	sqlite3 *other;

	add_merchant();
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_request_add(s, &first), ERR_IO);
	before = clock_mono();
	assert_int_equal(store_request_add(s, &second), ERR_IO);
	assert_true(mono_diff_ms(before, clock_mono()) < 1000);      /* the lock is waited for once */
	sqlite3_close(other);
	assert_int_equal(store_request_add(s, &second), ERR_IO);
	assert_true(store_dirty(s));
	assert_int_equal(store_commit(s), ERR_IO);
	assert_false(store_dirty(s));
	assert_seen(store_requests_list(s, 0, 10, see_request, NULL), "");
	assert_int_equal(store_request_add(s, &second), 0);
	assert_int_equal(store_commit(s), 0);
}

/* ---- the file ---- */
static int64_t ask_number(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *q;
	int64_t n = -1;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	if (sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return n;
}

static void run_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void an_empty_database_gets_every_migration_once(void **state UNUSED)
{
	assert_int_equal(ask_number("SELECT MAX(version) FROM schema_migrations"), migrations_newest());
	reopen();
	assert_int_equal(ask_number("SELECT COUNT(*) FROM schema_migrations"), migrations_count());
	assert_int_equal(ask_number("SELECT COUNT(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
	                            "AND strict = 0 AND name NOT IN ('sqlite_schema', 'sqlite_sequence', 'schema_migrations')"), 0);
}

static void a_newer_database_is_refused_and_left_alone(void **state UNUSED)
{
	store_close(&s);
	run_sql("INSERT INTO schema_migrations (version, applied) VALUES (9999, 0)");
	assert_int_equal(store_open(url, &s), ERR_STATE);
	assert_null(s);
	assert_int_equal(ask_number("SELECT MAX(version) FROM schema_migrations"), 9999);
}

static void what_cannot_be_opened_is_an_error(void **state UNUSED)
{
	struct store *none = NULL;

	assert_int_equal(store_open("sqlite:/nonexistent/callkey.db", &none), ERR_IO);
	assert_int_equal(store_open("sqlite:", &none), ERR_INVALID);
	assert_int_equal(store_open("postgresql://h/db", &none), ERR_INVALID);
	assert_null(none);
}

static void a_file_that_is_no_database_is_an_error(void **state UNUSED)
{
	FILE *f;

	store_close(&s);
	f = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is not a database ", f);
	fclose(f);
	assert_int_equal(store_open(url, &s), ERR_IO);
	assert_null(s);
}

static void a_text_too_long_for_its_record_is_an_error_not_a_cut(void **state UNUSED)
{
	struct request got;

	add_merchant();
	added("reg_1", REQUEST_REGISTRATION);
	assert_int_equal(store_commit(s), 0);
	run_sql("UPDATE requests SET cycle = 'far too long for sixteen bytes'");
	assert_int_equal(store_request_get(s, "reg_1", &got), ERR_IO);
	seen[0] = '\0';
	assert_int_equal(store_requests_list(s, 0, 10, see_request, NULL), ERR_IO);
	assert_string_equal(seen, "");
}

static void commits_are_on_the_disk_before_they_return(void **state UNUSED)
{
	struct db_stmt *q;

	/* The settings are of the connection, so it is asked itself. */
	q = db_query(s->db, "PRAGMA synchronous", "");
	assert_true(db_row(q));
	assert_int_equal(db_get_int(q), 2);               /* FULL */
	assert_int_equal(db_end(q), 0);
	q = db_query(s->db, "PRAGMA foreign_keys", "");
	assert_true(db_row(q));
	assert_int_equal(db_get_int(q), 1);
	assert_int_equal(db_end(q), 0);
	assert_int_equal(ask_number("SELECT COUNT(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
}

static int see_total(const char *what, const char *state, int64_t count, void *context UNUSED)
{
	char line[80];

	snprintf(line, sizeof(line), "%s.%s=%d", what, state, (int)count);
	return see(line);
}

static void an_older_database_is_counted_once(void **state UNUSED)
{
	add_merchant();
	added("reg_1", REQUEST_REGISTRATION);
	added("reg_2", REQUEST_REGISTRATION);
	added("pay_1", REQUEST_PAYMENT);
	assert_int_equal(store_commit(s), 0);
	/* As it was before there were totals. */
	run_sql("DROP TABLE state_counts; DROP TRIGGER requests_counted; DROP TRIGGER requests_recounted; DROP TRIGGER outbox_counted; "
	        "DROP TRIGGER outbox_recounted; DROP TRIGGER outbox_uncounted; DROP INDEX reconciliation_merchants_day; DELETE FROM schema_migrations WHERE version = 40");
	reopen();
	added("reg_3", REQUEST_REGISTRATION);
	assert_seen(store_counts(s, see_total, NULL), "registrations.created=3 payments.created=1 ");
}

static void plan_of(const char *sql, const char *tail, char *plan, size_t size)
{
	char text[8192];
	sqlite3 *db;
	sqlite3_stmt *q;
	size_t len = 0;

	snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s%s", sql, tail);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &q, NULL), SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW)
		len += (size_t)snprintf(plan + len, size - len, "%s; ", (const char *)sqlite3_column_text(q, 3));
	sqlite3_finalize(q);
	sqlite3_close(db);
}

static void what_is_asked_often_is_found_by_an_index(void **state UNUSED)
{
	const struct { const char *sql, *tail, *must; } questions[] = {
		{ lease_find_sql, "", "SEARCH leases USING PRIMARY KEY (virtual_number=? AND caller=?)" },
		{ lease_each_sql, "", "SEARCH leases USING PRIMARY KEY (virtual_number=?)" },
		{ s->sql[KIND_REQUEST].select, request_expired_tail, "SEARCH requests USING INDEX requests_expiring (expires<?)" },
		{ s->sql[KIND_REQUEST].select, request_in_state_tail, "SEARCH requests USING INDEX requests_state (state=?)" },
		{ s->sql[KIND_REQUEST].select, " WHERE id = $1", "SEARCH requests USING INDEX sqlite_autoindex_requests_1 (id=?)" },
		{ s->sql[KIND_ATTEMPT].select, attempts_open_tail, "SCAN attempts USING INDEX attempts_open" },
		{ s->sql[KIND_CONSENT_LINK].select, chain_unsigned_tail, "SCAN consent_chain USING INDEX consent_chain_unsigned" },
		{ s->sql[KIND_OUTBOX].select, outbox_due_tail, "SEARCH outbox USING INDEX outbox_due (kind=? AND next_try<?)" },
		{ s->sql[KIND_CALL].select, calls_open_tail, "SCAN calls USING INDEX calls_open" },
		{ s->sql[KIND_REQUEST].select, list_requests_tail, "USING INDEX requests_of (merchant=? AND kind=? AND created" },
		{ s->sql[KIND_REQUEST].select, list_requests_in_tail, "requests_of_state (merchant=? AND kind=? AND state=? AND created" },
		{ s->sql[KIND_REQUEST].select, list_requests_of_tail, "USING INDEX requests_schedule (merchant=? AND schedule=? AND created" },
		{ s->sql[KIND_SCHEDULE].select, schedules_due_tail, "SEARCH schedules USING INDEX schedules_due (due<?)" },
		{ s->sql[KIND_SCHEDULE].select, schedules_key_tail, "SEARCH schedules USING INDEX schedules_key (billing_key=?)" },
		{ s->sql[KIND_SCHEDULE].select, list_schedules_tails[0], "schedules_of (merchant=? AND created" },
		{ s->sql[KIND_SCHEDULE].select, list_schedules_tails[1], "schedules_of_state (merchant=? AND state=? AND created" },
		{ s->sql[KIND_SCHEDULE].select, list_schedules_tails[2], "schedules_of_key (merchant=? AND billing_key=? AND created" },
		{ s->sql[KIND_BILLING_KEY].select, billing_keys_phone_tail, "SEARCH billing_keys USING INDEX billing_keys_phone_index (phone_index=?)" },
		{ s->sql[KIND_BILLING_KEY].select, billing_keys_phone_tail, "SEARCH billing_keys USING INDEX billing_keys_phone_clear (phone=?)" },
		{ lease_rest_sql, "", "SEARCH lease_rests USING PRIMARY KEY (virtual_number=? AND caller=?)" },
		{ s->sql[KIND_BILLING_KEY].select, list_billing_keys_tails[0], "billing_keys_of (merchant=? AND created" },
		{ s->sql[KIND_BILLING_KEY].select, list_billing_keys_tails[1], "billing_keys_status (merchant=? AND status=? AND created" },
		{ s->sql[KIND_BILLING_KEY].select, list_billing_keys_tails[2], "(merchant=? AND customer_ref=? AND created" },
		{ s->sql[KIND_CALL].select, list_calls_tails[0], "calls_of (merchant=? AND offered" },
		{ s->sql[KIND_CALL].select, list_calls_tails[1], "calls_state (merchant=? AND state=? AND offered" },
		{ s->sql[KIND_CALL].select, list_calls_tails[2], "calls_request (merchant=? AND request=? AND offered" },
		{ s->sql[KIND_ATTEMPT].select, list_attempts_tails[0], "attempts_of (merchant=? AND created" },
		{ s->sql[KIND_ATTEMPT].select, list_attempts_tails[1], "attempts_of_state (merchant=? AND state=? AND created" },
		{ s->sql[KIND_CANCELLATION].select, list_cancellations_tails[0], "cancellations_of (merchant=? AND created" },
		{ s->sql[KIND_CANCELLATION].select, list_cancellations_tails[1], "cancellations_of_state (merchant=? AND state=? AND created" },
		{ s->sql[KIND_CONSENT_LINK].select, list_consents_tails[0], "consent_chain_of (merchant=? AND at" },
		{ s->sql[KIND_CONSENT_LINK].select, list_consents_unsigned_tail, "consent_chain_of_unsigned (merchant=? AND at" },
		{ s->sql[KIND_EVENT].select, list_events_tails[0], "events_of (merchant=? AND at" },
		{ s->sql[KIND_EVENT].select, list_events_tails[1], "events_type (merchant=? AND type=? AND at" },
		{ s->sql[KIND_EVENT].select, list_events_tails[2], "events_request (merchant=? AND request=? AND at" },
	};

	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		char plan[1000] = "";

		plan_of(questions[i].sql, questions[i].tail, plan, sizeof(plan));
		assert_non_null(strstr(plan, questions[i].must));
		assert_null(strstr(plan, "TEMP B-TREE"));     /* sorted by the index too */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_turn_is_stored_by_its_commit_and_forgotten_without),
		CASE(a_refused_write_takes_its_whole_turn_with_it),
		CASE(a_lease_without_its_request_is_refused_at_the_end_of_the_turn),
		CASE(kill_9_keeps_what_was_committed_and_nothing_else),
		CASE(a_turn_that_could_not_begin_stores_nothing_of_the_rest),
		CASE(kill_9_right_after_the_first_start_leaves_a_good_store),
		CASE(an_empty_database_gets_every_migration_once),
		CASE(a_newer_database_is_refused_and_left_alone),
		CASE(what_cannot_be_opened_is_an_error),
		CASE(a_file_that_is_no_database_is_an_error),
		CASE(a_text_too_long_for_its_record_is_an_error_not_a_cut),
		CASE(commits_are_on_the_disk_before_they_return),
		CASE(an_older_database_is_counted_once),
		CASE(what_is_asked_often_is_found_by_an_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
