#include "arsd/cancels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/attempts.h"
#include "arsd/cancellation.h"
#include "arsd/events.h"
#include "arsd/requests.h"
#include "crypto/crypto.h"
#include "lib/log.h"

/* ANSWER_MS: uplinkd's own limit is 120 s. */
enum { ANSWER_MS = 180000, RESEND_MS = 1000, GIVE_UP_MS = 300000 };

enum phase { PHASE_READY, PHASE_ASKED, PHASE_PAUSE, PHASE_QUERIED };
enum question { ASKED_CANCEL = 0, ASKED_QUERY = 1 };
struct under_way {
	struct under_way *next;
	uint64_t serial;
	char id[ID_SIZE];
	enum phase phase;
	struct mono due, give_up, sent;   /* give_up: unsent until then, never sent */
	struct mono asked;                /* the question under way */
	uint32_t tries;
	bool again;                       /* the state is "sent_again" already, before it is sent */
};
struct cancels { struct under_way *first; uint64_t serial; };

/* Job numbers: the top bit is the PG's, the next is ours; below them who, then what was asked. */
static const uint64_t our_bits = UINT64_C(3) << 62;

int cancels_new(struct arsd *a UNUSED, struct cancels **c)
{
	struct cancels *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	/* From a random start, so that an answer to an earlier arsd finds nobody. */
	if (crypto_random(&made->serial, sizeof(made->serial)) < 0) {
		free(made);
		return ERR_CRYPTO;
	}
	made->serial >>= 8;
	*c = made;
	return 0;
}

static void forget_all(struct cancels *c)
{
	struct under_way *u;

	while ((u = c->first) != NULL) {
		c->first = u->next;
		free(u);
	}
}

void cancels_free(struct cancels **c)
{
	if (*c != NULL)
		forget_all(*c);
	free(*c);
	*c = NULL;
}

static struct under_way *add(struct arsd *a, const char *id)
{
	struct under_way *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->serial = ++a->cancels->serial & ((UINT64_C(1) << 56) - 1);
	snprintf(u->id, sizeof(u->id), "%s", id);
	u->give_up = mono_add_ms(a->mono, GIVE_UP_MS);
	u->next = a->cancels->first;
	a->cancels->first = u;
	return u;
}

static void drop(struct arsd *a, struct under_way *u)
{
	struct under_way **link = &a->cancels->first;

	while (*link != NULL && *link != u)
		link = &(*link)->next;
	if (*link == u)
		*link = u->next;
	free(u);
}

static void wait(struct arsd *a, struct under_way *u, enum phase phase, int64_t ms)
{
	u->phase = phase;
	u->due = mono_add_ms(a->mono, ms);
}

static void pause(struct arsd *a, struct under_way *u)
{
	wait(a, u, PHASE_PAUSE, attempts_pause_ms(a, u->tries));
}

bool cancels_owns_job(uint64_t job)
{
	return (job & our_bits) == our_bits;
}

static uint64_t job_of(const struct under_way *u, enum question asked)
{
	return our_bits | u->serial << 2 | (uint64_t)asked;
}

/* Moves and stores. answer (may be NULL): what to keep of it. c is as it is then. ERR_STATE: it means nothing (any more). */
static int move(struct arsd *a, const struct under_way *u, enum cancellation_event e, const struct uplink_pg_result *answer,
                struct cancellation *c)
{
	char old[sizeof(c->state)];
	int err = store_cancellation_get(a->store, u->id, c), state;
	enum fsm_kind kind;

	if (err < 0) {
		log_error("cancellation_lost", "cancellation=%s error=%s", u->id, err_name(err));
		return err;
	}
	state = fsm_find_state(&cancellation_fsm, c->state);
	kind = fsm_step(&cancellation_fsm, &state, (int)e);
	if (kind == FSM_BUG)
		log_error("cancellation_bug", "cancellation=%s state=%s event=\"%s\"", u->id, c->state, cancellation_fsm.event_names[e]);
	if (kind == FSM_BUG || kind == FSM_IGNORE)
		return ERR_STATE;
	snprintf(old, sizeof(old), "%s", c->state);
	snprintf(c->state, sizeof(c->state), "%s", fsm_state_name(&cancellation_fsm, state));
	c->updated = a->wall;
	if (state == CANCELLATION_SUCCEEDED)
		c->canceled.ms = answer != NULL && answer->at_ms != 0 ? answer->at_ms : a->wall.ms;
	if (answer != NULL && state != CANCELLATION_SUCCEEDED) {
		snprintf(c->code, sizeof(c->code), "%s", answer->code[0] != '\0' ? answer->code : "declined");
		snprintf(c->message, sizeof(c->message), "%s", answer->message);
	} else if (state == CANCELLATION_SUCCEEDED) {
		c->code[0] = c->message[0] = '\0';
	}
	log_info("cancellation", "payment=%s cancellation=%s from=%s to=%s", c->request.text, u->id, old, c->state);
	return store_cancellation_update(a->store, c, old);
}

/* ---- sending ---- */

static void fill(const struct under_way *u, const struct cancellation *c, struct uplink_pg_cancel *m)
{
	m->job = job_of(u, ASKED_CANCEL);
	snprintf(m->pg, sizeof(m->pg), "%s", c->pg);
	snprintf(m->order_id, sizeof(m->order_id), "%s", c->order_id);
	snprintf(m->tid, sizeof(m->tid), "%s", c->tid);
	snprintf(m->cancel_id, sizeof(m->cancel_id), "%s", c->id);
	m->amount_minor = c->amount.amount_minor;
	m->tax_free_minor = c->tax_free_minor;
	m->vat_minor = c->vat_minor;
	snprintf(m->currency, sizeof(m->currency), "%s", c->amount.currency);
	m->whole = c->whole;
	snprintf(m->reason, sizeof(m->reason), "%s", c->reason);
	m->order_at_ms = c->ordered.ms;
}

static void not_sent(struct arsd *a, struct under_way *u)
{
	struct cancellation c;

	if (move(a, u, CANCELLATION_NOT_SENT, NULL, &c) < 0)
		return;
	u->again = false;
	if (strcmp(c.state, "requested") == 0)
		wait(a, u, PHASE_READY, RESEND_MS);
	else
		pause(a, u);
}

/* The frame leaves after the commit of what says that it was sent. */
static void send_cancel(struct arsd *a, struct under_way *u)
{
	static struct uplink_msg m;
	struct cancellation c;

	if (!a->neighbours[NEIGHBOUR_UPLINKD].up) {
		wait(a, u, PHASE_READY, RESEND_MS);
		return;
	}
	if (u->again ? store_cancellation_get(a->store, u->id, &c) < 0 : move(a, u, CANCELLATION_SEND, NULL, &c) < 0)
		return;
	memset(&m, 0, sizeof(m));
	m.type = uplink_type_pg_cancel;
	fill(u, &c, &m.u.pg_cancel);
	u->sent = a->mono;
	wait(a, u, PHASE_ASKED, ANSWER_MS);
	if (!a->ports.uplink(a->ports.context, &m))
		not_sent(a, u);
}

static void send_query(struct arsd *a, struct under_way *u)
{
	static struct uplink_msg m;
	struct uplink_pg_query_cancel *q = &m.u.pg_query_cancel;
	struct cancellation c;

	u->tries++;
	if (!a->neighbours[NEIGHBOUR_UPLINKD].up || store_cancellation_get(a->store, u->id, &c) < 0) {
		pause(a, u);
		return;
	}
	memset(&m, 0, sizeof(m));
	m.type = uplink_type_pg_query_cancel;
	q->job = job_of(u, ASKED_QUERY);
	snprintf(q->pg, sizeof(q->pg), "%s", c.pg);
	snprintf(q->order_id, sizeof(q->order_id), "%s", c.order_id);
	snprintf(q->tid, sizeof(q->tid), "%s", c.tid);
	snprintf(q->cancel_id, sizeof(q->cancel_id), "%s", c.id);
	q->amount_minor = c.amount.amount_minor;
	q->order_at_ms = c.ordered.ms;
	u->asked = a->mono;
	wait(a, u, PHASE_QUERIED, ANSWER_MS);
	if (!a->ports.uplink(a->ports.context, &m))
		pause(a, u);
}

int cancels_begin(struct arsd *a, struct cancellation *c)
{
	struct under_way *u;
	int e;

	snprintf(c->id, sizeof(c->id), "%s", id_new("can_").text);
	snprintf(c->state, sizeof(c->state), "%s", fsm_state_name(&cancellation_fsm, CANCELLATION_REQUESTED));
	c->created = c->updated = a->wall;
	e = store_cancellation_add(a->store, c);
	if (e < 0)
		return e;
	u = add(a, c->id);
	if (u == NULL)
		return ERR_NOMEM;
	metrics_add(&a->metrics, M_CANCELS_BEGUN, 1);
	send_cancel(a, u);
	return store_cancellation_get(a->store, u->id, c);
}

/* ---- answers ---- */

static void given_back(struct arsd *a, const struct cancellation *c)
{
	static struct request r;
	bool all;

	metrics_add(&a->metrics, M_CANCELS_OK, 1);
	if (store_request_get(a->store, c->request.text, &r) < 0) {
		log_error("cancellation_orphan", "cancellation=%s", c->id);
		return;
	}
	r.canceled_minor += c->amount.amount_minor;
	all = r.canceled_minor >= r.amount.amount_minor;
	if (requests_apply(a, &r, all ? REQUEST_GIVEN_BACK : REQUEST_GIVEN_BACK_PART) < 0 ||
	    events_cancellation(a, &r, c, all ? "payment.canceled" : "payment.partially_canceled") < 0)
		log_error("cancellation_untold", "cancellation=%s", c->id);
}

static void not_given_back(struct arsd *a, const struct cancellation *c)
{
	static struct request r;

	metrics_add(&a->metrics, M_CANCELS_FAILED, 1);
	if (store_request_get(a->store, c->request.text, &r) < 0 || events_cancellation(a, &r, c, "payment.cancel_failed") < 0)
		log_error("cancellation_untold", "cancellation=%s", c->id);
}

static void no_answer(struct arsd *a, struct under_way *u)
{
	struct cancellation c;

	if (move(a, u, CANCELLATION_NO_ANSWER, NULL, &c) < 0)
		return;
	u->again = false;
	u->tries = 0;
	pause(a, u);
}

/* The PG's word on it, of whatever kind. */
static void word(struct arsd *a, struct under_way *u, enum cancellation_event e, const struct uplink_pg_result *m)
{
	struct cancellation c;

	if (move(a, u, e, m, &c) < 0)
		return;
	switch (fsm_find_state(&cancellation_fsm, c.state)) {
	case CANCELLATION_SUCCEEDED:
		drop(a, u);
		given_back(a, &c);
		break;
	case CANCELLATION_DECLINED:
		drop(a, u);
		not_given_back(a, &c);
		break;
	case CANCELLATION_SENT_AGAIN:
		u->again = true;
		u->tries = 0;
		send_cancel(a, u);
		break;
	default:
		u->tries = 0;
		pause(a, u);
		break;
	}
}

/* A PG that gave back another amount than was asked has made a mistake that a person has to look at: it stays unknown. */
static bool amount_differs(struct arsd *a, const struct under_way *u, const struct uplink_pg_result *m)
{
	struct cancellation c;

	if (store_cancellation_get(a->store, u->id, &c) < 0 || !attempts_money_differs(&c.amount, m))
		return false;
	log_error("pg_cancel_differs", "cancellation=%s asked=%" PRId64 " currency=%s given_back=%" PRId64 " in=%s", u->id, c.amount.amount_minor,
	          c.amount.currency, m->amount_minor, m->currency);
	return true;
}

static void cancel_answered(struct arsd *a, struct under_way *u, const struct uplink_pg_result *m)
{
	switch (m->status) {
	case UPLINK_PG_OK:
		if (!amount_differs(a, u, m))
			word(a, u, CANCELLATION_OK, m);
		else if (u->phase == PHASE_ASKED)
			no_answer(a, u);
		break;
	/* What comes when it is being asked after already says less than the answer to that. */
	case UPLINK_PG_DECLINED:
		if (u->phase == PHASE_ASKED)
			word(a, u, CANCELLATION_NO, m);
		break;
	case UPLINK_PG_NOT_SENT:
		if (u->phase == PHASE_ASKED)
			not_sent(a, u);
		break;
	default:
		if (u->phase == PHASE_ASKED)
			no_answer(a, u);
		break;
	}
}

/* Not before all that was sent has arrived or never will: a no that the PG did not keep is no proof against what comes late. The PG may have
 * looked as soon as it was asked. */
static bool is_late_enough(struct arsd *a, const struct under_way *u)
{
	struct cancellation c;

	return store_cancellation_get(a->store, u->id, &c) == 0 &&
	       (strcmp(c.state, "doubted") != 0 || mono_diff_ms(u->sent, u->asked) >= a->set.pg_late_ms);
}

static void query_answered(struct arsd *a, struct under_way *u, const struct uplink_pg_result *m)
{
	if (u->phase != PHASE_QUERIED)
		return;
	if (m->status == UPLINK_PG_OK && !amount_differs(a, u, m))
		word(a, u, CANCELLATION_OK, m);
	else if (m->status == UPLINK_PG_DECLINED)
		word(a, u, CANCELLATION_NO, m);
	else if (m->status == UPLINK_PG_NOT_FOUND && is_late_enough(a, u))
		word(a, u, CANCELLATION_NOT_FOUND, NULL);
	else
		pause(a, u);
}

void cancels_result(struct arsd *a, const struct uplink_pg_result *m)
{
	uint64_t serial = (m->job & ~our_bits) >> 2;
	struct under_way *u = a->cancels->first;

	while (u != NULL && u->serial != serial)
		u = u->next;
	if (u == NULL)
		log_info("late_pg_result", "job=%" PRIu64, m->job);
	else if ((m->job & 3) == ASKED_CANCEL)
		cancel_answered(a, u, m);
	else
		query_answered(a, u, m);
}

/* ---- time, and uplinkd that comes and goes ---- */

static void give_up(struct arsd *a, struct under_way *u)
{
	const struct uplink_pg_result why = { .code = "pg_unreachable", .message = "the PG was not reached; nothing was sent" };
	struct cancellation c;

	if (move(a, u, CANCELLATION_GIVE_UP, &why, &c) < 0)
		return;
	drop(a, u);
	not_given_back(a, &c);
}

static void due(struct arsd *a, struct under_way *u)
{
	switch (u->phase) {
	case PHASE_READY:
		if (!u->again && mono_diff_ms(u->give_up, a->mono) >= 0)
			give_up(a, u);
		else
			send_cancel(a, u);
		break;
	case PHASE_ASKED: no_answer(a, u); break;
	case PHASE_PAUSE:
	case PHASE_QUERIED: send_query(a, u); break;
	}
}

void cancels_tick(struct arsd *a)
{
	struct under_way *next;
	int64_t count = 0;

	for (struct under_way *u = a->cancels->first; u != NULL; u = next) {
		next = u->next;
		count++;
		if (mono_diff_ms(u->due, a->mono) >= 0)
			due(a, u);
	}
	metrics_set(&a->metrics, M_CANCELS_OPEN, count);
}

void cancels_uplink_up(struct arsd *a)
{
	for (struct under_way *u = a->cancels->first; u != NULL; u = u->next)
		if (u->phase == PHASE_READY || u->phase == PHASE_PAUSE)
			u->due = a->mono;
}

void cancels_uplink_lost(struct arsd *a)
{
	for (struct under_way *u = a->cancels->first; u != NULL; u = u->next)
		if (u->phase == PHASE_ASKED)
			no_answer(a, u);
		else if (u->phase == PHASE_QUERIED)
			pause(a, u);
}

/* ---- recovery ---- */

static int recover_one(const struct cancellation *c, void *context)
{
	struct arsd *a = context;
	struct under_way *u = add(a, c->id);
	int state = fsm_find_state(&cancellation_fsm, c->state);

	if (u == NULL)
		return ERR_NOMEM;
	log_info("recover_cancellation", "payment=%s cancellation=%s state=%s", c->request.text, c->id, c->state);
	u->sent = a->mono;
	if (state == CANCELLATION_REQUESTED)
		wait(a, u, PHASE_READY, 0);
	else if (state == CANCELLATION_UNKNOWN || state == CANCELLATION_DOUBTED)
		wait(a, u, PHASE_PAUSE, 0);
	else
		wait(a, u, PHASE_ASKED, 0);       /* its answer never came, and never will */
	return 0;
}

void cancels_recover(struct arsd *a)
{
	forget_all(a->cancels);
	if (store_cancellations_open(a->store, recover_one, a) < 0)
		log_error("recover_cancellations", "error=store");
}
