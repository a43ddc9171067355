#include "sandbox/world/pg_promotions.h"

#include "model/date.h"

enum { DAYS_AHEAD = 30 };

/* Of two companies whose test cards approve, until a month from now. */
static json_t *usual(struct wall now)
{
	char until[DATE_SIZE];

	date_print(date_from_days(date_day_in_korea(now) + DAYS_AHEAD), until);
	return json_pack("[{s:s, s:[i, i], s:i, s:n, s:n, s:s}, {s:s, s:[i, i, i, i, i], s:i, s:i, s:n, s:s}]",
	                 "issuer", "hyundai", "months", 2, 3, "least", 50000, "most", "from", "until", until,
	                 "issuer", "samsung", "months", 2, 3, 4, 5, 6, "least", 300000, "most", 5000000, "from", "until", until);
}

json_t *pg_promotions_answer(const json_t *set, struct wall now)
{
	json_t *items = json_object_get(set, "items");

	return json_pack("{s:s, s:o}", "result", "listed", "items", items != NULL && !json_is_null(items) ? json_incref(items) : usual(now));
}
