/* call_feed.c: an event into the scenario, its effects out of it, in their order. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arsd/call_vars.h"
#include "arsd/calls_priv.h"
#include "arsd/gateway_keys.h"
#include "arsd/gateways.h"
#include "arsd/promotion_tables.h"
#include "arsd/requests.h"
#include "lib/log.h"

enum { ROUNDS_MAX = 16 };

static bool has_prompt(const char *language, const char *id, void *context)
{
	return arsd_has_prompt(context, language, id);
}

/* Does the gateway that a typed card goes to issue a key for it? True while nothing is known of it. */
static bool issues_keys(struct arsd *a, const struct request *r)
{
	unsigned can;
	char pg[32];

	if (gateways_of_request(a, r, false, pg) < 0)
		return true;
	can = gateways_can(a, pg);
	return can == 0 || (can & UPLINK_CAN_BILLING) != 0;
}

/* All that the scenario may speak of. Before the holder check that is nothing. */
static void gather(struct arsd *a, const struct call *c, struct request *r, struct call_facts *f)
{
	struct billing_key k;

	memset(f, 0, sizeof(*f));
	f->request = r;
	f->language = c->record.language;
	f->has_prompt = has_prompt;
	f->context = a;
	f->now = a->wall;
	if (c->withdrawal != NULL)
		withdrawal_hear(a, &c->record, c->withdrawal);
	f->withdrawal = c->withdrawal;
	if (call_request(a, c, r) < 0) {
		memset(r, 0, sizeof(*r));
		r->kind = REQUEST_REGISTRATION;
		return;
	}
	f->promotions = promotion_sources_of(a, r, !c->other_card);
	f->typed = c->typed;
	f->other_card = c->other_card;
	f->needs_card = holder_needs_card(c->record.screening);
	f->takes_cards = gateway_keys_no_card(a, r) == NULL;
	if (r->kind == REQUEST_PAYMENT && store_billing_key_get(a->store, r->billing_key.text, &k) == 0) {
		f->registered = k.card;
		f->may_keep = strcmp(k.status, "issued") == 0 && (!c->other_card || issues_keys(a, r));
	}
}

/* ---- effects ---- */

static void play(struct arsd *a, struct call *c, const struct call_facts *f, const struct scenario_effect *e)
{
	static struct callctl_msg m;
	struct callctl_play *p = &m.u.play;

	memset(&m, 0, sizeof(m));
	m.type = callctl_type_play;
	p->call = c->record.line_call;
	p->play = ++c->play;
	snprintf(p->voice, sizeof(p->voice), "%s%s", c->record.language, strcmp(c->record.speed, "slow") == 0 ? "-slow" : "");
	snprintf(p->items, sizeof(p->items), "%s", e->prompts.ids);
	p->collect = e->collect;
	p->field = e->field;
	p->first_ms = e->first_ms;
	p->inter_ms = e->inter_ms;
	p->loop = e->loop;
	if (e->then_hangup)
		c->last_words = c->play;
	/* The choice of months, whose first is one payment: what is said of them now is what the caller agrees to. */
	if (strstr(e->prompts.ids, "months.lump") != NULL)
		c->free_said = call_vars_free_months(f);
	if (e->collect == CALLCTL_COLLECT_MENU) {
		snprintf(c->asked, sizeof(c->asked), "%s", e->prompts.ids);
		c->named = f->registered;
	}
	call_note(a, c, "prompt", e->prompts.ids);
	a->ports.callctl(a->ports.context, &m);
}

static void open_field(struct arsd *a, struct call *c, const struct scenario_effect *e)
{
	static struct vault_msg m;
	static struct request r;
	const char *no_card = call_request(a, c, &r) == 0 ? gateway_keys_no_card(a, &r) : NULL;

	memset(&m, 0, sizeof(m));
	m.type = vault_type_field_open;
	m.u.field_open.call = c->record.line_call;
	m.u.field_open.field = e->field;
	m.u.field_open.kind = (uint8_t)e->kind;
	m.u.field_open.fresh = e->fresh;
	c->keypad_used = true;
	if (no_card != NULL)
		calls_fault(a, c->record.line_call, no_card);
	else if (!a->neighbours[NEIGHBOUR_KEYSTORED].up || !a->ports.vault(a->ports.context, &m))
		calls_fault(a, c->record.line_call, "keystore_lost");
}

static void close_field(struct arsd *a, const struct call *c)
{
	static struct vault_msg m;

	memset(&m, 0, sizeof(m));
	m.type = vault_type_field_close;
	m.u.field_close.call = c->record.line_call;
	if (!a->ports.vault(a->ports.context, &m))
		log_info("field_close", "call=%s why=no_keystore", c->record.id.text);
}

void call_wipe(struct arsd *a, struct call *c)
{
	static struct vault_msg m;

	if (!c->keypad_used)
		return;
	c->keypad_used = false;
	memset(&m, 0, sizeof(m));
	m.type = vault_type_wipe;
	m.u.wipe.call = c->record.line_call;
	if (!a->ports.vault(a->ports.context, &m))
		log_info("wipe", "call=%s why=no_keystore", c->record.id.text);
}

static void reach_end(struct arsd *a, struct call *c, const struct scenario_effect *e)
{
	c->cause = (uint8_t)e->number;
	snprintf(c->record.state, sizeof(c->record.state), "%s", e->name);
	call_wipe(a, c);
	call_reached_end(a, c, e->name);
}

static void enter_step(struct arsd *a, struct call *c, const char *id)
{
	snprintf(c->record.step, sizeof(c->record.step), "%s", id);
	call_note(a, c, "step", "");
	if (store_call_update(a->store, &c->record) < 0)
		log_error("call_update", "call=%s", c->record.id.text);
}

static void choose(struct arsd *a, struct call *c, const struct request *r, const struct scenario_effect *e)
{
	int months = call_vars_months(r, e->number);

	if (c->withdrawal != NULL)
		withdrawal_choose(c->withdrawal, e->number);
	c->months = (uint8_t)(months > 0 ? months : 0);
	call_note(a, c, "key", e->name);
}

static void carry_out(struct arsd *a, struct call *c, const struct call_facts *f, const struct scenario_effect *e)
{
	switch (e->type) {
	case SCENARIO_PLAY: play(a, c, f, e); break;
	case SCENARIO_OPEN_FIELD: open_field(a, c, e); break;
	case SCENARIO_CLOSE_FIELD: close_field(a, c); break;
	case SCENARIO_ACT: c->outcome = call_act(a, c, e->name); break;
	case SCENARIO_CHOSE: choose(a, c, f->request, e); break;
	case SCENARIO_CONSENT: call_consent(a, c, e); break;
	case SCENARIO_MEANS: call_means(a, c, e->name); break;
	case SCENARIO_STEP: enter_step(a, c, e->name); break;
	case SCENARIO_END: reach_end(a, c, e); break;
	}
}

/* ---- feeding ---- */

/* A fault or an outcome that came while effects were carried out, or from outside. */
static bool next_event(struct call *c, struct scenario_event *e)
{
	*e = (struct scenario_event){ .type = SCENARIO_DONE, .outcome = c->outcome };
	if (c->fault != NULL) {
		e->type = SCENARIO_FAULT;
		c->lost = c->fault;
	}
	c->fault = c->outcome = NULL;
	return e->type == SCENARIO_FAULT || e->outcome != NULL;
}

static void feed_one(struct arsd *a, struct call *c, const struct scenario_event *e)
{
	/* Not static: what one call does may feed another, whose request it has ended. */
	struct scenario_effect effects[SCENARIO_EFFECTS_MAX];
	struct request r;
	struct call_facts facts;
	struct scenario_vars vars;
	int n;

	gather(a, c, &r, &facts);
	vars = call_vars_make(&facts);
	n = scenario_step(&c->run, e, &vars, effects);
	/* A consent that has no record is none: what would follow from it in the same step does not. */
	for (int i = 0; i < n; i++)
		if (effects[i].type != SCENARIO_ACT || c->fault == NULL)
			carry_out(a, c, &facts, &effects[i]);
}

void call_feed(struct arsd *a, struct call *c, const struct scenario_event *e)
{
	struct scenario_event event;
	bool more = e != NULL;

	if (c->feeding)
		return;
	call_touch(a, c);
	c->feeding = true;
	if (more)
		event = *e;
	else
		more = next_event(c, &event);
	for (int round = 0; more && round < ROUNDS_MAX; round++) {
		feed_one(a, c, &event);
		more = next_event(c, &event);
	}
	c->feeding = false;
}
