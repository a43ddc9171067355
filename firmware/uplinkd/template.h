/* template.h: text with places for values, as administrators write it for their SMS provider. A place is {name}, with a
 * name of small letters; any other brace is text. Values are escaped for where they go, so that no SMS text can leave its
 * place. Pure. */
#ifndef UPLINKD_TEMPLATE_H
#define UPLINKD_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

enum template_place {
	TEMPLATE_ID, TEMPLATE_TO, TEMPLATE_FROM, TEMPLATE_TEXT, TEMPLATE_SECRET,
	TEMPLATE_USER,          /* the account's name or access key */
	TEMPLATE_TYPE,          /* the provider's word for a short or a long message */
	TEMPLATE_SUBJECT,       /* of a long message */
	TEMPLATE_TIME,          /* now, UTC: 2026-11-25T12:00:00.000Z */
	TEMPLATE_TIME_MS,       /* now, milliseconds since 1970 */
	TEMPLATE_NONCE,         /* 32 hex digits, new for each request */
	TEMPLATE_SIGNATURE,
	TEMPLATE_PLACES,
};

enum template_escape {
	TEMPLATE_HEADER,    /* as it is; control characters are refused */
	TEMPLATE_PLAIN,     /* as it is: what is signed */
	TEMPLATE_JSON,      /* inside a JSON string, RFC 8259 7 */
	TEMPLATE_PERCENT,   /* URL and application/x-www-form-urlencoded: RFC 3986 unreserved characters stay, a space is %20 */
};

struct template_values { const char *value[TEMPLATE_PLACES]; };

enum { TEMPLATE_WHY_SIZE = 160 };
/* Checks text: an unknown {name}, or one without its '}', is refused; why says it in words. uses: a bit for each place. */
int template_check(const char *text, unsigned *uses, char why[TEMPLATE_WHY_SIZE]) MUST_CHECK;
/* Fills a checked text in; returns the length of the NUL-terminated out. ERR_TOO_LONG, ERR_INVALID (a value that its place
 * does not take). */
int template_fill(const char *text, enum template_escape escape, const struct template_values *v, char *out, size_t size) MUST_CHECK;

#endif
