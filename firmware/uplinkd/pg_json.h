/* pg_json.h: the JSON protocol of the sandbox's gateway: cards and payments by POST, orders by GET, net-cancel by order id. */
#ifndef UPLINKD_PG_JSON_H
#define UPLINKD_PG_JSON_H

#include "uplinkd/pg.h"

extern const struct pg_connector pg_json_connector;

#endif
