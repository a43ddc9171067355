#include "arsd_scheduling.h"

#include <stdio.h>
#include <string.h>

#include "store/schedules.h"

struct api_msg *scheduling_wanted(struct id key, const char *every, uint32_t n, const char *starts_on)
{
	static struct api_msg m;
	struct api_schedule_create *c = &m.u.schedule_create;

	memset(&m, 0, sizeof(m));
	m.type = api_type_schedule_create;
	snprintf(c->billing_key, sizeof(c->billing_key), "%s", key.text);
	snprintf(c->order_id, sizeof(c->order_id), "gym-{date}");
	snprintf(c->order_name, sizeof(c->order_name), "월간 구독");
	c->amount_minor = 9900;
	c->tax_free_minor = c->vat_minor = TAX_NOT_SAID;
	snprintf(c->consent, sizeof(c->consent), "skip");
	snprintf(c->repeat, sizeof(c->repeat), "%s", every);
	c->month_day = strcmp(every, "month") == 0 ? n : 0;
	c->every_days = strcmp(every, "days") == 0 ? n : 0;
	snprintf(c->starts_on, sizeof(c->starts_on), "%s", starts_on);
	return &m;
}

struct id scheduling_made(struct world *w, const struct api_msg *asked)
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

void scheduling_ask(struct world *w, enum api_type type, const char *id, unsigned status)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = type;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", id);
	world_ask(w, &m);
	if (w->answer.status != status)
		fail_msg("%u %s %s", w->answer.status, w->answer.code, w->answer.detail);
}

struct schedule scheduling_get(struct world *w, struct id id)
{
	struct schedule s;

	assert_int_equal(store_schedule_get(w->a.store, id.text, &s), 0);
	return s;
}

void scheduling_sleep(struct world *w, int64_t ms)
{
	w->a.wall.ms += ms;
	w->a.mono = mono_add_ms(w->a.mono, ms);
}

int scheduling_paid;

void scheduling_pg_pays(struct world *w)
{
	while (w->pg.type != 0) {
		if (w->pg.type == uplink_type_pg_query) {
			world_pg_status(w, UPLINK_PG_NOT_FOUND);
		} else {
			scheduling_paid += w->pg.type == uplink_type_pg_pay;
			world_pg(w, world_ok(""));
		}
	}
}

void scheduling_go_on(struct world *w, int64_t ms)
{
	for (; ms > 0; ms -= 500) {
		world_wait(w, 500);
		scheduling_pg_pays(w);
	}
}

static int collect(const struct request *r, void *context)
{
	struct runs *runs = context;

	assert_true(runs->count < 64);
	runs->r[runs->count++] = *r;
	return 0;
}

struct runs *scheduling_runs(struct world *w, struct id schedule)
{
	static struct runs runs;
	struct list_page p = { .merchant = w->merchant, .after_id = "", .status = "", .of = schedule.text, .limit = 64 };

	runs.count = 0;
	assert_int_equal(list_requests(w->a.store, &p, REQUEST_PAYMENT, collect, &runs), 0);
	return &runs;
}

struct world *scheduling_world(const char *settings, struct id *key)
{
	struct world *w = world_new(settings);

	*key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	scheduling_paid = 0;
	return w;
}
