/* json.h: jansson behind strict rules, for HTTP bodies and control sockets. Includes jansson.h: users build and read
 * json_t with jansson's own functions, and read foreign text only through json_read_strict() and json_fields(). */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum { JSON_WHERE_SIZE = 128, JSON_WHY_SIZE = 200, JSON_DEPTH_MAX = 16 };

/* Where and why a text was refused: where is a JSON Pointer (RFC 6901), "" for the whole. */
struct json_fault { char where[JSON_WHERE_SIZE], why[JSON_WHY_SIZE]; };

/* Parses an object: duplicate names, trailing text, NULs, depth over JSON_DEPTH_MAX and invalid UTF-8 are refused. */
int json_read_strict(const void *text, size_t len, json_t **object, struct json_fault *fault) MUST_CHECK;

/* STRING: without control characters and marks of direction. TEXT: of any characters but NUL, for what was written long ago. */
enum json_want { JSON_WANT_STRING, JSON_WANT_TEXT, JSON_WANT_INT, JSON_WANT_BOOL, JSON_WANT_OBJECT, JSON_WANT_ARRAY };
/* One allowed member. min..max: length in bytes of a string, value of an integer, members of an array.
 * pattern: "" or the allowed characters of a string as in strspn(). */
struct json_field { const char *name; enum json_want want; bool required; int64_t min, max; const char *pattern; };
/* Checks object against the table; unknown members are refused with their pointer below where ("" at the top). */
int json_fields(const json_t *object, const char *where, const struct json_field *fields, size_t count, struct json_fault *fault) MUST_CHECK;

#endif
