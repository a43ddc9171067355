/* api_promotions.c: which instalments card companies give free of interest, as the operator's table has them: what is past is left
 * out, what begins later is there with its day. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arsd/api_priv.h"
#include "arsd/promotions.h"
#include "arsd/tries.h"

enum { DAY_TEXT_SIZE = 11 };

static json_t *day_text(int64_t day)
{
	time_t at = (time_t)(day * 86400);
	char text[DAY_TEXT_SIZE];
	struct tm tm;

	return gmtime_r(&at, &tm) != NULL && strftime(text, sizeof(text), "%Y-%m-%d", &tm) == sizeof(text) - 1 ? json_string(text) : NULL;
}

static json_t *months_list(uint64_t months)
{
	json_t *list = json_array();

	for (int n = 0; n <= PROMOTION_MONTHS_MAX; n++)
		if ((months >> n & 1) != 0)
			json_array_append_new(list, json_integer(n));
	return list;
}

static json_t *render(const struct promotion *p, int64_t today)
{
	return json_pack("{s:s, s:o, s:I, s:o, s:o, s:o, s:b}", "issuer", p->issuer, "months", months_list(p->months), "least",
	                 (json_int_t)p->least_minor, "most", p->most_minor != 0 ? json_integer(p->most_minor) : json_null(),
	                 "from", day_text(p->from_day), "until", day_text(p->until_day), "in_force", (int)(today >= p->from_day));
}

void api_card_promotions_get(struct arsd *a, const struct api_ask *q)
{
	int64_t today = tries_day(a->wall);
	json_t *items = json_array();

	for (size_t i = 0; i < a->promotions.count; i++)
		if (a->promotions.list[i].until_day >= today)
			json_array_append_new(items, render(&a->promotions.list[i], today));
	api_answer_json(a, q, 200, json_pack("{s:s, s:s, s:o}", "object", "card_promotions", "currency", "KRW", "items", items));
}
