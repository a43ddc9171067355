/* api_webhooks.c: a merchant's endpoints, their secrets, and what became of each event. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/api_page.h"
#include "arsd/api_priv.h"
#include "arsd/events.h"
#include "arsd/outbox.h"
#include "arsd/render.h"
#include "arsd/webhooks.h"

enum { REDELIVER_MOST = 1000 };

static json_t *render_types(const char *events)
{
	json_t *list = json_array();

	for (const char *p = events; *p != '\0'; p += strcspn(p, ","), p += *p == ',')
		json_array_append_new(list, json_stringn(p, strcspn(p, ",")));
	return list;
}

static json_t *render_endpoint(const struct webhook_endpoint *w, struct wall now)
{
	bool two = w->secret_before[0] != '\0' && now.ms < w->before_until.ms;

	return json_pack("{s:s, s:s, s:s, s:o, s:b, s:o, s:o, s:o}", "id", w->id.text, "object", "webhook_endpoint", "url", w->url, "events",
	                 render_types(w->events), "enabled", (int)w->enabled, "old_secret_until",
	                 two ? render_time(w->before_until) : json_null(), "created_at", render_time(w->created), "updated_at",
	                 render_time(w->updated));
}

/* A secret is shown when it is made, and never again. */
static void answer_with_secret(struct arsd *a, const struct api_ask *q, uint16_t status, const struct webhook_endpoint *w)
{
	json_t *o = render_endpoint(w, a->wall);

	if (o != NULL)
		json_object_set_new(o, "secret", json_string(w->secret));
	api_answer_json(a, q, status, o);
}

static void refuse_store(struct arsd *a, const struct api_ask *q)
{
	struct problem p;

	problem_store(&p);
	api_answer_problem(a, q, &p);
}

/* The endpoint of the path; ERR_INVALID when it is answered: there is none, or it is another's. */
static int find(struct arsd *a, const struct api_ask *q, struct webhook_endpoint *w)
{
	struct problem p;

	if (store_webhook_get(a->store, q->m->u.head.id, w) == 0 && strcmp(w->merchant.text, q->merchant.id.text) == 0)
		return 0;
	problem_not_found(&p);
	api_answer_problem(a, q, &p);
	return ERR_INVALID;
}

/* ---- endpoints ---- */

/* A misspelt type would wait for events that never come. */
static int check_types(struct arsd *a, const struct api_ask *q, const char *events)
{
	struct problem p;
	char field[24];
	int place;
	const char *unknown = webhooks_unknown_type(events, &place);

	if (unknown == NULL)
		return 0;
	snprintf(field, sizeof(field), "/events/%d", place);
	problem_set(&p, 422, "invalid_field", field, "there is no event %s", unknown);
	api_answer_problem(a, q, &p);
	return ERR_INVALID;
}

void api_webhook_create(struct arsd *a, const struct api_ask *q)
{
	const struct api_webhook_create *m = &q->m->u.webhook_create;
	struct webhook_endpoint w = { .id = id_new("we_"), .merchant = q->merchant.id, .enabled = m->enabled != 0, .created = a->wall,
	                              .updated = a->wall };
	struct problem p;
	int e;

	if (check_types(a, q, m->events) < 0)
		return;
	snprintf(w.url, sizeof(w.url), "%s", m->url);
	snprintf(w.events, sizeof(w.events), "%s", m->events);
	e = webhooks_make_secret(w.secret);
	if (e == 0)
		e = store_webhook_add(a->store, &w);
	if (e == ERR_EXHAUSTED) {
		problem_set(&p, 409, "too_many_endpoints", "", "there are %d webhook endpoints already; delete one first", WEBHOOK_ENDPOINTS_MAX);
		api_answer_problem(a, q, &p);
	} else if (e < 0) {
		refuse_store(a, q);
	} else {
		answer_with_secret(a, q, 201, &w);
	}
}

static int add_endpoint(const struct webhook_endpoint *w, void *context)
{
	struct page *p = context;

	return page_add(p, w->id.text, render_endpoint(w, p->a->wall));
}

void api_webhooks_list(struct arsd *a, const struct api_ask *q)
{
	static const struct page_states states = { .name = "enabled", .words = { "true", "false" } };
	struct page page;
	struct list_page ask;

	if (page_begin(a, q, &states, "", &page, &ask) == 0)
		page_answer(a, q, &page, list_webhooks(a->store, &ask, add_endpoint, &page));
}

void api_webhook_get(struct arsd *a, const struct api_ask *q)
{
	struct webhook_endpoint w;

	if (find(a, q, &w) == 0)
		api_answer_json(a, q, 200, render_endpoint(&w, a->wall));
}

void api_webhook_update(struct arsd *a, const struct api_ask *q)
{
	const struct api_webhook_update *m = &q->m->u.webhook_update;
	struct webhook_endpoint w;

	if (find(a, q, &w) < 0 || check_types(a, q, m->events) < 0)
		return;
	if (m->url[0] != '\0')
		snprintf(w.url, sizeof(w.url), "%s", m->url);
	if (m->has_events)
		snprintf(w.events, sizeof(w.events), "%s", m->events);
	if (m->has_enabled)
		w.enabled = m->enabled != 0;
	w.updated = a->wall;
	if (store_webhook_update(a->store, &w) < 0)
		refuse_store(a, q);
	else
		api_answer_json(a, q, 200, render_endpoint(&w, a->wall));
}

void api_webhook_delete(struct arsd *a, const struct api_ask *q)
{
	struct webhook_endpoint w;

	if (find(a, q, &w) < 0)
		return;
	if (store_webhook_delete(a->store, w.id.text) < 0)
		refuse_store(a, q);
	else
		api_answer_json(a, q, 200, json_pack("{s:s, s:s, s:b}", "id", w.id.text, "object", "webhook_endpoint", "deleted", 1));
}

void api_webhook_rotate(struct arsd *a, const struct api_ask *q)
{
	struct webhook_endpoint w;

	if (find(a, q, &w) < 0)
		return;
	snprintf(w.secret_before, sizeof(w.secret_before), "%s", w.secret);
	w.before_until.ms = a->wall.ms + (int64_t)q->m->u.webhook_rotate.overlap_s * 1000;
	w.updated = a->wall;
	if (webhooks_make_secret(w.secret) < 0 || store_webhook_update(a->store, &w) < 0)
		refuse_store(a, q);
	else
		answer_with_secret(a, q, 200, &w);
}

/* ---- events again ---- */

static void refuse_disabled(struct arsd *a, const struct api_ask *q)
{
	struct problem p;

	problem_set(&p, 409, "endpoint_disabled", "", "the webhook endpoint is switched off");
	api_answer_problem(a, q, &p);
}

void api_webhook_test(struct arsd *a, const struct api_ask *q)
{
	static struct event e;
	struct webhook_endpoint w;

	if (find(a, q, &w) < 0)
		return;
	if (!w.enabled)
		refuse_disabled(a, q);
	else if (events_test(a, &q->merchant, &e) < 0 || outbox_add_webhook(a, &w, &e) < 0)
		refuse_store(a, q);
	else
		api_answer_json(a, q, 201, render_event(&e));
}

static json_t *render_delivery(struct arsd *a, const struct outbox_job *j)
{
	struct webhook_endpoint w;
	const char *dot = strchr(j->ref, '.');
	bool known = dot != NULL && store_webhook_by_number(a->store, strtoll(dot + 1, NULL, 10), &w) == 0;
	bool waits = strcmp(j->state, "waiting") == 0;

	return json_pack("{s:s, s:o, s:s, s:s, s:i, s:o, s:o, s:o}", "object", "delivery", "webhook_endpoint",
	                 known ? json_string(w.id.text) : json_null(), "url", j->to, "status", j->state, "tries", (int)j->tries, "detail",
	                 render_text(j->detail), "next_try_at", waits ? render_time(j->next_try) : json_null(), "created_at",
	                 render_time(j->created));
}

struct deliveries { struct page page; struct list_page ask; };

static int add_delivery(const struct outbox_job *j, void *context)
{
	struct deliveries *d = context;

	return page_offer(&d->page, &d->ask, j->created, j->state, render_delivery(d->page.a, j));
}

/* The event of the path; ERR_INVALID when it is answered. */
static int find_event(struct arsd *a, const struct api_ask *q, struct event *e)
{
	struct problem p;

	if (list_event_get(a->store, q->m->u.head.id, e) == 0 && strcmp(e->merchant.text, q->merchant.id.text) == 0)
		return 0;
	problem_not_found(&p);
	api_answer_problem(a, q, &p);
	return ERR_INVALID;
}

void api_deliveries_list(struct arsd *a, const struct api_ask *q)
{
	static const struct page_states states = { .name = "status", .words = { "waiting", "sending", "done", "refused", "given_up" } };
	static struct event e;
	struct deliveries d;

	if (find_event(a, q, &e) == 0 && page_begin_offers(a, q, &states, &d.page, &d.ask) == 0)
		page_answer(a, q, &d.page, store_deliveries_of(a->store, e.id.text, add_delivery, &d));
}

/* What is being told again: to one endpoint, or to all that want it. */
struct redelivery { struct arsd *a; const struct event *event; const struct webhook_endpoint *to; bool failed_only; int count, seen; };

/* 0 and counted, or 0 for what need not or cannot be told again now. */
static int redeliver_to(struct redelivery *r, const struct webhook_endpoint *w, const struct event *e)
{
	static struct outbox_job j;
	int n;

	if (r->failed_only && (store_delivery_get(r->a->store, e->id.text, w->number, &j) < 0 || strcmp(j.state, "done") == 0))
		return 0;
	n = outbox_add_webhook(r->a, w, e);
	r->count += n == 0;
	return n == ERR_STATE ? 0 : n;
}

static int redeliver_to_each(const struct webhook_endpoint *w, void *context)
{
	struct redelivery *r = context;

	return w->enabled && webhooks_wants(w->events, r->event->type) ? redeliver_to(r, w, r->event) : 0;
}

static void answer_redelivery(struct arsd *a, const struct api_ask *q, const struct redelivery *r, int e, const char *cursor)
{
	if (e < 0)
		refuse_store(a, q);
	else
		api_answer_json(a, q, 202, json_pack("{s:s, s:i, s:o}", "object", "redelivery", "count", r->count, "next_cursor",
		                                     render_text(cursor)));
}

void api_event_redeliver(struct arsd *a, const struct api_ask *q)
{
	static struct event e;
	const char *id = q->m->u.event_redeliver.webhook_endpoint;
	struct webhook_endpoint w;
	struct redelivery r = { .a = a, .event = &e };
	struct problem p;

	if (find_event(a, q, &e) < 0)
		return;
	if (id[0] == '\0') {
		answer_redelivery(a, q, &r, store_webhooks_of(a->store, q->merchant.id.text, redeliver_to_each, &r), "");
	} else if (store_webhook_get(a->store, id, &w) < 0 || strcmp(w.merchant.text, q->merchant.id.text) != 0) {
		problem_set(&p, 422, "invalid_field", "/webhook_endpoint", "there is no such webhook endpoint");
		api_answer_problem(a, q, &p);
	} else if (!w.enabled) {
		refuse_disabled(a, q);
	} else {
		answer_redelivery(a, q, &r, redeliver_to(&r, &w, &e), "");
	}
}

struct range { struct redelivery r; char last[ID_SIZE]; bool more; };

static int redeliver_event(const struct event *e, void *context)
{
	struct range *range = context;

	if (range->r.seen == REDELIVER_MOST) {
		range->more = true;
		return 1;
	}
	range->r.seen++;
	snprintf(range->last, sizeof(range->last), "%s", e->id.text);
	return webhooks_wants(range->r.to->events, e->type) ? redeliver_to(&range->r, range->r.to, e) : 0;
}

void api_webhook_redeliver(struct arsd *a, const struct api_ask *q)
{
	const struct api_webhook_redeliver *m = &q->m->u.webhook_redeliver;
	struct webhook_endpoint w;
	struct range range = { .r = { .a = a, .to = &w, .failed_only = m->failed_only != 0 } };
	struct list_page ask = { .merchant = q->merchant.id.text, .after_id = m->cursor, .status = "", .of = "",
	                         .after = { m->created_after }, .before = { m->created_before }, .limit = REDELIVER_MOST + 1 };
	struct problem p;
	int e;

	if (find(a, q, &w) < 0)
		return;
	if (!w.enabled) {
		refuse_disabled(a, q);
		return;
	}
	e = list_events(a->store, &ask, redeliver_event, &range);
	if (e == ERR_INVALID) {
		problem_set(&p, 422, "invalid_field", "/cursor", "must be next_cursor of the answer before, as it was given");
		api_answer_problem(a, q, &p);
	} else {
		answer_redelivery(a, q, &range.r, e, range.more ? range.last : "");
	}
}
