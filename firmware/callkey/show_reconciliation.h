/* show_reconciliation.h: days that were held against the gateways' lists, and what of them is open. Pure but for the local time zone. For
 * show.c. */
#ifndef CALLKEY_SHOW_RECONCILIATION_H
#define CALLKEY_SHOW_RECONCILIATION_H

#include <stdio.h>

#include "json/json.h"

void show_print_reconciliation(FILE *f, const json_t *report);
/* Of status; only when something is to be done. */
void show_print_days(FILE *f, const json_t *open);

#endif
