/* Schedules: what is due is paid once, whatever dies, sleeps or is moved meanwhile. */
#include "arsd_scheduling.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "arsd/speech.h"
#include "store/schedules.h"

/* ---- runs ---- */

static void each_month_is_paid_once(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("", &key);
	struct runs *runs;

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "month", 31, ""));
	assert_string_equal(world_answered(w, "status"), "active");
	assert_string_equal(world_answered(w, "next_run_at"), "2026-09-30T01:00:00.000Z");
	scheduling_sleep(w, 8 * day + 10 * hour);
	scheduling_go_on(w, 1000);
	assert_int_equal(scheduling_runs(w, id)->count, 0);
	scheduling_sleep(w, 2 * hour);
	scheduling_go_on(w, 10000);
	runs = scheduling_runs(w, id);
	assert_int_equal(runs->count, 1);
	assert_string_equal(runs->r[0].state, "approved");
	assert_string_equal(runs->r[0].order_id, "gym-20260930-1");
	assert_string_equal(runs->r[0].schedule.text, id.text);
	world_expect_hook(w, 0, "payment.approved");
	assert_int_equal(world_hooks_of(w, "schedule.payment_created"), 1);
	scheduling_ask(w, api_type_schedule_get, id.text, 200);
	assert_string_equal(world_answered(w, "next_run_at"), "2026-10-31T01:00:00.000Z");
	assert_string_equal(world_answered(w, "last_payment"), runs->r[0].id.text);
	scheduling_ask(w, api_type_payment_get, runs->r[0].id.text, 200);
	assert_string_equal(world_answered(w, "schedule"), id.text);
	scheduling_sleep(w, 31 * day);
	scheduling_go_on(w, 10000);
	assert_int_equal(scheduling_runs(w, id)->count, 2);
	assert_int_equal(scheduling_paid, 2);
	world_free(&w);
}

static void it_ends_by_count_and_by_day(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("", &key);
	struct api_msg *m;

	(void)state;
	m = scheduling_wanted(key, "days", 1, "");
	m->u.schedule_create.count = 2;
	id = scheduling_made(w, m);
	for (int i = 0; i < 4; i++) {
		scheduling_sleep(w, day);
		scheduling_go_on(w, 2000);
	}
	assert_int_equal(scheduling_runs(w, id)->count, 2);
	assert_string_equal(scheduling_get(w, id).state, "ended");
	assert_string_equal(scheduling_get(w, id).reason, "completed");
	assert_int_equal(world_hooks_of(w, "schedule.ended"), 1);
	m = scheduling_wanted(key, "once", 0, "2026-09-27");
	snprintf(m->u.schedule_create.order_id, sizeof(m->u.schedule_create.order_id), "fee-2026");
	id = scheduling_made(w, m);
	scheduling_sleep(w, 2 * day);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_runs(w, id)->count, 1);
	assert_string_equal(scheduling_runs(w, id)->r[0].order_id, "fee-2026");
	assert_string_equal(scheduling_get(w, id).state, "ended");
	scheduling_ask(w, api_type_schedule_resume, id.text, 409);
	assert_string_equal(w->answer.code, "schedule_ended");
	world_free(&w);
}

/* With consent each run is a call as any payment is. */
static void with_consent_the_customer_is_called_for(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("lease_quarantine_s = 0;", &key);
	struct api_msg *m = scheduling_wanted(key, "once", 0, "2026-09-22");
	struct runs *runs;
	char folder[128];

	(void)state;
	snprintf(m->u.schedule_create.consent, sizeof(m->u.schedule_create.consent), "scheduling_ask");
	id = scheduling_made(w, m);
	/* The sounds of its names were thrown away meanwhile, and are made again before anybody is asked to call. */
	scheduling_sleep(w, 12 * hour);
	w->speech_waits = true;
	world_wait(w, 500);
	assert_int_equal(scheduling_runs(w, id)->count, 0);
	assert_string_equal(scheduling_get(w, id).delay, "speech_unavailable");
	assert_true(w->speech_count > 0);
	w->speech_waits = false;
	snprintf(folder, sizeof(folder), "%s/speech", w->folder);
	mkdir(folder, 0700);
	{
		static const char *const texts[] = { "칼키 서점", "월간 구독" };

		for (int i = 0; i < 2; i++) {
			char clean[SPEECH_TEXT_SIZE], name[SPEECH_NAME_SIZE], path[300];
			FILE *f;

			assert_int_equal(speech_clean(texts[i], clean), 0);
			assert_int_equal(speech_name("ko", clean, name), 0);
			speech_path(&w->a.set, name, "ko", path, sizeof(path));
			*strrchr(path, '/') = '\0';
			mkdir(path, 0700);
			speech_path(&w->a.set, name, "ko", path, sizeof(path));
			f = fopen(path, "w");
			assert_non_null(f);
			fclose(f);
		}
	}
	world_wait(w, 5000);
	runs = scheduling_runs(w, id);
	assert_int_equal(runs->count, 1);
	assert_string_equal(runs->r[0].state, "sms_sent");
	world_call(w, 200, phone, runs->r[0].virtual_number.digits);
	world_played(w, 200);
	world_press(w, 200, '1');
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	world_pg(w, world_ok(""));
	assert_string_equal(world_request(w, runs->r[0].id.text).state, "approved");
	{
		char command[200];

		snprintf(command, sizeof(command), "rm -rf %s/speech %s/prompts", w->folder, w->folder);
		assert_int_equal(system(command), 0);
	}
	world_free(&w);
}

/* Were the count of runs ever lost behind a run that was made, that one is found again, and not scheduling_paid twice. */
static void a_run_that_is_there_already_is_not_made_again(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("", &key);
	struct schedule s;

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "days", 1, ""));
	s = scheduling_get(w, id);
	scheduling_sleep(w, 12 * hour);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_paid, 1);
	assert_int_equal(store_schedule_update(w->a.store, &s, "active"), 0);
	world_turn(w);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_paid, 1);
	assert_int_equal(scheduling_runs(w, id)->count, 1);
	assert_int_equal(scheduling_get(w, id).runs, 1);
	assert_string_equal(scheduling_get(w, id).last_payment, scheduling_runs(w, id)->r[0].id.text);
	world_free(&w);
}

static void an_order_id_that_was_used_finds_another(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("", &key);
	struct api_msg *m;

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "days", 1, ""));
	m = world_payment(key.text, "gym-20260922-1", 1000);
	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "skip");
	world_ask(w, m);
	assert_int_equal(w->answer.status, 201);
	scheduling_pg_pays(w);
	scheduling_sleep(w, 12 * hour);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_runs(w, id)->count, 1);
	assert_string_equal(scheduling_runs(w, id)->r[0].order_id, "gym-20260922-1.2");
	world_free(&w);
}

/* A run of yesterday is no run of today, though today's would have been called like it. */
static void an_order_id_of_an_earlier_run_finds_another(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("", &key);
	static struct api_msg m;

	(void)state;
	m = *scheduling_wanted(key, "days", 1, "");
	snprintf(m.u.schedule_create.order_id, sizeof(m.u.schedule_create.order_id), "gym-2026-{n}2");
	id = scheduling_made(w, &m);
	scheduling_sleep(w, 12 * hour);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_paid, 1);
	memset(&m, 0, sizeof(m));
	m.type = api_type_schedule_update;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", id.text);
	m.u.schedule_update.count = -1;
	snprintf(m.u.schedule_update.order_id, sizeof(m.u.schedule_update.order_id), "gym-2026-1{n}");
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 200);
	scheduling_sleep(w, day);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_paid, 2);
	assert_int_equal(scheduling_runs(w, id)->count, 2);
	assert_string_equal(scheduling_runs(w, id)->r[0].order_id, "gym-2026-12.2");
	assert_string_equal(scheduling_get(w, id).last_payment, scheduling_runs(w, id)->r[0].id.text);
	world_free(&w);
}

/* ---- what nobody could make ---- */

/* An operator who leaves a gateway out for an hour does not cost every merchant a month. */
static void what_the_operator_can_mend_waits_for_it(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("", &key);

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "month", 22, ""));
	world_gateway(w, "another", ~0u, 0);
	scheduling_sleep(w, 11 * hour);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_paid, 0);
	assert_string_equal(scheduling_get(w, id).delay, "gateway_unknown");
	assert_int_equal(scheduling_get(w, id).missed, 0);
	world_gateway(w, "sandbox", ~0u, 0);
	scheduling_sleep(w, hour);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_paid, 1);
	assert_string_equal(scheduling_get(w, id).delay, "");
	world_free(&w);
}

static void what_was_due_while_it_was_off_is_made_once_or_missed(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("schedule_catch_up_s = 36000;", &key);

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "days", 1, "2026-09-22"));
	/* Four days, back nine hours after the fourth run was due. */
	scheduling_sleep(w, 3 * day + 10 * hour + 46 * 60000 + 40000 + 9 * hour);
	world_crash(w);
	scheduling_go_on(w, 3000);
	assert_int_equal(scheduling_runs(w, id)->count, 1);
	assert_string_equal(scheduling_runs(w, id)->r[0].order_id, "gym-20260925-1");
	assert_int_equal(scheduling_get(w, id).missed, 3);
	assert_int_equal(world_hooks_of(w, "schedule.run_missed"), 1);
	/* And once more, too long. */
	scheduling_sleep(w, 2 * day + 2 * hour);
	world_crash(w);
	scheduling_go_on(w, 3000);
	assert_int_equal(scheduling_runs(w, id)->count, 1);
	assert_int_equal(scheduling_get(w, id).missed, 5);
	assert_int_equal(world_hooks_of(w, "schedule.run_missed"), 2);
	assert_int_equal(scheduling_paid, 1);
	world_free(&w);
}

static void what_cannot_be_made_now_waits_and_is_missed_in_the_end(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("schedule_catch_up_s = 60; max_live_requests = 1;", &key);
	struct api_msg *m;

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "days", 1, ""));
	m = world_payment(key.text, "order-000001", 1000);
	m->u.payment_create.expires_in_s = 604800;
	world_ask(w, m);
	assert_int_equal(w->answer.status, 201);
	scheduling_sleep(w, 10 * hour + 46 * 60000 + 40000);
	world_wait(w, 10000);
	assert_int_equal(scheduling_runs(w, id)->count, 0);
	assert_string_equal(scheduling_get(w, id).delay, "too_many_requests_live");
	world_wait(w, 60000);
	assert_int_equal(scheduling_get(w, id).missed, 1);
	assert_int_equal(scheduling_runs(w, id)->count, 0);
	world_expect_hook(w, 0, "schedule.run_missed");
	world_free(&w);
}

/* ---- crashes ---- */

enum kill { NOTHING_STORED, NOTHING_SENT, NOTHING_ANSWERED, KILLS };

static void a_run_is_neither_lost_nor_doubled_by_a_crash(void **state)
{
	(void)state;
	for (enum kill how = 0; how < KILLS; how++) {
		struct id key, id;
		struct world *w = scheduling_world("", &key);
		struct request r;
		int orders = 0;

		id = scheduling_made(w, scheduling_wanted(key, "days", 1, ""));
		scheduling_sleep(w, 12 * hour);
		w->lost = how == NOTHING_STORED;
		w->a.wall.ms += 100;
		arsd_tick(&w->a);
		world_turn(w);
		/* The payment, its order and the next day stand or fall together. */
		orders += how == NOTHING_ANSWERED && w->pg.type == uplink_type_pg_pay;
		assert_int_equal(orders, how == NOTHING_ANSWERED);
		world_crash(w);
		assert_int_equal(scheduling_runs(w, id)->count, how != NOTHING_STORED);
		assert_int_equal(scheduling_get(w, id).runs, how != NOTHING_STORED);
		for (int i = 0; i < 40; i++) {
			world_wait(w, 500);
			while (w->pg.type != 0)
				if (w->pg.type == uplink_type_pg_query && orders == 0)
					world_pg_status(w, UPLINK_PG_NOT_FOUND);
				else if (w->pg.type == uplink_type_pg_net_cancel)
					world_pg(w, world_ok(""));
				else {
					orders += w->pg.type == uplink_type_pg_pay;
					world_pg(w, world_ok(""));
				}
		}
		assert_int_equal(scheduling_runs(w, id)->count, 1);
		r = scheduling_runs(w, id)->r[0];
		assert_true(orders <= 1);
		assert_string_equal(r.state, orders == 1 ? "approved" : "net_canceled");
		assert_int_equal(scheduling_get(w, id).runs, 1);
		assert_int_equal(world_hooks_of(w, "schedule.payment_created") > 0, true);
		world_free(&w);
	}
}

static void a_turn_that_the_store_refuses_changes_nothing(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("", &key);

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "days", 1, ""));
	scheduling_sleep(w, 12 * hour);
	w->lost = true;
	arsd_tick(&w->a);
	world_turn(w);
	w->lost = false;
	w->pg.type = 0;
	arsd_turn_failed(&w->a);
	world_turn(w);
	assert_int_equal(scheduling_runs(w, id)->count, 0);
	scheduling_go_on(w, 5000);
	assert_int_equal(scheduling_runs(w, id)->count, 1);
	assert_int_equal(scheduling_paid, 1);
	assert_int_equal(scheduling_get(w, id).runs, 1);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_month_is_paid_once),
		cmocka_unit_test(it_ends_by_count_and_by_day),
		cmocka_unit_test(with_consent_the_customer_is_called_for),
		cmocka_unit_test(a_run_that_is_there_already_is_not_made_again),
		cmocka_unit_test(an_order_id_that_was_used_finds_another),
		cmocka_unit_test(an_order_id_of_an_earlier_run_finds_another),
		cmocka_unit_test(what_the_operator_can_mend_waits_for_it),
		cmocka_unit_test(what_was_due_while_it_was_off_is_made_once_or_missed),
		cmocka_unit_test(what_cannot_be_made_now_waits_and_is_missed_in_the_end),
		cmocka_unit_test(a_run_is_neither_lost_nor_doubled_by_a_crash),
		cmocka_unit_test(a_turn_that_the_store_refuses_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
