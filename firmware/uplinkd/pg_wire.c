#include "uplinkd/pg_wire.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "uplinkd/template.h"

int pg_wire_url(const char *base, const char *prefix, const char *id, const char *suffix, char url[PG_URL_SIZE])
{
	const struct template_values v = { .value = { [TEMPLATE_ID] = id } };
	char escaped[3 * 96 + 1];
	int n = template_fill("{id}", TEMPLATE_PERCENT, &v, escaped, sizeof(escaped));

	if (n <= 0 || strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
		return ERR_INVALID;
	n = snprintf(url, PG_URL_SIZE, "%s%s%s%s", base, prefix, escaped, suffix);
	return n < PG_URL_SIZE ? 0 : ERR_INVALID;
}

int pg_wire_plain_url(const char *base, const char *path, char url[PG_URL_SIZE])
{
	return snprintf(url, PG_URL_SIZE, "%s%s", base, path) < PG_URL_SIZE ? 0 : ERR_INVALID;
}

int pg_wire_post(struct pg_request *r, json_t *body)
{
	r->method = "POST";
	r->body = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	return r->body != NULL ? 0 : ERR_INVALID;
}

bool pg_wire_take(const json_t *from, const char *name, bool required, char *out, size_t size)
{
	const json_t *v = json_object_get(from, name);

	if (v == NULL || json_is_null(v))
		return !required;
	if (!json_is_string(v) || json_string_length(v) >= size || (required && json_string_length(v) == 0))
		return false;
	memcpy(out, json_string_value(v), json_string_length(v) + 1);
	return true;
}

/* "Z", "+hhmm" or "+hh:mm" (or with '-') in seconds east of Greenwich; false for anything else. */
static bool read_zone(const char *text, int64_t *east_s)
{
	int hours, minutes, used = 0;

	*east_s = 0;
	if (strcmp(text, "Z") == 0)
		return true;
	if ((text[0] != '+' && text[0] != '-') || strspn(text + 1, "0123456789:") != strlen(text + 1))
		return false;
	if (sscanf(text + 1, strchr(text, ':') != NULL ? "%2d:%2d%n" : "%2d%2d%n", &hours, &minutes, &used) != 2 ||
	    used < 4 || text[1 + used] != '\0' || hours > 14 || minutes > 59)
		return false;
	*east_s = (int64_t)(hours * 60 + minutes) * (text[0] == '+' ? 60 : -60);
	return true;
}

bool pg_wire_take_time(const json_t *from, const char *name, int64_t *ms)
{
	const char *text = json_string_value(json_object_get(from, name)), *rest;
	struct tm tm = { 0 };
	int64_t found, east_s;

	if (text == NULL || (rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL)
		return false;
	found = (int64_t)timegm(&tm) * 1000;
	if (*rest == '.') {
		int64_t unit = 100;

		for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
			found += (*rest - '0') * unit;
	}
	if (!read_zone(rest, &east_s))
		return false;
	*ms = found - east_s * 1000;
	return true;
}

void pg_wire_cut(const char *text, size_t most, char *out)
{
	size_t len = strlen(text);

	if (len > most) {
		len = most;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(out, text, len);
	out[len] = '\0';
}

void pg_wire_take_shown(const json_t *from, const char *name, bool whole, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(from, name));

	if (text == NULL || (whole && strlen(text) >= size))
		text = "";
	pg_wire_cut(text, size - 1, out);
}

bool pg_wire_is(const json_t *from, const char *name, const char *value)
{
	const char *text = json_string_value(json_object_get(from, name));

	return text != NULL && strcmp(text, value) == 0;
}
