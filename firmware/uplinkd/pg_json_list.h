/* pg_json_list.h: the JSON gateway's lists: of a day's orders, and of what is free of interest. */
#ifndef UPLINKD_PG_JSON_LIST_H
#define UPLINKD_PG_JSON_LIST_H

#include "uplinkd/pg.h"

int pg_json_list_url(const char *base, const struct uplink_pg_list *ask, char url[PG_URL_SIZE]) MUST_CHECK;
/* struct pg_connector's list. */
void pg_json_list(const struct pg_job *job, const struct http_answer *h, struct uplink_pg_list_result *result);

/* struct pg_connector's promotions. */
int pg_json_promotions(const struct http_answer *h, struct pg_promotions *p, const char **why) MUST_CHECK;

#endif
