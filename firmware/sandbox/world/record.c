#include "sandbox/world/record.h"

#include <stdbool.h>
#include <string.h>

#include "lib/secret.h"

enum { MEMBERS = 5 };

struct reader { const char *p, *end; };

static void skip_space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
		r->p++;
}

static bool take_char(struct reader *r, char c)
{
	skip_space(r);
	if (r->p >= r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* The text between two quotes. */
static bool take_string(struct reader *r, const char **at, size_t *len)
{
	if (!take_char(r, '"'))
		return false;
	*at = r->p;
	while (r->p < r->end && *r->p != '"' && *r->p != '\\' && (unsigned char)*r->p >= 0x20)
		r->p++;
	*len = (size_t)(r->p - *at);
	return r->p < r->end && *r->p++ == '"';
}

/* Where the value of a member goes. */
static char *place_of(struct record *r, const char *name, size_t len, size_t *size, unsigned *bit)
{
	const struct { const char *name; char *to; size_t size; } places[MEMBERS] = {
		{ "card_number", r->card.number, sizeof(r->card.number) },
		{ "expiry", r->card.expiry, sizeof(r->card.expiry) },
		{ "identity", r->card.identity, sizeof(r->card.identity) },
		{ "password2", r->card.password2, sizeof(r->card.password2) },
		{ "order_id", r->order_id, sizeof(r->order_id) },
	};

	for (unsigned i = 0; i < MEMBERS; i++) {
		if (strlen(places[i].name) == len && memcmp(places[i].name, name, len) == 0) {
			*size = places[i].size;
			*bit = 1U << i;
			return places[i].to;
		}
	}
	return NULL;
}

static bool take_member(struct reader *in, struct record *r, unsigned *seen)
{
	const char *name, *value;
	size_t name_len, len, size = 0;
	unsigned bit = 0;
	char *to;

	if (!take_string(in, &name, &name_len) || !take_char(in, ':') || !take_string(in, &value, &len))
		return false;
	to = place_of(r, name, name_len, &size, &bit);
	if (to == NULL)
		return true;
	if ((*seen & bit) != 0 || len >= size)
		return false;
	*seen |= bit;
	memcpy(to, value, len);
	to[len] = '\0';
	return true;
}

int record_read(const char *text, size_t len, struct record *r)
{
	struct reader in = { text, text + len };
	struct record read = { .order_id = "" };
	unsigned seen = 0;
	bool ok = take_char(&in, '{');

	while (ok) {
		ok = take_member(&in, &read, &seen);
		if (!ok || !take_char(&in, ','))
			break;
	}
	ok = ok && take_char(&in, '}');
	skip_space(&in);
	ok = ok && in.p == in.end && seen == (1U << MEMBERS) - 1;
	if (ok)
		*r = read;
	secret_wipe(&read, sizeof(read));
	return ok ? 0 : ERR_INVALID;
}
