/* show_trunks.h: the lines as tables: for each the ladder from the cable up to its calls. Pure but for the local time zone.
 * For show.c. */
#ifndef CALLKEY_SHOW_TRUNKS_H
#define CALLKEY_SHOW_TRUNKS_H

#include "json/json.h"

/* text: malloc'd, the caller's. */
int show_trunks(const json_t *answer, char **text) MUST_CHECK;

#endif
