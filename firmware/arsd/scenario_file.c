/* scenario_file.c: a scenario file into a proven scenario: the head, the ids, step by step (scenario_step.c), then what
 * must hold of the whole (scenario_prove.c). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arsd/scenario_priv.h"
#include "crypto/crypto.h"

enum { FILE_MAX = 65536, NAME_MAX_LEN = 23 };

/* Ids and types of all steps first: edges may lead forwards. */
static int read_ids(struct scenario_reader *r, const struct conf_node *list)
{
	struct scenario *s = r->s;

	if (list == NULL || conf_type(list) != CONF_LIST || conf_count(list) == 0 || conf_count(list) > SCENARIO_STEPS_MAX)
		return conf_fault(list != NULL ? list : conf_root(s->tree), r->why, "a scenario has steps = ( .. ), 1 to %d of them",
		                  SCENARIO_STEPS_MAX);
	for (size_t i = 0; i < conf_count(list); i++) {
		const struct conf_node *n = conf_at(list, i);
		const char *id = conf_type(n) == CONF_GROUP ? conf_string(conf_find(n, "id")) : NULL, *type;
		int e;

		if (id == NULL || id[0] == '\0' || strlen(id) > SCENARIO_ID_MAX)
			return conf_fault(n, r->why, "a step is a group { } with an \"id\" of 1 to %d characters", SCENARIO_ID_MAX);
		if (strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(id))
			return conf_fault(n, r->why, "step \"%s\": an id has a-z 0-9 and _", id);
		if (scenario_find_step(s, id) >= 0)
			return conf_fault(n, r->why, "step \"%s\" stands twice", id);
		e = scenario_read_word(r, n, "type", scenario_step_types, &type);
		if (e < 0)
			return e;
		s->steps[s->step_count] = (struct step){ .id = id, .node = n };
		s->steps[s->step_count++].type = (enum step_type)scenario_word_index(scenario_step_types, type);
	}
	return 0;
}

static int read_step_name(struct scenario_reader *r, const char *name, int *step)
{
	const struct conf_node *n = conf_find(conf_root(r->s->tree), name);

	if (n == NULL || conf_string(n) == NULL)
		return conf_fault(n != NULL ? n : conf_root(r->s->tree), r->why, "a scenario needs \"%s\", the id of a step",
		                  name);
	*step = scenario_find_step(r->s, conf_string(n));
	if (*step < 0)
		return conf_fault(n, r->why, "\"%s\" is \"%s\", which is no step", name, conf_string(n));
	return 0;
}

static int read_head(struct scenario_reader *r)
{
	static const char *const allowed[] = {
		"scenario", "version", "start", "on_hangup", "on_error", "on_withdrawn", "erased", "no_agent", "no_back", "steps", NULL,
	};
	const struct conf_node *root = conf_root(r->s->tree);
	const struct conf_node *name = conf_find(root, "scenario"), *version = conf_find(root, "version");
	const char *text = name != NULL ? conf_string(name) : NULL;
	int e = scenario_check_only(r, root, allowed);

	if (e < 0)
		return e;
	if (text == NULL || text[0] == '\0' || strlen(text) > NAME_MAX_LEN)
		return conf_fault(name != NULL ? name : root, r->why, "a file has scenario = \"..\", 1 to %d characters", NAME_MAX_LEN);
	if (version == NULL || conf_type(version) != CONF_INT || conf_int(version) != 1)
		return conf_fault(version != NULL ? version : root, r->why, "version must be 1");
	r->s->name = text;
	e = scenario_read_word(r, root, "on_hangup", scenario_states, &r->s->on_hangup);
	if (e == 0)
		e = scenario_read_words(r, root, "erased", 0, &r->s->erased);
	if (e == 0)
		e = scenario_read_words(r, root, "no_agent", 0, &r->s->no_agent);
	if (e == 0)
		e = scenario_read_words(r, root, "no_back", 0, &r->s->no_back);
	if (e == 0)
		e = read_ids(r, conf_find(root, "steps"));
	if (e == 0)
		e = read_step_name(r, "start", &r->s->start);
	if (e == 0)
		e = read_step_name(r, "on_error", &r->s->on_error);
	r->s->on_withdrawn = r->s->on_error;
	if (e == 0 && conf_find(root, "on_withdrawn") != NULL)
		e = read_step_name(r, "on_withdrawn", &r->s->on_withdrawn);
	return e;
}

/* The words for keys that every menu or field has. */
static int check_common_words(struct scenario_reader *r)
{
	const struct scenario *s = r->s;

	for (int i = 0; i < s->step_count; i++) {
		const struct step *st = &s->steps[i];
		bool menu = st->type == STEP_MENU || st->type == STEP_CHOOSE;

		if (menu && (s->no_agent == NULL || s->no_back == NULL))
			return conf_fault(st->node, r->why, "step \"%s\": with menus a scenario needs \"no_agent\" (what 0 answers) and "
			                  "\"no_back\" (what # answers where there is nothing before)", st->id);
		if (st->type == STEP_FIELD && s->erased == NULL)
			return conf_fault(st->node, r->why, "step \"%s\": with fields a scenario needs \"erased\" (what * answers)", st->id);
	}
	return 0;
}

static int read_all(struct scenario_reader *r)
{
	int e = read_head(r);

	for (int i = 0; e == 0 && i < r->s->step_count; i++)
		e = scenario_read_step(r, &r->s->steps[i]);
	if (e == 0)
		e = check_common_words(r);
	return e < 0 ? e : scenario_prove(r->s, r->why);
}

/* The bytes that are hashed are the bytes that are read: the hash stands in every consent. */
static int slurp(const char *path, char text[FILE_MAX], char hash[65], char *why)
{
	uint8_t digest[CRYPTO_SHA256_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;
	bool good = false;
	size_t len = 0;

	if (fd >= 0)
		while (len < FILE_MAX && (got = read(fd, text + len, FILE_MAX - len)) > 0)
			len += (size_t)got;
	if (fd < 0 || got < 0)
		snprintf(why, CONF_WHY_SIZE, "%s: cannot be read: %m", path);
	else if (len == FILE_MAX || memchr(text, '\0', len) != NULL)
		snprintf(why, CONF_WHY_SIZE, "%s: is no scenario: %s", path, len == FILE_MAX ? "too long" : "has a NUL byte");
	else if (memmem(text, len, "@include", 8) != NULL)
		snprintf(why, CONF_WHY_SIZE, "%s: a scenario is one file, without @include", path);
	else
		good = true;
	if (fd >= 0)
		close(fd);
	if (!good)
		return ERR_INVALID;
	text[len] = '\0';
	if (crypto_sha256(text, len, digest) < 0 || hex_encode(digest, sizeof(digest), hash, 65) < 0) {
		snprintf(why, CONF_WHY_SIZE, "%s: cannot be hashed", path);
		return ERR_CRYPTO;
	}
	return 0;
}

int scenario_load(const char *path, const struct scenario_prompts *prompts, struct scenario **s,
                  char why[CONF_WHY_SIZE])
{
	struct scenario *made = calloc(1, sizeof(*made));
	char *text = malloc(FILE_MAX);
	struct scenario_reader r = { .s = made, .prompts = prompts, .why = why };
	int e = made == NULL || text == NULL ? ERR_NOMEM : slurp(path, text, made->hash, why);

	if (e == 0)
		e = conf_parse(path, text, &made->tree, why);
	if (e == 0)
		e = read_all(&r);
	free(text);
	if (e < 0) {
		scenario_free(&made);
		return e;
	}
	*s = made;
	return 0;
}

void scenario_free(struct scenario **s)
{
	if (*s == NULL)
		return;
	conf_free(&(*s)->tree);
	free(*s);
	*s = NULL;
}

const char *scenario_name(const struct scenario *s)
{
	return s->name;
}

const char *scenario_hash(const struct scenario *s)
{
	return s->hash;
}
