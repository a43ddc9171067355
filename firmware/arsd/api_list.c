/* api_list.c: what a merchant has, a page at a time, and what is shown whole instead of its id. */
#include <stdio.h>
#include <string.h>

#include "arsd/api_page.h"
#include "arsd/lease.h"
#include "arsd/api_priv.h"
#include "arsd/attempt.h"
#include "arsd/cancellation.h"
#include "arsd/payment.h"
#include "arsd/registration.h"
#include "arsd/render.h"
#include "arsd/scenario_words.h"
#include "arsd/status.h"
#include "arsd/view.h"

enum { NUMBERS_COUNTED = 100000 };
enum { EXPAND_BILLING_KEY = 1, EXPAND_LAST_CALL = 2 };

/* "billing_key,last_call" */
static int read_expand(const char *text, unsigned *expand, struct problem *p)
{
	*expand = 0;
	while (*text != '\0') {
		size_t len = strcspn(text, ",");

		if (len == strlen("billing_key") && strncmp(text, "billing_key", len) == 0)
			*expand |= EXPAND_BILLING_KEY;
		else if (len == strlen("last_call") && strncmp(text, "last_call", len) == 0)
			*expand |= EXPAND_LAST_CALL;
		else
			return problem_set(p, 400, "invalid_query", "/expand", "must be billing_key, last_call or both, joined by a comma");
		text += len + (text[len] == ',');
	}
	return 0;
}

static void expand(struct arsd *a, json_t *o, const struct request *r, unsigned what, bool live)
{
	struct billing_key k;
	struct call_record c;

	if (o != NULL && (what & EXPAND_BILLING_KEY) && r->billing_key.text[0] != '\0' &&
	    store_billing_key_get(a->store, r->billing_key.text, &k) == 0)
		json_object_set_new(o, "billing_key", render_billing_key(&k, live));
	if (o != NULL && (what & EXPAND_LAST_CALL) && r->last_call[0] != '\0' && store_call_get(a->store, r->last_call, &c) == 0)
		json_object_set_new(o, "last_call", render_call(&c));
}

void api_show_request(struct arsd *a, const struct api_ask *q, const struct request *r, const char *what)
{
	struct problem p;
	unsigned parts;
	json_t *o;

	if (read_expand(what, &parts, &p) < 0) {
		api_answer_problem(a, q, &p);
		return;
	}
	o = view_request(a, r, q->merchant.live);
	expand(a, o, r, parts, q->merchant.live);
	api_answer_json(a, q, 200, o);
}

/* ---- pages ---- */

static int add_request(const struct request *r, void *context)
{
	struct page *p = context;
	json_t *o = view_request(p->a, r, p->live);

	expand(p->a, o, r, p->expand, p->live);
	return page_add(p, r->id.text, o);
}

static int add_billing_key(const struct billing_key *k, void *context)
{
	struct page *p = context;

	return page_add(p, k->id.text, render_billing_key(k, p->live));
}

static int add_call(const struct call_record *c, void *context)
{
	return page_add(context, c->id.text, render_call(c));
}

static int add_event(const struct event *e, void *context)
{
	return page_add(context, e->id.text, render_event(e));
}

static int add_attempt(const struct attempt *t, void *context)
{
	return page_add(context, t->order_id, render_attempt(t));
}

static int add_cancellation(const struct cancellation *c, void *context)
{
	return page_add(context, c->id, view_cancellation(c));
}

static void list_kind(struct arsd *a, const struct api_ask *q, enum request_kind kind, const char *parts, const char *schedule)
{
	const struct page_states states = { .name = "status", .fsm = kind == REQUEST_PAYMENT ? &payment_fsm : &registration_fsm };
	struct page page;
	struct list_page ask;
	struct problem p;

	if (page_begin(a, q, &states, schedule, &page, &ask) < 0)
		return;
	if (read_expand(parts, &page.expand, &p) < 0)
		page_refuse(a, q, &page, &p);
	else
		page_answer(a, q, &page, list_requests(a->store, &ask, kind, add_request, &page));
}

void api_registrations_list(struct arsd *a, const struct api_ask *q)
{
	list_kind(a, q, REQUEST_REGISTRATION, q->m->u.registrations_list.expand, "");
}

static void list_order(struct arsd *a, const struct api_ask *q)
{
	static struct request r;
	struct page page;
	struct list_page ask;
	struct problem p;
	int e;

	if (page_begin(a, q, &(struct page_states){ .name = "status", .fsm = &payment_fsm }, "", &page, &ask) < 0)
		return;
	if (read_expand(q->m->u.payments_list.expand, &page.expand, &p) < 0) {
		page_refuse(a, q, &page, &p);
		return;
	}
	e = list_payment_of_order(a->store, q->merchant.id.text, q->m->u.payments_list.order_id, &r);
	if (e == 0 && page_takes(&ask, r.created, r.state))
		e = add_request(&r, &page);
	page_answer(a, q, &page, e == ERR_NOT_FOUND ? 0 : e);
}

void api_payments_list(struct arsd *a, const struct api_ask *q)
{
	if (q->m->u.payments_list.order_id[0] != '\0')
		list_order(a, q);
	else
		list_kind(a, q, REQUEST_PAYMENT, q->m->u.payments_list.expand, q->m->u.payments_list.schedule);
}

void api_billing_keys_list(struct arsd *a, const struct api_ask *q)
{
	static const struct page_states states = { .name = "status", .words = { "issued", "suspended", "deleted" } };
	struct page page;
	struct list_page ask;

	if (page_begin(a, q, &states, q->m->u.billing_keys_list.customer_ref, &page, &ask) == 0)
		page_answer(a, q, &page, list_billing_keys(a->store, &ask, add_billing_key, &page));
}

void api_calls_list(struct arsd *a, const struct api_ask *q)
{
	static const struct page_states states = { .name = "status", .more = scenario_states, .words = {
		"offered", "up", "rejected", "throttled", "keystore_locked", "keystore_lost", "line_lost", "system_lost" } };
	struct page page;
	struct list_page ask;

	if (page_begin(a, q, &states, q->m->u.calls_list.request, &page, &ask) == 0)
		page_answer(a, q, &page, list_calls(a->store, &ask, add_call, &page));
}

/* Types have no list of words: there are more of them with each version. */
void api_events_list(struct arsd *a, const struct api_ask *q)
{
	struct page page;
	struct list_page ask;

	if (!api_answer_locked(a, q) && page_begin(a, q, &(struct page_states){ .name = "type" }, q->m->u.events_list.request, &page, &ask) == 0)
		page_answer(a, q, &page, list_events(a->store, &ask, add_event, &page));
}

void api_event_get(struct arsd *a, const struct api_ask *q)
{
	static struct event e;
	struct problem p;

	if (api_answer_locked(a, q))
		return;
	if (list_event_get(a->store, q->m->u.head.id, &e) == 0 && strcmp(e.merchant.text, q->merchant.id.text) == 0) {
		api_answer_json(a, q, 200, render_event(&e));
	} else {
		problem_not_found(&p);
		api_answer_problem(a, q, &p);
	}
}

/* What is asked of one payment must be of one that there is. ERR_INVALID when it is answered. */
static int check_request(struct arsd *a, const struct api_ask *q, const char *request, struct page *page)
{
	static struct request r;
	struct problem p;

	if (request[0] == '\0' || (store_request_get(a->store, request, &r) == 0 && strcmp(r.merchant.text, q->merchant.id.text) == 0))
		return 0;
	problem_set(&p, 404, "not_found", "/payment", "there is no such payment, or it is not this merchant's");
	page_refuse(a, q, page, &p);
	return ERR_INVALID;
}

void api_attempts_list(struct arsd *a, const struct api_ask *q)
{
	struct page page;
	struct list_page ask;

	if (page_begin(a, q, &(struct page_states){ .name = "status", .fsm = &attempt_fsm }, q->m->u.attempts_list.request, &page, &ask) == 0 &&
	    check_request(a, q, ask.of, &page) == 0)
		page_answer(a, q, &page, list_attempts(a->store, &ask, add_attempt, &page));
}

void api_cancellations_list(struct arsd *a, const struct api_ask *q)
{
	struct page page;
	struct list_page ask;

	if (page_begin(a, q, &(struct page_states){ .name = "status", .fsm = &cancellation_fsm }, q->m->u.cancellations_list.request, &page,
	               &ask) == 0 && check_request(a, q, ask.of, &page) == 0)
		page_answer(a, q, &page, list_cancellations(a->store, &ask, add_cancellation, &page));
}

static bool is_of_pool(const char *number, void *context)
{
	struct phone p = { .digits = "" };

	snprintf(p.digits, sizeof(p.digits), "%s", number);
	return numbers_has(*(const struct numbers *const *)context, &p);
}

void api_virtual_numbers_get(struct arsd *a, const struct api_ask *q)
{
	const struct numbers *pool = lease_pool(a, q->merchant.live);
	struct problem p;
	json_int_t free_numbers;
	int used = 0;

	if (list_numbers_in_use(a->store, NUMBERS_COUNTED, is_of_pool, &pool, &used) < 0) {
		problem_store(&p);
		api_answer_problem(a, q, &p);
		return;
	}
	free_numbers = (json_int_t)pool->total - used;
	api_answer_json(a, q, 200, json_pack("{s:s, s:I, s:i, s:I}", "object", "virtual_numbers", "total", (json_int_t)pool->total,
	                                     "in_use", used, "free", free_numbers < 0 ? 0 : free_numbers));
}
