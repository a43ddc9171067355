/* pg_json_list.h: a day's list from the JSON gateway. */
#ifndef UPLINKD_PG_JSON_LIST_H
#define UPLINKD_PG_JSON_LIST_H

#include "uplinkd/pg.h"

int pg_json_list_url(const char *base, const struct uplink_pg_list *ask, char url[PG_URL_SIZE]) MUST_CHECK;
/* struct pg_connector's list. */
void pg_json_list(const struct pg_job *job, const struct http_answer *h, struct uplink_pg_list_result *result);

#endif
