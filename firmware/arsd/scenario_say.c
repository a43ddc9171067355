/* scenario_say.c: words: lists of prompts and {variables}. Checked when a file is read, put together when they are spoken. */
#include <stdio.h>
#include <string.h>

#include "arsd/scenario_priv.h"

/* Splits "{name}" or "{name:particle}"; false if item is a prompt id. particle "" when there is none. */
static bool split_variable(const char *item, char name[SCENARIO_ID_MAX + 1], char particle[SCENARIO_ID_MAX + 1])
{
	size_t len = strlen(item), name_len;
	const char *colon = strchr(item, ':');

	if (len < 2 || len > SCENARIO_ID_MAX || item[0] != '{' || item[len - 1] != '}')
		return false;
	name_len = colon != NULL ? (size_t)(colon - item) - 1 : len - 2;
	snprintf(name, SCENARIO_ID_MAX + 1, "%.*s", (int)name_len, item + 1);
	snprintf(particle, SCENARIO_ID_MAX + 1, "%.*s", colon != NULL ? (int)(len - name_len - 3) : 0, item + name_len + 2);
	return true;
}

static int check_item(struct scenario_reader *r, const struct conf_node *n, bool *audible)
{
	const char *item = conf_string(n);
	char name[SCENARIO_ID_MAX + 1], particle[SCENARIO_ID_MAX + 1];

	if (item == NULL)
		return conf_fault(n, r->why, "must be a \"string\": a prompt or a {variable}");
	if (strcmp(item, "{options}") == 0) {
		r->options_seen++;
		return r->choice_words ? 0 : conf_fault(n, r->why, "{options} stands only in the words of a choice");
	}
	if (split_variable(item, name, particle)) {
		if (!scenario_has_word(scenario_variables, name))
			return conf_fault(n, r->why, "there is no such variable as {%s}", name);
		if (strchr(item, ':') != NULL && !scenario_has_word(scenario_particles, particle))
			return conf_fault(n, r->why, "{%s:%s}: a particle is topic, object or subject", name, particle);
		return 0;
	}
	if (strlen(item) > SCENARIO_ID_MAX || strchr(item, ' ') != NULL || !r->prompts->has(item, r->prompts->context))
		return conf_fault(n, r->why, "there is no such prompt as \"%s\"", item);
	*audible = true;
	return 0;
}

static int check_items(struct scenario_reader *r, const struct conf_node *list)
{
	bool audible = false;

	if (conf_count(list) == 0 || conf_count(list) > SCENARIO_ITEMS_MAX)
		return conf_fault(list, r->why, "words need 1 to %d members", SCENARIO_ITEMS_MAX);
	for (size_t i = 0; i < conf_count(list); i++) {
		int e = check_item(r, conf_at(list, i), &audible);

		if (e < 0)
			return e;
	}
	return audible ? 0 : conf_fault(list, r->why, "words need a prompt, not only variables: they may be empty");
}

static bool has_one_for_each_attempt(const struct conf_node *words)
{
	return conf_count(words) > 0 && conf_type(conf_at(words, 0)) == CONF_LIST;
}

const struct conf_node *scenario_words_at(const struct conf_node *words, int attempt)
{
	size_t count = conf_count(words), i = attempt > 0 ? (size_t)attempt - 1 : 0;

	if (!has_one_for_each_attempt(words))
		return words;
	return conf_at(words, i < count ? i : count - 1);
}

/* Words under a name; absent ones give NULL. attempts > 0: there may be a list for each attempt. */
int scenario_read_words(struct scenario_reader *r, const struct conf_node *group, const char *name, int attempts,
                        const struct conf_node **out)
{
	const struct conf_node *words = conf_find(group, name);

	*out = words;
	if (words == NULL)
		return 0;
	if (conf_type(words) != CONF_LIST)
		return conf_fault(words, r->why, "\"%s\" must be a list", name);
	if (attempts == 0 || !has_one_for_each_attempt(words))
		return check_items(r, words);
	if (conf_count(words) > (size_t)attempts)
		return conf_fault(words, r->why, "\"%s\" has words for %zu attempts, there are %d", name, conf_count(words),
		                  attempts);
	for (size_t i = 0; i < conf_count(words); i++) {
		const struct conf_node *one = conf_at(words, i);
		int e = conf_type(one) == CONF_LIST ? check_items(r, one)
		                                    : conf_fault(one, r->why, "must be a list, as the first is");

		if (e < 0)
			return e;
	}
	return 0;
}

/* ---- spoken ---- */

static void add_options(struct say *out, const char *choice, const struct scenario_vars *v)
{
	char key[16];

	for (int i = 0; i < SCENARIO_CHOICES_MAX && v->option(out, choice, i, v->context); i++) {
		snprintf(key, sizeof(key), "key.%d", i + 1);
		say_id(out, key);
	}
}

static void add_item(struct say *out, const struct step *st, const char *item, const struct scenario_vars *v)
{
	char name[SCENARIO_ID_MAX + 1], particle[SCENARIO_ID_MAX + 1];

	if (!split_variable(item, name, particle))
		say_id(out, item);
	else if (strcmp(name, "options") == 0)
		add_options(out, st->word, v);
	else if (particle[0] != '\0')
		v->particle(out, name, (enum say_particle)scenario_word_index(scenario_particles, particle), v->context);
	else
		v->say(out, name, v->context);
}

void scenario_say(struct say *out, const struct step *st, const struct conf_node *words, int attempt,
                  const struct scenario_vars *v)
{
	const struct conf_node *list = scenario_words_at(words, attempt);

	for (size_t i = 0; i < conf_count(list); i++)
		add_item(out, st, conf_string(conf_at(list, i)), v);
}

const struct conf_node *scenario_find_variable(const struct conf_node *words)
{
	char name[SCENARIO_ID_MAX + 1], particle[SCENARIO_ID_MAX + 1];

	for (size_t i = 0; i < conf_count(words); i++) {
		const struct conf_node *n = conf_at(words, i), *found = NULL;

		if (conf_type(n) == CONF_LIST)
			found = scenario_find_variable(n);
		else if (split_variable(conf_string(n), name, particle))
			found = n;
		if (found != NULL)
			return found;
	}
	return NULL;
}
