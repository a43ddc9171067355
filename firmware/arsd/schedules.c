#include "arsd/schedules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/columns.h"
#include "arsd/events.h"
#include "arsd/render.h"
#include "arsd/schedule_rule.h"
#include "lib/log.h"
#include "model/date.h"

enum { AT_ONCE = 32, AGAIN_MS = 3000, ORDER_IDS_TRIED = 9 };

static const char key_suspended[] = "billing_key_suspended";

/* ---- time ---- */

static struct schedule_rule rule_of(const struct schedule *s)
{
	return (struct schedule_rule){ .repeat = (enum schedule_repeat)s->repeat, .month_day = s->month_day, .every_days = s->every_days,
	                               .minute = s->minute, .starts = s->starts, .ends = s->ends };
}

int schedules_merchant_time(struct arsd *a, const char *merchant, struct wall *now)
{
	int64_t offset_ms = 0;
	int e = store_test_clock_get(a->store, merchant, &offset_ms);

	if (e == 0)
		now->ms = a->wall.ms + offset_ms;
	return e;
}

/* A day has one, to whatever hour of it the schedule is moved or the clock is set back. */
static struct wall after_day_made_for(const struct schedule *s, struct wall after)
{
	struct wall end = { date_instant_in_korea(date_day_in_korea(s->made_for) + 1, 0).ms - 1 };

	return s->made_for.ms != 0 && after.ms < end.ms ? end : after;
}

int schedules_set_next(struct arsd *a, struct schedule *s, struct wall after)
{
	const struct schedule_rule rule = rule_of(s);
	struct wall now = { 0 }, next;
	int e = schedules_merchant_time(a, s->merchant.text, &now);

	if (e < 0)
		return e;
	if ((s->runs_most != 0 && s->runs >= s->runs_most) || !schedule_rule_next(&rule, after_day_made_for(s, after), &next))
		return ERR_NOT_FOUND;
	s->next_run = next;
	s->due.ms = next.ms - (now.ms - a->wall.ms);
	return 0;
}

/* ---- states ---- */

static void set_state(struct arsd *a, struct schedule *s, const char *state, const char *reason)
{
	snprintf(s->state, sizeof(s->state), "%s", state);
	snprintf(s->reason, sizeof(s->reason), "%s", reason);
	s->delay[0] = '\0';
	if (strcmp(state, "active") != 0)
		s->next_run.ms = s->due.ms = 0;
	s->updated = a->wall;
}

static int move(struct arsd *a, struct schedule *s, const char *state, const char *reason, const char *event)
{
	char old[REQUEST_STATE_SIZE];
	int e;

	snprintf(old, sizeof(old), "%s", s->state);
	set_state(a, s, state, reason);
	e = store_schedule_update(a->store, s, old);
	if (e < 0)
		return e;
	log_info("schedule", "schedule=%s from=%s to=%s reason=%s", s->id.text, old, state, reason);
	return events_schedule(a, s, event, NULL, NULL);
}

int schedules_pause(struct arsd *a, struct schedule *s, const char *reason)
{
	if (strcmp(s->state, "ended") == 0)
		return ERR_STATE;
	/* What the merchant rests stays so when the key goes on. */
	if (strcmp(s->state, "paused") == 0 && (strcmp(reason, key_suspended) == 0 || strcmp(s->reason, reason) == 0))
		return 0;
	return move(a, s, "paused", reason, "schedule.paused");
}

int schedules_end(struct arsd *a, struct schedule *s, const char *reason)
{
	return strcmp(s->state, "ended") == 0 ? 0 : move(a, s, "ended", reason, "schedule.ended");
}

/* Of one that nobody ended, and that has nothing to come. */
static const char *end_reason(const struct schedule *s)
{
	return s->runs > 0 ? "completed" : "no_run";
}

/* ---- what hangs on a billing key ---- */

static int pause_one(const struct schedule *found, void *context)
{
	struct schedule s = *found;

	return schedules_pause(context, &s, key_suspended);
}

/* One that the merchant paused itself stays so. */
static int resume_one(const struct schedule *found, void *context)
{
	struct schedule s = *found;

	return strcmp(s.reason, key_suspended) == 0 ? schedules_resume(context, &s) : 0;
}

static int end_one(const struct schedule *found, void *context)
{
	struct schedule s = *found;

	return schedules_end(context, &s, "billing_key_deleted");
}

int schedules_key_suspended(struct arsd *a, const struct billing_key *k)
{
	return store_schedules_of_key(a->store, k->id.text, pause_one, a);
}

int schedules_key_resumed(struct arsd *a, const struct billing_key *k)
{
	return store_schedules_of_key(a->store, k->id.text, resume_one, a);
}

int schedules_key_withdrawn(struct arsd *a, const struct billing_key *k)
{
	return store_schedules_of_key(a->store, k->id.text, end_one, a);
}

/* ---- a run ---- */

void schedules_payment(const struct schedule *s, struct api_payment_create *c)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->billing_key, sizeof(c->billing_key), "%s", s->billing_key.text);
	snprintf(c->order_name, sizeof(c->order_name), "%s", s->order_name);
	c->amount_minor = s->amount.amount_minor;
	snprintf(c->currency, sizeof(c->currency), "%s", s->amount.currency);
	c->tax_free_minor = s->tax.free_minor;
	c->vat_minor = s->tax.vat_minor;
	snprintf(c->cycle, sizeof(c->cycle), "%s", s->cycle);
	snprintf(c->consent, sizeof(c->consent), "%s", s->consent_skip ? "skip" : "ask");
	snprintf(c->other_card, sizeof(c->other_card), "%s", s->other_card_allowed ? "allow" : "deny");
	snprintf(c->instalment_mode, sizeof(c->instalment_mode), "%s", s->instalment_mode);
	c->instalment_months = s->instalment_months;
	snprintf(c->instalment_allowed, sizeof(c->instalment_allowed), "%s", s->instalment_allowed);
	snprintf(c->interest_free, sizeof(c->interest_free), "%s", s->interest_free);
	snprintf(c->language, sizeof(c->language), "%s", s->language);
	snprintf(c->speed, sizeof(c->speed), "%s", s->speed);
	c->expires_in_s = s->expires_in_s;
	snprintf(c->sms, sizeof(c->sms), "%s", s->sms_skip ? "skip" : "send");
}

/* LATER: nothing was made, and it may be another time. */
enum outcome { MADE, LATER, MISSED, PAUSED, ENDED };
/* What is due: the last time that has come, and how many before it nobody made, from first to before. */
struct due { struct wall now, first, before, slot; uint32_t left_out; bool too_late; };

static enum outcome outcome_of(struct arsd *a, const struct schedule *s, const struct problem *p)
{
	struct billing_key k;

	/* The operator can mend the last two. */
	if (p->status == 503 || strcmp(p->code, "gateway_unknown") == 0 || strcmp(p->code, "gateway_mode") == 0)
		return LATER;
	if (strcmp(p->code, "billing_key_unusable") != 0)
		return MISSED;
	return store_billing_key_get(a->store, s->billing_key.text, &k) == 0 && strcmp(k.status, "suspended") == 0 ? PAUSED : ENDED;
}

/* Is the order of this id the run that is to be made? Its number is in the id, and is counted up in the commit that makes it. An earlier run may
 * have the id if the schedule's text for it was changed. */
static bool is_made(struct arsd *a, const struct schedule *s, struct request *r)
{
	static struct request found;

	if (list_payment_of_order(a->store, s->merchant.text, r->order_id, &found) < 0 || strcmp(found.schedule.text, s->id.text) != 0 ||
	    found.created.ms <= s->last_run.ms)
		return false;
	log_error("schedule_run_found", "schedule=%s request=%s", s->id.text, found.id.text);
	*r = found;
	return true;
}

/* A merchant may have used such an order id otherwise; another is found rather than the payment lost. */
static int add_payment(struct arsd *a, const struct schedule *s, const struct merchant *m, struct request *r, struct problem *p)
{
	char order_id[sizeof(r->order_id)];
	int e;

	snprintf(order_id, sizeof(order_id), "%s", r->order_id);
	e = create_payment(a, m, r, p);
	for (int i = 2; e == ERR_EXISTS && i <= ORDER_IDS_TRIED; i++) {
		size_t len = strlen(order_id);

		if (is_made(a, s, r))
			return 0;
		if (len + 3 > sizeof(r->order_id))
			break;
		log_warn("schedule_order_id_used", "schedule=%s order_id=%s", s->id.text, r->order_id);
		snprintf(r->order_id + len, sizeof(r->order_id) - len, ".%d", i);
		e = create_payment(a, m, r, p);
	}
	return e;
}

static enum outcome make(struct arsd *a, const struct schedule *s, const struct due *d, struct request *r, struct problem *p)
{
	static struct api_payment_create c;
	struct merchant m;
	int e;

	schedules_payment(s, &c);
	if (store_merchant_get(a->store, s->merchant.text, &m) < 0 ||
	    schedule_order_id(s->order_id, s->repeat == SCHEDULE_ONCE, s->runs + 1, date_day_in_korea(d->slot), c.order_id,
	                      sizeof(c.order_id)) < 0) {
		problem_store(p);
		return LATER;
	}
	e = api_check_payment(a, &m, &c, r, p);
	if (e < 0)
		return outcome_of(a, s, p);
	r->schedule = s->id;
	if (create_sounds(a, r) != 0) {
		problem_set(p, 503, "speech_unavailable", "", "the names are not sound yet");
		return LATER;
	}
	return add_payment(a, s, &m, r, p) == 0 ? MADE : outcome_of(a, s, p);
}

/* One that a test merchant's clock was moved over is not late: it is made, one after the other. */
static int look(struct arsd *a, const struct schedule *s, struct due *d)
{
	const struct schedule_rule rule = rule_of(s);
	struct wall next;
	bool moved;
	int e = schedules_merchant_time(a, s->merchant.text, &d->now);

	if (e < 0)
		return e;
	moved = d->now.ms != a->wall.ms;
	d->first = d->before = d->slot = s->next_run;
	for (d->left_out = 0; !moved && schedule_rule_next(&rule, d->slot, &next) && next.ms <= d->now.ms; d->left_out++) {
		d->before = d->slot;
		d->slot = next;
	}
	d->too_late = !moved && d->now.ms - d->slot.ms > a->set.schedule_catch_up_ms;
	return 0;
}

static void tell_missed(struct arsd *a, const struct schedule *s, const struct due *d, uint32_t count, struct wall last, const char *reason)
{
	json_t *missed = json_pack("{s:I, s:s, s:o, s:o}", "count", (json_int_t)count, "reason", reason, "first_due_at",
	                           render_time(d->first), "last_due_at", render_time(last));

	log_warn("schedule_missed", "schedule=%s count=%u reason=%s", s->id.text, count, reason);
	if (events_schedule(a, s, "schedule.run_missed", "missed_runs", missed) < 0)
		log_error("event_failed", "schedule=%s", s->id.text);
}

/* The schedule as it is after its payment, or without: stored in the commit of that. */
static void advance(struct arsd *a, struct schedule *s, const struct due *d, enum outcome o, const struct request *r, const char *reason)
{
	uint32_t missed = d->left_out + (o == MISSED);
	int e;

	s->missed += missed;
	s->runs += o == MADE;
	if (o == MADE) {
		snprintf(s->last_payment, sizeof(s->last_payment), "%s", r->id.text);
		s->last_run = a->wall;
		s->made_for = d->slot;
	}
	s->delay[0] = '\0';
	s->updated = a->wall;
	e = schedules_set_next(a, s, d->slot);
	if (e == ERR_NOT_FOUND)
		set_state(a, s, "ended", end_reason(s));
	if ((e < 0 && e != ERR_NOT_FOUND) || store_schedule_update(a->store, s, "active") < 0) {
		log_error("schedule_update", "schedule=%s", s->id.text);
		return;
	}
	metrics_add(&a->metrics, M_SCHEDULE_RUNS, o == MADE);
	metrics_add(&a->metrics, M_SCHEDULE_MISSED, missed);
	if (missed > 0)
		tell_missed(a, s, d, missed, o == MISSED ? d->slot : d->before, o == MISSED ? reason : "superseded");
	if (o == MADE && events_schedule(a, s, "schedule.payment_created", "payment", json_string(r->id.text)) < 0)
		log_error("event_failed", "schedule=%s", s->id.text);
	if (e == ERR_NOT_FOUND && events_schedule(a, s, "schedule.ended", NULL, NULL) < 0)
		log_error("event_failed", "schedule=%s", s->id.text);
}

/* Its time went by in the pause. What others leave out so is no run that was missed; that of a schedule that had but one is. */
static int end_after_pause(struct arsd *a, struct schedule *s)
{
	const struct schedule_rule rule = rule_of(s);
	struct due d = { 0 };

	if (s->repeat == SCHEDULE_ONCE && s->runs == 0 && s->missed == 0 && schedule_rule_next(&rule, (struct wall){ 0 }, &d.first)) {
		s->missed = 1;
		metrics_add(&a->metrics, M_SCHEDULE_MISSED, 1);
		tell_missed(a, s, &d, 1, d.first, "paused");
	}
	return schedules_end(a, s, end_reason(s));
}

int schedules_resume(struct arsd *a, struct schedule *s)
{
	struct wall now;
	int e;

	if (strcmp(s->state, "paused") != 0)
		return strcmp(s->state, "ended") == 0 ? ERR_STATE : 0;
	e = schedules_merchant_time(a, s->merchant.text, &now);
	if (e == 0)
		e = schedules_set_next(a, s, now);
	if (e == ERR_NOT_FOUND)
		return end_after_pause(a, s);
	return e < 0 ? e : move(a, s, "active", "", "schedule.resumed");
}

static void put_off(struct arsd *a, struct schedule *s, const char *why)
{
	log_info("schedule_waits", "schedule=%s why=%s", s->id.text, why);
	snprintf(s->delay, sizeof(s->delay), "%s", why);
	s->due.ms = a->wall.ms + AGAIN_MS;
	if (store_schedule_update(a->store, s, "active") < 0)
		log_error("schedule_update", "schedule=%s", s->id.text);
}

static void run(struct arsd *a, const char *id)
{
	static struct request r;
	static struct schedule s;
	struct problem p = { .code = "too_late" };
	enum outcome o = MISSED;
	struct due d = { 0 };
	int e = 0;

	if (store_schedule_get(a->store, id, &s) < 0 || strcmp(s.state, "active") != 0 || look(a, &s, &d) < 0)
		return;
	if (!d.too_late)
		o = make(a, &s, &d, &r, &p);
	else if (s.delay[0] != '\0')
		snprintf(p.code, sizeof(p.code), "%s", s.delay);
	switch (o) {
	case MADE:
	case MISSED: advance(a, &s, &d, o, &r, p.code); break;
	case LATER: put_off(a, &s, p.code); break;
	case PAUSED: e = schedules_pause(a, &s, key_suspended); break;
	case ENDED: e = schedules_end(a, &s, "billing_key_deleted"); break;
	}
	if (e < 0)
		log_error("schedule_update", "schedule=%s error=%s", s.id.text, err_name(e));
}

struct ids { struct id id[AT_ONCE]; int count; };

static int collect(const struct schedule *s, void *context)
{
	struct ids *ids = context;

	ids->id[ids->count++] = s->id;
	return 0;
}

void schedules_tick(struct arsd *a)
{
	static struct ids ids;

	ids.count = 0;
	/* What is due while billing keys cannot be read is made when they can. */
	if (a->watch.failing || columns_wait(a) || store_schedules_due(a->store, a->wall, AT_ONCE, collect, &ids) < 0)
		return;
	for (int i = 0; i < ids.count; i++)
		run(a, ids.id[i].text);
}

/* ---- what is shown ---- */

static json_t *view_day(int64_t days)
{
	char text[DATE_SIZE];

	return days == 0 ? json_null() : json_string(date_print(date_from_days(days), text));
}

static json_t *view_number(uint32_t n)
{
	return n == 0 ? json_null() : json_integer(n);
}

static json_t *view_months(const char *text)
{
	uint8_t months[REQUEST_ALLOWED_MAX];
	json_t *list = json_array();

	if (api_read_months(text, months) == 0)
		for (int i = 0; i < REQUEST_ALLOWED_MAX && months[i] != 0; i++)
			json_array_append_new(list, json_integer(months[i]));
	return list;
}

static void add_times(json_t *o, const struct schedule *s)
{
	char time[12];

	snprintf(time, sizeof(time), "%02u:%02u", s->minute / 60u % 100, s->minute % 60u);
	json_object_set_new(o, "repeat", json_pack("{s:s, s:o, s:o}", "every", schedule_repeat_word(s->repeat), "day",
	                                           view_number(s->month_day), "days", view_number(s->every_days)));
	json_object_set_new(o, "time", json_string(time));
	json_object_set_new(o, "starts_on", view_day(s->starts));
	json_object_set_new(o, "ends_on", view_day(s->ends));
	json_object_set_new(o, "count", view_number(s->runs_most));
	json_object_set_new(o, "runs", json_integer(s->runs));
	json_object_set_new(o, "missed", json_integer(s->missed));
	json_object_set_new(o, "delay", render_text(s->delay));
	json_object_set_new(o, "next_run_at", render_time(s->next_run));
	json_object_set_new(o, "last_run_at", render_time(s->last_run));
	json_object_set_new(o, "last_payment", render_text(s->last_payment));
	json_object_set_new(o, "created_at", render_time(s->created));
	json_object_set_new(o, "updated_at", render_time(s->updated));
}

json_t *schedules_view(const struct schedule *s, bool live)
{
	json_t *instalment = json_pack("{s:s, s:i, s:o, s:o}", "mode", s->instalment_mode, "months", (int)s->instalment_months, "allowed",
	                               view_months(s->instalment_allowed), "interest_free_months", view_months(s->interest_free));
	json_t *o = json_pack("{s:s, s:s, s:s, s:o, s:b, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:o}", "id", s->id.text,
	                      "object", "schedule", "status", s->state, "reason", render_text(s->reason), "live", (int)live, "billing_key",
	                      s->billing_key.text, "order_id", s->order_id, "order_name", s->order_name, "amount",
	                      render_amount(&s->amount, &s->tax), "cycle", s->cycle, "consent", s->consent_skip ? "skip" : "ask", "other_card",
	                      s->other_card_allowed ? "allow" : "deny", "instalment", instalment, "language", s->language, "speed", s->speed,
	                      "sms", s->sms_skip ? "skip" : "send", "expires_in_s", view_number(s->expires_in_s));

	if (o != NULL)
		add_times(o, s);
	return o;
}
