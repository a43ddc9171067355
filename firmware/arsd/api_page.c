#include "arsd/api_page.h"

#include <stdio.h>
#include <string.h>

/* An answer holds 60,000 bytes: a page may end before its limit, never in the middle of something. */
enum { LIMIT_USUAL = 20, LIMIT_MOST = 100, PAGE_BYTES = 58000 };

static bool is_word(const char *const *words, size_t count, const char *state)
{
	for (size_t i = 0; i < count && words[i] != NULL; i++)
		if (strcmp(words[i], state) == 0)
			return true;
	return false;
}

/* A word that no state has is a mistake, not an empty list. */
static int check_state(const struct page_states *s, const char *state, struct problem *p)
{
	char field[40];
	bool any = s->fsm == NULL && s->more == NULL && s->words[0] == NULL;

	if (state[0] == '\0' || any || (s->fsm != NULL && fsm_find_state(s->fsm, state) >= 0) || is_word(s->words, PAGE_WORDS_MAX, state) ||
	    (s->more != NULL && is_word(s->more, SIZE_MAX, state)))
		return 0;
	snprintf(field, sizeof(field), "/%s", s->name);
	return problem_set(p, 400, "invalid_query", field, "is none that things of this list have");
}

int page_begin(struct arsd *a, const struct api_ask *q, const struct page_states *states, const char *of, struct page *page,
               struct list_page *ask)
{
	const struct api_list *m = &q->m->u.list;
	struct problem p;

	if (check_state(states, m->status, &p) < 0) {
		api_answer_problem(a, q, &p);
		return ERR_INVALID;
	}
	*page = (struct page){ .a = a, .items = json_array(), .room = PAGE_BYTES, .live = q->merchant.live,
	                       .limit = m->limit == 0 ? LIMIT_USUAL : m->limit > LIMIT_MOST ? LIMIT_MOST : (int)m->limit };
	*ask = (struct list_page){ .merchant = q->merchant.id.text, .after_id = m->cursor, .status = m->status, .of = of,
	                           .after = { m->created_after }, .before = { m->created_before }, .limit = page->limit + 1 };
	return 0;
}

bool page_takes(const struct list_page *ask, struct wall time, const char *state)
{
	return (ask->after.ms == 0 || time.ms > ask->after.ms) && (ask->before.ms == 0 || (time.ms != 0 && time.ms < ask->before.ms)) &&
	       (ask->status[0] == '\0' || strcmp(ask->status, state) == 0);
}

int page_add(struct page *p, const char *id, json_t *o)
{
	size_t len = o != NULL ? json_dumpb(o, NULL, 0, JSON_COMPACT) + 1 : 0;

	if (o == NULL)
		return ERR_NOMEM;
	if (json_array_size(p->items) == (size_t)p->limit || len > p->room) {
		json_decref(o);
		p->more = true;
		return 1;
	}
	p->room -= len;
	snprintf(p->last, sizeof(p->last), "%s", id);
	return json_array_append_new(p->items, o) == 0 ? 0 : ERR_NOMEM;
}

int page_begin_offers(struct arsd *a, const struct api_ask *q, const struct page_states *states, struct page *page, struct list_page *ask)
{
	char again[ID_SIZE];
	int e = page_begin(a, q, states, "", page, ask);

	if (e < 0 || ask->after_id[0] == '\0')
		return e;
	if (sscanf(ask->after_id, "at_%9u", &page->skip) == 1) {
		snprintf(again, sizeof(again), "at_%u", page->skip);
		if (strcmp(again, ask->after_id) == 0)
			return 0;
	}
	page_answer(a, q, page, ERR_INVALID);
	return ERR_INVALID;
}

int page_offer(struct page *p, const struct list_page *ask, struct wall time, const char *state, json_t *o)
{
	char place[ID_SIZE];

	/* Places count what is not asked for too: a state that changes between two pages moves nothing. */
	if (++p->seen <= p->skip || !page_takes(ask, time, state)) {
		json_decref(o);
		return 0;
	}
	snprintf(place, sizeof(place), "at_%u", p->seen);
	return page_add(p, place, o);
}

void page_answer(struct arsd *a, const struct api_ask *q, struct page *p, int e)
{
	struct problem problem;

	if (e >= 0) {
		api_answer_json(a, q, 200, json_pack("{s:s, s:o, s:b, s:o}", "object", "list", "items", p->items, "has_more", (int)p->more,
		                                     "next_cursor", p->more ? json_string(p->last) : json_null()));
		return;
	}
	if (e == ERR_INVALID)
		problem_set(&problem, 400, "invalid_query", "/cursor", "must be next_cursor of a page before, as it was given");
	else
		problem_store(&problem);
	page_refuse(a, q, p, &problem);
}

void page_refuse(struct arsd *a, const struct api_ask *q, struct page *p, const struct problem *problem)
{
	json_decref(p->items);
	api_answer_problem(a, q, problem);
}
