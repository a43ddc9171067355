/* api_promotions.c: which instalments card companies give free of interest, as the operator's table has them: what is past is left
 * out, what begins later is there with its day. */
#include <stdio.h>
#include <string.h>

#include "arsd/api_page.h"
#include "arsd/promotions.h"
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

static json_t *render(const struct promotion *p, int64_t today)
{
	return json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:b}", "issuer", p->issuer, "currency", "KRW", "months", months_list(p->months), "least",
	                 (json_int_t)p->least_minor, "most", p->most_minor != 0 ? json_integer(p->most_minor) : json_null(),
	                 "from", day_text(p->from_day), "until", day_text(p->until_day), "in_force", (int)is_in_force(p, today));
}

void api_card_promotions_list(struct arsd *a, const struct api_ask *q)
{
	static const struct page_states states = { .name = "in_force", .words = { "true", "false" } };
	int64_t today = tries_day(a->wall);
	struct page page;
	struct list_page ask;
	int e = 0;

	if (page_begin_offers(a, q, &states, &page, &ask) < 0)
		return;
	for (size_t i = 0; e == 0 && i < a->promotions.count; i++) {
		const struct promotion *p = &a->promotions.list[i];

		if (p->until_day >= today)
			e = page_offer(&page, &ask, date_instant_in_korea(p->from_day, 0), is_in_force(p, today) ? "true" : "false", render(p, today));
	}
	page_answer(a, q, &page, e);
}
