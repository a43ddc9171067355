/* show_calls.h: calls as tables, and one with its timeline. Pure but for the local time zone. For show.c. */
#ifndef CALLKEY_SHOW_CALLS_H
#define CALLKEY_SHOW_CALLS_H

#include "json/json.h"

/* text: malloc'd, the caller's. */
int show_calls(const json_t *answer, char **text) MUST_CHECK;
int show_call(const json_t *answer, char **text) MUST_CHECK;

#endif
