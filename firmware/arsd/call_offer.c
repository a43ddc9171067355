/* call_offer.c: a call is offered: for whom it is, and whether it is answered, by which scenario, or refused, and why. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arsd/calls_priv.h"
#include "arsd/columns.h"
#include "arsd/gateway_keys.h"
#include "lib/log.h"

static void record_offer(struct arsd *a, const struct callctl_call_offered *m, struct call_record *r)
{
	memset(r, 0, sizeof(*r));
	r->id = id_new("call_");
	r->line_call = m->call;
	r->span = m->span;
	r->channel = m->channel;
	if (phone_parse(m->called, &r->called) < 0)
		snprintf(r->called.digits, sizeof(r->called.digits), "%.*s", PHONE_SIZE - 1, m->called);
	if (phone_parse(m->caller, &r->caller) < 0)
		r->caller.digits[0] = '\0';
	r->screening = m->screening;
	r->presentation = m->presentation;
	r->diverted = m->diverted != 0;
	r->offered = a->wall;
	snprintf(r->state, sizeof(r->state), "offered");
	snprintf(r->language, sizeof(r->language), "%s", a->set.languages[0]);
	snprintf(r->speed, sizeof(r->speed), "normal");
}

static void reject(struct arsd *a, struct call_record *r, const char *state, uint8_t cause, enum arsd_metric metric)
{
	static struct callctl_msg m;

	snprintf(r->state, sizeof(r->state), "%s", state);
	r->cause = cause;
	r->ended = a->wall;
	metrics_add(&a->metrics, metric, 1);
	log_info("call_rejected", "call=%s line_call=%" PRIu64 " state=%s cause=%u", r->id.text, r->line_call, state, cause);
	if (store_call_add(a->store, r) < 0)
		log_error("call_add", "call=%s", r->id.text);
	memset(&m, 0, sizeof(m));
	m.type = callctl_type_call_reject;
	m.u.call_reject.call = r->line_call;
	m.u.call_reject.cause = cause;
	a->ports.callctl(a->ports.context, &m);
}

/* The number that a wrong caller comes from and the one he dials both remember him. Who is right is never slowed, however
 * many wrong ones have dialled his number. */
static enum throttle_answer throttle(struct arsd *a, const struct call_record *r)
{
	enum throttle_answer by_caller = throttle_note(a->by_caller, r->caller.digits, a->mono);
	enum throttle_answer by_number = throttle_note(a->by_number, r->called.digits, a->mono);

	return by_caller > by_number ? by_caller : by_number;
}

/* kind: of a scenario. */
static void answer(struct arsd *a, const struct call_record *r, int kind, bool slow)
{
	static struct callctl_msg m;
	struct call *c = call_add(a, r, kind, slow);

	if (c == NULL)
		return;
	metrics_add(&a->metrics, M_CALLS_ANSWERED, 1);
	if (store_call_add(a->store, &c->record) < 0)
		log_error("call_add", "call=%s", c->record.id.text);
	memset(&m, 0, sizeof(m));
	m.type = callctl_type_call_answer;
	m.u.call_answer.call = r->line_call;
	a->ports.callctl(a->ports.context, &m);
}

void calls_offered(struct arsd *a, const struct callctl_call_offered *m)
{
	static struct request request;
	const char *no_card = NULL;
	struct call_record r;
	int kind = REQUEST_REGISTRATION;
	enum throttle_answer tries = THROTTLE_PASS;
	enum holder_verdict verdict;

	if (call_find(a, m->call) != NULL) {
		log_warn("call_twice", "line_call=%" PRIu64, m->call);
		return;
	}
	record_offer(a, m, &r);
	if (numbers_has(&a->withdrawal_numbers, &r.called)) {
		kind = SCENARIO_WITHDRAWAL;
	} else if (!numbers_has(&a->numbers, &r.called) && !numbers_has(&a->test_numbers, &r.called)) {
		reject(a, &r, "rejected", CAUSE_UNALLOCATED, M_CALLS_REJECTED);
		return;
	}
	/* Whose call it is cannot be found now. Its number is not kept either: it would lie there clear. */
	if (columns_wait(a)) {
		memset(&r.caller, 0, sizeof(r.caller));
		reject(a, &r, "keystore_locked", CAUSE_TEMPORARY, M_CALLS_REJECTED);
		return;
	}
	verdict = kind == SCENARIO_WITHDRAWAL ? withdrawal_verdict(&r) : call_verdict(a, &r, &request);
	if (holder_is_mismatch(verdict))
		tries = throttle(a, &r);
	if (tries == THROTTLE_REFUSE) {
		reject(a, &r, "throttled", CAUSE_REJECTED, M_CALLS_THROTTLED);
		return;
	}
	/* Nobody is asked for a card that cannot be taken; the customer may call again, the request waits. */
	if (verdict == HOLDER_OK && kind != SCENARIO_WITHDRAWAL && request.kind == REQUEST_REGISTRATION)
		no_card = gateway_keys_no_card(a, &request);
	if (no_card != NULL) {
		reject(a, &r, no_card, CAUSE_TEMPORARY, M_CALLS_REJECTED);
		return;
	}
	if (verdict == HOLDER_OK && kind == SCENARIO_WITHDRAWAL) {
		withdrawal_language(a, &r);
	} else if (verdict == HOLDER_OK) {
		kind = request.kind;
		snprintf(r.language, sizeof(r.language), "%s", request.language);
		snprintf(r.speed, sizeof(r.speed), "%s", request.speed);
	}
	log_info("call_offered", "call=%s line_call=%" PRIu64 " span=%u verdict=%s slow=%d", r.id.text, r.line_call, r.span,
	         holder_word(verdict), tries == THROTTLE_SLOW);
	answer(a, &r, kind, tries == THROTTLE_SLOW);
}
