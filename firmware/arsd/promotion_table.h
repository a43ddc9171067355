/* promotion_table.h: a payment gateway's table of instalments that are free of interest, as uplinkd hands it on. It comes from
 * outside: it counts as a whole or not at all. Pure. */
#ifndef ARSD_PROMOTION_TABLE_H
#define ARSD_PROMOTION_TABLE_H

#include <stddef.h>

#include "arsd/promotions.h"

enum { PROMOTION_WHY_SIZE = 200 };

/* Reads the rows of uplink.def's pg_promotions_result; today: a day of Korea. Rows that are over are left out, and a row without its
 * first day begins today. ERR_INVALID with why: something in it cannot be, or it says of an issuer, an amount, a day and a number of
 * months twice that they are free: then one of the rows is not meant as it stands. */
int promotion_table_read(const void *json, size_t len, int64_t today, struct promotions *table, char why[PROMOTION_WHY_SIZE]) MUST_CHECK;

#endif
