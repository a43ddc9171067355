/* attempts_answer.c: what the PG answers, to an order, to the question after one, to its undoing; and what has no answer. Definite words
 * are settle.c's. */
#include <inttypes.h>
#include <string.h>

#include "arsd/attempts_priv.h"
#include "arsd/columns.h"
#include "lib/log.h"
#include "store/columns.h"

void flight_no_answer(struct arsd *a, struct flight *f)
{
	if (flight_event(a, f, ATTEMPT_NO_ANSWER, NULL) < 0)
		return;
	metrics_add(&a->metrics, M_PG_UNKNOWN, 1);
	flight_unknown(a, f);
	f->tries = 0;
	flight_wait(a, f, FLIGHT_QUERY_PAUSE, attempts_pause_ms(a, f->tries));
}

static void begin_undoing(struct arsd *a, struct flight *f)
{
	if (flight_event(a, f, ATTEMPT_NOT_FOUND, NULL) < 0)
		return;
	f->tries = 0;
	f->lost = a->mono;
	flight_send_cancel(a, f);
}

bool attempts_money_differs(const struct money *asked, const struct uplink_pg_result *m)
{
	return (m->amount_minor != 0 && m->amount_minor != asked->amount_minor) ||
	       (m->currency[0] != '\0' && strcmp(m->currency, asked->currency) != 0);
}

/* A PG that approves another amount than was asked has made a mistake: its approval is undone, not taken. */
static bool amount_differs(struct arsd *a, struct flight *f, const struct uplink_pg_result *m)
{
	struct attempt t;

	if (m->status != UPLINK_PG_OK || strcmp(f->verb, "pay") != 0 || store_attempt_get(a->store, f->order_id, &t) < 0 ||
	    !attempts_money_differs(&t.amount, m))
		return false;
	log_error("pg_amount_differs", "request=%s order=%s asked=%" PRId64 " currency=%s approved=%" PRId64 " in=%s", f->request.text, f->order_id,
	          t.amount.amount_minor, t.amount.currency, m->amount_minor, m->currency);
	return true;
}

/* An approval has a number and a verified card a key; what lacks them is no answer to this order. */
static bool is_usable(const struct flight *f, const struct uplink_pg_result *m)
{
	if (m->status != UPLINK_PG_OK)
		return true;
	/* No gateway's key looks like what we seal; one that did would be read as that. */
	return (strcmp(f->verb, "pay") == 0 ? m->approval_no : m->pg_billing_key)[0] != '\0' && !columns_is_sealed(m->pg_billing_key);
}

static void definite_answer(struct arsd *a, struct flight *f, const struct uplink_pg_result *m)
{
	if (!is_usable(f, m)) {
		log_error("pg_answer_unusable", "request=%s order=%s verb=%s", f->request.text, f->order_id, f->verb);
		if (f->phase == FLIGHT_ASKED)
			flight_no_answer(a, f);
		else
			flight_wait(a, f, FLIGHT_QUERY_PAUSE, attempts_pause_ms(a, f->tries));
		return;
	}
	if (!amount_differs(a, f, m)) {
		flight_settle(a, f, m);
		return;
	}
	if (f->phase == FLIGHT_ASKED)
		flight_no_answer(a, f);
	begin_undoing(a, f);
}

static void order_answered(struct arsd *a, struct flight *f, const struct uplink_pg_result *m)
{
	/* Once it is being undone, only the undoing's answer counts. */
	if (f->phase == FLIGHT_UNDOING || f->phase == FLIGHT_UNDO_PAUSE) {
		log_info("late_pg_result", "order=%s status=%u", f->order_id, m->status);
		return;
	}
	switch (m->status) {
	case UPLINK_PG_OK:
	case UPLINK_PG_DECLINED:
		definite_answer(a, f, m);
		break;
	case UPLINK_PG_NOT_SENT:
		/* A query may have begun; then this says nothing that it would not. */
		if (f->phase == FLIGHT_ASKED && flight_event(a, f, ATTEMPT_NOT_SENT, NULL) == 0)
			flight_wait(a, f, FLIGHT_READY, FLIGHT_RESEND_MS);
		break;
	default:
		if (f->phase == FLIGHT_ASKED)
			flight_no_answer(a, f);
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
		flight_wait(a, f, FLIGHT_QUERY_PAUSE, attempts_pause_ms(a, f->tries));
		break;
	}
}

static void cancel_answered(struct arsd *a, struct flight *f, const struct uplink_pg_result *m)
{
	if (m->status == UPLINK_PG_OK) {
		flight_undone(a, f, m);
		return;
	}
	if (m->status == UPLINK_PG_DECLINED)
		log_error("net_cancel_refused", "request=%s order=%s code=%s", f->request.text, f->order_id, m->code);
	flight_wait(a, f, FLIGHT_UNDO_PAUSE, attempts_pause_ms(a, f->tries));
}

void attempts_result(struct arsd *a, const struct uplink_pg_result *m)
{
	struct flight *f = flight_find(a, flight_serial_of(m->job));

	if (f == NULL) {
		log_info("late_pg_result", "job=%" PRIu64, m->job);
		return;
	}
	/* What it means for a billing key could not be told now: it is asked for again. */
	if (columns_wait(a) && (m->job & 3) != ASKED_CANCEL) {
		if (f->phase == FLIGHT_ASKED)
			flight_no_answer(a, f);
		else if (f->phase == FLIGHT_QUERIED)
			flight_wait(a, f, FLIGHT_QUERY_PAUSE, attempts_pause_ms(a, f->tries));
		return;
	}
	switch (m->job & 3) {
	case ASKED_ORDER: order_answered(a, f, m); break;
	case ASKED_QUERY: query_answered(a, f, m); break;
	case ASKED_CANCEL: cancel_answered(a, f, m); break;
	default: break;
	}
}
