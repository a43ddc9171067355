/* scenario_priv.h: a scenario in memory, between the files that read, prove, run and draw it. */
#ifndef ARSD_SCENARIO_PRIV_H
#define ARSD_SCENARIO_PRIV_H

#include "arsd/scenario.h"
#include "arsd/scenario_words.h"

/* STEPS_MAX is the size of the counters in struct scenario_run. */
enum { SCENARIO_STEPS_MAX = 64, SCENARIO_EDGES_MAX = 12, SCENARIO_ID_MAX = 39, SCENARIO_ITEMS_MAX = 40 };

enum step_type { STEP_SAY, STEP_MENU, STEP_FIELD, STEP_DO, STEP_CHOOSE, STEP_IF, STEP_END };
extern const char *const scenario_step_types[];    /* by step_type, NULL-ended */

/* A way from one step to another. word: the key, the outcome, "yes", "no". */
enum edge_kind {
	EDGE_NEXT, EDGE_FAILED, EDGE_BACK, EDGE_KEY, EDGE_OUTCOME,
	EDGE_EXHAUSTED,                               /* instead of the OUTCOME of the same word, once its attempts are used up */
	EDGE_BRANCH,
};
struct edge {
	enum edge_kind kind;
	const char *word, *means, *consent;           /* means and consent: keys only, else NULL */
	int attempts;                                 /* OUTCOME: 0 = as often as it comes */
	int to;
	const struct conf_node *node;
};

struct step {
	const char *id;
	enum step_type type;
	const char *word;                             /* field, action, options, condition or state */
	const char *on_hangup;                        /* NULL: the scenario's */
	const struct conf_node *node;
	/* Words: a list of prompts and variables, or a list of such lists, one for each attempt. NULL: none. */
	const struct conf_node *say, *say_again, *wait, *wrong_key, *no_input, *errors[VAULT_NO_INPUT + 1];
	enum vault_kind kind;
	int attempts, cause;
	uint32_t first_ms, inter_ms;
	int edge_count;
	struct edge edges[SCENARIO_EDGES_MAX];
};

struct scenario {
	struct conf_tree *tree;                       /* owns all strings */
	const char *name, *on_hangup;
	char hash[65];
	const struct conf_node *erased, *no_agent, *no_back;    /* NULL: not needed by any step */
	int start, on_error, on_withdrawn, step_count;
	struct step steps[SCENARIO_STEPS_MAX];
};

/* The words for attempt (1..) of a list that may have one list for each. */
const struct conf_node *scenario_words_at(const struct conf_node *words, int attempt);
/* The edge of a kind; word NULL: any. NULL: none. */
const struct edge *scenario_edge(const struct step *st, enum edge_kind kind, const char *word);
/* Appends the prompts of words (NULL: none) as they are in force now. */
void scenario_say(struct say *out, const struct step *st, const struct conf_node *words, int attempt,
                  const struct scenario_vars *v);
/* The first {variable} in words, whatever the attempt; NULL: none. */
const struct conf_node *scenario_find_variable(const struct conf_node *words);

/* Reading a file, scenario_file.c and scenario_step.c. Each answers ERR_INVALID with why. */
struct scenario_reader {
	struct scenario *s;
	const struct scenario_prompts *prompts;
	char *why;
	bool choice_words;                            /* reading words that may hold {options} */
	int options_seen;
};
int scenario_find_step(const struct scenario *s, const char *id);          /* ERR_NOT_FOUND */
/* Refuses members of a small group that are not in allowed. */
int scenario_check_only(struct scenario_reader *r, const struct conf_node *group, const char *const allowed[]) MUST_CHECK;
/* The string called name in group, which must be one of list. */
int scenario_read_word(struct scenario_reader *r, const struct conf_node *group, const char *name, const char *const list[],
                       const char **out) MUST_CHECK;
/* Words under a name; absent ones give NULL. attempts > 0: there may be a list for each attempt. */
int scenario_read_words(struct scenario_reader *r, const struct conf_node *group, const char *name, int attempts,
                        const struct conf_node **out) MUST_CHECK;
/* All of a step but id, type and node, which are there. */
int scenario_read_step(struct scenario_reader *r, struct step *st) MUST_CHECK;
/* scenario_prove.c: what must hold of the whole. */
int scenario_prove(const struct scenario *s, char why[CONF_WHY_SIZE]) MUST_CHECK;

#endif
