/* The clock of test merchants, and what follows it. */
#include "arsd_scheduling.h"

#include <stdio.h>
#include <string.h>

#include "arsd/outbox.h"
#include "store/schedules.h"

static void advance(struct world *w, uint32_t s, unsigned status)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = api_type_test_clock_advance;
	m.u.test_clock_advance.advance_s = s;
	world_ask(w, &m);
	assert_int_equal(w->answer.status, status);
}

static void a_test_clock_moves_what_waits(void **state)
{
	struct id key, id, daily;
	struct world *w = scheduling_world("request_ttl_s = 3600;", &key);
	struct request r;

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "month", 1, ""));
	daily = scheduling_made(w, scheduling_wanted(key, "days", 1, ""));
	world_ask(w, world_payment(key.text, "order-000001", 1000));
	r = world_request(w, world_answered(w, "id"));
	w->webhook_waits = true;
	advance(w, 3500, 200);
	world_wait(w, 1000);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	advance(w, 100, 200);
	assert_string_equal(world_answered(w, "object"), "test_clock");
	world_wait(w, 1000);
	assert_string_equal(world_request(w, r.id.text).state, "expired");
	/* Ten days on: nothing that the clock passes over is left out. */
	advance(w, 10 * 24 * 3600, 200);
	scheduling_go_on(w, 5000);
	assert_int_equal(scheduling_runs(w, id)->count, 1);
	assert_int_equal(scheduling_runs(w, daily)->count, 10);
	assert_int_equal(scheduling_get(w, daily).missed, 0);
	/* What is made now follows it too. */
	scheduling_ask(w, api_type_schedule_get, daily.text, 200);
	assert_string_equal(world_answered(w, "next_run_at"), "2026-10-02T01:00:00.000Z");
	advance(w, 24 * 3600, 200);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_runs(w, daily)->count, 11);
	/* It stays moved. */
	world_crash(w);
	scheduling_ask(w, api_type_test_clock_get, "", 200);
	assert_non_null(memmem(w->answer.body.data, w->answer.body.len, "\"ahead_s\":954000", 16));
	world_free(&w);
}

static void a_webhook_that_failed_follows_the_test_clock(void **state)
{
	struct id key;
	struct world *w = scheduling_world("", &key);
	int before;

	(void)state;
	w->webhook_waits = true;
	scheduling_ask(w, api_type_billing_key_suspend, key.text, 200);
	before = w->hook_count;
	/* Five failures: the sixth try is many seconds away. */
	for (int i = 0; i < 5; i++) {
		outbox_webhook_result(&w->a, &(struct uplink_webhook_result){ .job = w->hooks[w->hook_count - 1].u.webhook.job,
		                                                             .status = UPLINK_LATER, .http_status = 500 });
		world_turn(w);
		for (int k = 0; k < 300 && w->hook_count == before + i; k++)
			world_wait(w, 100);
	}
	outbox_webhook_result(&w->a, &(struct uplink_webhook_result){ .job = w->hooks[w->hook_count - 1].u.webhook.job,
	                                                             .status = UPLINK_LATER, .http_status = 500 });
	world_turn(w);
	before = w->hook_count;
	world_wait(w, 5000);
	assert_int_equal(w->hook_count, before);
	advance(w, 3600, 200);
	world_wait(w, 2000);
	assert_int_equal(w->hook_count, before + 1);
	world_free(&w);
}

static void the_clock_of_real_money_stands_firm(void **state)
{
	struct world *w = world_new("");

	(void)state;
	advance(w, 0, 422);
	advance(w, 366 * 24 * 3600 + 1, 422);
	for (int i = 0; i < 9; i++)
		advance(w, 366 * 24 * 3600, 200);
	advance(w, 366 * 24 * 3600, 200);
	advance(w, 1, 422);
	world_merchant(w, "\"live\": true");
	advance(w, 60, 403);
	assert_string_equal(w->answer.code, "live_merchant");
	scheduling_ask(w, api_type_test_clock_get, "", 403);
	world_free(&w);
}

static void one_test_clock_moves_no_other(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("", &key);
	char first[ID_SIZE];

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "days", 1, ""));
	snprintf(first, sizeof(first), "%s", w->merchant);
	world_merchant(w, "\"may_skip_consent\": true");
	advance(w, 30 * 24 * 3600, 200);
	scheduling_go_on(w, 2000);
	snprintf(w->merchant, sizeof(w->merchant), "%s", first);
	assert_int_equal(scheduling_runs(w, id)->count, 0);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_test_clock_moves_what_waits),
		cmocka_unit_test(a_webhook_that_failed_follows_the_test_clock),
		cmocka_unit_test(the_clock_of_real_money_stands_firm),
		cmocka_unit_test(one_test_clock_moves_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
