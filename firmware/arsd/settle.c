/* settle.c: what follows from the PG's definite word, or from there never being one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arsd/attempts_priv.h"
#include "arsd/calls.h"
#include "arsd/decline.h"
#include "arsd/events.h"
#include "arsd/outbox.h"
#include "arsd/requests.h"
#include "arsd/sms.h"
#include "arsd/tries.h"
#include "lib/log.h"
#include "store/columns.h"

enum { ENTRIES_MAX = 3 };

int flight_event(struct arsd *a, struct flight *f, enum attempt_event e, const struct uplink_pg_result *answer)
{
	struct attempt t;
	char old[sizeof(t.state)];
	int state, err = store_attempt_get(a->store, f->order_id, &t);
	enum fsm_kind kind;

	if (err < 0) {
		log_error("attempt_lost", "order=%s error=%s", f->order_id, err_name(err));
		return err;
	}
	state = fsm_find_state(&attempt_fsm, t.state);
	kind = fsm_step(&attempt_fsm, &state, (int)e);
	if (kind == FSM_BUG)
		log_error("attempt_bug", "order=%s state=%s event=\"%s\"", f->order_id, t.state, attempt_fsm.event_names[e]);
	if (kind == FSM_BUG || kind == FSM_IGNORE)
		return ERR_STATE;
	snprintf(old, sizeof(old), "%s", t.state);
	snprintf(t.state, sizeof(t.state), "%s", fsm_state_name(&attempt_fsm, state));
	t.updated = a->wall;
	/* For an arsd that is started later, and hears the answer. */
	memcpy(t.fingerprint, f->fingerprint, sizeof(t.fingerprint));
	t.counted_day = f->counted ? f->counted_day : 0;
	if (answer != NULL) {
		snprintf(t.code, sizeof(t.code), "%s", answer->code);
		snprintf(t.message, sizeof(t.message), "%s", answer->message);
		snprintf(t.tid, sizeof(t.tid), "%s", answer->tid);
		snprintf(t.approval_no, sizeof(t.approval_no), "%s", answer->approval_no);
	}
	log_info("attempt", "request=%s order=%s from=%s to=%s", f->request.text, f->order_id, old, t.state);
	return store_attempt_update(a->store, &t, old);
}

static bool consists_of(const char *text, const char *letters)
{
	return text[0] != '\0' && text[strspn(text, letters)] == '\0';
}

/* The PG's knowledge of a card is newer than our BIN table's; what has not the form of it is no knowledge. */
static void learn_card(struct card_mask *c, const struct uplink_pg_result *m)
{
	if (consists_of(m->bin, "0123456789"))
		snprintf(c->bin, sizeof(c->bin), "%s", m->bin);
	if (consists_of(m->last4, "0123456789") && strlen(m->last4) == 4)
		snprintf(c->last4, sizeof(c->last4), "%s", m->last4);
	if (consists_of(m->issuer, "abcdefghijklmnopqrstuvwxyz0123456789_"))
		snprintf(c->issuer, sizeof(c->issuer), "%s", m->issuer);
	if (m->card_type != CARD_UNKNOWN)
		c->type = m->card_type == CARD_CHECK ? CARD_CHECK : CARD_CREDIT;
}

/* Some gateways give the same key for the same card: what is expired then is the key in use. */
static bool is_key_of(const struct flight *f, const struct billing_key *k, const struct uplink_pg_result *m)
{
	/* One that no data key opens may be the same. */
	bool same = columns_is_sealed(k->pg_billing_key) || strcmp(k->pg_billing_key, m->pg_billing_key) == 0;

	return strcmp(k->status, "deleted") != 0 && same &&
	       (k->pg[0] == '\0' || strcmp(k->pg, f->pg) == 0);
}

/* The gateway forgets what it has just made. */
static int expire_made_key(struct arsd *a, const struct flight *f, const struct billing_key *k, const struct uplink_pg_result *m)
{
	struct billing_key made = *k;

	snprintf(made.pg, sizeof(made.pg), "%s", f->pg);
	return is_key_of(f, k, m) ? 0 : outbox_add_expire_key(a, &made, m->pg_billing_key);
}

/* The billing key stays, another card is behind it from now on; the PG forgets the old one. */
static int replace_card(struct arsd *a, const struct flight *f, const struct request *r, struct billing_key *k,
                        const struct uplink_pg_result *m)
{
	int e = is_key_of(f, k, m) ? 0 : outbox_add_expire_key(a, k, k->pg_billing_key);

	snprintf(k->pg_billing_key, sizeof(k->pg_billing_key), "%s", m->pg_billing_key);
	snprintf(k->pg, sizeof(k->pg), "%s", f->pg);
	k->card = r->card;
	memcpy(k->fingerprint, f->fingerprint, sizeof(k->fingerprint));
	return e;
}

static int issue_key(struct arsd *a, const struct flight *f, struct request *r, const struct uplink_pg_result *m)
{
	struct billing_key k;

	memset(&k, 0, sizeof(k));
	k.id = id_new("bk_");
	k.merchant = r->merchant;
	k.registration = r->id;
	snprintf(k.customer_ref, sizeof(k.customer_ref), "%s", r->customer_ref);
	snprintf(k.pg, sizeof(k.pg), "%s", f->pg);
	snprintf(k.pg_billing_key, sizeof(k.pg_billing_key), "%s", m->pg_billing_key);
	snprintf(k.status, sizeof(k.status), "issued");
	k.phone = r->phone;
	k.card = r->card;
	memcpy(k.fingerprint, f->fingerprint, sizeof(k.fingerprint));
	k.created = k.updated = a->wall;
	r->billing_key = k.id;
	return store_billing_key_add(a->store, &k);
}

/* A registration for a key that was there: its card takes the old one's place, under the same id. */
static int renew_key(struct arsd *a, const struct flight *f, struct request *r, struct billing_key *k,
                     const struct uplink_pg_result *m)
{
	int e = replace_card(a, f, r, k, m);

	k->updated = a->wall;
	if (e == 0)
		e = store_billing_key_update(a->store, k);
	return e < 0 ? e : events_billing_key(a, k, "billing_key.replaced");
}

static int use_key(struct arsd *a, const struct flight *f, struct request *r, const struct uplink_pg_result *m)
{
	struct billing_key k;
	int e = store_billing_key_get(a->store, r->billing_key.text, &k);

	if (e < 0)
		return e;
	if (m->pg_billing_key[0] != '\0' && (!r->keep_card || strcmp(k.status, "issued") != 0)) {
		/* Nobody asked for this key, or the one it was to stand behind has been deleted meanwhile. */
		r->keep_card = false;
		e = expire_made_key(a, f, &k, m);
	} else if (r->keep_card && m->pg_billing_key[0] != '\0') {
		e = replace_card(a, f, r, &k, m);
	} else {
		r->keep_card = false;
	}
	if (e < 0)
		return e;
	k.last_used = k.updated = a->wall;
	return store_billing_key_update(a->store, &k);
}

/* The key whose card was to be replaced has been withdrawn meanwhile: the customer wants no card here. */
static bool is_unwanted(struct arsd *a, const struct request *r, struct billing_key *k)
{
	return r->kind == REQUEST_REGISTRATION && r->billing_key.text[0] != '\0' &&
	       (store_billing_key_get(a->store, r->billing_key.text, k) < 0 || strcmp(k->status, "deleted") == 0);
}

static const char *accept(struct arsd *a, const struct flight *f, struct request *r, const struct uplink_pg_result *m)
{
	struct billing_key k = { .pg = "" };
	int e;

	if (is_unwanted(a, r, &k)) {
		if (expire_made_key(a, f, &k, m) < 0)
			log_error("billing_key", "request=%s error=not_expired", r->id.text);
		requests_set_failure(r, "billing_key_deleted", "merchant", "the billing key was withdrawn");
		requests_apply(a, r, REQUEST_PG_DECLINED);
		return "declined";
	}

	requests_set_failure(r, "", "", "");
	snprintf(r->tid, sizeof(r->tid), "%s", m->tid);
	snprintf(r->approval_no, sizeof(r->approval_no), "%s", m->approval_no);
	learn_card(&r->card, m);
	if (r->kind == REQUEST_PAYMENT) {
		r->approved.ms = m->at_ms != 0 ? m->at_ms : a->wall.ms;
		e = use_key(a, f, r, m);
	} else if (r->billing_key.text[0] == '\0') {
		e = issue_key(a, f, r, m);
	} else {
		e = store_billing_key_get(a->store, r->billing_key.text, &k);
		if (e == 0)
			e = renew_key(a, f, r, &k, m);
	}
	if (e < 0)
		log_error("billing_key", "request=%s error=%s", r->id.text, err_name(e));
	requests_apply(a, r, REQUEST_PG_OK);
	metrics_add(&a->metrics, M_PG_OK, 1);
	return "ok";
}

/* Card companies block a card after three wrong entries. A call has two, however often the customer calls. */
static bool may_type_again(struct arsd *a, const struct flight *f, const struct request *r)
{
	if (r->kind == REQUEST_PAYMENT && !r->other_card_used)
		return false;
	return r->attempts - r->attempts_before < ENTRIES_MAX && (f->line_call == 0 || calls_may_type_again(a, f->line_call));
}

static const char *decline(struct arsd *a, const struct flight *f, struct request *r, const struct uplink_pg_result *m)
{
	enum decline_next next = decline_next(m->decline);

	metrics_add(&a->metrics, M_PG_DECLINED, 1);
	requests_set_failure(r, m->code[0] != '\0' ? m->code : "declined", decline_class_word(m->decline), m->message);
	if (next == DECLINE_TYPE_AGAIN && may_type_again(a, f, r)) {
		requests_apply(a, r, REQUEST_PG_AGAIN);
		return "input";
	}
	if (next == DECLINE_CALL_AGAIN && !r->consent_skip)
		requests_apply(a, r, REQUEST_PG_AGAIN);
	else
		requests_apply(a, r, REQUEST_PG_DECLINED);
	return "declined";
}

/* The entry that went with it was right, or was never looked at. */
static void uncount(struct arsd *a, struct flight *f)
{
	if (f->counted)
		tries_give_back(a, f->fingerprint, f->counted_day);
	f->counted = false;
}

/* Ends the flight; who waits on the line hears of it, otherwise the customer reads it. */
static void finish(struct arsd *a, struct flight *f, struct request *r, const char *outcome, enum sms_text sms)
{
	uint64_t line_call = f->line_call;

	flight_free(a, f);
	if (line_call != 0) {
		calls_outcome(a, line_call, outcome);
		return;
	}
	if (!requests_ended(r) && !r->consent_skip) {
		requests_call_lost(a, r);
		sms = requests_ended(r) ? SMS_TEXT_NOT_DONE : SMS_TEXT_CALL_AGAIN;
	}
	sms_tell(a, r, sms);
}

void flight_settle(struct arsd *a, struct flight *f, const struct uplink_pg_result *answer)
{
	static struct request r;
	bool ok = answer->status == UPLINK_PG_OK;
	const char *outcome;

	if (flight_event(a, f, ok ? ATTEMPT_ANSWERED_OK : ATTEMPT_ANSWERED_DECLINED, answer) < 0)
		return;
	if (store_request_get(a->store, f->request.text, &r) < 0) {
		log_error("attempt_orphan", "order=%s", f->order_id);
		flight_free(a, f);
		return;
	}
	if (ok || decline_next(answer->decline) != DECLINE_TYPE_AGAIN)
		uncount(a, f);
	outcome = ok ? accept(a, f, &r, answer) : decline(a, f, &r, answer);
	finish(a, f, &r, outcome, strcmp(outcome, "ok") == 0 ? SMS_TEXT_OK : SMS_TEXT_DECLINED);
}

/* A registration that its gateway does not know may all the same have been looked at: a wrong entry counts at the card company, and here. */
static bool was_perhaps_looked_at(const struct flight *f, const struct uplink_pg_result *answer)
{
	return strcmp(f->verb, "verify") == 0 && strcmp(answer->code, "not_known") == 0;
}

void flight_undone(struct arsd *a, struct flight *f, const struct uplink_pg_result *answer)
{
	static struct request r;

	if (flight_event(a, f, ATTEMPT_NET_CANCELED, NULL) < 0 || store_request_get(a->store, f->request.text, &r) < 0)
		return;
	metrics_add(&a->metrics, M_PG_CANCELED, 1);
	if (!was_perhaps_looked_at(f, answer))
		uncount(a, f);
	requests_set_failure(&r, "pg_timeout", "system", "the PG gave no answer in time; the order was undone there");
	requests_apply(a, &r, REQUEST_PG_CANCELED);
	finish(a, f, &r, "declined", SMS_TEXT_NOT_DONE);
}

/* Why an order was never sent. */
static void set_unsent(struct request *r, const char *code)
{
	if (strcmp(code, "billing_key_unusable") == 0)
		requests_set_failure(r, code, "merchant", "the billing key was deleted, suspended or replaced");
	else if (strcmp(code, "consent_skip_not_allowed") == 0)
		requests_set_failure(r, code, "merchant", "this merchant may not charge without consent any more; nothing was sent");
	else if (strcmp(code, "password_tries") == 0)
		requests_set_failure(r, code, "input", "this card was entered wrongly twice today; nothing was sent, so that it is not blocked");
	else
		requests_set_failure(r, code, "system", "the PG was not reached; nothing was sent");
}

void flight_give_up(struct arsd *a, struct flight *f, const char *code)
{
	static struct request r;
	uint64_t line_call = f->line_call;

	if (flight_event(a, f, ATTEMPT_GIVE_UP, NULL) < 0 || store_request_get(a->store, f->request.text, &r) < 0)
		return;
	log_warn("attempt_given_up", "request=%s order=%s why=%s", r.id.text, f->order_id, code);
	uncount(a, f);
	set_unsent(&r, code);
	requests_apply(a, &r, r.consent_skip ? REQUEST_PG_DECLINED : REQUEST_PG_NOT_DONE);
	if (line_call == 0 || strcmp(code, "keystore_lost") != 0) {
		finish(a, f, &r, "declined", SMS_TEXT_NOT_DONE);
		return;
	}
	flight_free(a, f);
	calls_fault(a, line_call, code);
}

void flight_unknown(struct arsd *a, struct flight *f)
{
	static struct request r;

	if (store_request_get(a->store, f->request.text, &r) == 0)
		requests_apply(a, &r, REQUEST_PG_UNKNOWN);
}
