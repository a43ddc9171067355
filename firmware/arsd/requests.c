#include "arsd/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/calls.h"
#include "arsd/events.h"
#include "arsd/payment.h"
#include "arsd/registration.h"
#include "arsd/sms.h"
#include "lib/log.h"

static const struct fsm *machine_of(enum request_kind kind)
{
	return kind == REQUEST_PAYMENT ? &payment_fsm : &registration_fsm;
}

static bool is_end(enum request_kind kind, int state)
{
	return kind == REQUEST_PAYMENT ? payment_is_end(state) : fsm_is_final(&registration_fsm, state);
}

static int state_of(const struct request *r)
{
	return fsm_find_state(machine_of(r->kind), r->state);
}

const char *requests_start_state(enum request_kind kind, bool waits_for_sms)
{
	if (kind == REQUEST_PAYMENT)
		return fsm_state_name(&payment_fsm, waits_for_sms ? PAYMENT_CREATED : PAYMENT_SMS_SENT);
	return fsm_state_name(&registration_fsm, waits_for_sms ? REGISTRATION_CREATED : REGISTRATION_SMS_SENT);
}

bool requests_ended(const struct request *r)
{
	int state = state_of(r);

	return state >= 0 && is_end(r->kind, state);
}

bool requests_waiting(const struct request *r)
{
	int state = state_of(r);

	return r->kind == REQUEST_PAYMENT ? state == PAYMENT_CREATED || state == PAYMENT_SMS_SENT
	                                  : state == REGISTRATION_CREATED || state == REGISTRATION_SMS_SENT;
}

bool requests_at_pg(const struct request *r)
{
	int state = state_of(r);

	return r->kind == REQUEST_PAYMENT ? state == PAYMENT_AUTHORIZING || state == PAYMENT_UNKNOWN
	                                  : state == REGISTRATION_VERIFYING;
}

void requests_set_failure(struct request *r, const char *code, const char *class, const char *message)
{
	snprintf(r->failure_code, sizeof(r->failure_code), "%s", code);
	snprintf(r->failure_class, sizeof(r->failure_class), "%s", class);
	snprintf(r->failure_message, sizeof(r->failure_message), "%s", message);
}

static void ended(struct arsd *a, const struct request *r)
{
	bool ok = strcmp(r->state, "registered") == 0 || strcmp(r->state, "approved") == 0;
	struct wall until = { a->wall.ms + a->set.quarantine_s * 1000 };
	int e;

	if (r->virtual_number.digits[0] != '\0') {
		e = store_lease_end(a->store, r->id.text, until);
		if (e < 0 && e != ERR_NOT_FOUND)
			log_error("lease_end", "request=%s error=%s", r->id.text, err_name(e));
	}
	a->live_requests -= a->live_requests > 0;
	if (r->kind == REQUEST_PAYMENT)
		metrics_add(&a->metrics, ok ? M_PAYMENTS_OK : M_PAYMENTS_FAILED, 1);
	else
		metrics_add(&a->metrics, ok ? M_REGISTRATIONS_OK : M_REGISTRATIONS_FAILED, 1);
	e = events_request_ended(a, r, ok);
	if (e < 0)
		log_error("event_failed", "request=%s error=%s", r->id.text, err_name(e));
}

int requests_apply(struct arsd *a, struct request *r, enum request_event e)
{
	const struct fsm *m = machine_of(r->kind);
	char old[REQUEST_STATE_SIZE];
	int state = state_of(r), err;
	bool had_ended = requests_ended(r);
	enum fsm_kind kind = fsm_step(m, &state, (int)e);

	if (kind == FSM_BUG) {
		log_error("request_bug", "request=%s state=%s event=\"%s\"", r->id.text, r->state, request_event_names[e]);
		return ERR_STATE;
	}
	if (kind == FSM_IGNORE)
		return ERR_STATE;
	snprintf(old, sizeof(old), "%s", r->state);
	snprintf(r->state, sizeof(r->state), "%s", fsm_state_name(m, state));
	r->updated = a->wall;
	err = store_request_update(a->store, r, old);
	if (err < 0) {
		log_error("request_update", "request=%s from=%s to=%s error=%s", r->id.text, old, r->state, err_name(err));
		return err;
	}
	log_info("request", "request=%s from=%s to=%s event=\"%s\"", r->id.text, old, r->state, request_event_names[e]);
	if (!had_ended && is_end(r->kind, state))
		ended(a, r);
	return 0;
}

static void expire(struct arsd *a, struct request *r)
{
	requests_set_failure(r, "expired", "", "");
	requests_apply(a, r, REQUEST_EXPIRED);
}

void requests_call_lost(struct arsd *a, struct request *r)
{
	if ((int64_t)r->calls >= a->set.max_calls) {
		requests_set_failure(r, "abandoned", "", "");
		requests_apply(a, r, REQUEST_GAVE_UP);
		return;
	}
	requests_set_failure(r, "", "", "");      /* the next call starts afresh */
	requests_apply(a, r, REQUEST_CALL_LOST);
	if (requests_waiting(r) && r->expires.ms <= a->wall.ms)
		expire(a, r);
}

int requests_take_back(struct arsd *a, struct request *r, const char *code, const char *reason)
{
	bool in_call = strcmp(r->state, "in_call") == 0;
	int e;

	requests_set_failure(r, code, "merchant", reason);
	e = requests_apply(a, r, REQUEST_CANCELED);
	if (e < 0 || (in_call && calls_withdraw(a, r->last_call)))
		return e;
	if (r->calls > 0)
		sms_tell(a, r, SMS_TEXT_CANCELED);
	return 0;
}

/* ---- time ---- */

enum { EXPIRE_AT_ONCE = 500 };
struct ids { struct id id[EXPIRE_AT_ONCE]; int count; };

static int collect(const struct request *r, void *context)
{
	struct ids *ids = context;

	if (ids->count < EXPIRE_AT_ONCE)
		ids->id[ids->count++] = r->id;
	return 0;
}

void requests_expire(struct arsd *a)
{
	static struct ids ids;
	static struct request r;

	ids.count = 0;
	if (store_requests_expired(a->store, a->wall, EXPIRE_AT_ONCE, collect, &ids) < 0)
		return;
	for (int i = 0; i < ids.count; i++)
		if (store_request_get(a->store, ids.id[i].text, &r) == 0 && requests_waiting(&r))
			expire(a, &r);
}

static int count_live(const char *what, const char *state, int64_t count, void *context)
{
	int64_t *live = context;
	int at;

	if (strcmp(what, "registrations") == 0) {
		at = fsm_find_state(&registration_fsm, state);
		*live += at >= 0 && !fsm_is_final(&registration_fsm, at) ? count : 0;
	} else if (strcmp(what, "payments") == 0) {
		at = fsm_find_state(&payment_fsm, state);
		*live += at >= 0 && !payment_is_end(at) ? count : 0;
	}
	return 0;
}

void requests_recount(struct arsd *a)
{
	int64_t live = 0;

	if (store_counts(a->store, count_live, &live) == 0)
		a->live_requests = live;
}
