#include "arsd/attempts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/attempt.h"
#include "arsd/attempts_priv.h"
#include "arsd/gateways.h"
#include "arsd/requests.h"
#include "arsd/tries.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"

enum { SEAL_MS = 5000, CHARGE_GIVE_UP_MS = 300000 };

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

struct flight *flight_add(struct arsd *a, const struct request *r, const struct attempt *t)
{
	struct attempts *all = a->attempts;
	struct flight *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->serial = ++all->serial & ((UINT64_C(1) << 60) - 1);
	f->request = r->id;
	snprintf(f->order_id, sizeof(f->order_id), "%s", t->order_id);
	snprintf(f->verb, sizeof(f->verb), "%s", t->verb);
	snprintf(f->pg, sizeof(f->pg), "%s", t->pg);
	memcpy(f->fingerprint, t->fingerprint, sizeof(f->fingerprint));
	f->counted = t->counted_day != 0;
	f->counted_day = t->counted_day;
	f->next = all->first;
	all->first = f;
	all->count++;
	return f;
}

struct flight *flight_find(struct arsd *a, uint64_t serial)
{
	for (struct flight *f = a->attempts->first; f != NULL; f = f->next)
		if (f->serial == serial)
			return f;
	return NULL;
}

/* ---- beginning ---- */

/* The request moves first: one that is at the PG already refuses, and no second attempt of it is left in the store. */
static int intend(struct arsd *a, struct request *r, const char *verb, bool by_key, struct flight **out)
{
	struct attempt t;
	struct flight *f;
	int e;

	memset(&t, 0, sizeof(t));
	snprintf(t.order_id, sizeof(t.order_id), "%s", id_new("ord_").text);
	t.request = r->id;
	t.merchant = r->merchant;
	snprintf(t.verb, sizeof(t.verb), "%s", verb);
	snprintf(t.state, sizeof(t.state), "%s", fsm_state_name(&attempt_fsm, ATTEMPT_INTENDED));
	t.amount = r->amount;
	t.created = t.updated = a->wall;
	e = gateways_of_request(a, r, by_key, t.pg);
	if (e < 0)
		return e;
	f = flight_add(a, r, &t);
	if (f == NULL)
		return ERR_NOMEM;
	snprintf(r->pg_order_id, sizeof(r->pg_order_id), "%s", t.order_id);
	r->attempts++;
	e = requests_apply(a, r, REQUEST_PG_STARTED);
	if (e == 0)
		e = store_attempt_add(a->store, &t);
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
	snprintf(s->pg, sizeof(s->pg), "%s", f->pg);
	snprintf(s->purpose, sizeof(s->purpose), "%s", f->verb);
	snprintf(s->order_id, sizeof(s->order_id), "%s", f->order_id);
	flight_wait(a, f, FLIGHT_SEALING, SEAL_MS);
	return a->neighbours[NEIGHBOUR_KEYSTORED].up && a->ports.vault(a->ports.context, &m) ? 0 : ERR_CLOSED;
}

int attempts_begin(struct arsd *a, struct request *r, const char *verb, bool sealed, uint64_t line_call)
{
	struct flight *f;
	int e = intend(a, r, verb, !sealed, &f);

	if (e < 0)
		return e;
	f->line_call = line_call;
	/* Before the caller's patience ends: an order that was never sent is told as that, not as one without an answer. */
	f->give_up = mono_add_ms(a->mono, a->set.pg_wait_ms - 2 * FLIGHT_RESEND_MS);
	if (!sealed)
		flight_send_order(a, f);
	else if (ask_seal(a, f) < 0)
		flight_give_up(a, f, "keystore_lost");
	return 0;
}

int attempts_charge(struct arsd *a, struct request *r)
{
	struct flight *f;
	int e = intend(a, r, "pay", true, &f);

	if (e < 0)
		return e;
	f->give_up = mono_add_ms(a->mono, CHARGE_GIVE_UP_MS);
	flight_send_order(a, f);
	return 0;
}

void attempts_sealed(struct arsd *a, const struct vault_sealed *m)
{
	struct flight *f = flight_find(a, m->req);
	int e;

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
	e = tries_take(a, f->fingerprint, &f->counted_day);
	f->counted = e == 0;
	if (e < 0)
		flight_give_up(a, f, e == ERR_EXHAUSTED ? "password_tries" : "system_lost");
	else
		flight_send_order(a, f);
}

bool attempts_withdraw(struct arsd *a, struct request *r)
{
	struct flight *f = a->attempts->first;

	while (f != NULL && strcmp(f->request.text, r->id.text) != 0)
		f = f->next;
	if (f == NULL || (f->phase != FLIGHT_SEALING && f->phase != FLIGHT_READY) || flight_event(a, f, ATTEMPT_GIVE_UP, NULL) < 0)
		return false;
	if (f->counted)
		tries_give_back(a, f->fingerprint, f->counted_day);
	flight_free(a, f);
	return requests_apply(a, r, REQUEST_PG_NOT_DONE) == 0;
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
			flight_send_order(a, f);
		break;
	case FLIGHT_ASKED: flight_no_answer(a, f); break;
	case FLIGHT_QUERY_PAUSE:
	case FLIGHT_QUERIED: flight_send_query(a, f); break;
	case FLIGHT_UNDO_PAUSE:
	case FLIGHT_UNDOING: flight_send_cancel(a, f); break;
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

void attempts_columns_open(struct arsd *a)
{
	attempts_uplink_up(a);
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
			flight_no_answer(a, f);
		else if (f->phase == FLIGHT_QUERIED)
			flight_wait(a, f, FLIGHT_QUERY_PAUSE, attempts_pause_ms(a, f->tries));
		else if (f->phase == FLIGHT_UNDOING)
			flight_wait(a, f, FLIGHT_UNDO_PAUSE, attempts_pause_ms(a, f->tries));
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

/* What is left to a charge that was not sent: its time goes on while no arsd runs. A clock that was set back gives it no more than it had. */
static int64_t charge_left_ms(const struct arsd *a, const struct attempt *t)
{
	int64_t left = t->created.ms + CHARGE_GIVE_UP_MS - a->wall.ms;

	return left < CHARGE_GIVE_UP_MS ? left : CHARGE_GIVE_UP_MS;
}

static void recover_one(struct arsd *a, const struct attempt *t, const struct flight *old)
{
	static struct request r;
	int state = fsm_find_state(&attempt_fsm, t->state);
	struct flight *f;

	if (store_request_get(a->store, t->request.text, &r) < 0 || (f = flight_add(a, &r, t)) == NULL) {
		log_error("recover_attempt", "order=%s error=no_request", t->order_id);
		return;
	}
	log_info("recover_attempt", "request=%s order=%s state=%s", r.id.text, t->order_id, t->state);
	f->give_up = mono_add_ms(a->mono, charge_left_ms(a, t));
	f->line_call = waiting_call(old, t->order_id);
	switch (state) {
	case ATTEMPT_INTENDED:
		/* What was sealed is gone, and a caller has been cut off; a charge without a call needs neither. */
		if (!r.consent_skip)
			flight_give_up(a, f, "system_lost");
		else if (charge_left_ms(a, t) <= 0)
			flight_give_up(a, f, "pg_unreachable");
		else
			flight_send_order(a, f);
		break;
	case ATTEMPT_SENT: flight_no_answer(a, f); break;
	case ATTEMPT_UNKNOWN: flight_wait(a, f, FLIGHT_QUERY_PAUSE, 0); break;
	case ATTEMPT_CANCELING:
		/* How long ago that was, the time of day cannot be trusted to say. */
		f->lost = a->mono;
		flight_wait(a, f, FLIGHT_UNDO_PAUSE, 0);
		break;
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
