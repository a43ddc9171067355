/* Sealed columns: nothing clear on the disk, values bound to their place, what happens without a key, and the job that seals what was
 * there before, under a new key too, whatever interrupts it. */
#include "store_fixture.h"
#include "store_raw.h"

static const uint8_t key_one[COLUMNS_KEY_SIZE] = { 1 }, key_two[COLUMNS_KEY_SIZE] = { 2 };

static void add_billing_key(const char *id, const char *pg_billing_key)
{
	struct billing_key k = { .created = { 1 } };

	SET(k.id.text, id);
	SET(k.merchant.text, "mer_1");
	SET(k.status, "issued");
	SET(k.pg_billing_key, pg_billing_key);
	assert_int_equal(store_billing_key_add(s, &k), 0);
}

static int64_t add_sms(const char *ref, const char *to, const char *body)
{
	static struct outbox_job j;

	memset(&j, 0, sizeof(j));
	SET(j.kind, "sms");
	SET(j.ref, ref);
	SET(j.to, to);
	SET(j.body, body);
	SET(j.state, "waiting");
	assert_int_equal(store_outbox_add(s, &j), 0);
	return j.id;
}

static const char *billing_key(const char *id)
{
	static struct billing_key k;

	assert_int_equal(store_billing_key_get(s, id, &k), 0);
	return k.pg_billing_key;
}

static void nothing_clear_reaches_the_disk_and_all_of_it_comes_back(void **state UNUSED)
{
	struct outbox_job j;
	int64_t id;

	add_merchant();
	with_key(key_one);
	add_billing_key("bk_1", "pg-secret-key");
	id = add_sms("sms_1", "01012345678", "call 0701234 now");
	assert_int_equal(store_commit(s), 0);
	assert_false(on_disk("pg-secret-key") || on_disk("01012345678") || on_disk("call 0701234"));
	assert_true(on_disk("sealed/1/1/"));
	assert_string_equal(billing_key("bk_1"), "pg-secret-key");
	assert_int_equal(store_outbox_get(s, id, &j), 0);
	assert_string_equal(j.to, "01012345678");
	assert_string_equal(j.body, "call 0701234 now");
	add_billing_key("bk_2", "");
	assert_string_equal(billing_key("bk_2"), "");
}

static void a_webhook_stays_as_its_event(void **state UNUSED)
{
	static struct outbox_job j;

	add_merchant();
	with_key(key_one);
	SET(j.kind, "webhook");
	SET(j.ref, "evt_1.1");
	SET(j.to, "https://merchant.example/hook");
	SET(j.body, "{}");
	SET(j.state, "waiting");
	assert_int_equal(store_outbox_add(s, &j), 0);
	assert_int_equal(store_commit(s), 0);
	assert_string_equal(raw("SELECT destination FROM outbox"), "https://merchant.example/hook");
}

static void a_value_does_not_open_in_anothers_place(void **state UNUSED)
{
	add_merchant();
	with_key(key_one);
	add_billing_key("bk_1", "key-of-one");
	add_billing_key("bk_2", "key-of-two");
	assert_int_equal(store_commit(s), 0);
	change("UPDATE billing_keys SET pg_billing_key = (SELECT pg_billing_key FROM billing_keys WHERE id = 'bk_1') WHERE id = 'bk_2'");
	assert_string_equal(billing_key("bk_1"), "key-of-one");
	assert_true(columns_is_sealed(billing_key("bk_2")));
	change("UPDATE billing_keys SET pg_billing_key = substr(pg_billing_key, 1, 29) || "
	       "CASE substr(pg_billing_key, 30, 1) WHEN 'A' THEN 'B' ELSE 'A' END || substr(pg_billing_key, 31) WHERE id = 'bk_1'");
	assert_true(columns_is_sealed(billing_key("bk_1")));
	change("UPDATE billing_keys SET pg_billing_key = 'sealed/1/1/' WHERE id = 'bk_1'");
	assert_string_equal(billing_key("bk_1"), "sealed/1/1/");
}

static void without_its_key_a_value_is_kept_as_it_is(void **state UNUSED)
{
	struct billing_key k;
	char before[300];

	add_merchant();
	with_key(key_one);
	add_billing_key("bk_1", "pg-secret-key");
	assert_int_equal(store_commit(s), 0);
	snprintf(before, sizeof(before), "%s", raw("SELECT pg_billing_key FROM billing_keys"));
	reopen();
	assert_true(columns_are_locked(s));
	assert_int_equal(store_billing_key_get(s, "bk_1", &k), 0);
	assert_string_equal(k.pg_billing_key, before);
	k.last_used.ms = 99;
	assert_int_equal(store_billing_key_update(s, &k), 0);
	assert_int_equal(store_commit(s), 0);
	assert_string_equal(raw("SELECT pg_billing_key FROM billing_keys"), before);
	assert_int_equal(columns_use(s, 1, key_one, key_one), 0);
	assert_false(columns_are_locked(s));
	assert_string_equal(billing_key("bk_1"), "pg-secret-key");
	columns_forget(s);
	assert_true(columns_are_locked(s));
	assert_true(columns_is_sealed(billing_key("bk_1")));
}

static void what_was_stored_before_is_sealed_by_the_job(void **state UNUSED)
{
	char id[16];

	add_merchant();
	for (int i = 0; i < 10; i++) {
		snprintf(id, sizeof(id), "bk_%d", i);
		add_billing_key(id, "pg-clear");
	}
	add_sms("sms_1", "01012345678", "text");
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(columns_renew(s, 3), 0);              /* no key: nothing to be done */
	with_key(key_one);
	while (job().renewed == 0) {                           /* tables without a row are done at once */
		assert_true(columns_renew(s, 3) > 0);
		assert_int_equal(store_commit(s), 0);
	}
	assert_int_equal(job().renewed, 3);                    /* no more than asked for */
	assert_false(job().done);
	assert_int_equal(job().at, 3);
	assert_int_equal(job().last, 11);
	reopen();                                              /* goes on where it was */
	assert_int_equal(columns_renew(s, 3), 0);              /* the key is not back yet */
	assert_int_equal(columns_use(s, 1, key_one, key_one), 0);
	run_job();
	assert_true(job().done);
	assert_int_equal(job().renewed, 11);
	assert_int_equal(job().unreadable, 0);
	assert_string_equal(billing_key("bk_9"), "pg-clear");
	assert_memory_equal(raw("SELECT pg_billing_key FROM billing_keys WHERE id = 'bk_9'"), "sealed/1/1/", 11);
	assert_int_equal(columns_renew(s, 3), 0);
}

static void a_new_key_takes_over_and_the_old_one_goes(void **state UNUSED)
{
	add_merchant();
	with_key(key_one);
	add_billing_key("bk_1", "pg-1");
	add_billing_key("bk_2", "pg-2");
	add_sms("sms_1", "01012345678", "text");
	run_job();
	with_key(key_two);
	add_billing_key("bk_3", "pg-3");
	assert_true(columns_renew(s, 1) > 0);
	store_rollback(s);                                     /* nothing of this turn happened */
	assert_string_equal(billing_key("bk_1"), "pg-1");
	add_billing_key("bk_3", "pg-3");
	run_job();
	assert_string_equal(raw("SELECT count(*) FROM billing_keys WHERE pg_billing_key LIKE 'sealed/1/2/%'"), "3");
	assert_string_equal(raw("SELECT count(*) FROM outbox WHERE body LIKE 'sealed/1/2/%' AND destination LIKE 'sealed/1/2/%'"), "1");
	assert_string_equal(raw("SELECT group_concat(id) FROM column_keys"), "2");
	assert_string_equal(billing_key("bk_1"), "pg-1");
	assert_string_equal(billing_key("bk_3"), "pg-3");
}

static void what_no_key_opens_is_told_and_its_key_stays(void **state UNUSED)
{
	add_merchant();
	with_key(key_one);
	add_billing_key("bk_1", "pg-1");
	assert_int_equal(store_commit(s), 0);
	reopen();                                              /* and the first key does not come back */
	with_key(key_two);
	run_job();
	assert_true(job().done);
	assert_int_equal(job().unreadable, 1);
	assert_string_equal(raw("SELECT group_concat(id) FROM column_keys"), "1,2");
	assert_memory_equal(raw("SELECT pg_billing_key FROM billing_keys"), "sealed/1/1/", 11);
}

static void what_is_added_while_the_key_is_away_is_sealed_afterwards(void **state UNUSED)
{
	add_merchant();
	with_key(key_one);
	add_billing_key("bk_1", "pg-1");
	run_job();
	assert_true(job().done);
	columns_forget(s);
	add_sms("sms_1", "01012345678", "text");
	assert_int_equal(store_commit(s), 0);
	assert_false(job().done);
	assert_string_equal(raw("SELECT destination FROM outbox"), "01012345678");
	assert_int_equal(columns_use(s, 1, key_one, key_one), 0);
	run_job();
	assert_true(job().done);
	assert_memory_equal(raw("SELECT destination FROM outbox"), "sealed/1/1/", 11);
}

static void a_key_that_was_rolled_back_seals_nothing(void **state UNUSED)
{
	struct column_key k = { .version = 1 };

	add_merchant();
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(columns_key_add(s, &k), 0);
	assert_int_equal(columns_key_add(s, &k), ERR_EXISTS);
	store_rollback(s);
	assert_false(columns_are_locked(s));
	add_billing_key("bk_1", "pg-1");
	assert_int_equal(store_commit(s), 0);
	assert_string_equal(raw("SELECT pg_billing_key FROM billing_keys"), "pg-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_clear_reaches_the_disk_and_all_of_it_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_webhook_stays_as_its_event, setup, teardown),
		cmocka_unit_test_setup_teardown(a_value_does_not_open_in_anothers_place, setup, teardown),
		cmocka_unit_test_setup_teardown(without_its_key_a_value_is_kept_as_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_stored_before_is_sealed_by_the_job, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_key_takes_over_and_the_old_one_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(what_no_key_opens_is_told_and_its_key_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_added_while_the_key_is_away_is_sealed_afterwards, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_that_was_rolled_back_seals_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
