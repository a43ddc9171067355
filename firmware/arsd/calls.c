#include "arsd/calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/attempts.h"
#include "arsd/calls_priv.h"
#include "arsd/requests.h"
#include "arsd/status.h"
#include "lib/log.h"

enum { NOTES_MAX = 500 };

int calls_new(struct arsd *a UNUSED, struct calls **c)
{
	*c = calloc(1, sizeof(**c));
	return *c == NULL ? ERR_NOMEM : 0;
}

void calls_free(struct calls **c)
{
	struct call *k;

	if (*c == NULL)
		return;
	for (int i = 0; i < CALLS_BUCKETS; i++)
		while ((k = (*c)->bucket[i]) != NULL) {
			(*c)->bucket[i] = k->next;
			free(k->withdrawal);
			free(k);
		}
	free(*c);
	*c = NULL;
}

int calls_count(const struct calls *c)
{
	return c->count;
}

static struct call **bucket_of(struct arsd *a, uint64_t line_call)
{
	return &a->calls->bucket[(line_call ^ line_call >> 32) % CALLS_BUCKETS];
}

struct call *call_find(struct arsd *a, uint64_t line_call)
{
	for (struct call *c = *bucket_of(a, line_call); c != NULL; c = c->next)
		if (c->record.line_call == line_call)
			return c;
	return NULL;
}

void call_touch(struct arsd *a, struct call *c)
{
	if (c->touched)
		return;
	c->touched = true;
	c->next_touched = a->calls->touched;
	a->calls->touched = c;
}

struct call *call_add(struct arsd *a, const struct call_record *r, int kind, bool slow)
{
	struct call *c = calloc(1, sizeof(*c)), **bucket = bucket_of(a, r->line_call);

	if (c == NULL)
		return NULL;
	c->record = *r;
	c->slow = slow;
	c->limit = mono_add_ms(a->mono, a->set.call_limit_ms);
	snprintf(c->record.scenario, sizeof(c->record.scenario), "%s", scenario_name(a->scenarios[kind]));
	scenario_run_init(&c->run, a->scenarios[kind]);
	c->next = *bucket;
	*bucket = c;
	a->calls->count++;
	metrics_set(&a->metrics, M_CALLS_NOW, a->calls->count);
	call_touch(a, c);
	return c;
}

static void call_free(struct arsd *a, struct call *c)
{
	struct call **link = bucket_of(a, c->record.line_call), **touched = &a->calls->touched;

	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	while (c->touched && *touched != c)
		touched = &(*touched)->next_touched;
	if (c->touched)
		*touched = c->next_touched;
	free(c->withdrawal);
	free(c);
	a->calls->count--;
	metrics_set(&a->metrics, M_CALLS_NOW, a->calls->count);
}

void call_note(struct arsd *a, struct call *c, const char *what, const char *detail)
{
	char cut[STORE_STEP_DETAIL_SIZE];

	if (c->notes >= NOTES_MAX && status_may_leave_out(what))
		return;
	c->notes++;
	snprintf(cut, sizeof(cut), "%s", detail);
	if (store_call_step_add(a->store, c->record.id.text, a->wall, what, c->record.step, cut) < 0)
		log_error("call_note", "call=%s what=%s", c->record.id.text, what);
}

void call_hang_up(struct arsd *a, struct call *c, uint8_t cause)
{
	static struct callctl_msg m;

	if (c->hung_up)
		return;
	c->hung_up = true;
	memset(&m, 0, sizeof(m));
	m.type = callctl_type_call_hangup;
	m.u.call_hangup.call = c->record.line_call;
	m.u.call_hangup.cause = cause;
	a->ports.callctl(a->ports.context, &m);
}

int call_request(struct arsd *a, const struct call *c, struct request *r)
{
	return c->passed ? store_request_get(a->store, c->record.request.text, r) : ERR_NOT_FOUND;
}

bool call_holds(struct arsd *a, const struct call *c, struct request *r)
{
	return call_request(a, c, r) == 0 && strcmp(r->state, "in_call") == 0 && strcmp(r->last_call, c->record.id.text) == 0;
}

void calls_up(struct arsd *a, uint64_t line_call)
{
	struct call *c = call_find(a, line_call);

	if (c == NULL || c->up)
		return;
	c->up = true;
	c->record.answered = a->wall;
	snprintf(c->record.state, sizeof(c->record.state), "up");
	call_feed(a, c, &(struct scenario_event){ .type = SCENARIO_START });
}

/* ---- the end ---- */

static void close_record(struct arsd *a, struct call *c, uint8_t cause)
{
	int e;

	c->record.cause = cause;
	c->record.ended = a->wall;
	e = store_call_update(a->store, &c->record);
	if (e == ERR_NOT_FOUND || e == ERR_STATE)
		e = store_call_add(a->store, &c->record);   /* its beginning went with a lost turn */
	if (e < 0)
		log_error("call_update", "call=%s error=%s", c->record.id.text, err_name(e));
	call_note(a, c, "end", c->record.state);
	log_info("call_ended", "call=%s state=%s step=%s cause=%u", c->record.id.text, c->record.state, c->record.step, cause);
}

static void finish(struct arsd *a, struct call *c, uint8_t cause)
{
	static struct request r;

	if (!c->run.at_end && c->lost == NULL)
		call_feed(a, c, &(struct scenario_event){ .type = SCENARIO_HANGUP });
	if (c->lost != NULL)
		snprintf(c->record.state, sizeof(c->record.state), "%s", c->lost);
	attempts_forget_call(a, c->record.line_call);
	if (call_holds(a, c, &r))
		requests_call_lost(a, &r);
	close_record(a, c, cause);
	call_free(a, c);
}

void calls_ended(struct arsd *a, const struct callctl_call_ended *m)
{
	struct call *c = call_find(a, m->call);

	if (c == NULL)
		return;
	if (m->by == CALLCTL_BY_LINE && !c->run.at_end && c->lost == NULL)
		c->lost = "line_lost";
	finish(a, c, m->cause);
}

void calls_line_lost(struct arsd *a)
{
	for (int i = 0; i < CALLS_BUCKETS; i++)
		for (struct call *c = a->calls->bucket[i], *next; c != NULL; c = next) {
			next = c->next;
			if (!c->run.at_end && c->lost == NULL)
				c->lost = "line_lost";
			finish(a, c, CAUSE_TEMPORARY);
		}
}

/* ---- while it is up ---- */

void calls_play_ended(struct arsd *a, const struct callctl_play_ended *m)
{
	struct call *c = call_find(a, m->call);

	if (c == NULL || m->play != c->play)
		return;
	if (m->why == CALLCTL_UNKNOWN_PROMPT)
		log_error("unknown_prompt", "call=%s step=%s", c->record.id.text, c->record.step);
	if (c->last_words == m->play)
		call_hang_up(a, c, c->cause);
	else if (m->why == CALLCTL_UNKNOWN_PROMPT)
		call_feed(a, c, &(struct scenario_event){ .type = SCENARIO_FAULT });
	else if (m->why == CALLCTL_FINISHED)
		call_feed(a, c, &(struct scenario_event){ .type = SCENARIO_PLAYED });
}

void calls_menu_key(struct arsd *a, const struct callctl_menu_key *m)
{
	struct call *c = call_find(a, m->call);

	if (c != NULL && m->play == c->play)
		call_feed(a, c, &(struct scenario_event){ .type = SCENARIO_KEY, .key = (char)m->key });
}

void calls_key_timeout(struct arsd *a, const struct callctl_key_timeout *m)
{
	struct call *c = call_find(a, m->call);

	if (c != NULL && m->play == c->play)
		call_feed(a, c, &(struct scenario_event){ .type = SCENARIO_TIMEOUT });
}

static const char *const result_words[] = {
	[VAULT_COMPLETE] = "complete", [VAULT_TOO_SHORT] = "too_short", [VAULT_INVALID] = "invalid",
	[VAULT_EXPIRED] = "expired", [VAULT_ERASED] = "erased", [VAULT_NO_INPUT] = "no_input",
};

static void learn_mask(struct call *c, const struct vault_field_result *m)
{
	struct card_mask *k = &c->typed;

	if (m->kind != VAULT_CARD_NUMBER || m->result != VAULT_COMPLETE)
		return;
	c->keep = false;                 /* whatever was agreed to of the one before */
	memset(k, 0, sizeof(*k));
	snprintf(k->bin, sizeof(k->bin), "%s", m->bin);
	snprintf(k->last4, sizeof(k->last4), "%s", m->last4);
	snprintf(k->brand, sizeof(k->brand), "%s", m->brand);
	snprintf(k->issuer, sizeof(k->issuer), "%s", m->issuer);
	k->type = m->card_type == VAULT_CARD_CREDIT ? CARD_CREDIT : m->card_type == VAULT_CARD_CHECK ? CARD_CHECK : CARD_UNKNOWN;
}

void calls_field_result(struct arsd *a, const struct vault_field_result *m)
{
	struct call *c = call_find(a, m->call);

	if (c == NULL || c->run.at_end || m->field != (uint32_t)c->run.field)
		return;
	if (m->result < VAULT_COMPLETE || m->result > VAULT_NO_INPUT)
		return;
	learn_mask(c, m);
	call_note(a, c, "field", result_words[m->result]);
	call_feed(a, c, &(struct scenario_event){ .type = SCENARIO_FIELD, .result = (enum vault_result)m->result });
}

void calls_fault(struct arsd *a, uint64_t line_call, const char *why)
{
	struct call *c = call_find(a, line_call);

	if (c == NULL || c->run.at_end)
		return;
	log_warn("call_fault", "call=%s step=%s why=%s", c->record.id.text, c->record.step, why);
	call_note(a, c, "fault", why);
	c->fault = why;
	c->wait = CALL_WAIT_NONE;
	if (!c->feeding)
		call_feed(a, c, NULL);
}

static struct call *find_by_id(const struct arsd *a, const char *call_id)
{
	for (int i = 0; i < CALLS_BUCKETS; i++)
		for (struct call *c = a->calls->bucket[i]; c != NULL; c = c->next)
			if (strcmp(c->record.id.text, call_id) == 0)
				return c;
	return NULL;
}

bool calls_withdraw(struct arsd *a, const char *call_id)
{
	struct call *c = find_by_id(a, call_id);

	if (c == NULL || c->run.at_end)
		return false;
	call_note(a, c, "withdrawn", "");
	c->wait = CALL_WAIT_NONE;
	c->outcome = c->fault = NULL;
	call_feed(a, c, &(struct scenario_event){ .type = SCENARIO_WITHDRAWN });
	return true;
}

void calls_field_refused(struct arsd *a, const struct vault_field_refused *m)
{
	log_warn("field_refused", "line_call=%" PRIu64 " status=%u", m->call, m->status);
	calls_fault(a, m->call, "keystore_lost");
}

void calls_keystore_lost(struct arsd *a)
{
	for (int i = 0; i < CALLS_BUCKETS; i++)
		for (struct call *c = a->calls->bucket[i]; c != NULL; c = c->next)
			/* A call that waits for the PG no longer needs what it typed. */
			if (c->keypad_used && c->wait != CALL_WAIT_PG)
				calls_fault(a, c->record.line_call, "keystore_lost");
}

void calls_outcome(struct arsd *a, uint64_t line_call, const char *outcome)
{
	struct call *c = call_find(a, line_call);

	if (c == NULL || c->wait != CALL_WAIT_PG)
		return;
	call_note(a, c, "pg", outcome);
	c->wait = CALL_WAIT_NONE;
	if (strcmp(outcome, "ok") == 0)
		call_wipe(a, c);
	c->outcome = outcome;
	if (!c->feeding)
		call_feed(a, c, NULL);
}

bool calls_may_type_again(struct arsd *a, uint64_t line_call)
{
	struct call *c = call_find(a, line_call);

	return c != NULL && ++c->input_declines < 2;
}

/* ---- time ---- */

static void call_due(struct arsd *a, struct call *c)
{
	if (mono_diff_ms(c->limit, a->mono) >= 0 && !c->hung_up) {
		log_warn("call_too_long", "call=%s step=%s", c->record.id.text, c->record.step);
		call_touch(a, c);
		call_hang_up(a, c, CAUSE_NORMAL);
		return;
	}
	if (c->wait == CALL_WAIT_NONE || mono_diff_ms(c->wait_until, a->mono) < 0)
		return;
	if (c->wait == CALL_WAIT_SLOW) {
		c->wait = CALL_WAIT_NONE;
		c->outcome = "refused";
		call_feed(a, c, NULL);
		return;
	}
	/* The PG takes longer than a caller should wait; the result will be sent. */
	attempts_forget_call(a, c->record.line_call);
	calls_outcome(a, c->record.line_call, "system");
}

void calls_tick(struct arsd *a)
{
	for (int i = 0; i < CALLS_BUCKETS; i++)
		for (struct call *c = a->calls->bucket[i]; c != NULL; c = c->next)
			call_due(a, c);
}

void calls_turn_done(struct arsd *a)
{
	struct call *c;

	while ((c = a->calls->touched) != NULL) {
		a->calls->touched = c->next_touched;
		c->touched = false;
	}
}

void calls_turn_failed(struct arsd *a)
{
	for (struct call *c = a->calls->touched; c != NULL; c = c->next_touched) {
		log_error("call_lost", "call=%s why=store", c->record.id.text);
		c->lost = "system_lost";
		c->run.at_end = true;
		c->hung_up = false;
		call_hang_up(a, c, CAUSE_TEMPORARY);
	}
	calls_turn_done(a);
}

bool calls_is_live(const struct arsd *a, const char *call_id)
{
	return find_by_id(a, call_id) != NULL;
}

void calls_each(const struct arsd *a, void (*fn)(const struct call_record *r, void *context), void *context)
{
	for (int i = 0; i < CALLS_BUCKETS; i++)
		for (const struct call *c = a->calls->bucket[i]; c != NULL; c = c->next)
			fn(&c->record, context);
}
