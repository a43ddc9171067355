/* promotion_tables.h: what is free of interest by the word of each gateway that has such a table (UPLINK_CAN_PROMOTIONS): asked for at
 * the start and each day, kept in the store, replaced as a whole or not at all (promotion_table.h). A gateway that does not tell is
 * asked again with growing pauses; its last table goes on to count until it is too old, which is alarmed about before. */
#ifndef ARSD_PROMOTION_TABLES_H
#define ARSD_PROMOTION_TABLES_H

#include "arsd/arsd.h"
#include "json/json.h"

/* Makes a->tables, one for each gateway of the configuration, from the store. */
int promotion_tables_load(struct arsd *a) MUST_CHECK;
void promotion_tables_free(struct promotion_tables **t);

/* What counts for a request: of the gateway that made its billing key (by_key), or of its merchant's own. */
struct promotion_sources promotion_sources_of(struct arsd *a, const struct request *r, bool by_key);
/* Of a gateway by its name, "": the first. */
struct promotion_sources promotion_sources_at(const struct arsd *a, const char *pg);
/* When the table that counts was told; 0: none counts. */
struct wall promotion_tables_told_at(const struct arsd *a, const char *pg);
/* Is there a gateway whose table is older than it should be, or was never told? */
bool promotion_tables_outdated(const struct arsd *a);

/* uplinkd has told which gateways there are and what they can. */
void promotion_tables_gateways(struct arsd *a);
void promotion_tables_told(struct arsd *a, const struct uplink_pg_promotions_result *m);
void promotion_tables_tick(struct arsd *a);
void promotion_tables_uplink_lost(struct arsd *a);
/* The store has forgotten what this turn wrote. */
void promotion_tables_turn_failed(struct arsd *a);

#endif
