/* scenario_play.h: one call on one of the two real scenarios, for the tests of the engine: what the caller does, what comes of it. */
#ifndef TESTS_SCENARIO_PLAY_H
#define TESTS_SCENARIO_PLAY_H

#include "arsd/scenario_priv.h"
#include "ipc/callctl.h"

/* What the caller of the engine knows: a variable is spoken as "var.NAME", conditions hold by their bit in the list. */
struct facts { unsigned conditions; int options; bool variables_fail; };
struct play {
	struct scenario *scenario;
	struct facts facts;
	struct scenario_vars vars;
	struct scenario_run run;
	struct scenario_effect out[SCENARIO_EFFECTS_MAX];      /* of the last event, count of them */
	int count;
};

/* name: "registration" or "payment". All prompts are there. The scenario is the caller's. */
void play_begin(struct play *p, const char *name);
/* A condition holds from now on. */
void play_set(struct play *p, const char *condition);

/* ---- events ---- */
void play_feed(struct play *p, struct scenario_event e);
void play_start(struct play *p);
void play_played(struct play *p);
void play_silence(struct play *p);
void play_hang_up(struct play *p);
void play_press(struct play *p, char key);
void play_done(struct play *p, const char *outcome);
void play_typed(struct play *p, enum vault_result result);
/* Up to the first menu; the card number; "card ending 1234, correct?" */
void play_until_consent(struct play *p, const char *name);
void play_until_card(struct play *p);
void play_until_confirm(struct play *p);

/* ---- effects of the last event ---- */
/* NULL: there is none. */
const struct scenario_effect *play_find(const struct play *p, enum scenario_effect_type type);
/* The prompts; there must be some. */
const char *play_heard(const struct play *p);
void play_expect_step(const struct play *p, const char *id);
void play_expect_end(const struct play *p, const char *state);

#endif
