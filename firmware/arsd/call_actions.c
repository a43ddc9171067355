/* call_actions.c: what a scenario may have done: the holder check, the card's verification, the authorisation; and what
 * its keys and ends mean for the request. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/attempts.h"
#include "arsd/call_vars.h"
#include "arsd/calls_priv.h"
#include "arsd/columns.h"
#include "arsd/consents.h"
#include "arsd/events.h"
#include "arsd/promotion_tables.h"
#include "arsd/requests.h"
#include "arsd/version.h"
#include "lib/log.h"

/* ---- holder check ---- */

enum holder_verdict call_verdict(struct arsd *a, const struct call_record *c, struct request *r)
{
	struct holder_facts f = {
		.has_caller = c->caller.digits[0] != '\0', .screening = c->screening,
		.presentation_allowed = c->presentation == 1, .diverted = c->diverted,
	};
	char id[ID_SIZE];

	if (f.has_caller && store_lease_find(a->store, &c->called, &c->caller, id) == 0 &&
	    store_request_get(a->store, id, r) == 0) {
		f.leased = true;
		f.expired = r->expires.ms <= a->wall.ms;
		f.busy = !requests_waiting(r);
		f.takes_card = r->kind == REQUEST_REGISTRATION || r->other_card_allowed;
	}
	return holder_decide(&f);
}

enum { TOLD_MAX = 64 };
struct told { struct id id[TOLD_MAX]; int count; };

static int collect(const char *request_id, void *context)
{
	struct told *t = context;

	if (t->count == TOLD_MAX)
		return 1;
	snprintf(t->id[t->count++].text, ID_SIZE, "%s", request_id);
	return 0;
}

/* Whose number was called: the request of the leased pair if there is one, otherwise all on the virtual number. */
static void tell_merchants(struct arsd *a, const struct call *c, enum holder_verdict why)
{
	static struct request r;
	struct told t = { .count = 0 };
	char id[ID_SIZE];

	if (c->record.caller.digits[0] != '\0' && store_lease_find(a->store, &c->record.called, &c->record.caller, id) == 0)
		collect(id, &t);
	else if (store_lease_each_on(a->store, &c->record.called, collect, &t) < 0)
		log_error("lease_each", "call=%s", c->record.id.text);
	for (int i = 0; i < t.count; i++)
		if (store_request_get(a->store, t.id[i].text, &r) < 0 || events_holder_mismatch(a, &r, &c->record, why) < 0)
			log_error("mismatch_event", "call=%s request=%s", c->record.id.text, t.id[i].text);
}

static const char *refuse(struct arsd *a, struct call *c, enum holder_verdict why)
{
	metrics_add(&a->metrics, holder_is_mismatch(why) ? M_HOLDER_MISMATCH : M_HOLDER_LATE, 1);
	if (holder_is_mismatch(why))
		tell_merchants(a, c, why);
	if (!c->slow)
		return "refused";
	c->wait = CALL_WAIT_SLOW;
	c->wait_until = mono_add_ms(a->mono, a->set.slow_ms);
	return NULL;
}

/* Nobody has asked for this call: what is registered for the caller's number is read. */
static const char *withdrawal_check(struct arsd *a, struct call *c)
{
	enum holder_verdict v = withdrawal_verdict(&c->record);

	call_note(a, c, "holder", holder_word(v));
	if (v != HOLDER_OK)
		return refuse(a, c, v);
	c->withdrawal = calloc(1, sizeof(*c->withdrawal));
	if (c->withdrawal == NULL || withdrawal_read(a, &c->record, c->withdrawal) < 0) {
		c->fault = "system_lost";
		return NULL;
	}
	metrics_add(&a->metrics, M_HOLDER_OK, 1);
	return "ok";
}

static const char *holder_check(struct arsd *a, struct call *c)
{
	static struct request r;
	enum holder_verdict v = call_verdict(a, &c->record, &r);

	/* The keys have gone since the call was offered: that it is nobody's would be a guess. */
	if (columns_wait(a)) {
		c->fault = "keystore_locked";
		return NULL;
	}
	/* The lease may have come after the call was answered, for another scenario: the next call gets that. */
	if (v == HOLDER_OK && a->scenarios[r.kind] != c->run.scenario)
		v = HOLDER_BUSY;
	call_note(a, c, "holder", holder_word(v));
	if (v != HOLDER_OK)
		return refuse(a, c, v);
	r.calls++;
	snprintf(r.last_call, sizeof(r.last_call), "%s", c->record.id.text);
	if (requests_apply(a, &r, REQUEST_CALL_BEGAN) < 0)
		return refuse(a, c, HOLDER_BUSY);
	c->passed = true;
	c->record.request = r.id;
	c->record.merchant = r.merchant;
	/* As it was asked for, whichever voice has greeted. */
	snprintf(c->record.language, sizeof(c->record.language), "%s", r.language);
	snprintf(c->record.speed, sizeof(c->record.speed), "%s", r.speed);
	metrics_add(&a->metrics, M_HOLDER_OK, 1);
	return "ok";
}

/* ---- the PG ---- */

static const char *begin(struct arsd *a, struct call *c, struct request *r, const char *verb, bool sealed)
{
	c->wait = CALL_WAIT_PG;
	c->wait_until = mono_add_ms(a->mono, a->set.pg_wait_ms);
	if (attempts_begin(a, r, verb, sealed, c->record.line_call) == 0)
		/* What came at once, if anything did. */
		return c->outcome;
	c->wait = CALL_WAIT_NONE;
	log_error("attempt_begin", "call=%s request=%s", c->record.id.text, r->id.text);
	c->fault = "system_lost";
	return NULL;
}

static const char *verify_card(struct arsd *a, struct call *c)
{
	static struct request r;

	if (call_request(a, c, &r) < 0)
		return "declined";
	r.card = c->typed;
	return begin(a, c, &r, "verify", true);
}

/* Months as they were chosen or fixed, held once more against the rule: the card may have changed since. */
static void settle_instalment(struct arsd *a, struct request *r, uint8_t chosen)
{
	struct promotion_sources promotions = promotion_sources_of(a, r, !r->other_card_used);
	uint8_t months = strcmp(r->instalment_mode, "fixed") == 0 ? r->allowed[0] : chosen;

	if (!call_vars_instalments_possible(r, &r->card))
		months = 0;
	r->instalment_months = months;
	r->interest_free_chosen = (uint8_t)call_vars_interest_free(r, &r->card, months, &promotions, a->wall);
}

static bool is_same_card(const struct card_mask *a, const struct card_mask *b)
{
	return strcmp(a->bin, b->bin) == 0 && strcmp(a->last4, b->last4) == 0 && strcmp(a->issuer, b->issuer) == 0;
}

static const char *authorize(struct arsd *a, struct call *c)
{
	static struct request r;
	struct billing_key k;

	if (call_request(a, c, &r) < 0)
		return "declined";
	if (store_billing_key_get(a->store, r.billing_key.text, &k) < 0 || strcmp(k.status, "issued") != 0) {
		requests_set_failure(&r, "billing_key_unusable", "merchant", "the billing key was deleted or suspended");
		requests_apply(a, &r, REQUEST_PG_DECLINED);
		return "declined";
	}
	r.other_card_used = c->other_card && r.other_card_allowed;
	/* A scenario that offers the registered card all the same does not get it charged. */
	if (holder_needs_card(c->record.screening) && !r.other_card_used) {
		requests_set_failure(&r, "caller_unverified", "merchant", "the line's caller id does not vouch without a card that is entered");
		requests_apply(a, &r, REQUEST_PG_DECLINED);
		return "declined";
	}
	/* Another card has taken its place since it was named. Nobody has agreed to that one: the next call names it. */
	if (!r.other_card_used && !is_same_card(&c->agreed, &k.card)) {
		call_note(a, c, "pg", "card: another one is registered since the caller agreed; nothing was sent");
		c->fault = "system_error";
		return NULL;
	}
	r.keep_card = r.other_card_used && c->keep;
	r.card = r.other_card_used ? c->typed : k.card;
	settle_instalment(a, &r, c->months);
	/* Held against what the card company gives now, before anything is stored. */
	if ((c->free_said >> r.instalment_months & 1) != 0 && r.interest_free_chosen == INTEREST_FREE_NO) {
		c->free_said = 0;
		call_note(a, c, "pg", "terms: the months are not free of interest any more");
		return "terms";
	}
	return begin(a, c, &r, "pay", r.other_card_used);
}

const char *call_act(struct arsd *a, struct call *c, const char *action)
{
	bool withdrawal = c->run.scenario == a->scenarios[SCENARIO_WITHDRAWAL];

	if (strcmp(action, "holder_check") == 0)
		return withdrawal ? withdrawal_check(a, c) : holder_check(a, c);
	if (strcmp(action, "look_up_choice") == 0)
		return c->withdrawal != NULL && c->withdrawal->more ? "more" : "one";
	if (strcmp(action, "withdraw") == 0)
		return c->withdrawal != NULL ? withdrawal_carry_out(a, &c->record, c->withdrawal) : "system";
	if (strcmp(action, "verify_card") == 0)
		return verify_card(a, c);
	return authorize(a, c);
}

/* ---- keys and ends ---- */

void call_means(struct arsd *a, struct call *c, const char *meaning)
{
	call_note(a, c, "key", meaning);
	if (strcmp(meaning, "other_card") == 0 || strcmp(meaning, "registered_card") == 0) {
		c->other_card = strcmp(meaning, "other_card") == 0;
		c->keep = false;
		c->months = 0;
		c->free_said = 0;
	} else if (strcmp(meaning, "keep") == 0) {
		c->keep = true;
	} else if (strcmp(meaning, "no") == 0) {
		c->keep = false;
	}
}

/* What a consent is about: the call's own request; of a withdrawal, the registration that the chosen key came from. */
static int consent_subject(struct arsd *a, struct call *c, const char *kind, struct request *r, const struct withdrawal_item **ending)
{
	struct billing_key k;

	*ending = NULL;
	if (strcmp(kind, "withdrawal") != 0 && strcmp(kind, "keep_registration") != 0)
		return call_request(a, c, r);
	/* What cannot be ended now is not agreed to either. */
	if (c->withdrawal == NULL || columns_wait(a))
		return ERR_STATE;
	*ending = withdrawal_chosen(c->withdrawal);
	if (*ending == NULL || store_billing_key_get(a->store, (*ending)->key.text, &k) < 0)
		return ERR_NOT_FOUND;
	return store_request_get(a->store, k.registration.text, r);
}

void call_consent(struct arsd *a, struct call *c, const struct scenario_effect *e)
{
	const struct withdrawal_item *ending;
	static struct request r;
	static struct consent k;
	int error = consent_subject(a, c, e->name, &r, &ending);

	memset(&k, 0, sizeof(k));
	k.id = id_new("con_");
	k.request = r.id;
	k.call = c->record.id;
	snprintf(k.kind, sizeof(k.kind), "%s", e->name);
	snprintf(k.scenario, sizeof(k.scenario), "%s", c->record.scenario);
	snprintf(k.scenario_hash, sizeof(k.scenario_hash), "%s", scenario_hash(c->run.scenario));
	snprintf(k.prompts, sizeof(k.prompts), "%s", c->asked);
	snprintf(k.language, sizeof(k.language), "%s", c->record.language);
	snprintf(k.speed, sizeof(k.speed), "%s", c->record.speed);
	k.key = (char)e->number;
	k.called = c->record.called;
	k.caller = c->record.caller;
	k.screening = c->record.screening;
	snprintf(k.software, sizeof(k.software), "%s", callkey_version);
	k.at = a->wall;
	if (strcmp(e->name, "payment") == 0)
		c->agreed = c->named;
	call_note(a, c, "consent", e->name);
	/* Without its record there is no consent, and nothing may follow from it. */
	if (error == 0)
		error = consents_add(a, &(struct consent_facts){ .consent = &k, .call = &c->record, .request = &r, .ending = ending });
	if (error < 0)
		calls_fault(a, c->record.line_call, "system_lost");
}

void call_reached_end(struct arsd *a, struct call *c, const char *state)
{
	static struct request r;

	if (!call_holds(a, c, &r))
		return;
	if (strcmp(state, "refused") == 0) {
		requests_set_failure(&r, "refused", "", "");
		requests_apply(a, &r, REQUEST_REFUSED);
	} else if (strcmp(state, "input_failed") == 0) {
		requests_set_failure(&r, "input_failed", "input", "");
		requests_apply(a, &r, REQUEST_INPUT_FAILED);
	} else if (strcmp(state, "card_declined") == 0 && strcmp(r.failure_class, "system") != 0) {
		requests_apply(a, &r, REQUEST_PG_DECLINED);
	} else {
		requests_call_lost(a, &r);
	}
}
