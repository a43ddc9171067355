/* arsd_modes_test.c: one merchant's two sides: what a test key asks for never reaches a live gateway or a live number, and the other way
 * round; neither side sees what is the other's. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/gateways.h"
#include "arsd/lease.h"
#include "arsd/reconcile_priv.h"

static const char phone[] = "01012345678";
/* For world_new(): the arsd group goes on, and behind it stand the gateways. */
#define SETTINGS "test_numbers = ( \"07099990000-07099990009\" ); }; uplinkd: { pg = ( " \
	"{ name = \"real\"; mode = \"live\"; url = \"https://pg.example\"; }, { name = \"sandbox\"; mode = \"test\"; url = \"https://test.example\"; } )"

static void told(struct world *w)
{
	struct uplink_pg_can m = { .can = ~(uint32_t)UPLINK_CAN_PROMOTIONS, .left = 1 };

	snprintf(m.kind, sizeof(m.kind), "json");
	snprintf(m.name, sizeof(m.name), "real");
	gateways_told(&w->a, &m);
	snprintf(m.name, sizeof(m.name), "sandbox");
	m.left = 0;
	gateways_told(&w->a, &m);
}

static const char *said(struct world *w, const char *member, char out[97])
{
	json_t *o = json_loads(w->admin, 0, NULL);
	const char *text = json_string_value(json_object_get(o, member));

	snprintf(out, 97, "%s", text != NULL ? text : "");
	json_decref(o);
	return out;
}

static void operator_asks(struct world *w, const char *verb, const char *argument)
{
	json_decref(world_admin(w, verb, argument));
}

/* The world's merchant, which is a test one, gets its live side; its key takes the place of the test key in live_key. */
static struct world *both(char live_key[97])
{
	struct world *w = world_new(SETTINGS);
	char argument[300];

	told(w);
	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\", \"may_skip_consent\": true, \"webhook_url\": \"https://shop.example/live\"}", w->merchant);
	operator_asks(w, "merchant_open", argument);
	assert_int_equal(w->admin_status, 0);
	said(w, "api_key", live_key);
	assert_int_equal(strncmp(live_key, "ck_live_", 8), 0);
	return w;
}

static void use_key(struct world *w, char other[97])
{
	char now[97];

	snprintf(now, sizeof(now), "%s", w->api_key);
	snprintf(w->api_key, sizeof(w->api_key), "%.95s", other);
	snprintf(other, 97, "%s", now);
}

static void an_account_has_one_side_of_each_mode(void **state)
{
	char key[97], id[97], account[97], argument[300];
	struct world *w = both(key);

	(void)state;
	said(w, "id", id);
	assert_string_equal(said(w, "account", account), w->merchant);
	assert_string_not_equal(id, w->merchant);
	/* From either side: there is none left to open. */
	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\"}", w->merchant);
	operator_asks(w, "merchant_open", argument);
	assert_int_equal(w->admin_status, 400);
	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\"}", id);
	operator_asks(w, "merchant_open", argument);
	assert_int_equal(w->admin_status, 400);
	operator_asks(w, "merchant_open", "{\"merchant\": \"mer_nobody\"}");
	assert_int_equal(w->admin_status, 404);
	world_free(&w);
}

static void each_side_has_the_gateway_and_the_numbers_of_its_mode(void **state)
{
	char key[97];
	struct world *w = both(key);
	struct request test, live;
	uint64_t call = 100;

	(void)state;
	for (int i = 0; i < 2; i++) {
		bool is_live = i == 1;
		struct request r = world_registered_request(w, phone);

		assert_string_equal(world_answered(w, "live"), is_live ? "true" : "false");
		assert_int_equal(strncmp(r.virtual_number.digits, is_live ? "0701234" : "0709999", 7), 0);
		world_register_card(w, ++call, &r, "1234", CARD_CREDIT);
		assert_int_equal(w->pg.type, uplink_type_pg_verify);
		assert_string_equal(w->pg.u.pg_verify.pg, is_live ? "real" : "sandbox");
		world_pg(w, world_ok(is_live ? "bk-live" : "bk-test"));
		if (is_live)
			live = world_request(w, r.id.text);
		else
			test = world_request(w, r.id.text);
		use_key(w, key);
	}
	assert_string_equal(test.state, "registered");
	assert_string_equal(live.state, "registered");
	/* The test key is in use again: the live billing key is nobody's. */
	world_ask(w, world_payment(live.billing_key.text, "order-000001", 9900));
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.code, "billing_key_not_found");
	use_key(w, key);
	world_ask(w, world_payment(test.billing_key.text, "order-000001", 9900));
	assert_string_equal(w->answer.code, "billing_key_not_found");
	world_free(&w);
}

/* Whatever a merchant's row or a billing key says: a configuration that makes a gateway another mode's stops what goes there. */
static void an_order_does_not_leave_for_a_gateway_of_the_other_mode(void **state)
{
	struct world *w = world_new(SETTINGS);
	struct id key;
	struct api_msg *m;
	struct request r;

	(void)state;
	told(w);
	world_merchant(w, "\"may_skip_consent\": true, \"pg\": \"sandbox\"");
	key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	m = world_payment(key.text, "order-000001", 9900);
	world_ask(w, m);
	assert_int_equal(w->answer.status, 201);
	r = world_request(w, world_answered(w, "id"));
	/* "sandbox" is live from now on. */
	w->a.set.pg_live[1] = true;
	world_call(w, 300, phone, r.virtual_number.digits);
	world_played(w, 300);
	world_press(w, 300, '1');
	assert_int_equal(w->pg.type, 0);
	m = world_payment(key.text, "order-000002", 9900);
	world_ask(w, m);
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.code, "gateway_mode");
	assert_string_equal(w->answer.field, "/billing_key");
	world_ask(w, world_registration("01099998888"));
	assert_string_equal(w->answer.code, "gateway_mode");
	/* One that is intended already is given up where it would be sent. */
	w->a.set.pg_live[1] = false;
	m = world_payment(key.text, "order-000003", 9900);
	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "skip");
	m->u.payment_create.other_card[0] = '\0';
	w->a.neighbours[NEIGHBOUR_UPLINKD].up = false;
	world_ask(w, m);
	assert_int_equal(w->answer.status, 201);
	r = world_request(w, world_answered(w, "id"));
	w->a.set.pg_live[1] = true;
	w->a.neighbours[NEIGHBOUR_UPLINKD].up = true;
	world_wait(w, 3000);
	assert_int_equal(w->pg.type, 0);
	r = world_request(w, r.id.text);
	assert_string_equal(r.failure_code, "gateway_mode");
	world_free(&w);
}

static void a_merchant_gets_no_gateway_of_the_other_mode(void **state)
{
	struct world *w = world_new(SETTINGS);

	(void)state;
	told(w);
	operator_asks(w, "merchant_add", "{\"name\": \"Shop\", \"pg\": \"real\"}");
	assert_int_equal(w->admin_status, 400);
	assert_non_null(strstr(w->admin, "for live keys alone"));
	operator_asks(w, "merchant_add", "{\"name\": \"Shop\", \"pg\": \"sandbox\", \"live\": true}");
	assert_int_equal(w->admin_status, 400);
	operator_asks(w, "merchant_add", "{\"name\": \"Shop\", \"pg\": \"real\", \"live\": true}");
	assert_int_equal(w->admin_status, 0);
	world_free(&w);
}

/* A gateway's list of the day, as it is asked for next. */
static void listed(struct world *w, const char *pg, enum uplink_pg_status status, const char *rows)
{
	static struct uplink_pg_list_result m;

	for (int i = 0; i < 50 && w->pg.type != uplink_type_pg_list; i++)
		world_wait(w, 100);
	assert_int_equal(w->pg.type, uplink_type_pg_list);
	assert_string_equal(w->pg.u.pg_list.pg, pg);
	memset(&m, 0, sizeof(m));
	m.job = w->pg.u.pg_list.job;
	m.status = (uint8_t)status;
	m.rows.len = (uint32_t)strlen(rows);
	memcpy(m.rows.data, rows, m.rows.len);
	memset(&w->pg, 0, sizeof(w->pg));
	reconcile_listed(&w->a, &m);
	world_turn(w);
	world_wait(w, 500);
}

/* A payment of 9,900 won with a new billing key by the key in use, as its gateway would list it with this sum. */
static void pay(struct world *w, int sum, char row[300])
{
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);
	struct uplink_pg_result ok = world_ok("");

	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "skip");
	world_ask(w, m);
	assert_int_equal(w->answer.status, 201);
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	ok.amount_minor = 9900;
	snprintf(row, 300, "[{\"order_id\":\"%s\",\"kind\":\"payment\",\"state\":\"approved\",\"amount_minor\":%d,\"currency\":\"KRW\",\"tid\":\"t\",\"at_ms\":%lld}]",
	         w->pg.u.pg_pay.order_id, sum, (long long)w->a.wall.ms);
	world_pg(w, ok);
	assert_string_equal(world_request(w, world_answered(w, "id")).state, "approved");
}

static json_t *asked(struct world *w, enum api_type type, const char *day)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = type;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", day);
	world_ask(w, &m);
	return json_loadb((const char *)w->answer.body.data, w->answer.body.len, 0, NULL);
}

/* What the key in use is told of the day: its status, its only gateway, and how many orders match and differ; and the list says the same. */
static void expect_day(struct world *w, const char *day, const char *status, const char *pg, int matched, int differing)
{
	json_t *o = asked(w, api_type_reconciliation_get, day), *list;

	assert_int_equal(w->answer.status, 200);
	assert_string_equal(json_string_value(json_object_get(o, "status")), status);
	assert_int_equal(json_array_size(json_object_get(o, "gateways")), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(o, "gateways"), 0), "gateway")), pg);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(o, "counts"), "matched")), matched);
	assert_int_equal(json_array_size(json_object_get(o, "differences")), differing);
	json_decref(o);
	list = json_object_get(o = asked(w, api_type_reconciliations_list, ""), "items");
	/* Both sides sold something, so it is a day of both, whether a list tells so or our books alone. */
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "status")), status);
	json_decref(o);
}

static void begin_day(struct world *w, const char *day)
{
	assert_int_equal(reconcile_start(&w->a, day), 0);
	world_turn(w);
}

/* A day on which one side's orders are as they should be: whatever became of the other's, nobody hears of it there. */
static void a_day_is_each_sides_own(void **state)
{
	char key[97], test_row[300], live_row[300], day[DAY_SIZE];
	struct world *w = both(key);
	int events;

	(void)state;
	w->sms_waits = true;
	reconcile_print_day(reconcile_day_number(w->a.wall), day);
	pay(w, 9900, test_row);
	use_key(w, key);
	pay(w, 9901, live_row);
	begin_day(w, day);
	listed(w, "real", UPLINK_PG_OK, live_row);
	listed(w, "sandbox", UPLINK_PG_OK, test_row);
	expect_day(w, day, "differs", "real", 0, 1);
	use_key(w, key);
	expect_day(w, day, "clean", "sandbox", 1, 0);
	assert_int_equal(world_hooks_of(w, "reconciliation.completed"), 2);
	/* The test gateway has no list: the live side has its day, and hears of it once. */
	for (int again = 0; again < 2; again++) {
		begin_day(w, day);
		listed(w, "real", UPLINK_PG_OK, "[]");
		for (int i = 0; i < w->a.set.reconcile_tries; i++) {
			listed(w, "sandbox", UPLINK_PG_UNKNOWN, "");
			if (i + 1 < w->a.set.reconcile_tries)
				world_wait(w, w->a.set.reconcile_retry_ms);
		}
		expect_day(w, day, "failed", "sandbox", 0, 0);
		use_key(w, key);
		expect_day(w, day, "differs", "real", 0, 1);
		use_key(w, key);
		assert_int_equal(world_hooks_of(w, "reconciliation.completed"), 3);
	}
	/* When it has one again, both hear of the day. */
	events = world_hooks_of(w, "reconciliation.completed");
	begin_day(w, day);
	listed(w, "real", UPLINK_PG_OK, "[]");
	listed(w, "sandbox", UPLINK_PG_OK, test_row);
	assert_int_equal(world_hooks_of(w, "reconciliation.completed"), events + 2);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_has_one_side_of_each_mode),
		cmocka_unit_test(each_side_has_the_gateway_and_the_numbers_of_its_mode),
		cmocka_unit_test(an_order_does_not_leave_for_a_gateway_of_the_other_mode),
		cmocka_unit_test(a_merchant_gets_no_gateway_of_the_other_mode),
		cmocka_unit_test(a_day_is_each_sides_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
