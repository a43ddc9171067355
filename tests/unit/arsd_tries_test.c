/* Wrong entries of a card: two a day over all calls and merchants, never a third at the PG. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/tries.h"
#include "store/password_tries.h"

static uint64_t line_call = 100;
static uint8_t fingerprint[32];

static int start(void **state)
{
	(void)state;
	memset(fingerprint, 0x5a, sizeof(fingerprint));
	return 0;
}

static int64_t counted(struct world *w)
{
	int64_t n = -1;

	assert_int_equal(store_password_tries_get(w->a.store, fingerprint, tries_day(w->a.wall), &n), 0);
	return n;
}

/* Until the sealed card has been handed over. */
static struct request until_sealed(struct world *w, const char *phone)
{
	struct request r = world_registered_request(w, phone);

	line_call++;
	world_register_card(w, line_call, &r, "1234", CARD_CREDIT);
	return r;
}

/* One call with one wrong entry, after which the caller gives up. */
static void one_wrong(struct world *w, const char *phone)
{
	until_sealed(w, phone);
	assert_int_equal(w->pg.type, uplink_type_pg_verify);
	world_pg(w, world_declined(UPLINK_DECLINE_INPUT, "P011"));
	world_hang_up(w, line_call);
}

static void the_third_entry_of_a_day_never_reaches_the_pg(void **state)
{
	struct world *w = world_new("");
	struct request r;
	int before;

	(void)state;
	one_wrong(w, "01011110001");
	world_merchant(w, "");
	one_wrong(w, "01011110002");
	assert_int_equal(counted(w), 2);
	before = w->pg_count;
	r = until_sealed(w, "01011110003");
	assert_int_equal(w->pg_count, before);
	world_expect_heard(w, "declined.password_tries");
	world_expect_heard(w, "reg.not_done");
	r = world_request(w, r.id.text);
	assert_string_equal(r.state, "card_declined");
	assert_string_equal(r.failure_code, "password_tries");
	assert_string_equal(r.failure_class, "input");
	world_expect_hook(w, 0, "registration.failed");
	assert_int_equal(counted(w), 2);
	world_free(&w);
}

static void a_crash_forgets_no_try(void **state)
{
	struct world *w = world_new("");
	int before;

	(void)state;
	one_wrong(w, "01011110001");
	until_sealed(w, "01011110002");
	world_crash(w);
	assert_int_equal(counted(w), 2);
	before = w->pg_count;
	until_sealed(w, "01011110003");
	assert_int_equal(w->pg_count, before);
	/* The card company never saw what the PG does not know of. */
	world_wait(w, 20000);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	world_pg_status(w, UPLINK_PG_OK);
	assert_int_equal(counted(w), 1);
	world_free(&w);
}

static void two_calls_at_once_make_no_third(void **state)
{
	struct world *w = world_new("");
	int before;

	(void)state;
	until_sealed(w, "01011110001");
	until_sealed(w, "01011110002");
	before = w->pg_count;
	until_sealed(w, "01011110003");
	assert_int_equal(w->pg_count, before);
	world_expect_heard(w, "declined.password_tries");
	world_free(&w);
}

static void what_was_not_wrong_does_not_count(void **state)
{
	struct world *w = world_new("");

	(void)state;
	for (int i = 0; i < 4; i++) {
		char phone[16];

		snprintf(phone, sizeof(phone), "0101111000%d", i);
		until_sealed(w, phone);
		world_pg(w, i % 2 == 0 ? world_ok("pgkey-1") : world_declined(UPLINK_DECLINE_DEAD_CARD, "P041"));
		assert_int_equal(counted(w), 0);
		world_hang_up(w, line_call);
	}
	/* Never sent, and undone. */
	until_sealed(w, "01011110009");
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	assert_int_equal(counted(w), 1);
	world_wait(w, 10000);
	world_pg_status(w, UPLINK_PG_NOT_FOUND);
	world_pg_status(w, UPLINK_PG_OK);
	assert_int_equal(counted(w), 0);
	world_free(&w);
}

/* NICEPAY does not find registrations: that it knows of none says nothing of what the card company has seen. */
static void what_a_card_company_may_have_seen_counts(void **state)
{
	struct world *w = world_new("");
	struct uplink_pg_result undone = { .status = UPLINK_PG_OK, .code = "not_known" };
	int before;

	(void)state;
	for (int i = 1; i <= 2; i++) {
		char phone[16];

		snprintf(phone, sizeof(phone), "0101111000%d", i);
		until_sealed(w, phone);
		world_pg_status(w, UPLINK_PG_UNKNOWN);
		world_wait(w, 10000);
		world_pg_status(w, UPLINK_PG_NOT_FOUND);
		world_pg(w, undone);
		world_hang_up(w, line_call);
		assert_int_equal(counted(w), i);
	}
	before = w->pg_count;
	until_sealed(w, "01011110003");
	assert_int_equal(w->pg_count, before);
	world_free(&w);
}

/* Midnight in Korea is 15:00 UTC. */
static void the_day_is_koreas(void **state)
{
	struct world *w = world_new("");

	(void)state;
	assert_int_equal(tries_day((struct wall){ INT64_C(1795618799999) }) + 1, tries_day((struct wall){ INT64_C(1795618800000) }));
	assert_int_equal(tries_day((struct wall){ 0 }), 0);
	assert_int_equal(tries_day((struct wall){ INT64_C(-9) * 3600000 }), 0);
	assert_int_equal(tries_day((struct wall){ INT64_C(-9) * 3600000 - 1 }), -1);
	w->a.wall.ms = INT64_C(1795618800000) - 60000;
	one_wrong(w, "01011110001");
	one_wrong(w, "01011110002");
	assert_int_equal(counted(w), 2);
	w->a.wall.ms = INT64_C(1795618800000);
	assert_int_equal(counted(w), 0);
	one_wrong(w, "01011110003");
	assert_int_equal(counted(w), 1);
	world_free(&w);
}

static void days_that_are_over_are_forgotten(void **state)
{
	struct world *w = world_new("");
	int64_t day = tries_day(w->a.wall), n = -1;

	(void)state;
	one_wrong(w, "01011110001");
	w->a.wall.ms += INT64_C(2) * 86400000;
	assert_int_equal(tries_purge(&w->a), 0);
	assert_int_equal(store_password_tries_get(w->a.store, fingerprint, day, &n), 0);
	assert_int_equal(n, 0);
	world_turn(w);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_third_entry_of_a_day_never_reaches_the_pg, start),
		cmocka_unit_test_setup(a_crash_forgets_no_try, start),
		cmocka_unit_test_setup(two_calls_at_once_make_no_third, start),
		cmocka_unit_test_setup(what_was_not_wrong_does_not_count, start),
		cmocka_unit_test_setup(what_a_card_company_may_have_seen_counts, start),
		cmocka_unit_test_setup(the_day_is_koreas, start),
		cmocka_unit_test_setup(days_that_are_over_are_forgotten, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
