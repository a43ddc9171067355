/* Lists: pages that stay as they were, filters, and that nobody sees another's. */
#include "arsd_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/api.h"
#include "arsd/reconcile.h"

static const char phone[] = "01012345678";
static struct api_msg list;

static json_t *answered(struct world *w)
{
	json_t *o = json_loadb((const char *)w->answer.body.data, w->answer.body.len, 0, NULL);

	assert_int_equal(w->answer.status, 200);
	assert_non_null(o);
	return o;
}

static void blank(enum api_type type)
{
	memset(&list, 0, sizeof(list));
	list.type = type;
}

/* Asks with what is in list; the answer's items, and the cursor of the next page into cursor, "" at the end. */
static json_t *page(struct world *w, char cursor[ID_SIZE])
{
	json_t *o, *items;
	const char *next;

	world_ask(w, &list);
	o = answered(w);
	next = json_string_value(json_object_get(o, "next_cursor"));
	assert_string_equal(json_string_value(json_object_get(o, "object")), "list");
	assert_int_equal(json_is_true(json_object_get(o, "has_more")), next != NULL);
	if (cursor != NULL)
		snprintf(cursor, ID_SIZE, "%s", next != NULL ? next : "");
	items = json_incref(json_object_get(o, "items"));
	json_decref(o);
	return items;
}

static size_t count(struct world *w)
{
	json_t *items = page(w, NULL);
	size_t n = json_array_size(items);

	json_decref(items);
	return n;
}

static void make(struct world *w, int n, char ids[][ID_SIZE])
{
	for (int i = 0; i < n; i++) {
		struct api_msg *m = world_registration(phone);

		snprintf(m->u.registration_create.sms, sizeof(m->u.registration_create.sms), "skip");
		snprintf(m->u.registration_create.product_name, 121, "%0100d", i);
		world_ask(w, m);
		assert_int_equal(w->answer.status, 201);
		snprintf(ids[i], ID_SIZE, "%s", world_answered(w, "id"));
	}
}

static void pages_hold_each_once_whatever_is_added_meanwhile(void **state)
{
	struct world *w = world_new("");
	char ids[23][ID_SIZE], more[1][ID_SIZE], cursor[ID_SIZE] = "";
	int seen = 0;

	(void)state;
	/* All in one millisecond, but for the last three. */
	make(w, 20, ids);
	world_wait(w, 1000);
	make(w, 3, ids + 20);
	do {
		json_t *items;

		blank(api_type_registrations_list);
		list.u.list.limit = 5;
		snprintf(list.u.list.cursor, ID_SIZE, "%s", cursor);
		items = page(w, cursor);
		for (size_t i = 0; i < json_array_size(items); i++, seen++)
			assert_string_equal(json_string_value(json_object_get(json_array_get(items, i), "id")), ids[22 - seen]);
		json_decref(items);
		make(w, 1, more);
	} while (cursor[0] != '\0');
	assert_int_equal(seen, 23);
	world_free(&w);
}

/* Both kinds stand in one table, and each list goes on from what it has itself. */
static void a_cursor_of_the_other_kind_is_none(void **state)
{
	struct world *w = world_new("");
	char ids[2][ID_SIZE];

	(void)state;
	make(w, 2, ids);
	blank(api_type_registrations_list);
	snprintf(list.u.list.cursor, ID_SIZE, "%s", ids[1]);
	assert_int_equal(count(w), 1);
	blank(api_type_payments_list);
	snprintf(list.u.list.cursor, ID_SIZE, "%s", ids[1]);
	world_ask(w, &list);
	assert_int_equal(w->answer.status, 400);
	assert_string_equal(w->answer.code, "invalid_query");
	world_free(&w);
}

static void a_page_ends_before_an_answer_is_full(void **state)
{
	struct world *w = world_new("");
	static char ids[100][ID_SIZE];
	char cursor[ID_SIZE] = "";
	size_t seen = 0, pages = 0;

	(void)state;
	make(w, 100, ids);
	do {
		json_t *items;

		blank(api_type_registrations_list);
		list.u.list.limit = 100;
		snprintf(list.u.list.cursor, ID_SIZE, "%s", cursor);
		items = page(w, cursor);
		assert_in_range(json_array_size(items), 1, 100);
		seen += json_array_size(items);
		json_decref(items);
		pages++;
	} while (cursor[0] != '\0');
	assert_int_equal(seen, 100);
	assert_true(pages > 1);
	world_free(&w);
}

static void lists_are_filtered_by_state_and_time(void **state)
{
	struct world *w = world_new("request_ttl_s = 30;");
	char ids[4][ID_SIZE];
	int64_t between;

	(void)state;
	make(w, 2, ids);
	world_wait(w, 31000);
	between = w->a.wall.ms;
	world_wait(w, 1000);
	make(w, 2, ids + 2);
	blank(api_type_registrations_list);
	assert_int_equal(count(w), 4);
	snprintf(list.u.list.status, sizeof(list.u.list.status), "expired");
	assert_int_equal(count(w), 2);
	list.u.list.created_after = between;
	assert_int_equal(count(w), 0);
	snprintf(list.u.list.status, sizeof(list.u.list.status), "sms_sent");
	assert_int_equal(count(w), 2);
	list.u.list.created_before = between + 1;
	assert_int_equal(count(w), 0);
	blank(api_type_registrations_list);
	list.u.list.created_before = between;
	assert_int_equal(count(w), 2);
	snprintf(list.u.list.status, sizeof(list.u.list.status), "approved");
	world_ask(w, &list);
	assert_int_equal(w->answer.status, 400);
	assert_string_equal(w->answer.code, "invalid_query");
	assert_string_equal(w->answer.field, "/status");
	world_free(&w);
}

static void nobody_sees_anothers(void **state)
{
	static const enum api_type lists[] = {
		api_type_registrations_list, api_type_payments_list, api_type_billing_keys_list, api_type_calls_list, api_type_attempts_list,
		api_type_consents_list, api_type_events_list,
	};
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	char event[ID_SIZE], cursor[ID_SIZE], payment[ID_SIZE];
	json_t *items;

	(void)state;
	world_ask(w, world_payment(key.text, "order-000001", 9900));
	snprintf(payment, sizeof(payment), "%s", world_answered(w, "id"));
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		blank(lists[i]);
		if (lists[i] == api_type_events_list)
			snprintf(list.u.list.status, sizeof(list.u.list.status), "registration.completed");
		assert_int_equal(count(w), 1);
	}
	items = page(w, cursor);
	snprintf(event, sizeof(event), "%s", json_string_value(json_object_get(json_array_get(items, 0), "id")));
	json_decref(items);
	world_merchant(w, "");
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		blank(lists[i]);
		assert_int_equal(count(w), 0);
	}
	snprintf(list.u.list.cursor, ID_SIZE, "%s", event);
	world_ask(w, &list);
	assert_int_equal(w->answer.status, 400);
	assert_string_equal(w->answer.field, "/cursor");
	blank(api_type_event_get);
	snprintf(list.u.head.id, ID_SIZE, "%s", event);
	world_ask(w, &list);
	assert_int_equal(w->answer.status, 404);
	blank(api_type_attempts_list);
	snprintf(list.u.attempts_list.request, ID_SIZE, "%s", payment);
	world_ask(w, &list);
	assert_int_equal(w->answer.status, 404);
	blank(api_type_payments_list);
	snprintf(list.u.payments_list.order_id, sizeof(list.u.payments_list.order_id), "order-000001");
	assert_int_equal(count(w), 0);
	world_free(&w);
}

static void ids_are_expanded_into_what_they_name(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	json_t *items;
	const json_t *o;

	(void)state;
	blank(api_type_registrations_list);
	snprintf(list.u.registrations_list.expand, 64, "last_call,billing_key");
	items = page(w, NULL);
	o = json_object_get(json_array_get(items, 0), "billing_key");
	assert_string_equal(json_string_value(json_object_get(o, "id")), key.text);
	assert_string_equal(json_string_value(json_object_get(json_object_get(o, "card"), "last4")), "1234");
	o = json_object_get(json_array_get(items, 0), "last_call");
	assert_string_equal(json_string_value(json_object_get(o, "object")), "call");
	json_decref(items);
	snprintf(list.u.registrations_list.expand, 64, "billing_key,phone");
	world_ask(w, &list);
	assert_int_equal(w->answer.status, 400);
	assert_string_equal(w->answer.field, "/expand");
	/* What is not there yet stays null. */
	world_ask(w, world_payment(key.text, "order-000001", 9900));
	blank(api_type_payment_get);
	snprintf(list.u.head.id, ID_SIZE, "%s", world_answered(w, "id"));
	snprintf(list.u.payment_get.expand, 64, "billing_key,last_call");
	world_ask(w, &list);
	assert_string_equal(world_answered(w, "billing_key.id"), key.text);
	assert_string_equal(world_answered(w, "last_call"), "");
	world_free(&w);
}

static void events_and_attempts_are_told_again(void **state)
{
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	char event[ID_SIZE], registration[ID_SIZE];
	struct billing_key k;
	json_t *items;

	(void)state;
	assert_int_equal(store_billing_key_get(w->a.store, key.text, &k), 0);
	snprintf(registration, sizeof(registration), "%s", k.registration.text);
	blank(api_type_events_list);
	snprintf(list.u.list.status, sizeof(list.u.list.status), "registration.completed");
	snprintf(list.u.events_list.request, ID_SIZE, "%s", registration);
	items = page(w, NULL);
	assert_int_equal(json_array_size(items), 1);
	snprintf(event, sizeof(event), "%s", json_string_value(json_object_get(json_array_get(items, 0), "id")));
	json_decref(items);
	snprintf(list.u.list.status, sizeof(list.u.list.status), "registration.failed");
	assert_int_equal(count(w), 0);
	blank(api_type_event_get);
	snprintf(list.u.head.id, ID_SIZE, "%s", event);
	world_ask(w, &list);
	assert_int_equal(w->answer.status, 200);
	assert_string_equal(world_answered(w, "type"), "registration.completed");
	assert_string_equal(world_answered(w, "data.billing_key"), key.text);
	assert_string_equal(event, w->hooks[w->hook_count - 1].u.webhook.event_id);
	blank(api_type_attempts_list);
	snprintf(list.u.attempts_list.request, ID_SIZE, "%s", registration);
	items = page(w, NULL);
	assert_int_equal(json_array_size(items), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(items, 0), "status")), "ok");
	json_decref(items);
	world_free(&w);
}

static void a_number_is_in_use_however_many_have_it(void **state)
{
	struct world *w = world_new("");
	char ids[40][ID_SIZE];

	(void)state;
	blank(api_type_virtual_numbers_get);
	world_ask(w, &list);
	assert_string_equal(world_answered(w, "in_use"), "0");
	assert_string_equal(world_answered(w, "free"), "100");
	make(w, 40, ids);
	world_ask(w, &list);
	assert_string_equal(world_answered(w, "total"), "100");
	assert_string_equal(world_answered(w, "in_use"), "40");
	assert_string_equal(world_answered(w, "free"), "60");
	world_free(&w);
}

static void add_differences(struct world *w, const char *day, const char *merchant, int n)
{
	struct reconciliation_row row = { .pg = "sandbox", .kind = "payment" };

	snprintf(row.day, sizeof(row.day), "%s", day);
	snprintf(row.merchant.text, sizeof(row.merchant.text), "%s", merchant);
	for (int i = 0; i < n; i++) {
		snprintf(row.order_id, sizeof(row.order_id), "o-%d", i);
		snprintf(row.class, sizeof(row.class), i % 2 == 0 ? "missing" : "extra");
		row.at.ms = i + 1;
		assert_int_equal(store_reconciliation_row_add(w->a.store, &row), 0);
	}
}

static int lines_of(const char *csv)
{
	int n = 0;

	for (; *csv != '\0'; csv++)
		n += *csv == '\n';
	return n;
}

/* More than a page, the day itself or its CSV holds. */
static void all_differences_of_a_day_are_read_and_what_is_cut_says_so(void **state UNUSED)
{
	const struct reconciliation day = { .day = "2026-01-05", .pg = "sandbox", .state = "done", .started = { 1 }, .ended = { 1 } };
	static const char rest[] = "\"cut\",\"\",\"the others: /v1/reconciliations/2026-01-05/differences\"";
	struct world *w = world_new("");
	char cursor[ID_SIZE] = "";
	int seen = 0;

	assert_int_equal(store_reconciliation_put(w->a.store, &day), 0);
	add_differences(w, day.day, w->merchant, 450);
	add_differences(w, day.day, "mer_of_somebody_else", 3);
	world_turn(w);
	blank(api_type_reconciliation_differences);
	snprintf(list.u.list.id, sizeof(list.u.list.id), "%s", day.day);
	snprintf(list.u.list.status, sizeof(list.u.list.status), "extra");
	list.u.list.limit = 100;
	do {
		json_t *items, *one;
		size_t i;

		snprintf(list.u.list.cursor, sizeof(list.u.list.cursor), "%s", cursor);
		items = page(w, cursor);
		json_array_foreach(items, i, one) {
			char wanted[16];

			snprintf(wanted, sizeof(wanted), "o-%d", 2 * seen++ + 1);
			assert_string_equal(json_string_value(json_object_get(one, "order_id")), wanted);
		}
		json_decref(items);
	} while (cursor[0] != '\0');
	assert_int_equal(seen, 225);
	for (int most = 449; most <= 450; most++) {
		char *csv = reconcile_csv(&w->a, day.day, w->merchant, most);

		assert_int_equal(lines_of(csv), 1 + 450);
		assert_int_equal(strstr(csv, rest) != NULL, most == 449);
		free(csv);
	}
	snprintf(list.u.list.id, sizeof(list.u.list.id), "2026-01-06");
	list.u.list.cursor[0] = '\0';
	world_ask(w, &list);
	assert_int_equal(w->answer.status, 404);
	world_free(&w);
}

/* A day on which one gateway was compared, which is the merchant's own, and the list of another could not be had. */
static void expect_day(struct world *w, const char *status, size_t gateways, const char *in_list)
{
	json_t *items, *o;

	blank(api_type_reconciliation_get);
	snprintf(list.u.head.id, sizeof(list.u.head.id), "2026-01-05");
	world_ask(w, &list);
	o = answered(w);
	assert_string_equal(json_string_value(json_object_get(o, "status")), status);
	assert_int_equal(json_array_size(json_object_get(o, "gateways")), gateways);
	json_decref(o);
	blank(api_type_reconciliations_list);
	snprintf(list.u.list.status, sizeof(list.u.list.status), "%s", in_list);
	items = page(w, NULL);
	assert_int_equal(json_array_size(items), 1);
	json_decref(items);
}

static void a_gateway_of_others_is_none_of_a_merchants_day(void **state UNUSED)
{
	static const struct reconciliation days[] = {
		{ .day = "2026-01-05", .pg = "sandbox", .state = "done", .started = { 1 }, .ended = { 1 } },
		{ .day = "2026-01-05", .pg = "of-another-shop", .state = "failed", .message = "their contract has ended", .started = { 1 }, .ended = { 1 } },
	};
	struct world *w = world_new("");

	if (w->a.set.pg_count == 0)
		snprintf(w->a.set.pgs[w->a.set.pg_count++], sizeof(w->a.set.pgs[0]), "sandbox");
	snprintf(w->a.set.pgs[w->a.set.pg_count++], sizeof(w->a.set.pgs[0]), "of-another-shop");
	for (size_t i = 0; i < ARRAY_LEN(days); i++)
		assert_int_equal(store_reconciliation_put(w->a.store, &days[i]), 0);
	assert_int_equal(store_reconciliation_matched(w->a.store, days[0].day, days[0].pg, w->merchant, 1), 0);
	assert_int_equal(store_reconciliation_matched(w->a.store, days[1].day, days[1].pg, "mer_of_somebody_else", 0), 0);
	world_turn(w);
	expect_day(w, "clean", 1, "clean");
	/* One that issued a billing key of theirs, by which they sold on the day, is. */
	assert_int_equal(store_reconciliation_matched(w->a.store, days[1].day, days[1].pg, w->merchant, 0), 0);
	world_turn(w);
	expect_day(w, "failed", 2, "failed");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_hold_each_once_whatever_is_added_meanwhile),
		cmocka_unit_test(a_cursor_of_the_other_kind_is_none),
		cmocka_unit_test(a_page_ends_before_an_answer_is_full),
		cmocka_unit_test(lists_are_filtered_by_state_and_time),
		cmocka_unit_test(nobody_sees_anothers),
		cmocka_unit_test(ids_are_expanded_into_what_they_name),
		cmocka_unit_test(events_and_attempts_are_told_again),
		cmocka_unit_test(a_number_is_in_use_however_many_have_it),
		cmocka_unit_test(all_differences_of_a_day_are_read_and_what_is_cut_says_so),
		cmocka_unit_test(a_gateway_of_others_is_none_of_a_merchants_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
