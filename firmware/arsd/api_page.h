/* api_page.h: one page of a list, as it is asked for, filled and answered: what every list of the API has in common, its filters by time
 * and state among it. */
#ifndef ARSD_API_PAGE_H
#define ARSD_API_PAGE_H

#include "arsd/api_priv.h"
#include "lib/fsm.h"
#include "store/lists.h"

struct page {
	struct arsd *a;
	json_t *items;
	size_t room;
	int limit;
	unsigned expand, seen, skip;
	bool live, more;
	char last[ID_SIZE];
};

/* The states that a list can be asked for: those of a machine, or words, or both word lists; none of them: any. */
enum { PAGE_WORDS_MAX = 12 };
struct page_states {
	const char *name;                        /* of the query's parameter */
	const struct fsm *fsm;
	const char *const *more;                 /* NULL-ended */
	const char *words[PAGE_WORDS_MAX];
};

/* An empty page of what q (a message with the form of api_list) asks for, and the question to the store. One more than fits is asked
 * for: it tells whether there is another page. of: as in lists.h. ERR_INVALID when it is answered: no such state. */
int page_begin(struct arsd *a, const struct api_ask *q, const struct page_states *states, const char *of, struct page *page,
               struct list_page *ask) MUST_CHECK;
/* Takes o. 1: the page is full, and there is more. */
int page_add(struct page *p, const char *id, json_t *o) MUST_CHECK;
/* The same for a short list that the store does not filter: each of its things is offered, in the same order for every page. Cursors
 * are places in it, whatever is asked for of it: what comes between two pages must come at its end. */
int page_begin_offers(struct arsd *a, const struct api_ask *q, const struct page_states *states, struct page *page,
                      struct list_page *ask) MUST_CHECK;
/* Takes o, of that time (0: none) and state, and adds it if it is asked for and was on no page before. As page_add(). */
int page_offer(struct page *p, const struct list_page *ask, struct wall time, const char *state, json_t *o) MUST_CHECK;
/* Is something of that time and state asked for? */
bool page_takes(const struct list_page *ask, struct wall time, const char *state);
/* Answers with the page, whose filling answered e. */
void page_answer(struct arsd *a, const struct api_ask *q, struct page *p, int e);
/* Answers with a problem instead. */
void page_refuse(struct arsd *a, const struct api_ask *q, struct page *p, const struct problem *problem);

#endif
