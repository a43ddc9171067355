/* arsd_gateway_keys_test.c: a gateway without a key that seals: no card is asked for, before an SMS or an answered call, and all
 * say why. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/calls.h"
#include "arsd/gateway_keys.h"
#include "arsd/gateways.h"
#include "arsd/status.h"

static const char phone[] = "01012345678";
enum { TEMPORARY_FAILURE = 41 };

static struct world *open_world(void)
{
	struct world *w = world_new("");
	struct settings *s = &w->a.set;

	snprintf(s->pgs[0], sizeof(s->pgs[0]), "sandbox");
	snprintf(s->pgs[1], sizeof(s->pgs[1]), "nice");
	s->pg_count = 2;
	return w;
}

static void told(struct world *w, const char *gateway, const char *usage, const char *kid, const char *why, uint16_t left)
{
	struct vault_gateway_key m = { .left = left, .version = 1 };

	snprintf(m.gateway, sizeof(m.gateway), "%s", gateway);
	snprintf(m.usage, sizeof(m.usage), "%s", usage);
	snprintf(m.kid, sizeof(m.kid), "%s", kid);
	snprintf(m.why, sizeof(m.why), "%s", why);
	gateway_keys_told(&w->a, &m);
}

static void expect_refused(struct world *w, const char *says)
{
	int sms = w->sms_count;

	world_ask(w, world_registration(phone));
	assert_int_equal(w->answer.status, 503);
	assert_string_equal(w->answer.code, "gateway_no_key");
	assert_int_equal(w->answer.retry_after_s, 60);
	if (strstr(w->answer.detail, says) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", w->answer.detail, says);
	assert_int_equal(w->sms_count, sms);
}

static void expect_taken(struct world *w)
{
	world_ask(w, world_registration(phone));
	assert_int_equal(w->answer.status, 201);
}

static void a_registration_waits_for_a_key(void **state)
{
	struct world *w = open_world();

	(void)state;
	expect_taken(w);                              /* nothing is known yet */
	told(w, "", "", "", "", 0);
	expect_refused(w, "no key was imported");
	told(w, "sandbox", "gateway-public", "", "key a is compromised", 1);
	expect_refused(w, "no key was imported");     /* the list is not whole */
	told(w, "nice", "gateway-encdata", "n", "", 0);
	expect_refused(w, "key a is compromised");
	told(w, "sandbox", "gateway-encdata", "n", "", 0);
	expect_refused(w, "its key is of usage gateway-encdata, and its protocol wants gateway-public");
	told(w, "sandbox", "gateway-public", "a", "", 0);
	expect_taken(w);
	/* Locked keys are told on their own; a keystored that is away tells anew. */
	told(w, "", "", "", "", 0);
	arsd_keys_told(&w->a, VAULT_KEYS_LOCKED);
	world_ask(w, world_registration(phone));
	assert_string_equal(w->answer.code, "keystore_locked");
	arsd_neighbour_down(&w->a, NEIGHBOUR_KEYSTORED);
	expect_taken(w);
	world_free(&w);
}

static void a_call_that_would_ask_for_a_card_is_not_answered(void **state)
{
	struct world *w = open_world();
	struct callctl_call_offered m;
	char number[32];

	(void)state;
	world_ask(w, world_registration(phone));
	snprintf(number, sizeof(number), "%s", world_answered(w, "virtual_number"));
	told(w, "", "", "", "", 0);
	m = world_offer(1, phone, number);
	w->reject_cause = 0;
	world_offered(w, &m);
	assert_int_equal(w->reject_cause, TEMPORARY_FAILURE);
	told(w, "sandbox", "gateway-public", "a", "", 0);
	m.call = 2;
	w->reject_cause = 0;
	world_offered(w, &m);
	assert_int_equal(w->reject_cause, 0);
	world_free(&w);
}

static void a_key_that_ends_in_a_call_opens_no_field(void **state)
{
	(void)state;
	for (int ends = 0; ends < 2; ends++) {
		struct world *w = open_world();
		char number[32];

		told(w, "sandbox", "gateway-public", "a", "", 0);
		world_ask(w, world_registration(phone));
		snprintf(number, sizeof(number), "%s", world_answered(w, "virtual_number"));
		world_call(w, 1, phone, number);
		while (w->play.collect != CALLCTL_COLLECT_MENU)
			world_played(w, 1);
		if (ends)
			told(w, "sandbox", "gateway-public", "", "key a is retired", 0);
		memset(&w->field, 0, sizeof(w->field));
		world_press(w, 1, '1');
		assert_int_equal(w->field.call, ends ? 0 : 1);
		world_free(&w);
	}
}

static bool health_is_ok(struct world *w)
{
	bool ok;
	json_t *o = status_health(&w->a, &ok);

	assert_int_equal(json_array_size(json_object_get(o, "gateways_without_key")), gateway_keys_lacking(&w->a));
	json_decref(o);
	return ok;
}

static void it_is_shown_while_it_matters(void **state)
{
	struct world *w = open_world();
	struct uplink_pg_can first = { .name = "sandbox", .kind = "json", .can = UPLINK_CAN_BILLING, .left = 1 };
	struct uplink_pg_can second = { .name = "nice", .kind = "nicepay", .can = UPLINK_CAN_QUERY };
	json_t *all;

	(void)state;
	gateways_told(&w->a, &first);
	gateways_told(&w->a, &second);
	assert_true(health_is_ok(w));
	told(w, "", "", "", "", 0);
	assert_int_equal(gateway_keys_lacking(&w->a), 1);       /* no card ever goes to the other one */
	assert_false(health_is_ok(w));
	told(w, "sandbox", "gateway-public", "a", "", 0);
	assert_true(health_is_ok(w));
	w->a.expiring = (struct vault_keys_expiring){ .count = 2, .name = "sandbox", .version = 1, .kid = "a", .until_ms = 1790000000000 };
	all = status_all(&w->a);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(all, "keys_expiring"), "count")), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(all, "gateway_keys"), 0), "kid")), "a");
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(all, "gateway_keys"), 1), "lacks")), "no key was imported");
	json_decref(all);
	assert_true(health_is_ok(w));                           /* what ends soon still seals */
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_registration_waits_for_a_key), cmocka_unit_test(a_call_that_would_ask_for_a_card_is_not_answered),
		cmocka_unit_test(a_key_that_ends_in_a_call_opens_no_field), cmocka_unit_test(it_is_shown_while_it_matters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
