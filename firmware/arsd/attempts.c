#include "arsd/attempts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/attempt.h"
#include "arsd/attempts_priv.h"
#include "arsd/calls.h"
#include "arsd/requests.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"

enum {
	SEAL_MS = 5000, ANSWER_MS = 180000,   /* uplinkd's own limit is 120 s; this one is for an uplinkd that went astray */
	RESEND_MS = 1000, CHARGE_GIVE_UP_MS = 300000,
};
/* Job numbers of the PG have the top bit, those of the outbox do not. Below it: flight, then what was asked. */
enum { ASKED_ORDER = 0, ASKED_QUERY = 1, ASKED_CANCEL = 2 };
static const uint64_t pg_job_bit = UINT64_C(1) << 63;

int attempts_new(struct arsd *a UNUSED, struct attempts **t)
{
	struct attempts *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	/* From a random start, so that an answer to an earlier arsd finds nobody. */
	if (crypto_random(&made->serial, sizeof(made->serial)) < 0) {
		free(made);
		return ERR_CRYPTO;
	}
	made->serial >>= 8;
	*t = made;
	return 0;
}

void flight_free(struct arsd *a, struct flight *f)
{
	struct flight **link = &a->attempts->first;

	while (*link != NULL && *link != f)
		link = &(*link)->next;
	if (*link == f)
		*link = f->next;
	if (f->jwe != NULL)
		secret_wipe(f->jwe, f->jwe_len);
	free(f->jwe);
	free(f);
	a->attempts->count--;
}

void attempts_free(struct attempts **t)
{
	struct flight *f;

	if (*t == NULL)
		return;
	while ((f = (*t)->first) != NULL) {
		(*t)->first = f->next;
		free(f->jwe);
		free(f);
	}
	free(*t);
	*t = NULL;
}

struct flight *flight_add(struct arsd *a, const struct request *r, const char *order_id, const char *verb)
{
	struct attempts *t = a->attempts;
	struct flight *f = calloc(1, sizeof(*f));
	struct merchant m;

	if (f == NULL || store_merchant_get(a->store, r->merchant.text, &m) < 0) {
		free(f);
		return NULL;
	}
	f->serial = ++t->serial & ((UINT64_C(1) << 60) - 1);
	f->request = r->id;
	snprintf(f->order_id, sizeof(f->order_id), "%s", order_id);
	snprintf(f->verb, sizeof(f->verb), "%s", verb);
	snprintf(f->pg, sizeof(f->pg), "%s", m.pg);
	f->next = t->first;
	t->first = f;
	t->count++;
	return f;
}

bool attempts_owns_job(uint64_t job)
{
	return (job & pg_job_bit) != 0;
}

static uint64_t job_of(const struct flight *f, int asked)
{
	return pg_job_bit | f->serial << 2 | (uint64_t)asked;
}

static struct flight *find_serial(struct arsd *a, uint64_t serial)
{
	for (struct flight *f = a->attempts->first; f != NULL; f = f->next)
		if (f->serial == serial)
			return f;
	return NULL;
}

/* ---- sending ---- */

static void wait_in(struct arsd *a, struct flight *f, enum flight_phase phase, int64_t ms)
{
	f->phase = phase;
	f->due = mono_add_ms(a->mono, ms);
}

/* Ever more slowly, so that a PG in trouble is not made worse; a quarter of chance against all asking at once. */
static int64_t query_pause_ms(struct arsd *a, const struct flight *f)
{
	int64_t ms = a->set.query_first_ms;
	uint32_t jitter = 0;

	for (uint32_t i = 0; i < f->tries && ms < a->set.query_most_ms; i++)
		ms *= 2;
	if (ms > a->set.query_most_ms)
		ms = a->set.query_most_ms;
	if (crypto_random(&jitter, sizeof(jitter)) < 0)
		log_warn("no_random", "for=attempts");
	return ms - ms / 4 + (int64_t)(jitter % (uint32_t)(ms / 4 + 1));
}

static void fill_order(struct arsd *a, const struct flight *f, const struct request *r, struct uplink_msg *m)
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
	} else if (store_billing_key_get(a->store, r->billing_key.text, &k) == 0) {
		snprintf(p->pg_billing_key, sizeof(p->pg_billing_key), "%s", k.pg_billing_key);
	}
	p->amount_minor = r->amount.amount_minor;
	snprintf(p->currency, sizeof(p->currency), "%s", r->amount.currency);
	p->instalment_months = r->instalment_months;
	p->interest_free = r->interest_free_chosen;
	snprintf(p->order_name, sizeof(p->order_name), "%s", r->product_name);
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

/* Stores "sent", then sends: the frame leaves after the commit. */
static void send_order(struct arsd *a, struct flight *f)
{
	static struct uplink_msg m;
	static struct request r;

	if (!a->neighbours[NEIGHBOUR_UPLINKD].up || store_request_get(a->store, f->request.text, &r) < 0) {
		wait_in(a, f, FLIGHT_READY, RESEND_MS);
		return;
	}
	memset(&m, 0, sizeof(m));
	if (strcmp(f->verb, "verify") == 0)
		fill_verify(f, &m);
	else
		fill_order(a, f, &r, &m);
	if (flight_event(a, f, ATTEMPT_SEND, NULL) < 0)
		return;
	wait_in(a, f, FLIGHT_ASKED, ANSWER_MS);
	if (a->ports.uplink(a->ports.context, &m))
		return;
	if (flight_event(a, f, ATTEMPT_NOT_SENT, NULL) == 0)
		wait_in(a, f, FLIGHT_READY, RESEND_MS);
}

static void send_query(struct arsd *a, struct flight *f)
{
	static struct uplink_msg m;
	struct uplink_pg_query *q = &m.u.pg_query;

	memset(&m, 0, sizeof(m));
	m.type = uplink_type_pg_query;
	q->job = job_of(f, ASKED_QUERY);
	snprintf(q->pg, sizeof(q->pg), "%s", f->pg);
	snprintf(q->order_id, sizeof(q->order_id), "%s", f->order_id);
	f->tries++;
	if (a->neighbours[NEIGHBOUR_UPLINKD].up && a->ports.uplink(a->ports.context, &m))
		wait_in(a, f, FLIGHT_QUERIED, ANSWER_MS);
	else
		wait_in(a, f, FLIGHT_QUERY_PAUSE, query_pause_ms(a, f));
}

static void send_cancel(struct arsd *a, struct flight *f)
{
	static struct uplink_msg m;
	struct uplink_pg_net_cancel *c = &m.u.pg_net_cancel;

	memset(&m, 0, sizeof(m));
	m.type = uplink_type_pg_net_cancel;
	c->job = job_of(f, ASKED_CANCEL);
	snprintf(c->pg, sizeof(c->pg), "%s", f->pg);
	snprintf(c->order_id, sizeof(c->order_id), "%s", f->order_id);
	snprintf(c->reason, sizeof(c->reason), "no answer");
	f->tries++;
	if (a->neighbours[NEIGHBOUR_UPLINKD].up && a->ports.uplink(a->ports.context, &m))
		wait_in(a, f, FLIGHT_UNDOING, ANSWER_MS);
	else
		wait_in(a, f, FLIGHT_UNDO_PAUSE, query_pause_ms(a, f));
}

/* ---- beginning ---- */

static int intend(struct arsd *a, struct request *r, const char *verb, struct flight **out)
{
	struct attempt t;
	struct flight *f;
	int e;

	memset(&t, 0, sizeof(t));
	snprintf(t.order_id, sizeof(t.order_id), "%s", id_new("ord_").text);
	t.request = r->id;
	snprintf(t.verb, sizeof(t.verb), "%s", verb);
	snprintf(t.state, sizeof(t.state), "%s", fsm_state_name(&attempt_fsm, ATTEMPT_INTENDED));
	t.amount = r->amount;
	t.created = t.updated = a->wall;
	f = flight_add(a, r, t.order_id, verb);
	if (f == NULL)
		return ERR_NOMEM;
	snprintf(r->pg_order_id, sizeof(r->pg_order_id), "%s", t.order_id);
	r->attempts++;
	e = store_attempt_add(a->store, &t);
	if (e == 0)
		e = requests_apply(a, r, REQUEST_PG_STARTED);
	if (e < 0) {
		flight_free(a, f);
		return e;
	}
	*out = f;
	return 0;
}

static int ask_seal(struct arsd *a, struct flight *f)
{
	static struct vault_msg m;
	struct vault_seal *s = &m.u.seal;

	memset(&m, 0, sizeof(m));
	m.type = vault_type_seal;
	s->req = f->serial;
	s->call = f->line_call;
	snprintf(s->purpose, sizeof(s->purpose), "%s", f->verb);
	snprintf(s->order_id, sizeof(s->order_id), "%s", f->order_id);
	wait_in(a, f, FLIGHT_SEALING, SEAL_MS);
	return a->neighbours[NEIGHBOUR_KEYSTORED].up && a->ports.vault(a->ports.context, &m) ? 0 : ERR_CLOSED;
}

int attempts_begin(struct arsd *a, struct request *r, const char *verb, bool sealed, uint64_t line_call)
{
	struct flight *f;
	int e = intend(a, r, verb, &f);

	if (e < 0)
		return e;
	f->line_call = line_call;
	f->give_up = mono_add_ms(a->mono, a->set.pg_wait_ms);
	if (!sealed)
		send_order(a, f);
	else if (ask_seal(a, f) < 0)
		flight_give_up(a, f, "keystore_lost");
	return 0;
}

int attempts_charge(struct arsd *a, struct request *r)
{
	struct flight *f;
	int e = intend(a, r, "pay", &f);

	if (e < 0)
		return e;
	f->give_up = mono_add_ms(a->mono, CHARGE_GIVE_UP_MS);
	send_order(a, f);
	return 0;
}

void attempts_sealed(struct arsd *a, const struct vault_sealed *m)
{
	struct flight *f = find_serial(a, m->req);

	if (f == NULL || f->phase != FLIGHT_SEALING) {
		log_info("late_seal", "call=%" PRIu64, m->call);
		return;
	}
	if (m->status == VAULT_OK && m->jwe.len > 0)
		f->jwe = malloc(m->jwe.len);
	if (f->jwe == NULL) {
		log_warn("seal_failed", "request=%s status=%u", f->request.text, m->status);
		flight_give_up(a, f, m->status == VAULT_NO_CALL ? "keystore_lost" : "seal_failed");
		return;
	}
	memcpy(f->jwe, m->jwe.data, m->jwe.len);
	f->jwe_len = m->jwe.len;
	if (m->fingerprint.len == sizeof(f->fingerprint))
		memcpy(f->fingerprint, m->fingerprint.data, sizeof(f->fingerprint));
	send_order(a, f);
}

/* ---- answers ---- */

static void no_answer(struct arsd *a, struct flight *f)
{
	if (flight_event(a, f, ATTEMPT_NO_ANSWER, NULL) < 0)
		return;
	metrics_add(&a->metrics, M_PG_UNKNOWN, 1);
	flight_unknown(a, f);
	f->tries = 0;
	wait_in(a, f, FLIGHT_QUERY_PAUSE, query_pause_ms(a, f));
}

static void begin_undoing(struct arsd *a, struct flight *f)
{
	if (flight_event(a, f, ATTEMPT_NOT_FOUND, NULL) < 0)
		return;
	f->tries = 0;
	send_cancel(a, f);
}

/* A PG that approves another amount than was asked has made a mistake: its approval is undone, not taken. */
static bool amount_differs(struct arsd *a, struct flight *f, const struct uplink_pg_result *m)
{
	struct attempt t;

	if (m->status != UPLINK_PG_OK || strcmp(f->verb, "pay") != 0 || m->amount_minor == 0)
		return false;
	if (store_attempt_get(a->store, f->order_id, &t) < 0 || t.amount.amount_minor == m->amount_minor)
		return false;
	log_error("pg_amount_differs", "request=%s order=%s asked=%" PRId64 " approved=%" PRId64, f->request.text, f->order_id,
	          t.amount.amount_minor, m->amount_minor);
	return true;
}

/* An approval has a number and a verified card a key; what lacks them is no answer to this order. */
static bool is_usable(const struct flight *f, const struct uplink_pg_result *m)
{
	if (m->status != UPLINK_PG_OK)
		return true;
	return (strcmp(f->verb, "pay") == 0 ? m->approval_no : m->pg_billing_key)[0] != '\0';
}

static void definite_answer(struct arsd *a, struct flight *f, const struct uplink_pg_result *m)
{
	if (!is_usable(f, m)) {
		log_error("pg_answer_unusable", "request=%s order=%s verb=%s", f->request.text, f->order_id, f->verb);
		if (f->phase == FLIGHT_ASKED)
			no_answer(a, f);
		else
			wait_in(a, f, FLIGHT_QUERY_PAUSE, query_pause_ms(a, f));
		return;
	}
	if (!amount_differs(a, f, m)) {
		flight_settle(a, f, m);
		return;
	}
	if (f->phase == FLIGHT_ASKED)
		no_answer(a, f);
	begin_undoing(a, f);
}

static void order_answered(struct arsd *a, struct flight *f, const struct uplink_pg_result *m)
{
	switch (m->status) {
	case UPLINK_PG_OK:
	case UPLINK_PG_DECLINED:
		definite_answer(a, f, m);
		break;
	case UPLINK_PG_NOT_SENT:
		/* A query may have begun; then this says nothing that it would not. */
		if (f->phase == FLIGHT_ASKED && flight_event(a, f, ATTEMPT_NOT_SENT, NULL) == 0)
			wait_in(a, f, FLIGHT_READY, RESEND_MS);
		break;
	default:
		if (f->phase == FLIGHT_ASKED)
			no_answer(a, f);
		break;
	}
}

static void query_answered(struct arsd *a, struct flight *f, const struct uplink_pg_result *m)
{
	if (f->phase != FLIGHT_QUERIED)
		return;
	switch (m->status) {
	case UPLINK_PG_OK:
	case UPLINK_PG_DECLINED:
		definite_answer(a, f, m);
		break;
	case UPLINK_PG_NOT_FOUND:
		begin_undoing(a, f);
		break;
	default:
		wait_in(a, f, FLIGHT_QUERY_PAUSE, query_pause_ms(a, f));
		break;
	}
}

static void cancel_answered(struct arsd *a, struct flight *f, const struct uplink_pg_result *m)
{
	if (m->status == UPLINK_PG_OK) {
		flight_undone(a, f);
		return;
	}
	if (m->status == UPLINK_PG_DECLINED)
		log_error("net_cancel_refused", "request=%s order=%s code=%s", f->request.text, f->order_id, m->code);
	wait_in(a, f, FLIGHT_UNDO_PAUSE, query_pause_ms(a, f));
}

void attempts_result(struct arsd *a, const struct uplink_pg_result *m)
{
	struct flight *f = find_serial(a, (m->job & ~pg_job_bit) >> 2);

	if (f == NULL) {
		log_info("late_pg_result", "job=%" PRIu64, m->job);
		return;
	}
	switch (m->job & 3) {
	case ASKED_ORDER: order_answered(a, f, m); break;
	case ASKED_QUERY: query_answered(a, f, m); break;
	case ASKED_CANCEL: cancel_answered(a, f, m); break;
	default: break;
	}
}

/* ---- time, and neighbours that come and go ---- */

static void flight_due(struct arsd *a, struct flight *f)
{
	switch (f->phase) {
	case FLIGHT_SEALING: flight_give_up(a, f, "keystore_lost"); break;
	case FLIGHT_READY:
		if (mono_diff_ms(f->give_up, a->mono) >= 0)
			flight_give_up(a, f, "pg_unreachable");
		else
			send_order(a, f);
		break;
	case FLIGHT_ASKED: no_answer(a, f); break;
	case FLIGHT_QUERY_PAUSE:
	case FLIGHT_QUERIED: send_query(a, f); break;
	case FLIGHT_UNDO_PAUSE:
	case FLIGHT_UNDOING: send_cancel(a, f); break;
	}
}

void attempts_tick(struct arsd *a)
{
	struct flight *next;

	for (struct flight *f = a->attempts->first; f != NULL; f = next) {
		next = f->next;
		if (mono_diff_ms(f->due, a->mono) >= 0)
			flight_due(a, f);
	}
	metrics_set(&a->metrics, M_PG_OPEN, a->attempts->count);
}

void attempts_forget_call(struct arsd *a, uint64_t line_call)
{
	for (struct flight *f = a->attempts->first; f != NULL; f = f->next)
		if (f->line_call == line_call)
			f->line_call = 0;
}

void attempts_keystore_lost(struct arsd *a)
{
	struct flight *next;

	for (struct flight *f = a->attempts->first; f != NULL; f = next) {
		next = f->next;
		if (f->phase == FLIGHT_SEALING)
			flight_give_up(a, f, "keystore_lost");
	}
}

void attempts_uplink_up(struct arsd *a)
{
	for (struct flight *f = a->attempts->first; f != NULL; f = f->next)
		if (f->phase == FLIGHT_READY || f->phase == FLIGHT_QUERY_PAUSE || f->phase == FLIGHT_UNDO_PAUSE)
			f->due = a->mono;
}

void attempts_uplink_lost(struct arsd *a)
{
	for (struct flight *f = a->attempts->first; f != NULL; f = f->next)
		if (f->phase == FLIGHT_ASKED)
			no_answer(a, f);
		else if (f->phase == FLIGHT_QUERIED)
			wait_in(a, f, FLIGHT_QUERY_PAUSE, query_pause_ms(a, f));
		else if (f->phase == FLIGHT_UNDOING)
			wait_in(a, f, FLIGHT_UNDO_PAUSE, query_pause_ms(a, f));
}

/* ---- recovery ---- */

struct open_attempts { struct attempt *list; size_t count, room; };

static int collect(const struct attempt *t, void *context)
{
	struct open_attempts *o = context;

	if (o->count == o->room) {
		size_t room = o->room == 0 ? 64 : o->room * 2;
		struct attempt *more = realloc(o->list, room * sizeof(*more));

		if (more == NULL)
			return ERR_NOMEM;
		o->list = more;
		o->room = room;
	}
	o->list[o->count++] = *t;
	return 0;
}

/* Of a call that still waits; old: the flights before. */
static uint64_t waiting_call(const struct flight *old, const char *order_id)
{
	for (; old != NULL; old = old->next)
		if (strcmp(old->order_id, order_id) == 0)
			return old->line_call;
	return 0;
}

static void recover_one(struct arsd *a, const struct attempt *t, const struct flight *old)
{
	static struct request r;
	int state = fsm_find_state(&attempt_fsm, t->state);
	struct flight *f;

	if (store_request_get(a->store, t->request.text, &r) < 0 || (f = flight_add(a, &r, t->order_id, t->verb)) == NULL) {
		log_error("recover_attempt", "order=%s error=no_request", t->order_id);
		return;
	}
	log_info("recover_attempt", "request=%s order=%s state=%s", r.id.text, t->order_id, t->state);
	f->give_up = mono_add_ms(a->mono, CHARGE_GIVE_UP_MS);
	f->line_call = waiting_call(old, t->order_id);
	switch (state) {
	case ATTEMPT_INTENDED:
		/* What was sealed is gone, and a caller has been cut off; a charge without a call needs neither. */
		if (r.consent_skip)
			send_order(a, f);
		else
			flight_give_up(a, f, "system_lost");
		break;
	case ATTEMPT_SENT: no_answer(a, f); break;
	case ATTEMPT_UNKNOWN: wait_in(a, f, FLIGHT_QUERY_PAUSE, 0); break;
	case ATTEMPT_CANCELING: wait_in(a, f, FLIGHT_UNDO_PAUSE, 0); break;
	default: flight_free(a, f); break;
	}
}

void attempts_recover(struct arsd *a)
{
	struct open_attempts open = { 0 };
	struct flight *old = a->attempts->first, *next;

	a->attempts->first = NULL;
	if (store_attempts_open(a->store, collect, &open) < 0)
		log_error("recover_attempts", "error=store");
	for (size_t i = 0; i < open.count; i++)
		recover_one(a, &open.list[i], old);
	free(open.list);
	for (; old != NULL; old = next) {
		next = old->next;
		flight_free(a, old);
	}
}
