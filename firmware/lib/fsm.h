/* fsm.h: a state machine as one const table, cell[state][event]. The table only says where an event leads; what is done
 * then is the owner's. A cell that was forgotten is found by fsm_check, which every machine's test calls. */
#ifndef LIB_FSM_H
#define LIB_FSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* GO and STAY: the event counts and its action runs. IGNORE: it comes late or twice, nothing happens. BUG: it cannot come
 * here unless our own program is wrong. */
enum fsm_kind { FSM_UNSET = 0, FSM_GO, FSM_STAY, FSM_IGNORE, FSM_BUG };
struct fsm_cell { uint8_t kind, to; };
#define fsm_go(state) { FSM_GO, (state) }
#define fsm_stay { FSM_STAY, 0 }
#define fsm_ignore { FSM_IGNORE, 0 }
#define fsm_bug { FSM_BUG, 0 }

struct fsm {
	const char *name;
	int states, events, start;
	const char *const *state_names, *const *event_names;
	const struct fsm_cell *cells;              /* states rows of events cells: &table[0][0] */
};
enum { FSM_STATES_MAX = 64 };

/* Changes *state only for GO. A state or event outside of the table is BUG. */
enum fsm_kind fsm_step(const struct fsm *m, int *state, int event) MUST_CHECK;
const char *fsm_state_name(const struct fsm *m, int state);         /* "?" outside of the table */
int fsm_find_state(const struct fsm *m, const char *name);          /* ERR_NOT_FOUND */
/* A state that nothing leaves. */
bool fsm_is_final(const struct fsm *m, int state);
/* ERR_INVALID with the reason: a cell unset or leading outside, a state without a name, a state that the start does not
 * reach, a state that reaches no final one (in machines that have any). */
int fsm_check(const struct fsm *m, char *why, size_t size) MUST_CHECK;
int fsm_print_dot(const struct fsm *m, int fd) MUST_CHECK;          /* Graphviz text; ERR_IO */

#endif
