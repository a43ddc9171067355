/* Schedules: what is due is paid once, whatever dies, sleeps or is moved meanwhile; and the clock of test merchants. */
#include "arsd_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arsd/outbox.h"
#include "arsd/speech.h"
#include "store/schedules.h"

static const char phone[] = "01012345678";
/* The world begins on 2026-09-21 at 23:13:20 in Korea. */
static const int64_t hour = 3600000, day = 24 * INT64_C(3600000);

/* ---- asking ---- */

static struct api_msg *wanted(struct id key, const char *every, uint32_t n, const char *starts_on)
{
	static struct api_msg m;
	struct api_schedule_create *c = &m.u.schedule_create;

	memset(&m, 0, sizeof(m));
	m.type = api_type_schedule_create;
	snprintf(c->billing_key, sizeof(c->billing_key), "%s", key.text);
	snprintf(c->order_id, sizeof(c->order_id), "gym-{date}");
	snprintf(c->order_name, sizeof(c->order_name), "월간 구독");
	c->amount_minor = 9900;
	snprintf(c->consent, sizeof(c->consent), "skip");
	snprintf(c->repeat, sizeof(c->repeat), "%s", every);
	c->month_day = strcmp(every, "month") == 0 ? n : 0;
	c->every_days = strcmp(every, "days") == 0 ? n : 0;
	snprintf(c->starts_on, sizeof(c->starts_on), "%s", starts_on);
	return &m;
}

static struct id scheduled(struct world *w, const struct api_msg *asked)
{
	static struct api_msg m;
	struct id id = { "" };

	m = *asked;
	world_ask(w, &m);
	if (w->answer.status != 201)
		fail_msg("%u %s %s %s", w->answer.status, w->answer.code, w->answer.field, w->answer.detail);
	snprintf(id.text, sizeof(id.text), "%s", world_answered(w, "id"));
	return id;
}

static void ask(struct world *w, enum api_type type, const char *id, unsigned status)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = type;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", id);
	world_ask(w, &m);
	if (w->answer.status != status)
		fail_msg("%u %s %s", w->answer.status, w->answer.code, w->answer.detail);
}

static void refused(struct world *w, const struct api_msg *asked, unsigned status, const char *code, const char *field)
{
	static struct api_msg m;

	m = *asked;
	world_ask(w, &m);
	assert_int_equal(w->answer.status, status);
	assert_string_equal(w->answer.code, code);
	assert_string_equal(w->answer.field, field);
}

static struct schedule schedule_of(struct world *w, struct id id)
{
	struct schedule s;

	assert_int_equal(store_schedule_get(w->a.store, id.text, &s), 0);
	return s;
}

/* ---- time and the PG ---- */

/* The appliance sleeps, or the test does. */
static void sleep_for(struct world *w, int64_t ms)
{
	w->a.wall.ms += ms;
	w->a.mono = mono_add_ms(w->a.mono, ms);
}

static int paid;
static void pg_pays(struct world *w)
{
	while (w->pg.type != 0) {
		if (w->pg.type == uplink_type_pg_query) {
			world_pg_status(w, UPLINK_PG_NOT_FOUND);
		} else {
			paid += w->pg.type == uplink_type_pg_pay;
			world_pg(w, world_ok(""));
		}
	}
}

static void go_on(struct world *w, int64_t ms)
{
	for (; ms > 0; ms -= 500) {
		world_wait(w, 500);
		pg_pays(w);
	}
}

struct runs { struct request r[64]; int count; };
static int collect(const struct request *r, void *context)
{
	struct runs *runs = context;

	assert_true(runs->count < 64);
	runs->r[runs->count++] = *r;
	return 0;
}

/* Newest first. */
static struct runs *runs_of(struct world *w, struct id schedule)
{
	static struct runs runs;
	struct list_page p = { .merchant = w->merchant, .after_id = "", .status = "", .of = schedule.text, .limit = 64 };

	runs.count = 0;
	assert_int_equal(list_requests(w->a.store, &p, REQUEST_PAYMENT, collect, &runs), 0);
	return &runs;
}

static struct world *with_key(const char *settings, struct id *key)
{
	struct world *w = world_new(settings);

	*key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	paid = 0;
	return w;
}

/* ---- runs ---- */

static void each_month_is_paid_once(void **state)
{
	struct id key, id;
	struct world *w = with_key("", &key);
	struct runs *runs;

	(void)state;
	id = scheduled(w, wanted(key, "month", 31, ""));
	assert_string_equal(world_answered(w, "status"), "active");
	assert_string_equal(world_answered(w, "next_run_at"), "2026-09-30T01:00:00.000Z");
	sleep_for(w, 8 * day + 10 * hour);
	go_on(w, 1000);
	assert_int_equal(runs_of(w, id)->count, 0);
	sleep_for(w, 2 * hour);
	go_on(w, 10000);
	runs = runs_of(w, id);
	assert_int_equal(runs->count, 1);
	assert_string_equal(runs->r[0].state, "approved");
	assert_string_equal(runs->r[0].order_id, "gym-20260930-1");
	assert_string_equal(runs->r[0].schedule.text, id.text);
	world_expect_hook(w, 0, "payment.approved");
	assert_int_equal(world_hooks_of(w, "schedule.payment_created"), 1);
	ask(w, api_type_schedule_get, id.text, 200);
	assert_string_equal(world_answered(w, "next_run_at"), "2026-10-31T01:00:00.000Z");
	assert_string_equal(world_answered(w, "last_payment"), runs->r[0].id.text);
	ask(w, api_type_payment_get, runs->r[0].id.text, 200);
	assert_string_equal(world_answered(w, "schedule"), id.text);
	sleep_for(w, 31 * day);
	go_on(w, 10000);
	assert_int_equal(runs_of(w, id)->count, 2);
	assert_int_equal(paid, 2);
	world_free(&w);
}

static void it_ends_by_count_and_by_day(void **state)
{
	struct id key, id;
	struct world *w = with_key("", &key);
	struct api_msg *m;

	(void)state;
	m = wanted(key, "days", 1, "");
	m->u.schedule_create.count = 2;
	id = scheduled(w, m);
	for (int i = 0; i < 4; i++) {
		sleep_for(w, day);
		go_on(w, 2000);
	}
	assert_int_equal(runs_of(w, id)->count, 2);
	assert_string_equal(schedule_of(w, id).state, "ended");
	assert_string_equal(schedule_of(w, id).reason, "completed");
	assert_int_equal(world_hooks_of(w, "schedule.ended"), 1);
	m = wanted(key, "once", 0, "2026-09-27");
	snprintf(m->u.schedule_create.order_id, sizeof(m->u.schedule_create.order_id), "fee-2026");
	id = scheduled(w, m);
	sleep_for(w, 2 * day);
	go_on(w, 2000);
	assert_int_equal(runs_of(w, id)->count, 1);
	assert_string_equal(runs_of(w, id)->r[0].order_id, "fee-2026");
	assert_string_equal(schedule_of(w, id).state, "ended");
	ask(w, api_type_schedule_resume, id.text, 409);
	assert_string_equal(w->answer.code, "schedule_ended");
	world_free(&w);
}

/* With consent each run is a call as any payment is. */
static void with_consent_the_customer_is_called_for(void **state)
{
	struct id key, id;
	struct world *w = with_key("lease_quarantine_s = 0;", &key);
	struct api_msg *m = wanted(key, "once", 0, "2026-09-22");
	struct runs *runs;
	char folder[128];

	(void)state;
	snprintf(m->u.schedule_create.consent, sizeof(m->u.schedule_create.consent), "ask");
	id = scheduled(w, m);
	/* The sounds of its names were thrown away meanwhile, and are made again before anybody is asked to call. */
	sleep_for(w, 12 * hour);
	w->speech_waits = true;
	world_wait(w, 500);
	assert_int_equal(runs_of(w, id)->count, 0);
	assert_string_equal(schedule_of(w, id).delay, "speech_unavailable");
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
	runs = runs_of(w, id);
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

/* Were the count of runs ever lost behind a run that was made, that one is found again, and not paid twice. */
static void a_run_that_is_there_already_is_not_made_again(void **state)
{
	struct id key, id;
	struct world *w = with_key("", &key);
	struct schedule s;

	(void)state;
	id = scheduled(w, wanted(key, "days", 1, ""));
	s = schedule_of(w, id);
	sleep_for(w, 12 * hour);
	go_on(w, 2000);
	assert_int_equal(paid, 1);
	assert_int_equal(store_schedule_update(w->a.store, &s, "active"), 0);
	world_turn(w);
	go_on(w, 2000);
	assert_int_equal(paid, 1);
	assert_int_equal(runs_of(w, id)->count, 1);
	assert_int_equal(schedule_of(w, id).runs, 1);
	assert_string_equal(schedule_of(w, id).last_payment, runs_of(w, id)->r[0].id.text);
	world_free(&w);
}

static void an_order_id_that_was_used_finds_another(void **state)
{
	struct id key, id;
	struct world *w = with_key("", &key);
	struct api_msg *m;

	(void)state;
	id = scheduled(w, wanted(key, "days", 1, ""));
	m = world_payment(key.text, "gym-20260922-1", 1000);
	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "skip");
	world_ask(w, m);
	assert_int_equal(w->answer.status, 201);
	pg_pays(w);
	sleep_for(w, 12 * hour);
	go_on(w, 2000);
	assert_int_equal(runs_of(w, id)->count, 1);
	assert_string_equal(runs_of(w, id)->r[0].order_id, "gym-20260922-1.2");
	world_free(&w);
}

/* ---- what nobody could make ---- */

static void what_was_due_while_it_was_off_is_made_once_or_missed(void **state)
{
	struct id key, id;
	struct world *w = with_key("schedule_catch_up_s = 36000;", &key);

	(void)state;
	id = scheduled(w, wanted(key, "days", 1, "2026-09-22"));
	/* Four days, back nine hours after the fourth run was due. */
	sleep_for(w, 3 * day + 10 * hour + 46 * 60000 + 40000 + 9 * hour);
	world_crash(w);
	go_on(w, 3000);
	assert_int_equal(runs_of(w, id)->count, 1);
	assert_string_equal(runs_of(w, id)->r[0].order_id, "gym-20260925-1");
	assert_int_equal(schedule_of(w, id).missed, 3);
	assert_int_equal(world_hooks_of(w, "schedule.run_missed"), 1);
	/* And once more, too long. */
	sleep_for(w, 2 * day + 2 * hour);
	world_crash(w);
	go_on(w, 3000);
	assert_int_equal(runs_of(w, id)->count, 1);
	assert_int_equal(schedule_of(w, id).missed, 5);
	assert_int_equal(world_hooks_of(w, "schedule.run_missed"), 2);
	assert_int_equal(paid, 1);
	world_free(&w);
}

static void what_cannot_be_made_now_waits_and_is_missed_in_the_end(void **state)
{
	struct id key, id;
	struct world *w = with_key("schedule_catch_up_s = 60; max_live_requests = 1;", &key);
	struct api_msg *m;

	(void)state;
	id = scheduled(w, wanted(key, "days", 1, ""));
	m = world_payment(key.text, "order-000001", 1000);
	m->u.payment_create.expires_in_s = 604800;
	world_ask(w, m);
	assert_int_equal(w->answer.status, 201);
	sleep_for(w, 10 * hour + 46 * 60000 + 40000);
	world_wait(w, 10000);
	assert_int_equal(runs_of(w, id)->count, 0);
	assert_string_equal(schedule_of(w, id).delay, "too_many_requests_live");
	world_wait(w, 60000);
	assert_int_equal(schedule_of(w, id).missed, 1);
	assert_int_equal(runs_of(w, id)->count, 0);
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
		struct world *w = with_key("", &key);
		struct request r;
		int orders = 0;

		id = scheduled(w, wanted(key, "days", 1, ""));
		sleep_for(w, 12 * hour);
		w->lost = how == NOTHING_STORED;
		w->a.wall.ms += 100;
		arsd_tick(&w->a);
		world_turn(w);
		/* The payment, its order and the next day stand or fall together. */
		orders += how == NOTHING_ANSWERED && w->pg.type == uplink_type_pg_pay;
		assert_int_equal(orders, how == NOTHING_ANSWERED);
		world_crash(w);
		assert_int_equal(runs_of(w, id)->count, how != NOTHING_STORED);
		assert_int_equal(schedule_of(w, id).runs, how != NOTHING_STORED);
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
		assert_int_equal(runs_of(w, id)->count, 1);
		r = runs_of(w, id)->r[0];
		assert_true(orders <= 1);
		assert_string_equal(r.state, orders == 1 ? "approved" : "net_canceled");
		assert_int_equal(schedule_of(w, id).runs, 1);
		assert_int_equal(world_hooks_of(w, "schedule.payment_created") > 0, true);
		world_free(&w);
	}
}

static void a_turn_that_the_store_refuses_changes_nothing(void **state)
{
	struct id key, id;
	struct world *w = with_key("", &key);

	(void)state;
	id = scheduled(w, wanted(key, "days", 1, ""));
	sleep_for(w, 12 * hour);
	w->lost = true;
	arsd_tick(&w->a);
	world_turn(w);
	w->lost = false;
	w->pg.type = 0;
	arsd_turn_failed(&w->a);
	world_turn(w);
	assert_int_equal(runs_of(w, id)->count, 0);
	go_on(w, 5000);
	assert_int_equal(runs_of(w, id)->count, 1);
	assert_int_equal(paid, 1);
	assert_int_equal(schedule_of(w, id).runs, 1);
	world_free(&w);
}

/* ---- rest and end ---- */

static void it_rests_and_goes_on_with_what_is_due_then(void **state)
{
	struct id key, id;
	struct world *w = with_key("", &key);

	(void)state;
	id = scheduled(w, wanted(key, "days", 1, ""));
	ask(w, api_type_schedule_pause, id.text, 200);
	assert_string_equal(world_answered(w, "status"), "paused");
	assert_string_equal(world_answered(w, "reason"), "by_merchant");
	ask(w, api_type_schedule_pause, id.text, 200);
	assert_int_equal(world_hooks_of(w, "schedule.paused"), 1);
	sleep_for(w, 5 * day);
	go_on(w, 2000);
	assert_int_equal(runs_of(w, id)->count, 0);
	ask(w, api_type_schedule_resume, id.text, 200);
	assert_string_equal(world_answered(w, "next_run_at"), "2026-09-27T01:00:00.000Z");
	world_expect_hook(w, 0, "schedule.resumed");
	assert_int_equal(schedule_of(w, id).missed, 0);
	ask(w, api_type_schedule_delete, id.text, 200);
	assert_string_equal(world_answered(w, "reason"), "deleted");
	ask(w, api_type_schedule_delete, id.text, 200);
	ask(w, api_type_schedule_pause, id.text, 409);
	sleep_for(w, 5 * day);
	go_on(w, 2000);
	assert_int_equal(runs_of(w, id)->count, 0);
	world_free(&w);
}

static void it_follows_its_billing_key(void **state)
{
	struct id key, id, own;
	struct world *w = with_key("", &key);

	(void)state;
	id = scheduled(w, wanted(key, "days", 1, ""));
	own = scheduled(w, wanted(key, "days", 2, ""));
	ask(w, api_type_schedule_pause, own.text, 200);
	ask(w, api_type_billing_key_suspend, key.text, 200);
	assert_string_equal(schedule_of(w, id).state, "paused");
	assert_string_equal(schedule_of(w, id).reason, "billing_key_suspended");
	assert_int_equal(world_hooks_of(w, "schedule.paused"), 2);
	ask(w, api_type_schedule_resume, id.text, 422);
	assert_string_equal(w->answer.code, "billing_key_unusable");
	ask(w, api_type_billing_key_resume, key.text, 200);
	assert_string_equal(schedule_of(w, id).state, "active");
	assert_string_equal(schedule_of(w, own).state, "paused");
	/* What the merchant rests while the key rests stays so. */
	ask(w, api_type_billing_key_suspend, key.text, 200);
	ask(w, api_type_schedule_pause, id.text, 200);
	assert_string_equal(world_answered(w, "reason"), "by_merchant");
	ask(w, api_type_billing_key_resume, key.text, 200);
	assert_string_equal(schedule_of(w, id).state, "paused");
	ask(w, api_type_schedule_resume, id.text, 200);
	ask(w, api_type_billing_key_delete, key.text, 200);
	assert_string_equal(schedule_of(w, id).state, "ended");
	assert_string_equal(schedule_of(w, own).state, "ended");
	assert_string_equal(schedule_of(w, id).reason, "billing_key_deleted");
	assert_int_equal(world_hooks_of(w, "schedule.ended"), 2);
	sleep_for(w, 5 * day);
	go_on(w, 2000);
	assert_int_equal(paid, 0);
	world_free(&w);
}

static void it_is_changed_while_it_runs(void **state)
{
	struct id key, id;
	struct world *w = with_key("", &key);
	static struct api_msg m;
	struct api_schedule_update *u = &m.u.schedule_update;

	(void)state;
	id = scheduled(w, wanted(key, "days", 7, ""));
	memset(&m, 0, sizeof(m));
	m.type = api_type_schedule_update;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", id.text);
	u->count = -1;
	u->amount_minor = 12000;
	snprintf(u->repeat, sizeof(u->repeat), "month");
	u->month_day = 25;
	snprintf(u->time, sizeof(u->time), "23:30");
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 200);
	assert_string_equal(world_answered(w, "next_run_at"), "2026-09-25T14:30:00.000Z");
	assert_string_equal(world_answered(w, "time"), "23:30");
	/* What the caller is told of how often goes along. */
	assert_string_equal(world_answered(w, "cycle"), "monthly");
	sleep_for(w, 5 * day);
	go_on(w, 2000);
	assert_int_equal(runs_of(w, id)->count, 1);
	assert_int_equal(runs_of(w, id)->r[0].amount.amount_minor, 12000);
	/* No more than it has made: there would be nothing left of it. */
	memset(u, 0, sizeof(*u));
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", id.text);
	u->count = 1;
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 422);
	u->count = -1;
	snprintf(u->ends_on, sizeof(u->ends_on), "2026-09-30");
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 422);
	assert_int_equal(schedule_of(w, id).ends, 0);
	snprintf(u->ends_on, sizeof(u->ends_on), "2026-10-25");
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 200);
	assert_string_equal(world_answered(w, "ends_on"), "2026-10-25");
	snprintf(u->ends_on, sizeof(u->ends_on), "never");
	world_ask(w, &m);
	assert_string_equal(world_answered(w, "ends_on"), "");
	world_free(&w);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct id key;
	struct world *w = with_key("", &key);
	struct api_msg *m = wanted(key, "month", 31, "2026-09-20");

	(void)state;
	refused(w, m, 422, "invalid_field", "/starts_on");
	refused(w, wanted(key, "once", 0, ""), 422, "invalid_field", "/starts_on");
	refused(w, wanted(key, "once", 0, "2026-09-21"), 422, "invalid_field", "/repeat");
	refused(w, wanted(key, "month", 32, ""), 422, "invalid_field", "/repeat/day");
	refused(w, wanted(key, "days", 0, ""), 422, "invalid_field", "/repeat/days");
	refused(w, wanted(key, "days", 1, "2038-01-01"), 422, "invalid_field", "/starts_on");
	m = wanted(key, "month", 1, "");
	snprintf(m->u.schedule_create.ends_on, 12, "2026-09-20");
	refused(w, m, 422, "invalid_field", "/ends_on");
	snprintf(m->u.schedule_create.ends_on, 12, "2026-09-29");
	refused(w, m, 422, "invalid_field", "/repeat");
	m = wanted(key, "month", 1, "");
	snprintf(m->u.schedule_create.billing_key, 40, "bk_00000000000000000000000000");
	refused(w, m, 422, "billing_key_not_found", "/billing_key");
	m = wanted(key, "month", 1, "");
	snprintf(m->u.schedule_create.order_id, 49, "%048d", 0);
	scheduled(w, m);
	world_merchant(w, "");
	refused(w, wanted(key, "month", 1, ""), 422, "billing_key_not_found", "/billing_key");
	key = world_billing_key(w, "01087654321", "4321", CARD_CREDIT);
	refused(w, wanted(key, "month", 1, ""), 403, "consent_skip_not_allowed", "/consent");
	world_free(&w);
}

/* Rather than have every run missed for it. */
static void one_whose_text_no_sms_can_have_is_refused(void **state)
{
	struct id key, id;
	struct world *w = with_key("sms_others = \"refuse\"; sms_long = \"refuse\"; sms_ko = \"{product} 결제 확인 전화를 이리 걸어 주세요: {number}\";", &key);
	struct api_msg *m = wanted(key, "month", 1, "");
	struct api_schedule_create *c = &m->u.schedule_create;
	static struct api_msg change;

	(void)state;
	c->consent[0] = '\0';
	snprintf(c->order_name, sizeof(c->order_name), "뷁 회비");
	refused(w, m, 422, "sms_character", "/order_name");
	snprintf(c->order_name, sizeof(c->order_name), "아주아주아주아주아주아주아주아주아주아주 긴 이름");
	refused(w, m, 422, "sms_too_long", "/order_name");
	snprintf(c->sms, sizeof(c->sms), "skip");
	scheduled(w, m);
	c->sms[0] = '\0';
	snprintf(c->order_name, sizeof(c->order_name), "회비");
	id = scheduled(w, m);
	change.type = api_type_schedule_update;
	snprintf(change.u.head.id, sizeof(change.u.head.id), "%s", id.text);
	change.u.schedule_update.count = -1;
	snprintf(change.u.schedule_update.order_name, sizeof(change.u.schedule_update.order_name), "뷁 회비");
	refused(w, &change, 422, "sms_character", "/order_name");
	assert_string_equal(schedule_of(w, id).order_name, "회비");
	world_free(&w);
}

static void nobody_sees_or_moves_anothers(void **state)
{
	static const enum api_type types[] = { api_type_schedule_get, api_type_schedule_delete, api_type_schedule_pause,
	                                       api_type_schedule_resume };
	struct id key, id;
	struct world *w = with_key("", &key);

	(void)state;
	id = scheduled(w, wanted(key, "days", 1, ""));
	world_merchant(w, "");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		ask(w, types[i], id.text, 404);
	assert_string_equal(schedule_of(w, id).state, "active");
	ask(w, api_type_schedules_list, "", 200);
	assert_null(memmem(w->answer.body.data, w->answer.body.len, "sch_", 4));
	world_free(&w);
}

/* ---- a test merchant's clock ---- */

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
	struct world *w = with_key("request_ttl_s = 3600;", &key);
	struct request r;

	(void)state;
	id = scheduled(w, wanted(key, "month", 1, ""));
	daily = scheduled(w, wanted(key, "days", 1, ""));
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
	go_on(w, 5000);
	assert_int_equal(runs_of(w, id)->count, 1);
	assert_int_equal(runs_of(w, daily)->count, 10);
	assert_int_equal(schedule_of(w, daily).missed, 0);
	/* What is made now follows it too. */
	ask(w, api_type_schedule_get, daily.text, 200);
	assert_string_equal(world_answered(w, "next_run_at"), "2026-10-02T01:00:00.000Z");
	advance(w, 24 * 3600, 200);
	go_on(w, 2000);
	assert_int_equal(runs_of(w, daily)->count, 11);
	/* It stays moved. */
	world_crash(w);
	ask(w, api_type_test_clock_get, "", 200);
	assert_non_null(memmem(w->answer.body.data, w->answer.body.len, "\"ahead_s\":954000", 16));
	world_free(&w);
}

static void a_webhook_that_failed_follows_the_test_clock(void **state)
{
	struct id key;
	struct world *w = with_key("", &key);
	int before;

	(void)state;
	w->webhook_waits = true;
	ask(w, api_type_billing_key_suspend, key.text, 200);
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
	ask(w, api_type_test_clock_get, "", 403);
	world_free(&w);
}

static void one_test_clock_moves_no_other(void **state)
{
	struct id key, id;
	struct world *w = with_key("", &key);
	char first[ID_SIZE];

	(void)state;
	id = scheduled(w, wanted(key, "days", 1, ""));
	snprintf(first, sizeof(first), "%s", w->merchant);
	world_merchant(w, "\"may_skip_consent\": true");
	advance(w, 30 * 24 * 3600, 200);
	go_on(w, 2000);
	snprintf(w->merchant, sizeof(w->merchant), "%s", first);
	assert_int_equal(runs_of(w, id)->count, 0);
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
		cmocka_unit_test(what_was_due_while_it_was_off_is_made_once_or_missed),
		cmocka_unit_test(what_cannot_be_made_now_waits_and_is_missed_in_the_end),
		cmocka_unit_test(a_run_is_neither_lost_nor_doubled_by_a_crash),
		cmocka_unit_test(a_turn_that_the_store_refuses_changes_nothing),
		cmocka_unit_test(it_rests_and_goes_on_with_what_is_due_then),
		cmocka_unit_test(it_follows_its_billing_key),
		cmocka_unit_test(it_is_changed_while_it_runs),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(one_whose_text_no_sms_can_have_is_refused),
		cmocka_unit_test(nobody_sees_or_moves_anothers),
		cmocka_unit_test(a_test_clock_moves_what_waits),
		cmocka_unit_test(a_webhook_that_failed_follows_the_test_clock),
		cmocka_unit_test(the_clock_of_real_money_stands_firm),
		cmocka_unit_test(one_test_clock_moves_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
