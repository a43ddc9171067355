/* Schedules from their making to their end: which are refused, who moves them, when they rest. */
#include "arsd_scheduling.h"

#include <stdio.h>
#include <string.h>

#include "store/schedules.h"

static void refused(struct world *w, const struct api_msg *asked, unsigned status, const char *code, const char *field)
{
	static struct api_msg m;

	m = *asked;
	world_ask(w, &m);
	assert_int_equal(w->answer.status, status);
	assert_string_equal(w->answer.code, code);
	assert_string_equal(w->answer.field, field);
}

static void it_rests_and_goes_on_with_what_is_due_then(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("", &key);

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "days", 1, ""));
	scheduling_ask(w, api_type_schedule_pause, id.text, 200);
	assert_string_equal(world_answered(w, "status"), "paused");
	assert_string_equal(world_answered(w, "reason"), "by_merchant");
	scheduling_ask(w, api_type_schedule_pause, id.text, 200);
	assert_int_equal(world_hooks_of(w, "schedule.paused"), 1);
	scheduling_sleep(w, 5 * day);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_runs(w, id)->count, 0);
	scheduling_ask(w, api_type_schedule_resume, id.text, 200);
	assert_string_equal(world_answered(w, "next_run_at"), "2026-09-27T01:00:00.000Z");
	world_expect_hook(w, 0, "schedule.resumed");
	assert_int_equal(scheduling_get(w, id).missed, 0);
	scheduling_ask(w, api_type_schedule_delete, id.text, 200);
	assert_string_equal(world_answered(w, "reason"), "deleted");
	scheduling_ask(w, api_type_schedule_delete, id.text, 200);
	scheduling_ask(w, api_type_schedule_pause, id.text, 409);
	scheduling_sleep(w, 5 * day);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_runs(w, id)->count, 0);
	world_free(&w);
}

/* Nothing of it looks as if it had been carried out. */
static void the_only_day_within_a_pause_is_a_run_missed(void **state)
{
	(void)state;
	for (int by_key = 0; by_key < 2; by_key++) {
		struct id key, id, daily;
		struct world *w = scheduling_world("", &key);
		static struct api_msg m;

		id = scheduling_made(w, scheduling_wanted(key, "once", 0, "2026-09-25"));
		m = *scheduling_wanted(key, "days", 1, "");
		snprintf(m.u.schedule_create.ends_on, sizeof(m.u.schedule_create.ends_on), "2026-09-25");
		daily = scheduling_made(w, &m);
		if (by_key) {
			scheduling_ask(w, api_type_billing_key_suspend, key.text, 200);
		} else {
			scheduling_ask(w, api_type_schedule_pause, id.text, 200);
			scheduling_ask(w, api_type_schedule_pause, daily.text, 200);
		}
		scheduling_sleep(w, 5 * day);
		scheduling_go_on(w, 2000);
		if (by_key) {
			scheduling_ask(w, api_type_billing_key_resume, key.text, 200);
		} else {
			scheduling_ask(w, api_type_schedule_resume, id.text, 200);
			scheduling_ask(w, api_type_schedule_resume, daily.text, 200);
		}
		assert_string_equal(scheduling_get(w, id).state, "ended");
		assert_string_equal(scheduling_get(w, id).reason, "no_run");
		assert_int_equal(scheduling_get(w, id).missed, 1);
		assert_int_equal(scheduling_get(w, id).runs, 0);
		assert_string_equal(scheduling_get(w, daily).reason, "no_run");
		assert_int_equal(scheduling_get(w, daily).missed, 0);
		assert_int_equal(world_hooks_of(w, "schedule.run_missed"), 1);
		assert_int_equal(world_hooks_of(w, "schedule.ended"), 2);
		scheduling_go_on(w, 2000);
		assert_int_equal(scheduling_paid, 0);
		world_free(&w);
	}
}

static void it_follows_its_billing_key(void **state)
{
	struct id key, id, own;
	struct world *w = scheduling_world("", &key);

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "days", 1, ""));
	own = scheduling_made(w, scheduling_wanted(key, "days", 2, ""));
	scheduling_ask(w, api_type_schedule_pause, own.text, 200);
	scheduling_ask(w, api_type_billing_key_suspend, key.text, 200);
	assert_string_equal(scheduling_get(w, id).state, "paused");
	assert_string_equal(scheduling_get(w, id).reason, "billing_key_suspended");
	assert_int_equal(world_hooks_of(w, "schedule.paused"), 2);
	scheduling_ask(w, api_type_schedule_resume, id.text, 422);
	assert_string_equal(w->answer.code, "billing_key_unusable");
	scheduling_ask(w, api_type_billing_key_resume, key.text, 200);
	assert_string_equal(scheduling_get(w, id).state, "active");
	assert_string_equal(scheduling_get(w, own).state, "paused");
	/* What the merchant rests while the key rests stays so. */
	scheduling_ask(w, api_type_billing_key_suspend, key.text, 200);
	scheduling_ask(w, api_type_schedule_pause, id.text, 200);
	assert_string_equal(world_answered(w, "reason"), "by_merchant");
	scheduling_ask(w, api_type_billing_key_resume, key.text, 200);
	assert_string_equal(scheduling_get(w, id).state, "paused");
	scheduling_ask(w, api_type_schedule_resume, id.text, 200);
	scheduling_ask(w, api_type_billing_key_delete, key.text, 200);
	assert_string_equal(scheduling_get(w, id).state, "ended");
	assert_string_equal(scheduling_get(w, own).state, "ended");
	assert_string_equal(scheduling_get(w, id).reason, "billing_key_deleted");
	assert_int_equal(world_hooks_of(w, "schedule.ended"), 2);
	scheduling_sleep(w, 5 * day);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_paid, 0);
	world_free(&w);
}

static void it_is_changed_while_it_runs(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("", &key);
	static struct api_msg m;
	struct api_schedule_update *u = &m.u.schedule_update;

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "days", 7, ""));
	memset(&m, 0, sizeof(m));
	m.type = api_type_schedule_update;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", id.text);
	u->count = -1;
	u->amount_minor = 12000;
	u->tax_free_minor = 1000;
	u->vat_minor = TAX_NOT_SAID;
	snprintf(u->repeat, sizeof(u->repeat), "month");
	u->month_day = 25;
	snprintf(u->time, sizeof(u->time), "23:30");
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 200);
	assert_string_equal(world_answered(w, "next_run_at"), "2026-09-25T14:30:00.000Z");
	assert_string_equal(world_answered(w, "time"), "23:30");
	/* What the caller is told of how often goes along. */
	assert_string_equal(world_answered(w, "cycle"), "monthly");
	scheduling_sleep(w, 5 * day);
	scheduling_go_on(w, 2000);
	assert_int_equal(scheduling_runs(w, id)->count, 1);
	assert_int_equal(scheduling_runs(w, id)->r[0].amount.amount_minor, 12000);
	assert_int_equal(scheduling_runs(w, id)->r[0].tax.free_minor, 1000);
	assert_int_equal(scheduling_runs(w, id)->r[0].tax.vat_minor, TAX_NOT_SAID);
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
	assert_int_equal(scheduling_get(w, id).ends, 0);
	snprintf(u->ends_on, sizeof(u->ends_on), "2026-10-25");
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 200);
	assert_string_equal(world_answered(w, "ends_on"), "2026-10-25");
	snprintf(u->ends_on, sizeof(u->ends_on), "never");
	world_ask(w, &m);
	assert_string_equal(world_answered(w, "ends_on"), "");
	world_free(&w);
}

static void change_time(struct world *w, const char *id, const char *time)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = api_type_schedule_update;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", id);
	m.u.schedule_update.count = -1;
	snprintf(m.u.schedule_update.time, sizeof(m.u.schedule_update.time), "%s", time);
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 200);
}

/* A later hour of the day on which it was made, or that hour once more by a clock that was set back, is no other day. */
static void a_day_has_one_payment_however_often_its_time_comes(void **state)
{
	enum { PATCHED, PATCHED_AT_REST, SET_BACK, AFTER_CRASH, WAYS };

	(void)state;
	for (int way = PATCHED; way < WAYS; way++) {
		struct id key, id;
		struct world *w = scheduling_world("", &key);

		id = scheduling_made(w, scheduling_wanted(key, "days", 7, ""));
		change_time(w, id.text, "23:30");
		scheduling_sleep(w, hour / 3);
		scheduling_go_on(w, 2000);
		assert_int_equal(scheduling_runs(w, id)->count, 1);
		if (way != PATCHED)
			scheduling_ask(w, api_type_schedule_pause, id.text, 200);
		if (way == SET_BACK)
			w->a.wall.ms -= hour / 2;
		else
			change_time(w, id.text, "23:50");
		if (way == AFTER_CRASH)
			world_crash(w);
		if (way != PATCHED)
			scheduling_ask(w, api_type_schedule_resume, id.text, 200);
		assert_int_equal(scheduling_get(w, id).next_run.ms, INT64_C(1790000000000) - 800000 + 7 * day + (way == SET_BACK ? hour / 2 : 5 * hour / 6));
		scheduling_sleep(w, hour);
		scheduling_go_on(w, 2000);
		assert_int_equal(scheduling_runs(w, id)->count, 1);
		scheduling_sleep(w, 7 * day);
		scheduling_go_on(w, 2000);
		assert_int_equal(scheduling_runs(w, id)->count, 2);
		world_free(&w);
	}
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct id key;
	struct world *w = scheduling_world("", &key);
	struct api_msg *m = scheduling_wanted(key, "month", 31, "2026-09-20");

	(void)state;
	refused(w, m, 422, "invalid_field", "/starts_on");
	refused(w, scheduling_wanted(key, "once", 0, ""), 422, "invalid_field", "/starts_on");
	refused(w, scheduling_wanted(key, "once", 0, "2026-09-21"), 422, "invalid_field", "/repeat");
	refused(w, scheduling_wanted(key, "month", 32, ""), 422, "invalid_field", "/repeat/day");
	refused(w, scheduling_wanted(key, "days", 0, ""), 422, "invalid_field", "/repeat/days");
	refused(w, scheduling_wanted(key, "days", 1, "2038-01-01"), 422, "invalid_field", "/starts_on");
	m = scheduling_wanted(key, "month", 1, "");
	snprintf(m->u.schedule_create.ends_on, 12, "2026-09-20");
	refused(w, m, 422, "invalid_field", "/ends_on");
	snprintf(m->u.schedule_create.ends_on, 12, "2026-09-29");
	refused(w, m, 422, "invalid_field", "/repeat");
	m = scheduling_wanted(key, "month", 1, "");
	snprintf(m->u.schedule_create.billing_key, 40, "bk_00000000000000000000000000");
	refused(w, m, 422, "billing_key_not_found", "/billing_key");
	m = scheduling_wanted(key, "month", 1, "");
	snprintf(m->u.schedule_create.order_id, 49, "%048d", 0);
	scheduling_made(w, m);
	world_merchant(w, "");
	refused(w, scheduling_wanted(key, "month", 1, ""), 422, "billing_key_not_found", "/billing_key");
	key = world_billing_key(w, "01087654321", "4321", CARD_CREDIT);
	refused(w, scheduling_wanted(key, "month", 1, ""), 403, "consent_skip_not_allowed", "/consent");
	world_free(&w);
}

/* Rather than have every run missed for it. */
static void one_whose_text_no_sms_can_have_is_refused(void **state)
{
	struct id key, id;
	struct world *w = scheduling_world("sms_others = \"refuse\"; sms_long = \"refuse\"; sms_ko = \"{product} 결제 확인 전화를 이리 걸어 주세요: {number}\";", &key);
	struct api_msg *m = scheduling_wanted(key, "month", 1, "");
	struct api_schedule_create *c = &m->u.schedule_create;
	static struct api_msg change;

	(void)state;
	c->consent[0] = '\0';
	snprintf(c->order_name, sizeof(c->order_name), "뷁 회비");
	refused(w, m, 422, "sms_character", "/order_name");
	snprintf(c->order_name, sizeof(c->order_name), "아주아주아주아주아주아주아주아주아주아주 긴 이름");
	refused(w, m, 422, "sms_too_long", "/order_name");
	snprintf(c->sms, sizeof(c->sms), "skip");
	scheduling_made(w, m);
	c->sms[0] = '\0';
	snprintf(c->order_name, sizeof(c->order_name), "회비");
	id = scheduling_made(w, m);
	change.type = api_type_schedule_update;
	snprintf(change.u.head.id, sizeof(change.u.head.id), "%s", id.text);
	change.u.schedule_update.count = -1;
	snprintf(change.u.schedule_update.order_name, sizeof(change.u.schedule_update.order_name), "뷁 회비");
	refused(w, &change, 422, "sms_character", "/order_name");
	assert_string_equal(scheduling_get(w, id).order_name, "회비");
	world_free(&w);
}

static void nobody_sees_or_moves_anothers(void **state)
{
	static const enum api_type types[] = { api_type_schedule_get, api_type_schedule_delete, api_type_schedule_pause,
	                                       api_type_schedule_resume };
	struct id key, id;
	struct world *w = scheduling_world("", &key);

	(void)state;
	id = scheduling_made(w, scheduling_wanted(key, "days", 1, ""));
	world_merchant(w, "");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		scheduling_ask(w, types[i], id.text, 404);
	assert_string_equal(scheduling_get(w, id).state, "active");
	scheduling_ask(w, api_type_schedules_list, "", 200);
	assert_null(memmem(w->answer.body.data, w->answer.body.len, "sch_", 4));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_rests_and_goes_on_with_what_is_due_then),
		cmocka_unit_test(the_only_day_within_a_pause_is_a_run_missed),
		cmocka_unit_test(it_follows_its_billing_key),
		cmocka_unit_test(it_is_changed_while_it_runs),
		cmocka_unit_test(a_day_has_one_payment_however_often_its_time_comes),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(one_whose_text_no_sms_can_have_is_refused),
		cmocka_unit_test(nobody_sees_or_moves_anothers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
