/* attempts_send.c: what is asked of the PG: the order itself, what became of it, to undo it. */
#include <stdio.h>
#include <string.h>

#include "arsd/attempts_priv.h"
#include "arsd/columns.h"
#include "arsd/gateways.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "store/columns.h"

/* uplinkd's own limit is 120 s; this one is for an uplinkd that went astray. */
enum { ANSWER_MS = 180000 };
/* Job numbers of the PG have the top bit, those of the outbox do not. Below it: flight, then what was asked. */
static const uint64_t pg_job_bit = UINT64_C(1) << 63;

bool attempts_owns_job(uint64_t job)
{
	return (job & pg_job_bit) != 0;
}

uint64_t flight_serial_of(uint64_t job)
{
	return (job & ~pg_job_bit) >> 2;
}

static uint64_t job_of(const struct flight *f, enum flight_question asked)
{
	return pg_job_bit | f->serial << 2 | (uint64_t)asked;
}

void flight_wait(struct arsd *a, struct flight *f, enum flight_phase phase, int64_t ms)
{
	f->phase = phase;
	f->due = mono_add_ms(a->mono, ms);
}

/* A quarter of it is chance, against all asking at once. */
int64_t attempts_pause_ms(struct arsd *a, uint32_t tries)
{
	int64_t ms = a->set.query_first_ms;
	uint32_t jitter = 0;

	for (uint32_t i = 0; i < tries && ms < a->set.query_most_ms; i++)
		ms *= 2;
	if (ms > a->set.query_most_ms)
		ms = a->set.query_most_ms;
	if (crypto_random(&jitter, sizeof(jitter)) < 0)
		log_warn("no_random", "for=attempts");
	return ms - ms / 4 + (int64_t)(jitter % (uint32_t)(ms / 4 + 1));
}

/* ERR_STATE: the billing key has been deleted or suspended since the order was intended, or another gateway's has taken its place, or no data key
 * opens it. */
static int fill_order(struct arsd *a, const struct flight *f, const struct request *r, struct uplink_msg *m)
{
	struct billing_key k;
	struct uplink_pg_pay *p = &m->u.pg_pay;

	m->type = uplink_type_pg_pay;
	p->job = job_of(f, ASKED_ORDER);
	snprintf(p->pg, sizeof(p->pg), "%s", f->pg);
	snprintf(p->order_id, sizeof(p->order_id), "%s", f->order_id);
	if (f->jwe != NULL) {
		p->jwe.len = f->jwe_len;
		memcpy(p->jwe.data, f->jwe, f->jwe_len);
		p->keep = r->keep_card;
	} else {
		if (store_billing_key_get(a->store, r->billing_key.text, &k) < 0 || strcmp(k.status, "issued") != 0 ||
		    (k.pg[0] != '\0' && strcmp(k.pg, f->pg) != 0) || columns_is_sealed(k.pg_billing_key))
			return ERR_STATE;
		snprintf(p->pg_billing_key, sizeof(p->pg_billing_key), "%.*s", (int)sizeof(p->pg_billing_key) - 1, k.pg_billing_key);
	}
	p->amount_minor = r->amount.amount_minor;
	p->tax_free_minor = r->tax.free_minor;
	p->vat_minor = r->tax.vat_minor;
	snprintf(p->currency, sizeof(p->currency), "%s", r->amount.currency);
	p->instalment_months = r->instalment_months;
	/* What the card company gives it gives by itself. */
	p->interest_free = r->interest_free_chosen == INTEREST_FREE_MERCHANT;
	snprintf(p->order_name, sizeof(p->order_name), "%s", r->product_name);
	return 0;
}

static void fill_verify(const struct flight *f, struct uplink_msg *m)
{
	struct uplink_pg_verify *v = &m->u.pg_verify;

	m->type = uplink_type_pg_verify;
	v->job = job_of(f, ASKED_ORDER);
	snprintf(v->pg, sizeof(v->pg), "%s", f->pg);
	snprintf(v->order_id, sizeof(v->order_id), "%s", f->order_id);
	v->jwe.len = f->jwe_len;
	memcpy(v->jwe.data, f->jwe, f->jwe_len);
}

/* Held once more where orders leave: the configuration, or what the merchant may do, may have changed since the order was intended. NULL: it may. */
static const char *why_not(struct arsd *a, const struct flight *f, const struct request *r)
{
	struct merchant merchant;

	if (store_merchant_get(a->store, r->merchant.text, &merchant) < 0 || !gateways_suit(a, f->pg, merchant.live)) {
		log_error("gateway_mode", "order=%s pg=%s hint=\"the gateway is for the other mode's requests; nothing was sent\"", f->order_id, f->pg);
		return "gateway_mode";
	}
	return r->consent_skip && !merchant.may_skip_consent ? "consent_skip_not_allowed" : NULL;
}

void flight_send_order(struct arsd *a, struct flight *f)
{
	static struct uplink_msg m;
	static struct request r;
	const char *no;

	if (!a->neighbours[NEIGHBOUR_UPLINKD].up || columns_wait(a) || store_request_get(a->store, f->request.text, &r) < 0) {
		flight_wait(a, f, FLIGHT_READY, FLIGHT_RESEND_MS);
		return;
	}
	memset(&m, 0, sizeof(m));
	no = why_not(a, f, &r);
	if (no != NULL) {
		flight_give_up(a, f, no);
		return;
	}
	if (strcmp(f->verb, "verify") == 0)
		fill_verify(f, &m);
	else if (fill_order(a, f, &r, &m) < 0) {
		flight_give_up(a, f, "billing_key_unusable");
		return;
	}
	if (flight_event(a, f, ATTEMPT_SEND, NULL) < 0)
		return;
	flight_wait(a, f, FLIGHT_ASKED, ANSWER_MS);
	if (a->ports.uplink(a->ports.context, &m))
		return;
	if (flight_event(a, f, ATTEMPT_NOT_SENT, NULL) == 0)
		flight_wait(a, f, FLIGHT_READY, FLIGHT_RESEND_MS);
}

void flight_send_query(struct arsd *a, struct flight *f)
{
	static struct uplink_msg m;
	struct uplink_pg_query *q = &m.u.pg_query;
	struct attempt t;

	if (columns_wait(a)) {
		flight_wait(a, f, FLIGHT_QUERY_PAUSE, FLIGHT_RESEND_MS);
		return;
	}
	memset(&m, 0, sizeof(m));
	m.type = uplink_type_pg_query;
	q->job = job_of(f, ASKED_QUERY);
	snprintf(q->pg, sizeof(q->pg), "%s", f->pg);
	snprintf(q->order_id, sizeof(q->order_id), "%s", f->order_id);
	if (store_attempt_get(a->store, f->order_id, &t) == 0)
		q->order_at_ms = t.created.ms;
	f->tries++;
	if (a->neighbours[NEIGHBOUR_UPLINKD].up && a->ports.uplink(a->ports.context, &m))
		flight_wait(a, f, FLIGHT_QUERIED, ANSWER_MS);
	else
		flight_wait(a, f, FLIGHT_QUERY_PAUSE, attempts_pause_ms(a, f->tries));
}

void flight_send_cancel(struct arsd *a, struct flight *f)
{
	static struct uplink_msg m;
	struct uplink_pg_net_cancel *c = &m.u.pg_net_cancel;
	struct attempt t;

	memset(&m, 0, sizeof(m));
	m.type = uplink_type_pg_net_cancel;
	c->job = job_of(f, ASKED_CANCEL);
	snprintf(c->pg, sizeof(c->pg), "%s", f->pg);
	snprintf(c->order_id, sizeof(c->order_id), "%s", f->order_id);
	if (store_attempt_get(a->store, f->order_id, &t) == 0)
		c->order_at_ms = t.created.ms;
	c->lost_for_ms = mono_diff_ms(f->lost, a->mono);
	snprintf(c->reason, sizeof(c->reason), "no answer");
	f->tries++;
	if (a->neighbours[NEIGHBOUR_UPLINKD].up && a->ports.uplink(a->ports.context, &m))
		flight_wait(a, f, FLIGHT_UNDOING, ANSWER_MS);
	else
		flight_wait(a, f, FLIGHT_UNDO_PAUSE, attempts_pause_ms(a, f->tries));
}
