/* http_retry.h: when a server wants to be asked again (RFC 9110 10.2.3). Pure. */
#ifndef UPLINKD_HTTP_RETRY_H
#define UPLINKD_HTTP_RETRY_H

#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"

/* The value of Retry-After: seconds, or a date in any of the three forms of RFC 9110 5.6.7. *after_s: seconds from now, at most
 * UINT32_MAX; 0: a date that is past. ERR_INVALID: neither. */
int http_retry_after(const char *value, struct wall now, uint32_t *after_s) MUST_CHECK;

#endif
