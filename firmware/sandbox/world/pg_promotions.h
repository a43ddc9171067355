/* pg_promotions.h: which instalments are free of interest at the sandbox's PG: GET /v1/interest-free.
 *
 *   200 {"result":"listed", "items":[{issuer, months:[2, 3], least, most or null, from or null, until}]}
 *
 * won, and days of Korea as 2026-11-24, both of it; from null: begun already. It holds for charges of billing keys. A test or a
 * person sets the items by POST /pg/interest-free {"items":[...]}, whatever they are; "items": null brings the usual ones back. */
#ifndef WORLD_PG_PROMOTIONS_H
#define WORLD_PG_PROMOTIONS_H

#include "json/json.h"
#include "lib/clock.h"

/* set: as posted, or NULL for the usual ones. */
json_t *pg_promotions_answer(const json_t *set, struct wall now);

#endif
