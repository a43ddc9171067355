#include "lib/fsm.h"

#include <stdio.h>
#include <string.h>

static const struct fsm_cell *cell_at(const struct fsm *m, int state, int event)
{
	return &m->cells[state * m->events + event];
}

enum fsm_kind fsm_step(const struct fsm *m, int *state, int event)
{
	const struct fsm_cell *c;

	if (*state < 0 || *state >= m->states || event < 0 || event >= m->events)
		return FSM_BUG;
	c = cell_at(m, *state, event);
	if (c->kind == FSM_GO)
		*state = c->to;
	return c->kind == FSM_UNSET ? FSM_BUG : (enum fsm_kind)c->kind;
}

const char *fsm_state_name(const struct fsm *m, int state)
{
	return state >= 0 && state < m->states ? m->state_names[state] : "?";
}

int fsm_find_state(const struct fsm *m, const char *name)
{
	for (int s = 0; s < m->states; s++)
		if (strcmp(m->state_names[s], name) == 0)
			return s;
	return ERR_NOT_FOUND;
}

bool fsm_is_final(const struct fsm *m, int state)
{
	for (int e = 0; e < m->events; e++)
		if (cell_at(m, state, e)->kind == FSM_GO)
			return false;
	return true;
}

static int check_cells(const struct fsm *m, char *why, size_t size)
{
	for (int s = 0; s < m->states; s++) {
		if (m->state_names[s] == NULL) {
			snprintf(why, size, "%s: state %d has no name", m->name, s);
			return ERR_INVALID;
		}
		for (int e = 0; e < m->events; e++) {
			const struct fsm_cell *c = cell_at(m, s, e);

			if (c->kind != FSM_UNSET && c->kind <= FSM_BUG && (c->kind != FSM_GO || c->to < m->states))
				continue;
			snprintf(why, size, "%s: cell [%s][%s] %s", m->name, m->state_names[s], m->event_names[e],
			         c->kind == FSM_UNSET ? "is unset" : "leads nowhere");
			return ERR_INVALID;
		}
	}
	return 0;
}

/* Grows the marked set along GO cells, forwards or backwards, until it no longer grows. */
static void spread(const struct fsm *m, bool marked[], bool backwards)
{
	bool grown = true;

	while (grown) {
		grown = false;
		for (int i = 0; i < m->states * m->events; i++) {
			int from = i / m->events, to = m->cells[i].to;
			int have = backwards ? to : from, gain = backwards ? from : to;

			if (m->cells[i].kind == FSM_GO && marked[have] && !marked[gain])
				grown = marked[gain] = true;
		}
	}
}

static int check_ways(const struct fsm *m, char *why, size_t size)
{
	bool reached[FSM_STATES_MAX] = { false }, ends[FSM_STATES_MAX] = { false }, any_final = false;

	reached[m->start] = true;
	spread(m, reached, false);
	for (int s = 0; s < m->states; s++) {
		ends[s] = fsm_is_final(m, s);
		any_final |= ends[s];
	}
	spread(m, ends, true);
	for (int s = 0; s < m->states; s++) {
		if (reached[s] && (ends[s] || !any_final))
			continue;
		snprintf(why, size, "%s: state %s %s", m->name, m->state_names[s],
		         reached[s] ? "has no way to a final state" : "is not reached from the start");
		return ERR_INVALID;
	}
	return 0;
}

int fsm_check(const struct fsm *m, char *why, size_t size)
{
	int e;

	if (m->states < 1 || m->states > FSM_STATES_MAX || m->events < 1 || m->start < 0 || m->start >= m->states) {
		snprintf(why, size, "%s: has %d states, %d events, start %d", m->name, m->states, m->events, m->start);
		return ERR_INVALID;
	}
	e = check_cells(m, why, size);
	return e < 0 ? e : check_ways(m, why, size);
}

int fsm_print_dot(const struct fsm *m, int fd)
{
	bool bad = dprintf(fd, "digraph \"%s\" {\n\trankdir=LR; node [shape=box, style=rounded, fontname=\"sans-serif\"];\n",
	                   m->name) < 0;

	for (int s = 0; s < m->states; s++)
		bad |= dprintf(fd, "\t\"%s\"%s;\n", m->state_names[s],
		               s == m->start ? " [style=\"rounded,bold\"]" : fsm_is_final(m, s) ? " [peripheries=2]" : "") < 0;
	for (int s = 0; s < m->states; s++)
		for (int e = 0; e < m->events; e++)
			if (cell_at(m, s, e)->kind == FSM_GO)
				bad |= dprintf(fd, "\t\"%s\" -> \"%s\" [label=\"%s\"];\n", m->state_names[s],
				               m->state_names[cell_at(m, s, e)->to], m->event_names[e]) < 0;
	bad |= dprintf(fd, "}\n") < 0;
	return bad ? ERR_IO : 0;
}
