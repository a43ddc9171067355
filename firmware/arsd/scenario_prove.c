/* scenario_prove.c: what must hold of a scenario as a whole, proved by walking its graph: every step can be reached and
 * has a way to an end, no way goes round for ever without asking the caller, nothing of a request is told before the
 * holder check has passed, no card is used without a consent and the fields that it needs. */
#include <stdio.h>
#include <string.h>

#include "arsd/scenario_priv.h"

typedef bool (*edge_test)(const struct step *st, const struct edge *e, const void *context);

/* Marks what the marked steps lead to along edges that gate (NULL: none) does not hold back. */
static void spread(const struct scenario *s, bool marked[], edge_test gate, const void *context)
{
	bool grown = true;

	while (grown) {
		grown = false;
		for (int i = 0; i < s->step_count; i++)
			for (int k = 0; marked[i] && k < s->steps[i].edge_count; k++) {
				const struct edge *e = &s->steps[i].edges[k];

				if (!marked[e->to] && (gate == NULL || !gate(&s->steps[i], e, context)))
					grown = marked[e->to] = true;
			}
	}
}

/* A fault or the request's end may come at any moment, so on_error and on_withdrawn are beginnings too. */
static void reach(const struct scenario *s, bool marked[], edge_test gate, const void *context)
{
	memset(marked, 0, SCENARIO_STEPS_MAX * sizeof(marked[0]));
	marked[s->start] = marked[s->on_error] = marked[s->on_withdrawn] = true;
	spread(s, marked, gate, context);
}

static int prove_reached(const struct scenario *s, char *why)
{
	bool reached[SCENARIO_STEPS_MAX];

	reach(s, reached, NULL, NULL);
	for (int i = 0; i < s->step_count; i++)
		if (!reached[i])
			return conf_fault(s->steps[i].node, why, "step \"%s\": nothing leads here", s->steps[i].id);
	return 0;
}

static int prove_ends(const struct scenario *s, char *why)
{
	for (int i = 0; i < s->step_count; i++) {
		bool marked[SCENARIO_STEPS_MAX] = { false }, ends = false;

		marked[i] = true;
		spread(s, marked, NULL, NULL);
		for (int k = 0; k < s->step_count; k++)
			ends |= marked[k] && s->steps[k].type == STEP_END;
		if (!ends)
			return conf_fault(s->steps[i].node, why, "step \"%s\": has no way to an end", s->steps[i].id);
	}
	return 0;
}

/* Edges that ask the caller something, or that are limited, break a round. A field whose attempts are used up asks nothing
 * more: it leads on along "failed" at once. */
static bool breaks_round(const struct step *st, const struct edge *e, const void *context UNUSED)
{
	if (st->type == STEP_FIELD)
		return e->kind != EDGE_FAILED;
	return st->type == STEP_MENU || st->type == STEP_CHOOSE || e->attempts > 0;
}

static int prove_no_rounds(const struct scenario *s, char *why)
{
	for (int i = 0; i < s->step_count; i++)
		for (int k = 0; k < s->steps[i].edge_count; k++) {
			bool marked[SCENARIO_STEPS_MAX] = { false };

			if (breaks_round(&s->steps[i], &s->steps[i].edges[k], NULL))
				continue;
			marked[s->steps[i].edges[k].to] = true;
			spread(s, marked, breaks_round, NULL);
			if (marked[i])
				return conf_fault(s->steps[i].node, why, "step \"%s\": leads round to itself without asking the caller",
				                  s->steps[i].id);
		}
	return 0;
}

/* ---- what must lie behind what ---- */

static bool holder_passed(const struct step *st, const struct edge *e, const void *context UNUSED)
{
	return e->kind == EDGE_OUTCOME && strcmp(st->word, "holder_check") == 0 && strcmp(e->word, "ok") == 0;
}

static bool agreed(const struct step *st UNUSED, const struct edge *e, const void *context UNUSED)
{
	return e->consent != NULL && (strcmp(e->consent, "registration") == 0 || strcmp(e->consent, "payment") == 0);
}

static bool entered(const struct step *st, const struct edge *e, const void *field)
{
	return st->type == STEP_FIELD && e->kind == EDGE_NEXT && strcmp(st->word, field) == 0;
}

/* What in a step speaks of the request or acts on it; NULL: nothing. */
static const struct conf_node *find_private(const struct step *st)
{
	const struct conf_node *words[] = { st->say, st->say_again, st->wait, st->wrong_key, st->no_input };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (scenario_find_variable(words[i]) != NULL)
			return scenario_find_variable(words[i]);
	for (int i = 0; i < st->edge_count; i++)
		if (st->edges[i].consent != NULL)
			return st->edges[i].node;
	if (st->type == STEP_FIELD || st->type == STEP_CHOOSE || st->type == STEP_IF)
		return st->node;
	return st->type == STEP_DO && strcmp(st->word, "holder_check") != 0 ? st->node : NULL;
}

static int prove_private(const struct scenario *s, char *why)
{
	const struct conf_node *common[] = { s->erased, s->no_agent, s->no_back };
	bool reached[SCENARIO_STEPS_MAX];

	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		if (scenario_find_variable(common[i]) != NULL)
			return conf_fault(scenario_find_variable(common[i]), why, "these words may come anywhere: no variables here");
	reach(s, reached, holder_passed, NULL);
	for (int i = 0; i < s->step_count; i++)
		if (reached[i] && find_private(&s->steps[i]) != NULL)
			return conf_fault(find_private(&s->steps[i]), why, "step \"%s\": tells or takes something before the holder check "
			                  "has passed", s->steps[i].id);
	return 0;
}

static int prove_consent(const struct scenario *s, char *why)
{
	static const char *const needed[] = { "card_number", "expiry" };
	bool reached[SCENARIO_STEPS_MAX];

	reach(s, reached, agreed, NULL);
	for (int i = 0; i < s->step_count; i++) {
		const struct step *st = &s->steps[i];

		if (reached[i] && (st->type == STEP_FIELD || (st->type == STEP_DO && scenario_find_action(st->word)->sends_card)))
			return conf_fault(st->node, why, "step \"%s\": can be reached without a consent of the caller", st->id);
	}
	for (size_t k = 0; k < ARRAY_LEN(needed); k++) {
		reach(s, reached, entered, needed[k]);
		for (int i = 0; i < s->step_count; i++)
			if (reached[i] && s->steps[i].type == STEP_DO && strcmp(s->steps[i].word, "verify_card") == 0)
				return conf_fault(s->steps[i].node, why, "step \"%s\": can be reached without field \"%s\"", s->steps[i].id,
				                  needed[k]);
	}
	return 0;
}

static bool withdrawn(const struct step *st UNUSED, const struct edge *e, const void *context UNUSED)
{
	return e->means != NULL && strcmp(e->means, "withdraw") == 0;
}

static bool chosen(const struct step *st, const struct edge *e UNUSED, const void *context UNUSED)
{
	return st->type == STEP_CHOOSE && strcmp(st->word, "registrations") == 0;
}

static bool is_of_a_chosen_one(const char *consent)
{
	return consent != NULL && (strcmp(consent, "withdrawal") == 0 || strcmp(consent, "keep_registration") == 0);
}

/* Nothing ends for good without the key that says so; and what is to end or to stay has been chosen. */
static int prove_withdrawal(const struct scenario *s, char *why)
{
	bool reached[SCENARIO_STEPS_MAX];

	reach(s, reached, withdrawn, NULL);
	for (int i = 0; i < s->step_count; i++)
		if (reached[i] && s->steps[i].type == STEP_DO && strcmp(s->steps[i].word, "withdraw") == 0)
			return conf_fault(s->steps[i].node, why, "step \"%s\": can be reached without a key that means \"withdraw\"", s->steps[i].id);
	reach(s, reached, chosen, NULL);
	for (int i = 0; i < s->step_count; i++)
		for (int k = 0; reached[i] && k < s->steps[i].edge_count; k++)
			if (is_of_a_chosen_one(s->steps[i].edges[k].consent))
				return conf_fault(s->steps[i].edges[k].node, why, "step \"%s\": asks about a registration before one was chosen", s->steps[i].id);
	return 0;
}

/* keystored counts the tries of a kind of field in a call, the run those of a step: they are the same only so. */
static int prove_fields(const struct scenario *s, char *why)
{
	for (int i = 0; i < s->step_count; i++)
		for (int k = 0; k < i; k++)
			if (s->steps[i].type == STEP_FIELD && s->steps[k].type == STEP_FIELD && s->steps[i].kind == s->steps[k].kind)
				return conf_fault(s->steps[i].node, why, "step \"%s\": field \"%s\" is taken by step \"%s\" already",
				                  s->steps[i].id, s->steps[i].word, s->steps[k].id);
	return 0;
}

int scenario_prove(const struct scenario *s, char why[CONF_WHY_SIZE])
{
	static int (*const proofs[])(const struct scenario *, char *) = {
		prove_fields, prove_reached, prove_ends, prove_no_rounds, prove_private, prove_consent, prove_withdrawal,
	};

	if (s->steps[s->on_error].type != STEP_END)
		return conf_fault(s->steps[s->on_error].node, why, "step \"%s\": on_error must be a step of type \"end\"",
		                  s->steps[s->on_error].id);
	if (s->steps[s->on_withdrawn].type != STEP_END)
		return conf_fault(s->steps[s->on_withdrawn].node, why, "step \"%s\": on_withdrawn must be a step of type \"end\"",
		                  s->steps[s->on_withdrawn].id);
	for (size_t i = 0; i < ARRAY_LEN(proofs); i++) {
		int e = proofs[i](s, why);

		if (e < 0)
			return e;
	}
	return 0;
}
