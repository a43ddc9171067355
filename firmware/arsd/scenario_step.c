/* scenario_step.c: one step of a scenario file: its members, its words, its ways out. */
#include <stdio.h>
#include <string.h>

#include "arsd/scenario_priv.h"

enum { FIRST_KEY_MENU_S = 10, FIRST_KEY_FIELD_S = 20, BETWEEN_KEYS_S = 5, NORMAL_CLEARING = 16 };

/* A fault of the step st at a node; r and st are the function's own. */
#define step_fault(node, fmt, ...) conf_fault(node, r->why, "step \"%s\": " fmt, st->id, ##__VA_ARGS__)

const char *const scenario_step_types[] = { "say", "menu", "field", "do", "choose", "if", "end", NULL };

/* ---- which members a step may and must have ---- */

#define T(type) (1u << STEP_##type)
#define SPEAKING (T(SAY) | T(MENU) | T(FIELD) | T(CHOOSE) | T(END))
#define ASKING (T(MENU) | T(FIELD) | T(CHOOSE))
static const struct member {
	const char *name;
	enum conf_type type;
	unsigned may, must;                               /* sets of step types */
	int64_t min, max;
} members[] = {
	{ "id", CONF_STRING, ~0u, ~0u, 1, SCENARIO_ID_MAX },
	{ "type", CONF_STRING, ~0u, ~0u, 1, SCENARIO_ID_MAX },
	{ "say", CONF_LIST, SPEAKING, SPEAKING, 0, 0 },
	{ "say_again", CONF_LIST, ASKING, 0, 0, 0 },
	{ "next", CONF_STRING, T(SAY) | T(FIELD) | T(CHOOSE), T(SAY) | T(FIELD) | T(CHOOSE), 1, SCENARIO_ID_MAX },
	{ "keys", CONF_LIST, T(MENU), T(MENU), 0, 0 },
	{ "attempts", CONF_INT, ASKING, 0, 1, SCENARIO_MAX_ATTEMPTS },
	{ "first_s", CONF_INT, ASKING, 0, 1, 120 },
	{ "inter_s", CONF_INT, T(FIELD), 0, 1, 60 },
	{ "wrong_key", CONF_LIST, T(MENU) | T(CHOOSE), 0, 0, 0 },
	{ "no_input", CONF_LIST, T(MENU) | T(CHOOSE), 0, 0, 0 },
	{ "errors", CONF_LIST, T(FIELD), T(FIELD), 0, 0 },
	{ "failed", CONF_STRING, ASKING, ASKING, 1, SCENARIO_ID_MAX },
	{ "back", CONF_STRING, T(MENU) | T(CHOOSE), T(CHOOSE), 1, SCENARIO_ID_MAX },
	{ "field", CONF_STRING, T(FIELD), T(FIELD), 1, SCENARIO_ID_MAX },
	{ "action", CONF_STRING, T(DO), T(DO), 1, SCENARIO_ID_MAX },
	{ "wait", CONF_LIST, T(DO), 0, 0, 0 },
	{ "outcomes", CONF_LIST, T(DO), T(DO), 0, 0 },
	{ "options", CONF_STRING, T(CHOOSE), T(CHOOSE), 1, SCENARIO_ID_MAX },
	{ "condition", CONF_STRING, T(IF), T(IF), 1, SCENARIO_ID_MAX },
	{ "yes", CONF_STRING, T(IF), T(IF), 1, SCENARIO_ID_MAX },
	{ "no", CONF_STRING, T(IF), T(IF), 1, SCENARIO_ID_MAX },
	{ "state", CONF_STRING, T(END), T(END), 1, SCENARIO_ID_MAX },
	{ "cause", CONF_INT, T(END), 0, 1, 127 },
	{ "on_hangup", CONF_STRING, T(SAY) | T(MENU) | T(FIELD) | T(DO) | T(CHOOSE), 0, 1, SCENARIO_ID_MAX },
};
#undef SPEAKING
#undef ASKING
#undef T

static int check_member(struct scenario_reader *r, const struct step *st, const struct conf_node *n)
{
	const char *name = conf_name(n), *type = scenario_step_types[st->type];
	const struct member *m = NULL;

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (strcmp(members[i].name, name) == 0)
			m = &members[i];
	if (m == NULL)
		return step_fault(n, "there is no such member as \"%s\"", name);
	if (!(m->may & (1u << st->type)))
		return step_fault(n, "a step of type \"%s\" has no \"%s\"", type, name);
	if (conf_type(n) != m->type)
		return step_fault(n, "\"%s\" must be %s", name,
		                  m->type == CONF_LIST ? "a list" : m->type == CONF_INT ? "a whole number" : "a \"string\"");
	if (m->type == CONF_INT && (conf_int(n) < m->min || conf_int(n) > m->max))
		return step_fault(n, "\"%s\" must be from %d to %d", name, (int)m->min, (int)m->max);
	if (m->type == CONF_STRING && ((int64_t)strlen(conf_string(n)) < m->min || (int64_t)strlen(conf_string(n)) > m->max))
		return step_fault(n, "\"%s\" must have 1 to %d characters", name, (int)m->max);
	return 0;
}

static int check_members(struct scenario_reader *r, const struct step *st)
{
	for (size_t i = 0; i < conf_count(st->node); i++) {
		int e = check_member(r, st, conf_at(st->node, i));

		if (e < 0)
			return e;
	}
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if ((members[i].must & (1u << st->type)) && conf_find(st->node, members[i].name) == NULL)
			return step_fault(st->node, "a step of type \"%s\" needs \"%s\"",
			                  scenario_step_types[st->type], members[i].name);
	return 0;
}

/* Refuses members of a small group that are not named in allowed ("is say"). */
int scenario_check_only(struct scenario_reader *r, const struct conf_node *group, const char *const allowed[])
{
	if (conf_type(group) != CONF_GROUP)
		return conf_fault(group, r->why, "must be a group { }");
	for (size_t i = 0; i < conf_count(group); i++)
		if (!scenario_has_word(allowed, conf_name(conf_at(group, i))))
			return conf_fault(conf_at(group, i), r->why, "there is no such member as \"%s\" here",
			                  conf_name(conf_at(group, i)));
	return 0;
}

/* The string called name, which must be one of list. */
int scenario_read_word(struct scenario_reader *r, const struct conf_node *group, const char *name,
                       const char *const list[], const char **out)
{
	const struct conf_node *n = conf_find(group, name);
	char all[300] = "";

	if (n == NULL)
		return conf_fault(group, r->why, "\"%s\" is missing", name);
	if (conf_string(n) != NULL && scenario_has_word(list, conf_string(n))) {
		*out = conf_string(n);
		return 0;
	}
	for (int i = 0; list[i] != NULL; i++)
		if (list[i][0] != '\0')
			snprintf(all + strlen(all), sizeof(all) - strlen(all), " %s", list[i]);
	return conf_fault(n, r->why, "\"%s\" is \"%s\", must be one of:%s", name, conf_string(n) != NULL ? conf_string(n) : "",
	                  all);
}

/* ---- edges ---- */

int scenario_find_step(const struct scenario *s, const char *id)
{
	for (int i = 0; i < s->step_count; i++)
		if (strcmp(s->steps[i].id, id) == 0)
			return i;
	return ERR_NOT_FOUND;
}

const struct edge *scenario_edge(const struct step *st, enum edge_kind kind, const char *word)
{
	for (int i = 0; i < st->edge_count; i++)
		if (st->edges[i].kind == kind && (word == NULL || strcmp(st->edges[i].word, word) == 0))
			return &st->edges[i];
	return NULL;
}

/* Adds the edge that the member called name leads along, if there is one; word NULL: the name itself. */
static int add_edge(struct scenario_reader *r, struct step *st, const struct conf_node *group, const char *name,
                    enum edge_kind kind, const char *word)
{
	const struct conf_node *n = conf_find(group, name);
	int to;

	if (n == NULL)
		return 0;
	if (conf_string(n) == NULL)
		return step_fault(n, "\"%s\" must be a \"string\"", name);
	to = scenario_find_step(r->s, conf_string(n));
	if (to < 0)
		return step_fault(n, "\"%s\" leads to \"%s\", which is no step", name, conf_string(n));
	if (st->edge_count == SCENARIO_EDGES_MAX)
		return step_fault(n, "has too many ways out");
	word = word != NULL ? word : name;
	st->edges[st->edge_count++] = (struct edge){ .kind = kind, .word = word, .to = to, .node = n };
	return 0;
}

static int read_key(struct scenario_reader *r, struct step *st, const struct conf_node *n)
{
	static const char *const allowed[] = { "key", "next", "means", "consent", NULL };
	static const char *const digits[] = { "1", "2", "3", "4", "5", "6", "7", "8", "9", NULL };
	static const char *const reserved[] = { "0", "*", "#", NULL };
	const char *key, *means, *consent = NULL;
	int e = scenario_check_only(r, n, allowed);

	key = e == 0 ? conf_string(conf_find(n, "key")) : NULL;
	if (key != NULL && scenario_has_word(reserved, key))
		return step_fault(n, "0 is kept for an agent, * repeats and # goes back: a key is 1 to 9");
	if (e == 0)
		e = scenario_read_word(r, n, "key", digits, &key);
	if (e == 0)
		e = scenario_read_word(r, n, "means", scenario_means, &means);
	if (e == 0 && conf_find(n, "consent") != NULL)
		e = scenario_read_word(r, n, "consent", scenario_consents, &consent);
	if (e < 0)
		return e;
	if (scenario_edge(st, EDGE_KEY, key) != NULL)
		return step_fault(n, "key %s stands twice", key);
	/* A card is kept by that meaning, so by no other, and not without leave. */
	if ((strcmp(means, "keep") == 0) != (consent != NULL && strcmp(consent, "keep_card") == 0))
		return step_fault(n, "key %s: means \"keep\" and consent \"keep_card\" go together", key);
	if ((strcmp(means, "withdraw") == 0) != (consent != NULL && strcmp(consent, "withdrawal") == 0))
		return step_fault(n, "key %s: means \"withdraw\" and consent \"withdrawal\" go together", key);
	if (conf_find(n, "next") == NULL)
		return step_fault(n, "key %s has no \"next\"", key);
	e = add_edge(r, st, n, "next", EDGE_KEY, key);
	if (e == 0) {
		st->edges[st->edge_count - 1].means = means;
		st->edges[st->edge_count - 1].consent = consent;
	}
	return e;
}

static int read_outcome(struct scenario_reader *r, struct step *st, const struct conf_node *n)
{
	static const char *const allowed[] = { "is", "next", "attempts", "failed", NULL };
	const struct conf_node *attempts;
	const char *is;
	int e = scenario_check_only(r, n, allowed);

	if (e == 0)
		e = scenario_read_word(r, n, "is", scenario_find_action(st->word)->outcomes, &is);
	if (e < 0)
		return e;
	attempts = conf_find(n, "attempts");
	if (scenario_edge(st, EDGE_OUTCOME, is) != NULL)
		return step_fault(n, "outcome \"%s\" stands twice", is);
	if (conf_find(n, "next") == NULL)
		return step_fault(n, "outcome \"%s\" has no \"next\"", is);
	if ((attempts == NULL) != (conf_find(n, "failed") == NULL))
		return step_fault(n, "outcome \"%s\": \"attempts\" and \"failed\" go together", is);
	if (attempts != NULL && (conf_int(attempts) < 2 || conf_int(attempts) > SCENARIO_MAX_ATTEMPTS))
		return step_fault(attempts, "\"attempts\" of an outcome must be from 2 to %d", SCENARIO_MAX_ATTEMPTS);
	if (attempts != NULL && scenario_edge(st, EDGE_EXHAUSTED, NULL) != NULL)
		return step_fault(attempts, "only one outcome may have \"attempts\"");
	e = add_edge(r, st, n, "next", EDGE_OUTCOME, is);
	if (e == 0)
		st->edges[st->edge_count - 1].attempts = attempts != NULL ? (int)conf_int(attempts) : 0;
	return e < 0 ? e : add_edge(r, st, n, "failed", EDGE_EXHAUSTED, is);
}

/* ---- steps ---- */

static int each(struct scenario_reader *r, struct step *st, const char *list,
                int (*fn)(struct scenario_reader *, struct step *, const struct conf_node *))
{
	const struct conf_node *n = conf_find(st->node, list);

	for (size_t i = 0; i < conf_count(n); i++) {
		int e = fn(r, st, conf_at(n, i));

		if (e < 0)
			return e;
	}
	return 0;
}

static int64_t number_or(const struct conf_node *group, const char *name, int64_t otherwise)
{
	const struct conf_node *n = conf_find(group, name);

	return n != NULL ? conf_int(n) : otherwise;
}

/* Words that are needed wherever more than one attempt is. */
static int read_menu_words(struct scenario_reader *r, struct step *st)
{
	int e = scenario_read_words(r, st->node, "wrong_key", st->attempts, &st->wrong_key);

	if (e == 0)
		e = scenario_read_words(r, st->node, "no_input", st->attempts, &st->no_input);
	if (e == 0 && st->attempts > 1 && (st->wrong_key == NULL || st->no_input == NULL))
		e = step_fault(st->node, "needs \"wrong_key\" and \"no_input\", to say what was wrong");
	return e;
}

static int read_menu(struct scenario_reader *r, struct step *st)
{
	static const char *const refusals[] = { "refuse", "no", NULL };
	bool refusal = conf_find(st->node, "back") != NULL;
	int e = each(r, st, "keys", read_key);

	if (e == 0)
		e = read_menu_words(r, st);
	for (int i = 0; i < st->edge_count; i++)
		refusal |= st->edges[i].means != NULL && scenario_has_word(refusals, st->edges[i].means);
	if (e == 0 && !refusal)
		e = step_fault(st->node, "a menu needs a key that means \"refuse\" or \"no\", or a \"back\"");
	for (int i = 0; e == 0 && i < st->edge_count; i++)
		if (st->edges[i].consent != NULL && st->say_again != NULL)
			e = step_fault(st->say_again, "asks for a consent and must be heard in full: no \"say_again\"");
	return e;
}

static int read_error(struct scenario_reader *r, struct step *st, const struct conf_node *n)
{
	static const char *const allowed[] = { "is", "say", NULL };
	const struct scenario_field *f = scenario_find_field(st->word);
	const char *is;
	int e = scenario_check_only(r, n, allowed), result, known = 0;

	if (e == 0)
		e = scenario_read_word(r, n, "is", scenario_result_names, &is);
	if (e < 0)
		return e;
	result = scenario_word_index(scenario_result_names, is);
	for (int i = 0; f->errors[i] != 0; i++)
		known |= (int)f->errors[i] == result;
	if (!known)
		return step_fault(n, "field \"%s\" is never \"%s\"", st->word, is);
	if (st->errors[result] != NULL)
		return step_fault(n, "error \"%s\" stands twice", is);
	if (conf_find(n, "say") == NULL)
		return step_fault(n, "error \"%s\" has no \"say\"", is);
	return scenario_read_words(r, n, "say", st->attempts, &st->errors[result]);
}

static int read_field(struct scenario_reader *r, struct step *st)
{
	int e = scenario_read_word(r, st->node, "field", scenario_field_names, &st->word);
	const struct scenario_field *f;

	if (e == 0)
		e = each(r, st, "errors", read_error);
	if (e < 0)
		return e;
	f = scenario_find_field(st->word);
	st->kind = f->kind;
	for (int i = 0; f->errors[i] != 0; i++)
		if (st->errors[f->errors[i]] == NULL)
			return step_fault(conf_find(st->node, "errors"), "has no words for error \"%s\"",
			                  scenario_result_names[f->errors[i]]);
	return 0;
}

static int read_do(struct scenario_reader *r, struct step *st)
{
	int e = scenario_read_word(r, st->node, "action", scenario_action_names, &st->word);
	const struct scenario_action *a;

	if (e == 0)
		e = scenario_read_words(r, st->node, "wait", 0, &st->wait);
	if (e == 0)
		e = each(r, st, "outcomes", read_outcome);
	if (e < 0)
		return e;
	a = scenario_find_action(st->word);
	if (a->waits && st->wait == NULL)
		return step_fault(st->node, "\"%s\" takes time and needs \"wait\", to be heard meanwhile", st->word);
	for (int i = 0; a->outcomes[i] != NULL; i++)
		if (scenario_edge(st, EDGE_OUTCOME, a->outcomes[i]) == NULL)
			return step_fault(st->node, "outcome \"%s\" of \"%s\" is not handled", a->outcomes[i], st->word);
	return 0;
}

/* The words of a step itself. In a choice, {options} is where the options are read out. */
static int read_say(struct scenario_reader *r, struct step *st, const char *name, const struct conf_node **out)
{
	int e;

	r->choice_words = st->type == STEP_CHOOSE;
	r->options_seen = 0;
	e = scenario_read_words(r, st->node, name, 0, out);
	if (e == 0 && r->choice_words && *out != NULL && r->options_seen != 1)
		e = step_fault(*out, "\"%s\" of a choice must hold \"{options}\" once", name);
	r->choice_words = false;
	return e;
}

static int read_choose(struct scenario_reader *r, struct step *st)
{
	char id[16];
	int e = scenario_read_word(r, st->node, "options", scenario_choices, &st->word);

	if (e == 0)
		e = read_menu_words(r, st);
	for (int i = 1; e == 0 && i <= SCENARIO_CHOICES_MAX; i++) {
		snprintf(id, sizeof(id), "key.%d", i);
		if (!r->prompts->has(id, r->prompts->context))
			e = step_fault(st->node, "there is no such prompt as \"%s\", which a choice needs", id);
	}
	return e;
}

static int read_kind(struct scenario_reader *r, struct step *st)
{
	int e = 0;

	switch (st->type) {
	case STEP_MENU: return read_menu(r, st);
	case STEP_FIELD: return read_field(r, st);
	case STEP_DO: return read_do(r, st);
	case STEP_CHOOSE: return read_choose(r, st);
	case STEP_IF:
		e = scenario_read_word(r, st->node, "condition", scenario_conditions, &st->word);
		if (e == 0)
			e = add_edge(r, st, st->node, "yes", EDGE_BRANCH, NULL);
		return e < 0 ? e : add_edge(r, st, st->node, "no", EDGE_BRANCH, NULL);
	case STEP_END: return scenario_read_word(r, st->node, "state", scenario_states, &st->word);
	case STEP_SAY: break;
	}
	return 0;
}

int scenario_read_step(struct scenario_reader *r, struct step *st)
{
	int first_s = st->type == STEP_FIELD ? FIRST_KEY_FIELD_S : FIRST_KEY_MENU_S;
	int e = check_members(r, st);

	if (e < 0)
		return e;
	st->attempts = (int)number_or(st->node, "attempts", SCENARIO_MAX_ATTEMPTS);
	st->cause = (int)number_or(st->node, "cause", NORMAL_CLEARING);
	st->first_ms = (uint32_t)number_or(st->node, "first_s", first_s) * 1000;
	st->inter_ms = (uint32_t)number_or(st->node, "inter_s", BETWEEN_KEYS_S) * 1000;
	if (conf_find(st->node, "on_hangup") != NULL)
		e = scenario_read_word(r, st->node, "on_hangup", scenario_states, &st->on_hangup);
	if (e == 0)
		e = read_say(r, st, "say", &st->say);
	if (e == 0)
		e = read_say(r, st, "say_again", &st->say_again);
	if (e == 0)
		e = add_edge(r, st, st->node, "next", EDGE_NEXT, NULL);
	if (e == 0)
		e = add_edge(r, st, st->node, "failed", EDGE_FAILED, NULL);
	if (e == 0)
		e = add_edge(r, st, st->node, "back", EDGE_BACK, NULL);
	return e < 0 ? e : read_kind(r, st);
}
