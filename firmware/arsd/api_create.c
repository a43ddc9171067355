/* api_create.c: making a request, with the sound of its names ready, all of it in one commit. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/attempts.h"
#include "arsd/columns.h"
#include "arsd/gateway_keys.h"
#include "arsd/lease.h"
#include "arsd/outbox.h"
#include "arsd/requests.h"
#include "arsd/sms.h"
#include "arsd/speech.h"
#include "arsd/view.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"

enum { SPEECH_WAIT_MS = 8000, RETRY_POOL_S = 60, RETRY_SPEECH_S = 5, RETRY_BUSY_S = 30 };

bool create_is_under_way(const struct api *api, const struct api_ask *q)
{
	for (const struct create *o = api->first; o != NULL; o = o->next)
		if (strcmp(o->ask.key, q->key) == 0 && strcmp(o->ask.route, q->route) == 0 &&
		    strcmp(o->ask.merchant.id.text, q->merchant.id.text) == 0)
			return true;
	return false;
}

/* ---- all of it in one commit ---- */

/* From its end to where a payment begins. */
static int begin_again(struct arsd *a, struct request *r)
{
	int e = requests_apply(a, r, REQUEST_RETRIED);

	a->live_requests += e == 0;
	/* Nobody sends it a message: it waits for the call at once. */
	return e == 0 && !r->consent_skip && r->sms_skip ? requests_apply(a, r, REQUEST_SMS_SENT) : e;
}

static int add_with_lease(struct arsd *a, struct create *c, struct problem *p)
{
	static struct sms_draft draft;
	struct request *r = &c->request;
	int e = lease_take(a, r);

	if (e == ERR_EXHAUSTED) {
		metrics_add(&a->metrics, M_POOL_EXHAUSTED, 1);
		log_warn("number_pool_exhausted", "merchant=%s", c->ask.merchant.id.text);
		problem_set(p, 503, "number_pool_exhausted", "", "no virtual number is free for this phone now");
		p->retry_after_s = RETRY_POOL_S;
		return ERR_EXHAUSTED;
	}
	if (e < 0)
		return e;
	if (!r->sms_skip)
		e = api_sms_draft(a, r, r->kind == REQUEST_PAYMENT ? "/order_name" : "/product_name", &draft, p);
	if (e == 0)
		e = c->again ? begin_again(a, r) : store_request_add(a->store, r);
	if (e == ERR_EXISTS || e == ERR_INVALID || e == ERR_STATE)
		lease_undo(a, r);
	return e < 0 || r->sms_skip ? e : sms_ask(a, r, &draft);
}

static int add_and_charge(struct arsd *a, struct request *r, bool again)
{
	int e = again ? begin_again(a, r) : store_request_add(a->store, r);

	if (e < 0)
		return e;
	e = attempts_charge(a, r);
	if (e < 0) {
		requests_set_failure(r, "internal", "system", "the charge could not be begun");
		requests_apply(a, r, REQUEST_CANCELED);
	}
	return e;
}

static int add_all(struct arsd *a, struct create *c, struct problem *p)
{
	struct request *r = &c->request;

	if (c->again && !retry_still_may(a, r))
		return problem_not_retryable(r, p);
	if (!c->again)
		snprintf(r->state, sizeof(r->state), "%s", requests_start_state(r->kind, !r->sms_skip || r->consent_skip));
	a->live_requests += !c->again;
	int e = r->consent_skip ? add_and_charge(a, r, c->again) : add_with_lease(a, c, p);

	/* One that ended again has taken itself off. */
	a->live_requests -= e < 0 && !requests_ended(r);
	return e;
}

static void made(struct arsd *a, struct create *c)
{
	struct request *r = &c->request;

	metrics_add(&a->metrics, c->again ? M_PAYMENTS_RETRIED : r->kind == REQUEST_PAYMENT ? M_PAYMENTS_CREATED
	            : M_REGISTRATIONS_CREATED, 1);
	log_info(c->again ? "payment_retried" : "request_created", "request=%s merchant=%s consent_skip=%d sms_skip=%d", r->id.text,
	         c->ask.merchant.id.text, r->consent_skip, r->sms_skip);
	api_answer_json(a, &c->ask, c->again ? 200 : 201, view_request(a, r, c->ask.merchant.live));
}

static int add_or_say_why(struct arsd *a, struct create *c, struct problem *p)
{
	int e = add_all(a, c, p);

	if (e == ERR_EXISTS)
		problem_set(p, 409, "order_id_used", "/order_id", "this order_id has been used; it can never be used again");
	else if (e < 0 && p->status == 0)
		problem_store(p);
	return e;
}

static void carry_out(struct arsd *a, struct create *c)
{
	struct problem p = { 0 };

	if (c->scheduled)
		api_schedule_store(a, c);
	else if (add_or_say_why(a, c, &p) == 0)
		made(a, c);
	else
		api_answer_problem(a, &c->ask, &p);
}

int create_payment(struct arsd *a, const struct merchant *m, struct request *r, struct problem *p)
{
	static struct create c;
	int e;

	memset(&c, 0, sizeof(c));
	memset(p, 0, sizeof(*p));
	c.ask.merchant = *m;
	c.request = *r;
	e = a->live_requests >= a->set.max_live ? problem_set(p, 503, "too_many_requests_live", "", "too many requests are live")
	                                        : add_or_say_why(a, &c, p);
	*r = c.request;
	/* What was stored is made, whatever went wrong after. */
	if (e < 0 && store_request_get(a->store, r->id.text, &c.request) < 0)
		return e;
	metrics_add(&a->metrics, M_PAYMENTS_CREATED, 1);
	log_info("request_created", "request=%s merchant=%s consent_skip=%d schedule=%s", r->id.text, m->id.text, r->consent_skip,
	         r->schedule.text);
	return 0;
}

/* ---- the sound of its names ---- */

uint64_t create_sound(struct arsd *a, const struct request *r, const char *text, char name[SPEECH_NAME_SIZE], int *failed)
{
	struct speech_job j;

	memset(&j, 0, sizeof(j));
	snprintf(j.voice, sizeof(j.voice), "%s%s", r->language, strcmp(r->speed, "slow") == 0 ? "-slow" : "");
	if (speech_clean(text, j.text) < 0 || speech_name(r->language, j.text, name) < 0) {
		*failed = 1;
		return 0;
	}
	if (speech_exists(&a->set, name, j.voice))
		return 0;
	snprintf(j.name, sizeof(j.name), "%s", name);
	j.number = ++a->api->speech_number;
	if (a->ports.speech(a->ports.context, &j))
		return j.number;
	*failed = 1;
	return 0;
}

static void speech_problem(struct arsd *a, const struct create *c)
{
	struct problem p;

	metrics_add(&a->metrics, M_SPEECH_FAILED, 1);
	if (c->silent != NULL) {
		/* To come again with it would be in vain. */
		problem_set(&p, 422, "invalid_field", c->silent, "must have something in it that can be spoken");
	} else {
		problem_set(&p, 503, "speech_unavailable", "", "the names could not be made into sound; nothing was created");
		p.retry_after_s = RETRY_SPEECH_S;
	}
	api_answer_problem(a, &c->ask, &p);
}

int create_sounds(struct arsd *a, struct request *r)
{
	int failed = 0;
	bool asked;

	if (r->consent_skip)
		return 0;
	asked = create_sound(a, r, r->merchant_name, r->speech_merchant, &failed) != 0;
	asked |= create_sound(a, r, r->product_name, r->speech_product, &failed) != 0;
	return failed ? ERR_IO : asked;
}

static void begin(struct arsd *a, struct create *c)
{
	struct request *r = &c->request;
	int failed = 0;

	if (!r->consent_skip) {
		c->speech[0] = create_sound(a, r, r->merchant_name, r->speech_merchant, &failed);
		c->speech[1] = create_sound(a, r, r->product_name, r->speech_product, &failed);
	}
	if (failed) {
		speech_problem(a, c);
		free(c);
	} else if (c->speech[0] == 0 && c->speech[1] == 0) {
		carry_out(a, c);
		free(c);
	} else {
		c->give_up = mono_add_ms(a->mono, SPEECH_WAIT_MS);
		c->next = a->api->first;
		a->api->first = c;
	}
}

static struct create **waiting_for(struct api *api, uint64_t number)
{
	for (struct create **link = &api->first; *link != NULL; link = &(*link)->next)
		if ((*link)->speech[0] == number || (*link)->speech[1] == number)
			return link;
	return NULL;
}

/* The billing key may have been withdrawn, or put to rest, while the names were made into sound. */
static int key_still_may(struct arsd *a, const struct request *r, struct problem *p)
{
	struct billing_key k;

	if (r->billing_key.text[0] == '\0')
		return 0;
	if (store_billing_key_get(a->store, r->billing_key.text, &k) < 0)
		return problem_store(p);
	if (r->kind == REQUEST_PAYMENT && strcmp(k.status, "issued") != 0)
		return problem_set(p, 422, "billing_key_unusable", "/billing_key", "the billing key is %s", k.status);
	if (strcmp(k.status, "deleted") == 0)
		return problem_set(p, 409, "billing_key_deleted", "", "the billing key was withdrawn, for good");
	return 0;
}

void api_speech_done(struct arsd *a, uint64_t number, enum speech_result result)
{
	struct create **link = waiting_for(a->api, number), *c;
	struct problem p;
	int which;

	if (result == SPEECH_MADE)
		metrics_add(&a->metrics, M_SPEECH_MADE, 1);
	if (link == NULL)
		return;
	c = *link;
	which = c->speech[0] == number ? 0 : 1;
	c->speech[which] = 0;
	c->speech_failed |= result != SPEECH_MADE;
	if (result == SPEECH_SILENT)
		c->silent = which == 0 ? "/merchant_name" : c->request.kind == REQUEST_PAYMENT ? "/order_name" : "/product_name";
	if (c->speech[0] != 0 || c->speech[1] != 0)
		return;
	*link = c->next;
	if (c->speech_failed)
		speech_problem(a, c);
	else if (key_still_may(a, &c->request, &p) < 0)
		api_answer_problem(a, &c->ask, &p);
	else
		carry_out(a, c);
	free(c);
}

void api_tick(struct arsd *a)
{
	struct create **link = &a->api->first, *c;

	while ((c = *link) != NULL) {
		if (mono_diff_ms(c->give_up, a->mono) < 0) {
			link = &c->next;
			continue;
		}
		*link = c->next;
		speech_problem(a, c);
		free(c);
	}
}

/* ---- the two messages ---- */

/* Takes c, whose request has been checked, or not with the problem. */
static void go_on(struct arsd *a, struct create *c, int checked, struct problem *p)
{
	if (checked == 0 && !c->scheduled && a->live_requests >= a->set.max_live) {
		problem_set(p, 503, "too_many_requests_live", "", "too many requests are live");
		p->retry_after_s = RETRY_BUSY_S;
		checked = ERR_EXHAUSTED;
	}
	if (checked == 0 && ((c->request.kind == REQUEST_REGISTRATION && arsd_keys_locked(a)) || columns_wait(a))) {
		problem_set(p, 503, "keystore_locked", "", "card data cannot be taken, or a number not be kept sealed, now; nothing was created");
		p->retry_after_s = RETRY_BUSY_S;
		checked = ERR_STATE;
	}
	if (checked == 0 && c->request.kind == REQUEST_REGISTRATION)
		checked = gateway_keys_check(a, &c->request, p);
	if (checked == 0) {
		begin(a, c);
		return;
	}
	api_answer_problem(a, &c->ask, p);
	free(c);
}

struct create *create_new(struct arsd *a, const struct api_ask *q)
{
	struct create *c = calloc(1, sizeof(*c));
	struct problem p;

	if (c == NULL) {
		problem_set(&p, 503, "unavailable", "", "no memory is free; nothing was created");
		api_answer_problem(a, q, &p);
		return NULL;
	}
	c->ask = *q;
	c->ask.m = NULL;
	return c;
}

void create_scheduled(struct arsd *a, struct create *c, int checked, struct problem *p)
{
	c->scheduled = true;
	go_on(a, c, checked, p);
}

void api_registration_create(struct arsd *a, const struct api_ask *q)
{
	struct create *c = create_new(a, q);
	struct problem p;

	if (c != NULL)
		go_on(a, c, api_check_registration(a, &q->merchant, &q->m->u.registration_create, &c->request, &p), &p);
}

void create_replacement(struct arsd *a, const struct api_ask *q, const struct api_registration_create *m,
                        const struct billing_key *k)
{
	struct create *c = create_new(a, q);
	struct problem p;
	int e;

	if (c == NULL)
		return;
	e = api_check_registration(a, &q->merchant, m, &c->request, &p);
	c->request.billing_key = k->id;
	go_on(a, c, e, &p);
}

void api_payment_create(struct arsd *a, const struct api_ask *q)
{
	struct create *c = create_new(a, q);
	struct problem p;

	if (c != NULL)
		go_on(a, c, api_check_payment(a, &q->merchant, &q->m->u.payment_create, &c->request, &p), &p);
}

void create_again(struct arsd *a, const struct api_ask *q, const struct request *r)
{
	struct create *c = create_new(a, q);
	struct problem p;

	if (c == NULL)
		return;
	c->request = *r;
	c->again = true;
	go_on(a, c, 0, &p);
}
