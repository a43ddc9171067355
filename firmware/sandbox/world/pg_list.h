/* pg_list.h: the list of a day, as the sandbox's PG gives it out page by page: GET /v1/transactions?date=2026-11-24[&cursor=...].
 *
 *   200 {"result":"listed", "date", "items":[{order_id, kind:"payment"|"cancel", state:"approved"|"net_canceled"|"canceled",
 *        amount:{total, currency}, tid, at}], "next": cursor of the next page or null}
 *
 * The day is one of Korea's. A test can have the list lie: POST /pg/list {"hide":[order_id...], "change":{order_id: {members}},
 * "add":[items], "page": items a page}; what it leaves out is as usual. */
#ifndef WORLD_PG_LIST_H
#define WORLD_PG_LIST_H

#include "json/json.h"
#include "lib/err.h"
#include "sandbox/world/ledger.h"

/* The page; NULL with why: date or cursor are none. lies: as posted, or NULL. */
json_t *pg_list_page(const struct ledger *l, const json_t *lies, const char *date, const char *cursor, const char **why);
/* Is it something that pg_list_page() can follow? */
int pg_list_check(const json_t *lies, struct json_fault *fault) MUST_CHECK;

#endif
