/* jwe_header.c: a protected header's JSON, as far as opening needs it. Strict and small: crypto has no JSON library, and
 * what it must decide on are a few strings without escapes. */
#include <string.h>

#include "crypto/jwe_priv.h"

struct scan { const char *p; int depth; };

static void skip_space(struct scan *s)
{
	s->p += strspn(s->p, " \t\r\n");
}

static bool take(struct scan *s, char c)
{
	skip_space(s);
	if (*s->p != c)
		return false;
	s->p++;
	return true;
}

/* A string without escapes and control bytes goes to out; ERR_TOO_LONG when it has more than size-1 bytes. */
static int take_string(struct scan *s, char *out, size_t size)
{
	const char *start;
	size_t len;

	if (!take(s, '"'))
		return ERR_INVALID;
	start = s->p;
	while (*s->p != '"') {
		if ((unsigned char)*s->p < 0x20 || *s->p == '\\')
			return ERR_INVALID;
		s->p++;
	}
	len = (size_t)(s->p++ - start);
	if (len >= size)
		return ERR_TOO_LONG;
	memcpy(out, start, len);
	out[len] = '\0';
	return 0;
}

static int take_word(struct scan *s)
{
	size_t n;

	skip_space(s);
	n = strspn(s->p, "0123456789+-.eEtrufalsn");
	s->p += n;
	return n > 0 ? 0 : ERR_INVALID;
}

/* Where a member's value goes; NULL: it is checked for form and forgotten. */
static char *place(struct jwe_header *h, bool in_epk, const char *name, size_t *size)
{
	const struct { bool in_epk; const char *name; char *to; size_t size; } known[] = {
		{ false, "alg", h->alg, sizeof(h->alg) }, { false, "enc", h->enc, sizeof(h->enc) },
		{ true, "kty", h->kty, sizeof(h->kty) }, { true, "crv", h->crv, sizeof(h->crv) },
		{ true, "x", h->x, sizeof(h->x) }, { true, "y", h->y, sizeof(h->y) },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].in_epk == in_epk && strcmp(known[i].name, name) == 0) {
			*size = known[i].size;
			return known[i].to;
		}
	return NULL;
}

enum { NAME_SIZE = 32, MEMBERS_MAX = 24 };

static int take_object(struct scan *s, struct jwe_header *h, bool in_epk);

static int take_value(struct scan *s, struct jwe_header *h, bool in_epk, const char *name)
{
	char scratch[JWE_HEADER_MAX];
	size_t size = sizeof(scratch);
	char *to = place(h, in_epk, name, &size);

	skip_space(s);
	if (*s->p == '"')
		return take_string(s, to != NULL ? to : scratch, size);
	if (to != NULL)
		return ERR_INVALID;
	if (*s->p == '{')
		return in_epk || strcmp(name, "epk") != 0 ? ERR_INVALID : take_object(s, h, true);
	return take_word(s);
}

static int take_object(struct scan *s, struct jwe_header *h, bool in_epk)
{
	char names[MEMBERS_MAX][NAME_SIZE];
	int count = 0;

	if (!take(s, '{'))
		return ERR_INVALID;
	do {
		if (count == MEMBERS_MAX || take_string(s, names[count], NAME_SIZE) < 0 || !take(s, ':'))
			return ERR_INVALID;
		for (int i = 0; i < count; i++)
			if (strcmp(names[i], names[count]) == 0)
				return ERR_INVALID;
		if (!in_epk && (strcmp(names[count], "crit") == 0 || strcmp(names[count], "zip") == 0))
			return ERR_INVALID;
		if (take_value(s, h, in_epk, names[count++]) < 0)
			return ERR_INVALID;
	} while (take(s, ','));
	return take(s, '}') ? 0 : ERR_INVALID;
}

int jwe_header_read(const char *text, struct jwe_header *h)
{
	struct scan s = { .p = text };

	memset(h, 0, sizeof(*h));
	if (take_object(&s, h, false) < 0)
		return ERR_INVALID;
	skip_space(&s);
	return *s.p == '\0' ? 0 : ERR_INVALID;
}
