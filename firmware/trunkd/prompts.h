/* prompts.h: every prompt of every language of the box, in memory before the first call. What is missing or unfit is an
 * error at start that names it. Read-only afterwards, so media threads play straight from it. */
#ifndef TRUNKD_PROMPTS_H
#define TRUNKD_PROMPTS_H

#include <stdbool.h>
#include <stddef.h>

#include "dsp/dsp.h"

enum { PROMPT_ID_SIZE = 48, PROMPT_VOICE_SIZE = 16, PROMPT_VOICES_MAX = 4 };

struct prompts;
int prompts_new(struct prompts **p) MUST_CHECK;
void prompts_free(struct prompts **p);

/* Loads {share_dir}/prompts/{language}: voices "{language}" (normal/) and "{language}-slow" (slow/). A recording
 * {override_dir}/{language}/ID.wav or ID.slow.wav takes the synthesised one's place ("": there are none). Every fault is
 * logged, not only the first; then ERR_INVALID. */
int prompts_load(struct prompts *p, const char *share_dir, const char *override_dir, const char *language) MUST_CHECK;

bool prompts_has_voice(const struct prompts *p, const char *voice);
/* NULL: no such voice or prompt. Borrowed. */
const struct prompt_audio *prompts_find(const struct prompts *p, const char *voice, const char *id);
size_t prompts_count(const struct prompts *p);           /* of all voices */

#endif
