#include "apid/query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hex_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* len octets of text, decoded. ERR_INVALID: a broken escape, a NUL, or too long. */
static int decode(const char *text, size_t len, char out[QUERY_VALUE_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int c = text[i] == '+' ? ' ' : (unsigned char)text[i];

		if (text[i] == '%') {
			int high = i + 2 < len ? hex_of(text[i + 1]) : -1, low = i + 2 < len ? hex_of(text[i + 2]) : -1;

			c = high < 0 || low < 0 ? 0 : high * 16 + low;
			i += 2;
		}
		if (c == 0 || n + 1 == QUERY_VALUE_SIZE)
			return ERR_INVALID;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return 0;
}

static const struct member *member_named(const struct query *q, const char *name)
{
	for (size_t i = 0; i < q->count; i++)
		if (strcmp(q->members[i].name, name) == 0)
			return &q->members[i];
	return NULL;
}

/* As JSON has it. NULL: not of the member's type, or no UTF-8. */
static json_t *value_of(const struct member *m, const char *text)
{
	char *end;
	long long number;

	if (m == NULL || m->want == JSON_WANT_STRING)
		return json_string(text);
	if (m->want == JSON_WANT_BOOL)
		return strcmp(text, "true") == 0 ? json_true() : strcmp(text, "false") == 0 ? json_false() : NULL;
	errno = 0;
	number = strtoll(text, &end, 10);
	return text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ? NULL : json_integer(number);
}

static int add_pair(json_t *o, const char *pair, size_t len, const struct query *q, struct json_fault *fault)
{
	const char *equals = memchr(pair, '=', len);
	char name[QUERY_VALUE_SIZE], value[QUERY_VALUE_SIZE], where[QUERY_VALUE_SIZE + 1];
	const struct member *m;
	json_t *v;

	if (equals == NULL || decode(pair, (size_t)(equals - pair), name) < 0 ||
	    decode(equals + 1, len - (size_t)(equals - pair) - 1, value) < 0)
		return members_fault(fault, "", "The query must be name=value, percent-encoded and joined by &.");
	snprintf(where, sizeof(where), "/%s", name);
	m = member_named(q, name);
	if (json_object_get(o, name) != NULL)
		return members_fault(fault, where, "stands twice");
	v = value_of(m, value);
	if (v == NULL)
		return members_fault(fault, where, m == NULL || m->want == JSON_WANT_STRING ? "must be UTF-8"
		                     : m->want == JSON_WANT_BOOL ? "must be true or false" : "must be an integer");
	if (json_object_set_new(o, name, v) != 0)
		return members_fault(fault, "", "A parameter's name must be UTF-8.");
	return 0;
}

int query_read(const char *text, const struct query *q, void *message, struct json_fault *fault)
{
	json_t *o = json_object();
	int e = o == NULL ? members_fault(fault, "", "No memory is free; ask again.") : 0;

	if (e == 0 && strlen(text) > QUERY_MAX)
		e = members_fault(fault, "", "The query is longer than 2048 bytes.");
	while (e == 0 && *text != '\0') {
		size_t len = strcspn(text, "&");

		e = add_pair(o, text, len, q, fault);
		text += len + (text[len] == '&');
	}
	if (e == 0)
		e = members_read(o, q->members, q->count, message, fault);
	json_decref(o);
	return e;
}
