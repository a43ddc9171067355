#include "tests/unit/scenario_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static bool has_all(const char *id, void *context)
{
	(void)id;
	(void)context;
	return true;
}

static void say_variable(struct say *out, const char *variable, void *context)
{
	const struct facts *f = context;
	char id[64];

	snprintf(id, sizeof(id), "var.%s", variable);
	if (f->variables_fail)
		out->bad = true;
	else
		say_id(out, id);
}

static void add_particle(struct say *out, const char *variable, enum say_particle p, void *context)
{
	(void)variable;
	(void)p;
	(void)context;
	say_id(out, "var.particle");
}

static bool holds(const char *condition, void *context)
{
	const struct facts *f = context;

	return f->conditions >> scenario_word_index(scenario_conditions, condition) & 1;
}

static bool add_option(struct say *out, const char *choice, int n, void *context)
{
	const struct facts *f = context;

	(void)choice;
	if (n >= f->options)
		return false;
	say_id(out, "var.option");
	return true;
}

void play_begin(struct play *p, const char *name)
{
	const struct scenario_prompts prompts = { has_all, NULL };
	char path[64], why[CONF_WHY_SIZE] = "";

	memset(p, 0, sizeof(*p));
	snprintf(path, sizeof(path), "config/scenarios/%s.cfg", name);
	if (scenario_load(path, &prompts, &p->scenario, why) != 0)
		fail_msg("%s", why);
	p->vars = (struct scenario_vars){ say_variable, add_particle, holds, add_option, &p->facts };
	p->facts.options = 3;
	scenario_run_init(&p->run, p->scenario);
}

void play_set(struct play *p, const char *condition)
{
	int i = scenario_word_index(scenario_conditions, condition);

	assert_true(i >= 0);
	p->facts.conditions |= 1u << i;
}

void play_feed(struct play *p, struct scenario_event e)
{
	p->count = scenario_step(&p->run, &e, &p->vars, p->out);
	assert_in_range(p->count, 0, SCENARIO_EFFECTS_MAX);
}

void play_start(struct play *p) { play_feed(p, (struct scenario_event){ .type = SCENARIO_START }); }
void play_played(struct play *p) { play_feed(p, (struct scenario_event){ .type = SCENARIO_PLAYED }); }
void play_silence(struct play *p) { play_feed(p, (struct scenario_event){ .type = SCENARIO_TIMEOUT }); }
void play_hang_up(struct play *p) { play_feed(p, (struct scenario_event){ .type = SCENARIO_HANGUP }); }
void play_press(struct play *p, char key) { play_feed(p, (struct scenario_event){ .type = SCENARIO_KEY, .key = key }); }

void play_done(struct play *p, const char *outcome)
{
	play_feed(p, (struct scenario_event){ .type = SCENARIO_DONE, .outcome = outcome });
}

void play_typed(struct play *p, enum vault_result result)
{
	play_feed(p, (struct scenario_event){ .type = SCENARIO_FIELD, .result = result });
}

const struct scenario_effect *play_find(const struct play *p, enum scenario_effect_type type)
{
	for (int i = 0; i < p->count; i++)
		if (p->out[i].type == type)
			return &p->out[i];
	return NULL;
}

const char *play_heard(const struct play *p)
{
	const struct scenario_effect *e = play_find(p, SCENARIO_PLAY);

	assert_non_null(e);
	return e->prompts.ids;
}

void play_expect_step(const struct play *p, const char *id)
{
	assert_string_equal(scenario_step_id(&p->run), id);
}

void play_expect_end(const struct play *p, const char *state)
{
	const struct scenario_effect *e = play_find(p, SCENARIO_END);

	assert_non_null(e);
	assert_string_equal(e->name, state);
	assert_true(p->run.at_end);
}

void play_until_consent(struct play *p, const char *name)
{
	play_begin(p, name);
	play_start(p);
	play_played(p);
	play_done(p, "ok");
}

void play_until_card(struct play *p)
{
	play_until_consent(p, "registration");
	play_press(p, '1');
	play_expect_step(p, "card");
}

void play_until_confirm(struct play *p)
{
	play_until_card(p);
	for (int i = 0; i < 4; i++)
		play_typed(p, VAULT_COMPLETE);
	play_expect_step(p, "confirm");
}
