/* world_ledger_test.c: the sandbox PG books an order once, whatever comes again, and the sandbox's merchants take only
 * webhooks that are signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "sandbox/world/ledger.h"
#include "sandbox/world/merchant.h"
#include "tests/unit/scratch.h"

static const struct wall now = { 1795497153123 };
static const struct card_decline no = { "funds", "P051", "over the limit" };
static struct ledger *ledger;
static const struct ledger_order *order;

static int start(void **state)
{
	(void)state;
	order = NULL;
	return ledger_new(&ledger);
}

static int end(void **state)
{
	(void)state;
	ledger_free(&ledger);
	return 0;
}

static struct ledger_ask payment(const char *order_id, int64_t amount)
{
	struct ledger_ask a = { .pay = true, .amount_minor = amount, .currency = "KRW", .instalment_months = 3, .interest_free = true,
	                        .order_name = "구독", .card = cards_find("9461200012345673") };

	snprintf(a.order_id, sizeof(a.order_id), "%s", order_id);
	return a;
}

static struct ledger_ask verification(const char *order_id)
{
	struct ledger_ask a = { .card = cards_find("9461200012345673") };

	snprintf(a.order_id, sizeof(a.order_id), "%s", order_id);
	return a;
}

/* A member of what the ledger shows of an order. */
static json_t *shown(const char *order_id, const char *member)
{
	static json_t *last;

	json_decref(last);
	last = ledger_find(ledger, order_id) != NULL ? ledger_show(ledger_find(ledger, order_id)) : NULL;
	return json_object_get(last, member);
}

static const char *text(const char *order_id, const char *member)
{
	const char *t = json_string_value(shown(order_id, member));

	return t != NULL ? t : "";
}

static json_int_t total(const char *member)
{
	json_t *all = ledger_show_all(ledger);
	json_int_t n = json_integer_value(json_object_get(all, member));

	json_decref(all);
	return n;
}

static void an_order_asked_twice_is_booked_once_with_one_answer(void **state)
{
	struct ledger_ask a = payment("ord_1", 53000);
	char approval[16];

	(void)state;
	assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	snprintf(approval, sizeof(approval), "%s", text("ord_1", "approval_no"));
	assert_int_equal(strlen(approval), 8);
	assert_int_equal(strspn(approval, "0123456789"), 8);
	for (int i = 0; i < 5; i++)
		assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	assert_string_equal(text("ord_1", "approval_no"), approval);
	assert_int_equal(json_integer_value(shown("ord_1", "bookings")), 1);
	assert_int_equal(json_array_size(shown("ord_1", "history")), 6);
	assert_int_equal(total("bookings"), 1);
	assert_int_equal(total("approved_total"), 53000);
}

static void instalments_and_name_are_kept(void **state)
{
	struct ledger_ask a = payment("ord_1", 53000);

	(void)state;
	assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	assert_int_equal(json_integer_value(shown("ord_1", "instalment_months")), 3);
	assert_true(json_is_true(shown("ord_1", "interest_free")));
	assert_string_equal(text("ord_1", "order_name"), "구독");
	assert_string_equal(text("ord_1", "bin"), "94612000");
	assert_string_equal(text("ord_1", "last4"), "5673");
	assert_string_equal(text("ord_1", "approved_at"), "2026-11-24T05:12:33.123Z");
}

static struct ledger_cancel give_back(const char *id, int64_t amount)
{
	struct ledger_cancel c = { .order_id = "ord_1", .currency = "KRW", .amount_minor = amount, .vat_minor = -1 };

	snprintf(c.cancel_id, sizeof(c.cancel_id), "%s", id);
	return c;
}

static void a_cancellation_counts_once_and_no_more_than_remains(void **state)
{
	struct ledger_ask a = payment("ord_1", 53000);
	struct ledger_cancel part = give_back("can_1", 20000), other = give_back("can_1", 20001), more = give_back("can_2", 33001),
	                     rest = give_back("can_3", 33000), nobody = give_back("can_4", 1);

	(void)state;
	assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ledger_cancel(ledger, &part, now, &order), 0);
	assert_int_equal(total("approved_total"), 33000);
	assert_string_equal(text("can_1", "result"), "canceled");
	assert_int_equal(ledger_cancel(ledger, &other, now, &order), ERR_EXISTS);
	assert_int_equal(ledger_cancel(ledger, &more, now, &order), 0);
	assert_string_equal(text("can_2", "code"), "P908");
	assert_int_equal(ledger_cancel(ledger, &rest, now, &order), 0);
	assert_int_equal(json_integer_value(shown("ord_1", "remaining")), 0);
	assert_int_equal(total("approved_total"), 0);
	assert_int_equal(total("canceled"), 2);
	snprintf(nobody.order_id, sizeof(nobody.order_id), "ord_x");
	assert_int_equal(ledger_cancel(ledger, &nobody, now, &order), 0);
	assert_string_equal(text("can_4", "code"), "P907");
}

static void another_question_under_the_same_id_changes_nothing(void **state)
{
	struct ledger_ask a = payment("ord_1", 53000), b = payment("ord_1", 53001), c = verification("ord_1");

	(void)state;
	assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	assert_int_equal(ledger_book(ledger, &b, now, &order), ERR_EXISTS);
	assert_int_equal(ledger_book(ledger, &c, now, &order), ERR_EXISTS);
	assert_int_equal(total("approved_total"), 53000);
	assert_int_equal(total("bookings"), 1);
}

static void a_decline_stays_a_decline(void **state)
{
	struct ledger_ask a = payment("ord_1", 53000);

	(void)state;
	a.decline = &no;
	assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	a.decline = NULL;
	assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	assert_string_equal(text("ord_1", "result"), "declined");
	assert_string_equal(text("ord_1", "class"), "funds");
	assert_int_equal(total("bookings"), 0);
	assert_int_equal(total("approved_total"), 0);
}

static void a_cancelled_order_is_off_the_books_for_good(void **state)
{
	struct ledger_ask a = payment("ord_1", 53000);

	(void)state;
	assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	assert_int_equal(ledger_net_cancel(ledger, "ord_1", "no answer", now, &order), 0);
	assert_int_equal(ledger_net_cancel(ledger, "ord_1", "no answer", now, &order), 0);
	assert_int_equal(ledger_book(ledger, &a, now, &order), ERR_STATE);
	assert_string_equal(text("ord_1", "result"), "net_canceled");
	assert_int_equal(total("approved_total"), 0);
	assert_int_equal(total("net_canceled"), 1);
}

static void a_cancellation_that_overtakes_its_order_holds(void **state)
{
	struct ledger_ask a = payment("ord_1", 53000);

	(void)state;
	assert_int_equal(ledger_net_cancel(ledger, "ord_1", "no answer", now, &order), 0);
	assert_int_equal(ledger_book(ledger, &a, now, &order), ERR_STATE);
	assert_int_equal(total("bookings"), 0);
	assert_string_equal(text("ord_1", "kind"), "unknown");
}

static void a_billing_key_pays_until_it_expires(void **state)
{
	struct ledger_ask a = verification("ord_1");
	char key[LEDGER_KEY_SIZE];

	(void)state;
	assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	snprintf(key, sizeof(key), "%s", text("ord_1", "billing_key"));
	assert_true(strlen(key) > 20);
	assert_ptr_equal(ledger_card_of(ledger, key), a.card);
	assert_null(ledger_card_of(ledger, ""));
	assert_int_equal(ledger_expire(ledger, key), 0);
	assert_int_equal(ledger_expire(ledger, key), ERR_NOT_FOUND);
	assert_null(ledger_card_of(ledger, key));
}

static void a_kept_card_gets_a_key_and_a_cancelled_order_loses_it(void **state)
{
	struct ledger_ask a = payment("ord_1", 1000), b = payment("ord_2", 1000);
	char key[LEDGER_KEY_SIZE];

	(void)state;
	a.keep = true;
	assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	assert_int_equal(ledger_book(ledger, &b, now, &order), 0);
	assert_string_equal(text("ord_2", "billing_key"), "");
	snprintf(key, sizeof(key), "%s", text("ord_1", "billing_key"));
	assert_ptr_equal(ledger_card_of(ledger, key), a.card);
	assert_int_equal(ledger_net_cancel(ledger, "ord_1", "", now, &order), 0);
	assert_null(ledger_card_of(ledger, key));
}

static void many_orders_are_found_each(void **state)
{
	char id[32];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		struct ledger_ask a;

		snprintf(id, sizeof(id), "ord_%d", i);
		a = payment(id, i + 1);
		assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	}
	assert_int_equal(json_integer_value(json_object_get(shown("ord_7777", "amount"), "total")), 7778);
	assert_null(ledger_find(ledger, "ord_10000"));
	assert_int_equal(total("approved_total"), 10000 * 10001 / 2);
}

static void nothing_shown_has_a_card_number(void **state)
{
	struct ledger_ask a = payment("ord_1", 1000);
	json_t *all;
	char *dump;

	(void)state;
	assert_int_equal(ledger_book(ledger, &a, now, &order), 0);
	all = ledger_show_all(ledger);
	dump = json_dumps(all, 0);
	assert_non_null(strstr(dump, "5673"));
	assert_null(strstr(dump, a.card->number));
	free(dump);
	json_decref(all);
}

/* ---- webhooks: the example of the Standard Webhooks libraries ---- */

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIME "1614265330"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
static const char payload[] = "{\"test\": 2432232314}";

static bool good(const char *secret, const char *id, const char *time, const char *signatures)
{
	return merchant_signature_is_good(secret, id, time, payload, sizeof(payload) - 1, signatures);
}

static void the_published_signature_is_good_and_any_change_bad(void **state)
{
	(void)state;
	assert_true(good(SECRET, ID, TIME, SIGNATURE));
	assert_true(good(SECRET, ID, TIME, "v1,AAAA v2,x " SIGNATURE " v1,"));
	assert_false(good(SECRET, ID "x", TIME, SIGNATURE));
	assert_false(good(SECRET, ID, "1614265331", SIGNATURE));
	assert_false(good(SECRET, ID, TIME, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF="));
	assert_false(good(SECRET, ID, TIME, "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
	assert_false(good(SECRET, ID, TIME, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
	assert_false(good(SECRET, ID, TIME, ""));
	assert_false(good("whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ID, TIME, SIGNATURE));
	assert_false(good("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ID, TIME, SIGNATURE));
	assert_false(merchant_signature_is_good(SECRET, ID, TIME, payload, sizeof(payload) - 2, SIGNATURE));
}

static void a_timestamp_is_of_now(void **state)
{
	(void)state;
	assert_true(merchant_time_is_good(TIME, 1614265330 + 300));
	assert_true(merchant_time_is_good(TIME, 1614265330 - 300));
	assert_false(merchant_time_is_good(TIME, 1614265330 + 301));
	assert_false(merchant_time_is_good(TIME, 1614265330 - 301));
	assert_false(merchant_time_is_good("", 0));
	assert_false(merchant_time_is_good("-1", 0));
	assert_false(merchant_time_is_good("12x", 12));
	assert_false(merchant_time_is_good("99999999999999999999", 0));
}

/* ---- a ledger that outlives its process ---- */

static char folder[48];

static void journal_path(char out[64])
{
	snprintf(out, 64, "%s/pg.journal", folder);
}

static int start_kept(void **state)
{
	scratch_path(folder, sizeof(folder), "world-ledger-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	return start(state) < 0 ? -1 : ledger_open_journal(ledger, folder);
}

static int end_kept(void **state)
{
	char path[64];

	journal_path(path);
	unlink(path);
	rmdir(folder);
	return end(state);
}

static int reopen(void)
{
	ledger_free(&ledger);
	assert_int_equal(ledger_new(&ledger), 0);
	return ledger_open_journal(ledger, folder);
}

/* All that it shows, but for the questions in the orders' histories. */
static char *books(void)
{
	json_t *all = ledger_show_all(ledger), *o;
	char *printed;
	size_t i;

	json_array_foreach(json_object_get(all, "orders"), i, o)
		json_object_del(o, "history");
	printed = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(all);
	return printed;
}

static void book_one_of_each(void)
{
	struct ledger_ask paid = payment("ord_1", 50000), declined = payment("ord_2", 100), verified = verification("ord_3"), kept = payment("ord_4", 700);
	struct ledger_cancel part = { .cancel_id = "can_1", .order_id = "ord_1", .currency = "KRW", .amount_minor = 400, .vat_minor = -1 };
	struct ledger_cancel too_much = part;
	char key[LEDGER_KEY_SIZE];

	declined.decline = &no;
	kept.keep = true;
	assert_int_equal(ledger_book(ledger, &paid, now, &order), 0);
	assert_int_equal(ledger_book(ledger, &declined, now, &order), 0);
	assert_int_equal(ledger_book(ledger, &verified, now, &order), 0);
	snprintf(key, sizeof(key), "%s", text("ord_3", "billing_key"));
	assert_int_equal(ledger_book(ledger, &kept, now, &order), 0);
	assert_int_equal(ledger_cancel(ledger, &part, now, &order), 0);
	snprintf(too_much.cancel_id, sizeof(too_much.cancel_id), "can_2");
	too_much.amount_minor = 60000;
	assert_int_equal(ledger_cancel(ledger, &too_much, now, &order), 0);
	assert_int_equal(ledger_expire(ledger, key), 0);
	assert_int_equal(ledger_net_cancel(ledger, "ord_4", "lost", now, &order), 0);
	assert_int_equal(ledger_net_cancel(ledger, "ord_5", "overtakes", now, &order), 0);
}

static void what_was_booked_outlives_the_process(void **state)
{
	struct ledger_ask paid = payment("ord_1", 50000), late = payment("ord_5", 9);
	struct ledger_cancel part = { .cancel_id = "can_1", .order_id = "ord_1", .currency = "KRW", .amount_minor = 400, .vat_minor = -1 };
	char *before, *after;

	(void)state;
	book_one_of_each();
	before = books();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(reopen(), 0);
		after = books();
		assert_string_equal(after, before);
		free(after);
		/* And what comes again is answered as it was. */
		assert_int_equal(ledger_book(ledger, &paid, now, &order), 0);
		assert_int_equal(ledger_cancel(ledger, &part, now, &order), 0);
		assert_int_equal(ledger_book(ledger, &late, now, &order), ERR_STATE);
		after = books();
		assert_string_equal(after, before);
		free(after);
	}
	free(before);
}

/* A kill in the middle of a write: what nobody was told of is not there; what comes then is kept whole. */
static void a_torn_end_of_the_journal_is_cut_off(void **state)
{
	struct ledger_ask first = payment("ord_1", 100), second = payment("ord_2", 200), third = payment("ord_3", 300);
	char path[64];
	struct stat st;

	(void)state;
	journal_path(path);
	assert_int_equal(ledger_book(ledger, &first, now, &order), 0);
	assert_int_equal(ledger_book(ledger, &second, now, &order), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 9), 0);
	assert_int_equal(reopen(), 0);
	assert_non_null(ledger_find(ledger, "ord_1"));
	assert_null(ledger_find(ledger, "ord_2"));
	assert_int_equal(ledger_book(ledger, &third, now, &order), 0);
	assert_int_equal(reopen(), 0);
	assert_non_null(ledger_find(ledger, "ord_3"));
	assert_int_equal(truncate(path, 20), 0);
	assert_int_equal(reopen(), 0);
	assert_null(ledger_find(ledger, "ord_1"));
}

static void a_journal_that_is_none_is_refused(void **state)
{
	char path[64];
	FILE *f;

	(void)state;
	journal_path(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("this is no journal\n", f);
	fclose(f);
	assert_int_equal(reopen(), ERR_INVALID);
}

static void a_journal_has_no_card_number(void **state)
{
	char path[64], line[2000];
	FILE *f;

	(void)state;
	book_one_of_each();
	journal_path(path);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		assert_null(strstr(line, "9461200012345673"));
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_order_asked_twice_is_booked_once_with_one_answer, start, end),
		cmocka_unit_test_setup_teardown(instalments_and_name_are_kept, start, end),
		cmocka_unit_test_setup_teardown(a_cancellation_counts_once_and_no_more_than_remains, start, end),
		cmocka_unit_test_setup_teardown(another_question_under_the_same_id_changes_nothing, start, end),
		cmocka_unit_test_setup_teardown(a_decline_stays_a_decline, start, end),
		cmocka_unit_test_setup_teardown(a_cancelled_order_is_off_the_books_for_good, start, end),
		cmocka_unit_test_setup_teardown(a_cancellation_that_overtakes_its_order_holds, start, end),
		cmocka_unit_test_setup_teardown(a_billing_key_pays_until_it_expires, start, end),
		cmocka_unit_test_setup_teardown(a_kept_card_gets_a_key_and_a_cancelled_order_loses_it, start, end),
		cmocka_unit_test_setup_teardown(many_orders_are_found_each, start, end),
		cmocka_unit_test_setup_teardown(nothing_shown_has_a_card_number, start, end),
		cmocka_unit_test_setup_teardown(what_was_booked_outlives_the_process, start_kept, end_kept),
		cmocka_unit_test_setup_teardown(a_torn_end_of_the_journal_is_cut_off, start_kept, end_kept),
		cmocka_unit_test_setup_teardown(a_journal_that_is_none_is_refused, start_kept, end_kept),
		cmocka_unit_test_setup_teardown(a_journal_has_no_card_number, start_kept, end_kept),
		cmocka_unit_test(the_published_signature_is_good_and_any_change_bad),
		cmocka_unit_test(a_timestamp_is_of_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
