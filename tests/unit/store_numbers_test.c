/* Customers' telephone numbers: none of them on the disk, all of them found; before a data key, under it, under the next one, and at every
 * turn of the job between, whatever interrupts it. */
#include "store_fixture.h"
#include "store_raw.h"

static const uint8_t key_one[COLUMNS_KEY_SIZE] = { 1 }, key_two[COLUMNS_KEY_SIZE] = { 2 };


static struct phone line(int i)
{
	char digits[PHONE_SIZE];

	snprintf(digits, sizeof(digits), "070123400%02d", i % 2);
	return number(digits);
}

/* Digits that stand nowhere else in these files. */
static struct phone customer(int i)
{
	char digits[PHONE_SIZE];

	snprintf(digits, sizeof(digits), "0109876540%d", i);
	return number(digits);
}

static void name_of(int i, char id[ID_SIZE])
{
	snprintf(id, ID_SIZE, "reg_%d", i);
}

static void add_lease(int i)
{
	struct phone vn = line(i), caller = customer(i);
	struct request r;
	char id[ID_SIZE];

	name_of(i, id);
	r = a_request(id, REQUEST_REGISTRATION);
	r.phone = caller;
	r.virtual_number = vn;
	assert_int_equal(store_lease_add(s, &vn, &caller, id), 0);
	assert_int_equal(store_request_add(s, &r), 0);
}

static void add_key_of(const char *id, int i)
{
	struct billing_key k = { .created = { 1 } };

	SET(k.id.text, id);
	SET(k.merchant.text, "mer_1");
	SET(k.status, "issued");
	SET(k.pg_billing_key, "pg-secret-key");
	k.phone = customer(i);
	assert_int_equal(store_billing_key_add(s, &k), 0);
}

static void add_call_of(int i)
{
	struct call_record c = { .offered = { 5 } };

	SET(c.id.text, "call_1");
	SET(c.state, "up");
	c.called = line(i);
	c.caller = customer(i);
	assert_int_equal(store_call_add(s, &c), 0);
}

static int see_key(const struct billing_key *k, void *context)
{
	assert_string_equal(k->phone.digits, ((const struct phone *)context)->digits);
	return see(k->id.text);
}

/* One of each: leases 0 to 3, of which 3 rests, a call and two billing keys of customer 0. */
static void add_all(void)
{
	add_merchant();
	for (int i = 0; i < 4; i++)
		add_lease(i);
	assert_int_equal(store_lease_end(s, "reg_3", (struct wall){ 9000 }), 0);
	add_key_of("bk_1", 0);
	add_key_of("bk_2", 0);
	add_call_of(0);
	assert_int_equal(store_commit(s), 0);
}

static void judge_lease(int i)
{
	struct phone vn = line(i), caller = customer(i);
	char id[ID_SIZE], found[ID_SIZE];
	struct request r;

	name_of(i, id);
	assert_int_equal(store_lease_find(s, &vn, &caller, found), 0);
	assert_string_equal(found, id);
	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_9"), ERR_EXISTS);
	assert_int_equal(store_request_get(s, id, &r), 0);
	assert_string_equal(r.phone.digits, caller.digits);
}

/* All are found, none twice, and the pair that rests is given to nobody. */
static void judge_all(void)
{
	struct phone vn = line(3), caller = customer(3), first = customer(0), other = customer(1);
	struct call_record c;
	char found[ID_SIZE];

	for (int i = 0; i < 3; i++)
		judge_lease(i);
	assert_int_equal(store_lease_find(s, &vn, &caller, found), ERR_NOT_FOUND);
	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_9"), ERR_EXISTS);
	caller = customer(4);
	assert_int_equal(store_lease_find(s, &vn, &caller, found), ERR_NOT_FOUND);
	seen[0] = '\0';
	assert_int_equal(store_billing_keys_of_phone(s, &first, 9, see_key, &first), 0);
	assert_string_equal(seen, "bk_2 bk_1 ");
	assert_int_equal(store_billing_keys_of_phone(s, &other, 9, see_key, &other), 0);
	assert_string_equal(seen, "bk_2 bk_1 ");
	assert_int_equal(store_call_get(s, "call_1", &c), 0);
	assert_string_equal(c.caller.digits, first.digits);
	store_rollback(s);
}

static bool any_number_on_disk(void)
{
	return on_disk("0109876540") || on_disk("109876540");
}

static void numbers_are_sealed_and_found(void **state UNUSED)
{
	struct phone vn = line(1), caller = customer(0);
	char index[COLUMNS_INDEX_SIZE];
	char found[ID_SIZE];

	with_key(key_one);
	add_all();
	assert_false(any_number_on_disk());
	assert_memory_equal(raw("SELECT phone FROM requests"), "sealed/1/1/", 11);
	assert_memory_equal(raw("SELECT caller FROM calls"), "sealed/1/1/", 11);
	assert_memory_equal(raw("SELECT phone FROM billing_keys"), "sealed/1/1/", 11);
	judge_all();
	run_job();
	judge_all();                                           /* settled: one look-up */
	/* The owner of both numbers is one only in billing keys. */
	snprintf(index, sizeof(index), "%s", raw("SELECT caller FROM leases WHERE request = 'reg_0'"));
	assert_int_equal(strlen(index), 2 + 22);
	assert_int_equal(store_lease_find(s, &vn, &caller, found), ERR_NOT_FOUND);
	add_lease(4);
	assert_string_equal(raw("SELECT COUNT(DISTINCT phone_index) FROM billing_keys"), "1");
	assert_string_not_equal(raw("SELECT phone_index FROM billing_keys"), index);
}

/* The way in which a number is written does not matter: it is struct phone's one form that is looked for. */
static void all_ways_to_write_a_number_find_it(void **state UNUSED)
{
	static const char *const ways[] = { "010-9876-5400", "+82 10 9876 5400", "0082-10-9876-5400", "821098765400", "01098765400" };
	struct phone vn = line(0), caller;
	char found[ID_SIZE];

	with_key(key_one);
	add_all();
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		assert_int_equal(phone_parse(ways[i], &caller), 0);
		assert_int_equal(store_lease_find(s, &vn, &caller, found), 0);
		assert_string_equal(found, "reg_0");
	}
}

/* Row by row, the store closed between, as after a kill -9. */
static void renew_and_judge(int64_t first, int64_t last)
{
	const uint8_t *const keys[] = { key_one, key_two };
	int turns = 0;

	for (;;) {
		judge_all();
		reopen();
		for (int64_t id = first; id <= last; id++)
			assert_int_equal(columns_use(s, id, keys[id - 1], keys[id - 1]), 0);
		judge_all();
		assert_true(columns_renew(s, 1) >= 0);
		judge_all();                                       /* and nothing of that turn happened */
		if (columns_renew(s, 1) == 0)
			break;
		assert_int_equal(store_commit(s), 0);
		turns++;
	}
	assert_true(turns > 8);
	assert_true(job().done);
}

static void a_store_of_before_is_found_at_every_turn(void **state UNUSED)
{
	add_all();
	assert_true(any_number_on_disk());
	judge_all();
	with_key(key_one);
	renew_and_judge(1, 1);
	assert_int_equal(columns_end_log(s), 0);
	assert_false(any_number_on_disk());
}

static void a_new_key_takes_over_at_every_turn(void **state UNUSED)
{
	with_key(key_one);
	add_all();
	run_job();
	with_key(key_two);
	renew_and_judge(1, 2);
	assert_string_equal(raw("SELECT group_concat(id) FROM column_keys"), "2");
	assert_string_equal(raw("SELECT COUNT(*) FROM leases WHERE caller NOT LIKE '2/%'"), "0");
	assert_string_equal(raw("SELECT COUNT(*) FROM lease_rests WHERE caller NOT LIKE '2/%'"), "0");
	assert_string_equal(raw("SELECT COUNT(*) FROM billing_keys WHERE phone_index NOT LIKE '2/%' OR phone NOT LIKE 'sealed/1/2/%'"), "0");
	assert_string_equal(raw("SELECT COUNT(*) FROM requests WHERE phone NOT LIKE 'sealed/1/2/%'"), "0");
}

/* A lease that ends while the job runs rests under the key that it had, and is found there until the job has come by. */
static void a_lease_that_ends_between_rests_all_the_same(void **state UNUSED)
{
	struct phone vn = line(2), caller = customer(2);

	with_key(key_one);
	add_all();
	run_job();
	with_key(key_two);
	assert_int_equal(store_lease_end(s, "reg_2", (struct wall){ 9000 }), 0);
	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_9"), ERR_EXISTS);
	run_job();
	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_9"), ERR_EXISTS);
	assert_string_equal(raw("SELECT COUNT(*) FROM lease_rests WHERE caller LIKE '2/%'"), "2");
}

static void without_its_key_a_number_is_neither_read_nor_found_nor_lost(void **state UNUSED)
{
	struct phone vn = line(0), caller = customer(0);
	struct request r;
	char found[ID_SIZE];

	with_key(key_one);
	add_all();
	run_job();
	reopen();
	assert_int_equal(store_lease_find(s, &vn, &caller, found), ERR_STATE);
	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_9"), ERR_STATE);
	assert_int_equal(store_billing_keys_of_phone(s, &caller, 9, see_key, &caller), ERR_STATE);
	assert_int_equal(store_request_get(s, "reg_0", &r), 0);
	assert_string_equal(r.phone.digits, "");
	SET(r.state, "sms_sent");
	assert_int_equal(store_request_update(s, &r, "created"), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(columns_use(s, 1, key_one, key_one), 0);
	judge_all();
}

/* The store of a version that sealed, and had no indexes. */
static void a_data_key_without_an_index_finds_nothing_until_the_next_one(void **state UNUSED)
{
	struct phone vn = line(0), caller = customer(0);
	char found[ID_SIZE];

	add_all();
	assert_int_equal(columns_use(s, new_key(1), key_one, NULL), 0);
	assert_true(columns_are_locked(s));
	assert_int_equal(store_lease_find(s, &vn, &caller, found), 0);           /* clear as yet */
	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_9"), ERR_STATE);
	with_key(key_two);
	assert_false(columns_are_locked(s));
	judge_all();
	run_job();
	judge_all();
	assert_int_equal(columns_end_log(s), 0);
	assert_false(any_number_on_disk());
}

static void numbers_under_a_lost_key_are_nobodys(void **state UNUSED)
{
	struct phone vn = line(0), caller = customer(0);
	struct request r;
	char found[ID_SIZE];

	with_key(key_one);
	add_all();
	reopen();                                              /* and the first key does not come back */
	with_key(key_two);
	run_job();
	assert_true(job().unreadable > 0);
	assert_int_equal(store_lease_find(s, &vn, &caller, found), ERR_NOT_FOUND);
	assert_int_equal(store_request_get(s, "reg_0", &r), 0);
	assert_string_equal(r.phone.digits, "");
	assert_int_equal(store_billing_keys_of_phone(s, &caller, 9, see_key, &caller), 0);
	assert_string_equal(raw("SELECT group_concat(id) FROM column_keys"), "1,2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(numbers_are_sealed_and_found),
		CASE(all_ways_to_write_a_number_find_it),
		CASE(a_store_of_before_is_found_at_every_turn),
		CASE(a_new_key_takes_over_at_every_turn),
		CASE(a_lease_that_ends_between_rests_all_the_same),
		CASE(without_its_key_a_number_is_neither_read_nor_found_nor_lost),
		CASE(a_data_key_without_an_index_finds_nothing_until_the_next_one),
		CASE(numbers_under_a_lost_key_are_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
