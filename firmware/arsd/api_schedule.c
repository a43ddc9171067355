/* api_schedule.c: schedules as merchants make, change, rest and end them. What they make is held against the same rules as a payment
 * that is asked for, now and at each run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/api_page.h"
#include "arsd/lease.h"
#include "arsd/schedule_rule.h"
#include "arsd/schedules.h"
#include "arsd/sms.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "model/date.h"

enum { YEARS_AHEAD_DAYS = 3660, TIME_USUAL = 10 * 60, COUNT_MOST = 100000 };

static int invalid(struct problem *p, const char *field, const char *why)
{
	return problem_set(p, 422, "invalid_field", field, "%s", why);
}

static int find(struct arsd *a, const struct api_ask *q, struct schedule *s, struct problem *p)
{
	if (store_schedule_get(a->store, q->m->u.head.id, s) < 0 || strcmp(s->merchant.text, q->merchant.id.text) != 0)
		return problem_not_found(p);
	return 0;
}

static int has_ended(const struct schedule *s, struct problem *p)
{
	return problem_set(p, 409, "schedule_ended", "", "the schedule has ended: %s", s->reason);
}

static void answer(struct arsd *a, const struct api_ask *q, const struct schedule *s, int done, struct problem *p)
{
	if (done == 0) {
		api_answer_json(a, q, 200, schedules_view(s, q->merchant.live));
		return;
	}
	if (done == ERR_STATE)
		has_ended(s, p);
	else if (done != ERR_INVALID)
		problem_store(p);
	api_answer_problem(a, q, p);
}

/* ---- when ---- */

/* "HH:MM", which apid has checked; what else comes is refused all the same. */
static int read_time(const char *text, uint16_t *minute, struct problem *p)
{
	unsigned hours, minutes;

	if (strlen(text) != 5 || sscanf(text, "%2u:%2u", &hours, &minutes) != 2 || hours > 23 || minutes > 59)
		return invalid(p, "/time", "must be from 00:00 to 23:59");
	*minute = (uint16_t)(hours * 60 + minutes);
	return 0;
}

static int read_day(const char *text, const char *field, int64_t least, int64_t *day, struct problem *p)
{
	struct date d;

	if (date_parse(text, &d) < 0)
		return invalid(p, field, "must be a day that exists, as 2026-12-31");
	if (date_to_days(d) < least)
		return invalid(p, field, strcmp(field, "/ends_on") == 0 ? "must not be before the first day" : "must not be in the past");
	if (date_to_days(d) > least + YEARS_AHEAD_DAYS)
		return invalid(p, field, "must not be more than ten years ahead");
	*day = date_to_days(d);
	return 0;
}

static int read_repeat(struct schedule *s, const char *word, uint32_t month_day, uint32_t every_days, struct problem *p)
{
	s->repeat = (uint8_t)schedule_repeat_of(word);
	if (s->repeat == 0)
		return invalid(p, "/repeat/every", "must be one of month|days|once");
	if (s->repeat == SCHEDULE_MONTHLY && (month_day < 1 || month_day > 31))
		return invalid(p, "/repeat/day", "must be from 1 to 31");
	if (s->repeat == SCHEDULE_DAYS && (every_days < 1 || every_days > SCHEDULE_DAYS_MOST))
		return invalid(p, "/repeat/days", "must be from 1 to 366");
	s->month_day = s->repeat == SCHEDULE_MONTHLY ? (uint8_t)month_day : 0;
	s->every_days = s->repeat == SCHEDULE_DAYS ? (uint16_t)every_days : 0;
	/* As callers are told. */
	snprintf(s->cycle, sizeof(s->cycle), "%s", s->repeat == SCHEDULE_ONCE ? "once" : s->repeat == SCHEDULE_MONTHLY ? "monthly" : "irregular");
	return 0;
}

static int check_times(const struct schedule *s, struct problem *p)
{
	if (s->repeat == SCHEDULE_ONCE && s->ends != 0)
		return invalid(p, "/ends_on", "does not go with every once");
	if (s->ends != 0 && s->ends < s->starts)
		return invalid(p, "/ends_on", "must not be before the first day");
	return 0;
}

/* After an instant of the merchant's. */
static int set_next(struct arsd *a, struct schedule *s, struct wall after, struct problem *p)
{
	int e = schedules_set_next(a, s, after);

	if (e == ERR_NOT_FOUND)
		return invalid(p, "/repeat", "nothing would be due any more: see starts_on, ends_on, count and time");
	return e < 0 ? problem_store(p) : 0;
}

static int read_times(struct arsd *a, const struct api_schedule_create *m, struct schedule *s, struct problem *p)
{
	struct wall now = { 0 };
	int64_t today;
	int e = schedules_merchant_time(a, s->merchant.text, &now) < 0 ? problem_store(p) : 0;

	today = date_day_in_korea(now);
	s->starts = today;
	s->minute = TIME_USUAL;
	s->runs_most = m->count;
	if (e == 0)
		e = read_repeat(s, m->repeat, m->month_day, m->every_days, p);
	if (e == 0 && m->time[0] != '\0')
		e = read_time(m->time, &s->minute, p);
	if (e == 0 && s->repeat == SCHEDULE_ONCE && m->starts_on[0] == '\0')
		e = invalid(p, "/starts_on", "is required by every once");
	if (e == 0 && m->starts_on[0] != '\0')
		e = read_day(m->starts_on, "/starts_on", today, &s->starts, p);
	if (e == 0 && m->ends_on[0] != '\0')
		e = read_day(m->ends_on, "/ends_on", s->starts, &s->ends, p);
	if (e == 0)
		e = check_times(s, p);
	return e < 0 ? e : set_next(a, s, now, p);
}

/* ---- what ---- */

/* Would its customers get their text? One that cannot be written would have every run missed. Any number of the pool stands for the one
 * that a run will have. */
static int check_text(struct arsd *a, const struct merchant *m, struct request *r, struct problem *p)
{
	static struct sms_draft draft;
	const struct numbers *pool = lease_pool(a, m->live);
	int e;

	if (r->consent_skip || r->sms_skip || pool->total == 0)
		return 0;
	numbers_at(pool, 0, &r->virtual_number);
	e = api_sms_draft(a, r, "/order_name", &draft, p);
	r->virtual_number.digits[0] = '\0';
	return e;
}

/* Would this be a payment? r becomes its pattern. The longest order id that it will ever have must be one. */
static int check_payment(struct arsd *a, const struct merchant *m, const struct schedule *s, struct request *r, struct problem *p)
{
	static struct api_payment_create c;
	int64_t far = date_to_days((struct date){ 9999, 12, 31 });
	int e;

	schedules_payment(s, &c);
	if (schedule_order_id(s->order_id, s->repeat == SCHEDULE_ONCE, COUNT_MOST, far, c.order_id, sizeof(c.order_id) - 2) < 0)
		return invalid(p, "/order_id", "must have at most 62 characters once {n} and {date} are filled in");
	e = api_check_payment(a, m, &c, r, p);
	return e < 0 ? e : check_text(a, m, r, p);
}

static int read_payment(const struct api_schedule_create *m, struct schedule *s, struct problem *p)
{
	snprintf(s->billing_key.text, sizeof(s->billing_key.text), "%s", m->billing_key);
	snprintf(s->order_id, sizeof(s->order_id), "%s", m->order_id);
	snprintf(s->order_name, sizeof(s->order_name), "%s", m->order_name);
	s->consent_skip = strcmp(m->consent, "skip") == 0;
	s->other_card_allowed = strcmp(m->other_card, "allow") == 0;
	s->sms_skip = strcmp(m->sms, "skip") == 0;
	snprintf(s->instalment_mode, sizeof(s->instalment_mode), "%s", m->instalment_mode[0] != '\0' ? m->instalment_mode : "none");
	s->instalment_months = m->instalment_months;
	snprintf(s->instalment_allowed, sizeof(s->instalment_allowed), "%s", m->instalment_allowed);
	snprintf(s->interest_free, sizeof(s->interest_free), "%s", m->interest_free);
	snprintf(s->language, sizeof(s->language), "%s", m->language[0] != '\0' ? m->language : "ko");
	snprintf(s->speed, sizeof(s->speed), "%s", m->speed[0] != '\0' ? m->speed : "normal");
	s->expires_in_s = m->expires_in_s;
	if (money_make(m->amount_minor, m->currency[0] != '\0' ? m->currency : "KRW", &s->amount) < 0)
		return invalid(p, "/amount", "must be from 1 to 1000000000000, in KRW");
	s->tax = (struct tax_parts){ m->tax_free_minor, m->vat_minor };
	return 0;
}

void api_schedule_create(struct arsd *a, const struct api_ask *q)
{
	const struct api_schedule_create *m = &q->m->u.schedule_create;
	struct create *c = create_new(a, q);
	struct problem p;
	struct schedule *s;
	int e;

	if (c == NULL)
		return;
	s = &c->schedule;
	s->id = id_new("sch_");
	s->merchant = q->merchant.id;
	s->created = s->updated = a->wall;
	snprintf(s->state, sizeof(s->state), "active");
	e = read_payment(m, s, &p);
	if (e == 0)
		e = read_times(a, m, s, &p);
	if (e == 0)
		e = check_payment(a, &q->merchant, s, &c->request, &p);
	create_scheduled(a, c, e, &p);
}

/* ---- changes ---- */

static int patch_payment(const struct api_schedule_update *m, struct schedule *s, struct problem *p)
{
	if (m->order_id[0] != '\0')
		snprintf(s->order_id, sizeof(s->order_id), "%s", m->order_id);
	if (m->order_name[0] != '\0')
		snprintf(s->order_name, sizeof(s->order_name), "%s", m->order_name);
	if (m->consent[0] != '\0')
		s->consent_skip = strcmp(m->consent, "skip") == 0;
	if (m->sms[0] != '\0')
		s->sms_skip = strcmp(m->sms, "skip") == 0;
	if (m->expires_in_s != 0)
		s->expires_in_s = m->expires_in_s;
	if (m->amount_minor != 0 && money_make(m->amount_minor, m->currency[0] != '\0' ? m->currency : "KRW", &s->amount) < 0)
		return invalid(p, "/amount", "must be from 1 to 1000000000000, in KRW");
	/* The parts are those of the amount: a new one has its own. */
	if (m->amount_minor != 0)
		s->tax = (struct tax_parts){ m->tax_free_minor, m->vat_minor };
	if (s->consent_skip && strcmp(s->instalment_mode, "ask") == 0)
		return invalid(p, "/consent", "must be ask: the caller chooses the instalments");
	s->other_card_allowed = s->other_card_allowed && !s->consent_skip;
	return 0;
}

static int patch_times(const struct api_schedule_update *m, int64_t today, struct schedule *s, struct problem *p)
{
	int e = 0;

	if (m->repeat[0] != '\0')
		e = read_repeat(s, m->repeat, m->month_day, m->every_days, p);
	if (e == 0 && m->time[0] != '\0')
		e = read_time(m->time, &s->minute, p);
	if (e == 0 && m->starts_on[0] != '\0')
		e = read_day(m->starts_on, "/starts_on", today, &s->starts, p);
	if (e == 0 && m->ends_on[0] != '\0')
		e = strcmp(m->ends_on, "never") == 0 ? (s->ends = 0) : read_day(m->ends_on, "/ends_on", s->starts, &s->ends, p);
	if (m->count >= 0)
		s->runs_most = (uint32_t)m->count;
	return e < 0 ? e : check_times(s, p);
}

/* What is due already stays due unless its day itself was changed. */
static int patch(struct arsd *a, const struct api_schedule_update *m, struct schedule *s, struct problem *p)
{
	bool other_days = m->repeat[0] != '\0' || m->time[0] != '\0' || m->starts_on[0] != '\0';
	struct wall now;
	int e = schedules_merchant_time(a, s->merchant.text, &now) < 0 ? problem_store(p) : 0;

	if (e == 0 && strcmp(s->state, "ended") == 0)
		e = has_ended(s, p);
	if (e == 0)
		e = patch_payment(m, s, p);
	if (e == 0)
		e = patch_times(m, date_day_in_korea(now), s, p);
	if (e < 0 || strcmp(s->state, "active") != 0)
		return e;
	if (!other_days && s->next_run.ms <= now.ms)
		now.ms = s->next_run.ms - 1;
	return set_next(a, s, now, p);
}

void api_schedule_update(struct arsd *a, const struct api_ask *q)
{
	struct create *c = create_new(a, q);
	struct problem p;
	int e;

	if (c == NULL)
		return;
	c->patch = q->m->u.schedule_update;
	secret_wipe(c->patch.bearer, sizeof(c->patch.bearer));
	e = find(a, q, &c->schedule, &p);
	if (e == 0)
		e = patch(a, &c->patch, &c->schedule, &p);
	if (e == 0)
		e = check_payment(a, &q->merchant, &c->schedule, &c->request, &p);
	create_scheduled(a, c, e, &p);
}

/* It may have run, or ended, while the sounds were made: as it is now counts. */
static int store_patch(struct arsd *a, struct create *c, struct problem *p)
{
	struct schedule *s = &c->schedule;
	char state[REQUEST_STATE_SIZE];
	int e;

	if (store_schedule_get(a->store, c->patch.id, s) < 0)
		return problem_store(p);
	snprintf(state, sizeof(state), "%s", s->state);
	e = patch(a, &c->patch, s, p);
	s->updated = a->wall;
	return e < 0 ? e : store_schedule_update(a->store, s, state) < 0 ? problem_store(p) : 0;
}

void api_schedule_store(struct arsd *a, struct create *c)
{
	bool fresh = c->patch.id[0] == '\0';
	struct problem p;
	int e;

	if (fresh)
		e = store_schedule_add(a->store, &c->schedule) < 0 ? problem_store(&p) : 0;
	else
		e = store_patch(a, c, &p);
	if (e < 0) {
		api_answer_problem(a, &c->ask, &p);
		return;
	}
	log_info(fresh ? "schedule_created" : "schedule_changed", "schedule=%s merchant=%s", c->schedule.id.text, c->schedule.merchant.text);
	api_answer_json(a, &c->ask, fresh ? 201 : 200, schedules_view(&c->schedule, c->ask.merchant.live));
}

/* ---- the rest ---- */

void api_schedule_get(struct arsd *a, const struct api_ask *q)
{
	struct schedule s;
	struct problem p;

	answer(a, q, &s, find(a, q, &s, &p), &p);
}

static int add_schedule(const struct schedule *s, void *context)
{
	struct page *p = context;

	return page_add(p, s->id.text, schedules_view(s, p->live));
}

void api_schedules_list(struct arsd *a, const struct api_ask *q)
{
	static const struct page_states states = { .name = "status", .words = { "active", "paused", "ended" } };
	struct page page;
	struct list_page ask;

	if (page_begin(a, q, &states, q->m->u.schedules_list.billing_key, &page, &ask) == 0)
		page_answer(a, q, &page, list_schedules(a->store, &ask, add_schedule, &page));
}

void api_schedule_delete(struct arsd *a, const struct api_ask *q)
{
	struct schedule s;
	struct problem p;
	int e = find(a, q, &s, &p);

	answer(a, q, &s, e < 0 ? e : schedules_end(a, &s, "deleted"), &p);
}

void api_schedule_pause(struct arsd *a, const struct api_ask *q)
{
	struct schedule s;
	struct problem p;
	int e = find(a, q, &s, &p);

	answer(a, q, &s, e < 0 ? e : schedules_pause(a, &s, "by_merchant"), &p);
}

/* Not while its billing key rests. */
static int check_key(struct arsd *a, const struct schedule *s, struct problem *p)
{
	struct billing_key k;

	if (store_billing_key_get(a->store, s->billing_key.text, &k) < 0)
		return problem_store(p);
	if (strcmp(s->state, "paused") != 0 || strcmp(k.status, "issued") == 0)
		return 0;
	return problem_set(p, 422, "billing_key_unusable", "", "the billing key is %s", k.status);
}

void api_schedule_resume(struct arsd *a, const struct api_ask *q)
{
	struct schedule s;
	struct problem p;
	int e = find(a, q, &s, &p);

	if (e == 0)
		e = check_key(a, &s, &p);
	answer(a, q, &s, e < 0 ? e : schedules_resume(a, &s), &p);
}
