/* api_promotions.c: which instalments card companies give free of interest, as they count for the merchant: the operator's rows, and
 * its gateway's for the card companies that the operator does not name. What is past is left out, what begins later is there with
 * its day. */
#include <stdio.h>
#include <string.h>

#include "arsd/api_page.h"
#include "arsd/gateways.h"
#include "arsd/promotion_tables.h"
#include "arsd/render.h"
#include "arsd/tries.h"
#include "model/date.h"

static json_t *day_text(int64_t day)
{
	char text[DATE_SIZE];

	return json_string(date_print(date_from_days(day), text));
}

static json_t *months_list(uint64_t months)
{
	json_t *list = json_array();

	for (int n = 0; n <= PROMOTION_MONTHS_MAX; n++)
		if ((months >> n & 1) != 0)
			json_array_append_new(list, json_integer(n));
	return list;
}

static bool is_in_force(const struct promotion *p, int64_t today)
{
	return today >= p->from_day;
}

json_t *promotions_render(const struct promotion *p, int64_t today)
{
	return json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:b}", "issuer", p->issuer, "currency", "KRW", "months", months_list(p->months), "least",
	                 (json_int_t)p->least_minor, "most", p->most_minor != 0 ? json_integer(p->most_minor) : json_null(),
	                 "from", day_text(p->from_day), "until", day_text(p->until_day), "in_force", (int)is_in_force(p, today));
}

static int offer(struct page *page, const struct list_page *ask, const struct promotion *p, int64_t today, const char *source, struct wall told)
{
	json_t *row;

	if (p->until_day < today)
		return 0;
	row = promotions_render(p, today);
	json_object_set_new(row, "source", json_string(source));
	json_object_set_new(row, "told_at", told.ms != 0 ? render_time(told) : json_null());
	return page_offer(page, ask, date_instant_in_korea(p->from_day, 0), is_in_force(p, today) ? "true" : "false", row);
}

void api_card_promotions_list(struct arsd *a, const struct api_ask *q)
{
	static const struct page_states states = { .name = "in_force", .words = { "true", "false" } };
	const char *pg = gateways_of_merchant(a, &q->merchant);
	struct promotion_sources s = promotion_sources_at(a, pg);
	struct wall told = promotion_tables_told_at(a, pg);
	int64_t today = tries_day(a->wall);
	struct page page;
	struct list_page ask;
	int e = 0;

	if (page_begin_offers(a, q, &states, &page, &ask) < 0)
		return;
	for (size_t i = 0; e == 0 && i < s.file->count; i++)
		e = offer(&page, &ask, &s.file->list[i], today, "operator", (struct wall){ 0 });
	for (size_t i = 0; e == 0 && s.table != NULL && i < s.table->count; i++)
		if (!promotions_name(s.file, s.table->list[i].issuer, today))
			e = offer(&page, &ask, &s.table->list[i], today, "gateway", told);
	page_answer(a, q, &page, e);
}
