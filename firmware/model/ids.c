#include "model/ids.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { RANDOM_BYTES = 16, RANDOM_CHARS = 26 };

/* Crockford's base32: no i, l, o, u, so that an id survives being read aloud. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void fill_random(uint8_t *p, size_t len)
{
	/* So few bytes come whole or, before the kernel's pool is ready at boot, interrupted. */
	while (getrandom(p, len, 0) != (ssize_t)len)
		;
}

struct id id_new(const char *prefix)
{
	uint8_t bytes[RANDOM_BYTES];
	char text[RANDOM_CHARS + 1];
	unsigned held = 0, bits = 2;      /* 130 bits of text for 128 of chance: two zeros lead */
	size_t n = 0;
	struct id id;

	fill_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= 5; bits -= 5)
			text[n++] = alphabet[held >> (bits - 5) & 31];
	}
	text[n] = '\0';
	snprintf(id.text, sizeof(id.text), "%s%s", prefix, text);
	return id;
}

bool id_has_form(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(text, prefix, len) != 0)
		return false;
	text += len;
	return strlen(text) == RANDOM_CHARS && strspn(text, alphabet) == RANDOM_CHARS && text[0] <= '7';
}
