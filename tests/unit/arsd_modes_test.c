/* arsd_modes_test.c: one merchant's two sides: what a test key asks for never reaches a live gateway or a live number, and the other way
 * round; neither side sees what is the other's. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/admin.h"
#include "arsd/gateways.h"
#include "arsd/lease.h"

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
	static struct admin_msg m;

	memset(&m, 0, sizeof(m));
	m.type = admin_type_ask;
	snprintf(m.u.ask.verb, sizeof(m.u.ask.verb), "%s", verb);
	snprintf(m.u.ask.argument, sizeof(m.u.ask.argument), "%s", argument);
	assert_int_equal(admin_handle(&w->a, 1, &m), 0);
	world_turn(w);
}

/* The world's merchant, which is a test one, gets its live side; its key takes the place of the test key in live_key. */
static struct world *both(char live_key[97])
{
	struct world *w = world_new(SETTINGS);
	char argument[200];

	told(w);
	snprintf(argument, sizeof(argument), "{\"merchant\": \"%s\", \"may_skip_consent\": true}", w->merchant);
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
		world_call(w, ++call, phone, r.virtual_number.digits);
		world_played(w, call);
		world_press(w, call, '1');
		world_type_card(w, call, "1234", CARD_CREDIT);
		world_press(w, call, '1');
		world_sealed(w, call, VAULT_OK);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_has_one_side_of_each_mode),
		cmocka_unit_test(each_side_has_the_gateway_and_the_numbers_of_its_mode),
		cmocka_unit_test(an_order_does_not_leave_for_a_gateway_of_the_other_mode),
		cmocka_unit_test(a_merchant_gets_no_gateway_of_the_other_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
