/* pg_wire.h: what connectors share: making a URL and a body, reading members of an answer. Pure. */
#ifndef UPLINKD_PG_WIRE_H
#define UPLINKD_PG_WIRE_H

#include <stdbool.h>

#include "json/json.h"
#include "uplinkd/pg.h"

/* BASE PREFIX {id} SUFFIX with id percent-escaped. ERR_INVALID: too long, or an id that would be no segment of a path of its
 * own (RFC 3986 5.2.4): it would ask for something else. */
int pg_wire_url(const char *base, const char *prefix, const char *id, const char *suffix, char url[PG_URL_SIZE]) MUST_CHECK;
int pg_wire_plain_url(const char *base, const char *path, char url[PG_URL_SIZE]) MUST_CHECK;
/* Takes over body, which may be NULL after a failed json_pack(): ERR_INVALID. */
int pg_wire_post(struct pg_request *r, json_t *body) MUST_CHECK;

/* Copies a string member. False: it is there but no string or too long for us, or it is missing though required. */
bool pg_wire_take(const json_t *from, const char *name, bool required, char *out, size_t size) MUST_CHECK;
/* Copies a member that is only shown, for which no answer is thrown away: "" for what is no string. whole: "" too for one that is too long; else as much
 * of it as has room. */
void pg_wire_take_shown(const json_t *from, const char *name, bool whole, char *out, size_t size);
/* As much of a text as most bytes have room for, in whole characters; out has one more. */
void pg_wire_cut(const char *text, size_t most, char *out);
/* ISO 8601 with a zone, "2026-11-24T05:12:33.123Z" or "...+0900", in milliseconds since 1970; false for anything else. */
bool pg_wire_take_time(const json_t *from, const char *name, int64_t *ms) MUST_CHECK;
/* Is the member a string, and this one? */
bool pg_wire_is(const json_t *from, const char *name, const char *value);

#endif
