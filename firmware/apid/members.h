/* members.h: the members of a JSON body. One table a body holds all their limits, what a table cannot say (how members depend
 * on each other) follows it in the resource's own intake file. Lengths are in bytes of UTF-8. Pure. */
#ifndef APID_MEMBERS_H
#define APID_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "ipc/api.h"
#include "json/json.h"
#include "lib/err.h"
#include "model/tax_parts.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { MEMBERS_MAX = 24 };
/* As arsd.request_ttl_s. */
enum { REQUEST_TTL_MIN_S = 30, REQUEST_TTL_MAX_S = 604800 };
/* In the smallest unit of the currency. */
#define AMOUNT_MAX INT64_C(1000000000000)

/* A member and where it goes in the message: at, size. A string's place is a char array, an integer's of 1, 4 or 8 bytes by
 * its size, a boolean's of 1. Objects and arrays have no place; they are read by hand. */
struct member {
	const char *name;
	enum json_want want;
	bool required;
	int64_t least, most;                      /* bytes of a string, value of a number, members of an array */
	const char *chars;                        /* of a string; "": any but control characters */
	const char *words, *otherwise;            /* "a|b": one of these; what it is when left out */
	size_t at, size;
	bool is_time;                             /* text by RFC 3339, kept as milliseconds since 1970 */
};

#define PLACE(message, member) offsetof(struct api_##message, member), sizeof(((struct api_##message *)0)->member)
#define TEXT(message, member, required, least, most, chars) \
	{ #member, JSON_WANT_STRING, required, least, most, chars, NULL, NULL, PLACE(message, member), false }
#define WORD(message, member, required, words, otherwise) \
	{ #member, JSON_WANT_STRING, required, 1, 16, "", words, otherwise, PLACE(message, member), false }
#define INTEGER(message, member, required, least, most) \
	{ #member, JSON_WANT_INT, required, least, most, NULL, NULL, NULL, PLACE(message, member), false }
#define SECONDS(message, member) INTEGER(message, member, false, REQUEST_TTL_MIN_S, REQUEST_TTL_MAX_S)
#define BOOLEAN(message, member, required) \
	{ #member, JSON_WANT_BOOL, required, 0, 0, NULL, NULL, NULL, PLACE(message, member), false }
#define OBJECT(name, required) { name, JSON_WANT_OBJECT, required, 0, 0, NULL, NULL, NULL, 0, 0, false }
#define TIME(message, member) \
	{ #member, JSON_WANT_STRING, false, 1, 40, "", NULL, NULL, PLACE(message, member), true }

/* Checks body against a table and copies what has a place into message, one struct of ipc/api.h. ERR_INVALID with the
 * fault; so do all below. */
int members_read(const json_t *body, const struct member *members, size_t count, void *message,
                 struct json_fault *fault) MUST_CHECK;
/* The member "amount", {"total", "currency"}; nothing is written if there is none. currencies: "KRW|USD". */
int members_amount(const json_t *body, const char *currencies, int64_t *amount_minor, char currency[4],
                   struct json_fault *fault) MUST_CHECK;
/* The same with its parts, {"total", "currency", "tax_free", "vat"}, in KRW; those that are not said, and all if there is no amount, are -1. */
int members_amount_with_tax(const json_t *body, int64_t *amount_minor, char currency[4], struct tax_parts *parts, struct json_fault *fault) MUST_CHECK;
/* Is word one of "a|b|c"? */
bool members_is_word(const char *word, const char *words);
/* Sets the fault and returns ERR_INVALID, for tail calls. where: a JSON Pointer. */
int members_fault(struct json_fault *f, const char *where, const char *why);

#endif
