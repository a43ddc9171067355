/* scenario_run.c: one event of one call against its scenario. Pure: no clock, no I/O; what must happen comes out as
 * effects. Attempts are counted by step over the whole call: in menus the failed ones, in fields the openings. */
#include <assert.h>
#include <string.h>

#include "arsd/scenario_priv.h"
#include "ipc/callctl.h"

enum { CAUSE_NORMAL = 16 };

/* One event under way. prefix: what was wrong, spoken before the next words. */
struct stepper {
	struct scenario_run *run;
	const struct scenario *s;
	const struct scenario_vars *vars;
	struct scenario_effect *out;
	int count;
	const struct conf_node *prefix;
	int prefix_attempt;
	bool typed_ahead;                /* a field was just completed: keys that came early belong to the next */
};

static const struct step *here(const struct stepper *p)
{
	return &p->s->steps[p->run->step];
}

static struct scenario_effect *add(struct stepper *p, enum scenario_effect_type type, const char *name, int number)
{
	struct scenario_effect *e = &p->out[p->count++];

	assert(p->count <= SCENARIO_EFFECTS_MAX);
	memset(e, 0, sizeof(*e));
	say_init(&e->prompts);
	e->type = type;
	e->name = name;
	e->number = number;
	return e;
}

static void enter(struct stepper *p, int step);

static void leave_for(struct stepper *p, int end)
{
	p->prefix = NULL;
	if (here(p)->type == STEP_FIELD)
		add(p, SCENARIO_CLOSE_FIELD, NULL, 0);
	enter(p, end);
}

/* The words cannot be put together: the call ends with on_error's, which have no variables. */
static void break_off(struct stepper *p)
{
	leave_for(p, p->s->on_error);
}

/* Adds a PLAY of the prefix and words. NULL, and broken off, when they come to nothing. */
static struct scenario_effect *play(struct stepper *p, const struct conf_node *words, enum callctl_collect collect)
{
	const struct step *st = here(p);
	struct scenario_effect *e = add(p, SCENARIO_PLAY, NULL, 0);

	if (p->prefix != NULL)
		scenario_say(&e->prompts, st, p->prefix, p->prefix_attempt, p->vars);
	p->prefix = NULL;
	scenario_say(&e->prompts, st, words, 1, p->vars);
	if (e->prompts.bad || e->prompts.len == 0) {
		p->count--;
		break_off(p);
		return NULL;
	}
	e->collect = (uint8_t)collect;
	if (collect != CALLCTL_COLLECT_NONE) {
		e->first_ms = st->first_ms;
		e->inter_ms = st->inter_ms;
	}
	if (collect == CALLCTL_COLLECT_SECRET)
		e->field = (uint32_t)p->run->field;
	return e;
}

static int options_of(const struct step *st, const struct scenario_vars *v)
{
	struct say scratch;
	int n = 0;

	for (; n < SCENARIO_CHOICES_MAX; n++) {
		say_init(&scratch);
		if (!v->option(&scratch, st->word, n, v->context))
			break;
	}
	return n;
}

/* A try at the field: a fresh number, so that nothing that is under way for the last one is taken for this. */
static void open_field(struct stepper *p, const struct conf_node *words)
{
	struct scenario_run *r = p->run;
	struct scenario_effect *e = add(p, SCENARIO_OPEN_FIELD, NULL, 0);

	r->attempt = ++r->counters[r->step];
	e->field = (uint32_t)++r->field;
	e->kind = here(p)->kind;
	e->fresh = !p->typed_ahead;
	play(p, words, CALLCTL_COLLECT_SECRET);
}

static void end(struct stepper *p)
{
	const struct step *st = here(p);
	struct scenario_effect *e = play(p, st->say, CALLCTL_COLLECT_NONE);

	if (e == NULL)
		return;
	e->then_hangup = true;
	p->run->at_end = true;
	add(p, SCENARIO_END, st->word, st->cause);
}

static void act(struct stepper *p)
{
	const struct step *st = here(p);
	struct scenario_effect *e;

	p->prefix = NULL;
	p->run->back_to = -1;            /* what is done is done: # does not lead behind it */
	if (st->wait != NULL) {
		e = play(p, st->wait, CALLCTL_COLLECT_NONE);
		if (e == NULL)
			return;
		e->loop = true;
	}
	add(p, SCENARIO_ACT, st->word, 0);
}

/* Goes on through branches and used-up fields to the first step that does something. A way that only goes round is
 * refused when the file is read. */
static void enter(struct stepper *p, int step)
{
	struct scenario_run *r = p->run;
	const struct step *st = &p->s->steps[step];

	while (st->type == STEP_IF || (st->type == STEP_FIELD && r->counters[step] >= st->attempts)) {
		if (st->type == STEP_IF)
			step = scenario_edge(st, EDGE_BRANCH, p->vars->holds(st->word, p->vars->context) ? "yes" : "no")->to;
		else
			step = scenario_edge(st, EDGE_FAILED, NULL)->to;
		st = &p->s->steps[step];
	}
	r->step = step;
	r->attempt = r->counters[step] + 1;
	add(p, SCENARIO_STEP, st->id, 0);
	if (st->type == STEP_SAY)
		play(p, st->say, CALLCTL_COLLECT_NONE);
	else if (st->type == STEP_CHOOSE && options_of(st, p->vars) == 0)
		break_off(p);
	else if (st->type == STEP_MENU || st->type == STEP_CHOOSE)
		play(p, st->say, CALLCTL_COLLECT_MENU);
	else if (st->type == STEP_FIELD)
		open_field(p, st->say);
	else if (st->type == STEP_DO)
		act(p);
	else
		end(p);
}

/* A failed attempt at a menu or field: says what was wrong, then asks again or gives up. */
static void fail(struct stepper *p, const struct conf_node *words)
{
	const struct step *st = here(p);
	struct scenario_run *r = p->run;
	const struct conf_node *again = st->say_again != NULL ? st->say_again : st->say;

	if (st->type != STEP_FIELD && r->counters[r->step] < UINT8_MAX)
		r->counters[r->step]++;
	p->prefix = words;
	p->prefix_attempt = r->counters[r->step];
	if (r->counters[r->step] >= st->attempts)
		enter(p, scenario_edge(st, EDGE_FAILED, NULL)->to);
	else if (st->type == STEP_FIELD)
		open_field(p, again);
	else {
		r->attempt = r->counters[r->step] + 1;
		play(p, again, CALLCTL_COLLECT_MENU);
	}
}

static void go_back(struct stepper *p)
{
	const struct edge *back = scenario_edge(here(p), EDGE_BACK, NULL);
	int to = back != NULL ? back->to : p->run->back_to;

	if (to >= 0 && to != p->run->step) {
		p->run->back_to = -1;
		enter(p, to);
		return;
	}
	p->prefix = p->s->no_back;
	play(p, here(p)->say, CALLCTL_COLLECT_MENU);
}

static void leave_by_key(struct stepper *p, int to)
{
	p->run->back_to = p->run->step;
	enter(p, to);
}

static void menu_key(struct stepper *p, char key)
{
	const struct step *st = here(p);
	const struct edge *e = scenario_edge(st, EDGE_KEY, (const char[]){ key, '\0' });

	if (e == NULL) {
		fail(p, st->wrong_key);
		return;
	}
	add(p, SCENARIO_MEANS, e->means, key);
	if (e->consent != NULL)
		add(p, SCENARIO_CONSENT, e->consent, key);
	leave_by_key(p, e->to);
}

static void on_key(struct stepper *p, char key)
{
	const struct step *st = here(p);

	if (st->type != STEP_MENU && st->type != STEP_CHOOSE)
		return;
	if (key == '#')
		go_back(p);
	else if (key == '*' || key == '0') {
		p->prefix = key == '0' ? p->s->no_agent : NULL;
		play(p, st->say, CALLCTL_COLLECT_MENU);
	} else if (st->type == STEP_MENU)
		menu_key(p, key);
	else if (key >= '1' && key <= '9' && key - '1' < options_of(st, p->vars)) {
		add(p, SCENARIO_CHOSE, st->word, key - '1');
		leave_by_key(p, scenario_edge(st, EDGE_NEXT, NULL)->to);
	} else
		fail(p, st->wrong_key);
}

static void on_field(struct stepper *p, enum vault_result result)
{
	const struct step *st = here(p);

	if (st->type != STEP_FIELD)
		return;
	if (result == VAULT_COMPLETE) {
		p->typed_ahead = true;
		enter(p, scenario_edge(st, EDGE_NEXT, NULL)->to);
	} else if (result == VAULT_ERASED)
		play(p, p->s->erased, CALLCTL_COLLECT_SECRET);
	else
		fail(p, result <= VAULT_NO_INPUT ? st->errors[result] : NULL);
}

static void on_done(struct stepper *p, const char *outcome)
{
	const struct step *st = here(p);
	const struct edge *e;

	if (st->type != STEP_DO)
		return;
	e = scenario_edge(st, EDGE_OUTCOME, outcome);
	if (e == NULL)
		break_off(p);
	else if (e->attempts > 0 && ++p->run->counters[p->run->step] >= e->attempts)
		enter(p, scenario_edge(st, EDGE_EXHAUSTED, outcome)->to);
	else
		enter(p, e->to);
}

static void on_hangup(struct stepper *p)
{
	const char *state = p->run->step >= 0 ? here(p)->on_hangup : NULL;

	p->run->at_end = true;
	add(p, SCENARIO_END, state != NULL ? state : p->s->on_hangup, CAUSE_NORMAL);
}

static void dispatch(struct stepper *p, const struct scenario_event *e)
{
	const struct step *st = here(p);

	switch (e->type) {
	case SCENARIO_START: break;
	case SCENARIO_PLAYED:
		if (st->type == STEP_SAY)
			enter(p, scenario_edge(st, EDGE_NEXT, NULL)->to);
		break;
	case SCENARIO_KEY: on_key(p, e->key); break;
	case SCENARIO_TIMEOUT:
		if (st->type == STEP_MENU || st->type == STEP_CHOOSE)
			fail(p, st->no_input);
		break;
	case SCENARIO_FIELD: on_field(p, e->result); break;
	case SCENARIO_DONE: on_done(p, e->outcome); break;
	case SCENARIO_HANGUP: on_hangup(p); break;
	case SCENARIO_FAULT: break_off(p); break;
	case SCENARIO_WITHDRAWN: leave_for(p, p->s->on_withdrawn); break;
	}
}

void scenario_run_init(struct scenario_run *r, const struct scenario *s)
{
	*r = (struct scenario_run){ .scenario = s, .step = -1, .back_to = -1 };
}

int scenario_step(struct scenario_run *r, const struct scenario_event *e, const struct scenario_vars *v,
                  struct scenario_effect out[SCENARIO_EFFECTS_MAX])
{
	struct stepper p = { .run = r, .s = r->scenario, .vars = v, .out = out };

	if (r->at_end)
		return 0;
	if (r->step >= 0)
		dispatch(&p, e);
	else if (e->type == SCENARIO_START)
		enter(&p, r->scenario->start);
	else if (e->type == SCENARIO_HANGUP)
		on_hangup(&p);
	else if (e->type == SCENARIO_FAULT)
		enter(&p, r->scenario->on_error);
	else if (e->type == SCENARIO_WITHDRAWN)
		enter(&p, r->scenario->on_withdrawn);
	return p.count;
}

const char *scenario_step_id(const struct scenario_run *r)
{
	return r->step >= 0 ? r->scenario->steps[r->step].id : "";
}
