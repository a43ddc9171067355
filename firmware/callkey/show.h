/* show.h: arsd's answers as text for people. Pure but for the local time zone. */
#ifndef CALLKEY_SHOW_H
#define CALLKEY_SHOW_H

#include "json/json.h"

/* The answer to a verb as text (trunk_counters: another view of trunks), malloc'd, the caller's. Members that are missing are shown as "-". */
int show(const char *verb, const json_t *answer, char **text) MUST_CHECK;

enum { SHOW_TIME_SIZE = 32 };
/* "2026-11-24T05:12:33.123Z" in local time: "2026-11-24 14:12:33". "-" when it is none. */
const char *show_time(const char *rfc3339, char buf[SHOW_TIME_SIZE]);

#endif
