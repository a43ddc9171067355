/* api_page.h: one page of a list, as it is filled and answered. */
#ifndef ARSD_API_PAGE_H
#define ARSD_API_PAGE_H

#include "arsd/api_priv.h"
#include "store/lists.h"

struct page {
	struct arsd *a;
	json_t *items;
	size_t room;
	int limit;
	unsigned expand;
	bool live, more;
	char last[ID_SIZE];
};

/* An empty page of what q (a message with the form of api_list) asks for. */
struct page page_begin(struct arsd *a, const struct api_ask *q);
/* The question to the store. One more than fits is asked for: it tells whether there is another page. of: as in lists.h. */
struct list_page page_asked(const struct api_ask *q, const struct page *p, const char *of);
/* Takes o. 1: the page is full, and there is more. */
int page_add(struct page *p, const char *id, json_t *o) MUST_CHECK;
/* Answers with the page, whose filling answered e. */
void page_answer(struct arsd *a, const struct api_ask *q, struct page *p, int e);

#endif
