#include "uplinkd/template.h"

#include <stdio.h>
#include <string.h>

static const char *const names[TEMPLATE_PLACES] = {
	[TEMPLATE_ID] = "id", [TEMPLATE_TO] = "to", [TEMPLATE_FROM] = "from", [TEMPLATE_TEXT] = "text",
	[TEMPLATE_SECRET] = "secret", [TEMPLATE_USER] = "user", [TEMPLATE_TYPE] = "type", [TEMPLATE_SUBJECT] = "subject",
	[TEMPLATE_TIME] = "time", [TEMPLATE_TIME_MS] = "time_ms", [TEMPLATE_NONCE] = "nonce", [TEMPLATE_SIGNATURE] = "signature",
};
static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";

/* Length of the name that follows the brace at p; 0: this brace is text. */
static size_t name_len(const char *p)
{
	return *p == '{' ? strspn(p + 1, letters) : 0;
}

static enum template_place place_of(const char *name, size_t len)
{
	enum template_place i = 0;

	while (i < TEMPLATE_PLACES && (strlen(names[i]) != len || memcmp(names[i], name, len) != 0))
		i++;
	return i;
}

int template_check(const char *text, unsigned *uses, char why[TEMPLATE_WHY_SIZE])
{
	unsigned found = 0;

	for (const char *p = text; *p != '\0'; p++) {
		size_t len = name_len(p);
		enum template_place place;

		if (len == 0)
			continue;
		if (p[1 + len] != '}') {
			snprintf(why, TEMPLATE_WHY_SIZE, "\"{%.*s\" has no closing brace", (int)len, p + 1);
			return ERR_INVALID;
		}
		place = place_of(p + 1, len);
		if (place == TEMPLATE_PLACES) {
			snprintf(why, TEMPLATE_WHY_SIZE, "unknown place {%.*s}; there are {id} {to} {from} {text} {subject} {type} {user} "
			         "{secret} {time} {time_ms} {nonce} {signature}", len < 30 ? (int)len : 30, p + 1);
			return ERR_INVALID;
		}
		found |= 1U << place;
		p += len + 1;
	}
	*uses = found;
	return 0;
}

struct sink { char *out; size_t at, size; bool full; };

static void put(struct sink *s, const char *bytes, size_t len)
{
	if (s->full || len >= s->size - s->at) {
		s->full = true;
		return;
	}
	memcpy(s->out + s->at, bytes, len);
	s->at += len;
}

static void put_json(struct sink *s, char c)
{
	static const char shorts[] = "\"\\\b\f\n\r\t", their[] = "\"\\bfnrt";
	const char *found = strchr(shorts, c);
	char text[8];

	if (found != NULL) {
		text[0] = '\\';
		text[1] = their[found - shorts];
		put(s, text, 2);
	} else if ((unsigned char)c < 0x20 || c == 0x7f) {
		put(s, text, (size_t)snprintf(text, sizeof(text), "\\u%04x", (unsigned char)c));
	} else {
		put(s, &c, 1);
	}
}

static void put_percent(struct sink *s, char c)
{
	char text[8];

	if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL)
		put(s, &c, 1);
	else
		put(s, text, (size_t)snprintf(text, sizeof(text), "%%%02X", (unsigned char)c));
}

static int put_value(struct sink *s, enum template_escape escape, const char *value)
{
	for (const char *p = value; *p != '\0'; p++) {
		switch (escape) {
		case TEMPLATE_JSON:
			put_json(s, *p);
			break;
		case TEMPLATE_PERCENT:
			put_percent(s, *p);
			break;
		case TEMPLATE_HEADER:
			if ((unsigned char)*p < 0x20 || *p == 0x7f)
				return ERR_INVALID;
			put(s, p, 1);
			break;
		case TEMPLATE_PLAIN:
			put(s, p, 1);
			break;
		}
	}
	return 0;
}

int template_fill(const char *text, enum template_escape escape, const struct template_values *v, char *out, size_t size)
{
	struct sink s = { .out = out, .size = size };

	for (const char *p = text; *p != '\0'; p++) {
		size_t len = name_len(p);
		enum template_place place = len > 0 ? place_of(p + 1, len) : TEMPLATE_PLACES;

		if (place == TEMPLATE_PLACES) {
			put(&s, p, 1);
			continue;
		}
		if (put_value(&s, escape, v->value[place] != NULL ? v->value[place] : "") < 0)
			return ERR_INVALID;
		p += len + 1;
	}
	if (s.full)
		return ERR_TOO_LONG;
	out[s.at] = '\0';
	return (int)s.at;
}
