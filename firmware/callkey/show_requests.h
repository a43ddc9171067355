/* show_requests.h: requests of merchants as tables: registrations, payments; and the consents that came of them. Pure but for the local time zone.
 * For show.c. */
#ifndef CALLKEY_SHOW_REQUESTS_H
#define CALLKEY_SHOW_REQUESTS_H

#include "json/json.h"

/* text: malloc'd, the caller's. */
int show_registrations(const json_t *answer, char **text) MUST_CHECK;
int show_payments(const json_t *answer, char **text) MUST_CHECK;
int show_consents(const json_t *answer, char **text) MUST_CHECK;

#endif
