/* scenario.h: a call's script as data. scenario_file.c reads and proves config/scenarios/NAME.cfg, scenario_run.c steps
 * through it (pure: no clock, no I/O), scenario_dot.c draws it. What the words of a file mean stands in
 * docs/scenarios.md.
 *
 * A file:
 *   scenario = "registration"; version = 1; start = "greeting";
 *   on_hangup = "abandoned"; on_error = "system_error"; on_withdrawn = "withdrawn";
 *   erased = ["err.erased"]; no_agent = ["menu.no_agent"]; no_back = ["menu.no_back"];
 *   steps = (
 *     { id = "greeting"; type = "say"; say = ["greet.neutral"]; next = "holder"; },
 *     { id = "holder"; type = "do"; action = "holder_check";
 *       outcomes = ( { is = "ok"; next = "consent"; }, { is = "refused"; next = "wrong_caller"; } ); },
 *     { id = "consent"; type = "menu"; say = ["{merchant}", "reg.asks", ...]; attempts = 3; first_s = 10;
 *       keys = ( { key = "1"; next = "card"; means = "agree"; consent = "registration"; },
 *                { key = "2"; next = "refused"; means = "refuse"; } );
 *       wrong_key = ["err.menu"]; no_input = ["err.no_input"]; failed = "gave_up"; back = "..."; },
 *     { id = "card"; type = "field"; field = "card_number"; say = ["card.number"]; first_s = 20; inter_s = 5;
 *       errors = ( { is = "too_short"; say = ["err.card.short"]; }, ... ); next = "expiry"; failed = "gave_up"; },
 *     { id = "verify"; type = "do"; action = "verify_card"; wait = ["wait.music"]; outcomes = ( ... ); },
 *     { id = "months"; type = "choose"; options = "instalments"; say = ["months.ask", "{options}", "months.end"];
 *       next = "..."; failed = "..."; back = "..."; },
 *     { id = "branch"; type = "if"; condition = "instalments_offered"; yes = "months"; no = "authorize"; },
 *     { id = "registered"; type = "end"; state = "completed"; say = ["reg.done"]; cause = 16; } );
 *
 * "{name}" in say is a variable, "{product:topic}" its Korean particle (topic, object, subject); both are filled by the
 * caller of the engine through scenario_vars. */
#ifndef ARSD_SCENARIO_H
#define ARSD_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "ipc/vault.h"
#include "lib/err.h"
#include "model/say.h"

struct scenario;                  /* a proven file, immutable */

/* The prompts that exist: a file that names another one is refused. has(id) for every language of the box. */
struct scenario_prompts { bool (*has)(const char *id, void *context); void *context; };
/* why says FILE:LINE: what is wrong: unknown words, a step that nothing leads to, a next that does not exist, a missing
 * prompt, a menu without a way to refuse, an action outcome that is not handled, no way to an end, a variable or a field
 * that can be reached before the holder check has passed, a card that can be used without a consent. */
int scenario_load(const char *path, const struct scenario_prompts *prompts, struct scenario **s,
                  char why[CONF_WHY_SIZE]) MUST_CHECK;
void scenario_free(struct scenario **s);
const char *scenario_name(const struct scenario *s);
const char *scenario_hash(const struct scenario *s);       /* SHA-256 of the file, hex */
/* Graphviz text of the picture that make docs draws. */
int scenario_print_dot(const struct scenario *s, int fd) MUST_CHECK;

/* ---- running one ---- */

/* The actions a file may name with their outcomes, the conditions, choices, variables, meanings, kinds of consent and end
 * states are the lists of scenario_words.c. A choice's option is followed by the prompt key.1, key.2 ...
 * Of an exchange with the PG: "input" is a decline for what was typed, "declined" any other definite no, "system" that
 * nothing definite is known in time. */
enum { SCENARIO_MAX_ATTEMPTS = 3, SCENARIO_CHOICES_MAX = 8 };

/* What the engine asks its caller while it steps. All pure look-ups. */
struct scenario_vars {
	void (*say)(struct say *out, const char *variable, void *context);               /* appends the variable's prompts */
	void (*particle)(struct say *out, const char *variable, enum say_particle p, void *context);
	bool (*holds)(const char *condition, void *context);
	/* The nth option (0..) of a choice: appends its words; false when there is none. */
	bool (*option)(struct say *out, const char *choice, int n, void *context);
	void *context;
};

enum scenario_event_type {
	SCENARIO_START, SCENARIO_PLAYED, SCENARIO_KEY, SCENARIO_TIMEOUT, SCENARIO_FIELD, SCENARIO_DONE, SCENARIO_HANGUP,
	SCENARIO_FAULT,                   /* a neighbour is lost or refused: the call cannot go on */
	SCENARIO_WITHDRAWN,               /* whoever asked for the call has taken it back */
};
struct scenario_event {
	enum scenario_event_type type;
	char key;                         /* KEY */
	enum vault_result result;         /* FIELD */
	const char *outcome;              /* DONE: of the action under way */
};

enum scenario_effect_type {
	SCENARIO_PLAY,                    /* send callctl play with prompts, collect, field, timers */
	SCENARIO_OPEN_FIELD,              /* send vault field_open first */
	SCENARIO_CLOSE_FIELD,
	SCENARIO_ACT,                     /* start action; answer with DONE */
	SCENARIO_CHOSE,                   /* option number was chosen of choice */
	SCENARIO_CONSENT,                 /* record a consent: kind, key; to the words of the last PLAY */
	SCENARIO_MEANS,                   /* a key with a meaning: "agree" "refuse" "registered_card" "other_card" "keep" ... */
	SCENARIO_STEP,                    /* a new step was entered: timeline */
	SCENARIO_END,                     /* the call's named end state; play_end's end hangs up with cause */
};
struct scenario_effect {
	enum scenario_effect_type type;
	struct say prompts;               /* PLAY */
	uint8_t collect;                  /* PLAY: enum callctl_collect */
	bool loop;                        /* PLAY: waiting sound */
	bool then_hangup;                 /* PLAY: the last words; hang up when they ended */
	uint32_t field, first_ms, inter_ms;
	enum vault_kind kind; bool fresh; /* OPEN_FIELD */
	const char *name;                 /* ACT, CHOSE, CONSENT kind, MEANS, STEP id, END state */
	int number;                       /* CHOSE: index; END: cause; CONSENT: the key */
};
enum { SCENARIO_EFFECTS_MAX = 8 };

/* Where one call is. Plain data, owned by the call. */
struct scenario_run {
	const struct scenario *scenario;
	int step, attempt, field, back_to;
	bool at_end;
	uint8_t counters[64];             /* by step, over the whole call: going back does not give new attempts */
};
void scenario_run_init(struct scenario_run *r, const struct scenario *s);
/* Handles one event; the caller has dropped what belongs to an earlier play or field than the last. Writes effects in the
 * order they must happen and returns how many (<= SCENARIO_EFFECTS_MAX). An event that means nothing in the current step
 * yields none, and so does every event after END. END by a hang-up has no PLAY before it; any other END follows its last
 * words, a PLAY with then_hangup. */
int scenario_step(struct scenario_run *r, const struct scenario_event *e, const struct scenario_vars *v,
                  struct scenario_effect out[SCENARIO_EFFECTS_MAX]);
const char *scenario_step_id(const struct scenario_run *r);

#endif
