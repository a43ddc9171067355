/* When a day is held against the gateways' lists, and what an open order, a lost uplinkd or a crash mean for it. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arsd/reconcile.h"
#include "arsd/reconcile_watch.h"
#include "store/lists.h"

static const char phone[] = "01012345678";
static const char at_night[] = "reconcile: { at = \"04:30\"; retry_s = 60; tries = 3; };";
enum { HOUR_MS = 3600000 };

/* To the next time that Korea's clocks show hour:00, in steps that do not run every tick. */
static void until_hour(struct world *w, int hour)
{
	int64_t of_day = (w->a.wall.ms + 9 * (int64_t)HOUR_MS) % (24 * (int64_t)HOUR_MS), wanted = hour * (int64_t)HOUR_MS;
	int64_t ms = wanted > of_day ? wanted - of_day : wanted - of_day + 24 * (int64_t)HOUR_MS;

	w->a.wall.ms += ms;
	w->a.mono = mono_add_ms(w->a.mono, ms);
	world_wait(w, 2000);
}

static void answer(struct world *w, enum uplink_pg_status status, const char *rows, const char *next)
{
	static struct uplink_pg_list_result m;

	memset(&m, 0, sizeof(m));
	assert_int_equal(w->pg.type, uplink_type_pg_list);
	m.job = w->pg.u.pg_list.job;
	m.status = (uint8_t)status;
	snprintf(m.next, sizeof(m.next), "%s", next);
	m.rows.len = (uint32_t)strlen(rows);
	memcpy(m.rows.data, rows, m.rows.len);
	memset(&w->pg, 0, sizeof(w->pg));
	reconcile_listed(&w->a, &m);
	world_turn(w);
	world_wait(w, 500);
}

static struct reconciliation result(struct world *w, const char *day)
{
	struct reconciliation k;

	assert_int_equal(store_reconciliation_get(w->a.store, day, w->a.set.pgs[0], &k), 0);
	return k;
}

/* world_new() makes its merchant on the first day. */
static void asked_for(struct world *w, char day[DAY_SIZE])
{
	assert_int_equal(w->pg.type, uplink_type_pg_list);
	snprintf(day, DAY_SIZE, "%s", w->pg.u.pg_list.day);
}

static struct world *new_world(void)
{
	struct world *w = world_new(at_night);

	if (w->a.set.pg_count == 0)
		snprintf(w->a.set.pgs[w->a.set.pg_count++], sizeof(w->a.set.pgs[0]), "sandbox");
	return w;
}

static int count_days(const char *day, void *context)
{
	(void)day;
	++*(int *)context;
	return 0;
}

static void the_day_before_is_asked_for_at_its_hour_and_once(void **state)
{
	const struct list_page nobodys = { .merchant = "mer_nobody", .after_id = "", .status = "", .of = "", .limit = 10 };
	struct world *w = new_world();
	char day[DAY_SIZE];
	int days = 0;

	(void)state;
	until_hour(w, 3);
	assert_int_equal(w->pg.type, 0);
	until_hour(w, 5);
	asked_for(w, day);
	answer(w, UPLINK_PG_OK, "[]", "");
	assert_string_equal(result(w, day).state, "done");
	assert_true(result(w, day).day_over);
	assert_int_equal(list_reconciliations(w->a.store, &nobodys, count_days, &days), 0);
	assert_int_equal(days, 0);                        /* a day on which a merchant had nothing is none of it */
	world_wait(w, 5000);
	assert_int_equal(w->pg.type, 0);
	until_hour(w, 5);
	asked_for(w, day);
	assert_string_equal(w->pg.u.pg_list.cursor, "");
	world_free(&w);
}

static void a_crash_leaves_the_day_due(void **state)
{
	struct world *w = new_world();
	char day[DAY_SIZE], again[DAY_SIZE];

	(void)state;
	until_hour(w, 5);
	asked_for(w, day);
	answer(w, UPLINK_PG_OK, "[]", "2");
	assert_string_equal(w->pg.u.pg_list.cursor, "2");
	world_crash(w);
	snprintf(w->a.set.pgs[0], sizeof(w->a.set.pgs[0]), "sandbox");
	w->a.set.pg_count = 1;
	world_wait(w, 2000);
	asked_for(w, again);
	assert_string_equal(again, day);
	assert_string_equal(w->pg.u.pg_list.cursor, "");
	world_free(&w);
}

static void a_list_that_cannot_be_had_is_alarmed_about_after_its_tries(void **state)
{
	struct world *w = new_world();
	char day[DAY_SIZE];

	(void)state;
	until_hour(w, 5);
	asked_for(w, day);
	answer(w, UPLINK_PG_UNKNOWN, "", "");
	assert_int_equal(w->pg.type, 0);
	world_wait(w, 60000);
	answer(w, UPLINK_PG_OK, "[{]", "");
	world_wait(w, 60000);
	answer(w, UPLINK_PG_NOT_SENT, "", "");
	assert_string_equal(result(w, day).state, "failed");
	assert_int_equal(w->a.metrics.value[M_RECONCILE_FAILING], 1);
	assert_int_equal(w->a.metrics.value[M_RECONCILED_CLEAN], 0);
	/* Not at once again, but some hours later. */
	world_wait(w, 5000);
	assert_int_equal(w->pg.type, 0);
	until_hour(w, 12);
	asked_for(w, day);
	answer(w, UPLINK_PG_OK, "[]", "");
	assert_string_equal(result(w, day).state, "done");
	assert_int_equal(w->a.metrics.value[M_RECONCILE_FAILING], 0);
	world_free(&w);
}

static void a_gateway_without_lists_is_told_as_that(void **state)
{
	struct world *w = new_world();
	char day[DAY_SIZE];

	(void)state;
	until_hour(w, 5);
	asked_for(w, day);
	answer(w, UPLINK_PG_DECLINED, "", "");
	assert_string_equal(result(w, day).state, "no_list");
	world_free(&w);
}

/* An order whose answer was lost is neither missing nor extra. */
static void an_order_without_an_end_is_a_class_of_its_own(void **state)
{
	struct world *w = new_world();
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 53000);
	char day[DAY_SIZE], rows[400], order[64];
	json_t *report;

	(void)state;
	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "skip");
	world_ask(w, m);
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	snprintf(order, sizeof(order), "%s", w->pg.u.pg_pay.order_id);
	world_pg_status(w, UPLINK_PG_UNKNOWN);
	for (int listed = 0; listed < 2; listed++) {
		time_t s = (time_t)((w->a.wall.ms + 9 * (int64_t)HOUR_MS) / 1000);
		struct tm tm;

		gmtime_r(&s, &tm);
		strftime(day, sizeof(day), "%Y-%m-%d", &tm);
		assert_int_equal(reconcile_start(&w->a, day), 0);
		for (int i = 0; i < 50 && w->pg.type != uplink_type_pg_list; i++)
			world_wait(w, 100);
		snprintf(rows, sizeof(rows), "[{\"order_id\":\"%s\",\"kind\":\"payment\",\"state\":\"approved\",\"amount_minor\":53000,"
		         "\"currency\":\"KRW\",\"tid\":\"t\",\"at_ms\":%lld}]", order, (long long)w->a.wall.ms);
		answer(w, UPLINK_PG_OK, listed ? rows : "[]", "");
		report = reconcile_report(&w->a, day, NULL, 10);
		assert_non_null(report);
		assert_int_equal(json_integer_value(json_object_get(json_object_get(report, "counts"), "unknown")), 1);
		assert_int_equal(json_array_size(json_object_get(report, "differences")), 1);
		json_decref(report);
	}
	world_free(&w);
}

static struct wall charge(struct world *w, const char *key, const char *order, struct uplink_pg_result result)
{
	struct api_msg *m = world_payment(key, order, 53000);

	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "skip");
	world_ask(w, m);
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	world_pg(w, result);
	return w->a.wall;
}

/* What the merchant's own list of days says of the one under way when its list of the gateway is answered so until it is given up. */
static void expect_day_without_list(struct world *w, const char *day, enum uplink_pg_status status, const char *said)
{
	struct list_page p = { .merchant = w->merchant, .after_id = "", .status = said, .of = "", .limit = 10 };
	const struct list_page nobodys = { .merchant = "mer_nobody", .after_id = "", .status = "", .of = "", .limit = 10 };
	int days = 0;

	assert_int_equal(reconcile_start(&w->a, day), 0);
	for (int i = 0; i < 3 && (i == 0 || status != UPLINK_PG_DECLINED); i++) {
		for (int k = 0; k < 700 && w->pg.type != uplink_type_pg_list; k++)
			world_wait(w, 100);
		answer(w, status, "", "");
	}
	assert_int_equal(list_reconciliations(w->a.store, &p, count_days, &days), 0);
	assert_int_equal(days, 1);
	assert_int_equal(list_reconciliations(w->a.store, &nobodys, count_days, &days), 0);
	assert_int_equal(days, 1);
}

static void a_day_without_a_list_is_one_of_the_merchants_whose_orders_it_has(void **state)
{
	(void)state;
	for (int unknown = 0; unknown < 2; unknown++) {
		struct world *w = new_world();
		struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
		char day[DAY_SIZE];
		struct uplink_pg_result result = unknown ? (struct uplink_pg_result){ .status = UPLINK_PG_UNKNOWN } : world_ok("");
		time_t s = (time_t)((charge(w, key.text, "order-000001", result).ms + 9 * (int64_t)HOUR_MS) / 1000);

		strftime(day, sizeof(day), "%Y-%m-%d", gmtime(&s));
		memset(&w->pg, 0, sizeof(w->pg));
		expect_day_without_list(w, day, UPLINK_PG_NOT_SENT, "failed");
		expect_day_without_list(w, day, UPLINK_PG_DECLINED, "not_compared");
		world_free(&w);
	}
}

static int name_day(const char *day, void *context)
{
	char *names = context;

	snprintf(names + strlen(names), 100 - strlen(names), "%s ", day + strlen("2026-01-"));
	return 0;
}

static const char *days_of(struct world *w, const struct list_page *asked)
{
	static char names[100];
	struct list_page p = *asked;

	p.merchant = w->merchant;
	p.of = "";
	p.after_id = p.after_id != NULL ? p.after_id : "";
	p.status = p.status != NULL ? p.status : "";
	p.limit = p.limit != 0 ? p.limit : 10;
	names[0] = '\0';
	assert_int_equal(list_reconciliations(w->a.store, &p, name_day, names), 0);
	return names;
}

static void days_are_listed_by_time_and_state(void **state)
{
	static const struct { const char *day, *state; bool differs; } days[] = {
		{ "2026-01-01", "done", false }, { "2026-01-02", "done", true }, { "2026-01-03", "failed", true }, { "2026-01-04", "no_list", false },
	};
	const struct wall third = { INT64_C(1767366000000) };          /* 00:00 on the 3rd in Korea */
	struct world *w = new_world();
	const struct list_page bad = { .merchant = w->merchant, .after_id = "2026-02-30", .status = "", .of = "", .limit = 10 };
	char names[100] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(days); i++) {
		struct reconciliation k = { .pg = "sandbox", .started = { 1 }, .ended = { 1 } };
		struct reconciliation_row row = { .pg = "sandbox", .class = "extra", .kind = "payment", .order_id = "o" };

		snprintf(k.day, sizeof(k.day), "%s", days[i].day);
		snprintf(k.state, sizeof(k.state), "%s", days[i].state);
		snprintf(row.day, sizeof(row.day), "%s", days[i].day);
		snprintf(row.merchant.text, sizeof(row.merchant.text), "%s", w->merchant);
		assert_int_equal(store_reconciliation_put(w->a.store, &k), 0);
		assert_int_equal(store_reconciliation_matched(w->a.store, k.day, k.pg, w->merchant, 1), 0);
		if (days[i].differs)
			assert_int_equal(store_reconciliation_row_add(w->a.store, &row), 0);
	}
	assert_string_equal(days_of(w, &(struct list_page){ .limit = 3 }), "04 03 02 ");
	assert_string_equal(days_of(w, &(struct list_page){ .after_id = "2026-01-03" }), "02 01 ");
	assert_string_equal(days_of(w, &(struct list_page){ .status = "clean" }), "01 ");
	assert_string_equal(days_of(w, &(struct list_page){ .status = "not_compared" }), "04 ");
	assert_string_equal(days_of(w, &(struct list_page){ .status = "differs" }), "02 ");
	assert_string_equal(days_of(w, &(struct list_page){ .status = "failed" }), "03 ");
	/* Both ends are left out, to the millisecond. */
	assert_string_equal(days_of(w, &(struct list_page){ .after = third }), "04 ");
	assert_string_equal(days_of(w, &(struct list_page){ .after = { third.ms - 1 } }), "04 03 ");
	assert_string_equal(days_of(w, &(struct list_page){ .before = third }), "02 01 ");
	assert_string_equal(days_of(w, &(struct list_page){ .before = { third.ms + 1 } }), "03 02 01 ");
	assert_string_equal(days_of(w, &(struct list_page){ .after = { INT64_MAX / 2 } }), "");
	assert_int_equal(list_reconciliations(w->a.store, &bad, name_day, names), ERR_INVALID);
	world_turn(w);
	world_free(&w);
}

/* A day with one order that nobody knows, of this sum. */
static void differ(struct world *w, char day[DAY_SIZE], const char *amount)
{
	char rows[300];

	asked_for(w, day);
	snprintf(rows, sizeof(rows), "[{\"order_id\":\"ord_x\",\"kind\":\"payment\",\"state\":\"approved\",\"amount_minor\":%s,\"currency\":"
	         "\"KRW\",\"at_ms\":1}]", amount);
	answer(w, UPLINK_PG_OK, rows, "");
}

static void a_difference_is_an_alarm_until_it_is_settled(void **state)
{
	struct world *w = new_world();
	char day[DAY_SIZE], again[DAY_SIZE];

	(void)state;
	until_hour(w, 5);
	differ(w, day, "100");
	assert_true(w->a.reconcile_watch.alarm);
	assert_int_equal(w->a.metrics.value[M_RECONCILE_ALARM], 1);
	assert_int_equal(w->a.metrics.value[M_RECONCILE_DIFFERENCES], 1);
	assert_string_equal(w->a.reconcile_watch.oldest, day);
	/* The next night it is looked at again, before the day that is due: the oldest first. */
	until_hour(w, 5);
	asked_for(w, again);
	assert_string_equal(again, day);
	answer(w, UPLINK_PG_OK, "[]", "");
	assert_false(w->a.reconcile_watch.alarm);
	assert_int_equal(w->a.metrics.value[M_RECONCILE_DIFFERENCES], 0);
	asked_for(w, again);
	assert_string_not_equal(again, day);
	world_free(&w);
}

static void a_difference_is_an_alarm_until_it_is_acknowledged_and_another_one_again(void **state)
{
	struct world *w = new_world();
	char day[DAY_SIZE];

	(void)state;
	until_hour(w, 5);
	differ(w, day, "100");
	assert_int_equal(store_reconciliation_acknowledge(w->a.store, "2020-01-01", "none", w->a.wall), ERR_NOT_FOUND);
	assert_int_equal(store_reconciliation_acknowledge(w->a.store, day, "asked the gateway: theirs", w->a.wall), 0);
	assert_int_equal(store_reconciliation_acknowledge(w->a.store, day, "twice", w->a.wall), ERR_NOT_FOUND);
	reconcile_watch_look(&w->a);
	world_turn(w);
	assert_false(w->a.reconcile_watch.alarm);
	/* The same by hand: it is known. */
	assert_int_equal(reconcile_start(&w->a, day), 0);
	world_wait(w, 500);
	differ(w, day, "100");
	assert_false(w->a.reconcile_watch.alarm);
	assert_string_equal(result(w, day).note, "asked the gateway: theirs");
	/* Another sum is not what was acknowledged. */
	assert_int_equal(reconcile_start(&w->a, day), 0);
	world_wait(w, 500);
	differ(w, day, "101");
	assert_true(w->a.reconcile_watch.alarm);
	assert_string_equal(result(w, day).note, "");
	world_free(&w);
}

/* Whatever the reason: here, because uplinkd is away for days. */
static void days_that_nobody_compares_become_an_alarm(void **state)
{
	struct world *w = new_world();
	char day[DAY_SIZE], first[DAY_SIZE];

	(void)state;
	w->a.neighbours[NEIGHBOUR_UPLINKD].up = false;
	until_hour(w, 5);
	reconcile_watch_look(&w->a);
	assert_int_equal(w->a.metrics.value[M_RECONCILE_BEHIND], 1);
	assert_false(w->a.reconcile_watch.alarm);
	snprintf(first, sizeof(first), "%s", w->a.reconcile_watch.oldest);
	for (int i = 0; i < 2; i++)
		until_hour(w, 5);
	reconcile_watch_look(&w->a);
	assert_int_equal(w->a.metrics.value[M_RECONCILE_BEHIND], 3);
	assert_int_equal(w->a.reconcile_watch.overdue, 1);
	assert_true(w->a.reconcile_watch.alarm);
	w->a.neighbours[NEIGHBOUR_UPLINKD].up = true;
	world_wait(w, 2000);
	for (int i = 0; i < 3; i++) {
		asked_for(w, day);
		if (i == 0)
			assert_string_equal(day, first);
		answer(w, UPLINK_PG_OK, "[]", "");
		world_wait(w, 2000);
	}
	assert_false(w->a.reconcile_watch.alarm);
	assert_int_equal(w->a.metrics.value[M_RECONCILE_BEHIND], 0);
	world_free(&w);
}

/* Whatever the hour, and though days are compared by hand alone; a list that cannot be had is asked for until it is. */
static void after_a_loss_the_gateways_are_asked_at_once(void **state)
{
	struct world *w = new_world();
	struct wall since, found;
	char day[DAY_SIZE];

	(void)state;
	w->a.set.reconcile_minute = -1;
	world_wait(w, 2000);
	assert_int_equal(w->pg.type, 0);
	assert_int_equal(store_damage_open(w->a.store, &since, &found), ERR_NOT_FOUND);
	assert_int_equal(store_damage_add(w->a.store, 2, w->a.wall), 0);
	world_turn(w);
	world_wait(w, 2000);
	for (int i = 0; i < 3; i++) {
		asked_for(w, day);
		answer(w, UPLINK_PG_UNKNOWN, "", "");
		world_wait(w, i < 2 ? 60000 : 2000);
	}
	assert_string_equal(result(w, day).state, "failed");
	assert_int_equal(w->pg.type, 0);
	assert_int_equal(store_damage_open(w->a.store, &since, &found), 0);
	w->a.wall.ms += 6 * (int64_t)HOUR_MS;
	world_wait(w, 2000);
	differ(w, day, "100");
	world_wait(w, 2000);
	assert_int_equal(store_damage_open(w->a.store, &since, &found), ERR_NOT_FOUND);
	assert_int_equal(w->pg.type, 0);
	assert_true(w->a.reconcile_watch.alarm);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_day_before_is_asked_for_at_its_hour_and_once),
		cmocka_unit_test(a_crash_leaves_the_day_due),
		cmocka_unit_test(a_list_that_cannot_be_had_is_alarmed_about_after_its_tries),
		cmocka_unit_test(a_gateway_without_lists_is_told_as_that),
		cmocka_unit_test(an_order_without_an_end_is_a_class_of_its_own),
		cmocka_unit_test(days_are_listed_by_time_and_state),
		cmocka_unit_test(a_difference_is_an_alarm_until_it_is_settled),
		cmocka_unit_test(a_difference_is_an_alarm_until_it_is_acknowledged_and_another_one_again),
		cmocka_unit_test(days_that_nobody_compares_become_an_alarm),
		cmocka_unit_test(a_day_without_a_list_is_one_of_the_merchants_whose_orders_it_has),
		cmocka_unit_test(after_a_loss_the_gateways_are_asked_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
