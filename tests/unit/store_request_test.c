/* store_request_test.c: requests, and the numbers that are lent to them. */
#include "store_fixture.h"
#include "store/lists.h"

static void a_request_comes_back_as_it_was_put(void **state UNUSED)
{
	struct request r, got;

	add_merchant();
	r = added("reg_1", REQUEST_REGISTRATION);
	memset(&got, 0xee, sizeof(got));
	assert_int_equal(store_request_get(s, "reg_1", &got), 0);
	assert_int_equal(got.kind, r.kind);
	assert_int_equal(got.amount.amount_minor, 53000);
	assert_string_equal(got.failure_message, r.failure_message);
	assert_memory_equal(got.allowed, r.allowed, sizeof(r.allowed));
	assert_memory_equal(got.interest_free, r.interest_free, sizeof(r.interest_free));
	assert_int_equal(got.attempts, 300);
	assert_int_equal(got.card.type, CARD_CHECK);
	assert_true(got.consent_skip && got.other_card_allowed && got.sms_skip && got.interest_free_chosen);
	assert_true(got.other_card_used && got.keep_card);
	assert_int_equal(got.created.ms + got.updated.ms * 10 + got.approved.ms * 100, 11 + 120 + 1400);
	assert_int_equal(store_request_get(s, "reg_2", &got), ERR_NOT_FOUND);
}

/* Column by column, for the compiler may leave anything between members. */
static void same_request(const struct request *a, const struct request *b)
{
	for (size_t i = 0; i < request_kind.count; i++) {
		const struct field *f = &request_kind.fields[i];

		if (memcmp((const char *)a + f->offset, (const char *)b + f->offset, f->size) != 0)
			fail_msg("column %s differs", f->column);
	}
}

static void every_column_survives_an_update(void **state UNUSED)
{
	struct request r, got;

	add_merchant();
	r = added("pay_1", REQUEST_PAYMENT);
	r.amount.amount_minor = 7;
	r.consent_skip = false;
	r.calls = 0xffffffff;
	r.expires.ms = INT64_MAX;
	SET(r.state, "approved");
	SET(r.card.last4, "");
	SET(r.approval_no, "0123456789012345678901234567890");
	assert_int_equal(store_request_update(s, &r, "created"), 0);
	assert_int_equal(store_request_get(s, "pay_1", &got), 0);
	same_request(&got, &r);
}

static void an_update_in_another_state_is_refused_and_changes_nothing(void **state UNUSED)
{
	struct request r, got;

	add_merchant();
	r = added("pay_1", REQUEST_PAYMENT);
	SET(r.state, "authorizing");
	assert_int_equal(store_request_update(s, &r, "sms_sent"), ERR_STATE);
	assert_int_equal(store_request_get(s, "pay_1", &got), 0);
	assert_string_equal(got.state, "created");
	SET(r.id.text, "pay_2");
	assert_int_equal(store_request_update(s, &r, "created"), ERR_NOT_FOUND);
	assert_int_equal(store_commit(s), 0);             /* neither spoils the turn */
}

static void what_is_fixed_at_the_start_stays(void **state UNUSED)
{
	struct request r, got;

	add_merchant();
	r = added("pay_1", REQUEST_PAYMENT);
	SET(r.order_id, "another");
	r.created.ms = 99;
	assert_int_equal(store_request_update(s, &r, "created"), 0);
	assert_int_equal(store_request_get(s, "pay_1", &got), 0);
	assert_string_equal(got.order_id, "pay_1");
	assert_int_equal(got.created.ms, 11);
}

static void an_order_id_is_used_once_by_a_merchant(void **state UNUSED)
{
	struct merchant other = a_merchant("mer_2");
	struct request r = a_request("pay_2", REQUEST_PAYMENT), got;

	add_merchant();
	assert_int_equal(store_merchant_add(s, &other, other_hash), 0);
	added("pay_1", REQUEST_PAYMENT);
	SET(r.order_id, "pay_1");
	assert_int_equal(store_request_add(s, &r), ERR_EXISTS);
	SET(r.merchant.text, "mer_2");
	assert_int_equal(store_request_add(s, &r), 0);
	added("reg_1", REQUEST_REGISTRATION);
	added("reg_2", REQUEST_REGISTRATION);             /* "" is no order id */
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_request_get(s, "pay_2", &got), 0);
}

static void lists_are_newest_first_and_recovery_is_oldest_first(void **state UNUSED)
{
	struct request r;

	add_merchant();
	added("reg_1", REQUEST_REGISTRATION);
	added("pay_1", REQUEST_PAYMENT);
	r = added("reg_2", REQUEST_REGISTRATION);
	assert_seen(store_requests_list(s, 0, 2, see_request, NULL), "reg_2 pay_1 ");
	assert_seen(store_requests_list(s, REQUEST_REGISTRATION, 1000000, see_request, NULL), "reg_2 reg_1 ");
	assert_seen(store_requests_list(s, REQUEST_PAYMENT, 9, see_request, NULL), "pay_1 ");
	assert_seen(store_requests_in_state(s, 0, "created", see_request, NULL), "reg_1 pay_1 reg_2 ");
	assert_seen(store_requests_in_state(s, REQUEST_REGISTRATION, "created", see_request, NULL), "reg_1 reg_2 ");
	SET(r.state, "in_call");
	assert_int_equal(store_request_update(s, &r, "created"), 0);
	assert_seen(store_requests_in_state(s, REQUEST_REGISTRATION, "created", see_request, NULL), "reg_1 ");
}

static int stop_at_first(const struct request *r, void *context UNUSED)
{
	see(r->id.text);
	return 7;
}

static int update_while_reading(const struct request *r, void *context UNUSED)
{
	struct request changed = *r;

	see(r->id.text);
	SET(changed.state, "expired");
	assert_int_equal(store_request_update(s, &changed, "created"), 0);
	/* The same question again, while its rows are being read. */
	return store_requests_in_state(s, REQUEST_PAYMENT, "created", see_request, NULL);
}

static void a_callback_may_stop_and_may_write(void **state UNUSED)
{
	add_merchant();
	added("reg_1", REQUEST_REGISTRATION);
	added("reg_2", REQUEST_REGISTRATION);
	seen[0] = '\0';
	assert_int_equal(store_requests_list(s, 0, 10, stop_at_first, NULL), 7);
	assert_string_equal(seen, "reg_2 ");
	assert_seen(store_requests_in_state(s, REQUEST_REGISTRATION, "created", update_while_reading, NULL), "reg_1 reg_2 ");
	assert_seen(store_requests_in_state(s, 0, "expired", see_request, NULL), "reg_1 reg_2 ");
	assert_int_equal(store_commit(s), 0);
}

/* ---- leases ---- */
static void a_lease_is_one_pair_for_one_request(void **state UNUSED)
{
	struct phone vn = number("07012340001"), caller = number("01012345678"), other = number("01087654321");
	char id[ID_SIZE] = "untouched";
	int n = -1;

	add_merchant();
	added("reg_1", REQUEST_REGISTRATION);
	added("reg_2", REQUEST_REGISTRATION);
	assert_int_equal(store_lease_find(s, &vn, &caller, id), ERR_NOT_FOUND);
	assert_string_equal(id, "untouched");
	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_1"), 0);
	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_2"), ERR_EXISTS);
	assert_int_equal(store_lease_add(s, &vn, &other, "reg_1"), ERR_EXISTS);  /* reg_1 has its number */
	assert_int_equal(store_lease_add(s, &vn, &other, "reg_2"), 0);
	assert_int_equal(store_lease_find(s, &vn, &caller, id), 0);
	assert_string_equal(id, "reg_1");
	assert_seen(store_lease_each_on(s, &vn, see_lease, NULL), "reg_1 reg_2 ");
	assert_int_equal(store_lease_count(s, &vn, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(store_commit(s), 0);
}

static void an_ended_lease_rests_before_it_is_given_again(void **state UNUSED)
{
	struct phone vn = number("07012340001"), caller = number("01012345678");
	char id[ID_SIZE];
	int n = -1;

	add_merchant();
	added("reg_1", REQUEST_REGISTRATION);
	added("reg_2", REQUEST_REGISTRATION);
	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_1"), 0);
	assert_int_equal(store_lease_end(s, "reg_1", (struct wall){ 2000 }), 0);
	assert_int_equal(store_lease_end(s, "reg_1", (struct wall){ 9000 }), ERR_NOT_FOUND);
	assert_int_equal(store_lease_find(s, &vn, &caller, id), ERR_NOT_FOUND);
	assert_int_equal(store_lease_count(s, &vn, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_leases_purge(s, (struct wall){ 1999 }), 0);
	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_2"), ERR_EXISTS);
	assert_int_equal(store_leases_purge(s, (struct wall){ 2000 }), 0);
	assert_int_equal(store_lease_add(s, &vn, &caller, "reg_2"), 0);
	assert_int_equal(store_leases_purge(s, (struct wall){ INT64_MAX }), 0);   /* live ones stay */
	assert_int_equal(store_lease_find(s, &vn, &caller, id), 0);
}

static void only_leased_requests_expire_oldest_first(void **state UNUSED)
{
	struct phone vn = number("07012340001"), callers[] = { number("0101"), number("0102"), number("0103"),
	                                                       number("0104") };
	static const char *const ids[] = { "reg_1", "reg_2", "reg_3", "reg_4" };
	static const int64_t expires[] = { 3000, 1000, 2000, 9000 };
	static const char *const at_work[] = { "in_call", "verifying", "authorizing", "unknown" };
	struct request busy;
	char old[REQUEST_STATE_SIZE];

	add_merchant();
	for (int i = 0; i < 4; i++) {
		struct request r = a_request(ids[i], REQUEST_REGISTRATION);

		r.expires.ms = expires[i];
		/* Either order of lease and request is right within a turn. */
		if (i % 2 == 0)
			assert_int_equal(store_lease_add(s, &vn, &callers[i], ids[i]), 0);
		assert_int_equal(store_request_add(s, &r), 0);
		if (i % 2 == 1)
			assert_int_equal(store_lease_add(s, &vn, &callers[i], ids[i]), 0);
	}
	added("reg_5", REQUEST_REGISTRATION);             /* expires at 5000, but has no lease */
	assert_int_equal(store_commit(s), 0);
	assert_seen(store_requests_expired(s, (struct wall){ 6000 }, 10, see_request, NULL), "reg_2 reg_3 reg_1 ");
	assert_seen(store_requests_expired(s, (struct wall){ 6000 }, 1, see_request, NULL), "reg_2 ");
	assert_seen(store_requests_expired(s, (struct wall){ 999 }, 10, see_request, NULL), "");
	assert_int_equal(store_lease_end(s, "reg_2", (struct wall){ 7000 }), 0);
	assert_seen(store_requests_expired(s, (struct wall){ 6000 }, 10, see_request, NULL), "reg_3 reg_1 ");
	/* In a call, or at the PG: it is not for the clock to end it, and it takes nobody's place. */
	assert_int_equal(store_request_get(s, "reg_3", &busy), 0);
	snprintf(old, sizeof(old), "%s", busy.state);
	for (size_t i = 0; i < sizeof(at_work) / sizeof(at_work[0]); i++) {
		snprintf(busy.state, sizeof(busy.state), "%s", at_work[i]);
		assert_int_equal(store_request_update(s, &busy, old), 0);
		snprintf(old, sizeof(old), "%s", busy.state);
		assert_seen(store_requests_expired(s, (struct wall){ 6000 }, 1, see_request, NULL), "reg_1 ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_request_comes_back_as_it_was_put),
		CASE(every_column_survives_an_update),
		CASE(an_update_in_another_state_is_refused_and_changes_nothing),
		CASE(what_is_fixed_at_the_start_stays),
		CASE(an_order_id_is_used_once_by_a_merchant),
		CASE(lists_are_newest_first_and_recovery_is_oldest_first),
		CASE(a_callback_may_stop_and_may_write),
		CASE(a_lease_is_one_pair_for_one_request),
		CASE(an_ended_lease_rests_before_it_is_given_again),
		CASE(only_leased_requests_expire_oldest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
