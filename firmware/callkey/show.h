/* show.h: arsd's answers as text for people. Pure but for the local time zone. */
#ifndef CALLKEY_SHOW_H
#define CALLKEY_SHOW_H

#include "json/json.h"

/* The answer to a verb as text (trunk_counters: another view of trunks), malloc'd, the caller's. Members that are missing are shown as "-". */
int show(const char *verb, const json_t *answer, char **text) MUST_CHECK;

#endif
