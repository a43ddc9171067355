/* show_merchants.h: merchants and their keys. Pure but for the local time zone. For show.c. */
#ifndef CALLKEY_SHOW_MERCHANTS_H
#define CALLKEY_SHOW_MERCHANTS_H

#include <stdio.h>

#include "json/json.h"

/* text: malloc'd, the caller's. */
int show_merchants(const json_t *answer, char **text) MUST_CHECK;
int show_keys(const json_t *answer, char **text) MUST_CHECK;
void print_merchant_added(FILE *f, const json_t *answer);
void print_merchant_set(FILE *f, const json_t *answer);
/* Of status; only where something ends soon. */
void print_ending(FILE *f, const json_t *status);
void print_key_added(FILE *f, const json_t *answer);
void print_key_ended(FILE *f, const json_t *answer);

#endif
