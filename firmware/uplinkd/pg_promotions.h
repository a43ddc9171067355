/* pg_promotions.h: a gateway's table of instalments that are free of interest, as its connector hands it on to arsd: the form is
 * checked here, what it says by arsd (arsd/promotion_table.h). Whole or not at all. Pure. */
#ifndef UPLINKD_PG_PROMOTIONS_H
#define UPLINKD_PG_PROMOTIONS_H

#include "json/json.h"
#include "uplinkd/pg.h"

/* months: bit n for n months. most_minor 0: no limit. Days of Korea since 1970, both of it; from_day 0: begun already. */
struct pg_promotion { char issuer[16]; uint64_t months; int64_t least_minor, most_minor, from_day, until_day; };
/* As it is gathered: rows is the JSON of uplink.def. left_out: rows of card companies that have no name of ours. */
struct pg_promotions { json_t *rows; uint32_t left_out; };

/* For connectors. ERR_INVALID with why: there are too many. */
int pg_promotions_add(struct pg_promotions *p, const struct pg_promotion *row, const char **why) MUST_CHECK;
/* rows and left_out of an answer that the connector has found to be ok. ERR_INVALID with why: it cannot be read. */
int pg_promotions_read(const struct pg_connector *c, const struct http_answer *h, struct uplink_pg_promotions_result *r,
                       const char **why) MUST_CHECK;

#endif
