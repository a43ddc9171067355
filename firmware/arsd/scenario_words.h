/* scenario_words.h: the words that a scenario file may use. Everything here is a promise of arsd to the files: a new word
 * is a row here and a line in docs/scenarios.md, and arsd must know what to do with it. */
#ifndef ARSD_SCENARIO_WORDS_H
#define ARSD_SCENARIO_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "ipc/vault.h"
#include "model/say.h"

enum { SCENARIO_OUTCOMES_MAX = 5 };
struct scenario_action {
	const char *name;
	const char *outcomes[SCENARIO_OUTCOMES_MAX + 1];   /* NULL-ended */
	bool waits;                                        /* takes seconds: a file must say what is heard meanwhile */
	bool sends_card;                                   /* needs a consent before it */
};
const struct scenario_action *scenario_find_action(const char *name);      /* NULL */

struct scenario_field {
	const char *name;
	enum vault_kind kind;
	enum vault_result errors[5];                       /* what can go wrong with it, 0-ended */
};
const struct scenario_field *scenario_find_field(const char *name);        /* NULL */

/* NULL-ended lists. */
extern const char *const scenario_conditions[], *const scenario_choices[], *const scenario_variables[],
	*const scenario_particles[] /* by enum say_particle */, *const scenario_means[], *const scenario_consents[],
	*const scenario_states[], *const scenario_action_names[], *const scenario_field_names[], *const scenario_result_names[];
bool scenario_has_word(const char *const list[], const char *word);
int scenario_word_index(const char *const list[], const char *word);       /* ERR_NOT_FOUND */

#endif
