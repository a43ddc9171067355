/* show_promotions.h: what is free of interest, by the operator's file and by the gateways. For show.c. */
#ifndef CALLKEY_SHOW_PROMOTIONS_H
#define CALLKEY_SHOW_PROMOTIONS_H

#include "json/json.h"

/* text: malloc'd, the caller's. */
int show_promotions(const json_t *answer, char **text) MUST_CHECK;

#endif
