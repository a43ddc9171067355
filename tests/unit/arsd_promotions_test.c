/* Instalments that card companies give free of interest: the table, and what callers and the PG hear of it. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arsd/promotions.h"
#include "tests/unit/scratch.h"

#define ROW "issuer = \"shinhan\"; months = ( 2, 3 ); least = 50000; most = 100000; from = \"2026-09-01\"; until = \"2026-09-30\";"
static struct promotions table;
static char why[CONF_WHY_SIZE];

static int load(const char *text)
{
	char path[128];
	int fd, e;

	scratch_path(path, sizeof(path), "promotions-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	e = promotions_load(path, &table, why);
	unlink(path);
	return e;
}

static bool gives(const char *issuer, enum card_type type, int64_t amount, int months, int64_t now_ms)
{
	struct card_mask card = { .type = type };
	struct money money = { .amount_minor = amount, .currency = "KRW" };

	snprintf(card.issuer, sizeof(card.issuer), "%s", issuer);
	return promotions_give(&(struct promotion_sources){ &table, NULL }, &card, &money, months, (struct wall){ now_ms });
}

/* 2026-08-31T15:00Z is the first of September in Korea; it ends 30 days later. */
static const int64_t begins = INT64_C(1788188400000), ends = INT64_C(1788188400000) + INT64_C(30) * 86400000;

static void a_row_holds_for_its_issuer_amounts_months_and_days_alone(void **state)
{
	(void)state;
	assert_int_equal(load("interest_free = ( { " ROW " } );"), 0);
	assert_true(gives("shinhan", CARD_CREDIT, 50000, 2, begins));
	assert_true(gives("shinhan", CARD_CREDIT, 100000, 3, ends - 1));
	assert_false(gives("kb", CARD_CREDIT, 50000, 2, begins));
	assert_false(gives("shinhan", CARD_CHECK, 50000, 2, begins));
	assert_false(gives("shinhan", CARD_UNKNOWN, 50000, 2, begins));
	assert_false(gives("shinhan", CARD_CREDIT, 49999, 2, begins));
	assert_false(gives("shinhan", CARD_CREDIT, 100001, 2, begins));
	assert_false(gives("shinhan", CARD_CREDIT, 50000, 4, begins));
	assert_false(gives("shinhan", CARD_CREDIT, 50000, 0, begins));
	assert_false(gives("shinhan", CARD_CREDIT, 50000, 2, begins - 1));
	assert_false(gives("shinhan", CARD_CREDIT, 50000, 2, ends));
}

static void what_is_wrong_in_the_file_is_named_with_its_line(void **state)
{
	static const struct { const char *row, *says; } cases[] = {
		{ "months = ( 2 ); from = \"2026-09-01\"; until = \"2026-09-30\";", "needs issuer" },
		{ "issuer = \"Shinhan\"; months = ( 2 ); from = \"2026-09-01\"; until = \"2026-09-30\";", "needs issuer" },
		{ "issuer = \"kb\"; months = ( 1 ); from = \"2026-09-01\"; until = \"2026-09-30\";", "from 2 to 36" },
		{ "issuer = \"kb\"; months = ( ); from = \"2026-09-01\"; until = \"2026-09-30\";", "needs months" },
		{ "issuer = \"kb\"; months = ( 2 ); least = 49999; from = \"2026-09-01\"; until = \"2026-09-30\";", "least is a number" },
		{ "issuer = \"kb\"; months = ( 2 ); from = \"2026-02-31\"; until = \"2026-09-30\";", "there is no 2026-02-31" },
		{ "issuer = \"kb\"; months = ( 2 ); from = \"2026-9-1\"; until = \"2026-09-30\";", "needs from" },
		{ "issuer = \"kb\"; months = ( 2 ); from = \"2026-09-30\"; until = \"2026-09-01\";", "until is before from" },
		{ "issuer = \"kb\"; months = ( 2 ); most = 60000; least = 70000; from = \"2026-09-01\"; until = \"2026-09-30\";", "most is less" },
		{ "issuer = \"kb\"; months = ( 2 ); from = \"2026-09-01\"; until = \"2026-09-30\"; card = 1;", "a promotion has" },
	};
	char text[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(text, sizeof(text), "interest_free = (\n{ %s } );", cases[i].row);
		assert_int_equal(load(text), ERR_INVALID);
		if (strstr(why, cases[i].says) == NULL || strstr(why, ":2:") == NULL)
			fail_msg("\"%s\" does not say \"%s\" of line 2", why, cases[i].says);
	}
	assert_int_equal(load("promotions = ( );"), ERR_INVALID);
	assert_int_equal(load("interest_free = ( );"), 0);
	assert_int_equal(promotions_load("/nonexistent/interest_free.cfg", &table, why), 0);
	assert_int_equal(table.count, 0);
}

/* The caller hears of it, the merchant sees who pays, and the PG is not told that the merchant does. */
static void the_card_companys_months_are_free_without_the_merchants_paying(void **state)
{
	static const char phone[] = "01012345678";
	enum { CALL = 100 };
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 53000);
	struct api_msg get = { .type = api_type_payment_get };
	struct request r;

	(void)state;
	assert_int_equal(load("interest_free = ( { " ROW " } );"), 0);
	w->a.promotions = table;
	w->a.wall.ms = begins + 1000;
	snprintf(m->u.payment_create.instalment_mode, 8, "ask");
	snprintf(m->u.payment_create.instalment_allowed, 8, "3,6");
	snprintf(m->u.payment_create.interest_free, 8, "6");
	world_ask(w, m);
	r = world_request(w, world_answered(w, "id"));
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '1');
	world_expect_heard(w, "months.free");
	world_expect_not_heard(w, "months.plain");
	world_press(w, CALL, '2');
	assert_int_equal(w->pg.u.pg_pay.instalment_months, 3);
	assert_int_equal(w->pg.u.pg_pay.interest_free, 0);
	world_pg(w, world_ok(""));
	snprintf(get.u.head.id, sizeof(get.u.head.id), "%s", r.id.text);
	world_ask(w, &get);
	assert_string_equal(world_answered(w, "instalment.interest_free"), "true");
	assert_string_equal(world_answered(w, "instalment.interest_free_by"), "issuer");
	world_free(&w);
}

/* What was free when it was spoken of is decided once more when it is charged. */
static void a_promotion_that_has_ended_meanwhile_does_not_count(void **state)
{
	static const char phone[] = "01012345678";
	struct world *w = world_new("");
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 53000);
	struct request r;

	(void)state;
	assert_int_equal(load("interest_free = ( { " ROW " } );"), 0);
	w->a.promotions = table;
	w->a.wall.ms = ends - 60000;
	snprintf(m->u.payment_create.instalment_mode, 8, "fixed");
	m->u.payment_create.instalment_months = 3;
	world_ask(w, m);
	r = world_request(w, world_answered(w, "id"));
	assert_int_equal(r.interest_free_chosen, INTEREST_FREE_ISSUER);
	w->a.wall.ms = ends + 1000;
	world_call(w, 101, phone, r.virtual_number.digits);
	world_played(w, 101);
	world_press(w, 101, '1');
	assert_int_equal(w->pg.u.pg_pay.instalment_months, 3);
	assert_int_equal(world_request(w, r.id.text).interest_free_chosen, INTEREST_FREE_NO);
	world_free(&w);
}

static struct api_msg get;

/* What get asks for; the cursor of the next page into it. */
static json_t *items_at(struct world *w, int64_t now_ms)
{
	json_t *o, *items;

	get.type = api_type_card_promotions_list;
	w->a.wall.ms = now_ms;
	world_ask(w, &get);
	assert_int_equal(w->answer.status, 200);
	o = json_loadb((const char *)w->answer.body.data, w->answer.body.len, 0, NULL);
	items = json_incref(json_object_get(o, "items"));
	snprintf(get.u.list.cursor, sizeof(get.u.list.cursor), "%s",
	         json_is_true(json_object_get(o, "has_more")) ? json_string_value(json_object_get(o, "next_cursor")) : "");
	json_decref(o);
	return items;
}

static void merchants_read_what_counts_and_what_is_announced(void **state)
{
	struct world *w = world_new("");
	json_t *items, *row;

	(void)state;
	assert_int_equal(load("interest_free = ( { " ROW " },\n{ issuer = \"kb\"; months = ( 12 ); from = \"2026-09-30\"; until = \"2026-10-31\"; } );"), 0);
	w->a.promotions = table;
	items = items_at(w, begins);
	assert_int_equal(json_array_size(items), 2);
	row = json_array_get(items, 0);
	assert_string_equal(json_string_value(json_object_get(row, "issuer")), "shinhan");
	assert_int_equal(json_integer_value(json_array_get(json_object_get(row, "months"), 0)), 2);
	assert_int_equal(json_array_size(json_object_get(row, "months")), 2);
	assert_int_equal(json_integer_value(json_object_get(row, "most")), 100000);
	assert_string_equal(json_string_value(json_object_get(row, "from")), "2026-09-01");
	assert_string_equal(json_string_value(json_object_get(row, "until")), "2026-09-30");
	assert_true(json_is_true(json_object_get(row, "in_force")));
	row = json_array_get(items, 1);
	assert_true(json_is_false(json_object_get(row, "in_force")));
	assert_true(json_is_null(json_object_get(row, "most")));
	json_decref(items);
	/* The last moment of its last day in Korea, and the one after it. */
	items = items_at(w, ends - 1);
	assert_int_equal(json_array_size(items), 2);
	assert_true(json_is_true(json_object_get(json_array_get(items, 1), "in_force")));
	json_decref(items);
	items = items_at(w, ends);
	assert_int_equal(json_array_size(items), 1);
	json_decref(items);
	world_free(&w);
}

static void the_largest_table_is_told_page_by_page(void **state)
{
	struct world *w = world_new("");
	size_t seen = 0;
	json_t *items;

	(void)state;
	assert_int_equal(load("interest_free = ( { " ROW " } );"), 0);
	for (size_t i = 0; i < PROMOTIONS_MAX; i++) {
		table.list[i] = table.list[0];
		memset(table.list[i].issuer, 'x', sizeof(table.list[i].issuer) - 1);
		table.list[i].months = (UINT64_C(1) << (PROMOTION_MONTHS_MAX + 1)) - 4;
		table.list[i].most_minor = INT64_C(1000000000000);
	}
	table.count = PROMOTIONS_MAX;
	w->a.promotions = table;
	memset(&get, 0, sizeof(get));
	get.u.list.limit = 100;
	do {
		items = items_at(w, begins);
		seen += json_array_size(items);
		json_decref(items);
	} while (get.u.list.cursor[0] != '\0');
	assert_int_equal(seen, PROMOTIONS_MAX);
	snprintf(get.u.list.cursor, sizeof(get.u.list.cursor), "at_1x");
	world_ask(w, &get);
	assert_int_equal(w->answer.status, 400);
	assert_string_equal(w->answer.field, "/cursor");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_holds_for_its_issuer_amounts_months_and_days_alone),
		cmocka_unit_test(what_is_wrong_in_the_file_is_named_with_its_line),
		cmocka_unit_test(the_card_companys_months_are_free_without_the_merchants_paying),
		cmocka_unit_test(merchants_read_what_counts_and_what_is_announced),
		cmocka_unit_test(the_largest_table_is_told_page_by_page),
		cmocka_unit_test(a_promotion_that_has_ended_meanwhile_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
