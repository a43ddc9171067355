/* arsd_promotion_tables_test.c: tables of what is free of interest that gateways tell: what is taken, what is refused as a whole, when
 * they are asked for, how long they count, and which of two sources does. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/admin.h"
#include "arsd/promotion_table.h"
#include "arsd/promotion_tables.h"

#define ROW(issuer, months, least, most, from, until) "{\"issuer\":\"" issuer "\",\"months\":" months ",\"least\":" least ",\"most\":" most \
	",\"from_day\":" from ",\"until_day\":" until "}"
#define ROWS(rows) "{\"rows\":[" rows "]}"
enum { TODAY = 20000, HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS };
static struct promotions table;
static char why[PROMOTION_WHY_SIZE];

static int read_text(const char *text)
{
	return promotion_table_read(text, strlen(text), TODAY, &table, why);
}

static void a_table_is_read_whole(void **state)
{
	(void)state;
	assert_int_equal(read_text(ROWS(ROW("shinhan", "[2,3]", "50000", "99999", "0", "20010") "," ROW("shinhan", "[2,3,12]", "100000", "0", "0", "20010") ","
	                                ROW("kb", "[36]", "0", "0", "20001", "20002"))), 0);
	assert_int_equal(table.count, 3);
	assert_int_equal(table.list[0].from_day, TODAY);
	assert_int_equal(table.list[0].months, 1 << 2 | 1 << 3);
	assert_int_equal(table.list[1].most_minor, 0);
	/* Below there are no instalments; what begins later keeps its day. */
	assert_int_equal(table.list[2].least_minor, 50000);
	assert_int_equal(table.list[2].from_day, 20001);
	/* None is a table, too: nothing is free any more. */
	assert_int_equal(read_text(ROWS("")), 0);
	assert_int_equal(table.count, 0);
	/* What is over, or below any instalment, says nothing. */
	assert_int_equal(read_text(ROWS(ROW("kb", "[2]", "0", "0", "0", "19999") "," ROW("kb", "[2]", "0", "49999", "0", "20009"))), 0);
	assert_int_equal(table.count, 0);
}

static void rows_side_by_side_are_no_contradiction(void **state)
{
	(void)state;
	assert_int_equal(read_text(ROWS(ROW("kb", "[2]", "50000", "99999", "0", "20010") "," ROW("kb", "[2]", "100000", "0", "0", "20010"))), 0);
	assert_int_equal(read_text(ROWS(ROW("kb", "[2]", "50000", "0", "0", "20010") "," ROW("kb", "[3]", "50000", "0", "0", "20020"))), 0);
	assert_int_equal(read_text(ROWS(ROW("kb", "[2]", "50000", "0", "0", "20010") "," ROW("kb", "[2]", "50000", "0", "20011", "20020"))), 0);
	assert_int_equal(read_text(ROWS(ROW("kb", "[2]", "50000", "0", "0", "20010") "," ROW("bc", "[2]", "50000", "0", "0", "20010"))), 0);
}

static void what_is_hostile_is_refused_as_a_whole(void **state)
{
	static const struct { const char *rows, *says; } cases[] = {
		{ ROW("kb", "[2]", "50000", "100000", "0", "20010") "," ROW("kb", "[2,3]", "100000", "0", "0", "20010"), "row 2: it overlaps" },
		{ ROW("kb", "[2]", "50000", "0", "0", "20010") "," ROW("kb", "[2]", "50000", "0", "20010", "20020"), "row 2: it overlaps" },
		{ ROW("kb", "[2]", "0", "50000", "0", "20010") "," ROW("kb", "[2]", "0", "0", "0", "20010"), "row 2: it overlaps" },
		{ ROW("KB", "[2]", "50000", "0", "0", "20010"), "row 1" }, { ROW("", "[2]", "50000", "0", "0", "20010"), "row 1" },
		{ ROW("abcdefghijklmnop", "[2]", "50000", "0", "0", "20010"), "row 1" },
		{ ROW("kb", "[]", "50000", "0", "0", "20010"), "row 1" }, { ROW("kb", "[1]", "50000", "0", "0", "20010"), "from 2 to 36" },
		{ ROW("kb", "[37]", "50000", "0", "0", "20010"), "from 2 to 36" }, { ROW("kb", "[2,2]", "50000", "0", "0", "20010"), "from 2 to 36" },
		{ ROW("kb", "[64]", "50000", "0", "0", "20010"), "from 2 to 36" }, { ROW("kb", "[-1]", "50000", "0", "0", "20010"), "from 2 to 36" },
		{ ROW("kb", "[\"2\"]", "50000", "0", "0", "20010"), "from 2 to 36" }, { ROW("kb", "{}", "50000", "0", "0", "20010"), "row 1" },
		{ ROW("kb", "[2]", "-1", "0", "0", "20010"), "row 1" }, { ROW("kb", "[2]", "1000000000001", "0", "0", "20010"), "row 1" },
		{ ROW("kb", "[2]", "60000", "50000", "0", "20010"), "less than its least" }, { ROW("kb", "[2]", "1.5", "0", "0", "20010"), "row 1" },
		{ ROW("kb", "[2]", "50000", "0", "20010", "20009"), "ends before it begins" }, { ROW("kb", "[2]", "50000", "0", "0", "0"), "row 1" },
		{ ROW("kb", "[2]", "50000", "0", "0", "30000"), "out of reach" }, { ROW("kb", "[2]", "50000", "0", "0", "9223372036854775807"), "row 1" },
		{ "1", "must be an object" }, { "{\"issuer\":\"kb\"}", "row 1" },
		{ "{\"issuer\":\"kb\",\"issuer\":\"bc\"}", "" },
	};
	char text[600];

	(void)state;
	assert_int_equal(read_text(ROWS(ROW("kb", "[2]", "50000", "0", "0", "20010"))), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		/* A good row before it does not come through alone. */
		snprintf(text, sizeof(text), "{\"rows\":[%s]}", cases[i].rows);
		assert_int_equal(read_text(text), ERR_INVALID);
		if (strstr(why, cases[i].says) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", why, cases[i].says);
		assert_int_equal(table.count, 1);
		assert_string_equal(table.list[0].issuer, "kb");
	}
	assert_int_equal(read_text("{}"), ERR_INVALID);
	assert_int_equal(read_text("{\"rows\":1}"), ERR_INVALID);
	assert_int_equal(read_text("{\"rows\":[],\"more\":1}"), ERR_INVALID);
	assert_int_equal(read_text(""), ERR_INVALID);
}

static void there_are_so_many_rows_and_no_more(void **state)
{
	static char text[30000];
	size_t len;

	(void)state;
	for (int rows = PROMOTIONS_MAX; rows <= PROMOTIONS_MAX + 1; rows++) {
		len = (size_t)snprintf(text, sizeof(text), "{\"rows\":[");
		for (int i = 0; i < rows; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s" ROW("c%d", "[2]", "50000", "0", "0", "20010"), i > 0 ? "," : "", i);
		snprintf(text + len, sizeof(text) - len, "]}");
		assert_int_equal(read_text(text), rows > PROMOTIONS_MAX ? ERR_INVALID : 0);
	}
}

/* ---- in the appliance ---- */

/* For world_new(): the arsd group goes on, and behind it stands the gateway. */
#define SETTINGS "promotions: { every_h = 24; jitter_s = 0; valid_h = 72; }; }; " \
	"uplinkd: { pg = ( { name = \"sandbox\"; mode = \"test\"; url = \"https://pg.example\"; } )"

/* uplinkd's answer to the last question. */
static void told(struct world *w, uint8_t status, const char *rows)
{
	static struct uplink_pg_promotions_result r;

	assert_int_equal(w->pg.type, uplink_type_pg_promotions);
	memset(&r, 0, sizeof(r));
	r.job = w->pg.u.pg_promotions.job;
	r.status = status;
	snprintf(r.message, sizeof(r.message), "%s", status == UPLINK_PG_OK ? "" : "HTTP 503");
	r.rows.len = (uint32_t)strlen(rows);
	memcpy(r.rows.data, rows, r.rows.len);
	memset(&w->pg, 0, sizeof(w->pg));
	promotion_tables_told(&w->a, &r);
	world_turn(w);
}

/* A row of a company that is free from today on, for a year. */
static const char *row_of(struct world *w, const char *issuer, const char *months)
{
	static char text[200];

	snprintf(text, sizeof(text), ROWS(ROW("%s", "[%s]", "50000", "0", "0", "%lld")), issuer, months,
	         (long long)(w->a.wall.ms / DAY_MS + 365));
	return text;
}

static bool gives(struct world *w, const char *issuer, int months)
{
	struct promotion_sources s = promotion_sources_at(&w->a, "sandbox");
	struct card_mask card = { .type = CARD_CREDIT };
	struct money money = { .amount_minor = 60000, .currency = "KRW" };

	snprintf(card.issuer, sizeof(card.issuer), "%s", issuer);
	return promotions_give(&s, &card, &money, months, w->a.wall);
}

static struct world *new_world(void)
{
	struct world *w = world_new(SETTINGS);

	world_gateway(w, "sandbox", UPLINK_CAN_BILLING | UPLINK_CAN_PROMOTIONS, 0);
	world_wait(w, 200);
	return w;
}

static void it_is_asked_for_at_the_start_and_each_day(void **state)
{
	struct world *w = new_world();

	(void)state;
	assert_false(gives(w, "shinhan", 3));
	told(w, UPLINK_PG_OK, row_of(w, "shinhan", "2,3"));
	assert_true(gives(w, "shinhan", 3));
	assert_false(gives(w, "shinhan", 4));
	world_wait(w, 1000);
	assert_int_equal(w->pg.type, 0);
	w->a.mono = mono_add_ms(w->a.mono, DAY_MS);
	world_wait(w, 200);
	told(w, UPLINK_PG_OK, row_of(w, "kb", "5"));
	assert_true(gives(w, "kb", 5));
	assert_false(gives(w, "shinhan", 3));
	world_free(&w);
}

static void it_outlives_a_crash_and_is_asked_for_anew(void **state)
{
	struct world *w = new_world();

	(void)state;
	told(w, UPLINK_PG_OK, row_of(w, "shinhan", "2,3"));
	world_crash(w);
	assert_true(gives(w, "shinhan", 3));
	world_gateway(w, "sandbox", UPLINK_CAN_BILLING | UPLINK_CAN_PROMOTIONS, 0);
	world_wait(w, 200);
	told(w, UPLINK_PG_OK, ROWS(""));
	assert_false(gives(w, "shinhan", 3));
	world_crash(w);
	assert_false(gives(w, "shinhan", 3));
	world_free(&w);
}

/* A minute, then twice as long each time, up to an hour; a quarter of it is chance. */
static void a_gateway_that_does_not_tell_is_asked_with_growing_pauses(void **state)
{
	static const int most_s[] = { 60, 120, 240, 480, 960, 1920, 3600, 3600 };
	struct world *w = new_world();

	(void)state;
	told(w, UPLINK_PG_OK, row_of(w, "shinhan", "2,3"));
	w->a.mono = mono_add_ms(w->a.mono, DAY_MS);
	world_wait(w, 200);
	for (size_t i = 0; i < ARRAY_LEN(most_s); i++) {
		/* By turns: no answer, an answer that cannot be, one that is hostile. */
		if (i % 3 == 0)
			told(w, UPLINK_PG_UNKNOWN, "");
		else
			told(w, UPLINK_PG_OK, i % 3 == 1 ? "[" : ROWS(ROW("kb", "[99]", "0", "0", "0", "30000")));
		assert_true(gives(w, "shinhan", 3));
		w->a.mono = mono_add_ms(w->a.mono, (int64_t)most_s[i] * 750 - 1000);
		world_wait(w, 200);
		assert_int_equal(w->pg.type, 0);
		w->a.mono = mono_add_ms(w->a.mono, (int64_t)most_s[i] * 250 + 1000);
		world_wait(w, 200);
	}
	told(w, UPLINK_PG_OK, row_of(w, "kb", "5"));
	assert_true(gives(w, "kb", 5));
	world_free(&w);
}

static void an_answer_that_never_comes_is_given_up(void **state)
{
	struct world *w = new_world();
	uint64_t job = w->pg.u.pg_promotions.job;
	struct uplink_pg_promotions_result late = { .job = job, .status = UPLINK_PG_OK };

	(void)state;
	assert_int_equal(w->pg.type, uplink_type_pg_promotions);
	memset(&w->pg, 0, sizeof(w->pg));
	w->a.mono = mono_add_ms(w->a.mono, 151000);
	world_wait(w, 200);
	w->a.mono = mono_add_ms(w->a.mono, 61000);
	world_wait(w, 200);
	assert_int_not_equal(w->pg.u.pg_promotions.job, job);
	/* When it comes after all it is not the answer to the question that is open now. */
	memcpy(late.rows.data, ROWS(""), strlen(ROWS("")));
	late.rows.len = (uint32_t)strlen(ROWS(""));
	promotion_tables_told(&w->a, &late);
	assert_int_equal(promotion_tables_told_at(&w->a, "sandbox").ms, 0);
	world_free(&w);
}

static const char *health(struct world *w)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = api_type_health;
	world_ask(w, &m);
	return world_answered(w, "promotions");
}

static void one_that_is_old_is_told_of_and_then_does_not_count(void **state)
{
	struct world *w = new_world();

	(void)state;
	told(w, UPLINK_PG_OK, row_of(w, "shinhan", "2,3"));
	assert_string_equal(health(w), "ok");
	w->a.wall.ms += INT64_C(36) * HOUR_MS;
	assert_string_equal(health(w), "ok");
	w->a.wall.ms += 1000;
	assert_string_equal(health(w), "outdated");
	/* It is told, and no reason to take calls away from the appliance. */
	assert_int_equal(w->answer.status, 200);
	assert_true(gives(w, "shinhan", 3));
	w->a.wall.ms += INT64_C(36) * HOUR_MS - 1000;
	assert_true(gives(w, "shinhan", 3));
	w->a.wall.ms += 1;
	assert_false(gives(w, "shinhan", 3));
	world_free(&w);
}

static void a_gateway_without_such_a_table_is_never_asked(void **state)
{
	struct world *w = world_new(SETTINGS);

	(void)state;
	world_gateway(w, "sandbox", UPLINK_CAN_BILLING, 0);
	world_wait(w, 500);
	assert_int_equal(w->pg.type, 0);
	w->a.wall.ms += INT64_C(100) * DAY_MS;
	assert_string_equal(health(w), "ok");
	world_free(&w);
}

static void of_a_company_that_the_file_names_the_file_alone_counts(void **state)
{
	struct world *w = new_world();
	int64_t today = w->a.wall.ms / DAY_MS;

	(void)state;
	told(w, UPLINK_PG_OK, row_of(w, "shinhan", "2,3"));
	w->a.promotions.count = 1;
	w->a.promotions.list[0] = (struct promotion){ .issuer = "shinhan", .months = 1 << 6, .least_minor = 50000, .from_day = today - 1,
	                                              .until_day = today + 1 };
	assert_true(gives(w, "shinhan", 6));
	assert_false(gives(w, "shinhan", 3));
	/* From the day on that the file says nothing of it, the gateway's word counts again. */
	w->a.promotions.list[0].until_day = today - 1;
	assert_true(gives(w, "shinhan", 3));
	assert_false(gives(w, "shinhan", 6));
	world_free(&w);
}

static void the_operator_sees_it_and_asks_anew(void **state)
{
	struct world *w = new_world();
	struct admin_msg m = { .type = admin_type_ask };

	(void)state;
	told(w, UPLINK_PG_UNKNOWN, "");
	snprintf(m.u.ask.verb, sizeof(m.u.ask.verb), "promotions");
	assert_int_equal(admin_handle(&w->a, 1, &m), 0);
	assert_non_null(strstr(w->admin, "\"state\":\"never_told\""));
	assert_non_null(strstr(w->admin, "\"why\":\"HTTP 503\""));
	snprintf(m.u.ask.verb, sizeof(m.u.ask.verb), "promotions_ask");
	snprintf(m.u.ask.argument, sizeof(m.u.ask.argument), "{\"pg\":\"none\"}");
	assert_int_equal(admin_handle(&w->a, 1, &m), 0);
	assert_int_equal(w->admin_status, 404);
	snprintf(m.u.ask.argument, sizeof(m.u.ask.argument), "{\"pg\":\"sandbox\"}");
	w->admin[0] = '\0';
	assert_int_equal(admin_handle(&w->a, 1, &m), 0);
	assert_string_equal(w->admin, "");
	world_wait(w, 200);
	told(w, UPLINK_PG_OK, row_of(w, "shinhan", "2,3"));
	assert_int_equal(w->admin_status, 0);
	assert_non_null(strstr(w->admin, "\"state\":\"current\""));
	assert_non_null(strstr(w->admin, "\"issuer\":\"shinhan\""));
	world_free(&w);
}

/* ---- in a call ---- */

static const char phone[] = "01012345678";
enum { CALL = 100 };

/* The caller is at the choice of months, three of which are free by the gateway's table. */
static struct request at_the_choice(struct world *w)
{
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 60000);
	struct request r;

	world_gateway(w, "sandbox", UPLINK_CAN_BILLING | UPLINK_CAN_PROMOTIONS | UPLINK_CAN_KEY_IN | UPLINK_CAN_INTEREST_FREE, 0);
	world_wait(w, 200);
	told(w, UPLINK_PG_OK, row_of(w, "shinhan", "2,3"));
	snprintf(m->u.payment_create.instalment_mode, 8, "ask");
	snprintf(m->u.payment_create.instalment_allowed, 8, "3,6");
	world_ask(w, m);
	r = world_request(w, world_answered(w, "id"));
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '1');
	world_expect_heard(w, "months.free");
	return r;
}

static void what_the_gateway_gives_is_offered_and_charged(void **state)
{
	struct world *w = world_new(SETTINGS);
	struct request r = at_the_choice(w);

	(void)state;
	world_press(w, CALL, '2');
	assert_int_equal(w->pg.u.pg_pay.instalment_months, 3);
	assert_int_equal(w->pg.u.pg_pay.interest_free, 0);
	world_pg(w, world_ok(""));
	assert_int_equal(world_request(w, r.id.text).interest_free_chosen, INTEREST_FREE_ISSUER);
	world_free(&w);
}

static void what_has_ended_between_offer_and_authorisation_is_not_charged_but_asked_again(void **state)
{
	struct world *w = world_new(SETTINGS);
	struct request r = at_the_choice(w);

	(void)state;
	w->a.mono = mono_add_ms(w->a.mono, DAY_MS);
	/* Not by ticks: they would end the call. */
	promotion_tables_tick(&w->a);
	told(w, UPLINK_PG_OK, row_of(w, "shinhan", "2"));
	world_press(w, CALL, '2');
	assert_int_equal(w->pg.type, 0);
	assert_int_equal(world_request(w, r.id.text).attempts, 0);
	world_expect_heard(w, "months.not_free");
	world_played(w, CALL);
	world_expect_heard(w, "months.plain");
	world_expect_not_heard(w, "months.free");
	/* Now with interest, and said so. */
	world_press(w, CALL, '2');
	assert_int_equal(w->pg.u.pg_pay.instalment_months, 3);
	world_pg(w, world_ok(""));
	r = world_request(w, r.id.text);
	assert_int_equal(r.interest_free_chosen, INTEREST_FREE_NO);
	assert_int_equal(r.attempts, 1);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_read_whole),
		cmocka_unit_test(rows_side_by_side_are_no_contradiction),
		cmocka_unit_test(what_is_hostile_is_refused_as_a_whole),
		cmocka_unit_test(there_are_so_many_rows_and_no_more),
		cmocka_unit_test(it_is_asked_for_at_the_start_and_each_day),
		cmocka_unit_test(it_outlives_a_crash_and_is_asked_for_anew),
		cmocka_unit_test(a_gateway_that_does_not_tell_is_asked_with_growing_pauses),
		cmocka_unit_test(an_answer_that_never_comes_is_given_up),
		cmocka_unit_test(one_that_is_old_is_told_of_and_then_does_not_count),
		cmocka_unit_test(a_gateway_without_such_a_table_is_never_asked),
		cmocka_unit_test(of_a_company_that_the_file_names_the_file_alone_counts),
		cmocka_unit_test(the_operator_sees_it_and_asks_anew),
		cmocka_unit_test(what_the_gateway_gives_is_offered_and_charged),
		cmocka_unit_test(what_has_ended_between_offer_and_authorisation_is_not_charged_but_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
