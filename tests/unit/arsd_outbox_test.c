/* Messages to customers and merchants leave in spite of a clock that is set back, and of a server that is silent. */
#include "arsd_world.h"

#include <stdio.h>

#include "arsd/api.h"
#include "arsd/outbox.h"

static const char phone[] = "01012345678";

/* At a start with a clock that was never set, or when the time service corrects it. */
static void a_clock_that_is_set_back_puts_no_message_off(void **state)
{
	(void)state;
	for (int restart = 0; restart < 2; restart++) {
		struct world *w = world_new("");
		struct outbox_job job;
		uint64_t id;

		w->sms_waits = true;
		world_ask(w, world_registration(phone));
		id = w->sms[0].u.sms.job;
		outbox_sms_result(&w->a, &(struct uplink_sms_result){ .job = id, .status = UPLINK_LATER });
		world_turn(w);
		w->a.wall.ms -= INT64_C(30) * 24 * 3600 * 1000;
		if (restart)
			world_crash(w);
		world_wait(w, 100);
		assert_int_equal(store_outbox_get(w->a.store, (int64_t)id, &job), 0);
		assert_string_equal(job.state, "waiting");
		/* An arsd that saw the step knows by how much; another one knows the longest pause. */
		assert_in_range(job.next_try.ms, w->a.wall.ms, w->a.wall.ms + (restart ? 3600000 * 5 / 4 : 1500));
		world_free(&w);
	}
}

static void a_merchant_whose_server_is_silent_holds_up_nobody_else(void **state)
{
	struct world *w = world_new("request_ttl_s = 30;");
	int before;

	(void)state;
	w->webhook_waits = true;
	for (int i = 0; i < 200; i++) {
		struct api_msg *m = world_registration(phone);

		snprintf(m->u.registration_create.phone, sizeof(m->u.registration_create.phone), "010%08d", i);
		snprintf(m->u.registration_create.sms, sizeof(m->u.registration_create.sms), "skip");
		world_ask(w, m);
		assert_int_equal(w->answer.status, 201);
	}
	world_wait(w, 32000);
	assert_in_range(w->hook_count, 16, 31);       /* of 200 */
	world_merchant(w, "");
	world_ask(w, world_registration(phone));
	assert_int_equal(w->sms_count, 1);
	before = w->hook_count;
	world_wait(w, 32000);
	assert_int_equal(w->hook_count, before + 1);
	assert_string_not_equal(w->hooks[before].u.webhook.secret, w->hooks[0].u.webhook.secret);
	world_free(&w);
}

/* Never sooner than its server wants, nor later for its sake than the longest pause; what it wants is kept over a restart. */
static void a_merchant_says_when_to_ask_again(void **state)
{
	static const struct { uint32_t after_s; int64_t least_ms, most_ms; } rows[] = {
		{ 0, 750, 1250 }, { 1, 1000, 1250 }, { 120, 120000, 120000 }, { 86400, 4500000, 4500000 }, { UINT32_MAX, 4500000, 4500000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct world *w = world_new("request_ttl_s = 30;");
		struct api_msg *m = world_registration(phone);
		struct outbox_job job;
		uint64_t id;

		w->webhook_waits = true;
		snprintf(m->u.registration_create.sms, sizeof(m->u.registration_create.sms), "skip");
		world_ask(w, m);
		world_wait(w, 32000);
		assert_int_equal(w->hook_count, 1);
		id = w->hooks[0].u.webhook.job;
		outbox_webhook_result(&w->a, &(struct uplink_webhook_result){ .job = id, .status = UPLINK_LATER, .http_status = 503,
		                                                             .retry_after_s = rows[i].after_s });
		world_turn(w);
		world_crash(w);
		assert_int_equal(store_outbox_get(w->a.store, (int64_t)id, &job), 0);
		assert_in_range(job.next_try.ms, w->a.wall.ms + rows[i].least_ms, w->a.wall.ms + rows[i].most_ms);
		world_wait(w, rows[i].least_ms - 100);
		assert_int_equal(w->hook_count, 1);
		world_wait(w, rows[i].most_ms - rows[i].least_ms + 1200);
		assert_int_equal(w->hook_count, 2);
		world_free(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_is_set_back_puts_no_message_off),
		cmocka_unit_test(a_merchant_says_when_to_ask_again),
		cmocka_unit_test(a_merchant_whose_server_is_silent_holds_up_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
