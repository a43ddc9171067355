#include "json/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int fault_at(struct json_fault *f, const char *where, const char *name, const char *fmt, ...) PRINTF_LIKE(4, 5);

static int fault_at(struct json_fault *f, const char *where, const char *name, const char *fmt, ...)
{
	va_list ap;
	size_t n = (size_t)snprintf(f->where, sizeof(f->where), "%s%s", where, name != NULL ? "/" : "");

	/* RFC 6901 3: '~' and '/' in a name are escaped; a hostile name is cut, never trusted. */
	for (const char *p = name; p != NULL && *p != '\0' && n + 3 < sizeof(f->where); p++) {
		if (*p == '~' || *p == '/') {
			f->where[n++] = '~';
			f->where[n++] = *p == '~' ? '0' : '1';
		} else {
			f->where[n++] = *p;
		}
	}
	if (name != NULL && n < sizeof(f->where))
		f->where[n] = '\0';
	va_start(ap, fmt);
	vsnprintf(f->why, sizeof(f->why), fmt, ap);
	va_end(ap);
	return ERR_INVALID;
}

/* Depth is checked on the text, before jansson recurses into it. */
static bool too_deep(const char *text, size_t len)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH_MAX)
				return true;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return false;
}

int json_read_strict(const void *text, size_t len, json_t **object, struct json_fault *fault)
{
	json_error_t e;
	json_t *root;

	if (too_deep(text, len))
		return fault_at(fault, "", NULL, "nested deeper than %d levels", JSON_DEPTH_MAX);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (root == NULL)   /* jansson's own text can quote the input, so only the place is passed on */
		return fault_at(fault, "", NULL, "%s at line %d, column %d",
		                json_error_code(&e) == json_error_duplicate_key ? "a member stands twice" : "not valid JSON",
		                e.line, e.column);
	if (!json_is_object(root)) {
		json_decref(root);
		return fault_at(fault, "", NULL, "the body must be a JSON object");
	}
	*object = root;
	return 0;
}

/* C0, DEL and C1; ends of lines and paragraphs; marks that turn the direction of the text, for what is shown to people
 * must read as it is stored. Joiners and tags stay: emoji are made of them. s is UTF-8 that jansson has checked. */
static bool has_control(const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
			return true;
		if (*p == 0xd8 && p[1] == 0x9c)                                    /* U+061C */
			return true;
		if (*p == 0xe2 && p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae)))
			return true;                                               /* U+200E, 200F, 2028 to 202E */
		if (*p == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xaf)    /* U+2066 to 206F */
			return true;
	}
	return false;
}

static int check_string(const json_t *v, const char *where, const struct json_field *f, struct json_fault *fault)
{
	size_t len = json_string_length(v);
	const char *s = json_string_value(v);

	if (strlen(s) != len)
		return fault_at(fault, where, f->name, "must not hold a NUL character");
	if ((int64_t)len != f->min && f->min == f->max)
		return fault_at(fault, where, f->name, "must have %" PRId64 " bytes", f->min);
	if ((int64_t)len < f->min || (int64_t)len > f->max)
		return fault_at(fault, where, f->name, "must have %" PRId64 " to %" PRId64 " bytes", f->min, f->max);
	if (f->pattern != NULL && f->pattern[0] != '\0' && strspn(s, f->pattern) != len)
		return fault_at(fault, where, f->name, "may only hold the characters %s", f->pattern);
	return f->want == JSON_WANT_STRING && has_control(s) ? fault_at(fault, where, f->name, "must not hold control characters") : 0;
}

static int check_value(const json_t *v, const char *where, const struct json_field *f, struct json_fault *fault)
{
	switch (f->want) {
	case JSON_WANT_STRING:
	case JSON_WANT_TEXT:
		return json_is_string(v) ? check_string(v, where, f, fault) : fault_at(fault, where, f->name, "must be a string");
	case JSON_WANT_INT:
		if (!json_is_integer(v))
			return fault_at(fault, where, f->name, "must be an integer");
		if (json_integer_value(v) < f->min || json_integer_value(v) > f->max)
			return fault_at(fault, where, f->name, "must be from %" PRId64 " to %" PRId64, f->min, f->max);
		return 0;
	case JSON_WANT_BOOL:
		return json_is_boolean(v) ? 0 : fault_at(fault, where, f->name, "must be true or false");
	case JSON_WANT_OBJECT:
		return json_is_object(v) ? 0 : fault_at(fault, where, f->name, "must be an object");
	case JSON_WANT_ARRAY:
		if (!json_is_array(v))
			return fault_at(fault, where, f->name, "must be an array");
		if ((int64_t)json_array_size(v) < f->min || (int64_t)json_array_size(v) > f->max)
			return fault_at(fault, where, f->name, "must have %" PRId64 " to %" PRId64 " members", f->min, f->max);
		return 0;
	}
	return fault_at(fault, where, f->name, "is of no known kind");
}

static const struct json_field *field_named(const struct json_field *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

int json_fields(const json_t *object, const char *where, const struct json_field *fields, size_t count, struct json_fault *fault)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		if (field_named(fields, count, name) == NULL)
			return fault_at(fault, where, name, "is not a member of this request");
	for (size_t i = 0; i < count; i++) {
		const json_t *v = json_object_get(object, fields[i].name);
		int e;

		if (v == NULL) {
			if (fields[i].required)
				return fault_at(fault, where, fields[i].name, "is required");
			continue;
		}
		e = check_value(v, where, &fields[i], fault);
		if (e < 0)
			return e;
	}
	return 0;
}
