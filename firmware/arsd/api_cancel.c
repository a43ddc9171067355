/* api_cancel.c: what the merchant takes back: a registration that has not come to its end, and a payment. Before there is an order at the PG the request ends, and nothing was or
 * will be charged; of an approved payment money is given back, whole or in part, as a cancellation of its own. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/attempts.h"
#include "arsd/cancels.h"
#include "arsd/gateways.h"
#include "arsd/requests.h"
#include "arsd/view.h"

enum { RETRY_AT_PG_S = 5 };

/* ---- before there is an order ---- */

static int end_request(struct arsd *a, struct request *r, const char *reason, struct problem *p)
{
	return requests_take_back(a, r, "canceled", reason) < 0 ? problem_store(p) : 0;
}

static int take_back(struct arsd *a, const struct api_payment_cancel *m, struct request *r, struct problem *p)
{
	if (m->amount_minor != 0 || m->tax_free_minor > 0 || m->vat_minor > 0 || m->cancelable_minor > 0)
		return problem_set(p, 422, "invalid_field", "/amount", "nothing has been paid yet: leave the amounts out");
	return end_request(a, r, m->reason, p);
}

static int cancel_registration(struct arsd *a, const struct api_ask *q, struct request *r, struct problem *p)
{
	if (store_request_get(a->store, q->m->u.head.id, r) < 0 || r->kind != REQUEST_REGISTRATION ||
	    strcmp(r->merchant.text, q->merchant.id.text) != 0)
		return problem_not_found(p);
	if (requests_ended(r))
		return problem_set(p, 409, "registration_not_cancelable", "", "the registration is %s: nothing is left to be taken back%s", r->state,
		                   strcmp(r->state, "registered") == 0 ? "; its billing key can be deleted" : "");
	if (requests_at_pg(r) && !attempts_withdraw(a, r)) {
		problem_set(p, 409, "registration_at_gateway", "", "the payment gateway has the card and has not answered yet; what it issues can "
		            "be deleted");
		p->retry_after_s = RETRY_AT_PG_S;
		return ERR_STATE;
	}
	return end_request(a, r, q->m->u.registration_cancel.reason, p);
}

void api_registration_cancel(struct arsd *a, const struct api_ask *q)
{
	static struct request r;
	struct problem p;

	if (cancel_registration(a, q, &r, &p) < 0)
		api_answer_problem(a, q, &p);
	else
		api_answer_json(a, q, 200, view_request(a, &r, q->merchant.live));
}

/* ---- of what was paid ---- */

/* Its parts, held against those of the payment that are left; parts receives what the gateway is told. */
static int check_parts(struct arsd *a, const struct request *r, int64_t amount, int64_t left, struct tax_parts *parts, struct problem *p)
{
	struct tax_parts gone, rest = { TAX_NOT_SAID, TAX_NOT_SAID };

	if (store_cancellations_tax(a->store, r->id.text, &gone) < 0)
		return problem_store(p);
	if (r->tax.free_minor >= 0)
		rest.free_minor = r->tax.free_minor - gone.free_minor;
	if (r->tax.vat_minor >= 0)
		rest.vat_minor = r->tax.vat_minor - gone.vat_minor;
	switch (tax_parts_give_back(amount, parts, left, &rest)) {
	case TAX_FINE:
		return 0;
	case TAX_FREE_ABOVE_AMOUNT:
		return problem_set(p, 422, "invalid_field", "/tax_free", "must not be more than the amount");
	case TAX_VAT_ABOVE_TAXED:
		return problem_set(p, 422, "invalid_field", "/vat", "must not be more than the amount less what is free of tax");
	case TAX_FREE_ABOVE_LEFT:
		return problem_set(p, 409, "amount_not_cancelable", "/tax_free", "%" PRId64 " free of tax can be given back now", rest.free_minor);
	case TAX_TAXED_ABOVE_LEFT:
		return problem_set(p, 409, "amount_not_cancelable", "/tax_free", "%" PRId64 " can be given back now of what is taxed; the rest is free of tax",
		                   left - rest.free_minor);
	default:
		return problem_set(p, 409, "amount_not_cancelable", "/vat", "%" PRId64 " of VAT can be given back now", rest.vat_minor);
	}
}

/* What is asked, held against what is left. */
static int check_amount(const struct request *r, const struct api_payment_cancel *m, int64_t left, int64_t *amount, struct problem *p)
{
	if (m->cancelable_minor >= 0 && m->cancelable_minor != left)
		return problem_set(p, 409, "cancelable_amount_differs", "/cancelable_amount", "%" PRId64 " can be given back now", left);
	if (m->amount_minor != 0 && strcmp(m->currency, r->amount.currency) != 0)
		return problem_set(p, 422, "invalid_field", "/amount/currency", "must be %s, as was paid", r->amount.currency);
	*amount = m->amount_minor != 0 ? m->amount_minor : left;
	if (left <= 0 || *amount > left)
		return problem_set(p, 409, "amount_not_cancelable", "/amount/total", "%" PRId64 " can be given back now", left);
	return 0;
}

static int fill(struct arsd *a, const struct request *r, const struct api_payment_cancel *m, struct cancellation *c, struct problem *p)
{
	struct tax_parts parts = { m->tax_free_minor, m->vat_minor };
	struct attempt t;
	int64_t pending = 0, amount = 0, left;
	int e;

	if (store_attempt_get(a->store, r->pg_order_id, &t) < 0 || store_cancellations_pending(a->store, r->id.text, &pending) < 0)
		return problem_store(p);
	left = r->amount.amount_minor - r->canceled_minor - pending;
	e = check_amount(r, m, left, &amount, p);
	if (e == 0)
		e = check_parts(a, r, amount, left, &parts, p);
	if (e < 0)
		return e;
	memset(c, 0, sizeof(*c));
	c->whole = amount == r->amount.amount_minor;
	e = gateways_check(a, t.pg, c->whole ? UPLINK_CAN_CANCEL : UPLINK_CAN_PARTIAL_CANCEL, 0, c->whole ? "" : "/amount", p);
	if (e == 0 && m->vat_minor >= 0)
		e = gateways_check(a, t.pg, UPLINK_CAN_VAT, 0, "/vat", p);
	if (e < 0)
		return e;
	c->request = r->id;
	c->merchant = r->merchant;
	snprintf(c->pg, sizeof(c->pg), "%s", t.pg);
	snprintf(c->order_id, sizeof(c->order_id), "%s", t.order_id);
	snprintf(c->tid, sizeof(c->tid), "%s", r->tid);
	c->ordered = t.created;
	c->amount = r->amount;
	c->amount.amount_minor = amount;
	c->tax_free_minor = parts.free_minor;
	c->vat_minor = parts.vat_minor;
	snprintf(c->reason, sizeof(c->reason), "%s", m->reason);
	snprintf(c->requester, sizeof(c->requester), "%s", m->requester);
	return 0;
}

static int give_back(struct arsd *a, const struct request *r, const struct api_payment_cancel *m, struct cancellation *c,
                     struct problem *p)
{
	int e = fill(a, r, m, c, p);

	if (e < 0)
		return e;
	return cancels_begin(a, c) < 0 ? problem_store(p) : 0;
}

/* ---- which of both ---- */

static int carry_out(struct arsd *a, const struct api_ask *q, struct request *r, struct cancellation *c, struct problem *p)
{
	const struct api_payment_cancel *m = &q->m->u.payment_cancel;

	if (store_request_get(a->store, q->m->u.head.id, r) < 0 || r->kind != REQUEST_PAYMENT ||
	    strcmp(r->merchant.text, q->merchant.id.text) != 0)
		return problem_not_found(p);
	if (strcmp(r->state, "approved") == 0 || strcmp(r->state, "partially_canceled") == 0)
		return give_back(a, r, m, c, p);
	if (requests_ended(r))
		return problem_set(p, 409, "payment_not_cancelable", "", "the payment is %s: nothing is left to be taken back", r->state);
	/* An order that surely has not left yet never will. */
	if (requests_at_pg(r) && !attempts_withdraw(a, r)) {
		problem_set(p, 409, "payment_at_gateway", "", "the payment gateway has the order and has not answered yet; then it can be "
		            "given back");
		p->retry_after_s = RETRY_AT_PG_S;
		return ERR_STATE;
	}
	return take_back(a, m, r, p);
}

void api_payment_cancel(struct arsd *a, const struct api_ask *q)
{
	static struct request r;
	static struct cancellation c;
	struct problem p;
	json_t *o;

	c.id[0] = '\0';
	if (carry_out(a, q, &r, &c, &p) < 0) {
		api_answer_problem(a, q, &p);
		return;
	}
	o = view_request(a, &r, q->merchant.live);
	if (o != NULL)
		json_object_set_new(o, "cancellation", c.id[0] != '\0' ? view_cancellation(&c) : json_null());
	api_answer_json(a, q, 200, o);
}

void api_cancellation_get(struct arsd *a, const struct api_ask *q)
{
	struct cancellation c;
	struct problem p;

	if (store_cancellation_get(a->store, q->m->u.head.id, &c) == 0 && strcmp(c.merchant.text, q->merchant.id.text) == 0) {
		api_answer_json(a, q, 200, view_cancellation(&c));
		return;
	}
	problem_not_found(&p);
	api_answer_problem(a, q, &p);
}
