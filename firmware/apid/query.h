/* query.h: the query of a request, name=value joined by &, checked against a table as a body's members are. Pure. */
#ifndef APID_QUERY_H
#define APID_QUERY_H

#include "apid/members.h"
#include "lib/err.h"

enum { QUERY_MAX = 2048, QUERY_VALUE_SIZE = 512 };

/* What a route takes. */
struct query { const struct member *members; size_t count; };

/* Percent-encoding is undone, "+" is a blank. text "" is an empty query. ERR_INVALID with the fault, whose where is "/name": too
 * long, not of name=value, unknown, doubled, ill-formed or out of range. */
int query_read(const char *text, const struct query *q, void *message, struct json_fault *fault) MUST_CHECK;

#endif
