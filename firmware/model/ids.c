#include "model/ids.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/clock.h"

enum { ID_BYTES = 16, TIME_BYTES = 6, ID_CHARS = 26 };

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
	uint64_t now_ms = (uint64_t)clock_wall().ms;
	uint8_t bytes[ID_BYTES];
	char text[ID_CHARS + 1];
	unsigned held = 0, bits = 2;      /* 130 bits of text for 128: two zeros lead */
	size_t n = 0;
	struct id id;

	for (size_t i = 0; i < TIME_BYTES; i++)
		bytes[i] = (uint8_t)(now_ms >> (8 * (TIME_BYTES - 1 - i)));
	fill_random(bytes + TIME_BYTES, sizeof(bytes) - TIME_BYTES);
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
	return strlen(text) == ID_CHARS && strspn(text, alphabet) == ID_CHARS && text[0] <= '7';
}
